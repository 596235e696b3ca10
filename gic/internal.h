/* SPDX-License-Identifier: MIT */
/*
 * Inside libgic.
 *
 * State that a guest can see is in three plain structs: gic_dist_state, gic_redist_state and
 * gic_cpuif_state. visit.c lists them. Everything else in struct gic and struct gic_vcpu is derived
 * from them and rebuilt by gic_after_restore().
 *
 * How a change travels:
 *
 *   register or wire --> struct irq_word --> gic_irq_refresh() --> pending set of one vCPU
 *                                                                       |
 *         ICC_PMR, IGRPEN, APR ... ------------------> gic_vcpu_update() <
 *                                                       |        |
 *                                            lines <----+        +----> published word
 */
#ifndef GIC_INTERNAL_H
#define GIC_INTERNAL_H

#include <stdatomic.h>

#include "gic/gic.h"

#define GIC_INTID_SECURE    1020u /* IHI 0069 2.2.1: special INTIDs */
#define GIC_INTID_NONSECURE 1021u
#define GIC_INTID_NMI       1022u
#define GIC_INTID_SPURIOUS  1023u
#define GIC_INTID_EPPI      1056u
#define GIC_INTID_ESPI      4096u
#define GIC_INTID_LPI       8192u
#define GIC_PPI_MAINTENANCE 25u

#define GIC_MAX_VCPUS     512u
#define GIC_VCPU_WORDS    (GIC_MAX_VCPUS / 64)
#define GIC_SHARED_WORDS  64u /* 32 of SPIs (the first unused), 32 of extended SPIs */
#define GIC_LOCAL_WORDS   3u  /* SGIs and PPIs, then two of extended PPIs */
#define GIC_SHARED_SLOTS  (GIC_SHARED_WORDS * 32)
#define GIC_LOCAL_SLOTS   (GIC_LOCAL_WORDS * 32)
#define GIC_NO_VCPU       0xffffu
#define GIC_ROUTER_IRM    (1ull << 31) /* GICD_IROUTER<n>.Interrupt_Routing_Mode */
#define GIC_IDLE_PRIORITY 0xffu

/*
 * 32 interrupts: one bit each, bit 0 the lowest INTID. `level` is the wire; `latch` is what an
 * edge, a write or an SGI left behind. All of one interrupt is in one cache line.
 */
struct irq_word {
    uint32_t group, grpmod, enable, latch, level, active, edge, nmi;
    uint8_t priority[32]; /* as secure software sees it, implemented bits only */
};
_Static_assert(sizeof(struct irq_word) == 64, "one cache line per word of interrupts");

/* GICD_CTLR as the secure view with two security states shows it (IHI 0069 12.9.4). */
#define CTLR_ENABLE_G0   (1u << 0)
#define CTLR_ENABLE_G1NS (1u << 1)
#define CTLR_ENABLE_G1S  (1u << 2)
#define CTLR_ARE_S       (1u << 4)
#define CTLR_ARE_NS      (1u << 5)
#define CTLR_DS          (1u << 6)
#define CTLR_E1NWF       (1u << 7)
#define CTLR_NASSGIREQ   (1u << 8)
#define CTLR_RWP         (1u << 31)
/* What RWP covers in GICD_CTLR and goes on for a while after a change to 0 (IHI 0069 12.9.4). */
#define GIC_CTLR_LAGS (CTLR_ENABLE_G0 | CTLR_ENABLE_G1NS | CTLR_ENABLE_G1S | CTLR_E1NWF)

