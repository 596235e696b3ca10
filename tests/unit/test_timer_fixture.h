/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One vCPU's timers with every extension, opened and closed around each test. */
#ifndef TEST_TIMER_FIXTURE_H
#define TEST_TIMER_FIXTURE_H

#include "tests/unit/test_timer_rig.h"

#define ALL  (RIG_EL2 | RIG_EL3 | RIG_VHE | RIG_ECV | RIG_SEL2)
#define HOST (HCR_E2H | HCR_TGE)

static struct timer_rig rig;

static inline void open_rig(unsigned has)
{
    timer_rig_open(&rig, 1, 62500000, has);
}

static inline void setup(void)
{
    open_rig(ALL);
}

static inline void teardown(void)
{
    timer_rig_close(&rig);
}

static inline void reopen(unsigned has)
{
    timer_rig_close(&rig);
    open_rig(has);
}

static inline void write_as_el2(const char *name, uint64_t value, uint64_t hcr)
{
    rig_as(&rig, 0, 2, hcr);
    rig_write(&rig, 0, name, value);
}

#endif
