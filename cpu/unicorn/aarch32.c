/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * AArch32: EL0 has it, the higher levels do not (engine.c, before_realize()). So of the machine's
 * registers those that EL0 may be let to, the generic timer's, have their names of AArch32 too: MRC
 * and MCR, or MRRC and MCRR for what has 64 bits (DDI 0487 G8.7, "Generic Timer registers").
 */
#include "engine.h"

struct name {
    uint8_t crm, op2;                  /* of CNT*_EL0: 3, 3, c14 */
    bool is_64;                        /* MRRC: crm and opc1 alone */
    uint8_t a32_crm, a32_op1, a32_op2; /* coprocessor 15; MRC: c14 */
};

static const struct name names[] = {
    {0, 0, false, 0, 0, 0}, /* CNTFRQ */
    {0, 1, true, 14, 0, 0}, /* CNTPCT */
    {0, 2, true, 14, 1, 0}, /* CNTVCT */
    {0, 5, true, 14, 8, 0}, /* CNTPCTSS */
    {0, 6, true, 14, 9, 0}, /* CNTVCTSS */
    {2, 0, false, 2, 0, 0}, /* CNTP_TVAL */
    {2, 1, false, 2, 0, 1}, /* CNTP_CTL */
    {2, 2, true, 14, 2, 0}, /* CNTP_CVAL */
    {3, 0, false, 3, 0, 0}, /* CNTV_TVAL */
    {3, 1, false, 3, 0, 1}, /* CNTV_CTL */
    {3, 2, true, 14, 3, 0}, /* CNTV_CVAL */
};

static const struct name *name_of(const struct cpu_sysreg *reg)
{
    if (reg->op0 != 3 || reg->op1 != 3 || reg->crn != 14)
        return NULL;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        if (names[i].crm == reg->crm && names[i].op2 == reg->op2)
            return &names[i];
    return NULL;
}

static ARMCPRegInfo *find(struct cpu_engine *e, const struct name *n, int non_secure)
{
    unsigned crn = n->is_64 ? 0 : 14;
    uint32_t key = ENCODE_CP_REG(15, n->is_64, non_secure, crn, n->a32_crm, n->a32_op1, n->a32_op2);

    return g_hash_table_lookup(e->vcpus[0].arm->cp_regs, &key);
}

static void define(struct cpu_engine *e, const struct name *n, const struct cpu_sysreg *reg)
{
    ARMCPRegInfo fresh = {
        .name = reg->name,
        .state = ARM_CP_STATE_AA32,
        .cp = 15,
        .crn = n->is_64 ? 0 : 14,
        .crm = n->a32_crm,
        .opc1 = n->a32_op1,
        .opc2 = n->a32_op2,
        .type = n->is_64 ? ARM_CP_64BIT : 0,
    };

    fill_reg_info(&fresh, reg);
    define_one_arm_cp_reg_with_opaque(e->vcpus[0].arm, &fresh, (void *)reg);
}

void register_aarch32(struct cpu_engine *e, const struct cpu_sysreg *reg)
{
    const struct name *n = name_of(reg);

    if (!n)
        return;
    if (!find(e, n, 0) && !find(e, n, 1)) {
        define(e, n, reg);
        return;
    }
    for (int non_secure = 0; non_secure < 2; non_secure++) {
        ARMCPRegInfo *known = find(e, n, non_secure);
        if (known)
            fill_reg_info(known, reg);
    }
}
