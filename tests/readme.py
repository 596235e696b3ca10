#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs every `$ irqlab` command of the README, in its order, and looks for the output that it shows.
readme.py README IRQLAB IMAGES KERNEL INITRD. Numbers may differ, words may not; `...` is for what is left out."""
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "linux"))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "view"))
from drive import Console  # noqa: E402
from terminal import Terminal  # noqa: E402

LINUX = "-kernel linux -initrd initrd.gz -append console=ttyAMA0 -smp 2 -m 512 -nographic"


def examples(text):
    """(command, lines of output) of each indented block's prompts."""
    found = []
    for line in text.splitlines():
        if line.startswith("    $ "):
            found.append((line[6:].split(" # ")[0].rstrip(), []))
        elif line.startswith("    ") and found and found[-1][1] is not None:
            found[-1][1].append(line[4:])
        elif found and not line.startswith("    "):
            found[-1] = (found[-1][0], found[-1][1] or [])
            found.append((None, None))
    return [(c, o) for c, o in found if c]


def complete(command, irqlab):
    """What the README leaves out of a command."""
    command = command.split(";")[0]
    if " ..." in command:
        given = LINUX
        for option in re.findall(r" (-\w+) ", command):
            given = re.sub(rf"{option} \S+ ?", "", given)
        command = command.replace(" ...", " " + given, 1)
    words = shlex.split(command)
    words[0] = irqlab
    if "-nographic" not in words and words[1] == "run":
        words.append("-nographic")
    return words


def pattern(line):
    """A line of output as a regular expression: any number for a number."""
    parts = []
    for part in re.split(r"(\.\.\.|0x[0-9a-f]+|\b[0-9a-f]{16}\b|\d+(?:\.\d+)?|\s+)", line):
        if part == "...":
            parts.append(".*")
        elif re.fullmatch(r"\s+", part or "x"):
            parts.append(r"\s+")
        elif re.fullmatch(r"0x[0-9a-f]+|[0-9a-f]{16}|\d+(\.\d+)?", part or "x"):
            parts.append(r"[0-9a-fx.]+")
        else:
            parts.append(re.escape(part))
    return "".join(parts)


def shown(output, lines):
    """The first line of the README that does not come, in order; None if all do."""
    at = 0
    for line in lines:
        if line.strip() == "..." or not line.strip():
            continue
        found = re.search(pattern(line.strip()), output[at:])
        if not found:
            return line
        at += found.end()
    return None


def typed(words):
    """A person at the shell: types a command, and ends it."""
    console = Console(words, 500)
    console.expect("IRQLAB-SHELL: ready")
    console.expect(r"[#$] ")
    console.send("/bin/busybox poweroff -f\r")
    return console.finish(), console.text


def watched(words):
    """A person at a terminal: looks until something is blocked, and quits."""
    with Terminal(words, 120, 30) as terminal:
        terminal.wait("BLOCKED [1-9]")
        text = terminal.text()
        terminal.keys("q")
        return int(terminal.exit_code()), text


def served(words):
    """A person who opens the address in a browser, and then presses Ctrl-C."""
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True) as server:
        text = server.stdout.readline()
        with urllib.request.urlopen(text.split()[-1], timeout=60) as page:
            assert "irqlab" in page.read().decode()
        server.send_signal(signal.SIGINT)
        return server.wait(60), text


def execute(words):
    if any("irqlab.shell" in word for word in words):
        return typed(words)
    if words[1] in ("top", "serve"):
        return watched(words) if words[1] == "top" else served(words)
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=500, check=False)
    return done.returncode, done.stdout.decode(errors="replace").replace("\r", "")


def main():
    readme, irqlab, images, kernel, initrd = (os.path.abspath(a) for a in sys.argv[1:6])
    with open(readme, encoding="utf-8") as file:
        wanted = examples(file.read())
    failed = 0
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        xen = os.path.join(os.path.dirname(kernel), "xen")
        for name, path in (("images", images), ("linux", kernel), ("initrd.gz", initrd), ("xen", xen)):
            os.symlink(path, name)
        with open("disk.img", "wb") as file:
            file.truncate(1 << 20)
        for command, lines in wanted:
            words = complete(command, irqlab)
            code, output = execute(words)
            if "; head" in command:
                with open("summary.json", encoding="utf-8") as file:
                    output += file.read()
            missing = shown(output, lines)
            told = f"exit code {code}" in output
            good = (code < 100 or told) and missing is None
            failed += not good
            print(("PASS" if good else "FAIL") + f": {command}", flush=True)
            if not good:
                print(f"exit code {code}, not there: {missing}\n{output[-3000:]}")
    print(f"{len(wanted)} commands, {failed} failed")
    sys.exit(1 if failed or len(wanted) < 8 else 0)


if __name__ == "__main__":
    main()
