/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All chance outside of guests: it comes from seeds that the user gives. */
#ifndef IRQLAB_EMU_RANDOM_H
#define IRQLAB_EMU_RANDOM_H

#include <stdint.h>

/** random_next - splitmix64: any @state will do as a seed, 0 too. */
static inline uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

#endif
