#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The handout: page and PDF have every lesson of the list, in its order; answers are the teacher's alone; the page is
well-formed and asks for nothing from elsewhere; every gate that `irqlab why` shows is told of.
Usage: handout.py IRQLAB TREE"""
import html.parser
import os
import re
import subprocess
import sys
import tempfile

IRQLAB, TREE = sys.argv[1:3]
HANDOUT = os.path.join(TREE, "images/lessons/handout.py")
EMPTY = {"meta", "br", "link", "img", "rect", "path"}
# Told of, and never what holds an interrupt: no gate, or its interrupt is masked first.
NEVER_FIRST = {"priority", "target", "vector"}
CALL = "gic_enable(MESSAGE);"  # what mends lesson 1


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.titles, self.parts, self.codes, self.text, self.requests = [], [], [], set(), "", []

    def handle_starttag(self, tag, attrs):
        self.requests += [value for key, value in attrs if key in ("src", "href") and value[:1] != "#"]
        if tag == "h3":
            self.titles.append("")
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in EMPTY:
            expect(self.open and self.open.pop() == tag, f"</{tag}> ends what was begun last", False)

    def handle_data(self, data):
        self.text += data
        if self.open and self.open[-1] == "code":
            self.codes.add(data)
        if "h3" in self.open:
            self.titles[-1] += data
        if self.open and self.open[-1] == "h2":
            self.parts.append(data)


def expect(ok, sentence, is_told=True):
    if not ok:
        sys.exit(f"FAIL: {sentence}")
    if is_told:
        print(f"ok: {sentence}")


def output(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=100).stdout.decode()


def words(text):
    """Of a text that was laid out anew: hyphens at a line's end, ligatures, and spaces do not count."""
    return re.sub(r"[^\w]", "", text)


def make(folder, name, *options):
    output(sys.executable, HANDOUT, *options, folder)
    page = Page()
    with open(os.path.join(folder, name + ".html"), encoding="utf-8") as text:
        page.feed(text.read())
    expect(not page.open and not page.requests, f"{name}: the page is well-formed, and asks for nothing")
    return page, output("pdftotext", "-layout", os.path.join(folder, name + ".pdf"), "-")


def check(page, pdf, titles, parts):
    expect([words(title) for title in page.titles] == [words(title) for title in titles],
           "the page has the lessons, in order")
    expect([part for part in page.parts if part in parts] == parts, "and the parts of the path")
    at, laid_out = words(pdf.split("\f", 2)[2]), []
    for title in titles:
        place = at.find(words(title))
        expect(place >= 0, f"the PDF has '{title}', in its place", False)
        at = at[place:]
        laid_out.append(title)
    expect(laid_out == titles, f"so has the PDF, on {pdf.count(chr(12))} pages")


def gates_told(page):
    """The names at the start of the lines of `irqlab why`, of all three kinds."""
    with open(os.path.join(TREE, "gic/explain.c"), encoding="utf-8") as one, \
            open(os.path.join(TREE, "gic/explain_its.c"), encoding="utf-8") as two, \
            open(os.path.join(TREE, "gic/explain_virt.c"), encoding="utf-8") as three:
        named = re.findall(r'\[GIC_[A-Z]?GATE_\w+\] =\s*\{"([\w-]+)"', one.read() + two.read() + three.read())
    for name in ("why.c", "why_pe.c", "why_cause.c", "why_other.c"):
        with open(os.path.join(TREE, "emu", name), encoding="utf-8") as source:
            named += re.findall(r'why_add\(\s*a, "([\w-]+)", "(?!emu/)', source.read())
    expect(len(named) > 25, "there are gates")
    with open(os.path.join(TREE, "emu/lesson/gates.c"), encoding="utf-8") as source:
        asked = re.findall(r'^    \{"([\w-]+)", "[^"]*\?"\}', source.read(), re.M)
    expect(set(asked) <= set(page.codes), "the handout tells of the gates that irqlab lesson asks about")
    for name in sorted(set(named)):
        expect(name in asked, f"irqlab lesson has a question for {name}", False)
        expect(name in page.codes, f"the gate {name} is told of", False)
    sys.path.insert(0, os.path.dirname(HANDOUT))
    from lesson_text import read_lessons  # pylint: disable=import-outside-toplevel
    closed = {lesson.get("gate") for lesson in read_lessons()}
    expect(set(named) - closed <= NEVER_FIRST, f"each can be met: {sorted(set(named) - closed)} cannot")
    expect(True, f"all {len(set(named))} gates of irqlab why are told of")


def main():
    listed = output(IRQLAB, "lesson")
    titles = [f"{number} {title}" for number, title in re.findall(r"^ *(\d+)  \[.\]  (.*)$", listed, re.M)]
    parts = re.findall(r"^([A-Z].*)\n *\d+  \[", listed, re.M)
    expect(len(titles) >= 30 and len(parts) >= 5, f"{len(titles)} lessons in {len(parts)} parts")
    with tempfile.TemporaryDirectory() as folder:
        page, pdf = make(folder, "handout")
        check(page, pdf, titles, parts)
        expect(CALL not in page.text and CALL not in pdf, "a learner's has no answers")
        gates_told(page)
        page, pdf = make(folder, "answers", "--answers")
        check(page, pdf, titles, parts)
        expect(CALL in page.text and CALL in pdf, "a teacher's has them")
        expect(page.text.count("What mends it:") == len(titles) and "\n+" in page.text, "each with what mends it")
        page, pdf = make(folder, "handout", "--lessons", "2-3")
        check(page, pdf, titles[1:3], [])
        wrong = subprocess.run([sys.executable, HANDOUT, "--lessons", "0", folder], stderr=subprocess.PIPE,
                               check=False, timeout=60)
        expect(wrong.returncode and b"give N or N-M, of 1 to" in wrong.stderr, "a wrong number is told")


main()
