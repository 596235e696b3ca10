#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""One lesson of images/lessons/lessons.cfg, as its line says.

Usage: run.py LESSONS.CFG IMAGES NAME irqlab IRQLAB    the broken image, why it is, the mended image
       run.py LESSONS.CFG IMAGES NAME qemu QEMU        both images
       run.py LESSONS.CFG IMAGES - listed FOLDER       the lines and the sources are the same
"""
import glob
import os
import re
import shlex
import subprocess
import sys
import tempfile

FIELDS = ("name", "smp", "cpu", "machine", "irqlab", "says", "ask", "gate", "why", "qemu")


def lessons(path):
    """name: the fields of its line."""
    found = {}
    with open(path, encoding="utf-8") as config:
        for line in config:
            if line[0] in "#\n":
                continue
            values = [value.strip() for value in line.split(" | ")]
            if len(values) != len(FIELDS):
                sys.exit(f"{path}: {len(values)} fields, {len(FIELDS)} are needed: {line}")
            found[values[0]] = dict(zip(FIELDS, values))
    return found


def expect(ok, sentence, output):
    if not ok:
        sys.exit(f"FAIL: {sentence}\n--- what was said:\n{output}")
    print(f"ok: {sentence}")


def run(command):
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=100, check=False)
    return done.returncode, done.stdout.decode(errors="replace").replace("\r", "")


def options(lesson):
    machine = "virt,gic-version=3"
    if lesson["machine"] != "-":
        machine += "," + lesson["machine"]
    return ["-machine", machine, "-cpu", lesson["cpu"], "-smp", lesson["smp"], "-nographic",
            "-semihosting"]


def expect_broken(lesson, code, output):
    expect(code == 1, "the broken image ends with 1", f"{output}\nexit code {code}")
    expect(re.search(lesson["says"], output), f"it says: {lesson['says']}", output)


def expect_mended(code, output):
    expect(code == 0, "the mended image ends with 0", f"{output}\nexit code {code}")


def expect_why(lesson, code, output):
    gate = lesson["gate"]
    expect(code in (0, 1), f"irqlab {lesson['ask']} answers", f"{output}\nexit code {code}")
    if gate != "-":
        expect(re.search(f"^{gate} +FAIL", output, re.M), f"the gate {gate} is closed", output)
        expect(re.search(f"^verdict: .* at {gate}$", output, re.M), "it is the first", output)
    expect(re.search(lesson["why"], output, re.M), f"it says: {lesson['why']}", output)


def irqlab(lesson, images, program):
    """The broken image is recorded, and asked why."""
    common = [program, "run"] + options(lesson)
    if lesson["irqlab"] != "-":
        common += shlex.split(lesson["irqlab"])
    with tempfile.TemporaryDirectory() as folder:
        recording = os.path.join(folder, "recording")
        expect_broken(lesson, *run(common + ["--record", recording, "-kernel",
                                             f"{images}/{lesson['name']}-broken.elf"]))
        expect_why(lesson, *run([program] + lesson["ask"].split() + ["--recording", recording]))
    expect_mended(*run(common + ["-kernel", f"{images}/{lesson['name']}-mended.elf"]))


def qemu(lesson, images, program):
    # By instructions, not by the host's clock: a busy host makes nobody late.
    common = [program] + options(lesson) + ["-icount", "shift=7,sleep=off"]
    code, output = run(common + ["-kernel", f"{images}/{lesson['name']}-broken.elf"])
    if lesson["qemu"].startswith("works:"):
        expect(code == 0, "the broken image works on qemu: " + lesson["qemu"][6:], output)
    else:
        expect_broken(lesson, code, output)
    expect_mended(*run(common + ["-kernel", f"{images}/{lesson['name']}-mended.elf"]))


def on_the_path(folder):
    """source: the fields of its .lesson, as they are called in LESSONS.CFG."""
    lessons = {}
    for path in glob.glob(f"{folder}/*.lesson"):
        with open(path, encoding="utf-8") as text:
            pairs = [line.split(None, 1) for line in text if line[0] not in "# \n"]
        keys = {pair[0]: pair[-1].strip() for pair in pairs}
        if keys["source"].startswith("lessons/"):
            lessons[keys["source"][8:-2]] = {
                field: keys.get(field, "-")
                for field in ("smp", "cpu", "machine", "irqlab", "ask", "gate")}
    return lessons


def listed(found, folder):
    sources = {os.path.basename(path)[:-2] for path in glob.glob(f"{folder}/*.c")}
    path = on_the_path(folder)
    for name, fields in found.items():
        same = {field: fields[field] for field in path.get(name, {"none": 0}) if field in fields}
        expect(path.get(name) == same, f"{name} is on the path, and is run there as here",
               f"{path.get(name)}\n{same}")
    expect(sources == set(found), "every lesson has a source and a line",
           f"one of them only: {sorted(sources ^ set(found))}")


def main():
    config, images, name, what, where = sys.argv[1:6]
    found = lessons(config)
    if what == "listed":
        listed(found, where)
    elif name not in found:
        sys.exit(f"{config}: no lesson {name}")
    else:
        {"irqlab": irqlab, "qemu": qemu}[what](found[name], images, where)


if __name__ == "__main__":
    main()
