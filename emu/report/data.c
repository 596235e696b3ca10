/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The page's data: frames as differences, and gates, of which many are the same in many frames. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emu/report/report.h"

enum { KEY_ROOM = 48, CONSOLE_ROOM = 1 << 16 };

/* What is the same in many frames is kept once. */
struct pool {
    json_t *values; /* array */
    json_t *places; /* a value's text -> its place there */
};

struct builder {
    struct view *v;
    json_t *vcpus;      /* of the frame before: array */
    json_t *interrupts; /* likewise: by key */
    json_t *timers;
    struct pool answers, gates;
    json_t *seen; /* keys of interrupts that were not idle before */
    size_t bytes;
};

/* -- Differences ------------------------------------------------------------------------------- */

static void key_of(const json_t *irq, char *to)
{
    const json_t *vcpu = json_object_get(irq, "vcpu");
    const char *kind = json_string_value(json_object_get(irq, "kind"));
    int n = snprintf(to, KEY_ROOM, "%s%lld@", kind && !strcmp(kind, "virtual") ? "v" : "",
                     (long long)json_integer_value(json_object_get(irq, "intid")));

    if (json_is_integer(vcpu))
        snprintf(to + n, KEY_ROOM - (size_t)n, "%lld", (long long)json_integer_value(vcpu));
}

static json_t *changed_vcpus(struct builder *b, json_t *vcpus)
{
    json_t *changed = json_array(), *vcpu;
    size_t i;

    json_array_foreach(vcpus, i, vcpu)
    {
        if (!json_equal(vcpu, json_array_get(b->vcpus, i)))
            json_array_append(changed, vcpu);
    }
    json_decref(b->vcpus);
    b->vcpus = json_incref(vcpus);
    return changed;
}

static json_t *changed_interrupts(struct builder *b, json_t *interrupts, json_t **gone)
{
    json_t *changed = json_array(), *now = json_object(), *irq;
    const char *before;
    char key[KEY_ROOM];
    size_t i;

    *gone = json_array();
    json_array_foreach(interrupts, i, irq)
    {
        key_of(irq, key);
        if (!json_equal(irq, json_object_get(b->interrupts, key)))
            json_array_append(changed, irq);
        json_object_set(now, key, irq);
    }
    json_object_foreach(b->interrupts, before, irq)
    {
        if (!json_object_get(now, before))
            json_array_append_new(*gone, json_string(before));
    }
    json_decref(b->interrupts);
    b->interrupts = now;
    return changed;
}

static json_t *changed_timers(struct builder *b, json_t *timers)
{
    if (json_equal(timers, b->timers))
        return NULL;
    json_decref(b->timers);
    b->timers = json_incref(timers);
    return json_incref(timers);
}

/* -- Gates ------------------------------------------------------------------------------------- */

static struct pool pool_new(void)
{
    return (struct pool){.values = json_array(), .places = json_object()};
}

static void pool_clear(struct pool *p)
{
    json_decref(p->values);
    json_decref(p->places);
}

/* Its place in @pool, where what is equal is once. */
static json_t *place_in(struct builder *b, struct pool *pool, json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT);
    json_t *place = text ? json_object_get(pool->places, text) : NULL;

    if (text && !place) {
        b->bytes += strlen(text);
        place = json_integer((json_int_t)json_array_size(pool->values));
        json_array_append(pool->values, value);
        json_object_set_new(pool->places, text, place);
    }
    free(text);
    return place;
}

/* An answer as the page's data has it: its gates by their places, and no time. */
static json_t *answer_place(struct builder *b, const json_t *answer)
{
    json_t *brief = json_copy((json_t *)answer), *gates = json_array(), *gate, *place;
    size_t i;

    json_array_foreach(json_object_get(answer, "gates"), i, gate)
        json_array_append(gates, place_in(b, &b->gates, gate));
    json_object_set_new(brief, "gates", gates);
    json_object_del(brief, "instructions");
    json_object_del(brief, "virtual_time_ns");
    place = place_in(b, &b->answers, brief);
    json_decref(brief);
    return place;
}

