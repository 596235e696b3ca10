/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the normal world may ask by SMC (DEN 0028: bit 31 tells a fast call, which runs to its end,
 * from a yielding one; 0x32 and 0xb2 are those of a trusted OS). PSCI is there too.
 */
#ifndef IMAGES_MONITOR_SERVICES_H
#define IMAGES_MONITOR_SERVICES_H

#include "images/lib/cpu.h"

enum service {
    /* Secure EL1 works for x1 ticks of the counter; half way it sends itself the Group 0 SGI x2,
     * unless 0. x0: how many it were. Fast: PMR masks Non-secure interrupts meanwhile. */
    SERVICE_WORK_FAST = 0xb2000000,
    /* The same; a Non-secure interrupt ends the call with SERVICE_PREEMPTED. */
    SERVICE_WORK = 0x32000000,
    SERVICE_RESUME = 0x32000001,
    /* A Non-secure interrupt in Secure state goes to x1: enum preemption. All vCPUs. */
    SERVICE_ROUTE = 0xb2000001,
    /* Every x1 ticks of the counter CNTPS fires on this vCPU, in x2: enum tick_group. 0: off. */
    SERVICE_TICK = 0xb2000002,
    /* x0: this vCPU's count x1: enum count. */
    SERVICE_COUNT = 0xb2000003,
    /* GICR_NSACR of SGI x1, on this vCPU, becomes x2. */
    SERVICE_PERMIT_SGI = 0xb2000004,
    /* Secure EL1 writes x1 to ICC_ASGI1R_EL1: an SGI for the other Security state. */
    SERVICE_SEND_SGI = 0xb2000005,
    /* Secure EL1 takes SGI x1, which it sends itself; EL3 ends it. x0: RPR before | after << 8. */
    SERVICE_EL3_ENDS = 0xb2000006,
    /* SPI x1 becomes Secure Group 1, routed to affinity x2; GICD_NSACR: x3. */
    SERVICE_GIVE_SPI = 0xb2000007,
};

enum service_status {
    SERVICE_OK = 0,
    SERVICE_UNKNOWN = -1,
    SERVICE_PREEMPTED = -2,
    SERVICE_BUSY = -3 /* what was preempted waits for SERVICE_RESUME */
};

/*
 * TF-A's two routing models of Non-secure interrupts, while Secure software runs: EL3 takes them as
 * FIQ and switches worlds, whatever Secure EL1 does; or Secure EL1 takes them as FIQ, puts its
 * house in order, and yields.
 */
enum preemption { PREEMPT_BY_EL3, PREEMPT_BY_SECURE_EL1 };

enum tick_group { TICK_GROUP0, TICK_SECURE_GROUP1 };

enum count {
    COUNT_TICKS_SECURE_EL1, /* ticks that Secure EL1 took */
    COUNT_TICKS_EL3,        /* ticks that EL3 took */
    COUNT_TICK_LATE,   /* the latest of both: ticks of the counter between CVAL and the handler */
    COUNT_PREEMPTIONS, /* of Secure EL1 by Non-secure interrupts */
    COUNT_YIELDS,      /* of them those that Secure EL1 saw itself */
    COUNT_SECURE_SGIS, /* Secure Group 1 SGIs that Secure EL1 took */
    COUNT_SECURE_SPIS, /* Secure SPIs that Secure EL1 took */
    COUNT_GROUP0_SGIS, /* Group 0 SGIs that EL3 took */
    COUNT_GROUP0_IN_SECURE, /* of them those that interrupted Secure state */
    COUNT_SECURE_EL2,       /* interrupts that Secure EL2 took, if there is one */
    COUNT_VIRTUAL_TICKS,    /* those that it let Secure EL1 see */
    COUNT_HANDED_DOWN,      /* exceptions of the normal world that came here first */
    COUNT_SWITCHES,         /* from one world to the other */
    COUNTS
};

/* SGIs 0 to 7 are Non-secure, as Linux uses them; 8 to 14 Secure Group 1; 15 is EL3's. */
#define SGI_SECURE 8
#define SGI_EL3    15

#endif
