# SPDX-License-Identifier: GPL-2.0-or-later
"""Far back: a run of 2 * 10^8 instructions. Prints how long it took; checks where it came to."""
import re
import time

import inside
from inside import address, check, do, equal, function, has, same_hash, value


def position():
    return int(re.search(r"(\d+) instructions", do("monitor time")).group(1))


def state():
    return (position(), value("$pc"), value("$sp"), value("$x0"), value("$x19"))


def timed(command):
    start = time.monotonic()
    do(command)
    return time.monotonic() - start


def two_hundred_million_back():
    do("break main")
    do("continue")
    first = state()
    do("stepi 1000")
    second = state()
    has("it runs to its end", do("continue"), "the run is over")
    end = position()
    check("which is far away", end - first[0] > 10**8, end - first[0])
    seconds = timed("reverse-stepi")
    print(f"BENCH: one instruction back: {seconds:.3f} s")
    equal("one instruction back", position(), end - 1)
    seconds = timed("reverse-continue")
    print(f"BENCH: {(end - first[0]) / 1e6:.0f} million instructions back: {seconds:.3f} s")
    equal("to the same place", state(), first)
    do("stepi 1000")
    equal("and the same way forward", state(), second)
    seconds = timed("reverse-stepi 100")
    print(f"BENCH: 100 single steps back: {seconds:.3f} s")
    do("reverse-continue")
    equal("steps back and back to the start", state(), first)
    do("delete")
    same_hash()
    do("detach")


inside.run({name: f for name, f in globals().items() if callable(f)})
