/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two vCPUs set two priorities; see README.md. FLAWED: by words of four. Sound: by bytes. */
#include "images/lib/gic.h"
#include "images/lib/race.h"
#include "images/lib/smp.h"

enum { FIRST = 64, PRIORITY = 0x40 };

static void set_priority(void *arg)
{
    unsigned n = this_cpu()->index;
    u64 word = BOARD_GICD + GICD_IPRIORITYR + FIRST;
    (void)arg;
#ifdef FLAWED
    u32 others = mmio_read32(word) & ~(0xffu << 8 * n);
    mmio_write32(word, others | (u32)PRIORITY << 8 * n);
#else
    mmio_write8(word + n, PRIORITY); /* IHI 0069 12.9.20: byte accesses are permitted */
#endif
}

int main(void)
{
    smp_start(2);
    race_begin();
    smp_run_all(set_priority, NULL);
    int both = gic_get_priority(FIRST) == PRIORITY && gic_get_priority(FIRST + 1) == PRIORITY;
    race_assert(both, "both interrupts have their priority");
    race_end();
    return both ? 0 : 1;
}