struct gic_dist_state {
    uint32_t ctlr;
    uint32_t rwp_reads;  /* reads of GICD_CTLR that will still see RWP = 1 */
    uint32_t statusr[2]; /* secure, non-secure */
    uint32_t ctlr_lag;   /* bits that are set in ctlr, but already read as 0: rwp.c */
    uint32_t reserved;
    uint64_t lagging;                   /* which words of `lag` are not 0 */
    uint32_t lag[GIC_SHARED_WORDS];     /* enables that count, but already read as 0 */
    uint32_t message[GIC_SHARED_WORDS]; /* levels that GICD_SETSPI_* raised, and no wire */
    struct irq_word words[GIC_SHARED_WORDS];
    uint64_t irouter[GIC_SHARED_SLOTS];
    uint16_t chosen[GIC_SHARED_SLOTS]; /* vCPU + 1 that a pending 1-of-N interrupt was given to */
    uint8_t itargets[1024];            /* GICD_ITARGETSR<n>, by INTID: legacy.c */
    uint32_t nsacr[GIC_SHARED_WORDS * 2];
};

#define GICR_CTLR_ENABLE_LPIS (1u << 0)
#define GICR_CTLR_CES         (1u << 1)
#define GICR_CTLR_IR          (1u << 2)
#define GICR_CTLR_RWP         (1u << 3)
#define GICR_CTLR_DPG0        (1u << 24)
#define GICR_CTLR_DPG1NS      (1u << 25)
#define GICR_CTLR_DPG1S       (1u << 26)
#define GICR_CTLR_DPGS        (GICR_CTLR_DPG0 | GICR_CTLR_DPG1NS | GICR_CTLR_DPG1S)
#define GIC_SYNC_ALL          0xffffffffu
#define WAKER_PROCESSOR_SLEEP (1u << 1)
#define WAKER_CHILDREN_ASLEEP (1u << 2)
#define WAKER_BOTH            (WAKER_PROCESSOR_SLEEP | WAKER_CHILDREN_ASLEEP)

/* A vPE: the resident one of a redistributor. All zero: there is none. */
struct gic_vpe_state {
    uint64_t pending_table, config_table; /* addresses */
    uint64_t sgi_priority;                /* bits 7:4, four bits each */
    uint16_t sgi_enable, sgi_group, sgi_pending;
    uint8_t id_bits; /* vINTIDs have that many */
    uint8_t flags;   /* VPE_*: vpe.h */
    uint32_t doorbell;
    uint32_t reserved;
};

struct gic_redist_state {
    uint32_t ctlr;
    uint32_t waker;
    uint32_t rwp_reads;
    uint32_t sleep_reads; /* reads of GICR_WAKER until ChildrenAsleep follows ProcessorSleep */
    uint32_t statusr[2];
    uint32_t nsacr;
    uint32_t ctlr_lag; /* bits of ctlr that already read as their opposite: rwp.c */
    uint32_t lag[GIC_LOCAL_WORDS];
    uint32_t sync_reads; /* reads of GICR_SYNCR that will still see Busy */
    uint32_t sync_intid; /* what will be invalidated then: an LPI, or GIC_SYNC_ALL */
    uint32_t map_left;   /* 1: PENDBASER is as it was when the coarse map was left there: lpi.c */
    uint8_t sgi_sources[16]; /* legacy.c: bit per vCPU that sent the pending SGI; */
    uint8_t sgi_from[16];    /* and who sent the one that was acknowledged last */
    uint64_t propbaser, pendbaser;
    uint64_t vpropbaser, vpendbaser;
    uint32_t dirty_reads;  /* reads of GICR_VPENDBASER that will still see Dirty = 1 */
    uint32_t vsgi_reads;   /* reads of GICR_VSGIPENDR that will still see Busy = 1 */
    uint32_t vsgi_pending; /* what GICR_VSGIR asked for */
    uint32_t reserved2;
    struct gic_vpe_state vpe;
    struct irq_word words[GIC_LOCAL_WORDS];
};

#define ICC_CTLR_CBPR    (1u << 0)
#define ICC_CTLR_EOIMODE (1u << 1)
#define ICC_CTLR_PMHE    (1u << 6)
#define ICC_CTLR3_RM     (1u << 5)
#define RPR_NMI          (1ull << 63)
#define RPR_NMI_NS       (1ull << 62)
#define APR_NMI          (1ull << 63) /* ICC_AP1R0_EL1, ICV_AP1R0_EL1, ICH_AP1R0_EL2 */

