/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Spots: where a vCPU was when it made an access. Each is a pc with its stack, by frame pointers
 * (AAPCS64 6.4.6: x29 points to the caller's x29 and x30), and the handler it was in. Equal ones
 * have one number; a place's stack is that of its first access.
 */
#ifndef IRQLAB_EMU_RACES_SPOTS_H
#define IRQLAB_EMU_RACES_SPOTS_H

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
/** spots_number - where @vcpu is, at @pc. 0: unknown (out of memory, or too many places). */
uint32_t spots_number(struct spots *p, unsigned vcpu, uint64_t pc, uint32_t handler);
/** spots_at - of a number; valid until the next spots_number(). NULL: unknown. */
const struct spot *spots_at(const struct spots *p, uint32_t number);

#endif
