/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What A64 instructions say about memory order (DDI 0487 B2.3 and C6.2): decoded from the
 * instruction itself, for who is told of an access or a barrier and its pc.
 *
 * What an encoding needs (FEAT_LSE, FEAT_LRCPC, FEAT_LRCPC2) is not checked: where it is absent the
 * instruction is UNDEFINED, and makes no access. Pure functions; any thread.
 */
#ifndef IRQLAB_CPU_ORDERING_H
#define IRQLAB_CPU_ORDERING_H

#include <stdbool.h>
#include <stdint.h>

struct access_ordering {
    bool loads, stores; /* of ordered, exclusive and atomic instructions; else both are false */
    /* Of its load: Acquire (LDAR, LDAXR, CASA, LDADDA, ...), or AcquirePC (LDAPR, LDAPUR): a
     * store-release before may be observed after an AcquirePC, not after an Acquire. */
    bool acquire, acquire_pc;
    bool release;   /* of its store: STLR, STLXR, CASL, LDADDL, STLUR, ... */
    bool exclusive; /* LDXR, LDAXR, LDXP, STXR, STLXR, ... */
    bool atomic;    /* one instruction that reads and writes: CAS, CASP, SWP, LDADD, STADD, ... */
};

/**
 * ordering_of_access - of the instruction @insn. A plain load or store, and whatever else, has all
 * false. LDLAR and STLLR count as LDAR and STLR: the machine has no LORegions.
 */
struct access_ordering ordering_of_access(uint32_t insn);

/** ordering_is_plain - none of the above. */
bool ordering_is_plain(const struct access_ordering *o);

enum barrier_kind { BARRIER_NONE, BARRIER_DMB, BARRIER_DSB, BARRIER_ISB };

/* Which vCPUs a DMB or DSB is for. The machine's are all in one Inner Shareable domain. */
enum barrier_domain { DOMAIN_OSH, DOMAIN_NSH, DOMAIN_ISH, DOMAIN_SY };

/*
 * DMB and DSB (B2.3.11): accesses of the kinds `before`, ahead of it, are ordered before those of
 * the kinds `after`, behind it. LD: loads before loads and stores. ST: stores before stores.
 */
struct barrier {
    enum barrier_kind kind;
    enum barrier_domain domain;
    bool loads_before, stores_before;
    bool loads_after, stores_after;
};

/** barrier_of - kind BARRIER_NONE: @insn is none of these. SSBB and PSSBB are none, nor is SB. */
struct barrier barrier_of(uint32_t insn);

#endif
