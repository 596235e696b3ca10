/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The SMCCC filter, as KVM's: which function identifiers are answered inside, which are not there,
 * and which leave for the VMM.
 */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "emu/actor.h"
#include "emu/control.h"
#include "emu/machine.h"
#include "emu/trace.h"
#include "emu/vmm_internal.h"

/* Arm Architecture Calls, of 32 and 64 bits (DEN0028, table of function identifiers). */
#define ARCH32_FIRST 0x80000000u
#define ARCH64_FIRST 0xc0000000u
#define ARCH_LAST    0xffffu

static bool touches(uint32_t first, uint32_t last, uint32_t base, uint32_t end)
{
    return first <= end && base <= last;
}

static int check_range(const struct vmm *v, uint32_t base, uint32_t last, struct error *err)
{
    if (touches(base, last, ARCH32_FIRST, ARCH32_FIRST + ARCH_LAST) ||
        touches(base, last, ARCH64_FIRST, ARCH64_FIRST + ARCH_LAST))
        return error_set(err, IRQLAB_EXIT_BAD_INPUT, -EEXIST,
                         "Arm Architecture Calls cannot be filtered");
    for (unsigned i = 0; i < v->n_filters; i++) {
        if (touches(base, last, v->filters[i].base, v->filters[i].last))
            return error_set(err, IRQLAB_EXIT_BAD_INPUT, -EEXIST,
                             "0x%" PRIx32 " to 0x%" PRIx32 " are in the filter already",
                             v->filters[i].base, v->filters[i].last);
    }
    return 0;
}

static void insert(struct vmm *v, const struct vmm_filter *f)
{
    unsigned at = v->n_filters++;

    for (; at && v->filters[at - 1].base > f->base; at--)
        v->filters[at] = v->filters[at - 1];
    v->filters[at] = *f;
}

int vmm_run_set_smccc_filter(struct machine *m, const uint64_t *args, uint64_t *out,
                             struct error *err)
{
    struct vmm *v = m->vmm;
    struct vmm_filter f = {(uint32_t)args[0], (uint32_t)(args[0] + args[1] - 1), (uint32_t)args[2]};
    int rc;

    (void)out;
    if (m->sealed)
        return error_set(err, IRQLAB_EXIT_BAD_INPUT, -EPERM,
                         "a vCPU has run; the filter is what it was then");
    if (args[1] == 0 || f.last < f.base)
        return error_bad_input(err, "n: not a range of function identifiers");
    if (v->n_filters == VMM_MAX_FILTERS)
        return error_set(err, IRQLAB_EXIT_BAD_INPUT, -ENOSPC, "there are %d ranges already",
                         VMM_MAX_FILTERS);
    rc = check_range(v, f.base, f.last, err);
    if (!rc)
        insert(v, &f);
    return rc;
}

/* The last range that begins at @id or before. */
static enum vmm_smccc_action action_of(const struct vmm *v, uint32_t id)
{
    unsigned low = 0, high = v->n_filters;

    while (low < high) {
        unsigned middle = (low + high) / 2;

        if (v->filters[middle].base <= id)
            low = middle + 1;
        else
            high = middle;
    }
    if (low == 0 || v->filters[low - 1].last < id)
        return VMM_SMCCC_HANDLE;
    return (enum vmm_smccc_action)v->filters[low - 1].action;
}

/* -- Calls ------------------------------------------------------------------------------------- */

static void describe(const struct machine *m, unsigned vcpu, struct vmm_smccc_call *call)
{
    call->smc = m->config.has_el2; /* the conduit: emu/wires.c */
    for (unsigned i = 0; i < 8; i++)
        call->x[i] = vcpu_get_x(m->engine, vcpu, i);
}

void vmm_forward(struct machine *m, unsigned vcpu)
{
    const struct vmm_hooks *hooks = m->vmm->hooks;
    struct vmm_smccc_call call;

    describe(m, vcpu, &call);
    trace_line(m, TRACE_PSCI, (int)vcpu, "call 0x%" PRIx64 " goes to the VMM", call.x[0]);
    m->vcpus[vcpu].held |= VCPU_HELD_BY_CALL;
    m->vcpus[vcpu].turn_left = 0;
    m->vmm->n_calls++;
    if (door_is_replay(m))
        return;
    if (m->control)
        control_report_call(m->control, m, vcpu, &call);
    if (hooks && hooks->called)
        hooks->called(hooks->opaque, m, vcpu, &call);
}

bool vmm_takes_call(struct machine *m, unsigned vcpu)
{
    switch (action_of(m->vmm, (uint32_t)vcpu_get_x(m->engine, vcpu, 0))) {
    case VMM_SMCCC_DENY:
        vcpu_set_x(m->engine, vcpu, 0, UINT64_MAX);
        return true;
    case VMM_SMCCC_FWD_TO_USER:
        if (actors_count(m) && !m->actors->begun)
            return false;
        sched_leave(m, vcpu);
        return true;
    default:
        return false;
    }
}

void vmm_forget_call(struct machine *m, unsigned vcpu)
{
    if (m->vcpus[vcpu].held & VCPU_HELD_BY_CALL)
        m->vmm->n_calls--;
    m->vcpus[vcpu].held &= (uint8_t)~VCPU_HELD_BY_CALL;
}

bool vmm_waits_for_answer(const struct machine *m)
{
    return m->vmm->n_calls != 0;
}

static int check_waits(const struct machine *m, unsigned vcpu, struct error *err)
{
    if (m->vcpus[vcpu].held & VCPU_HELD_BY_CALL)
        return 0;
    return error_set(err, IRQLAB_EXIT_BAD_INPUT, -ENOENT, "vCPU %u waits for no answer", vcpu);
}

int vmm_run_get_call(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    unsigned vcpu = (unsigned)args[0];
    struct vmm_smccc_call call;
    int rc = check_waits(m, vcpu, err);

    if (rc)
        return rc;
    describe(m, vcpu, &call);
    out[0] = call.smc;
    memcpy(out + 1, call.x, sizeof(call.x));
    return 0;
}

int vmm_run_answer_call(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    unsigned vcpu = (unsigned)args[0];
    int rc = check_waits(m, vcpu, err);

    (void)out;
    if (rc)
        return rc;
    vmm_forget_call(m, vcpu);
    for (unsigned i = 0; i < 4; i++)
        vcpu_set_x(m->engine, vcpu, i, args[1 + i]);
    return 0;
}

int vmm_run_handle_call(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    unsigned vcpu = (unsigned)args[0];
    int rc = check_waits(m, vcpu, err);

    (void)out;
    if (rc)
        return rc;
    vmm_forget_call(m, vcpu);
    power_handle_call(m, vcpu);
    return 0;
}
