#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Usage: fresh.sh DIR [COMMAND...]   (as root)
# Makes a fresh Debian 12 with git in DIR (debootstrap; kept for the next time if it is there), clones
# this repository's last commit into it and runs each COMMAND there, by default the README's two.
# The copy gets the host's Debian sources, proxy, certificates and pip settings; mounts end with it.
set -eu
repo=$(cd "$(dirname "$0")/.." && pwd)
[ $# -ge 1 ] || {
    echo "usage: fresh.sh DIR [COMMAND...]" >&2
    exit 2
}
root=$1
shift
[ $# -gt 0 ] || set -- "sh images/demo.sh" "sh tests/run.sh"

for need in debootstrap unshare git; do
    command -v $need >/dev/null || {
        echo "fresh.sh: $need is missing; apt-get install debootstrap util-linux git" >&2
        exit 1
    }
done
[ "$(id -u)" -eq 0 ] || {
    echo "fresh.sh: debootstrap and chroot need root" >&2
    exit 1
}

mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Codename: bookworm' |
    sort | uniq -c | sort -rn | awk 'NR == 1 {print $2}')
[ -n "$mirror" ] || {
    echo "fresh.sh: apt knows no bookworm suite; run 'apt-get update' first" >&2
    exit 1
}
if [ ! -e "$root/etc/debian_version" ]; then
    debootstrap --variant=minbase --include=git,ca-certificates bookworm "$root" "$mirror" \
        >"$root.debootstrap.log" 2>&1 || {
        tail -n 20 "$root.debootstrap.log" >&2
        exit 1
    }
fi
root=$(cd "$root" && pwd)

# The host's settings, without which neither apt nor pip may reach anything.
for file in /etc/apt/sources.list /etc/apt/sources.list.d/debian.sources /etc/pip.conf \
    /etc/resolv.conf /etc/hosts; do
    if [ -e "$file" ]; then cp -L "$file" "$root$file"; fi
done
# Two descriptions of one mirror would only draw warnings.
if [ -e "$root/etc/apt/sources.list.d/debian.sources" ] && [ ! -e /etc/apt/sources.list ]; then
    rm -f "$root/etc/apt/sources.list"
fi
for file in $(grep -ls 'Acquire::' /etc/apt/apt.conf /etc/apt/apt.conf.d/* || true); do
    mkdir -p "$root$(dirname "$file")"
    cp "$file" "$root$file"
done
cp /etc/ssl/certs/ca-certificates.crt "$root/etc/host-certificates.crt"

rm -rf "$root/root/irqlab"
git clone -q --no-hardlinks "$repo" "$root/root/irqlab"

set -- "$root" "$@"
# A name space of its own: whatever happens, no mount and no process stays behind.
# shellcheck disable=SC2016
exec unshare --mount --pid --fork --kill-child sh -euc '
    root=$1
    shift
    mount -t proc proc "$root/proc"
    mount -t tmpfs -o mode=755 dev "$root/dev"
    mkdir "$root/dev/pts" "$root/dev/shm"
    for node in null zero full random urandom tty; do
        : >"$root/dev/$node"
        mount --bind "/dev/$node" "$root/dev/$node"
    done
    mount -t devpts -o newinstance,ptmxmode=666 devpts "$root/dev/pts"
    mount -t tmpfs shm "$root/dev/shm"
    ln -s pts/ptmx "$root/dev/ptmx"
    ln -s /proc/self/fd "$root/dev/fd"
    settings=$(env | grep -iE "^((https?|no|all)_proxy|PIP_(INDEX_URL|EXTRA_INDEX_URL|TRUSTED_HOST|DEFAULT_TIMEOUT)|IRQLAB_[A-Z_]+)=" || true)
    for command in "$@"; do
        echo "== $command"
        started=$(date +%s)
        code=0
        # shellcheck disable=SC2086
        env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root \
            PIP_CERT=/etc/host-certificates.crt SSL_CERT_FILE=/etc/host-certificates.crt $settings \
            chroot "$root" sh -c "cd /root/irqlab && $command" </dev/null || code=$?
        echo "== $command: exit code $code after $(($(date +%s) - started)) s"
        [ "$code" -eq 0 ] || exit "$code"
    done' fresh.sh "$@"
