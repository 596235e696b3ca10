# SPDX-License-Identifier: GPL-2.0-or-later
"""One loop under several emulators in turn: what tests/bench/gic and tests/bench/el2 share."""
import resource
import statistics
import subprocess
import sys

BASE = 20  # iterations of the short runs, which are start-up alone


def cpu_seconds():
    """Of all ended children. Both emulators are busy all the time, so that CPU time is wall time on a
    quiet machine; on a busy one it is what can be compared."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def output(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=600, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout.decode()[-2000:]}")
    return done.stdout.decode()


class Runner:
    """One emulator with one image: seconds for n iterations."""

    def __init__(self, command, image, smp, arguments=""):
        self.command = [*command, "-smp", str(smp), "-kernel", image]
        self.arguments = arguments
        self.n = 4 * BASE

    def seconds(self, n):
        command = [*self.command, "-append", f"n={n} {self.arguments}"]
        start = cpu_seconds()
        text = output(command)
        taken = cpu_seconds() - start
        if f"iterations {n}" not in text:
            sys.exit(f"{' '.join(command)} did not finish its loop:\n{text[-2000:]}")
        return taken

    def calibrate(self, target):
        """The number of iterations that takes about `target` seconds more than a start; with many
        vCPUs longer, since the time that a start takes then varies by seconds."""
        short = self.seconds(BASE)
        target = max(target, short)
        while True:
            extra = self.seconds(self.n) - short
            if extra > target / 2:
                break
            self.n *= 4
        self.n = max(BASE * 2, int(self.n * target / extra)) & ~1

    def ns(self):
        return (self.seconds(self.n) - self.seconds(BASE)) / (self.n - BASE) * 1e9


def medians(runners, args):
    """ns of CPU time an iteration of each runner, medians of args.pairs rounds."""
    for runner in runners.values():
        if args.count:
            runner.n = max(args.count, 2 * BASE)
        else:
            runner.calibrate(args.seconds)
    samples = {name: [] for name in runners}
    for _ in range(args.pairs):
        for name, runner in runners.items():
            samples[name].append(runner.ns())
    return {name: statistics.median(values) for name, values in samples.items()}


HEADING = (f"{'irqlab ns':>12} {'qemu ns':>12} {'times':>9} {'icount ns':>12} {'times':>9}")


def columns(row):
    """Of a row with ns by emulator; `times`: how many times as fast irqlab is."""
    def ns(name):
        return f"{row[name]:12.1f}" if name in row else " " * 12

    def times(name):
        return f"{row[name] / row['irqlab']:9.1f}" if row.get(name) and row["irqlab"] > 0 else " " * 9
    return f"{ns('irqlab')} {ns('qemu')} {times('qemu')} {ns('icount')} {times('icount')}"


def add_arguments(parser, smp):
    parser.add_argument("--irqlab", default="build/test/release/irqlab")
    parser.add_argument("--images", default="build/test/release/images/bench")
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--smp", type=int, nargs="+", default=smp)
    parser.add_argument("--seconds", type=float, default=0.5, help="that a loop shall take")
    parser.add_argument("--count", type=int, help="iterations, instead of --seconds: to try a bench out")
    parser.add_argument("--only", default="", help="images whose names contain this")
    parser.add_argument("--ours", action="store_true", help="without qemu")
    parser.add_argument("--json", metavar="FILE")
