#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The commands in the stories of images/races do as they tell: the flawed one fails, the sound one does not.
images/races/README.md has a line for each story, and the lesson that it names.

Usage: stories.py IRQLAB TREE IMAGES"""
import os
import re
import shlex
import subprocess
import sys
import tempfile

IRQLAB, TREE, IMAGES = (os.path.realpath(name) for name in sys.argv[1:4])
RACES = os.path.join(TREE, "images/races")
SOUND = {"lock-free", "lock-target", "re-evaluated", "inherit", "fixed"}


def expect(ok, sentence, output=""):
    if not ok:
        sys.exit(f"FAIL: {sentence}\n{output}")
    print(f"ok: {sentence}")


def run(command, schedule):
    words = shlex.split(command)
    variant = re.search(r"-actor \S+:(\S+)", command)
    is_sound = variant.group(1) in SOUND if variant else "-flawed" not in command
    done = subprocess.run([IRQLAB] + words[1:] + ["--output", schedule], cwd=IMAGES, timeout=200,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False, text=True)
    good = done.returncode == 0 if is_sound else 100 <= done.returncode < 120
    expect(good, command, f"exit code {done.returncode}\n{done.stdout}")


def main():
    stories = {name for name in os.listdir(RACES) if os.path.isdir(os.path.join(RACES, name))}
    with open(os.path.join(RACES, "README.md"), encoding="utf-8") as index:
        rows = re.findall(r"^\| \[([\w-]+)\]\((\S+)\) \|.*?\|(?: (\d+)\b)?", index.read(), re.M)
    expect({row[0] for row in rows} == stories, "each story is in the list")
    for name, link, lesson in rows:
        expect(link == f"{name}/README.md", f"{name} is linked")
        if not lesson:
            continue
        expect(any(file.startswith(f"{lesson}-") and file.endswith(".lesson")
                                 and (name in file or name == "ipriorityr")
                                 for file in os.listdir(os.path.join(TREE, "images/lessons"))),
               f"{name} is the lesson {lesson}")
    with tempfile.TemporaryDirectory() as folder:
        for name in sorted(stories):
            with open(os.path.join(RACES, name, "README.md"), encoding="utf-8") as story:
                commands = re.findall(r"^    (irqlab explore .*)$", story.read(), re.M)
            expect(commands, f"{name} tells how it is found")
            for command in commands:
                run(command, os.path.join(folder, "schedule"))


main()
