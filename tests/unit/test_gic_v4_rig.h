/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GICv4 on a bench: two ITSs, tables in a small guest memory, vPEs by number. vCPU 0 runs a guest,
 * the hypervisor at EL2 owns the rest.
 */
#ifndef TEST_GIC_V4_RIG_H
#define TEST_GIC_V4_RIG_H

#include "tests/unit/test_gic_rig.h"
#include "tests/guest_memory.h"

enum {
    MEM_BYTES = 1 << 22,
    PROP = 0x10000,     /* physical configuration table */
    PEND = 0x40000,     /* physical pending tables, 64 KiB each */
    DEVICES = 0x100000, /* device tables, 64 KiB for each ITS */
    COLLECTIONS = 0x120000,
    QUEUE = 0x130000,    /* 4 KiB for each ITS */
    ITT = 0x140000,      /* 4 KiB for each device and ITS */
    ITS_VPES = 0x200000, /* vPE tables, 64 KiB for each ITS */
    RD_VPES = 0x220000,  /* the redistributors' vPE table */
    VPT = 0x240000,      /* virtual pending tables, 64 KiB each */
    VCONF = 0x300000,    /* virtual configuration tables, 64 KiB each */
    ID_BITS = 16,
    N_ITSS = 2,
    DEVICE = 2,
    DOORBELL = 8200, /* + vPEID */
    SPURIOUS = 1023
};

enum { MOVI = 1, INT = 3, CLEAR = 4, INV = 0xc, DISCARD = 0xf };
enum {
    VMOVI = 0x21,
    VMOVP = 0x22,
    VSGI = 0x23,
    VSYNC = 0x25,
    VMAPP = 0x29,
    VMAPTI = 0x2a,
    VMAPI = 0x2b,
    VINVALL = 0x2d,
    INVDB = 0x2e
};

#define VPROPBASER 0x20070u
#define VPENDBASER 0x20078u
#define VSGIR      0x20080u
#define VSGIPENDR  0x20088u
#define VALID      (1ull << 63)
#define IDAI       (1ull << 62)
#define DOORBELL41 (1ull << 62)
#define LAST       (1ull << 61)
#define DIRTY      (1ull << 60)
#define GRP0EN     (1ull << 59)
#define GRP1EN     (1ull << 58)

struct v4 {
    struct rig *r;
    struct gic_its *its[N_ITSS];
    uint32_t cwriter[N_ITSS];
    bool v41;
};

static uint8_t memory[MEM_BYTES];

static int mem_read(void *opaque, uint64_t address, void *buffer, size_t size)
{
    (void)opaque;
    return guest_memory_read(memory, MEM_BYTES, address, buffer, size);
}

static int mem_write(void *opaque, uint64_t address, const void *buffer, size_t size)
{
    (void)opaque;
    return guest_memory_write(memory, MEM_BYTES, address, buffer, size);
}

static const struct gic_pe_state hypervisor = {.el = 2, .el2_enabled = true};
static const struct gic_pe_state a_guest = {
    .el = 1, .el2_enabled = true, .hcr_el2 = 1 << 3 | 1 << 4};

static inline void hyp_set(struct v4 *b, unsigned vcpu, const char *name, uint64_t value)
{
    b->r->pe[vcpu] = hypervisor;
    rig_set(b->r, vcpu, name, value);
    b->r->pe[vcpu] = a_guest;
}

static inline uint64_t hyp_get(struct v4 *b, unsigned vcpu, const char *name)
{
    b->r->pe[vcpu] = hypervisor;
    uint64_t value = rig_get(b->r, vcpu, name);
    b->r->pe[vcpu] = a_guest;
    return value;
}

/* What the hypervisor takes of physical interrupts. */
static inline uint64_t hyp_take(struct v4 *b, unsigned vcpu)
{
    uint64_t intid = hyp_get(b, vcpu, "ICC_IAR1_EL1");

    if (intid != SPURIOUS)
        hyp_set(b, vcpu, "ICC_EOIR1_EL1", intid);
    return intid;
}

