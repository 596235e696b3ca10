#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Runs tests of kvm-unit-tests, built elsewhere, by hand:

    tests/linux/kut.py IRQLAB KUT [--smp N] [--cpu NAME] [--test NAME]...
    tests/linux/kut.py IRQLAB KUT --el2
    tests/linux/kut.py IRQLAB KUT --nested GUESTS/linux-6.12 [--cpu cortex-a72]

KUT is the folder of a kvm-unit-tests that was configured for arm64 and made. All errata that it
knows of are declared mended. Where a test asks to be migrated, its GIC is renewed over the control
socket: saved by device attributes, and a new one goes on. Each test is then replayed from a
recording, which must end in the same state.

--el2 gives the test EL2; it stays there on a CPU with VHE (max). With --nested, Debian's QEMU runs
the tests by KVM inside Linux, and migrates them to another QEMU; GUESTS is what fetch.sh made.

On a CPU without VHE, --el2 cannot pass 'ipi', 'its-trigger' and the migrations, on any machine: other
CPUs than the first go to EL1t there, and take their first interrupt at EL1h with an SP_EL1 that
nobody set. Nor 'micro-bench': it calls a hypervisor (HVC) that is not there."""
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

import nested
from drive import APPEND, inner_and_outer, run

# Name: program, its words, how many CPUs (None: as asked for).
TESTS = {"selftest-setup": ("selftest", "setup smp=2 mem=256", 2),
         "selftest-vectors-kernel": ("selftest", "vectors-kernel", 1),
         "selftest-vectors-user": ("selftest", "vectors-user", 1),
         "selftest-smp": ("selftest", "smp", None),
         "ipi": ("gic", "ipi", None),
         "active": ("gic", "active", None),
         "its-introspection": ("gic", "its-introspection", None),
         "its-trigger": ("gic", "its-trigger", None),
         "its-migration": ("gic", "its-migration", None),
         "its-pending-migration": ("gic", "its-pending-migration", None),
         "its-migrate-unmapped-collection": ("gic", "its-migrate-unmapped-collection", None),
         "psci": ("psci", "", None),
         "timer": ("timer", "", 1),
         "micro-bench": ("micro-bench", "", 2),
         "cache": ("cache", "", 1)}
PATIENCE_SECONDS = 60
DEVICES = ["-device", "virtio-serial-device", "-device", "virtconsole,chardev=c", "-chardev",
           "testdev,id=c"]


def renew(path):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        client.sendall(b'{"execute": "renew-gic"}\n')
        reply = json.loads(client.makefile().readline())
    if "return" not in reply:
        raise RuntimeError(f"renew-gic: {reply}")


def follow(process, control):
    """Answers each wish to be migrated; returns what the console said and how many there were."""
    text, answered, skipped, end = "", 0, False, time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if select.select([process.stdout], [], [], 1)[0]:
            piece = os.read(process.stdout.fileno(), 65536).decode(errors="replace")
            if not piece:
                return text, answered
            text += piece
        if len(re.findall("Now migrate the VM", text)) > answered:
            answered += 1
            renew(control)
            os.write(process.stdin.fileno(), b"\n")
        elif "Skipped VM migration" in text and not skipped:
            skipped = True
            os.write(process.stdin.fileno(), b"\n")
    process.kill()
    return text, answered


def write_environment(kut, folder):
    """Lines like ERRATA_6c7a5dce22b3=y; the commits are in the first column of errata.txt."""
    path = os.path.join(folder, "environment")
    with open(os.path.join(kut, "errata.txt"), encoding="utf-8") as errata, \
         open(path, "w", encoding="utf-8") as out:
        for commit in re.findall("^([0-9a-f]{12})", errata.read(), re.M):
            out.write(f"ERRATA_{commit}=y\n")
    return path


def problems_of(name, text, migrations):
    problems = []
    if "SKIP" in text:
        problems.append("skipped")
    if not re.search(r"EXIT: STATUS=1\b", text) or re.search(r"^FAIL", text, re.M):
        problems.append("failed")
    if "migra" in name and not migrations:
        problems.append("never asked to be migrated")
    return problems


def run_test(args, name, folder):
    program, words, smp = TESTS[name]
    control, record = os.path.join(folder, "control"), os.path.join(folder, "record")
    command = [args.irqlab, "run", "-machine", args.machine, "-cpu", args.cpu, "-smp",
               str(smp or args.smp), "-m", "256", "-nographic", *DEVICES, "-kernel",
               os.path.join(args.kut, "arm", f"{program}.flat"), "-append", words, "-initrd",
               write_environment(args.kut, folder), "--control", control, "--record", record]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as process:
        text, migrations = follow(process, control)
    if process.returncode < 0:
        return text, migrations, [f"not done after {PATIENCE_SECONDS} s"]
    replay = subprocess.run([args.irqlab, "replay", record, "-serial", "null"],
                            capture_output=True, timeout=PATIENCE_SECONDS, check=False)
    problems = problems_of(name, text, migrations)
    if replay.returncode != process.returncode:
        problems.append(f"its replay ends with {replay.returncode}, not {process.returncode}: "
                        f"{replay.stderr.decode(errors='replace').strip()}")
    return text, migrations, problems


# What follows runs inside: a function for each kind of test, then a line for each test.
INSIDE = """#!/bin/busybox sh
/bin/busybox mkdir -p /bin /tmp
/bin/busybox --install -s /bin
start() {
    {qemu} -accel kvm -machine virt,gic-version=3 -cpu host -smp $smp -m 256 -nodefaults \\
        -display none {devices} -kernel /kut/$program.flat -append "$words" \\
        -initrd /kut/environment "$@"
}
console() {
    rm -f /con.in /con.out /mon.in /mon.out /monitor
    mkfifo /con.in /con.out /mon.in /mon.out
    cat /con.out >>/text &
    cat /mon.out >/monitor &
    set -- -chardev pipe,id=s,path=/con -serial chardev:s -chardev pipe,id=m,path=/mon -mon m "$@"
    start "$@" &
    qemu=$!
}
plainly() {
    start -serial stdio </dev/null >/text 2>&1
}
until_monitor_says() {
    until grep -q "$2" /monitor; do
        alive || return
        echo "$1" >/mon.in
        usleep 50000
    done
}
alive() {
    kill -0 $qemu 2>/dev/null
}
migrated() {
    rm -f /text
    console
    until grep -q 'migrate the VM\\|Skipped VM' /text; do alive || return; usleep 10000; done
    echo 'migrate "exec:cat >/state"' >/mon.in
    until_monitor_says 'info migrate' 'status: completed' || return
    echo quit >/mon.in
    wait $qemu
    console -incoming 'exec:cat /state'
    until_monitor_says 'info status' 'status: running' || return
    echo >/con.in
    wait $qemu
}
run() {
    how=$1 smp=$2 program=$3 words=$4
    $how
    echo "| EXIT: code $?"
    sed 's/^/| /' /text
    echo "KUT: end"
}
"""


def inside(tests, smp):
    """The script that runs @tests in the guest."""
    lines = [INSIDE.replace("{qemu}", nested.QEMU).replace("{devices}", " ".join(DEVICES))]
    for name in tests:
        program, words, cpus = TESTS[name]
        how = "migrated" if "migra" in name else "plainly"
        lines.append(f"echo 'KUT: begin {name}'\nrun {how} {cpus or smp} {program} '{words}'\n")
    return "".join(lines)


def kut_initrd(args, tests, folder):
    """The small initramfs, QEMU, and the tests' programs."""
    guests = os.path.dirname(args.nested)
    tree, initrd, script = (os.path.join(folder, name) for name in ("tree", "outer.gz", "nested"))
    with open(script, "w", encoding="utf-8") as out:
        out.write(inside(tests, args.smp))
    nested.make_initrd(guests, initrd, script)
    names = nested.copy_qemu(guests, tree) + ["kut", "kut/environment"]
    nested.copy(write_environment(args.kut, folder), tree, "kut/environment")
    for program in sorted({TESTS[name][0] for name in tests}):
        names.append(f"kut/{program}.flat")
        nested.copy(os.path.join(args.kut, "arm", f"{program}.flat"), tree, names[-1])
    nested.add_files(initrd, names, tree)
    return initrd


