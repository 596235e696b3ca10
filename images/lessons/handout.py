#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The path of lessons as a handout, for a class: one text, HTML and PDF.

Usage: handout.py [--answers] DEST    writes DEST/handout.html and DEST/handout.pdf (by mandoc)

--answers: a teacher's copy, with gates and hints. `irqlab lesson` checks the files' form; here they are taken
to be well-formed.
"""
import argparse
import glob
import html
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TITLE = "Interrupts, lesson by lesson"
BEGINNING = [
    "Each lesson is a small program in C, without an operating system, in which an interrupt goes astray. It is "
    "yours to be mended. No manual is needed: after each run irqlab shows all the gates between the interrupt's "
    "source and the processor, says PASS or FAIL for each, and names the register and the instruction that "
    "wrote it last.",
    "List the lessons; begin one; build, run and check your copy; get a hint:",
]
COMMANDS = "irqlab lesson\nirqlab lesson 1\nirqlab lesson 1 --check\nirqlab lesson 1 --hint"
PARTS = {1: "Gates on the way", 13: "Routes, and interrupts sent by software", 20: "Other levels, other groups",
         23: "Priorities and preemption", 28: "Acknowledge and end", 33: "Level and edge", 37: "Time",
         38: "Messages: LPIs and the ITS", 40: "Virtual interrupts", 41: "Races"}
REPEATED = ("hint", "cite", "expect", "check")


def read_lesson(path):
    """key: its text, or a list of texts; paragraphs are divided by a blank line."""
    lesson = {key: [] for key in REPEATED}
    lesson["number"] = int(os.path.basename(path).split("-")[0])
    key = None
    with open(path, encoding="utf-8") as text:
        for line in text.read().split("\n"):
            if line[:1] not in (" ", "#", ""):
                key, _, rest = line.partition(" ")
                if key in REPEATED:
                    lesson[key].append(rest.strip())
                else:
                    lesson[key] = rest.strip()
            elif line[:1] != "#" and key in REPEATED:
                lesson[key][-1] += "\n" + line[4:]
            elif line[:1] != "#" and key:
                lesson[key] += "\n" + line[4:]
    return lesson


def read_lessons():
    """All lessons, in the path's order."""
    return sorted((read_lesson(path) for path in glob.glob(os.path.join(HERE, "[0-9]*.lesson"))),
                  key=lambda lesson: lesson["number"])


def paragraphs(text):
    """(is it code, its text): what is indented deeper than the rest is code."""
    for part in re.split(r"\n\s*\n", text.strip("\n")):
        if part.strip():
            yield part.startswith("    "), part if part.startswith("    ") else " ".join(part.split())


def questions(lesson):
    if "explore" in lesson:
        return ["Which two accesses must not come in this order?", "What keeps them apart?"]
    return ["Which gate was closed, by which register?", "What opened it?"]


# -- HTML ---------------------------------------------------------------------------------------------------

STYLE = """body { font: 1rem/1.5 serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem }
h1, h2, h3 { font-family: sans-serif; line-height: 1.2 } section { break-inside: avoid }
pre { background: #eee; color: #111; padding: .5rem; overflow-x: auto } .goal { font-weight: bold }
.answer { border-bottom: 1px solid #555; height: 2rem } .cite { font-size: .9rem; color: #444 }
@media (prefers-color-scheme: dark) { body { background: #111; color: #eee } .cite { color: #bbb } }"""


