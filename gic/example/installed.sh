#!/bin/sh
# SPDX-License-Identifier: MIT
# installed.sh GIC_FOLDER WORK_FOLDER CC CMAKE_GENERATOR
# Builds libgic by itself, installs it, moves it, and builds the example against it by pkg-config.
set -eu
gic=$1 work=$2 cc=$3 generator=$4
cxx=$(command -v c++ || command -v clang++-14)

rm -rf "$work"
cmake -S "$gic" -B "$work/build" -G "$generator" -DCMAKE_C_COMPILER="$cc" >/dev/null
cmake --build "$work/build" --target gic -j2 >/dev/null
cmake --install "$work/build" --prefix "$work/first" >/dev/null
mv "$work/first" "$work/moved"

pc=$(find "$work/moved" -name libgic.pc)
export PKG_CONFIG_PATH="${pc%/*}"
cp "$gic/example/tiny_vmm.c" "$work"
"$cc" -std=c11 -Wall -Wextra -Werror -o "$work/tiny_vmm" "$work/tiny_vmm.c" \
    $(pkg-config --cflags --libs libgic)
test "$("$work/tiny_vmm")" = "vCPU 1: interrupt 33
vCPU 0: interrupt 7"

# The headers are C++, too, and each stands alone.
for header in $(cd "$work/moved/include" && echo gic/*.h); do
    echo "#include \"$header\"" >"$work/one.c"
    "$cc" -std=c11 -pedantic-errors -fsyntax-only -Wall -Wextra -Werror "$work/one.c" \
        $(pkg-config --cflags libgic)
    "$cxx" -x c++ -fsyntax-only -Wall -Wextra -Werror "$work/one.c" $(pkg-config --cflags libgic)
done
echo "installed: $("$work/tiny_vmm" | wc -l) interrupts"
