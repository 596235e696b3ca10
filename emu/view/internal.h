/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the views: view.c (opening, the loop), drive.c (commands), events.c (what is kept of
 * them), frame.c (what is to be seen now), ask.c (why), json.c.
 */
#ifndef IRQLAB_EMU_VIEW_INTERNAL_H
#define IRQLAB_EMU_VIEW_INTERNAL_H

#include "emu/gdb/gdb.h"
#include "emu/journal.h"
#include "emu/session_internal.h"
#include "emu/timeline.h"
#include "emu/trace/internal.h"
#include "emu/view/view.h"

enum {
    VIEW_MAX_LASTS = 1 << 14, /* interrupts whose last event is known, at most three quarters */
    VIEW_MAX_LPIS = 1024,     /* LPIs that have rows: the first that there were events of */
    VIEW_CONSOLE_BYTES = 1 << 15,
    VIEW_LIST_REGISTERS = 16,
};

/* -- events.c ---------------------------------------------------------------------------------- */

/* An event as it came, and how its vCPU was. */
struct view_raw {
    uint64_t seq;
    struct trace_event event;
    char text[48]; /* event.text's, cut */
    bool inside;   /* it has come when one more instruction has retired than `event` says */
    uint8_t daif, pmr, running, highest;
};

/* Who had an event last. */
struct view_last {
    bool used;
    int vcpu; /* VIEW_NO_VCPU: a shared interrupt */
    uint32_t intid;
    struct view_raw raw;
};

struct view_ring {
    struct view_raw *raws;   /* [VIEW_MAX_EVENTS], by place % VIEW_MAX_EVENTS */
    uint64_t begin, end;     /* places of those that are there: begin .. end - 1 */
    uint64_t head;           /* the place of the one that comes next; end: it is new */
    uint64_t arrived;        /* instructions, where the machine has gone to */
    uint64_t seq;            /* the last one given */
    struct view_last *lasts; /* [VIEW_MAX_LASTS], open addressing */
    uint32_t n_lasts;
    uint64_t mapped; /* lasts holds those before this place */
    unsigned n_lpis;
    uint32_t lpis[VIEW_MAX_LPIS];
};

int view_ring_start(struct view *v, struct error *err);
void view_ring_clear(struct view *v);
/** view_ring_at - by place. view_ring_now - the place behind the last event up to now. */
const struct view_raw *view_ring_at(const struct view *v, uint64_t place);
uint64_t view_ring_now(const struct view *v);
/** view_ring_gone - the machine has gone to another place. */
void view_ring_gone(struct view *v);
/** view_ring_map - `lasts` is of now. view_ring_last - NULL: none is known. */
void view_ring_map(struct view *v);
const struct view_raw *view_ring_last(const struct view *v, int vcpu, uint32_t intid,
                                      bool is_virtual);
/** view_raw_event - for people. */
void view_raw_event(const struct view_raw *raw, struct view_event *to);
/** view_is_step - whether one steps to events of that kind. */
bool view_is_step(const struct view_raw *raw);

/* -- frame.c ----------------------------------------------------------------------------------- */

struct view_lists {
    struct view_vcpu *vcpus;
    struct view_irq *irqs;
    unsigned n_irqs, irqs_room;
    struct view_timer *timers;
    unsigned n_timers;
};

void view_frame_clear(struct view *v);
void view_lists_clear(struct view_lists *l);

/* -- The view ---------------------------------------------------------------------------------- */

struct view {
    struct view_options options;
    const struct view_ui *ui;
    struct run_options run;
    struct journal_reader *reader; /* of a recording */
    struct session *session;
    struct machine *m;
    struct machine_viewer hooks;
    struct gdb_server *gdb;
    bool debugger_comes;
    struct timeline *timeline; /* NULL: one cannot go back */

    enum view_state state;
    bool quit, has_command;
    enum view_command command;
    uint64_t argument;
    uint64_t stop_at;   /* a step's end, in instructions; UINT64_MAX: none */
    bool to_event, met; /* a step to an event: `met_raw` */
    struct view_raw met_raw;
    uint64_t looked_ms; /* of the host's clock: look() was called */
    uint64_t looks;     /* how often */
    char message[256];

    struct view_ring ring;
    struct view_lists lists[2]; /* of the frame, and to build the next one in */
    unsigned current;
    struct view_frame frame;
    uint64_t framed; /* the look that it was built for; 0: none */

    uint64_t console_low; /* of console_n, those before are forgotten */
    uint64_t console_n;   /* bytes ever; the last VIEW_CONSOLE_BYTES are kept */
    struct view_byte {
        uint64_t instructions;
        char byte;
    } * console;
};

/** view_say - the next frame's message. */
void view_say(struct view *v, const char *format, ...) __attribute__((format(printf, 2, 3)));
/** view_changed - frames are to be built anew. */
void view_changed(struct view *v);

/* drive.c */
void view_carry_out(struct view *v);
/** view_stop_here - no step or way is under way any more. */
void view_stop_here(struct view *v);
int view_open_timeline(struct view *v, struct error *err);
int view_slice(struct view *v, struct error *err);
/** view_begin, view_reached - the past's ends, in instructions. */
uint64_t view_begin(const struct view *v);
uint64_t view_reached(const struct view *v);

/** view_text_json - null for NULL; with '?' for what is no UTF-8: a path can be anything. */
json_t *view_text_json(const char *text);

/* names.c */
const char *view_vcpu_state(const struct view_vcpu *v);
const char *view_line_name(enum gic_line line);
const char *view_timer_name(enum timer_id timer);
/** view_masks - those that are set, of "DAIF"; @to has 5 bytes. */
void view_masks(uint8_t daif, char *to);

#endif
