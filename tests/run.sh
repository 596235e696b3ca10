#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Installs what is missing, builds twice (gcc; clang with sanitizers and fuzzers), and once more what
# threads share, under TSan; runs every test. Ends with CTest's summary and its exit code.
#   IRQLAB_TEST_DIR       where to build (default: build/test)
#   IRQLAB_FUZZ_SECONDS   how long each fuzzer runs (default: 10)
set -eu
cd "$(dirname "$0")/.."
build=${IRQLAB_TEST_DIR:-$(pwd)/build/test}

sh tests/install-deps.sh $(cat tests/deps-build.txt tests/deps-test.txt)

cmake -S . -B "$build/sanitized" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
    -DCMAKE_C_COMPILER=clang-14 -DIRQLAB_SANITIZE=address,undefined -DIRQLAB_PARANOID=ON \
    -DIRQLAB_FUZZ=ON -DIRQLAB_FUZZ_SECONDS="${IRQLAB_FUZZ_SECONDS:-10}"
ninja -C "$build/sanitized"
cmake -S tests/tsan -B "$build/tsan" -G Ninja -DCMAKE_C_COMPILER=clang-14
ninja -C "$build/tsan" test_gic_cpuread test_gic_post test_gic_published test_serve_hub \
    test_serve_server test_trace_queue test_vmm_setup
cmake -S . -B "$build/release" -G Ninja -DCMAKE_BUILD_TYPE=Release \
    -DIRQLAB_SANITIZED_BUILD="$build/sanitized" -DIRQLAB_TSAN_BUILD="$build/tsan"
ninja -C "$build/release"
# Check gives each case 4 s, which a sanitized one can exceed on a busy machine; CTest has its limits.
export CK_TIMEOUT_MULTIPLIER="${CK_TIMEOUT_MULTIPLIER:-10}"
cd "$build/release" && exec ctest --output-on-failure -j2
