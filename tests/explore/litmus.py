#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Weak memory: `irqlab explore --weak` shows all outcomes of each litmus test that Arm's model allows,
and no others; and without --weak, those of sequential consistency alone.

usage: litmus.py IRQLAB LITMUS.ELF EXPECTED
"""
import concurrent.futures
import os
import subprocess
import sys

sys.dont_write_bytecode = True
import axiomatic  # noqa: E402

GUEST = ["-cpu", "max", "-smp", "4", "-semihosting"]
# Strategies that try everything within a bound agree with dpor, which needs none.
ALSO_EXHAUST = {"MP+po+po": 5, "MP+dmb+addr": 5, "MP+dmb+ctrl": 5, "SB+po+po": 5, "SB+dmb+dmb": 5,
                "LB+po+po": 5, "LB+data+data": 5, "2+2W+dmbst+po": 5, "CoRR": 5, "MP+SGI+dmb": 5,
                "MP+SGI+dsbst": 5}
STRONG = ["MP+po+po", "SB+po+po", "LB+po+po", "2+2W+po+po", "MP+SGI+po"]


def read_expected(path):
    expected = {}
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            if not line.startswith("#"):
                name, outcomes = line.rstrip("\n").split(": ", 1)
                expected[name] = outcomes.split(" | ")
    return expected


def names_of(irqlab, image):
    out = subprocess.run([irqlab, "run", "-kernel", image, "-semihosting"], capture_output=True, text=True,
                         check=True).stdout
    return out.split()


def explore(irqlab, image, number, options):
    """The outcomes that an exhaustive strategy shows."""
    done = subprocess.run([irqlab, "explore", "--runs", "10000000", *options, "-kernel", image, *GUEST,
                           "-append", f"test={number}"], capture_output=True, text=True)
    if done.returncode or "exhausted" not in done.stdout:
        sys.exit(f"test {number}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return sorted(line.split(": ", 1)[1] for line in done.stdout.splitlines() if line.startswith("outcome "))


def difference(name, how, shown, expected):
    extra, missing = set(shown) - set(expected), set(expected) - set(shown)
    if not extra and not missing:
        return 0
    print(f"{name} ({how}): shown, but forbidden: {sorted(extra)}; allowed, but not shown: {sorted(missing)}")
    return 1


def main():
    irqlab, image, path = sys.argv[1:4]
    expected, names = read_expected(path), names_of(irqlab, image)
    if list(expected) != names:
        sys.exit(f"{path} and {image} list other tests: write the file anew (its head says how)")
    wrong = sum(difference(n, "axiomatic.py", axiomatic.outcomes(n), expected[n]) for n in names)
    tasks = [(i, n, ["--weak", "--strategy", "dpor"], expected[n]) for i, n in enumerate(names)]
    tasks += [(names.index(n), n, ["--weak", "--strategy", "exhaust", "--depth", str(depth)], expected[n])
              for n, depth in ALSO_EXHAUST.items()]
    tasks += [(names.index(n), n, ["--strategy", "dpor"], axiomatic.outcomes(n, strong=True)) for n in STRONG]
    with concurrent.futures.ThreadPoolExecutor(min(2, os.cpu_count() or 1)) as pool:
        shown = pool.map(lambda t: explore(irqlab, image, t[0], t[2]), tasks)
        wrong += sum(difference(t[1], " ".join(t[2]), s, t[3]) for t, s in zip(tasks, shown))
    print(f"{len(names)} tests, {sum(map(len, expected.values()))} outcomes; {wrong} wrong")
    sys.exit(wrong != 0)


main()
