/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Running, stopping, exceptions and interrupt lines. */
#include "engine.h"

#define HLT_SEMIHOSTING 0xd45e0000u /* HLT #0xf000 */

static uint64_t run_executed(const struct cpu_engine *e)
{
    const CPUState *cs = state_of(e, e->current);

    if (!e->running)
        return 0;
    return e->run_budget - (cs->icount_decr_ptr->u16.low + (uint64_t)cs->icount_extra);
}

uint64_t engine_instructions(const struct cpu_engine *e)
{
    return e->instructions + run_executed(e);
}

uint64_t vcpu_instructions(const struct cpu_engine *e, unsigned vcpu)
{
    return e->vcpus[vcpu].instructions + (e->current == vcpu ? run_executed(e) : 0);
}

uint64_t retired_insns(struct uc_struct *uc)
{
    return engine_instructions(engine_of(uc));
}

void engine_request_exit(struct cpu_engine *e)
{
    CPUState *cs = state_of(e, e->current);

    if (!e->running)
        return;
    cs->exit_request = 1;
    kick(cs);
}

static void stop_with(struct cpu_engine *e, enum cpu_stop stop)
{
    e->stop = stop;
    e->stop_valid = true;
    engine_request_exit(e);
}

/* -- PE state, lines ------------------------------------------------------------------------- */

void vcpu_get_pe_state(const struct cpu_engine *e, unsigned vcpu, struct cpu_pe_state *out)
{
    pe_state_of(env_of(e, vcpu), out);
}

void notify_pe_changed(struct cpu_engine *e, unsigned vcpu)
{
    struct cpu_pe_state pe;

    if (!e->config.pe_changed)
        return;
    vcpu_get_pe_state(e, vcpu, &pe);
    e->config.pe_changed(e->config.opaque, vcpu, &pe);
}

/*
 * Whether PSTATE surely holds the interrupt back. Then nobody needs to look at it now: what lifts a
 * mask or changes the routing leaves generated code by itself (DAIF, ERET, HCR_EL2, SCR_EL3).
 */
static bool is_masked(const CPUARMState *env, enum cpu_line line)
{
    bool fiq = line == CPU_LINE_FIQ || line == CPU_LINE_VFIQ;

    if (env->irq_line_state & (ARM_LINE_NMI | ARM_LINE_VNMI))
        return false; /* PSTATE.I and F may not count */
    if (!(env->daif & (fiq ? PSTATE_F : PSTATE_I)))
        return false;
    if (line == CPU_LINE_VIRQ || line == CPU_LINE_VFIQ)
        return true;
    /* Routed to a higher level, it is not masked by PSTATE (DDI 0487 D1.3.6). */
    return !(env->cp15.hcr_el2 & (HCR_TGE | (fiq ? HCR_FMO : HCR_IMO))) &&
           !(env->cp15.scr_el3 & (fiq ? SCR_FIQ : SCR_IRQ));
}

/* Superpriority is no interrupt, but one that is there already may be taken now. */
static void set_superpriority(CPUState *cs, uint32_t bit, bool level)
{
    CPUARMState *env = cs->env_ptr;

    env->irq_line_state = level ? env->irq_line_state | bit : env->irq_line_state & ~bit;
    if (level && cs->interrupt_request)
        kick(cs);
}

void vcpu_set_line(struct cpu_engine *e, unsigned vcpu, enum cpu_line line, bool level)
{
    static const uint32_t bits[] = {[CPU_LINE_IRQ] = CPU_INTERRUPT_HARD,
                                    [CPU_LINE_FIQ] = CPU_INTERRUPT_FIQ,
                                    [CPU_LINE_VIRQ] = CPU_INTERRUPT_VIRQ,
                                    [CPU_LINE_VFIQ] = CPU_INTERRUPT_VFIQ};
    CPUState *cs = state_of(e, vcpu);
    CPUARMState *env = env_of(e, vcpu);

    if (line >= CPU_LINE_NMI) {
        set_superpriority(cs, line == CPU_LINE_NMI ? ARM_LINE_NMI : ARM_LINE_VNMI, level);
        return;
    }

    uint32_t bit = bits[line];
    bool up = level;

    /* DDI 0487 D1.3.6: a virtual interrupt is the OR of HCR_EL2.{VI,VF} and the GIC's wire. */
    env->irq_line_state = level ? env->irq_line_state | bit : env->irq_line_state & ~bit;
    if (line == CPU_LINE_VIRQ)
        up |= (env->cp15.hcr_el2 & HCR_VI) != 0;
    if (line == CPU_LINE_VFIQ)
        up |= (env->cp15.hcr_el2 & HCR_VF) != 0;
    if (up) {
        cs->interrupt_request |= bit;
        if (!is_masked(env, line))
            kick(cs);
    } else {
        cs->interrupt_request &= ~bit;
    }
}

bool vcpu_has_work(const struct cpu_engine *e, unsigned vcpu)
{
    return (state_of(e, vcpu)->interrupt_request &
            (CPU_INTERRUPT_FIQ | CPU_INTERRUPT_HARD | CPU_INTERRUPT_VFIQ | CPU_INTERRUPT_VIRQ |
             CPU_INTERRUPT_VSERR)) != 0;
}

