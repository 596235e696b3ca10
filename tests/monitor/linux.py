#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Linux in the normal world of the monitor, with the secure world's tick on each vCPU; all runs end
in the same state."""
import argparse
import os
import re
import sys
import tempfile

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "linux"))
from drive import check_interrupts, fail, kvm_initrd, run  # noqa: E402 (the path comes first)

INITRD_AT = 0x48000000


def options(args, words):
    """The kernel goes where the monitor enters the normal world, and is told where the initrd is."""
    append = f"console=ttyAMA0 initrd={INITRD_AT:#x},{os.path.getsize(args.initrd)} {words}"
    return ["-cpu", "max", "-machine", args.machine, "-smp", str(args.smp), "-m", "512",
            "-kernel", args.monitor,
            "-device", f"loader,file={args.kernel},addr=0x40200000",
            "-device", f"loader,file={args.initrd},addr={INITRD_AT:#x}",
            "-append", append, "-semihosting", "-nographic"]


def check(text, smp, tick_us, virtual_time_ns):
    """The kernel came up on all vCPUs by the monitor's PSCI, and no tick was lost meanwhile."""
    if "IRQLAB-MARKER" not in text or f"IRQLAB-CPUS: {smp}" not in text:
        fail(f"no marker, or not {smp} CPUs", text)
    if "psci: PSCIv1.1 detected in firmware" not in text:
        fail("the kernel did not find the monitor's PSCI", text)
    check_interrupts(text, smp)
    ticks = re.findall(r"monitor: vCPU \d+: (\d+) secure ticks of (\d+),", text)
    if len(ticks) != smp:
        fail(f"{len(ticks)} vCPUs had a tick", text)
    for taken, due in ticks:
        if not int(due) - 1 <= int(taken) <= int(due):
            fail(f"{taken} ticks were taken, {due} were due", text)
    if max(int(due) for _, due in ticks) < 0.9 * virtual_time_ns / 1000 / tick_us:
        fail("the ticks did not go on from start to end", text)


def check_kvm(text):
    """The guest's own tests passed, and so did the VMM."""
    if "IRQLAB-KVM: vmm-guest.img ended with 0" not in text or " 0 failed" not in text:
        fail("the guest in the normal world failed", text)


def boot(args, words):
    code, text, s = run(args.irqlab, options(args, words), 300)
    if code or args.sel2 != ("Secure EL2" in text):
        fail(f"exit code {code}, or not the Secure EL2 asked for", text)
    check(text, args.smp, args.tick_us, s["virtual_time_ns"])
    if args.vmm:
        check_kvm(text)
    if args.expect and not re.search(args.expect, text):
        fail(f"nothing matches '{args.expect}'", text)
    print(s["instructions"], s["virtual_time_ns"], s["state_hash"], flush=True)
    return s["instructions"], s["virtual_time_ns"], s["state_hash"]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("irqlab", "monitor", "guests", "kernel", "machine"):
        parser.add_argument(name)
    for name in ("smp", "tick_us", "runs"):
        parser.add_argument(name, type=int)
    parser.add_argument("--vmm", help="images/vmm's programs: the kernel runs a guest with them")
    parser.add_argument("--sel2", action="store_true", help="with a Secure EL2")
    parser.add_argument("--append", default="", help="more words for the kernel's command line")
    parser.add_argument("--expect", help="what must be printed, a regular expression")
    args = parser.parse_args()
    args.kernel, args.initrd = f"{args.guests}/{args.kernel}", f"{args.guests}/initrd.gz"
    args.programs, args.nested_linux = args.vmm, False
    words = f"monitor.tick_us={args.tick_us} monitor.sel2={int(args.sel2)} {args.append}"
    with tempfile.TemporaryDirectory() as folder:
        if args.vmm:
            args.initrd = kvm_initrd(folder, args)
            words += " irqlab.kvm"
        seen = {boot(args, words) for _ in range(args.runs)}
    if len(seen) != 1:
        fail(f"{len(seen)} different ends in {args.runs} runs")
    print("PASS")


if __name__ == "__main__":
    main()
