#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs a guest test, then again with its GIC renewed (saved, and another one made) all along.

    renew.py exact|alike IRQLAB OPTION...

The guest must not notice: same console, exit code, and number of instructions. `exact`: it also
ends in the same state. `alike`: but for the LPI and ITS tables in its memory, which saving writes.
Two runs that are renewed alike end in the same state in any case.
"""
import json
import os
import subprocess
import sys
import tempfile

POINTS = 25


def run(irqlab, options, folder, name, more=()):
    summary = os.path.join(folder, name)
    done = subprocess.run([irqlab, "run", *options, *more, f"--json={summary}"],
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=120, check=False)
    if not os.path.exists(summary):
        sys.exit(f"{done.stdout.decode(errors='replace')}\nFAIL: no summary of {name}, "
                 f"exit code {done.returncode}")
    with open(summary, encoding="utf-8") as file:
        return done.returncode, done.stdout, json.load(file)


def main():
    kind, irqlab, options = sys.argv[1], sys.argv[2], sys.argv[3:]
    with tempfile.TemporaryDirectory() as folder:
        code, text, plain = run(irqlab, options, folder, "plain")
        total = plain["instructions"]
        at = ",".join(str(total * i // (POINTS + 1)) for i in range(1, POINTS + 1))
        renewed = [run(irqlab, options, folder, f"renewed{i}", ["--renew-gic", at])
                   for i in range(2)]
    for again_code, again_text, summary in renewed:
        if (again_code, again_text, summary["instructions"]) != (code, text, total):
            sys.exit(f"{again_text.decode(errors='replace')}\nFAIL: renewed at {at}: exit code "
                     f"{again_code}, {summary['instructions']} instructions; it was {code}, "
                     f"{total}")
    states = [summary["state_hash"] for _, _, summary in renewed]
    if states[0] != states[1] or (kind == "exact" and states[0] != plain["state_hash"]):
        sys.exit(f"FAIL: states {states} after {POINTS} renewals, {plain['state_hash']} without")
    print(f"{POINTS} GICs, {total} instructions, exit code {code}")


main()
