/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/serve/writer.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

struct writer {
    struct hub *hub;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct writer_news news;
    bool is_busy, is_awaited, is_over;
};

/* -- Writing ----------------------------------------------------------------------------------- */

static char *text_of(json_t *value)
{
    char *text = value ? json_dumps(value, JSON_COMPACT) : NULL;

    json_decref(value);
    return text;
}

static void write_events(json_t *list, struct hub_news *to)
{
    size_t n = json_array_size(list), i;
    json_t *event;

    to->events = n ? calloc(n, sizeof(*to->events)) : NULL;
    json_array_foreach(list, i, event)
    {
        struct hub_event *written = &to->events[to->n_events];

        if (!to->events)
            break;
        written->seq = (uint64_t)json_integer_value(json_object_get(event, "seq"));
        written->text = json_dumps(event, JSON_COMPACT);
        to->n_events += written->text != NULL;
    }
    json_decref(list);
}

static void write_news(struct writer *w, const struct writer_news *news)
{
    struct hub_news written = {.last_seq = news->last_seq, .anew = news->anew};

    written.frame = text_of(news->frame);
    write_events(news->events, &written);
    written.future = text_of(news->future);
    hub_publish(w->hub, &written);
    free(written.events);
}

static void *work(void *opaque)
{
    struct writer *w = opaque;

    pthread_mutex_lock(&w->lock);
    while (w->is_busy || !w->is_over) {
        if (!w->is_busy) {
            pthread_cond_wait(&w->changed, &w->lock);
            continue;
        }
        pthread_mutex_unlock(&w->lock);
        write_news(w, &w->news); /* nobody else touches it while this is busy */
        pthread_mutex_lock(&w->lock);
        w->is_busy = false;
        if (w->is_awaited)
            hub_wake(w->hub);
    }
    pthread_mutex_unlock(&w->lock);
    return NULL;
}

/* -- The machine's side ------------------------------------------------------------------------ */

int writer_open(struct hub *hub, struct writer **out, struct error *err)
{
    struct writer *w = calloc(1, sizeof(*w));
    sigset_t all, before;
    int rc;

    if (!w)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    w->hub = hub;
    pthread_mutex_init(&w->lock, NULL);
    pthread_cond_init(&w->changed, NULL);
    sigfillset(&all); /* signals are for the machine's thread */
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&w->thread, NULL, work, w);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc) {
        free(w);
        return error_set(err, IRQLAB_EXIT_HOST, -rc, "no thread: %s", strerror(rc));
    }
    *out = w;
    return 0;
}

void writer_close(struct writer *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->is_over = true;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
    pthread_join(w->thread, NULL);
    pthread_cond_destroy(&w->changed);
    pthread_mutex_destroy(&w->lock);
    free(w);
}

bool writer_is_free(struct writer *w)
{
    bool is_free;

    pthread_mutex_lock(&w->lock);
    is_free = !w->is_busy;
    w->is_awaited = !is_free;
    pthread_mutex_unlock(&w->lock);
    return is_free;
}

void writer_write(struct writer *w, const struct writer_news *news)
{
    pthread_mutex_lock(&w->lock);
    w->news = *news;
    w->is_busy = true;
    pthread_cond_signal(&w->changed);
    pthread_mutex_unlock(&w->lock);
}
