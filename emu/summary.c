/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/summary.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <string.h>

#include "emu/load/symbols.h"
#include "emu/races/races.h"
#include "emu/strict.h"

static json_t *exits_json(const struct machine *m)
{
    static const char *const names[] = {
        [CPU_STOP_BUDGET] = "budget",
        [CPU_STOP_REQUESTED] = "requested",
        [CPU_STOP_WFI] = "wfi",
        [CPU_STOP_WFE] = "wfe",
        [CPU_STOP_HINT] = "hint",
        [CPU_STOP_CALL] = "psci",
        [CPU_STOP_SEMIHOSTING] = "semihosting",
        [CPU_STOP_ACCESS] = "access",
        [CPU_STOP_BREAK] = "break",
        [CPU_STOP_WILD] = "wild",
    };
    const struct statistics *s = &m->statistics;
    json_t *exits = json_object();

    for (unsigned i = 0; i <= CPU_STOP_WILD; i++)
        json_object_set_new(exits, names[i], json_integer((json_int_t)s->stops[i]));
    json_object_set_new(exits, "idle_jump", json_integer((json_int_t)s->idle_jumps));
    json_object_set_new(exits, "waiting_step", json_integer((json_int_t)s->waiting_steps));
    json_object_set_new(exits, "mmio_read", json_integer((json_int_t)s->mmio_reads));
    json_object_set_new(exits, "mmio_write", json_integer((json_int_t)s->mmio_writes));
    json_object_set_new(exits, "exception", json_integer((json_int_t)s->exceptions));
    json_object_set_new(exits, "reset", json_integer((json_int_t)s->resets));
    return exits;
}

static json_t *choices_json(const struct machine *m)
{
    json_t *choices = json_object();

    for (unsigned i = 0; i < N_CHOICES; i++)
        json_object_set_new(choices, choice_name((enum choice)i),
                            json_integer((json_int_t)m->chooser.asked[i]));
    return choices;
}

static json_t *interrupts_json(const struct machine *m)
{
    json_t *list = json_array();

    for (unsigned vcpu = 0; vcpu < m->config.n_vcpus; vcpu++) {
        for (unsigned intid = 0; intid < MACHINE_MAX_INTID; intid++) {
            uint32_t count = m->statistics.acknowledged[vcpu][intid];

            if (count)
                json_array_append_new(list, json_pack("{s:i, s:i, s:I}", "vcpu", (int)vcpu, "intid",
                                                      (int)intid, "count", (json_int_t)count));
        }
    }
    return list;
}

static json_t *vcpus_json(const struct machine *m)
{
    json_t *list = json_array();

    for (unsigned i = 0; i < m->config.n_vcpus; i++) {
        static const char *const states[] = {[VCPU_OFF] = "off",
                                             [VCPU_READY] = "ready",
                                             [VCPU_WAITING] = "waiting",
                                             [VCPU_LEAVING] = "calls its VMM"};
        uint64_t pc = vcpu_get_pc(m->engine, i), offset;
        const char *symbol = m->symbols ? symbols_at(m->symbols, pc, &offset) : NULL;
        char hex[24];

        snprintf(hex, sizeof(hex), "0x%" PRIx64, pc);
        json_array_append_new(list,
                              json_pack("{s:s, s:I, s:s, s:s}", "state", states[m->vcpus[i].state],
                                        "instructions", (json_int_t)vcpu_instructions(m->engine, i),
                                        "pc", hex, "symbol", symbol ? symbol : ""));
    }
    return list;
}

int summary_write_json(struct machine *m, uint64_t state_hash, const char *path, struct error *err)
{
    char hash[24];
    json_t *top;
    int rc;

    snprintf(hash, sizeof(hash), "%016" PRIx64, state_hash);
    top = json_pack("{s:I, s:I, s:s, s:i, s:s, s:o, s:o, s:o, s:o}", "instructions",
                    (json_int_t)machine_instructions(m), "virtual_time_ns",
                    (json_int_t)machine_now_ns(m), "state_hash", hash, "exit_code", m->exit_code,
                    "reason", m->stop_reason.text, "vcpus", vcpus_json(m), "exits", exits_json(m),
                    "choices", choices_json(m), "interrupts", interrupts_json(m));
    if (!top)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    if (m->races)
        json_object_set_new(top, "races", races_json(m));
    if (m->strict)
        json_object_set_new(top, "strict", strict_json(m));
    if (path)
        rc = json_dump_file(top, path, JSON_INDENT(2));
    else
        rc = json_dumpf(top, stdout, JSON_INDENT(2)) || putchar('\n') == EOF || fflush(stdout);
    json_decref(top);
    return rc ? error_bad_input(err, "--json: cannot write %s: %s", path ? path : "to stdout",
                                strerror(errno))
              : 0;
}
