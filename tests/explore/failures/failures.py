#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Each kind of failure is found, with its exit code and its reason, and not where it is not asked
for; what was found replays.

usage: failures.py IRQLAB IMAGE
"""
import os
import subprocess
import sys
import tempfile

# Of failures.c: number, options that make it a failure, exit code, text; then the exit code without
# these options (None: they are none).
KINDS = [
    ("an assertion, by semihosting", 0, [], 102, "said by semihosting", None),
    ("an assertion, by HVC", 1, [], 102, "said by a call", None),
    ("a function that is not to be reached", 2, ["--panic", "oops"], 102, "reached oops", 0),
    ("no progress", 3, ["--max-events", "3000"], 105, "no end after 3000 events", None),
    ("an interrupt that is not taken", 4, ["--lost", "2000"], 101, "has not taken its interrupt", 0),
    ("an interrupt ended twice", 5, [], 107, "ends interrupt 3", None),
    ("an interrupt never ended", 6, [], 107, "never ended interrupt 3", None),
    ("interrupts ended in another order", 7, [], 107, "the last that it acknowledged is 3", None),
    ("an invariant at the end", 8, ["--invariant", "end:left==50"], 108, "left==50", 0),
    ("an invariant at every event", 9, ["--invariant", "ready<=1"], 108, "ready<=1", 0),
    ("a lock-up", 10, [], 100, "every vCPU waits", None),
]


def explore(irqlab, image, kind, options):
    return subprocess.run(
        [irqlab, "explore", "--strategy", "exhaust", "--depth", "1", "--runs", "100000"] + options +
        ["-kernel", image, "-semihosting", "-smp", "2", "-append", f"kind={kind}"],
        capture_output=True, text=True)


def check(done, code, text, what):
    out = done.stdout + done.stderr
    if done.returncode != code or text not in out:
        sys.exit(f"{what}: exit code {done.returncode}, not {code} with '{text}'\n{out}")


def main():
    irqlab, image = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder:
        schedule = os.path.join(folder, "schedule")
        for what, kind, options, code, text, without in KINDS:
            done = explore(irqlab, image, kind, options + ["--output", schedule])
            check(done, code, text, what)
            done = subprocess.run([irqlab, "explore", "--replay", schedule], capture_output=True,
                                  text=True)
            check(done, code, text, f"{what}, again")
            if without is not None:
                check(explore(irqlab, image, kind, []), without, "exhausted", f"{what}, not asked for")
            print(f"{what}: {code}")
        for kind in (5, 6, 7):
            check(explore(irqlab, image, kind, ["--no-eoi-check"]), 0, "exhausted", "--no-eoi-check")


main()
