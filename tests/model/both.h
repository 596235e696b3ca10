/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The library and the model side by side: every step does the same to both, every comparison asks
 * both the same.
 */
#ifndef TESTS_MODEL_BOTH_H
#define TESTS_MODEL_BOTH_H

#include "tests/model/model.h"
#include "tests/unit/test_gic_rig.h"

/* System registers by a short name, found once. */
#define MODEL_SYSREGS(X)                                                                           \
    X(IAR0, "ICC_IAR0_EL1")                                                                        \
    X(IAR1, "ICC_IAR1_EL1")                                                                        \
    X(NMIAR1, "ICC_NMIAR1_EL1")                                                                    \
    X(HPPIR0, "ICC_HPPIR0_EL1")                                                                    \
    X(HPPIR1, "ICC_HPPIR1_EL1")                                                                    \
    X(EOIR0, "ICC_EOIR0_EL1")                                                                      \
    X(EOIR1, "ICC_EOIR1_EL1")                                                                      \
    X(DIR, "ICC_DIR_EL1")                                                                          \
    X(RPR, "ICC_RPR_EL1")                                                                          \
    X(PMR, "ICC_PMR_EL1")                                                                          \
    X(BPR0, "ICC_BPR0_EL1")                                                                        \
    X(BPR1, "ICC_BPR1_EL1")                                                                        \
    X(CTLR, "ICC_CTLR_EL1")                                                                        \
    X(CTLR3, "ICC_CTLR_EL3")                                                                       \
    X(IGRPEN0, "ICC_IGRPEN0_EL1")                                                                  \
    X(IGRPEN1, "ICC_IGRPEN1_EL1")                                                                  \
    X(IGRPEN1_3, "ICC_IGRPEN1_EL3")                                                                \
    X(SGI1R, "ICC_SGI1R_EL1")                                                                      \
    X(HCR, "ICH_HCR_EL2")                                                                          \
    X(VMCR, "ICH_VMCR_EL2")                                                                        \
    X(MISR, "ICH_MISR_EL2")                                                                        \
    X(EISR, "ICH_EISR_EL2")                                                                        \
    X(ELRSR, "ICH_ELRSR_EL2")                                                                      \
    X(VTR, "ICH_VTR_EL2")                                                                          \
    X(LR0, "ICH_LR0_EL2")                                                                          \
    X(LR1, "ICH_LR1_EL2")                                                                          \
    X(LR2, "ICH_LR2_EL2")                                                                          \
    X(LR3, "ICH_LR3_EL2")                                                                          \
    X(LR4, "ICH_LR4_EL2")                                                                          \
    X(LR5, "ICH_LR5_EL2")                                                                          \
    X(LR6, "ICH_LR6_EL2")                                                                          \
    X(LR7, "ICH_LR7_EL2")                                                                          \
    X(LR8, "ICH_LR8_EL2")                                                                          \
    X(LR9, "ICH_LR9_EL2")                                                                          \
    X(LR10, "ICH_LR10_EL2")                                                                        \
    X(LR11, "ICH_LR11_EL2")                                                                        \
    X(LR12, "ICH_LR12_EL2")                                                                        \
    X(LR13, "ICH_LR13_EL2")                                                                        \
    X(LR14, "ICH_LR14_EL2")                                                                        \
    X(LR15, "ICH_LR15_EL2")                                                                        \
    X(HAP0R0, "ICH_AP0R0_EL2")                                                                     \
    X(HAP0R1, "ICH_AP0R1_EL2")                                                                     \
    X(HAP0R2, "ICH_AP0R2_EL2")                                                                     \
    X(HAP0R3, "ICH_AP0R3_EL2")                                                                     \
    X(HAP1R0, "ICH_AP1R0_EL2")                                                                     \
    X(HAP1R1, "ICH_AP1R1_EL2")                                                                     \
    X(HAP1R2, "ICH_AP1R2_EL2")                                                                     \
    X(HAP1R3, "ICH_AP1R3_EL2")                                                                     \
    X(AP0R0, "ICC_AP0R0_EL1")                                                                      \
    X(AP0R1, "ICC_AP0R1_EL1")                                                                      \
    X(AP0R2, "ICC_AP0R2_EL1")                                                                      \
    X(AP0R3, "ICC_AP0R3_EL1")                                                                      \
    X(AP1R0, "ICC_AP1R0_EL1")                                                                      \
    X(AP1R1, "ICC_AP1R1_EL1")                                                                      \
    X(AP1R2, "ICC_AP1R2_EL1")                                                                      \
    X(AP1R3, "ICC_AP1R3_EL1")

