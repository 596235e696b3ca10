/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What ends a run as failed, beside the guest's own assertions. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/explore/explorer_internal.h"
#include "emu/load/symbols.h"

#define HLT_SEMIHOSTING 0xd45e0000u /* HLT #0xf000 */
#define INTID_SPECIAL   1020u       /* to 1023: no interrupt */
#define HCR_FMO_IMO     (3ull << 3)

/* -- A function that is not to be reached ------------------------------------------------------ */

static bool find_panic(struct explorer *x, uint64_t *address)
{
    return x->m->symbols && symbols_find(x->m->symbols, x->options.panic, address);
}

int explorer_set_panic(struct explorer *x, struct error *err)
{
    uint32_t halt = HLT_SEMIHOSTING;
    uint64_t pa;

    if (!x->options.panic)
        return 0;
    if (!find_panic(x, &x->panic_at) ||
        (vcpu_translate(x->m->engine, x->m->current, x->panic_at, &pa) &&
         (pa = x->panic_at) == 0) ||
        machine_guest_write(x->m, pa, &halt, sizeof(halt)))
        return error_bad_input(err, "--panic %s: no such symbol in the guest's memory",
                               x->options.panic);
    engine_ram_written(x->m->engine, pa, sizeof(halt));
    return 0;
}

bool explorer_halted(void *opaque, unsigned vcpu, uint64_t pc)
{
    struct explorer *x = opaque;

    if (!x->options.panic || pc != x->panic_at)
        return false;
    machine_shut_down(x->m, IRQLAB_EXIT_GUEST_ASSERT, "vCPU %u reached %s", vcpu, x->options.panic);
    return true;
}

/* -- Interrupts -------------------------------------------------------------------------------- */

void explorer_gic_event(void *opaque, enum gic_event event, unsigned vcpu, uint32_t intid)
{
    struct explorer *x = opaque;
    struct thread *t = &x->threads[vcpu];

    if (!x->begun || x->ended || event != GIC_EVENT_ACKNOWLEDGED || intid - INTID_SPECIAL < 4)
        return;
    if (t->n_acknowledged < MAX_ACKNOWLEDGED)
        t->acknowledged[t->n_acknowledged] = intid;
    t->n_acknowledged++;
}

/* A write of ICC_EOIR: priorities drop in the order of acknowledges, last first (IHI 0069, 4.8). */
static void check_end(struct explorer *x, const struct event *e)
{
    struct thread *t = &x->threads[e->vcpu];
    struct cpu_pe_state pe;

    vcpu_get_pe_state(x->m->engine, e->vcpu, &pe);
    if (e->first_intid - INTID_SPECIAL < 4 || (pe.el < 2 && pe.hcr_el2 & HCR_FMO_IMO))
        return;
    if (!t->n_acknowledged) {
        machine_shut_down(x->m, IRQLAB_EXIT_EOI,
                          "vCPU %u ends interrupt %u (%s), but has acknowledged none that is not "
                          "ended",
                          e->vcpu, e->first_intid, e->reg);
        return;
    }
    if (--t->n_acknowledged < MAX_ACKNOWLEDGED &&
        t->acknowledged[t->n_acknowledged] != e->first_intid)
        machine_shut_down(x->m, IRQLAB_EXIT_EOI,
                          "vCPU %u ends interrupt %u, but the last that it acknowledged is %u",
                          e->vcpu, e->first_intid, t->acknowledged[t->n_acknowledged]);
}

/* Of any vCPU: one that spins with interrupts masked may have no events. */
static void check_lost(struct explorer *x)
{
    uint64_t now = machine_instructions(x->m);

    for (unsigned v = 0; x->options.lost && v < x->m->config.n_vcpus; v++) {
        const struct thread *t = &x->threads[v];

        if (t->lines_up && !t->held && now - t->line_since > x->options.lost)
            machine_shut_down(x->m, IRQLAB_EXIT_LOST_INTERRUPT,
                              "vCPU %u has not taken its interrupt for %" PRIu64 " instructions", v,
                              now - t->line_since);
    }
}

