/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LPIs polled at the CPU interface: a device without hardware behind it, whose messages are INT
 * commands.
 */
#ifndef TESTS_GUEST_LPI_POLL_H
#define TESTS_GUEST_LPI_POLL_H

#include "images/lib/its.h"
#include "images/lib/smp.h"
#include "images/lib/test.h"
#include "tests/guest/gic_poll.h"

#define DEVICE 5
#define LPI    INTID_LPI

/* Priority and enable, known to the redistributor of @event's target from now on. */
static inline void lpi_set(u32 event, u8 priority, bool enabled)
{
    lpi_configure(LPI + event, priority, enabled);
    its_inv(DEVICE, event);
    its_sync(0);
}

/* Event n of DEVICE is LPI 8192 + n at vCPU 0, enabled with PRIO_DEFAULT. */
static inline void lpi_map(unsigned events)
{
    for (u32 i = 0; i < events; i++) {
        lpi_configure(LPI + i, PRIO_DEFAULT, true);
        its_mapti(DEVICE, i, LPI + i, 0);
        its_inv(DEVICE, i);
    }
    its_sync(0);
}

/* A message; it has arrived when this returns. */
static inline void lpi_send(u32 event)
{
    its_int(DEVICE, event);
    its_sync(0);
}

static inline bool nothing_pends(void)
{
    return !irq_is_signalled() && hppir1() == INTID_SPURIOUS;
}

/* False if this machine has no ITS: then it says so, and there is nothing to test. */
static inline bool lpi_start(unsigned events)
{
    if (!check(its_present(), "there is an ITS"))
        return false;
    its_init();
    lpi_cpu_init();
    its_mapd(DEVICE, 5);
    lpi_map(events);
    return true;
}

#endif
