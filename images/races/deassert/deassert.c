/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A level-sensitive interrupt that moves to another vCPU; see README.md. FLAWED: its handler ends
 * it before its device is quiet.
 */
#include "images/lib/atomic.h"
#include "images/lib/gic.h"
#include "images/lib/race.h"
#include "images/lib/smp.h"

#define RTCDR   0x00
#define RTCMR   0x04
#define RTCIMSC 0x10
#define RTCICR  0x1c

static u32 alarms;

static void on_irq(struct exc_frame *frame, enum exc_vector vector)
{
    (void)frame, (void)vector;
    u32 intid = gic_ack();
    if (intid == INTID_SPURIOUS)
        return;
#ifdef FLAWED
    gic_eoi(intid);
    mmio_write32(BOARD_PL031 + RTCICR, 1);
#else
    mmio_write32(BOARD_PL031 + RTCICR, 1);
    gic_eoi(intid);
#endif
    __atomic_fetch_add(&alarms, 1, __ATOMIC_RELAXED);
    sev();
}

/* vCPU 1 sets the alarm to now, and has the interrupt come to itself from then on. */
static void work(void *arg)
{
    (void)arg;
    irq_unmask();
    if (this_cpu()->index == 1) {
        mmio_write32(BOARD_PL031 + RTCMR, mmio_read32(BOARD_PL031 + RTCDR));
        gic_disable(INTID_PL031);
        gic_route(INTID_PL031, my_affinity());
        gic_enable(INTID_PL031);
    }
    while (!load_acquire32(&alarms))
        wfe();
    irq_mask();
}

int main(void)
{
    exc_set_handler(EXC_IRQ, on_irq);
    gic_setup(INTID_PL031, PRIO_DEFAULT, false);
    mmio_write32(BOARD_PL031 + RTCIMSC, 1);
    smp_start(2);
    race_begin();
    smp_run_all(work, NULL);
    race_assert(alarms == 1, "one alarm is handled once");
    race_end();
    return alarms != 1;
}
