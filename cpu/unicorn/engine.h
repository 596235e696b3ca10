/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * cpu/cpu.h on Unicorn 2.1.4. Only this folder sees the engine's internal headers.
 *
 * Unicorn has one CPU per engine. Here each vCPU is a clone of the first, made before anything ran;
 * `uc->cpu` points to the one that runs. System-register tables are shared, because translated code
 * holds pointers into them. The patches beside this file make TLB and code invalidation reach all
 * clones (patches/README.md).
 *
 * Counting: generated code counts down `icount_decr` before each block (patch 01), so at the end of
 * a block, and in any access that ends one, budget - (low + extra) is the number of retired
 * instructions. MMIO in the middle of a block makes the engine cut the block there (CF_LAST_IO).
 */
#ifndef IRQLAB_CPU_UNICORN_ENGINE_H
#define IRQLAB_CPU_UNICORN_ENGINE_H

#include "qemu/osdep.h"
#include "qemu-common.h"
#include "uc_priv.h"
#include "cpu.h"
#include "internals.h"
#include "kvm-consts.h"
#include "exec/exec-all.h"
#include "exec/ram_addr.h"
#include "exec/memory.h"
#include "tcg/tcg.h"
#include "sysemu/cpus.h"
#include "hw/core/cpu.h"

#include "../cpu.h" /* ours; the one above is the engine's */

#include <errno.h>

enum { MAX_VCPUS = 512, MAX_MAPPINGS = 160 };

#define PAGE_4K                   4096ull
#define DEFAULT_CODE_BUFFER_BYTES (256u << 20)

struct mapping {
    uint64_t base, size_bytes;
    MemoryRegion *region;
    uint8_t *host;                 /* NULL: MMIO */
    const struct cpu_mmio *window; /* NULL: plain RAM or ROM */
    struct cpu_engine *engine;
    bool visible;
};

struct vcpu {
    ARMCPU *arm;
    uint64_t instructions;  /* retired before the current run */
    struct cpu_pe_state pe; /* at the last check of a system register: for the access after it */
    ARMELChangeHook el_hook, return_hook;
    bool in_exception;    /* one is being taken: what changes the level now is no return */
    uint64_t accessed_at; /* its instruction count at the last access to a watched page */
    uint64_t broke_at;    /* likewise, at the last breakpoint that it stopped at */
    uint64_t rndr_state;
    struct cpu_wait wait;
    uint64_t sevs_seen; /* of all SEVs, those that its event register had */
};

struct cpu_engine {
    struct uc_struct *uc;
    struct cpu_engine_config config;
    unsigned n_vcpus;
    struct vcpu *vcpus;
    CPUState **states;
    struct mapping mappings[MAX_MAPPINGS];
    unsigned n_mappings;
    MemoryRegion any_region; /* stands for every address in Unicorn's own permission checks */
    MemoryRegionOps mmio_ops;
    void *redirects;                  /* vhe.c */
    CPWriteFn *hcr_write, *scr_write; /* the engine's own */
    CPAccessFn *hcr_access;
    unsigned current;
    bool running;
    uint64_t run_budget;
    uint64_t instructions; /* retired on all vCPUs before the current run */
    enum cpu_stop stop;
    bool stop_valid;
    uint64_t sevs;         /* SEVs of all vCPUs */
    uint64_t exception_at; /* instruction count at the last exception */
    uintptr_t access_at;   /* a window answers an access from this place in translated code; or 0 */
    unsigned long *dirty_log;
    size_t dirty_log_bits;
    cpu_watch_fn *watch;
    void *watch_opaque;
    bool watch_sysregs, watch_exclusives, watch_barriers;
    const struct cpu_observer *observer;
    struct observed_code *observed_code;
    bool hears_returns;
    uint64_t *breaks; /* ascending */
    size_t n_breaks;
    cpu_break_fn *break_fn;
    void *break_opaque;
    const struct cpu_interrupt_hooks *interrupt_hooks;
    uc_hook interrupt_hook;
};

static inline struct cpu_engine *engine_of(const struct uc_struct *uc)
{
    return uc->cpu->opaque;
}

static inline CPUState *state_of(const struct cpu_engine *e, unsigned vcpu)
{
    return e->states[vcpu];
}

static inline CPUARMState *env_of(const struct cpu_engine *e, unsigned vcpu)
{
    return &e->vcpus[vcpu].arm->env;
}

