# SPDX-License-Identifier: GPL-2.0-or-later
"""A terminal for tests, by tmux on a socket of its own: keys in, cells with their colours out.

    with Terminal(["irqlab", "top", ...], 80, 24) as terminal:
        terminal.wait("BLOCKED")
        terminal.keys("w")
        assert "red" in terminal.ink("priority-mask")
        terminal.picture("screen.png")
"""
import html
import os
import re
import shlex
import subprocess
import sys
import tempfile
import time

PATIENCE_S = 30
COLOURS = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"]
# As a usual terminal shows them.
RGB = {None: ("#d0d0d0", "#101418"), "black": "#101418", "red": "#ff5f5f", "green": "#5fd75f",
       "yellow": "#e5c07b", "blue": "#1f4f8f", "magenta": "#c678dd", "cyan": "#4fc1cf",
       "white": "#e6e6e6"}


class Cell:
    def __init__(self, ch, style):
        self.ch = ch
        self.ink, self.paper, self.marks = style

    def html(self):
        ink = RGB[self.ink] if self.ink else RGB[None][0]
        paper = RGB[self.paper] if self.paper else RGB[None][1]
        if "reverse" in self.marks:
            ink, paper = paper, ink
        style = f"color:{ink};background:{paper}"
        style += ";font-weight:bold" if "bold" in self.marks else ""
        style += ";opacity:.55" if "dim" in self.marks else ""
        style += ";text-decoration:underline" if "underline" in self.marks else ""
        return f'<span style="{style}">{html.escape(self.ch)}</span>'


def after(style, codes):
    """The style behind the escape sequence ESC [ codes m."""
    ink, paper, marks = style
    names = {1: "bold", 2: "dim", 4: "underline", 7: "reverse"}
    for code in [int(c or 0) for c in codes.split(";")]:
        if code == 0:
            ink, paper, marks = None, None, frozenset()
        elif code in names:
            marks |= {names[code]}
        elif 30 <= code <= 37:
            ink = COLOURS[code - 30]
        elif 40 <= code <= 47:
            paper = COLOURS[code - 40]
        elif code == 39:
            ink = None
        elif code == 49:
            paper = None
    return ink, paper, marks


def cells(line, style):
    row = []
    for part in re.split(r"(\x1b\[[0-9;]*m)", line):
        found = re.fullmatch(r"\x1b\[([0-9;]*)m", part)
        if found:
            style = after(style, found[1])
        else:
            row += [Cell(ch, style) for ch in part if ch not in "\x0e\x0f"]
    return row, style


class Terminal:
    def __init__(self, command, cols=80, rows=24, term="screen-256color", environment=None):
        self.folder = tempfile.TemporaryDirectory()
        self.socket = os.path.join(self.folder.name, "tmux")
        config = os.path.join(self.folder.name, "tmux.conf")
        with open(config, "w") as file:
            file.write(f"set -g default-terminal {term}\nset -g status off\n"
                       "set -g remain-on-exit on\nset -g remain-on-exit-format ''\n"
                       "set -s escape-time 0\n")
        words = ["env", *(f"{k}={v}" for k, v in (environment or {}).items()), *command]
        self.config = config
        self.code = os.path.join(self.folder.name, "code")
        # tmux knows that a command has ended, but not always how.
        script = (f"trap : INT; {shlex.join(words)}; echo $? >{self.code}.new; "
                  f"mv {self.code}.new {self.code}")
        self.tmux("new-session", "-d", "-x", str(cols), "-y", str(rows),
                  shlex.join(["sh", "-c", script]))

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if error[0]:
            print(f"--- the screen ---\n{self.text()}\n---", file=sys.stderr)
        self.tmux("kill-server", check=False)
        self.folder.cleanup()

    def tmux(self, *words, check=True):
        environment = {k: v for k, v in os.environ.items() if k not in ("TMUX", "NO_COLOR")}
        done = subprocess.run(["tmux", "-S", self.socket, "-f", self.config, *words],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
                              text=True, errors="replace")
        if check and done.returncode:
            raise AssertionError(f"tmux {words}: {done.stderr}")
        return done.stdout

    def keys(self, *keys):
        for key in keys:
            self.tmux("send-keys", key)

    def resize(self, cols, rows):
        self.tmux("resize-window", "-x", str(cols), "-y", str(rows))

    def says(self, what):
        """A fact by its name in tmux: pane_dead, alternate_on, cursor_flag, ..."""
        return self.tmux("display-message", "-p", f"#{{{what}}}").strip()

    def text(self):
        return self.tmux("capture-pane", "-p", check=False)

    def screen(self):
        rows, style = [], (None, None, frozenset())
        for line in self.tmux("capture-pane", "-p", "-e", "-N").split("\n")[:-1]:
            row, style = cells(line, style)
            rows.append(row)
        return rows

    def cells_of(self, text):
        """Of its first place on the screen."""
        for row in self.screen():
            at = "".join(c.ch for c in row).find(text)
            if at >= 0:
                return row[at:at + len(text)]
        raise AssertionError(f"{text!r} is not on the screen")

    def ink(self, text):
        return {cell.ink for cell in self.cells_of(text) if cell.ch != " "}

    def wait(self, wanted, seconds=PATIENCE_S):
        """Until the screen matches a regular expression, or satisfies a function; what it found."""
        end = time.monotonic() + seconds
        while True:
            text = self.text()
            found = wanted(text) if callable(wanted) else re.search(wanted, text)
            if found:
                return found
            if time.monotonic() > end:
                raise AssertionError(f"{wanted!r} did not appear:\n{text}")
            time.sleep(0.02)

    def exit_code(self, seconds=PATIENCE_S):
        end = time.monotonic() + seconds
        while not os.path.exists(self.code):
            if time.monotonic() > end:
                raise AssertionError(f"it did not end:\n{self.text()}")
            time.sleep(0.02)
        with open(self.code) as file:
            return file.read().strip()

    def picture(self, path):
        """The screen as PNG, where there is a Chromium; always as HTML beside it."""
        rows = self.screen()
        page = os.path.splitext(path)[0] + ".html"
        with open(page, "w") as file:
            file.write('<!doctype html><meta charset="utf-8"><body style="margin:8px;background:'
                       f'{RGB[None][1]}"><pre style="margin:0;font:16px/20px DejaVu Sans Mono,'
                       'monospace">' + "\n".join("".join(c.html() for c in r) for r in rows) +
                       "</pre>")
        width = 16 + int(9.64 * max(len(r) for r in rows))
        command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                   f"--window-size={width},{20 * len(rows) + 16}", f"--screenshot={path}", page]
        try:
            subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                           timeout=60, check=False)
        except (FileNotFoundError, subprocess.TimeoutExpired):
            pass
