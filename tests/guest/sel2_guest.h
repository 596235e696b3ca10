/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Secure EL2 (FEAT_SEL2) under a test at EL3: a C function runs at EL2 of either security state,
 * with the MMU off and el2_guest.h for what is below it, and comes back by SMC.
 */
#ifndef TESTS_GUEST_SEL2_GUEST_H
#define TESTS_GUEST_SEL2_GUEST_H

#include "tests/guest/el2_guest.h"

#define SCR_NS   BIT(0)
#define SCR_IRQ  BIT(1)
#define SCR_FIQ  BIT(2)
#define SCR_HCE  BIT(8)
#define SCR_RW   (BIT(10) | 3 << 4)
#define SCR_EEL2 BIT(18)

#define SMC_0 0xd4000003u

/* Registers that assemblers know under no name yet. */
#define VSTTBR_EL2 s3_4_c2_c6_0
#define VSTCR_EL2  s3_4_c2_c6_2

static u64 el2_stack[1024] __attribute__((aligned(16)));
static void (*el2_body)(void);

static inline void set_scr(u64 bits)
{
    write_sysreg(SCR_RW | SCR_HCE | bits, scr_el3);
    isb();
}

static void el2_entry(void)
{
    struct guest *outer = this_cpu()->guest;

    exc_init();
    el2_body();
    this_cpu()->guest = outer;
    __asm__ volatile("smc #0" ::: "memory");
}

/* @body at EL2 with SCR_EL3 as given; what brought EL3 back is in the result. */
static inline struct guest at_el2(u64 scr, void (*body)(void))
{
    struct guest g = {.pc = (u64)el2_entry, .spsr = SPSR_EL2H | SPSR_DAIF};

    el2_body = body;
    write_sysreg((u64)(el2_stack + ARRAY_SIZE(el2_stack)), sp_el2);
    set_scr(scr);
    guest_run(&g);
    set_scr(0);
    return g;
}

static inline bool came_back(const struct guest *g)
{
    return ESR_EC(g->esr) == EC_SMC;
}

/* The words at EL1, from EL3, ended by SMC; exceptions that EL1 takes show as its vector's HVC. */
static inline struct guest el1_from_el3(u64 scr, const u32 *words, unsigned n)
{
    struct guest g = el1_guest(words, n, SPSR_EL1H | SPSR_DAIF);

    el1_code[n] = SMC_0;
    sync_code(el1_code, 4 * n + 4);
    set_scr(scr);
    guest_run(&g);
    set_scr(0);
    return g;
}

/* Once, at EL3: EL2 and EL1 with their MMUs off, nothing trapped. */
static inline void sel2_setup(void)
{
    write_sysreg(0, cptr_el3);
    set_scr(SCR_NS);
    write_sysreg(0x30c50830, sctlr_el2);
    write_sysreg(0x33ff, cptr_el2);
    write_sysreg(0, hstr_el2);
    write_sysreg(0, mdcr_el2);
    write_sysreg(3, cnthctl_el2);
    write_sysreg(0, vttbr_el2);
    write_sysreg(read_sysreg(midr_el1), vpidr_el2);
    write_sysreg(read_sysreg(mpidr_el1), vmpidr_el2);
    write_sysreg(0xf, s3_4_c12_c9_5); /* ICC_SRE_EL2 */
    set_hcr(HCR_RW);
    el1_setup();
    set_scr(0);
}

#endif
