/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside the hub: hub.c (asking), hub_stream.c (publishing and listening). */
#ifndef IRQLAB_EMU_SERVE_HUB_INTERNAL_H
#define IRQLAB_EMU_SERVE_HUB_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include "emu/serve/hub.h"

/* A text that several threads send at once: gone with the last of them. */
struct hub_text {
    atomic_uint users;
    char *bytes;
    uint64_t version; /* 1, 2, ... */
};

void hub_text_drop(struct hub_text *t);

struct hub_listener {
    struct hub *hub;
    bool used, is_new; /* is_new: nothing was published yet since it came */
    bool knows_machine, knows_end;
    uint64_t frame, future; /* versions that it has */
    uint64_t seq;           /* of the last event that it has */
    bool went_back;         /* ... and it has had later ones */
};

/* The lock is over all of it, and held for no longer than copying events takes. */
struct hub {
    pthread_mutex_t lock;
    pthread_cond_t published, answered, left;
    int fd;
    bool is_closed;
    char *machine;
    struct hub_text *frame, *future;
    struct hub_event events[HUB_MAX_EVENTS]; /* a ring */
    size_t first_event, n_events;
    struct hub_listener listeners[HUB_MAX_LISTENERS];
    struct hub_ask *asks, **asks_end;
};

/** hub_deadline - from now, of CLOCK_MONOTONIC. */
struct timespec hub_deadline(unsigned wait_ms);

#endif
