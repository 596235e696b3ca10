#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""A debugged run: run.py IRQLAB GDB SCRIPT TEST IMAGE [OPTION of irqlab run]...

Starts irqlab frozen, lets the real gdb run TEST of SCRIPT (Python, inside gdb) against it, and
prints what both said. Fails if either does. A test that says SAME HASH has changed nothing: the run
must end in the same state as one without a debugger.
"""
import json
import os
import subprocess
import sys
import tempfile
import time

IRQLAB, GDB, SCRIPT, TEST, IMAGE = sys.argv[1:6]
OPTIONS = sys.argv[6:]
LIMIT = 110  # of --max-insns
HERE = os.path.dirname(os.path.abspath(__file__))


def command(summary, *more):
    if IMAGE.endswith(".recording"):
        return [IRQLAB, "replay", IMAGE, f"--json={summary}", *OPTIONS, *more]
    if IMAGE.endswith(".schedule"):
        return [IRQLAB, "explore", "--replay", IMAGE, *OPTIONS, *(m for m in more if m != "-S")]
    return [IRQLAB, "run", "-kernel", IMAGE, "-nographic", "-semihosting", f"--json={summary}",
            *OPTIONS, *more]


def start_tcp(summary):
    run = subprocess.Popen(command(summary, "-gdb", "tcp:localhost:0", "-S"),
                           stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                           stderr=subprocess.PIPE, text=True)
    return run, run.stderr.readline().split()[-1]


def start(path, summary):
    run = subprocess.Popen(command(summary, "-gdb", f"unix:{path}", "-S"),
                           stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT)
    for _ in range(600):
        if os.path.exists(path) or run.poll() is not None:
            return run
        time.sleep(0.02)
    sys.exit("FAIL: no socket appeared")


def debug(path):
    environment = dict(os.environ, GDB_TEST=TEST, GDB_SOCKET=path, PYTHONPATH=HERE)
    script = [GDB, "-nx", "-batch", "-iex", "set debuginfod enabled off",
              "-iex", f"python import sys; sys.path.insert(0, '{HERE}')"]
    if IMAGE.endswith(".elf"):
        script.append(IMAGE)
    # gdb's exit code says nothing of an error in a script: the last line does.
    done = subprocess.run(script + ["-x", SCRIPT], env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240)
    return done.stdout


def state(summary):
    with open(summary) as file:
        end = json.load(file)
    return end["state_hash"], end["instructions"], end["virtual_time_ns"], end["exit_code"]


def compare(folder, summary):
    alone = os.path.join(folder, "alone.json")
    subprocess.run(command(alone), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL, timeout=240)
    if state(alone) != state(summary):
        sys.exit(f"FAIL: debugged {state(summary)}, alone {state(alone)}")
    print(f"PASS: the end is that of a run without a debugger, {state(alone)}")


def main():
    with tempfile.TemporaryDirectory() as folder:
        path, summary = os.path.join(folder, "gdb"), os.path.join(folder, "end.json")
        if TEST.endswith("tcp"):
            run, path = start_tcp(summary)
        else:
            run = start(path, summary)
        try:
            said = debug(path)
            print(said)
            output = (run.communicate(timeout=240)[0] or b"").decode(errors="replace")
        finally:
            run.kill()
        print(output)
        if IMAGE.endswith(".schedule") and "1 times the same" in output:
            run.returncode = 0
        if not said.rstrip().endswith(f"PASS: {TEST}") or run.returncode not in (0, LIMIT):
            sys.exit(f"FAIL: {TEST}, irqlab's exit code {run.returncode}")
        if "SAME HASH" in said:
            compare(folder, summary)


main()
