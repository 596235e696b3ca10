/* SPDX-License-Identifier: MIT */
/*
 * Device attributes: all that a GIC and its ITSs hold, by group and number, for whoever saves a
 * machine and goes on elsewhere.
 *
 * Groups, numbers, widths and meanings are those of KVM's devices (Linux,
 * Documentation/virt/kvm/devices/arm-vgic-v3.rst and arm-vgic-its.rst), so that a program which
 * saves a vGIC today can save this one. Where this GIC has state that KVM's has not, an extension
 * of the numbering is marked (+) below; KVM answers it with -ENXIO.
 *
 * How it is used, all at once:
 *
 *     long n = gic_attr_save(gic, NULL, 0);
 *     struct gic_attr_value *list = calloc(n, sizeof(*list));
 *     gic_attr_save(gic, list, n);           tables are in guest memory now
 *     ...                                    another GIC, with the same configuration
 *     gic_attr_restore(gic, list, n);        after the guest's memory came back
 *
 * or one by one with gic_attr_get() and gic_attr_set(), in this order: GICD_IIDR; clear registers
 * with all-ones, then the others; redistributors, with PROPBASER and PENDBASER before CTLR; CPU
 * interfaces; levels; each ITS: IIDR, CBASER, then the others, RESTORE_TABLES, CTLR last.
 *
 * What a register shows here is what secure software sees, without the accesses' side effects:
 * reads change nothing, and no RWP, Busy or Quiescent time is started. Special are
 *   GICx_STATUSR   a write sets the bits written
 *   GICx_ISPENDR   the latch alone, without the wire; a write sets and clears it
 *   GICx_ICPENDR   RAZ/WI
 *   GICD_IIDR      accepts its own value alone: -EINVAL says that another kind of GIC was saved
 *   GITS_IIDR      Revision is the ABI of the tables in memory: 0, KVM's; with GICv4 (+) 1, ours
 *   GITS_CREADR    can be written
 *   ICC_*          the registers themselves: no CBPR and no lower half of priorities shows through
 * Registers that start something, or that reading changes (SETSPI, INVLPIR, IAR), are not there.
 *
 * What is not state: reads of RWP, ChildrenAsleep and Quiescent that were still to lag
 * (GIC_CHOICE_*), cached LPI configuration and what is known of pending tables (lpi.c), which vCPU
 * a pending 1-of-N interrupt was given to.
 *
 * Not here, and the user's to tell a new GIC: gic_pe_changed() for each vCPU. Posts are drained
 * (gic_drain()) before a GIC is saved.
 *
 * Threads and ownership as in gic.h. Errors, for all functions that return int:
 *   -ENXIO   no such group or attribute here
 *   -EINVAL  no such vCPU; a value the register cannot be given; tables that contradict themselves
 *   -EFAULT  tables are not in guest memory
 *   -ENOMEM  the host's memory
 *   -E2BIG   ITS tables with more entries than any real memory has: not saved
 *   -EEXIST  an address is set twice
 *   -ENODEV  ADDR of an ITS, any other attribute
 * Never -EBUSY: the library's thread rule says already that no vCPU runs meanwhile.
 */
#ifndef GIC_ATTR_H
#define GIC_ATTR_H

#include "gic/gic.h"

