/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by the files of weak memory. */
#ifndef IRQLAB_EMU_EXPLORE_WEAK_INTERNAL_H
#define IRQLAB_EMU_EXPLORE_WEAK_INTERNAL_H

#include "cpu/ordering.h"
#include "emu/explore/explorer_internal.h"
#include "emu/explore/weak.h"
#include "emu/explore/weak_decode.h"

enum {
    WEAK_OWN = -1,
    WEAK_ITEMS = WEAK_MAX_BOUND + 1,
    WEAK_ACCESSES = 4,   /* of one instruction */
    WEAK_WORDS = 1024,   /* of which a vCPU remembers something; a power of 2 */
    WEAK_HISTORY = 4096, /* stores whose old bytes are kept; a power of 2 */
    WEAK_STEPS = 2000,   /* so many instructions later, what was put off is done at the latest */
    WEAK_BYTES = 16
};

/* How many barriers of each kind a vCPU had had. */
struct weak_epochs {
    uint32_t full, loads, stores;
};

/* An access to memory, for its order. */
struct weak_access {
    bool loads, stores, acquire, acquire_pc, release;
    bool whole; /* exclusive, or atomic: it sees memory, never a store that is put off */
    uint64_t pa, size_bytes;
    struct weak_epochs epochs;
};

/* A load or store that is put off. */
struct weak_item {
    struct weak_access access;
    struct event event;
    uint8_t bytes[WEAK_BYTES];
    struct weak_insn insn; /* a load's */
    uint64_t floor;        /* a load's: `reads` when it was put off */
    uint64_t view;         /* a store's: of its address and data */
};

/* What a vCPU remembers of an 8-byte word. */
struct weak_word {
    uint64_t key;                      /* its number + 1; 0: none */
    uint64_t coherent;                 /* it has read or written what was there then */
    uint64_t pa, size_bytes, own_time; /* its own last plain store there */
    uint64_t own_view;                 /* private words: of what is stored there */
};

struct weak_made {
    uint64_t pa, size_bytes;
    bool is_write, is_event;
    uint8_t old[WEAK_BYTES];
};

/* Times are numbers of stores in memory's order; 0: before the test. */
struct weak_vcpu {
    struct weak_item items[WEAK_ITEMS]; /* in program order */
    unsigned n_items;
    struct weak_epochs epochs;
    uint64_t put_off_at; /* vcpu_instructions, when the last of them was */
    bool everything;     /* all of them are due */
    bool waits;          /* its last instruction was a WEAK_WAIT */
    int doing;           /* explorer's next is not its own, but that of this item; WEAK_OWN */
    struct event own;    /* which it stands before behind that */
    bool has_own;
    bool absorbs;   /* it is at an access that is to be put off: `own` */
    bool stood;     /* at this step's beginning: before an event of its own */
    uint64_t as_of; /* the value of the load that it stands before; UINT64_MAX: the newest */

    /* This step. */
    uint64_t pc;
    struct weak_insn insn;
    struct access_ordering ordering;
    uint32_t opcode;
    struct weak_made made[WEAK_ACCESSES];
    unsigned n_made;
    bool redoing; /* it is an item's load */
    uint64_t return_pc;
    unsigned held_lines;
    bool patched; /* memory is what the load is to give */
    uint64_t patched_pa, patched_bytes;
    uint8_t unpatched[WEAK_BYTES];
    uint64_t message; /* the time of what the load gives */
    bool forwarded;   /* by a store that is put off, whose view is: */
    uint64_t forwarded_view;

    /* Views: not before that time. */
    uint64_t reg[WEAK_N_VIEWS];
    uint64_t reads;                 /* each load from now on */
    uint64_t read_all, written_all; /* the newest of all that were read, that were written */
    uint64_t control;               /* what branches and addresses depended on */
    uint64_t released;              /* the last STLR */
    uint64_t unknown;               /* any private word that is not remembered */
    struct weak_word words[WEAK_WORDS];
};

struct weak_old {
    uint64_t time, pa, size_bytes;
    uint8_t bytes[WEAK_BYTES];
};

struct weak {
    struct explorer *x;
    unsigned bound;
    uint64_t now;             /* the time of the newest store */
    uint64_t since;           /* what was stored then, or before, cannot be taken back */
    struct weak_old *history; /* [WEAK_HISTORY], by time */
    struct weak_vcpu *vcpus;
};

static inline uint64_t weak_max(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static inline bool weak_overlap(uint64_t a, uint64_t a_bytes, uint64_t b, uint64_t b_bytes)
{
    return a < b + b_bytes && b < a + a_bytes;
}

/* -- weak_order.c -- */
/** weak_is_forced - whether some item must be done before @vcpu goes on. */
bool weak_is_forced(struct weak *w, unsigned vcpu);
/** weak_may_go - whether item @i (WEAK_OWN: the event that it stands before) may be done next. */
bool weak_may_go(const struct weak *w, unsigned vcpu, int i);
/** weak_access_of - what @v's instruction, standing before @e, does. */
struct weak_access weak_access_of(const struct weak_vcpu *v, const struct event *e);
/** weak_barrier - @v passes one. */
void weak_barrier(struct weak_vcpu *v, const struct barrier *b);

/* -- weak_memory.c -- */
/** weak_ram - where @pa is, NULL unless all of it is RAM. */
uint8_t *weak_ram(const struct weak *w, uint64_t pa, uint64_t size_bytes);
/** weak_stored - memory has a new store; @old is what was there. Its time. */
uint64_t weak_stored(struct weak *w, uint64_t pa, uint64_t size_bytes, const uint8_t *old);
/** weak_older - how many stores to the range are newer than @floor, up to @limit. */
unsigned weak_older(const struct weak *w, uint64_t pa, uint64_t size_bytes, uint64_t floor,
                    unsigned limit);
/** weak_as_of - the time of the @n-th newest store to the range, less 1: it is not there yet. */
uint64_t weak_as_of(const struct weak *w, uint64_t pa, uint64_t size_bytes, unsigned n);
/** weak_patch - memory becomes what @v's load at @e is to give; weak_unpatch - as it was. */
void weak_patch(struct weak *w, struct weak_vcpu *v, const struct weak_access *a, uint64_t as_of);
void weak_unpatch(struct weak *w, struct weak_vcpu *v);
/** weak_drain - item @i, a store, reaches memory. */
void weak_drain(struct weak *w, unsigned vcpu, int i);

/* -- weak_views.c -- */
struct weak_word *weak_word(struct weak_vcpu *v, uint64_t pa, bool create);
/** weak_view - the newest of the registers @mask. */
uint64_t weak_view(const struct weak_vcpu *v, uint64_t mask);
/** weak_coherent - when what is there of @a's words must have been read or written at the latest.
 */
uint64_t weak_coherent(struct weak_vcpu *v, const struct weak_access *a);
/** weak_floor - the oldest time as of which @v's load of @a may read. */
uint64_t weak_floor(struct weak_vcpu *v, const struct weak_insn *insn, const struct weak_access *a);
/** weak_loaded - a load of a shared word was made; @floor: what bounded it. */
void weak_loaded(struct weak_vcpu *v, const struct weak_insn *insn, const struct weak_access *a,
                 uint64_t floor);
/** weak_wrote - a store of @v's reached memory. */
void weak_wrote(struct weak_vcpu *v, const struct weak_access *a, uint64_t time, uint64_t view);
/** weak_executed - the step's instruction is done; @was_event: and was an event of its own. */
void weak_executed(struct weak *w, unsigned vcpu, bool was_event);

#endif
