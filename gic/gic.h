/* SPDX-License-Identifier: MIT */
/*
 * libgic: a model of Arm's Generic Interrupt Controller, versions 3, 4.0 and 4.1 (Arm IHI 0069).
 *
 * What it models: one distributor, one redistributor and one CPU interface (physical ICC_*, virtual
 * ICV_*, hypervisor ICH_*) per vCPU. The library owns all interrupt state; its user brings the bus
 * (calls gic_dist_* and gic_redist_*), the PEs (call gic_sysreg_* and gic_pe_changed()) and the
 * wires (call gic_set_spi() and gic_set_ppi()), and is told by callbacks which IRQ and FIQ lines of
 * which vCPU change.
 *
 * How it is used:
 *
 *     struct gic_config config = {.n_vcpus = 2, .mpidr = mpidr, .n_spis = 256, .set_line = line};
 *     struct gic *gic;
 *     int err = gic_create(&config, &gic, &why);
 *     ...
 *     gic_set_spi(gic, 33, true);            the UART's wire rises; line(.., GIC_LINE_IRQ, true)
 *     gic_sysreg_read(gic, 0, iar1, &pe);    33; the line falls
 *
 * Order: every call has taken full effect when it returns: registers read back, lines are driven.
 * Callbacks are made from inside the call that causes them; they must not call the library again
 * for the same GIC, except gic_line_level(), gic_published() and its kin, and gic_explain().
 *
 * Determinism: results depend on the calls made and on what `choose` answered, on nothing else.
 *
 * Threads: one thread at a time per GIC, except gic_published(), gic_published_virtual(),
 * gic_runnable(), gic_cpuif_read(), gic_cpuif_reset_value() and gic_post_*(), which any thread may
 * call at any time. Two GICs in one process share nothing.
 *
 * Errors: negative errno values. Arguments of type `vcpu` are 0 .. n_vcpus - 1; the library checks
 * them and ignores a call with a larger one. Values that come from the guest (offsets, sizes,
 * INTIDs, register contents) may be anything.
 *
 * Groups: G0, secure Group 1 and non-secure Group 1. With a single security state (GICD_CTLR.DS =
 * 1) Group 1 is the third.
 */
#ifndef GIC_GIC_H
#define GIC_GIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct gic;
struct gic_vcpu;

/* Outputs of a vCPU's CPU interface. */
enum gic_line {
    GIC_LINE_IRQ,
    GIC_LINE_FIQ,
    GIC_LINE_VIRQ,        /* ICH_HCR_EL2.En and a list register ask for a virtual IRQ */
    GIC_LINE_VFIQ,        /* likewise virtual FIQ */
    GIC_LINE_MAINTENANCE, /* ICH_MISR_EL2 != 0 and ICH_HCR_EL2.En; also drives PPI 25 inside */
    GIC_LINE_WAKE,        /* WakeRequest: GICR_WAKER.ProcessorSleep and an interrupt waits */
    GIC_LINE_NMI,         /* what IRQ or FIQ signals has Superpriority: rises before, falls after */
    GIC_LINE_VNMI,        /* likewise what VIRQ signals */
    GIC_N_LINES
};

/* Everything that real hardware may do in more than one way (design.md, contract 5). */
enum gic_choice_kind {
    GIC_CHOICE_ONE_OF_N_TARGET, /* which of n eligible vCPUs takes an SPI with IRM = 1 */
    /* How many reads of GICx_CTLR see RWP = 1 after a write; till then what it disables counts. */
    GIC_CHOICE_RWP_DURATION,
    GIC_CHOICE_SYNC_DURATION, /* how many reads of GICR_SYNCR see Busy = 1 after INVLPIR, INVALLR */
    GIC_CHOICE_SLEEP_DURATION,       /* how many reads of GICR_WAKER see ChildrenAsleep lag */
    GIC_CHOICE_ITS_COMMAND_DURATION, /* how many steps an ITS command waits before it takes effect
                                      */
    GIC_CHOICE_ITS_QUIESCE_DURATION, /* how many reads of GITS_CTLR see Quiescent = 0 */
    GIC_CHOICE_VPE_DIRTY_DURATION,   /* how many reads of GICR_VPENDBASER see Dirty = 1 */
    GIC_CHOICE_VSGI_BUSY_DURATION,   /* how many reads of GICR_VSGIPENDR see Busy = 1 */
    GIC_N_CHOICES
};

