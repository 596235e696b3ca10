/* SPDX-License-Identifier: MIT */
/*
 * The table of system registers, and who may access them (IHI 0069 12.2 to 12.4; DDI 0487 D13.8).
 *
 * Rows give the order of checks for EL1: hypervisor traps (ICH_HCR_EL2), redirection to the virtual
 * interface (HCR_EL2.IMO, FMO), EL3 traps (SCR_EL3.IRQ, FIQ).
 */
#include <errno.h>

#include "gic/internal.h"
#include "gic/sysregs.h"

#define ENC(a, b, c, d, e) .op0 = a, .op1 = b, .crn = c, .crm = d, .op2 = e
#define RO                 .readable = true
#define WO                 .writable = true
#define RW                 .readable = true, .writable = true

#define AP0R(n)                                                                                    \
    {                                                                                              \
        .name = "ICC_AP0R" #n "_EL1", ENC(3, 0, 12, 8, 4 + n), RW, .min_el = 1,                    \
        .section = "12.2.3", .kind = CLASS_GROUP0, .index = n, .read = icc_apr_read,               \
        .write = icc_apr_write, .read_virtual = icv_apr_read, .write_virtual = icv_apr_write       \
    }
#define AP1R(n)                                                                                    \
    {                                                                                              \
        .name = "ICC_AP1R" #n "_EL1", ENC(3, 0, 12, 9, n), RW, .min_el = 1, .section = "12.2.4",   \
        .kind = CLASS_GROUP1, .index = n, .read = icc_apr_read, .write = icc_apr_write,            \
        .read_virtual = icv_apr_read, .write_virtual = icv_apr_write                               \
    }
#define HAP(which, n, m)                                                                           \
    {                                                                                              \
        .name = "ICH_AP" #which "R" #n "_EL2", ENC(3, 4, 12, m, n), RW, .min_el = 2,               \
        .section = "12.4.1", .kind = CLASS_ICH, .index = (which) << 4 | n, .read = ich_apr_read,   \
        .write = ich_apr_write                                                                     \
    }
#define LR(n)                                                                                      \
    {                                                                                              \
        .name = "ICH_LR" #n "_EL2", ENC(3, 4, 12, 12 + n / 8, n % 8), RW, .min_el = 2,             \
        .section = "12.4.6", .kind = CLASS_ICH, .index = n, .read = ich_lr_read,                   \
        .write = ich_lr_write                                                                      \
    }

