/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * crowd: every vCPU handles SPIs that the first one makes pending, all there are, one after the
 * other and for ever; those of every eighth vCPU are masked there, and stay pending.
 *
 * Run:      irqlab top -smp 64 -gic spis=988 -kernel view-crowd.elf
 * Expected: 64 vCPUs, some 1,000 interrupts, an eighth of them blocked by priority-mask
 */
#include "images/lib/gic.h"
#include "images/lib/print.h"
#include "images/lib/smp.h"

enum { MASKED_EVERY = 8, MASK = 0x80 };

static u64 affinities[CPU_MAX];

static void on_spi(u32 intid, struct exc_frame *frame)
{
    (void)intid, (void)frame;
}

static void listen(void *arg)
{
    unsigned me = this_cpu()->index;

    (void)arg;
    affinities[me] = my_affinity();
    write_sysreg(me % MASKED_EVERY == MASKED_EVERY - 1 ? MASK : PRIO_IDLE, ICC_PMR_EL1);
    irq_unmask();
}

static void set_up(u32 intid, unsigned vcpu)
{
    gic_on(intid, on_spi);
    gic_setup(intid, PRIO_DEFAULT, true);
    gic_route(intid, affinities[vcpu]);
}

int main(void)
{
    unsigned n = gic_nr_spis();

    smp_start(0);
    listen(NULL);
    for (unsigned i = 1; i < smp_started(); i++) {
        smp_run(i, listen, NULL);
        smp_wait(i);
    }
    for (unsigned i = 0; i < n; i++)
        set_up(32 + i, i % smp_started());
    printf("%u SPIs, %u vCPUs\n", n, smp_started());
    for (;;) {
        for (unsigned i = 0; i < n; i++)
            gic_set_pending(32 + i);
    }
}