/* What `event` reports. `intid` is the interrupt, `vcpu` the redistributor or PE concerned. */
enum gic_event {
    GIC_EVENT_PENDED,        /* became pending; detail: priority */
    GIC_EVENT_UNPENDED,      /* pending without acknowledge went away (line fell, ICPENDR) */
    GIC_EVENT_ACKNOWLEDGED,  /* IAR read; detail: priority */
    GIC_EVENT_SPURIOUS,      /* IAR read returned intid 1020..1023 */
    GIC_EVENT_PRIORITY_DROP, /* EOIR; detail: priority that was dropped */
    GIC_EVENT_DEACTIVATED,   /* EOIR with EOImode 0, DIR, or ICACTIVER */
    GIC_EVENT_SGI_SENT,      /* SGI from `vcpu`; detail: value written to ICC_SGI*R */
    GIC_EVENT_LINE,          /* a line changed; intid: 1023; detail: enum gic_line << 1 | level */
    GIC_EVENT_GUEST_ERROR,   /* an access the architecture gives no meaning; detail: offset */
    /* Of the virtual CPU interface of `vcpu`; intid is the virtual one. */
    GIC_EVENT_VIRTUAL_PENDED,        /* by a list register, or directly while its vPE is resident;
                                        detail: priority, 0 of a vLPI */
    GIC_EVENT_VIRTUAL_ACKNOWLEDGED,  /* ICV_IAR read; detail: priority */
    GIC_EVENT_VIRTUAL_PRIORITY_DROP, /* ICV_EOIR; detail: priority that was dropped */
    GIC_EVENT_VIRTUAL_DEACTIVATED,   /* ICV_EOIR with EOImode 0, ICV_DIR: a list register's */
    GIC_N_EVENTS
};

/* GICv4 adds virtual LPIs that reach a guest without its hypervisor, GICv4.1 virtual SGIs. */
enum gic_version { GIC_VERSION_3, GIC_VERSION_4_0, GIC_VERSION_4_1 };

struct gic_config {
    enum gic_version version; /* from 4.0 on needs has_el2 and lpi_id_bits */
    unsigned n_vcpus;         /* 1..512 */
    const uint64_t *mpidr;  /* [n_vcpus] MPIDR_EL1 affinities: Aff3 << 32 | Aff2 << 16 | Aff1 << 8 |
                               Aff0;  all different; other bits are ignored. Copied. */
    unsigned n_spis;        /* INTID 32 .. 31 + n_spis: a multiple of 32 in 32..960, or 988 */
    unsigned n_espis;       /* INTID 4096 ..: a multiple of 32 in 0..1024 */
    unsigned n_eppis;       /* INTID 1056 ..: 0, 32 or 64 */
    unsigned priority_bits; /* 4..8 (5..8 with two security states); 0 means 5 */
    bool two_security_states; /* false: GICD_CTLR.DS is RAO/WI */
    bool has_el2, has_el3;
    unsigned list_registers; /* ICH_LR<n>_EL2: 1..16; 0 means 4 */
    bool has_nmi;            /* FEAT_GICv3_NMI: GICx_INMIR, ICC_NMIAR1_EL1 */
    bool has_mbis;           /* GICD_SETSPI_NSR and its kin */
    bool has_one_of_n; /* GICD_IROUTER.Interrupt_Routing_Mode, GICR_CTLR.DPG*, GICD_CTLR.E1NWF */
    /*
     * GICR_WAKER.ProcessorSleep, 1 after reset, holds interrupts back (IHI 0069 11.1). false: the
     * bits read back but hold nothing back, as on QEMU; software that was only tried there needs
     * that.
     */
    bool waker_gates;
    /*
     * ICC_SRE_ELx are writable and reset to 0, and their Enable bits trap (IHI 0069 12.2). false:
     * RAO/WI, as on GICs without legacy support.
     */
    bool sre_writable;
    /*
     * Legacy operation (IHI 0069 10): GICD_CTLR.ARE_* are writable and reset to 0, ICC_SRE_ELx too
     * (as with sre_writable), and there is the memory-mapped CPU interface: gic_cpu_read(). For at
     * most 8 vCPUs. There is no GICV and no GICH: virtual interrupts need the system registers.
     */
    bool legacy;
    /* LPIs. 0: none (GICD_TYPER.LPIS = 0); 14..24: INTIDs of that many bits; needs memory_*. */
    unsigned lpi_id_bits;
    bool direct_lpi;        /* GICR_SETLPIR, GICR_CLRLPIR; needs lpi_id_bits */
    bool lpis_stay_enabled; /* GICR_CTLR.CES = 0: EnableLPIs cannot be cleared but by a reset */
    unsigned vpe_id_bits;   /* GICv4.1: vPEIDs have 1..16 bits (GICD_TYPER2.VID); 0 means 16 */
    bool posting;           /* gic_post_*: interrupts from other threads */

