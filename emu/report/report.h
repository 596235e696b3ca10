/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `irqlab report`: the page of `irqlab serve` (emu/page/) and what it shows of a recording, in one
 * file that needs neither irqlab nor a network. Three times through the recording, always forward:
 * for the events, for the moments that are worth a frame, for their frames.
 *
 * The page's data is JSON in a <script id="report-data">:
 *
 *     {"name": "run.jsonl", "machine": (view_machine_json()), "console": "its last output",
 *      "event_keys": ["seq", ...], "events": [[1, ...], ...] (each as emu/view/json.c's EVENT),
 *      "gates": [...], "answers": [(why_json(), without its time, its gates by place), ...],
 *      "frames": [{..., (as emu/view/json.c's, but "vcpus", "interrupts" and "timers" have those
 *                  alone that differ from the frame before, "timers" all or nothing),
 *                  "gone": ["27@0", ...] (interrupts that are there no more: PAGE_KEY),
 *                  "why": {"27/0": 3, ...} (INTID/vCPU, "v27/0" a virtual one: place in "answers"),
 *                  "console_bytes": 120}, ...]}
 *
 * Threads, errors: as emu/view/view.h.
 */
#ifndef IRQLAB_EMU_REPORT_REPORT_H
#define IRQLAB_EMU_REPORT_REPORT_H

#include <jansson.h>
#include <stdio.h>

#include "emu/error.h"
#include "emu/view/view.h"

enum {
    REPORT_FRAMES = 200, /* unless --frames says otherwise */
    REPORT_MAX_FRAMES = 5000,
    REPORT_MAX_CANDIDATES = 5000, /* moments that are looked at: at most, */
    REPORT_MIN_CANDIDATES = 300,  /* at least, */
    REPORT_MAX_ASKED = 300000,    /* and otherwise so many that so many interrupts are judged */
    REPORT_MAX_GATES = 64,        /* interrupts whose gates are in one frame */
    REPORT_MAX_BYTES = 48 << 20,  /* of frames and answers, about */
};

struct report_options {
    const char *recording, *symbols, *output;
    unsigned n_frames;
};

/* Moments in instructions, ascending, each once. */
struct report_moments {
    uint64_t *at;
    size_t n;
};

/** report_open - a view of the recording at its beginning, with --symbols. */
int report_open(const struct report_options *o, struct view **v, struct error *err);
/** report_moment - view_moment(); @what and how far it is are told at a terminal. */
struct report_progress {
    const char *what;
    uint64_t from_ms, shown_ms; /* of the host's clock */
    uint64_t end;
    bool shown;
};
int report_moment(struct view *v, uint64_t instructions, struct report_progress *p,
                  struct error *err);
void report_progress_end(struct report_progress *p);

/**
 * report_choose - the moments of at most o->n_frames frames: the beginning, the end, those where an
 * interrupt becomes blocked or is so no more (evenly, if there are too many), and others between.
 * *events: all that are kept, for report_data(); to be freed.
 */
int report_choose(const struct report_options *o, struct report_moments *to,
                  struct view_event **events, size_t *n_events, struct error *err);

/** report_data - the JSON. *n_left_out: moments for which there was no room. */
int report_data(const struct report_options *o, const struct report_moments *moments,
                const struct view_event *events, size_t n_events, json_t **to, size_t *n_left_out,
                struct error *err);

/** report_html - the page, with @data. -EIO is noticed when the file is finished. */
int report_html(const json_t *data, FILE *out, struct error *err);

#endif
