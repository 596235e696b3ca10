/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Where the machine's thread and those that talk to browsers meet. One side publishes what is to be
 * seen as texts, as often as it likes, and never waits: a listener that is slow misses frames, one
 * that reads nothing misses all. The other side asks, and waits until the machine's thread answers
 * between two turns. Nothing here knows of machines, views or HTTP.
 *
 * Threads: hub_create() and hub_destroy() while nobody else uses it; the machine's thread alone
 * calls what is under that head, any other thread the rest. Errors: 0 or a negative errno.
 */
#ifndef IRQLAB_EMU_SERVE_HUB_H
#define IRQLAB_EMU_SERVE_HUB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/error.h"

struct hub;
struct hub_listener;

enum { HUB_MAX_LISTENERS = 16, HUB_MAX_EVENTS = 2000, HUB_COMMAND_BYTES = 16 };

int hub_create(struct hub **out, struct error *err);
void hub_destroy(struct hub *h);
/**
 * hub_close - it is over: listeners hear of it, and who asks is refused. Any thread, any time.
 * hub_wait_gone - until all listeners have left, but @wait_ms at most.
 */
void hub_close(struct hub *h);
void hub_wait_gone(struct hub *h, unsigned wait_ms);

/* -- For the machine's thread ------------------------------------------------------------------ */

/**
 * hub_fd - can be read when somebody asks, or listens; hub_awake - until then, no more. hub_wake -
 * any thread: it can be read now.
 */
int hub_fd(const struct hub *h);
void hub_awake(struct hub *h);
void hub_wake(struct hub *h);

/**
 * hub_set_machine - the first message of each listener: JSON, copied; once, before anybody listens
 * or asks. hub_machine - any thread: that text, the hub's.
 */
int hub_set_machine(struct hub *h, const char *machine);
const char *hub_machine(const struct hub *h);

/* Whether anybody listens; hub_has_new_listener - since the last hub_publish(). */
bool hub_has_listener(struct hub *h);
bool hub_has_new_listener(struct hub *h);

struct hub_event {
    uint64_t seq;
    char *text; /* JSON */
};

/* The texts are malloc()ed, and the hub's from then on. */
struct hub_news {
    char *frame;       /* JSON; NULL: as before */
    uint64_t last_seq; /* of the events up to now: what listeners know beyond it is to come again */
    bool anew;         /* none of the events that listeners know counts any more */
    struct hub_event *events; /* those that came since the last news, ascending; the list is kept */
    size_t n_events;
    char *future; /* JSON; NULL: as before */
};

/** hub_publish - the machine's thread, or one that it has handed the news over to. */
void hub_publish(struct hub *h, const struct hub_news *news);

/* -- Asking ------------------------------------------------------------------------------------ */

enum hub_question { HUB_WHY, HUB_CONSOLE, HUB_COMMAND };

struct hub_ask {
    enum hub_question question;
    uint32_t intid; /* HUB_WHY */
    unsigned vcpu;
    bool is_virtual;
    char command[HUB_COMMAND_BYTES]; /* HUB_COMMAND */
    uint64_t argument;

    /* The answer: `text` is malloc()ed, and the asker's; NULL: out of memory. */
    bool refused; /* `text` says why */
    char *text;
    size_t size; /* in bytes, without the final 0 */

    struct hub_ask *next; /* the hub's */
    bool taken, answered;
};

/** hub_take - the machine's thread: the oldest that waits, to be answered; NULL: none. */
struct hub_ask *hub_take(struct hub *h);
/** hub_answer - the machine's thread: @ask has its answer, and is the asker's again. */
void hub_answer(struct hub *h, struct hub_ask *ask);

/**
 * hub_ask - any other thread: waits for the answer, and owns it. -ETIMEDOUT: none within @wait_ms;
 * -ECANCELED: the hub is closed.
 */
int hub_ask(struct hub *h, struct hub_ask *ask, unsigned wait_ms);

/* -- Listening --------------------------------------------------------------------------------- */

/** hub_listen - NULL: there are HUB_MAX_LISTENERS, or it is over. hub_leave - NULL is allowed. */
struct hub_listener *hub_listen(struct hub *h);
void hub_leave(struct hub_listener *l);

/**
 * hub_next - waits at most @wait_ms for what is new to this listener: messages of a stream of
 * server-sent events, malloc()ed, *size bytes; a comment if nothing is new. NULL: it is over (the
 * message "end" has been given), or out of memory.
 */
char *hub_next(struct hub_listener *l, unsigned wait_ms, size_t *size);

#endif