    void *opaque; /* first argument of every callback */
    /* A line changed. Called on changes only, also for GIC_LINE_MAINTENANCE. May be NULL. */
    void (*set_line)(void *opaque, unsigned vcpu, enum gic_line line, bool level);
    /* Answers a choice: 0 .. n_options - 1; more is taken modulo n_options. NULL: always 0. */
    uint32_t (*choose)(void *opaque, enum gic_choice_kind kind, unsigned vcpu, uint32_t n_options);
    /* For traces and statistics. Must not influence anything. May be NULL. */
    void (*event)(void *opaque, enum gic_event event, unsigned vcpu, uint32_t intid,
                  uint64_t detail);
    /* Guest-physical memory, for LPI and ITS tables. 0, or -EFAULT and nothing was copied. */
    int (*memory_read)(void *opaque, uint64_t address, void *buffer, size_t size_bytes);
    int (*memory_write)(void *opaque, uint64_t address, const void *buffer, size_t size_bytes);
};

/**
 * gic_create - a GIC after cold reset.
 * @why: on failure, a static text that says which field is wrong and what it may be; may be NULL
 * Returns 0, -EINVAL or -ENOMEM. The caller owns *out and ends it with gic_destroy().
 */
int gic_create(const struct gic_config *config, struct gic **out, const char **why);

/** gic_destroy - frees a GIC; NULL is allowed. No callback is made. */
void gic_destroy(struct gic *gic);

/**
 * gic_set_events - which events are reported from now on: a bit per enum gic_event. All are, until
 * this is called; leaving out those that nobody looks at saves a call each.
 */
void gic_set_events(struct gic *gic, uint32_t events);

/** gic_reset - cold reset of all; wires (not GICD_SETSPI) keep their level. High lines fall. */
void gic_reset(struct gic *gic);

/**
 * gic_reset_vcpu - warm reset of one PE: its CPU interface (ICC_*, ICH_*) alone.
 * Distributor and redistributor state stays, as when a core is powered down and up again
 * (IHI 0069 11.1), so interrupts that wait for it are not lost.
 */
void gic_reset_vcpu(struct gic *gic, unsigned vcpu);

/** gic_set_revision - GICD_IIDR.Revision and GICR_IIDR's, 0..15; 1 until called. Not state. */
void gic_set_revision(struct gic *gic, unsigned revision);

/* -- Wires -- */

/** gic_set_spi - the level of a wire; INTID 32 .. 31 + n_spis or 4096 .. 4095 + n_espis. O(1). */
void gic_set_spi(struct gic *gic, uint32_t intid, bool level);

/** gic_set_ppi - the level of a private wire; INTID 16..31 or 1056 .. 1055 + n_eppis. O(1). */
void gic_set_ppi(struct gic *gic, unsigned vcpu, uint32_t intid, bool level);

/**
 * gic_send_private - an SGI or PPI (INTID 0..31) of @vcpu becomes pending, as by GICR_ISPENDR0.
 * gic_send_lpi - an LPI, as by GICR_SETLPIR, also where that register is not there.
 * Both: -EINVAL if there is no such interrupt; an LPI is lost while GICR_CTLR.EnableLPIs is 0.
 */
int gic_send_private(struct gic *gic, unsigned vcpu, uint32_t intid);
int gic_send_lpi(struct gic *gic, unsigned vcpu, uint32_t intid);