/* DDI 0487 D1: what decides whether a system register may be accessed, and which it is. */
static inline void pe_state_of(CPUARMState *env, struct cpu_pe_state *out)
{
    out->el = (uint8_t)(env->aarch64 ? env->pstate >> 2 & 3 : (unsigned)arm_current_el(env));
    out->secure = arm_feature(env, ARM_FEATURE_EL3) && arm_is_secure(env);
    out->el2_enabled = arm_feature(env, ARM_FEATURE_EL2) &&
                       (!arm_feature(env, ARM_FEATURE_EL3) || arm_is_el2_enabled(env));
    out->sctlr_nmi = out->el && cpu_isar_feature(aa64_nmi, env_archcpu(env)) &&
                     (env->cp15.sctlr_el[out->el] & SCTLR_NMI);
    out->hcr_el2 = env->cp15.hcr_el2;
    out->scr_el3 = env->cp15.scr_el3;
}

#define SCR_ECVEN (1ull << 28)

/* Makes the running CPU leave generated code before its next block. */
static inline void kick(CPUState *cs)
{
    cs->icount_decr_ptr->u16.high = -1;
}

ARMCPRegInfo *find_sysreg(struct cpu_engine *e, unsigned op0, unsigned op1, unsigned crn,
                          unsigned crm, unsigned op2);
void notify_pe_changed(struct cpu_engine *e, unsigned vcpu);
/* Host address of guest RAM, or NULL. */
const uint8_t *ram_host(struct cpu_engine *e, uint64_t address);
/* Pages of RAM and ROM are numbered from 0; -EFAULT: @address is in none. */
size_t ram_pages(const struct cpu_engine *e);
int ram_page_of(struct cpu_engine *e, uint64_t address, ram_addr_t *page);
/* vCPU @cs's exact instruction count at @host_pc in translated code; sets PC. */
uint64_t instructions_at(struct cpu_engine *e, CPUState *cs, uintptr_t host_pc);
/* Whether @ri's readfn and writefn may reach EL2's register instead (vhe.c). */
bool is_redirected(const ARMCPRegInfo *ri);
/* Watched, an access to @reg is reported, and may be stopped: then this does not return. */
void report_watched_sysreg(CPUState *cs, const struct cpu_sysreg *reg, bool is_write,
                           uintptr_t host_pc);
static inline bool watches_sysregs(const CPUState *cs)
{
    return unlikely(((const struct cpu_engine *)cs->opaque)->watch_sysregs);
}

static inline void report_sysreg(CPUState *cs, const struct cpu_sysreg *reg, bool is_write,
                                 uintptr_t host_pc)
{
    if (watches_sysregs(cs))
        report_watched_sysreg(cs, reg, is_write, host_pc);
}
/* observe.c: what is told to an observer; who looks at barriers now. */
void observe_access(CPUState *cs, uint64_t va, uint64_t pa, unsigned size, bool is_write,
                    uint64_t value, uintptr_t host_pc);
void update_barrier_watch(struct cpu_engine *e);
uint64_t instructions_at(struct cpu_engine *e, CPUState *cs, uintptr_t host_pc);
void report_barrier(CPUState *cs, uint32_t insn, uintptr_t host_pc);
/* run.c: whether anybody hears of ERET now. */
void update_return_hooks(struct cpu_engine *e);
void set_up_memory(struct cpu_engine *e);
void free_hidden_mappings(struct cpu_engine *e);
void flush_all_tlbs(struct cpu_engine *e);
void set_up_exceptions(struct cpu_engine *e, CPUState *cs);
void on_exception(struct uc_struct *uc, uint32_t number, void *opaque);
int set_up_vhe(struct cpu_engine *e);
void fill_reg_info(ARMCPRegInfo *ri, const struct cpu_sysreg *reg);
/* @reg's name of AArch32, if it has one. */
void register_aarch32(struct cpu_engine *e, const struct cpu_sysreg *reg);
uint64_t retired_insns(struct uc_struct *uc);

/* wait.c */
bool wait_is_over(struct uc_struct *uc, CPUState *cs, unsigned kind, uint64_t timeout);
void send_event(struct uc_struct *uc);
void end_wait(struct cpu_engine *e, unsigned vcpu);
void reset_wait(struct cpu_engine *e, unsigned vcpu);
void visit_wait(struct cpu_engine *e, unsigned vcpu,
                void (*fn)(void *opaque, const char *name, void *data, size_t size_bytes),
                void *opaque);

#endif
