/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What is published, and how it comes to each listener. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/serve/hub_internal.h"

/* -- Texts ------------------------------------------------------------------------------------- */

void hub_text_drop(struct hub_text *t)
{
    if (t && atomic_fetch_sub(&t->users, 1) == 1) {
        free(t->bytes);
        free(t);
    }
}

static struct hub_text *share(struct hub_text *t)
{
    if (t)
        atomic_fetch_add(&t->users, 1);
    return t;
}

/* @bytes become the text's. Without memory for it the old one stays. */
static void replace(struct hub_text **at, char *bytes)
{
    struct hub_text *t = bytes ? malloc(sizeof(*t)) : NULL;

    if (!t) {
        free(bytes);
        return;
    }
    atomic_init(&t->users, 1);
    t->bytes = bytes;
    t->version = *at ? (*at)->version + 1 : 1;
    hub_text_drop(*at);
    *at = t;
}

int hub_set_machine(struct hub *h, const char *machine)
{
    h->machine = strdup(machine);
    return h->machine ? 0 : -ENOMEM;
}

const char *hub_machine(const struct hub *h)
{
    return h->machine;
}

/* -- Publishing -------------------------------------------------------------------------------- */

static struct hub_event *event_at(struct hub *h, size_t i)
{
    return &h->events[(h->first_event + i) % HUB_MAX_EVENTS];
}

static void forget_events(struct hub *h, uint64_t after)
{
    while (h->n_events && event_at(h, h->n_events - 1)->seq > after)
        free(event_at(h, --h->n_events)->text);
    for (unsigned i = 0; i < HUB_MAX_LISTENERS; i++) {
        struct hub_listener *l = &h->listeners[i];

        if (l->used && l->seq > after) {
            l->seq = after;
            l->went_back = true;
        }
    }
}

static void add_event(struct hub *h, const struct hub_event *event)
{
    if (h->n_events == HUB_MAX_EVENTS) {
        free(event_at(h, 0)->text);
        h->first_event = (h->first_event + 1) % HUB_MAX_EVENTS;
        h->n_events--;
    }
    *event_at(h, h->n_events++) = *event;
}

void hub_publish(struct hub *h, const struct hub_news *news)
{
    pthread_mutex_lock(&h->lock);
    forget_events(h, news->anew ? 0 : news->last_seq);
    for (size_t i = 0; i < news->n_events; i++)
        add_event(h, &news->events[i]);
    replace(&h->frame, news->frame);
    replace(&h->future, news->future);
    for (unsigned i = 0; i < HUB_MAX_LISTENERS; i++)
        h->listeners[i].is_new = false;
    pthread_cond_broadcast(&h->published);
    pthread_mutex_unlock(&h->lock);
}

static bool any_listener(const struct hub *h, bool only_new)
{
    bool any = false;

    for (unsigned i = 0; i < HUB_MAX_LISTENERS; i++)
        any |= h->listeners[i].used && (!only_new || h->listeners[i].is_new);
    return any;
}

static bool ask_for_listener(struct hub *h, bool only_new)
{
    bool any;

    pthread_mutex_lock(&h->lock);
    any = any_listener(h, only_new);
    pthread_mutex_unlock(&h->lock);
    return any;
}

bool hub_has_listener(struct hub *h)
{
    return ask_for_listener(h, false);
}

bool hub_has_new_listener(struct hub *h)
{
    return ask_for_listener(h, true);
}

/* -- Listening --------------------------------------------------------------------------------- */

struct hub_listener *hub_listen(struct hub *h)
{
    struct hub_listener *l = NULL;

    pthread_mutex_lock(&h->lock);
    for (unsigned i = 0; i < HUB_MAX_LISTENERS && !l && !h->is_closed; i++) {
        if (!h->listeners[i].used)
            l = &h->listeners[i];
    }
    if (l) {
        *l = (struct hub_listener){.hub = h, .used = true, .is_new = true};
        hub_wake(h);
    }
    pthread_mutex_unlock(&h->lock);
    return l;
}