/* -- Interrupts from other threads: gic_config.posting -- */

/*
 * Any thread may post, at any time; posts take effect at the next gic_drain(). Lock-free, at most
 * three atomic operations, whatever the number of interrupts. What a thread did before it posted,
 * for example filled memory, is visible to the GIC's thread after the drain.
 *
 * All three return true if the inbox was empty: whoever gets that answer must see to it that
 * gic_drain() is called for that vCPU afterwards (for SPIs: for any vCPU). false: somebody else was
 * told, or the interrupt does not exist.
 */

/**
 * gic_post_spi - as gic_set_spi(). A wire that is posted is driven by posting alone. Changes
 * between two drains are merged: a pulse still is an edge.
 */
bool gic_post_spi(struct gic *gic, uint32_t intid, bool level);

/**
 * gic_post_private - makes an SGI or PPI (INTID 0..31) of @vcpu pending, as a write of
 * GICR_ISPENDR0 does (IHI 0069 12.11).
 */
bool gic_post_private(struct gic *gic, unsigned vcpu, uint32_t intid);

/** gic_post_lpi - makes an LPI of @vcpu pending, as GICR_SETLPIR does (IHI 0069 12.11). */
bool gic_post_lpi(struct gic *gic, unsigned vcpu, uint32_t intid);

/** gic_drain - the GIC's own thread: lets posts for @vcpu, and those of SPIs, take effect. */
void gic_drain(struct gic *gic, unsigned vcpu);

/* -- Memory-mapped frames -- */

#define GIC_DIST_BYTES   0x10000u /* GICD */
#define GIC_REDIST_BYTES 0x20000u /* one GICR: RD_base, then SGI_base at 0x10000 */
#define GIC_REDIST_V4_BYTES                                                                        \
    0x40000u /* from GICv4.0 on: also VLPI_base at 0x20000, and a reserved                         \
                frame */

/**
 * gic_dist_read, gic_dist_write - an access to GICD by @vcpu.
 * @secure: the access's security state; ignored with one security state
 * @offset: within the frame; @size_bytes: 1, 2, 4 or 8
 * Returns 0; -EFAULT where the architecture asks for an external abort (never at present: what a
 * register does not support reads as zero and ignores writes, IHI 0069 12.1.3).
 */
int gic_dist_read(struct gic *gic, unsigned vcpu, bool secure, uint64_t offset, unsigned size_bytes,
                  uint64_t *value);
int gic_dist_write(struct gic *gic, unsigned vcpu, bool secure, uint64_t offset,
                   unsigned size_bytes, uint64_t value);

/** gic_redist_read, gic_redist_write - likewise for the GICR frames of @frame_vcpu. */
int gic_redist_read(struct gic *gic, unsigned frame_vcpu, unsigned vcpu, bool secure,
                    uint64_t offset, unsigned size_bytes, uint64_t *value);
int gic_redist_write(struct gic *gic, unsigned frame_vcpu, unsigned vcpu, bool secure,
                     uint64_t offset, unsigned size_bytes, uint64_t value);

#define GIC_CPU_BYTES 0x2000u /* GICC */

/**
 * gic_cpu_read, gic_cpu_write - an access by @vcpu to its own GICC, with gic_config.legacy. RAZ/WI
 * for an exception level that uses the system registers (ICC_SRE_ELx.SRE), as gic_pe_changed() last
 * told it.
 */
int gic_cpu_read(struct gic *gic, unsigned vcpu, bool secure, uint64_t offset, unsigned size_bytes,
                 uint64_t *value);
int gic_cpu_write(struct gic *gic, unsigned vcpu, bool secure, uint64_t offset, unsigned size_bytes,
                  uint64_t value);

/**
 * gic_set_redist_regions - how redistributors are laid out, for GICR_TYPER.Last.
 * @vcpus_per_region: the first region holds vCPUs 0 .. n - 1, the next follows; the sum must be
 * n_vcpus. Until called, there is one region. Returns 0 or -EINVAL.
 */
int gic_set_redist_regions(struct gic *gic, const unsigned *vcpus_per_region, unsigned n_regions);

/* -- CPU interface -- */