#ifdef __cplusplus
extern "C" {
#endif

enum gic_attr_group {
    GIC_ATTR_ADDR = 0,             /* where frames are: kept for the user, but for the regions */
    GIC_ATTR_DIST_REGS = 1,        /* mpidr << 32 | offset in GICD; 32 bits; mpidr counts
                                      in CPENDSGIR, SPENDSGIR (legacy operation) alone */
    GIC_ATTR_CPU_REGS = 2,         /* mpidr << 32 | offset in GICC, legacy operation; 32 bits */
    GIC_ATTR_NR_IRQS = 3,          /* SGIs, PPIs and SPIs, up to a multiple of 32: read-only here */
    GIC_ATTR_CTRL = 4,             /* set only: enum gic_attr_ctrl, the value is ignored */
    GIC_ATTR_REDIST_REGS = 5,      /* mpidr << 32 | offset from RD_base; 32 bits */
    GIC_ATTR_CPU_SYSREGS = 6,      /* mpidr << 32 | Op0:Op1:CRn:CRm:Op2 [15:0]; 64 bits */
    GIC_ATTR_LEVEL_INFO = 7,       /* mpidr << 32 | what << 10 | first INTID: 32 wires */
    GIC_ATTR_ITS_REGS = 8,         /* offset in GITS; 64 bits at once */
    GIC_ATTR_MAINT_IRQ = 9,        /* INTID of the maintenance interrupt: read-only here */
    GIC_ATTR_ITS_COLLECTIONS = 64, /* (+) an ITS's collection n of GITS_TYPER.HCC, as a CTE */
    GIC_ATTR_ITS_VMOVP = 65        /* (+) GICv4, several ITSs: how far the VMOVP at CREADR is */
};

/* mpidr here: Aff3 [31:24], Aff2 [23:16], Aff1 [15:8], Aff0 [7:0]. */
static inline uint64_t gic_attr_for(uint64_t mpidr, uint32_t low)
{
    return (mpidr >> 32 & 0xff) << 56 | (mpidr & 0xffffff) << 32 | low;
}

/*
 * (+) With two security states: the non-secure copy of a banked register, where without this bit
 * it is the secure one. In DIST_REGS and REDIST_REGS it is there with two_security_states, in
 * CPU_SYSREGS with has_el3.
 */
#define GIC_ATTR_NS (1u << 31)

/* LEVEL_INFO's `what`. */
#define GIC_ATTR_LEVEL              0u /* INTIDs 0..1023 */
#define GIC_ATTR_LEVEL_EXTENDED_PPI 1u /* (+) INTID 1056 + n */
#define GIC_ATTR_LEVEL_EXTENDED_SPI 2u /* (+) INTID 4096 + n */

enum gic_attr_ctrl {
    GIC_ATTR_CTRL_INIT = 0,           /* a GIC here is initialised from the start: does nothing */
    GIC_ATTR_ITS_SAVE_TABLES = 1,     /* an ITS's tables take the form of GITS_IIDR.Revision */
    GIC_ATTR_ITS_RESTORE_TABLES = 2,  /* and are taken from it */
    GIC_ATTR_SAVE_PENDING_TABLES = 3, /* of LPIs, and all of vPEs that are resident */
    GIC_ATTR_ITS_RESET = 4
};

/* ADDR. Addresses are multiples of 64 KiB; all-ones is read before one is set. */
enum gic_attr_addr {
    GIC_ATTR_ADDR_DIST = 2,
    GIC_ATTR_ADDR_REDIST = 3, /* one region */
    GIC_ATTR_ADDR_ITS = 4,
    /*
     * count [63:52], base [51:16], flags [15:12] (0), index [11:0]; indices in order from 0. To
     * read one, *value holds the index; -ENOENT: there is none. When they have room for all
     * vCPUs, GICR_TYPER.Last follows them (as gic_set_redist_regions() would have it).
     */
    GIC_ATTR_ADDR_REDIST_REGION = 5
};

/**
 * gic_attr_has - 0 if gic_attr_get() or gic_attr_set() know it. Has no effects.
 * gic_attr_get, gic_attr_set - one attribute of a GIC; @value in its width, higher bits 0.
 */
int gic_attr_has(struct gic *gic, uint32_t group, uint64_t attr);
int gic_attr_get(struct gic *gic, uint32_t group, uint64_t attr, uint64_t *value);
int gic_attr_set(struct gic *gic, uint32_t group, uint64_t attr, uint64_t value);

/** gic_its_attr_has, _get, _set - likewise of an ITS: ADDR, CTRL, ITS_REGS, ITS_COLLECTIONS. */
int gic_its_attr_has(struct gic_its *its, uint32_t group, uint64_t attr);
int gic_its_attr_get(struct gic_its *its, uint32_t group, uint64_t attr, uint64_t *value);
int gic_its_attr_set(struct gic_its *its, uint32_t group, uint64_t attr, uint64_t value);

/** gic_its_nth - a GIC's ITSs in order of creation; NULL beyond the last. */
struct gic_its *gic_its_nth(struct gic *gic, unsigned n);

/* One item of a saved GIC. */
struct gic_attr_value {
    int32_t its; /* -1: the GIC; else the n-th ITS */
    uint32_t group;
    uint64_t attr, value;
};

/**
 * gic_attr_save - everything, in the order in which it is to be restored.
 * @out: the first @room items are written there. With @room 0 nothing is saved, only counted.
 * Else LPI pending tables and ITS tables are written to guest memory first; the GIC goes on
 * working. Returns how many items there are, or an error.
 */
long gic_attr_save(struct gic *gic, struct gic_attr_value *out, size_t room);

/**
 * gic_attr_restore - sets @n items in order. Lines may rise and fall in between; who must not see
 * that asks gic_line_level() afterwards. Stops at the first error and returns it.
 */
int gic_attr_restore(struct gic *gic, const struct gic_attr_value *in, size_t n);

#ifdef __cplusplus
}
#endif

#endif
