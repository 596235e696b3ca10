#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Usage: mkinitrd.sh BUSYBOX OUT [MODULE.ko|PROGRAM...]
# A small initramfs, the same bytes on every machine: prints what CI looks for and powers off. The
# modules are loaded in the order given. Words on the kernel's command line change what it does:
#   irqlab.shell    gives a shell instead
#   irqlab.stress   first takes CPUs off and on again while pinned sleepers run
#   irqlab.disk     first prints /dev/vda's checksum, and copies its first MiB over its second
#   irqlab.net      first has the program "frames" send on eth0 while its interrupts move
#   irqlab.kvm      first has the program "vmm" run vmm-guest.img, and /linux if it is there
#   irqlab.nested   first has the program "nested" run guests of its own
#   irqlab.rng      first reads 512 bytes of /dev/hwrng
#   irqlab.wait=N   first waits N seconds
#   irqlab.symbols=MODULE  first prints the addresses of its symbols
#   irqlab.functions=TEXT  first prints the addresses of the kernel's with this in their names
#   irqlab.pci      first reads all disks with the program "reader" while their interrupts move
set -eu
umask 022
busybox=$1
out=$2
shift 2
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/bin" "$tree/proc" "$tree/sys" "$tree/dev" "$tree/modules"
cp "$busybox" "$tree/bin/busybox"
number=100
for module in "$@"; do
    case $module in
    *.ko) ;;
    *)
        cp "$module" "$tree/bin/"
        chmod 755 "$tree/bin/$(basename "$module")"
        continue
        ;;
    esac
    cp "$module" "$tree/modules/$number-$(basename "$module")"
    chmod 644 "$tree/modules/$number-$(basename "$module")"
    number=$((number + 1))
done
cat >"$tree/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs devtmpfs /dev

asked() {
    /bin/busybox grep -q "irqlab.$1" /proc/cmdline
}

sleeper() {
    while :; do /bin/busybox usleep 700; done
}

stress() {
    cpus=$(/bin/busybox nproc)
    for cpu in $(/bin/busybox seq 0 $((cpus - 1))); do
        sleeper &
        /bin/busybox taskset -p "$(/bin/busybox printf %x $((1 << cpu)))" $! >/dev/null
    done
    rounds=0
    while [ $rounds -lt 3 ]; do
        for cpu in $(/bin/busybox seq 1 $((cpus - 1))); do
            echo 0 >/sys/devices/system/cpu/cpu$cpu/online || echo "IRQLAB-STRESS: cpu$cpu stays on"
            echo 1 >/sys/devices/system/cpu/cpu$cpu/online || echo "IRQLAB-STRESS: cpu$cpu stays off"
        done
        rounds=$((rounds + 1))
    done
    echo "IRQLAB-STRESS: $rounds rounds"
}

disk() {
    echo "IRQLAB-DISK: $(/bin/busybox sha256sum /dev/vda)"
    /bin/busybox dd if=/dev/vda of=/dev/vda bs=64k count=16 seek=16 conv=notrunc 2>/dev/null &&
        /bin/busybox sync && echo "IRQLAB-DISK: written"
}

# Runs a program meanwhile; "busy" says whether it still does.
meanwhile() {
    /bin/busybox rm -f /done
    ("$@"; echo $? >/done) &
}

busy() {
    [ ! -e /done ]
}

# The first disk's interrupts are each bound to a CPU by the kernel: they go when the CPU goes.
unplug_while_reading() {
    meanwhile /bin/reader "$bytes" "$cpus" /dev/vda
    rounds=0
    while busy; do
        cpu=$((rounds % (cpus - 1) + 1))
        echo 0 >/sys/devices/system/cpu/cpu$cpu/online
        echo 1 >/sys/devices/system/cpu/cpu$cpu/online
        rounds=$((rounds + 1))
    done
    wait
    echo "IRQLAB-PCI: $rounds CPUs went and came back"
}

