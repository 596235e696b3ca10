#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The path of lessons on paper, for a class: one text, as a page and as PDF.

Usage: handout.py [--answers] [--lessons N-M] DEST

Writes DEST/handout.html and DEST/handout.pdf; with --answers DEST/answers.html and DEST/answers.pdf, for the
teacher: plan of a class, gates, causes, hints, what mends it. The PDF is the page, laid out by weasyprint.
"""
import argparse
import html
import os
import re
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from lesson_text import HERE, change, paragraphs, program, read_lessons, why_it_fails  # noqa: E402

TITLE = "Interrupts, lesson by lesson"
NOTE_LINES = (3, 10)
COMMANDS = """irqlab lesson               all lessons, and which are done
irqlab lesson 1             the task; puts your copy of the program into a folder
irqlab lesson 1 --check     builds your copy, runs it, shows the gates
irqlab lesson 1 --hint      one hint more
irqlab lesson 1 --reset     starts over; what you wrote is kept
irqlab lesson --words       what the words mean"""
BEGINNING = """Each lesson is a small program in C, without an operating system, in which an interrupt goes astray. It is yours
to be mended. No manual is needed, and none of the machine's registers has to be known: after each run `irqlab` shows
all gates between the interrupt's source and the core, says PASS or FAIL for each, and names the register and the
function that wrote it last.

