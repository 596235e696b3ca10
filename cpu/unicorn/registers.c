/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Registers: the machine's own system registers, general registers, reset, the state as one pass.
 */
#include "engine.h"

/* -- System registers answered by the machine -------------------------------------------------- */

/* Translated code asks for the check right before each access, in the same state. */
static struct cpu_pe_state *checked_pe(const CPUARMState *env, unsigned vcpu)
{
    return &engine_of(env->uc)->vcpus[vcpu].pe;
}

static CPAccessResult sysreg_check(CPUARMState *env, const ARMCPRegInfo *ri, bool is_read)
{
    static const CPAccessResult results[] = {
        [CPU_ACCESS_OK] = CP_ACCESS_OK,
        [CPU_ACCESS_UNDEF] = CP_ACCESS_TRAP_UNCATEGORIZED,
        [CPU_ACCESS_TRAP_EL1] = CP_ACCESS_TRAP,
        [CPU_ACCESS_TRAP_EL2] = CP_ACCESS_TRAP_EL2,
        [CPU_ACCESS_TRAP_EL3] = CP_ACCESS_TRAP_EL3,
    };
    const struct cpu_sysreg *reg = ri->opaque;
    unsigned vcpu = env_cpu(env)->cpu_index;
    struct cpu_pe_state *pe = checked_pe(env, vcpu);
    enum cpu_access access = CPU_ACCESS_OK;

    pe_state_of(env, pe);
    if (reg->check)
        access = reg->check(reg, vcpu, pe, !is_read);
    if (access == CPU_ACCESS_OK)
        report_sysreg(env_cpu(env), reg, !is_read, env->uc->reg_check_pc);
    return results[access];
}

static uint64_t sysreg_read(CPUARMState *env, const ARMCPRegInfo *ri)
{
    const struct cpu_sysreg *reg = ri->opaque;
    unsigned vcpu = env_cpu(env)->cpu_index;

    return reg->read(reg, vcpu, checked_pe(env, vcpu));
}

static void sysreg_write(CPUARMState *env, const ARMCPRegInfo *ri, uint64_t value)
{
    const struct cpu_sysreg *reg = ri->opaque;
    unsigned vcpu = env_cpu(env)->cpu_index;

    reg->write(reg, vcpu, checked_pe(env, vcpu), value);
}

/*
 * Both in one. When the check says no, sysreg_check() is asked again, for what it says: that takes
 * longer, but only then.
 */
static bool checked_read(CPUARMState *env, const ARMCPRegInfo *ri, uint64_t *value,
                         uintptr_t host_pc)
{
    const struct cpu_sysreg *reg = ri->opaque;
    CPUState *cs = env_cpu(env);
    struct cpu_pe_state *pe = checked_pe(env, cs->cpu_index);

    if (unlikely(!reg->readable))
        return false;
    pe_state_of(env, pe);
    if (reg->try_read && !watches_sysregs(cs))
        return reg->try_read(reg, cs->cpu_index, pe, value) == CPU_ACCESS_OK;
    if (reg->check && reg->check(reg, cs->cpu_index, pe, false) != CPU_ACCESS_OK)
        return false;
    report_sysreg(cs, reg, false, host_pc);
    *value = reg->read(reg, cs->cpu_index, pe);
    return true;
}

static bool checked_write(CPUARMState *env, const ARMCPRegInfo *ri, uint64_t value,
                          uintptr_t host_pc)
{
    const struct cpu_sysreg *reg = ri->opaque;
    CPUState *cs = env_cpu(env);
    struct cpu_pe_state *pe = checked_pe(env, cs->cpu_index);

    if (unlikely(!reg->writable))
        return false;
    pe_state_of(env, pe);
    if (reg->try_write && !watches_sysregs(cs))
        return reg->try_write(reg, cs->cpu_index, pe, value) == CPU_ACCESS_OK;
    if (reg->check && reg->check(reg, cs->cpu_index, pe, true) != CPU_ACCESS_OK)
        return false;
    report_sysreg(cs, reg, true, host_pc);
    reg->write(reg, cs->cpu_index, pe, value);
    return true;
}

static int access_bits(const struct cpu_sysreg *reg)
{
    static const int reads[] = {PL0_R, PL1_R, PL2_R, PL3_R};
    static const int writes[] = {PL0_W, PL1_W, PL2_W, PL3_W};
    unsigned el = reg->min_el & 3;

    return (reg->readable ? reads[el] : 0) | (reg->writable ? writes[el] : 0);
}

