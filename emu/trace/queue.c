/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events on their way from the machine's thread to the one that writes files: a ring of blocks, of
 * which one is being filled and one being written at a time. A block is handed over when it is
 * full, so that the two threads meet once in a thousand events; who is faster waits.
 */
#include <pthread.h>
#include <stdlib.h>

#include "emu/trace/internal.h"

enum { N_BLOCKS = 16, BLOCK_EVENTS = 1024, BLOCK_TEXT_BYTES = 16 << 10 };

_Static_assert((int)BLOCK_TEXT_BYTES >= (int)TRACE_TEXT_BYTES, "any text fits into an empty block");

struct block {
    struct trace_event events[BLOCK_EVENTS];
    unsigned n;
    size_t text_bytes;
    char text[BLOCK_TEXT_BYTES];
    const struct symbols *symbols;
};

struct trace_queue {
    struct trace *const *traces;
    unsigned n_traces;
    pthread_t thread;
    struct block *filling; /* the machine's thread alone */
    pthread_mutex_t mutex; /* of the following */
    pthread_cond_t changed;
    uint64_t filled, written; /* blocks, since the start; at most N_BLOCKS - 1 lie between */
    bool over;
    struct block blocks[N_BLOCKS];
};

static void write_block(struct trace_queue *q, const struct block *b)
{
    for (unsigned i = 0; i < q->n_traces; i++) {
        struct trace *t = q->traces[i];

        trace_set_symbols(t, b->symbols);
        for (unsigned k = 0; k < b->n; k++)
            trace_consume(t, &b->events[k]);
    }
}

static void *write_blocks(void *opaque)
{
    struct trace_queue *q = opaque;

    pthread_setname_np(pthread_self(), "irqlab-trace");
    pthread_mutex_lock(&q->mutex);
    for (;;) {
        while (q->written == q->filled && !q->over)
            pthread_cond_wait(&q->changed, &q->mutex);
        if (q->written == q->filled)
            break;
        pthread_mutex_unlock(&q->mutex);
        write_block(q, &q->blocks[q->written % N_BLOCKS]); /* nobody else changes q->written */
        pthread_mutex_lock(&q->mutex);
        q->written++;
        pthread_cond_signal(&q->changed);
    }
    pthread_mutex_unlock(&q->mutex);
    return NULL;
}

static void hand_over(struct trace_queue *q, const struct symbols *symbols)
{
    q->filling->symbols = symbols;
    pthread_mutex_lock(&q->mutex);
    q->filled++;
    pthread_cond_signal(&q->changed);
    while (q->filled - q->written == N_BLOCKS)
        pthread_cond_wait(&q->changed, &q->mutex);
    q->filling = &q->blocks[q->filled % N_BLOCKS];
    pthread_mutex_unlock(&q->mutex);
    q->filling->n = 0;
    q->filling->text_bytes = 0;
}

struct trace_queue *trace_queue_start(struct trace *const *traces, unsigned n)
{
    struct trace_queue *q = calloc(1, sizeof(*q));

    if (!q)
        return NULL;
    q->traces = traces;
    q->n_traces = n;
    q->filling = &q->blocks[0];
    pthread_mutex_init(&q->mutex, NULL);
    pthread_cond_init(&q->changed, NULL);
    if (!pthread_create(&q->thread, NULL, write_blocks, q))
        return q;
    free(q);
    return NULL;
}

struct trace_event *trace_queue_slot(struct trace_queue *q)
{
    return &q->filling->events[q->filling->n];
}

void trace_queue_push(struct trace_queue *q, const struct symbols *symbols)
{
    if (++q->filling->n == BLOCK_EVENTS)
        hand_over(q, symbols);
}

const char *trace_queue_text(struct trace_queue *q, const char *text, const struct symbols *symbols)
{
    size_t bytes = strlen(text) + 1;
    char *at;

    if (q->filling->text_bytes + bytes > BLOCK_TEXT_BYTES)
        hand_over(q, symbols);
    at = q->filling->text + q->filling->text_bytes;
    q->filling->text_bytes += bytes;
    return memcpy(at, text, bytes);
}

void trace_queue_stop(struct trace_queue *q, const struct symbols *symbols)
{
    if (!q)
        return;
    if (q->filling->n)
        hand_over(q, symbols);
    pthread_mutex_lock(&q->mutex);
    q->over = true;
    pthread_cond_signal(&q->changed);
    pthread_mutex_unlock(&q->mutex);
    pthread_join(q->thread, NULL);
    pthread_cond_destroy(&q->changed);
    pthread_mutex_destroy(&q->mutex);
    free(q);
}
