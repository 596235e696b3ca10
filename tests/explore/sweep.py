#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A sweep gives the same whoever makes its runs: one process or several, one machine or shards, at
once or after having been killed again and again.

usage: sweep.py IRQLAB IMAGES jobs|shards|kill|refuse|parallel|progress
"""
import json
import os
import pty
import random
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time

FLAWED, SOUND, NO_END = 102, 0, 110
DPOR = ["--runs", "400"]
LONG = ["--runs", "8000", "--keep-going"]

SWEEPS = {
    "random": ["--runs", "300"],
    "pct": ["--runs", "700", "--depth", "2"],
    "pos": ["--runs", "100", "--batch", "16"],
    "surw": ["--runs", "100", "--batch", "16"],
    "delay": ["--runs", "300"],
    "round-robin": [],
    "exhaust": ["--depth", "2", "--runs", "100000"],
}


def fail(text):
    sys.exit(f"FAIL: {text}")


class Bench:
    """Where a test is done: the program, the scenario, and a folder for what is written."""

    def __init__(self, irqlab, images, folder):
        self.irqlab, self.folder = irqlab, folder
        self.guests = {twin: ["-smp", "2", "-semihosting", "-kernel", f"{images}/counter-{twin}.elf"]
                       for twin in ("flawed", "sound")}

    def path(self, name):
        return os.path.join(self.folder, name)

    def command(self, strategy, results, *more, twin="flawed"):
        return [self.irqlab, "explore", "--strategy", strategy, *SWEEPS.get(strategy, DPOR), "--json",
                results, "--output", results + ".schedule", *more, *self.guests[twin]]

    def run(self, command, expected):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != expected:
            fail(f"exit code {done.returncode}, not {expected}\n{' '.join(command)}\n{done.stdout}"
                 f"{done.stderr}")
        return done

    def sweep(self, strategy, name, *more, twin="flawed", expected=FLAWED):
        self.run(self.command(strategy, self.path(name), *more, twin=twin), expected)
        return self.lines(name)

    def lines(self, name):
        with open(self.path(name), encoding="utf-8") as file:
            return sorted(file)

    def schedule(self, name):
        with open(self.path(name) + ".schedule", encoding="utf-8") as file:
            return file.read()


def jobs(bench):
    for strategy in SWEEPS:
        for how, more in ("first", []), ("all", ["--keep-going"]):
            one, two, three = (
                bench.sweep(strategy, f"{strategy}.{how}.{n}", "--jobs", n, *more)
                for n in ("1", "2", "3"))
            if not one == two == three:
                fail(f"{strategy}: --jobs 2 or 3 gives other results than --jobs 1 ({how})")
            if len({bench.schedule(f"{strategy}.{how}.{n}") for n in "123"}) != 1:
                fail(f"{strategy}: --jobs changes the schedule of the first failure")
        print(f"{strategy}: {len(one)} lines, the same by 1, 2 and 3 processes")
    one, two = (bench.sweep("exhaust", f"sound.{n}", "--jobs", n, twin="sound", expected=SOUND)
                for n in "12")
    if one != two or not json.loads(one[-2])["kind"] or '"exhausted":true' not in "".join(one):
        fail("the sound twin is not exhausted, or not the same by two processes")


def merged(bench, names):
    """What is the same whatever the number of shards is: each shard shrinks its first failure."""
    out = bench.run([bench.irqlab, "merge", "--json", *map(bench.path, names)], FLAWED).stdout
    lines = [json.loads(line) for line in out.splitlines()]
    for line in lines:
        line.pop("deciders", None)
        line.pop("schedules", None)
    return lines


def shards(bench):
    for strategy in SWEEPS:
        bench.sweep(strategy, f"{strategy}.whole", "--keep-going")
        names = [f"{strategy}.{i}" for i in (1, 2, 3, 4)]
        for i, name in enumerate(names):
            # A share can be without a failure.
            command = bench.command(strategy, bench.path(name), "--keep-going", "--shard", f"{i + 1}/4")
            code = subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode
            if code not in (SOUND, FLAWED):
                fail(f"shard {i + 1}/4 of {strategy}: exit code {code}")
        if merged(bench, names) != merged(bench, [f"{strategy}.whole"]):
            fail(f"{strategy}: four shards give other results than the whole")
        if merged(bench, names + names[:2]) != merged(bench, names):
            fail(f"{strategy}: a shard that is given twice counts twice")
        text = bench.run([bench.irqlab, "merge", "--output", bench.path("first"),
                          *map(bench.path, names)], FLAWED).stdout
        bench.run([bench.irqlab, "explore", "--replay", bench.path("first"), "--times", "10"], FLAWED)
        print(text.splitlines()[0])
        command = [bench.irqlab, "merge", *map(bench.path, names[1:])]
        text = bench.run(command, FLAWED if strategy != "round-robin" else NO_END).stdout
        if "missing: shard 1/4" not in text:
            fail(f"{strategy}: that shard 1/4 is missing is not said\n{text}")
    bounds(bench)


def bounds(bench):
    """What shards without a failure say together: the bound of them all, not of one of them."""
    whole = bench.run([*bench.command("pct", bench.path("sound"), twin="sound")], SOUND).stdout.splitlines()[-1]
    for i in (1, 2, 3):
        bench.sweep("pct", f"sound.{i}", "--shard", f"{i}/3", twin="sound", expected=SOUND)
        bench.sweep("exhaust", f"all.{i}", "--shard", f"{i}/3", twin="sound", expected=SOUND)

    def merge(name, shares, expected):
        return bench.run([bench.irqlab, "merge", *(bench.path(f"{name}.{i}") for i in shares)], expected).stdout

    if "would have been missed with probability" not in whole or whole not in merge("sound", (1, 2, 3), SOUND):
        fail(f"three shards do not add up to: {whole}")
    if whole in merge("sound", (1, 3), NO_END):
        fail("two shards of three say what three would")
    if "exhausted: no schedule with at most 2 preemptions" not in merge("all", (1, 2, 3), SOUND):
        fail("three shards that are exhausted are not exhausted together")
    if "exhausted" in merge("all", (2, 3), NO_END):
        fail("two shards of three cannot have tried all")
    print(f"three shards add up: {whole}")


def torn(bench, strategy, cuts):
    """As a machine that loses power leaves it: cut anywhere."""
    reference = bench.sweep(strategy, f"cut.{strategy}", "--keep-going")
    data = open(bench.path(f"cut.{strategy}"), "rb").read()
    chance = random.Random(1)
    for cut in sorted({0, 1, len(data) - 1} | {chance.randrange(len(data)) for _ in range(cuts)}):
        with open(bench.path("torn"), "wb") as file:
            file.write(data[:cut])
        if bench.sweep(strategy, "torn", "--keep-going", "--resume") != reference:
            fail(f"{strategy}: a file cut after {cut} of {len(data)} bytes is not completed")
    print(f"{strategy}: a file that was cut anywhere is completed")


def kill_once(bench, name, after, more):
    """True: it came to its end first. What it has finished must be there the next time."""
    process = subprocess.Popen(bench.command("pct", bench.path(name), *LONG, *more),
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(after)
    ended = process.poll() is not None
    process.send_signal(signal.SIGKILL)
    process.wait()
    return ended


def whole_lines(bench, name):
    try:
        with open(bench.path(name), encoding="utf-8") as file:
            return {line for line in file if line.endswith("\n") and '"kind":"batch"' in line}
    except FileNotFoundError:
        return set()


def kill(bench):
    began = time.monotonic()
    reference = bench.sweep("pct", "whole", *LONG)
    longest = (time.monotonic() - began) / 8  # on any machine some kills a sweep
    for strategy, cuts in ("pct", 20), ("exhaust", 5), ("dpor", 5):
        torn(bench, strategy, cuts)
    chance, kills = random.Random(2), 0
    for attempt in range(40):
        if attempt >= 4 and kills >= 10:
            break
        name, finished = f"killed.{attempt}", set()
        while not kill_once(bench, name, chance.uniform(0.0, longest), ["--jobs", "2", "--resume"]):
            now = whole_lines(bench, name)
            kills += 1
            if not finished <= now:
                fail("a batch that was finished is lost")
            longest *= 1 if finished < now else 1.2  # a slow machine gets more time
            finished = now
        if bench.sweep("pct", name, *LONG, "--resume") != reference:
            fail("what was killed and resumed differs from what was not")
        if bench.schedule(name) != bench.schedule("whole"):
            fail("its schedule differs")
    if kills < 10:
        fail(f"killed {kills} times only: the sweep is too short to be killed")
    print(f"killed {kills} times, and the same results")
    kill_child(bench, reference)


def children(pid):
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
        return [int(child) for child in file.read().split()]


def kill_child(bench, reference):
    """One of --jobs is killed, as by a host without memory: that is said, and nothing is lost."""
    command = bench.command("pct", bench.path("child"), "--keep-going", "--jobs", "2")
    command[command.index("--runs") + 1] = "1000000"
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        while not (found := children(process.pid)) or not whole_lines(bench, "child"):
            time.sleep(0.01)
        os.kill(found[0], signal.SIGKILL)
        said = process.stderr.read()
    if process.returncode != 121 or "ended with 137" not in said:
        fail(f"a killed process of --jobs: exit code {process.returncode}, {said}")
    lines = whole_lines(bench, "child")
    if not lines:
        fail("what the others had finished is lost")
    print(f"a process of --jobs was killed: {said.strip()}")
    if not lines & {line for line in reference if '"kind":"batch"' in line}:
        fail("what it had finished is not what others finish")


def progress(bench):
    """On a terminal, from the third second on: how fast, and the bound so far."""
    ours, its = pty.openpty()
    command = [bench.irqlab, "explore", "--strategy", "pct", "--depth", "2", "--runs", "100000000",
               *bench.guests["sound"]]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=its)
    os.close(its)
    said, until = "", time.monotonic() + 60
    while "P(miss depth <= 2) <= " not in said and time.monotonic() < until:
        if select.select([ours], [], [], 1)[0]:
            said += os.read(ours, 4096).decode()
    process.kill()
    process.wait()
    if not re.search(r"\d+ runs, 0 failed, \d+ a second; P\(miss depth <= 2\) <= \d", said):
        fail(f"no progress is shown: {said}")
    print(f"progress is shown: {said.split(chr(13))[1][3:]}")


def refuse(bench):
    """Input that is wrong, and what is said."""
    bench.sweep("random", "good", "--keep-going")
    bench.sweep("random", "seed", "--keep-going", "--seed", "2")
    good = open(bench.path("good"), encoding="utf-8").read().splitlines(keepends=True)
    files = {
        "empty": "", "alien": '{"answer":42}\n', "text": "hello\n",
        "norecipe": good[1] + good[0], "twice": "".join(good[:3]) + "".join(good[1:3]),
        "version": good[0].replace('"format":1', '"format":9'),
        "damaged": good[0] + good[1].replace('"batch":0', '"batch":"x"') + good[2],
        "loose": good[0] + good[2].replace('"failed":0', '"failed":1') + good[1],
        "behind": "".join(good) + good[1], "outside": good[0].replace('"batches":5', '"batches":0') + "".join(good[1:]),
    }
    for name, text in files.items():
        with open(bench.path(name), "w", encoding="utf-8") as file:
            file.write(text)

    def merge(*names):
        return [bench.irqlab, "merge", *map(bench.path, names)]

    def explore(*more):
        return [bench.irqlab, "explore", *more, *bench.guests["flawed"]]

    resume = bench.command("random", bench.path("good"), "--keep-going", "--resume")
    cases = [
        (merge("empty"), "its first line is not whole"),
        (merge("alien"), "alien, line 1: not a line of results"),
        (merge("text"), "text, line 1: not a line of JSON"),
        (merge("norecipe"), "line 1: the recipe is the first line"),
        (merge("twice"), "has batch 0 twice"),
        (merge("version"), "results of format 9"),
        (merge("damaged"), "line 2: a wrong or missing member: batch"),
        (merge("loose"), "line 2: a batch whose failures are others than it says"),
        (merge("behind"), "something behind the end"),
        (merge("outside"), "that is not of this shard"),
        (merge("good", "seed"), "are not of one recipe: 'seed' is 1 in the first, 2 in the second"),
        (merge("none"), "cannot read"),
        ([bench.irqlab, "merge"], "which files?"),
        (explore("--shard", "0/4"), "write I/N"),
        (explore("--shard", "5/4"), "write I/N"),
        (explore("--shard", "1-4"), "write I/N"),
        (explore("--shard", "1/4x"), "write I/N"),
        (explore("--jobs", "0"), "--jobs: '0' is not a number from 1"),
        (explore("--strategy", "dpor", "--jobs", "2"), "--strategy exhaust can be divided"),
        (explore("--strategy", "dpor", "--shard", "1/2"), "--strategy exhaust can be divided"),
        (explore("--resume"), "--resume: what?"),
        (explore("--json", bench.path("good")), "it exists; --resume goes on with it"),
        (explore("--json", bench.path("no/where")), "No such file"),
        (resume + ["--seed", "3"], "'seed' is 1 in the first, 3 in the second"),
        (resume + ["--shard", "1/2"], "are not of one recipe"),
        (resume + ["--lost", "0"], "'checks' is"),
        (resume + ["-m", "256"], "'options' is"),
        (explore("--json", bench.path("text"), "--resume"), "not a line of JSON"),
    ]
    for command, said in cases:
        done = bench.run(command, 120)
        if said not in done.stderr:
            fail(f"{' '.join(command)}\n  should say: {said}\n  says: {done.stderr}")
    if open(bench.path("text"), encoding="utf-8").read() != "hello\n":
        fail("--resume has changed a file that is none of ours")
    bench.run(resume, FLAWED)
    print(f"{len(cases)} wrong inputs refused")


def parallel(bench):
    """The shards under GNU parallel, as sites have it."""
    if not shutil.which("parallel"):
        fail("GNU parallel is missing: apt-get install parallel")
    command = bench.command("pct", bench.path("par.{}"), "--keep-going", "--shard", "{}/4", "--resume")
    home = dict(os.environ, PARALLEL_HOME=bench.folder, HOME=bench.folder)
    subprocess.run(["parallel", "--will-cite", "-j", "2", "--halt", "never", *command, ":::", "1", "2", "3", "4"],
                   stdout=subprocess.DEVNULL, env=home, check=False)
    bench.sweep("pct", "whole", "--keep-going")
    if merged(bench, [f"par.{i}" for i in (1, 2, 3, 4)]) != merged(bench, ["whole"]):
        fail("shards under GNU parallel give other results than the whole")
    print("GNU parallel: four shards, the same results as the whole")


def main():
    irqlab, images, test = sys.argv[1:4]
    with tempfile.TemporaryDirectory() as folder:
        {"progress": progress, "jobs": jobs, "shards": shards, "kill": kill, "refuse": refuse,
         "parallel": parallel}[test](Bench(irqlab, images, folder))


main()
