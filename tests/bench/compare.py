#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Two builds of irqlab on the same loads: compare.py OLD NEW --images FOLDER [--linux IMAGE].

Counts host instructions of a run by valgrind's callgrind, less those of a run that ends at its first
instruction; these do not depend on who else uses the machine. With --rounds N also CPU time, the least
of N runs of each build in turn. Exits with 1 if NEW is slower by more than --limit percent in a count
of instructions."""
import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile

# Image, arguments: short runs of what tests/bench/rates, gic and el2 run long.
LOADS = [(f"{name}-1x.elf", []) for name in (
    "sgi-self", "timer-irq", "sysreg-pmr", "sysreg-cntvct", "mmio-gicd", "mmio-pl011", "svc", "memory")]
LOADS += [(f"{name}.img", ["-append", "n=20000"]) for name in ("gic-sgi", "gic-spi", "gic-lpi",
                                                               "gic-pmr")]
LOADS += [(f"{name}.img", ["-append", "n=10000", "-machine", "virt,virtualization=on", "-cpu", "max"])
          for name in ("el2-switch", "el2-hvc", "el2-vtimer", "el2-vsgi", "el2-maint")]


def run(command):
    return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=3600, check=False).stdout.decode()


def count(command):
    with tempfile.TemporaryDirectory() as folder:
        text = run(["valgrind", "--tool=callgrind", "--smc-check=all-non-file",
                    f"--callgrind-out-file={folder}/out", *command])
    found = re.search(r"refs:\s+([\d,]+)", text)
    if not found:
        sys.exit(f"{' '.join(command)} could not be counted:\n{text[-2000:]}")
    return int(found[1].replace(",", ""))


def seconds(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run(command)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def loads(args):
    for image, arguments in LOADS:
        yield image, ["-semihosting", "-kernel", f"{args.images}/bench-{image}", *arguments]
    if args.linux:
        yield "linux", ["-kernel", args.linux, "-append", "console=ttyAMA0", "-smp", "2",
                        "--max-insns", "100000000"]


def times(builds, arguments, rounds):
    """The least of all runs less the least of all starts, of each build."""
    run_s, start_s = [float("inf")] * 2, [float("inf")] * 2
    for _ in range(rounds):
        for i, build in enumerate(builds):
            command = [build, "run", "-nographic", *arguments]
            run_s[i] = min(run_s[i], seconds(command))
            start_s[i] = min(start_s[i], seconds([*command, "--max-insns", "1"]))
    least = [run_s[i] - start_s[i] for i in range(2)]
    return (f"{least[0]:9.3f} s {least[1]:9.3f} s {100 * (least[1] / least[0] - 1):+7.2f} %  "
            f"start {1000 * start_s[0]:.1f} ms {1000 * start_s[1]:.1f} ms")


def compare(builds, arguments):
    counts = []
    for build in builds:
        command = [build, "run", "-nographic", *arguments]
        counts.append(count(command) - count([*command, "--max-insns", "1"]))
    return counts, 100 * (counts[1] / counts[0] - 1)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("builds", nargs=2, metavar="IRQLAB")
    parser.add_argument("--images", required=True, help="a build folder's images/bench")
    parser.add_argument("--linux", help="an Image; boots, for 100 million instructions")
    parser.add_argument("--only", default="", help="loads whose names contain this")
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--no-counts", action="store_true", help="CPU time alone")
    parser.add_argument("--limit", type=float, default=2, help="percent")
    args = parser.parse_args()
    builds = [os.path.abspath(b) for b in args.builds]
    worst = 0
    for name, arguments in loads(args):
        if args.only not in name:
            continue
        line = f"{name:20}"
        if not args.no_counts:
            counts, percent = compare(builds, arguments)
            line += f" {counts[0]:15,} {counts[1]:15,} {percent:+7.2f} %"
            worst = max(worst, percent)
        if args.rounds:
            line += " " + times(builds, arguments, args.rounds)
        print(line, flush=True)
    sys.exit(worst > args.limit)


if __name__ == "__main__":
    main()