/* State of the accessing PE (DDI 0487 D1). At EL3 `secure` is taken as true. */
struct gic_pe_state {
    uint8_t el;
    bool secure;
    bool el2_enabled;
    bool sctlr_nmi; /* SCTLR_EL<el>.NMI: false on PEs without FEAT_NMI */
    uint64_t hcr_el2, scr_el3;
};

/* What becomes of an access to a system register. */
enum gic_access {
    GIC_ACCESS_OK,
    GIC_ACCESS_UNDEF,
    GIC_ACCESS_TRAP_EL1,
    GIC_ACCESS_TRAP_EL2,
    GIC_ACCESS_TRAP_EL3
};

struct gic_sysreg {
    const char *name;
    uint8_t op0, op1, crn, crm, op2;
    bool readable, writable;
    uint8_t min_el;      /* below it UNDEFINED */
    const char *section; /* of IHI 0069 */
    /* What follows is the library's own. */
    uint8_t kind;  /* which traps and which redirection apply */
    uint8_t index; /* n of ICC_AP0R<n>_EL1 */
    uint64_t (*read)(struct gic *gic, struct gic_vcpu *v, const struct gic_sysreg *reg,
                     const struct gic_pe_state *pe);
    void (*write)(struct gic *gic, struct gic_vcpu *v, const struct gic_sysreg *reg,
                  const struct gic_pe_state *pe, uint64_t value);
    uint64_t (*read_virtual)(struct gic *gic, struct gic_vcpu *v, const struct gic_sysreg *reg,
                             const struct gic_pe_state *pe);
    void (*write_virtual)(struct gic *gic, struct gic_vcpu *v, const struct gic_sysreg *reg,
                          const struct gic_pe_state *pe, uint64_t value);
};

/**
 * gic_sysregs - the const table of all ICC_* and ICH_* registers. ICV_* share ICC_* encodings: the
 * library chooses by HCR_EL2.IMO and FMO. Registers that a configuration lacks (no EL2, fewer list
 * registers) are in the table and answered UNDEF by gic_sysreg_check().
 */
const struct gic_sysreg *gic_sysregs(size_t *count);

/**
 * gic_sysreg_check - whether an access is allowed, UNDEFINED or trapped (DDI 0487 D13.8). Has no
 * effects. @reg: a row of gic_sysregs().
 */
enum gic_access gic_sysreg_check(struct gic *gic, unsigned vcpu, const struct gic_sysreg *reg,
                                 const struct gic_pe_state *pe, bool is_write);

/**
 * gic_sysreg_try_read, gic_sysreg_try_write - check and, if that says OK, access, in one call.
 * O(1).
 */
enum gic_access gic_sysreg_try_read(struct gic *gic, unsigned vcpu, const struct gic_sysreg *reg,
                                    const struct gic_pe_state *pe, uint64_t *value);
enum gic_access gic_sysreg_try_write(struct gic *gic, unsigned vcpu, const struct gic_sysreg *reg,
                                     const struct gic_pe_state *pe, uint64_t value);

/** gic_sysreg_read, gic_sysreg_write - after gic_sysreg_check() said OK. O(1). */
uint64_t gic_sysreg_read(struct gic *gic, unsigned vcpu, const struct gic_sysreg *reg,
                         const struct gic_pe_state *pe);
void gic_sysreg_write(struct gic *gic, unsigned vcpu, const struct gic_sysreg *reg,
                      const struct gic_pe_state *pe, uint64_t value);

/**
 * gic_sysreg_peek - what gic_sysreg_read() would return, for who looks from outside: the PE is not
 * taken to be where @pe says. No effects, but for ICC_IAR<n>, which acknowledge.
 */
uint64_t gic_sysreg_peek(struct gic *gic, unsigned vcpu, const struct gic_sysreg *reg,
                         const struct gic_pe_state *pe);

/** gic_sysreg_is_virtual - whether the access reaches the virtual interface: ICV_*, not ICC_*. */
bool gic_sysreg_is_virtual(const struct gic_sysreg *reg, const struct gic_pe_state *pe);

