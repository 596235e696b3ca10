/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Creation of an engine and its vCPUs. */
#include "engine.h"

static const char *const model_names[] = {"cortex-a53", "cortex-a57", "cortex-a72", "max", NULL};
static const int model_numbers[] = {UC_CPU_ARM64_A53, UC_CPU_ARM64_A57, UC_CPU_ARM64_A72,
                                    UC_CPU_ARM64_MAX};

const char *const *engine_model_names(void)
{
    return model_names;
}

/* -- Creation -------------------------------------------------------------------------------- */

static void before_realize(struct uc_struct *uc, CPUState *cs)
{
    struct cpu_engine *e = (struct cpu_engine *)uc->qemu_thread_data;
    ARMCPU *arm = ARM_CPU(cs);
    uint64_t t;

    arm->has_el2 = e->config.has_el2;
    arm->has_el3 = e->config.has_el3;
    arm->has_pmu = false; /* its event filters would cost a call per exception */
    arm->rvbar = e->config.reset_address;
    arm->mp_affinity = e->config.mpidr[0] & ARM64_AFFINITY_MASK;
    t = arm->isar.id_aa64pfr0;
    FIELD_DP64(t, ID_AA64PFR0, GIC, e->config.gic_v41 ? 3 : 1, t); /* the machine adds ICC_* */
    for (unsigned el = 1; el <= 3; el++) /* AArch32 at EL0 alone: aarch32.c */
        t = deposit64(t, 4 * el, 4, 1);
    arm->isar.id_aa64pfr0 = t;
    arm->isar.id_aa64mmfr0 |= e->config.ecv ? (e->config.has_el2 ? 2ull : 1ull) << 60 : 0;
    if (!e->config.has_el2) /* nor what only EL2 can have */
        arm->isar.id_aa64mmfr1 = deposit64(arm->isar.id_aa64mmfr1, 8, 4, 0);
    if (uc->cpu_model != UC_CPU_ARM64_MAX)
        return;
    /*
     * What the engine lacks for a full system, or what would cost without use: SVE and the BTI page
     * bit need state that clones and snapshots do not carry; QARMA pointer authentication costs a
     * fifth of a kernel's time. FIELD_DP64 takes its result as an argument here.
     */
    t = arm->isar.id_aa64pfr0;
    FIELD_DP64(t, ID_AA64PFR0, SVE, 0, t);
    if (e->config.sel2) {
        FIELD_DP64(t, ID_AA64PFR0, SEL2, 1, t);
        arm->isar.id_aa64mmfr2 |= 1ull << R_ID_AA64MMFR2_ST_SHIFT; /* FEAT_TTST comes with it */
    }
    arm->isar.id_aa64pfr0 = t;
    if (e->config.nmi) {
        arm->isar.id_aa64pfr1 |= 1ull << R_ID_AA64PFR1_NMI_SHIFT;
        arm->isar.id_aa64mmfr1 |= e->config.has_el2 ? 1ull << R_ID_AA64MMFR1_HCX_SHIFT : 0;
    }
    t = arm->isar.id_aa64isar1;
    FIELD_DP64(t, ID_AA64ISAR1, APA, 0, t);
    FIELD_DP64(t, ID_AA64ISAR1, GPA, 0, t);
    arm->isar.id_aa64isar1 = t;
}

static int start_engine(struct cpu_engine *e, const char **why)
{
    int model = -1;

    for (int i = 0; model_names[i]; i++) {
        if (!strcmp(model_names[i], e->config.model))
            model = model_numbers[i];
    }
    if (model < 0) {
        *why = "unknown CPU model";
        return -EINVAL;
    }
    if (uc_open(UC_ARCH_ARM64, UC_MODE_ARM, &e->uc) != UC_ERR_OK) {
        *why = "the Unicorn engine does not start";
        return -ENOMEM;
    }
    e->uc->cpu_model = model;
    e->uc->target_bits = 12;
    e->uc->tcg_buffer_size =
        e->config.code_buffer_bytes ? e->config.code_buffer_bytes : DEFAULT_CODE_BUFFER_BYTES;
    e->uc->before_realize = before_realize;
    e->uc->qemu_thread_data = (void *)e; /* unused by Unicorn except on Windows */
    if (uc_ctl_exits_enable(e->uc) != UC_ERR_OK ||
        uc_hook_add(e->uc, &e->interrupt_hook, UC_HOOK_INTR, (void *)on_exception, e, 1, 0) !=
            UC_ERR_OK) {
        *why = "the Unicorn engine does not initialise (no memory for translated code?)";
        return -ENOMEM;
    }
    e->uc->qemu_thread_data = NULL;
    return 0;
}

