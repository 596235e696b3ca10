/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Why: what a view is asked about one interrupt. */
#include <stdlib.h>

#include "emu/dev/dev.h"
#include "emu/view/internal.h"

static int request(struct view *v, uint32_t intid, unsigned vcpu, bool is_virtual,
                   struct why_reply *reply, struct error *err)
{
    struct why_question q = {
        .form = is_virtual ? WHY_VIRTUAL : WHY_PHYSICAL, .intid = intid, .vcpu = vcpu};

    return why_request(v->m, WHY_COMMAND_WHY, &q, reply, err);
}

json_t *view_gates_json(struct view *v, uint32_t intid, unsigned vcpu, bool is_virtual,
                        struct error *err)
{
    struct why_reply reply;

    if (request(v, intid, vcpu, is_virtual, &reply, err))
        return NULL;
    free(reply.text);
    return reply.json;
}

char *view_why_text(struct view *v, uint32_t intid, unsigned vcpu, bool is_virtual,
                    struct error *err)
{
    struct why_reply reply;

    if (request(v, intid, vcpu, is_virtual, &reply, err))
        return NULL;
    json_decref(reply.json);
    return reply.text;
}

/* -- What does not change ---------------------------------------------------------------------- */

static json_t *affinities(const struct machine *m)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < m->config.n_vcpus; i++) {
        uint64_t mpidr = m->mpidr[i];

        json_array_append_new(list, json_sprintf("%u.%u.%u.%u", (unsigned)(mpidr >> 32 & 0xff),
                                                 (unsigned)(mpidr >> 16 & 0xff),
                                                 (unsigned)(mpidr >> 8 & 0xff),
                                                 (unsigned)(mpidr & 0xff)));
    }
    return list;
}

static json_t *timers(const struct machine *m)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < TIMER_COUNT; i++) {
        enum timer_id timer = (enum timer_id)i;

        if (timers_present(m->timers, timer))
            json_array_append_new(list, json_pack("{s:s, s:i}", "timer", view_timer_name(timer),
                                                  "intid", (int)wires_intid_of(timer)));
    }
    return list;
}

static json_t *devices(const struct machine *m)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < m->n_slots; i++) {
        const struct slot *slot = &m->slots[i];

        if (slot->dev && slot->first_intid)
            json_array_append_new(list, json_pack("{s:s, s:i}", "device", slot->dev->ops->name,
                                                  "intid", (int)slot->first_intid));
    }
    return list;
}

/*
 *     {"vcpus": 2, "affinities": ["0.0.0.0", ...], "el2": false, "el3": false, "its": true,
 *      "cpu": "cortex-a72", "recording": "FILE" | null, "kernel": "FILE" | null,
 *      "timers": [{"timer": "CNTV", "intid": 27}], "devices": [{"device": "pl011", "intid": 33}]}
 */
json_t *view_machine_json(struct view *v)
{
    const struct machine *m = v->m;

    return json_pack("{s:i, s:o, s:b, s:b, s:b, s:s, s:o, s:o, s:o, s:o}", "vcpus",
                     (int)m->config.n_vcpus, "affinities", affinities(m), "el2", m->config.has_el2,
                     "el3", m->config.has_el3, "its", m->its != NULL, "cpu", m->config.cpu_model,
                     "recording", view_text_json(v->options.recording), "kernel",
                     view_text_json(v->run.kernel), "timers", timers(m), "devices", devices(m));
}
