# SPDX-License-Identifier: GPL-2.0-or-later
"""Lessons as text, for the handout and for tests: what a .lesson says, and its source broken and mended.

`irqlab lesson` checks the files' form; here they are taken to be well-formed.
"""
import difflib
import glob
import os
import re

HERE = os.path.dirname(os.path.abspath(__file__))
REPEATED = ("hint", "cite", "expect", "check")


def read_lesson(path):
    """key: its text, or a list of texts; paragraphs are divided by a blank line."""
    lesson = {key: [] for key in REPEATED}
    name = os.path.basename(path)[:-len(".lesson")]
    lesson["number"], lesson["name"] = int(name.split("-")[0]), name
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


# -- Sources ------------------------------------------------------------------------------------------------

def source_text(lesson):
    with open(os.path.join(HERE, "..", lesson["source"]), encoding="utf-8") as source:
        return source.read()


def why_it_fails(lesson):
    """The comment at the head, which tells the answer; its first line is a title."""
    comment = re.search(r"/\*\n(.*?)\n \*/", source_text(lesson), re.S)
    if not comment:
        return ""
    text = "\n".join(line[3:] for line in comment.group(1).split("\n"))
    return text.partition("\n\n")[2]


def lines_if(text, macro, is_defined):
    """As the preprocessor leaves it for #ifdef, #ifndef, #else and #endif of @macro."""
    kept, conditions = [], []  # of @macro: is this half kept; None: another condition
    for line in text.split("\n"):
        word = re.match(rf"#\s*(ifdef|ifndef)\s+{macro}\b|#\s*(if|else|endif)", line)
        what = word and (word.group(1) or word.group(2))
        ours = bool(conditions) and conditions[-1] is not None
        if what in ("ifdef", "ifndef") and word.group(1):
            conditions.append((what == "ifdef") == is_defined)
        elif what == "else" and ours:
            conditions[-1] = not conditions[-1]
        elif what == "endif" and ours:
            conditions.pop()
        else:
            if what == "if":
                conditions.append(None)
            elif what == "endif" and conditions:
                conditions.pop()
            if all(condition is not False for condition in conditions):
                kept.append(line)
    return kept


def source_lines(lesson, mended):
    """As it is handed out, or mended."""
    macro, negated = lesson["mended"].lstrip("!"), lesson["mended"].startswith("!")
    return lines_if(source_text(lesson), macro, mended != negated)


def program(lesson):
    """As it is handed out, from behind the comment at its head and the #includes."""
    text = re.sub(r"/\*.*?\*/\n", "", "\n".join(source_lines(lesson, False)), count=2, flags=re.S)
    text = re.sub(r"^#include .*\n", "", text, flags=re.M)
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n")


def change(lesson):
    """What mends it, as a diff without its head."""
    lines = list(difflib.unified_diff(source_lines(lesson, False), source_lines(lesson, True), n=2,
                                      lineterm=""))[2:]
    return "\n".join("..." if line.startswith("@@") else line for line in lines)
