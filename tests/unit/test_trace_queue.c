/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Events on their way to the thread that writes them: all of them arrive, in order, with texts. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "emu/trace/internal.h"
#include "tests/unit/suite.h"

enum { MANY = 100000 };

/* What has arrived. Looked at by the other thread alone until the queue has stopped. */
struct heard {
    uint64_t n;
    bool in_order, texts_are_whole;
    bool slow;
};

static void on_event(struct trace *t, const struct trace_event *e)
{
    struct heard *h = t->state;
    char wanted[64];

    h->in_order &= e->instructions == h->n;
    if (e->kind == TRACE_LOAD) {
        snprintf(wanted, sizeof(wanted), "event %llu", (unsigned long long)h->n);
        h->texts_are_whole &= !strcmp(e->text, wanted);
    }
    if (h->slow && h->n % 1024 == 0)
        nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
    h->n++;
}

static const struct trace_format listens = {.name = "test", .event = on_event};

static struct trace *listener(struct machine *m, struct heard *h)
{
    struct trace *t = trace_create(
        m, &(struct trace_spec){.kinds = (1u << TRACE_N_KINDS) - 1, .format = &listens});

    ck_assert_ptr_nonnull(t);
    *h = (struct heard){.in_order = true, .texts_are_whole = true};
    t->state = h;
    return t;
}

static void push(struct trace_queue *q, uint64_t i, bool has_text)
{
    const char *kept = NULL;
    struct trace_event *e;
    char text[64];

    if (has_text) {
        snprintf(text, sizeof(text), "event %llu", (unsigned long long)i);
        kept = trace_queue_text(q, text, NULL);
    }
    e = trace_queue_slot(q);
    memset(e, 0, sizeof(*e));
    e->instructions = i;
    e->kind = has_text ? TRACE_LOAD : TRACE_VCPU;
    e->vcpu = -1;
    if (has_text)
        e->text = kept;
    trace_queue_push(q, NULL);
}

static void check_queue(uint64_t n, bool slow)
{
    struct machine *m = calloc(1, sizeof(*m));
    struct heard heard[2];
    struct trace *traces[2];
    struct trace_queue *q;

    ck_assert_ptr_nonnull(m);
    m->config.n_vcpus = 1;
    for (unsigned i = 0; i < 2; i++)
        traces[i] = listener(m, &heard[i]);
    heard[1].slow = slow;
    q = trace_queue_start(traces, 2);
    ck_assert_ptr_nonnull(q);
    for (uint64_t i = 0; i < n; i++)
        push(q, i, i % 3 == 0);
    trace_queue_stop(q, NULL);
    for (unsigned i = 0; i < 2; i++) {
        ck_assert_uint_eq(heard[i].n, n);
        ck_assert(heard[i].in_order && heard[i].texts_are_whole);
        trace_free(traces[i]);
    }
    free(m);
}

START_TEST(all_events_arrive_in_order_at_every_file)
{
    check_queue(MANY, false);
}
END_TEST

START_TEST(who_is_faster_waits)
{
    check_queue(MANY, true);
}
END_TEST

START_TEST(few_events_and_none_arrive_too)
{
    check_queue(0, false);
    check_queue(1, false);
    check_queue(1024, false); /* a whole block */
    check_queue(1025, false);
}
END_TEST

START_TEST(no_queue_is_stopped_without_harm)
{
    trace_queue_stop(NULL, NULL);
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &all_events_arrive_in_order_at_every_file,
        &who_is_faster_waits,
        &few_events_and_none_arrive_too,
        &no_queue_is_stopped_without_harm,
    };

    return SUITE_RUN("trace_queue", NULL, NULL, tests);
}