# The other disks have one interrupt each for all queues, which may be bound to any CPU.
move_while_reading() {
    irqs=$(irqs_named virtqueues)
    bytes=$((bytes / $(echo $irqs | /bin/busybox wc -w)))
    meanwhile /bin/reader "$bytes" "$cpus" /dev/vd[b-z]
    move_while_busy
}

# The interrupts whose names end in a word that matches.
irqs_named() {
    /bin/busybox sed -n "s/^ *\([0-9]*\):.*-$1\$/\1/p" /proc/interrupts
}

move_while_busy() {
    moves=0
    cpu=0
    while busy; do
        cpu=$((cpu + 1))
        for irq in $irqs; do
            cpu=$(((cpu + 1) % cpus))
            /bin/busybox printf %x $((1 << cpu)) >/proc/irq/$irq/smp_affinity &&
                moves=$((moves + 1))
        done
    done
    wait
    echo "IRQLAB-MOVES: $moves by smp_affinity"
}

pci() {
    cpus=$(/bin/busybox nproc)
    bytes=$(($(/bin/busybox cat /sys/block/vda/size) * 512))
    unplug_while_reading
    /bin/busybox cat /proc/interrupts
    move_while_reading
}

net() {
    cpus=$(/bin/busybox nproc)
    irqs=$(irqs_named '[a-z]*put\.[0-9]*')
    meanwhile /bin/frames eth0 "$cpus" 4000
    move_while_busy
    entropy=$(/bin/busybox head -c 512 /dev/hwrng | /bin/busybox wc -c)
    echo "IRQLAB-NET: $entropy bytes of entropy"
}

kvm() {
    /bin/vmm 2 64 /bin/vmm-guest.img
    echo "IRQLAB-KVM: vmm-guest.img ended with $?"
    [ -e /linux ] || return 0
    /bin/vmm 2 384 /linux /initrd.gz console=ttyAMA0
    echo "IRQLAB-KVM: linux ended with $?"
}

nested() {
    /bin/nested
    echo "IRQLAB-NESTED: ended with $?"
}

rng() {
    echo "IRQLAB-RNG: $(/bin/busybox head -c 512 /dev/hwrng | /bin/busybox wc -c) bytes of entropy"
}

for module in /modules/*.ko; do
    if [ -e "$module" ]; then /bin/busybox insmod "$module"; fi
done
if asked shell; then
    echo "IRQLAB-SHELL: ready"
    exec /bin/busybox setsid -c /bin/busybox sh -i </dev/console >/dev/console 2>&1
fi
module=$(/bin/busybox sed -n 's/.*irqlab\.symbols=\([a-z]*\).*/\1/p' /proc/cmdline)
if [ "$module" ]; then /bin/busybox grep -F "[$module]" /proc/kallsyms; fi
functions=$(/bin/busybox sed -n 's/.*irqlab\.functions=\([a-z_]*\).*/\1/p' /proc/cmdline)
if [ "$functions" ]; then
    /bin/busybox grep -i " t [a-z0-9_.]*$functions[a-z0-9_.]*$" /proc/kallsyms
fi
seconds=$(/bin/busybox sed -n 's/.*irqlab\.wait=\([0-9]*\).*/\1/p' /proc/cmdline)
if [ "$seconds" ]; then /bin/busybox sleep "$seconds"; fi
if asked stress; then stress; fi
if asked disk; then disk; fi
if asked pci; then pci; fi
if asked net; then net; fi
if asked kvm; then kvm; fi
if asked rng; then rng; fi
if asked nested; then nested; fi
echo "IRQLAB-CPUS: $(/bin/busybox nproc)"
/bin/busybox uname -a
/bin/busybox cat /proc/interrupts
echo "IRQLAB-MARKER: userspace reached"
/bin/busybox poweroff -f
INIT
chmod 755 "$tree" "$tree/init" "$tree/bin/busybox"
find "$tree" -exec touch -h -d @0 {} +
(cd "$tree" && find . | LC_ALL=C sort |
    cpio -o -H newc --quiet --reproducible -R 0:0) | gzip -n -9 >"$out"
