/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The EL2 virtual timer of FEAT_VHE, for -cpu max: CNTHV fires as INTID 28, without offset. The
 * virt board of qemu 7.2 does not wire it.
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
    check(wait_until(read_sysreg(CNTHV_CTL) & TIMER_ISTATUS, 1000) &&
              counter_physical() >= deadline,
          "CNTHV's condition is met at its time, without CNTVOFF_EL2");
    check(wait_until(irq_is_signalled(), 100) && gic_ack() == INTID_CNTHV,
          "CNTHV interrupts as INTID 28");
    return test_result();
}