static const struct gic_sysreg rows[] = {
    {.name = "ICC_PMR_EL1",
     ENC(3, 0, 4, 6, 0),
     RW,
     .min_el = 1,
     .section = "12.2.22",
     .kind = CLASS_COMMON,
     .read = icc_pmr_read,
     .write = icc_pmr_write,
     .read_virtual = icv_pmr_read,
     .write_virtual = icv_pmr_write},
    {.name = "ICC_IAR0_EL1",
     ENC(3, 0, 12, 8, 0),
     RO,
     .min_el = 1,
     .section = "12.2.16",
     .kind = CLASS_GROUP0,
     .read = icc_iar_read,
     .read_virtual = icv_iar_read},
    {.name = "ICC_EOIR0_EL1",
     ENC(3, 0, 12, 8, 1),
     WO,
     .min_el = 1,
     .section = "12.2.11",
     .kind = CLASS_GROUP0,
     .write = icc_eoir_write,
     .write_virtual = icv_eoir_write},
    {.name = "ICC_HPPIR0_EL1",
     ENC(3, 0, 12, 8, 2),
     RO,
     .min_el = 1,
     .section = "12.2.14",
     .kind = CLASS_GROUP0,
     .read = icc_hppir_read,
     .read_virtual = icv_hppir_read},
    {.name = "ICC_BPR0_EL1",
     ENC(3, 0, 12, 8, 3),
     RW,
     .min_el = 1,
     .section = "12.2.5",
     .kind = CLASS_GROUP0,
     .read = icc_bpr_read,
     .write = icc_bpr_write,
     .read_virtual = icv_bpr_read,
     .write_virtual = icv_bpr_write},
    AP0R(0),
    AP0R(1),
    AP0R(2),
    AP0R(3),
    AP1R(0),
    AP1R(1),
    AP1R(2),
    AP1R(3),
    {.name = "ICC_NMIAR1_EL1",
     ENC(3, 0, 12, 9, 5),
     RO,
     .min_el = 1,
     .section = "12.2.20",
     .kind = CLASS_NMI,
     .read = icc_nmiar1_read,
     .read_virtual = icv_nmiar1_read},
    {.name = "ICC_DIR_EL1",
     ENC(3, 0, 12, 11, 1),
     WO,
     .min_el = 1,
     .section = "12.2.10",
     .kind = CLASS_DIR,
     .write = icc_dir_write,
     .write_virtual = icv_dir_write},
    {.name = "ICC_RPR_EL1",
     ENC(3, 0, 12, 11, 3),
     RO,
     .min_el = 1,
     .section = "12.2.25",
     .kind = CLASS_COMMON,
     .read = icc_rpr_read,
     .read_virtual = icv_rpr_read},
    {.name = "ICC_SGI1R_EL1",
     ENC(3, 0, 12, 11, 5),
     WO,
     .min_el = 1,
     .section = "12.2.28",
     .kind = CLASS_SGI,
     .index = 1,
     .write = icc_sgi_write},
    {.name = "ICC_ASGI1R_EL1",
     ENC(3, 0, 12, 11, 6),
     WO,
     .min_el = 1,
     .section = "12.2.2",
     .kind = CLASS_SGI,
     .index = 2,
     .write = icc_sgi_write},
    {.name = "ICC_SGI0R_EL1",
     ENC(3, 0, 12, 11, 7),
     WO,
     .min_el = 1,
     .section = "12.2.27",
     .kind = CLASS_SGI,
     .index = 0,
     .write = icc_sgi_write},
    {.name = "ICC_IAR1_EL1",
     ENC(3, 0, 12, 12, 0),
     RO,
     .min_el = 1,
     .section = "12.2.17",
     .kind = CLASS_GROUP1,
     .read = icc_iar_read,
     .read_virtual = icv_iar_read},
    {.name = "ICC_EOIR1_EL1",
     ENC(3, 0, 12, 12, 1),
     WO,
     .min_el = 1,
     .section = "12.2.12",
     .kind = CLASS_GROUP1,
     .write = icc_eoir_write,
     .write_virtual = icv_eoir_write},
    {.name = "ICC_HPPIR1_EL1",
     ENC(3, 0, 12, 12, 2),
     RO,
     .min_el = 1,
     .section = "12.2.15",
     .kind = CLASS_GROUP1,
     .read = icc_hppir_read,
     .read_virtual = icv_hppir_read},
    {.name = "ICC_BPR1_EL1",
     ENC(3, 0, 12, 12, 3),
     RW,
     .min_el = 1,
     .section = "12.2.6",
     .kind = CLASS_GROUP1,
     .read = icc_bpr_read,
     .write = icc_bpr_write,
     .read_virtual = icv_bpr_read,
     .write_virtual = icv_bpr_write},
    {.name = "ICC_CTLR_EL1",
     ENC(3, 0, 12, 12, 4),
     RW,
     .min_el = 1,
     .section = "12.2.8",
     .kind = CLASS_COMMON,
     .read = icc_ctlr_el1_read,
     .write = icc_ctlr_el1_write,
     .read_virtual = icv_ctlr_read,
     .write_virtual = icv_ctlr_write},
    /* The higher levels first: their SRE lets the lower ones' be set, also in a restore. */
    {.name = "ICC_SRE_EL3",
     ENC(3, 6, 12, 12, 5),
     RW,
     .min_el = 3,
     .section = "12.2.31",
     .kind = CLASS_EL3,
     .index = 3,
     .read = icc_sre_read,
     .write = icc_sre_write},
    {.name = "ICC_SRE_EL2",
     ENC(3, 4, 12, 9, 5),
     RW,
     .min_el = 2,
     .section = "12.2.30",
     .kind = CLASS_SRE_EL2,
     .index = 2,
     .read = icc_sre_read,
     .write = icc_sre_write},
    {.name = "ICC_SRE_EL1",
     ENC(3, 0, 12, 12, 5),
     RW,
     .min_el = 1,
     .section = "12.2.29",
     .kind = CLASS_SRE_EL1,
     .index = 1,
     .read = icc_sre_read,
     .write = icc_sre_write},
    {.name = "ICC_IGRPEN0_EL1",
     ENC(3, 0, 12, 12, 6),
     RW,
     .min_el = 1,
     .section = "12.2.17",
     .kind = CLASS_GROUP0,
     .read = icc_igrpen_read,
     .write = icc_igrpen_write,
     .read_virtual = icv_igrpen_read,
     .write_virtual = icv_igrpen_write},
    {.name = "ICC_IGRPEN1_EL1",
     ENC(3, 0, 12, 12, 7),
     RW,
     .min_el = 1,
     .section = "12.2.18",
     .kind = CLASS_GROUP1,
     .read = icc_igrpen_read,
     .write = icc_igrpen_write,
     .read_virtual = icv_igrpen_read,
     .write_virtual = icv_igrpen_write},
    {.name = "ICC_CTLR_EL3",
     ENC(3, 6, 12, 12, 4),
     RW,
     .min_el = 3,
     .section = "12.2.9",
     .kind = CLASS_EL3,
     .read = icc_ctlr_el3_read,
     .write = icc_ctlr_el3_write},
    {.name = "ICC_IGRPEN1_EL3",
     ENC(3, 6, 12, 12, 7),
     RW,
     .min_el = 3,
     .section = "12.2.19",
     .kind = CLASS_EL3,
     .read = icc_igrpen1_el3_read,
     .write = icc_igrpen1_el3_write},

    HAP(0, 0, 8),
    HAP(0, 1, 8),
    HAP(0, 2, 8),
    HAP(0, 3, 8),
    HAP(1, 0, 9),
    HAP(1, 1, 9),
    HAP(1, 2, 9),
    HAP(1, 3, 9),
    {.name = "ICH_HCR_EL2",
     ENC(3, 4, 12, 11, 0),
     RW,
     .min_el = 2,
     .section = "12.4.5",
     .kind = CLASS_ICH,
     .read = ich_hcr_read,
     .write = ich_hcr_write},
    {.name = "ICH_VTR_EL2",
     ENC(3, 4, 12, 11, 1),
     RO,
     .min_el = 2,
     .section = "12.4.9",
     .kind = CLASS_ICH,
     .read = ich_vtr_read},
    {.name = "ICH_MISR_EL2",
     ENC(3, 4, 12, 11, 2),
     RO,
     .min_el = 2,
     .section = "12.4.7",
     .kind = CLASS_ICH,
     .read = ich_misr_read},
    {.name = "ICH_EISR_EL2",
     ENC(3, 4, 12, 11, 3),
     RO,
     .min_el = 2,
     .section = "12.4.3",
     .kind = CLASS_ICH,
     .read = ich_eisr_read},
    {.name = "ICH_ELRSR_EL2",
     ENC(3, 4, 12, 11, 5),
     RO,
     .min_el = 2,
     .section = "12.4.4",
     .kind = CLASS_ICH,
     .read = ich_elrsr_read},
    {.name = "ICH_VMCR_EL2",
     ENC(3, 4, 12, 11, 7),
     RW,
     .min_el = 2,
     .section = "12.4.8",
     .kind = CLASS_ICH,
     .read = ich_vmcr_read,
     .write = ich_vmcr_write},
    LR(0),
    LR(1),
    LR(2),
    LR(3),
    LR(4),
    LR(5),
    LR(6),
    LR(7),
    LR(8),
    LR(9),
    LR(10),
    LR(11),
    LR(12),
    LR(13),
    LR(14),
    LR(15),
};

