#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""irqlab why on recordings and live. Usage: run.py IRQLAB STAGES.ELF GUEST_TESTS"""
import json
import os
import re
import subprocess
import sys
import tempfile
import time

SPI = "100"
GATES = ["source", "implemented", "routed", "lpis-enabled", "trigger", "pending", "not-active",
         "lpi-configuration", "enabled", "group", "distributor-group", "awake", "power",
         "system-registers", "cpu-group", "highest", "priority", "priority-mask",
         "running-priority", "target", "acknowledge", "pstate", "vector"]


class Why:
    def __init__(self, irqlab):
        self.irqlab = irqlab
        self.failed = self.passed = 0

    def check(self, ok, sentence, shown=""):
        if ok:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAIL: {sentence}\n{shown}")

    def call(self, *words):
        done = subprocess.run([self.irqlab, *words], stdin=subprocess.DEVNULL, timeout=60,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        return done.returncode, done.stdout.decode(), done.stderr.decode()

    def record(self, path, *options):
        code, _, err = self.call("run", *options, "-semihosting", "-nographic", "--record", path)
        if code != 0:
            sys.exit(f"FAIL: recording {options} ended with {code}\n{err}")

    def expect(self, sentence, words, code, *patterns):
        got, out, err = self.call(*words)
        self.check(got == code, f"{sentence}: exit code {got}, not {code}", out + err)
        for pattern in patterns:
            self.check(re.search(pattern, out, re.M), f"{sentence}: no line like {pattern}",
                       out + err)
        return out


def stages(why, recording):
    """Each stage is blocked at the gate that it closed, by the instruction that closed it."""
    def at(ms):
        return ["why", SPI, "0", "--recording", recording, "--at-ns", str(ms * 1000000)]

    why.expect("nothing has pended it", at(5), 1, r"^verdict: blocked at pending$",
               r"^pending .*FAIL .*GICD_ISPENDR3\.Set_pending_bit4 = 0x0 .* gic_init\+")
    why.expect("IRQs are masked", at(15), 1, r"^verdict: blocked at pstate$",
               r"^pstate +FAIL +PSTATE\.I = 0x1 \(wanted == 0x0\)", r"^mend: +MSR DAIFClr",
               r"^enabled +PASS .* gic_(setup|enable)\+")
    why.expect("it was disabled", at(25), 1, r"^verdict: blocked at enabled$",
               r"^enabled +FAIL +GICD_ISENABLER3\.Set_enable_bit4 = 0x0 \(wanted == 0x1\) .*"
               r"by vCPU 0 at pc 0x[0-9a-f]+ culprit_store\+0x0, GICD_ICENABLER = 0x10, "
               r"2\d{7} ns")
    why.expect("the mask was closed", at(35), 1, r"^verdict: blocked at enabled$",
               r"^priority-mask +FAIL +ICC_PMR_EL1\.Priority = 0x10 \(wanted > 0xa0\) .*"
               r"culprit_msr\+0x0, ICC_PMR_EL1 = 0x10")
    why.expect("it was taken", at(45), 0, r"^verdict: delivered \(1\), .*ICC_IAR1_EL1 = 0x64.*"
               r"nothing of it waits now$")
    why.expect("it was not ended", ["why", SPI, "0", "--recording", recording], 0,
               r"^verdict: delivered \(2\), .*; it is still active$")


def superpriority(why, recording):
    """With FEAT_NMI, ALLINT and SP mask what PSTATE.I does not."""
    def at(ms):
        return ["why", SPI, "0", "--recording", recording, "--at-ns", str(ms * 1000000)]

    why.expect("ALLINT masks it", at(15), 1, r"^verdict: blocked at pstate$",
               r"^pstate +FAIL +PSTATE\.ALLINT = 0x1 \(wanted == 0x0\)", r"^mend: +MSR ALLINT, #0")
    why.expect("SP masks it", at(25), 1, r"^verdict: blocked at pstate$",
               r"^pstate +FAIL +PSTATE\.SP = 0x1 \(wanted == 0x0\)", r"SPINTMASK$")
    why.expect("without SCTLR_EL1.NMI, I masks it", at(35), 1, r"^verdict: blocked at pstate$",
               r"^pstate +FAIL +PSTATE\.I = 0x1 \(wanted == 0x0\)")


def points(why, recording):
    """--at counts instructions, as the recording does."""
    with open(recording, encoding="utf-8") as file:
        end = json.loads(file.readlines()[-1])["end"]
    out = why.expect("the last instruction", ["why", SPI, "0", "--recording", recording, "--at",
                                              str(end["instructions"])], 0, r"^verdict: delivered")
    why.check(f"at {end['instructions']} instructions, {end['virtual_time_ns']} ns" in out,
              "the end is the recording's end", out)
    out = why.expect("an instruction in between", ["why", SPI, "0", "--recording", recording,
                                                   "--at", "20000"], 1)
    why.check("at 20000 instructions, " in out, "--at is exact", out)
    for option, key in (("--at", "instructions"), ("--at-ns", "virtual_time_ns")):
        code, _, err = why.call("why", SPI, "0", "--recording", recording, option,
                                str(end[key] + 1))
        why.check(code == 120 and "ends at" in err, f"{option} behind the end is refused", err)


def not_again(why, recording):
    words = ["why-not-again", SPI, "0", "--recording", recording]
    why.expect("never yet", words + ["--at-ns", "35000000"], 1,
               r"^verdict: never delivered, blocked at enabled$")
    why.expect("once", words + ["--at-ns", "45000000"], 1,
               r"^acknowledged  first by vCPU 0 .*gic_ack", r"^priority drop first .*gic_eoi",
               r"^verdict: delivered once and not again, blocked at pending$")
    why.expect("twice, then not ended", words, 0, r"^ +last  by vCPU 0 .*gic_ack",
               r"^priority-drop +FAIL +ICC_EOIR1_EL1\.INTID",
               r"^deactivation +FAIL +GICD_ISACTIVER3\.Set_active_bit4 = 0x1.*EOImode is 0$",
               r"^verdict: delivered 2 times, and not since, blocked at priority-drop$")


def json_answers(why, recording, folder):
    words = ["why", SPI, "0", "--recording", recording, "--at-ns", "25000000"]
    answer = json.loads(why.expect("as JSON", words + ["--json"], 1))
    why.check([gate["gate"] for gate in answer["gates"]] == GATES, "the gates are in order",
              json.dumps(answer, indent=1))
    wanted = {"format": 1, "form": "physical", "intid": 100, "vcpu": 0, "kind": "SPI",
              "line": "IRQ", "verdict": "blocked", "first_failed": "enabled", "delivered": 0,
              "last_acknowledged": None, "group": "Group 1", "priority": "0xa0"}
    for key, value in wanted.items():
        why.check(answer.get(key) == value, f"JSON: {key} is {value}", json.dumps(answer))
    gate = answer["gates"][GATES.index("enabled")]
    why.check(gate["result"] == "fail" and gate["register"] == "GICD_ISENABLER3" and
              gate["field_index"] == 4 and gate["value"] == "0x0" and gate["wanted"] == "0x1" and
              gate["relation"] == "==" and gate["section"].startswith("IHI 0069 "),
              "JSON: a gate has its register and field", json.dumps(gate))
    why.check(gate["written"]["symbol"] == "culprit_store+0x0" and
              gate["written"]["by"] == "instruction" and gate["written"]["vcpu"] == 0 and
              gate["written"]["register"] == "GICD_ICENABLER", "JSON: a gate has its writer",
              json.dumps(gate))
    path = os.path.join(folder, "answer.json")
    why.expect("as JSON into a file", words + [f"--json={path}"], 1)
    with open(path, encoding="utf-8") as file:
        why.check(json.load(file) == answer, "the file has the same answer")
    again = json.loads(why.expect("again as JSON", ["why-not-again", SPI, "0", "--recording",
                                                    recording, "--json"], 0))
    why.check(again["verdict"] == "again" and again["delivered"] == 2 and
              again["reason"] == "priority-drop" and
              again["first"]["acknowledged"]["instructions"] <
              again["last"]["acknowledged"]["instructions"] and
              again["last"]["deactivated"]["virtual_time_ns"] < 45000000,
              "JSON: why-not-again has the first and the last delivery", json.dumps(again))


def symbols(why, recording, folder):
    """--symbols takes System.map's form, and an ELF; of equal addresses the last name counts."""
    words = ["why", SPI, "0", "--recording", recording, "--at-ns", "25000000"]
    out = why.expect("without --symbols", words, 1)
    address = re.search(r"pc (0x[0-9a-f]+) culprit_store", out).group(1)
    path = os.path.join(folder, "System.map")
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{int(address, 16):016x} T zz_from_the_map\n{0:016x} A nothing\n")
    why.expect("with a System.map", words + ["--symbols", path], 1,
               r"^enabled .* zz_from_the_map\+0x0, GICD_ICENABLER")
    for text, complaint in (("", "has no symbols"), ("hello\n", ":1: not ADDRESS TYPE NAME"),
                            ("\x7fELF", "a damaged ELF file"),
                            (f"{0xffff800008000000:x} ? data\n", "has no symbols")):
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        code, _, err = why.call(*words, "--symbols", path)
        why.check(code == 120 and complaint in err, f"--symbols: {complaint}", err)


def live(why, image, folder):
    """The same answers from a machine that runs."""
    path = os.path.join(folder, "control")
    with subprocess.Popen([why.irqlab, "run", "-kernel", image, "-append", "forever=1",
                           "-semihosting", "-nographic", "--control", path],
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as machine:
        try:
            words = ["why-not-again", SPI, "0", "--control", path]
            for _ in range(200):
                if why.call(*words)[0] == 0:
                    break
                time.sleep(0.05)
            why.expect("live", words, 0, r"blocked at priority-drop$")
            why.expect("live: enabled by whom", ["why", SPI, "0", "--control", path], 0,
                       r"^enabled +PASS .*by vCPU 0 at pc 0x[0-9a-f]+ gic_enable\+")
            code, out, _ = why.call("control", path, "why", "intid=100", "vcpu=0")
            why.check(code == 0 and json.loads(out)["answer"]["verdict"] == "delivered",
                      "by irqlab control", out)
            for arguments in (["intid=100"], ["intid=-1", "vcpu=0"], ["intid=100", "vcpu=1"],
                              ["device_id=1"], ["intid=100", "vcpu=zero"]):
                code, _, err = why.call("control", path, "why", *arguments)
                why.check(code == 120, f"by irqlab control, {arguments} is refused", err)
            why.call("control", path, "quit")
            machine.wait(20)
        finally:
            machine.kill()


def others(why, guests, folder):
    """Events and virtual interrupts, on recordings of guest tests."""
    recording = os.path.join(folder, "lpi")
    why.record(recording, "-kernel", os.path.join(guests, "lpi_states.elf"), "-smp", "2")
    why.expect("no such DeviceID", ["why", "0x1000:0", "--recording", recording], 1,
               r"^its-enabled +PASS .*GITS_CTLR = 0x1", r"^verdict: blocked at device$")
    why.expect("an event goes on to its LPI", ["why", "5:0", "--recording", recording], 0,
               r"^DeviceID 0x5, EventID 0x0: LPI 8192 at vCPU 0, ", r"^event +PASS ",
               r"^collection +PASS ", r"^lpis-enabled +PASS .*GICR_CTLR = ",
               r"^verdict: delivered \(7\), last acknowledged by vCPU 0 .*ICC_IAR1_EL1 = 0x2000")
    code, _, err = why.call("why", "--virtual", "40", "0", "--recording", recording)
    why.check(code == 120 and "no EL2" in err, "--virtual needs EL2", err)
    recording = os.path.join(folder, "vgic")
    why.record(recording, "-machine", "virt,virtualization=on", "-kernel",
               os.path.join(guests, "el2_vgic.elf"))
    why.expect("an empty list register", ["why", "--virtual", "900", "0", "--recording",
                                          recording], 1, r"^listed +FAIL +ICH_LR0_EL2\.vINTID",
               r"^virtual-interface .*ICH_HCR_EL2\.En .*by vCPU 0 at pc")


def virtual_life(why, guests, folder):
    """A vINTID through a guest test of list registers: what closes, and that it is delivered."""
    recording = os.path.join(folder, "vgic")
    seen = set()
    for at in range(28000, 97000, 1400):
        _, out, _ = why.call("why", "--virtual", "77", "0", "--recording", recording, "--at",
                             str(at))
        seen.update(re.findall(r"^verdict: (blocked at \S+|delivered \(\d\))", out, re.M))
    for verdict in ("blocked at target", "blocked at virtual-group", "blocked at priority-mask",
                    "blocked at virtual-interface", "delivered (1)", "delivered (4)"):
        why.check(verdict in seen, f"a virtual interrupt is {verdict}", str(seen))


def routing_and_reset(why, guests, folder):
    """HCR_EL2 is the engine's own register; after a reset nothing has been written."""
    recording = os.path.join(folder, "el2")
    why.record(recording, "-machine", "virt,virtualization=on", "-kernel",
               os.path.join(guests, "el2_irq.elf"))
    code, out, _ = why.call("why", "27", "0", "--recording", recording, "--json")
    gates = {gate["gate"]: gate for gate in json.loads(out)["gates"]}
    written = gates["target"]["written"]
    why.check(code in (0, 1) and gates["target"]["register"] == "HCR_EL2" and
              written["register"] == "HCR_EL2" and
              instruction(os.path.join(guests, "el2_irq.elf"), written["pc"]) & ~31 == 0xd51c1100,
              "HCR_EL2 was written by an MSR HCR_EL2", out)
    recording = os.path.join(folder, "reset")
    why.record(recording, "-smp", "2", "-kernel", os.path.join(guests, "psci_reset.elf"))
    with open(recording, encoding="utf-8") as file:
        end = json.loads(file.readlines()[-1])["end"]["instructions"]
    # The guest resets itself once: just behind that, GICD_CTLR has not been written again.
    seen = []
    for at in range(1000, end, end // 60):
        _, out, _ = why.call("why", "27", "0", "--recording", recording, "--at", str(at))
        line = re.search(r"^distributor-group .*$", out, re.M).group()
        seen.append("never" if "never written" in line else "written")
    states = [seen[0]] + [b for a, b in zip(seen, seen[1:]) if a != b]
    why.check(states == ["never", "written", "never", "written"],
              "a reset forgets who wrote what", str(states))


def instruction(path, address):
    """The instruction at @address (as linked) of an ELF with one segment a page."""
    with open(path, "rb") as file:
        elf = file.read()
    at, size, count = (int.from_bytes(elf[32:40], "little"), int.from_bytes(elf[54:56], "little"),
                       int.from_bytes(elf[56:58], "little"))
    for i in range(count):
        header = elf[at + i * size:at + (i + 1) * size]
        offset, base = (int.from_bytes(header[8:16], "little"),
                        int.from_bytes(header[16:24], "little"))
        within = int(address, 16) - base
        if header[0] == 1 and 0 <= within < int.from_bytes(header[32:40], "little"):
            return int.from_bytes(elf[offset + within:offset + within + 4], "little")
    return 0


def main():
    irqlab, image, guests = sys.argv[1:4]
    why = Why(irqlab)
    with tempfile.TemporaryDirectory() as folder:
        recording = os.path.join(folder, "stages")
        why.record(recording, "-kernel", image)
        stages(why, recording)
        points(why, recording)
        not_again(why, recording)
        json_answers(why, recording, folder)
        symbols(why, recording, folder)
        live(why, image, folder)
        recording = os.path.join(folder, "nmi")
        why.record(recording, "-kernel", os.path.join(os.path.dirname(image), "nmi_stages.elf"),
                   "-cpu", "max", "-gic", "nmi=on")
        superpriority(why, recording)
        others(why, guests, folder)
        virtual_life(why, guests, folder)
        routing_and_reset(why, guests, folder)
    print(f"{why.passed} passed, {why.failed} failed")
    sys.exit(1 if why.failed or why.passed < 40 else 0)


if __name__ == "__main__":
    main()
