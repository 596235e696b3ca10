#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Usage: determinism-matrix.sh BUILD GUESTS [RUNS]
# Builds irqlab with gcc and clang at -O0 and -O3 (BUILD/gcc-O0 ...) and compares what they end in,
# each with the first; then boots Linux RUNS times (default 10) with 1, 4 and 8 vCPUs with the first
# and the last. GUESTS is what fetch.sh made. Takes most of an hour on two cores: not part of CI, where
# determinism.compilers and linux.determinism-* are a cut of it.
set -eu
[ $# -ge 2 ] || {
    echo "usage: determinism-matrix.sh BUILD GUESTS [RUNS]" >&2
    exit 2
}
cd "$(dirname "$0")/../.."
build=$1
guests=$2
runs=${3:-10}

for compiler in gcc clang-14; do
    for level in 0 3; do
        folder=$build/${compiler%%-*}-O$level
        cmake -S . -B "$folder" -G Ninja -DCMAKE_C_COMPILER=$compiler -DCMAKE_BUILD_TYPE=None \
            -DCMAKE_C_FLAGS="-O$level" -DUNICORN_OPTIMIZE="-O$level" -DIRQLAB_TESTS=OFF >/dev/null
        ninja -C "$folder" >/dev/null || {
            echo "FAIL: $folder does not build; run ninja -C $folder" >&2
            exit 1
        }
        [ -n "${first:-}" ] || first=$folder
        [ "$folder" = "$first" ] && continue
        echo "== $first and $folder"
        sh tests/compare-builds.sh "$first/irqlab" "$folder/irqlab" "$first/images" "$guests"
    done
done
for folder in "$first" "$build/clang-O3"; do
    for smp in 1 4 8; do
        echo "== $folder: $runs boots, $smp vCPUs"
        python3 tests/linux/drive.py determinism --irqlab "$folder/irqlab" --kernel "$guests/linux" \
            --initrd "$guests/initrd.gz" --smp $smp --runs "$runs" --timeout 600
    done
done