def marked(text):
    """`a` is code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(text))


def html_text(text):
    return "".join(f"<pre>{html.escape(part)}</pre>\n" if is_code else f"<p>{marked(part)}</p>\n"
                   for is_code, part in paragraphs(text))


def html_lesson(lesson, answers):
    out = [f'<section id="lesson-{lesson["number"]}">\n<h3>{lesson["number"]}. {html.escape(lesson["title"])}</h3>\n',
           f'<p class="goal">{marked(" ".join(lesson["goal"].split()))}</p>\n', html_text(lesson["story"])]
    if answers:
        out.append(f'<p>Closed gate: {html.escape(lesson.get("gate", "none"))}</p>\n<ol>')
        out += [f"<li>{html_text(hint)}</li>" for hint in lesson["hint"]]
        out.append("</ol>\n")
    else:
        out += [f'<p>{question}</p><div class="answer"></div>\n' for question in questions(lesson)]
    out.append(f'<p class="cite">{html.escape("; ".join(lesson["cite"]))}</p>\n</section>\n')
    return "".join(out)


def as_html(lessons, answers):
    out = ['<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n<meta name="viewport" '
           f'content="width=device-width, initial-scale=1">\n<title>{TITLE}</title>\n<style>\n{STYLE}\n</style>'
           f"</head>\n<body>\n<h1>{TITLE}</h1>\n"]
    out += [f"<p>{html.escape(text)}</p>\n" for text in BEGINNING] + [f"<pre>{COMMANDS}</pre>\n"]
    for lesson in lessons:
        if lesson["number"] in PARTS:
            out.append(f'<h2>{PARTS[lesson["number"]]}</h2>\n')
        out.append(html_lesson(lesson, answers))
    return "".join(out) + "</body></html>\n"


# -- roff, for the PDF --------------------------------------------------------------------------------------

def roff(text):
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("`", "\\(ga").replace("'", "\\(aq")
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in text.split("\n"))


def roff_text(text):
    return "".join(f".PP\n.nf\n{roff(part)}\n.fi\n" if is_code else f".PP\n{roff(part)}\n"
                   for is_code, part in paragraphs(text))


def roff_lesson(lesson, answers):
    out = [f'.SS {lesson["number"]}. {roff(lesson["title"])}\n.B {roff(" ".join(lesson["goal"].split()))}\n',
           roff_text(lesson["story"])]
    if answers:
        out.append(f'.PP\nClosed gate: {roff(lesson.get("gate", "none"))}\n')
        out += [f".PP\nHint {n}:\n{roff_text(hint)[4:]}" for n, hint in enumerate(lesson["hint"], 1)]
    else:
        out += [f".PP\n{question}\n.PP\n{'_' * 60}\n" for question in questions(lesson)]
    return "".join(out) + f'.PP\n.I {roff("; ".join(lesson["cite"]))}\n'


def as_roff(lessons, answers):
    out = [f'.TH "IRQLAB LESSONS" 7 "" "irqlab" "{TITLE}"\n']
    out += [f".PP\n{roff(text)}\n" for text in BEGINNING] + [f".PP\n.nf\n{roff(COMMANDS)}\n.fi\n"]
    for lesson in lessons:
        if lesson["number"] in PARTS:
            out.append(f'.SH {PARTS[lesson["number"]]}\n')
        out.append(roff_lesson(lesson, answers))
    return "".join(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--answers", action="store_true", help="a teacher's copy, with gates and hints")
    parser.add_argument("dest")
    options = parser.parse_args()
    lessons = sorted((read_lesson(path) for path in glob.glob(os.path.join(HERE, "[0-9]*.lesson"))),
                     key=lambda lesson: lesson["number"])
    os.makedirs(options.dest, exist_ok=True)
    with open(os.path.join(options.dest, "handout.html"), "w", encoding="utf-8") as out:
        out.write(as_html(lessons, options.answers))
    text = as_roff(lessons, options.answers).encode()
    try:
        pdf = subprocess.run(["mandoc", "-man", "-Tpdf", "-Opaper=a4"], input=text, stdout=subprocess.PIPE,
                             check=True)
    except FileNotFoundError:
        sys.exit("handout.py: mandoc is not there, which makes the PDF; install mandoc. The HTML is written.")
    with open(os.path.join(options.dest, "handout.pdf"), "wb") as out:
        out.write(pdf.stdout)


if __name__ == "__main__":
    main()
