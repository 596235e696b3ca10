/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtual time (design.md, contract 3): (retired instructions << shift) + what was skipped while
 * everybody waited. With --clock=host, skips also follow the host's clock; they enter by the door,
 * so that a recording replays them.
 */
#include "emu/machine.h"

uint64_t clock_now_ns(const struct machine *m)
{
    return (engine_instructions(m->engine) << m->clock.shift) + m->clock.skipped_ns;
}

void clock_skip_to(struct machine *m, uint64_t when_ns)
{
    uint64_t now_ns = clock_now_ns(m);

    if (when_ns > now_ns)
        m->clock.skipped_ns += when_ns - now_ns;
}

/* How many instructions may retire before the time is at least @when_ns; at least 1. */
uint64_t clock_instructions_until(const struct machine *m, uint64_t when_ns)
{
    uint64_t now_ns = clock_now_ns(m), one = 1ull << m->clock.shift;

    if (when_ns <= now_ns)
        return 1;
    return (when_ns - now_ns - 1) / one + 1;
}

uint64_t machine_now_ns(const struct machine *m)
{
    return clock_now_ns(m);
}

uint64_t machine_instructions(const struct machine *m)
{
    return engine_instructions(m->engine);
}
