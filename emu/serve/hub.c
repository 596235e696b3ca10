/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/serve/hub.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "emu/serve/hub_internal.h"

static int out_of_memory(struct error *err)
{
    return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
}

int hub_create(struct hub **out, struct error *err)
{
    struct hub *h = calloc(1, sizeof(*h));
    pthread_condattr_t monotonic;

    if (!h)
        return out_of_memory(err);
    h->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (h->fd < 0) {
        free(h);
        return error_set(err, IRQLAB_EXIT_HOST, -errno, "no eventfd: %s", strerror(errno));
    }
    h->asks_end = &h->asks;
    pthread_mutex_init(&h->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&h->published, &monotonic);
    pthread_cond_init(&h->answered, &monotonic);
    pthread_cond_init(&h->left, &monotonic);
    pthread_condattr_destroy(&monotonic);
    *out = h;
    return 0;
}

void hub_destroy(struct hub *h)
{
    if (!h)
        return;
    for (size_t i = 0; i < h->n_events; i++)
        free(h->events[(h->first_event + i) % HUB_MAX_EVENTS].text);
    hub_text_drop(h->frame);
    hub_text_drop(h->future);
    free(h->machine);
    close(h->fd);
    pthread_cond_destroy(&h->published);
    pthread_cond_destroy(&h->answered);
    pthread_cond_destroy(&h->left);
    pthread_mutex_destroy(&h->lock);
    free(h);
}

void hub_close(struct hub *h)
{
    pthread_mutex_lock(&h->lock);
    h->is_closed = true;
    pthread_cond_broadcast(&h->published);
    pthread_cond_broadcast(&h->answered);
    pthread_mutex_unlock(&h->lock);
}

/* -- Waking the machine's thread, and waiting -------------------------------------------------- */

int hub_fd(const struct hub *h)
{
    return h->fd;
}

void hub_wake(struct hub *h)
{
    eventfd_write(h->fd, 1); /* that it is readable already is as good */
}

void hub_awake(struct hub *h)
{
    eventfd_t ignored;

    if (eventfd_read(h->fd, &ignored))
        return; /* nobody has woken us */
}

struct timespec hub_deadline(unsigned wait_ms)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += wait_ms / 1000;
    t.tv_nsec += wait_ms % 1000 * 1000000L;
    if (t.tv_nsec >= 1000000000L) {
        t.tv_nsec -= 1000000000L;
        t.tv_sec++;
    }
    return t;
}

/* -- Asking ------------------------------------------------------------------------------------ */

struct hub_ask *hub_take(struct hub *h)
{
    struct hub_ask *ask;

    pthread_mutex_lock(&h->lock);
    ask = h->asks;
    if (ask) {
        h->asks = ask->next;
        h->asks_end = h->asks ? h->asks_end : &h->asks;
        ask->taken = true;
    }
    if (h->asks)
        hub_wake(h); /* in case that this one is all that is answered now */
    pthread_mutex_unlock(&h->lock);
    return ask;
}

void hub_answer(struct hub *h, struct hub_ask *ask)
{
    pthread_mutex_lock(&h->lock);
    ask->answered = true;
    pthread_cond_broadcast(&h->answered);
    pthread_mutex_unlock(&h->lock);
}

static void withdraw(struct hub *h, struct hub_ask *ask)
{
    struct hub_ask **at = &h->asks;

    while (*at != ask)
        at = &(*at)->next;
    *at = ask->next;
    if (h->asks_end == &ask->next)
        h->asks_end = at;
}

/* What has been taken is being answered: that is waited for, as the answer goes into @ask. */
static int await(struct hub *h, struct hub_ask *ask, unsigned wait_ms)
{
    struct timespec deadline = hub_deadline(wait_ms);
    int rc = 0;

    while (!ask->answered && !ask->taken && !h->is_closed && !rc)
        rc = pthread_cond_timedwait(&h->answered, &h->lock, &deadline);
    while (!ask->answered && ask->taken)
        pthread_cond_wait(&h->answered, &h->lock);
    if (ask->answered)
        return 0;
    withdraw(h, ask);
    return h->is_closed ? -ECANCELED : -ETIMEDOUT;
}

int hub_ask(struct hub *h, struct hub_ask *ask, unsigned wait_ms)
{
    int rc = -ECANCELED;

    ask->next = NULL;
    ask->taken = ask->answered = ask->refused = false;
    ask->text = NULL;
    ask->size = 0;
    pthread_mutex_lock(&h->lock);
    if (!h->is_closed) {
        *h->asks_end = ask;
        h->asks_end = &ask->next;
        hub_wake(h);
        rc = await(h, ask, wait_ms);
    }
    pthread_mutex_unlock(&h->lock);
    return rc;
}
