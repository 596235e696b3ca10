#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's arm64 qemu-system-arm, by KVM inside a guest, boots the guest's kernel once more.

    tests/linux/nested.py --irqlab IRQLAB --kernel GUESTS/linux-6.12 [--cpu cortex-a72] [--runs 3]

The inner machine is QEMU's virt with GICv3 and ITS, and has a virtio-pci entropy device and, where
the packaged kernel has the driver, a virtio-pci disk. GUESTS is what fetch.sh made. What CTest runs
is a choice: every kernel, both modes; this program takes any other mixture."""
import argparse
import glob
import hashlib
import lzma
import os
import re
import shutil
import subprocess
import tempfile

from drive import check_interrupts, cpio_of, fail, inner_and_outer, linux_options, message_rows, run

HERE = os.path.dirname(os.path.abspath(__file__))
RNG_DRIVER = "drivers/char/hw_random/virtio-rng"
# By the kernel's version: what virtio-pci devices need that is not built in.
DRIVERS = {"linux": ("drivers/virtio/virtio_pci_legacy_dev", "drivers/virtio/virtio_pci_modern_dev",
                     "drivers/virtio/virtio_pci", RNG_DRIVER),
           "linux-6.12": ("drivers/block/virtio_blk", RNG_DRIVER)}
QEMU = "/bin/qemu-system-aarch64"
SCRIPT = """#!/bin/busybox sh
set -o pipefail
{qemu} {options} </dev/null 2>&1 | /bin/busybox sed 's/^/| /' || exit
echo "IRQLAB-DISK: after $(/bin/busybox sha256sum /disk.img)"
"""


def needed_by(path):
    """The libraries that a program or library names."""
    done = subprocess.run(["readelf", "-d", path], stdout=subprocess.PIPE, check=True)
    return re.findall(r"\(NEEDED\).*\[(.*)\]", done.stdout.decode())


def library(root, name):
    for folder in ("lib", "usr/lib"):
        path = os.path.join(root, folder, "aarch64-linux-gnu", name)
        if os.path.exists(path):
            return path
    return fail(f"no package in {root} has {name}")


def copy(source, folder, name):
    """A file with the same mode whoever runs this."""
    path = os.path.join(folder, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    shutil.copyfile(source, path)
    os.chmod(path, 0o755)


def copy_qemu(guests, folder):
    """QEMU and every library that it needs, below @folder; returns their names."""
    root = os.path.join(guests, "qemu-system-arm")
    program = os.path.join(root, "usr", QEMU[1:])
    copy(program, folder, QEMU[1:])
    todo, libraries = needed_by(program), set()
    while todo:
        name = todo.pop()
        if name not in libraries:
            libraries.add(name)
            copy(library(root, name), folder, f"lib/{name}")
            todo += needed_by(library(root, name))
    return [QEMU[1:], "lib", *sorted(f"lib/{name}" for name in libraries)]


def module(guests, kernel, name):
    """A driver of the packaged kernel; those of 6.1 come with the installer."""
    if kernel == "linux":
        return subprocess.run(f"zcat '{guests}/installer.gz' | cpio -i --quiet --to-stdout "
                              f"'lib/modules/*/kernel/{name}.ko'", shell=True,
                              stdout=subprocess.PIPE, check=True).stdout
    found = glob.glob(f"{guests}/root/lib/modules/6.12*/kernel/{name}.ko.xz")
    return lzma.open(found[0]).read() if found else b""


def copy_modules(args, folder):
    """Returns the drivers' paths."""
    guests, kernel = os.path.split(args.kernel)
    paths = []
    for name in DRIVERS[kernel]:
        data = module(guests, kernel, name)
        if not data:
            fail(f"{kernel} has no module {name}")
        paths.append(os.path.join(folder, os.path.basename(name) + ".ko"))
        with open(paths[-1], "wb") as out:
            out.write(data)
    return paths


def make_initrd(guests, out, *files):
    subprocess.run(["sh", os.path.join(HERE, "mkinitrd.sh"), f"{guests}/busybox", out, *files],
                   check=True)


def add_files(initrd, names, folder):
    """Appends a second archive; the kernel wants it at a multiple of 4 bytes."""
    with open(initrd, "ab") as out:
        out.write(b"\0" * (-out.tell() % 4) + cpio_of(names, folder))


def pattern():
    return b"".join(hashlib.sha256(bytes([i & 255, i >> 8])).digest() * 32 for i in range(2048))


def inner_options(args):
    """QEMU's, for the inner machine."""
    words = "console=ttyAMA0 irqlab.rng"
    options = ["-accel kvm -machine virt,gic-version=3,its=on -cpu host", f"-smp {args.smp}",
               "-m 384 -nodefaults -display none -serial mon:stdio",
               "-kernel /linux -initrd /initrd.gz -device virtio-rng-pci"]
    if has_disk(args):
        words += " irqlab.disk"
        options.append(f"-drive file=/disk.img,format=raw,if=none,id=d -device "
                       f"virtio-blk-pci,drive=d,num-queues={args.smp}")
    return " ".join([*options, f"-append '{words}'"])


