/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What listeners are told of a view: here one that is made up, in the place of emu/view. */
#include "emu/serve/looker.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/suite.h"

enum { MAX_SEQS = 5000, WAIT_MS = 20000 };

static struct {
    struct view_frame frame;
    uint64_t past[MAX_SEQS], future[MAX_SEQS];
    size_t n_past, n_future;
    unsigned frames, commands;
    enum view_command last;
    uint64_t argument;
} view;

/* -- The view ---------------------------------------------------------------------------------- */

const struct view_frame *view_frame(struct view *v)
{
    (void)v;
    view.frames++;
    view.frame.last_seq = view.n_past ? view.past[view.n_past - 1] : 0;
    return &view.frame;
}

static size_t copy(const uint64_t *from, size_t n, struct view_event *to)
{
    for (size_t i = 0; i < n; i++)
        to[i] = (struct view_event){.seq = from[i]};
    return n;
}

size_t view_events(struct view *v, uint64_t since, struct view_event *to, size_t max)
{
    size_t first = 0;

    (void)v;
    while (first < view.n_past && view.past[first] <= since)
        first++;
    if (view.n_past - first > max)
        first = view.n_past - max;
    return copy(view.past + first, view.n_past - first, to);
}

size_t view_future(struct view *v, struct view_event *to, size_t max)
{
    (void)v;
    return copy(view.future, view.n_future < max ? view.n_future : max, to);
}

json_t *view_frame_json(struct view *v, const struct view_frame *f)
{
    (void)v;
    return json_pack("{s:I}", "n", (json_int_t)f->n);
}

json_t *view_events_json(struct view *v, const struct view_event *events, size_t n)
{
    json_t *list = json_array();

    (void)v;
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_pack("{s:I}", "seq", (json_int_t)events[i].seq));
    return list;
}

json_t *view_gates_json(struct view *v, uint32_t intid, unsigned vcpu, bool is_virtual,
                        struct error *err)
{
    (void)v;
    if (intid != 27)
        error_bad_input(err, "no INTID %u", intid);
    return intid == 27 ? json_pack("[i, b]", (int)vcpu, is_virtual) : NULL;
}

size_t view_console(struct view *v, char *to, size_t max)
{
    (void)v, (void)max;
    memcpy(to, "a\0b", 3);
    return 3;
}

enum view_command view_command_of(const char *name)
{
    return !strcmp(name, "step") ? VIEW_STEP : VIEW_N_COMMANDS;
}

void view_command(struct view *v, enum view_command command, uint64_t argument)
{
    (void)v;
    view.commands++;
    view.last = command;
    view.argument = argument;
}

/* -- The rest ---------------------------------------------------------------------------------- */

static struct looker *looker;
static struct hub_listener *listener;

static void setup(void)
{
    struct error err;

    memset(&view, 0, sizeof(view));
    view.frame.n = 1;
    view.frame.state = VIEW_PAUSED;
    looker = calloc(1, sizeof(*looker));
    ck_assert_int_eq(hub_create(&looker->hub, &err), 0);
    ck_assert_int_eq(hub_set_machine(looker->hub, "{}"), 0);
    ck_assert_int_eq(writer_open(looker->hub, &looker->writer, &err), 0);
}

static void teardown(void)
{
    hub_leave(listener);
    listener = NULL;
    writer_close(looker->writer);
    hub_destroy(looker->hub);
    free(looker);
}

static void come(uint64_t from, uint64_t to)
{
    for (uint64_t seq = from; seq <= to; seq++)
        view.past[view.n_past++] = seq;
    view.frame.n++;
}

/* A look, and what is heard when all of it is written. */
static char *look(void)
{
    size_t size;

    looker_look(looker, NULL);
    while (!writer_is_free(looker->writer))
        poll(NULL, 0, 1);
    return hub_next(listener, 0, &size);
}

static void expect(const char *messages)
{
    char *got = look();

    ck_assert_str_eq(got, messages);
    free(got);
}

static void listen_first(void)
{
    listener = hub_listen(looker->hub);
    free(look());
}

#define EVENTS(seqs) "event: events\ndata: [" seqs "]\n\n"
#define FRAME(n)     "event: frame\ndata: {\"n\":" n "}\n\n"

START_TEST(nothing_is_built_while_nobody_listens)
{
    come(1, 3);
    looker_look(looker, NULL);
    ck_assert_uint_eq(view.frames, 0);
    listener = hub_listen(looker->hub);
    expect("event: machine\ndata: {}\n\n" EVENTS("{\"seq\":1},{\"seq\":2},{\"seq\":3}") FRAME("2"));
    expect(":\n\n"); /* nothing has changed */
    come(4, 4);
    expect(EVENTS("{\"seq\":4}") FRAME("3"));
}
END_TEST

START_TEST(another_past_is_told_anew)
{
    come(1, 3);
    listen_first();
    view.n_past = 2; /* back to before 3, and on by another way, between two looks */
    come(4, 5);
    expect("event: back\ndata: {\"last_seq\":0}\n\n" EVENTS(
        "{\"seq\":1},{\"seq\":2},{\"seq\":4},{\"seq\":5}") FRAME("3"));
    view.n_past = 1;
    view.frame.n++;
    expect("event: back\ndata: {\"last_seq\":1}\n\n" FRAME("4"));
    come(2, 2);
    expect(EVENTS("{\"seq\":2}") FRAME("5"));
}
END_TEST

