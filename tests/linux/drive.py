#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Boots guests under irqlab and looks at what they print. One subcommand for each kind of test."""
import argparse
import glob
import hashlib
import json
import lzma
import os
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import time

APPEND = "console=ttyAMA0"


def fail(message, output=""):
    tail = "\n".join(output.splitlines()[-40:])
    sys.exit(f"{tail}\nFAIL: {message}")


def run(irqlab, options, timeout):
    """Runs to the end; returns (exit code, console, summary)."""
    with tempfile.TemporaryDirectory() as folder:
        summary = os.path.join(folder, "summary.json")
        done = subprocess.run([irqlab, "run", *options, f"--json={summary}"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=timeout, check=False)
        text = done.stdout.decode(errors="replace")
        if not os.path.exists(summary):
            fail(f"no summary was written, exit code {done.returncode}", text)
        with open(summary, encoding="utf-8") as file:
            return done.returncode, text, json.load(file)


def linux_options(args, smp, memory="512"):
    append = f"{APPEND} {args.append}".strip()
    return ["-kernel", args.kernel, "-initrd", args.initrd, "-append", append, "-smp", str(smp),
            "-m", memory, "-nographic", "-machine", args.machine,
            *(["--setup", args.setup] if getattr(args, "setup", None) else [])]


def check_interrupts(text, smp):
    """arch_timer and some IPI must have reached every CPU."""
    rows = {}
    for line in text.splitlines():
        match = re.match(r"\s*(\w+):((?:\s+\d+)+)\s+(.*)", line)
        if match:
            rows[match[1] + " " + match[3]] = [int(n) for n in match[2].split()]
    timers = [counts for name, counts in rows.items() if "arch_timer" in name]
    ipis = [counts for name, counts in rows.items() if name.startswith("IPI")]
    if not timers or len(timers[0]) != smp or not all(timers[0]):
        fail(f"arch_timer did not count on each of {smp} CPUs: {timers}", text)
    for cpu in range(smp):
        if smp > 1 and not any(counts[cpu] for counts in ipis):
            fail(f"CPU {cpu} got no IPI", text)


def boot(args):
    code, text, _ = run(args.irqlab, linux_options(args, args.smp), args.timeout)
    if code or "IRQLAB-MARKER" not in text:
        fail(f"exit code {code}, or no marker", text)
    if f"IRQLAB-CPUS: {args.smp}" not in text:
        fail(f"not {args.smp} CPUs online", text)
    for wanted in args.expect:
        if not re.search(wanted, text):
            fail(f"nothing matches '{wanted}'", text)
    check_interrupts(text, args.smp)


def determinism(args):
    """Each run gets another environment and other addresses; all must end in the same state."""
    seen = set()
    for i in range(args.runs):
        os.environ["IRQLAB_PADDING"] = "x" * (i * 977)
        code, text, s = run(args.irqlab, linux_options(args, args.smp), args.timeout)
        if code or "IRQLAB-MARKER" not in text:
            fail(f"exit code {code}, or no marker: not the run to compare", text)
        seen.add((s["instructions"], s["virtual_time_ns"], s["state_hash"]))
        print(s["instructions"], s["virtual_time_ns"], s["state_hash"], flush=True)
    if len(seen) != 1:
        fail(f"{len(seen)} different ends in {args.runs} runs")


class Console:
    """A guest whose console is a pseudo-terminal or a pipe; send and expect."""

    def __init__(self, command, timeout):
        self.master, slave = os.openpty()
        self.process = subprocess.Popen(command, stdin=slave, stdout=slave, stderr=slave,
                                        close_fds=True)
        os.close(slave)
        self.text = ""
        self.at = 0
        self.end = time.monotonic() + timeout

    def expect(self, pattern):
        while True:
            match = re.compile(pattern).search(self.text, self.at)
            if match:
                self.at = match.end()
                return match
            left = self.end - time.monotonic()
            if left <= 0:
                self.process.kill()
                fail(f"'{pattern}' was not seen in time", self.text)
            ready, _, _ = select.select([self.master], [], [], min(left, 1))
            if ready:
                try:
                    data = os.read(self.master, 65536)
                except OSError:
                    data = b""
                if not data:
                    fail(f"it ended before '{pattern}'", self.text)
                self.text += data.decode(errors="replace")

    def send(self, text):
        os.write(self.master, text.encode())

    def finish(self):
        """Reads to the end and returns the exit code."""
        while time.monotonic() < self.end:
            try:
                data = os.read(self.master, 65536)
            except OSError:
                break
            if not data:
                break
            self.text += data.decode(errors="replace")
        return self.process.wait(timeout=max(1, self.end - time.monotonic()))

    def kill(self):
        self.process.kill()
        self.process.wait()


def stress(args):
    """CPUs go off and on again while pinned sleepers run on each; all come back."""
    args.append = "irqlab.stress"
    code, text, _ = run(args.irqlab, linux_options(args, args.smp), args.timeout)
    if code or "IRQLAB-STRESS: 3 rounds" not in text or "IRQLAB-MARKER" not in text:
        fail(f"exit code {code}, or the rounds did not end", text)
    if "stays o" in text or f"IRQLAB-CPUS: {args.smp}" not in text:
        fail("a CPU did not go off or come back", text)
    check_interrupts(text, args.smp)


def strict(args):
    """CPUs go off and on; nothing that --strict warns of; and it changes nothing."""
    args.append = "irqlab.stress"
    options = linux_options(args, args.smp)
    code, text, judged = run(args.irqlab, ["--strict", *options], args.timeout)
    if code or "IRQLAB-MARKER" not in text:
        fail(f"exit code {code}, or no marker", text)
    if judged["strict"]:
        fail(f"warnings: {judged['strict']}")
    _, _, plain = run(args.irqlab, options, args.timeout)
    if judged["state_hash"] != plain["state_hash"]:
        fail("--strict changed the run")


def message_rows(text):
    """Counts on each CPU of the LPIs in the last /proc/interrupts of @text, by name."""
    rows = {}
    for line in text.splitlines():
        match = re.match(r"\s*\d+:((?:\s+\d+)+)\s+ITS-\S+\s+\d+\s+Edge\s+(\S+)", line)
        if match:
            rows[match[2]] = [int(n) for n in match[1].split()]
    return rows


def check_messages(args, text):
    """The disk's requests completed by LPIs; without an ITS by the device's wire."""
    if "its=off" in args.machine:
        if not re.search(r":\s+[1-9].*GICv3\s+\d+ Level\s+virtio0", text):
            fail("no INTx of the disk was counted", text)
        return
    counts = [sum(row) for name, row in message_rows(text).items() if "-req" in name]
    if not sum(counts):
        fail(f"no LPI of the disk was counted: {counts}", text)


DISK_DRIVERS = ("drivers/virtio/virtio_mmio", "drivers/block/virtio_blk")
NET_DRIVERS = ("net/core/failover", "drivers/net/net_failover", "drivers/net/virtio_net",
               "drivers/char/hw_random/virtio-rng")


def disk_initrd(folder, guests, *programs, drivers=DISK_DRIVERS):
    """The small initramfs with the drivers of the packaged kernel, which has them as modules."""
    modules = [*programs]
    for name in drivers:
        found = glob.glob(f"{guests}/root/lib/modules/6.12*/kernel/{name}.ko.xz")
        if len(found) != 1:
            fail(f"one {name}.ko.xz was expected under {guests}/root/lib/modules: {found}")
        modules.append(os.path.join(folder, os.path.basename(name) + ".ko"))
        with lzma.open(found[0]) as packed, open(modules[-1], "wb") as out:
            out.write(packed.read())
    initrd = os.path.join(folder, "initrd.gz")
    here = os.path.dirname(os.path.abspath(__file__))
    subprocess.run(["sh", os.path.join(here, "mkinitrd.sh"), f"{guests}/busybox", initrd, *modules],
                   check=True)
    return initrd


def disk_options(args, image, *properties):
    """A disk on the chosen bus, with QEMU's options."""
    drive = ",".join([f"file={image}", "format=raw", *properties])
    if args.bus == "mmio":
        return ["-drive", f"{drive},if=virtio"]
    return ["-drive", f"{drive},if=none,id=d0", "-device", "virtio-blk-pci,drive=d0"]


def disk(args):
    """Linux's virtio-blk reads a whole disk, and writes what the host then finds in the file."""
    data = b"".join(hashlib.sha256(bytes([i & 255, i >> 8])).digest() * 32 for i in range(4096))
    with tempfile.TemporaryDirectory() as folder:
        image = os.path.join(folder, "disk.img")
        with open(image, "wb") as file:
            file.write(data)
        args.initrd = disk_initrd(folder, os.path.dirname(args.kernel))
        args.append = "irqlab.disk"
        options = [*linux_options(args, args.smp), *disk_options(args, image)]
        code, text, _ = run(args.irqlab, options, args.timeout)
        if code or f"IRQLAB-DISK: {hashlib.sha256(data).hexdigest()}" not in text:
            fail(f"exit code {code}, or not the checksum {hashlib.sha256(data).hexdigest()}", text)
        with open(image, "rb") as file:
            after = file.read()
    if args.bus == "pci":
        check_messages(args, text)
    mib = 1 << 20
    if "IRQLAB-DISK: written" not in text or after != data[:mib] + data[:mib] + data[2 * mib:]:
        fail("the image does not hold what the guest wrote", text)


def pattern_file(path, size):
    """What reader.c expects: each page's first word is its number, the others are the same in all."""
    factor = 0x9E3779B97F4A7C15
    words = [i * factor & (1 << 64) - 1 for i in range(512)]
    chunk = bytearray(struct.pack("<512Q", *words) * 256)
    with open(path, "wb") as file:
        for first in range(0, size // 4096, 256):
            for page in range(256):
                struct.pack_into("<Q", chunk, page * 4096, first + page)
            file.write(chunk)


def pci_options(args, image, disks):
    """The first disk has a queue and an LPI for each CPU, the others share one LPI among all."""
    options = linux_options(args, args.smp)
    for i in range(disks):
        properties = f"num-queues={args.smp}" + (",vectors=2" if i else "")
        options += ["-drive", f"file={image},if=none,id=d{i},format=raw,readonly=on", "-device",
                    f"virtio-blk-pci,drive=d{i},{properties}"]
    return options


def check_pci(args, text, disks, size):
    """All that was read is right; each queue's LPI reached its CPU, each moved one most of them."""
    if text.count(f"IRQLAB-READER: {size} bytes are right, readers failed: 0") != 2:
        fail("not all bytes were read", text)
    moves = re.search(r"IRQLAB-MOVES: (\d+) by smp_affinity", text)
    unplugged = re.search(r"IRQLAB-PCI: (\d+) CPUs went and came back", text)
    rows = message_rows(text)
    wanted = 2 * args.smp * args.mib // 1024
    if not moves or int(moves[1]) < wanted or not unplugged or int(unplugged[1]) < 2:
        fail(f"few moves while the disks were read: {moves and moves[1]} by smp_affinity, "
             f"{unplugged and unplugged[1]} CPUs unplugged", text)
    for cpu in range(args.smp):
        if not rows.get(f"virtio0-req.{cpu}", [0] * args.smp)[cpu]:
            fail(f"the LPI of queue {cpu} did not count on CPU {cpu}: {rows}", text)
    for disk_number in range(1, disks):
        row = rows.get(f"virtio{disk_number}-virtqueues", [0] * args.smp)
        if sum(count > 0 for count in row) < args.smp * 3 // 4 and args.mib >= 1024:
            fail(f"the LPI of disk {disk_number} counted on too few CPUs: {row}", text)
    print(f"{moves[1]} moves by smp_affinity, {unplugged[1]} CPUs unplugged", flush=True)


def pci(args):
    """1 GiB from a disk of many queues while CPUs go and come, and again while LPIs move."""
    size, disks = args.mib << 20, 5
    seen = set()
    with tempfile.TemporaryDirectory() as folder:
        image = os.path.join(folder, "pattern.img")
        pattern_file(image, size)
        args.initrd = disk_initrd(folder, os.path.dirname(args.kernel),
                                  os.path.join(args.programs, "reader"))
        args.append = "irqlab.pci"
        options = pci_options(args, image, disks)
        if args.renew:
            options += ["--renew-gic", args.renew]
        for _ in range(args.runs):
            code, text, s = run(args.irqlab, options, args.timeout)
            if code or "IRQLAB-MARKER" not in text:
                fail(f"exit code {code}, or no marker", text)
            check_pci(args, text, disks, size)
            print(s["instructions"], s["virtual_time_ns"], s["state_hash"], flush=True)
            seen.add((s["instructions"], s["virtual_time_ns"], s["state_hash"]))
    if len(seen) != 1:
        fail(f"{len(seen)} different ends in {args.runs} runs")


def check_net(args, text):
    """Each queue's frames came back, and its LPI was taken on many CPUs; so was entropy's."""
    if "frames came back, senders failed: 0" not in text:
        fail("not all frames came back", text)
    rows = message_rows(text)
    for pair in range(args.smp):
        row = rows.get(f"virtio0-input.{pair}", [])
        if sum(count > 0 for count in row) < args.smp // 2:
            fail(f"the LPI of queue pair {pair} counted on too few CPUs: {row}", text)
    if not sum(rows.get("virtio1-input", [])) or "IRQLAB-NET: 512 bytes of entropy" not in text:
        fail(f"no entropy came: {rows}", text)


def net(args):
    """A queue pair and its LPIs for each CPU; they move while frames go out and come back."""
    seen = set()
    with tempfile.TemporaryDirectory() as folder:
        args.initrd = disk_initrd(folder, os.path.dirname(args.kernel),
                                  os.path.join(args.programs, "frames"), drivers=NET_DRIVERS)
        args.append = "irqlab.net"
        options = [*linux_options(args, args.smp), "-netdev", f"loopback,id=n0,queues={args.smp}",
                   "-device", "virtio-net-pci,netdev=n0,mq=on", "-device", "virtio-rng-pci"]
        for _ in range(args.runs):
            code, text, s = run(args.irqlab, options, args.timeout)
            if code or "IRQLAB-MARKER" not in text:
                fail(f"exit code {code}, or no marker", text)
            check_net(args, text)
            seen.add((s["instructions"], s["virtual_time_ns"], s["state_hash"]))
    if len(seen) != 1:
        fail(f"{len(seen)} different ends in {args.runs} runs")


def cpio_of(names, folder):
    """An archive of files in @folder, the same bytes on every machine; not compressed."""
    for name in names:
        os.utime(os.path.join(folder, name), (0, 0))
    return subprocess.run(["cpio", "-o", "-H", "newc", "--quiet", "--reproducible", "-R", "0:0"],
                          input="\n".join(names).encode(), cwd=folder, stdout=subprocess.PIPE,
                          check=True).stdout


def kvm_initrd(folder, args):
    """The small initramfs with the VMM and its guests: a bare-metal image, if asked this kernel."""
    here = os.path.dirname(os.path.abspath(__file__))
    initrd = os.path.join(folder, "kvm.gz")
    guests = os.path.dirname(args.kernel)
    subprocess.run(["sh", os.path.join(here, "mkinitrd.sh"), f"{guests}/busybox", initrd,
                    os.path.join(args.programs, "vmm"), os.path.join(args.programs, "vmm-guest.img")],
                   check=True)
    if not args.nested_linux:
        return initrd
    shutil.copy(args.kernel, os.path.join(folder, "linux"))
    shutil.copy(args.initrd, os.path.join(folder, "initrd.gz"))
    for name in ("linux", "initrd.gz"):
        os.chmod(os.path.join(folder, name), 0o644)
    with open(initrd, "ab") as out:
        out.write(b"\0" * (-out.tell() % 4) + cpio_of(["linux", "initrd.gz"], folder))
    return initrd


def inner_and_outer(text):
    """What the VMM's guest said, and what was said outside."""
    lines = text.splitlines()
    return ("\n".join(line[2:] for line in lines if line.startswith("| ")),
            "\n".join(line for line in lines if not line.startswith("| ")))


def check_kvm(args, text):
    """KVM came up in the mode, both guests did all that they should, and so did the host."""
    inner, outer = inner_and_outer(text)
    if not re.search(rf"kvm \[1\]: {args.mode} mode initialized successfully", outer):
        fail(f"KVM did not come up in {args.mode} mode", text)
    if "IRQLAB-KVM: vmm-guest.img ended with 0" not in outer or " 0 failed" not in inner:
        fail("the bare-metal guest failed", text)
    check_interrupts(outer, args.smp)
    for wanted in args.expect:
        if not re.search(wanted, text):
            fail(f"nothing matches '{wanted}'", text)
    if not args.nested_linux:
        return
    if ("IRQLAB-KVM: linux ended with 0" not in outer or "IRQLAB-MARKER" not in inner or
            f"IRQLAB-CPUS: {args.smp}" not in inner or "ITS@0x0000000008080000" not in inner):
        fail("the inner kernel did not come up to its end, with its ITS", text)
    check_interrupts(inner, args.smp)


def check_doorbell(trace):
    """The kernel took a vPE's doorbell; there are no other physical LPIs, since no disk is there."""
    with open(trace, encoding="utf-8") as file:
        if not any(re.search(r"INTID 8\d\d\d acknowledged", line) for line in file):
            fail("no doorbell rang")


def kvm(args):
    """The kernel at EL2 runs guests by KVM, in all runs the same: bare metal, and itself."""
    seen = set()
    with tempfile.TemporaryDirectory() as folder:
        args.initrd = kvm_initrd(folder, args)
        args.append = f"irqlab.kvm {args.append}"
        if args.machine == "virt":
            args.machine = "virt,virtualization=on"
        options = ["-cpu", args.cpu, *linux_options(args, args.smp, "1G")]
        trace = os.path.join(folder, "trace")
        if args.doorbell:
            options.append(f"--trace=irq:{trace}")
        for _ in range(args.runs):
            code, text, s = run(args.irqlab, options, args.timeout)
            if code or "IRQLAB-MARKER" not in inner_and_outer(text)[1]:
                fail(f"exit code {code}, or no marker", text)
            check_kvm(args, text)
            if args.doorbell:
                check_doorbell(trace)
            print(s["instructions"], s["virtual_time_ns"], s["state_hash"], flush=True)
            seen.add((s["instructions"], s["virtual_time_ns"], s["state_hash"]))
    if len(seen) != 1:
        fail(f"{len(seen)} different ends in {args.runs} runs")


def installer(args):
    """The installer draws its first screen (choose a language)."""
    console = Console([args.irqlab, "run", "-kernel", args.kernel, "-initrd", args.initrd,
                       "-append", APPEND, "-smp", str(args.smp), "-m", "1G", "-nographic"],
                      args.timeout)
    console.expect("Select a language")
    console.expect("Choose the language to be used for the installation")
    console.kill()


def end_of(summary):
    """What must be equal between two runs."""
    with open(summary, encoding="utf-8") as file:
        s = json.load(file)
    return s["instructions"], s["virtual_time_ns"], s["state_hash"]


def replay(args):
    """What a person typed comes again from the recording, to the same state."""
    with tempfile.TemporaryDirectory() as folder:
        record = os.path.join(folder, "session.jsonl")
        args.append = "irqlab.shell"
        options = linux_options(args, args.smp)
        ends = [os.path.join(folder, name) for name in ("live.json", "again.json")]
        console = Console([args.irqlab, "run", *options, "--record", record, f"--json={ends[0]}"],
                          args.timeout)
        console.expect("IRQLAB-SHELL: ready")
        console.expect(r"[#$] ")
        console.send("/bin/busybox echo typed-$((6*7))\r")
        console.expect("typed-42")
        console.expect(r"[#$] ")
        console.send("/bin/busybox poweroff -f\r")
        code = console.finish()
        if code or not os.path.exists(record):
            fail(f"the recorded run ended with {code}", console.text)
        done = subprocess.run([args.irqlab, "replay", record, f"--json={ends[1]}"],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=args.timeout, check=False)
        text = done.stdout.decode(errors="replace")
        if done.returncode or "typed-42" not in text:
            fail(f"the replay ended with {done.returncode}", text)
        live, again = (end_of(path) for path in ends)
        if live != again:
            fail(f"the run ended in {live}, its replay in {again}")


def fat_disk(folder, files, label="IRQLAB"):
    """A FAT image that holds @files: {name on the disk: path}."""
    image = os.path.join(folder, "disk.img")
    size = sum(os.path.getsize(path) for path in files.values()) + (16 << 20)
    with open(image, "wb") as file:
        file.truncate((size + (1 << 20) - 1) >> 20 << 20)
    subprocess.run(["mkfs.vfat", "-n", label, "-i", "12345678", image], check=True,
                   stdout=subprocess.DEVNULL)
    for name, path in files.items():
        subprocess.run(["mcopy", "-i", image, path, f"::{name}"], check=True)
    return image


def uboot(args):
    """U-Boot reaches its prompt and boots the kernel from a virtio disk."""
    with tempfile.TemporaryDirectory() as folder:
        disk = fat_disk(folder, {"Image": args.kernel, "initrd": args.initrd})
        console = Console([args.irqlab, "run", "-bios", args.firmware, "-smp", str(args.smp), "-m",
                           "1G", *disk_options(args, disk, "snapshot=on"), "-nographic"],
                          args.timeout)
        console.expect("Hit any key to stop autoboot")
        console.send("\r\r")
        console.expect("=> ")
        console.send(f"setenv bootargs {APPEND}\r")
        console.expect("=> ")
        console.send("virtio scan; load virtio 0 0x42000000 Image\r")
        console.expect("bytes read")
        console.expect("=> ")
        console.send("load virtio 0 0x48000000 initrd\r")
        console.expect("bytes read")
        console.expect("=> ")
        console.send("booti 0x42000000 0x48000000:${filesize} ${fdtcontroladdr}\r")
        console.expect("IRQLAB-MARKER")
        code = console.finish()
        if code:
            fail(f"exit code {code}", console.text)


def edk2(args):
    """EDK2 reaches its shell and boots the kernel, with a device tree or with ACPI tables."""
    with tempfile.TemporaryDirectory() as folder:
        append = APPEND
        if args.bus == "pci":
            args.initrd = disk_initrd(folder, os.path.dirname(args.kernel))
            append += " irqlab.disk"
        flash = os.path.join(folder, "flash.fd")
        with open(flash, "wb") as out, open(args.firmware, "rb") as firmware:
            out.write(firmware.read())
            out.truncate(64 << 20)
        disk = fat_disk(folder, {"Image": args.kernel, "initrd": args.initrd})
        console = Console([args.irqlab, "run", "-machine", f"virt,acpi={args.acpi}", "-drive",
                           f"file={flash},if=pflash,readonly=on", "-smp", str(args.smp), "-m",
                           "1G", *disk_options(args, disk, "snapshot=on"), "-nographic"],
                          args.timeout)
        console.expect("any other key to continue|Shell> ")
        console.send("\x1b")
        console.expect("Shell> ")
        console.send("FS0:\r")
        console.expect(r"FS0:\\> ")
        console.send(f"Image initrd=\\initrd {append}\r")
        console.expect("IRQLAB-MARKER")
        code = console.finish()
        if code:
            fail(f"exit code {code}", console.text)
        if args.acpi == "on" and "ACPI: RSDP" not in console.text:
            fail("the kernel did not find ACPI tables", console.text)
        if args.bus == "pci":
            check_messages(args, console.text)


TESTS = {"boot": boot, "determinism": determinism, "stress": stress, "disk": disk,
         "installer": installer, "replay": replay, "pci": pci, "net": net, "uboot": uboot, "edk2": edk2,
         "kvm": kvm, "strict": strict}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("test", choices=TESTS)
    parser.add_argument("--irqlab", required=True)
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--initrd", required=True)
    parser.add_argument("--firmware")
    parser.add_argument("--append", default="", help="more words for the kernel's command line")
    parser.add_argument("--machine", default="virt")
    parser.add_argument("--setup", help="what the machine is, by the control plane's keys")
    parser.add_argument("--expect", action="append", default=[],
                        help="what a boot must print, a regular expression; more than once: all")
    parser.add_argument("--smp", type=int, default=1)
    parser.add_argument("--cpu", default="max")
    parser.add_argument("--mode", default="VHE", help="the kernel's words for KVM's, a pattern")
    parser.add_argument("--doorbell", action="store_true", help="one of GICv4 must ring")
    parser.add_argument("--nested-linux", action="store_true", help="by KVM, the kernel again")
    parser.add_argument("--programs", help="where the programs built from reader.c, ... are")
    parser.add_argument("--mib", type=int, default=1024, help="size of a PCI disk")
    parser.add_argument("--renew", help="instruction counts at which the GIC is saved and restored")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--acpi", default="off")
    parser.add_argument("--bus", choices=("mmio", "pci"), default="mmio", help="where disks are")
    parser.add_argument("--timeout", type=float, default=300)
    args = parser.parse_args()
    TESTS[args.test](args)
    print("PASS")


if __name__ == "__main__":
    main()
