/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * List registers and ICH_VMCR_EL2 for EL2 tests (IHI 0069 12.4), and what EL1 does with them.
 */
#ifndef TESTS_GUEST_EL2_LR_H
#define TESTS_GUEST_EL2_LR_H

#include "tests/guest/el2_guest.h"
#include "tests/guest/gic_poll.h"

#define LR_PENDING   (1ull << 62)
#define LR_ACTIVE    (2ull << 62)
#define LR_HW        BIT(61)
#define LR_GROUP1    BIT(60)
#define LR_PRIO(p)   ((u64)(p) << 48)
#define LR_PINTID(n) ((u64)(n) << 32)
#define LR_EOI       BIT(41)
#define LR_STATE(lr) ((lr) >> 62)
#define VIRQ         77
#define INTID_MAINT  25

#define VMCR_VENG0  BIT(0)
#define VMCR_VENG1  BIT(1)
#define VMCR_VFIQEN BIT(3)
#define VMCR_VCBPR  BIT(4)
#define VMCR_VEOIM  BIT(9)
#define VMCR_VBPR1  (7ull << 18)
#define VMCR_VBPR0  (7ull << 21)
#define VMCR_PMR(p) ((u64)(p) << 24)

#define HCR_EN             BIT(0)
#define HCR_UIE            BIT(1)
#define HCR_LRENPIE        BIT(2)
#define HCR_NPIE           BIT(3)
#define HCR_VGRP0EIE       BIT(4)
#define HCR_VGRP0DIE       BIT(5)
#define HCR_VGRP1EIE       BIT(6)
#define HCR_VGRP1DIE       BIT(7)
#define HCR_EOICOUNT(n)    ((u64)(n) << 27)
#define HCR_EOICOUNT_OF(h) ((unsigned)((h) >> 27) & 31)

#define MISR_EOI    BIT(0)
#define MISR_U      BIT(1)
#define MISR_LRENP  BIT(2)
#define MISR_NP     BIT(3)
#define MISR_VGRP0E BIT(4)
#define MISR_VGRP0D BIT(5)
#define MISR_VGRP1E BIT(6)
#define MISR_VGRP1D BIT(7)

/* EL1's instructions: mrs x1 and msr from x1; add n to use x(1 + n). */
#define MRS_IAR0   MRS_X1(0, 12, 8, 0)
#define MRS_HPPIR0 MRS_X1(0, 12, 8, 2)
#define MRS_IAR1   MRS_X1(0, 12, 12, 0)
#define MRS_HPPIR1 MRS_X1(0, 12, 12, 2)
#define MRS_RPR    MRS_X1(0, 12, 11, 3)
#define MRS_CTLR   MRS_X1(0, 12, 12, 4)
#define MRS_ISR    MRS_X1(0, 12, 1, 0)
#define MSR_EOIR0  MSR_X1(0, 12, 8, 1)
#define MSR_EOIR1  MSR_X1(0, 12, 12, 1)
#define MSR_DIR    MSR_X1(0, 12, 11, 1)
#define MSR_PMR    MSR_X1(0, 4, 6, 0)
#define WFI        0xd503207fu

static inline unsigned vtr_prebits(void)
{
    return (read_sysreg(ICH_VTR_EL2) >> 26 & 7) + 1;
}

/* Active priorities: of Group 1 what is given, in ICH_AP1R0_EL2 and on; of Group 0 none. With 5
 * preemption bits there is one register, with 6 two, with 7 four. */
static inline void set_vapr(const u32 apr[4])
{
    unsigned bits = vtr_prebits();
    write_sysreg(0, ICH_AP0R0_EL2);
    write_sysreg(apr[0], ICH_AP1R0_EL2);
    if (bits >= 6) {
        write_sysreg(0, ICH_AP0R1_EL2);
        write_sysreg(apr[1], ICH_AP1R1_EL2);
    }
    if (bits >= 7) {
        write_sysreg(0, ICH_AP0R2_EL2);
        write_sysreg(0, ICH_AP0R3_EL2);
        write_sysreg(apr[2], ICH_AP1R2_EL2);
        write_sysreg(apr[3], ICH_AP1R3_EL2);
    }
    isb();
}

/* One virtual priority of Group 1 is active. */
static inline void runs(u8 priority)
{
    u32 apr[4] = {0};
    unsigned level = priority >> (8 - vtr_prebits());
    apr[level / 32] = 1u << level % 32;
    set_vapr(apr);
}

static inline void nothing_runs(void)
{
    set_vapr((u32[4]){0});
}

/* Everything empty and open for Group 1, interface on. */
static inline void open_vgic(void)
{
    write_sysreg(0, ICH_HCR_EL2);
    write_sysreg(VMCR_PMR(0xff) | VMCR_VENG1, ICH_VMCR_EL2);
    write_sysreg(0, ICH_LR0_EL2);
    write_sysreg(0, ICH_LR1_EL2);
    nothing_runs();
    write_sysreg(HCR_EN, ICH_HCR_EL2);
    isb();
}

static inline u64 misr(void)
{
    isb();
    return read_sysreg(ICH_MISR_EL2);
}

static inline u64 lr0(void)
{
    isb();
    return read_sysreg(ICH_LR0_EL2);
}

static inline void set_lr0(u64 lr)
{
    write_sysreg(lr, ICH_LR0_EL2);
    isb();
}

static inline unsigned eoicount(void)
{
    isb();
    return HCR_EOICOUNT_OF(read_sysreg(ICH_HCR_EL2));
}

/* One instruction at EL1, and the x1 it leaves; all ones if a physical interrupt came first. */
static inline u64 el1_does(u32 insn, u64 x1)
{
    struct guest g = el1_guest(&insn, 1, SPSR_EL1H | SPSR_DAIF);
    g.x[1] = x1;
    return guest_run(&g) == EXC_LOWER_SYNC && el1_finished(&g) ? g.x[1] : ~0ull;
}

#endif
