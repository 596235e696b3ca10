#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""irqlab lesson as a learner uses it: what the terminal says from the list to PASSED, and what it says when
something is wrong. Usage: learner.py IRQLAB TREE"""
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request

IRQLAB, TREE = sys.argv[1:3]


def lesson(*words, code=0, irqlab=IRQLAB, env=None, cwd=None):
    done = subprocess.run([irqlab, "lesson", *words], stdin=subprocess.DEVNULL, timeout=100, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=env, cwd=cwd)
    text = done.stdout.decode(errors="replace")
    if done.returncode != code:
        sys.exit(f"FAIL: irqlab lesson {' '.join(words)}: exit code {done.returncode}, not {code}\n{text}")
    return text


def expect(text, *wanted):
    for sentence in wanted:
        if sentence not in text:
            sys.exit(f"FAIL: not said: {sentence}\n--- what was said:\n{text}")
        print(f"ok: {sentence}")


def edit(path, old, new):
    with open(path, encoding="utf-8") as source:
        text = source.read()
    if old not in text:
        sys.exit(f"FAIL: {path} is without {old}\n{text}")
    with open(path, "w", encoding="utf-8") as source:
        source.write(text.replace(old, new))


def first_lesson(folder):
    """What someone does who knows C and has read no manual."""
    mine = os.path.join(folder, "irqlab-lessons")
    source = os.path.join("irqlab-lessons", "01-one-sgi", "one-sgi.c")
    said = lesson(cwd=folder)
    expect(said, "  1  [ ]  one interrupt, from me to me", "0 of 75 done. Next: irqlab lesson 1")
    if os.path.exists(mine):
        sys.exit("FAIL: a list makes a folder")
    expect(lesson("1", cwd=folder), "GOAL", "STORY", source, "irqlab lesson 1 --check", "irqlab lesson 1 --hint")
    source = os.path.join(folder, source)
    with open(source, encoding="utf-8") as text:
        if "MENDED" in text.read():
            sys.exit("FAIL: the copy has the answer in it")
    expect(lesson("1", "--check", code=1, cwd=folder), "nothing came", "enabled            FAIL", "NOT YET",
           "The first closed gate is 'enabled':\n    GICR_ISENABLER0.Set_enable_bit1 = 0x0 (wanted == 0x1)\n    IHI 0069",
           "What opens it:\n    write 1 to the bit", "one-sgi.c and try again")
    expect(lesson("1", "--hint", cwd=folder), "Hint 1 of 3")
    said = lesson("1", "--hint", cwd=folder)
    expect(said, "Hint 1 of 3", "Hint 2 of 3")
    if "Hint 3" in said:
        sys.exit("FAIL: two hints at a time")
    expect(lesson("1", "--hint", cwd=folder), "Hint 3 of 3", "gic_enable(MESSAGE);", "--solution")
    edit(source, "irq_unmask();", "gic_enable(MESSAGE);\n    irq_unmask();")
    expect(lesson("1", "--check", cwd=folder), "my own message has reached me",
           "PASSED. Next: irqlab lesson 2")
    expect(lesson(cwd=folder), "  1  [x]", "1 of 75 done. Next: irqlab lesson 2")
    lesson("one-sgi", cwd=folder)
    with open(source, encoding="utf-8") as text:
        expect(text.read(), "gic_enable(MESSAGE);")
    lesson("1", "--reset", cwd=folder)
    expect(lesson("1", "--check", code=1, cwd=folder), "NOT YET")


def in_a_browser(folder):
    """--serve says where, and shows the run that it has just made."""
    command = [IRQLAB, "lesson", "1", "--serve", "--dir", os.path.join(folder, "mine")]
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as serve:
        try:
            said = ""
            while "http://127." not in said:
                line = serve.stdout.readline().decode(errors="replace")
                if not line:
                    sys.exit(f"FAIL: irqlab lesson 1 --serve ends\n{said}")
                said += line
            address = said[said.index("http://127."):].split()[0]
            with urllib.request.urlopen(address, timeout=60) as page:
                expect(page.read().decode(), "<title>")
            expect(said, "nothing came", "irqlab serve --recording")
        finally:
            serve.send_signal(signal.SIGINT)
    expect(lesson("62", "--top", "--dir", os.path.join(folder, "mine"), code=120),
           "this lesson is about many: after --check, irqlab show")


def what_goes_wrong(folder):
    mine = os.path.join(folder, "mine")
    source = os.path.join(mine, "01-one-sgi", "one-sgi.c")
    expect(lesson("1", "--dir", mine), f"irqlab lesson 1 --check --dir {mine}")
    edit(source, "irq_unmask();", "irq_unmask()")
    expect(lesson("1", "--check", "--dir", mine, code=1), "one-sgi.c:", "error: expected",
           "NOT YET: the compiler found errors")
    edit(source, "irq_unmask()", "int unused; for (;;);")
    expect(lesson("1", "--check", "--dir", mine, code=1), "warning: unused", "NOT YET: the program ended with 110")
    edit(source, "int unused; for (;;);", 'return lesson_end(true, "done", "");')
    expect(lesson("1", "--check", "--dir", mine, code=1), "the program did not say: my own message has reached me")
    nothing = dict(os.environ, PATH="/nonexistent")
    expect(lesson("1", "--check", "--dir", mine, code=120, env=nothing),
           "aarch64-linux-gnu-gcc is not there", "install gcc-aarch64-linux-gnu")
    expect(lesson("1", "--dir", "/proc/nowhere", code=120), "--dir: cannot make /proc/nowhere")


def other_lessons(folder):
    """A tree as it is installed, without the one that it was built from; then with a mistake in it."""
    os.makedirs(os.path.join(folder, "bin"))
    images = os.path.join(folder, "share/irqlab/images")
    mine = os.path.join(folder, "mine")
    program = shutil.copy(IRQLAB, os.path.join(folder, "bin"))
    shutil.copytree(os.path.join(TREE, "images/lib"), os.path.join(images, "lib"))
    os.makedirs(os.path.join(images, "lessons"))
    shutil.copy(os.path.join(TREE, "images/guest.flags"), images)
    for name in ("lesson.h", "lesson.flags", "35-one-sgi.c", "01-one-sgi.lesson"):
        shutil.copy(os.path.join(TREE, "images/lessons", name), os.path.join(images, "lessons"))
    expect(lesson("1", "--dir", mine, irqlab=program), f"{images}/lib/gic.h")
    expect(lesson("1", "--check", "--dir", mine, irqlab=program, code=1), "The first closed gate is 'enabled'")
    solution = lesson("1", "--solution", "--dir", mine, irqlab=program)
    with open(os.path.join(mine, "01-one-sgi/one-sgi.c"), "w", encoding="utf-8") as source:
        source.write(solution)
    expect(lesson("1", "--check", "--dir", mine, irqlab=program), "That was the last lesson.")
    edit(os.path.join(images, "lessons/01-one-sgi.lesson"), "smp 1", "smp many")
    expect(lesson("--lessons", os.path.join(images, "lessons"), code=120), "01-one-sgi.lesson:",
           "the number 'many'; it starts from 1")
    edit(os.path.join(images, "lessons/01-one-sgi.lesson"), "smp many", "smp 1")
    shutil.copy(os.path.join(images, "lessons/01-one-sgi.lesson"), os.path.join(images, "lessons/1-two.lesson"))
    expect(lesson(irqlab=program, code=120), "have one number; rename one")


for test in (first_lesson, in_a_browser, what_goes_wrong, other_lessons):
    with tempfile.TemporaryDirectory() as temporary:
        test(os.path.realpath(temporary))
