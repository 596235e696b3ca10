#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""What Arm allows a litmus test of images/litmus to show: all candidate executions, tried against the
axioms. Prints a line for each test: its name, then its outcomes.

The axioms are those of DDI 0487 B2.3 (the Arm memory model, other-multi-copy-atomic since Armv8.4's
text; A. Deacon's aarch64.cat is the same in another language):
  internal visibility: po-loc, coherence, reads-from and from-reads have no cycle
  external visibility: "ordered-before" has no cycle; it is made of what others observe (rfe, fre, coe)
  and of what is ordered locally: dependencies, barriers, acquire and release
An SGI (Simner et al., "Precise exceptions in relaxed architectures", arXiv 2412.15140): what a DSB
completes is before the write of ICC_SGI1R behind it, which is before the interrupt is taken, which is,
as a context synchronization event, before the handler's loads.

usage: axiomatic.py NAME... (or names on standard input)
"""
import itertools
import sys


class Event:
    def __init__(self, thread, kind, at=None, value=None, **marks):
        self.thread, self.kind, self.at, self.value = thread, kind, at, value
        self.marks = marks  # acq, acqpc, rel
        self.index = None

    def is_(self, mark):
        return self.marks.get(mark, False)


# -- Tests ---------------------------------------------------------------------------------------------

def two(thread, first, how, second, more_po=()):
    """Two accesses, and how they are ordered: (events, [(how, first, second)])."""
    a, b = Event(thread, *first), Event(thread, *second)
    if how in ("acq", "acqpc"):
        a.marks[how] = True
    elif how == "rel":
        b.marks["rel"] = True
    elif how in ("relacq", "relacqpc"):
        a.marks["rel"] = True
        b.marks[how[3:]] = True
    return [a, b], [(how, a, b)]


def one(thread, access):
    return [Event(thread, *access)], []


def shape(name):
    """The threads of a test, and the locations whose last value it shows."""
    family, *hows = name.split("+")
    if name.startswith("2+2W"):
        family, hows = "2+2W", name.split("+")[2:]
    if family == "MP" and hows[0] == "SGI":
        w, g = Event(0, "W", "x", 1), Event(0, "G")
        t, r = Event(1, "T"), Event(1, "R", "x")
        return [([w, g], [(hows[1], w, g)]), ([t, r], [("taken", t, r), ("sgi", g, t)])], ""
    w1 = {loc: ("W", loc, 1) for loc in "xyz"}
    r = {loc: ("R", loc) for loc in "xyz"}
    if family == "MP":
        return [two(0, w1["x"], hows[0], w1["y"]), two(1, r["y"], hows[1], r["x"])], ""
    if name.startswith("SB+rfi"):
        threads = []
        for t, (own, other) in enumerate(("xy", "yx")):
            events = [Event(t, "W", own, 1), Event(t, "R", own), Event(t, "R", other)]
            if hows[0] == "rfi-acq":
                events[1].marks["acq"] = True
            how = "addr" if hows[0] == "rfi-addr" else "po"
            threads.append((events, [(how, events[1], events[2])]))
        return threads, ""
    if family == "SB":
        return [two(0, w1["x"], hows[0], r["y"]), two(1, w1["y"], hows[1], r["x"])], ""
    if family == "LB":
        return [two(0, r["x"], hows[0], w1["y"]), two(1, r["y"], hows[1], w1["x"])], ""
    if family == "S":
        return [two(0, ("W", "x", 2), hows[0], w1["y"]), two(1, r["y"], hows[1], w1["x"])], "x"
    if family == "R":
        return [two(0, w1["x"], hows[0], w1["y"]), two(1, ("W", "y", 2), hows[1], r["x"])], "y"
    if family == "2+2W":
        return [two(0, w1["x"], hows[0], ("W", "y", 2)), two(1, w1["y"], hows[1], ("W", "x", 2))], "xy"
    if family == "WRC":
        return [one(0, w1["x"]), two(1, r["x"], hows[0], w1["y"]), two(2, r["y"], hows[1], r["x"])], ""
    if family == "IRIW":
        return [one(0, w1["x"]), two(1, r["x"], hows[0], r["y"]), one(2, w1["y"]),
                two(3, r["y"], hows[1], r["x"])], ""
    if family == "ISA2":
        return [two(0, w1["x"], hows[0], w1["y"]), two(1, r["y"], hows[1], w1["z"]),
                two(2, r["z"], hows[2], r["x"])], ""
    coherence = {
        "CoRR": ([one(0, w1["x"]), two(1, r["x"], "po", r["x"])], ""),
        "CoWW": ([two(0, w1["x"], "po", ("W", "x", 2))], "x"),
        "CoRW1": ([two(0, r["x"], "po", w1["x"])], "x"),
        "CoRW2": ([two(0, r["x"], "po", w1["x"]), one(1, ("W", "x", 2))], "x"),
        "CoWR": ([two(0, w1["x"], "po", r["x"]), one(1, ("W", "x", 2))], "x"),
    }
    if name in coherence:
        return coherence[name]
    sys.exit(f"axiomatic.py: no test {name}")


# -- Axioms --------------------------------------------------------------------------------------------

def acyclic(edges):
    edges = set(edges)
    while True:
        sources = {a for a, _ in edges}
        rest = {(a, b) for a, b in edges if b in sources}
        if rest == edges:
            return not edges
        edges = rest


BARRIERS = {"dmb": "full", "dsb": "full", "dmbld": "ld", "dsbld": "ld", "dmbst": "st", "dsbst": "st"}


def local_order(how, a, b):
    """Whether the first of two accesses is ordered before the second, by what stands between them."""
    if how in ("sgi", "taken"):
        return True
    if b.kind == "G":
        return how in ("dsb", "dsbst")  # a store; DSB LD waits for loads
    barrier = BARRIERS.get(how)
    if barrier == "full" or (barrier == "ld" and a.kind == "R") or \
            (barrier == "st" and a.kind == b.kind == "W"):
        return True
    if how in ("addr", "data", "ctrlisb"):
        return True
    return how == "ctrl" and b.kind == "W"


def program_order(events):
    return [(a, b) for i, a in enumerate(events) for b in events[i + 1:]]


def locally_ordered(threads, rf):
    edges = []
    for events, hows in threads:
        edges += [(a, b) for how, a, b in hows if local_order(how, a, b)]
        for a, b in program_order(events):
            if a.is_("acq") or a.is_("acqpc") or b.is_("rel") or (a.is_("rel") and b.is_("acq")):
                edges.append((a, b))
        # (addr | data); rfi
        edges += [(a, r) for how, a, w in hows if how in ("addr", "data") and w.kind == "W"
                  for r in events if rf.get(r) is w]
    return edges


def consistent(threads, writes, rf, co, strong):
    """@co: each location's writes in order; the initial one is None. @strong: program order orders."""
    place = {w: i for order in co.values() for i, w in enumerate(order)}
    rf_edges = [(w, r) for r, w in rf.items() if w]
    co_edges = [(a, b) for order in co.values() for i, a in enumerate(order) for b in order[i + 1:]]
    fr_edges = [(r, w) for r, from_ in rf.items() for w in writes
                if w.at == r.at and (from_ is None or place[w] > place[from_])]
    communication = rf_edges + co_edges + fr_edges
    po_loc = [(a, b) for events, _ in threads for a, b in program_order(events) if a.at and a.at == b.at]
    if not acyclic(po_loc + communication):
        return False
    if strong:
        all_po = [pair for events, _ in threads for pair in program_order(events)]
        sgi = [(a, b) for _, hows in threads for how, a, b in hows if how == "sgi"]
        return acyclic(communication + all_po + sgi)
    external = [(a, b) for a, b in communication if a.thread != b.thread]
    return acyclic(external + locally_ordered(threads, rf))


def outcomes(name, strong=False):
    threads, finals = shape(name)
    events = [e for thread, _ in threads for e in thread]
    writes = [e for e in events if e.kind == "W"]
    reads = [e for e in events if e.kind == "R"]
    found = set()
    per_location = [[list(p) for p in itertools.permutations([w for w in writes if w.at == at])]
                    for at in "xyz"]
    for orders in itertools.product(*per_location):
        co = dict(zip("xyz", orders))
        for sources in itertools.product(*[[None] + [w for w in writes if w.at == r.at] for r in reads]):
            rf = dict(zip(reads, sources))
            if consistent(threads, writes, rf, co, strong):
                found.add(show(threads, rf, co, finals))
    return sorted(found)


def show(threads, rf, co, finals):
    parts = []
    for t, (events, _) in enumerate(threads):
        for n, r in enumerate(e for e in events if e.kind == "R"):
            parts.append(f"{t}:r{n}={rf[r].value if rf[r] else 0}")
    parts += [f"{at}={co[at][-1].value}" for at in finals]
    return " ".join(sorted(parts))


if __name__ == "__main__":
    for name in sys.argv[1:] or sys.stdin.read().split():
        print(f"{name}: " + " | ".join(outcomes(name)))
