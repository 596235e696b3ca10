#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs the GIC's tests of kvm-unit-tests, built elsewhere, by hand:

    tests/linux/kut.py IRQLAB KUT [--smp N] [--test NAME]...

KUT is the folder of a kvm-unit-tests that was configured for arm64 and made. All errata that it
knows of are declared mended. Where a test asks to be migrated, its GIC is renewed over the control
socket: saved by device attributes, and a new one goes on. Each test is then replayed from a
recording, which must end in the same state.
"""
import argparse
import json
import os
import re
import select
import socket
import subprocess
import sys
import tempfile
import time

TESTS = ["ipi", "active", "its-introspection", "its-trigger", "its-migration",
         "its-pending-migration", "its-migrate-unmapped-collection"]
PATIENCE_SECONDS = 60


def renew(path):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        client.sendall(b'{"execute": "renew-gic"}\n')
        reply = json.loads(client.makefile().readline())
    if "return" not in reply:
        raise RuntimeError(f"renew-gic: {reply}")


def follow(run, control):
    """Answers each wish to be migrated; returns what the console said and how many there were."""
    text, answered, skipped, end = "", 0, False, time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if select.select([run.stdout], [], [], 1)[0]:
            piece = os.read(run.stdout.fileno(), 65536).decode(errors="replace")
            if not piece:
                return text, answered
            text += piece
        if len(re.findall("Now migrate the VM", text)) > answered:
            answered += 1
            renew(control)
            os.write(run.stdin.fileno(), b"\n")
        elif "Skipped VM migration" in text and not skipped:
            skipped = True
            os.write(run.stdin.fileno(), b"\n")
    run.kill()
    return text, answered


def write_environment(kut, folder):
    """Lines like ERRATA_6c7a5dce22b3=y; the commits are in the first column of errata.txt."""
    path = os.path.join(folder, "environment")
    with open(os.path.join(kut, "errata.txt"), encoding="utf-8") as errata, \
         open(path, "w", encoding="utf-8") as out:
        for commit in re.findall("^([0-9a-f]{12})", errata.read(), re.M):
            out.write(f"ERRATA_{commit}=y\n")
    return path


def run_test(args, name, folder):
    control, record = os.path.join(folder, "control"), os.path.join(folder, "record")
    command = [args.irqlab, "run", "-machine", "virt", "-cpu", "cortex-a57", "-smp",
               str(args.smp), "-m", "256", "-nographic", "-device", "virtio-serial-device",
               "-device", "virtconsole,chardev=c", "-chardev", "testdev,id=c", "-kernel",
               os.path.join(args.kut, "arm", "gic.flat"), "-append", name, "-initrd",
               write_environment(args.kut, folder), "--control", control,
               "--record", record]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as run:
        text, migrations = follow(run, control)
    replay = subprocess.run([args.irqlab, "replay", record, "-serial", "null"],
                            capture_output=True, timeout=PATIENCE_SECONDS, check=False)
    problems = [f"not done after {PATIENCE_SECONDS} s"] if run.returncode < 0 else []
    if "SKIP" in text:
        problems.append("skipped")
    if not re.search(r"EXIT: STATUS=1\b", text) or re.search(r"^FAIL", text, re.M):
        problems.append("failed")
    if "migra" in name and not migrations:
        problems.append("never asked to be migrated")
    if replay.returncode != run.returncode:
        problems.append(f"its replay ends with {replay.returncode}, not {run.returncode}: "
                        f"{replay.stderr.decode(errors='replace').strip()}")
    return text, migrations, problems


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("irqlab")
    parser.add_argument("kut")
    parser.add_argument("--test", action="append")
    parser.add_argument("--smp", type=int, default=4)
    args = parser.parse_args()
    bad = 0
    for name in args.test or TESTS:
        with tempfile.TemporaryDirectory() as folder:
            text, migrations, problems = run_test(args, name, folder)
        passes = len(re.findall(r"^PASS", text, re.M))
        print(f"{name}: {'FAILED: ' + '; '.join(problems) if problems else 'passed'} "
              f"({passes} checks, renewed {migrations} times)")
        if problems:
            print(text)
            bad += 1
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