/* -- Exceptions ------------------------------------------------------------------------------ */

static bool is_semihosting(struct cpu_engine *e, CPUState *cs, int number)
{
    CPUARMState *env = cs->env_ptr;
    const uint8_t *host;
    uint64_t pa;

    if (number != EXCP_UDEF || !e->config.semihosting || arm_current_el(env) == 0)
        return false;
    if (vcpu_translate(e, cs->cpu_index, env->pc, &pa))
        return false;
    host = ram_host(e, pa);
    return host && (uint32_t)ldl_le_p(host) == HLT_SEMIHOSTING;
}

/* Patch 0010 reports a misaligned PC as an undefined instruction: make it EC 0x22 (D1.3.7.2). */
static bool is_pc_alignment(CPUState *cs, int number)
{
    CPUARMState *env = cs->env_ptr;

    if (number != EXCP_UDEF || !env->aarch64 || !(env->pc & 3))
        return false;
    env->exception.syndrome = (0x22u << ARM_EL_EC_SHIFT) | ARM_EL_IL;
    env->exception.vaddress = env->pc;
    cs->exception_index = EXCP_PREFETCH_ABORT; /* the kind that writes FAR */
    return true;
}

void on_exception(struct uc_struct *uc, uint32_t number, void *opaque)
{
    struct cpu_engine *e = opaque;
    CPUState *cs = uc->cpu;
    CPUARMState *env = cs->env_ptr;

    if (is_pc_alignment(cs, number))
        number = EXCP_PREFETCH_ABORT;
    if (arm_is_psci_call(e->vcpus[cs->cpu_index].arm, number)) {
        stop_with(e, CPU_STOP_CALL);
    } else if (is_semihosting(e, cs, number)) {
        env->pc += 4;
        stop_with(e, CPU_STOP_SEMIHOSTING);
    } else if (excp_is_internal(number) || !arm_el_is_aa64(env, env->exception.target_el)) {
        stop_with(e, CPU_STOP_WILD);
    } else {
        cs->cc->do_interrupt(cs);
    }
}

/*
 * An exception that follows another with no instruction in between (a vector that cannot be
 * fetched) counts as an instruction: else a guest could hold the machine in one instant for ever.
 */
static void charge_exception(struct cpu_engine *e, CPUState *cs)
{
    uint64_t now = engine_instructions(e);

    if (now == e->exception_at) {
        if (cs->icount_decr_ptr->u16.low)
            cs->icount_decr_ptr->u16.low--;
        else if (cs->icount_extra)
            cs->icount_extra--;
    }
    e->exception_at = engine_instructions(e);
}

/* Instruction and data aborts whose status code is 0x10, or on a table walk 0x13 to 0x17. */
static bool is_external_abort(uint64_t syndrome)
{
    unsigned ec = syndrome >> ARM_EL_EC_SHIFT & 0x3f, status = syndrome & 0x3f;

    return (ec == EC_INSNABORT || ec == EC_INSNABORT_SAME_EL || ec == EC_DATAABORT ||
            ec == EC_DATAABORT_SAME_EL) &&
           (status == 0x10 || (status >= 0x13 && status <= 0x17));
}

/*
 * With SCR_EL3.EA external aborts are EL3's, wherever they happen (DDI 0487, SCR_EL3.EA). For EL3
 * they come from a lower level, and ISV is 0 (ESR_EL3).
 */
static void route_external_abort(CPUState *cs)
{
    const uint32_t same_el = 1u << ARM_EL_EC_SHIFT, access = 0x7ffu << 14;
    CPUARMState *env = cs->env_ptr;

    if (!arm_feature(env, ARM_FEATURE_EL3) || !(env->cp15.scr_el3 & SCR_EA) ||
        arm_current_el(env) == 3 || !is_external_abort(env->exception.syndrome))
        return;
    if (cs->exception_index != EXCP_DATA_ABORT && cs->exception_index != EXCP_PREFETCH_ABORT)
        return;
    env->exception.target_el = 3;
    env->exception.syndrome &= ~(uint64_t)same_el;
    if (cs->exception_index == EXCP_DATA_ABORT)
        env->exception.syndrome &= ~(uint64_t)access;
}

/* Whether somebody wants the interrupt that @cs is about to take to come later. */
static bool is_put_off(struct cpu_engine *e, CPUState *cs)
{
    static const struct {
        int number;
        uint32_t bit;
        enum cpu_line line;
    } kinds[] = {
        {EXCP_IRQ, CPU_INTERRUPT_HARD, CPU_LINE_IRQ},
        {EXCP_FIQ, CPU_INTERRUPT_FIQ, CPU_LINE_FIQ},
        {EXCP_VIRQ, CPU_INTERRUPT_VIRQ, CPU_LINE_VIRQ},
        {EXCP_VFIQ, CPU_INTERRUPT_VFIQ, CPU_LINE_VFIQ},
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].number != cs->exception_index)
            continue;
        if (!e->interrupt_hooks->takes(e->interrupt_hooks->opaque, cs->cpu_index, kinds[i].line)) {
            cs->interrupt_request &= ~kinds[i].bit;
            return true;
        }
        e->vcpus[cs->cpu_index].accessed_at = UINT64_MAX; /* the handler's first access is new */
        return false;
    }
    e->interrupt_hooks->entered(e->interrupt_hooks->opaque, cs->cpu_index);
    return false;
}

