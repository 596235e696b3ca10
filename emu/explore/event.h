/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events: what vCPUs do that others can notice. Between two of its events a vCPU is alone with
 * itself: where it is preempted there makes no difference. So schedules are orders of events.
 */
#ifndef IRQLAB_EMU_EXPLORE_EVENT_H
#define IRQLAB_EMU_EXPLORE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct cpu_watched_access;
struct machine;

enum event_kind {
    EVENT_RAM,    /* object: the physical address of its first shared 8-byte word */
    EVENT_DEVICE, /* object: the physical address */
    EVENT_SYSREG, /* object: a number of the register's name */
};

struct event {
    enum event_kind kind;
    bool is_write;
    unsigned vcpu;
    uint64_t index; /* among this vCPU's events of the run, from 0 */
    uint64_t pc;
    uint64_t object;
    const char *reg; /* EVENT_SYSREG: its name, static */
};

/** event_of - what @access is; @index: how many its vCPU had before. */
struct event event_of(const struct cpu_watched_access *access, uint64_t index);

/** event_changes - whether it can change what another vCPU's event gives. */
bool event_changes(const struct event *e);
/** event_conflicts - whether the order of @a and @b, of two vCPUs, can make a difference. */
bool event_conflicts(const struct event *a, const struct event *b);

/** event_describe - as a person reads it: place, what is done to what. */
void event_describe(const struct machine *m, const struct event *e, char *text, size_t size);

/** event_place - `symbol+0x14`, or the pc. */
void event_place(const struct machine *m, uint64_t pc, char *text, size_t size);

#endif
