/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ID registers. The engine keeps their values in two places: in the table of registers, which all
 * vCPUs share, for MRS; and in each vCPU, for the decision which instructions there are.
 */
#include "engine.h"

static const struct {
    uint8_t crm, op2;
    size_t offset;
} kept[] = {
    {4, 0, offsetof(struct ARMISARegisters, id_aa64pfr0)},
    {4, 1, offsetof(struct ARMISARegisters, id_aa64pfr1)},
    {5, 0, offsetof(struct ARMISARegisters, id_aa64dfr0)},
    {5, 1, offsetof(struct ARMISARegisters, id_aa64dfr1)},
    {6, 0, offsetof(struct ARMISARegisters, id_aa64isar0)},
    {6, 1, offsetof(struct ARMISARegisters, id_aa64isar1)},
    {7, 0, offsetof(struct ARMISARegisters, id_aa64mmfr0)},
    {7, 1, offsetof(struct ARMISARegisters, id_aa64mmfr1)},
    {7, 2, offsetof(struct ARMISARegisters, id_aa64mmfr2)},
};

int engine_id_get(struct cpu_engine *e, unsigned crm, unsigned op2, uint64_t *value)
{
    return vcpu_sysreg_raw(e, 0, 3, 0, 0, crm, op2, value);
}

static void keep(struct cpu_engine *e, size_t offset, uint64_t value)
{
    for (unsigned i = 0; i < e->n_vcpus; i++)
        memcpy((char *)&e->vcpus[i].arm->isar + offset, &value, sizeof(value));
}

int engine_id_set(struct cpu_engine *e, unsigned crm, unsigned op2, uint64_t value)
{
    ARMCPRegInfo *reg = find_sysreg(e, 3, 0, 0, crm, op2);

    if (!reg)
        return -ENOENT;
    if (reg->type & ARM_CP_CONST)
        reg->resetvalue = value;
    for (unsigned i = 0; i < ARRAY_SIZE(kept); i++) {
        if (kept[i].crm == crm && kept[i].op2 == op2)
            keep(e, kept[i].offset, value);
    }
    for (unsigned i = 0; i < e->n_vcpus; i++)
        arm_rebuild_hflags(env_of(e, i));
    tb_flush(state_of(e, 0)); /* the old value may be a constant in translated code */
    return 0;
}
