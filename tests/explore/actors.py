#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One story of a VMM and its guest (images/races/vmm-NAME): each strategy finds the flaw of each flawed
variant in a schedule of at most 3 deviations, which replays without a divergence; each sound variant comes
through all schedules of the same bound, and through all classes of schedules.

usage: actors.py IRQLAB IMAGES NAME DEPTH REPLAYS STRATEGY,... FLAWED=EXIT_CODE,... SOUND,... [OPTION]...
"""
import os
import re
import subprocess
import sys
import tempfile

MOST_DEVIATIONS = 3
DEVIATION = re.compile(r"^\S+ v\d+ event \S+ .* to v?\d+", re.MULTILINE)


def run(args, expected, what):
    done = subprocess.run(args, capture_output=True, text=True)
    if done.returncode != expected:
        sys.exit(f"{what}: exit code {done.returncode}, not {expected}\n{' '.join(args)}\n"
                 f"{done.stdout}{done.stderr}")
    print(done.stdout, end="")
    return done.stdout


def check_flawed(explore, variant, code, strategies, replays, folder):
    for strategy in strategies:
        schedule = os.path.join(folder, f"{variant}-{strategy}")
        run(explore(variant, strategy) + ["--output", schedule], code, f"{strategy} on {variant}")
        with open(schedule, encoding="utf-8") as file:
            n = len(DEVIATION.findall(file.read()))
        if not 1 <= n <= MOST_DEVIATIONS:
            sys.exit(f"{variant}: {strategy}'s schedule has {n} deviations")
        run([explore.irqlab, "explore", "--replay", schedule, "--times", replays], code,
            f"replays of what {strategy} found in {variant}")


def check_sound(explore, variant):
    for strategy in ("exhaust", "dpor"):
        out = run(explore(variant, strategy), 0, f"{strategy} on {variant}")
        if "exhausted" not in out:
            sys.exit(f"{variant}: {strategy} did not exhaust it")


class Explore:
    """Command lines of `irqlab explore`."""

    def __init__(self, irqlab, images, name, depth, options):
        self.irqlab, self.name, self.depth = irqlab, name, int(depth)
        self.guest = ["-semihosting", "-kernel", f"{images}/vmm-{name}.elf"] + options

    def __call__(self, variant, strategy):
        depth = self.depth + (strategy == "pct")  # there, a bug's: what it needs, and one
        return [self.irqlab, "explore", "--strategy", strategy, "--depth", str(depth), "--runs",
                "100000", "-actor", f"{self.name}:{variant}"] + self.guest


def main():
    irqlab, images, name, depth, replays, strategies, flawed, sound = sys.argv[1:9]
    explore = Explore(irqlab, images, name, depth, sys.argv[9:])
    with tempfile.TemporaryDirectory() as folder:
        for pair in flawed.split(","):
            variant, code = pair.split("=")
            check_flawed(explore, variant, int(code), strategies.split(","), replays, folder)
    for variant in sound.split(","):
        check_sound(explore, variant)


main()
