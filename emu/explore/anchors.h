/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Anchors of the run that happens now: it is told of every event, and counts. */
#ifndef IRQLAB_EMU_EXPLORE_ANCHORS_H
#define IRQLAB_EMU_EXPLORE_ANCHORS_H

#include "emu/explore/event.h"
#include "emu/explore/places.h"

struct anchors;
struct machine;

/** anchors_create - @image: an ELF with source lines, perhaps. NULL: out of memory. */
struct anchors *anchors_create(struct machine *m, const char *image);
/** anchors_destroy - and all places; NULL is allowed. */
void anchors_destroy(struct anchors *a);

/** anchors_start - a run begins. */
void anchors_start(struct anchors *a);
/** anchors_happened - @e happens. -ENOMEM: it is not counted. */
int anchors_happened(struct anchors *a, const struct event *e);

/**
 * anchors_next - @e's vCPU stands before it. anchors_last - @vcpu is behind its last event; where
 * it had none, it is there since the run's beginning. No place: out of memory.
 */
struct anchor anchors_next(struct anchors *a, const struct event *e);
struct anchor anchors_last(struct anchors *a, unsigned vcpu);

/** anchors_here - @vcpu's pc, and @what it does there that is no event. */
struct anchor anchors_here(struct anchors *a, unsigned vcpu, const char *what);

/** anchors_count - how many events like those at @p @vcpu has had. */
unsigned anchors_count(const struct anchors *a, unsigned vcpu, const struct place *p);

/**
 * anchors_nearest - of the places where @vcpu has been: one where the same is done in the same
 * function, or the same elsewhere, or something else in the same function, next to @p. Or NULL.
 */
const struct place *anchors_nearest(const struct anchors *a, unsigned vcpu, const struct place *p);

#endif
