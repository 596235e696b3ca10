/* SPDX-License-Identifier: MIT */
/*
 * What software does with a GIC that works here and need not work elsewhere, or does not do what it
 * seems to. Each function judges an access that is about to be made. It has no effects, on the GIC
 * or on itself; who does not call it pays nothing. On the GIC's thread.
 */
#ifndef GIC_STRICT_H
#define GIC_STRICT_H

#include "gic/gic.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * All kinds of doubt: name, what is wrong, where it is written, what to do. Those from UNROUTED on
 * need to know what came before, or what is beside the GIC: their judge is the user.
 */
#define GIC_DOUBTS(X)                                                                              \
    X(RES0, "res0", "sets bits that are reserved or read-only", "IHI 0069 12.1",                   \
      "write 0 there; compare the field's position with the register's description")               \
    X(RESERVED, "reserved", "no register is there", "IHI 0069 12.1.3",                             \
      "compare the offset with the frame's register map; the access does nothing")                 \
    X(FRAME, "frame", "this register is in the redistributor's other frame", "IHI 0069 12.10",     \
      "GICR_CTLR to GICR_SYNCR are in RD_base; what is by interrupt is in SGI_base, 64 KB up")     \
    X(LEGACY, "legacy", "of no effect with affinity routing", "IHI 0069 12.9.4",                   \
      "use GICD_IROUTER<n> for routes, ICC_SGI1R_EL1 for SGIs, GICR_* for INTIDs 0 to 31")         \
    X(ACCESS, "access", "the register cannot be accessed so", "IHI 0069 12.1.3",                   \
      "use the size and direction that the register is defined for; this does nothing")            \
    X(ABSENT, "absent", "enables an interrupt that does not exist", "IHI 0069 12.9.38",            \
      "look at GICD_TYPER.ITLinesNumber, and add 32 to an SPI's number in a device tree")          \
    X(PRIORITY, "priority", "low bits of the priority are lost", "IHI 0069 4.8",                   \
      "use the bits that ICC_CTLR_EL1.PRIbits says are there; 0xff becomes the lowest of them")    \
    X(ROUTE, "route", "routes an interrupt that is enabled", "IHI 0069 12.9.22",                   \
      "disable it, wait for GICD_CTLR.RWP, route it, then enable it")                              \
    X(CONFIG, "config", "changes the trigger of an interrupt that is enabled", "IHI 0069 12.9.9",  \
      "disable it, wait for RWP, then write ICFGR: otherwise it is UNPREDICTABLE")                 \
    X(GROUP0, "group0", "enables it in Group 0 while Group 1 alone is enabled", "IHI 0069 4.6",    \
      "write 1 to its bit of IGROUPR, or enable Group 0")                                          \
    X(WAKER, "waker", "used while the redistributor sleeps", "IHI 0069 11.1",                      \
      "clear GICR_WAKER.ProcessorSleep and wait until ChildrenAsleep reads 0 first")               \
    X(SPECIAL, "special", "1020 to 1023 are no interrupts", "IHI 0069 2.2.1",                      \
      "return from the handler when ICC_IAR<n>_EL1 says so: there is nothing to handle or end")    \
    X(DIR, "dir", "deactivates while EOImode is 0", "IHI 0069 12.2.10",                            \
      "set ICC_CTLR_EL1.EOImode (bit 1), or leave the write out: ICC_EOIR<n>_EL1 has done it")     \
    X(NOWHERE, "nowhere", "routes an interrupt to no PE", "IHI 0069 12.9.22",                      \
      "write the affinity fields of a PE's MPIDR_EL1, Aff3 in bits 39:32; it is no mask")          \
    X(FOREIGN, "foreign", "configures another PE's SGIs and PPIs", "IHI 0069 12.11.35",            \
      "look for the redistributor whose GICR_TYPER.Affinity_Value is this PE's MPIDR_EL1")         \
    X(TABLES, "tables", "changes a table or a queue that is in use",                               \
      "IHI 0069, GICR_CTLR.EnableLPIs and GITS_CTLR.Enabled",                                      \
      "turn LPIs or the ITS off first, and wait for GICR_CTLR.RWP = 0 or GITS_CTLR.Quiescent = 1") \
    X(LR_TWICE, "lr-twice", "two list registers hold the same vINTID", "IHI 0069 12.4.6",          \
      "look for the vINTID in the list registers first, and set its State there")                  \
    X(LR_HW, "lr-hw", "a list register with HW = 1 that stands for no physical interrupt",         \
      "IHI 0069 12.4.6",                                                                           \
      "pINTID is that of a PPI or an SPI, and State pending or active, never both")                \
    X(UNROUTED, "unrouted", "enables an interrupt that was never routed", "IHI 0069 12.9.22",      \
      "write its GICD_IROUTER<n> first: what a reset leaves there is UNKNOWN")                     \
    X(RWP, "rwp", "relies on a disable that may not have taken effect", "IHI 0069 12.9.4",         \
      "after ICENABLER, a group or EnableLPIs is cleared, read GICx_CTLR until RWP is 0")          \
    X(EOI, "eoi", "ends what is not the last that was acknowledged", "IHI 0069 12.2.12",           \
      "write what ICC_IAR<n>_EL1 returned, once, the last acknowledged first")                     \
    X(EOI_GROUP, "eoi-group", "ends it by the other group's register", "IHI 0069 12.2.11",         \
      "what ICC_IAR0_EL1 returned goes to ICC_EOIR0_EL1, what IAR1 returned to EOIR1")             \
    X(IAR_GROUP, "iar-group", "an FIQ of Group 0 is acknowledged by Group 1's register",           \
      "IHI 0069 4.6", "read ICC_IAR0_EL1 in the handler of FIQs, and write ICC_EOIR0_EL1")         \
    X(TIMER_EDGE, "timer-edge", "a timer's interrupt is configured as edge-triggered",             \
      "DDI 0487, The Generic Timer",                                                               \
      "leave it level-sensitive: its line stays up as long as the condition holds")                \
    X(ISB, "isb", "relies on a register write that nothing has synchronized",                      \
      "DDI 0487, Synchronization requirements for AArch64 System registers",                       \
      "put an ISB behind the write")                                                               \
    X(DSB, "dsb", "sends an SGI with no DSB ahead", "IHI 0069, ICC_SGI1R_EL1",                     \
      "put a DSB ISHST ahead, or the target may miss what was stored before")                      \
    X(ITS_COMMAND, "its-command", "the ITS cannot carry out a command", "IHI 0069 5.3",            \
      "map device, event, collection and vPE first, in this order; the command has no effect")     \
    X(INV, "inv", "an LPI's byte in memory was changed, and the GIC was not told",                 \
      "IHI 0069 5.1.1", "send INV or INVALL and SYNC behind each change: it may keep a copy")

