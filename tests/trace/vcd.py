# SPDX-License-Identifier: GPL-2.0-or-later
"""Reads a value change dump (IEEE 1364-2005 18), as far as a trace of irqlab needs it."""


def changes_alone(changes, before="x"):
    """Of several values at one time the last, and only where it differs from the one before."""
    last, out = {}, []
    for at, value in changes:
        last[at] = value
    for at in sorted(last):
        if last[at] != before:
            out.append((at, last[at]))
        before = last[at]
    return out


def value_of(text):
    if text[0] == "x":
        return "x"
    return None if text[0] == "z" else int(text, 2)


def read(path):
    """{"scope.scope.name": [(time, value), ...]}; None: z. Values before the first change, and
    wires that are low then, are left out."""
    scopes, names, changes, bits, now = [], {}, {}, {}, 0
    with open(path, encoding="ascii") as file:
        head, _, body = file.read().partition("$enddefinitions $end")
    for line in head.splitlines():
        words = line.split()
        if words[:1] == ["$scope"]:
            scopes.append(words[2])
        elif words[:1] == ["$upscope"]:
            scopes.pop()
        elif words[:1] == ["$var"]:
            names[words[3]] = ".".join(scopes + [words[4]])
            bits[words[3]] = int(words[2])
            changes[words[3]] = []
    for line in body.split("\n"):
        if line[:1] == "#":
            now = int(line[1:])
        elif line[:1] == "b":
            value, name = line[1:].split()
            changes[name].append((now, value_of(value)))
        elif line[:1] in ("0", "1"):
            changes[line[1:]].append((now, int(line[0])))
    assert not scopes and names
    return {names[n]: changes_alone(c, 0 if bits[n] == 1 else "x") for n, c in changes.items()}
