/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/explore/event.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cpu/cpu.h"
#include "emu/actor.h"
#include "emu/board.h"
#include "emu/explore/event_gic.h"
#include "emu/load/symbols.h"
#include "emu/machine.h"

enum { WORD_BYTES = 8, GICD_BYTES = 0x10000 };

#define PSTATE_I      (1u << 7)
#define PSTATE_ALLINT (1u << 13)
#define HCR_ROUTES    (3ull << 3 | 1ull << 27) /* FMO, IMO, TGE */
#define SCR_ROUTES    (3ull << 1)              /* IRQ, FIQ */

static uint64_t number_of(const struct cpu_sysreg *r)
{
    return (uint64_t)r->op0 << 16 | r->op1 << 12 | r->crn << 8 | r->crm << 4 | r->op2;
}

static uint32_t instruction_at(struct machine *m, unsigned vcpu, uint64_t pc)
{
    uint32_t instruction = 0;
    uint64_t pa;

    if (vcpu_fetched(m->engine, vcpu, pc, &instruction))
        return instruction;
    if (vcpu_translate(m->engine, vcpu, pc, &pa) ||
        machine_guest_read(m, pa, &instruction, sizeof(instruction)))
        return 0;
    return instruction;
}

/* MSR <register>, X<t>: what will be written (DDI 0487 C6.2, MSR (register)). */
static uint64_t msr_value(struct machine *m, unsigned vcpu, uint64_t pc)
{
    uint32_t t = instruction_at(m, vcpu, pc) & 31;

    return t == 31 ? 0 : vcpu_get_x(m->engine, vcpu, t);
}

/*
 * An instruction that reads first and then writes (DDI 0487 C4.1, Loads and stores): a store
 * exclusive or CAS, or an atomic operation; LDAPR is among the latter, and only reads.
 */
static bool writes_too(uint32_t instruction)
{
    bool load = instruction >> 22 & 1, is_cas = (instruction & 0x00a00000) == 0x00a00000;

    if ((instruction & 0x3f000000) == 0x08000000)
        return !load || is_cas;
    return (instruction & 0x3f200c00) == 0x38200000 && (instruction & 0x0000f000) != 0x0000c000;
}

/*
 * No physical IRQ is taken: PSTATE.I does not count for one that is routed to a higher level, nor
 * with FEAT_NMI for one that has superpriority (DDI 0487 D1.3.6).
 */
static bool is_masked(struct machine *m, unsigned vcpu)
{
    uint64_t pstate = vcpu_get_pstate(m->engine, vcpu);
    struct cpu_pe_state pe;

    vcpu_get_pe_state(m->engine, vcpu, &pe);
    if ((pe.el < 2 && pe.hcr_el2 & HCR_ROUTES) || (pe.el < 3 && pe.scr_el3 & SCR_ROUTES))
        return false;
    return pstate & (pe.sctlr_nmi ? PSTATE_ALLINT : PSTATE_I);
}

bool event_is_of_timers(const char *reg)
{
    return !strncmp(reg, "CNT", 3) || !strcmp(reg, "HCR_EL2");
}

void event_is_of_gic(struct event *e)
{
    e->of_gic = true;
    e->reads = ACTOR_GIC;
    e->writes = e->is_write ? ACTOR_GIC : 0;
}

/* What of the machine, as actors know it: an IAR changes the GIC, a counter is of the timers. */
static void note_places(struct event *e)
{
    uint64_t places = ACTOR_GIC;

    if (e->kind == EVENT_RAM)
        return;
    if (e->kind == EVENT_SYSREG && event_is_of_timers(e->reg))
        places = e->is_write ? ACTOR_TIMERS | ACTOR_GIC : ACTOR_TIMERS;
    e->reads = places;
    e->writes = event_changes(e) ? places : 0;
}

struct event event_of_thread(struct machine *m, unsigned thread, uint64_t index)
{
    unsigned n_vcpus = m->config.n_vcpus;
    struct event e = {.kind = EVENT_VMM, .vcpu = thread, .index = index};

    if (thread < n_vcpus) {
        e.pc = vcpu_get_pc(m->engine, thread);
        e.writes = ACTOR_VCPU(thread);
    } else {
        e.pc = actors_pc(m, thread - n_vcpus);
        actor_places(actors_next_step(m, thread - n_vcpus), &e.reads, &e.writes);
    }
    e.object = e.pa = e.pc;
    e.is_write = e.writes != 0;
    return e;
}

struct event event_of(struct machine *m, const struct cpu_watched_access *access, uint64_t index)
{
    struct event e = {
        .kind = EVENT_RAM,
        .is_write = access->is_write,
        .masked = is_masked(m, access->vcpu),
        .size_bytes = access->size_bytes > 255 ? 255 : (uint8_t)access->size_bytes,
        .vcpu = access->vcpu,
        .index = index,
        .pc = access->pc,
        .object = access->pa & ~(uint64_t)(WORD_BYTES - 1),
        .end = access->pa + access->size_bytes,
        .pa = access->pa,
        .va = access->va,
        .retired = access->vcpu_instructions,
        .value = access->value,
    };

    if (access->reg) {
        e.kind = EVENT_SYSREG;
        e.object = number_of(access->reg);
        e.reg = access->reg->name;
        e.value = e.is_write ? msr_value(m, e.vcpu, e.pc) : 0;
        event_gic_register(m, &e);
    } else if (access->pa - BOARD_RAM_BASE >= m->config.ram_bytes) {
        e.kind = EVENT_DEVICE;
        e.object = access->pa;
        event_gic_frame(m, &e);
    } else if (!e.is_write) {
        e.is_write = writes_too(instruction_at(m, e.vcpu, e.pc));
    }
    note_places(&e);
    return e;
}

