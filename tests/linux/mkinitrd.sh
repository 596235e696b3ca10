#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Usage: mkinitrd.sh BUSYBOX OUT
# A small initramfs, the same bytes on every machine: prints what CI looks for and powers off. With
# `irqlab.shell` on the kernel's command line it gives a shell instead.
set -eu
tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
mkdir -p "$tree/bin" "$tree/proc" "$tree/sys" "$tree/dev"
cp "$1" "$tree/bin/busybox"
cat >"$tree/init" <<'INIT'
#!/bin/busybox sh
/bin/busybox mount -t proc proc /proc
/bin/busybox mount -t sysfs sysfs /sys
/bin/busybox mount -t devtmpfs devtmpfs /dev
if /bin/busybox grep -q irqlab.shell /proc/cmdline; then
    echo "IRQLAB-SHELL: ready"
    exec /bin/busybox setsid -c /bin/busybox sh -i </dev/console >/dev/console 2>&1
fi
echo "IRQLAB-CPUS: $(/bin/busybox nproc)"
/bin/busybox uname -a
/bin/busybox cat /proc/interrupts
echo "IRQLAB-MARKER: userspace reached"
/bin/busybox poweroff -f
INIT
chmod 755 "$tree/init" "$tree/bin/busybox"
find "$tree" -exec touch -h -d @0 {} +
(cd "$tree" && find . | LC_ALL=C sort |
    cpio -o -H newc --quiet --reproducible -R 0:0) | gzip -n -9 >"$2"
