#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A published race of a Linux driver, in a module of Debian's kernel: found from a snapshot of the
booted system, shrunk and replayed; its sound twin is not found to fail. images/linux/txrace.

usage: txrace.py IRQLAB GUESTS SOURCE CROSS_COMPILE WORK [RUNS of the sound twin]
"""
import os
import re
import shutil
import subprocess
import sys

LINUX = ("console=ttyAMA0 loglevel=7 nokaslr initcall_blacklist=pl031_driver_init "
         "irqlab.symbols=txrace irqlab.wait=5")


def run(args, expected, **more):
    done = subprocess.run(args, capture_output=True, text=True, **more)
    if done.returncode != expected:
        sys.exit(f"exit code {done.returncode}, not {expected}: {' '.join(args)}\n"
                 f"{done.stdout}{done.stderr}")
    return done.stdout


class Twin:
    def __init__(self, irqlab, guests, source, cross, work, name):
        self.irqlab, self.guests, self.name = irqlab, guests, name
        self.folder = os.path.join(work, name)
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(source, self.folder)
        flags = ["FLAWED=y"] if name == "flawed" else []
        run(["make", "-C", f"{guests}/headers", f"M={self.folder}", "ARCH=arm64",
             f"CROSS_COMPILE={cross}", "modules"] + flags, 0)

    def path(self, name):
        return os.path.join(self.folder, name)

    def boot(self):
        """To the snapshot, and on: without exploration both twins pass."""
        run(["sh", os.path.join(os.path.dirname(__file__), "mkinitrd.sh"), f"{self.guests}/busybox",
             self.path("initrd.gz"), self.path("txrace.ko")], 0)
        out = run([self.irqlab, "run", "-smp", "2", "-m", "256", "-kernel",
                   f"{self.guests}/linux-6.12", "-initrd", self.path("initrd.gz"), "-append", LINUX,
                   "-semihosting", "--snapshot-on", f"txrace: ready={self.path('snapshot')}"], 0,
                  errors="replace")
        if "txrace: passed" not in out:
            sys.exit(f"the module's test did not pass by itself:\n{out}")
        with open(self.path("symbols"), "w") as file:
            file.writelines(line + "\n" for line in re.findall(r"^[0-9a-f]{16} . \w+", out, re.M))

    def explore(self, strategy, runs, expected):
        return run([self.irqlab, "explore", "--from", self.path("snapshot"), "--symbols",
                    self.path("symbols"), "--strategy", strategy, "--runs", str(runs), "--output",
                    self.path(strategy)], expected)


def main():
    irqlab, guests, source, cross, work = sys.argv[1:6]
    guests, work = os.path.abspath(guests), os.path.abspath(work)
    runs = sys.argv[6] if len(sys.argv) > 6 else "1000"
    flawed, sound = (Twin(irqlab, guests, source, cross, work, name) for name in ("flawed", "sound"))
    flawed.boot()
    for strategy in ("pct", "pos"):
        out = flawed.explore(strategy, 3000, 102)
        print(out, end="")
        shrunk = re.search(r"shrunk from \d+ deviations to (\d+)", out)
        if not shrunk or int(shrunk[1]) > 3:
            sys.exit("not shrunk to 3 deviations or less")
        if not re.search(r"because vCPU 1 \(tx_ready\+\S+: \w+ tx\+", out):
            sys.exit("the handler on vCPU 1 is not what decides")
        print(run([irqlab, "explore", "--replay", flawed.path(strategy), "--times", "1000"], 102),
              end="")
    sound.boot()
    print(sound.explore("pct", runs, 0), end="")


main()
