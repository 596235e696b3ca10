/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Priority fields implement as many bits as ICC_CTLR_EL1.PRIbits says; the others are RAZ/WI
 * (IHI 0069, "Interrupt prioritization"). qemu keeps all eight in GICD_IPRIORITYR.
 */
#include "images/lib/smp.h"
#include "images/lib/test.h"
#include "tests/guest/gic_poll.h"

int main(void)
{
    unsigned bits = (read_sysreg(ICC_CTLR_EL1) >> 8 & 7) + 1;
    u32 mask = 0xff & ~((1u << (8 - bits)) - 1);
    gic_set_priority(SPI, 0xff);
    check_equal(gic_get_priority(SPI), mask, "GICD_IPRIORITYR keeps %u bits", bits);
    gic_set_priority(PPI, 0xff);
    check_equal(gic_get_priority(PPI), mask, "GICR_IPRIORITYR keeps %u bits", bits);
    return test_result();
}
