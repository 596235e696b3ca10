/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside the detector: detector.c keeps the clocks, detector_shadow.c RAM's history,
 * detector_access.c compares. */
#ifndef IRQLAB_EMU_RACES_DETECTOR_INTERNAL_H
#define IRQLAB_EMU_RACES_DETECTOR_INTERNAL_H

#include "emu/races/clocks.h"
#include "emu/races/detector.h"

enum {
    PAGE_BYTES = 4096,
    WORD_BYTES = 8,
    WORDS = PAGE_BYTES / WORD_BYTES,
    CELLS = 4,
    FRAMES = 16,
    UNDECIDED = 4,
    SENT_SLOTS = 8192, /* a power of 2; half of them are used at most */
    WINDOW_ACCESSES = 64,
    WINDOW_SLOTS = 1 << 14,
    STACK_BYTES = 16384,
    NO_INTID = 1023,
    ANY_VCPU = ~0,
};

enum cell_flag {
    CELL_USED = 1,
    CELL_WRITE = 2,
    CELL_MARKED = 4,
    CELL_OVERTAKEN = 8, /* a read; a handler of the same vCPU has stored there since */
    CELL_CONSUMED = 16, /* a read; who read has stored there since */
    CELL_FIQ_MASKED = 32,
};

/* An access that later ones are compared with. */
struct cell {
    uint64_t value, place;
    uint32_t epoch; /* its vCPU's clock of its kind */
    uint32_t frame;
    uint32_t when;                                   /* its frame's count of accesses */
    uint32_t vcpu : 9, mask : 8, flags : 7, bar : 8; /* bar: of priorities, 0 with PSTATE.I */
};

/* A read and then a store by the same code, between which interrupts could be taken. */
struct window {
    uint64_t word;                                 /* its address; 0: there is none */
    uint64_t read, value, read_place, store_place; /* read, value: what was read, and stored */
    uint32_t epoch, frame;
    uint16_t vcpu;
    bool alike; /* they are of the same bytes */
    uint8_t mask, irq_bar, fiq_bar;
};

struct word {
    uint32_t left[2]; /* of its halves: what their last store leaves to who reads it (pool) */
    struct cell cells[CELLS]; /* mask 0: unused */
};

struct frame {
    uint32_t serial;
    bool is_handler, is_fiq;
    uint32_t intid;
    unsigned priority;
    uint32_t accesses;
    uint32_t cause; /* stores of its vCPU until then were before what made it pending */
    uint32_t sender, sender_epoch; /* whose SGI, by register; DETECTOR_NO_SENDER: nobody's */
    uint64_t sp;                   /* of what it interrupts */
};

struct track {
    uint32_t *clocks, *seen; /* what it knows; what it will, after a barrier */
    uint32_t fenced, dsb;    /* what its stores leave; likewise, of SGIs (pool) */
    uint32_t armed;          /* its stores until then were before its timers' interrupts */
    uint32_t depth, serials; /* frames[0] is no exception */
    struct frame frames[FRAMES];
    bool fresh_fence;       /* its next store is the first behind a barrier */
    struct cell *last_load; /* its last access, if that was a plain load */
    uint64_t last_pc;
    struct race undecided[UNDECIDED]; /* races if no barrier follows last_load */
    unsigned n_undecided;
};

struct sent {
    uint64_t key;             /* 0: free */
    uint32_t released, known; /* pool; known 0: no one sent it, a wire is up */
    uint32_t sender, sender_epoch;
};

struct detector {
    struct detector_config config;
    struct clock_pool *pool;
    struct track *tracks;
    uint32_t *scratch; /* a vector clock */
    struct word **pages;
    struct word *room;             /* [max_pages][WORDS]: a ring */
    uint32_t *order;               /* [max_pages]: whose history each is */
    size_t first, n_pages, n_used; /* n_used: have been in use once */
    struct window *windows;        /* [WINDOW_SLOTS]: the last of each slot's words */
    struct sent *sent;
    size_t n_sent;
};

static inline struct frame *frame_of(struct track *t)
{
    return &t->frames[t->depth < FRAMES ? t->depth : FRAMES - 1];
}

/* -- detector.c -- */
/** detector_publish - @vcpu's clocks move on. */
void detector_publish(struct detector *d, unsigned vcpu);

/* -- detector_shadow.c -- */
/** detector_word - the history of the word at @pa, in RAM. */
struct word *detector_word(struct detector *d, uint64_t pa);
void detector_forget(struct detector *d);
/** detector_window - where the window of the word at @pa is kept, or would be. */
struct window *detector_window(const struct detector *d, uint64_t pa);
/** detector_leave - a store to @halves of @w: what it leaves there. */
void detector_leave(struct detector *d, struct word *w, unsigned halves,
                    const struct detector_access *a);
/** detector_learn - a load of @halves of @w: what it learns. */
void detector_learn(struct detector *d, const struct word *w, unsigned halves,
                    const struct detector_access *a);

/* -- detector_access.c -- */
/** detector_settle - @t's last load was followed by a barrier (@fenced), or by something else. */
void detector_settle(struct detector *d, struct track *t, bool fenced);

#endif