static void on_el_change(ARMCPU *arm, void *opaque)
{
    notify_pe_changed(opaque, CPU(arm)->cpu_index);
}

static void adopt(struct cpu_engine *e, unsigned index, ARMCPU *arm)
{
    CPUState *cs = CPU(arm);
    struct vcpu *v = &e->vcpus[index];

    v->arm = arm;
    e->states[index] = cs;
    cs->cpu_index = index;
    cs->cc = (CPUClass *)&arm->cc;
    set_up_exceptions(e, cs);
    cs->stop = cs->stopped = false;
    cs->created = true;
    arm->mp_affinity = e->config.mpidr[index] & ARM64_AFFINITY_MASK;
    arm->psci_conduit = e->config.conduit == CPU_CONDUIT_HVC   ? QEMU_PSCI_CONDUIT_HVC
                        : e->config.conduit == CPU_CONDUIT_SMC ? QEMU_PSCI_CONDUIT_SMC
                                                               : QEMU_PSCI_CONDUIT_DISABLED;
    if (e->config.has_el3 && e->config.pe_changed) {
        v->el_hook.hook = on_el_change;
        v->el_hook.opaque = e;
        QLIST_INSERT_HEAD(&arm->el_change_hooks, &v->el_hook, node);
    }
}

/* A copy of the first vCPU, as it was made and before anything ran: only its pointers are its own.
 */
static ARMCPU *clone_cpu(const ARMCPU *first)
{
    ARMCPU *arm = qemu_memalign(64, sizeof(*arm));
    CPUState *cs;

    if (!arm)
        return NULL;
    memcpy((void *)arm, (const void *)first, sizeof(*arm));
    cs = CPU(arm);
    cpu_set_cpustate_pointers(arm);
    QTAILQ_INIT(&cs->breakpoints);
    QTAILQ_INIT(&cs->watchpoints);
    QLIST_INIT(&arm->pre_el_change_hooks);
    QLIST_INIT(&arm->el_change_hooks);
    tlb_init(cs);
    cpu_tb_jmp_cache_clear(cs);
    return arm;
}

static void hcr_write_notify(CPUARMState *env, const ARMCPRegInfo *ri, uint64_t value)
{
    struct cpu_engine *e = engine_of(env->uc);

    e->hcr_write(env, ri, value | HCR_RW);
    notify_pe_changed(e, env_cpu(env)->cpu_index);
}

/* It is not of a machine's table, but what timers and interrupts do depends on it. */
static CPAccessResult hcr_check(CPUARMState *env, const ARMCPRegInfo *ri, bool is_read)
{
    static const struct cpu_sysreg name = {.name = "HCR_EL2", 3, 4, 1, 1, 0, true, true, 2};
    struct cpu_engine *e = engine_of(env->uc);
    CPAccessResult result = e->hcr_access ? e->hcr_access(env, ri, is_read) : CP_ACCESS_OK;

    if (result == CP_ACCESS_OK && !is_read)
        report_sysreg(env_cpu(env), &name, true, env->uc->reg_check_pc);
    return result;
}

static void scr_write_notify(CPUARMState *env, const ARMCPRegInfo *ri, uint64_t value)
{
    struct cpu_engine *e = engine_of(env->uc);

    e->scr_write(env, ri, value | SCR_RW);
    if (e->config.ecv) /* which the engine takes for RES0 */
        env->cp15.scr_el3 |= value & SCR_ECVEN;
    notify_pe_changed(e, env_cpu(env)->cpu_index);
}

ARMCPRegInfo *find_sysreg(struct cpu_engine *e, unsigned op0, unsigned op1, unsigned crn,
                          unsigned crm, unsigned op2)
{
    uint32_t key = ENCODE_AA64_CP_REG(CP_REG_ARM64_SYSREG_CP, crn, crm, op0, op1, op2);

    return g_hash_table_lookup(e->vcpus[0].arm->cp_regs, &key);
}

