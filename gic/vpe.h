/* SPDX-License-Identifier: MIT */
/*
 * GICv4: virtual PEs. vpe.c has their tables, resident.c residency, vlpi.c vLPIs, vsgi.c vSGIs.
 *
 * The ITS knows a vPE by its vPEID: which redistributor to send to and, in GICv4.0, where its
 * pending table is. A redistributor of GICv4.0 knows the resident vPE alone, by the address of its
 * pending table; one of GICv4.1 finds any vPE in the vPE configuration table.
 *
 * While a vPE is resident its state is in gic_redist_state.vpe and in the set gic_vcpu.vlpis; else
 * in guest memory, in tables whose layout is ours to define (IHI 0069 leaves it open):
 *
 *   an entry of a vPE table; GICv4.0 has the first two words
 *     0  63 allocated, 51..16 bits of the pending table's address, 8..5 flags, 4..0 its size
 *     1  63..32 default doorbell, 31..16 ITSs that have it mapped, 15..0 redistributor
 *     2  51..12 bits of the configuration table's address
 *     3  zero
 *   the first KiB of a pending table, which no vLPI needs
 *     0x000  the coarse map: a bit for each 4096 vINTIDs, 0 if none of them is pending
 *     0x200  vSGIs: 15..0 enabled, 31..16 Group 1, 47..32 pending
 *     0x208  vSGIs: bits 7:4 of the priority, four bits each
 */
#ifndef GIC_VPE_H
#define GIC_VPE_H

#include "gic/its.h"

#define VPE_ENTRY_BYTES_V40 16u
#define VPE_ENTRY_BYTES_V41 32u

/* A vPE for the length of one command, message or register access. */
struct gic_vpe {
    unsigned id;
    struct gic_vcpu *home;     /* the redistributor that ITSs send to */
    struct gic_vcpu *resident; /* where it is scheduled; NULL: nowhere */
    struct gic_vpe_state *s;   /* the resident one's, or &copy */
    struct gic_vpe_state copy;
    uint64_t entry; /* GICv4.1: address in the redistributors' table */
};

/* -- vpe.c -- */
int gic_vpe_create(struct gic *g);
void gic_vpe_destroy(struct gic *g);
void gic_vpe_forget_residents(struct gic *g);

/** gic_vpe_find - a vPE that @its has mapped. 0, -ERANGE, -ENOENT or -EFAULT. */
int gic_vpe_find(struct gic_its *its, unsigned id, struct gic_vpe *out);
/** gic_vpe_open - GICv4.1: a vPE that is in the table of redistributor @rd; likewise. */
int gic_vpe_open(struct gic_vcpu *rd, unsigned id, struct gic_vpe *out);
/** gic_vpe_save_entry - GICv4.1: table, doorbell, flags of one that is not resident. */
int gic_vpe_save_entry(const struct gic_vpe *p);
/** gic_vpe_load_sgis, gic_vpe_save_sgis - vSGIs of one that is not resident. */
int gic_vpe_load_sgis(struct gic *g, struct gic_vpe_state *s);
int gic_vpe_save_sgis(struct gic *g, const struct gic_vpe_state *s);

/** gic_vpe_id_valid - whether vPEIDs have that many bits. */
bool gic_vpe_id_valid(const struct gic *g, unsigned id);
/** gic_vpe_map, gic_vpe_unmap, gic_vpe_move - VMAPP and VMOVP for one ITS. An error as above. */
struct gic_vpe_mapping {
    uint16_t id;
    struct gic_vcpu *target;
    uint64_t pending_table, config_table;
    uint8_t id_bits;
    bool alloc, zeroed; /* GICv4.1: VMAPP.ALLOC, PTZ */
    bool new_doorbell;  /* VMOVP.DB: `doorbell` counts */
    uint32_t doorbell;
};
int gic_vpe_map(struct gic_its *its, const struct gic_vpe_mapping *m);
int gic_vpe_unmap(struct gic_its *its, unsigned id, bool free_it);
int gic_vpe_move(struct gic_its *its, const struct gic_vpe_mapping *m);

/* -- resident.c, vlpi.c -- */
void gic_vlpi_visit(struct gic_vcpu *v,
                    void (*fn)(void *opaque, const char *name, void *data, size_t size_bytes),
                    void *opaque);
