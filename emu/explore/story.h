/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a schedule's run did, event by event, for people: as text, as a picture, as JSON. */
#ifndef IRQLAB_EMU_EXPLORE_STORY_H
#define IRQLAB_EMU_EXPLORE_STORY_H

#include <jansson.h>
#include <stdio.h>

#include "emu/actor.h"
#include "emu/explore/replay.h"

enum { STORY_LANES = STRATEGY_MAX_VCPUS + ACTORS_MAX };

enum story_kind {
    STORY_EVENT,     /* `event` happened */
    STORY_ENTER,     /* likewise: an interrupt is taken */
    STORY_LEAVE,     /* the handler's end was somewhere before the vCPU's next event */
    STORY_DEVIATION, /* number `deviation` of `taken`, which says the rest */
    STORY_SKIPPED,   /* `skipped` steps that are left out; only in parts */
};

enum story_mark { STORY_PLAIN, STORY_FIRST, STORY_THEN };

struct story_step {
    enum story_kind kind;
    enum story_mark mark;
    unsigned vcpu;
    bool in_handler; /* also of the step that enters or leaves it */
    struct event event;
    struct anchor at;
    uint64_t instructions; /* since the test's beginning */
    uint64_t value;        /* read or written */
    bool has_value;
    size_t deviation, skipped;
};

struct story {
    const struct replay *replay;
    struct explorer *x;
    struct story_step *steps;
    size_t count, capacity;
    struct schedule taken;
    struct outcome outcome;
    unsigned vcpus[STORY_LANES], n_vcpus; /* that had events, in order */
    /* While it runs. */
    uint64_t begin;
    bool out_of_memory;
    bool handling[STORY_LANES];
    unsigned acknowledged[STORY_LANES]; /* how many interrupts */
    size_t waiting[STORY_LANES];        /* step + 1 whose value is not known yet */
};

/** story_tell - runs @r's schedule, all of it. -ENOMEM, or what the replay says; @err. */
int story_tell(struct story *s, struct replay *r, struct error *err);
void story_clear(struct story *s);

/** story_part - leaves out what is further than @near steps from deviations, the deciding events
 * and the end. -ENOMEM. */
int story_part(struct story *s, size_t near, struct error *err);

/**
 * story_what - `writes counter = 3`. story_where - `add+0x14 counter.c:16`. Empty: not known.
 */
enum { STORY_TEXT = 200, STORY_WHY = 2 * STORY_TEXT + 250 };
void story_what(const struct story *s, const struct story_step *step, char *text, size_t size);
void story_where(const struct story *s, const struct story_step *step, char *text, size_t size);
/** story_lane - who: `vCPU 0`. */
void story_lane(const struct story *s, unsigned thread, char *text, size_t size);
/** story_why - one sentence: which event before which decides. False: not known. */
bool story_why(const struct story *s, char *text, size_t size);

/** story_text - two or more columns. story_svg - a picture. story_json - NULL: out of memory. */
void story_text(const struct story *s, FILE *out);
void story_svg(const struct story *s, FILE *out);
json_t *story_json(const struct story *s);

#endif
