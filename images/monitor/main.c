/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "images/monitor/monitor.h"
#include "images/lib/atomic.h"
#include "images/lib/fdt.h"
#include "images/lib/print.h"
#include "images/lib/timer.h"

BOOT_EL(3);
BOOT_WITHOUT_GIC();

struct pe pes[CPU_MAX];

bool secure_el2;    /* -append monitor.sel2=1 */
static u64 tick_us; /* -append monitor.tick_us=N: a tick from the start on */

/* -- Power-on ---------------------------------------------------------------------------------- */

void pe_start(void *arg)
{
    struct pe *pe = arg;
    pe->index = this_cpu()->index;
    write_sysreg((u64)pe, tpidr_el3);
    write_sysreg((u64)monitor_vectors, vbar_el3);
    write_sysreg(0, cptr_el3);
    isb();
    monitor_gic_cpu_on(pe);
    normal_el2_reset();
    world_init(pe, NORMAL, pe->entry, pe->x0);
    world_init(pe, SECURE, secure_el2 ? (u64)sel2_main : (u64)secure_main, (u64)pe);
    pe->secure = SECURE_CALLED;
    world_load(pe, SECURE);
    if (tick_us)
        tick_set(pe, counter_hz() * tick_us / 1000000, TICK_SECURE_GROUP1);
    monitor_enter(&pe->world[SECURE]);
}

int main(void)
{
    smp_start(0);
    monitor_gic_init();
    tree_make(boot.fdt);
    tick_us = bootarg_u64("monitor.tick_us", 0);
    secure_el2 = bootarg_u64("monitor.sel2", 0) && id_field(read_sysreg(id_aa64pfr0_el1), 36);
    printf("monitor: %u vCPUs, %sthe normal world is entered at 0x%lx\n", boot.cpus,
           secure_el2 ? "Secure EL2, " : "", (u64)NORMAL_ENTRY);
    pes[0].entry = NORMAL_ENTRY;
    pes[0].x0 = NORMAL_TREE;
    cpus[0].busy = 1;
    pe_start(&pes[0]);
    return 1;
}

/* -- Exceptions -------------------------------------------------------------------------------- */

/* images/lib's this_cpu() goes by TPIDR_EL1, which is the worlds'. */
static void __attribute__((noreturn)) die(struct pe *pe, const char *what, u64 elr)
{
    write_sysreg((u64)&cpus[pe->index], tpidr_el1);
    panic("monitor: %s on vCPU %u, ESR 0x%lx ELR 0x%lx FAR 0x%lx", what, pe->index,
          read_sysreg(esr_el3), elr, read_sysreg(far_el3));
}

/* MSR and MRS of ICC_IAR0_EL1 to ICC_AP0R3_EL1, S3_0_C12_C8_x, trap while SCR_EL3.FIQ is 1. */
static bool is_group0_access(u64 esr)
{
    return ESR_EC(esr) == EC_SYSREG && (ESR_ISS(esr) & 0x31fc1e) == 0x303010;
}

/* SCR_EL3.EA: external aborts of the normal world come here first. */
static bool is_external_abort(u64 esr)
{
    return (ESR_EC(esr) == EC_DABT_LOWER || ESR_EC(esr) == EC_IABT_LOWER) &&
           (ESR_FSC(esr) & ~7u) == FSC_EXTERNAL;
}

/* Where an exception from @spsr goes in a vector table (DDI 0487 D1, "Exception vectors"). */
static u64 sync_vector(u64 spsr, unsigned to_el)
{
    if ((spsr >> 2 & 3) < to_el)
        return 0x400;
    return spsr & 1 ? 0x200 : 0;
}

/* As if the normal world had taken it itself: with EC of the same level, if it is. */
static void hand_down(struct context *c, u64 esr)
{
    unsigned el = c->r.spsr >> 2 & 3;
    bool to_el2 = el == 2 || (el == 0 && has_el2() && read_sysreg(hcr_el2) & BIT(27)); /* TGE */
    if (ESR_EC(esr) != EC_UNKNOWN && el == (to_el2 ? 2 : 1))
        esr |= 1 << 26;
    if (to_el2) {
        write_sysreg(c->r.elr, elr_el2);
        write_sysreg(c->r.spsr, spsr_el2);
        write_sysreg(esr, esr_el2);
        write_sysreg(read_sysreg(far_el3), far_el2);
        c->r.elr = read_sysreg(vbar_el2) + sync_vector(c->r.spsr, 2);
        c->r.spsr = SPSR_DAIF | SPSR_EL2H;
    } else {
        write_sysreg(c->r.elr, elr_el1);
        write_sysreg(c->r.spsr, spsr_el1);
        write_sysreg(esr, esr_el1);
        write_sysreg(read_sysreg(far_el3), far_el1);
        c->r.elr = read_sysreg(vbar_el1) + sync_vector(c->r.spsr, 1);
        c->r.spsr = SPSR_DAIF | SPSR_EL1H;
    }
}

/* What the normal world may not do, and what it did wrong. */
static bool take_trap(struct pe *pe, struct context *c, u64 esr)
{
    if (pe->current == SECURE)
        return false;
    if (is_group0_access(esr))
        hand_down(c, (u64)EC_UNKNOWN << 26 | ESR_IL);
    else if (is_external_abort(esr))
        hand_down(c, esr);
    else
        return false;
    pe->counts[COUNT_HANDED_DOWN]++;
    return true;
}

struct context *monitor_exception(struct context *context, u64 vector)
{
    struct pe *pe = current_pe();
    u64 esr = read_sysreg(esr_el3);
    if (vector == EXC_LOWER_FIQ)
        return fiq_take(pe, context);
    if (vector == EXC_LOWER_SYNC && ESR_EC(esr) == EC_SMC)
        return smc_take(pe, context);
    if (vector == EXC_LOWER_SYNC && take_trap(pe, context, esr))
        return context;
    die(pe,
        pe->current == SECURE ? "unexpected exception of the secure world"
                              : "unexpected exception of the normal world",
        context->r.elr);
}

void monitor_bug(u64 vector)
{
    die(current_pe(), vector < 8 ? "exception of its own" : "AArch32", read_sysreg(elr_el3));
}

/* -- Power-off --------------------------------------------------------------------------------- */

static void report(const struct pe *pe)
{
    const u64 *n = pe->counts;
    if (!pe->tick)
        return;
    printf("monitor: vCPU %u: %lu secure ticks of %lu, the latest %lu ns late; %lu switches of "
           "worlds\n",
           pe->index, n[COUNT_TICKS_SECURE_EL1] + n[COUNT_TICKS_EL3],
           (counter_physical() - pe->tick_start) / pe->tick,
           n[COUNT_TICK_LATE] * 1000000000 / counter_hz(), n[COUNT_SWITCHES]);
}

void monitor_end(void)
{
    write_sysreg((u64)&cpus[current_pe()->index], tpidr_el1);
    for (unsigned i = 0; i < boot.cpus; i++)
        report(&pes[i]);
    guest_exit(0);
}
