/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/vmm_ops.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "emu/actor.h"
#include "emu/journal.h"
#include "emu/machine.h"

#define VCPU                                                                                       \
    {                                                                                              \
        "vcpu", VMM_ARG_VCPU                                                                       \
    }
#define U32(n)                                                                                     \
    {                                                                                              \
        n, VMM_ARG_U32                                                                             \
    }
#define U64(n)                                                                                     \
    {                                                                                              \
        n, VMM_ARG_U64                                                                             \
    }

static const struct vmm_row rows[VMM_N_OPS] = {
    [VMM_RESET_VCPU] = {.name = "reset-vcpu",
                        .help = "vcpu: as after reset, and off; others run on",
                        .args = {VCPU},
                        .changes = true,
                        .run = vmm_run_reset_vcpu},
    [VMM_START_VCPU] = {.name = "start-vcpu",
                        .help = "vcpu, entry, context: one that is off enters there, x0 = context",
                        .args = {VCPU, U64("entry"), {"context", VMM_ARG_OPTIONAL}},
                        .changes = true,
                        .run = vmm_run_start_vcpu},
    [VMM_STOP_VCPU] = {.name = "stop-vcpu",
                       .help = "vcpu: off, as by PSCI CPU_OFF",
                       .args = {VCPU},
                       .changes = true,
                       .run = vmm_run_stop_vcpu},
    [VMM_PAUSE_VCPU] = {.name = "pause-vcpu",
                        .help = "vcpu: runs no instruction until resume-vcpu",
                        .args = {VCPU},
                        .changes = true,
                        .run = vmm_run_pause_vcpu},
    [VMM_RESUME_VCPU] = {.name = "resume-vcpu",
                         .help = "vcpu: runs again",
                         .args = {VCPU},
                         .changes = true,
                         .run = vmm_run_resume_vcpu},
    [VMM_VCPU_STATE] = {.name = "vcpu-state",
                        .help = "vcpu: power (0 off, 1 ready, 2 waiting), and what holds it",
                        .args = {VCPU},
                        .results = {"power", "paused", "in_call", "instructions"},
                        .run = vmm_run_vcpu_state},
    [VMM_SET_SMCCC_FILTER] = {.name = "set-smccc-filter",
                              .help = "base, n, action=handle|deny|forward: of function "
                                      "identifiers; before the first run",
                              .args = {U32("base"), U32("n"), {"action", VMM_ARG_ACTION}},
                              .changes = true,
                              .run = vmm_run_set_smccc_filter},
    [VMM_GET_CALL] = {.name = "get-call",
                      .help = "vcpu: the call that it waits for an answer to",
                      .args = {VCPU},
                      .results = {"smc", "x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7"},
                      .run = vmm_run_get_call},
    [VMM_ANSWER_CALL] = {.name = "answer-call",
                         .help = "vcpu, x0, x1, x2, x3: the call returns these",
                         .args = {VCPU,
                                  U64("x0"),
                                  {"x1", VMM_ARG_OPTIONAL},
                                  {"x2", VMM_ARG_OPTIONAL},
                                  {"x3", VMM_ARG_OPTIONAL}},
                         .changes = true,
                         .run = vmm_run_answer_call},
    [VMM_HANDLE_CALL] = {.name = "handle-call",
                         .help = "vcpu: its call is answered as without a filter",
                         .args = {VCPU},
                         .changes = true,
                         .run = vmm_run_handle_call},
    [VMM_SET_SETUP] = {.name = "set-setup",
                       .help = "key, value: of the configuration, while it is open",
                       .args = {{"key", VMM_ARG_KEY}, U64("value")},
                       .changes = true,
                       .run = vmm_run_set_setup},
    [VMM_GET_SETUP] = {.name = "get-setup",
                       .help = "key: its value, and whether the configuration is sealed",
                       .args = {{"key", VMM_ARG_KEY}},
                       .results = {"value", "sealed"},
                       .run = vmm_run_get_setup},
    [VMM_SEAL] = {.name = "seal-setup",
                  .help = "the configuration stays as it is; the first run does that, too",
                  .changes = true,
                  .run = vmm_run_seal},
    [VMM_READ_CPUIF] = {.name = "read-cpuif",
                        .help = "attr: a CPU interface's register, without a lock",
                        .args = {U64("attr")},
                        .results = {"value", "sequence"},
                        .run = vmm_run_read_cpuif},
    [VMM_CPUIF_RESET_VALUE] = {.name = "cpuif-reset-value",
                               .help = "attr: what the register is after reset",
                               .args = {U64("attr")},
                               .results = {"value"},
                               .run = vmm_run_cpuif_reset_value},
    [VMM_GET_GIC_ATTR] = {.name = "get-gic-attr",
                          .help = "group, attr: a device attribute, by KVM's numbers",
                          .args = {U32("group"), U64("attr"), {"value", VMM_ARG_OPTIONAL}},
                          .results = {"value"},
                          .run = vmm_run_get_gic_attr},
    [VMM_SET_GIC_ATTR] = {.name = "set-gic-attr",
                          .help = "group, attr, value: likewise",
                          .args = {U32("group"), U64("attr"), {"value", VMM_ARG_OPTIONAL}},
                          .changes = true,
                          .run = vmm_run_set_gic_attr},
    [VMM_HAS_GIC_ATTR] = {.name = "has-gic-attr",
                          .help = "group, attr: whether it is known",
                          .args = {U32("group"), U64("attr")},
                          .run = vmm_run_has_gic_attr},
    [VMM_GET_ITS_ATTR] = {.name = "get-its-attr",
                          .help = "its, group, attr: of an ITS",
                          .args = {U32("its"), U32("group"), U64("attr")},
                          .results = {"value"},
                          .run = vmm_run_get_its_attr},
    [VMM_SET_ITS_ATTR] =
        {.name = "set-its-attr",
         .help = "its, group, attr, value: likewise",
         .args = {U32("its"), U32("group"), U64("attr"), {"value", VMM_ARG_OPTIONAL}},
         .changes = true,
         .run = vmm_run_set_its_attr},
    [VMM_HAS_ITS_ATTR] = {.name = "has-its-attr",
                          .help = "its, group, attr: whether it is known",
                          .args = {U32("its"), U32("group"), U64("attr")},
                          .run = vmm_run_has_its_attr},
    [VMM_GET_VCPU_ATTR] = {.name = "get-vcpu-attr",
                           .help = "vcpu, group, attr: of a vCPU",
                           .args = {VCPU, U32("group"), U64("attr")},
                           .results = {"value"},
                           .run = vmm_run_get_vcpu_attr},
    [VMM_SET_VCPU_ATTR] = {.name = "set-vcpu-attr",
                           .help = "vcpu, group, attr, value: likewise",
                           .args = {VCPU, U32("group"), U64("attr"), U64("value")},
                           .changes = true,
                           .run = vmm_run_set_vcpu_attr},
    [VMM_HAS_VCPU_ATTR] = {.name = "has-vcpu-attr",
                           .help = "vcpu, group, attr: whether it is known",
                           .args = {VCPU, U32("group"), U64("attr")},
                           .run = vmm_run_has_vcpu_attr},
    [VMM_GET_ONE_REG] = {.name = "get-one-reg",
                         .help = "vcpu, id: a register, by KVM's number",
                         .args = {VCPU, U64("id")},
                         .results = {"value"},
                         .run = vmm_run_get_one_reg},
    [VMM_SET_ONE_REG] = {.name = "set-one-reg",
                         .help = "vcpu, id, value: likewise",
                         .args = {VCPU, U64("id"), U64("value")},
                         .changes = true,
                         .run = vmm_run_set_one_reg},
    [VMM_SET_COUNTER_OFFSET] = {.name = "set-counter-offset",
                                .help = "ticks: subtracted from both counters; fixes them",
                                .args = {U64("ticks")},
                                .changes = true,
                                .run = vmm_run_set_counter_offset},
    [VMM_SET_LINE] = {.name = "set-line",
                      .help = "vcpu, intid, level: a wire of the GIC",
                      .args = {VCPU, U32("intid"), {"level", VMM_ARG_BOOL}},
                      .changes = true,
                      .run = vmm_run_set_line},
    [VMM_SEND_MSI] = {.name = "send-msi",
                      .help = "device, event: as if written to GITS_TRANSLATER",
                      .args = {U32("device"), U32("event")},
                      .changes = true,
                      .run = vmm_run_send_msi},
    [VMM_SEND_LPI] = {.name = "send-lpi",
                      .help = "vcpu, intid: an LPI becomes pending there",
                      .args = {VCPU, U32("intid")},
                      .changes = true,
                      .run = vmm_run_send_lpi},
    [VMM_SEND_SGI] = {.name = "send-sgi",
                      .help = "vcpu, intid: an SGI or PPI becomes pending there",
                      .args = {VCPU, {"intid", VMM_ARG_PRIVATE}},
                      .changes = true,
                      .run = vmm_run_send_sgi},
};

