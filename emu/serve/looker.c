/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/serve/looker.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    CONSOLE_BYTES = 1 << 15,
    MAX_RUNNING = 200, /* events with one frame while it runs: more than anybody can see then */
};
#define MIN_FRAME_NS 50000000ull
#define MAX_FRAME_NS 60000000ull /* 10 a second at least, whatever a frame costs */
#define COST_FACTOR  3           /* otherwise a third of the time at most */

/* -- Answers ----------------------------------------------------------------------------------- */

static void refuse(struct hub_ask *ask, const char *why)
{
    ask->refused = true;
    ask->text = strdup(why);
}

static void answer_why(struct view *v, struct hub_ask *ask)
{
    struct error err = {0};
    json_t *gates = view_gates_json(v, ask->intid, ask->vcpu, ask->is_virtual, &err);

    if (gates)
        ask->text = json_dumps(gates, JSON_COMPACT);
    else
        refuse(ask, err.text);
    json_decref(gates);
}

static void answer_console(struct view *v, struct hub_ask *ask)
{
    ask->text = malloc(CONSOLE_BYTES);
    ask->size = ask->text ? view_console(v, ask->text, CONSOLE_BYTES) : 0;
}

static void answer_command(struct view *v, struct hub_ask *ask)
{
    enum view_command command = view_command_of(ask->command);

    if (command == VIEW_N_COMMANDS) {
        refuse(ask, "no such command; there are run, pause, step, back, step-event, back-event, "
                    "go, go-ns and quit");
        return;
    }
    view_command(v, command, ask->argument);
    ask->text = strdup("{\"ok\":true}");
}

/* The view carries out one command after each look: the next one waits for the next. */
static bool answer(struct looker *l, struct view *v)
{
    struct hub_ask *ask;
    bool is_command = false;

    hub_awake(l->hub);
    while (!is_command && (ask = hub_take(l->hub))) {
        is_command = ask->question == HUB_COMMAND;
        if (is_command)
            answer_command(v, ask);
        else if (ask->question == HUB_WHY)
            answer_why(v, ask);
        else
            answer_console(v, ask);
        if (ask->text && ask->question != HUB_CONSOLE)
            ask->size = strlen(ask->text);
        hub_answer(l->hub, ask);
    }
    return is_command;
}

/* -- News -------------------------------------------------------------------------------------- */

/*
 * The last one that was published is asked for, too: if it is not there any more, the machine was
 * elsewhere between two looks, and what came then counts no more. Likewise when some were left out
 * while it ran, now that it stands.
 */
static size_t fetch_events(struct looker *l, struct view *v, struct writer_news *news)
{
    uint64_t since = l->last_seq < news->last_seq ? l->last_seq : news->last_seq;
    size_t max = l->runs ? MAX_RUNNING : HUB_MAX_EVENTS;
    size_t n = view_events(v, since ? since - 1 : 0, l->room, max);

    news->anew = (l->has_gaps && !l->runs) || (n && n < max && since && l->room[0].seq != since);
    l->has_gaps = l->runs && (l->has_gaps || n == max);
    if (news->anew)
        return view_events(v, 0, l->room, HUB_MAX_EVENTS);
    if (n && l->room[0].seq == since)
        memmove(l->room, l->room + 1, --n * sizeof(l->room[0]));
    return n;
}

/* What is left of what was known to come, after its first ones have come, is no news. */
static bool is_rest_of_future(struct looker *l, size_t n)
{
    size_t gone = l->n_future - n;

    if (n > l->n_future || (n == 0) != (l->n_future == 0))
        return false;
    for (size_t i = 0; i < n; i++) {
        if (l->room[i].seq != l->future[gone + i])
            return false;
    }
    return true;
}

static json_t *take_future(struct looker *l, struct view *v)
{
    size_t n = view_future(v, l->room, HUB_MAX_EVENTS);

    if (is_rest_of_future(l, n))
        return NULL;
    for (size_t i = 0; i < n; i++)
        l->future[i] = l->room[i].seq;
    l->n_future = n;
    return view_events_json(v, l->room, n);
}

static void publish(struct looker *l, struct view *v, const struct view_frame *f)
{
    struct writer_news news = {.last_seq = f->last_seq};
    size_t n;

    l->n = f->n;
    l->runs = f->state == VIEW_RUNS || f->state == VIEW_DEBUGGED;
    news.frame = view_frame_json(v, f);
    n = fetch_events(l, v, &news);
    news.events = view_events_json(v, l->room, n);
    l->last_seq = f->last_seq;
    news.future = take_future(l, v);
    writer_write(l->writer, &news);
}

static uint64_t host_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000ull + (uint64_t)t.tv_nsec;
}

static bool is_due(struct looker *l, bool is_new)
{
    return is_new || !l->runs || host_ns() >= l->next_ns;
}

void looker_look(void *opaque, struct view *v)
{
    struct looker *l = opaque;
    bool commanded = answer(l, v), is_new = hub_has_new_listener(l->hub);
    const struct view_frame *f;
    uint64_t begin = host_ns(), pause;

    if (commanded || !hub_has_listener(l->hub) || !is_due(l, is_new) || !writer_is_free(l->writer))
        return;
    f = view_frame(v);
    if (!f || (f->n == l->n && !is_new))
        return;
    publish(l, v, f);
    pause = (host_ns() - begin) * COST_FACTOR;
    pause = pause < MIN_FRAME_NS ? MIN_FRAME_NS : pause;
    l->next_ns = begin + (pause > MAX_FRAME_NS ? MAX_FRAME_NS : pause);
}
