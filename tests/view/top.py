#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""`irqlab top` as a person sees it: top.py IRQLAB IMAGES GDB PICTURES TEST.

Runs it in tmux on a private socket, types, and looks at the screen. Pictures of screens are written
into PICTURES for review.
"""
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from terminal import Terminal  # noqa: E402

IRQLAB, IMAGES, GDB, PICTURES, TEST = sys.argv[1:6]
BAD_INPUT = 120
MASKED = ["-kernel", os.path.join(IMAGES, "view", "view-masked.elf")]
CROWD = ["-kernel", os.path.join(IMAGES, "view", "view-crowd.elf"), "-smp", "64", "-gic", "spis=988"]
SETTLED = "BLOCKED priority-mask"


def check(what, good, seen=""):
    print(("PASS: " if good else "FAIL: ") + what + (f" ({seen})" if seen and not good else ""))
    if not good:
        raise AssertionError(what)


def top(*options, cols=80, rows=24, **more):
    return Terminal([IRQLAB, "top", *options], cols, rows, **more)


def picture(terminal, name):
    terminal.picture(os.path.join(PICTURES, f"top-{name}.png"))


def number(text, unit="insns"):
    found = re.search(rf"([\d,]+) {unit}", text)
    return int(found[1].replace(",", "")) if found else -1


def pause(terminal):
    terminal.wait(SETTLED)
    terminal.keys("Space")
    return number(terminal.wait("PAUSED.*insns")[0])


def is_at(count):
    return lambda text: number(text) == count and "PAUSED" in text


# -- What is seen --


def a_blocked_interrupt_shows_its_gate_in_red():
    with top(*MASKED) as terminal:
        terminal.wait(SETTLED)
        check("the row is red", terminal.ink("BLOCKED priority-mask") == {"red"},
              terminal.ink("BLOCKED priority-mask"))
        check("the first line counts it in red", terminal.ink("BLOCKED 1") == {"red"})
        check("what an open gate would want is said",
              "ICC_PMR_EL1.Priority is 0x80, wanted > 0xa0 (IHI 0069 4.8.6)" in terminal.text())
        check("so is who closed it, in red",
              terminal.ink("main+0x94 on vCPU 0 (ICC_PMR_EL1 = 0x80)") == {"red"})
        check("and how to mend it", "mend:  write a larger value to ICC_PMR_EL1" in terminal.text())
        check("the moment when the mask was moved is among the events",
              re.search(r"5,0\d\d,\d\d\d .* priority mask is 0x80 now", terminal.text()))
        check("the bar has the interrupt behind the mask", "========P.H....." in terminal.text())
        picture(terminal, "blocked")


def without_colours_words_say_it():
    for more in ({"environment": {"NO_COLOR": "1"}}, {"term": "vt100"}):
        with top(*MASKED, **more) as terminal:
            terminal.wait(SETTLED)
            inks = {cell.ink for row in terminal.screen() for cell in row}
            check(f"{more}: no cell has a colour", inks == {None}, inks)
            check("the gate stands out all the same",
                  all(cell.marks for cell in terminal.cells_of("priority-mask ICC"[:13])))


def w_shows_why():
    with top(*MASKED, cols=120, rows=40) as terminal:
        pause(terminal)
        terminal.keys("w")
        terminal.wait("why: PPI 27 at vCPU 0")
        terminal.wait(r"priority-mask +FAIL +ICC_PMR_EL1.Priority = 0x80 \(wanted > 0xa0\)")
        check("the closed gate is red", terminal.ink("priority-mask") == {"red"})
        check("its writer is told", "main+0x94" in terminal.text())
        picture(terminal, "why")
        terminal.keys("End")
        terminal.wait("mend: +write a larger value to ICC_PMR_EL1")
        terminal.keys("q")
        terminal.wait("PPI 27 for vCPU 0")


def a_console_a_filter_and_help_are_at_hand():
    with top(*MASKED, rows=50) as terminal:
        terminal.wait(SETTLED)
        terminal.keys("c")
        terminal.wait("5 ticks; the mask is 0x80 now")
        terminal.keys("/", "4", "0", "Enter")
        terminal.wait("filter '40': 0 of 1 interrupts")
        terminal.keys("/", "BSpace", "BSpace", "Enter")
        terminal.wait(SETTLED)
        terminal.keys("?")
        terminal.wait("KEYS(.|\n)*VCPUS")
        picture(terminal, "help")
        terminal.keys("q")
        terminal.wait(SETTLED)


def an_interrupt_that_never_ends_tells_what_it_lacks():
    image = os.path.join(IMAGES, "lessons", "17-eoi-without-dir-broken.elf")
    with top("-kernel", image, "-semihosting", "-cpu", "cortex-a72", cols=110) as terminal:
        terminal.wait("OVER +BLOCKED 0 COMING 0 ACTIVE 1")
        terminal.wait("lacks: +deactivation: GICR_ISACTIVER0.Set_active_bit27 is 0x1")
        check("how to mend it is said",
              "mend:  EOImode is 1: write the INTID to ICC_DIR_EL1, too" in terminal.text())
        terminal.keys("w")
        terminal.wait("acknowledged +first by vCPU 0 at pc 0x[0-9a-f]+ gic_ack")
        check("what lacks is red", terminal.ink("deactivation       FAIL") == {"red"})
        terminal.keys("q", "g", "0", "Enter")
        terminal.wait(lambda text: is_at(0)(text) and "no interrupts" in text)


# -- Moving --


def pausing_and_steps_move_as_said():
    with top(*MASKED) as terminal:
        at = pause(terminal)
        time.sleep(0.3)
        check("a pause stands still", number(terminal.text()) == at)
        terminal.keys("s")
        terminal.wait(is_at(at + 1))
        terminal.keys("1", "0", "0", "s")
        terminal.wait(is_at(at + 101))
        terminal.keys("S")
        terminal.wait(is_at(at + 100))
        terminal.keys("b")
        terminal.wait(is_at(at + 99))
        terminal.keys("9", "9", "S")
        terminal.wait(is_at(at))
        for _ in range(5):
            terminal.keys("s")
        terminal.wait(is_at(at + 5))
        terminal.keys("Space")
        terminal.wait(lambda text: "RUNS" in text and number(text) > at + 1000000)
        print("PASS: steps, back and forth, are as many as was said")


def events_are_gone_to_and_from():
    with top(*MASKED, cols=100, rows=40) as terminal:
        pause(terminal)
        terminal.keys("g", *"5028000", "Enter")
        terminal.wait(is_at(5028000))
        check("before its deadline nothing waits", "BLOCKED 0" in terminal.text())
        left = re.search(r"CNTV +27 - +in ([\d.]+) us", terminal.text())
        check("its timer counts down", left and 990 < float(left[1]) < 1000, terminal.text())
        check("what has been seen is to come", "(to come) pended" in terminal.text())
        check("the past is said to be the past", "in the past: " in terminal.text())
        terminal.keys("n")
        at = number(terminal.wait(r"BLOCKED 1.*insns")[0])
        check("the next event is the timer's", 6000000 < at < 6100000, at)
        terminal.keys("N")
        terminal.wait(lambda text: "BLOCKED 0" in text and number(text) < at)
        terminal.keys("g", *"2.5ms", "Enter")
        terminal.wait(r" 0\.0025\d* s")
        terminal.keys("g", *"soon", "Enter")
        terminal.wait("go to 12,345 ")
        terminal.keys("Escape")
        picture(terminal, "past")


def it_stands_before_the_first_instruction():
    for option in ("--paused", "-S"):
        with top(*MASKED, option) as terminal:
            terminal.wait(is_at(0))
            check("a newcomer is told how to go on", "press space to run it" in terminal.text())
            terminal.keys("n")
            terminal.wait(lambda text: number(text) > 0)
            check("and not once it has run", "press space" not in terminal.text())
            terminal.keys("g", "0", "Enter")
            terminal.wait(is_at(0))


def a_recording_is_looked_at():
    with tempfile.TemporaryDirectory() as folder:
        recording = os.path.join(folder, "masked.recording")
        subprocess.run([IRQLAB, "run", *MASKED, "-serial", "null", "--max-insns", "8000000",
                        "--record", recording], stderr=subprocess.DEVNULL, check=False)
        with top("--recording", recording) as terminal:
            terminal.wait(is_at(0))
            terminal.keys("n")
            terminal.wait(lambda text: 0 < number(text) < 5000000)
            terminal.keys("Space")
            terminal.wait(lambda text: number(text) == 8000000)
            check("the gate is closed at its end", SETTLED in terminal.text())
            check("there is no way but back", terminal.text().splitlines()[-1].startswith("? help  q quit  N back"),
                  terminal.text())
            terminal.keys("g", *"5000", "Enter")
            terminal.wait(lambda text: number(text) == 5000)
            terminal.keys("q")
            check("it ends with 0", terminal.exit_code() == "0")


# -- Mending --


def gdb(socket):
    run = subprocess.Popen([GDB, "-nx", "-q", "-iex", "set debuginfod enabled off", "-ex",
                            "set confirm off", "-ex", f"target remote {socket}", MASKED[1]],
                           stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL, text=True)
    return run


def say(debugger, line):
    debugger.stdin.write(line + "\n")
    debugger.stdin.flush()
    return time.monotonic()


def mend_once(folder):
    """How long it took until it was seen."""
    socket = os.path.join(folder, "gdb")
    with top(*MASKED, "-gdb", f"unix:{socket}") as terminal:
        terminal.wait(SETTLED)
        debugger = gdb(socket)
        try:
            terminal.wait("GDB +BLOCKED 1")
            time.sleep(1)  # gdb reads what it wants to know
            began = say(debugger, "set $ICC_PMR_EL1 = 0xff")
            terminal.wait("COMING every gate|PPI 27 for vCPU 0: COMING")
            took = time.monotonic() - began
            check("what comes is green", terminal.ink("COMING 1") == {"green"})
            picture(terminal, "mended")
            say(debugger, "detach")
            say(debugger, "quit")
            terminal.wait(r"PPI +27 .* [1-9]\d+ (idle|ACTIVE|COMING)")
            check("and nothing is blocked", "BLOCKED 0" in terminal.text())
            terminal.resize(80, 50)
            terminal.keys("c")
            terminal.wait("thank you")
        finally:
            debugger.kill()
            debugger.wait()
    return took


def where_gdb_can_attach_is_seen():
    with in_a_shell("-gdb", "tcp:localhost:0", "--paused") as terminal:
        where = terminal.wait(r"irqlab: gdb: target remote (\S+)")[1]
        terminal.keys("q")
        restored(terminal)
        check("and again at the end", f"target remote {where}" in terminal.text(), terminal.text())


def a_gate_mended_in_gdb_is_seen_within_a_second():
    for _ in range(4):
        with tempfile.TemporaryDirectory() as folder:
            took = mend_once(folder)
        print(f"seen after {took:.2f} s")
        if took < 1:
            return
    check("it is seen within a second", False, took)


# -- Sizes and speed --


def fills(text, rows):
    lines = text.splitlines()
    return (len(lines) == rows and "BLOCKED 1" in lines[0] and " 27 " in text and
            lines[-1].startswith("? help  q quit  space run"))


def it_follows_the_size_of_its_terminal():
    with top(*MASKED) as terminal:
        pause(terminal)
        for cols, rows in ((120, 40), (40, 10), (20, 5), (3, 2), (1, 1), (200, 60), (80, 24)):
            terminal.resize(cols, rows)
            if cols >= 40:
                terminal.wait(lambda text, n=rows: fills(text, n))
        check("the gate is where it was", SETTLED in terminal.text())


def frames_in(terminal, seconds):
    seen, end = set(), time.monotonic() + seconds
    while time.monotonic() < end:
        seen.add(number(terminal.text()))
    return len(seen) / seconds


def a_crowd_is_shown_ten_times_a_second():
    with top(*CROWD, cols=160, rows=50) as terminal:
        terminal.wait("of 988")
        terminal.wait("of 64")
        picture(terminal, "crowd")
        rates = []
        while len(rates) < 10 and max(rates, default=0) < 10:
            rates.append(frames_in(terminal, 2))
        print("frames a second: " + ", ".join(f"{r:.1f}" for r in rates))
        check("64 vCPUs and 988 interrupts at 10 frames a second", max(rates) >= 10, rates)
        terminal.keys("Tab", "Tab", "Down", "PageDown", "End", "Home")
        terminal.keys("/", *"v7 blocked", "Enter")
        terminal.wait("filter 'v7 blocked': [0-9]+ of 988")


# -- Beginning and end --


def is_restored(terminal, text):
    """The shell around says what the terminal was before, and goes on saying what it is."""
    before, after = re.search(r"BEFORE (\S+)", text), re.findall(r"AFTER (\S+)", text)
    return (before and after and before[1] == after[-1] and terminal.says("alternate_on") == "0"
            and terminal.says("cursor_flag") == "1")


def restored(terminal):
    terminal.wait(lambda text: is_restored(terminal, text))


def in_a_shell(*options):
    command = shlex.join([IRQLAB, "top", *MASKED, *options])
    return Terminal(["sh", "-c", f"trap : INT; stty -g | sed 's/^/BEFORE /'; {command}; echo CODE $?; "
                                 "for i in 1 2 3 4 5 6 7 8 9; do sleep 0.3; "
                                 "stty -g | sed 's/^/AFTER /'; done; cat"], 200, 24)


def process(terminal):
    """irqlab below the terminal's shell; its child, who keeps the terminal, is not it."""
    listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid=,args="], stdout=subprocess.PIPE,
                            text=True, check=True).stdout
    rows = [line.split(None, 2) for line in listed.splitlines()]
    below = {terminal.says("pane_pid")}
    for _ in range(4):
        below |= {pid for pid, parent, _ in rows if parent in below}
        found = [int(pid) for pid, parent, words in rows if pid in below
                 and words.startswith(IRQLAB + " top ")]
        if found:
            return min(found)
    raise AssertionError(f"no {IRQLAB} below {terminal.says('pane_pid')}")