/* RNDR: a counter through SplitMix64, its own sequence per vCPU; always succeeds (NZCV = 0000). */
static uint64_t rndr_read(CPUARMState *env, const ARMCPRegInfo *ri)
{
    struct cpu_engine *e = engine_of(env->uc);
    struct vcpu *v = &e->vcpus[env_cpu(env)->cpu_index];
    uint64_t z = v->rndr_state += 0x9e3779b97f4a7c15ull;

    env->NF = env->CF = env->VF = 0;
    env->ZF = 1;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

static void remove_sysregs(struct cpu_engine *e, unsigned op1, unsigned crn, unsigned crm)
{
    for (unsigned op2 = 0; op2 < 8; op2++) {
        uint32_t key = ENCODE_AA64_CP_REG(CP_REG_ARM64_SYSREG_CP, crn, crm, 3, op1, op2);

        g_hash_table_remove(e->vcpus[0].arm->cp_regs, &key);
    }
}

/* The engine keeps the PMU's registers even where the ID registers say that there is none. */
static void remove_pmu(struct cpu_engine *e)
{
    for (unsigned crm = 12; crm <= 14; crm++)
        remove_sysregs(e, 3, 9, crm);
    remove_sysregs(e, 0, 9, 14);
    for (unsigned crm = 8; crm <= 15; crm++)
        remove_sysregs(e, 3, 14, crm);
}

static void adjust_own_sysregs(struct cpu_engine *e)
{
    ARMCPRegInfo *hcr = find_sysreg(e, 3, 4, 1, 1, 0);
    ARMCPRegInfo *scr = find_sysreg(e, 3, 6, 1, 1, 0);
    ARMCPRegInfo *rndr = find_sysreg(e, 3, 3, 2, 4, 0);
    ARMCPRegInfo *rndrrs = find_sysreg(e, 3, 3, 2, 4, 1);

    if (hcr && hcr->writefn) {
        e->hcr_write = hcr->writefn;
        hcr->writefn = hcr_write_notify;
        e->hcr_access = hcr->accessfn;
        hcr->accessfn = hcr_check;
        hcr->type |= ARM_CP_IO | ARM_CP_RAISES_EXC; /* the latter: the PC is written back first */
    }
    if (scr && scr->writefn) {
        e->scr_write = scr->writefn;
        scr->writefn = scr_write_notify;
        scr->type |= ARM_CP_IO | ARM_CP_RAISES_EXC;
    }
    remove_pmu(e);
    if (rndr)
        rndr->readfn = rndr_read;
    if (rndrrs)
        rndrrs->readfn = rndr_read;
}

static int create_vcpus(struct cpu_engine *e, const char **why)
{
    ARMCPU *first = ARM_CPU(e->uc->cpu);

    e->uc->all_cpus = e->states;
    adopt(e, 0, first);
    for (unsigned i = 1; i < e->n_vcpus; i++) {
        ARMCPU *arm = clone_cpu(first);

        if (!arm) {
            *why = "out of memory for vCPUs";
            return -ENOMEM;
        }
        adopt(e, i, arm);
        e->uc->n_all_cpus = i + 1;
    }
    e->uc->n_all_cpus = e->n_vcpus;
    return 0;
}

int engine_create(const struct cpu_engine_config *config, struct cpu_engine **out, const char **why)
{
    struct cpu_engine *e = calloc(1, sizeof(*e));
    const char *ignored;
    int rc;

    why = why ? why : &ignored;
    *why = "out of memory";
    if (!e)
        return -ENOMEM;
    e->config = *config;
    e->n_vcpus = config->n_vcpus;
    e->vcpus = calloc(config->n_vcpus, sizeof(*e->vcpus));
    e->states = calloc(config->n_vcpus, sizeof(CPUState *));
    rc = -ENOMEM;
    if (e->vcpus && e->states && config->n_vcpus <= MAX_VCPUS)
        rc = start_engine(e, why);
    if (!rc)
        rc = create_vcpus(e, why);
    if (rc) {
        engine_destroy(e);
        return rc;
    }
    if (set_up_vhe(e)) {
        *why = "out of memory";
        engine_destroy(e);
        return -ENOMEM;
    }
    e->uc->stop_interrupt = NULL;
    e->uc->retired_insns = retired_insns;
    e->uc->wait_is_over = wait_is_over;
    e->uc->send_event = send_event;
    set_up_memory(e);
    adjust_own_sysregs(e);
    for (unsigned i = 0; i < e->n_vcpus; i++)
        vcpu_reset(e, i);
    *out = e;
    return 0;
}

static void free_clone(struct vcpu *v)
{
    if (!v->arm)
        return;
    for (int i = 0; i < NB_MMU_MODES; i++) {
        g_free(v->arm->neg.tlb.d[i].iotlb);
        g_free(v->arm->neg.tlb.f[i].table);
    }
    qemu_vfree(v->arm);
}

void engine_destroy(struct cpu_engine *e)
{
    if (!e)
        return;
    if (e->uc && e->states && e->states[0]) {
        e->uc->cpu = e->states[0];
        QLIST_INIT(&e->vcpus[0].arm->el_change_hooks);
        e->uc->n_all_cpus = 1;
    }
    for (unsigned i = 1; e->vcpus && i < e->n_vcpus; i++)
        free_clone(&e->vcpus[i]);
    if (e->uc) {
        free_hidden_mappings(e);
        uc_close(e->uc);
    }
    free(e->observed_code);
    free(e->redirects);
    free(e->dirty_log);
    free(e->breaks);
    free(e->states);
    free(e->vcpus);
    free(e);
}
