/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Weak memory: in what order a vCPU's accesses to shared words are made, as questions to the
 * chooser. Option 0 is program order, as without this.
 *
 * A vCPU puts off its plain loads and stores (and STLR) to shared words, up to a bound: it goes on
 * behind them. When one must be made, or the next access cannot be put off:
 *   weak-order  the n-th of those that may be made now, in program order, is
 *   weak-value  a load gives the n-th older value of those that it may still give
 *
 * The model is Arm's (DDI 0487 B2.3), which is other-multi-copy-atomic: there is one memory, and
 * one order of stores in it. What may not be reordered comes from program order:
 * - the same word, barriers, acquire and release: what must be first is made first (weak_order.c)
 * - a load is made before its register is used: address, data and control dependencies
 * - how old a value a load may give: timestamps ("views") of each register say when at the earliest
 *   what it depends on can have happened, as in "Promising-ARM/RISC-V" (PLDI 2019). So addresses
 *   order loads, control with ISB does, and control alone does not
 *
 * What Arm allows and this does not show: a load is made before any use of its register, also one
 * that no later access depends on; exclusives and atomic operations, loads of two registers and
 * accesses of FP registers are neither put off nor give old values; a store of two is one; loads
 * are not put off over an interrupt, nor made before a wait (WFE, WFI) or a call of the host ends
 * that they are behind. Nothing is shown that Arm forbids.
 *
 * The interrupt controller: a write of ICC_SGI*R is no memory access; only a DSB before it waits
 * for stores, as Linux has it before its SGIs. A write to a device is a memory access, which a DMB
 * orders behind stores, too. The ITS sees memory. The handler of an interrupt starts by a context
 * synchronization event (D1.3): its loads give nothing that was old when it was taken.
 *
 * Weakness makes every vCPU go step by step. Threads, errors: as explorer.h.
 */
#ifndef IRQLAB_EMU_EXPLORE_WEAK_H
#define IRQLAB_EMU_EXPLORE_WEAK_H

#include <stdbool.h>
#include <stdint.h>

#include "emu/machine.h"

struct explorer;
struct weak;

enum { WEAK_MAX_BOUND = 7, WEAK_DEFAULT_BOUND = 2 };

/** weak_create - @bound: 1..WEAK_MAX_BOUND, so many accesses of a vCPU are put off at a time. NULL:
 * out of memory. */
struct weak *weak_create(struct explorer *x, unsigned bound);
void weak_destroy(struct weak *w);
/** weak_start - a run begins. */
void weak_start(struct weak *w);

/** weak_note - the instruction that is about to run, or runs, makes @a; @is_event: so it counts. */
void weak_note(struct weak *w, const struct cpu_watched_access *a, bool is_event);
/**
 * weak_arrived - @vcpu is at a new event of its own. False: it goes on behind it, and stands before
 * none. True: before that, or before one that was put off; explorer_before() was called.
 * weak_goes_on - whether it was false: nobody is to be asked about @vcpu.
 */
bool weak_arrived(struct weak *w, unsigned vcpu);
bool weak_goes_on(const struct weak *w, unsigned vcpu);
/** weak_exception - @vcpu takes an exception now; @interrupt: that comes from outside. */
void weak_exception(struct weak *w, unsigned vcpu, bool interrupt);
/** weak_holds - whether @vcpu may not take @line's interrupt before this step is done. */
bool weak_holds(struct weak *w, unsigned vcpu, unsigned line);

/** weak_before, weak_after - struct machine_explorer's. */
enum machine_step weak_before(struct weak *w, unsigned vcpu);
void weak_after(struct weak *w, unsigned vcpu, uint64_t executed);

#endif
