/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For debuggers: breakpoints (patch 0070), and registers that are set from outside. */
#include "engine.h"

/* -- Breakpoints ------------------------------------------------------------------------------- */

static int compare_addresses(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static bool asks_at(struct uc_struct *uc, uint64_t pc)
{
    const struct cpu_engine *e = engine_of(uc);

    return bsearch(&pc, e->breaks, e->n_breaks, sizeof(pc), compare_addresses) != NULL;
}

static void before_insn(CPUState *cs, uintptr_t host_pc)
{
    struct cpu_engine *e = cs->opaque;
    unsigned vcpu = cs->cpu_index;
    uint64_t now = instructions_at(e, cs, host_pc), pc = env_of(e, vcpu)->pc;

    if (e->vcpus[vcpu].broke_at == now || e->break_fn(e->break_opaque, vcpu, pc, now))
        return;
    e->vcpus[vcpu].broke_at = now;
    e->stop = CPU_STOP_BREAK;
    e->stop_valid = true;
    cs->exception_index = EXCP_INTERRUPT;
    cpu_loop_exit_restore(cs, host_pc);
}

int engine_break_set(struct cpu_engine *e, const uint64_t *addresses, size_t n, cpu_break_fn *fn,
                     void *opaque)
{
    uint64_t *copy = n ? malloc(n * sizeof(*copy)) : NULL;

    if (n && !copy)
        return -ENOMEM;
    if (n) {
        memcpy(copy, addresses, n * sizeof(*copy));
        qsort(copy, n, sizeof(*copy), compare_addresses);
    }
    free(e->breaks);
    e->breaks = copy;
    e->n_breaks = n;
    e->break_fn = fn;
    e->break_opaque = opaque;
    e->uc->asks_at = n ? asks_at : NULL;
    e->uc->before_insn = before_insn;
    tb_flush(state_of(e, 0));
    return 0;
}

void engine_break_pass(struct cpu_engine *e, unsigned vcpu)
{
    e->vcpus[vcpu].broke_at = vcpu_instructions(e, vcpu);
}

int engine_peek(struct cpu_engine *e, uint64_t address, void *to, size_t n)
{
    const uint8_t *first = ram_host(e, address);
    const uint8_t *last = n ? ram_host(e, address + n - 1) : first;

    if (!first || !last || (n && last - first != (ptrdiff_t)(n - 1)))
        return -EFAULT;
    memcpy(to, first, n);
    return 0;
}

/* -- General registers ------------------------------------------------------------------------- */

void vcpu_set_sp(struct cpu_engine *e, unsigned vcpu, uint64_t value)
{
    env_of(e, vcpu)->xregs[31] = value;
}

/* The level, the stack pointer's choice and the state stay: they would need more than a register.
 */
void vcpu_set_pstate(struct cpu_engine *e, unsigned vcpu, uint64_t value)
{
    const uint64_t settable = PSTATE_N | PSTATE_Z | PSTATE_C | PSTATE_V | PSTATE_D | PSTATE_A |
                              PSTATE_I | PSTATE_F | PSTATE_SS | PSTATE_IL;
    CPUARMState *env = env_of(e, vcpu);

    pstate_write(env, (pstate_read(env) & ~settable) | (value & settable));
    arm_rebuild_hflags(env);
}

void vcpu_get_v(const struct cpu_engine *e, unsigned vcpu, unsigned n, uint64_t halves[2])
{
    memcpy(halves, env_of(e, vcpu)->vfp.zregs[n & 31].d, 16);
}

void vcpu_set_v(struct cpu_engine *e, unsigned vcpu, unsigned n, const uint64_t halves[2])
{
    memcpy(env_of(e, vcpu)->vfp.zregs[n & 31].d, halves, 16);
}

uint32_t vcpu_get_fp_control(const struct cpu_engine *e, unsigned vcpu, bool status)
{
    return status ? vfp_get_fpsr(env_of(e, vcpu)) : vfp_get_fpcr(env_of(e, vcpu));
}

void vcpu_set_fp_control(struct cpu_engine *e, unsigned vcpu, bool status, uint32_t value)
{
    if (status)
        vfp_set_fpsr(env_of(e, vcpu), value);
    else
        vfp_set_fpcr(env_of(e, vcpu), value);
}

/* -- System registers that the engine keeps ---------------------------------------------------- */

/* Names of both states lack their level; banks of debug registers lack their number. */
static void name_register(const ARMCPRegInfo *ri, char *name, size_t room)
{
    static const char *const levels[8] = {"_EL1", "_EL1",  "_EL1", "_EL0",
                                          "_EL2", "_EL12", "_EL3", "_EL1"};
    bool numbered = ri->opc0 == 2 && ri->opc1 == 0 && ri->crn == 0 && ri->opc2 >= 4;

    if (numbered)
        snprintf(name, room, "%.7s%u_EL1", ri->name, ri->crm);
    else
        snprintf(name, room, "%s%s", ri->name,
                 strstr(ri->name, "_EL") || !strcmp(ri->name, "SPSel") ? "" : levels[ri->opc1]);
}

/*
 * What is state, and can be read without changing it: no operations, and none of those that
 * gdb's own features name (NZCV, FPCR and the like have no level and CRn 4).
 */
static bool is_state(const ARMCPRegInfo *ri)
{
    bool special = (ri->type & ARM_CP_SPECIAL) && !(ri->type & ARM_CP_CONST);
    bool pstate = ri->opc0 == 3 && ri->crn == 4 && ri->crm >= 2 && ri->crm <= 4;

    if (ri->state == ARM_CP_STATE_AA32 || special || pstate || strstr(ri->name, "RESERVED"))
        return false;
    if (ri->checked_read) /* the machine's own tables say more about these */
        return false;
    if ((ri->type & ARM_CP_NO_RAW) &&
        ((ri->access & (PL0_W | PL1_W | PL2_W | PL3_W)) || !strncmp(ri->name, "RNDR", 4)))
        return false;
    return (ri->access & (PL0_R | PL1_R | PL2_R | PL3_R)) &&
           ((ri->type & ARM_CP_CONST) || ri->readfn || ri->raw_readfn || ri->fieldoffset);
}

struct listing {
    struct cpu_sysreg_name *names;
    size_t n, room;
};

static void list_one(gpointer key, gpointer value, gpointer opaque)
{
    const ARMCPRegInfo *ri = value;
    struct listing *l = opaque;
    struct cpu_sysreg_name *to;

    if (((*(uint32_t *)key >> CP_REG_ARM_COPROC_SHIFT) & 0xfff) != CP_REG_ARM64_SYSREG_CP ||
        !is_state(ri))
        return;
    if (l->n < l->room) {
        to = &l->names[l->n];
        name_register(ri, to->name, sizeof(to->name));
        to->op0 = ri->opc0;
        to->op1 = ri->opc1;
        to->crn = ri->crn;
        to->crm = ri->crm;
        to->op2 = ri->opc2;
        to->writable = !(ri->type & ARM_CP_CONST) && (ri->access & (PL1_W | PL2_W | PL3_W));
    }
    l->n++;
}

static unsigned encoding(const struct cpu_sysreg_name *r)
{
    return (unsigned)r->op0 << 14 | (unsigned)r->op1 << 11 | (unsigned)r->crn << 7 |
           (unsigned)r->crm << 3 | r->op2;
}

static int compare_encodings(const void *a, const void *b)
{
    return (int)encoding(a) - (int)encoding(b);
}

size_t engine_sysreg_names(const struct cpu_engine *e, struct cpu_sysreg_name *names, size_t room)
{
    struct listing l = {.names = names, .room = room};

    g_hash_table_foreach(e->vcpus[0].arm->cp_regs, list_one, &l);
    if (l.n <= room)
        qsort(names, l.n, sizeof(*names), compare_encodings);
    return l.n;
}

int vcpu_sysreg_get(struct cpu_engine *e, unsigned vcpu, const struct cpu_sysreg_name *reg,
                    uint64_t *value)
{
    const ARMCPRegInfo *ri = find_sysreg(e, reg->op0, reg->op1, reg->crn, reg->crm, reg->op2);
    CPUARMState *env = env_of(e, vcpu);

    if (!ri || !is_state(ri))
        return -ENOENT;
    if (ri->type & ARM_CP_CONST)
        *value = ri->resetvalue;
    else if (ri->raw_readfn)
        *value = ri->raw_readfn(env, ri);
    else if (ri->readfn && !(is_redirected(ri) && ri->fieldoffset))
        *value = ri->readfn(env, ri);
    else
        *value = *(uint64_t *)((char *)env + ri->fieldoffset);
    return 0;
}

int vcpu_sysreg_set(struct cpu_engine *e, unsigned vcpu, const struct cpu_sysreg_name *reg,
                    uint64_t value)
{
    const ARMCPRegInfo *ri = find_sysreg(e, reg->op0, reg->op1, reg->crn, reg->crm, reg->op2);
    CPUState *before = e->uc->cpu;
    CPUARMState *env = env_of(e, vcpu);

    if (!ri || !is_state(ri))
        return -ENOENT;
    if ((ri->type & ARM_CP_CONST) || !(ri->access & (PL1_W | PL2_W | PL3_W)))
        return -EPERM;
    e->uc->cpu = state_of(e, vcpu); /* callbacks take it for the one that runs */
    if (ri->writefn && !(is_redirected(ri) && ri->fieldoffset))
        ri->writefn(env, ri, value);
    else if (ri->fieldoffset)
        *(uint64_t *)((char *)env + ri->fieldoffset) = value;
    e->uc->cpu = before;
    vcpu_after_restore(e, vcpu);
    notify_pe_changed(e, vcpu);
    return 0;
}
