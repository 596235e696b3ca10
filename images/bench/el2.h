/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bare loop at EL1 under a bare hypervisor at EL2, for benches of what lies between them. Nobody
 * saves registers: the guest has x0 to x8, EL2 has x9 to x15. One inclusion per image.
 */
#ifndef IMAGES_BENCH_EL2_H
#define IMAGES_BENCH_EL2_H

#include "images/lib/exc.h"
#include "images/lib/gic.h"
#include "images/lib/print.h"
#include "images/lib/smp.h"

BOOT_EL(2);

#define HCR_GUEST (BIT(31) | BIT(5) | BIT(4) | BIT(3)) /* RW, AMO, IMO, FMO */
#define VMCR_OPEN (0xffull << 24 | BIT(1))             /* VPMR, VENG1 */
#define LR_VIRQ   (BIT(62) | BIT(60) | 0xa0ull << 48)  /* pending, Group 1; | vINTID */
#define LR_EOI    BIT(41)
#define LR_HW     BIT(61)

/**
 * el2_enter - ERET to @guest at EL1, IRQs unmasked, with x0 = @n, x1 = 0, x2 = @arg, and @vectors
 * for EL2. Returns the guest's x1 when a vector branches to el2_leave.
 */
u64 el2_enter(const char *guest, u64 n, u64 arg, const char *vectors);

__asm__(".text\n"
        "el2_enter:\n"
        "stp x29, x30, [sp, #-96]!\n"
        "stp x19, x20, [sp, #16]\n"
        "stp x21, x22, [sp, #32]\n"
        "stp x23, x24, [sp, #48]\n"
        "stp x25, x26, [sp, #64]\n"
        "stp x27, x28, [sp, #80]\n"
        "msr vbar_el2, x3\n"
        "msr elr_el2, x0\n"
        "mov x9, #0x345\n" /* EL1h, DAIF but for I */
        "msr spsr_el2, x9\n"
        "isb\n"
        "mov x0, x1\n"
        "mov x1, xzr\n"
        "eret\n"
        ".globl el2_leave\n"
        "el2_leave:\n"
        "mov x0, x1\n"
        "ldp x27, x28, [sp, #80]\n"
        "ldp x25, x26, [sp, #64]\n"
        "ldp x23, x24, [sp, #48]\n"
        "ldp x21, x22, [sp, #32]\n"
        "ldp x19, x20, [sp, #16]\n"
        "ldp x29, x30, [sp], #96\n"
        "ret\n");

/* Tables of vectors; code of at most 32 instructions for what comes from the guest. */
#define EL2_VECTORS(name, sync, irq)                                                               \
    __asm__(".text\n.balign 2048\n" name ":\n.rept 8\n.balign 128\nb el2_lost\n.endr\n"            \
            ".balign 128\n" sync ".balign 128\n" irq ".rept 6\n.balign 128\nb el2_lost\n.endr\n"   \
            ".balign 128\n")

/* Of the guest: an IRQ; anything else is HVC #1. */
#define EL1_VECTORS(name, irq)                                                                     \
    __asm__(".text\n.balign 2048\n" name ":\n.rept 5\n.balign 128\nhvc #1\n.endr\n"                \
            ".balign 128\n" irq ".rept 10\n.balign 128\nhvc #1\n.endr\n.balign 128\n")

/* The guest acknowledges, counts and ends. */
#define EL1_TAKE_IRQ                                                                               \
    "mrs x3, ICC_IAR1_EL1\n"                                                                       \
    "add x1, x1, #1\n"                                                                             \
    "msr ICC_EOIR1_EL1, x3\n"                                                                      \
    "eret\n"

__attribute__((used, noreturn)) static void el2_lost(void)
{
    panic("unexpected exception at EL2: ESR 0x%lx ELR 0x%lx", read_sysreg(esr_el2),
          read_sysreg(elr_el2));
}

/* EL1 with its MMU off and @vectors; the virtual interface on, list register 0 with @lr. */
static inline void el2_guest_init(const char *vectors, u64 lr)
{
    write_sysreg((u64)vectors, vbar_el1);
    write_sysreg(0x30d00800, sctlr_el1);
    write_sysreg(HCR_GUEST, hcr_el2);
    write_sysreg(VMCR_OPEN, ICH_VMCR_EL2);
    write_sysreg(0, ICH_AP1R0_EL2);
    write_sysreg(lr, ICH_LR0_EL2);
    write_sysreg(0, ICH_LR1_EL2);
    write_sysreg(0, ICH_LR2_EL2);
    write_sysreg(0, ICH_LR3_EL2);
    write_sysreg(1, ICH_HCR_EL2);
    isb();
}

/* What main() returns. */
static inline int el2_result(u64 done, u64 n)
{
    exc_init();
    printf("iterations %lu\n", done);
    return done != n;
}

#endif