const struct gic_sysreg *gic_sysregs(size_t *count)
{
    *count = sizeof(rows) / sizeof(rows[0]);
    return rows;
}

/* -- Presence -- */

/* 32 levels that can preempt per register; fewer priority bits, fewer registers. */
static bool apr_exists(const struct gic *g, unsigned n)
{
    return n == 0 || n < (1u << g->pre_bits) / 32;
}

/* Registers that come in rows: all of them have an n = 0. */
static bool index_exists(const struct gic *g, const struct gic_sysreg *reg)
{
    if (reg->read == icc_apr_read)
        return apr_exists(g, reg->index);
    if (reg->read == ich_apr_read)
        return apr_exists(g, reg->index & 0xf);
    if (reg->read == ich_lr_read)
        return reg->index < g->config.list_registers;
    return true;
}

uint16_t gic_absent_classes(const struct gic_config *c)
{
    unsigned el2 = 1u << CLASS_ICH | 1u << CLASS_SRE_EL2;

    return (uint16_t)((c->has_nmi ? 0 : 1u << CLASS_NMI) | (c->has_el3 ? 0 : 1u << CLASS_EL3) |
                      (c->has_el2 ? 0 : el2));
}

static bool exists(const struct gic *g, const struct gic_sysreg *reg)
{
    if ((g->absent_classes >> reg->kind) & 1)
        return false;
    return reg->index == 0 || reg->kind == CLASS_SGI || index_exists(g, reg);
}

