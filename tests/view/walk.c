/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A walk up and down a run, by chance: wherever it comes from, a place looks the same, and the run
 * ends as it does when nobody looks.
 *
 *     walk SEED STEPS OPTION...        (options of irqlab run)
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/session.h"
#include "emu/view/view.h"

enum { PLACES = 24, LIVE_LOOKS = 2 };

struct place {
    uint64_t instructions, hash;
    char *frame; /* NULL: not known yet */
    char *events;
};

struct walk {
    uint64_t random, end, end_ns, end_hash;
    unsigned left, ends;
    bool arriving, leaping, ending, failed;
    struct place *place; /* where it goes */
    struct place places[PLACES];
};

static uint64_t next_random(struct walk *w)
{
    w->random = w->random * 6364136223846793005ull + 1442695040888963407ull;
    return w->random >> 33;
}

/* -- As nobody looks --------------------------------------------------------------------------- */

static int measure(struct walk *w, int argc, char **argv, struct error *err)
{
    struct run_options o;
    struct session *s;
    bool help;
    int rc = options_parse(argc, argv, &o, &help, err);

    rc = rc ? rc : session_open(&o, true, &s, err);
    if (rc)
        return rc;
    machine_go(session_machine(s), UINT64_MAX);
    w->end = machine_instructions(session_machine(s));
    w->end_ns = machine_now_ns(session_machine(s));
    w->end_hash = machine_state_hash(session_machine(s));
    session_close(s);
    options_free(&o);
    for (unsigned i = 0; i < PLACES; i++)
        w->places[i].instructions = w->end * (i + 1) / (PLACES + 1);
    return 0;
}

/* -- What a place looks like ------------------------------------------------------------------- */

/* Numbers of events are new when they come again. */
static void drop_seqs(json_t *events)
{
    size_t i;
    json_t *event;

    json_array_foreach(events, i, event) json_object_del(event, "seq");
}

static char *frame_text(struct view *v, const struct view_frame *f)
{
    static const char *const of_the_way[] = {"n", "state", "reached", "message", "last_seq"};
    json_t *frame = view_frame_json(v, f), *irq;
    size_t i;
    char *text;

    for (size_t k = 0; k < sizeof(of_the_way) / sizeof(of_the_way[0]); k++)
        json_object_del(frame, of_the_way[k]);
    json_array_foreach(json_object_get(frame, "interrupts"), i, irq)
    {
        if (json_is_object(json_object_get(irq, "last")))
            json_object_del(json_object_get(irq, "last"), "seq");
    }
    text = json_dumps(frame, JSON_INDENT(1));
    json_decref(frame);
    return text;
}

static char *events_text(struct view *v)
{
    struct view_event *events = calloc(VIEW_MAX_EVENTS, sizeof(*events));
    size_t n = view_events(v, 0, events, VIEW_MAX_EVENTS);
    json_t *list = view_events_json(v, events, n);
    char *text;

    drop_seqs(list);
    text = json_dumps(list, JSON_INDENT(1));
    json_decref(list);
    free(events);
    return text;
}

static void differ(struct walk *w, const char *what, const char *then, const char *now)
{
    size_t i = 0;

    while (then[i] && then[i] == now[i])
        i++;
    i -= i < 300 ? i : 300;
    printf("at %llu instructions the %s was\n%.600s\n--- and is now\n%.600s\n",
           (unsigned long long)w->place->instructions, what, then + i, now + i);
    w->failed = true;
}

static void compare(struct walk *w, struct view *v, const struct view_frame *f)
{
    struct place *p = w->place;
    char *frame = frame_text(v, f), *events = events_text(v);
    uint64_t hash = machine_state_hash(view_machine(v));

    if (f->instructions != p->instructions) {
        printf("wanted %llu instructions, came to %llu\n", (unsigned long long)p->instructions,
               (unsigned long long)f->instructions);
        w->failed = true;
    }
    if (!p->frame) {
        *p = (struct place){p->instructions, hash, frame, events};
        return;
    }
    if (p->hash != hash)
        differ(w, "state", "one", "another");
    if (strcmp(p->frame, frame) != 0)
        differ(w, "frame", p->frame, frame);
    if (strcmp(p->events, events) != 0)
        differ(w, "list of events", p->events, events);
    free(frame);
    free(events);
}

