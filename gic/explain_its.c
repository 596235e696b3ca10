/* SPDX-License-Identifier: MIT */
/*
 * The gates between a device's event and its LPI (IHI 0069 5.2): each is one step of the
 * translation that its_translate() makes, and what must have been there before.
 */
#include <errno.h>
#include <string.h>

#include "gic/its.h"
#include "gic/itscmd.h"
#include "gic/vpe.h"

#define CTLR_ENABLED (1u << 0)
#define STALLED      (1ull << 0)
#define OFFSET_MASK  0xfffe0ull
#define TABLE_VALID  (1ull << 63)

/* How far the translation comes. */
struct equestion {
    struct gic_its *its; /* not written */
    uint32_t device_id, event_id;
    bool device_ok, event_ok, target_ok; /* the last: collection, or vPE */
    struct its_device device;
    struct its_interrupt interrupt;
    struct its_collection collection;
    struct gic_vpe vpe;
};

static void translate(struct equestion *q)
{
    unsigned n_vcpus = q->its->gic->config.n_vcpus;

    q->device_ok = its_device_read(q->its, q->device_id, &q->device) == 0;
    if (q->device_ok)
        q->event_ok = its_interrupt_read(q->its, &q->device, q->event_id, &q->interrupt) == 0;
    if (q->event_ok && q->interrupt.is_virtual)
        q->target_ok = its_find_vpe(q->its, q->interrupt.collection, &q->vpe) == 0;
    else if (q->event_ok)
        q->target_ok = its_collection_read(q->its, q->interrupt.collection, &q->collection) == 0 &&
                       q->collection.target < n_vcpus;
}

static void answer(struct gic_gate *gate, bool pass, uint64_t value, uint64_t wanted)
{
    gate->result = pass ? GIC_GATE_PASS : GIC_GATE_FAIL;
    gate->value = value;
    gate->wanted = wanted;
}

static void gate_its_enabled(const struct equestion *q, struct gic_gate *gate)
{
    bool on = q->its->s.ctlr & CTLR_ENABLED;

    answer(gate, on, on, 1);
}

/* A cause: a command that waits, or is behind a bad one, has mapped nothing yet. */
static void gate_queue(const struct equestion *q, struct gic_gate *gate)
{
    const struct gic_its_state *s = &q->its->s;
    bool stalled = s->creadr & STALLED;
    bool done = !stalled && (s->creadr & OFFSET_MASK) == (s->cwriter & OFFSET_MASK);

    if (stalled) {
        gate->field = "Stalled";
        gate->advice = "the command at GITS_CREADR is bad: mend it, then GITS_CWRITER.Retry";
    }
    answer(gate, done || q->target_ok, stalled ? 1 : s->creadr & OFFSET_MASK,
           stalled ? 0 : s->cwriter & OFFSET_MASK);
}

static void gate_device_table(const struct equestion *q, struct gic_gate *gate)
{
    uint64_t entries = its_table_entries(q->its, ITS_BASER_DEVICES), address;

    if (!(q->its->s.baser[ITS_BASER_DEVICES] & TABLE_VALID)) {
        gate->field = "Valid";
        gate->relation = "==";
        answer(gate, false, 0, 1);
        return;
    }
    answer(gate, its_table_locate(q->its, ITS_BASER_DEVICES, q->device_id, &address) != -ERANGE,
           entries, q->device_id);
}

static void gate_device(const struct equestion *q, struct gic_gate *gate)
{
    answer(gate, q->device_ok, q->device_ok, 1);
}

static void gate_event_range(const struct equestion *q, struct gic_gate *gate)
{
    if (q->device_ok)
        answer(gate, (uint64_t)q->event_id >> q->device.event_bits == 0,
               1ull << q->device.event_bits, q->event_id);
}

static void gate_event(const struct equestion *q, struct gic_gate *gate)
{
    if (q->device_ok)
        answer(gate, q->event_ok, q->event_ok, 1);
}