static void add_gates(struct builder *b, const struct view_irq *irq, json_t *why)
{
    unsigned vcpu = irq->vcpu >= 0     ? (unsigned)irq->vcpu
                    : irq->target >= 0 ? (unsigned)irq->target
                                       : 0;
    struct error ignored;
    json_t *answer = view_gates_json(b->v, irq->intid, vcpu, irq->is_virtual, &ignored);
    char key[KEY_ROOM];
    json_t *place;

    if (!answer)
        return;
    place = answer_place(b, answer);
    json_decref(answer);
    snprintf(key, sizeof(key), "%s%u/%u", irq->is_virtual ? "v" : "", irq->intid, vcpu);
    if (place)
        json_object_set(why, key, place);
}

/* Of those that wait or are served, and of those that were in a frame before: one sees how a gate
 * that was closed has opened. */
static json_t *gates(struct builder *b, const struct view_frame *f)
{
    json_t *why = json_object();
    char key[KEY_ROOM];
    unsigned n = 0;

    for (unsigned i = 0; i < f->n_irqs && n < REPORT_MAX_GATES; i++) {
        const struct view_irq *irq = &f->irqs[i];

        snprintf(key, sizeof(key), "%u %u %d", irq->is_virtual, irq->intid, irq->vcpu);
        if (irq->verdict == VIEW_IDLE && !json_object_get(b->seen, key))
            continue;
        json_object_set_new(b->seen, key, json_true());
        add_gates(b, irq, why);
        n++;
    }
    return why;
}

/* -- A frame ----------------------------------------------------------------------------------- */

static size_t dumped_size(const json_t *value)
{
    return json_dumpb(value, NULL, 0, JSON_COMPACT);
}

/* Takes what @frame has in full and leaves what differs. */
static void to_delta(struct builder *b, json_t *frame)
{
    json_t *gone = NULL, *timers = changed_timers(b, json_object_get(frame, "timers"));
    json_t *vcpus = changed_vcpus(b, json_object_get(frame, "vcpus"));
    json_t *interrupts = changed_interrupts(b, json_object_get(frame, "interrupts"), &gone);

    json_object_set_new(frame, "vcpus", vcpus);
    json_object_set_new(frame, "interrupts", interrupts);
    json_object_set_new(frame, "gone", gone);
    if (timers)
        json_object_set_new(frame, "timers", timers);
    else
        json_object_del(frame, "timers");
}

static json_t *frame_json(struct builder *b, struct error *err)
{
    const struct view_frame *f = view_frame(b->v);
    json_t *frame = f ? view_frame_json(b->v, f) : NULL;

    if (!frame) {
        error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for a frame");
        return NULL;
    }
    json_object_set_new(frame, "why", gates(b, f));
    json_object_set_new(frame, "console_bytes", json_integer((json_int_t)view_console_end(b->v)));
    to_delta(b, frame);
    b->bytes += dumped_size(frame);
    return frame;
}

/* -- Events, and the console ------------------------------------------------------------------- */

static json_t *event_row(const json_t *event, const json_t *keys)
{
    json_t *row = json_array(), *key;
    size_t i;

    json_array_foreach(keys, i, key)
        json_array_append(row, json_object_get(event, json_string_value(key)));
    return row;
}

static json_t *events_rows(struct view *v, const struct view_event *events, size_t n,
                           const json_t *keys)
{
    json_t *rows = json_array();

    for (size_t i = 0; i < n; i++) {
        json_t *one = view_events_json(v, &events[i], 1);

        json_array_append_new(rows, event_row(json_array_get(one, 0), keys));
        json_decref(one);
    }
    return rows;
}

