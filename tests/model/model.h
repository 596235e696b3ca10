/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The reference model: what the architecture says of a GICv3, in plain arrays, scanned whole for
 * every question. No sets, no caches, no bitmaps, nothing shared with the library.
 *
 * One page a rule, in the order in which an interrupt meets them:
 *
 *     rule_pending.c    wire and latch make pending; what acknowledging leaves behind
 *     rule_group.c      which group; IRQ or FIQ; what each security state may see
 *     rule_route.c      whom an SPI goes to, also 1-of-N
 *     rule_priority.c   who is highest, what masks it, what it preempts
 *     rule_take.c       ICC_HPPIR, ICC_IAR, ICC_NMIAR and the special INTIDs
 *     rule_end.c        ICC_EOIR, ICC_DIR
 *     rule_sgi.c        who receives a software-generated interrupt
 *     rule_lpi.c        pending LPIs and their configuration
 *     rule_its.c        from device and event to an LPI; the commands
 *     rule_virtual.c    list registers, ICV_*, ICH_MISR and its kin
 *     rule_vregs.c      the registers of both sides of the virtual interface, and its traps
 *     rule_vpe.c        GICv4.0, 4.1: residency, vLPIs and vSGIs, doorbells
 *
 * Where the architecture leaves a choice the rule says which one the library makes.
 */
#ifndef TESTS_MODEL_MODEL_H
#define TESTS_MODEL_MODEL_H

#include <stdbool.h>
#include <stdint.h>

enum { G0, G1S, G1NS, M_GROUPS };

enum {
    M_VCPUS = 4,
    M_LOCAL = 64,  /* 0..31: INTID 0..31; 32..63: INTID 1056.. */
    M_SHARED = 96, /* 0..63: INTID 32..; 64..95: INTID 4096.. */
    M_LPIS = 24,
    M_LPI_FIRST = 8192,
    M_LPI_STRIDE = 331, /* over several words and chunks of the library's */
    M_DEVICES = 3,
    M_EVENTS = 8,
    M_COLLECTIONS = 4,
    M_LRS = 16, /* room; model.n_lrs are there */
    M_VPES = 3,
    M_VLPIS = 8,
    M_VLPI_STRIDE = 1021,
    M_IDLE = 0xff,
    M_NONE = 1023
};

struct m_irq {
    bool group, grpmod, enable, latch, level, active, edge, nmi;
    unsigned priority;
    bool any;   /* IROUTER.IRM */
    int target; /* vCPU, -1: no such PE */
    int chosen; /* vCPU that a 1-of-N interrupt was given to, -1 nobody */
};

struct m_lpi {
    bool pending, cached;
    uint8_t config;
};

struct m_lr {
    unsigned vintid, pintid, priority;
    bool group, hw, eoi, pending, active, nmi;
};

struct m_vcpu {
    struct m_irq local[M_LOCAL];
    struct m_lpi lpi[M_LPIS];
    bool lpis_enabled, asleep, dpg[M_GROUPS];

    /* The PE. */
    unsigned el;
    bool secure, fiq_to_el3, own_nmi_vector;

    /* Its CPU interface. Banked fields: [0] secure, [1] non-secure. */
    unsigned pmr, bpr[M_GROUPS];
    bool igrpen[M_GROUPS], cbpr[2], eoimode[2], eoimode_el3, pmhe;
    bool active_priority[M_GROUPS][256]; /* by group priority */
    bool active_nmi[M_GROUPS];

    /* Its virtual CPU interface. */
    struct m_lr lr[M_LRS];
    bool v_en, v_uie, v_lrenpie, v_npie, v_grp0e, v_grp0d, v_grp1e, v_grp1d;
    unsigned v_eoicount, v_pmr, v_bpr[2];
    bool v_igrpen[2], v_cbpr, v_eoimode;
    bool v_active_priority[2][256], v_active_nmi;
    bool v_dvim, v_sgis_uncounted;
    bool v_tc, v_tall0, v_tall1, v_tdir;
};

