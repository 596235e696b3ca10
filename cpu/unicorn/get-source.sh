#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Usage: get-source.sh DESTDIR
# Unpacks Unicorn 2.1.4's source distribution into DESTDIR. It comes from the Python package index that
# pip is configured for, is checked against a pinned SHA-256, and stays in the cache.
set -eu
dest=$1
cache=${XDG_CACHE_HOME:-$HOME/.cache}/irqlab
archive=$cache/unicorn-2.1.4.tar.gz
sha256=00567a70e323f749b419cd86bee4f9115beab7ebba32194581c090cbb7c59cff

is_good() {
    [ -f "$archive" ] && echo "$sha256  $archive" | sha256sum -c --status
}

cannot() {
    echo "$1" >&2
    echo "Without a network: unpack Unicorn 2.1.4 yourself and give -DUNICORN_SOURCE_DIR=FOLDER" >&2
    echo "(the folder that holds uc.c), or put unicorn-2.1.4.tar.gz into $cache." >&2
    exit 1
}

mkdir -p "$cache" "$dest"
if ! is_good; then
    part=$(mktemp -d "$cache/download.XXXXXX")
    trap 'rm -rf "$part"' EXIT
    # pip asks the package for its metadata, for which it builds in isolation: needs setuptools once.
    python3 -m pip download --quiet --no-binary :all: --no-deps --dest "$part" unicorn==2.1.4 \
        >"$part/log" 2>&1 || {
        tail -n 5 "$part/log" >&2
        cannot "Unicorn's source could not be downloaded with pip."
    }
    mv "$part/unicorn-2.1.4.tar.gz" "$archive"
    is_good || {
        rm -f "$archive"
        cannot "What was downloaded is not Unicorn 2.1.4 (wrong SHA-256); it was removed."
    }
fi
tar -xzf "$archive" -C "$dest"
