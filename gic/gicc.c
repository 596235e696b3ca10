/* SPDX-License-Identifier: MIT */
/*
 * The memory-mapped CPU interface, GICC, of legacy operation (IHI 0069 10, 12.14): other doors to
 * what cpuif.c does. Group 1 is non-secure Group 1: there is no secure one without affinity
 * routing.
 *
 * Secure software, and any with one security state, sees Group 0 in the plain registers (IAR, EOIR,
 * BPR, APR) and Group 1 in the aliased ones (AIAR, AEOIR, ABPR, NSAPR). Non-secure software sees
 * Group 1 in the plain ones; the aliased ones are not for it.
 */
#include "gic/irqregs.h"
#include "gic/legacy.h"
#include "gic/sysregs.h"

#define CTLR_FIQEN (1u << 3)
#define CTLR_CBPR  (1u << 4)

enum { PLAIN, ALIAS }; /* row->field */

/* Whether a register is about Group 1. */
static bool is_group1(const struct reg_access *a, const struct gic_reg *r)
{
    return a->ns || r->field == ALIAS;
}

static bool is_hidden(const struct reg_access *a, const struct gic_reg *r)
{
    return a->ns && r->field == ALIAS;
}

/* The PE as the system registers would see it; non-secure views of priorities are by SCR_EL3.FIQ.
 */
static struct gic_pe_state pe_of(const struct reg_access *a, bool group1)
{
    if (a->ns)
        return (struct gic_pe_state){.el = 1, .scr_el3 = SCR_NS | SCR_FIQ};
    if (gic_ds(a->gic) || group1)
        return (struct gic_pe_state){.el = 1, .scr_el3 = SCR_NS};
    return (struct gic_pe_state){.el = 1, .secure = true};
}

/* -- Acknowledge, end -- */

/* 1022: secure software asked, and an interrupt of Group 1 is ahead (IHI 0069 2.2.1). */
static uint32_t seen(const struct reg_access *a, const struct gic_reg *r)
{
    const struct gic_hppi *h = &a->frame->hppi;

    if (is_hidden(a, r) || h->intid == GIC_INTID_SPURIOUS || h->group == GIC_G1S)
        return GIC_INTID_SPURIOUS;
    if (is_group1(a, r))
        return h->group == GIC_G1NS ? h->intid : GIC_INTID_SPURIOUS;
    return h->group == GIC_G0 ? h->intid : GIC_INTID_NMI;
}

/* SGIs come with who sent them: bits 12:10. */
static uint32_t with_source(uint32_t intid, unsigned vcpu)
{
    return intid < 16 ? intid | vcpu << 10 : intid;
}

static REG_READ(iar_read)
{
    uint32_t intid = gic_acknowledge(a->frame, seen(a, r));

    (void)n;
    return with_source(intid, intid < 16 ? a->frame->redist.sgi_from[intid] : 0);
}

static REG_READ(hppir_read)
{
    uint32_t intid = seen(a, r);
    unsigned sources = intid < 16 ? a->frame->redist.sgi_sources[intid] : 0;

    (void)n;
    return with_source(intid, sources != 0 ? (unsigned)__builtin_ctz(sources) : 0);
}

/* The source in bits 12:10 is not checked: an SGI is active once. */
static uint32_t without_source(uint64_t value)
{
    uint32_t intid = value & 0xffffff;

    return (intid & 0x3ff) < 16 && intid < 0x2000 ? intid & 0xf : intid;
}

static REG_WRITE(eoir_write)
{
    struct gic_pe_state pe = pe_of(a, is_group1(a, r));

    (void)n, (void)mask;
    if (!is_hidden(a, r))
        gic_end(a->frame, without_source(value), is_group1(a, r), &pe);
}

static REG_WRITE(dir_write)
{
    struct gic_pe_state pe = pe_of(a, false);

    (void)r, (void)n, (void)mask;
    icc_dir_write(a->gic, a->frame, NULL, &pe, without_source(value));
}

