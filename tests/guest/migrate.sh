#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# migrate.sh IMAGE QEMU OPTION... - runs gic_restore.c's IMAGE on qemu, saves the machine when the
# guest says READY, and goes on in another qemu. Prints both serial outputs; needs python3.
set -eu
image=$1
shift
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
exec python3 - "$dir" "$image" "$@" <<'END'
import json, os, socket, subprocess, sys, time

directory, image, qemu = sys.argv[1:4]


def start(name, extra):
    serial, control = f"{directory}/{name}.serial", f"{directory}/{name}.qmp"
    process = subprocess.Popen(
        [qemu, *sys.argv[4:], "-kernel", image, "-semihosting", "-display",
         "none", "-serial", f"file:{serial}", "-qmp", f"unix:{control},server=on,wait=off", *extra])
    return process, serial, control


def wait_for(condition, what):
    for _ in range(1000):
        if condition():
            return
        time.sleep(0.02)
    sys.exit(f"migrate.sh: {what} did not come")


def text(path):
    return open(path).read() if os.path.exists(path) else ""


class Control:
    def __init__(self, path):
        wait_for(lambda: os.path.exists(path), path)
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(path)
        self.file = connection.makefile("rw")
        self.file.readline()
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        self.file.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.file.flush()
        while True:
            answer = json.loads(self.file.readline())
            if "return" in answer:
                return answer["return"]
            if "error" in answer:
                sys.exit(f"migrate.sh: {command}: {answer['error']['desc']}")


first, serial1, control1 = start("first", [])
wait_for(lambda: "READY" in text(serial1), "READY")
one = Control(control1)
one.ask("stop")
one.ask("migrate", uri=f"exec:cat > {directory}/state")
wait_for(lambda: one.ask("query-migrate").get("status") == "completed", "the saved state")
first.terminate()
first.wait()
second, serial2, control2 = start("second", ["-incoming", f"exec:cat {directory}/state"])
two = Control(control2)
wait_for(lambda: two.ask("query-status")["status"] in ("paused", "running"), "the restored state")
two.ask("cont")
status = second.wait(timeout=30)
print(text(serial1) + text(serial2), end="")
sys.exit(status)
END
