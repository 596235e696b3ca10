/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of each interrupt over time. Events say that it changed, and come in the middle of what
 * the GIC does; so each is looked at again when the GIC is done (trace_settle()).
 */
#include "emu/trace/internal.h"

#include <stdlib.h>
#include <string.h>

enum { MAP_FIRST_SIZE = 256 };

static bool is_private(uint32_t intid)
{
    return intid < 32 || (intid >= 1056 && intid < 1120);
}

static uint32_t slot_of(const struct trace *t, uint32_t intid, uint16_t vcpu)
{
    uint32_t at = (intid * 2654435761u ^ vcpu * 40503u) & (t->map_size - 1);

    while (t->map[at]) {
        const struct trace_lane *lane = &t->lanes[t->map[at] - 1];

        if (lane->intid == intid && lane->vcpu == vcpu)
            break;
        at = (at + 1) & (t->map_size - 1);
    }
    return at;
}

static bool grow_map(struct trace *t)
{
    uint32_t size = t->map_size ? t->map_size * 2 : MAP_FIRST_SIZE;
    uint32_t *map = calloc(size, sizeof(*map));

    if (!map)
        return false;
    free(t->map);
    t->map = map;
    t->map_size = size;
    for (uint32_t i = 0; i < t->n_lanes; i++)
        map[slot_of(t, t->lanes[i].intid, t->lanes[i].vcpu)] = i + 1;
    return true;
}

static bool grow_lanes(struct trace *t)
{
    uint32_t capacity = t->lanes_capacity ? t->lanes_capacity * 2 : 64;
    struct trace_lane *lanes;
    uint32_t *stale;

    if (t->n_lanes < t->lanes_capacity)
        return true;
    lanes = realloc(t->lanes, capacity * sizeof(*lanes));
    t->lanes = lanes ? lanes : t->lanes;
    stale = realloc(t->stale, capacity * sizeof(*stale));
    t->stale = stale ? stale : t->stale;
    if (!lanes || !stale)
        return false;
    t->lanes_capacity = capacity;
    return true;
}

struct trace_lane *trace_lane_of(struct trace *t, unsigned vcpu, uint32_t intid)
{
    uint16_t owner = is_private(intid) ? (uint16_t)vcpu : TRACE_SHARED;
    uint32_t at;

    if ((!t->map_size || t->n_lanes * 2 >= t->map_size) && !grow_map(t))
        return NULL;
    at = slot_of(t, intid, owner);
    if (!t->map[at]) {
        if (t->n_lanes == TRACE_MAX_LANES || !grow_lanes(t))
            return NULL;
        t->lanes[t->n_lanes] = (struct trace_lane){.intid = intid, .vcpu = owner};
        t->map[at] = ++t->n_lanes;
    }
    t->lanes[t->map[at] - 1].at = (uint16_t)vcpu;
    return &t->lanes[t->map[at] - 1];
}

static void become(struct trace *t, struct trace_lane *lane, bool pending, bool active,
                   uint64_t now_ns)
{
    struct trace_lane was = *lane;

    if (lane->pending == pending && lane->active == active)
        return;
    if (pending && !was.pending) {
        lane->asserted = true;
        lane->asserted_ns = now_ns;
    }
    lane->asserted &= pending;
    lane->pending = pending;
    lane->active = active;
    if (t->spec.format->lane)
        t->spec.format->lane(t, lane, &was, now_ns);
}

static void make_stale(struct trace *t, struct trace_lane *lane)
{
    if (!lane->stale)
        t->stale[t->n_stale++] = (uint32_t)(lane - t->lanes);
    lane->stale = true;
}

void trace_lanes_event(struct trace *t, const struct trace_event *e)
{
    static const uint32_t wanted = 1u << GIC_EVENT_PENDED | 1u << GIC_EVENT_UNPENDED |
                                   1u << GIC_EVENT_ACKNOWLEDGED | 1u << GIC_EVENT_PRIORITY_DROP |
                                   1u << GIC_EVENT_DEACTIVATED;
    struct trace_lane *lane;

    if (!(wanted >> e->gic.event & 1))
        return;
    lane = trace_lane_of(t, (unsigned)e->vcpu, e->gic.intid);
    if (!lane)
        return;
    if (e->gic.event == GIC_EVENT_PENDED || e->gic.event == GIC_EVENT_UNPENDED)
        become(t, lane, e->gic.event == GIC_EVENT_PENDED, lane->active, e->now_ns);
    else if (e->gic.event == GIC_EVENT_DEACTIVATED)
        become(t, lane, lane->pending, false, e->now_ns);
    make_stale(t, lane);
}

void trace_lanes_settle(struct trace *t, uint64_t now_ns)
{
    for (uint32_t i = 0; i < t->n_stale; i++) {
        struct trace_lane *lane = &t->lanes[t->stale[i]];
        struct gic_irq_state state;

        gic_irq_peek(t->machine->gic, lane->at, lane->intid, &state);
        lane->stale = false;
        become(t, lane, state.pending, state.active, now_ns);
    }
    t->n_stale = 0;
}

void trace_lanes_clear(struct trace *t)
{
    for (uint32_t i = 0; i < t->n_lanes; i++)
        free(t->lanes[i].latency);
    free(t->lanes);
    free(t->map);
    free(t->stale);
}
