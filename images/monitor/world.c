/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Two worlds share a PE's registers.
 *
 * Saved and restored: general registers (entry.S), EL1's system registers, ICC_PMR_EL1.
 * Not to be saved, as each Security state has its own: ICC_IGRPEN1_EL1, ICC_BPR1_EL1, ICC_CTLR_EL1,
 * ICC_SRE_EL1, the Group 1 active priorities (IHI 0069, "Banked CPU interface registers").
 * Left alone, as the secure world does not use them: EL2's registers with ICH_* (but see el2.c), FP
 * and SIMD, and the timers CNTP and CNTV, which go on and pre-empt the secure world when they fire.
 */
#include "images/monitor/monitor.h"

#define SCTLR_EL1_RES1 0x30d00800ull
#define SCTLR_EL2_RES1 0x30c50830ull

_Static_assert(offsetof(struct context, r.sp_el0) == 248, "entry.S: CONTEXT_X30");
_Static_assert(offsetof(struct context, r.elr) == 256, "entry.S: CONTEXT_ELR");
_Static_assert(offsetof(struct context, stack) == 272, "entry.S: CONTEXT_STACK");

static enum preemption preemption;

void world_route(enum preemption to)
{
    preemption = to;
}

bool has_el2(void)
{
    return id_field(read_sysreg(id_aa64pfr0_el1), 8);
}

/* Features that trap to EL3 unless it allows them. */
static u64 scr_features(void)
{
    u64 isar1 = read_sysreg(id_aa64isar1_el1), scr = 0;
    if (isar1 & 0xff000ff0) /* APA, API, GPA, GPI: pointer authentication */
        scr |= SCR_APK | SCR_API;
    if (id_field(read_sysreg(id_aa64mmfr0_el1), 60) >= 2)
        scr |= SCR_ECV;
    if (id_field(read_sysreg(id_aa64mmfr0_el1), 56))
        scr |= SCR_FGT;
    if (id_field(read_sysreg(id_aa64mmfr1_el1), 40))
        scr |= SCR_HXE; /* HCRX_EL2 */
    return scr;
}

/*
 * Group 0, and what belongs to the other world, is an FIQ (IHI 0069, "Interrupt signal for each
 * group"): FIQ 1 brings it to EL3. In Secure state FIQ 0 leaves it to Secure EL1. IRQ 0: each
 * world takes its own Group 1 by itself.
 */
static u64 scr_of(enum world world)
{
    u64 scr = SCR_RW | SCR_RES1 | SCR_EA | scr_features();
    if (secure_el2)
        scr |= SCR_EEL2;
    if (world == NORMAL)
        return scr | SCR_NS | SCR_FIQ | (has_el2() ? SCR_HCE : 0);
    return scr | SCR_ST | (preemption == PREEMPT_BY_EL3 ? SCR_FIQ : 0);
}

static u64 spsr_of(enum world world)
{
    bool el2 = world == NORMAL ? has_el2() : secure_el2;
    return SPSR_DAIF | (el2 ? SPSR_EL2H : SPSR_EL1H);
}

void world_init(struct pe *pe, enum world world, u64 entry, u64 x0)
{
    struct context *c = pe->world + world;
    *c = (struct context){0};
    c->r.elr = entry;
    c->r.spsr = spsr_of(world);
    c->r.x[0] = x0;
    c->stack = cpus[pe->index].stack_top;
    c->scr = scr_of(world);
    c->pmr = PMR_ALL;
    c->el1.sctlr_el1 = SCTLR_EL1_RES1;
    c->el1.cpacr_el1 = 3 << 20;
    c->el1.tpidr_el1 = world == SECURE ? (u64)&cpus[pe->index] : 0;
    c->el1.sp_el1 = world == SECURE ? secure_stack(pe) : 0;
    if (!secure_el2)
        return;
    el2_save(&c->el2); /* as normal_el2_reset() has left them */
    c->el2.sp_el2 = world == SECURE ? sel2_stack(pe) : 0;
}

#define SAVE(reg)    c->el1.reg = read_sysreg(reg);
#define RESTORE(reg) write_sysreg(c->el1.reg, reg);

static void save(struct context *c)
{
    EL1_REGISTERS(SAVE)
    c->pmr = read_sysreg(ICC_PMR_EL1);
    if (secure_el2)
        el2_save(&c->el2);
}

void world_load(struct pe *pe, enum world world)
{
    struct context *c = &pe->world[world];
    if (world == SECURE)
        c->scr = scr_of(SECURE);
    write_sysreg(c->scr, scr_el3);
    EL1_REGISTERS(RESTORE)
    write_sysreg(c->pmr, ICC_PMR_EL1);
    if (secure_el2)
        el2_load(&c->el2);
    isb();
    pe->current = world;
}

struct context *world_switch(struct pe *pe, enum world to)
{
    save(&pe->world[pe->current]);
    world_load(pe, to);
    pe->counts[COUNT_SWITCHES]++;
    return &pe->world[to];
}

void normal_el2_reset(void)
{
    if (!has_el2())
        return;
    write_sysreg(SCTLR_EL2_RES1, sctlr_el2);
    write_sysreg(0, hcr_el2);
    write_sysreg(0x33ff, cptr_el2);
    write_sysreg(0, hstr_el2);
    write_sysreg(0, vttbr_el2);
    write_sysreg(read_sysreg(midr_el1), vpidr_el2);
    write_sysreg(read_sysreg(mpidr_el1), vmpidr_el2);
    write_sysreg(0, cnthctl_el2);
    write_sysreg(0, cntvoff_el2);
    write_sysreg(0, cnthp_ctl_el2);
    write_sysreg(0, ICH_HCR_EL2);
    isb();
}