/* What the guest takes. */
static inline uint64_t guest_take(struct v4 *b, unsigned vcpu)
{
    uint64_t intid = rig_get(b->r, vcpu, "ICC_IAR1_EL1");

    if (intid != SPURIOUS)
        rig_set(b->r, vcpu, "ICC_EOIR1_EL1", intid);
    return intid;
}

static inline void its_set(struct v4 *b, unsigned i, uint32_t offset, unsigned size, uint64_t value)
{
    gic_its_write(b->its[i], 0, offset, size, value);
}

static inline uint64_t its_get(struct v4 *b, unsigned i, uint32_t offset, unsigned size)
{
    uint64_t value;

    gic_its_read(b->its[i], 0, offset, size, &value);
    return value;
}

static inline void command_on(struct v4 *b, unsigned i, uint64_t d0, uint64_t d1, uint64_t d2,
                              uint64_t d3)
{
    uint64_t dw[4] = {d0, d1, d2, d3};

    memcpy(memory + QUEUE + i * 0x1000 + b->cwriter[i], dw, sizeof(dw));
    b->cwriter[i] = (b->cwriter[i] + 32) % 0x1000;
    its_set(b, i, 0x88, 8, b->cwriter[i]);
}

static inline void command(struct v4 *b, uint64_t d0, uint64_t d1, uint64_t d2, uint64_t d3)
{
    command_on(b, 0, d0, d1, d2, d3);
}

static inline uint64_t get64(uint32_t at)
{
    uint64_t value;

    memcpy(&value, memory + at, sizeof(value));
    return value;
}

static inline bool vpt_bit(unsigned vpe, uint32_t vintid)
{
    return memory[VPT + vpe * 0x10000 + vintid / 8] >> vintid % 8 & 1;
}

static inline void vmapp_on(struct v4 *b, unsigned i, unsigned vpe, unsigned vcpu, bool alloc)
{
    uint64_t v41 = b->v41 ? (uint64_t)alloc << 8 | (VCONF + vpe * 0x10000) : 0;

    command_on(b, i, VMAPP | v41, (uint64_t)vpe << 32 | (b->v41 ? DOORBELL + vpe : 0),
               VALID | (uint64_t)vcpu << 16, (VPT + vpe * 0x10000) | (ID_BITS - 1));
}

static inline void vmapp(struct v4 *b, unsigned vpe, unsigned vcpu)
{
    vmapp_on(b, 0, vpe, vcpu, true);
}

static inline void vmapti(struct v4 *b, uint32_t event, unsigned vpe, uint32_t vintid,
                          uint32_t doorbell)
{
    command(b, VMAPTI | (uint64_t)DEVICE << 32, event | (uint64_t)vpe << 32,
            vintid | (uint64_t)doorbell << 32, 0);
}

static inline void by_event(struct v4 *b, unsigned opcode, uint32_t event)
{
    command(b, opcode | (uint64_t)DEVICE << 32, event, 0, 0);
}

static inline void vsgi(struct v4 *b, unsigned vpe, unsigned n, bool enable, unsigned group,
                        uint8_t priority)
{
    command(b,
            VSGI | (uint64_t)enable << 8 | (uint64_t)group << 10 | (uint64_t)(priority >> 4) << 20 |
                (uint64_t)n << 32,
            (uint64_t)vpe << 32, 0, 0);
}

static inline uint64_t vpendbaser(struct v4 *b, unsigned vcpu)
{
    return rig_redist(b->r, vcpu, true, VPENDBASER, 8);
}

static inline void set_vpendbaser(struct v4 *b, unsigned vcpu, uint64_t value)
{
    rig_redist_set(b->r, vcpu, true, VPENDBASER, 8, value);
}

static inline void schedule(struct v4 *b, unsigned vcpu, unsigned vpe)
{
    if (b->v41) {
        set_vpendbaser(b, vcpu, VALID | GRP0EN | GRP1EN | vpe);
        return;
    }
    rig_redist_set(b->r, vcpu, true, VPROPBASER, 8, (VCONF + vpe * 0x10000) | (ID_BITS - 1));
    set_vpendbaser(b, vcpu, VALID | LAST | (VPT + vpe * 0x10000));
}

