/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `--trace=KINDS[:FILE]`: one line for each event, for people and for grep.
 *
 *     <instructions> <virtual ns> v<vcpu> <kind> <text> [pc <address> <symbol+offset>]
 *
 * Tracing reads the machine and never changes it: with and without, the state hash is the same.
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
    X(INPUT, "input", "what came in from outside")

enum trace_kind {
#define X(id, name, help) TRACE_##id,
    TRACE_KINDS(X)
#undef X
        TRACE_N_KINDS
};

/**
 * trace_open - @spec is KINDS[:FILE], kinds separated by commas, or "all"; FILE defaults to stderr.
 * @kinds_only: parse and complain, open nothing.
 */
int trace_open(const char *spec, struct trace **out, struct error *err);
void trace_close(struct trace *t);
bool trace_wants(const struct trace *t, enum trace_kind kind);

/** trace_line - writes one line if @kind is wanted. @vcpu -1: none. */
void trace_line(struct machine *m, enum trace_kind kind, int vcpu, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

void trace_gic(struct machine *m, enum gic_event event, unsigned vcpu, uint32_t intid,
               uint64_t detail);
void trace_timer(struct machine *m, unsigned vcpu, enum timer_id timer, bool level);
void trace_exception(struct machine *m, unsigned vcpu, int number, uint64_t syndrome, uint64_t pc);
void trace_guest_error(struct machine *m, const char *who, const char *format, va_list args);

#endif