enum gic_doubt_kind {
#define X(id, name, what, section, advice) GIC_DOUBT_##id,
    GIC_DOUBTS(X)
#undef X
        GIC_N_DOUBTS
};

#define GIC_DOUBT_NO_INTID 0xffffffffu

struct gic_doubt {
    enum gic_doubt_kind kind;
    uint32_t intid;      /* GIC_DOUBT_NO_INTID: of no interrupt, or of several */
    uint64_t bits;       /* those of the value that are meant; 0: all */
    const char *section; /* of IHI 0069 that describes the register; NULL: there is none */
};
typedef void gic_doubt_fn(void *opaque, const struct gic_doubt *doubt);

/* An access to GICD, or to the frames of @frame_vcpu. */
struct gic_frame_access {
    enum gic_frame frame;
    unsigned frame_vcpu, vcpu;
    bool secure, is_write;
    uint64_t offset, value;
    unsigned size_bytes;
};

/**
 * gic_doubt_frame, gic_doubt_sysreg - calls @fn for each doubt. A write to a system register that
 * gic_sysreg_check() allows; of virtual ones only ends are judged. gic_doubt_its - a write to the
 * ITS's control frame. gic_doubt_cpu - an access by @vcpu to its GICC.
 */
void gic_doubt_frame(struct gic *g, const struct gic_frame_access *access, gic_doubt_fn *fn,
                     void *opaque);
void gic_doubt_sysreg(struct gic *g, unsigned vcpu, const struct gic_sysreg *reg,
                      const struct gic_pe_state *pe, uint64_t value, gic_doubt_fn *fn,
                      void *opaque);

void gic_doubt_its(const struct gic_its *its, uint64_t offset, uint64_t value, gic_doubt_fn *fn,
                   void *opaque);
void gic_doubt_cpu(const struct gic *g, unsigned vcpu, bool secure, gic_doubt_fn *fn, void *opaque);

/** gic_its_name - e.g. GITS_BASER<n>; NULL: no register is there. Static. */
const char *gic_its_name(uint64_t offset);

/**
 * gic_lpi_copy - what @vcpu's redistributor keeps of an LPI's byte, and what is in memory now; bit
 * 0 enables. False: it keeps no copy, or @intid is no LPI there. IHI 0069 5.1.1.
 */
bool gic_lpi_copy(const struct gic *g, unsigned vcpu, uint32_t intid, uint8_t *copy,
                  uint8_t *in_memory);

#ifdef __cplusplus
}
#endif

#endif
