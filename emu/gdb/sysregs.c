/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * System registers: those that the engine keeps, and the tables of libgic and libtimer, each as
 * itself. A debugger looks from beside the PE: ICC_* is the physical interface also where the guest
 * would reach ICV_*, EL1's timers are EL1's also at EL2 with E2H. What a read changes (ICC_IAR<n>)
 * is left out, as are registers that can only be written, and second names (_EL02, _EL12).
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/gdb/internal.h"

enum { HCR_FMO = 1 << 3, HCR_IMO = 1 << 4, MAX_ENGINE_SYSREGS = 900 };
#define HCR_TGE (1ull << 27)
#define HCR_E2H (1ull << 34)

/* -- Who looks --------------------------------------------------------------------------------- */

static void look_from(const struct machine *m, unsigned vcpu, const struct gdb_sysreg *r,
                      struct cpu_pe_state *pe)
{
    vcpu_get_pe_state(m->engine, vcpu, pe);
    pe->el = r->outside->min_el > 1 ? r->outside->min_el : 1;
    if (r->from == GDB_REG_TIMER && pe->el == 1)
        pe->hcr_el2 &= ~(HCR_TGE | HCR_E2H);
    if (r->from == GDB_REG_GIC)
        pe->hcr_el2 &= ~(uint64_t)(HCR_FMO | HCR_IMO);
    if (r->from == GDB_REG_GIC_VIRTUAL) {
        pe->hcr_el2 |= HCR_FMO | HCR_IMO;
        pe->hcr_el2 &= ~HCR_TGE;
        pe->el2_enabled = true;
    }
    if (pe->el == 3)
        pe->secure = true;
}

static bool is_there(const struct machine *m, unsigned vcpu, const struct gdb_sysreg *r,
                     const struct cpu_pe_state *pe)
{
    const struct cpu_sysreg *reg = r->outside;

    if ((pe->el == 2 && !m->config.has_el2) || (pe->el == 3 && !m->config.has_el3))
        return false;
    return !reg->check || reg->check(reg, vcpu, pe, false) != CPU_ACCESS_UNDEF;
}

/* -- The list ---------------------------------------------------------------------------------- */

static bool is_known(const struct gdb_sysreg *all, unsigned n, const char *name)
{
    for (unsigned i = 0; i < n; i++) {
        if (!strcmp(all[i].name, name))
            return true;
    }
    return false;
}

static unsigned list_engine(const struct machine *m, struct gdb_sysreg *to)
{
    struct cpu_sysreg_name *names = calloc(MAX_ENGINE_SYSREGS, sizeof(*names));
    size_t n_names = names ? engine_sysreg_names(m->engine, names, MAX_ENGINE_SYSREGS) : 0;
    unsigned n = 0;

    for (size_t i = 0; i < n_names && i < MAX_ENGINE_SYSREGS; i++) {
        if (is_known(to, n, names[i].name))
            continue;
        to[n] = (struct gdb_sysreg){
            .from = GDB_REG_ENGINE, .writable = names[i].writable, .engine = names[i]};
        snprintf(to[n].name, sizeof(to[n].name), "%s", names[i].name);
        n++;
    }
    free(names);
    return n;
}

static bool is_listed(const struct cpu_sysreg *reg)
{
    return reg->readable && !strstr(reg->name, "IAR") && !strstr(reg->name, "_EL02");
}

/* ICC_* has a virtual form, under ICV_*, where the library says so. */
static bool has_virtual(const struct gdb_sysreg *r, const struct cpu_pe_state *pe)
{
    return gic_sysreg_is_virtual(r->outside->reg, (const struct gic_pe_state *)pe);
}

static unsigned list_outside(struct machine *m, struct gdb_sysreg *to, unsigned n)
{
    size_t n_gic, n_timer;

    gic_sysregs(&n_gic);
    timer_sysregs(&n_timer);
    for (size_t i = 0; i < n_gic + n_timer && n + 2 <= GDB_MAX_SYSREGS; i++) {
        const struct cpu_sysreg *reg = &m->sysregs[i];
        struct cpu_pe_state pe;

        to[n] = (struct gdb_sysreg){.from = i < n_gic ? GDB_REG_GIC : GDB_REG_TIMER,
                                    .writable = reg->writable,
                                    .outside = reg};
        snprintf(to[n].name, sizeof(to[n].name), "%s", reg->name);
        look_from(m, 0, &to[n], &pe);
        if (!is_listed(reg) || !is_there(m, 0, &to[n], &pe) || is_known(to, n, reg->name))
            continue;
        n++;
        if (i >= n_gic || !m->config.has_el2 || strncmp(reg->name, "ICC_", 4))
            continue;
        to[n] = to[n - 1];
        to[n].from = GDB_REG_GIC_VIRTUAL;
        memcpy(to[n].name, "ICV", 3);
        look_from(m, 0, &to[n], &pe);
        n += has_virtual(&to[n], &pe);
    }
    return n;
}

unsigned gdb_sysregs_list(struct machine *m, struct gdb_sysreg *to)
{
    return list_outside(m, to, list_engine(m, to));
}

/* -- Access ------------------------------------------------------------------------------------ */

int gdb_sysreg_get(struct machine *m, unsigned vcpu, const struct gdb_sysreg *r, uint64_t *value)
{
    struct cpu_pe_state pe;

    if (r->from == GDB_REG_ENGINE)
        return vcpu_sysreg_get(m->engine, vcpu, &r->engine, value);
    look_from(m, vcpu, r, &pe);
    if (!is_there(m, vcpu, r, &pe))
        return -ENOENT;
    /* Not by reg->read(): a guest's read of a counter is noted, to see that it polls. */
    if (r->from == GDB_REG_TIMER)
        *value =
            timer_sysreg_read(m->timers, vcpu, r->outside->reg, (const struct timer_pe_state *)&pe);
    else
        *value = gic_sysreg_peek(m->gic, vcpu, r->outside->reg, (const struct gic_pe_state *)&pe);
    return 0;
}

int gdb_sysreg_set(struct machine *m, unsigned vcpu, const struct gdb_sysreg *r, uint64_t value)
{
    struct cpu_pe_state pe;

    if (!r->writable)
        return -EPERM;
    if (r->from == GDB_REG_ENGINE)
        return vcpu_sysreg_set(m->engine, vcpu, &r->engine, value);
    look_from(m, vcpu, r, &pe);
    if (!is_there(m, vcpu, r, &pe))
        return -ENOENT;
    r->outside->write(r->outside, vcpu, &pe, value);
    vcpu_get_pe_state(m->engine, vcpu, &pe); /* they were told of another level */
    timers_pe_changed(m->timers, vcpu, (const struct timer_pe_state *)&pe);
    gic_pe_changed(m->gic, vcpu, (const struct gic_pe_state *)&pe);
    return 0;
}