/* Index of registers banked by security state. */
enum gic_bank { GIC_BANK_S, GIC_BANK_NS };

struct gic_cpuif_state {
    uint8_t pe_el, pe_secure; /* of the PE, as last told */
    uint8_t pmr;
    uint8_t bpr[GIC_N_GROUPS];    /* by group: BPR0, BPR1(S), BPR1(NS) */
    uint8_t igrpen[GIC_N_GROUPS]; /* 0 or 1 */
    uint8_t nmi_active[GIC_N_GROUPS];
    uint8_t cbpr[2], eoimode[2]; /* by bank */
    uint8_t eoimode_el3, rm, pmhe;
    uint8_t sre_el1[2]; /* bits SRE 0, DFB 1, DIB 2, Enable 3 */
    uint8_t sre_el2, sre_el3;
    uint8_t vnmi_active; /* ICH_AP1R0_EL2.NMI */
    uint8_t fiqen;       /* GICC_CTLR.FIQEn */
    uint8_t reserved[3];
    uint32_t gicc_statusr[2]; /* secure, non-secure */
    uint32_t apr[GIC_N_GROUPS][4];
    uint64_t ich_hcr, ich_vmcr;
    uint64_t ich_lr[16]; /* by gic_lr_set() */
    uint32_t ich_apr[2][4];
};

/* The interrupt that a vCPU would take next. */
struct gic_hppi {
    uint32_t intid; /* GIC_INTID_SPURIOUS: none */
    uint8_t priority;
    uint8_t group; /* GIC_N_GROUPS: none */
    bool nmi;
};

/*
 * Pending sets. One `level` is one value of priority; non-maskable interrupts have two levels of
 * their own, just above priorities 0 and 0x80 (IHI 0069 4.8). Up to 256 + 2 levels, 5 words.
 */
#define GIC_MAX_LEVELS  258u
#define GIC_LEVEL_WORDS 5u
#define GIC_PLACE_SHIFT 9 /* a place is (group << 9 | level) + 1 */

struct lpi_level;
struct lpi_chunk;

/* 2048 shared interrupts of one vCPU, group and level: two tiers of words. */
struct gic_shared_node {
    uint64_t summary;
    uint64_t bits[GIC_SHARED_SLOTS / 64];
};

struct gic_pending {
    uint64_t levels[GIC_N_GROUPS][GIC_LEVEL_WORDS]; /* which levels hold anything */
    uint64_t (*local)[2]; /* [group * n_levels + level]: SGIs and PPIs; extended PPIs */
    uint16_t *shared;     /* likewise: index of a gic_shared_node, 0 none */
};

/* LPIs that are pending at one place: lpiset.c. They are all of one group. */
struct lpi_set {
    struct gic_vcpu *v;
    bool is_virtual;
    struct lpi_chunk **chunks; /* state; NULL: there are no such LPIs */
    /* Derived. */
    struct lpi_level **levels;
    uint64_t filled[GIC_LEVEL_WORDS]; /* which levels hold anything */
};

/* Derived of the list registers: listreg.c. A bit per list register. */
#define GIC_LIST_REGISTERS 16u
struct gic_lr_sums {
    int16_t key[2][GIC_LIST_REGISTERS]; /* by group; LR_NO_KEY: not pending, or also active */
    uint16_t valid, pending, active, group1;
    uint16_t eoi; /* invalid, but an end of interrupt is to be reported */
};

struct gic_vcpu {
    struct gic_redist_state redist;
    struct gic_cpuif_state cpu;

