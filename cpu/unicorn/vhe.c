/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * FEAT_VHE's aliases, which the engine leaves out: with HCR_EL2.E2H = 1, EL2's accesses to these
 * EL1 registers reach the EL2 ones, and the _EL12 names reach EL1's (DDI 0487 D8.9, table of
 * redirected registers). The generic timer's own aliases are the timer library's.
 */
#include "engine.h"

struct alias {
    uint8_t src[5], dst[5]; /* op0, op1, crn, crm, op2 of the EL1 and the EL2 register */
    const char *new_name;   /* op1 = 5 with the EL1 register's other fields */
};

static const struct alias aliases[] = {
    {{3, 0, 1, 0, 0}, {3, 4, 1, 0, 0}, "SCTLR_EL12"},
    {{3, 0, 1, 0, 2}, {3, 4, 1, 1, 2}, "CPACR_EL12"},
    {{3, 0, 2, 0, 0}, {3, 4, 2, 0, 0}, "TTBR0_EL12"},
    {{3, 0, 2, 0, 1}, {3, 4, 2, 0, 1}, "TTBR1_EL12"},
    {{3, 0, 2, 0, 2}, {3, 4, 2, 0, 2}, "TCR_EL12"},
    {{3, 0, 4, 0, 0}, {3, 4, 4, 0, 0}, "SPSR_EL12"},
    {{3, 0, 4, 0, 1}, {3, 4, 4, 0, 1}, "ELR_EL12"},
    {{3, 0, 5, 1, 0}, {3, 4, 5, 1, 0}, "AFSR0_EL12"},
    {{3, 0, 5, 1, 1}, {3, 4, 5, 1, 1}, "AFSR1_EL12"},
    {{3, 0, 5, 2, 0}, {3, 4, 5, 2, 0}, "ESR_EL12"},
    {{3, 0, 6, 0, 0}, {3, 4, 6, 0, 0}, "FAR_EL12"},
    {{3, 0, 10, 2, 0}, {3, 4, 10, 2, 0}, "MAIR_EL12"},
    {{3, 0, 10, 3, 0}, {3, 4, 10, 3, 0}, "AMAIR_EL12"},
    {{3, 0, 12, 0, 0}, {3, 4, 12, 0, 0}, "VBAR_EL12"},
    {{3, 0, 13, 0, 1}, {3, 4, 13, 0, 1}, "CONTEXTIDR_EL12"},
};

/* Hangs off the EL1 register's entry. */
struct redirect {
    const ARMCPRegInfo *el2;
    CPReadFn *read; /* the EL1 register's own; NULL: the field */
    CPWriteFn *write;
};

static uint64_t field_read(CPUARMState *env, const ARMCPRegInfo *ri)
{
    return *(uint64_t *)((char *)env + ri->fieldoffset);
}

static void field_write(CPUARMState *env, const ARMCPRegInfo *ri, uint64_t value)
{
    *(uint64_t *)((char *)env + ri->fieldoffset) = value;
}

static bool redirected(CPUARMState *env)
{
    return arm_current_el(env) == 2 && (arm_hcr_el2_eff(env) & HCR_E2H);
}

static uint64_t el1_read(CPUARMState *env, const ARMCPRegInfo *ri)
{
    const struct redirect *r = ri->opaque;

    if (redirected(env))
        return (r->el2->readfn ? r->el2->readfn : field_read)(env, r->el2);
    return (r->read ? r->read : field_read)(env, ri);
}

bool is_redirected(const ARMCPRegInfo *ri)
{
    return ri->readfn == el1_read;
}

static void el1_write(CPUARMState *env, const ARMCPRegInfo *ri, uint64_t value)
{
    const struct redirect *r = ri->opaque;

    if (redirected(env))
        (r->el2->writefn ? r->el2->writefn : field_write)(env, r->el2, value);
    else
        (r->write ? r->write : field_write)(env, ri, value);
}

/* The _EL12 names exist at EL2 with E2H, and at EL3 when EL2 has E2H; else they are UNDEFINED. */
static CPAccessResult el12_access(CPUARMState *env, const ARMCPRegInfo *ri, bool is_read)
{
    return arm_hcr_el2_eff(env) & HCR_E2H ? CP_ACCESS_OK : CP_ACCESS_TRAP_UNCATEGORIZED;
}

static void add_el12(struct cpu_engine *e, const struct alias *a, const ARMCPRegInfo *el1)
{
    ARMCPRegInfo alias = *el1;

    alias.name = a->new_name;
    alias.state = ARM_CP_STATE_AA64;
    alias.opc1 = 5;
    alias.type |= ARM_CP_ALIAS | ARM_CP_NO_RAW;
    alias.access = PL2_RW;
    alias.accessfn = el12_access;
    alias.bank_fieldoffsets[0] = alias.bank_fieldoffsets[1] = 0;
    define_one_arm_cp_reg_with_opaque(e->vcpus[0].arm, &alias, el1->opaque);
}

/* Called once, before anything ran. The redirects are the engine's memory: freed with it. */
int set_up_vhe(struct cpu_engine *e)
{
    size_t n = sizeof(aliases) / sizeof(aliases[0]);
    struct redirect *redirects;

    if (!e->config.has_el2 || !cpu_isar_feature(aa64_vh, e->vcpus[0].arm))
        return 0;
    redirects = calloc(n, sizeof(*redirects));
    if (!redirects)
        return -ENOMEM;
    e->redirects = redirects;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *s = aliases[i].src, *d = aliases[i].dst;
        ARMCPRegInfo *el1 = find_sysreg(e, s[0], s[1], s[2], s[3], s[4]);
        ARMCPRegInfo *el2 = find_sysreg(e, d[0], d[1], d[2], d[3], d[4]);

        if (!el1 || !el2)
            return -ENOENT;
        add_el12(e, &aliases[i], el1);
        redirects[i] = (struct redirect){.el2 = el2, .read = el1->readfn, .write = el1->writefn};
        el1->opaque = &redirects[i];
        el1->readfn = el1_read;
        el1->writefn = el1_write;
    }
    return 0;
}
