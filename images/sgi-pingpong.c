/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * sgi-pingpong: two vCPUs throw a software-generated interrupt at each other.
 *
 * Shows ICC_SGI1R_EL1 with a target list, that an SGI wakes WFI, and what a round trip costs in
 * virtual time.
 * Run:      irqlab run -smp 2 -kernel sgi-pingpong.elf -semihosting -nographic
 * Expected: 1000 round trips, vCPU 0 took 1000 SGIs, vCPU 1 took 1000 SGIs; <n> ns each
 */
#include "images/lib/gic.h"
#include "images/lib/print.h"
#include "images/lib/smp.h"
#include "images/lib/timer.h"

#define ROUNDS   1000
#define SGI_BALL 1

static volatile unsigned caught[2];

static void on_ball(u32 intid, struct exc_frame *frame)
{
    (void)intid;
    (void)frame;
    caught[this_cpu()->index]++;
}

static void wait_for_ball(unsigned n)
{
    unsigned me = this_cpu()->index;
    while (caught[me] < n) {
        wfi();
        irq_unmask();
        irq_mask();
    }
}

static void player(void *arg)
{
    unsigned me = this_cpu()->index;
    u64 other = cpus[1 - me].affinity;
    (void)arg;
    gic_enable(SGI_BALL);
    for (unsigned n = 1; n <= ROUNDS; n++) {
        if (me == 0)
            gic_send_sgi(SGI_BALL, other);
        wait_for_ball(n);
        if (me == 1)
            gic_send_sgi(SGI_BALL, other);
    }
}

int main(void)
{
    gic_on(SGI_BALL, on_ball);
    smp_start(2);
    u64 start = counter_virtual();
    smp_run_all(player, NULL);
    u64 ns = (counter_virtual() - start) * 1000000000 / counter_hz();
    printf("%u round trips, vCPU 0 took %u SGIs, vCPU 1 took %u SGIs; %lu ns each\n", ROUNDS,
           caught[0], caught[1], ns / ROUNDS);
    return caught[0] == ROUNDS && caught[1] == ROUNDS ? 0 : 1;
}
