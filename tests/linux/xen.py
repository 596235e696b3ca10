#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Boots Debian's Xen with Linux as its dom0, and as a second domain on the same CPUs.

The blobs come by -device guest-loader, which puts the nodes that Xen looks for into the device tree. A
domain beside dom0 is a node of Xen's "dom0less" binding; its console is Xen's, line by line. Each run
must end in the same state."""
import argparse
import os
import re
import subprocess
import tempfile

from drive import check_interrupts, fail, run

KERNEL_AT, INITRD_AT = 0x49000000, 0x4c000000
DOMAIN = "(XEN) DOM1: "


def options(args, dom0="console=hvc0"):
    machine = "virt,virtualization=on,gic-version=3" + args.machine
    return ["-machine", machine, "-cpu", args.cpu, "-smp", str(args.smp), "-m", "768M", "-nographic",
            "-kernel", args.xen,
            "-append", f"console=dtuart dom0_mem=256M dom0_max_vcpus={args.smp}",
            "-device", f"guest-loader,addr={KERNEL_AT:#x},kernel={args.kernel},bootargs={dom0}",
            "-device", f"guest-loader,addr={INITRD_AT:#x},initrd={args.initrd}"]


def put(tree, node, name, *values):
    kind = "x" if isinstance(values[0], int) else "s"
    words = [f"{value:x}" if kind == "x" else value for value in values]
    subprocess.run(["fdtput", "-t", kind, tree, node, name, *words], check=True)


def add_domain(args, tree):
    """To dom0's tree: a domain of two vCPUs, which shares dom0's kernel and initrd."""
    domain = "/chosen/domU1"
    modules = ((KERNEL_AT, args.kernel, "kernel"), (INITRD_AT, args.initrd, "ramdisk"))
    put(tree, "/chosen", "#address-cells", 2)
    put(tree, "/chosen", "#size-cells", 2)
    subprocess.run(["fdtput", "-c", tree, domain], check=True)
    put(tree, domain, "compatible", "xen,domain")
    put(tree, domain, "#address-cells", 2)
    put(tree, domain, "#size-cells", 2)
    put(tree, domain, "cpus", 2)
    put(tree, domain, "memory", 0, 192 << 10)  # KiB
    subprocess.run(["fdtput", tree, domain, "vpl011"], check=True)
    for address, path, kind in modules:
        node = f"{domain}/module@{address:x}"
        subprocess.run(["fdtput", "-c", tree, node], check=True)
        put(tree, node, "compatible", f"multiboot,{kind}", "multiboot,module")
        put(tree, node, "reg", 0, address, 0, os.path.getsize(path))
    put(tree, f"{domain}/module@{KERNEL_AT:x}", "bootargs", "console=ttyAMA0")


def options_with_domain(args, folder):
    """The board's tree plus the domain. dom0 waits until that has ended: it ends the machine."""
    tree = os.path.join(folder, "domain.dtb")
    plain = options(args)[:options(args).index("-device")]
    subprocess.run([args.irqlab, "run", *plain, "--dumpdtb", tree], check=True, timeout=60)
    add_domain(args, tree)
    return [*options(args, "console=hvc0 irqlab.wait=2"), "-dtb", tree]


def check_linux(text, smp, whose):
    if "IRQLAB-MARKER" not in text or f"IRQLAB-CPUS: {smp}" not in text:
        fail(f"{whose} has no marker, or not {smp} CPUs", text)
    check_interrupts(text, smp)


def check(args, code, text):
    lines = text.splitlines()
    domain = "\n".join(line[len(DOMAIN):] for line in lines if line.startswith(DOMAIN))
    dom0 = "\n".join(line for line in lines if not line.startswith("(XEN)"))
    if code or "Hardware Dom0 halted" not in text:
        fail(f"exit code {code}, or dom0 did not end by itself", text)
    check_linux(dom0, args.smp, "dom0")
    if not re.search(r"GICv3 +\d+ Level +events", dom0):
        fail("dom0 has no event channels", dom0)
    if args.domain:
        check_linux(domain, 2, "the domain")
        if "reboot: Power down" not in domain:
            fail("the domain did not end by itself", domain)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name in ("--irqlab", "--xen", "--kernel", "--initrd"):
        parser.add_argument(name, required=True)
    parser.add_argument("--smp", type=int, default=2)
    parser.add_argument("--cpu", default="cortex-a72")
    parser.add_argument("--machine", default="", help="more of the machine's properties, from a comma on")
    parser.add_argument("--domain", action="store_true", help="a second domain")
    parser.add_argument("--renew", help="instruction counts at which the GIC is saved and restored")
    parser.add_argument("--strict", action="store_true", help="there is nothing to be warned of")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--timeout", type=float, default=300)
    args = parser.parse_args()
    seen = set()
    with tempfile.TemporaryDirectory() as folder:
        words = options_with_domain(args, folder) if args.domain else options(args)
        if args.strict:
            words.append("--strict")
        if args.renew:
            words += ["--renew-gic", args.renew]
        for _ in range(args.runs):
            code, text, s = run(args.irqlab, words, args.timeout)
            check(args, code, text)
            if s.get("strict"):
                fail(f"--strict warns: {s['strict']}")
            end = s["instructions"], s["virtual_time_ns"], s["state_hash"]
            print(*end, flush=True)
            seen.add(end)
    if len(seen) != 1:
        fail(f"{len(seen)} different ends in {args.runs} runs")
    print("PASS")


if __name__ == "__main__":
    main()
