#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs a guest with and without --races: both end in the same state, and the races are those expected.

usage: races.py IRQLAB IMAGE EXPECTED [OPTION of irqlab run]...
EXPECTED: `none`, or `KIND OBJECT FUNCTION FUNCTION, ...`: all that is reported, in any order
"""
import json
import os
import subprocess
import sys
import tempfile


def run(irqlab, image, options, folder):
    path = os.path.join(folder, "summary")
    done = subprocess.run([irqlab, "run", "-kernel", image, "-semihosting", "-serial", "null",
                           "--max-insns", "50000000", f"--json={path}"] + options,
                          capture_output=True, text=True)
    with open(path, encoding="utf-8") as file:
        return done, json.load(file)


def name(place):
    return place.split("+")[0]


def known(race):
    return (race["kind"], name(race["object"]),
            *sorted((name(race["first"]["place"]), name(race["second"]["place"]))))


def main():
    irqlab, image, expected = sys.argv[1:4]
    wanted = set()
    for text in [] if expected == "none" else expected.split(","):
        kind, what, first, second = text.split()
        wanted.add((kind, what, *sorted((first, second))))
    with tempfile.TemporaryDirectory() as folder:
        plain, before = run(irqlab, image, sys.argv[4:], folder)
        done, after = run(irqlab, image, ["--races"] + sys.argv[4:], folder)
    if plain.returncode or "races" in before:
        sys.exit(f"without --races: exit code {plain.returncode}\n{plain.stderr}")
    for key in ("state_hash", "instructions", "virtual_time_ns"):
        if before[key] != after[key]:
            sys.exit(f"{key} is {after[key]} with --races, {before[key]} without")
    found = {known(race) for race in after["races"]}
    if found != wanted or done.returncode != (109 if wanted else 0):
        sys.exit(f"exit code {done.returncode}; found {found}, not {wanted}\n{done.stderr}")
    for race in after["races"]:
        for side in (race["first"], race["second"]):
            if not side["callers"]:
                sys.exit(f"no stack: {side}")
    print(done.stderr, end="")


main()
