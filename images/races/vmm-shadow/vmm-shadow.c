/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vCPU 1 asks the VMM for what vCPU 0 has in ICC_CTLR_EL1; see README.md. */
#include "images/lib/atomic.h"
#include "images/lib/gic.h"
#include "images/lib/race.h"
#include "images/lib/smp.h"

#define EOIMODE BIT(1)

static u32 is_split;

static void ask(void *arg)
{
    (void)arg;
    u32 was_split = load_acquire32(&is_split);
    u64 ctlr = race_call_vmm(1, 0, 0);
    race_assert(!was_split || ctlr & EOIMODE, "the VMM knows the EOImode that was set before");
}

int main(void)
{
    smp_start(2);
    race_begin();
    smp_run(1, ask, NULL);
    write_sysreg(read_sysreg(ICC_CTLR_EL1) | EOIMODE, ICC_CTLR_EL1);
    store_release32(&is_split, 1);
    race_call_vmm(1, 0, 0);
    smp_wait(1);
    race_end();
    return 0;
}
