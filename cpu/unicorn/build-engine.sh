#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Usage: build-engine.sh ROOT CC FLAGS SOURCE_DIR PATCH...
# Gets Unicorn's source (unless SOURCE_DIR names one), patches a copy, builds it into ROOT.
# It is built beside ROOT and moved there when ready, so that neither an interrupted build nor two at
# the same time leave half of one.
set -eu
final=$1 cc=$2 flags=$3 source_dir=$4
shift 4
here=$(cd "$(dirname "$0")" && pwd)
root=$final.$$
trap 'rm -rf "$root"' EXIT

mkdir -p "$root/build"
if [ -n "$source_dir" ]; then
    [ -f "$source_dir/uc.c" ] || {
        echo "UNICORN_SOURCE_DIR=$source_dir holds no uc.c: give the folder with Unicorn 2.1.4's uc.c" >&2
        exit 1
    }
    cp -r "$source_dir" "$root/src"
else
    sh "$here/get-source.sh" "$root/unpacked"
    mv "$(dirname "$(find "$root/unpacked" -name uc.c | head -n 1)")" "$root/src"
    rm -rf "$root/unpacked"
fi
for patch in "$@"; do
    patch -d "$root/src" -p1 --fuzz=0 --no-backup-if-mismatch -s <"$patch" || {
        echo "$patch does not apply to this source: it is not Unicorn 2.1.4" >&2
        exit 1
    }
done
# The engine's own warnings are not ours to mend; its code must not be vectorised differently.
cmake -S "$root/src" -B "$root/build" -G Ninja -DCMAKE_C_COMPILER="$cc" \
    -DCMAKE_BUILD_TYPE=None -DCMAKE_C_FLAGS="$flags -g1 -w -DNDEBUG -fno-plt" \
    -DUNICORN_ARCH=aarch64 -DBUILD_SHARED_LIBS=OFF -DUNICORN_BUILD_TESTS=OFF \
    -DUNICORN_INSTALL=OFF -DUNICORN_LEGACY_STATIC_ARCHIVE=OFF >"$root/cmake.log" 2>&1 || {
    tail -n 30 "$root/cmake.log" >&2
    exit 1
}
ninja -C "$root/build" >"$root/ninja.log" 2>&1 || {
    tail -n 30 "$root/ninja.log" >&2
    exit 1
}
touch "$root/ready"
[ -e "$final/ready" ] || { rm -rf "$final" && mv "$root" "$final"; }
