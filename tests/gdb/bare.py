# SPDX-License-Identifier: GPL-2.0-or-later
"""tests/gdb/debuggee.c under gdb: each function is a test (run.py)."""
import os

import gdb
import inside
from inside import address, check, do, equal, function, has, pc, same_hash, value


def go_to(symbol):
    do(f"tbreak {symbol}")
    do("continue")
    equal(f"the breakpoint at {symbol} is reached", function(), symbol)


def threads_of_four_vcpus():
    text = do("info threads")
    has("vCPU 0 is next", text, r"\* 1 .*vCPU 0: running, EL1")
    has("vCPU 3 is off", text, r"4 .*vCPU 3: off")
    go_to("counted")
    text = do("info threads")
    has("the others wait", text, r"4 .*vCPU 3: (WFE|WFI|ready|running)")
    do("thread 3")
    equal("each thread has its own registers", value("$MPIDR_EL1") & 0xff, 2)
    do("thread 1")
    same_hash()
    do("detach")


def steps_are_one_instruction():
    go_to("set_word")
    start, before = pc(), value("counts[0]")
    do("stepi")
    equal("stepi goes to the next instruction", pc(), start + 4)
    do("stepi")
    equal("and on", pc(), start + 8)
    equal("nothing else has moved", value("counts[0]"), before)
    do("finish")
    do("next")
    do("step")
    check("source lines are stepped", function() in ("count", "set_word"))
    same_hash()
    do("detach")


def system_registers_are_read_and_written():
    go_to("counted")
    text = do("info registers system")
    for name in ("SCTLR_EL1", "VBAR_EL1", "ICC_PMR_EL1", "CNTV_CTL_EL0", "CNTVCT_EL0", "ESR_EL1"):
        has(f"{name} is listed", text, rf"\b{name} ")
    check("what a read changes is not", "IAR" not in text)
    equal("the MMU is on", value("$SCTLR_EL1") & 1, 1)
    equal("PMR is open", value("$ICC_PMR_EL1") & 0x80, 0x80)
    equal("the counter reads the same twice", value("$CNTVCT_EL0"), value("$CNTVCT_EL0"))
    do("set $ICC_PMR_EL1 = 0x50")
    equal("a register of the GIC is written", value("$ICC_PMR_EL1"), 0x50)
    do("set $TPIDRRO_EL0 = 0x1234")
    equal("a register of the engine too", value("$TPIDRRO_EL0"), 0x1234)
    midr = value("$MIDR_EL1")
    try:
        do("set $MIDR_EL1 = 1")
        check("MIDR_EL1 can only be read", False)
    except gdb.error:
        do("maintenance flush register-cache")
        equal("MIDR_EL1 can only be read", value("$MIDR_EL1"), midr)
    do("set $v3.d.u[1] = 77")
    do("set $x9 = 99")
    do("maintenance flush register-cache")
    equal("V registers are written", value("$v3.d.u[1]"), 77)
    equal("X registers are written", value("$x9"), 99)
    do("detach")


def virtual_interface_and_hypervisor_registers():
    text = do("info registers system")
    for name in ("HCR_EL2", "ICH_HCR_EL2", "ICH_LR0_EL2", "ICV_PMR_EL1", "ICC_PMR_EL1", "SCR_EL3",
                 "ICC_CTLR_EL3", "CNTHP_CTL_EL2", "CNTHCTL_EL2"):
        has(f"{name} is listed", text, rf"\b{name} ")
    do("set $ICH_LR0_EL2 = 0x5000000000000021")
    equal("a list register is written", value("$ICH_LR0_EL2"), 0x5000000000000021)
    do("set $ICV_PMR_EL1 = 0xf0")
    equal("ICV_PMR_EL1 is in ICH_VMCR_EL2", value("$ICH_VMCR_EL2") >> 24, 0xf0)
    equal("and is not ICC_PMR_EL1", value("$ICC_PMR_EL1"), 0)
    do("kill")


