/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the traces: emu/trace.c hears of events on the machine's thread and hands them on; a
 * format writes them, on a thread of its own if there is a file, from what the event says alone.
 */
#ifndef IRQLAB_EMU_TRACE_INTERNAL_H
#define IRQLAB_EMU_TRACE_INTERNAL_H

#include "emu/load/symbols.h"
#include "emu/trace.h"
#include "emu/trace/out.h"

enum {
    TRACE_MAX_RANGES = 32,   /* of one filter */
    TRACE_MAX_LANES = 65536, /* interrupts, private ones at each vCPU; others have no lane */
    TRACE_SHARED = 0xffff,   /* a lane's vCPU: none */
    TRACE_TEXT_BYTES = 512,
    TRACE_NAME_BYTES = 1024, /* of a symbol */
    TRACE_MAX = 8,           /* files and listeners of a machine */
};

struct trace;

/* After the kinds that can be asked for: what an interrupt's state is now. Formats hear of it by
 * their lane(). */
enum { TRACE_LANE = TRACE_N_KINDS };

/* One event. Which of the fields say something depends on the kind. */
struct trace_event {
    uint64_t instructions, now_ns, pc;
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
        struct {
            uint32_t intid;
            bool pending, active;
        } lane;
        const char *text;
    };
    uint8_t kind; /* enum trace_kind, or TRACE_LANE */
    bool has_pc;
    int16_t vcpu; /* -1: none */
};

/* One interrupt's state over time; of a private one, at one vCPU. */
struct trace_lane {
    uint32_t intid;
    uint16_t vcpu; /* TRACE_SHARED */
    uint16_t at;   /* the vCPU that it was last reported for */
    bool pending, active;
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
    /* Of a file that is not written directly: instead of opening and closing it. 0, or an error. */
    int (*open_file)(struct trace *t, struct error *err);
    int (*close_file)(struct trace *t, struct error *err);
};

extern const struct trace_format trace_text, trace_jsonl, trace_tarmac, trace_vcd, trace_fst,
    trace_perfetto, trace_latency_text, trace_latency_svg;

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

/* What a pc is written as: names are looked up, and numbers converted, once. */
enum { TRACE_PLACES = 512, TRACE_PLACE_BYTES = 112 };

struct trace_place {
    uint64_t pc;
    uint8_t n; /* 0: none yet */
    char text[TRACE_PLACE_BYTES];
};

/* One file, or a listener: a format and what it needs. */
struct trace {
    struct trace_spec spec;
    struct machine *machine;
    unsigned n_vcpus;
    struct trace_out out; /* not a listener's */
    bool is_live;         /* stderr: seen at once */

    /* Lanes in order of their first event; `map` finds them: open addressing, index + 1. */
    struct trace_lane *lanes;
    uint32_t n_lanes, lanes_capacity;
    uint32_t *map;
    uint32_t map_size;

    const struct symbols *symbols; /* the machine's, when the event came */
    struct trace_place *places;    /* [TRACE_PLACES], of `symbols` */
    struct {                       /* text that begins the last event's line */
        uint64_t instructions, now_ns;
        size_t n;
        char text[64];
    } head;

    void *state; /* the format's own */
};

/**
 * trace_listen - m->trace, for who hears of events in this process: @format's own state is @state,
 * which it clears. All of @kinds; no file is written. Otherwise as trace_open().
 */
int trace_listen(struct machine *m, const struct trace_format *format, void *state, uint32_t kinds,
                 struct error *err);

/*
 * The machine has gone back, and what was told of its vCPUs was told of another time. trace_forget,
 * then what was told last up to now: whether it was not known yet; trace_remember: of the others,
 * what is now is taken for told.
 */
struct tracer;
void trace_forget(struct tracer *r);
bool trace_told_state(struct tracer *r, unsigned vcpu, enum vcpu_state state);
bool trace_told_priorities(struct tracer *r, unsigned vcpu, uint32_t priorities);
void trace_remember(struct tracer *r);

/** trace_parse - @spec must outlive *out. */
int trace_parse(const char *spec, struct trace_spec *out, struct error *err);
bool trace_in_ranges(const struct trace_ranges *ranges, uint32_t n);

/** trace_is_private - each vCPU has one of its own (IHI 0069 2.2). */
static inline bool trace_is_private(uint32_t intid)
{
    return intid < 32 || (intid >= 1056 && intid < 1120);
}

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
/** trace_set_symbols - those that are known now; NULL: none. */
void trace_set_symbols(struct trace *t, const struct symbols *symbols);
/**
 * trace_put_place - what @write puts for @pc, at most TRACE_ROOM / 2 bytes: from the last time, if
 * it is still known. A file has one such function.
 */
char *trace_put_place(struct trace *t, char *p, uint64_t pc,
                      char *(*write)(const struct trace *t, char *p, uint64_t pc));

/* -- emu/trace/sink.c: one file, or a listener -- */

/** trace_create - without a file. NULL: no memory. */
struct trace *trace_create(struct machine *m, const struct trace_spec *spec);
void trace_free(struct trace *t);
int trace_open_file(struct trace *t, struct error *err);
/** trace_consume - writes @e if the file is to have it. */
void trace_consume(struct trace *t, const struct trace_event *e);
/** trace_wants - whether an event with these is to be in it. */
bool trace_wants(const struct trace *t, const struct trace_event *e);
/** trace_finish - the end of the file: 0, or an error. */
int trace_finish(struct trace *t, uint64_t now_ns, struct error *err);

/* -- emu/trace/queue.c: events on their way to a thread that writes them -- */

struct trace_queue;

/** trace_queue_start - for all of @traces, which stay the caller's. NULL: there can be no thread.
 */
struct trace_queue *trace_queue_start(struct trace *const *traces, unsigned n);
/** trace_queue_slot - for the next event; trace_queue_push - it is complete. */
struct trace_event *trace_queue_slot(struct trace_queue *q);
void trace_queue_push(struct trace_queue *q, const struct symbols *symbols);
/** trace_queue_text - keeps a text until the next event pushed is written. */
const char *trace_queue_text(struct trace_queue *q, const char *text,
                             const struct symbols *symbols);
/** trace_queue_stop - all events are written, and the thread is at its end. NULL is allowed. */
void trace_queue_stop(struct trace_queue *q, const struct symbols *symbols);

/* -- emu/trace/fst.c -- */

int trace_fst_open(struct trace *t, struct error *err);
int trace_fst_close(struct trace *t, struct error *err);

/* -- emu/trace/lanes.c -- */

/** trace_is_of_lane - whether it changes an interrupt's state. */
static inline bool trace_is_of_lane(enum gic_event event)
{
    static const uint32_t those = 1u << GIC_EVENT_PENDED | 1u << GIC_EVENT_UNPENDED |
                                  1u << GIC_EVENT_ACKNOWLEDGED | 1u << GIC_EVENT_PRIORITY_DROP |
                                  1u << GIC_EVENT_DEACTIVATED;

    return those >> event & 1;
}

/** trace_lanes_event - what the event says of an interrupt's state. */
void trace_lanes_event(struct trace *t, const struct trace_event *e);
/** trace_lanes_settle - what it is when the GIC is done (TRACE_LANE). */
void trace_lanes_settle(struct trace *t, const struct trace_event *e);
/** trace_lane_of - NULL: there are too many, or no memory is left. Until the next call. */
struct trace_lane *trace_lane_of(struct trace *t, unsigned vcpu, uint32_t intid);
void trace_lanes_clear(struct trace *t);

#endif
