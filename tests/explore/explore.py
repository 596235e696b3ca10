#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One race scenario: each strategy finds the flaw, the sound twin comes through all schedules of the
bound, and what was found replays without a divergence.

usage: explore.py IRQLAB IMAGES NAME DEPTH REPLAYS STRATEGY,... [OPTION of irqlab run]...
"""
import os
import subprocess
import sys
import tempfile


def run(args, expected, what):
    done = subprocess.run(args, capture_output=True, text=True)
    if done.returncode != expected:
        sys.exit(f"{what}: exit code {done.returncode}, not {expected}\n{' '.join(args)}\n"
                 f"{done.stdout}{done.stderr}")
    return done.stdout


def main():
    irqlab, images, name, depth, replays, strategies = sys.argv[1:7]
    guest = ["-semihosting"] + sys.argv[7:]
    flawed, sound = (["-kernel", f"{images}/{name}-{twin}.elf"] + guest for twin in ("flawed", "sound"))
    with tempfile.TemporaryDirectory() as folder:
        for strategy in strategies.split(","):
            schedule = os.path.join(folder, strategy)
            out = run([irqlab, "explore", "--strategy", strategy, "--depth", depth, "--runs", "100000",
                       "--output", schedule] + flawed, 102, f"{strategy} on the flawed twin")
            print(out, end="")
            print(run([irqlab, "explore", "--replay", schedule, "--times", replays], 102,
                      f"replays of what {strategy} found"), end="")
        out = run([irqlab, "explore", "--strategy", "exhaust", "--depth", depth, "--runs", "100000000"]
                  + sound, 0, "the sound twin")
        print(out, end="")
        if "exhausted" not in out:
            sys.exit("the sound twin's schedules were not exhausted")


main()