/* STXR and STXP with or without release; CASP is where an STXP of bytes would be (C4.1). */
bool event_is_store_exclusive(struct machine *m, const struct event *e)
{
    uint32_t i = e->kind == EVENT_RAM ? instruction_at(m, e->vcpu, e->pc) : 0;

    return (i & 0x3fc00000) == 0x08000000 && (!(i >> 21 & 1) || i >> 31);
}

/* An acknowledge is a read that changes state, and so may be a read of any device. */
bool event_changes(const struct event *e)
{
    return e->is_write || e->kind == EVENT_INTERRUPT ||
           (e->kind == EVENT_DEVICE && e->part == GIC_PART_UNKNOWN) ||
           (e->kind == EVENT_SYSREG && strstr(e->reg, "_IAR"));
}

bool event_touches(const struct event *a, const struct event *b)
{
    if (a->kind == EVENT_INTERRUPT || b->kind == EVENT_INTERRUPT)
        return false; /* what its handler does has events of its own */
    if (!event_changes(a) && !event_changes(b))
        return false;
    if (a->kind == EVENT_VMM || b->kind == EVENT_VMM)
        return (a->writes & (b->reads | b->writes)) || (a->reads & b->writes);
    if (a->weak && a->kind == EVENT_RAM && b->kind == EVENT_RAM && a->is_write && b->is_write)
        return true;
    if (a->kind != b->kind && (a->of_gic || b->of_gic))
        return event_changes(a->of_gic ? b : a);
    if (a->kind == EVENT_RAM || b->kind == EVENT_RAM)
        return a->kind == b->kind && a->pa < b->end && b->pa < a->end;
    return event_gic_conflicts(a, b);
}

bool event_conflicts(const struct event *a, const struct event *b)
{
    return a->vcpu == b->vcpu || event_touches(a, b);
}

void event_thread(const struct machine *m, unsigned thread, char *text, size_t size)
{
    unsigned n_vcpus = m->config.n_vcpus;

    if (thread >= n_vcpus && thread < sched_threads(m))
        snprintf(text, size, "VMM %.40s", m->actors->scenario->programs[thread - n_vcpus]->name);
    else
        snprintf(text, size, "vCPU %u", thread);
}

void event_place(const struct machine *m, uint64_t pc, char *text, size_t size)
{
    uint64_t offset;
    const char *name = m->symbols ? symbols_at(m->symbols, pc, &offset) : NULL, *step;

    if (actors_describe(m, pc, &name, &step))
        snprintf(text, size, "%s: %s", name, step);
    else if (name)
        snprintf(text, size, "%s+0x%" PRIx64, name, offset);
    else
        snprintf(text, size, "0x%" PRIx64, pc);
}

/* A register of a frame that all vCPUs see; of another vCPU's, whose it is. */
static bool device_name(const struct machine *m, const struct event *e, char *text, size_t size)
{
    uint64_t in_redist = e->pa - m->board.gicr_base;
    size_t used;

    if (e->pa - m->board.gicd_base < GICD_BYTES)
        return gic_register_name(GIC_FRAME_DIST, (uint32_t)(e->pa - m->board.gicd_base), text,
                                 size);
    if (e->part != GIC_PART_REDIST ||
        !gic_register_name(GIC_FRAME_REDIST, (uint32_t)(in_redist % m->board.gicr_bytes), text,
                           size))
        return false;
    used = strlen(text);
    if (e->redist != e->vcpu)
        snprintf(text + used, size - used, " of vCPU %u", e->redist);
    return true;
}

static bool ram_name(const struct machine *m, const struct event *e, char *text, size_t size)
{
    uint64_t offset;
    const char *name = m->symbols ? symbols_at(m->symbols, e->va, &offset) : NULL;

    if (name && offset)
        snprintf(text, size, "%s+%" PRIu64, name, offset);
    else if (name)
        snprintf(text, size, "%s", name);
    return name;
}

void event_object(const struct machine *m, const struct event *e, char *text, size_t size)
{
    static const char *const lines[] = {"IRQ", "FIQ", "vIRQ", "vFIQ"};
    char name[96];
    const char *actor, *step;

    if (e->kind == EVENT_INTERRUPT) {
        snprintf(text, size, "takes %s", lines[e->object & 3]);
        return;
    }
    if (e->kind == EVENT_VMM) {
        snprintf(text, size, "%s",
                 actors_describe(m, e->pc, &actor, &step) ? step : "calls the VMM");
        return;
    }
    if (e->kind == EVENT_SYSREG)
        snprintf(name, sizeof(name), "%s", e->reg);
    else if (!(e->kind == EVENT_RAM ? ram_name : device_name)(m, e, name, sizeof(name)))
        snprintf(name, sizeof(name), "0x%" PRIx64, e->pa);
    snprintf(text, size, "%s %.80s", e->is_write ? "writes" : "reads", name);
}

void event_describe(const struct machine *m, const struct event *e, char *text, size_t size)
{
    char place[96], object[96];

    event_place(m, e->pc, place, sizeof(place));
    event_object(m, e, object, sizeof(object));
    if (e->kind == EVENT_VMM && e->vcpu >= m->config.n_vcpus)
        snprintf(text, size, "%s", place);
    else
        snprintf(text, size, "%s: %s", place, object);
}
