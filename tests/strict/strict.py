#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What --strict says of guests.

Usage: strict.py IRQLAB cases (ELF SOURCE)...     a case for each kind, and the same done well
       strict.py IRQLAB options CASES.ELF         what the option takes, and what it changes
       strict.py IRQLAB races TREE IMAGES         the races of the path of lessons, sound
"""
import json
import os
import re
import subprocess
import sys
import tempfile

CHOICE = 0x4F000000  # cases.c has the same


def expect(ok, sentence, output=""):
    if not ok:
        sys.exit(f"FAIL: {sentence}\n{output}")


def run(irqlab, options):
    done = subprocess.run([irqlab, "run", "-nographic", "-semihosting"] + options,
                          stdin=subprocess.DEVNULL, capture_output=True, timeout=100, check=False,
                          text=True)
    return done.returncode, done.stderr


def kinds_of(text):
    return re.findall(r"^irqlab: strict: ([a-z0-9-]+): ", text, re.M)


def all_kinds(irqlab):
    """The names that an error tells of."""
    _, text = run(irqlab, ["--strict=nonsense", "-kernel", "none"])
    return re.search(r"write error, or of: (.*)", text).group(1).split()


def options_for(elf, name):
    if name == "legacy-gicc":
        return ["-gic", "legacy=on"]
    return ["-machine", "virt,virtualization=on"] if "_el2" in elf else []


def case(elf, number, sound, *more):
    return [*more, "-smp", "2", "-kernel", elf, "-device",
            f"loader,addr={CHOICE:#x},data={number * 2 + sound},data-len=4"]


def cases(irqlab, *images):
    named = []
    for elf, source in zip(images[::2], images[1::2]):
        with open(source, encoding="utf-8") as text:
            found = re.findall(r'\{"([a-z0-9-]+)", \w+\}', text.read())
        named += [(elf, number, name) for number, name in enumerate(found)]
    kinds, names = all_kinds(irqlab), {name for _, _, name in named}
    expect(kinds and set(kinds) <= names, "every kind has a case", f"{kinds}\n{names}")
    for elf, number, name in named:
        more = options_for(elf, name)
        kind = name if name in kinds else name.rsplit("-", 1)[0]
        _, text = run(irqlab, ["--strict"] + case(elf, number, False, *more))
        expect(kinds_of(text) == [kind], f"{name} is warned of as {kind}, once", text)
        code, text = run(irqlab, ["--strict"] + case(elf, number, True, *more))
        expect(code == 0 and not kinds_of(text), f"{name} done well is not warned of", text)
        print(f"ok: {name}")


def summary(irqlab, options):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "summary")
        code, text = run(irqlab, options + [f"--json={path}"])
        with open(path, encoding="utf-8") as file:
            return code, text, json.load(file)


def options(irqlab, elf):
    guest = case(elf, 0, False)  # res0
    code, text, told = summary(irqlab, ["--strict"] + guest)
    _, _, silent = summary(irqlab, guest)
    expect(code == 0 and "strict" not in silent, "without the option nothing is said", text)
    expect(told["state_hash"] == silent["state_hash"] and
           told["instructions"] == silent["instructions"], "the run is the same with it")
    warning = told["strict"][0]
    expect(warning["kind"] == "res0" and warning["register"] == "ICC_BPR1_EL1" and
           warning["value"] == "0x103" and warning["bits"] == "0x100" and warning["vcpu"] == 0 and
           warning["write"] is True and warning["file"].endswith("tests/strict/cases.c") and
           warning["line"] > 0 and warning["pc"].startswith("0x4008"), "the JSON form has it all",
           warning)
    expect(warning["pc"] in text and "cases.c:" in text, "pc and line are in the text too", text)
    code, text = run(irqlab, ["--strict=error"] + guest)
    expect(code == 111 and len(kinds_of(text)) == 1, "error ends the run with 111", text)
    code, text = run(irqlab, ["--strict=eoi,dsb,error"] + guest)
    expect(code == 0 and not kinds_of(text), "other kinds can be left out", text)
    code, text = run(irqlab, ["--strict", "--races"] + guest)
    expect(code == 120 and "--races" in text, "not together with --races", text)
    with tempfile.TemporaryDirectory() as folder:
        recording = os.path.join(folder, "recording")
        run(irqlab, ["--record", recording] + guest)
        again = subprocess.run([irqlab, "replay", recording, "--strict=res0"], capture_output=True,
                               stdin=subprocess.DEVNULL, timeout=100, check=False, text=True)
        expect(again.returncode == 0 and kinds_of(again.stderr) == ["res0"],
               "a recording can be judged afterwards", again.stderr)


def races(irqlab, tree, images):
    """The lessons that are explored; tests/lessons/run.py judges the others."""
    sys.path.insert(0, os.path.join(tree, "images/lessons"))
    from lesson_text import read_lessons  # pylint: disable=import-outside-toplevel
    explored = [lesson for lesson in read_lessons() if "explore" in lesson]
    expect(explored, "there are some")
    for lesson in explored:
        name = os.path.basename(lesson["source"])[:-2]
        given = ["--strict", "-smp", lesson.get("smp", "1"), "-cpu", lesson.get("cpu", "cortex-a72"),
                 "-machine", "virt," + lesson.get("machine", "gic-version=3")]
        code, text = run(irqlab, given + ["-kernel", f"{images}/{name}-sound.elf"])
        expect(code == 0 and not kinds_of(text), f"{name}, sound, is not warned of", text)
        print(f"ok: {name}")


def main():
    irqlab, what, *rest = sys.argv[1:]
    {"cases": cases, "options": options, "races": races}[what](irqlab, *rest)


if __name__ == "__main__":
    main()
