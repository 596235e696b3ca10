/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the guests and the hypervisor have in common: addresses, hypercalls, INTIDs.
 */
#ifndef IMAGES_HYP_GUEST_H
#define IMAGES_HYP_GUEST_H

#include "images/lib/cpu.h"

#define GUEST_CPUS      2
#define GUEST_RAM       0x80000000ull /* IPA; of each machine its own memory */
#define GUEST_RAM_BYTES 0x10000ull
#define GUEST_STACK(n)  (GUEST_RAM + 0x8000 + ((n) + 1) * 0x2000ull)
#define GUEST_ROUNDS    6

/* HVC immediates; x0 is the argument. */
enum guest_call {
    CALL_DONE = 1,
    CALL_FAIL,  /* x0: which check, x1: what was seen */
    CALL_ASK,   /* x0: bits of guest_ask; the host side sends it some time later */
    CALL_BURST, /* more interrupts at once than list registers */
    CALL_YIELD, /* the caller spins: run another of the machine */
};

enum guest_ask {
    ASK_SPI = 1,
    ASK_MESSAGE = 2,
};

enum guest_intid {
    GUEST_SGI = 1,
    GUEST_TIMER = 27,
    GUEST_SPI = 40,
    GUEST_BURST = 64, /* and on, each of another priority; the last is the most urgent */
    GUEST_BURST_SIZE = 24,
    GUEST_LPI = 8192,
};

/* Machine n counts from n << 40. */
#define GUEST_TIME(vm) ((u64)(vm) << 40)

struct guest_cpu {
    u64 index;
    u64 vm;
    u64 ticks, sgis, spis, messages;
    u64 burst;      /* how many of it */
    u64 last_count; /* CNTVCT_EL0 */
    u64 cval;
};

/* At GUEST_RAM. */
struct guest_memory {
    struct guest_cpu cpu[GUEST_CPUS];
    u64 turn; /* whose */
};

extern char guest_entry[]; /* x0: struct guest_cpu */

#endif
