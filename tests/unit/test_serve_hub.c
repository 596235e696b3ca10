/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The hub, with a machine's thread that is none; also under TSan (tests/tsan). */
#include "emu/serve/hub.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/suite.h"

enum { WAIT_MS = 20000, ASKERS = 4, ASKS = 200 };

static struct hub *hub;

static void setup(void)
{
    struct error err;

    ck_assert_int_eq(hub_create(&hub, &err), 0);
    ck_assert_int_eq(hub_set_machine(hub, "{\"vcpus\":1}"), 0);
}

static void teardown(void)
{
    hub_destroy(hub);
}

static char *text(const char *format, uint64_t n)
{
    char *t;

    ck_assert_int_gt(asprintf(&t, format, (unsigned long long)n), 0);
    return t;
}

/* Events @from to @to, and a frame after them; @future: NULL: as before. */
static void publish(uint64_t from, uint64_t to, bool anew, const char *future)
{
    size_t n = to >= from ? to - from + 1 : 0;
    struct hub_event *events = calloc(n + 1, sizeof(*events));
    struct hub_news news = {.last_seq = to, .anew = anew, .events = events, .n_events = n};

    for (size_t i = 0; i < n; i++)
        events[i] = (struct hub_event){from + i, text("%llu", from + i)};
    news.frame = text("\"f%llu\"", to);
    news.future = future ? strdup(future) : NULL;
    hub_publish(hub, &news);
    free(events);
}

static void expect_next(struct hub_listener *l, const char *messages)
{
    size_t size;
    char *got = hub_next(l, 0, &size);

    ck_assert_str_eq(got, messages);
    ck_assert_uint_eq(size, strlen(messages));
    free(got);
}

#define MACHINE "event: machine\ndata: {\"vcpus\":1}\n\n"

START_TEST(a_listener_hears_of_the_machine_then_of_what_is_now)
{
    struct hub_listener *l;

    ck_assert(!hub_has_listener(hub));
    publish(1, 2, false, NULL); /* long ago */
    l = hub_listen(hub);
    ck_assert(hub_has_listener(hub) && hub_has_new_listener(hub));
    expect_next(l, MACHINE);
    expect_next(l, ":\n\n");
    publish(3, 4, false, "[5]");
    ck_assert(hub_has_listener(hub) && !hub_has_new_listener(hub));
    expect_next(l, "event: events\ndata: [1,2,3,4]\n\nevent: frame\ndata: \"f4\"\n\n"
                   "event: future\ndata: [5]\n\n");
    expect_next(l, ":\n\n");
    hub_leave(l);
    ck_assert(!hub_has_listener(hub));
}
END_TEST

START_TEST(who_is_slow_misses_frames_but_no_events)
{
    struct hub_listener *l = hub_listen(hub);

    publish(1, 1, false, "[]");
    publish(2, 3, false, NULL);
    publish(4, 3, false, "[9]");
    expect_next(l, MACHINE "event: events\ndata: [1,2,3]\n\nevent: frame\ndata: \"f3\"\n\n"
                           "event: future\ndata: [9]\n\n");
    hub_leave(l);
}
END_TEST

START_TEST(going_back_is_told_before_what_comes_then)
{
    struct hub_listener *l = hub_listen(hub), *late;

    publish(1, 5, false, NULL);
    free(hub_next(l, 0, &(size_t){0}));
    publish(6, 3, false, NULL);
    publish(6, 7, false, NULL);
    late = hub_listen(hub);
    publish(8, 7, false, NULL);
    expect_next(l, "event: back\ndata: {\"last_seq\":3}\n\nevent: events\ndata: [6,7]\n\n"
                   "event: frame\ndata: \"f7\"\n\n");
    expect_next(late, MACHINE "event: events\ndata: [1,2,3,6,7]\n\nevent: frame\ndata: \"f7\"\n\n");
    publish(8, 9, true, NULL);
    expect_next(l, "event: back\ndata: {\"last_seq\":0}\n\nevent: events\ndata: [8,9]\n\n"
                   "event: frame\ndata: \"f9\"\n\n");
    hub_leave(l);
    hub_leave(late);
}
END_TEST

START_TEST(the_last_two_thousand_events_are_kept)
{
    struct hub_listener *l;
    size_t size, commas = 0;
    char *got;

    for (uint64_t seq = 1; seq <= 3001; seq += 1000)
        publish(seq, seq + 999, false, NULL);
    l = hub_listen(hub);
    publish(4001, 4000, false, NULL);
    got = hub_next(l, 0, &size);
    ck_assert_ptr_nonnull(strstr(got, "data: [2001,2002,"));
    ck_assert_ptr_nonnull(strstr(got, ",4000]\n\n"));
    for (const char *at = strstr(got, "[2001"); at && (at = strchr(at, ',')); at++)
        commas++;
    ck_assert_uint_eq(commas, HUB_MAX_EVENTS - 1);
    free(got);
    hub_leave(l);
}
END_TEST

