/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a test tells `irqlab explore`, by semihosting operations of the range that is left to
 * implementations (IHI 0100: 0x100 - 0x1ff). Elsewhere, and in `irqlab run`, beginning and end mean
 * nothing, and a failed assertion ends the run with exit code 102. Any exception level;
 * -semihosting. A kernel that has no semihosting makes the same calls by HVC or SMC, whichever PSCI
 * is called by: x0 is RACE_CALLS + the operation (DEN 0028), x1 the argument.
 */
#ifndef IRQLAB_IMAGES_RACE_H
#define IRQLAB_IMAGES_RACE_H

#include "images/lib/cpu.h"

#define RACE_CALLS 0xc6000000u

static inline u64 race_call(u64 operation, u64 argument)
{
    register u64 x0 __asm__("x0") = operation;
    register u64 x1 __asm__("x1") = argument;

    __asm__ volatile("hlt #0xf000" : "+r"(x0) : "r"(x1) : "memory");
    return x0;
}

/* race_begin - every run of the explorer starts here. race_end - it ends here, and has passed. */
static inline void race_begin(void)
{
    race_call(0x100, 0);
}

static inline void race_end(void)
{
    race_call(0x101, 0);
}

/* race_assert - if not @holds, the run ends here and has failed. */
static inline void race_assert(int holds, const char *what)
{
    if (!holds)
        race_call(0x102, (u64)what);
}

/*
 * race_call_vmm - leaves to the VMM that `-actor` gives the machine (emu/actor.h), with a function
 * and two arguments: what it answers. ~0: there is none.
 */
static inline u64 race_call_vmm(u64 function, u64 a, u64 b)
{
    register u64 x0 __asm__("x0") = 0x103;
    register u64 x1 __asm__("x1") = function;
    register u64 x2 __asm__("x2") = a;
    register u64 x3 __asm__("x3") = b;

    __asm__ volatile("hlt #0xf000" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory");
    return x0;
}

/*
 * race_observe - what this run shows of @what: the explorer counts how many runs showed the same in
 * all that they observed, in whatever order. race_arrive - how many times any vCPU has called it in
 * this run; 0: nobody explores. Both are no accesses: nothing is ordered or shared by them.
 */
static inline void race_observe(const char *what, u64 value)
{
    register u64 x2 __asm__("x2") = value;
    register u64 x0 __asm__("x0") = 0x108;
    register u64 x1 __asm__("x1") = (u64)what;

    __asm__ volatile("hlt #0xf000" : "+r"(x0) : "r"(x1), "r"(x2) : "memory");
}

static inline u64 race_arrive(void)
{
    return race_call(0x109, 0);
}

#endif
