#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The control socket as a client sees it: control.py IRQLAB."""
import json
import os
import socket
import stat
import subprocess
import sys
import tempfile
import time

IRQLAB = sys.argv[1]
BRANCH_TO_SELF = b"\x00\x00\x00\x14"


def check(what, good):
    print(("PASS: " if good else "FAIL: ") + what, flush=True)
    if not good:
        sys.exit(1)


def command(path):
    return [IRQLAB, "run", "-kernel", path + ".image", "-nographic", "--control", path]


def start(path):
    run = subprocess.Popen(command(path), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE)
    for _ in range(600):
        if os.path.exists(path) or run.poll() is not None:
            return run
        time.sleep(0.05)
    sys.exit("FAIL: no socket appeared")


class Client:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(path)
        self.file = self.socket.makefile("rb")

    def raw(self, line):
        self.socket.sendall(line)
        answer = self.file.readline()
        return json.loads(answer) if answer else None

    def call(self, command, **arguments):
        return self.raw(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")


def check_run_control(client):
    check("stop holds the machine", client.call("stop") == {"return": {}})
    first = client.call("query-status")["return"]
    time.sleep(0.2)
    check("a held machine does not move", client.call("query-status")["return"] == first)
    check("and says so", first["status"] == "paused")
    client.call("cont")
    for _ in range(600):
        now = client.call("query-status")["return"]
        if now["instructions"] > first["instructions"]:
            break
    check("cont lets it go on", now["instructions"] > first["instructions"])


def check_refusals(client):
    cases = [(b"\n", "Malformed"), (b"[]\n", "Malformed"), (b'{"execute": 1}\n', "Malformed"),
             (b'{"execute": "stop", "arguments": []}\n', "Malformed"),
             (b'{"execute": "format-disk"}\n', "CommandNotFound"), (b"\xff\xfe\n", "Malformed")]
    for line, kind in cases:
        check(f"{line!r} is refused as {kind}", client.raw(line)["error"]["class"] == kind)
    check("an id comes back", client.raw(b'{"execute": "cont", "id": [7]}\n')["id"] == [7])
    names = [c["name"] for c in client.call("query-commands")["return"]]
    check("the list of commands has what it answers to", {"stop", "quit"} <= set(names))


def check_renewal(client):
    check("renew-gic is done when it answers", client.call("renew-gic") == {"return": {}})
    first = client.call("query-status")["return"]["instructions"]
    for _ in range(600):
        now = client.call("query-status")["return"]["instructions"]
        if now > first:
            break
    check("and the machine goes on with another GIC", now > first)


def check_replay_of_quit(path):
    record = path + ".record"
    run = subprocess.Popen([*command(path), "--record", record], stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not os.path.exists(path) and run.poll() is None:
        time.sleep(0.05)
    check("a recorded run is quit", "return" in Client(path).call("quit") and run.wait(60) == 0)
    done = subprocess.run([IRQLAB, "replay", record], stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=120, check=False)
    check("its replay ends there, in the same state", done.returncode == 0)


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "control")
        with open(path + ".image", "wb") as file:
            file.write(BRANCH_TO_SELF)
        run = start(path)
        check("the socket is its owner's alone", stat.S_IMODE(os.stat(path).st_mode) == 0o600)
        client = Client(path)
        check_run_control(client)
        check_refusals(client)
        check_renewal(client)
        second = subprocess.run(command(path), stdin=subprocess.DEVNULL, capture_output=True,
                                check=False)
        check("a second irqlab there is refused",
              second.returncode == 120 and b"another irqlab listens" in second.stderr)
        check("too long a line ends the connection",
              client.raw(b"x" * 65536)["error"]["class"] == "TooLong")
        client = Client(path)
        check("the next client is served", "return" in client.call("query-status"))
        done = subprocess.run([IRQLAB, "control", path, "quit"], capture_output=True, check=False)
        check("irqlab control sends a command", done.returncode == 0)
        check("quit ends the run with exit code 0", run.wait(60) == 0)
        check("and the socket is gone", not os.path.exists(path))
        done = subprocess.run([IRQLAB, "control", path, "quit"], capture_output=True, check=False)
        check("nobody there is said", done.returncode == 120 and b"no irqlab" in done.stderr)
        check_replay_of_quit(path)
        with open(path, "w", encoding="utf-8"):
            pass
        run = start(path)
        check("a file of that name is not replaced",
              run.wait(60) == 120 and b"no socket" in run.stderr.read())


if __name__ == "__main__":
    main()