def has_disk(args):
    return any("virtio_blk" in name for name in DRIVERS[os.path.basename(args.kernel)])


def nested_initrd(folder, args):
    """Small, then QEMU, and the kernel with an initramfs and a disk for the inner machine."""
    guests = os.path.dirname(args.kernel)
    tree, initrd, script = (os.path.join(folder, name) for name in ("tree", "outer.gz", "nested"))
    with open(script, "w", encoding="utf-8") as out:
        out.write(SCRIPT.format(qemu=QEMU, options=inner_options(args)))
    make_initrd(guests, initrd, script)
    names = copy_qemu(guests, tree)
    make_initrd(guests, os.path.join(folder, "inner.gz"), *copy_modules(args, folder))
    copy(args.kernel, tree, "linux")
    copy(os.path.join(folder, "inner.gz"), tree, "initrd.gz")
    with open(os.path.join(folder, "disk"), "wb") as out:
        out.write(pattern())
    copy(os.path.join(folder, "disk"), tree, "disk.img")
    add_files(initrd, [*names, "linux", "initrd.gz", "disk.img"], tree)
    return initrd


def check_messages(args, inner):
    """LPIs of the inner ITS counted for the entropy device and for the disk's queues."""
    rows = message_rows(inner)
    for name in ["-input"] + ["-req"] * has_disk(args):
        if not any(sum(counts) for row, counts in rows.items() if name in row):
            fail(f"no LPI of '{name}' was counted inside: {rows}", inner)


def sums():
    """Of the disk as it is, and as the inner kernel leaves it (mkinitrd.sh, irqlab.disk)."""
    before, mib = pattern(), 1 << 20
    after = before[:mib] + before[:mib] + before[2 * mib:]
    return hashlib.sha256(before).hexdigest(), hashlib.sha256(after).hexdigest()


def expected(args):
    """What the outer and the inner kernel must say."""
    outer = [rf"kvm \[1\]: {args.mode} mode initialized successfully",
             "IRQLAB-NESTED: ended with 0", "IRQLAB-MARKER"]
    inner = ["IRQLAB-MARKER", f"IRQLAB-CPUS: {args.smp}", "IRQLAB-RNG: 512 bytes",
             "ITS@0x0000000008080000"]
    if has_disk(args):
        before, after = sums()
        inner += [f"IRQLAB-DISK: {before}", "IRQLAB-DISK: written"]
        outer.append(f"IRQLAB-DISK: after {after}")
    return outer, inner


def check(args, text):
    inner, outer = inner_and_outer(text)
    patterns = expected(args)
    for said, wanted in [(outer, w) for w in patterns[0]] + [(inner, w) for w in patterns[1]] + [
            (text, w) for w in args.expect]:
        if not re.search(wanted, said):
            fail(f"nothing matches '{wanted}' {'inside' if said is inner else ''}", text)
    check_interrupts(outer, args.smp)
    check_interrupts(inner, args.smp)
    check_messages(args, inner)


def parsed():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--irqlab", required=True)
    parser.add_argument("--kernel", required=True, help="GUESTS/linux (6.1) or GUESTS/linux-6.12")
    parser.add_argument("--cpu", default="max")
    parser.add_argument("--mode", default="(VHE|Hyp|Hyp nVHE)", help="the kernel's words for KVM's")
    parser.add_argument("--append", default="", help="more words for the outer kernel")
    parser.add_argument("--machine", default="virt,virtualization=on")
    parser.add_argument("--gic", help="the outer GIC's options, as -gic has them")
    parser.add_argument("--renew", help="instruction counts at which the outer GIC is renewed")
    parser.add_argument("--expect", action="append", default=[], help="a pattern to be printed")
    parser.add_argument("--smp", type=int, default=2)
    parser.add_argument("--runs", type=int, default=1)
    parser.add_argument("--timeout", type=float, default=300)
    return parser.parse_args()


def outer_options(args):
    options = ["-cpu", args.cpu, *linux_options(args, args.smp, "1G")]
    options += ["-gic", args.gic] if args.gic else []
    return options + (["--renew-gic", args.renew] if args.renew else [])


def main():
    args = parsed()
    args.append = f"irqlab.nested {args.append}"
    seen = set()
    with tempfile.TemporaryDirectory() as folder:
        args.initrd = nested_initrd(folder, args)
        for _ in range(args.runs):
            code, text, s = run(args.irqlab, outer_options(args), args.timeout)
            if code:
                fail(f"exit code {code}", text)
            check(args, text)
            print(s["instructions"], s["virtual_time_ns"], s["state_hash"], flush=True)
            seen.add((s["instructions"], s["virtual_time_ns"], s["state_hash"]))
    if len(seen) != 1:
        fail(f"{len(seen)} different ends in {args.runs} runs")
    print("PASS")


if __name__ == "__main__":
    main()