/**
 * gic_pe_changed - the PE's exception level, security state, HCR_EL2 or SCR_EL3 changed. Whether an
 * interrupt is an IRQ or an FIQ depends on it with two security states (IHI 0069 4.6.2); with one,
 * calling it is optional. Accesses to system registers carry the state, and imply it.
 */
void gic_pe_changed(struct gic *gic, unsigned vcpu, const struct gic_pe_state *pe);

/** gic_line_level - the level last given to set_line. */
bool gic_line_level(const struct gic *gic, unsigned vcpu, enum gic_line line);

/* -- The published words (design.md, contract 2) -- */

/**
 * gic_published, gic_published_virtual - what others need to know of a vCPU's physical CPU
 * interface, and of its virtual one (ICH_VMCR_EL2, list registers, what is injected directly), in
 * one atomic load each; any thread. The value was current at some instant between call and return.
 * 0 for a vCPU that does not exist.
 */
uint64_t gic_published(const struct gic *gic, unsigned vcpu);
uint64_t gic_published_virtual(const struct gic *gic, unsigned vcpu);

/**
 * gic_runnable - whether something waits that ends a WFI of this vCPU: a bit per enum gic_line, of
 * IRQ, FIQ, VIRQ and VFIQ; 0: it can stay blocked. Any thread, without a lock: one atomic load.
 * What is posted counts from gic_drain() on.
 */
unsigned gic_runnable(const struct gic *gic, unsigned vcpu);

/* Fields of the published word: shift and width in bits. */
#define GIC_PUB_PRIORITY_SHIFT                                                                     \
    0 /* 8: of the highest pending interrupt of an enabled group; 0xff none */
#define GIC_PUB_GROUP_SHIFT    8  /* 2: its enum gic_group; 3 none */
#define GIC_PUB_NMI_SHIFT      10 /* 1: it has superpriority */
#define GIC_PUB_PMR_SHIFT      11 /* 8: ICC_PMR_EL1 as secure software sees it */
#define GIC_PUB_RUNNING_SHIFT  19 /* 8: running priority, 0xff idle */
#define GIC_PUB_GRPEN_SHIFT    27 /* 3: ICC_IGRPEN0, IGRPEN1(S), IGRPEN1(NS) */
#define GIC_PUB_EOIMODE_SHIFT  30 /* 3: ICC_CTLR EOImode EL3, EL1S, EL1NS */
#define GIC_PUB_CBPR_SHIFT     33 /* 2: CBPR EL1S, EL1NS */
#define GIC_PUB_LINES_SHIFT    35 /* 4: IRQ, FIQ, VIRQ, VFIQ */
#define GIC_PUB_OWNER_SHIFT    39 /* 2: enum gic_owner */
#define GIC_PUB_SEQUENCE_SHIFT 41 /* 23: counts publications, wraps */

enum gic_group { GIC_G0, GIC_G1S, GIC_G1NS, GIC_N_GROUPS };

/* Who may read the vCPU's full CPU-interface state. */
enum gic_owner { GIC_OWNER_SHADOW, GIC_OWNER_RUNNING, GIC_OWNER_BLOCKED };

/* Likewise of the virtual word. PRIORITY, GROUP (a virtual one: 0, 1; 3 none), NMI, PMR and RUNNING
 * are where they are in the physical one. */
#define GIC_VPUB_GRPEN_SHIFT       27 /* 2: ICH_VMCR_EL2.VENG0, VENG1 */
#define GIC_VPUB_EN_SHIFT          29 /* 1: ICH_HCR_EL2.En */
#define GIC_VPUB_EOIMODE_SHIFT     30 /* 1: VEOIM */
#define GIC_VPUB_CBPR_SHIFT        31 /* 1: VCBPR */
#define GIC_VPUB_BPR_SHIFT         32 /* 6: VBPR1, VBPR0 */
#define GIC_VPUB_LINES_SHIFT       38 /* 3: VIRQ, VFIQ, maintenance */
#define GIC_VPUB_RUNNING_NMI_SHIFT 41 /* 1: what runs has superpriority */
#define GIC_VPUB_SEQUENCE_SHIFT    42 /* 22: counts publications, wraps */

