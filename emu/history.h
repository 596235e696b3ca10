/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who wrote what last, and when each interrupt was delivered: for `irqlab why` and the control
 * socket. No part of the machine's state: with and without, a run is the same. Without
 * history_start() it costs nothing; with it, a call for each access to the GIC and the timers.
 *
 * For a register with a bit or a field for each interrupt, each interrupt has its own last writer:
 * the last write that changed its field, or else the last that reached it. ISENABLER and ICENABLER
 * are one field, as are the other set and clear pairs; IGROUPR and IGRPMODR are one too.
 *
 * All functions run on the machine's thread.
 */
#ifndef IRQLAB_EMU_HISTORY_H
#define IRQLAB_EMU_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "cpu/cpu.h"
#include "emu/error.h"
#include "gic/gic.h"
#include "timer/timer.h"

struct machine;
struct history;

/* What has a last writer, one for each interrupt (and vCPU, for private ones). */
enum aspect {
    ASPECT_ENABLE,
    ASPECT_GROUP,
    ASPECT_PENDING,
    ASPECT_ACTIVE,
    ASPECT_PRIORITY,
    ASPECT_CONFIG,
    ASPECT_ROUTE,
    N_ASPECTS
};

enum history_frame { FRAME_GICD, FRAME_GICR, FRAME_GITS, N_FRAMES };

/* Of a system register: non-secure, secure, and the virtual one behind it. */
enum history_bank { BANK_NS, BANK_S, BANK_VIRTUAL, N_BANKS };

/* One access, and by whom. */
struct writer {
    bool known;      /* false: never written, the reset value stands */
    bool by_machine; /* no instruction did it: a wire moved, time passed */
    bool changed;    /* it changed the value */
    unsigned vcpu;
    uint64_t pc, instructions, now_ns;
    uint64_t value; /* as written; of a read that acknowledges, the INTID */
    char reg[32];   /* the register accessed: "GICD_ISENABLER", "ICC_IAR1_EL1" */
};

/* What became of one interrupt; of a private one, at one vCPU. */
struct delivery {
    uint64_t count; /* acknowledges */
    struct writer first_pended, first_acknowledged, first_dropped, first_deactivated;
    struct writer acknowledged, dropped, deactivated;
};

/** history_start - from now on. Before a run or between turns; 0 or an error (out of memory). */
int history_start(struct machine *m, struct error *err);
/** history_stop - forgets everything; NULL history is allowed. Ends with the machine. */
void history_stop(struct machine *m);

/** history_reset - everything was reset: nothing has been written. NULL history is allowed. */
void history_reset(struct machine *m);
/** history_forget - what was written after @instructions has not happened: the machine has gone
 * back. Then the last writer before is not known any more. Likewise. */
void history_forget(struct machine *m, uint64_t instructions);
/** history_reset_vcpu - a vCPU was: its system registers hold their reset values. Likewise. */
void history_reset_vcpu(struct machine *m, unsigned vcpu);

/*
 * Who wrote it. false: history was not started, or there is no such register. A `known` of false
 * in *out means: never written.
 */
bool history_irq(const struct machine *m, unsigned vcpu, uint32_t intid, enum aspect aspect,
                 struct writer *out);
/** history_frame - of a register that is not by interrupt: @offset in the frame of @vcpu. */
bool history_frame(const struct machine *m, enum history_frame frame, unsigned vcpu,
                   uint32_t offset, struct writer *out);
/** history_group_enable - of GICD_CTLR's enable of a Non-secure group, or of another one. */
bool history_group_enable(const struct machine *m, bool non_secure, struct writer *out);
/** history_sysreg - the latest of all GIC system registers whose name begins with @name. */
bool history_sysreg(const struct machine *m, unsigned vcpu, const char *name,
                    enum history_bank bank, struct writer *out);
/** history_timer - the last write to CTL, or to CVAL or TVAL. */
bool history_timer(const struct machine *m, unsigned vcpu, enum timer_id timer, bool control,
                   struct writer *out);
/** history_running - the last acknowledge or priority drop at @vcpu. */
bool history_running(const struct machine *m, unsigned vcpu, struct writer *out);
/** history_spurious - the last read of ICC_IAR<n> at @vcpu that returned no interrupt. */
bool history_spurious(const struct machine *m, unsigned vcpu, struct writer *out);
/** history_exception - the last that @vcpu took: `reg` is its kind, pc where it came. */
bool history_exception(const struct machine *m, unsigned vcpu, struct writer *out);
/** history_sgi - the last SGI of that INTID that anybody sent. */
bool history_sgi(const struct machine *m, uint32_t intid, struct writer *out);
/** history_delivery - NULL: never acknowledged at @vcpu, nor pended; or history is off. */
const struct delivery *history_delivery(const struct machine *m, unsigned vcpu, uint32_t intid);

/** history_virtual - likewise of a virtual interrupt; pended and deactivated are not known. */
const struct delivery *history_virtual(const struct machine *m, unsigned vcpu, uint32_t vintid);

/** history_note_exception - @number is the engine's: 5 IRQ, 6 FIQ, 14 and 15 virtual ones. */
void history_note_exception(struct machine *m, unsigned vcpu, int number, uint64_t pc);
/** history_routing - the last write that changed SCR_EL3 (@el 3) or HCR_EL2 (2). */
bool history_routing(const struct machine *m, unsigned vcpu, unsigned el, struct writer *out);

/** history_pe_changed - the engine's callback comes here. m->history is not NULL. */
void history_pe_changed(struct machine *m, unsigned vcpu, const struct cpu_pe_state *pe);
/** history_gic_event - libgic's events come here. m->history is not NULL. */
void history_gic_event(struct machine *m, enum gic_event event, unsigned vcpu, uint32_t intid,
                       uint64_t detail);

/**
 * history_watch, _unwatch - takes the place of the functions that answer accesses, and gives it
 * back: for who exchanges them meanwhile. m->history is there.
 */
void history_watch(struct machine *m);
void history_unwatch(struct machine *m);

#endif
