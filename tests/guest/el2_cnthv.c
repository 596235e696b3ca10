/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The EL2 virtual timer of FEAT_VHE, for -cpu max: CNTHV fires as INTID 28, without offset. The
 * virt board of qemu 7.2 does not wire it, and its offset reaches it.
 */
#include "images/lib/timer.h"
#include "tests/guest/el2_guest.h"
#include "tests/guest/gic_poll.h"

BOOT_EL(2);

#define CNTHV_CTL  s3_4_c14_c3_1
#define CNTHV_CVAL s3_4_c14_c3_2

int main(void)
{
    gic_setup(INTID_CNTHV, PRIO_DEFAULT, false);
    write_sysreg(1ull << 40, cntvoff_el2);
    u64 deadline = counter_physical() + ms_to_ticks(1);
    write_sysreg(deadline, CNTHV_CVAL);
    write_sysreg(TIMER_ENABLE, CNTHV_CTL);
    isb();
    while (counter_physical() < deadline + ms_to_ticks(1))
        __asm__ volatile("yield");
    check_equal(read_sysreg(CNTHV_CTL), TIMER_ENABLE | TIMER_ISTATUS,
                "CNTHV's condition is met without CNTVOFF_EL2");
    check(wait_until(irq_is_signalled(), 100) && gic_ack() == INTID_CNTHV,
          "CNTHV interrupts as INTID 28");
    return test_result();
}