    /* Derived, or constant. */
    struct gic *gic;
    unsigned index;
    uint32_t affinity; /* Aff3:Aff2:Aff1:Aff0 */
    bool last_of_region;
    uint8_t group_mask;       /* bit per group that is enabled all the way */
    uint8_t running_priority; /* highest active priority, 0xff idle */
    uint8_t running_group;
    bool running_nmi;
    uint8_t lines;           /* bit per gic_line */
    uint64_t public_enables; /* publish.c: what of the published word changes rarely */
    uint8_t owner;
    bool registers_changed; /* since the last publication: APRs, BPRs, SREs, RM, PMHE */
    uint16_t lrs_changed;   /* likewise, a bit per list register */
    struct gic_hppi hppi;
    struct gic_lr_sums lrs;
    struct gic_pending pending;
    struct lpi_set lpis;              /* physical ones, of non-secure Group 1 */
    struct lpi_set vlpis;             /* of the resident vPE: vlpi.c */
    uint16_t placed[GIC_LOCAL_SLOTS]; /* where each local interrupt is in the set; 0 nowhere */
};

/*
 * Aligned, so that posting to one vCPU does not disturb readers of another. Beside the two words
 * is what else the CPU interface's registers hold (publish.c); `begun` is the sequence of the last
 * publication that wrote these.
 */
struct gic_public_word {
    _Alignas(64) _Atomic uint64_t word;
    _Atomic uint64_t virt;
    _Atomic uint64_t begun, virt_begun;
    _Atomic uint64_t ich_hcr;
    _Atomic uint64_t apr[8];     /* n * 2: Group 0, secure Group 1 << 32; n * 2 + 1: non-secure */
    _Atomic uint64_t ich_apr[4]; /* Group 0, Group 1 << 32 */
    _Atomic uint64_t ich_lr[16];
};

struct gic_frame_map; /* bus.c */

#define GIC_ADDRESS_UNSET (~0ull)
#define GIC_MAX_REGIONS   64u

/* Where the user says that frames are. */
struct gic_addresses {
    uint64_t dist, redist;
    uint64_t regions[GIC_MAX_REGIONS];
    unsigned n_regions;
};

struct gic {
    struct gic_dist_state dist;

    /* Derived, or constant. */
    struct gic_config config;
    uint8_t priority_bits, priority_mask;
    uint8_t pre_bits;               /* preemption levels: 2^pre_bits (IHI 0069 4.8.2) */
    uint8_t min_bpr;                /* of BPR0 and BPR1(S); BPR1(NS) one more */
    uint8_t apr_words, level_words; /* used of gic_cpuif_state.apr[], gic_pending.levels[] */
    uint16_t absent_classes;        /* bit per gic_sysreg_class: no such registers here */
    uint32_t events;                /* bit per gic_event that is reported */
    uint32_t n_levels;
    uint32_t shared_mask[GIC_SHARED_WORDS]; /* which interrupts exist */
    uint32_t local_mask[GIC_LOCAL_WORDS];
    uint16_t route[GIC_SHARED_SLOTS];  /* vCPU that takes the interrupt, or GIC_NO_VCPU */
    uint32_t placed[GIC_SHARED_SLOTS]; /* vcpu << 16 | place + 1; 0 nowhere */
    struct gic_shared_node *nodes;     /* pool; [0] unused */
    uint16_t *free_nodes;
    unsigned n_free_nodes;
    uint64_t (*local_sets)[2];
    uint16_t *shared_sets;
    uint16_t *affinity_hash; /* vCPU + 1 by affinity, open addressing */
    uint32_t affinity_mask;
    uint64_t eligible[GIC_N_GROUPS][GIC_VCPU_WORDS]; /* for 1-of-N: oneofn.c */
    uint64_t wakeable[GIC_N_GROUPS][GIC_VCPU_WORDS]; /* likewise, those that sleep */
    uint64_t waiting[GIC_SHARED_SLOTS / 64];         /* 1-of-N with nobody to take them */
    bool rebuilding;                                 /* sets are in flux: no update of a vCPU yet */
    struct gic_frame_map *frames;
    struct gic_public_word *published;
    struct gic_inbox *inbox;        /* post.c; NULL without posting */
    struct gic_its *itss;           /* list, in order of creation: its.c */
    uint16_t *resident;             /* by vPEID: vCPU + 1; NULL before GICv4.1: vpe.c */
    struct gic_addresses addresses; /* attr.c: the user's, no state */
    uint8_t revision;               /* GICD_IIDR.Revision */
    uint64_t (*reset_values)[2];    /* by row of gic_sysregs(), secure and non-secure: cpuread.c */
    struct gic_vcpu *vcpus;
};