/* -- Redirection and traps -- */

/* What sends a class to the virtual interface (any bit), and what traps it (any bit; all bits). */
static const struct {
    uint64_t hcr;
    uint32_t ich_hcr;
    uint64_t scr;
} classes[] = {
    [CLASS_GROUP0] = {HCR_FMO, ICH_HCR_TALL0, SCR_FIQ},
    [CLASS_GROUP1] = {HCR_IMO, ICH_HCR_TALL1, SCR_IRQ},
    [CLASS_NMI] = {HCR_IMO, ICH_HCR_TALL1, SCR_IRQ},
    [CLASS_COMMON] = {HCR_FMO | HCR_IMO, ICH_HCR_TC, SCR_FIQ | SCR_IRQ},
    [CLASS_SGI] = {HCR_FMO | HCR_IMO, ICH_HCR_TC, SCR_FIQ | SCR_IRQ},
    [CLASS_DIR] = {HCR_FMO | HCR_IMO, ICH_HCR_TC | ICH_HCR_TDIR, SCR_FIQ | SCR_IRQ},
    [CLASS_SRE_EL1] = {0, 0, 0},
    [CLASS_SRE_EL2] = {0, 0, 0},
    [CLASS_EL3] = {0, 0, 0},
    [CLASS_ICH] = {0, 0, 0},
};

/* At EL1 below a hypervisor that takes the interrupts itself: the virtual interface. */
static bool routes_virtual(const struct gic_sysreg *reg, const struct gic_pe_state *pe)
{
    return pe->el == 1 && pe->el2_enabled && (pe->hcr_el2 & classes[reg->kind].hcr) != 0;
}

static bool ich_traps(const struct gic_vcpu *v, const struct gic_sysreg *reg)
{
    return (v->cpu.ich_hcr & classes[reg->kind].ich_hcr) != 0;
}

static bool el3_traps(const struct gic_sysreg *reg, const struct gic_pe_state *pe)
{
    uint64_t all = classes[reg->kind].scr;

    return all != 0 && (pe->scr_el3 & all) == all;
}

/* ICC_SRE_EL<n>.Enable of a higher level lets lower ones reach their own (IHI 0069 12.2.29). */
static enum gic_access check_sre(const struct gic *g, const struct gic_vcpu *v,
                                 const struct gic_sysreg *reg, const struct gic_pe_state *pe)
{
    bool el2_denies = pe->el == 1 && pe->el2_enabled && !(v->cpu.sre_el2 & SRE_ENABLE);
    bool el3_denies = pe->el < 3 && g->config.has_el3 && !(v->cpu.sre_el3 & SRE_ENABLE);

    if (reg->kind == CLASS_SRE_EL1 && el2_denies)
        return GIC_ACCESS_TRAP_EL2;
    if (reg->kind != CLASS_EL3 && el3_denies)
        return GIC_ACCESS_TRAP_EL3;
    return GIC_ACCESS_OK;
}

