#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Lesson 1 at a real terminal (tmux), by what the screen says and nothing else: commands and paths are read off it.
Usage: terminal.py IRQLAB"""
import os
import re
import subprocess
import sys
import tempfile
import time

IRQLAB = os.path.realpath(sys.argv[1])
PATIENCE_SECONDS = 60
EDIT = r"sed -i 's/^ *irq_unmask();/    {line}\n&/' {path}"


def expect(ok, sentence, screen="", is_told=True):
    if not ok:
        sys.exit(f"FAIL: {sentence}\n{screen}")
    if is_told:
        print(f"ok: {sentence}")


class Terminal:
    """A shell in 100 columns and 40 lines. What scrolls out is still there for who scrolls back."""

    def __init__(self, folder):
        self.commands = 0
        self.tmux = ["tmux", "-f", "/dev/null", "-S", os.path.join(folder, "socket")]
        env = {"PATH": os.path.dirname(IRQLAB) + ":" + os.environ["PATH"], "HOME": folder,
               "TERM": "xterm-256color", "LANG": "C.UTF-8",
               "HISTFILE": "/dev/null"}
        self.run("new-session", "-d", "-x", "100", "-y", "40", "-c", folder, "PS1='ready$ ' bash --norc --noprofile",
                 env=env)
        self.wait("ready$ ", "a prompt")

    def run(self, *words, env=None):
        return subprocess.run(self.tmux + list(words), stdout=subprocess.PIPE, check=True, timeout=30,
                              env=env).stdout.decode()

    def screen(self):
        return self.run("capture-pane", "-p", "-J", "-S", "-")

    def wait(self, text, sentence):
        end = time.monotonic() + PATIENCE_SECONDS
        screen = self.screen()
        while text not in screen and time.monotonic() < end:
            time.sleep(0.1)
            screen = self.screen()
        expect(text in screen, sentence, screen)
        return screen

    def type(self, command):
        """What it says until the next prompt; its last line is the exit code."""
        self.commands += 1
        self.run("clear-history")
        self.run("send-keys", "-l", f"clear; {command}; echo code $?. {self.commands}")
        self.run("send-keys", "Enter")
        end = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < end:
            screen = self.screen()
            said = re.search(rf"^(.*^code \d+\. {self.commands})\s+ready\$\s*$", screen, re.M | re.S)
            if said:
                return said.group(1)
            time.sleep(0.1)
        sys.exit(f"FAIL: {command} does not end\n{self.screen()}")


def read(screen, pattern):
    found = re.search(pattern, screen, re.M)
    expect(found, f"the screen says: {pattern}", screen)
    return found.group(1).strip()


def says(screen, *sentences):
    for sentence in sentences:
        expect(sentence in screen, f"the screen says: {sentence}", screen)


def look(terminal, command):
    """irqlab top of the run that failed: to its end, where the gate is."""
    terminal.run("send-keys", "-l", f"clear; {command}; echo seen")
    terminal.run("send-keys", "Enter")
    terminal.wait("PAUSED", "top shows the run, at its beginning")
    terminal.run("send-keys", "Space")
    screen = terminal.wait("BLOCKED 1", "it was blocked in the end")
    expect(re.search(r"SGI +1 .*BLOCKED .*enabled", screen), "by the gate enabled", screen)
    terminal.run("send-keys", "q")
    terminal.wait("\nseen\n", "q leaves it")


def first_lesson(terminal):
    listed = terminal.type("irqlab lesson")
    says(listed, "Gates on the way", "  1  [>]  one interrupt, from me to me", "code 0.")
    lesson = terminal.type(read(listed, r"Start: (irqlab lesson .*)$"))
    says(lesson, "GOAL", "STORY", "WHAT TO DO", "code 0.")
    source = read(lesson, r"Your copy of the program:\n +(\S+)$")
    check = read(lesson, r"^ +(irqlab lesson \d+ --check)$")
    failed = terminal.type(check)
    says(failed, "nothing came", "NOT YET", "The first closed gate is 'enabled': Is the",
         "GICR_ISENABLER0.Set_enable_bit1 = 0x0 (wanted == 0x1)", "code 1.")
    look(terminal, read(lesson, r"See the run: +(irqlab lesson \d+ --top)$"))
    hint = read(failed, r"^Stuck\? (irqlab lesson \d+ --hint)$")
    for number in (1, 2, 3):
        screen = terminal.type(hint)
        says(screen, f"Hint {number} of 3", "code 0.")
    line = read(screen, r"^ +(gic_\w+\(.*\);)$")
    says(terminal.type(EDIT.format(line=line, path=source)), "code 0.")
    passed = terminal.type(check)
    says(passed, "my own message has reached me", "PASSED", "code 0.")
    says(terminal.type(read(passed, r"Next: (irqlab lesson .*)$")), "Lesson 2: ", "WHAT TO DO")
    says(terminal.type("irqlab lesson"), "  1  [x]  one interrupt", "Next:  irqlab lesson 2")


def narrow(terminal):
    """Nothing is broken inside a word, but a path that is longer than the screen is wide."""
    for columns in (80, 60):
        terminal.run("resize-window", "-x", str(columns), "-y", "40")
        for words in ("", "2", "2 --check", "--words", "16", "16 --check", "3 --hint"):
            for line in terminal.type(f"irqlab lesson {words}").splitlines():
                expect(len(line.rstrip()) <= columns or len(line.rstrip(" \\").split()) == 1,
                       f"a line of irqlab lesson {words} fits into {columns} columns", line, False)
        expect(True, f"lessons fit into {columns} columns")
    terminal.run("resize-window", "-x", "100", "-y", "40")


def wrong_input(terminal):
    says(terminal.type("irqlab lesson 99"), "there is no lesson '99'; irqlab lesson lists all", "code 120.")
    says(terminal.type("irqlab lesson 1 2"), "one lesson at a time", "code 120.")
    says(terminal.type("irqlab lesson 1 --chek"), "'--chek' is not an option; see irqlab lesson --help", "code 120.")
    says(terminal.type("irqlab lesson --check"), "which lesson? irqlab lesson lists them", "code 120.")
    says(terminal.type("irqlab lesson 1 --check --hint"), "do not go together", "code 120.")
    says(terminal.type("irqlab lesson 1 --dir"), "needs a value", "code 120.")
    says(terminal.type("irqlab lesson --help"), "Usage: irqlab lesson", "--check", "code 0.")


def main():
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        terminal = Terminal(os.path.realpath(folder))
        try:
            first_lesson(terminal)
            narrow(terminal)
            wrong_input(terminal)
        finally:
            terminal.run("kill-server")


main()
