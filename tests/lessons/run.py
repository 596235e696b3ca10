#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One source of images/lessons, as its .lesson and its line of lessons.cfg say.

Usage: run.py TREE IMAGES NAME irqlab IRQLAB    the broken image, why it is, the mended image
       run.py TREE IMAGES NAME qemu QEMU        both images
       run.py TREE IMAGES - listed -            each source is in a lesson, and has its line
"""
import glob
import os
import re
import shlex
import subprocess
import sys
import tempfile

FIELDS = ("name", "why", "qemu", "strict")
HERE = os.path.dirname(os.path.abspath(__file__))
CONFIG = os.path.join(HERE, "lessons.cfg")


def lines():
    """name: the fields of its line."""
    found = {}
    with open(CONFIG, encoding="utf-8") as config:
        for line in config:
            if line[0] in "#\n":
                continue
            values = [value.strip() for value in line.split(" | ")]
            if len(values) != len(FIELDS):
                sys.exit(f"{CONFIG}: {len(values)} fields, {len(FIELDS)} are needed: {line}")
            found[values[0]] = dict(zip(FIELDS, values))
    return found


def on_the_path(tree):
    """name of the source: what its .lesson says."""
    sys.path.insert(0, os.path.join(tree, "images/lessons"))
    from lesson_text import read_lessons  # pylint: disable=import-outside-toplevel
    return {lesson["source"][8:-2]: lesson for lesson in read_lessons()
            if lesson["source"].startswith("lessons/")}


def expect(ok, sentence, output):
    if not ok:
        sys.exit(f"FAIL: {sentence}\n--- what was said:\n{output}")
    print(f"ok: {sentence}")


def run(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=100, check=False)
    return done.returncode, done.stdout.decode(errors="replace").replace("\r", "")


def options(lesson):
    machine = lesson.get("machine", "")
    if "gic-version" not in machine:
        machine = "gic-version=3" + ("," + machine if machine else "")
    return ["-machine", "virt," + machine, "-cpu", lesson.get("cpu", "cortex-a72"), "-smp",
            lesson.get("smp", "1"), "-nographic", "-semihosting"]


def expect_broken(lesson, code, output):
    expect(code == 1, "the broken image ends with 1", f"{output}\nexit code {code}")
    for sentence in lesson["expect"]:
        expect(sentence in output, f"it says: {sentence}", output)


def expect_mended(lesson, code, output):
    expect(code == 0, "the mended image ends with 0", f"{output}\nexit code {code}")
    for sentence in lesson["check"]:
        expect(sentence in output, f"it says: {sentence}", output)


def expect_why(lesson, why, code, output):
    gate = lesson.get("gate")
    expect(code in (0, 1), f"irqlab {lesson['ask']} answers", f"{output}\nexit code {code}")
    if gate:
        expect(re.search(f"^{gate} +FAIL", output, re.M), f"the gate {gate} is closed", output)
        expect(re.search(f"^verdict: .* at {gate}$", output, re.M), "it is the first", output)
    expect(re.search(why, output, re.M), f"it says: {why}", output)


def expect_strict(kinds, output):
    said = ",".join(sorted(set(re.findall(r"^irqlab: strict: ([a-z0-9-]+): ", output, re.M))))
    expect((said or "-") == kinds, f"--strict says: {kinds}", output)


def irqlab(lesson, line, images, program):
    """The broken image is recorded, and asked why."""
    common = [program, "run"] + options(lesson) + shlex.split(lesson.get("irqlab", "")) + ["--strict"]
    with tempfile.TemporaryDirectory() as folder:
        recording = os.path.join(folder, "recording")
        code, output = run(common + ["--record", recording, "-kernel", f"{images}-broken.elf"])
        expect_broken(lesson, code, output)
        expect_strict(line["strict"], output)
        expect_why(lesson, line["why"],
                   *run([program] + lesson["ask"].split() + ["--recording", recording]))
    code, output = run(common + ["-kernel", f"{images}-mended.elf"])
    expect_mended(lesson, code, output)
    expect_strict("-", output)


def qemu(lesson, line, images, program):
    # By instructions, not by the host's clock: a busy host makes nobody late.
    common = [program] + options(lesson) + ["-icount", "shift=7,sleep=off"]
    code, output = run(common + ["-kernel", f"{images}-broken.elf"])
    if line["qemu"].startswith("works:"):
        expect(code == 0, "the broken image works on qemu: " + line["qemu"][6:], output)
    else:
        expect_broken(lesson, code, output)
    expect_mended(lesson, *run(common + ["-kernel", f"{images}-mended.elf"]))


def listed(found, path, tree):
    sources = {os.path.basename(name)[:-2] for name in glob.glob(f"{tree}/images/lessons/*.c")}
    expect(sources == set(path), "every source is that of a lesson", sorted(sources ^ set(path)))
    expect(sources == set(found), f"every source has a line in {CONFIG}",
           f"one of them only: {sorted(sources ^ set(found))}")


def main():
    tree, images, name, what, program = sys.argv[1:6]
    found, path = lines(), on_the_path(tree)
    if what == "listed":
        listed(found, path, tree)
    elif name not in found or name not in path:
        sys.exit(f"no lesson has the source {name}, or {CONFIG} has no line for it")
    else:
        {"irqlab": irqlab, "qemu": qemu}[what](path[name], found[name], f"{images}/{name}", program)


if __name__ == "__main__":
    main()