START_TEST(what_was_left_out_while_it_ran_comes_when_it_stands)
{
    char *got;

    view.frame.state = VIEW_RUNS;
    come(1, 1);
    listen_first();
    come(2, 1000);
    looker->next_ns = 0;
    got = look();
    ck_assert_ptr_nonnull(strstr(got, "data: [{\"seq\":801},"));
    free(got);
    view.frame.state = VIEW_PAUSED;
    view.frame.n++;
    looker->next_ns = 0;
    got = look();
    ck_assert_ptr_nonnull(strstr(got, "event: back\ndata: {\"last_seq\":0}\n\n"));
    ck_assert_ptr_nonnull(strstr(got, "data: [{\"seq\":1},"));
    ck_assert_ptr_nonnull(strstr(got, ",{\"seq\":1000}]"));
    free(got);
    come(1001, 1001);
    expect(EVENTS("{\"seq\":1001}") FRAME("5"));
}
END_TEST

START_TEST(the_future_is_told_when_it_changes_but_not_as_it_comes)
{
    come(1, 1);
    listen_first();
    for (uint64_t i = 0; i < 3; i++)
        view.future[view.n_future++] = 2 + i;
    view.frame.n++;
    expect(FRAME("3") "event: future\ndata: [{\"seq\":2},{\"seq\":3},{\"seq\":4}]\n\n");
    memmove(view.future, view.future + 1, 2 * sizeof(view.future[0]));
    view.n_future = 2;
    come(2, 2);
    expect(EVENTS("{\"seq\":2}") FRAME("4"));
    view.n_future = 1; /* its end is another */
    view.frame.n++;
    expect(FRAME("5") "event: future\ndata: [{\"seq\":3}]\n\n");
    view.n_future = 0;
    view.frame.n++;
    expect(FRAME("6") "event: future\ndata: []\n\n");
}
END_TEST

START_TEST(while_it_runs_frames_are_not_more_than_twenty_a_second)
{
    view.frame.state = VIEW_RUNS;
    come(1, 1);
    listen_first();
    ck_assert_uint_eq(view.frames, 1);
    come(2, 2);
    looker->next_ns = UINT64_MAX; /* not yet */
    expect(":\n\n");
    ck_assert_uint_eq(view.frames, 1);
    looker->next_ns = 0;
    expect(EVENTS("{\"seq\":2}") FRAME("3"));
}
END_TEST

/* -- Answers ----------------------------------------------------------------------------------- */

static struct hub_ask asks[4];

static void *ask(void *which)
{
    ck_assert_int_eq(hub_ask(looker->hub, which, WAIT_MS), 0);
    return NULL;
}

START_TEST(one_command_is_carried_out_with_a_look_and_all_else_is_answered)
{
    pthread_t threads[4];
    unsigned looks = 0;

    asks[0] = (struct hub_ask){.question = HUB_COMMAND, .command = "step", .argument = 7};
    asks[1] = (struct hub_ask){.question = HUB_COMMAND, .command = "fly"};
    asks[2] = (struct hub_ask){.question = HUB_WHY, .intid = 27, .vcpu = 3, .is_virtual = true};
    asks[3] = (struct hub_ask){.question = HUB_CONSOLE};
    for (unsigned i = 0; i < 4; i++)
        pthread_create(&threads[i], NULL, ask, &asks[i]);
    for (unsigned i = 0; i < 4; i++) {
        while (pthread_tryjoin_np(threads[i], NULL) && looks++ < WAIT_MS) {
            looker_look(looker, NULL);
            poll(NULL, 0, 1);
        }
    }
    ck_assert_uint_eq(view.commands, 1);
    ck_assert(view.last == VIEW_STEP && view.argument == 7);
    ck_assert_str_eq(asks[0].text, "{\"ok\":true}");
    ck_assert(asks[1].refused && strstr(asks[1].text, "no such command"));
    ck_assert_str_eq(asks[2].text, "[3,true]");
    ck_assert(asks[3].size == 3 && !memcmp(asks[3].text, "a\0b", 3));
    for (unsigned i = 0; i < 4; i++)
        free(asks[i].text);
}
END_TEST

START_TEST(two_commands_take_two_looks)
{
    pthread_t threads[2];

    for (unsigned i = 0; i < 2; i++) {
        asks[i] = (struct hub_ask){.question = HUB_COMMAND, .command = "step", .argument = i};
        pthread_create(&threads[i], NULL, ask, &asks[i]);
        poll(NULL, 0, 50); /* both wait before the first look, but for a very slow host */
    }
    looker_look(looker, NULL);
    ck_assert_uint_eq(view.commands, 1);
    while (view.commands < 2) {
        struct pollfd wake = {.fd = hub_fd(looker->hub), .events = POLLIN};

        ck_assert_int_eq(poll(&wake, 1, WAIT_MS), 1); /* it is woken for the second */
        looker_look(looker, NULL);
    }
    for (unsigned i = 0; i < 2; i++) {
        pthread_join(threads[i], NULL);
        free(asks[i].text);
    }
}
END_TEST

int main(void)
{
    const TTest *const *const tests[] = {
        &nothing_is_built_while_nobody_listens,
        &another_past_is_told_anew,
        &what_was_left_out_while_it_ran_comes_when_it_stands,
        &the_future_is_told_when_it_changes_but_not_as_it_comes,
        &while_it_runs_frames_are_not_more_than_twenty_a_second,
        &one_command_is_carried_out_with_a_look_and_all_else_is_answered,
        &two_commands_take_two_looks,
    };

    return SUITE_RUN("serve_looker", setup, teardown, tests);
}
