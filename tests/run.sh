#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Installs what is missing, builds, and runs every test; ends with CTest's summary.
#   IRQLAB_TEST_DIR   where to build (default: build/test)
set -eu
cd "$(dirname "$0")/.."
top=$(pwd)
build=${IRQLAB_TEST_DIR:-$top/build/test}

sh tests/install-deps.sh $(cat tests/deps-build.txt tests/deps-test.txt)

# The plain build: all suites and guests.
cmake -S . -B "$build/release" -G Ninja -DCMAKE_BUILD_TYPE=Release
ninja -C "$build/release"

# With sanitizers: the suites again, and each fuzzer for a while. Their ctest runs inside the first
# one's (tests/sanitizers), so that one summary ends it all.
cmake -S . -B "$build/asan" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DCMAKE_C_COMPILER=clang-14 -DIRQLAB_SANITIZE=address,undefined -DIRQLAB_PARANOID=ON \
    -DIRQLAB_FUZZ=ON -DIRQLAB_FUZZ_SECONDS="${IRQLAB_FUZZ_SECONDS:-20}"
ninja -C "$build/asan"

cd "$build/release"
status=0
ctest --output-on-failure -j2 -LE "timing|nightly" || status=$?
exit "$status"
