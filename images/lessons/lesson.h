/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the lessons share. Each lesson is one source and two images: NN-name-broken, in which an
 * interrupt goes astray by a mistake that somebody really made, and NN-name-mended (-DMENDED). The
 * places that differ are under #ifdef MENDED and nowhere else. A .lesson names each.
 */
#ifndef IMAGES_LESSONS_LESSON_H
#define IMAGES_LESSONS_LESSON_H

#include "images/lib/gic.h"
#include "images/lib/print.h"
#include "images/lib/smp.h"
#include "images/lib/timer.h"

/* How long a lesson waits, in ms of virtual time, before it says that nothing came. */
#define PATIENCE_MS 100

/* A device that is not there: no wire of the board leads to it and the next few. Software pends it.
 */
#define INTID_DEVICE 100

/* Interrupts that the handlers below have seen. */
static volatile unsigned taken;

__attribute__((unused)) static void count_interrupt(u32 intid, struct exc_frame *frame)
{
    (void)intid;
    (void)frame;
    taken++;
}

/* A level-sensitive source has to be quiet before its interrupt ends. */
__attribute__((unused)) static void count_tick(u32 intid, struct exc_frame *frame)
{
    count_interrupt(intid, frame);
    virtual_timer_stop();
}

/* On a vCPU that smp_run() gives it: waits until an interrupt has come. They are let in from then
 * on: `why`, which is asked at the program's end, sees the vCPU as it listened. */
__attribute__((unused)) static void listen(void *arg)
{
    (void)arg;
    irq_unmask();
    wait_until(taken, PATIENCE_MS);
}

/** lesson_end - main()'s return value: 0 with @wanted, 1 with what a person sees @instead. */
static inline int lesson_end(bool as_wanted, const char *wanted, const char *instead)
{
    printf("%s\n", as_wanted ? wanted : instead);
    return as_wanted ? 0 : 1;
}

/** drop_to_el1 - from EL2 or EL3; the same stack, MMU off, interrupts masked, vectors of EL1. */
static inline void drop_to_el1(void)
{
    write_sysreg(0x30d00800, sctlr_el1); /* SCTLR_EL1's RES1 bits */
    write_sysreg(3ull << 20, cpacr_el1);
    write_elx(SPSR_EL1H | SPSR_DAIF, spsr);
    isb();
    if (current_el() == 2)
        __asm__ volatile("mov x9, sp\n\tmsr sp_el1, x9\n\tadr x9, 1f\n\tmsr elr_el2, x9\n\t"
                         "isb\n\teret\n1:" ::
                             : "x9", "memory");
    else
        __asm__ volatile("mov x9, sp\n\tmsr sp_el1, x9\n\tadr x9, 1f\n\tmsr elr_el3, x9\n\t"
                         "isb\n\teret\n1:" ::
                             : "x9", "memory");
    exc_init();
}

#endif
