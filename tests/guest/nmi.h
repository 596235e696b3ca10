/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Non-maskable interrupts (FEAT_NMI, FEAT_GICv3_NMI) for tests. */
#ifndef TESTS_GUEST_NMI_H
#define TESTS_GUEST_NMI_H

#include "tests/guest/gic_poll.h"

#define ALLINT          s3_0_c4_c3_0
#define HCRX_EL2        s3_4_c1_c2_2
#define ICC_NMIAR1_EL1  s3_0_c12_c9_5
#define PSTATE_ALLINT   BIT(13)
#define SCTLR_NMI       BIT(61)
#define SCTLR_SPINTMASK BIT(62)
#define HCRX_TALLINT    BIT(6)
#define HCRX_VINMI      BIT(7)
#define HCRX_VFNMI      BIT(8)
#define ISR_FS          BIT(9)
#define ISR_IS          BIT(10)
#define INTID_NMI       1022

/* msr allint, #imm */
#define ALLINT_SET() __asm__ volatile(".inst 0xd501411f" ::: "memory")
#define ALLINT_CLR() __asm__ volatile(".inst 0xd501401f" ::: "memory")

static inline void superpriority(u32 intid, bool on)
{
    u64 reg = gic_reg(GICD_INMIR, intid, 1);
    u32 old = mmio_read32(reg), bit = BIT(intid % 32);

    mmio_write32(reg, on ? old | bit : old & ~bit);
    dsb(sy);
}

static inline void nmi_sctlr(u64 bits)
{
    write_elx((read_elx(sctlr) & ~(SCTLR_NMI | SCTLR_SPINTMASK)) | bits, sctlr);
    isb();
}

#endif
