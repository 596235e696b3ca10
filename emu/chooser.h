/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one chooser (design.md, contract 5): whatever real hardware may do in more than one way is
 * asked here. The plain answer is option 0, which is what the machine does when nobody explores. A
 * policy may answer otherwise; what it answers is then part of the run's input.
 */
#ifndef IRQLAB_EMU_CHOOSER_H
#define IRQLAB_EMU_CHOOSER_H

#include <stdbool.h>
#include <stdint.h>

#include "emu/error.h"

struct machine;

/* Name, and what option n means. */
#define CHOICES(X)                                                                                 \
    X(NEXT_VCPU, "next-vcpu", "the n-th ready vCPU in order behind the last")                      \
    X(TURN, "turn", "the whole quantum, or n instructions")                                        \
    X(PREEMPT, "preempt", "before a watched access: it goes on, or the n-th other ready vCPU")     \
    X(IRQ_DELAY, "irq-delay", "explored: an interrupt is taken before its vCPU's n-th next event") \
    X(STORE_EXCLUSIVE, "store-exclusive", "explored: 1: it fails though nobody else stored there") \
    X(ONE_OF_N_TARGET, "1-of-n-target", "the n-th eligible vCPU takes the SPI")                    \
    X(RWP_DURATION, "rwp", "n reads of GICx_CTLR see RWP = 1, till then nothing is disabled")      \
    X(SYNC_DURATION, "syncr", "n reads of GICR_SYNCR see Busy = 1")                                \
    X(SLEEP_DURATION, "waker", "n reads of GICR_WAKER see ChildrenAsleep lag")                     \
    X(ITS_COMMAND_DURATION, "its-command", "n steps until an ITS command takes effect")            \
    X(ITS_QUIESCE_DURATION, "its-quiesce", "n reads of GITS_CTLR see Quiescent = 0")               \
    X(VPE_DIRTY_DURATION, "vpe-dirty", "n reads of GICR_VPENDBASER see Dirty = 1")                 \
    X(VSGI_BUSY_DURATION, "vsgi-busy", "n reads of GICR_VSGIPENDR see Busy = 1")                   \
    X(WEAK_ORDER, "weak-order", "explored: the n-th of the accesses that were put off is made")    \
    X(WEAK_VALUE, "weak-value", "explored: a load gives the n-th older value that it may give")    \
    X(WFE, "wfe", "0: a WFE waits for its event, 1: it ends without one")

enum choice {
#define X(id, name, help) CHOICE_##id,
    CHOICES(X)
#undef X
        N_CHOICES
};

/* What --choose says. */
struct choices {
    uint32_t fixed[N_CHOICES]; /* the answers without a policy */
    bool random;               /* the policy is chance, by @seed */
    uint64_t seed;
};

struct chooser {
    /* Answers 0 .. n_options - 1 (more is taken modulo); NULL: `fixed`. */
    uint32_t (*policy)(void *opaque, enum choice choice, unsigned vcpu, uint32_t n_options);
    void *opaque;
    uint32_t fixed[N_CHOICES];
    uint64_t asked[N_CHOICES];
    uint64_t random_state;
};

/**
 * chooser_init - as @choices say. With `random` the policy's opaque is @c itself, which must stay
 * where it is; the same seed and the same questions have the same answers.
 */
void chooser_init(struct chooser *c, const struct choices *choices);

/** choose - asks about @vcpu's @choice among @n_options, at least 1. */
uint32_t choose(struct chooser *c, enum choice choice, unsigned vcpu, uint32_t n_options);
const char *choice_name(enum choice choice);

/** choices_help - a static text, one line a choice. */
const char *choices_help(void);

/** choices_parse - takes @text, `NAME=N,...` or `random:SEED`, into @choices. */
int choices_parse(struct choices *choices, const char *text, struct error *err);

#endif
