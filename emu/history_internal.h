/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside the history: history.c keeps it, history_watch.c sees the accesses. */
#ifndef IRQLAB_EMU_HISTORY_INTERNAL_H
#define IRQLAB_EMU_HISTORY_INTERNAL_H

#include "emu/history.h"
#include "emu/machine.h"

enum {
    HISTORY_CHUNK = 32,           /* interrupts in one allocation */
    HISTORY_SHARED_CHUNKS = 2304, /* INTIDs below 73728: SPIs, and 65536 LPIs; others have none */
    HISTORY_PRIVATE = 96,         /* SGIs and PPIs, extended PPIs */
    HISTORY_VIRTUAL = 1024,       /* vINTIDs at one vCPU */
    HISTORY_LOW_WORDS = 80,       /* first registers of a frame, those that are not by interrupt */
    HISTORY_FIRST_EPPI = 1056,
    HISTORY_WINDOWS = 5 + MACHINE_MAX_DEVICES,
};

struct irq_history {
    struct writer aspects[N_ASPECTS];
    struct delivery delivery;
};

struct vcpu_history {
    struct irq_history *irqs;  /* [HISTORY_PRIVATE], when first used */
    struct delivery *virtuals; /* [HISTORY_VIRTUAL], likewise */
    struct writer low[HISTORY_LOW_WORDS];
    struct writer timers[TIMER_COUNT][2]; /* CVAL or TVAL; CTL */
    struct writer running, spurious, exception;
    struct writer hcr, scr; /* `value`: what the register holds */
    struct writer *sysregs; /* [n_sysregs * N_BANKS] */
};

/* A window's own functions, which the history's call. */
struct noted_window {
    struct machine *machine;
    struct cpu_mmio *window, real;
    enum history_frame frame; /* N_FRAMES: devices */
    unsigned first_vcpu;
};

struct history {
    struct noted_window windows[HISTORY_WINDOWS];
    unsigned n_windows;
    struct cpu_sysreg *real; /* as m->sysregs were */
    unsigned n_sysregs;
    struct vcpu_history *vcpus;
    struct irq_history *shared[HISTORY_SHARED_CHUNKS];
    struct writer dist[HISTORY_LOW_WORDS], its[HISTORY_LOW_WORDS];
    struct writer dist_ctlr_ns; /* what a Non-secure write reaches of GICD_CTLR, with DS 0 */
    struct writer sgis[16];
    bool accessing;       /* an instruction's access is under way: `access` */
    struct writer access; /* who, and what */
};

/** history_note - a write that changes nothing does not hide one that did. */
void history_note(struct writer *slot, const struct writer *by, bool changed);
/** history_irq_make - NULL: an interrupt that has no history (or no memory is left). */
struct irq_history *history_irq_make(struct history *h, unsigned vcpu, uint32_t intid);
struct writer *history_low_words(struct history *h, enum history_frame frame, unsigned vcpu);
/** history_note_virtual - the guest acknowledged, or ended, a virtual interrupt. */
void history_note_virtual(struct machine *m, unsigned vcpu, const char *reg, uint32_t vintid);

#endif
