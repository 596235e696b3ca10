#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""irqlab lesson as a learner uses it: what the terminal says from the list to PASSED, and what it says when
something is wrong. Usage: learner.py IRQLAB TREE"""
import os
import shutil
import re
import signal
import stat
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


def expect_width(text, columns):
    for line in text.split("\n"):
        if len(line) > columns:
            sys.exit(f"FAIL: a line is longer than {columns} columns: {line}")
    print(f"ok: no line is longer than {columns} columns")


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
    expect(said, "  1  [>]  one interrupt, from me to me\n  2  [ ]  a timer", "0 of 75 done.\nStart: irqlab lesson 1",
           "Each lesson is a small program")
    if os.path.exists(mine):
        sys.exit("FAIL: a list makes a folder")
    expect(lesson("1", cwd=folder), "GOAL", "STORY", source, "irqlab lesson 1 --check", "irqlab lesson 1 --hint")
    source = os.path.join(folder, source)
    with open(source, encoding="utf-8") as text:
        if "MENDED" in text.read():
            sys.exit("FAIL: the copy has the answer in it")
    said = lesson("1", "--check", code=1, cwd=folder)
    expect(said, "nothing came", "    enabled            FAIL  <- the first\n", "NOT YET: the program ended with 1.",
           "    highest            FAIL  (follows from: enabled)\n", "    pstate             PASS\n",
           "The first closed gate is 'enabled': Is the interrupt's own switch on?\n"
           "    GICR_ISENABLER0.Set_enable_bit1 = 0x0 (wanted == 0x1)\n",
           "    switched off by the library (gic_cpu_init), before main(): GICR_ICENABLER",
           "What opens it:\n    turn interrupt 1 on: set bit 1 of GICR_ISENABLER0 (look in gic.h",
           "one-sgi.c\nStuck? irqlab lesson 1 --hint")
    expect_width(said, 80)
    why = re.search(r"^    irqlab (why .*\\\n.*)$", said, re.M).group(1).replace("\\\n", "").split()
    told = subprocess.run([IRQLAB, *why], cwd=folder, check=False, timeout=60, stdout=subprocess.PIPE).stdout.decode()
    expect(told, "verdict: blocked at enabled", "pstate             PASS")
    why[why.index("guest_exit")] = "nowhere"
    told = subprocess.run([IRQLAB, *why], cwd=folder, check=False, timeout=60, stderr=subprocess.PIPE)
    expect(told.stderr.decode(), "--before: there is no function nowhere in the recording's images")
    expect(f"exit code {told.returncode}", "exit code 120")
    expect(lesson("1", "--hint", cwd=folder), "Hint 1 of 3")
    said = lesson("1", "--hint", cwd=folder)
    expect(said, "Hint 1 of 3", "Hint 2 of 3")
    if "Hint 3" in said:
        sys.exit("FAIL: two hints at a time")
    expect(lesson("1", "--hint", cwd=folder), "Hint 3 of 3", "gic_enable(MESSAGE);", "--solution")
    edit(source, "irq_unmask();", "gic_enable(MESSAGE);\n    irq_unmask();")
    expect(lesson("1", "--check", cwd=folder), "my own message has reached me",
           "PASSED.\nWhat you opened: enabled. Each interrupt has a switch of its own", "Next: irqlab lesson 2")
    expect(lesson(cwd=folder), "  1  [x]", "1 of 75 done.\nNext:  irqlab lesson 2")
    expect(lesson("1", cwd=folder), "(done)", "You have passed this lesson.")
    lesson("one-sgi", cwd=folder)
    with open(source, encoding="utf-8") as text:
        expect(text.read(), "gic_enable(MESSAGE);")
    expect(lesson("1", "--reset", cwd=folder), "is as it was handed out", "What you wrote is in ", "one-sgi.c.old.")
    expect(open(source + ".old", encoding="utf-8").read(), "gic_enable(MESSAGE);")
    expect(lesson("1", "--check", code=1, cwd=folder), "NOT YET")
    if "What you wrote" in lesson("1", "--reset", cwd=folder):
        sys.exit("FAIL: what was handed out is kept as if it were the learner's")
    edit(source, "irq_unmask();", "irq_unmask(); /* two */")
    expect(lesson("1", "--reset", cwd=folder), "one-sgi.c.old.2.")


def elsewhere(folder):
    """The copy is found from below; nothing is laid out by the way."""
    mine = os.path.join(folder, "irqlab-lessons")
    source = os.path.join(mine, "01-one-sgi", "one-sgi.c")
    lesson("1", cwd=folder)
    for below in (mine, os.path.dirname(source)):
        expect(lesson("1", "--check", code=1, cwd=below), f"check again:\n    {source}\n")
        expect(lesson("2", cwd=below), os.path.join(mine, "02-no-gic-at-all", "no-gic-at-all.c"))
    if os.path.exists(os.path.join(mine, "01-one-sgi", "irqlab-lessons")):
        sys.exit("FAIL: a second desk was made")
    os.remove(source)
    for option in ("--check", "--top", "--serve", "--hint"):
        expect(lesson("1", option, code=120, cwd=folder), f"There is no one-sgi.c in {os.path.dirname(source)} any "
               "more. To lay it there again: irqlab lesson 1\n")
    other = os.path.join(folder, "other")
    os.mkdir(other)
    shutil.move(mine, other)
    for option in ("--check", "--top", "--serve", "--hint", "--reset"):
        expect(lesson("1", option, code=120, cwd=folder), f"There is no copy of lesson 1 in {folder}. Yours may be in "
               "another folder: go there, or name it with --dir DIR. To start here: irqlab lesson 1\n")
    if os.path.exists(mine):
        sys.exit("FAIL: a desk was made without a word")


def behind_the_gates(folder):
    """The interrupt comes, and the program is wrong all the same; and one that only says that it came."""
    mine = os.path.join(folder, "mine")
    source = os.path.join(mine, "01-one-sgi", "one-sgi.c")
    lesson("1", "--dir", mine)
    with open(source, encoding="utf-8") as text:
        broken = text.read()

    def check(old, new, code=1):
        with open(source, "w", encoding="utf-8") as out:
            out.write(broken.replace("irq_unmask();", "gic_enable(MESSAGE);\n    irq_unmask();"))
        edit(source, old, new)
        return lesson("1", "--check", "--dir", mine, code=code)

    wait = "wait_until(taken, PATIENCE_MS);"
    for said in (check(wait, "for (;;)\n        ;"), check(wait, "irq_mask();\n    for (;;)\n        wfi();")):
        expect(said, "Interrupt 1 did arrive: the mistake is behind that.")
        if "FAIL" in said.replace("FAIL: ", ""):
            sys.exit(f"FAIL: gates are shown\n{said}")
    expect(check(wait, "for (;;)\n        ;"), "the program did not end within 500 million instructions: look for a")
    line = broken[:broken.index(wait)].count("\n") + 2
    said = check(wait, "*(volatile int *)0xdead0000 = 1;")
    expect(said, f"the program crashed in main(), one-sgi.c:{line}: a write to", "0xdead0000 (core 0)")
    said = check(wait, "((void (*)(void))0xdead0000)();")
    expect(said, f"the program crashed in main(), one-sgi.c:{line}: a jump to")
    if "first closed gate" in said:
        sys.exit(f"FAIL: a crash is explained by gates\n{said}")
    said = check("gic_enable(MESSAGE);", "taken = 1;")
    expect(said, "my own message has reached me", "says that all is well, but interrupt 1 was never delivered",
           "The first closed gate is 'enabled'")
    expect(check("gic_enable(", "gic_enabel("), "error: implicit declaration of function", "did you mean",
           "the compiler found errors. Begin with the first one.")
    expect(check("irq_unmask();", ""), "The first closed gate is 'pstate'")


def words(_folder):
    said = lesson("--words")
    for word in ("SGI", "PPI", "vCPU", "affinity", "group", "pending, active", "priority mask", "running priority",
                 "EL0, EL1, EL2, EL3", "PSTATE, DAIF", "FIQ, IRQ", "vector", "LPI", "CPU interface", "ISTATUS",
                 "IHI 0069", "DDI 0487", "DEN0022", "distributor", "redistributor"):
        if not re.search(rf"^{word}: \w", said, re.M):
            sys.exit(f"FAIL: --words is without {word}")
    expect_width(said, 80)
    expect(lesson("--words", "irq"), "FIQ, IRQ: The two lines")
    expect(lesson("--words", "sausage", code=120), "'sausage' is none of the words")


def nobody(*words, cwd, irqlab, code):
    """As somebody who may not write there; root may write everywhere."""
    user = {"user": 65534, "group": 65534, "extra_groups": []} if not os.geteuid() else {}
    done = subprocess.run([irqlab, "lesson", *words], stdin=subprocess.DEVNULL, timeout=100, check=False, cwd=cwd,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **user)
    if done.returncode != code:
        sys.exit(f"FAIL: {words}: exit code {done.returncode}, not {code}\n{done.stdout.decode()}")
    return done.stdout.decode()


def install(folder):
    """A tree with one lesson, as it is installed. Its program."""
    images = os.path.join(folder, "share/irqlab/images")
    os.makedirs(os.path.join(folder, "bin"))
    shutil.copytree(os.path.join(TREE, "images/lib"), os.path.join(images, "lib"))
    os.makedirs(os.path.join(images, "lessons"))
    shutil.copy(os.path.join(TREE, "images/guest.flags"), images)
    for name in ("lesson.h", "lesson.flags", "35-one-sgi.c", "01-one-sgi.lesson"):
        shutil.copy(os.path.join(TREE, "images/lessons", name), os.path.join(images, "lessons"))
    return shutil.copy(IRQLAB, os.path.join(folder, "bin"))


def no_permission(folder):
    program = install(folder)
    closed = os.path.join(folder, "closed")
    empty = os.path.join(folder, "empty")
    os.mkdir(closed)
    os.mkdir(empty)
    lesson("1", "--dir", os.path.join(closed, "irqlab-lessons"))
    for path, _folders, _files in os.walk(folder):
        os.chmod(path, 0o555 if path.startswith((closed, empty)) else 0o755)
    told = "(Permission denied). Work in a folder of your own: go there, or name it with --dir DIR\n"
    try:
        expect(nobody("1", cwd=empty, irqlab=program, code=120), f"I cannot write in {empty} {told}")
        mine = os.path.join(closed, "irqlab-lessons")
        for option in ("--check", "--reset", "--top"):
            expect(nobody("1", option, "--dir", mine, cwd=closed, irqlab=program, code=120),
                   f"I cannot write in {mine} {told}")
        expect(nobody("1", "--hint", "--dir", mine, cwd=closed, irqlab=program, code=0), "Hint 1 of 3",
               "(I cannot write in")
    finally:
        for path, _folders, _files in os.walk(folder):
            os.chmod(path, stat.S_IRWXU)


def in_a_browser(folder):
    """--serve says where, and shows the run that it has just made."""
    lesson("1", "--dir", os.path.join(folder, "mine"))
    lesson("62", "--dir", os.path.join(folder, "mine"))
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
            expect(serve.stdout.readline().decode(), "Open this address in a browser on this machine. "
                   "Ctrl-C here ends it.\n")
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
    expect(lesson("1", "--check", "--dir", mine, code=1), "warning: unused", "NOT YET: the program did not end within 500 million")
    edit(source, "int unused; for (;;);", 'return lesson_end(true, "done", "");')
    expect(lesson("1", "--check", "--dir", mine, code=1), "the program did not say: my own message has reached me")
    nothing = dict(os.environ, PATH="/nonexistent")
    expect(lesson("1", "--check", "--dir", mine, code=120, env=nothing),
           "The compiler aarch64-linux-gnu-gcc is missing; install the package gcc-aarch64-linux-gnu")
    expect(lesson("1", "--dir", "/proc/nowhere", code=120), "I cannot write in /proc (", "name it with --dir DIR")
    expect(lesson("1", "check", code=120), "'check': did you mean --check?")
    expect(lesson("hint", "1", code=120), "'hint': did you mean --hint?")


def other_lessons(folder):
    """A tree as it is installed, without the one that it was built from; then with a mistake in it."""
    program, mine = install(folder), os.path.join(folder, "mine")
    images = os.path.join(folder, "share/irqlab/images")
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


for test in (first_lesson, elsewhere, behind_the_gates, words, in_a_browser, what_goes_wrong, no_permission, other_lessons):
    with tempfile.TemporaryDirectory() as temporary:
        test(os.path.realpath(temporary))