def breakpoints_leave_memory_alone():
    before = do(f"x/8wx {address('set_word')}")
    do("break set_word")
    do("hbreak spoil")
    do("continue")
    equal("the software breakpoint stops", function(), "set_word")
    equal("memory is as before", do(f"x/8wx {address('set_word')}").split(), before.split())
    do("delete 1")
    do("continue")
    equal("the hardware breakpoint stops", function(), "spoil")
    equal("on the vCPU that came there", gdb.selected_thread().num, 4)
    for i in range(200):
        do(f"hbreak *{address('main') + 4 * (i % 20)} if counts[0] == {i}")
    do("delete")
    same_hash()
    do("detach")


def watchpoints_report_the_address():
    do("watch *(unsigned long *)&word")
    text = do("continue")
    has("a change of the word stops", text, r"Old value = 0\s+New value = 1000")
    equal("in its writer", function(), "set_word")
    do("delete")
    do("rwatch word")
    do("awatch counts[2]")
    text = do("continue")
    has("another vCPU's access stops", text, r"counts\[2\]")
    equal("on that vCPU", gdb.selected_thread().num, 3)
    do("delete")
    do("watch atomic")
    text = do("continue")
    has("an atomic update stops", text, r"Old value = \d+\s+New value = \d+")
    equal("in its function", function(), "add_atomically")
    do("delete")
    go_to("store_pair")
    do("watch pair[1]")
    text = do("continue")
    has("the second half of a pair stops", text, r"Old value = 0\s+New value = 2")
    do("delete")
    same_hash()
    do("detach")


def reverse_stepi_undoes_stepi():
    go_to("spoil")
    do("thread 1")
    seen = []
    for _ in range(30):
        seen.append((pc(), value("$x0"), value("$x1"), value("$sp"), value("counts[0]")))
        do("stepi")
    for was in reversed(seen):
        do("reverse-stepi")
        now = (pc(), value("$x0"), value("$x1"), value("$sp"), value("counts[0]"))
        equal("reverse-stepi comes to where stepi came from", now, was)
    do("break spoil")
    do("reverse-continue")
    equal("the other vCPU is at its breakpoint again", function(), "spoil")
    do("delete")
    same_hash()
    do("detach")


def reverse_continue_to_a_breakpoint():
    go_to("over")
    do("break set_word")
    for wanted in (20000, 19000, 18000):
        do("reverse-continue")
        equal("the last breakpoint is met first", (function(), value("$x0")), ("set_word", wanted))
    do("continue")
    equal("forward again the next", value("$x0"), 19000)
    do("delete")
    text = do("reverse-continue")
    has("without one it goes to the beginning", text, "No more reverse-execution history")
    equal("which is the first instruction", function(), "_head")
    same_hash()
    do("detach")


def reverse_watchpoint_finds_who_wrote_last():
    do("break set_word if $x0 == 15000")
    do("continue")
    spoiled = value("word")
    equal("the word is not what vCPU 0 wrote", spoiled, 0xbad)
    do("delete")
    do("watch *(unsigned long *)&word")
    text = do("reverse-continue")
    equal("the last writer is found", function(), "spoil")
    equal("on its vCPU", gdb.selected_thread().num, 4)
    has("with both values", text, r"Old value = 2989\s+New value = \d+000")
    do("delete")
    same_hash()
    do("detach")


def a_write_in_the_past_makes_another_future():
    go_to("over")
    do("break spoil")
    do("reverse-continue")
    equal("in the past", function(), "spoil")
    do("delete")
    do("set var taken = 41")
    go_to("over")
    equal("what was written there has its effect", value("taken") - 41, 1)
    do("break hold_back")
    do("reverse-continue")
    equal("the past after the write has it", value("taken"), 41)
    do("delete")
    do("break set_word if $x0 == 1000")
    do("reverse-continue")
    equal("the past before the write has it not", value("taken"), 0)
    do("delete")
    go_to("over")
    equal("going on from there it is not made again", value("taken"), 1)
    same_hash()
    do("detach")


def monitor_tells_why():
    go_to("masked")
    text = do("monitor why 27 0")
    has("the gate is named", text, r"priority-mask +FAIL +ICC_PMR_EL1")
    has("and who closed it", text, r"ICC_PMR_EL1.*main")
    has("the summary says it", text, "blocked at priority-mask")
    has("the GIC is shown", do("monitor gic"), r"\s27 PPI\s+1 0 1 1 level")
    has("the schedule is shown", do("monitor schedule"), r"next: vCPU 0")
    has("time is shown", do("monitor time"), r"\d+ instructions, \d+ ns")
    has("commands are listed", do("monitor help"), "schedule")
    has("others are refused", do("monitor frobnicate"), "no such command")
    has("so are vCPUs that are not there", do("monitor why 27 9"), "not a number from 0 to 3")
    do("break set_word if $x0 == 1000")
    do("reverse-continue")
    has("in the past the mask is open", do("monitor why 27 0"), r"priority-mask +PASS")
    do("delete")
    same_hash()
    do("detach")


