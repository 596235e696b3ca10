/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Generic timer (DDI 0487, "The Generic Timer"): inline access to counters and comparators.
 */
#ifndef IMAGES_LIB_TIMER_H
#define IMAGES_LIB_TIMER_H

#include "images/lib/cpu.h"

#define TIMER_ENABLE  BIT(0)
#define TIMER_IMASK   BIT(1)
#define TIMER_ISTATUS BIT(2)

static inline u64 counter_virtual(void)
{
    isb();
    return read_sysreg(cntvct_el0);
}

static inline u64 counter_physical(void)
{
    isb();
    return read_sysreg(cntpct_el0);
}

static inline u64 counter_hz(void)
{
    return read_sysreg(cntfrq_el0);
}

static inline u64 ms_to_ticks(u64 ms)
{
    return counter_hz() * ms / 1000;
}

/** virtual_timer_arm - CNTV fires @ticks from now. */
static inline void virtual_timer_arm(u64 ticks)
{
    write_sysreg(counter_virtual() + ticks, cntv_cval_el0);
    write_sysreg(TIMER_ENABLE, cntv_ctl_el0);
    isb();
}

static inline void virtual_timer_stop(void)
{
    write_sysreg(0, cntv_ctl_el0);
    isb();
}

static inline void physical_timer_arm(u64 ticks)
{
    write_sysreg(counter_physical() + ticks, cntp_cval_el0);
    write_sysreg(TIMER_ENABLE, cntp_ctl_el0);
    isb();
}

static inline void physical_timer_stop(void)
{
    write_sysreg(0, cntp_ctl_el0);
    isb();
}

/** delay_ms - busy wait on the virtual counter. */
static inline void delay_ms(u64 ms)
{
    u64 end = counter_virtual() + ms_to_ticks(ms);
    while (counter_virtual() < end)
        __asm__ volatile("yield");
}

/* True as soon as @condition holds, false when @ms of virtual time have gone by without. */
#define wait_until(condition, ms)                                                                  \
    ({                                                                                             \
        u64 end_ = counter_virtual() + ms_to_ticks(ms);                                            \
        bool ok_;                                                                                  \
        while (!(ok_ = (condition)) && counter_virtual() < end_)                                   \
            __asm__ volatile("yield");                                                             \
        ok_;                                                                                       \
    })

#endif
