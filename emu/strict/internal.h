/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IRQLAB_EMU_STRICT_INTERNAL_H
#define IRQLAB_EMU_STRICT_INTERNAL_H

#include "emu/machine.h"
#include "emu/strict.h"

enum {
    STRICT_MAX_NESTED = 256, /* more than there are priorities that preempt, twice */
    STRICT_MAX_TOLD = 4096,
    STRICT_SLOTS = 2 * STRICT_MAX_TOLD,
    STRICT_SPIS = 1024,
    STRICT_PRIVATE = 32,
    STRICT_LPIS = 4096,      /* that are remembered: those of more are not looked at */
    STRICT_INDEX_LENGTH = 64 /* instructions from a read of ICC_IAR<n> to where its value leads */
};

/* What was written, and takes effect for sure when the vCPU has synchronized its context. */
enum { UNSYNCED_SRE = 1, UNSYNCED_CTLR = 2, UNSYNCED_IGRPEN = 4 };

/* One access that is judged. */
struct strict_access {
    uint64_t pc; /* 0: of the instruction that the vCPU is at */
    unsigned vcpu;
    bool is_write;
    uint64_t value;
    char reg[40];
    const char *section;
};

struct strict_vcpu {
    struct {
        uint32_t intid;
        bool group0;
    } nested[STRICT_MAX_NESTED]; /* acknowledged, not ended */
    unsigned n_nested;
    uint32_t unsynced;
    uint32_t timers_unsynced;     /* by INTID, 0..31 */
    bool in_fiq;                  /* the last exception was an FIQ */
    bool stores_done_outside;     /* the same, when the last exception was taken */
    bool stores_done;             /* a DSB was executed since the last SGIs */
    bool sgi_sent;                /* since the last ISB */
    struct strict_access special; /* the last read of ICC_IAR<n>, if no interrupt was there */
    uint64_t special_at;          /* vcpu_instructions() then; 0: not, or the handler returned */
    uint32_t disabled;            /* SGIs and PPIs, with no look at RWP since */
    bool lpis_off;                /* EnableLPIs was cleared, with no look at RWP since */
    bool lpis_on;                 /* EnableLPIs, as written last */
};

/* An LPI that was pending somewhere: what came last. */
struct strict_lpi {
    uint32_t intid; /* 0: none */
    unsigned vcpu;
    uint64_t pc;
};

/* What was told. */
struct strict_note {
    enum gic_doubt_kind kind;
    unsigned vcpu;
    uint64_t pc, now_ns, instructions, value, bits;
    uint32_t intid;
    char reg[40];
    const char *section; /* of the register; NULL: none */
    bool is_write;
};

struct strict {
    struct strict_options options;
    struct lines *lines;
    struct cpu_observer observer;
    struct strict_vcpu *vcpus;
    uint32_t routed[STRICT_SPIS / 32];   /* SPIs whose GICD_IROUTER<n> was written */
    uint32_t disabled[STRICT_SPIS / 32]; /* SPIs, as strict_vcpu.disabled */
    const struct strict_access *judged;  /* while gic/strict.h is asked */
    unsigned groups, groups_off;         /* GICD_CTLR's, by enum group; cleared, no look at RWP */
    struct strict_access its_writer;     /* the last write of GITS_CWRITER */
    bool in_its_write;
    struct strict_lpi *lpis; /* [STRICT_LPIS], by a hash of the INTID */
    struct strict_note *told;
    unsigned n_told;
    uint16_t *index; /* [STRICT_SLOTS] told + 1 by hash of kind and pc */
};

/* For a doubt of gic/strict.h about what m->strict->judged tells. */
void strict_on_doubt(void *opaque, const struct gic_doubt *d);
/** strict_lpis_end - in an LPI's byte, something was changed that the GIC was not told of. */
void strict_lpis_end(struct machine *m);

/** strict_tell - @d of the access @a, unless it was told already. */
void strict_tell(struct machine *m, const struct strict_access *a, const struct gic_doubt *d);

#endif
