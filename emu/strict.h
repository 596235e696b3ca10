/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `--strict[=KIND,...|error]`: tells what the guest does with the GIC that works here and need not
 * work elsewhere, or does not do what it seems to; each kind once for each instruction.
 * gic/strict.h lists the kinds, and judges single accesses; what needs to know what came before, or
 * what the machine has beside the GIC, is judged here. With and without, a run is the same.
 *
 * All on the machine's thread.
 */
#ifndef IRQLAB_EMU_STRICT_H
#define IRQLAB_EMU_STRICT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "cpu/cpu.h"
#include "emu/error.h"
#include "gic/strict.h"

struct machine;
struct strict;

struct strict_options {
    uint32_t kinds; /* a bit per enum gic_doubt_kind */
    bool fatal;     /* the first one ends the run with IRQLAB_EXIT_STRICT */
};

/** strict_parse - what stands behind --strict=; NULL: nothing. */
int strict_parse(const char *list, struct strict_options *out, struct error *err);
/** strict_kinds_help - names of all kinds, with what they mean, a line each. Static. */
const char *strict_kinds_help(void);

/** strict_start - from now on, between turns. @image: an ELF with lines, or NULL. -ENOMEM. */
int strict_start(struct machine *m, const struct strict_options *options, const char *image,
                 struct error *err);
/** strict_stop - NULL m->strict is allowed. */
void strict_stop(struct machine *m);
/** strict_reset - everything was reset; strict_reset_vcpu - that vCPU was. NULL m->strict is
 * allowed. */
void strict_reset(struct machine *m);
void strict_reset_vcpu(struct machine *m, unsigned vcpu);
/** strict_end - the run is over: what only shows then. NULL m->strict is allowed. */
void strict_end(struct machine *m);
/** strict_json - what was told, in order; the caller's. NULL: out of memory. */
json_t *strict_json(const struct machine *m);

/* -- The machine tells; m->strict is not NULL. Of writes and of frames ahead of the access -- */
void strict_frame(struct machine *m, const struct gic_frame_access *access);
void strict_its_write(struct machine *m, unsigned vcpu, uint64_t offset, uint64_t value);
/** strict_its_written - that write is over. */
void strict_its_written(struct machine *m);
void strict_gicc(struct machine *m, const struct gic_frame_access *access);
/** strict_gic_event - errors of the ITS's commands, and LPIs. */
void strict_gic_event(struct machine *m, enum gic_event event, unsigned vcpu, uint32_t intid,
                      uint64_t detail);
void strict_gic_write(struct machine *m, unsigned vcpu, const struct gic_sysreg *reg,
                      const struct gic_pe_state *pe, uint64_t value);
/** strict_gic_read - @value is what was read. */
void strict_gic_read(struct machine *m, unsigned vcpu, const struct gic_sysreg *reg,
                     const struct gic_pe_state *pe, uint64_t value);
/** strict_exception - @vcpu is about to take a synchronous one, or another if @number says so. */
void strict_exception(struct machine *m, unsigned vcpu, int number, uint64_t syndrome);
/** strict_timer_write - @intid: the timer's, or 0: no timer's. */
void strict_timer_write(struct machine *m, unsigned vcpu, uint32_t intid);

#endif