START_TEST(places_are_few_and_come_free_again)
{
    struct hub_listener *l[HUB_MAX_LISTENERS];

    for (unsigned i = 0; i < HUB_MAX_LISTENERS; i++)
        ck_assert_ptr_nonnull(l[i] = hub_listen(hub));
    ck_assert_ptr_null(hub_listen(hub));
    hub_leave(l[3]);
    ck_assert_ptr_nonnull(l[3] = hub_listen(hub));
    for (unsigned i = 0; i < HUB_MAX_LISTENERS; i++)
        hub_leave(l[i]);
}
END_TEST

START_TEST(the_end_is_told_once_and_then_nobody_is_heard)
{
    struct hub_listener *l = hub_listen(hub);
    struct hub_ask ask = {.question = HUB_CONSOLE};

    publish(1, 1, false, NULL);
    hub_close(hub);
    expect_next(l, "event: end\ndata: {}\n\n");
    ck_assert_ptr_null(hub_next(l, 0, &(size_t){0}));
    ck_assert_ptr_null(hub_listen(hub));
    ck_assert_int_eq(hub_ask(hub, &ask, WAIT_MS), -ECANCELED);
    hub_leave(l);
    hub_wait_gone(hub, WAIT_MS);
}
END_TEST

START_TEST(who_is_not_answered_in_time_withdraws)
{
    struct hub_ask ask = {.question = HUB_CONSOLE}, other = {.question = HUB_CONSOLE};

    ck_assert_int_eq(hub_ask(hub, &ask, 1), -ETIMEDOUT);
    ck_assert_ptr_null(hub_take(hub));
    ck_assert_int_eq(hub_ask(hub, &other, 1), -ETIMEDOUT);
    ck_assert_ptr_null(hub_take(hub));
}
END_TEST

/* -- Many at once ------------------------------------------------------------------------------ */

static atomic_bool over;

/* One command at each look, as with a view. */
static void *be_machine(void *ignored)
{
    struct pollfd wake = {.fd = hub_fd(hub), .events = POLLIN};

    for (uint64_t n = 1; !atomic_load(&over); n++) {
        struct hub_ask *ask;

        poll(&wake, 1, 1);
        hub_awake(hub);
        ask = hub_take(hub);
        if (ask) {
            ask->text = text("%llu", ask->argument + 1);
            ask->size = strlen(ask->text);
            hub_answer(hub, ask);
        }
        if (n % 5 == 0) /* back to before the last two, and again */
            publish(n + 1, n - 2, false, n % 2 ? "[1]" : "[]");
        else
            publish(n, n, false, NULL);
    }
    return ignored;
}

static void *be_asker(void *answered)
{
    for (uint64_t i = 0; i < ASKS; i++) {
        struct hub_ask ask = {.question = HUB_COMMAND, .argument = i};

        if (!hub_ask(hub, &ask, WAIT_MS) && strtoull(ask.text, NULL, 10) == i + 1)
            atomic_fetch_add((atomic_uint *)answered, 1);
        free(ask.text);
    }
    return NULL;
}

static void *be_listener(void *frames)
{
    struct hub_listener *l = hub_listen(hub);
    char *got;
    size_t size;

    while ((got = hub_next(l, WAIT_MS, &size))) {
        if (strstr(got, "event: frame"))
            atomic_fetch_add((atomic_uint *)frames, 1);
        free(got);
    }
    hub_leave(l);
    return NULL;
}

START_TEST(many_listen_and_ask_at_once)
{
    pthread_t machine, askers[ASKERS], listeners[ASKERS];
    static atomic_uint answered, frames;

    atomic_store(&over, false);
    pthread_create(&machine, NULL, be_machine, NULL);
    for (unsigned i = 0; i < ASKERS; i++) {
        pthread_create(&askers[i], NULL, be_asker, &answered);
        pthread_create(&listeners[i], NULL, be_listener, &frames);
    }
    for (unsigned i = 0; i < ASKERS; i++)
        pthread_join(askers[i], NULL);
    while (atomic_load(&frames) < 2 * ASKERS)
        poll(NULL, 0, 1);
    hub_close(hub);
    hub_wait_gone(hub, WAIT_MS);
    for (unsigned i = 0; i < ASKERS; i++)
        pthread_join(listeners[i], NULL);
    atomic_store(&over, true);
    pthread_join(machine, NULL);
    ck_assert_uint_eq(atomic_load(&answered), ASKERS * ASKS);
}
END_TEST

int main(void)
{
    const TTest *const *const tests[] = {
        &a_listener_hears_of_the_machine_then_of_what_is_now,
        &who_is_slow_misses_frames_but_no_events,
        &going_back_is_told_before_what_comes_then,
        &the_last_two_thousand_events_are_kept,
        &places_are_few_and_come_free_again,
        &the_end_is_told_once_and_then_nobody_is_heard,
        &who_is_not_answered_in_time_withdraws,
        &many_listen_and_ask_at_once,
    };

    return SUITE_RUN("serve_hub", setup, teardown, tests);
}
