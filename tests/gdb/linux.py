# SPDX-License-Identifier: GPL-2.0-or-later
"""Debian's kernel, without symbols: early boot, the MMU's turning on, and back over it."""
import inside
from inside import check, do, equal, has, pc, same_hash, value

BASE = 0x40200000  # where the board puts an arm64 Image


def word(va):
    return value(f"*(unsigned int *){va:#x}")


def early_boot():
    equal("the first instruction is the Image's", pc(), BASE)
    equal("which the stub reads", word(BASE + 56), 0x644d5241)
    equal("the MMU is off", value("$SCTLR_EL1") & 1, 0)
    do("watch *(unsigned long *)0x9000000 if 0")  # a device: refused or silent, never fatal
    do("delete")
    seen = []
    for _ in range(25):
        seen.append((pc(), value("$x0"), value("$x1"), value("$sp")))
        do("stepi")
    for was in reversed(seen):
        do("reverse-stepi")
        equal("back as it came", (pc(), value("$x0"), value("$x1"), value("$sp")), was)


inside.run({name: f for name, f in globals().items() if callable(f)})
