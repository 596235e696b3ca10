#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Schedules' files: what is done with them.

usage: schedule.py IRQLAB IMAGES EDITED TEST ...
  survives NAME STRATEGY,...  the schedule of one build fails in an edited one, passes in a mended one,
                              and is refused, with the reason, where its place is gone
  shrink BOUND_RUNS           a schedule of more than a thousand deviations becomes one of a few
  replays TIMES               so many replays without a divergence
  show                        the story, the picture and the JSON tell the same
  recipe                      a file has all that its run was made of
IMAGES: the folder of images/races; EDITED: that of tests/explore/edited.
"""
import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree

FAILS, DIVERGES = 102, 103
DEVIATION = re.compile(r"^(\S+) v(\d+) event (\d+)\.\d+ pc (0x[0-9a-f]+) to v?\d+; .* #\d+ at (\S+)( \((\S+):(\d+)\))?",
                       re.MULTILINE)
SVG = "{http://www.w3.org/2000/svg}"


class Test:
    def __init__(self, irqlab, images, edited, folder):
        self.irqlab, self.images, self.edited, self.folder = irqlab, images, edited, folder

    def run(self, *words, code=0):
        done = subprocess.run([self.irqlab, *words], capture_output=True, text=True)
        if done.returncode != code:
            sys.exit(f"exit code {done.returncode}, not {code}: irqlab {' '.join(words)}\n"
                     f"{done.stdout}{done.stderr}")
        return done.stdout + done.stderr

    def find(self, kernel, *words):
        """A schedule, and its deviations."""
        path = os.path.join(self.folder, "schedule")
        self.run("explore", "--output", path, "-semihosting", "-smp", "2", "-kernel", kernel, *words,
                 code=FAILS)
        return path, read(path)

    def race(self, name, build="flawed"):
        return f"{self.images}/{name}-{build}.elf"


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def check(condition, what, *details):
    if not condition:
        sys.exit("\n".join([what, *map(str, details)]))


def found_in(text, *patterns):
    for pattern in patterns:
        check(re.search(pattern, text), f"'{pattern}' is missing in:", text)


# -- Another build ---------------------------------------------------------------------------------


def check_edited(test, name, path, old):
    kernel = f"{test.edited}/{name}-edited.elf"
    moved = os.path.join(test.folder, "moved")
    out = test.run("explore", "--replay", path, "-kernel", kernel, "--output", moved, code=FAILS)
    found_in(out, "each of \\d+ deviations found its place in another image", "ends the same way")
    new = read(moved)
    before, after = DEVIATION.findall(old), DEVIATION.findall(new)
    check(len(before) == len(after), "other deviations:", old, new)
    for what in (2, 3): # index, pc
        check(any(a[what] != b[what] for a, b in zip(before, after)),
              "the edit has moved nothing: the test shows nothing", old, new)
    out = test.run("explore", "--replay", moved, "--times", "50", code=FAILS)
    found_in(out, "50 times the same")


def check_swap(test, path):
    found_in(test.run("explore", "--swap", path), "the deciding events the other way round: exit code 0")


def check_gone(test, name, path):
    kernel = f"{test.edited}/{name}-renamed.elf"
    if not os.path.exists(kernel):
        return
    out = test.run("explore", "--replay", path, "-kernel", kernel, code=DIVERGES)
    found_in(out, r"deviation \d of \d finds no place of its own",
             r"expected: vCPU \d at its event \d+, pc 0x[0-9a-f]+, before \S+ \S+ #\d at \S+ \(\S+:\d+\)",
             r"found: +the run ended before; vCPU \d has had \d+ events",
             r"nearest: +(\S+ \S+) at other_\S+ \(\S+:\d+\), \d times? so far")
    outs = {test.run("explore", "--replay", path, "-kernel", kernel, "--continue=random:5", code=code)
            for code in [code_of(test, path, kernel)] for _ in range(3)}
    check(len(outs) == 1, "going on by chance is not always the same:", outs)
    found_in(outs.pop(), "finds no place of its own", "and on by chance from 5: exit code")


def code_of(test, path, kernel):
    return subprocess.run([test.irqlab, "explore", "--replay", path, "-kernel", kernel,
                           "--continue=random:5"], capture_output=True).returncode


def check_mended(test, name, path):
    """It passes, or what it needs cannot be (an interrupt waits till where it is masked now)."""
    command = [test.irqlab, "explore", "--replay", path, "-kernel", test.race(name, "sound")]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode == DIVERGES and "irq-delay" in read(path):
        found_in(done.stderr, "waits till before writes counter #0", "it could not be held for so long")
        return
    check(done.returncode == 0, f"exit code {done.returncode}", done.stdout, done.stderr)
    found_in(done.stdout, "it passes now \\(it was exit code 102")


def survives(test, name, strategies):
    for strategy in strategies.split(","):
        for shrunk in ([], ["--no-shrink"]):
            path, old = test.find(test.race(name), "--strategy", strategy, *shrunk)
            check_edited(test, name, path, old)
        path, old = test.find(test.race(name), "--strategy", strategy)
        check_swap(test, path)
        check_mended(test, name, path)
        check_gone(test, name, path)
        print(f"{name}, {strategy}:\n{old}")


# -- Shrinking, replaying --------------------------------------------------------------------------


def shrink(test, bound):
    path, old = test.find(f"{test.edited}/long.elf", "--no-shrink")
    check(len(DEVIATION.findall(old)) >= 1000, "not a thousand deviations:", len(DEVIATION.findall(old)))
    few = os.path.join(test.folder, "few")
    out = test.run("explore", "--shrink", path, "--output", few, code=FAILS)
    print(out)
    runs = int(re.search(r"in (\d+) runs", out).group(1))
    left = DEVIATION.findall(read(few))
    check(runs <= int(bound), f"{runs} runs, more than {bound}")
    check(1 <= len(left) <= 5, "too many are left:", read(few))
    check_minimal(test, few)
    check_swap(test, few)


def check_minimal(test, path):
    """Without any one of its deviations it does not fail."""
    text = read(path)
    for line in re.findall(r"^preempt .*\n", text, re.MULTILINE):
        less = os.path.join(test.folder, "less")
        with open(less, "w", encoding="utf-8") as file:
            file.write(re.sub(r"^(first|then) .*\n", "", text.replace(line, ""), flags=re.MULTILINE))
        done = subprocess.run([test.irqlab, "explore", "--replay", less], capture_output=True, text=True)
        check(done.returncode == DIVERGES, f"it fails, too, without {line}", done.stdout, done.stderr)


def replays(test, times):
    path, _ = test.find(test.race("handler"))
    print(test.run("explore", "--replay", path, "--times", times, code=FAILS))


# -- What a person sees ----------------------------------------------------------------------------


def check_text(test, path):
    out = test.run("show", path)
    found_in(out, r"vCPU 0 +vCPU 1", r"first> +\| writes counter = 1 +on_sgi\+\S+ handler\.c:\d+",
             r"then> +writes counter = 1 +main\+\S+ handler\.c:\d+",
             r"\*\*\* .*stops here, vCPU 1 goes on \(deviation 1\)", r", takes IRQ", r"' returns from the handler",
             r"reads ICC_IAR1_EL1 = INTID 3", r"exit code 102", r"It fails because vCPU 0 writes counter = 1")


def check_json(test, path):
    story = json.loads(test.run("show", "--json", path))
    steps = story["steps"]
    check(story["exit_code"] == FAILS and not story["diverged"], "not the failure:", story)
    decides = {step["decides"]: i for i, step in enumerate(steps) if "decides" in step}
    check(decides["first"] < decides["then"], "the deciding events are not in order:", decides)
    counters = [(step["what"], step["value"]) for step in steps
                if step["kind"] == "event" and step["what"].endswith(" counter")]
    check(counters == [("reads counter", "0x0"), ("reads counter", "0x0"), ("writes counter", "0x1"),
                       ("writes counter", "0x1"), ("reads counter", "0x1")], "other values:", counters)
    deviations = [step for step in steps if step["kind"] == "deviation"]
    check(len(deviations) == len(DEVIATION.findall(read(path))), "other deviations:", deviations)
    kinds = [step["kind"] for step in steps]
    inside = [step["in_handler"] for step in steps[kinds.index("interrupt"):kinds.index("return") + 1]
              if step["vcpu"] == 0]
    check(all(inside), "the handler has a hole:", steps)
    return steps


def check_svg(test, path, steps):
    picture = os.path.join(test.folder, "picture.svg")
    test.run("show", "--svg", picture, path)
    root = ElementTree.parse(picture).getroot()
    check(root.tag == f"{SVG}svg" and root.get("role") == "img", "not a picture:", root.attrib)
    check(root.find(f"{SVG}title").text and "It fails because" in root.find(f"{SVG}desc").text,
          "no title or description")
    check(len(root.findall(f"{SVG}g")) == len(steps), "not as many steps as in the JSON")
    texts = [text.text for text in root.iter(f"{SVG}text")]
    for text in ("vCPU 0", "vCPU 1", "handler", "FIRST", "THEN", "takes IRQ"):
        check(text in texts, f"no '{text}' in the picture:", texts)
    wide, high = int(root.get("width")), int(root.get("height"))
    check(all(int(t.get("x")) < wide and int(t.get("y")) < high for t in root.iter(f"{SVG}text")),
          "a text is outside of the picture")


def check_el2(test):
    """An interrupt that is ended right behind its acknowledge, at EL2."""
    path = os.path.join(test.folder, "el2")
    test.run("explore", "--strategy", "pct", "--runs", "100000", "--output", path, "-semihosting", "-smp", "2",
             "-machine", "virt,virtualization=on", "-cpu", "max", "-kernel", test.race("vmcr"), code=100)
    found_in(test.run("show", path), r"reads ICC_IAR1_EL1 = INTID 1 .*\n.*writes ICC_EOIR1_EL1 = INTID 1 ",
             r"holds its interrupt back")


def show(test):
    path, _ = test.find(test.race("handler"), "--strategy", "pct")
    check_text(test, path)
    check_svg(test, path, check_json(test, path))
    check_el2(test)
    path, _ = test.find(f"{test.edited}/long.elf")
    found_in(test.run("show", path), r"\.\.\. \d+ steps \.\.\.")
    check("steps ..." not in test.run("show", "--all", path), "--all leaves something out")
    out = test.run("show", path, "-kernel", test.race("counter"), code=DIVERGES)
    found_in(out, "finds no place of its own")


# -- Recipes ---------------------------------------------------------------------------------------


def recipe(test):
    words = ["--invariant", "counter<=2", "--max-events", "5000"]
    path = os.path.join(test.folder, "schedule")
    test.run("explore", "--output", path, "-semihosting", "-smp", "2", "-kernel", test.race("counter"),
             "--strategy", "round-robin", *words, code=108)
    text = read(path)
    for word in words + ["-semihosting", test.race("counter")]:
        check(f"option {word}\n" in text, f"no option {word}:", text)
    check("option round-robin" not in text and "strategy round-robin" in text, "the strategy:", text)
    found_in(text, r"^irqlab schedule 2\nversion \d", r"image [0-9a-f]{16}\n", r"\nends 108 after \d+ instr")
    test.run("explore", "--replay", path, "--times", "10", code=108)


def main():
    irqlab, images, edited, name = sys.argv[1:5]
    tests = {"survives": survives, "shrink": shrink, "replays": replays, "show": show, "recipe": recipe}
    with tempfile.TemporaryDirectory() as folder:
        tests[name](Test(irqlab, images, edited, folder), *sys.argv[5:])


main()
