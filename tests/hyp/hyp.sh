#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# hyp.sh IRQLAB IMAGE CPUS GIC-VERSION LIST-REGISTERS \
#        same | turns | renew | random FROM TO | bites FROM TO
#
#   same    twice the same run: same state; and --strict has nothing to say
#   turns   turns of one length, from a single instruction on
#   renew   with a new GIC that takes over the state at 120 points
#   random  schedules by chance, one for each seed
#   bites   of these at least one is bad for IMAGE, which is flawed
irqlab=$1 image=$2 cpus=$3 version=$4 lrs=$5 what=$6 from=$7 to=$8

run()
{
    "$irqlab" run -machine "virt,gic-version=$version,virtualization=on" -cpu max -smp "$cpus" \
        -gic "list-registers=$lrs" -kernel "$image" -semihosting -nographic \
        --max-insns 300000000 "$@" 2>&1
}

# All four vCPUs report, and the image ends with 0.
survives()
{
    out=$(run "$@") && [ "$(echo "$out" | grep -c messages)" = 4 ] &&
        echo "$out" | grep -q 'hyp: all guests are done' && return
    echo "FAIL: $* on $cpus CPUs, GICv$version, $lrs list registers"
    echo "$out"
    exit 1
}

hash_of()
{
    run --json "$@" | grep -o '"state_hash": *"[^"]*"'
}

case $what in
same)
    survives --strict
    if echo "$out" | grep -q 'irqlab: strict:'; then
        echo "FAIL: --strict warns"
        echo "$out"
        exit 1
    fi
    first=$(hash_of) second=$(hash_of)
    if [ -z "$first" ] || [ "$first" != "$second" ]; then
        echo "FAIL: two runs, two states: $first $second"
        exit 1
    fi
    ;;
turns)
    for turn in 1 2 3 7 50 333 5000; do
        survives --choose "turn=$turn"
    done
    ;;
renew)
    survives --renew-gic "$(seq -s, 200137 5003 500317)"
    survives --renew-gic "$(seq -s, 503003 5003 803183)"
    ;;
random)
    for seed in $(seq "$from" "$to"); do
        survives --choose "random:$seed"
    done
    first=$(hash_of --choose "random:$from") second=$(hash_of --choose "random:$from")
    if [ -z "$first" ] || [ "$first" != "$second" ]; then
        echo "FAIL: one seed, two states: $first $second"
        exit 1
    fi
    ;;
bites)
    for seed in $(seq "$from" "$to"); do
        out=$(run --choose "random:$seed") && continue
        echo "--choose random:$seed: $out"
        echo "$out" | grep -q -e 'FAIL: lost wake-up' -e 'FAIL: .* was read from its shadow'
        exit
    done
    echo "FAIL: $image survives all of random:$from to random:$to"
    exit 1
    ;;
*)
    echo "hyp.sh: '$what' is not same, turns, renew, random or bites"
    exit 2
    ;;
esac