/** gic_published_vmcr - ICH_VMCR_EL2 of a virtual word. */
static inline uint64_t gic_published_vmcr(uint64_t word)
{
    return (word >> GIC_VPUB_GRPEN_SHIFT & 3) | 1u << 3 | (word >> GIC_VPUB_CBPR_SHIFT & 1) << 4 |
           (word >> GIC_VPUB_EOIMODE_SHIFT & 1) << 9 | (word >> GIC_VPUB_BPR_SHIFT & 0x3f) << 18 |
           (word >> GIC_PUB_PMR_SHIFT & 0xff) << 24;
}

/** gic_published_pmr - ICC_PMR_EL1, 0..255, as secure software sees it (IHI 0069 12.2.22); of a
 * virtual word ICV_PMR_EL1. */
static inline uint8_t gic_published_pmr(uint64_t word)
{
    return (uint8_t)(word >> GIC_PUB_PMR_SHIFT);
}

/** gic_published_runnable - whether any of IRQ, FIQ, VIRQ, VFIQ is up. */
static inline bool gic_published_runnable(uint64_t word)
{
    return ((word >> GIC_PUB_LINES_SHIFT) & 0xf) != 0;
}

/**
 * gic_cpuif_read - one register of a CPU interface, as gic_attr_get() of GIC_ATTR_CPU_SYSREGS has
 * it (attr.h; @attr likewise: mpidr << 32 | register, GIC_ATTR_NS), but from what is published: any
 * thread, at any time, also while the vCPU runs; lock-free, never refused because somebody is busy.
 * *sequence (may be NULL) is that of the publication that the value is of: GIC_PUB_SEQUENCE, of
 * ICH_* GIC_VPUB_SEQUENCE. It is tried again only when the vCPU published meanwhile.
 * -EINVAL: no such vCPU; -ENXIO: no such register.
 *
 * gic_cpuif_reset_value - what the register holds after reset: a constant of this GIC.
 */
int gic_cpuif_read(const struct gic *gic, uint64_t attr, uint64_t *value, uint64_t *sequence);
int gic_cpuif_reset_value(const struct gic *gic, uint64_t attr, uint64_t *value);

/** gic_set_owner - published with the next word; the scheduler's business. */
void gic_set_owner(struct gic *gic, unsigned vcpu, enum gic_owner owner);

/* -- Why is it, or is it not, delivered? (design.md, contract 1) -- */

enum gic_gate_id {
    GIC_GATE_IMPLEMENTED,
    GIC_GATE_ROUTED,
    GIC_GATE_LPIS_ENABLED,
    GIC_GATE_PENDING,
    GIC_GATE_NOT_ACTIVE,
    GIC_GATE_LPI_CONFIGURATION,
    GIC_GATE_ENABLED,
    GIC_GATE_GROUP,
    GIC_GATE_DIST_GROUP,
    GIC_GATE_AWAKE,
    GIC_GATE_SYSTEM_REGISTERS,
    GIC_GATE_CPU_GROUP,
    GIC_GATE_HIGHEST,
    GIC_GATE_PRIORITY_MASK,
    GIC_GATE_RUNNING_PRIORITY,
    GIC_N_GATES
};

enum gic_gate_result { GIC_GATE_PASS, GIC_GATE_FAIL, GIC_GATE_NOT_APPLICABLE };

/* Between a virtual interrupt and its guest; and between a device's event and its LPI. */
enum gic_virtual_gate_id {
    GIC_VGATE_INTERFACE,
    GIC_VGATE_LISTED,
    GIC_VGATE_PENDING,
    GIC_VGATE_ENABLED,
    GIC_VGATE_GROUP,
    GIC_VGATE_HIGHEST,
    GIC_VGATE_PRIORITY_MASK,
    GIC_VGATE_RUNNING_PRIORITY,
    GIC_N_VGATES
};

enum gic_event_gate_id {
    GIC_EGATE_ITS_ENABLED,
    GIC_EGATE_QUEUE,
    GIC_EGATE_DEVICE_TABLE,
    GIC_EGATE_DEVICE,
    GIC_EGATE_EVENT_RANGE,
    GIC_EGATE_EVENT,
    GIC_EGATE_COLLECTION, /* of an LPI */
    GIC_EGATE_VPE,        /* of a vLPI */
    GIC_N_EGATES
};

