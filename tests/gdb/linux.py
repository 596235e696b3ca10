# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's kernel, without symbols: early boot, the MMU's turning on, and back over it."""
import inside
from inside import check, do, equal, has, pc, same_hash, value

BASE = 0x40200000  # where the board puts an arm64 Image
UART = 0x09000000
KERNEL = 0xffff  # in the upper half of addresses


def word(va):
    return value(f"*(unsigned int *){va:#x}")


def state():
    return (pc(), value("$sp"), value("$x0"), value("$x1"), value("$x30"), value("$cpsr"))


def back_and_forth(steps):
    seen = []
    for _ in range(steps):
        seen.append(state())
        do("stepi")
    end = state()
    for was in reversed(seen):
        do("reverse-stepi")
        equal("one instruction back", state(), was)
    do(f"stepi {steps}")
    equal("and forth again", state(), end)


def early_boot():
    equal("the first instruction is the Image's", pc(), BASE)
    equal("which the stub reads", word(BASE + 56), 0x644d5241)
    equal("the MMU is off", value("$SCTLR_EL1") & 1, 0)
    back_and_forth(30)
    do("maintenance packet Qqemu.PhyMemMode:1")
    do(f"awatch *(unsigned char *){UART:#x}")
    has("the console's first access stops", do("continue"), "access.*watchpoint")
    do("maintenance packet Qqemu.PhyMemMode:0")
    there = state()
    equal("in the kernel's own addresses", there[0] >> 48, KERNEL)
    equal("the MMU is on", value("$SCTLR_EL1") & 1, 1)
    check("which the stub translates", word(there[0]) != 0)
    equal("its frames too", do("backtrace 2").count("#"), 2)
    do("delete")
    back_and_forth(30)
    do(f"hbreak *{there[0]:#x}")
    has("the first is the first", do("reverse-continue"), "Breakpoint|reverse-execution")
    do("delete")
    has("then there is the beginning", do("reverse-continue"), "No more reverse-execution history")
    equal("of all", pc(), BASE)
    do(f"hbreak *{there[0] - 4:#x}")
    do("continue")
    equal("a breakpoint before the MMU is on stops after it is", pc(), there[0] - 4)
    do("delete")
    same_hash()
    do("detach")


inside.run({name: f for name, f in globals().items() if callable(f)})