/* The register as it reads afterwards; @extra is what software writes besides Valid 0. */
static inline uint64_t deschedule(struct v4 *b, unsigned vcpu, uint64_t extra)
{
    set_vpendbaser(b, vcpu, (vpendbaser(b, vcpu) & ~(VALID | LAST)) | extra);
    return vpendbaser(b, vcpu);
}

static inline void set_up_its(struct v4 *b, unsigned i)
{
    its_set(b, i, 0x100, 8, VALID | (DEVICES + i * 0x10000) | 0x0f); /* 16 pages of 4 KiB */
    its_set(b, i, 0x108, 8, VALID | COLLECTIONS);
    its_set(b, i, 0x110, 8, VALID | (ITS_VPES + i * 0x10000) | 0x0f);
    its_set(b, i, 0x80, 8, VALID | (QUEUE + i * 0x1000));
    its_set(b, i, 0, 4, (its_get(b, i, 0, 4) & 0xf0) | 1);
    command_on(b, i, 0x09, 0, VALID | 3ull << 16 | 3, 0); /* MAPC: collection 3 at vCPU 3 */
    command_on(b, i, 0x08 | (uint64_t)DEVICE << 32, 11, VALID | (ITT + i * 0x10000), 0);
}

/* All is open: LPIs enabled with priority 0xa0, the guest's groups and mask too. */
static inline void set_up_vcpu(struct v4 *b, unsigned i)
{
    rig_redist_set(b->r, i, true, 0x70, 8, PROP | (ID_BITS - 1));
    rig_redist_set(b->r, i, true, 0x78, 8, PEND + i * 0x10000u);
    rig_redist_set(b->r, i, true, 0, 4, 1);
    if (b->v41)
        rig_redist_set(b->r, i, true, VPROPBASER, 8, VALID | RD_VPES | 0x0f);
    hyp_set(b, i, "ICC_PMR_EL1", 0xff);
    hyp_set(b, i, "ICC_IGRPEN1_EL1", 1);
    hyp_set(b, i, "ICH_VMCR_EL2", 0xffull << 24 | 3);
    hyp_set(b, i, "ICH_HCR_EL2", 1);
}

static inline struct v4 v4_with(struct gic_config config, struct gic_its_config its)
{
    struct v4 b = {.v41 = config.version == GIC_VERSION_4_1};
    const char *why = "";

    config.lpi_id_bits = ID_BITS;
    config.memory_read = mem_read;
    config.memory_write = mem_write;
    memset(memory, 0, sizeof(memory));
    memset(memory + PROP, 0xa1, (1 << ID_BITS) - 8192);
    memset(memory + VCONF, 0xa1, 6 * 0x10000);
    b.r = rig_create(config);
    rig_dist_set(b.r, true, 0, 4, 3);
    for (unsigned i = 0; i < RIG_VCPUS; i++)
        set_up_vcpu(&b, i);
    for (unsigned i = 0; i < N_ITSS; i++) {
        ck_assert_msg(gic_its_create(b.r->gic, &its, &b.its[i], &why) == 0, "%s", why);
        set_up_its(&b, i);
    }
    return b;
}

static inline struct v4 v4_bench(enum gic_version version)
{
    struct gic_config config = rig_config();

    config.version = version;
    return v4_with(config, (struct gic_its_config){.vmovp_once = true});
}

/* vPE 1 at vCPU 0, vPE 2 at vCPU 1; events 20 and 21 of the device are vINTIDs 8195 and 9000 of
 * vPE 1, event 22 is 8195 of vPE 2. */
static inline struct v4 v4_mapped(enum gic_version version)
{
    struct v4 b = v4_bench(version);
    bool v41 = version == GIC_VERSION_4_1;

    vmapp(&b, 1, 0);
    vmapp(&b, 2, 1);
    vmapti(&b, 20, 1, 8195, v41 ? SPURIOUS : DOORBELL + 1);
    vmapti(&b, 21, 1, 9000, v41 ? SPURIOUS : DOORBELL + 1);
    vmapti(&b, 22, 2, 8195, v41 ? SPURIOUS : DOORBELL + 2);
    return b;
}

static inline int msi(struct v4 *b, uint32_t event)
{
    return gic_its_msi(b->its[0], DEVICE, event);
}

#endif