/* How many bytes at @s are one character of UTF-8; 0: none. */
static size_t utf8_length(const unsigned char *s, size_t room)
{
    size_t n = *s < 0x80 ? 1 : *s >= 0xf0 && *s < 0xf5 ? 4 : *s >= 0xe0 ? 3 : *s >= 0xc2 ? 2 : 0;

    if (!n || n > room || *s >= 0xf5)
        return 0;
    for (size_t i = 1; i < n; i++) {
        if ((s[i] & 0xc0) != 0x80)
            return 0;
    }
    if ((*s == 0xe0 && s[1] < 0xa0) || (*s == 0xed && s[1] > 0x9f) || /* overlong, surrogates */
        (*s == 0xf0 && s[1] < 0x90) || (*s == 0xf4 && s[1] > 0x8f))
        return 0;
    return n;
}

/*
 * The last of it, from byte *start on. What is no UTF-8 becomes '?', byte by byte: lengths in bytes
 * stay as they are.
 */
static json_t *console_json(struct view *v, uint64_t *start)
{
    char text[CONSOLE_ROOM];
    size_t n = view_console(v, text, sizeof(text));

    *start = view_console_end(v) - n;
    for (size_t i = 0; i < n;) {
        size_t length = utf8_length((unsigned char *)text + i, n - i);

        if (!length)
            text[i] = '?';
        i += length ? length : 1;
    }
    return json_stringn(text, n);
}

/* -- All of it --------------------------------------------------------------------------------- */

static int add_frames(struct builder *b, const struct report_moments *moments, json_t *frames,
                      size_t *n_left_out, struct error *err)
{
    struct report_progress p = {.what = "frames", .end = 1};
    int rc = 0;

    if (moments->n)
        p.end = moments->at[moments->n - 1] + 1;
    *n_left_out = 0;
    for (size_t i = 0; !rc && i < moments->n; i++) {
        json_t *frame;

        rc = report_moment(b->v, moments->at[i], &p, err);
        if (rc || b->bytes > REPORT_MAX_BYTES) {
            ++*n_left_out;
            continue;
        }
        frame = frame_json(b, err);
        if (!frame)
            rc = -ENOMEM;
        else
            json_array_append_new(frames, frame);
    }
    report_progress_end(&p);
    return rc;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static json_t *assemble(struct builder *b, const struct report_options *o, json_t *frames,
                        const struct view_event *events, size_t n_events)
{
    json_t *keys =
        json_pack("[s,s,s,s,s,s,s,s,s,s,s,s,s]", "seq", "instructions", "ns", "vcpu", "kind",
                  "intid", "text", "pc", "symbol", "masks", "pmr", "running", "highest");
    json_t *name = json_string(base_name(o->recording));
    uint64_t start;
    json_t *console = console_json(b->v, &start);

    return json_pack("{s:o, s:o, s:o, s:I, s:o, s:o, s:O, s:O, s:O}", "name",
                     name ? name : json_string("a recording"), "machine", view_machine_json(b->v),
                     "console", console, "console_start", (json_int_t)start, "events",
                     events_rows(b->v, events, n_events, keys), "event_keys", keys, "answers",
                     b->answers.values, "gates", b->gates.values, "frames", frames);
}

static void clear(struct builder *b)
{
    json_decref(b->vcpus);
    json_decref(b->interrupts);
    json_decref(b->timers);
    pool_clear(&b->answers);
    pool_clear(&b->gates);
    json_decref(b->seen);
    view_close(b->v);
}

int report_data(const struct report_options *o, const struct report_moments *moments,
                const struct view_event *events, size_t n_events, json_t **to, size_t *n_left_out,
                struct error *err)
{
    struct builder b = {.vcpus = json_array(),
                        .interrupts = json_object(),
                        .answers = pool_new(),
                        .gates = pool_new(),
                        .seen = json_object()};
    json_t *frames = json_array();
    int rc = report_open(o, &b.v, err);

    rc = rc ? rc : add_frames(&b, moments, frames, n_left_out, err);
    *to = rc ? NULL : assemble(&b, o, frames, events, n_events);
    json_decref(frames);
    clear(&b);
    if (!rc && !*to)
        rc = error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for the report");
    return rc;
}