/* With ICC_SRE_EL<n>.SRE 0, other accesses from that level are trapped to it (IHI 0069 12.2.29). */
static bool sre_on(const struct gic *g, const struct gic_vcpu *v, const struct gic_pe_state *pe)
{
    bool ns = !g->config.has_el3 || (pe->el == 3 ? (pe->scr_el3 & SCR_NS) != 0 : !pe->secure);

    switch (pe->el) {
    case 1:
        return v->cpu.sre_el1[ns ? GIC_BANK_NS : GIC_BANK_S] & SRE_SRE;
    case 2:
        return v->cpu.sre_el2 & SRE_SRE;
    default:
        return v->cpu.sre_el3 & SRE_SRE;
    }
}

static bool is_sre(const struct gic_sysreg *reg)
{
    return reg->read == icc_sre_read;
}

/* Below EL2 a hypervisor's wishes come first; a guest's SGIs are the hypervisor's to send. */
static enum gic_access check_el1(const struct gic_vcpu *v, const struct gic_sysreg *reg,
                                 const struct gic_pe_state *pe, bool *decided)
{
    *decided = true;
    if (ich_traps(v, reg))
        return GIC_ACCESS_TRAP_EL2;
    if (routes_virtual(reg, pe))
        return reg->kind == CLASS_SGI ? GIC_ACCESS_TRAP_EL2 : GIC_ACCESS_OK;
    *decided = false;
    return GIC_ACCESS_OK;
}

static inline enum gic_access check_access(const struct gic *g, unsigned vcpu,
                                           const struct gic_sysreg *reg,
                                           const struct gic_pe_state *pe, bool is_write)
{
    if (vcpu >= g->config.n_vcpus || pe->el < reg->min_el || !exists(g, reg))
        return GIC_ACCESS_UNDEF;
    if (is_write ? !reg->writable : !reg->readable)
        return GIC_ACCESS_UNDEF;
    const struct gic_vcpu *v = &g->vcpus[vcpu];
    if (is_sre(reg))
        return check_sre(g, v, reg, pe);
    if (g->config.sre_writable && !sre_on(g, v, pe))
        return pe->el == 1   ? GIC_ACCESS_TRAP_EL1
               : pe->el == 2 ? GIC_ACCESS_TRAP_EL2
                             : GIC_ACCESS_TRAP_EL3;
    if (pe->el == 1 && pe->el2_enabled) {
        bool decided;
        enum gic_access access = check_el1(v, reg, pe, &decided);
        if (decided)
            return access;
    }
    if (g->config.has_el3 && pe->el < 3 && el3_traps(reg, pe))
        return GIC_ACCESS_TRAP_EL3;
    return GIC_ACCESS_OK;
}

/* -- Access -- */

enum gic_access gic_sysreg_check(struct gic *g, unsigned vcpu, const struct gic_sysreg *reg,
                                 const struct gic_pe_state *pe, bool is_write)
{
    return check_access(g, vcpu, reg, pe, is_write);
}

bool gic_sysreg_is_virtual(const struct gic_sysreg *reg, const struct gic_pe_state *pe)
{
    return (reg->read_virtual != NULL || reg->write_virtual != NULL) && routes_virtual(reg, pe);
}

static uint64_t look(struct gic *g, struct gic_vcpu *v, const struct gic_sysreg *reg,
                     const struct gic_pe_state *pe)
{
    if (reg->read_virtual != NULL && routes_virtual(reg, pe))
        return reg->read_virtual(g, v, reg, pe);
    return reg->read(g, v, reg, pe);
}

static uint64_t access_read(struct gic *g, struct gic_vcpu *v, const struct gic_sysreg *reg,
                            const struct gic_pe_state *pe)
{
    gic_note_pe(v, pe);
    return look(g, v, reg, pe);
}

static void access_write(struct gic *g, struct gic_vcpu *v, const struct gic_sysreg *reg,
                         const struct gic_pe_state *pe, uint64_t value)
{
    gic_note_pe(v, pe);
    if (reg->write_virtual != NULL && routes_virtual(reg, pe))
        reg->write_virtual(g, v, reg, pe, value);
    else
        reg->write(g, v, reg, pe, value);
}