def quitting_restores_the_terminal():
    for keys, code in ((["q"], 0), (["Space", "q"], 0), (["w", "q", "q"], 0), (["C-c"], 0)):
        with in_a_shell() as terminal:
            terminal.wait(SETTLED)
            terminal.keys(*keys)
            restored(terminal)
            check(f"{keys}: exit code {code}", f"CODE {code}" in terminal.text(), terminal.text())


def signals_restore_the_terminal():
    for number_ in (signal.SIGTERM, signal.SIGHUP, signal.SIGABRT, signal.SIGKILL):
        with in_a_shell() as terminal:
            terminal.wait(SETTLED)
            os.kill(process(terminal), number_)
            restored(terminal)
            print(f"PASS: {number_.name}")


def a_stop_gives_the_terminal_back_for_a_while():
    with Terminal(["bash", "--norc", "-i"], 80, 24) as terminal:
        terminal.keys(shlex.join([IRQLAB, "top", *MASKED]), "Enter")
        terminal.wait(SETTLED)
        terminal.keys("C-z")
        terminal.wait("Stopped")
        check("its own screen is back", terminal.says("alternate_on") == "0")
        terminal.keys("fg", "Enter")
        terminal.wait(SETTLED)
        terminal.keys("q")
        terminal.wait(lambda text: terminal.says("alternate_on") == "0")


