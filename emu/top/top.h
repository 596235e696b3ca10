/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `irqlab top` without a terminal: what a person has selected, filtered and opened (struct top), a
 * moment of the machine (struct top_data), and pure functions from both to a screen of cells. Keys
 * change struct top, and may come to a command for the machine. Nothing here calls the machine or
 * ncurses; emu/top/look.c does.
 *
 *     top_init(&t);
 *     top_arrange(&t, &data, &screen);  // what is in which row, for a screen of this size
 *     top_draw(&t, &data, &screen);
 *     top_key(&t, &data, key, &action); // then again
 *
 * Not thread-safe per object.
 */
#ifndef IRQLAB_EMU_TOP_TOP_H
#define IRQLAB_EMU_TOP_TOP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/top/keys.h"
#include "emu/top/screen.h"
#include "emu/view/view.h"

enum { TOP_EVENTS = 512, TOP_FUTURE = 64, TOP_CONSOLE_BYTES = 8192, TOP_INPUT_BYTES = 48 };

/* -- What is shown ----------------------------------------------------------------------------- */

/* A moment; all of it is somebody else's. */
struct top_data {
    const struct view_frame *frame;
    const struct view_event *events, *future; /* in order; up to now, and behind it */
    size_t n_events, n_future;
    const char *console; /* the guest's last output */
    size_t console_bytes;
    /* Of the selected interrupt: closed, or of an active one what its end lacks; NULL: none. */
    const struct why_gate *closed;
    const char *why;   /* the text of the pane that `w` opens; NULL: none yet */
    const char *aside; /* the last line that the program wrote besides; "" */
    const char *(*symbol)(void *opaque, uint64_t pc, uint64_t *offset); /* NULL: none */
    void *opaque;
};

/* -- What the person did ----------------------------------------------------------------------- */

enum top_pane {
    PANE_VCPUS,
    PANE_IRQS,
    PANE_DETAIL, /* the selected interrupt in words */
    PANE_TIMERS,
    PANE_EVENTS,
    PANE_CONSOLE,
    PANE_N
};

/* A pane's rows: indices of what matches the filter; one of them is selected. */
struct top_list {
    unsigned *items;
    unsigned n, capacity;
    unsigned cursor, first; /* in items: the selected one, and the one in the pane's first row */
    uint64_t key;           /* the selected one's, so that it stays selected wherever it goes */
    bool follows;           /* nobody has moved: the first interrupt, the newest event */
};

/* Where a pane is: its head's row, and how many rows there are with it; 0: not shown. */
struct top_place {
    int row, rows;
};

struct top_filter {
    char text[TOP_INPUT_BYTES]; /* as typed; "": everything */
    uint32_t first, last;       /* INTIDs */
    int vcpu;                   /* VIEW_ANY_VCPU: all */
    unsigned verdicts;          /* a bit per enum view_verdict */
    char kind[8];               /* "SPI"; "": all */
};

/* The interrupt that a row is about. */
struct top_subject {
    bool is;
    bool is_virtual;
    uint32_t intid;
    unsigned vcpu;
};

enum top_overlay { OVERLAY_NONE, OVERLAY_WHY, OVERLAY_HELP };
enum top_prompt { PROMPT_NONE, PROMPT_GO, PROMPT_FILTER };

struct top {
    enum top_pane focus;
    struct top_list lists[PANE_N];
    struct top_place places[PANE_N];
    int screen_rows;                 /* of the screen that it is arranged for */
    unsigned most_irqs, most_timers; /* seen so far, so that panes do not jump */
    bool has_console;
    struct top_filter filter;
    enum top_overlay overlay;
    unsigned overlay_rows, overlay_first; /* wrapped; and the first one that is shown */
    bool overlay_fresh;                   /* ... is to be found yet: where the closed gate is */
    struct top_subject why;               /* what OVERLAY_WHY is about */
    enum top_prompt prompt;
    char input[TOP_INPUT_BYTES];
    bool has_count;
    uint64_t count; /* typed in front of a key */
    char message[128];
};

/* What a key asks of the machine. */
struct top_action {
    bool is;
    enum view_command command;
    uint64_t argument;
};

void top_init(struct top *t);
void top_free(struct top *t);
/**
 * top_arrange - filters, finds what was selected, and gives each pane its place on a screen as
 * large as @s. -ENOMEM.
 */
int top_arrange(struct top *t, const struct top_data *d, const struct screen *s);
/** top_draw - all of @s, of a @t that was arranged for it. Only what is visible costs. */
void top_draw(const struct top *t, const struct top_data *d, struct screen *s);
/** top_key - @key: a character or enum top_special. */
void top_key(struct top *t, const struct top_data *d, int key, struct top_action *action);

