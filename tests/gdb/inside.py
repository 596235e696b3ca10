# SPDX-License-Identifier: GPL-2.0-or-later
"""For test scripts that run inside gdb."""
import os
import re
import subprocess
import sys
import tempfile
import traceback

import gdb


def do(command):
    """What gdb says: also what comes by itself when the guest stops, which to_string leaves out."""
    gdb.flush()
    kept = [os.dup(fd) for fd in (1, 2)]
    with tempfile.TemporaryFile() as file:
        for fd in (1, 2):
            os.dup2(file.fileno(), fd)
        try:
            gdb.execute(command)
        finally:
            gdb.flush()
            for fd in (1, 2):
                os.dup2(kept[fd - 1], fd)
                os.close(kept[fd - 1])
        file.seek(0)
        text = file.read().decode(errors="replace")
    sys.stdout.write(f"(gdb) {command}\n{text}")
    return text


def value(expression):
    return int(gdb.parse_and_eval(expression))


def check(what, good, seen=""):
    print(("PASS: " if good else "FAIL: ") + what + (f" ({seen})" if seen and not good else ""))
    if not good:
        raise AssertionError(what)


def equal(what, seen, wanted):
    check(what, seen == wanted, f"{seen!r}, wanted {wanted!r}")


def has(what, text, pattern):
    check(what, re.search(pattern, text), text)


def pc():
    return value("(unsigned long)$pc")


def address(symbol):
    return value(f"(unsigned long)&{symbol}")


def function():
    frame = gdb.selected_frame()
    return frame.name()


def same_hash():
    print("SAME HASH")


def interrupt_later(seconds):
    """Ctrl-C, from another process."""
    return subprocess.Popen(["sh", "-c", f"sleep {seconds}; kill -INT {os.getpid()}"])


def attach():
    do("set pagination off")
    do("set confirm off")
    do("set width 0")
    do("set breakpoint pending off")
    do(f"target remote {os.environ['GDB_SOCKET']}")


def run(tests):
    name = os.environ["GDB_TEST"]
    try:
        attach()
        tests[name.replace("-", "_")]()
        print(f"PASS: {name}")
    except Exception:  # gdb goes on after an error; this ends it
        print(f"FAIL: {name}\n{traceback.format_exc()}")
        try:
            do("kill")
        except gdb.error:
            pass
