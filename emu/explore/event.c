/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/explore/event.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "cpu/cpu.h"
#include "emu/board.h"
#include "emu/load/symbols.h"
#include "emu/machine.h"

enum { WORD_BYTES = 8 };

static uint64_t number_of(const struct cpu_sysreg *r)
{
    return (uint64_t)r->op0 << 16 | r->op1 << 12 | r->crn << 8 | r->crm << 4 | r->op2;
}

struct event event_of(const struct cpu_watched_access *access, uint64_t index)
{
    struct event e = {
        .kind = EVENT_RAM,
        .is_write = access->is_write,
        .vcpu = access->vcpu,
        .index = index,
        .pc = access->pc,
        .object = access->pa & ~(uint64_t)(WORD_BYTES - 1),
    };

    if (access->reg) {
        e.kind = EVENT_SYSREG;
        e.object = number_of(access->reg);
        e.reg = access->reg->name;
    } else if (access->pa < BOARD_RAM_BASE) {
        e.kind = EVENT_DEVICE;
        e.object = access->pa;
    }
    return e;
}

/*
 * Registers of a CPU interface are one vCPU's own, but an SGI or a write to the distributor from
 * elsewhere changes what they say: an event of the interrupt controller may conflict with any
 * other, unless both only read. An acknowledge is a read that changes state.
 */
bool event_changes(const struct event *e)
{
    return e->is_write || (e->kind == EVENT_SYSREG && !strncmp(e->reg, "ICC_IAR", 7));
}

bool event_conflicts(const struct event *a, const struct event *b)
{
    if (a->vcpu == b->vcpu)
        return true;
    if (!event_changes(a) && !event_changes(b))
        return false;
    if (a->kind == EVENT_RAM || b->kind == EVENT_RAM)
        return a->kind == b->kind && a->object == b->object;
    return true;
}

void event_place(const struct machine *m, uint64_t pc, char *text, size_t size)
{
    uint64_t offset;
    const char *name = m->symbols ? symbols_at(m->symbols, pc, &offset) : NULL;

    if (name)
        snprintf(text, size, "%s+0x%" PRIx64, name, offset);
    else
        snprintf(text, size, "0x%" PRIx64, pc);
}

void event_describe(const struct machine *m, const struct event *e, char *text, size_t size)
{
    char place[96], object[96];

    event_place(m, e->pc, place, sizeof(place));
    if (e->kind == EVENT_SYSREG)
        snprintf(object, sizeof(object), "%s", e->reg);
    else
        event_place(m, e->object, object, sizeof(object));
    snprintf(text, size, "%s: %s %s", place, e->is_write ? "writes" : "reads", object);
}