You need a terminal, an editor and some C. Read the story, run the program, find the first gate that says FAIL, and open
it. Then write down what it was: the lines below each story are for that."""
# What each gate of `irqlab why` asks, by the part of the machine that it is in.
GATES = {
    "The source": {
        "source": "Has the device, the timer or the sender called at all?",
        "trigger": "Does edge or level fit what the wire does?",
        "pending": "Is the call noted?"},
    "The distributor": {
        "implemented": "Has this GIC an interrupt of this number?",
        "enabled": "Is the interrupt's own switch on?",
        "group": "Is it in the group that is in use?",
        "distributor-group": "Is its group on, for all cores?",
        "routed": "Is it sent to this core?",
        "not-active": "Is its last call over?",
        "priority": "How urgent is it? (No gate; later ones compare it.)"},
    "The redistributor": {
        "awake": "Is the core's redistributor awake?",
        "lpis-enabled": "Does it take messages (LPIs)?",
        "lpi-configuration": "Does its copy of the byte in memory still hold?"},
    "The CPU interface": {
        "system-registers": "May this level use its registers?",
        "cpu-group": "Is the group on at this core?",
        "highest": "Is no other interrupt ahead?",
        "priority-mask": "Is it more urgent than the mask?",
        "running-priority": "Is it more urgent than what is being handled?"},
    "The core": {
        "power": "Is the core running?",
        "target": "Which exception level does it go to?",
        "pstate": "Does the core let it in now?",
        "vector": "Is there code where the core jumps to?",
        "acknowledge": "Does the handler ask the right register?"},
}
MORE_GATES = {
    "The way of a message (ITS)": {
        "its-enabled": "Is the ITS on?",
        "its-queue": "Has it done all commands?",
        "device-table": "Is there room for this device?",
        "device": "Does it know the device?",
        "event-range": "May the device have so many events?",
        "event": "Does it know the event?",
        "collection": "Does the collection lead to a core?",
        "vpe": "Does the vPE lead to a core?",
        "resident": "Is the guest's vPE on a core?"},
    "A virtual interrupt": {
        "virtual-interface": "Are the list registers on?",
        "listed": "Is it in a list register?",
        "virtual-group": "Has the guest its group on?"},
}
CLASS = (
    ("0-10", "The drawing of the gates, at the board. One sentence for each part. What an interrupt is for."),
    ("10-25", "Lesson 1 together: the task read aloud, the check, the first FAIL, the line, PASSED."),
    ("25-40", "Lesson 2, in pairs: several gates, one after the other."),
    ("40-60", "Lessons 3 to 5, in pairs. Who is done goes on; hints are no shame."),
    ("60-75", "Lesson 6 or 7: a write that goes nowhere. What can be concluded from “never written”?"),
    ("75-90", "Each pair tells one gate: what it asks, and how it was closed. Rest of the path: homework."),
)

STYLE = """
@page { size: A4; margin: 20mm 20mm 18mm;
  @bottom-right { content: counter(page); font: 9pt sans-serif }
  @bottom-left { content: string(part); font: 9pt sans-serif; color: #555 } }
@page :first { @bottom-right { content: none } @bottom-left { content: none } }
body { font: 11pt/1.45 "DejaVu Serif", serif; max-width: 44rem; margin: 0 auto; padding: 1rem; color: #111;
  background: #fff }
h1, h2, h3, th, .number, .where { font-family: "DejaVu Sans", sans-serif; line-height: 1.2 }
h1 { font-size: 26pt; margin: 4rem 0 .5rem } .subtitle { font-size: 13pt; color: #444; margin: 0 0 2rem }
h2 { string-set: part content(); font-size: 16pt; border-bottom: 2px solid #111; padding-bottom: .2rem;
  margin: 2rem 0 1rem }
h3 { font-size: 14pt; margin: 0 0 .6rem } .number { color: #a33; margin-right: .4rem }
.lesson { margin: 0 0 2.5rem } .goal { border-left: 4px solid #a33; padding: .3rem .8rem; background: #f6f0ee }
pre, code { font-family: "DejaVu Sans Mono", monospace; font-size: 9pt }
pre { background: #f2f2f2; padding: .5rem .7rem; overflow-x: auto; white-space: pre-wrap; break-inside: avoid }
.label { break-after: avoid } .notes { break-inside: avoid } .where { font-size: 9pt; color: #444 } .question { margin: 1rem 0 0; font-style: italic }
.line { border-bottom: 1px dotted #666; height: 8mm }
table { border-collapse: collapse; font-size: 9.5pt; margin: 0 0 .8rem; width: 100% }
td, th { text-align: left; vertical-align: top; padding: .12rem .8rem .12rem 0 } th { padding-top: .5rem }
.class td:first-child { width: 5rem } svg { width: 100%; height: auto }
.program { font-size: 8pt; line-height: 1.3; break-inside: auto }
.gates { columns: 2; column-gap: 2rem } .gates table { break-inside: avoid; font-size: 9pt; line-height: 1.25 }
.gates td:first-child { width: 34mm; padding-right: .3rem }
.contents { columns: 2; column-gap: 2rem; font-size: 9.5pt; line-height: 1.35 }
.contents h4 { font: bold 9.5pt "DejaVu Sans", sans-serif; margin: .7rem 0 .2rem; break-after: avoid }
.contents ol { list-style: none; margin: 0; padding: 0 } .contents a { color: inherit; text-decoration: none }
@media print { body { max-width: none; padding: 0 } .page { break-before: page }
  .lesson { break-before: page; margin: 0 } h2 + .lesson { break-before: avoid } h2 { break-before: page; margin-top: 0 }
  .answers .lesson { break-before: auto; margin: 0 0 2rem } .answers h3 { break-after: avoid }
  .contents a::after { content: "  " target-counter(attr(href), page); color: #a33 } }
@media screen and (prefers-color-scheme: dark) { body { background: #111; color: #eee } pre, .goal { background: #222 }
  .where, .subtitle { color: #bbb } h2 { border-color: #eee } svg { background: #eee } }
"""


def marked(text):
    """`a` is code."""
    return re.sub("`([^`]+)`", r"<code>\1</code>", html.escape(text))


def as_html(text):
    return "".join(f"<pre>{html.escape(part)}</pre>\n" if is_code else f"<p>{marked(part)}</p>\n"
                   for is_code, part in paragraphs(text))


# -- What stands before the lessons ---------------------------------------------------------------------------

def drawing():
    """From the source to the core: the parts of GATES, in their order."""
    out = ['<svg viewBox="0 0 760 84" role="img" aria-label="From the source through distributor, redistributor and '
           'CPU interface to the core"><g font-family="DejaVu Sans, sans-serif" font-size="13" text-anchor="middle">']
    for place, name in enumerate(GATES):
        left = 4 + place * 154
        out.append(f'<rect x="{left}" y="18" width="132" height="46" rx="6" fill="#fff" stroke="#111" stroke-width="2"/>'
                   f'<text x="{left + 66}" y="46" fill="#111">{name.removeprefix("The ")}</text>')
        if place:
            out.append(f'<path d="M{left - 20} 41h14" stroke="#111" stroke-width="2"/>'
                       f'<path d="M{left - 1} 41l-8 -5v10z" fill="#111"/>')
    return "".join(out) + "</g></svg>\n"


def gate_table(parts):
    out = []
    for part, gates in parts.items():
        rows = [f"<tr><td><code>{gate}</code></td><td>{question}</td></tr>" for gate, question in gates.items()]
        out.append(f'<table><tr><th colspan="2">{part}</th></tr>' + "\n".join(rows) + "</table>\n")
    return "".join(out)


def gates_page():
    return ('<section class="page"><h2>The gates</h2>\n' + drawing() +
            "<p>An interrupt arrives when all gates on its way are open. <code>irqlab why</code> writes one a line: PASS "
            "is open, FAIL is closed, n/a is not on this way. Begin with the first FAIL.</p>\n"
            f'<div class="gates">{gate_table(GATES)}{gate_table(MORE_GATES)}</div></section>\n')


def contents(lessons):
    out = []
    for lesson in lessons:
        if "part" in lesson or not out:
            out += ["</ol>" if out else "", f"<h4>{html.escape(lesson.get('part', 'Lessons'))}</h4>\n<ol>"]
        out.append(f'<li><a href="#lesson-{lesson["number"]}">{lesson["number"]}. '
                   f'{html.escape(lesson["title"])}</a></li>\n')
    return f'<div class="contents">{"".join(out)}</ol></div>\n'


def class_page():
    rows = "".join(f"<tr><td>{minutes}</td><td>{what}</td></tr>" for minutes, what in CLASS)
    return ('<section class="page"><h2>A class of 90 minutes</h2>\n<table class="class"><tr><th>Minutes</th><th>What is done</th></tr>'
            f"{rows}</table>\n<p>Before: <code>irqlab</code> and <code>aarch64-linux-gnu-gcc</code> on each machine; "
            "<code>irqlab lesson 1 --check</code> says what is missing. One machine for two people is best. No network is "
            "needed. On paper: the handout, <code>handout.py --lessons 1-7 DEST</code>.</p>\n</section>\n")


def front(lessons, answers):
    subtitle = "Answers, for who teaches" if answers else "A course at the terminal, with irqlab"
    return (f'<h1>{TITLE}</h1>\n<p class="subtitle">{subtitle}</p>\n' + as_html(BEGINNING) +
            f"<pre>{html.escape(COMMANDS)}</pre>\n" +
            f'<section class="page"><h2>Contents</h2>\n{contents(lessons)}</section>\n' +
            (class_page() if answers else gates_page()))


# -- Lessons --------------------------------------------------------------------------------------------------

def questions(lesson):
    if "explore" in lesson:
        return "Which two accesses must not come in this order, and what keeps them apart?"
    return "Which gate was closed, by which register, and who wrote that last? What opened it?"


def cited(lesson):
    return html.escape("; ".join(lesson["cite"]))


def where(lesson):
    number, cores = lesson["number"], int(lesson.get("smp", "1"))
    file = lesson["name"].partition("-")[2] + ".c"
    return (f'<p class="where"><code>irqlab lesson {number}</code> gives you <code>{file}</code>; the machine has '
            f'{cores} core{"s" if cores > 1 else ""}. Where it is written: {cited(lesson)}.</p>\n')


def note_lines(lesson):
    """As many as there is room for on the lesson's page, by a rough measure in mm."""
    story = sum(len(part) // 90 + 2 for _, part in paragraphs(lesson["story"])) * 5.7
    room = 200 - story - (program(lesson).count("\n") + 1) * 3.7 - (12 if "part" in lesson else 0)
    return min(max(int(room / 8), NOTE_LINES[0]), NOTE_LINES[1])


def task(lesson):
    return (as_html(lesson["story"]) + where(lesson) +
            f'<pre class="program">{html.escape(program(lesson))}</pre>\n'
            f'<div class="notes"><p class="question">{questions(lesson)}</p>' +
            '<div class="line"></div>' * note_lines(lesson) + "</div>\n")


def answer(lesson):
    out = [f'<p>The first closed gate: <code>{html.escape(lesson["gate"])}</code></p>\n'] if "gate" in lesson else []
    out.append(as_html(why_it_fails(lesson)))
    out.append("<p class=\"label\">Hints:</p>\n<ol>" + "".join(f"<li>{as_html(hint)}</li>" for hint in lesson["hint"]) + "</ol>\n")
    out.append(f"<p class=\"label\">What mends it:</p>\n<pre>{html.escape(change(lesson))}</pre>\n")
    return "".join(out) + f'<p class="where">Where it is written: {cited(lesson)}</p>\n'


def lesson_section(lesson, answers):
    return (f'<section class="lesson" id="lesson-{lesson["number"]}">\n<h3><span class="number">{lesson["number"]}</span> '
            f'{html.escape(lesson["title"])}</h3>\n<p class="goal">{marked(" ".join(lesson["goal"].split()))}</p>\n' +
            (answer if answers else task)(lesson) + "</section>\n")


def page(lessons, answers):
    out = ['<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">\n<meta name="viewport" '
           f'content="width=device-width, initial-scale=1">\n<title>{TITLE}</title>\n<style>{STYLE}</style>'
           f"</head>\n<body{' class=answers' if answers else ''}>\n{front(lessons, answers)}"]
    for lesson in lessons:
        if "part" in lesson:
            out.append(f'<h2>{html.escape(lesson["part"])}</h2>\n')
        out.append(lesson_section(lesson, answers))
    return "".join(out) + "</body></html>\n"


# -- Files ----------------------------------------------------------------------------------------------------

def chosen(lessons, text):
    """@text: N, or N-M."""
    bounds = re.fullmatch(r"(\d+)(?:-(\d+))?", text)
    first, last = (int(bounds.group(1)), int(bounds.group(2) or bounds.group(1))) if bounds else (1, 0)
    found = [lesson for lesson in lessons if first <= lesson["number"] <= last]
    if not found:
        sys.exit(f"handout.py: --lessons {text}: give N or N-M, of 1 to {lessons[-1]['number']}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--answers", action="store_true", help="the teacher's: answers.html and answers.pdf")
    parser.add_argument("--lessons", metavar="N-M", help="these alone")
    parser.add_argument("dest")
    options = parser.parse_args()
    lessons = read_lessons()
    if not lessons:
        sys.exit(f"handout.py: there is no lesson in {HERE}")
    if options.lessons:
        lessons = chosen(lessons, options.lessons)
    os.makedirs(options.dest, exist_ok=True)
    name = os.path.join(options.dest, "answers" if options.answers else "handout")
    with open(name + ".html", "w", encoding="utf-8") as out:
        out.write(page(lessons, options.answers))
    try:
        subprocess.run(["weasyprint", "-q", name + ".html", name + ".pdf"], check=True)
    except FileNotFoundError:
        sys.exit("handout.py: weasyprint is not there, which makes the PDF; install weasyprint. The page is written.")


if __name__ == "__main__":
    main()