/* One interrupt: its word, its bit, and for private ones whose. */
struct irq_ref {
    struct irq_word *word;
    struct gic_vcpu *vcpu; /* NULL: shared */
    uint32_t intid;
    uint16_t slot;
    uint8_t bit;
};

/* -- gic.c -- */
void gic_rebuild(struct gic *g);

/* -- redist.c -- */
/** gic_redist_mend - after a restore: values that the registers can hold. */
void gic_redist_mend(struct gic_vcpu *v);

/* -- irq.c: single interrupts -- */

/** gic_find_far - gic_find() for all but SGIs and PPIs. */
bool gic_find_far(struct gic *g, struct gic_vcpu *v, uint32_t intid, struct irq_ref *out);
/** gic_irq_refresh - the interrupt's state changed: if its place in the sets does, update vCPUs. */
void gic_irq_refresh(struct gic *g, const struct irq_ref *ref);
/** gic_word_refresh - likewise for each bit of @changed. */
void gic_word_refresh(struct gic *g, struct gic_vcpu *v, unsigned word, uint32_t changed);
void gic_reroute(struct gic *g, unsigned slot);
uint32_t gic_apr_bits(const struct gic *g, unsigned n);
void gic_irq_set_latch(struct gic *g, const struct irq_ref *ref);
void gic_deactivate(struct gic *g, const struct irq_ref *ref);
/** gic_may_deactivate - whether software in state @pe may, by an end or a list register. */
bool gic_may_deactivate(const struct gic *g, const struct irq_ref *ref,
                        const struct gic_pe_state *pe);
void gic_refresh_all(struct gic *g);
struct gic_vcpu *gic_vcpu_by_affinity(struct gic *g, uint32_t affinity);
int gic_affinity_init(struct gic *g);

static inline bool gic_ds(const struct gic *g)
{
    return (g->dist.ctlr & CTLR_DS) != 0;
}

static inline bool gic_is_v4(const struct gic *g)
{
    return g->config.version >= GIC_VERSION_4_0;
}

static inline bool gic_is_v41(const struct gic *g)
{
    return g->config.version >= GIC_VERSION_4_1;
}

/* GICD_CTLR.nASSGIreq, GICv4.1: SGIs have no active state. */
static inline bool gic_sgis_lack_active(const struct gic *g)
{
    return (g->dist.ctlr & CTLR_NASSGIREQ) != 0;
}

static inline bool gic_bit(uint32_t word, unsigned bit)
{
    return (word >> bit) & 1;
}

static inline uint32_t gic_local_intid(unsigned slot)
{
    return slot < 32 ? slot : GIC_INTID_EPPI + (slot - 32);
}

static inline uint32_t gic_shared_intid(unsigned slot)
{
    return slot < 1024 ? slot : GIC_INTID_ESPI + (slot - 1024);
}

/** gic_word_ref - the interrupt at @bit of a word; @v NULL for the distributor's. */
static inline struct irq_ref gic_word_ref(struct gic *g, struct gic_vcpu *v, unsigned word,
                                          unsigned bit)
{
    unsigned slot = word * 32 + bit;

    return (struct irq_ref){
        .word = v != NULL ? &v->redist.words[word] : &g->dist.words[word],
        .vcpu = v,
        .intid = v != NULL ? gic_local_intid(slot) : gic_shared_intid(slot),
        .slot = (uint16_t)slot,
        .bit = (uint8_t)bit,
    };
}