static void check_missing_ends(struct explorer *x)
{
    for (unsigned v = 0; v < x->m->config.n_vcpus; v++) {
        const struct thread *t = &x->threads[v];
        unsigned last = t->n_acknowledged < MAX_ACKNOWLEDGED ? t->n_acknowledged : MAX_ACKNOWLEDGED;

        if (t->n_acknowledged && !t->depth)
            machine_shut_down(x->m, IRQLAB_EXIT_EOI, "vCPU %u never ended interrupt %u", v,
                              t->acknowledged[last - 1]);
    }
}

/* -- Invariants -------------------------------------------------------------------------------- */

static int parse_invariant(struct explorer *x, struct invariant *i, struct error *err)
{
    static const char *const relations[] = {"==", "!=", "<=", ">=", "<", ">"};
    const char *text = i->text;
    char name[128], *end;
    size_t at;

    i->at_end = !strncmp(text, "end:", 4);
    text += i->at_end ? 4 : 0;
    at = strcspn(text, "=!<>");
    snprintf(name, sizeof(name), "%.*s", (int)at, text);
    for (i->relation = 0; i->relation < 6; i->relation++) {
        if (!strncmp(text + at, relations[i->relation], strlen(relations[i->relation])))
            break;
    }
    if (i->relation == 6)
        return error_bad_input(err, "--invariant %s: not [end:]SYMBOL==N (or != <= >= < >)",
                               i->text);
    text += at + strlen(relations[i->relation]);
    i->value = strtoull(text, &end, 0);
    if (!*text || *end)
        return error_bad_input(err, "--invariant %s: '%s' is not a number", i->text, text);
    if (!x->m->symbols || !symbols_find(x->m->symbols, name, &i->address))
        return error_bad_input(err, "--invariant %s: the image has no symbol '%s'", i->text, name);
    for (size_t s = 0; s < x->m->symbols->count; s++) {
        if (x->m->symbols->items[s].address == i->address &&
            x->m->symbols->items[s].size_bytes == 8)
            i->size_bytes = 8;
    }
    return 0;
}

int explorer_set_invariants(struct explorer *x, struct error *err)
{
    int rc = 0;

    for (unsigned i = 0; i < x->options.n_invariants && !rc; i++) {
        x->invariants[i] = (struct invariant){.text = x->options.invariants[i], .size_bytes = 4};
        rc = parse_invariant(x, &x->invariants[i], err);
    }
    return rc;
}

static bool holds(const struct invariant *i, uint64_t now)
{
    const bool answers[] = {now == i->value, now != i->value, now <= i->value, now >= i->value,
                            now<i->value, now> i->value};

    return answers[i->relation];
}

static void check_invariants(struct explorer *x, bool at_end)
{
    for (unsigned n = 0; n < x->options.n_invariants; n++) {
        const struct invariant *i = &x->invariants[n];
        uint64_t now = 0, pa;
        unsigned vcpu = x->m->current < x->m->config.n_vcpus ? x->m->current : 0;

        if (i->at_end && !at_end)
            continue;
        if (vcpu_translate(x->m->engine, vcpu, i->address, &pa))
            pa = i->address;
        if (!machine_guest_read(x->m, pa, &now, i->size_bytes) && !holds(i, now))
            machine_shut_down(x->m, IRQLAB_EXIT_INVARIANT, "%s does not hold: it is %" PRIu64,
                              i->text, now);
    }
}

/* -- When -------------------------------------------------------------------------------------- */

void explorer_check(struct explorer *x, const struct event *e)
{
    if (x->options.eoi && e->kind == EVENT_SYSREG && e->is_write && strstr(e->reg, "_EOIR"))
        check_end(x, e);
    check_lost(x);
    check_invariants(x, false);
}

void explorer_check_end(struct explorer *x)
{
    if (x->options.eoi)
        check_missing_ends(x);
    check_invariants(x, true);
}
