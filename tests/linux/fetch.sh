#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Usage: fetch.sh DEST
# Unpacks the guests' packages into DEST: kernels, installer, busybox, firmware, QEMU, Xen. Debian's
# package tools fetch them, with a state of their own, so that nothing on the host changes; the archives
# stay in the cache. DEST then has: linux, installer.gz, busybox, linux-6.12, u-boot.bin, QEMU_EFI.fd,
# qemu-system-arm/ (with the libraries that it needs), xen, headers/ (to build modules for linux-6.12)
set -eu
dest=$1
here=$(cd "$(dirname "$0")" && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/irqlab/debs
mkdir -p "$dest" "$cache"
dest=$(cd "$dest" && pwd)
# One at a time: two builds that fetch at once share the cache.
exec 9>"$cache/lock"
flock 9
if [ "$dest/ready" -nt "$here/fetch.sh" ]; then
    [ "$dest/initrd.gz" -nt "$here/mkinitrd.sh" ] ||
        sh "$here/mkinitrd.sh" "$dest/busybox" "$dest/initrd.gz"
    exit 0
fi
rm -rf "$dest/root"
state=$dest/apt
mkdir -p "$state/lists/partial" "$state/cache/archives/partial" "$state/parts"
: >"$state/status"

# The mirror that the host uses for Debian's main archive, whichever form its list has.
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Origin: Debian' |
    grep -v security | sort | uniq -c | sort -rn | awk 'NR == 1 {print $2}')
keyring=/usr/share/keyrings/debian-archive-keyring.gpg
[ -n "$mirror" ] || {
    echo "fetch.sh: apt has no package lists; run 'apt-get update' first" >&2
    exit 1
}
machine=$(dpkg --print-architecture) # this one's: only for what builds modules, so a small list
for suite in bookworm bookworm-updates; do
    echo "deb [arch=arm64 signed-by=$keyring] $mirror $suite main"
done >"$state/sources.list"
echo "deb [arch=arm64,$machine signed-by=$keyring] $mirror bookworm-backports main" \
    >>"$state/sources.list"

apt() {
    apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures::=arm64 \
        -o APT::Architectures::="$machine" -o Dir::State="$state" \
        -o Dir::State::status="$state/status" -o Dir::Cache="$state/cache" \
        -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts="$state/parts" \
        -o APT::Sandbox::User=root -o Acquire::Languages=none "$@"
}

# apt checks what it downloads against the signed lists; a cached archive is checked by its hash there.
get() {
    package=$1
    file=$(apt download --print-uris "$package" | sed "s/^'[^']*' \([^ ]*\) .*/\1/")
    hash=$(apt download --print-uris "$package" | sed -n "s/.*SHA256:\([0-9a-f]*\).*/\1/p")
    if ! { [ -n "$hash" ] && echo "$hash  $cache/$file" | sha256sum -c --status 2>/dev/null; }; then
        (cd "$cache" && apt download "$package")
    fi
    mkdir -p "$dest/root"
    dpkg-deb -x "$cache/$file" "$dest/root"
}

# A program and all libraries that it needs; apt compares what is in the cache already by itself.
get_with_libraries() {
    apt -o Dir::Cache::archives="$cache/" -o Debug::NoLocking=true install --download-only -y \
        --no-install-recommends "$1"
    rm -rf "$dest/$1.new"
    mkdir "$dest/$1.new"
    apt install --print-uris -y --no-install-recommends "$1" | awk '{print $2}' |
        grep -E "^(lib|zlib1g|$1)" | while read -r file; do
            dpkg-deb -x "$cache/$file" "$dest/$1.new"
        done
    rm -rf "$dest/$1"
    mv "$dest/$1.new" "$dest/$1"
}

apt update
get debian-installer-12-netboot-arm64
get busybox-static
get u-boot-qemu
get qemu-efi-aarch64
get_with_libraries qemu-system-arm
get xen-hypervisor-4.17-arm64
newer=$(apt-cache -o APT::Architecture=arm64 -o Dir::State="$state" \
    -o Dir::State::status="$state/status" -o Dir::Cache="$state/cache" \
    -o Dir::Etc::sourcelist="$state/sources.list" -o Dir::Etc::sourceparts="$state/parts" \
    search --names-only '^linux-image-6\.12\..*-arm64-unsigned$' | awk '{print $1}' |
    grep -v -- '-rt-\|cloud\|16k' | sort -V | tail -n 1)
[ -n "$newer" ] || {
    echo "fetch.sh: no linux-image-6.12 for arm64 in the mirror's bookworm-backports" >&2
    exit 1
}
get "$newer/bookworm-backports"
# A module's headers, and the programs of its build for this machine.
version=${newer#linux-image-}
version=${version%-arm64-unsigned}
get "linux-headers-$version-arm64"
get "linux-headers-$version-common"
get "linux-kbuild-$version:$machine"
headers=$dest/root/usr/src/linux-headers-$version
# Their makefile names the place where dpkg would have put them; BTF of a module needs a tool more.
echo "include $headers-common/Makefile" >"$headers-arm64/Makefile"
rm -f "$headers-arm64/vmlinux"
ln -sfn "$headers-arm64" "$dest/headers"

images=$dest/root/usr/lib/debian-installer/images/12/arm64/text/debian-installer/arm64
cp "$images/linux" "$dest/linux"
cp "$images/initrd.gz" "$dest/installer.gz"
cp "$dest/root/bin/busybox" "$dest/busybox"
cp "$dest"/root/boot/vmlinuz-6.12* "$dest/linux-6.12"
cp "$dest/root/usr/lib/u-boot/qemu_arm64/u-boot.bin" "$dest/u-boot.bin"
cp "$dest/root/usr/share/qemu-efi-aarch64/QEMU_EFI.fd" "$dest/QEMU_EFI.fd"
cp "$dest/root/boot/xen-4.17-arm64" "$dest/xen"
sh "$here/mkinitrd.sh" "$dest/busybox" "$dest/initrd.gz"
touch "$dest/ready"
