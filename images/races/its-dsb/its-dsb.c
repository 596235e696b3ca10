/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A command for the ITS; see README.md. FLAWED: no barrier before GITS_CWRITER. */
#include "images/lib/its.h"
#include "images/lib/race.h"
#include "images/lib/smp.h"

enum { DEVICE = 7, EVENT = 1, LPI = INTID_LPI };

static volatile unsigned messages;

static void on_message(u32 intid, struct exc_frame *frame)
{
    (void)intid, (void)frame;
    messages = messages + 1;
}

static void set_up(void)
{
    its_init();
    lpi_cpu_init();
    gic_on(LPI, on_message);
    its_mapd(DEVICE, 1);
    its_mapti(DEVICE, EVENT, LPI, 0);
    lpi_configure(LPI, PRIO_DEFAULT, true);
}

static void send_message(u64 queue, u64 cwriter)
{
    volatile u64 *slot = (volatile u64 *)(queue + cwriter);

    slot[0] = ITS_INT | (u64)DEVICE << 32;
    slot[1] = EVENT;
    slot[2] = slot[3] = 0;
#ifndef FLAWED
    dsb(ishst);
#endif
    mmio_write64(BOARD_GITS + GITS_CWRITER, (cwriter + ITS_COMMAND_BYTES) % ITS_QUEUE_BYTES);
}

int main(void)
{
    u64 queue, cwriter;

    set_up();
    queue = mmio_read64(BOARD_GITS + GITS_CBASER) & 0xffffffff000;
    cwriter = mmio_read64(BOARD_GITS + GITS_CWRITER);
    race_begin();
    send_message(queue, cwriter);
    while (!messages) {
        wfi();
        irq_unmask();
        isb();
        irq_mask();
    }
    race_end();
    return 0;
}