/* A virtual PE, always mapped. */
struct m_vpe {
    unsigned home;     /* the redistributor of its doorbells */
    int resident;      /* at which PE, -1 nowhere */
    bool forwarded[2]; /* GICR_VPENDBASER.VGrp<n>En when it was last resident */
    bool armed;        /* its default doorbell is asked for */
    int doorbell;      /* an LPI, -1 none */
    struct m_lpi lpi[M_VLPIS];
    bool sgi_pending[16], sgi_enable[16], sgi_group[16];
    unsigned sgi_priority[16];
};

struct m_event {
    bool mapped;
    unsigned lpi, collection;
    bool is_virtual; /* then `lpi` is a vLPI of `vpe` */
    unsigned vpe;
    int doorbell; /* an LPI, -1 none */
};

struct model {
    /* Configuration. */
    bool two_states, has_nmi, has_v4, has_v41; /* has_v4: 4.0 or 4.1 */
    unsigned priority_bits, n_lrs;
    uint8_t (*config_byte)(unsigned lpi);                  /* the configuration table in memory */
    uint8_t (*v_config_byte)(unsigned vpe, unsigned vlpi); /* those of vPEs */

    bool ds, enable[M_GROUPS];
    struct m_irq shared[M_SHARED];
    struct m_vcpu vcpu[M_VCPUS];
    bool device[M_DEVICES], collection[M_COLLECTIONS];
    struct m_event event[M_DEVICES][M_EVENTS];
    unsigned target[M_COLLECTIONS];
    struct m_vpe vpe[M_VPES];
};

/* An interrupt that waits at a vCPU; intid M_NONE: none does. */
struct m_waiting {
    unsigned intid, group, priority;
    bool nmi;
};

/** m_irq - NULL unless @intid is an SGI, PPI or SPI of this machine; private ones are @cpu's. */
struct m_irq *m_irq(struct model *m, unsigned cpu, unsigned intid);
unsigned m_local_intid(unsigned i);
unsigned m_shared_intid(unsigned i);
/** m_lpi_index - -1 unless @intid is one of the LPIs in use. */
int m_lpi_index(unsigned intid);
unsigned m_vlpi_intid(unsigned i);
/** m_vlpi_index - of one that is in use. */
unsigned m_vlpi_index(unsigned intid);

/* rule_pending.c */
bool rule_pending(const struct m_irq *i);
void rule_wire(struct m_irq *i, bool level);
void rule_activate(struct m_irq *i);

/* rule_group.c */
unsigned rule_group(const struct model *m, const struct m_irq *i);
bool rule_is_irq(const struct model *m, const struct m_vcpu *c, unsigned group);
bool rule_secure_pe(const struct m_vcpu *c);
bool rule_ns_sees(const struct model *m, const struct m_irq *i);
unsigned rule_ns_priority(unsigned priority);

/* rule_route.c */
bool rule_routed(const struct model *m, const struct m_irq *i, unsigned cpu);
/** rule_settle - after every operation: 1-of-N interrupts find, keep or lose their PE. */
void rule_settle(struct model *m);

/* rule_priority.c */
struct m_waiting rule_highest(struct model *m, unsigned cpu);
unsigned rule_running(const struct model *m, const struct m_vcpu *c, unsigned *group, bool *nmi);
unsigned rule_group_priority(const struct m_vcpu *c, unsigned group, unsigned priority);
bool rule_signalled(const struct model *m, const struct m_vcpu *c, const struct m_waiting *w);
bool rule_wake_request(struct model *m, unsigned cpu);

/* rule_take.c */
unsigned rule_hppir(struct model *m, unsigned cpu, bool group1);
unsigned rule_iar(struct model *m, unsigned cpu, bool group1);
unsigned rule_nmiar(struct model *m, unsigned cpu);

/* rule_end.c */
void rule_eoir(struct model *m, unsigned cpu, bool group1, unsigned intid);
void rule_dir(struct model *m, unsigned cpu, unsigned intid);

/* rule_sgi.c */
void rule_sgi1r(struct model *m, unsigned from, unsigned to, unsigned intid);

