#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Linux in the normal world of the monitor, with the secure world's tick on each vCPU.

linux.py IRQLAB MONITOR GUESTS KERNEL MACHINE SMP TICK-US RUNS: all runs end in the same state."""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "linux"))
from drive import check_interrupts, fail, run  # noqa: E402 (the path comes first)

INITRD_AT = 0x48000000


def options(monitor, guests, kernel, machine, smp, tick_us):
    """The kernel goes where the monitor enters the normal world; it is told of the initrd by name."""
    initrd = f"{guests}/initrd.gz"
    append = (f"console=ttyAMA0 initrd={INITRD_AT:#x},{os.path.getsize(initrd)} "
              f"monitor.tick_us={tick_us}")
    return ["-machine", machine, "-smp", str(smp), "-m", "512", "-kernel", monitor,
            "-device", f"loader,file={guests}/{kernel},addr=0x40200000",
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


def main():
    irqlab, monitor, guests, kernel, machine, smp, tick_us, runs = sys.argv[1:]
    seen = set()
    for _ in range(int(runs)):
        code, text, s = run(irqlab, options(monitor, guests, kernel, machine, smp, tick_us), 300)
        if code:
            fail(f"exit code {code}", text)
        check(text, int(smp), int(tick_us), s["virtual_time_ns"])
        end = s["instructions"], s["virtual_time_ns"], s["state_hash"]
        print(*end, flush=True)
        seen.add(end)
    if len(seen) != 1:
        fail(f"{len(seen)} different ends in {runs} runs")
    print("PASS")


if __name__ == "__main__":
    main()
