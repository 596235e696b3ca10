#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Usage: compare-builds.sh IRQLAB_A IRQLAB_B IMAGES GUESTS
# The same guests under two builds of irqlab end in the same state.
set -eu
a=$1 b=$2 images=$3 guests=$4
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

compare() {
    name=$1
    shift
    "$a" run "$@" -nographic --json="$folder/a" </dev/null >/dev/null || true
    "$b" run "$@" -nographic --json="$folder/b" </dev/null >/dev/null || true
    for key in instructions virtual_time_ns state_hash; do
        one=$(grep -m 1 "^  \"$key\"" "$folder/a")
        two=$(grep -m 1 "^  \"$key\"" "$folder/b")
        [ -n "$one" ] && [ "$one" = "$two" ] || {
            echo "FAIL: $name: $one and $two"
            exit 1
        }
    done
    echo "$name: the same$one"
}

compare hello -kernel "$images/hello.elf" -semihosting
compare preempt -kernel "$images/preempt.elf" -semihosting -smp 2
compare sgi-pingpong -kernel "$images/sgi-pingpong.elf" -semihosting -smp 4
compare linux -kernel "$guests/linux" -initrd "$guests/initrd.gz" -append console=ttyAMA0 -smp 4 -m 512