/* rule_lpi.c */
void rule_lpi_pend(struct model *m, struct m_vcpu *c, unsigned lpi);
void rule_lpi_unpend(struct m_vcpu *c, unsigned lpi);
void rule_lpi_invalidate(struct model *m, struct m_vcpu *c, unsigned lpi);
void rule_lpi_toggle(struct model *m, struct m_vcpu *c);
unsigned rule_lpi_priority(const struct model *m, const struct m_lpi *l);

/* rule_its.c */
/** rule_translate - NULL unless everything from the device to a redistributor is mapped. */
struct m_vcpu *rule_translate(struct model *m, unsigned device, unsigned event, unsigned *lpi);
void rule_movi(struct model *m, unsigned device, unsigned event, unsigned collection);
void rule_movall(struct model *m, unsigned from, unsigned to);

/* rule_virtual.c */
unsigned rule_v_running(const struct model *m, const struct m_vcpu *c);
/** rule_v_highest - the virtual interrupt that would be taken next; intid M_NONE: none waits. */
struct m_waiting rule_v_highest(const struct model *m, unsigned cpu);
bool rule_v_signalled(const struct model *m, unsigned cpu);
unsigned rule_v_hppir(const struct model *m, unsigned cpu, bool group1);
/** rule_v_iar - @own_nmi_vector: SCTLR_EL1.NMI. */
unsigned rule_v_iar(struct model *m, unsigned cpu, bool group1, bool own_nmi_vector);
unsigned rule_v_nmiar(struct model *m, unsigned cpu);
void rule_v_eoir(struct model *m, unsigned cpu, bool group1, unsigned intid);
void rule_v_dir(struct model *m, unsigned cpu, unsigned intid);
unsigned rule_v_eisr(const struct model *m, const struct m_vcpu *c);
unsigned rule_v_elrsr(const struct model *m, const struct m_vcpu *c);
unsigned rule_v_misr(const struct model *m, const struct m_vcpu *c);

/* rule_vregs.c */
enum m_vclass { V_COMMON, V_GROUP0, V_GROUP1, V_DIR };
/** rule_v_traps - whether EL1's access to an ICC register of @class traps to EL2. */
bool rule_v_traps(const struct m_vcpu *c, enum m_vclass class);
unsigned rule_v_least_bpr(const struct model *m, unsigned group);
uint64_t rule_v_hcr(const struct m_vcpu *c);
uint64_t rule_v_vmcr(const struct m_vcpu *c);
uint64_t rule_v_vtr(const struct model *m);
uint64_t rule_v_lr(const struct m_lr *l);
uint64_t rule_v_apr(const struct model *m, const struct m_vcpu *c, unsigned group, unsigned n);
unsigned rule_v_aprs(const struct model *m);
void rule_v_set_apr(struct model *m, struct m_vcpu *c, unsigned group, unsigned n, uint64_t value);
unsigned rule_v_bpr1(const struct m_vcpu *c);
uint64_t rule_v_ctlr(const struct model *m, const struct m_vcpu *c);

/* rule_vpe.c */
struct m_vpe *rule_resident(const struct model *m, unsigned cpu);
/** rule_direct_highest - of @groups: what is injected directly and waits at @cpu. */
struct m_waiting rule_direct_highest(const struct model *m, unsigned cpu, const bool groups[2]);
void rule_direct_take(struct model *m, unsigned cpu, unsigned intid);
void rule_vlpi_pend(struct model *m, struct m_vpe *p, unsigned vlpi, int doorbell);
void rule_vlpi_unpend(struct m_vpe *p, unsigned vlpi);
void rule_vlpi_invalidate(struct model *m, struct m_vpe *p, unsigned vlpi);
void rule_vmovi(struct model *m, struct m_event *e, unsigned to);
void rule_vmovp(struct model *m, struct m_vpe *p, unsigned home, bool new_doorbell, int doorbell);
void rule_vsgi_ring(struct model *m, struct m_vpe *p, unsigned n);
void rule_schedule(struct model *m, unsigned cpu, unsigned vpe, bool group0, bool group1);
/** rule_deschedule - what PendingLast reads then. */
bool rule_deschedule(struct model *m, unsigned cpu, bool doorbell, bool pending_last);

#endif