void fill_reg_info(ARMCPRegInfo *ri, const struct cpu_sysreg *reg)
{
    /*
     * IO ends the block at the access, so counts are exact and lines are looked at next; nothing
     * that these registers change is cached in translated code, so the chain of blocks need not
     * end.
     */
    ri->type = (ri->type & ARM_CP_64BIT) | ARM_CP_IO | ARM_CP_NO_RAW | ARM_CP_SUPPRESS_TB_END;
    ri->access = access_bits(reg);
    ri->opaque = (void *)reg;
    ri->fieldoffset = 0;
    ri->resetvalue = 0;
    ri->resetfn = arm_cp_reset_ignore;
    ri->accessfn = sysreg_check;
    ri->checked_read = checked_read;
    ri->checked_write = checked_write;
    ri->readfn = reg->readable ? sysreg_read : NULL;
    ri->writefn = reg->writable ? sysreg_write : NULL;
}

int engine_register_sysregs(struct cpu_engine *e, const struct cpu_sysreg *table, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct cpu_sysreg *reg = &table[i];
        ARMCPRegInfo *known = find_sysreg(e, reg->op0, reg->op1, reg->crn, reg->crm, reg->op2);
        ARMCPRegInfo fresh = {
            .name = reg->name,
            .state = ARM_CP_STATE_AA64,
            .opc0 = reg->op0,
            .opc1 = reg->op1,
            .crn = reg->crn,
            .crm = reg->crm,
            .opc2 = reg->op2,
        };

        register_aarch32(e, reg);
        if (known) {
            fill_reg_info(known, reg);
            continue;
        }
        fill_reg_info(&fresh, reg);
        define_one_arm_cp_reg_with_opaque(e->vcpus[0].arm, &fresh, (void *)reg);
    }
    return 0;
}

int vcpu_sysreg_raw(struct cpu_engine *e, unsigned vcpu, unsigned op0, unsigned op1, unsigned crn,
                    unsigned crm, unsigned op2, uint64_t *value)
{
    const ARMCPRegInfo *ri = find_sysreg(e, op0, op1, crn, crm, op2);
    CPUARMState *env = env_of(e, vcpu);

    if (!ri)
        return -ENOENT;
    pe_state_of(env, &e->vcpus[vcpu].pe);
    if (ri->type & ARM_CP_CONST)
        *value = ri->resetvalue;
    else if (ri->readfn)
        *value = ri->readfn(env, ri);
    else if (ri->fieldoffset)
        *value = *(uint64_t *)((char *)env + ri->fieldoffset);
    else
        return -ENOENT;
    return 0;
}

/* -- Reset and entry --------------------------------------------------------------------------- */

void vcpu_reset(struct cpu_engine *e, unsigned vcpu)
{
    CPUState *cs = state_of(e, vcpu), *before = e->uc->cpu;
    uint32_t lines = cs->interrupt_request & (CPU_INTERRUPT_HARD | CPU_INTERRUPT_FIQ);

    e->uc->cpu = cs; /* the engine flushes the TLB of the CPU that it thinks runs */
    cs->cc->reset(cs);
    cs->interrupt_request = lines;
    reset_wait(e, vcpu);
    e->uc->cpu = before;
    arm_rebuild_hflags(cs->env_ptr);
    notify_pe_changed(e, vcpu);
}

/* What firmware at the higher levels would have set before entering a lower one (DDI 0487 D1). */
static void open_lower_levels(CPUARMState *env, unsigned el)
{
    if (arm_feature(env, ARM_FEATURE_EL3) && el < 3) {
        env->cp15.scr_el3 |= SCR_NS | SCR_RW | SCR_HCE;
        if (cpu_isar_feature(aa64_pauth, env_archcpu(env)))
            env->cp15.scr_el3 |= SCR_API | SCR_APK;
        if (engine_of(env->uc)->config.ecv)
            env->cp15.scr_el3 |= SCR_ECVEN;
        if (cpu_isar_feature(aa64_hcx, env_archcpu(env)))
            env->cp15.scr_el3 |= SCR_HXEN;
    }
    if (arm_feature(env, ARM_FEATURE_EL2) && el < 2)
        env->cp15.hcr_el2 |= HCR_RW;
}

/* Levels above EL0 have AArch64 alone: RW is RAO/WI (DDI 0487, HCR_EL2, SCR_EL3). */
static void fix_to_aarch64(CPUARMState *env)
{
    if (arm_feature(env, ARM_FEATURE_EL3))
        env->cp15.scr_el3 |= SCR_RW;
    if (arm_feature(env, ARM_FEATURE_EL2))
        env->cp15.hcr_el2 |= HCR_RW;
}

void vcpu_start_at(struct cpu_engine *e, unsigned vcpu, unsigned el, uint64_t pc, uint64_t x0)
{
    CPUARMState *env = env_of(e, vcpu);

    open_lower_levels(env, el);
    fix_to_aarch64(env);
    env->pstate = el == 3 ? PSTATE_MODE_EL3h : el == 2 ? PSTATE_MODE_EL2h : PSTATE_MODE_EL1h;
    env->daif = PSTATE_D | PSTATE_A | PSTATE_I | PSTATE_F;
    env->pc = pc;
    env->xregs[0] = x0;
    arm_rebuild_hflags(env);
    notify_pe_changed(e, vcpu);
}

