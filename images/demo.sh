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

echo "== The life of one interrupt: vCPU 2's timer, halfway through the boot"
echo "   (instructions, virtual ns, vCPU, what happened, where; from $build/boot1.trace)"
# Twice over the file: how many there are depends on the kernel, so the middle one is taken.
awk '
function tell(what) { print; print "        -> " what }
NR == FNR { total += $3 == "v2" && /CNTV output up/; next }
$3 != "v2" { next }
/CNTV output up/ { n++ }
n < int((total + 1) / 2) { next }
/CNTV output up/ { tell("CNTVCT reached CNTV_CVAL: the comparator raises its line"); next }
/INTID 27 pended/ { tell("the redistributor latches PPI 11 = INTID 27 as pending"); next }
/line IRQ up/ { tell("enabled, its priority beats PMR and what runs: signalled to the CPU"); next }
/exception IRQ/ { tell("the CPU takes it at the next instruction that has PSTATE.I clear"); next }
/INTID 27 acknowledged/ { tell("the kernel read ICC_IAR1: active, and still pending while the line is up"); next }
/line IRQ down/ { tell("nothing else beats the running priority"); next }
/CNTV output down/ { tell("the handler masked or set the timer: its line falls"); next }
/no longer pending/ { tell("level-triggered: what the line does not hold up is not pending"); next }
/INTID 27 priority drop/ { tell("ICC_EOIR1: interrupts of this priority may come again"); next }
/INTID 27 deactivated/ { tell("and it is inactive: the next deadline may start over"); done = 1; exit }
{ print }
END { exit !done }' "$build/boot1.trace" "$build/boot1.trace" || {
    echo "demo.sh: no complete timer interrupt on vCPU 2 in $build/boot1.trace" >&2
    exit 1
}
