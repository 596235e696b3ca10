/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who hears of all accesses needs the pc of each, fast: what unwinding a block says about a place
 * in translated code is kept for the next time. Dropped when translated code is, whose room is used
 * again only then.
 */
#include "engine.h"

enum { OBSERVED_CODE = 1 << 17 };

struct observed_code {
    uintptr_t host_pc; /* 0: free */
    uint64_t pc;
    uint32_t insn;
    struct access_ordering ordering;
    unsigned generation; /* of translated code */
};

static uint32_t insn_at(struct cpu_engine *e, unsigned vcpu, uint64_t pc)
{
    const uint8_t *host;
    uint64_t pa;

    if (pc & 3 || vcpu_translate(e, vcpu, pc, &pa))
        return 0;
    host = ram_host(e, pa);
    return host ? (uint32_t)ldl_le_p(host) : 0;
}

static const struct observed_code *code_at(struct cpu_engine *e, CPUState *cs, uintptr_t host_pc)
{
    /* What is near in code is near here. An access takes at least 16 bytes. */
    struct observed_code *c = &e->observed_code[host_pc / 16 & (OBSERVED_CODE - 1)];
    unsigned generation = e->uc->tcg_ctx->tb_ctx.tb_flush_count;

    if (likely(c->host_pc == host_pc && c->generation == generation && host_pc))
        return c;
    instructions_at(e, cs, host_pc);
    *c = (struct observed_code){
        .host_pc = host_pc, .pc = env_of(e, cs->cpu_index)->pc, .generation = generation};
    c->insn = insn_at(e, cs->cpu_index, c->pc);
    c->ordering = ordering_of_access(c->insn);
    return c;
}

void observe_access(CPUState *cs, uint64_t va, uint64_t pa, unsigned size, bool is_write,
                    uint64_t value, uintptr_t host_pc)
{
    struct cpu_engine *e = cs->opaque;
    const CPUARMState *env = cs->env_ptr;
    const struct observed_code *code = code_at(e, cs, host_pc);
    const struct cpu_observed access = {
        .vcpu = cs->cpu_index,
        .size_bytes = size,
        .pc = code->pc,
        .va = va,
        .pa = pa,
        .value = value,
        .fp = env->xregs[29],
        .lr = env->xregs[30],
        .insn = code->insn,
        .ordering = code->ordering,
        .is_write = is_write,
        .irq_masked = (env->daif & PSTATE_I) != 0,
        .fiq_masked = (env->daif & PSTATE_F) != 0,
    };

    e->observer->access(e->observer->opaque, &access);
}

/* Blocks are translated with or without reports of their barriers. */
void update_barrier_watch(struct cpu_engine *e)
{
    bool on = e->observer || e->watch_barriers;

    if (on == (e->uc->barrier_watch != NULL))
        return;
    e->uc->barrier_watch = on ? report_barrier : NULL;
    tb_flush(state_of(e, 0));
}

int engine_observe(struct cpu_engine *e, const struct cpu_observer *observer)
{
    if (observer && !e->observed_code) {
        e->observed_code = calloc(OBSERVED_CODE, sizeof(*e->observed_code));
        if (!e->observed_code)
            return -ENOMEM;
    }
    if (!observer) {
        free(e->observed_code);
        e->observed_code = NULL;
    }
    e->observer = observer;
    update_barrier_watch(e);
    update_return_hooks(e);
    return 0;
}