def run_nested(args, tests):
    """All tests in one run of the outer machine; yields what run_test() returns of each."""
    with tempfile.TemporaryDirectory() as folder:
        options = ["-machine", args.machine, "-cpu", args.cpu, "-smp", str(args.smp),
                   "-m", "1G", "-nographic", "-kernel", args.nested, "-initrd",
                   kut_initrd(args, tests, folder), "-append",
                   f"{APPEND} irqlab.nested {args.append}"]
        code, text, summary = run(args.irqlab, options, args.timeout)
    if args.verbose:
        print(text)
    print(f"the outer machine: exit code {code}, state {summary['state_hash']}")
    for name in tests:
        said = re.search(rf"KUT: begin {name}\r?\n(.*?)KUT: end", text, re.S)
        inner = inner_and_outer(said[1])[0] if said else ""
        migrations = inner.count("Migration complete")
        yield name, inner, migrations, problems_of(name, inner, migrations)


def run_plain(args, tests):
    for name in tests:
        with tempfile.TemporaryDirectory() as folder:
            yield name, *run_test(args, name, folder)


def parsed():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("irqlab")
    parser.add_argument("kut")
    parser.add_argument("--test", action="append", choices=TESTS)
    parser.add_argument("--smp", type=int, default=4)
    parser.add_argument("--cpu", help="default: cortex-a57, or max where there is EL2")
    parser.add_argument("--machine", default="virt", help="what comes before virtualization=on")
    parser.add_argument("--el2", action="store_true")
    parser.add_argument("--nested", metavar="KERNEL")
    parser.add_argument("--append", default="", help="more words for the outer kernel")
    parser.add_argument("--timeout", type=float, default=600, help="seconds for --nested")
    parser.add_argument("--verbose", action="store_true", help="with --nested: all of the console")
    args = parser.parse_args()
    args.cpu = args.cpu or ("max" if args.el2 or args.nested else "cortex-a57")
    args.machine += ",virtualization=on" if args.el2 or args.nested else ""
    return args


def main():
    args = parsed()
    bad = 0
    tests = args.test or list(TESTS)
    for name, text, migrations, problems in (run_nested if args.nested else run_plain)(args, tests):
        passes = len(re.findall(r"^PASS", text, re.M))
        print(f"{name}: {'FAILED: ' + '; '.join(problems) if problems else 'passed'} "
              f"({passes} checks, migrated {migrations} times)", flush=True)
        if problems:
            print(text)
            bad += 1
    sys.exit(1 if bad else 0)


if __name__ == "__main__":
    main()