/* -- General registers ------------------------------------------------------------------------- */

uint64_t vcpu_get_x(const struct cpu_engine *e, unsigned vcpu, unsigned n)
{
    return n < 31 ? env_of(e, vcpu)->xregs[n] : 0;
}

void vcpu_set_x(struct cpu_engine *e, unsigned vcpu, unsigned n, uint64_t value)
{
    if (n < 31)
        env_of(e, vcpu)->xregs[n] = value;
}

/*
 * Translated code writes PC when it leaves a block for good, not at each access to a device. Then
 * the place in that code tells; what unwinding it changes is put back, as the block goes on.
 */
static uint64_t pc_of_access(const struct cpu_engine *e, CPUState *cs, CPUARMState *env)
{
    uint64_t pc = env->pc, syndrome = env->exception.syndrome, at;
    uint32_t left = cs->icount_decr_ptr->u32;

    cpu_restore_state(cs, e->access_at, true);
    at = env->pc;
    env->pc = pc;
    env->exception.syndrome = syndrome;
    cs->icount_decr_ptr->u32 = left;
    return at;
}

uint64_t vcpu_get_pc(const struct cpu_engine *e, unsigned vcpu)
{
    if (e->access_at && state_of(e, vcpu) == e->uc->cpu)
        return pc_of_access(e, e->uc->cpu, env_of(e, vcpu));
    return env_of(e, vcpu)->pc;
}

void vcpu_set_pc(struct cpu_engine *e, unsigned vcpu, uint64_t pc)
{
    env_of(e, vcpu)->pc = pc;
    e->vcpus[vcpu].broke_at = UINT64_MAX;
    e->vcpus[vcpu].accessed_at = UINT64_MAX; /* another instruction, at the same count */
}

uint64_t vcpu_get_sp(const struct cpu_engine *e, unsigned vcpu)
{
    return env_of(e, vcpu)->xregs[31];
}

/* An exception selects SP_ELx of its target (DDI 0487 D1.3); the current SP is in xregs alone. */
uint64_t vcpu_handler_sp(const struct cpu_engine *e, unsigned vcpu)
{
    CPUARMState *env = env_of(e, vcpu);
    unsigned target = env->exception.target_el;

    if (target == (unsigned)arm_current_el(env) && env->pstate & PSTATE_SP)
        return env->xregs[31];
    return env->sp_el[target];
}

uint64_t vcpu_get_pstate(const struct cpu_engine *e, unsigned vcpu)
{
    return pstate_read(env_of(e, vcpu));
}

/* -- All state --------------------------------------------------------------------------------- */

typedef void visit_fn(void *opaque, const char *name, void *data, size_t size_bytes);

/* EL0 in AArch32 state: registers that A64's are synchronised with at the next exception. */
static void visit_aarch32(CPUARMState *env, visit_fn *fn, void *opaque)
{
    uint32_t cpsr = cpsr_read(env);

    fn(opaque, "cpsr", &cpsr, sizeof(cpsr));
    cpsr_write(env, cpsr, UINT32_MAX, CPSRWriteRaw);
    fn(opaque, "r", env->regs, sizeof(env->regs));
    fn(opaque, "r13_mode", env->banked_r13, sizeof(env->banked_r13));
    fn(opaque, "r14_mode", env->banked_r14, sizeof(env->banked_r14));
    fn(opaque, "r_usr", env->usr_regs, sizeof(env->usr_regs));
    fn(opaque, "r_fiq", env->fiq_regs, sizeof(env->fiq_regs));
}

/* The flags are kept unpacked, with bits that mean nothing: visit their architectural form. */
static void visit_packed(CPUARMState *env, visit_fn *fn, void *opaque)
{
    uint64_t pstate = pstate_read(env);
    uint32_t fpcr = vfp_get_fpcr(env), fpsr = vfp_get_fpsr(env);

    fn(opaque, "fpcr", &fpcr, sizeof(fpcr));
    fn(opaque, "fpsr", &fpsr, sizeof(fpsr));
    vfp_set_fpcr(env, fpcr);
    vfp_set_fpsr(env, fpsr);
    fn(opaque, "aarch64", &env->aarch64, sizeof(env->aarch64));
    env->aarch64 = env->aarch64 != 0;
    if (!env->aarch64) {
        visit_aarch32(env, fn, opaque);
        return;
    }
    fn(opaque, "pstate", &pstate, sizeof(pstate));
    pstate_write(env, pstate & ~(uint64_t)PSTATE_nRW);
}

