#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Wrong input, case by case: the exact message and exit code. Usage: run.py IRQLAB IMAGES

cases.txt has three lines a case: the arguments, the exit code, what standard error says. {dir} is a
folder with the files that make_files() makes, {images} the built guest images."""
import os
import shlex
import struct
import subprocess
import sys
import tempfile


def elf_header(**changes):
    """The first 64 bytes of an ELF for AArch64, with one program header right behind."""
    fields = {"class": 2, "data": 1, "type": 2, "machine": 183, "phnum": 1, "phoff": 64,
              "entry": 0x40080000}
    fields.update(changes)
    ident = b"\x7fELF" + bytes([fields["class"], fields["data"], 1]) + bytes(9)
    order = "little" if fields["data"] == 1 else "big"

    def number(value, size):
        return value.to_bytes(size, order)

    return (ident + number(fields["type"], 2) + number(fields["machine"], 2) + number(1, 4) +
            number(fields["entry"], 8) + number(fields["phoff"], 8) + number(0, 8) + number(0, 4) +
            number(64, 2) + number(56, 2) + number(fields["phnum"], 2) + number(64, 2) +
            number(0, 2) + number(0, 2))


def segment(offset, address, in_file, in_memory):
    def number(value, size):
        return value.to_bytes(size, "little")

    return (number(1, 4) + number(5, 4) + number(offset, 8) + number(address, 8) +
            number(address, 8) + number(in_file, 8) + number(in_memory, 8) + number(4096, 8))


def image(size=4096, text_offset=0, image_size=4096, flags=0xa):
    head = bytearray(size)
    head[8:16] = text_offset.to_bytes(8, "little")
    head[16:24] = image_size.to_bytes(8, "little")
    head[24:32] = flags.to_bytes(8, "little")
    head[56:60] = b"ARM\x64"
    return bytes(head)


def magic_at(offset, magic):
    """A kernel of another kind, known by its magic number."""
    return bytes(offset) + magic + bytes(1024)


def dtb(ram=0x1000000, affinity=0, module=""):
    """A device tree blob with one memory node, the vCPUs 0 and, unless 0, @affinity, and a node
    @module below /chosen."""
    names = {}
    strings = bytearray()

    def prop(name, value):
        if name not in names:
            names[name] = len(strings)
            strings.extend(name.encode() + b"\0")
        return (struct.pack(">III", 3, len(value), names[name]) + value +
                bytes(-len(value) % 4))

    def node(name, *parts):
        text = name.encode() + b"\0"
        return b"\0\0\0\1" + text + bytes(-len(text) % 4) + b"".join(parts) + b"\0\0\0\2"

    def cells(*values):
        return struct.pack(f">{len(values)}I", *values)

    def cpu(number, reg):
        return node(f"cpu@{number}", prop("device_type", b"cpu\0"), prop("reg", cells(reg)))

    cpus = [cpu(0, 0)] + ([cpu(1, affinity)] if affinity else [])
    tree = node("", prop("#address-cells", cells(2)), prop("#size-cells", cells(2)),
                node("memory@40000000", prop("device_type", b"memory\0"),
                     prop("reg", cells(0, 0x40000000, 0, ram))),
                node("chosen", *([node(module)] if module else [])),
                node("cpus", prop("#address-cells", cells(1)), prop("#size-cells", cells(0)),
                     *cpus)) + b"\0\0\0\x09"
    reserved = bytes(16)
    at = 40 + len(reserved)
    return cells(0xd00dfeed, at + len(tree) + len(strings), at, at + len(tree), 40, 17, 16, 0,
                 len(strings), len(tree)) + reserved + tree + bytes(strings)


def make_files(folder):
    files = {
        "empty": b"",
        "flat": b"\x00\x00\x00\x14" * 64,
        "page": bytes(4096),
        "elf32": elf_header(**{"class": 1}),
        "elfbe": elf_header(data=2),
        "elfx86": elf_header(machine=62),
        "elfobj": elf_header(type=1),
        "elfshort": elf_header()[:30],
        "elfnophdr": elf_header(),
        "elfcut": elf_header() + segment(4096, 0x40080000, 8192, 8192),
        "elfshrink": elf_header() + segment(0, 0x40080000, 100, 10),
        "elfnowhere": elf_header() + segment(0, 0x1000, 100, 100),
        "elfnone": elf_header(phnum=0),
        "elftwice": elf_header(phnum=2) + segment(0, 0x40080000, 100, 8192) +
                    segment(0, 0x40081000, 100, 100),
        "elfentry": elf_header(entry=0x50000000) + segment(0, 0x40080000, 100, 100),
        "elfodd": elf_header(entry=0x40080002) + segment(0, 0x40080000, 100, 100),
        "elfdata": elf_header() + bytes(56),
        "zboot": b"MZ\0\0zimg" + bytes(1024),
        "bzimage": magic_at(0x202, b"HdrS"),
        "zimage": magic_at(0x24, bytes.fromhex("18286f01")),
        "uimage": magic_at(0, bytes.fromhex("27051956")),
        "imagesmall": image(),
        "large": bytes(1 << 20),
        "dtbgood": dtb(),
        "dtbmodule": dtb(module="module@41000000"),
        "dtbram": dtb(ram=0x80000000),
        "dtbcpus": dtb(affinity=1),
        "dtbodd": dtb(affinity=0x30000),
        "dtbcut": dtb()[:-20],
        "imagebe": image(flags=0xb),
        "imagehuge": image(image_size=1 << 40),
        "imageoffset": image(text_offset=0x300000),
        "imagebig": image(image_size=600 << 20),
        "gzbad": b"\x1f\x8b\x08" + bytes(30),
        "gzcut": bytes.fromhex("1f8b08000000000000ff4bcacf4b010047") + b"\x00" * 3,
        "dtbbad": b"\xd0\x0d\xfe\xed" + bytes(60),
        "dtbtext": b"/dts-v1/; / { };\n" * 10,
        "notjson": b"hello\n",
        "snapold": b"irqlab\x1aS" + struct.pack("<IIQQQQQQ", 99, 64, 64, 0, 0, 0, 0, 0),
        "snapcut": b"irqlab\x1aS" + struct.pack("<IIQQQQQQ", 1, 64, 1000, 0, 0, 0, 0, 0),
        "snapsum": b"irqlab\x1aS" + struct.pack("<IIQQQQQQ", 1, 64, 64, 0, 0, 0, 0, 1),
        "snaphead": b"irqlab\x1aS" + struct.pack("<IIQQQQQQ", 1, 64, 64, 1, 0, 0, 0, 1),
        "journalcut": b'{"irqlab":"0.1.0","format":1,"options":["run","-kernel","x"],"files":[]}\n',
        "journalold": b'{"irqlab":"0.1.0","format":99,"options":["run"],"files":[]}\n',
        "journalsum": b'{"irqlab":"0.1.0","format":1,"options":["run"],"files":[]}\n'
                      b'{"end":{"instructions":1,"virtual_time_ns":1,"state_hash":"0000000000000000",'
                      b'"exit_code":0},"check":"0000000000000000"}\n',
        "journalfile": b'{"irqlab":"0.1.0","format":1,"options":["run"],"files":'
                       b'[{"path":"/nonexistent","bytes":1,"xxh3":"00"}]}\n',
    }
    for name, data in files.items():
        with open(os.path.join(folder, name), "wb") as file:
            file.write(data)


def read_cases(path):
    with open(path, encoding="utf-8") as file:
        lines = [line.rstrip("\n") for line in file if line.strip() and line[0] != "#"]
    if len(lines) % 3:
        sys.exit(f"{path}: not three lines a case")
    return [lines[i:i + 3] for i in range(0, len(lines), 3)]


def main():
    irqlab, images = sys.argv[1:3]
    cases = read_cases(os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases.txt"))
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        make_files(folder)
        for arguments, code, message in cases:
            words = shlex.split(arguments.format(dir=folder, images=images))
            message = message.format(dir=folder, images=images)
            done = subprocess.run([irqlab, *words], stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60,
                                  check=False)
            got = done.stderr.decode(errors="replace").strip()
            if done.returncode != int(code) or got != message:
                failed += 1
                print(f"FAIL: irqlab {arguments}\n  want {code}: {message}\n"
                      f"  got  {done.returncode}: {got}")
    print(f"{len(cases) - failed} passed, {failed} failed")
    if len(cases) < 40:
        sys.exit("fewer than 40 cases")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