const struct vmm_row *vmm_row(unsigned op)
{
    return op < VMM_N_OPS ? &rows[op] : NULL;
}

/* -- Calls ------------------------------------------------------------------------------------- */

static uint64_t most_of(const struct machine *m, enum vmm_kind kind)
{
    switch (kind) {
    case VMM_ARG_VCPU:
        return m->config.n_vcpus - 1;
    case VMM_ARG_BOOL:
        return 1;
    case VMM_ARG_U32:
        return UINT32_MAX;
    case VMM_ARG_PRIVATE:
        return 31;
    case VMM_ARG_ACTION:
        return VMM_SMCCC_FWD_TO_USER;
    case VMM_ARG_KEY:
        return VMM_N_KEYS - 1;
    default:
        return UINT64_MAX;
    }
}

static int check_args(const struct machine *m, const struct vmm_row *row, const uint64_t *args,
                      struct error *err)
{
    for (unsigned i = 0; i < VMM_MAX_ARGS && row->args[i].name; i++) {
        uint64_t most = most_of(m, row->args[i].kind);

        if (args[i] > most)
            return error_bad_input(err, "%s: %s is at most %" PRIu64 ", not %" PRIu64, row->name,
                                   row->args[i].name, most, args[i]);
    }
    return 0;
}

/* What a recording has of it; integers in the host's order, which is little endian. */
struct change {
    uint64_t op;
    uint64_t args[VMM_MAX_ARGS];
};