def refused(what, wanted, command, **more):
    environment = dict(os.environ, TERM="xterm")
    environment.update(more.pop("environment", {}))
    done = subprocess.run([IRQLAB, "top", *command], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          env=environment, timeout=60, **more)
    check(what, done.returncode == BAD_INPUT and wanted in done.stderr,
          f"{done.returncode}: {done.stderr}")


def refused_on_a_terminal(what, wanted, *command, term="screen-256color"):
    with Terminal(["sh", "-c", f"TERM={term} {shlex.join([IRQLAB, 'top', *command])}; echo CODE $?"],
                  300, 24) as terminal:
        terminal.wait("CODE ")
        text = terminal.text()
        check(what, wanted in text and f"CODE {BAD_INPUT}" in text, text)
        check("... and nothing has been drawn", terminal.says("alternate_on") == "0")


def bad_input_is_refused():
    refused("no terminal", "standard input is no terminal", MASKED)
    refused_on_a_terminal("TERM=dumb", "cursor cannot be moved", *MASKED, term="dumb")
    refused_on_a_terminal("an unknown TERM", "no such terminal", *MASKED, term="no-such")
    refused_on_a_terminal("no TERM", "no such terminal", *MASKED, term="")
    refused_on_a_terminal("no image", "-kernel", )
    refused_on_a_terminal("an image that is not there", "none.elf", "-kernel", "none.elf")
    refused_on_a_terminal("a console on the same terminal", "-serial", *MASKED, "-serial", "stdio")
    refused_on_a_terminal("an option that is not known", "--frobnicate", *MASKED, "--frobnicate")
    refused_on_a_terminal("a recording that is not there", "none.rec", "--recording", "none.rec")
    refused_on_a_terminal("a recording and options", "has its own options", "--recording",
                          "none.rec", *MASKED)
    refused_on_a_terminal("a recording without a name", "--recording", "--recording")
    done = subprocess.run([IRQLAB, "top", "--help"], stdout=subprocess.PIPE, text=True, check=False)
    check("--help needs no terminal", done.returncode == 0 and "Usage: irqlab top" in done.stdout)


def main():
    os.makedirs(PICTURES, exist_ok=True)
    globals()[TEST.replace("-", "_")]()
    print(f"PASS: {TEST}")


main()
