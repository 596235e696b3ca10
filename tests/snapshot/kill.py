#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""kill -9 at any moment of a snapshot's writing leaves the old file or the new one, whole.

    kill.py IRQLAB IMAGE
"""
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

ROUNDS = 40
INSTRUCTIONS = {1000: b"old", 2000: b"new"}


def write(irqlab, image, file, at):
    """64 MiB that do not compress much, so that there is something to interrupt."""
    return subprocess.Popen([irqlab, "run", "-kernel", image, "-semihosting", "-m", "128M",
                             "-device", f"loader,file={file}.noise,addr=0x42000000",
                             "--snapshot-at", f"{at}={file}", "--max-insns", str(at)],
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                            stderr=subprocess.DEVNULL)


def taken_at(irqlab, file):
    done = subprocess.run([irqlab, "snapshot", "info", file], stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, check=False)
    if done.returncode:
        sys.exit(f"FAIL: {done.stdout.decode()}")
    return int(re.search(rb"instructions +(\d+)", done.stdout)[1])


def main():
    irqlab, image = sys.argv[1:]
    seen = {1000: 0, 2000: 0}
    chance = random.Random(1)
    with tempfile.TemporaryDirectory() as folder:
        file = os.path.join(folder, "snapshot")
        with open(f"{file}.noise", "wb") as noise:
            noise.write(os.urandom(16 << 20))
        start = time.monotonic()
        write(irqlab, image, file, 1000).wait()
        whole = time.monotonic() - start
        at = 2000
        for _ in range(ROUNDS):
            process = write(irqlab, image, file, at)
            time.sleep(chance.uniform(0, 1.2 * whole))
            process.send_signal(signal.SIGKILL)
            process.wait()
            now = taken_at(irqlab, file)
            if now not in seen:
                sys.exit(f"FAIL: a snapshot at {now} instructions")
            seen[now] += 1
            at = 3000 - now
    print(f"{ROUNDS} kills; the files found: {seen}")


main()