/* One gate's answer. Texts are static. */
struct gic_gate {
    unsigned id; /* enum gic_gate_id, gic_virtual_gate_id or gic_event_gate_id */
    const char *name;
    enum gic_gate_result result;
    const char *reg;      /* register that decides, e.g. "GICD_ISENABLER<n>" */
    unsigned reg_n;       /* its n, where it has one */
    const char *field;    /* e.g. "Set_enable_bit" */
    uint64_t value;       /* what the field holds */
    uint64_t wanted;      /* what would let the interrupt pass */
    const char *relation; /* how value and wanted compare: "==", "<", "!=" */
    const char *section;  /* of IHI 0069 */
    const char *advice;   /* how to mend it */
};

struct gic_verdict {
    bool signalled;        /* every gate passes: `line` is up for this INTID */
    enum gic_line line;    /* IRQ or FIQ, as the PE's state and the group say */
    unsigned first_failed; /* a gate's id; n_gates: none */
    enum gic_group group;
    uint8_t priority;       /* as secure software sees it */
    uint32_t highest_intid; /* who wins at this vCPU now; 1023 none */
    unsigned n_gates;
    struct gic_gate gates[GIC_N_GATES];
};

/**
 * gic_explain - walks the gates between @intid and @vcpu in architectural order. No effects.
 *
 * Three gates name a cause and close together with the one that it closes, never alone:
 * LPI_CONFIGURATION (the byte in memory enables the LPI, the cached one does not), GROUP (in
 * Group 0, while Group 1 is the one that is enabled), SYSTEM_REGISTERS (the PE cannot have written
 * ICC_IGRPEN<n>: ICC_SRE_EL<n>).
 */
void gic_explain(const struct gic *gic, unsigned vcpu, uint32_t intid,
                 const struct gic_pe_state *pe, struct gic_verdict *verdict);

/**
 * gic_explain_virtual - likewise between @vintid, in a list register of @vcpu or injected directly
 * into the vPE that is resident there (GICv4), and its guest. Ids are enum gic_virtual_gate_id;
 * `line` is VIRQ or VFIQ; highest_intid is a vINTID.
 */
void gic_explain_virtual(const struct gic *gic, unsigned vcpu, uint32_t vintid,
                         struct gic_verdict *verdict);

/* One interrupt's own state, at one vCPU; of an LPI nothing but `exists` and `pending`. */
struct gic_irq_state {
    bool exists, shared, enabled, pending, active, level, edge, superpriority;
    bool disabling; /* still enabled, but cleared: RWP is not 0 yet */
    enum gic_group group;
    uint8_t priority;
    uint64_t irouter; /* of a shared one */
};

/** gic_irq_peek - what the interrupt's registers hold, without any effect of reading them. O(1). */
void gic_irq_peek(const struct gic *gic, unsigned vcpu, uint32_t intid, struct gic_irq_state *out);

/* A register's place: from GICD_base, or from a PE's RD_base (its frames in order). */
enum gic_frame { GIC_FRAME_DIST, GIC_FRAME_REDIST };

/**
 * gic_register_name - `GICD_IROUTER64`; of a byte in a register `GICD_IPRIORITYR16+1`. False: no
 * register is there, and @text is as before. Any thread.
 */
bool gic_register_name(enum gic_frame frame, uint32_t offset, char *text, size_t size);

/** gic_gate_name - e.g. "enabled"; NULL beyond the last. */
const char *gic_gate_name(enum gic_gate_id id);

/** gic_asleep - GICR_WAKER.ProcessorSleep of @vcpu, without what reading it may do. */
bool gic_asleep(const struct gic *gic, unsigned vcpu);

/* -- Hash, save, restore -- */

/**
 * gic_visit - calls @fn for each piece of state, always in the same order and with the same sizes
 * for the same configuration. All padding is zero. @fn may overwrite the bytes (restore); then call
 * gic_after_restore(), which mends values no GIC could hold, rebuilds every cache and drives lines.
 */
void gic_visit(struct gic *gic,
               void (*fn)(void *opaque, const char *name, void *data, size_t size_bytes),
               void *opaque);
void gic_after_restore(struct gic *gic);

#ifdef __cplusplus
}
#endif

#include "gic/gic_its.h"

#endif
