/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EL2's registers, when there is a Secure EL2 (FEAT_SEL2): then both worlds use them, ICH_* among
 * them. Not saved: the timers, which each world has for itself (CNTHP and CNTHV, CNTHPS and
 * CNTHVS), and CNTVOFF_EL2, so that the normal world's timers fire when they should meanwhile.
 */
#include "images/monitor/monitor.h"

#define SAVE(reg)    c->reg = read_sysreg(reg);
#define RESTORE(reg) write_sysreg(c->reg, reg);

/* The expansions name each register: there is no access by number. */
#define LIST_REGISTERS(X)                                                                          \
    X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11) X(12) X(13) X(14) X(15)
#define SAVE_LR(n)                                                                                 \
    if (n < count)                                                                                 \
        c->lr[n] = read_sysreg(ICH_LR##n##_EL2);
#define RESTORE_LR(n)                                                                              \
    if (n < count)                                                                                 \
        write_sysreg(c->lr[n], ICH_LR##n##_EL2);
#define SAVE_APR(n)                                                                                \
    if (n < aprs) {                                                                                \
        c->apr[0][n] = read_sysreg(ICH_AP0R##n##_EL2);                                             \
        c->apr[1][n] = read_sysreg(ICH_AP1R##n##_EL2);                                             \
    }
#define RESTORE_APR(n)                                                                             \
    if (n < aprs) {                                                                                \
        write_sysreg(c->apr[0][n], ICH_AP0R##n##_EL2);                                             \
        write_sysreg(c->apr[1][n], ICH_AP1R##n##_EL2);                                             \
    }

static unsigned list_registers(void)
{
    return (read_sysreg(ICH_VTR_EL2) & 31) + 1;
}

/* Priorities have 5 bits in one register, 6 in two, 7 in four (IHI 0069, ICH_AP0R<n>_EL2). */
static unsigned active_priorities(void)
{
    return 1u << ((read_sysreg(ICH_VTR_EL2) >> 26 & 7) + 1 - 5);
}

void el2_save(struct el2_registers *c)
{
    unsigned count = list_registers(), aprs = active_priorities();
    EL2_REGISTERS(SAVE)
    LIST_REGISTERS(SAVE_LR)
    SAVE_APR(0)
    SAVE_APR(1)
    SAVE_APR(2)
    SAVE_APR(3)
}

void el2_load(const struct el2_registers *c)
{
    unsigned count = list_registers(), aprs = active_priorities();
    EL2_REGISTERS(RESTORE)
    LIST_REGISTERS(RESTORE_LR)
    RESTORE_APR(0)
    RESTORE_APR(1)
    RESTORE_APR(2)
    RESTORE_APR(3)
}
