#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""irqlab why on interrupts of both worlds. why.py IRQLAB MONITOR-DIRECTORY NORMAL.IMG"""
import os
import re
import subprocess
import sys
import tempfile

OPTIONS = ["-machine", "virt,secure=on,virtualization=on", "-smp", "2", "-m", "512", "-semihosting",
           "-nographic", "--max-insns", "100000000"]


class Recording:
    """A run of a monitor, and what is asked of it."""

    def __init__(self, irqlab, folder, monitor, image):
        self.irqlab, self.path = irqlab, os.path.join(folder, "recording")
        self.trace = os.path.join(folder, "trace")
        subprocess.run([irqlab, "run", *OPTIONS, "-kernel", monitor,
                        "-device", f"loader,file={image},addr=0x40200000",
                        f"--trace=irq:{self.trace}", "--record", self.path],
                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=False)

    def times_of(self, what):
        """When vCPU 0 had an event, in ns."""
        with open(self.trace, encoding="utf-8") as file:
            return [int(line.split()[1]) for line in file
                    if re.search(rf" v0 +irq +{what}", line)]

    def why(self, intid, at_ns=None):
        point = ["--at-ns", str(at_ns)] if at_ns is not None else []
        done = subprocess.run([self.irqlab, "why", str(intid), "0", "--recording", self.path, *point],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
        return done.stdout.decode()


def expect(sentence, text, *patterns):
    for pattern in patterns:
        if not re.search(pattern, text, re.M):
            sys.exit(f"{text}\nFAIL: {sentence}: no line like {pattern}")
    print(f"PASS: {sentence}")


def sound(recording):
    tick = recording.times_of("INTID 29 acknowledged")[15]
    expect("a Secure Group 1 interrupt is the secure world's all along", recording.why(29, tick + 50),
           r"^PPI 29 at vCPU 0, Secure Group 1, priority 0x30",
           r"^enabled .*PASS.* monitor_gic_give\+.*GICR_ISENABLER = 0x20000000",
           r"^group .*PASS.* monitor_gic_give\+.*GICR_IGRPMODR = 0x20007f00",
           r"^distributor-group +PASS +GICD_CTLR.EnableGrp1S = 0x1 .* monitor_gic_init\+",
           r"^cpu-group +PASS +ICC_IGRPEN1_EL1\(S\).Enable = 0x1 .* secure_main\+",
           r"^verdict: delivered \(\d+\), last acknowledged .* secure_interrupts\+.*ICC_IAR1_EL1")
    due = recording.times_of("INTID 29 pended")[0] - 1
    expect("FIQ goes to EL3, whatever the normal world masks", recording.why(29, due),
           r"^target +PASS +SCR_EL3.FIQ = 0x1 .* world_load\+.*# FIQ goes to EL3, running at EL1",
           r"^pstate +n/a")
    answers = [recording.why(27, at + 100000) for at in recording.times_of("INTID 27 pended")[:3]]
    masked = [text for text in answers if "blocked at priority-mask" in text]
    if len(masked) != 1:
        sys.exit("\n".join(answers) + "\nFAIL: one timer fires while a fast call runs")
    expect("a fast call masks the normal world's interrupts", masked[0],
           r"^PPI 27 at vCPU 0, Non-secure Group 1",
           r"^distributor-group +PASS +GICD_CTLR.EnableGrp1NS = 0x1 .*GICD_CTLR = 0x12",
           r"^priority-mask +FAIL +ICC_PMR_EL1.Priority = 0x80 \(wanted > 0x80\) .* world_load\+")


def flawed_group(recording):
    expect("a timer whose IGRPMODR was forgotten is in Group 0", recording.why(29),
           r"^PPI 29 at vCPU 0, Group 0", r"^group .* monitor_gic_give\+.*GICR_IGROUPR = 0xdfff00ff",
           r"^verdict: .*")


def flawed_eoi(recording):
    taken = recording.times_of("INTID 29 acknowledged")[0]
    expect("EOIR1 has not ended the Group 0 tick", recording.why(29, taken + 3000000),
           r"^PPI 29 at vCPU 0, Group 0", r"^verdict: blocked at not-active",
           r"^not-active +FAIL .* fiq_take\+.*ICC_IAR0_EL1 = 0x1d")
    timer = recording.times_of("INTID 27 pended")[0]
    expect("... whose priority stays in everybody's way", recording.why(27, timer + 100),
           r"^verdict: blocked at running-priority",
           r"^running-priority +FAIL +ICC_RPR_EL1.Priority = 0x10 .* fiq_take\+.*ICC_IAR0_EL1 = 0x1d")


def main():
    irqlab, monitors, image = sys.argv[1:]
    for name, test in (("", sound), ("-group", flawed_group), ("-eoi", flawed_eoi)):
        with tempfile.TemporaryDirectory() as folder:
            test(Recording(irqlab, folder, os.path.join(monitors, f"monitor{name}.elf"), image))


if __name__ == "__main__":
    main()
