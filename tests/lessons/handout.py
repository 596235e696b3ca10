#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The handout: every lesson is in it, in the list's order, with answers only for the teacher; the page is well-formed
and asks for nothing from elsewhere. Usage: handout.py IRQLAB TREE"""
import html.parser
import os
import re
import subprocess
import sys
import tempfile

IRQLAB, TREE = sys.argv[1:3]
EMPTY = {"meta", "br", "link", "img"}


class Page(html.parser.HTMLParser):
    def __init__(self):
        super().__init__()
        self.open, self.titles, self.text, self.requests = [], [], "", []

    def handle_starttag(self, tag, attrs):
        self.requests += [value for key, value in attrs if key in ("src", "href")]
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        expect(self.open and self.open.pop() == tag, f"</{tag}> ends what was begun last", False)

    def handle_data(self, data):
        self.text += data
        if self.open and self.open[-1] == "h3":
            self.titles.append(data)


def expect(ok, sentence, is_told=True):
    if not ok:
        sys.exit(f"FAIL: {sentence}")
    if is_told:
        print(f"ok: {sentence}")


def make(folder, *options):
    subprocess.run([sys.executable, os.path.join(TREE, "images/lessons/handout.py"), *options, folder], check=True,
                   timeout=60)
    page = Page()
    with open(os.path.join(folder, "handout.html"), encoding="utf-8") as text:
        page.feed(text.read())
    with open(os.path.join(folder, "handout.pdf"), "rb") as pdf:
        return page, pdf.read()


def main():
    listed = subprocess.run([IRQLAB, "lesson"], stdout=subprocess.PIPE, check=True, timeout=60).stdout.decode()
    titles = [f"{number}. {title}" for number, title in re.findall(r"^ *(\d+)  \[.\]  (.*)$", listed, re.M)]
    with tempfile.TemporaryDirectory() as folder:
        page, pdf = make(folder)
        expect(len(titles) >= 30 and page.titles == titles, "the handout has the lessons of irqlab lesson, in order")
        expect(not page.open and not page.requests, "the page is well-formed, and asks for nothing")
        expect("gic_enable(MESSAGE);" not in page.text, "a learner's copy has no answers")
        pages = len(re.findall(rb"/Type */Page\b", pdf))
        expect(pdf.startswith(b"%PDF") and pages >= 10, f"the PDF has {pages} pages")
        page, pdf = make(folder, "--answers")
        expect("gic_enable(MESSAGE);" in page.text, "a teacher's copy has them")


main()
