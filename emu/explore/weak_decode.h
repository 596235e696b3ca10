/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What an A64 instruction reads and writes (DDI 0487 C4.1), as far as dependencies between accesses
 * to memory need it. Where it says too much, accesses are ordered that need not be; never the other
 * way round: what is not known reads and writes everything.
 */
#ifndef IRQLAB_EMU_EXPLORE_WEAK_DECODE_H
#define IRQLAB_EMU_EXPLORE_WEAK_DECODE_H

#include <stdbool.h>
#include <stdint.h>

enum weak_insn_kind {
    WEAK_PLAIN,
    WEAK_BRANCH,  /* conditional or indirect: what it reads decides where the vCPU goes on */
    WEAK_LOAD,    /* of one general register; LDAR and LDAPR too */
    WEAK_STORE,   /* likewise; STLR too */
    WEAK_ATOMIC,  /* exclusives and atomic operations */
    WEAK_PAIR,    /* loads and stores of two registers; of FP and SIMD registers */
    WEAK_BARRIER, /* DMB, DSB */
    WEAK_SYNC,    /* ISB, ERET: a context synchronization event */
    WEAK_WAIT,    /* WFI, WFE, YIELD, HLT, HVC, SMC: others, or the host, go on */
    WEAK_OTHER    /* all else that is not plain */
};

/* Bits of weak_insn.reads and so on: X0 .. X30, then: */
#define WEAK_SP      (1ull << 31)
#define WEAK_FLAGS   (1ull << 32) /* NZCV */
#define WEAK_FP      (1ull << 33) /* all FP and SIMD registers */
#define WEAK_SYSTEM  (1ull << 34) /* all system registers that it reads or writes */
#define WEAK_ALL     ((1ull << 35) - 1)
#define WEAK_N_VIEWS 35

struct weak_insn {
    enum weak_insn_kind kind;
    uint64_t reads, writes;
    uint64_t address; /* of `reads`: what makes up the address of an access */
    bool loads;       /* WEAK_PAIR: a load; the others' ordering says so (cpu/ordering.h) */
    bool writes_back; /* the base register */
    unsigned status;  /* WEAK_ATOMIC: the register that says whether a store exclusive failed */
};

struct weak_insn weak_decode(uint32_t insn);

#endif
