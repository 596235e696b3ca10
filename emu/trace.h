/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `--trace=KINDS[,SETTING...][:FILE]`: what happens, for people and for their tools. The formats
 * are in emu/trace/; the text, one line for each event, is for grep:
 *
 *     <instructions> <virtual ns> v<vcpu> <kind> <text> [pc <address> <symbol+offset>]
 *
 * Tracing reads the machine and never changes it: with and without, the state hash is the same, and
 * two runs write the same bytes. All functions run on the machine's thread.
 */
#ifndef IRQLAB_EMU_TRACE_H
#define IRQLAB_EMU_TRACE_H

#include <stdarg.h>

#include "emu/machine.h"

/* Kinds, for --trace=. One list: name, what it shows. */
#define TRACE_KINDS(X)                                                                             \
    X(IRQ, "irq", "pended, acknowledged, EOI, deactivated, SGI sent, lines")                       \
    X(TIMER, "timer", "timer outputs")                                                             \
    X(EXCEPTION, "exception", "exceptions taken, with syndrome")                                   \
    X(PSCI, "psci", "PSCI calls and vCPU power")                                                   \
    X(LOAD, "load", "what was loaded where")                                                       \
    X(GUEST_ERROR, "guest_error", "what the guest did wrong with a device")                        \
    X(INPUT, "input", "what came in from outside")                                                 \
    X(VCPU, "vcpu", "vCPUs run, wait, are off")                                                    \
    X(PRIORITY, "priority", "PMR, running and highest pending priority of each vCPU")

enum trace_kind {
#define X(id, name, help) TRACE_##id,
    TRACE_KINDS(X)
#undef X
        TRACE_N_KINDS
};

/**
 * trace_open - m->trace, from @spec: KINDS[,SETTING...][:FILE]. Kinds are separated by commas, or
 * "all"; settings are format=, intid=, vcpu= (emu/trace/spec.c). FILE defaults to stderr.
 * Before the machine runs. 0, or an error that names what is wrong.
 */
int trace_open(struct machine *m, const char *spec, struct error *err);
/** trace_close - writes what is left, and m->trace is NULL. NULL was allowed. 0, or an error: the
 * file is not whole. */
int trace_close(struct machine *m, struct error *err);

/** trace_line - one line of text, if @kind is wanted. @vcpu -1: none. */
void trace_line(struct machine *m, enum trace_kind kind, int vcpu, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* What follows wants m->trace. */
void trace_gic(struct machine *m, enum gic_event event, unsigned vcpu, uint32_t intid,
               uint64_t detail);
void trace_timer(struct machine *m, unsigned vcpu, enum timer_id timer, bool level);
void trace_exception(struct machine *m, unsigned vcpu, int number, uint64_t syndrome, uint64_t pc);
void trace_guest_error(struct machine *m, const char *who, const char *format, va_list args);
/** trace_vcpu - @vcpu runs, waits or is off now. */
void trace_vcpu(struct machine *m, unsigned vcpu);
/**
 * trace_settle - the GIC has done what was asked of it: states and priorities of the interrupts and
 * vCPUs that it reported on, and of @vcpu, can be read.
 */
void trace_settle(struct machine *m, unsigned vcpu);
/** trace_turn - @vcpu is about to run, or has run: trace_vcpu() and trace_settle(). */
void trace_turn(struct machine *m, unsigned vcpu);

#endif
