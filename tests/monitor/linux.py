#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Linux in the normal world of the monitor, with the secure world's tick on each vCPU.

linux.py IRQLAB MONITOR GUESTS KERNEL MACHINE SMP TICK-US RUNS [VMM]: all runs end in the same state.
VMM: the folder of images/vmm's programs; the kernel, at EL2, runs a guest with them."""
import os
import re
import sys
import tempfile
from types import SimpleNamespace

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "linux"))
from drive import check_interrupts, fail, kvm_initrd, run  # noqa: E402 (the path comes first)

INITRD_AT = 0x48000000


def options(monitor, kernel, initrd, machine, smp, words):
    """The kernel goes where the monitor enters the normal world, and is told where the initrd is."""
    append = f"console=ttyAMA0 initrd={INITRD_AT:#x},{os.path.getsize(initrd)} {words}"
    return ["-cpu", "max", "-machine", machine, "-smp", str(smp), "-m", "512", "-kernel", monitor,
            "-device", f"loader,file={kernel},addr=0x40200000",
            "-device", f"loader,file={initrd},addr={INITRD_AT:#x}",
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


def boot(irqlab, command, smp, tick_us, vmm):
    code, text, s = run(irqlab, command, 300)
    if code:
        fail(f"exit code {code}", text)
    check(text, smp, tick_us, s["virtual_time_ns"])
    if vmm:
        check_kvm(text)
    print(s["instructions"], s["virtual_time_ns"], s["state_hash"], flush=True)
    return s["instructions"], s["virtual_time_ns"], s["state_hash"]


def main():
    irqlab, monitor, guests, name, machine, smp, tick_us, runs, *vmm = sys.argv[1:]
    kernel, initrd, words = f"{guests}/{name}", f"{guests}/initrd.gz", f"monitor.tick_us={tick_us}"
    with tempfile.TemporaryDirectory() as folder:
        if vmm:
            initrd = kvm_initrd(folder, SimpleNamespace(kernel=kernel, initrd=initrd,
                                                        programs=vmm[0], nested_linux=False))
            words += " irqlab.kvm"
        command = options(monitor, kernel, initrd, machine, smp, words)
        seen = {boot(irqlab, command, int(smp), int(tick_us), vmm) for _ in range(int(runs))}
    if len(seen) != 1:
        fail(f"{len(seen)} different ends in {runs} runs")
    print("PASS")


if __name__ == "__main__":
    main()
