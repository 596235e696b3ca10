#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What is watched can be recorded: whoever ends it, the recording replays to the same state.
recorded.py IRQLAB IMAGES"""
import os
import signal
import subprocess
import sys
import tempfile

from terminal import Terminal

irqlab, images = sys.argv[1:3]
guest = ["-smp", "4", "-gic", "spis=64", "-kernel", os.path.join(images, "view-crowd.elf")]


def replay(path, codes):
    done = subprocess.run([irqlab, "replay", path], stdout=subprocess.DEVNULL, timeout=120)
    assert done.returncode in codes, f"the replay ended with {done.returncode}, not {codes}"


def a_person_quits(path):
    with Terminal([irqlab, "top", *guest, "--record", path]) as terminal:
        terminal.wait("BLOCKED [1-9]")
        terminal.keys("S") # there is no way back, and it says so
        terminal.wait("no way back while the run is recorded")
        terminal.keys("q")
        code = terminal.exit_code()
        assert code == "0", f"top ended with {code}"
    replay(path, [0])


def a_signal_ends_it(path):
    with subprocess.Popen([irqlab, "serve", *guest, "--record", path], stderr=subprocess.PIPE,
                          text=True) as server:
        server.stderr.readline()
        server.send_signal(signal.SIGINT)
        code = server.wait(60)
        assert code == 0, f"serve ended with {code}"
    replay(path, [0, 110]) # by whoever saw the signal first


with tempfile.TemporaryDirectory() as folder:
    a_person_quits(os.path.join(folder, "quit"))
    a_signal_ends_it(os.path.join(folder, "signal"))
print("PASS")
