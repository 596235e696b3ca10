/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside the traces: emu/trace.c hears of events, a format writes them. */
#ifndef IRQLAB_EMU_TRACE_INTERNAL_H
#define IRQLAB_EMU_TRACE_INTERNAL_H

#include "emu/trace.h"

enum {
    TRACE_MAX_RANGES = 32,   /* of one filter */
    TRACE_MAX_LANES = 65536, /* interrupts, private ones at each vCPU; others have no lane */
    TRACE_SHARED = 0xffff,   /* a lane's vCPU: none */
    TRACE_TEXT_BYTES = 512,
};

/* One event. Which of the fields say something depends on the kind. */
struct trace_event {
    enum trace_kind kind;
    int vcpu; /* -1: none */
    uint64_t instructions, now_ns;
    union {
        struct {
            enum gic_event event;
            uint32_t intid;
            uint64_t detail; /* as gic.h has it */
        } gic;
        struct {
            enum timer_id timer;
            bool level;
        } timer;
        struct {
            int number; /* the engine's: 5 IRQ, 6 FIQ, 14 and 15 virtual ones */
            uint64_t syndrome;
        } exception;
        enum vcpu_state state;
        struct {
            uint8_t pmr, running, highest; /* 0xff: nothing runs, or is pending */
            bool new_pmr, new_running, new_highest;
        } priority;
        const char *text;
    };
    bool has_pc;
    uint64_t pc;
};

/* One interrupt's state over time; of a private one, at one vCPU. */
struct trace_lane {
    uint32_t intid;
    uint16_t vcpu; /* TRACE_SHARED */
    uint16_t at;   /* the vCPU that it was last reported for */
    bool pending, active, stale;
    bool asserted; /* since asserted_ns, and not taken yet */
    uint64_t asserted_ns;
    struct trace_latency *latency; /* emu/trace/latency.c */
};

/* What is being written. */
struct trace_format {
    const char *name;
    const char *suffix; /* of files that have it, unless format= says otherwise */
    uint32_t kinds;     /* it needs these, too */
    bool wants_pc;      /* of the instruction during which a GIC event came; an exception has one */
    /* Any may be NULL. begin() returns 0 or -ENOMEM. */
    int (*begin)(struct trace *t);
    void (*event)(struct trace *t, const struct trace_event *e);
    /* @lane's pending and active are new: `was` holds the old ones. */
    void (*lane)(struct trace *t, const struct trace_lane *lane, const struct trace_lane *was,
                 uint64_t now_ns);
    void (*end)(struct trace *t, uint64_t now_ns);
    void (*clear)(struct trace *t);
};

extern const struct trace_format trace_text, trace_jsonl, trace_tarmac, trace_vcd, trace_perfetto,
    trace_latency_text, trace_latency_svg;

struct trace_ranges {
    unsigned n; /* 0: all */
    struct {
        uint32_t first, last;
    } items[TRACE_MAX_RANGES];
};

struct trace_spec {
    uint32_t kinds;
    struct trace_ranges intids, vcpus;
    const struct trace_format *format;
    const char *file; /* inside the text that was parsed; NULL: stderr */
};

struct trace_vcpu_seen {
    enum vcpu_state state;
    uint32_t priorities; /* as published */
    bool stale;
};

struct trace {
    struct trace_spec spec;
    FILE *file;
    struct machine *machine;
    struct trace_vcpu_seen *vcpus;
    bool started; /* vcpus holds what they were */

    /* Lanes in order of their first event; `map` finds them: open addressing, index + 1. */
    struct trace_lane *lanes;
    uint32_t n_lanes, lanes_capacity;
    uint32_t *map;
    uint32_t map_size;
    uint32_t *stale; /* lanes to look at again */
    uint32_t n_stale, stale_capacity;
    unsigned n_stale_vcpus, *stale_vcpus; /* [n_vcpus] */

    void *state; /* the format's own */
};

/**
 * trace_listen - m->trace, for who hears of events in this process: @format's own state is @state,
 * which it clears. All of @kinds; no file is written. Otherwise as trace_open().
 */
int trace_listen(struct machine *m, const struct trace_format *format, void *state, uint32_t kinds,
                 struct error *err);

/** trace_parse - @spec must outlive *out. */
int trace_parse(const char *spec, struct trace_spec *out, struct error *err);
bool trace_in_ranges(const struct trace_ranges *ranges, uint32_t n);

/** trace_wants_intid - the filter's answer. */
static inline bool trace_wants_intid(const struct trace *t, uint32_t intid)
{
    return trace_in_ranges(&t->spec.intids, intid);
}

extern const char *const trace_kind_names[TRACE_N_KINDS];
extern const char *const trace_gic_names[GIC_N_EVENTS];
extern const char *const trace_line_names[GIC_N_LINES];
extern const char *const trace_timer_names[TIMER_COUNT];
extern const char *const trace_state_names[];
/** trace_intid_kind - "SGI", "PPI", "SPI", "LPI", also of the extended ranges. */
const char *trace_intid_kind(uint32_t intid);
/** trace_exception_name - "IRQ" and its like; NULL: not an interrupt. */
const char *trace_exception_name(int number);
/** trace_symbol - of a pc; NULL: none is known. */
const char *trace_symbol(const struct trace *t, uint64_t pc, uint64_t *offset);

/* -- emu/trace/lanes.c -- */

/** trace_lanes_event - what the event says of an interrupt's state. */
void trace_lanes_event(struct trace *t, const struct trace_event *e);
/** trace_lanes_settle - looks at those again that events were about. */
void trace_lanes_settle(struct trace *t, uint64_t now_ns);
/** trace_lane_of - NULL: there are too many, or no memory is left. Until the next call. */
struct trace_lane *trace_lane_of(struct trace *t, unsigned vcpu, uint32_t intid);
void trace_lanes_clear(struct trace *t);

#endif