/** gic_find - false if @intid is not implemented as SGI, PPI or SPI (LPIs are not here). */
static inline bool gic_find(struct gic *g, struct gic_vcpu *v, uint32_t intid, struct irq_ref *out)
{
    if (intid >= 32)
        return gic_find_far(g, v, intid, out);
    if (!gic_bit(g->local_mask[0], intid))
        return false;
    *out = gic_word_ref(g, v, 0, intid);
    return true;
}

/* Level-sensitive: wire or latch; edge-triggered: latch alone (IHI 0069 4.1.2, GICD_ISPENDR<n>). */
static inline uint32_t gic_word_pending(const struct irq_word *w)
{
    return w->latch | (w->level & ~w->edge);
}

/* IHI 0069 4.6.1. With one security state GICx_IGRPMODR has no effect; 0b11 is as 0b01. */
static inline enum gic_group gic_group_of(const struct gic *g, const struct irq_word *w,
                                          unsigned bit)
{
    if (gic_bit(w->group, bit))
        return GIC_G1NS;
    return gic_bit(w->grpmod, bit) && !gic_ds(g) ? GIC_G1S : GIC_G0;
}

static inline void gic_event(struct gic *g, enum gic_event event, const struct gic_vcpu *v,
                             uint32_t intid, uint64_t detail)
{
    if ((g->events >> event) & 1)
        g->config.event(g->config.opaque, event, v != NULL ? v->index : 0, intid, detail);
}

uint32_t gic_choose(struct gic *g, enum gic_choice_kind kind, unsigned vcpu, uint32_t n_options);

/* Handlers of a frame's registers: see struct gic_reg. */
struct reg_access;
struct gic_reg;

#define REG_READ(name)                                                                             \
    uint64_t name(const struct reg_access *a, const struct gic_reg *r, unsigned n)
#define REG_WRITE(name)                                                                            \
    void name(const struct reg_access *a, const struct gic_reg *r, unsigned n, uint64_t value,     \
              uint64_t mask)

/* -- post.c -- */
int gic_post_create(struct gic *g);
void gic_post_destroy(struct gic *g);

/* -- oneofn.c -- */
/** gic_one_of_n_route - sets the route of a 1-of-N interrupt that is, or is not, a candidate. */
void gic_one_of_n_route(struct gic *g, const struct irq_ref *r, bool candidate, unsigned group);
/** gic_one_of_n_update - what makes @v eligible may have changed. */
void gic_one_of_n_update(struct gic_vcpu *v);

/* -- pending.c -- */
int gic_pending_create(struct gic *g);
void gic_pending_destroy(struct gic *g);
void gic_pending_clear(struct gic *g);
static inline unsigned gic_level(const struct gic *g, uint8_t priority, bool nmi)
{
    return (unsigned)(priority >> (8 - g->priority_bits)) + (priority >= 0x80) + !nmi;
}

void gic_pending_insert_local(struct gic_vcpu *v, unsigned slot, unsigned group, unsigned level);
void gic_pending_remove_local(struct gic_vcpu *v, unsigned slot, unsigned group, unsigned level);
void gic_pending_insert_shared(struct gic_vcpu *v, unsigned slot, unsigned group, unsigned level);
void gic_pending_remove_shared(struct gic_vcpu *v, unsigned slot, unsigned group, unsigned level);
/** gic_pending_level_mark, _check - something was added to a level, or taken from it. */
void gic_pending_level_mark(struct gic_vcpu *v, unsigned group, unsigned level);
void gic_pending_level_check(struct gic_vcpu *v, unsigned group, unsigned level);
/** gic_pending_any - whether the sets of any of @groups hold anything. */
bool gic_pending_any(const struct gic_vcpu *v, unsigned groups);
void gic_pending_highest(const struct gic_vcpu *v, unsigned group_mask, struct gic_hppi *h);

