/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vCPUs one by one: reset, start, stop, pause. */
#include <errno.h>
#include <string.h>

#include "emu/machine.h"
#include "emu/trace.h"
#include "emu/vmm_internal.h"

static void end_turn(struct vcpu *v)
{
    v->turn_left = 0;
    v->idle_turn = false;
}

static void put_off(struct machine *m, unsigned vcpu)
{
    struct vcpu *v = &m->vcpus[vcpu];

    if (v->state == VCPU_WAITING)
        waits_end(m, vcpu);
    vmm_forget_call(m, vcpu);
    v->state = VCPU_OFF;
    end_turn(v);
}

int vmm_run_reset_vcpu(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    unsigned vcpu = (unsigned)args[0];

    (void)out, (void)err;
    trace_line(m, TRACE_PSCI, (int)vcpu, "reset by the VMM");
    put_off(m, vcpu);
    m->vcpus[vcpu].held = 0;
    power_reset_vcpu(m, vcpu);
    vcpu_start_at(m->engine, vcpu, power_entry_level(m), 0, 0);
    m->vmm->fresh[vcpu] = true;
    return 0;
}

int vmm_run_start_vcpu(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    unsigned vcpu = (unsigned)args[0];

    (void)out;
    if (m->vcpus[vcpu].state != VCPU_OFF)
        return error_set(err, IRQLAB_EXIT_BAD_INPUT, -EPERM,
                         "vCPU %u is on; stop-vcpu or reset-vcpu it first", vcpu);
    if (args[1] & 3)
        return error_bad_input(err, "entry: an instruction's address is a multiple of 4");
    trace_line(m, TRACE_PSCI, (int)vcpu, "on by the VMM, entry 0x%llx",
               (unsigned long long)args[1]);
    if (!m->vmm->fresh[vcpu]) {
        power_reset_vcpu(m, vcpu);
        vcpu_start_at(m->engine, vcpu, power_entry_level(m), args[1], args[2]);
    }
    vcpu_set_pc(m->engine, vcpu, args[1]);
    vcpu_set_x(m->engine, vcpu, 0, args[2]);
    m->vmm->fresh[vcpu] = false;
    m->vcpus[vcpu].state = VCPU_READY;
    sched_wake(m, vcpu);
    return 0;
}

int vmm_run_stop_vcpu(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    (void)out, (void)err;
    put_off(m, (unsigned)args[0]);
    return 0;
}

int vmm_run_pause_vcpu(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    struct vcpu *v = &m->vcpus[args[0]];

    (void)out, (void)err;
    v->held |= VCPU_HELD_BY_PAUSE;
    end_turn(v);
    return 0;
}

int vmm_run_resume_vcpu(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    (void)out, (void)err;
    m->vcpus[args[0]].held &= (uint8_t)~VCPU_HELD_BY_PAUSE;
    return 0;
}

int vmm_run_vcpu_state(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    static const enum vmm_power powers[] = {[VCPU_OFF] = VMM_OFF,
                                            [VCPU_READY] = VMM_READY,
                                            [VCPU_WAITING] = VMM_WAITING,
                                            [VCPU_LEAVING] = VMM_READY};
    const struct vcpu *v = &m->vcpus[args[0]];

    (void)err;
    out[0] = powers[v->state];
    out[1] = (v->held & VCPU_HELD_BY_PAUSE) != 0;
    out[2] = (v->held & VCPU_HELD_BY_CALL) != 0;
    out[3] = vcpu_instructions(m->engine, (unsigned)args[0]);
    return 0;
}