static void gate_collection(const struct equestion *q, struct gic_gate *gate)
{
    if (!q->event_ok || q->interrupt.is_virtual)
        return;
    gate->reg_n = q->interrupt.collection;
    answer(gate, q->target_ok, q->target_ok, 1);
}

static void gate_vpe(const struct equestion *q, struct gic_gate *gate)
{
    if (!q->event_ok || !q->interrupt.is_virtual)
        return;
    gate->reg_n = q->interrupt.collection;
    answer(gate, q->target_ok, q->target_ok, 1);
}

struct egate_row {
    const char *name;
    void (*eval)(const struct equestion *q, struct gic_gate *gate);
    const char *reg, *field, *relation, *section, *advice;
};

static const struct egate_row rows[GIC_N_EGATES] = {
    [GIC_EGATE_ITS_ENABLED] = {"its-enabled", gate_its_enabled, "GITS_CTLR", "Enabled", "==",
                               "12.19", "set GITS_CTLR.Enabled after the tables are in place"},
    [GIC_EGATE_QUEUE] = {"its-queue", gate_queue, "GITS_CREADR", "Offset", "==", "5.3",
                         "commands wait: read GITS_CREADR until it is GITS_CWRITER"},
    [GIC_EGATE_DEVICE_TABLE] = {"device-table", gate_device_table, "GITS_BASER0", "entries", ">",
                                "12.19", "give GITS_BASER0 a table with room for the DeviceID"},
    [GIC_EGATE_DEVICE] = {"device", gate_device, "device table", "Valid", "==", "5.3",
                          "MAPD with V = 1 for this DeviceID"},
    [GIC_EGATE_EVENT_RANGE] = {"event-range", gate_event_range, "device table", "events", ">",
                               "5.3", "MAPD with a larger Size for this DeviceID"},
    [GIC_EGATE_EVENT] = {"event", gate_event, "interrupt translation table", "Valid", "==", "5.3",
                         "MAPTI or MAPI for this event, then SYNC"},
    [GIC_EGATE_COLLECTION] = {"collection", gate_collection, "collection <n>", "Valid", "==", "5.3",
                              "MAPC with V = 1 for the collection that MAPTI named"},
    [GIC_EGATE_VPE] = {"vpe", gate_vpe, "vPE <n>", "Valid", "==", "5.3",
                       "VMAPP with V = 1 for the vPE that VMAPTI named"},
};

static void find_target(const struct equestion *q, struct gic_event_target *target)
{
    *target = (struct gic_event_target){.is_virtual = q->interrupt.is_virtual,
                                        .intid = q->interrupt.intid,
                                        .vcpu = q->collection.target};
    if (!q->target_ok || !target->is_virtual)
        return;
    target->resident = q->vpe.resident != NULL;
    target->vcpu = target->resident ? q->vpe.resident->index : q->vpe.home->index;
}

void gic_its_explain(const struct gic_its *its, uint32_t device_id, uint32_t event_id,
                     struct gic_verdict *verdict, struct gic_event_target *target)
{
    struct equestion q = {
        .its = (struct gic_its *)its, .device_id = device_id, .event_id = event_id};

    translate(&q);
    memset(verdict, 0, sizeof(*verdict));
    verdict->n_gates = verdict->first_failed = GIC_N_EGATES;
    for (unsigned id = 0; id < GIC_N_EGATES; id++) {
        const struct egate_row *row = &rows[id];
        struct gic_gate *gate = &verdict->gates[id];

        *gate = (struct gic_gate){.id = id,
                                  .name = row->name,
                                  .result = GIC_GATE_NOT_APPLICABLE,
                                  .reg = row->reg,
                                  .field = row->field,
                                  .relation = row->relation,
                                  .section = row->section,
                                  .advice = row->advice};
        row->eval(&q, gate);
        if (gate->result == GIC_GATE_FAIL && verdict->first_failed == GIC_N_EGATES)
            verdict->first_failed = id;
    }
    verdict->signalled = verdict->first_failed == GIC_N_EGATES;
    verdict->group = GIC_G1NS;
    find_target(&q, target);
}