/* -- decide.c -- */
bool gic_is_asleep(const struct gic_vcpu *v);
/** gic_vcpu_update - recompute everything derived of a vCPU; drive lines; publish. */
void gic_vcpu_update(struct gic_vcpu *v);
/** gic_vcpu_decide - likewise, when nothing joined or left the pending sets. */
void gic_vcpu_decide(struct gic_vcpu *v);
/** gic_vcpu_update_enables - likewise, after a change of what enables groups. */
void gic_vcpu_update_enables(struct gic_vcpu *v);
/** gic_recompute_running - only the running priority; an update must follow. */
void gic_recompute_running(struct gic_vcpu *v);
/** gic_vcpu_update_running - likewise, after a change of active priorities. */
void gic_vcpu_update_running(struct gic_vcpu *v);
/** gic_vcpu_update_rebuilt - likewise, from state alone. */
void gic_vcpu_update_rebuilt(struct gic_vcpu *v);
void gic_update_all(struct gic *g);
uint8_t gic_group_priority_mask(const struct gic_vcpu *v, enum gic_group group);
bool gic_passes_mask(const struct gic_vcpu *v, const struct gic_hppi *h);
bool gic_passes_running(const struct gic_vcpu *v, const struct gic_hppi *h);
enum gic_line gic_line_for(const struct gic_vcpu *v, enum gic_group group, unsigned el,
                           bool secure);
unsigned gic_dist_groups(const struct gic *g);
bool gic_preempts(const struct gic_vcpu *v, const struct gic_hppi *h);
void gic_drive_line(struct gic_vcpu *v, enum gic_line line, bool level);
/** gic_pe_moved - the PE is at another level or in the other security state than before. */
void gic_pe_moved(struct gic_vcpu *v, const struct gic_pe_state *pe);

static inline void gic_note_pe(struct gic_vcpu *v, const struct gic_pe_state *pe)
{
    if (v->cpu.pe_el != pe->el || v->cpu.pe_secure != (pe->secure || pe->el == 3))
        gic_pe_moved(v, pe);
}
/** gic_check_cached - GIC_PARANOID: the cached answer agrees with the slow walk, or abort. */
void gic_check_cached(struct gic_vcpu *v);

/* -- publish.c -- */
void gic_publish(struct gic_vcpu *v);
/** gic_publish_enables - ICC_CTLR, IGRPEN or the owner changed: to be published with the next word.
 */
void gic_publish_enables(struct gic_vcpu *v);

/* -- cpuread.c -- */
/** gic_reset_values_create - of a GIC that is in reset: what its registers hold. 0 or -ENOMEM. */
int gic_reset_values_create(struct gic *g);

/* -- sysregs.c -- */
/** gic_absent_classes - a bit per gic_sysreg_class that the configuration lacks. */
uint16_t gic_absent_classes(const struct gic_config *config);

/* -- cpuif.c, virt.c -- */
void gic_cpuif_reset(struct gic_vcpu *v);
void gic_virt_reset(struct gic_vcpu *v);
void gic_virt_update(struct gic_vcpu *v);
/** gic_ich_mend - after a restore: values that the registers can hold. */
void gic_ich_mend(struct gic_vcpu *v);

#define ICH_HCR_EN    (1u << 0)
#define ICH_HCR_TC    (1u << 10)
#define ICH_HCR_TALL0 (1u << 11)
#define ICH_HCR_TALL1 (1u << 12)
#define ICH_HCR_TDIR  (1u << 14)

#define HCR_FMO (1ull << 3)
#define HCR_IMO (1ull << 4)
#define SCR_NS  (1ull << 0)
#define SCR_IRQ (1ull << 1)
#define SCR_FIQ (1ull << 2)

#define SRE_SRE    (1u << 0)
#define SRE_DFB    (1u << 1)
#define SRE_DIB    (1u << 2)
#define SRE_ENABLE (1u << 3)

/* -- bus.c: memory-mapped registers -- */