enum model_sysreg {
#define X(id, name) R_##id,
    MODEL_SYSREGS(X)
#undef X
        R_COUNT
};

struct both {
    struct rig *r;
    struct gic_its *its;
    struct model m;
    uint64_t seed;
    uint32_t cwriter;
    bool one_of_n; /* as configured */
    unsigned long taken, virtual_taken, lpis_taken, direct_taken;
    const struct gic_sysreg *reg[R_COUNT];
};

/* -- both.c -- */
struct both_config {
    bool two_states, nmi, one_of_n;
    enum gic_version version;
    unsigned priority_bits, list_registers; /* 0: 4 */
    uint64_t seed;
};

void both_create(struct both *b, const struct both_config *config);
void both_destroy(struct both *b);
/** both_dice - 0 .. n - 1, by the seed alone. */
uint32_t both_dice(struct both *b, uint32_t n);
/** both_get, both_set - a system register as @cpu's PE is now; the access must be allowed. */
uint64_t both_get(struct both *b, unsigned cpu, enum model_sysreg reg);
void both_set(struct both *b, unsigned cpu, enum model_sysreg reg, uint64_t value);
/** both_may - whether such an access is allowed, after comparing that with the model. */
bool both_may(struct both *b, unsigned cpu, enum model_sysreg reg);
/** both_get_as, both_set_as - likewise for a PE in state @pe. */
uint64_t both_get_as(struct both *b, unsigned cpu, const struct gic_pe_state *pe,
                     enum model_sysreg reg);
void both_set_as(struct both *b, unsigned cpu, const struct gic_pe_state *pe, enum model_sysreg reg,
                 uint64_t value);
/** both_command - one command to the ITS. */
void both_command(struct both *b, uint64_t d0, uint64_t d1, uint64_t d2, uint64_t d3);
/** both_memory - guest memory at @address. */
uint8_t *both_memory(uint64_t address);
/** both_find - any INTID that exists: private and shared ones in turn. */
unsigned both_any_intid(struct both *b);
/** both_virtual_changed - the maintenance interrupt's wire follows ICH_MISR. */
void both_virtual_changed(struct both *b, unsigned cpu);

enum {
    PROP_TABLE = 0x0,
    PEND_TABLE = 0x10000,
    DEVICE_TABLE = 0x50000,
    COLLECTION_TABLE = 0x60000,
    QUEUE = 0x70000,
    ITT = 0x80000,
    V_PROP_TABLE = 0x90000, /* 64 KiB for each vPE */
    V_PEND_TABLE = 0xc0000, /* likewise */
    ITS_VPE_TABLE = 0xf0000,
    VPE_TABLE = 0x100000,
    MEMORY_BYTES = 0x110000
};

/* -- steps -- */
typedef void step_fn(struct both *b);
step_fn step_bits, step_config, step_wire, step_sgi, step_dist;            /* step_dist.c */
step_fn step_take, step_end, step_cpuif, step_pe, step_sleep;              /* step_cpu.c */
step_fn step_map, step_event, step_move, step_lpi_config, step_lpi_enable; /* step_lpi.c */
step_fn step_vpe_event, step_vpe_schedule, step_vpe_config, step_vpe_sgi;  /* step_vpe.c */
step_fn step_v_lr, step_v_control, step_v_take, step_v_end;                /* step_virtual.c */
step_fn step_v_guest, step_v_look;                                         /* step_vregs.c */

/** both_v_may - whether the guest at @cpu may access @reg, after comparing that with the model. */
bool both_v_may(struct both *b, unsigned cpu, enum model_sysreg reg, enum m_vclass class,
                bool is_write);
/** both_hypervisor, both_guest - a PE at EL2, and at EL1 below one that takes interrupts itself. */
struct gic_pe_state both_hypervisor(void);
struct gic_pe_state both_guest(void);

#endif
