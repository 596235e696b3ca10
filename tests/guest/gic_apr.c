/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ICC_AP1R<n>_EL1: one bit per preemption level, as many registers as there are levels / 32
 * (IHI 0069 4.8.3, 12.2.4). Runs with every number of priority bits.
 */
#include "images/lib/smp.h"
#include "images/lib/test.h"
#include "tests/guest/gic_poll.h"

static u64 apr(unsigned n)
{
    switch (n) {
    case 0:
        return read_sysreg(ICC_AP1R0_EL1);
    case 1:
        return read_sysreg(ICC_AP1R1_EL1);
    case 2:
        return read_sysreg(ICC_AP1R2_EL1);
    default:
        return read_sysreg(ICC_AP1R3_EL1);
    }
}

static void set_apr(unsigned n, u64 value)
{
    if (n == 0)
        write_sysreg(value, ICC_AP1R0_EL1);
    else if (n == 1)
        write_sysreg(value, ICC_AP1R1_EL1);
    else if (n == 2)
        write_sysreg(value, ICC_AP1R2_EL1);
    else
        write_sysreg(value, ICC_AP1R3_EL1);
    isb();
}

/* The one bit that is set in all of them, or 999. */
static unsigned active_level(unsigned registers)
{
    unsigned level = 999;
    for (unsigned n = 0; n < registers; n++)
        for (unsigned bit = 0; bit < 64; bit++)
            if (apr(n) >> bit & 1)
                level = level == 999 ? n * 32 + bit : 998;
    return level;
}

/* BPR1 at its minimum: group priorities have as many bits as can preempt, 7 of 8. */
static bool levels_count(unsigned registers, unsigned bits)
{
    bool ok = true;
    for (unsigned level = 0; level + 1 < 1u << bits; level++) {
        gic_set_priority(SPI, level << (8 - bits));
        gic_set_pending(SPI);
        ok &= gic_ack() == SPI && active_level(registers) == level;
        ok &= rpr() == level << (8 - bits);
        gic_eoi(SPI);
        ok &= active_level(registers) == 999;
    }
    return ok;
}

static bool writes_count(unsigned registers, unsigned bits)
{
    bool ok = true;
    for (unsigned level = 0; level < 1u << bits; level++) {
        set_apr(level / 32, BIT(level % 32));
        ok &= rpr() == level << (8 - bits);
        set_apr(level / 32, 0);
    }
    return ok && active_level(registers) == 999;
}

int main(void)
{
    unsigned bits = (read_sysreg(ICC_CTLR_EL1) >> 8 & 7) + 1;
    unsigned preemption = bits > 7 ? 7 : bits,
             registers = preemption <= 5 ? 1 : 1 << (preemption - 5);
    printf("INFO: %u priority bits, %u ICC_AP1R<n>_EL1\n", bits, registers);
    gic_forget(SPI);
    gic_enable(SPI);
    check(levels_count(registers, preemption),
          "each priority sets its own bit and EOIR1 clears it");
    check(writes_count(registers, preemption), "each bit written is that running priority");
    gic_set_priority(SPI, 0x40);
    gic_set_pending(SPI);
    gic_ack();
    set_apr(0, read_sysreg(ICC_AP1R0_EL1) | BIT(0));
    check_equal(rpr(), 0, "of two bits the lower one runs");
    gic_eoi(SPI);
    check_equal(rpr(), 0x40, "... and is dropped first");
    gic_eoi(SPI);
    check_equal(rpr(), 0xff, "... then the other");
    struct exc_info info = PROBE(read_sysreg(ICC_AP1R1_EL1));
    check_equal(info.taken, registers < 2, "ICC_AP1R1_EL1 is UNDEFINED with 5 bits and fewer");
    info = PROBE(read_sysreg(ICC_AP1R3_EL1));
    check_equal(info.taken, registers < 4, "ICC_AP1R3_EL1 is UNDEFINED with 6 bits and fewer");
    return test_result();
}
