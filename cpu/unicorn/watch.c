/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Accesses to RAM, reported before they are made (patch 0022). */
#include "engine.h"

/*
 * Where the running block is, at @host_pc: sets PC, and gives the vCPU's exact instruction count.
 * Unwinding adds to icount_decr what the block has not executed yet; the block itself goes on.
 */
/* *@left: what instructions are left of its turn there; in the engine's count they are as before.
 */
static uint64_t restore_at(struct cpu_engine *e, CPUState *cs, uintptr_t host_pc, uint16_t *left)
{
    uint32_t before = cs->icount_decr_ptr->u32;
    uint64_t now;

    if (host_pc)
        cpu_restore_state(cs, host_pc, true);
    now = vcpu_instructions(e, cs->cpu_index);
    *left = cs->icount_decr_ptr->u16.low;
    cs->icount_decr_ptr->u32 = before;
    return now;
}

uint64_t instructions_at(struct cpu_engine *e, CPUState *cs, uintptr_t host_pc)
{
    uint16_t left;

    return restore_at(e, cs, host_pc, &left);
}

/*
 * @vcpu stores to @pa: others lose their marks on that granule (DDI 0487 B2.9.3). A mark is kept by
 * its virtual address; the size of granules is what CTR_EL0.ERG of the models says.
 */
enum { EXCLUSIVES_GRANULE = 64 };

static void lose_marks(struct cpu_engine *e, unsigned vcpu, uint64_t pa)
{
    for (unsigned i = 0; i < e->n_vcpus; i++) {
        CPUARMState *env = env_of(e, i);
        uint64_t marked;

        if (i == vcpu || env->exclusive_addr == UINT64_MAX)
            continue;
        if (vcpu_translate(e, i, env->exclusive_addr, &marked) ||
            marked / EXCLUSIVES_GRANULE == pa / EXCLUSIVES_GRANULE) {
            env->exclusive_addr = UINT64_MAX;
            env->event_register = 1; /* D1.6.1: a WFE wake-up event */
        }
    }
}

void engine_watch_stored(struct cpu_engine *e, unsigned vcpu, uint64_t pa)
{
    if (e->watch_exclusives)
        lose_marks(e, vcpu, pa);
}

void engine_watch_exclusives(struct cpu_engine *e, bool on)
{
    e->watch_exclusives = on;
}

void vcpu_clear_monitor(struct cpu_engine *e, unsigned vcpu)
{
    env_of(e, vcpu)->exclusive_addr = UINT64_MAX;
}

static void report(CPUState *cs, struct cpu_watched_access *access, uintptr_t host_pc)
{
    struct cpu_engine *e = cs->opaque;
    struct vcpu *v = &e->vcpus[cs->cpu_index];
    uint16_t left;

    access->vcpu = cs->cpu_index;
    access->vcpu_instructions = restore_at(e, cs, host_pc, &left);
    access->pc = env_of(e, cs->cpu_index)->pc;
    access->is_first = host_pc && v->accessed_at != access->vcpu_instructions;
    v->accessed_at = access->vcpu_instructions;
    if (e->watch(e->watch_opaque, access) || !access->is_first) {
        if (e->watch_exclusives && access->is_write && !access->reg)
            lose_marks(e, access->vcpu, access->pa);
        return;
    }
    e->stop = CPU_STOP_ACCESS;
    e->stop_valid = true;
    cs->exception_index = EXCP_INTERRUPT;
    cs->icount_decr_ptr->u16.low = left; /* the rest was restored to look at it */
    cpu_loop_exit(cs);
}

static void on_access(CPUState *cs, uint64_t va, uint64_t pa, unsigned size, bool is_write,
                      uint64_t value, uintptr_t host_pc)
{
    struct cpu_engine *e = cs->opaque;
    struct cpu_watched_access access = {
        .va = va, .pa = pa, .size_bytes = size, .is_write = is_write, .value = value};

    if (e->watch)
        report(cs, &access, host_pc);
    if (e->observer)
        observe_access(cs, va, pa, size, is_write, value, host_pc);
}

void report_barrier(CPUState *cs, uint32_t insn, uintptr_t host_pc)
{
    struct cpu_engine *e = cs->opaque;
    struct cpu_watched_access access = {.barrier = insn};

    if (e->watch && e->watch_barriers)
        report(cs, &access, host_pc);
    if (e->observer)
        e->observer->memory_barrier(e->observer->opaque, cs->cpu_index, insn);
}

void report_watched_sysreg(CPUState *cs, const struct cpu_sysreg *reg, bool is_write,
                           uintptr_t host_pc)
{
    struct cpu_watched_access access = {.reg = reg, .size_bytes = 8, .is_write = is_write};

    report(cs, &access, host_pc);
}

int engine_watch_start(struct cpu_engine *e, cpu_watch_fn *fn, void *opaque)
{
    size_t pages = ram_pages(e);

    engine_watch_stop(e);
    e->uc->ram_watch_pages = calloc(BITS_TO_LONGS(pages), sizeof(unsigned long));
    if (!e->uc->ram_watch_pages)
        return -ENOMEM;
    e->watch = fn;
    e->watch_opaque = opaque;
    e->uc->ram_watch = on_access;
    for (unsigned i = 0; i < e->n_vcpus; i++)
        e->vcpus[i].accessed_at = UINT64_MAX;
    return 0;
}

int engine_watch_page(struct cpu_engine *e, uint64_t address, bool on)
{
    ram_addr_t page;

    if (!e->uc->ram_watch || ram_page_of(e, address, &page))
        return -EINVAL;
    if (on)
        set_bit(page, e->uc->ram_watch_pages);
    else
        clear_bit(page, e->uc->ram_watch_pages);
    flush_all_tlbs(e);
    return 0;
}

void engine_watch_all(struct cpu_engine *e, bool on)
{
    e->uc->ram_watch_all = on;
    flush_all_tlbs(e);
}

void engine_watch_devices(struct cpu_engine *e, bool on)
{
    e->uc->io_watch = on;
    flush_all_tlbs(e);
}

void engine_watch_sysregs(struct cpu_engine *e, bool on)
{
    e->watch_sysregs = on && e->watch;
}

void engine_watch_barriers(struct cpu_engine *e, bool on)
{
    e->watch_barriers = on && e->watch;
    update_barrier_watch(e);
}

void engine_watch_pass(struct cpu_engine *e, unsigned vcpu)
{
    e->vcpus[vcpu].accessed_at = vcpu_instructions(e, vcpu);
}

void engine_watch_stop(struct cpu_engine *e)
{
    e->watch = NULL;
    e->watch_sysregs = e->watch_exclusives = e->watch_barriers = false;
    update_barrier_watch(e);
    e->uc->ram_watch = NULL;
    e->uc->ram_watch_all = e->uc->io_watch = false;
    free(e->uc->ram_watch_pages);
    e->uc->ram_watch_pages = NULL;
    flush_all_tlbs(e);
}