/* -- The walk ---------------------------------------------------------------------------------- */

static void wander(struct walk *w, struct view *v)
{
    static const enum view_command commands[] = {VIEW_STEP,       VIEW_BACK,  VIEW_STEP_EVENT,
                                                 VIEW_BACK_EVENT, VIEW_GO_NS, VIEW_RUN};
    enum view_command command = commands[next_random(w) % 6];
    uint64_t far = command == VIEW_GO_NS ? machine_now_ns(view_machine(v)) + 1000 : 5000;

    view_command(v, command, next_random(w) % far);
}

/* To a moment between two instructions, perhaps, and from there to the end. */
static void end_it(struct walk *w, struct view *v)
{
    w->leaping = !w->leaping;
    w->ending = !w->leaping;
    if (w->leaping)
        view_command(v, VIEW_GO_NS, next_random(w) % (w->end_ns + 1));
    else
        view_command(v, VIEW_RUN, 0);
}

static void go_on(struct walk *w, struct view *v)
{
    if (w->leaping || !w->left || next_random(w) % 6 == 0) {
        end_it(w, v);
    } else if (next_random(w) % 2) {
        w->left--;
        w->arriving = true;
        w->place = &w->places[next_random(w) % PLACES];
        view_command(v, VIEW_GO, w->place->instructions);
    } else {
        w->left--;
        wander(w, v);
    }
}

static void check_end(struct walk *w, struct view *v)
{
    struct machine *m = view_machine(v);

    w->ending = false;
    w->ends++;
    if (machine_state_hash(m) == w->end_hash && machine_instructions(m) == w->end)
        return;
    printf("the run ended at %llu instructions, not at %llu, or otherwise\n",
           (unsigned long long)machine_instructions(m), (unsigned long long)w->end);
    w->failed = true;
}

static void look(void *opaque, struct view *v)
{
    struct walk *w = opaque;
    const struct view_frame *f = view_frame(v);

    if (f->state == VIEW_RUNS &&
        (w->arriving || w->ending || w->leaping || next_random(w) % LIVE_LOOKS))
        return;
    if (w->arriving)
        compare(w, v, f);
    w->arriving = false;
    if (w->ending && f->state == VIEW_OVER)
        check_end(w, v);
    if (w->failed || (!w->left && w->ends))
        view_command(v, VIEW_QUIT, 0);
    else
        go_on(w, v);
}

static int walk(struct walk *w, int argc, char **argv, struct error *err)
{
    struct view_ui ui = {.opaque = w, .look = look, .fd = -1};
    struct view_options o = {.command = "walk", .paused = true, .frame_ms = 1};
    struct view *v;
    int rc = view_open(&o, &ui, argc, argv, &v, err);

    if (rc)
        return rc;
    rc = view_run(v, err);
    view_close(v);
    return rc;
}

int main(int argc, char **argv)
{
    struct walk w = {0};
    struct error err = {0};
    unsigned visited = 0;

    if (argc < 4) {
        fprintf(stderr, "usage: walk SEED STEPS OPTION...\n");
        return 2;
    }
    w.random = strtoull(argv[1], NULL, 0);
    w.left = (unsigned)strtoul(argv[2], NULL, 0);
    if (measure(&w, argc - 2, argv + 2, &err) || walk(&w, argc - 2, argv + 2, &err)) {
        fprintf(stderr, "walk: %s\n", err.text);
        return 2;
    }
    for (unsigned i = 0; i < PLACES; i++) {
        visited += w.places[i].frame != NULL;
        free(w.places[i].frame);
        free(w.places[i].events);
    }
    printf("%llu instructions, %u places, %u times to the end\n", (unsigned long long)w.end,
           visited, w.ends);
    return w.failed || !visited || !w.ends;
}