/* -- internal: rows ---------------------------------------------------------------------------- */

struct top_kind {
    const char *name;
    unsigned (*count)(const struct top_data *d);
    bool (*matches)(const struct top_filter *f, const struct top_data *d, unsigned item);
    uint64_t (*key)(const struct top_data *d, unsigned item);
    struct top_subject (*subject)(const struct top_data *d, unsigned item);
    void (*draw_head)(const struct top_data *d, struct screen *s, int row, enum style style);
    void (*draw)(const struct top_data *d, struct screen *s, int row, unsigned item);
};

/** top_kind - how a pane's rows are made; NULL: it has no list. */
const struct top_kind *top_kind(enum top_pane pane);
/** top_selected - of the pane in which keys move. */
struct top_subject top_selected(const struct top *t, const struct top_data *d);
/** top_selected_irq - NULL: none is shown. */
const struct view_irq *top_selected_irq(const struct top *t, const struct top_data *d);
/** top_event - the @item-th of past and future; *is_future tells which. */
const struct view_event *top_event(const struct top_data *d, unsigned item, bool *is_future);

/** top_lay_out - each pane's place, of the lists as they are. */
void top_lay_out(struct top *t);
/** top_body_rows - of a screen, without its first line, the messages' (if there is room), and the
 * last one. */
int top_body_rows(int screen_rows);
/** top_move - the cursor of the pane in which keys move, by @by rows. */
void top_move(struct top *t, const struct top_data *d, long by);

/** top_filter_parse - false: @text is no filter, and *f is as before. */
bool top_filter_parse(struct top_filter *f, const char *text);
bool top_filter_intid(const struct top_filter *f, uint32_t intid);
bool top_filter_vcpu(const struct top_filter *f, int vcpu);

/**
 * top_go_parse - "12,345", "+100", "-100": instructions; "1.5ms", "+20us": a time. *action goes
 * there from @f's moment. False: neither.
 */
bool top_go_parse(const struct view_frame *f, const char *text, struct top_action *action);

/* -- internal: drawing (vcpus.c, irqs.c, lists.c, frame.c, overlay.c) -------------------------- */

/* Their rows, one table per pane. */
extern const struct top_kind top_vcpus, top_irqs, top_timers, top_events;

void top_draw_detail(const struct top_data *d, struct screen *s, int row, int rows,
                     const struct view_irq *irq);
void top_draw_console(const struct top_data *d, struct screen *s, int row, int rows);
void top_draw_status(const struct top_data *d, const struct top *t, struct screen *s);
void top_draw_bottom(const struct top_data *d, const struct top *t, struct screen *s);
/** top_arrange_overlay - wraps its text to the screen's width, and keeps what is shown within. */
void top_arrange_overlay(struct top *t, const struct top_data *d, const struct screen *s);
void top_draw_overlay(const struct top_data *d, const struct top *t, struct screen *s);

/* -- internal: words (words.c). @to: TOP_WORD_BYTES. They return @to. -------------------------- */

enum { TOP_WORD_BYTES = 160 };

/** top_number - "12,345,678". */
const char *top_number(uint64_t n, char *to);
/** top_duration - "1.234 ms"; top_seconds - "0.001234567". */
const char *top_duration(uint64_t ns, char *to);
const char *top_seconds(uint64_t ns, char *to);
/** top_pc - "handler+0x10", or the address. */
const char *top_pc(const struct top_data *d, uint64_t pc, char *to);
/** top_writer - "main+0x94 on vCPU 0 (ICC_PMR_EL1 = 0x80), 1.2 ms ago". */
const char *top_writer(const struct top_data *d, const struct writer *w, char *to);
/** top_intid_kind - "SGI", "PPI", "SPI", "LPI", with a v in front of virtual ones. */
const char *top_intid_kind(uint32_t intid, bool is_virtual, char *to);
/** top_when - "acknowledged 1.2 us ago in handler+0x10". */
const char *top_when(const struct top_data *d, const struct view_event *e, char *to);
/** top_gate - "ICC_PMR_EL1.Priority is 0x80, wanted > 0xa0 (IHI 0069 4.8.6)". */
const char *top_gate(const struct why_gate *gate, char *to);
const char *top_verdict(enum view_verdict verdict);
enum style top_verdict_style(const struct view_irq *irq);
const char *top_group(enum gic_group group);

#endif