void hub_leave(struct hub_listener *l)
{
    if (!l)
        return;
    struct hub *h = l->hub;

    pthread_mutex_lock(&h->lock);
    l->used = l->is_new = false;
    pthread_cond_broadcast(&h->left);
    pthread_mutex_unlock(&h->lock);
}

void hub_wait_gone(struct hub *h, unsigned wait_ms)
{
    struct timespec deadline = hub_deadline(wait_ms);
    int rc = 0;

    pthread_mutex_lock(&h->lock);
    while (any_listener(h, false) && !rc)
        rc = pthread_cond_timedwait(&h->left, &h->lock, &deadline);
    pthread_mutex_unlock(&h->lock);
}

static uint64_t version(const struct hub_text *t)
{
    return t ? t->version : 0;
}

static uint64_t last_seq(struct hub *h)
{
    return h->n_events ? event_at(h, h->n_events - 1)->seq : 0;
}

/* What was published before it came may be long ago: it waits for what is of now. */
static bool has_news(const struct hub_listener *l)
{
    struct hub *h = l->hub;

    return h->is_closed || !l->knows_machine ||
           (!l->is_new && (l->went_back || l->frame != version(h->frame) ||
                           l->future != version(h->future) || l->seq < last_seq(h)));
}

/* What a listener takes with it when it lets go of the lock. */
struct parcel {
    struct hub_text *frame, *future;
};

static void write_message(FILE *to, const char *event, const char *data)
{
    fprintf(to, "event: %s\ndata: %s\n\n", event, data);
}

static void write_events(FILE *to, struct hub_listener *l)
{
    struct hub *h = l->hub;
    const char *before = "event: events\ndata: [";

    if (l->went_back)
        fprintf(to, "event: back\ndata: {\"last_seq\":%" PRIu64 "}\n\n", l->seq);
    l->went_back = false;
    for (size_t i = 0; i < h->n_events; i++) {
        const struct hub_event *e = event_at(h, i);

        if (e->seq <= l->seq)
            continue;
        fprintf(to, "%s%s", before, e->text);
        before = ",";
    }
    if (*before == ',')
        fputs("]\n\n", to);
    l->seq = last_seq(h) > l->seq ? last_seq(h) : l->seq;
}

static void pack(FILE *to, struct hub_listener *l, struct parcel *p)
{
    struct hub *h = l->hub;

    if (!l->knows_machine)
        write_message(to, "machine", h->machine);
    l->knows_machine = true;
    if (l->is_new)
        return;
    write_events(to, l);
    if (l->frame != version(h->frame))
        p->frame = share(h->frame);
    if (l->future != version(h->future))
        p->future = share(h->future);
    l->frame = version(h->frame);
    l->future = version(h->future);
}

static void write_parcel(FILE *to, const struct parcel *p)
{
    if (p->frame)
        write_message(to, "frame", p->frame->bytes);
    if (p->future)
        write_message(to, "future", p->future->bytes);
    if (ftell(to) == 0)
        fputs(":\n\n", to);
}

char *hub_next(struct hub_listener *l, unsigned wait_ms, size_t *size)
{
    struct timespec deadline = hub_deadline(wait_ms);
    struct hub *h = l->hub;
    struct parcel p = {0};
    char *text = NULL;
    FILE *to = open_memstream(&text, size);
    int rc = 0;
    bool end;

    if (!to)
        return NULL;
    pthread_mutex_lock(&h->lock);
    while (!has_news(l) && !rc)
        rc = pthread_cond_timedwait(&h->published, &h->lock, &deadline);
    end = h->is_closed && l->knows_end;
    if (h->is_closed)
        l->knows_end = true;
    else
        pack(to, l, &p);
    pthread_mutex_unlock(&h->lock);
    if (l->knows_end)
        write_message(to, "end", "{}");
    write_parcel(to, &p);
    hub_text_drop(p.frame);
    hub_text_drop(p.future);
    if (fclose(to) || end) {
        free(text);
        text = NULL;
    }
    return text;
}
