/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state of each interrupt over time. Events say that it changed, and come in the middle of what
 * the GIC does; so each is looked at again when the GIC is done (trace_settle()).
 */
#include "emu/trace/internal.h"

#include <stdlib.h>
#include <string.h>

enum { MAP_FIRST_SIZE = 256 };

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

    if (t->n_lanes < t->lanes_capacity)
        return true;
    lanes = realloc(t->lanes, capacity * sizeof(*lanes));
    if (!lanes)
        return false;
    t->lanes = lanes;
    t->lanes_capacity = capacity;
    return true;
}

struct trace_lane *trace_lane_of(struct trace *t, unsigned vcpu, uint32_t intid)
{
    uint16_t owner = trace_is_private(intid) ? (uint16_t)vcpu : TRACE_SHARED;
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

void trace_lanes_event(struct trace *t, const struct trace_event *e)
{
    struct trace_lane *lane;

    if (!trace_is_of_lane(e->gic.event))
        return;
    lane = trace_lane_of(t, (unsigned)e->vcpu, e->gic.intid);
    if (!lane)
        return;
    if (e->gic.event == GIC_EVENT_PENDED || e->gic.event == GIC_EVENT_UNPENDED)
        become(t, lane, e->gic.event == GIC_EVENT_PENDED, lane->active, e->now_ns);
    else if (e->gic.event == GIC_EVENT_DEACTIVATED)
        become(t, lane, lane->pending, false, e->now_ns);
}

void trace_lanes_settle(struct trace *t, const struct trace_event *e)
{
    uint16_t owner = trace_is_private(e->lane.intid) ? (uint16_t)e->vcpu : TRACE_SHARED;
    uint32_t at = t->map_size ? t->map[slot_of(t, e->lane.intid, owner)] : 0;

    if (at)
        become(t, &t->lanes[at - 1], e->lane.pending, e->lane.active, e->now_ns);
}

void trace_lanes_clear(struct trace *t)
{
    for (uint32_t i = 0; i < t->n_lanes; i++)
        free(t->lanes[i].latency);
    free(t->lanes);
    free(t->map);
}