static enum cpu_entry entry_of(int number)
{
    if (number == EXCP_IRQ || number == EXCP_VIRQ)
        return CPU_ENTRY_IRQ;
    return number == EXCP_FIQ || number == EXCP_VFIQ ? CPU_ENTRY_FIQ : CPU_ENTRY_EXCEPTION;
}

static void do_interrupt(CPUState *cs)
{
    struct cpu_engine *e = cs->opaque;
    CPUARMState *env = cs->env_ptr;

    if (e->interrupt_hooks && is_put_off(e, cs))
        return;
    if (e->observer)
        e->observer->entered(e->observer->opaque, cs->cpu_index, entry_of(cs->exception_index));
    e->vcpus[cs->cpu_index].in_exception = true;

    charge_exception(e, cs);
    route_external_abort(cs);
    if (e->config.exception)
        e->config.exception(e->config.opaque, cs->cpu_index, cs->exception_index,
                            env->exception.syndrome, env->pc);
    arm_cpu_do_interrupt(cs);
    e->vcpus[cs->cpu_index].in_exception = false;
}

/* After an exception was taken or returned from. */
static void on_level(ARMCPU *arm, void *opaque)
{
    struct cpu_engine *e = opaque;
    unsigned vcpu = CPU(arm)->cpu_index;

    if (e->vcpus[vcpu].in_exception)
        return;
    if (e->interrupt_hooks)
        e->interrupt_hooks->returned(e->interrupt_hooks->opaque, vcpu);
    if (e->observer)
        e->observer->returned(e->observer->opaque, vcpu);
}

void update_return_hooks(struct cpu_engine *e)
{
    bool hears = e->interrupt_hooks || e->observer;

    for (unsigned i = 0; i < e->n_vcpus; i++) {
        struct vcpu *v = &e->vcpus[i];

        if (hears && !e->hears_returns) {
            v->return_hook = (ARMELChangeHook){.hook = on_level, .opaque = e};
            QLIST_INSERT_HEAD(&v->arm->el_change_hooks, &v->return_hook, node);
        } else if (!hears && e->hears_returns) {
            QLIST_REMOVE(&v->return_hook, node);
        }
    }
    e->hears_returns = hears;
}

void engine_hook_interrupts(struct cpu_engine *e, const struct cpu_interrupt_hooks *hooks)
{
    e->interrupt_hooks = hooks;
    update_return_hooks(e);
}

void set_up_exceptions(struct cpu_engine *e, CPUState *cs)
{
    cs->opaque = e;
    cs->cc->do_interrupt = do_interrupt;
}

/* -- Run ------------------------------------------------------------------------------------- */

static void start_run(struct cpu_engine *e, CPUState *cs, uint64_t instructions)
{
    struct uc_struct *uc = e->uc;

    uc->cpu = cs;
    uc->invalid_error = UC_ERR_OK;
    uc->stop_request = false;
    uc->quit_request = false;
    uc->size_recur_mem = 0;
    uc->tlb_now_ns = (int64_t)e->instructions;
    cs->halted = 0;
    cs->exception_index = -1;
    cs->exit_request = 0;
    cs->icount_decr_ptr->u32 = MIN(instructions, 0xffffu);
    cs->icount_extra = instructions - cs->icount_decr_ptr->u16.low;
    e->current = cs->cpu_index;
    e->run_budget = instructions;
    e->stop_valid = false;
    e->running = true;
}

static enum cpu_stop why_stopped(struct cpu_engine *e, int result, uint64_t executed)
{
    if (e->stop_valid)
        return e->stop;
    if (e->uc->invalid_error != UC_ERR_OK)
        return CPU_STOP_WILD;
    switch (result) {
    case EXCP_HLT:
    case EXCP_HALTED:
        return e->vcpus[e->current].wait.for_event ? CPU_STOP_WFE : CPU_STOP_WFI;
    case EXCP_YIELD:
        return CPU_STOP_HINT;
    case EXCP_INTERRUPT:
        return executed >= e->run_budget ? CPU_STOP_BUDGET : CPU_STOP_REQUESTED;
    default:
        return CPU_STOP_WILD;
    }
}

enum cpu_stop vcpu_run(struct cpu_engine *e, unsigned vcpu, uint64_t instructions,
                       uint64_t *executed)
{
    CPUState *cs = state_of(e, vcpu);
    int result;

    end_wait(e, vcpu);
    start_run(e, cs, instructions);
    e->uc->nested_level++;
    result = cpu_exec(e->uc, cs);
    e->uc->nested_level--;
    *executed = run_executed(e);
    e->running = false;
    e->instructions += *executed;
    e->vcpus[vcpu].instructions += *executed;
    return why_stopped(e, result, *executed);
}
