/* SPDX-License-Identifier: MIT */
/*
 * Part of gic/gic.h, which includes it: interrupt translation services, and what GICv4 injects
 * directly. Threads, errors and units are as there.
 */
#ifndef GIC_GIC_ITS_H
#define GIC_GIC_ITS_H

#include "gic/gic.h"

#ifdef __cplusplus
extern "C" {
#endif

/* -- Interrupt translation services (IHI 0069 5.2) -- */

struct gic_its;

struct gic_its_config {
    unsigned device_id_bits;       /* 1..32; 0 means 16 */
    unsigned event_id_bits;        /* 1..32; 0 means 16 */
    unsigned hardware_collections; /* GITS_TYPER.HCC: held inside, without a table; 0..255 */
    /*
     * A command with an error stops the queue: GITS_CREADR.Stalled, until GITS_CWRITER.Retry.
     * false: it is skipped (both are allowed, IHI 0069 5.3). A queue that cannot be read stalls in
     * any case.
     */
    bool stall_on_error;
    /*
     * GITS_TYPER.UMSI: a message that nothing is mapped for sets GITS_STATUSR.UMSI, and GITS_UMSIR
     * says which. By polling: there is no interrupt for it (UMSIirq 0).
     */
    bool report_unmapped;
    /* GICv4 (GITS_TYPER). */
    bool vmovp_once;              /* VMOVP: the command on one ITS moves the vPE for all of them */
    bool no_individual_doorbells; /* nID, GICv4.1: VMAPTI's doorbells are ignored */
    bool shares_vpe_table;        /* SVPET, GICv4.1: with the redistributors */
};

#define GIC_ITS_BYTES             0x20000u /* GITS: control frame, then translation frame */
#define GIC_ITS_V41_BYTES         0x40000u /* GICv4.1: also the vSGI frame, and a reserved one */
#define GIC_ITS_TRANSLATER_OFFSET 0x10040u

/**
 * gic_its_create - adds an ITS to @gic, which owns it and must have LPIs. RDbase in commands is
 * GICR_TYPER.Processor_Number (GITS_TYPER.PTA 0), the vCPU's index.
 *
 * All its tables are in guest memory at all times, in the layout of KVM's ABI revision 0 (device,
 * collection and interrupt entries of 8 bytes), so that memory and gic_visit() together are
 * everything. Returns 0, -EINVAL (with *why) or -ENOMEM.
 */
int gic_its_create(struct gic *gic, const struct gic_its_config *config, struct gic_its **out,
                   const char **why);

/** gic_its_read, gic_its_write - the control frame; GITS_TRANSLATER is for devices: gic_its_msi().
 */
int gic_its_read(struct gic_its *its, unsigned vcpu, uint64_t offset, unsigned size_bytes,
                 uint64_t *value);
int gic_its_write(struct gic_its *its, unsigned vcpu, uint64_t offset, unsigned size_bytes,
                  uint64_t value);

/**
 * gic_its_msi - a device wrote @event_id to GITS_TRANSLATER. O(1).
 * Returns 0 if an LPI was made pending, -ENOENT if nothing is mapped there (the write is dropped).
 */
int gic_its_msi(struct gic_its *its, uint32_t device_id, uint32_t event_id);

/* Where an event goes. */
struct gic_event_target {
    bool is_virtual;
    uint32_t intid; /* the LPI; or a vINTID */
    unsigned vcpu;  /* the collection's target; or where the vPE is resident, else its home */
    bool resident;  /* a vLPI's vPE is */
};

/**
 * gic_its_explain - the gates between an event of a device and its LPI: enum gic_event_gate_id.
 * @target: when all pass (`signalled`): go on with gic_explain() or gic_explain_virtual().
 * No effects.
 */
void gic_its_explain(const struct gic_its *its, uint32_t device_id, uint32_t event_id,
                     struct gic_verdict *verdict, struct gic_event_target *target);

/**
 * gic_its_step - time passes for commands that take time (GIC_CHOICE_ITS_COMMAND_DURATION), and for
 * a queue of more than 256 of them: so many are carried out at a time. Reads of GITS_CREADR and
 * GITS_CTLR do the same. gic_its_busy - whether commands wait: then step until they do not.
 */
void gic_its_step(struct gic_its *its);
bool gic_its_busy(const struct gic_its *its);

/* -- GICv4: what is injected directly into a guest (IHI 0069, GICv4 chapters) -- */

/* The vPE that is resident at a vCPU. */
struct gic_resident {
    bool valid;      /* GICR_VPENDBASER.Valid; the rest counts only then */
    uint16_t vpe_id; /* GICv4.1; 0 in GICv4.0, which knows the pending table alone */
    uint64_t pending_table, config_table; /* guest addresses */
    unsigned id_bits;                     /* vINTIDs have that many */
    uint32_t highest;                     /* the vLPI or vSGI that waits first; 1023 none */
    uint8_t priority;                     /* its priority, as the guest sees it */
    uint8_t group;                        /* its virtual group, 0 or 1 */
    bool forwarded[2];                    /* by virtual group: GICv4.1 GICR_VPENDBASER.VGrp<n>En */
    uint16_t sgi_pending, sgi_enable, sgi_group; /* a bit for each vSGI, GICv4.1 */
};

/** gic_resident - what is resident at @vcpu. No effects. */
void gic_resident(const struct gic *gic, unsigned vcpu, struct gic_resident *out);

/**
 * gic_resident_vlpi - whether @vintid is pending for the vPE resident at @vcpu. @configuration gets
 * the cached byte: priority 7:2, enable 0; or 0 if none is cached. No effects.
 */
bool gic_resident_vlpi(const struct gic *gic, unsigned vcpu, uint32_t vintid,
                       uint8_t *configuration);

#ifdef __cplusplus
}
#endif

#endif
