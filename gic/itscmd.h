/* SPDX-License-Identifier: MIT */
/*
 * What itscmd.c and itsvcmd.c share: fields of commands, look-ups, errors.
 */
#ifndef GIC_ITSCMD_H
#define GIC_ITSCMD_H

#include "gic/vpe.h"

typedef uint32_t its_execute_fn(struct gic_its *its, const uint64_t *command);

/* A device's event, all the way. */
struct its_translation {
    struct its_device device;
    struct its_interrupt interrupt;
    struct gic_vcpu *target; /* of a physical LPI */
    struct gic_vpe vpe;      /* of a vLPI */
};

/** its_translate - 0, or the code of the error: which step failed. */
uint32_t its_translate(struct gic_its *its, uint32_t device_id, uint32_t event_id,
                       struct its_translation *out);
/** its_set_pending - the interrupt, physical or virtual. */
void its_set_pending(struct its_translation *t, bool pending);

uint32_t its_find_device(struct gic_its *its, uint32_t id, struct its_device *out);
uint32_t its_find_vpe(struct gic_its *its, unsigned id, struct gic_vpe *out);
/** its_virtual_command - GICv4's commands; NULL if there is none of that opcode. */
its_execute_fn *its_virtual_command(const struct gic *g, unsigned opcode);
/** its_send_vsgi - a write of GITS_SGIR. */
void its_send_vsgi(struct gic_its *its, unsigned vpe_id, unsigned n);

static inline uint32_t its_device_id(const uint64_t *c)
{
    return (uint32_t)(c[0] >> 32);
}

static inline uint32_t its_event_id(const uint64_t *c)
{
    return (uint32_t)c[1];
}

static inline uint64_t its_rdbase(uint64_t word)
{
    return word >> 16 & 0x7ffffffffull;
}

static inline bool its_valid(const uint64_t *c)
{
    return c[2] >> 63;
}

/* While the queue is at a VMOVP that other ITSs have to come to: gic_its_state.vmovp. */
#define ITS_VMOVP_WAITS (1u << 16)
#define ITS_VMOVP_DONE  (1u << 17)                                   /* they have: go on */
#define ITS_VMOVP_BITS  (ITS_VMOVP_WAITS | ITS_VMOVP_DONE | 0xffffu) /* and the sequence number */
#define ITS_WAIT        0xfdu /* what its_execute() returns then */

/* Virtual ones: our own numbers. They are for the trace alone (GITS_TYPER.SEIS is 0). */
#define ITS_UNMAPPED_VPE  0x10
#define ITS_VPE_OOR       0x11
#define ITS_VPTSIZE_OOR   0x12
#define ITS_VIRTUALID_OOR 0x13
#define ITS_NOT_VIRTUAL   0x14
#define ITS_NOT_PHYSICAL  0x15

/** its_list_number - GITS_CTLR.ITS_Number, its bit in ITSList. */
static inline unsigned its_list_number(const struct gic_its *its)
{
    return its->s.ctlr >> 4 & 0xf;
}

#endif
