#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One race scenario: each strategy finds the flaw, what it found is shrunk to a few deviations and
replays without a divergence, and the sound twin comes through all schedules of the bound.

What the first strategy found is replayed REPLAYS times, the others' a few times.

usage: explore.py IRQLAB IMAGES NAME CODE DEPTH REPLAYS STRATEGY,... [OPTION]...
CODE: how the flawed twin fails. OPTION: of irqlab explore or run, for both twins.
"""
import os
import subprocess
import sys
import tempfile

FEW = 3  # deviations: what a person can follow
A_FEW_TIMES = "20"


def run(args, expected, what):
    done = subprocess.run(args, capture_output=True, text=True)
    if done.returncode != expected:
        sys.exit(f"{what}: exit code {done.returncode}, not {expected}\n{' '.join(args)}\n"
                 f"{done.stdout}{done.stderr}")
    print(done.stdout, end="")
    return done.stdout


def deviations(path):
    with open(path) as file:
        lines = [line for line in file if not line.startswith(("option", "first ", "then "))]
    return [line for line in lines if " event " in line]


def main():
    irqlab, images, name, code, depth, replays, strategies = sys.argv[1:8]
    explore = [irqlab, "explore", "--depth", depth]
    flawed, sound = (["-kernel", f"{images}/{name}-{twin}.elf", "-semihosting"] + sys.argv[8:]
                     for twin in ("flawed", "sound"))
    with tempfile.TemporaryDirectory() as folder:
        for strategy in strategies.split(","):
            schedule = os.path.join(folder, strategy)
            run(explore + ["--strategy", strategy, "--runs", "100000", "--output", schedule] + flawed,
                int(code), f"{strategy} on the flawed twin")
            left = deviations(schedule)
            if not 1 <= len(left) <= FEW:
                sys.exit(f"what {strategy} found has {len(left)} deviations:\n{''.join(left)}")
            run([irqlab, "explore", "--replay", schedule, "--times", replays], int(code),
                f"replays of what {strategy} found")
            replays = A_FEW_TIMES
        out = run(explore + ["--strategy", "exhaust", "--runs", "100000000"] + sound, 0,
                  "the sound twin")
        if "exhausted" not in out:
            sys.exit("the sound twin's schedules were not exhausted")


main()