/* -- Priorities -- */

static REG_READ(rpr_read)
{
    struct gic_pe_state pe = pe_of(a, false);

    (void)r, (void)n;
    return icc_rpr_read(a->gic, a->frame, NULL, &pe) & 0xff;
}

static REG_READ(pmr_read)
{
    struct gic_pe_state pe = pe_of(a, false);

    (void)r, (void)n;
    return icc_pmr_read(a->gic, a->frame, NULL, &pe);
}

static REG_WRITE(pmr_write)
{
    struct gic_pe_state pe = pe_of(a, false);

    (void)r, (void)n, (void)mask;
    icc_pmr_write(a->gic, a->frame, NULL, &pe, value);
}

/* With CBPR Group 1 uses BPR0, as on the system registers; secure software still sees ABPR. */
static bool shares_bpr0(const struct reg_access *a)
{
    return a->frame->cpu.cbpr[GIC_BANK_NS] && (a->ns || gic_ds(a->gic));
}

static REG_READ(bpr_read)
{
    const struct gic_cpuif_state *c = &a->frame->cpu;
    unsigned shared = c->bpr[GIC_G0] + 1u;

    (void)n;
    if (is_hidden(a, r))
        return 0;
    if (!is_group1(a, r))
        return c->bpr[GIC_G0];
    return !shares_bpr0(a) ? c->bpr[GIC_G1NS] : shared > 7 ? 7 : shared;
}

static REG_WRITE(bpr_write)
{
    bool group1 = is_group1(a, r);
    uint8_t least = group1 ? a->gic->min_bpr + 1 : a->gic->min_bpr;
    uint8_t bpr = value & 7;

    (void)n, (void)mask;
    if (is_hidden(a, r) || (group1 && shares_bpr0(a)))
        return;
    a->frame->cpu.bpr[group1 ? GIC_G1NS : GIC_G0] = bpr < least ? least : bpr;
    a->frame->registers_changed = true;
    gic_vcpu_decide(a->frame);
}

/*
 * Active priorities. Non-secure software's view starts at priority 0x80, in the middle of the
 * registers; with 32 levels or fewer that is the upper half of the first.
 */
static REG_READ(apr_read)
{
    const uint32_t *apr = a->frame->cpu.apr[is_group1(a, r) ? GIC_G1NS : GIC_G0];
    unsigned half = 1u << (a->gic->pre_bits - 1);

    if (is_hidden(a, r))
        return 0;
    if (!a->ns)
        return apr[n];
    return half < 32 ? (n == 0 ? apr[0] >> half : 0) : n < half / 32 ? apr[n + half / 32] : 0;
}

static void apr_write_ns(const struct reg_access *a, unsigned n, uint32_t value)
{
    uint32_t *apr = a->frame->cpu.apr[GIC_G1NS];
    unsigned half = 1u << (a->gic->pre_bits - 1);

    if (half >= 32 && n < half / 32)
        apr[n + half / 32] = value;
    if (half < 32 && n == 0)
        apr[0] = (apr[0] & ((1u << half) - 1)) | (value << half & gic_apr_bits(a->gic, 0));
}

static REG_WRITE(apr_write)
{
    uint32_t *apr = a->frame->cpu.apr[is_group1(a, r) ? GIC_G1NS : GIC_G0];

    (void)mask;
    if (is_hidden(a, r))
        return;
    if (a->ns)
        apr_write_ns(a, n, (uint32_t)value);
    else
        apr[n] = (uint32_t)value & gic_apr_bits(a->gic, n);
    gic_vcpu_update_running(a->frame);
}

/* -- Control -- */

/* Which bit is what: EnableGrp0, EnableGrp1, EOImode, EOImodeNS; 32: not in this view. */
struct ctlr_view {
    uint8_t group0, group1, eoimode, eoimode_ns;
};