void vcpu_visit(struct cpu_engine *e, unsigned vcpu, visit_fn *fn, void *opaque)
{
    CPUARMState *env = env_of(e, vcpu);
    struct vcpu *v = &e->vcpus[vcpu];

    fn(opaque, "x", env->xregs, sizeof(env->xregs));
    fn(opaque, "pc", &env->pc, sizeof(env->pc));
    visit_packed(env, fn, opaque);
    fn(opaque, "sp_el", env->sp_el, sizeof(env->sp_el));
    fn(opaque, "elr_el", env->elr_el, sizeof(env->elr_el));
    fn(opaque, "spsr", env->banked_spsr, sizeof(env->banked_spsr));
    fn(opaque, "system", &env->cp15, sizeof(env->cp15));
    for (int i = 0; i < 32; i++)
        fn(opaque, "v", env->vfp.zregs[i].d, 16);
    fn(opaque, "exclusive_address", &env->exclusive_addr, sizeof(env->exclusive_addr));
    fn(opaque, "exclusive_value", &env->exclusive_val, sizeof(env->exclusive_val));
    fn(opaque, "exclusive_high", &env->exclusive_high, sizeof(env->exclusive_high));
    fn(opaque, "keys", &env->keys, sizeof(env->keys));
    fn(opaque, "irq_line_state", &env->irq_line_state, sizeof(env->irq_line_state));
    visit_wait(e, vcpu, fn, opaque);
    fn(opaque, "rndr", &v->rndr_state, sizeof(v->rndr_state));
    fn(opaque, "instructions", &v->instructions, sizeof(v->instructions));
}

/* The engine keeps breakpoints and watchpoints of its own beside DBGB*_EL1 and DBGW*_EL1. */
static void restore_debug(ARMCPU *arm)
{
    CPUARMState *env = &arm->env;
    bool any = false;

    for (unsigned i = 0; i < ARRAY_SIZE(env->cpu_breakpoint); i++)
        any |= env->cpu_breakpoint[i] || env->cpu_watchpoint[i] || (env->cp15.dbgbcr[i] & 1) ||
               (env->cp15.dbgwcr[i] & 1);
    if (!any)
        return;
    hw_breakpoint_update_all(arm);
    hw_watchpoint_update_all(arm);
}

void engine_visit(struct cpu_engine *e, visit_fn *fn, void *opaque)
{
    uint32_t current = e->current;

    fn(opaque, "last_run", &current, sizeof(current));
    e->current = current < e->n_vcpus ? current : 0;
    fn(opaque, "exception_at", &e->exception_at, sizeof(e->exception_at));
}

bool engine_is_running(const struct cpu_engine *e)
{
    return e->running;
}

/* A count beyond this is nobody's, and sums of them might overflow. */
#define MAX_INSTRUCTIONS (1ull << 42)

/* Any bytes may have come in: the level must be one that there is. */
static void mend_level(CPUARMState *env)
{
    unsigned el = (env->pstate >> 2) & 3;
    bool absent = (el == 2 && !arm_feature(env, ARM_FEATURE_EL2)) ||
                  (el == 3 && !arm_feature(env, ARM_FEATURE_EL3));

    if (!env->aarch64 && (env->uncached_cpsr & CPSR_M) != ARM_CPU_MODE_USR)
        env->aarch64 = 1;
    if (env->aarch64 && (absent || (env->pstate & 2)))
        env->pstate = (env->pstate & ~0xfu) | PSTATE_MODE_EL1h;
}

void vcpu_after_restore(struct cpu_engine *e, unsigned vcpu)
{
    static const enum cpu_line lines[] = {CPU_LINE_IRQ, CPU_LINE_FIQ, CPU_LINE_VIRQ, CPU_LINE_VFIQ};
    static const uint32_t bits[] = {CPU_INTERRUPT_HARD, CPU_INTERRUPT_FIQ, CPU_INTERRUPT_VIRQ,
                                    CPU_INTERRUPT_VFIQ};
    CPUARMState *env = env_of(e, vcpu);
    uint32_t wires = env->irq_line_state;

    mend_level(env);
    if (e->vcpus[vcpu].instructions > MAX_INSTRUCTIONS)
        e->vcpus[vcpu].instructions = 0;
    restore_debug(e->vcpus[vcpu].arm);
    for (unsigned i = 0; i < 4; i++)
        vcpu_set_line(e, vcpu, lines[i], (wires & bits[i]) != 0);
    arm_cpu_update_vserr(e->vcpus[vcpu].arm);
    arm_rebuild_hflags(env);
    tlb_flush(state_of(e, vcpu));
    e->vcpus[vcpu].accessed_at = e->vcpus[vcpu].broke_at = UINT64_MAX;
    e->instructions = 0;
    for (unsigned i = 0; i < e->n_vcpus; i++)
        e->instructions += e->vcpus[i].instructions;
}