def interrupt_stops_a_spinning_guest():
    go_to("masked")
    do("set var spin_forever = 1")
    later = inside.interrupt_later(0.5)
    text = do("continue")
    later.wait()
    has("Ctrl-C stops it", text, "SIGINT")
    do("thread 1")
    equal("in the loop", function(), "main")
    do("set var spin_forever = 0")
    go_to("over")
    do("detach")


def detached_at_once_it_is_the_same_run():
    same_hash()
    do("detach")


def locked_steps_move_one_vcpu():
    go_to("spoil")
    do("set scheduler-locking on")
    do("thread 2")
    before, mine = value("counts[0]"), value("counts[1]")
    for _ in range(200):
        do("stepi")
    equal("the others stand still", value("counts[0]"), before)
    check("this one moves", value("counts[1]") > mine)
    do("set scheduler-locking off")
    do("break set_word")
    text = do("reverse-continue")
    has("the history begins where it was another's turn", text, "No more reverse-execution history")
    do("delete")
    go_to("over")
    do("detach")


def the_end_can_be_left_again():
    text = do("continue")
    has("the run's end is told", text, r"the run is over, exit code 0")
    do("break over")
    do("reverse-continue")
    equal("one can go back from there", function(), "over")
    do("delete")
    do("continue")
    same_hash()
    text = do("continue")
    has("going on ends it", text, "exited normally")


def kill_ends_the_run():
    go_to("counted")
    do("kill")


def physical_memory_is_shown():
    go_to("counted")
    by_va = value("*(unsigned long *)&word")
    do("maintenance packet Qqemu.PhyMemMode:1")
    equal("the same word by its physical address", value("*(unsigned long *)&word"), by_va)
    text = do("maintenance packet qqemu.PhyMemMode")
    has("the mode is told", text, r'received: "1"')
    do("maintenance packet Qqemu.PhyMemMode:0")
    do("set var word = 5")
    equal("memory is written", value("word"), 5)
    do("set var word = 0x4e20")
    try:
        value("*(unsigned *)0x9000000")
        check("devices are not read", False)
    except gdb.error:
        check("devices are not read", True)
    do("detach")


def it_attaches_by_tcp():
    go_to("counted")
    same_hash()
    do("detach")


def a_run_that_is_recorded_is_not_written_to():
    go_to("spoil")
    for change in ("set var word = 3", "set $x0 = 5", "reverse-stepi"):
        try:
            do(change)
            check(f"{change} is refused", False)
        except gdb.error:
            check(f"{change} is refused", True)
    do("set scheduler-locking on")
    do("thread 1")
    before = pc()
    has("so are steps of others alone", do("stepi"), "cannot be held while the run is recorded")
    equal("which moves nothing", pc(), before)
    do("set scheduler-locking off")
    do("stepi")
    same_hash()
    do("detach")


def a_recording_is_debugged_back_and_forth():
    do("file " + os.environ["GDB_SYMBOLS"])
    go_to("over")
    do("break set_word")
    do("reverse-continue")
    equal("the past of a recording", value("$x0"), 20000)
    do("delete")
    has("is told as one", do("monitor schedule"), "input comes from a recording")
    same_hash()
    do("detach")


def a_schedule_that_fails_is_debugged():
    do("file " + os.environ["GDB_SYMBOLS"])
    has("the schedule is told", do("monitor schedule"), "the explorer's schedule is followed")
    do("break 16")  # counter = counter + 1
    threads = set()
    text = do("continue")
    while "exited" not in text and len(threads) < 3:
        threads.add(gdb.selected_thread().num)
        do("stepi 4")
        text = do("continue")
    equal("both vCPUs add", threads, {1, 2})
    has("it fails as it did", text, r"exited with code 0146")  # 102, in gdb's octal


inside.run({name: f for name, f in globals().items() if callable(f)})
