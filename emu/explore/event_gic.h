/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which events of the interrupt controller commute. Two do if either order leads to the same state
 * of the GIC and both give the same values: then only when an interrupt is taken can tell them
 * apart, and that is an event of its own. Where that is not certain, they conflict.
 *
 * What the GIC itself reads and writes in RAM (LPI and ITS tables) it does inside an event of a
 * register; struct event's `of_gic` tells who touches the same words.
 */
#ifndef IRQLAB_EMU_EXPLORE_EVENT_GIC_H
#define IRQLAB_EMU_EXPLORE_EVENT_GIC_H

#include "emu/explore/event.h"

/** event_gic_register, event_gic_frame - fill in @e's part and what belongs to it. */
void event_gic_register(const struct machine *m, struct event *e);
void event_gic_frame(const struct machine *m, struct event *e);
/** event_gic_conflicts - of two events of devices or registers, at least one of which changes. */
bool event_gic_conflicts(const struct event *a, const struct event *b);

#endif