uint64_t gic_sysreg_read(struct gic *g, unsigned vcpu, const struct gic_sysreg *reg,
                         const struct gic_pe_state *pe)
{
    if (vcpu >= g->config.n_vcpus || reg->read == NULL)
        return 0;
    return access_read(g, &g->vcpus[vcpu], reg, pe);
}

uint64_t gic_sysreg_peek(struct gic *g, unsigned vcpu, const struct gic_sysreg *reg,
                         const struct gic_pe_state *pe)
{
    return vcpu < g->config.n_vcpus && reg->read != NULL ? look(g, &g->vcpus[vcpu], reg, pe) : 0;
}

void gic_sysreg_write(struct gic *g, unsigned vcpu, const struct gic_sysreg *reg,
                      const struct gic_pe_state *pe, uint64_t value)
{
    if (vcpu < g->config.n_vcpus && reg->write != NULL)
        access_write(g, &g->vcpus[vcpu], reg, pe, value);
}

enum gic_access gic_sysreg_try_read(struct gic *g, unsigned vcpu, const struct gic_sysreg *reg,
                                    const struct gic_pe_state *pe, uint64_t *value)
{
    enum gic_access access = check_access(g, vcpu, reg, pe, false);

    if (access == GIC_ACCESS_OK)
        *value = access_read(g, &g->vcpus[vcpu], reg, pe);
    return access;
}

enum gic_access gic_sysreg_try_write(struct gic *g, unsigned vcpu, const struct gic_sysreg *reg,
                                     const struct gic_pe_state *pe, uint64_t value)
{
    enum gic_access access = check_access(g, vcpu, reg, pe, true);

    if (access == GIC_ACCESS_OK)
        access_write(g, &g->vcpus[vcpu], reg, pe, value);
    return access;
}

/* -- Device attributes: what can be read and written is state -- */

uint32_t gic_sysreg_instr(const struct gic_sysreg *reg)
{
    return (uint32_t)reg->op0 << 14 | (uint32_t)reg->op1 << 11 | (uint32_t)reg->crn << 7 |
           (uint32_t)reg->crm << 3 | reg->op2;
}

bool gic_sysreg_is_state(const struct gic *g, const struct gic_sysreg *reg)
{
    return reg->readable && reg->writable && exists(g, reg);
}

const struct gic_sysreg *gic_sysreg_user(const struct gic *g, uint32_t instr)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (gic_sysreg_instr(&rows[i]) == instr)
            return gic_sysreg_is_state(g, &rows[i]) ? &rows[i] : NULL;
    return NULL;
}

/* EL3 sees all of a register, and by SCR_EL3.NS either copy (DDI 0487 D1). */
static struct gic_pe_state raw_state(bool ns)
{
    return (struct gic_pe_state){.el = 3, .secure = !ns, .scr_el3 = ns ? SCR_NS : 0};
}

uint64_t gic_sysreg_user_read(struct gic_vcpu *v, const struct gic_sysreg *reg, bool ns)
{
    struct gic_pe_state pe = raw_state(ns);

    return reg->read(v->gic, v, reg, &pe);
}

/* Bits that say what the GIC is: PRIbits, IDbits, SEIS, A3V, RSS, ExtRange; all of a fixed SRE. */
static uint64_t fixed_bits(const struct gic *g, const struct gic_sysreg *reg)
{
    if (reg->read == icc_ctlr_el1_read || reg->read == icc_ctlr_el3_read)
        return 0xcff00;
    return is_sre(reg) && !g->config.sre_writable ? ~0ull : 0;
}

int gic_sysreg_user_write(struct gic_vcpu *v, const struct gic_sysreg *reg, bool ns, uint64_t value)
{
    struct gic_pe_state pe = raw_state(ns);

    if ((value ^ reg->read(v->gic, v, reg, &pe)) & fixed_bits(v->gic, reg))
        return -EINVAL;
    reg->write(v->gic, v, reg, &pe, value);
    return 0;
}
