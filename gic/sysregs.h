/* SPDX-License-Identifier: MIT */
/*
 * System registers: the handlers that the table in sysregs.c names. cpuif.c has ICC_*, sgi.c those
 * of SGIs, virt.c ICV_* and ich.c ICH_*.
 */
#ifndef GIC_SYSREGS_H
#define GIC_SYSREGS_H

#include "gic/internal.h"

/* Which traps and redirections apply to a system register (DDI 0487 D13.8). */
enum gic_sysreg_class {
    CLASS_GROUP0,
    CLASS_GROUP1,
    CLASS_COMMON,
    CLASS_DIR,
    CLASS_SGI,
    CLASS_SRE_EL1,
    CLASS_SRE_EL2,
    CLASS_EL3,
    CLASS_ICH,
    CLASS_NMI
};

#define SYSREG_READ(name)                                                                          \
    uint64_t name(struct gic *g, struct gic_vcpu *v, const struct gic_sysreg *reg,                 \
                  const struct gic_pe_state *pe)
#define SYSREG_WRITE(name)                                                                         \
    void name(struct gic *g, struct gic_vcpu *v, const struct gic_sysreg *reg,                     \
              const struct gic_pe_state *pe, uint64_t value)

/** gic_ctlr_constants - bits of ICC_CTLR_ELx that the configuration decides. */
uint64_t gic_ctlr_constants(const struct gic *g);
/** gic_sre_settle - after ICC_SRE_EL<n> changed. */
void gic_sre_settle(struct gic_vcpu *v);
/** gic_sre_mend - likewise after a restore: values that they can hold. */
void gic_sre_mend(struct gic_vcpu *v);
/** gic_acknowledge - takes the highest pending interrupt, if @seen is its number and it preempts.
 */
uint32_t gic_acknowledge(struct gic_vcpu *v, uint32_t seen);
/** gic_end - ICC_EOIR<n>_EL1, GICC_EOIR and its kin. */
void gic_end(struct gic_vcpu *v, uint32_t intid, bool group1, const struct gic_pe_state *pe);

SYSREG_READ(icc_iar_read);
SYSREG_READ(icc_nmiar1_read);
SYSREG_READ(icc_hppir_read);
SYSREG_WRITE(icc_eoir_write);
SYSREG_WRITE(icc_dir_write);
SYSREG_READ(icc_rpr_read);
SYSREG_READ(icc_pmr_read);
SYSREG_WRITE(icc_pmr_write);
SYSREG_READ(icc_bpr_read);
SYSREG_WRITE(icc_bpr_write);
SYSREG_READ(icc_apr_read);
SYSREG_WRITE(icc_apr_write);
SYSREG_READ(icc_ctlr_el1_read);
SYSREG_WRITE(icc_ctlr_el1_write);
SYSREG_READ(icc_ctlr_el3_read);
SYSREG_WRITE(icc_ctlr_el3_write);
SYSREG_READ(icc_sre_read);
SYSREG_WRITE(icc_sre_write);
SYSREG_READ(icc_igrpen_read);
SYSREG_WRITE(icc_igrpen_write);
SYSREG_READ(icc_igrpen1_el3_read);
SYSREG_WRITE(icc_igrpen1_el3_write);
SYSREG_WRITE(icc_sgi_write);

SYSREG_READ(icv_iar_read);
SYSREG_READ(icv_hppir_read);
SYSREG_READ(icv_nmiar1_read);
SYSREG_WRITE(icv_eoir_write);
SYSREG_WRITE(icv_dir_write);
SYSREG_READ(icv_rpr_read);
SYSREG_READ(icv_pmr_read);
SYSREG_WRITE(icv_pmr_write);
SYSREG_READ(icv_bpr_read);
SYSREG_WRITE(icv_bpr_write);
SYSREG_READ(icv_apr_read);
SYSREG_WRITE(icv_apr_write);
SYSREG_READ(icv_ctlr_read);
SYSREG_WRITE(icv_ctlr_write);
SYSREG_READ(icv_igrpen_read);
SYSREG_WRITE(icv_igrpen_write);

SYSREG_READ(ich_apr_read);
SYSREG_WRITE(ich_apr_write);
SYSREG_READ(ich_hcr_read);
SYSREG_WRITE(ich_hcr_write);
SYSREG_READ(ich_vtr_read);
SYSREG_READ(ich_misr_read);
SYSREG_READ(ich_eisr_read);
SYSREG_READ(ich_elrsr_read);
SYSREG_READ(ich_vmcr_read);
SYSREG_WRITE(ich_vmcr_write);
SYSREG_READ(ich_lr_read);
SYSREG_WRITE(ich_lr_write);

/**
 * gic_sysreg_user - the row that device attributes know by @instr (Op0:Op1:CRn:CRm:Op2), or NULL.
 * gic_sysreg_is_state - whether device attributes know a row.
 */
const struct gic_sysreg *gic_sysreg_user(const struct gic *g, uint32_t instr);
bool gic_sysreg_is_state(const struct gic *g, const struct gic_sysreg *reg);
uint32_t gic_sysreg_instr(const struct gic_sysreg *reg);
/** gic_sysreg_user_read, _write - as the architecture keeps it; 0 or -EINVAL. */
uint64_t gic_sysreg_user_read(struct gic_vcpu *v, const struct gic_sysreg *reg, bool ns);
int gic_sysreg_user_write(struct gic_vcpu *v, const struct gic_sysreg *reg, bool ns,
                          uint64_t value);

#endif
