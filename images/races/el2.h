/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * For races of hypervisors: a vCPU's guest at EL1, in the same memory, with its MMU off. Whatever
 * ends its turn is handled on EL2's stack, and ERETs back; it never leaves. IRQs of EL2 and of the
 * guest go through the library's vectors: a handler of EXC_IRQ asks current_el().
 */
#ifndef IMAGES_RACES_EL2_H
#define IMAGES_RACES_EL2_H

#include "images/lib/atomic.h"
#include "images/lib/exc.h"
#include "images/lib/gic.h"
#include "images/lib/print.h"
#include "images/lib/race.h"
#include "images/lib/smp.h"

#define HCR_GUEST        (BIT(31) | BIT(13) | BIT(5) | BIT(4) | BIT(3)) /* RW, TWI, AMO, IMO, FMO */
#define VMCR_OPEN        (0xffull << 24 | BIT(1))                       /* VPMR, VENG1 */
#define VMCR_PMR(vmcr)   ((u8)((vmcr) >> 24))
#define LR_PENDING(virq) (BIT(62) | BIT(60) | 0xa0ull << 48 | (virq)) /* Group 1 */
#define VIRQ_PRIORITY    0xa0

enum { TICK = 1, KICK = 2, VIRQ = 40 };

extern char vectors_el1[];

static u8 el2_guest_stack[4096] __attribute__((aligned(16)));

/* An interrupt of EL2: acknowledged and ended; its INTID, or INTID_SPURIOUS. */
static inline u32 el2_take(void)
{
    u32 intid = gic_ack();
    if (intid != INTID_SPURIOUS)
        gic_eoi(intid);
    return intid;
}

/* The guest's registers; its interface open, its list registers empty. */
static inline void el2_guest_init(void)
{
    write_sysreg((u64)vectors_el1, vbar_el1);
    write_sysreg(0x30d00800, sctlr_el1); /* RES1 bits, MMU off */
    write_sysreg((u64)el2_guest_stack + sizeof(el2_guest_stack), sp_el1);
    write_sysreg(HCR_GUEST, hcr_el2);
    write_sysreg(7, ICC_SRE_EL1);
    isb();
    write_sysreg(VMCR_OPEN, ICH_VMCR_EL2);
    write_sysreg(0, ICH_AP1R0_EL2);
    write_sysreg(0, ICH_LR0_EL2);
    write_sysreg(1, ICH_HCR_EL2);
    isb();
}

/* EL1h at @guest, which masks what it wants to. */
__attribute__((noreturn)) static inline void el2_enter(void (*guest)(void))
{
    write_sysreg((u64)guest, elr_el2);
    write_sysreg(SPSR_EL1H, spsr_el2);
    isb();
    __asm__ volatile("eret");
    __builtin_unreachable();
}

/* The guest has trapped a WFI: behind it. */
static inline void el2_skip_wfi(struct exc_frame *frame)
{
    if (ESR_EC(frame->esr) != EC_WFX)
        panic("exit with ESR 0x%lx at 0x%lx", frame->esr, frame->elr);
    frame->elr += 4;
}

/* WFI wakes with PSTATE.I masked, so nothing is missed between look and sleep. */
static inline void sleep_until(const volatile unsigned *flag)
{
    irq_mask();
    while (!*flag) {
        wfi();
        irq_unmask();
        irq_mask();
    }
    irq_unmask();
}

#endif
