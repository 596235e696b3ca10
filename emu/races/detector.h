/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The happens-before race detector: what is a race, decided from one run's events.
 *
 * Between vCPUs. Two accesses that overlap, at least one of which writes, are a race if neither
 * happens before the other, unless both are marked. Happens-before is the closure of:
 *  - program order of a vCPU, into its exception handlers and back (B2.3: what an exception
 *    interrupts is before what the handler does, and that is before what comes after ERET);
 *  - from a store-release (STLR, STLXR, atomics with L) to a load-acquire (LDAR, LDAXR, LDAPR,
 *    atomics with A) that reads the word after it; atomics and exclusives in between hand it on;
 *  - likewise from what a DMB or DSB orders before a later store, to what a DMB, DSB or ISB orders
 *    behind a load of that word. ST and LD order what they say. (ISB only orders what depends on
 *    the load by a branch; that there is one is taken for granted.) NSH orders nothing here;
 *  - from what a DSB orders before an MSR ICC_SGI*R, to what comes after the target's read of IAR:
 *    a DMB does not do, since the MSR is no memory access; from what a DMB, DSB or release orders
 *    before a store that makes an interrupt pending (GICD_ISPENDR, GITS_TRANSLATER, ...) likewise;
 *  - from PSCI CPU_ON to the first instruction.
 * WFE and SEV order nothing. Nor do dependencies, here: a reader that relies on an address
 * dependency (RCU) is reported.
 *
 * Marked are: ordered, exclusive and atomic instructions; the first store after a barrier that
 * orders it; a load that a barrier follows before the vCPU's next access, however often the load
 * repeats itself at one pc. That is how READ_ONCE() and WRITE_ONCE() of flags look like, which
 * leave no trace themselves.
 *
 * Between a vCPU and the handlers of its interrupts. They run in program order, so that no value is
 * ever torn or stale; but what the handler does can come between two instructions. A race is a lost
 * update: code reads a word and stores to it (with at most 64 accesses in between), an interrupt
 * can be taken in between, and its handler stores to the word. Masks and priorities are locks: it
 * can not be taken if, from the read to the store, PSTATE masked it, or its priority was not above
 * (a number below) ICC_PMR_EL1 and the running priority. It has to be possible in another run: what
 * made the interrupt pending must not have waited for the store. A handler that stores just what
 * was read, without having read it itself, loses nothing: it might as well have come before the
 * read. A handler may be interrupted likewise. Exclusives and atomics are safe. What a handler
 * keeps on the interrupted stack, below its pointer, is another thing.
 *
 * Not seen: masks that were lifted and put back between the read and the store without an access in
 * between; what the host, DMA, the GIC and page table walks do.
 *
 * Each word of 8 bytes keeps its last 4 accesses that matter, so a race with an older one can be
 * missed. RAM's history is bounded: the pages that got one first lose it first.
 *
 * All of it is a function of the events: no host address, no time. One thread.
 */
#ifndef IRQLAB_EMU_RACES_DETECTOR_H
#define IRQLAB_EMU_RACES_DETECTOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/cpu.h"
#include "cpu/ordering.h"

enum { DETECTOR_MAX_VCPUS = 512, DETECTOR_NO_SENDER = ~0 };

struct detector;

struct detector_access {
    unsigned vcpu, size_bytes; /* up to 64; DC ZVA: what it is */
    uint64_t pc, pa, va;
    uint64_t value;
    uint64_t fp, lr; /* for `place` alone */
    struct access_ordering ordering;
    bool is_write;
    bool irq_masked, fiq_masked;
};

/* One side of a race. */
struct race_access {
    unsigned vcpu;
    bool is_write, in_handler;
    uint64_t place; /* as `place` gave it */
    uint64_t value; /* written or read */
};

enum race_kind { RACE_VCPUS, RACE_LOST_UPDATE };

struct race {
    enum race_kind kind;
    uint64_t pa, va; /* va: as `second` reached it */
    unsigned size_bytes;
    struct race_access first, second; /* LOST_UPDATE: the interrupted store; the handler's */
    uint64_t read_place;              /* LOST_UPDATE: of the interrupted code */
    bool happened;                    /* LOST_UPDATE: in this run; else it could */
    /* VCPUS: the SGI that `second`'s handler took was sent behind `first`, but without a DSB. */
    bool sgi_without_dsb;
};

struct detector_config {
    unsigned n_vcpus;
    uint64_t ram_base, ram_bytes;
    size_t max_pages; /* of 4 KiB that have a history; each costs 68 KiB. 0: 8192 */
    void *opaque;
    /* A number for where @access is, for race_access.place. Only for those that are kept. @handler:
     * as detector_handler(). */
    uint64_t (*place)(void *opaque, const struct detector_access *access, uint32_t handler);
    /* Interrupts with a lower number than this could be taken by @vcpu, but for PSTATE. */
    unsigned (*priority_bar)(void *opaque, unsigned vcpu);
    void (*report)(void *opaque, const struct race *race);
};

/** detector_create - NULL: out of memory. */
struct detector *detector_create(const struct detector_config *config);
void detector_destroy(struct detector *d);
/** detector_reset - nothing has happened yet, and no vCPU is in a handler. */
void detector_reset(struct detector *d);

/* -- Events, in the order of the run -- */

/** detector_access - an access to RAM; elsewhere, or of 0 bytes: nothing. */
void detector_access(struct detector *d, const struct detector_access *access);
/** detector_expect - an access to RAM at @pa comes soon: its history is fetched meanwhile. */
void detector_expect(const struct detector *d, uint64_t pa);
void detector_barrier(struct detector *d, unsigned vcpu, const struct barrier *b);
/** detector_entered - an exception, at stack pointer @sp. detector_returned - by ERET. */
void detector_entered(struct detector *d, unsigned vcpu, enum cpu_entry entry, uint64_t sp);
void detector_returned(struct detector *d, unsigned vcpu);
/**
 * detector_sent - @sender makes @intid pending for @target (any vCPU: ~0u); by a system register,
 * or by a store to a device. @sender DETECTOR_NO_SENDER: a wire did.
 * detector_acknowledged - @vcpu reads @intid from IAR.
 */
void detector_sent(struct detector *d, unsigned sender, unsigned target, uint32_t intid,
                   bool by_register);
void detector_acknowledged(struct detector *d, unsigned vcpu, uint32_t intid, unsigned priority);
/** detector_armed - @vcpu has just done what a wire's interrupt for it comes from (a timer). */
void detector_armed(struct detector *d, unsigned vcpu);
/** detector_started - @target begins, because of @starter (PSCI CPU_ON). */
void detector_started(struct detector *d, unsigned starter, unsigned target);
/** detector_finish - the run ends: a load that nothing has followed yet may have been marked. */
void detector_finish(struct detector *d);

/** detector_handler - the INTID that @vcpu's innermost handler has acknowledged; 1023: none yet,
 * ~0u: it is in no handler. */
uint32_t detector_handler(const struct detector *d, unsigned vcpu);
/** detector_pages - how many pages have a history. */
size_t detector_pages(const struct detector *d);

#endif
