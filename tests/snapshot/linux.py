#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Linux goes on from snapshot files to the state in which it ends without.

    linux.py KIND [OPTION...]        KIND: boot, kvm, disk, shell; options of tests/linux/drive.py
"""
import argparse
import json
import os
import random
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "linux"))
import drive  # noqa: E402


def end(summary):
    return summary["instructions"], summary["virtual_time_ns"], summary["state_hash"]


def compare(args, options, folder, seed=1):
    """One run writes snapshots on its way; from each, another goes on to the same end."""
    code, _, plain = drive.run(args.irqlab, options, args.timeout)
    chance = random.Random(seed)
    points = sorted(chance.randrange(plain["instructions"]) for _ in range(args.points))
    files = {at: os.path.join(folder, f"{at}.snapshot") for at in points}
    marker = os.path.join(folder, "marker.snapshot")
    more = ["--snapshot-at", ",".join(f"{at}={file}" for at, file in files.items()),
            "--snapshot-on", f"IRQLAB-MARKER={marker}"]
    if drive.run(args.irqlab, [*options, *more], args.timeout)[2]["state_hash"] != \
            plain["state_hash"]:
        drive.fail("the run that wrote snapshots ended in another state")
    for at, file in [*files.items(), ("the marker", marker)]:
        again_code, text, s = drive.run(args.irqlab, ["--from", file], args.timeout)
        if (again_code, *end(s)) != (code, *end(plain)):
            drive.fail(f"from {at}: exit code {again_code}, {end(s)}; without a snapshot {code}, "
                       f"{end(plain)}", text)
        print(f"from {at}: {os.path.getsize(file)} bytes, {s['state_hash']}", flush=True)


def boot(args, folder):
    compare(args, drive.linux_options(args, args.smp), folder)


def kvm(args, folder):
    args.initrd = drive.kvm_initrd(folder, args)
    args.append = f"irqlab.kvm {args.append}"
    args.machine = "virt,virtualization=on"
    compare(args, ["-cpu", args.cpu, *drive.linux_options(args, args.smp, "1G")], folder)


def disk(args, folder):
    """With an overlay that the guest writes to, by LPIs."""
    image = os.path.join(folder, "disk.img")
    with open(image, "wb") as file:
        file.write(os.urandom(4 << 20))
    args.initrd = drive.disk_initrd(folder, os.path.dirname(args.kernel))
    args.append = "irqlab.disk"
    args.bus = "pci"
    options = [*drive.linux_options(args, args.smp), *drive.disk_options(args, image, "snapshot=on")]
    compare(args, options, folder)
    with open(image, "r+b") as file:
        file.write(b"changed")
    files = [name for name in os.listdir(folder) if name.endswith(".snapshot")]
    done = subprocess.run([args.irqlab, "run", "--from", os.path.join(folder, files[0])],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=args.timeout, check=False)
    if done.returncode != 120 or b"has changed since the snapshot" not in done.stdout:
        drive.fail(f"a disk that has changed was not refused: {done.returncode}",
                   done.stdout.decode(errors="replace"))


def type_commands(console):
    console.expect(r"[#$] ")
    console.send("/bin/busybox echo typed-$((6*7))\r")
    console.expect("typed-42")
    console.expect(r"[#$] ")
    console.send("/bin/busybox poweroff -f\r")
    code = console.finish()
    if code:
        drive.fail(f"the shell ended with {code}", console.text)


def shell(args, folder):
    """A control client saves a shell; it goes on, is recorded, and the recording replays."""
    file, record, control = (os.path.join(folder, name) for name in ("s", "record", "control"))
    ends = [os.path.join(folder, name) for name in ("live.json", "again.json")]
    args.append = "irqlab.shell"
    console = drive.Console([args.irqlab, "run", *drive.linux_options(args, args.smp), "--control",
                             control], args.timeout)
    console.expect("IRQLAB-SHELL: ready")
    console.expect(r"[#$] ")
    subprocess.run([args.irqlab, "control", control, "snapshot", f"file={file}"], check=True,
                   stdout=subprocess.DEVNULL, timeout=args.timeout)
    console.send("\r")
    type_commands(console)
    console = drive.Console([args.irqlab, "run", "--from", file, "--record", record,
                             f"--json={ends[0]}"], args.timeout)
    console.send("\r")
    type_commands(console)
    done = subprocess.run([args.irqlab, "replay", record, f"--json={ends[1]}"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=args.timeout, check=False)
    if done.returncode or b"typed-42" not in done.stdout:
        drive.fail(f"the replay ended with {done.returncode}", done.stdout.decode())
    live, again = (json.load(open(path, encoding="utf-8")) for path in ends)
    if end(live) != end(again):
        drive.fail(f"the run ended in {end(live)}, its replay in {end(again)}")


def main():
    kinds = {"boot": boot, "kvm": kvm, "disk": disk, "shell": shell}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=kinds)
    parser.add_argument("--irqlab", required=True)
    parser.add_argument("--kernel", required=True)
    parser.add_argument("--initrd", required=True)
    parser.add_argument("--programs", default="")
    parser.add_argument("--append", default="")
    parser.add_argument("--machine", default="virt")
    parser.add_argument("--cpu", default="cortex-a72")
    parser.add_argument("--mode", default="VHE")
    parser.add_argument("--nested-linux", action="store_true")
    parser.add_argument("--smp", type=int, default=4)
    parser.add_argument("--points", type=int, default=4)
    parser.add_argument("--timeout", type=float, default=300)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        kinds[args.kind](args, folder)


main()