/* One access: which frame, by whom. */
struct reg_access {
    struct gic *gic;
    struct gic_vcpu *frame; /* NULL: the distributor */
    struct gic_vcpu *by;
    bool cpu;    /* of `frame` the CPU interface, GICC */
    bool banked; /* GICD's copy for `frame` of registers for SGIs and PPIs (ARE 0) */
    bool ns;   /* restricted to what non-secure software may see: DS = 0 and a non-secure access */
    bool user; /* a device attribute (attr.c): raw state, and no effects besides */
};

/*
 * A row of a frame's table: `count` registers of `width` bytes from `offset` on. `sizes` is a mask
 * of the access sizes allowed (1 | 2 | 4 | 8). read gets n, the index within the row; write gets
 * the value and a mask of the bits that the access covers, both shifted to their place in the
 * register. `accept` is asked before a device attribute is set: 0 or -EINVAL.
 */
struct gic_reg {
    const char *name;
    uint32_t offset;
    uint16_t count;
    uint8_t width;
    uint8_t sizes;
    uint8_t word;   /* bitmap registers: index of the first struct irq_word */
    uint8_t field;  /* bitmap registers: enum irq_field; else the handler's own */
    uint8_t banked; /* GICD: so many of them are for SGIs and PPIs: each PE has its own (ARE 0) */
    bool legacy;    /* only there with gic_config.legacy */
    uint64_t res0;  /* bits that no configuration has: strict.c */
    uint64_t (*read)(const struct reg_access *a, const struct gic_reg *r, unsigned n);
    void (*write)(const struct reg_access *a, const struct gic_reg *r, unsigned n, uint64_t value,
                  uint64_t mask);
    int (*accept)(const struct reg_access *a, const struct gic_reg *r, unsigned n, uint64_t value);
    const char *section;
};

/* Rows: an array of @n registers, one of 32 bits, one of 64; then what else differs from zero. */
#define REGS(reg_name, at, n, bytes, access, sect, ...)                                            \
    {                                                                                              \
        .name = reg_name, .offset = at, .count = n, .width = bytes, .sizes = access,               \
        .section = sect, __VA_ARGS__                                                               \
    }
#define REG32(reg_name, at, sect, ...) REGS(reg_name, at, 1, 4, 4, sect, __VA_ARGS__)
#define REG64(reg_name, at, sect, ...) REGS(reg_name, at, 1, 8, 4 | 8, sect, __VA_ARGS__)

struct gic_reg_table {
    const struct gic_reg *rows;
    size_t n_rows;
};

#define GICD_CTLR    0x0u
#define GICD_IIDR    0x8u
#define GICD_IROUTER 0x6100u

extern const struct gic_reg_table gic_dist_table, gic_rd_table, gic_sgi_table, gic_vlpi_table,
    gic_cpu_table;

int gic_frames_create(struct gic *g);
/** gic_reg_at - the row at *@offset of the frame accessed, which becomes that in its 64 KB frame.
 */
const struct gic_reg *gic_reg_at(const struct reg_access *a, uint64_t *offset);
/** gic_reg_takes - whether an access of @size_bytes at @offset, as of gic_reg_at(), is possible. */
bool gic_reg_takes(const struct gic_reg *r, uint64_t offset, unsigned size_bytes);
void gic_frames_destroy(struct gic *g);

/* Where a device attribute's register is: as in struct reg_access. */
struct gic_place {
    struct gic_vcpu *frame, *by;
    bool ns, cpu;
};

/**
 * gic_frame_user_read, _write - the word at @offset as a device attribute. 0; -ENXIO: no state
 * there; -EINVAL: not a value for it.
 */
int gic_frame_user_read(struct gic *g, const struct gic_place *place, uint32_t offset,
                        uint32_t *value);
int gic_frame_user_write(struct gic *g, const struct gic_place *place, uint32_t offset,
                         uint32_t value);

#endif
