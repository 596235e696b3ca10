#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# wild.sh IRQLAB IMAGE FIRST LAST [irqlab option]...
# Runs a wild image (wild.c) for each seed from FIRST to LAST. A run may end by its limit, a
# lock-up, or an exit of the guest's own; it must not end by a signal, a time-out, or irqlab's own
# error codes. Every 16th seed runs twice and must give the same summary.

if [ $# -lt 4 ]; then
    echo "usage: $0 IRQLAB IMAGE FIRST LAST [irqlab option]..." >&2
    exit 120
fi
irqlab=$1 image=$2 seed=$3 last=$4
shift 4
limit=${WILD_INSNS:-250000}
dir=$(mktemp -d) || exit 121
trap 'rm -rf "$dir"' EXIT
failed=0 runs=0

# $1: name of the run; the rest: options. Leaves the exit code in $code.
run() {
    name=$1
    shift
    timeout -s KILL 10 "$irqlab" run -kernel "$image" -append "seed=$seed" --max-insns "$limit" \
        -nographic --json="$dir/$name.json" "$@" >"$dir/$name.out" 2>&1 </dev/null
    code=$?
}

while [ "$seed" -le "$last" ]; do
    run a "$@"
    runs=$((runs + 1))
    if [ "$code" -gt 110 ]; then
        echo "FAIL: seed $seed ended with exit code $code"
        tail -n 3 "$dir/a.out"
        failed=$((failed + 1))
    elif [ $((seed % 16)) -eq 0 ]; then
        run b "$@"
        # Host times differ; everything the guest can see must not.
        if ! grep -vi 'host' "$dir/a.json" >"$dir/a" || ! grep -vi 'host' "$dir/b.json" >"$dir/b" ||
            ! cmp -s "$dir/a" "$dir/b"; then
            echo "FAIL: seed $seed ran differently the second time"
            failed=$((failed + 1))
        fi
    fi
    seed=$((seed + 1))
done
if [ "$failed" -eq 0 ] && [ "$runs" -gt 0 ]; then
    echo "PASS: $runs seeds, no harm done"
    exit 0
fi
echo "$failed of $runs seeds failed"
exit 1