void gic_vlpi_mend(struct gic_vcpu *v);
void gic_vlpi_rebuild(struct gic_vcpu *v);
void gic_vlpi_reset(struct gic_vcpu *v);
/** gic_vlpi_save - the resident vPE's state goes to memory too, and it stays. 0 or -EFAULT. */
int gic_vlpi_save(struct gic_vcpu *v);

/** gic_vlpi_valid - whether the vPE's pending table has room for it. */
bool gic_vlpi_valid(const struct gic_vpe *p, uint32_t vintid);
/**
 * gic_vlpi_set_pending - a message or command for @vintid. @doorbell is the individual one, 1023
 * for none. True if the pending bit was the other way round.
 */
bool gic_vlpi_set_pending(struct gic_vpe *p, uint32_t vintid, uint32_t doorbell, bool pending);
void gic_vlpi_invalidate(struct gic_vpe *p, uint32_t vintid);
void gic_vlpi_invalidate_all(struct gic_vpe *p);
/** gic_vpe_ring - GICv4.1: the default doorbell, if it is armed; then it is not any more. */
void gic_vpe_ring(struct gic_vpe *p, unsigned group);
/** gic_vpe_evict - what clearing GICR_VPENDBASER.Valid does, without a request for a doorbell. */
void gic_vpe_evict(struct gic_vcpu *v);

/**
 * gic_vlpi_highest - the highest priority directly injected interrupt of @groups (bit 0: Group 0)
 * that waits for the resident vPE; intid 1023: none. O(1).
 */
struct gic_hppi gic_vlpi_highest(const struct gic_vcpu *v, unsigned groups);
/** gic_vlpi_groups - those that GICR_VPENDBASER forwards: bit 0 Group 0, bit 1 Group 1. */
unsigned gic_vlpi_groups(const struct gic_vcpu *v);
/** gic_vlpi_peek - a vLPI or vSGI of the resident vPE; false: there is none, or not that one. */
struct gic_vlpi_view {
    bool pending, enabled;
    uint8_t group, priority;
};
bool gic_vlpi_peek(const struct gic_vcpu *v, uint32_t vintid, struct gic_vlpi_view *out);
/** gic_vlpi_check - GIC_PARANOID: up to @n pending vLPIs do not come before the highest. */
void gic_vlpi_check(const struct gic_vcpu *v, unsigned n);
/** gic_vlpi_acknowledge - taken: not pending any more. No update. */
void gic_vlpi_acknowledge(struct gic_vcpu *v, uint32_t vintid);

REG_READ(gic_vpropbaser_read);
REG_WRITE(gic_vpropbaser_write);
REG_READ(gic_vpendbaser_read);
REG_WRITE(gic_vpendbaser_write);

/* -- vsgi.c -- */
struct gic_vsgi_config {
    bool enable, group1;
    uint8_t priority; /* bits 7:4 */
};
int gic_vsgi_configure(struct gic_vpe *p, unsigned n, const struct gic_vsgi_config *config);
int gic_vsgi_set_pending(struct gic_vpe *p, unsigned n, bool pending);

REG_WRITE(gic_vsgir_write);
REG_READ(gic_vsgipendr_read);

#define VPE_COARSE 1u /* the coarse map counts */
#define VPE_ARMED  2u /* the default doorbell is asked for */
#define VPE_GROUP0 4u /* GICR_VPENDBASER.VGrp0En, VGrp1En, as last seen */
#define VPE_GROUP1 8u

#define VPROPBASER_VALID   (1ull << 63) /* GICv4.1 */
#define VPENDBASER_VALID   (1ull << 63)
#define VPENDBASER_IDAI    (1ull << 62) /* GICv4.0: the coarse map does not count */
#define VPENDBASER_DB      (1ull << 62) /* GICv4.1 */
#define VPENDBASER_LAST    (1ull << 61)
#define VPENDBASER_DIRTY   (1ull << 60)
#define VPENDBASER_GRP0EN  (1ull << 59)
#define VPENDBASER_GRP1EN  (1ull << 58)
#define VPENDBASER_ADDRESS 0xfffffffff0000ull
#define VPENDBASER_VPEID   0xffffull

static inline bool gic_has_resident(const struct gic_vcpu *v)
{
    return (v->redist.vpendbaser & VPENDBASER_VALID) != 0;
}

#endif