static struct ctlr_view view_of(const struct reg_access *a)
{
    if (a->ns)
        return (struct ctlr_view){32, 0, 32, 9};
    if (gic_ds(a->gic))
        return (struct ctlr_view){0, 1, 32, 9};
    return (struct ctlr_view){0, 1, 9, 10};
}

/* Bypass is not there, and its bits are RES0. */
static REG_READ(ctlr_read)
{
    const struct gic_cpuif_state *c = &a->frame->cpu;
    struct ctlr_view at = view_of(a);
    uint64_t value = (uint64_t)c->igrpen[GIC_G0] << at.group0 |
                     (uint64_t)c->igrpen[GIC_G1NS] << at.group1 |
                     (uint64_t)c->eoimode[GIC_BANK_S] << at.eoimode |
                     (uint64_t)c->eoimode[GIC_BANK_NS] << at.eoimode_ns;

    (void)r, (void)n;
    if (!a->ns)
        value |= (c->fiqen ? CTLR_FIQEN : 0) | (c->cbpr[GIC_BANK_NS] ? CTLR_CBPR : 0);
    return value & 0xffffffff;
}

static void take_bit(uint8_t *to, uint64_t value, unsigned bit)
{
    if (bit < 32)
        *to = (value >> bit) & 1;
}

static REG_WRITE(ctlr_write)
{
    struct gic_cpuif_state *c = &a->frame->cpu;
    struct ctlr_view at = view_of(a);

    (void)r, (void)n, (void)mask;
    take_bit(&c->igrpen[GIC_G0], value, at.group0);
    take_bit(&c->igrpen[GIC_G1NS], value, at.group1);
    take_bit(&c->eoimode[GIC_BANK_S], value, at.eoimode);
    take_bit(&c->eoimode[GIC_BANK_NS], value, at.eoimode_ns);
    if (!a->ns) {
        c->fiqen = (value & CTLR_FIQEN) != 0;
        c->cbpr[GIC_BANK_NS] = (value & CTLR_CBPR) != 0;
    }
    gic_vcpu_update_enables(a->frame);
}

/* JEP106 code 0x43b, architecture version 3, product 0x4c. */
static REG_READ(iidr_read)
{
    (void)a, (void)r, (void)n;
    return 0x43bu | 1u << 12 | 3u << 16 | 0x4cu << 20;
}

/* -- The frame -- */

#define REG(reg_name, at, n, ...)                                                                  \
    REGS("GICC_" reg_name, at, n, 4, 4, "12.14", .legacy = true, __VA_ARGS__)

static const struct gic_reg rows[] = {
    REG("CTLR", 0x0, 1, .read = ctlr_read, .write = ctlr_write),
    REG("PMR", 0x4, 1, .read = pmr_read, .write = pmr_write),
    REG("BPR", 0x8, 1, .read = bpr_read, .write = bpr_write),
    REG("IAR", 0xc, 1, .read = iar_read),
    REG("EOIR", 0x10, 1, .write = eoir_write),
    REG("RPR", 0x14, 1, .read = rpr_read),
    REG("HPPIR", 0x18, 1, .read = hppir_read),
    REG("ABPR", 0x1c, 1, .field = ALIAS, .read = bpr_read, .write = bpr_write),
    REG("AIAR", 0x20, 1, .field = ALIAS, .read = iar_read),
    REG("AEOIR", 0x24, 1, .field = ALIAS, .write = eoir_write),
    REG("AHPPIR", 0x28, 1, .field = ALIAS, .read = hppir_read),
    REG("STATUSR", 0x2c, 1, .read = gic_statusr_read, .write = gic_statusr_write),
    REG("APR<n>", 0xd0, 4, .read = apr_read, .write = apr_write),
    REG("NSAPR<n>", 0xe0, 4, .field = ALIAS, .read = apr_read, .write = apr_write),
    REG("IIDR", 0xfc, 1, .read = iidr_read),
    REG("DIR", 0x1000, 1, .write = dir_write),
};

const struct gic_reg_table gic_cpu_table = {rows, sizeof(rows) / sizeof(rows[0])};
