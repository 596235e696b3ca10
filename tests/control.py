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


def check_time(client):
    def tree():
        return client.call("why-time", vcpu=0)["return"]["answer"]["tree"]

    client.call("stop")
    check("set-counter sets the system counter",
          client.call("set-counter", ticks=0x1000) == {"return": {}} and
          tree()["system_counter"] == "0x1000")
    client.call("set-counter", ticks=0x700, counter="virtual")
    check("a virtual counter sets the virtual offset alone",
          tree()["virtual_offset"] == "0x900" and tree()["cntvct"] == "0x700" and
          tree()["cntpct"] == "0x1000")
    client.call("set-offsets", virtual=-1, physical=0x10)
    check("set-offsets sets both", tree()["cntvct"] == "0x1001" and tree()["cntpct"] == "0xff0")
    check("and from then on a counter sets none",
          "set-offsets" in client.call("set-counter", ticks=1, counter="virtual")["error"]["desc"]
          and tree()["cntvct"] == "0x1001")
    client.call("set-vcpu-offset", vcpu=0, timer="CNTP", ticks=0xf0)
    check("one timer's offset is its own", tree()["cntpct"] == "0xf00" and
          tree()["cntvct"] == "0x1001")
    for words in ({"timer": "CNTX", "vcpu": 0, "ticks": 1}, {"timer": "CNTP", "vcpu": 1},
                  {"timer": "CNTP", "vcpu": 1, "ticks": 1}):
        check(f"set-vcpu-offset refuses {words}",
              "error" in client.call("set-vcpu-offset", **words))
    client.call("cont")


def check_recorded_time(folder):
    """What a client did to the time is in the recording; its replay does it again."""
    path, recording = os.path.join(folder, "time"), os.path.join(folder, "time.jsonl")
    with open(path + ".image", "wb") as file:
        file.write(BRANCH_TO_SELF)
    run = subprocess.Popen(command(path) + ["--max-insns", "100000000", "--record",
                                             recording], stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    while not os.path.exists(path) and run.poll() is None:
        time.sleep(0.05)
    client = Client(path)
    client.call("set-counter", ticks=1 << 40)
    client.call("set-offsets", virtual=5, physical=-7)
    check("a run whose time was set ends at its limit", run.wait(60) == 110)
    done = subprocess.run([IRQLAB, "replay", recording], capture_output=True, check=False,
                          timeout=60)
    check("its replay ends in the same state", done.returncode == 110)
    done = subprocess.run([IRQLAB, "why-time", "0", "--recording", recording, "--json"],
                          capture_output=True, check=False, timeout=60)
    tree = json.loads(done.stdout)["tree"]
    check("and why-time sees the offsets there", done.returncode == 1 and
          tree["virtual_offset"] == "0x5" and tree["physical_offset"] == "0xfffffffffffffff9" and
          int(tree["system_counter"], 16) > 1 << 40)


def main():
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "control")
        with open(path + ".image", "wb") as file:
            file.write(BRANCH_TO_SELF)
        run = start(path)
        check_recorded_time(folder)
        check("the socket is its owner's alone", stat.S_IMODE(os.stat(path).st_mode) == 0o600)
        client = Client(path)
        check_run_control(client)
        check_refusals(client)
        check_renewal(client)
        check_time(client)
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
