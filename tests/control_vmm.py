#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""The control plane as a VMM uses it, over the socket: control_vmm.py IRQLAB."""
import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import time

IRQLAB = sys.argv[1]
RAM = 0x40000000
FLAT = RAM + 0x80000  # where a flat image is loaded


def check(what, good):
    print(("PASS: " if good else "FAIL: ") + what, flush=True)
    if not good:
        sys.exit(1)


def words(*code):
    return struct.pack(f"<{len(code)}I", *code)


def movz(rd, value, shift=0):
    return 0xd2800000 | (shift // 16) << 21 | value << 5 | rd


def movk(rd, value, shift):
    return 0xf2800000 | (shift // 16) << 21 | value << 5 | rd


HVC, SPIN = 0xd4000002, 0x14000000


class Run:
    def __init__(self, folder, image, *options, name="vmm"):
        self.path = os.path.join(folder, name)
        with open(self.path + ".image", "wb") as file:
            file.write(image)
        self.process = subprocess.Popen(
            [IRQLAB, "run", "-kernel", self.path + ".image", "-nographic", "--control", self.path,
             *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        for _ in range(1200):
            if os.path.exists(self.path) or self.process.poll() is not None:
                break
            time.sleep(0.05)
        if self.process.poll() is not None:
            sys.exit("FAIL: " + self.process.stderr.read().decode())
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(self.path)
        self.file = self.socket.makefile("rb")
        self.events = []

    def call(self, command, **arguments):
        request = {"execute": command, "arguments": arguments}
        self.socket.sendall(json.dumps(request).encode() + b"\n")
        while True:
            answer = json.loads(self.file.readline())
            if "event" not in answer:
                return answer
            self.events.append(answer)

    def get(self, command, result="value", **arguments):
        return int(self.call(command, **arguments)["return"][result], 0)

    def refused(self, command, **arguments):
        return self.call(command, **arguments).get("error", {}).get("desc")

    def good(self, command, **arguments):
        return self.call(command, **arguments) == {"return": {}}

    def event(self):
        while not self.events:
            self.events.append(json.loads(self.file.readline()))
        return self.events.pop(0)["data"]

    def run_on(self):
        """Lets it run, and stops it some instructions later."""
        self.call("cont")
        while self.call("query-status")["return"]["instructions"] == 0:
            time.sleep(0.01)
        self.call("stop")

    def quit(self):
        self.call("quit")
        return self.process.wait(60)


def sysreg(op0, op1, crn, crm, op2):
    return op0 << 14 | op1 << 11 | crn << 7 | crm << 3 | op2


def one_reg(*encoding):
    return 0x6030000000130000 | sysreg(*encoding)


PC, X0 = 0x6030000000100040, 0x6030000000100000
PFR0, ISAR0 = one_reg(3, 0, 0, 4, 0), one_reg(3, 0, 0, 6, 0)
PMR, CTLR = sysreg(3, 0, 4, 6, 0), sysreg(3, 0, 12, 12, 4)
DIST, REDIST, CPU_SYSREGS, LEVEL_INFO, CTRL, ITS_REGS = 1, 5, 6, 7, 4, 8


def check_setup(folder):
    """The machine is made only when a client says so, of what it has said (S3)."""
    run = Run(folder, words(SPIN), "--configure", "--record", os.path.join(folder, "record"))
    check("before cont there is no machine",
          run.call("query-status")["return"]["status"] == "configuring" and
          "no machine yet" in run.refused("reset-vcpu", vcpu=0))
    for key, value in (("spis", 512), ("gicd-revision", 3), ("priority-bits", 7),
                       ("gicd-base", 0x8100000), ("ID_AA64PFR0_EL1", "0x1100000001111112")):
        check(f"{key} is set in any order", run.good("set-setup", key=key, value=value))
    check("what no GIC has is refused", "no value" in run.refused("set-setup", key="spis",
                                                                  value=5000))
    check("a key that is none is refused",
          "query-setup" in run.refused("set-setup", key="colour", value=1))
    run.good("set-setup", key="its-base", value=0x8100000)
    check("overlapping frames cannot be begun with", "overlap" in run.refused("cont"))
    run.good("set-setup", key="its-base", value=0x8200000)
    run.quit()
    check("quit ends it before it began", run.process.returncode == 0)

    record = os.path.join(folder, "record")
    run = Run(folder, words(SPIN), "--configure", "--record", record, "--max-insns", "30000000",
              name="setup")
    for key, value in (("gicd-revision", 3), ("priority-bits", 7)):
        run.good("set-setup", key=key, value=value)
    check("KVM's attributes for what is not made yet set it, too",
          run.good("set-gic-attr", group=0, attr=2, value=0x8100000) and
          run.good("set-gic-attr", group=3, attr=0, value=544) and
          "another kind" in run.refused("set-gic-attr", group=DIST, attr=8, value=0x4b00143b) and
          "no attribute" in run.refused("set-gic-attr", group=DIST, attr=0, value=0))
    check("the machine is made, and waits", run.good("make-machine") and
          run.call("query-status")["return"]["instructions"] == 0)
    check("its GIC is the one that was asked for",
          run.get("get-gic-attr", group=DIST, attr=8) == 0x4c00343b and
          run.get("get-gic-attr", group=3, attr=0) == 544 and
          run.get("get-gic-attr", group=0, attr=2) == 0x8100000 and
          run.get("get-gic-attr", group=CPU_SYSREGS, attr=CTLR) >> 8 & 7 == 6)
    check("what it is may be said again", run.good("set-setup", key="spis", value=512))
    check("but not otherwise", "0x200" in run.refused("set-setup", key="spis", value=256))
    check("so it is with frames",
          run.good("set-gic-attr", group=0, attr=2, value=0x8100000) and
          "machine was made" in run.refused("set-gic-attr", group=0, attr=2, value=0x8000000) and
          run.good("set-its-attr", its=0, group=0, attr=4, value=0x8080000) and
          run.good("set-gic-attr", group=0, attr=5, value=1 << 52 | 0x80a0000) and
          "gicr-base" in run.refused("set-gic-attr", group=0, attr=5, value=2 << 52 | 0x80a0000))
    check("but for GICD_IIDR's revision, until the first vCPU runs",
          run.good("set-gic-attr", group=DIST, attr=8, value=0x4c00243b) and
          run.good("set-gic-attr", group=DIST, attr=8, value=0x4c00343b))
    run.run_on()
    check("then it may only be what it is",
          run.good("set-gic-attr", group=DIST, attr=8, value=0x4c00343b) and
          "sealed" in run.refused("set-gic-attr", group=DIST, attr=8, value=0x4c00143b))
    run.call("cont")
    check("the run ends at its limit", run.process.wait(60) == 110)
    done = subprocess.run([IRQLAB, "replay", record], capture_output=True, check=False, timeout=60)
    check("its replay is of the same machine", done.returncode == 110)


def check_forwarding(folder):
    """CPU_ON leaves to the VMM, which resets one vCPU while others run (S1)."""
    # vCPU 0: CPU_ON(1), then CPU_OFF(), which the filter denies, then it spins.
    image = words(movz(0, 3), movk(0, 0xc400, 16), movz(1, 1), movz(2, 0x1234), movz(3, 7), HVC,
                  0xaa0003f4, movz(0, 2), movk(0, 0x8400, 16), HVC, 0xaa0003f5, SPIN)
    record = os.path.join(folder, "calls")
    run = Run(folder, image, "-smp", "3", "--configure", "--record", record, "--max-insns",
              "40000000", name="call")
    check("the filter is the machine's", "no machine" in run.refused(
        "set-smccc-filter", base=0, n=1, action="deny"))
    run.good("make-machine")
    check("ID registers may leave features out before the first run",
          run.good("set-one-reg", vcpu=1, id=ISAR0, value=0) and
          run.get("get-one-reg", vcpu=0, id=ISAR0) == 0)
    check("but not claim what the engine has not", "only features may be left out" in
          run.refused("set-one-reg", vcpu=0, id=ISAR0, value=1 << 44))
    check("calls are filtered by ranges",
          run.good("set-smccc-filter", base=0xc4000003, n=1, action="forward") and
          run.good("set-smccc-filter", base=0x84000002, n=2, action="deny"))
    check("that may not overlap", "already" in
          run.refused("set-smccc-filter", base=0x84000000, n=3, action="handle"))
    check("nor hold the architecture's own", "cannot be filtered" in
          run.refused("set-smccc-filter", base=0x8000ffff, n=1, action="deny"))
    run.good("report-calls")
    run.good("cont")
    call = run.event()
    check("the call is reported", call["vcpu"] == 0 and not call["smc"] and
          [int(x, 0) for x in call["x"][:4]] == [0xc4000003, 1, 0x1234, 7])
    check("and can be asked for", run.get("get-call", "x2", vcpu=0) == 0x1234 and
          run.get("vcpu-state", "in_call", vcpu=0) == 1)
    before = run.get("vcpu-state", "instructions", vcpu=0)
    check("the VMM resets the target, reads its reset state, and starts it",
          run.good("reset-vcpu", vcpu=1) and
          run.get("read-cpuif", attr=1 << 32 | CTLR) ==
          run.get("cpuif-reset-value", attr=1 << 32 | CTLR) and
          run.good("start-vcpu", vcpu=1, entry=FLAT + 44, context=int(call["x"][3], 0)))
    check("the caller has not run meanwhile",
          run.get("vcpu-state", "instructions", vcpu=0) == before)
    check("the answer lets it go on", run.good("answer-call", vcpu=0, x0="0xfffffffffffffffd"))
    while run.get("vcpu-state", "instructions", vcpu=0) < before + 6:
        time.sleep(0.01)
    run.call("stop")
    check("it has the VMM's answer, and NOT_SUPPORTED to what is denied",
          run.get("get-one-reg", vcpu=0, id=X0 + 40) == (1 << 64) - 3 and
          run.get("get-one-reg", vcpu=0, id=X0 + 42) == (1 << 64) - 1)
    check("the other one runs", run.get("vcpu-state", "instructions", vcpu=1) > 0 and
          run.get("get-one-reg", vcpu=1, id=X0) == 7)
    run.call("cont")
    check("the run ends at its limit", run.process.wait(120) == 110)
    done = subprocess.run([IRQLAB, "replay", record], capture_output=True, check=False,
                          timeout=120)
    check("its replay needs no VMM, and ends in the same state", done.returncode == 110)


def check_vcpus(folder):
    image = words(SPIN, movz(0, 3), movk(0, 0xc400, 16), movz(1, 1), movz(2, FLAT & 0xffff),
                  movk(2, FLAT >> 16, 16), movz(3, 7), HVC, SPIN)
    record = os.path.join(folder, "late.record")
    run = Run(folder, image, "-smp", "3", "--record", record, "--max-insns", "200000000",
              name="late")
    run.run_on()
    check("a filter that comes too late is refused",
          "has run" in run.refused("set-smccc-filter", base=0xc4000003, n=1, action="forward"))
    check("and so are ID registers", "sealed" in
          run.refused("set-one-reg", vcpu=0, id=ISAR0, value=0))
    has = run.get("get-one-reg", vcpu=2, id=ISAR0)
    check("but not what they are", run.good("set-one-reg", vcpu=1, id=ISAR0, value=has))
    check("each vCPU has its own MPIDR and the machine's PFR0",
          [run.get("get-one-reg", vcpu=i, id=one_reg(3, 0, 0, 0, 5)) & 0xff for i in range(3)] ==
          [0, 1, 2] and len({run.get("get-one-reg", vcpu=i, id=PFR0) for i in range(3)}) == 1)
    check("PC is set to go on behind the loop",
          run.good("set-one-reg", vcpu=0, id=PC, value=run.get("get-one-reg", vcpu=0, id=PC) + 4))
    run.call("cont")
    deadline = time.time() + 60
    while run.get("vcpu-state", "power", vcpu=1) == 0 and time.time() < deadline:
        time.sleep(0.01)
    check("without a filter CPU_ON is answered inside", time.time() < deadline)
    run.call("stop")
    check("a vCPU is stopped", run.good("stop-vcpu", vcpu=1) and
          run.get("vcpu-state", "power", vcpu=1) == 0)
    check("one is reset while others run", run.good("reset-vcpu", vcpu=1))
    mpidr1 = 1 << 32
    check("its CPU interface has its reset values, which are constants",
          run.get("read-cpuif", attr=mpidr1 | CTLR) ==
          run.get("cpuif-reset-value", attr=mpidr1 | CTLR) != 0)
    check("registers are set before it starts",
          run.good("set-one-reg", vcpu=1, id=X0 + 4, value="0xdeadbeefcafef00d") and
          run.good("start-vcpu", vcpu=1, entry=FLAT, context=5) and
          run.get("get-one-reg", vcpu=1, id=X0 + 4) == 0xdeadbeefcafef00d and
          run.get("get-one-reg", vcpu=1, id=X0) == 5)
    check("who is on cannot be started", "is on" in run.refused("start-vcpu", vcpu=1, entry=0))
    check("nobody waits for an answer", "waits for no answer" in
          run.refused("answer-call", vcpu=0, x0=0))
    check("a vCPU is paused and resumed", run.good("pause-vcpu", vcpu=1) and
          run.get("vcpu-state", "paused", vcpu=1) == 1)
    answer = run.call("why", vcpu=1, intid=27)["return"]["answer"]
    check("why says that the VMM holds it", any(
        gate["gate"] == "held" and "resume-vcpu" in json.dumps(gate) for gate in answer["gates"]))
    before = run.get("vcpu-state", "instructions", vcpu=1)
    run.call("cont")
    time.sleep(0.2)
    check("paused, it does not run", run.get("vcpu-state", "instructions", vcpu=1) == before)
    run.good("resume-vcpu", vcpu=1)
    while run.get("vcpu-state", "instructions", vcpu=1) == before:
        time.sleep(0.01)
    check("the run ends at its limit", run.process.wait(120) == 110)
    done = subprocess.run([IRQLAB, "replay", record], capture_output=True, check=False,
                          timeout=120)
    check("its replay does all of it again, to the same state", done.returncode == 110)


def check_attributes(folder):
    run = Run(folder, words(SPIN), "-smp", "2", name="attr")
    run.call("stop")
    check("every group of KVM's is there",
          all(run.good("has-gic-attr", group=group, attr=attr) for group, attr in
              ((DIST, 0x100), (REDIST, 0x10100), (CPU_SYSREGS, PMR), (LEVEL_INFO, 32), (CTRL, 0),
               (CTRL, 3), (3, 0), (0, 5))) and
          run.good("has-its-attr", its=0, group=ITS_REGS, attr=0x80) and
          run.good("has-its-attr", its=0, group=CTRL, attr=4))
    check("and no other", "no such group" in run.refused("has-gic-attr", group=77, attr=0))
    run.good("set-gic-attr", group=CPU_SYSREGS, attr=1 << 32 | PMR, value=0xf0)
    check("a CPU interface's register is written by one way and read by another",
          run.get("read-cpuif", attr=1 << 32 | PMR) == 0xf0 and
          run.get("read-cpuif", attr=PMR) == 0)
    check("a wire is driven", run.good("set-line", vcpu=0, intid=40, level=True) and
          run.get("get-gic-attr", group=LEVEL_INFO, attr=32) == 1 << 8)
    check("what has no wire is refused", "no wire" in
          run.refused("set-line", vcpu=0, intid=5000, level=1))
    check("an SGI is sent", run.good("send-sgi", vcpu=1, intid=3) and
          run.get("get-gic-attr", group=REDIST, attr=1 << 32 | 0x10200) == 8)
    check("an MSI that nobody mapped is refused", "nothing is mapped" in
          run.refused("send-msi", device=8, event=0))
    check("an LPI goes there, but for 5000", run.good("send-lpi", vcpu=0, intid=8192) and
          "no LPI" in run.refused("send-lpi", vcpu=0, intid=5000))
    check("the timers' INTIDs are KVM's attributes",
          [run.get("get-vcpu-attr", vcpu=0, group=1, attr=attr) for attr in (0, 1)] == [27, 30] and
          "no such" in run.refused("get-vcpu-attr", vcpu=0, group=1, attr=3))
    check("which the board has wired", run.good("set-vcpu-attr", vcpu=1, group=1, attr=0, value=27)
          and "INTID 27" in run.refused("set-vcpu-attr", vcpu=1, group=1, attr=0, value=20))
    check_counters(run)
    for arguments in ({}, {"vcpu": 2}, {"vcpu": -1}, {"vcpu": "x"}, {"vcpu": 0, "more": 1}):
        check(f"reset-vcpu refuses {arguments}", run.refused("reset-vcpu", **arguments))
    run.quit()


def check_counters(run):
    virtual, physical = one_reg(3, 3, 14, 3, 2), one_reg(3, 3, 14, 0, 1)
    compare = one_reg(3, 3, 14, 0, 2)
    run.good("set-one-reg", vcpu=0, id=virtual, value=0x1000)
    check("KVM's CNT of the virtual timer, swapped with CVAL, is the counter",
          run.get("get-one-reg", vcpu=1, id=virtual) == 0x1000)
    run.good("set-one-reg", vcpu=1, id=compare, value="0xfffffffffffffff0")
    check("and its CVAL is the vCPU's own",
          run.get("get-one-reg", vcpu=1, id=compare) == 0xfffffffffffffff0 and
          run.get("get-one-reg", vcpu=0, id=compare) == 0)
    check("once an offset was given, a counter sets none",
          run.good("set-counter-offset", ticks=0) and
          run.good("set-one-reg", vcpu=0, id=virtual, value=0x7777777) and
          run.get("get-one-reg", vcpu=0, id=virtual) == run.get("get-one-reg", vcpu=0, id=physical))


def main():
    with tempfile.TemporaryDirectory() as folder:
        check_setup(folder)
        check_forwarding(folder)
        check_vcpus(folder)
        check_attributes(folder)


if __name__ == "__main__":
    main()
