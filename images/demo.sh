#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Installs what is missing, builds irqlab, boots Debian's unmodified kernel on 4 vCPUs to userspace,
# twice, compares the two, and shows one interrupt's life. Works on a fresh Debian 12.
set -eu
cd "$(dirname "$0")/.."
build=${IRQLAB_DEMO_DIR:-build/demo}

echo "== Installing what is missing and building (the first time takes some minutes)"
# cpio, for the small initramfs; the rest builds irqlab.
sh tests/install-deps.sh $(cat tests/deps-build.txt) cpio
cmake -S . -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DIRQLAB_TESTS=OFF
ninja -C "$build" irqlab

echo "== Fetching Debian's arm64 kernel and busybox (nothing is installed)"
sh tests/linux/fetch.sh "$build/guests"

for boot in 1 2; do
    echo "== Boot $boot: Debian's kernel, 4 vCPUs"
    "$build/irqlab" run -kernel "$build/guests/linux" -initrd "$build/guests/initrd.gz" \
        -append "console=ttyAMA0" -smp 4 -m 512 -nographic --json="$build/boot$boot.json" \
        --trace="irq,timer,exception:$build/boot$boot.trace" </dev/null >"$build/boot$boot.txt"
    sed -n '/IRQLAB-CPUS/,$p' "$build/boot$boot.txt"
done

echo "== The same both times?"
for key in instructions virtual_time_ns state_hash; do
    one=$(sed -n "s/^  \"$key\": \"\{0,1\}\([0-9a-f]*\).*/\1/p" "$build/boot1.json")
    two=$(sed -n "s/^  \"$key\": \"\{0,1\}\([0-9a-f]*\).*/\1/p" "$build/boot2.json")
    if [ "$one" = "$two" ]; then
        echo "$key: $one, twice"
    else
        echo "$key differs: $one and $two" >&2
        exit 1
    fi
done

echo "== The life of one interrupt: vCPU 2's timer, from its output's rise to its deactivation"
echo "   (instructions, virtual ns, vCPU, what happened, where; the 100th in $build/boot1.trace)"
awk '$3 == "v2" && /CNTV output up/ { n++ }
     n == 100 && $3 == "v2" { print }
     n == 100 && $3 == "v2" && /INTID 27 deactivated/ { exit }' "$build/boot1.trace"