static void note(struct machine *m, const struct vmm_row *row, enum vmm_op op, const uint64_t *args)
{
    struct change c = {.op = op};

    for (unsigned i = 0; i < VMM_MAX_ARGS && row->args[i].name; i++)
        c.args[i] = args[i];
    door_note_vmm(m, &c, sizeof(c));
}

int vmm_call(struct machine *m, enum vmm_op op, const uint64_t *args, uint64_t *out,
             struct error *err)
{
    const struct vmm_row *row = vmm_row(op);
    int rc = row ? check_args(m, row, args, err) : error_bad_input(err, "no such operation");

    if (rc)
        return rc;
    if (engine_is_running(m->engine))
        return error_set(err, IRQLAB_EXIT_INTERNAL, -EPERM,
                         "%s: a vCPU is in the middle of its run; ask between turns", row->name);
    if (row->changes && !(m->actors && m->actors->stepping)) /* actors are of the machine */
        note(m, row, op, args);
    return row->run(m, args, out, err);
}

void vmm_apply(struct machine *m, const void *data, size_t size_bytes)
{
    struct error ignored; /* it failed then if it fails now */
    struct change c;

    if (size_bytes != sizeof(c))
        return;
    memcpy(&c, data, sizeof(c));
    const struct vmm_row *row = vmm_row((unsigned)(c.op < VMM_N_OPS ? c.op : VMM_N_OPS));
    if (row && row->changes && !check_args(m, row, c.args, &ignored))
        row->run(m, c.args, NULL, &ignored);
}
