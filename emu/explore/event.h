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
    EVENT_RAM,       /* object: the physical address of its first 8-byte word */
    EVENT_DEVICE,    /* object: the physical address */
    EVENT_SYSREG,    /* object: a number of the register's name */
    EVENT_INTERRUPT, /* one is taken; object: enum cpu_line */
    EVENT_VMM,       /* a step of an actor (emu/actor.h), or a vCPU calls it; object: where */
};

/* What part of the interrupt controller an event is about; EVENT_DEVICE and EVENT_SYSREG. */
enum gic_part {
    GIC_PART_UNKNOWN,     /* another device: it may drive any line */
    GIC_PART_SGI,         /* sent to `targets` */
    GIC_PART_ACKNOWLEDGE, /* a CPU interface's highest interrupt is looked at or taken */
    GIC_PART_END,         /* EOI, DIR; first_intid: which */
    GIC_PART_OWN,         /* masks and enables of a CPU interface, which nobody else sees */
    GIC_PART_REDIST,      /* vCPU `redist`'s */
    GIC_PART_DISTRIBUTOR, /* of INTIDs first_intid .. last_intid */
};

struct event {
    enum event_kind kind;
    bool is_write;
    bool in_handler; /* of an interrupt */
    bool masked;     /* its vCPU takes no physical IRQ */
    bool weak;       /* memory is weak: the order of all writes matters, of whatever words */
    bool of_gic;     /* RAM: the GIC touches it, too (its tables) */
    uint8_t size_bytes;
    enum gic_part part;
    unsigned vcpu, redist;
    uint32_t first_intid, last_intid;
    uint64_t targets; /* a bit for each vCPU */
    uint64_t index;   /* among this vCPU's events of the run, from 0 */
    uint64_t pc;
    uint64_t object;
    uint64_t pa, end, value; /* RAM: it touches [pa, end); a write's value */
    uint64_t va;             /* of an access */
    uint64_t retired;        /* instructions of its vCPU before it */
    const char *reg;         /* EVENT_SYSREG: its name, static */
    uint64_t reads, writes;  /* masks of ACTOR_*: what actors may touch too */
    /* EVENT_INTERRUPT: whose event made the line go up; cause_vcpu ~0u: none, time did. */
    unsigned cause_vcpu;
    uint64_t cause_index;
};

/** event_of - what @access is; @index: how many its vCPU had before. */
struct event event_of(struct machine *m, const struct cpu_watched_access *access, uint64_t index);

/** event_is_store_exclusive - whether @e is the access of a store-exclusive, at its vCPU's PC. */
bool event_is_store_exclusive(struct machine *m, const struct event *e);

/** event_of_thread - what @thread stands before: an actor's step, or a vCPU's call of its VMM. */
struct event event_of_thread(struct machine *m, unsigned thread, uint64_t index);

/** event_is_of_gic - the RAM that @e touches is a table of the GIC. */
void event_is_of_gic(struct event *e);

/** event_is_of_timers - whether what timers do depends on the register. */
bool event_is_of_timers(const char *reg);

/** event_changes - whether it can change what another vCPU's event gives. */
bool event_changes(const struct event *e);
/** event_conflicts - whether the order of @a and @b can make a difference. Of one vCPU: always. */
bool event_conflicts(const struct event *a, const struct event *b);
/** event_touches - likewise, of a vCPU and its own handler too. */
bool event_touches(const struct event *a, const struct event *b);

/** event_describe - as a person reads it: place, what is done to what. */
void event_describe(const struct machine *m, const struct event *e, char *text, size_t size);
/** event_object - `reads counter`, `writes ICC_PMR_EL1`, `takes IRQ`: without addresses. */
void event_object(const struct machine *m, const struct event *e, char *text, size_t size);

/** event_thread - `vCPU 1`, or `VMM restore`: an actor. */
enum { EVENT_THREAD = 48 };
void event_thread(const struct machine *m, unsigned thread, char *text, size_t size);

/** event_place - `symbol+0x14`, or the pc. */
void event_place(const struct machine *m, uint64_t pc, char *text, size_t size);

#endif
