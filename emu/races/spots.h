/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Spots: where a vCPU was when it made an access. Each is a pc with its stack, by frame pointers
 * (AAPCS64 6.4.6: x29 points to the caller's x29 and x30), and the handler it was in. A spot has a
 * number, which is cheap to make: stacks that have x29 and x30 in common count as one, and are as
 * the first of them was.
 */
#ifndef IRQLAB_EMU_RACES_SPOTS_H
#define IRQLAB_EMU_RACES_SPOTS_H

#include <stdbool.h>
#include <stdint.h>

struct machine;
struct spots;

enum { SPOT_CALLERS = 12 };

struct spot {
    uint64_t pc;
    uint64_t callers[SPOT_CALLERS]; /* return addresses, the innermost first */
    unsigned n_callers;
    uint32_t handler; /* ~0u: no handler; the INTID that it has acknowledged; 1023: none yet */
};

struct spots *spots_create(struct machine *m);
void spots_destroy(struct spots *p);
/* What a stack is known by. */
struct spot_key {
    uint64_t fp, lr; /* x29, x30 */
    uint32_t pc_high, handler, vcpu;
};

/** spots_number - where @k->vcpu is now, at a pc with the low half @pc. Without room for more
 * stacks: 0, unknown. */
uint64_t spots_number(struct spots *p, const struct spot_key *k, uint32_t pc);
/** spots_at - of a number; false: unknown, pc and n_callers are 0. */
bool spots_at(const struct spots *p, uint64_t number, struct spot *out);
/** spots_pc - likewise, its pc alone; or 0. */
uint64_t spots_pc(const struct spots *p, uint64_t number);

#endif
