/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/explore/story.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emu/explore/explorer_internal.h"
#include "emu/snapshot.h"
#include "gic/attr.h"

enum { INTID_NONE = 1023, STORY_SIDE = STORY_TEXT + 100 };

/* -- Steps ------------------------------------------------------------------------------------- */

static struct story_step *add(struct story *s, enum story_kind kind, unsigned vcpu)
{
    struct story_step *step;

    if (s->count == s->capacity) {
        size_t capacity = s->capacity ? 2 * s->capacity : 256;
        struct story_step *steps = realloc(s->steps, capacity * sizeof(*steps));

        s->out_of_memory |= !steps;
        if (!steps)
            return NULL;
        s->steps = steps;
        s->capacity = capacity;
    }
    step = &s->steps[s->count++];
    *step = (struct story_step){
        .kind = kind,
        .vcpu = vcpu,
        .in_handler = s->handling[vcpu],
        .instructions = machine_instructions(s->x->m) - s->begin,
    };
    return step;
}

static void add_deviations(struct story *s, size_t *told)
{
    for (; *told < s->taken.count; ++*told) {
        struct story_step *step = add(s, STORY_DEVIATION, s->taken.items[*told].vcpu);

        if (step)
            step->deviation = *told;
    }
}

/* -- Values ------------------------------------------------------------------------------------ */

static bool guest_word(struct story *s, const struct event *e, uint64_t *value)
{
    unsigned n = e->size_bytes;

    *value = 0;
    return n && n <= sizeof(*value) && !machine_guest_read(s->x->m, e->pa, value, n);
}

/* As devices' attributes have it: without a read's effects. */
static bool gic_word(const struct story *s, const struct event *e, uint64_t *value)
{
    const struct machine *m = s->x->m;
    bool dist = e->part == GIC_PART_DISTRIBUTOR;
    uint64_t offset =
        dist ? e->pa - m->board.gicd_base : (e->pa - m->board.gicr_base) % m->board.gicr_bytes;
    uint64_t mpidr = dist ? 0 : m->mpidr[e->redist];
    unsigned shift = (unsigned)(offset & 3) * 8, bits = e->size_bytes * 8u;

    if ((!dist && e->part != GIC_PART_REDIST) || e->size_bytes > 4 ||
        gic_attr_get(m->gic, dist ? GIC_ATTR_DIST_REGS : GIC_ATTR_REDIST_REGS,
                     gic_attr_for(mpidr, (uint32_t)offset & ~3u), value))
        return false;
    *value = *value >> shift & (UINT64_MAX >> (64 - bits));
    return true;
}

static bool is_acknowledge(const struct event *e)
{
    return e->kind == EVENT_SYSREG && !e->is_write && strstr(e->reg, "_IAR");
}

/*
 * Of RAM: nobody else touches the word before another event happens, so that what is there then is
 * what was read or written. Of ICC_IAR: what the GIC said it has acknowledged.
 */
static void settle(struct story *s, unsigned vcpu)
{
    struct story_step *step = s->waiting[vcpu] ? &s->steps[s->waiting[vcpu] - 1] : NULL;
    const struct thread *t = &s->x->threads[vcpu];

    s->waiting[vcpu] = 0;
    if (!step)
        return;
    if (!is_acknowledge(&step->event)) {
        step->has_value = guest_word(s, &step->event, &step->value);
        return;
    }
    step->has_value = true;
    step->value = INTID_NONE;
    if (t->n_acknowledged > s->acknowledged[vcpu] && t->n_acknowledged <= MAX_ACKNOWLEDGED)
        step->value = t->acknowledged[t->n_acknowledged - 1];
}

static void note_value(struct story *s, struct story_step *step)
{
    const struct event *e = &step->event;

    if (e->kind == EVENT_RAM || is_acknowledge(e)) {
        s->waiting[e->vcpu] = (size_t)(step - s->steps) + 1;
        s->acknowledged[e->vcpu] = s->x->threads[e->vcpu].n_acknowledged;
    } else if (e->is_write && e->kind != EVENT_VMM) {
        step->has_value = true;
        step->value = e->value;
    } else if (e->kind == EVENT_DEVICE) {
        step->has_value = gic_word(s, e, &step->value);
    }
}

/* -- The run ----------------------------------------------------------------------------------- */

static enum story_mark mark_of(const struct story *s, const struct event *e,
                               const struct anchor *at)
{
    const struct schedule_file *f = &s->replay->file;
    const struct decider *d = &f->decider;
    bool other = s->replay->other_image;

    if (!d->known)
        return STORY_PLAIN;
    if (e->vcpu == d->first.vcpu &&
        (other ? anchor_is(at, &d->first_at) : e->index == d->first.index))
        return STORY_FIRST;
    if (e->vcpu == d->second.vcpu &&
        (other ? anchor_is(at, &d->second_at) : e->index == d->second.index))
        return STORY_THEN;
    return STORY_PLAIN;
}

struct telling {
    struct story *s;
    size_t told; /* deviations */
};

static void happened(void *opaque, const struct event *e, const struct anchor *at)
{
    struct telling *t = opaque;
    struct story *s = t->s;
    struct story_step *step;

    for (unsigned v = 0; v < sched_threads(s->x->m); v++)
        settle(s, v);
    if (s->handling[e->vcpu] && !e->in_handler && e->kind != EVENT_INTERRUPT) {
        add(s, STORY_LEAVE, e->vcpu);
        s->handling[e->vcpu] = false;
    }
    add_deviations(s, &t->told);
    s->handling[e->vcpu] |= e->kind == EVENT_INTERRUPT;
    step = add(s, e->kind == EVENT_INTERRUPT ? STORY_ENTER : STORY_EVENT, e->vcpu);
    if (!step)
        return;
    step->event = *e;
    step->at = *at;
    if (e->vcpu < s->x->m->config.n_vcpus) /* a block's instructions are counted when it begins */
        step->instructions -= vcpu_instructions(s->x->m->engine, e->vcpu) - e->retired;
    step->mark = mark_of(s, e, at);
    note_value(s, step);
}

static void list_vcpus(struct story *s)
{
    bool there[STORY_LANES] = {false};

    for (size_t i = 0; i < s->count; i++)
        there[s->steps[i].vcpu] = true;
    for (unsigned v = 0; v < STORY_LANES; v++) {
        if (there[v])
            s->vcpus[s->n_vcpus++] = v;
    }
}

int story_tell(struct story *s, struct replay *r, struct error *err)
{
    struct telling t = {.s = s};
    const struct explorer_replay how = {
        .schedule = &r->file.schedule,
        .by_place = r->other_image,
        .want_hash = true,
        .taken = &s->taken,
        .happened = happened,
        .opaque = &t,
    };
    int rc;

    *s = (struct story){.replay = r, .x = r->x, .begin = snapshot_instructions(r->x->begin)};
    rc = explorer_replay_with(r->x, &how, &s->outcome, err);
    for (unsigned v = 0; v < sched_threads(r->x->m); v++)
        settle(s, v);
    add_deviations(s, &t.told);
    list_vcpus(s);
    if (!rc && s->out_of_memory)
        rc = error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for the story");
    if (rc)
        story_clear(s);
    return rc;
}

void story_clear(struct story *s)
{
    free(s->steps);
    schedule_clear(&s->taken);
    *s = (struct story){0};
}

/* -- Parts ------------------------------------------------------------------------------------- */

static bool is_important(const struct story *s, size_t i)
{
    return i + 1 == s->count || s->steps[i].mark || s->steps[i].kind == STORY_DEVIATION;
}

static void mark_near(const struct story *s, size_t near, bool *keep)
{
    for (size_t i = 0; i < s->count; i++) {
        size_t from = i > near ? i - near : 0;

        for (size_t k = from; is_important(s, i) && k <= i + near && k < s->count; k++)
            keep[k] = true;
    }
}

int story_part(struct story *s, size_t near, struct error *err)
{
    bool *keep = calloc(s->count + 1, sizeof(*keep));
    size_t kept = 0, skipped = 0;

    if (!keep)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for the story");
    mark_near(s, near, keep);
    for (size_t i = 0; i < s->count; i++) {
        if (keep[i]) {
            s->steps[kept++] = s->steps[i];
            skipped = 0;
        } else if (!skipped++) {
            s->steps[kept] = s->steps[i];
            s->steps[kept++].kind = STORY_SKIPPED;
        }
        if (skipped)
            s->steps[kept - 1].skipped = skipped;
    }
    s->count = kept;
    free(keep);
    return 0;
}

/* -- Words ------------------------------------------------------------------------------------- */

static void put_value(const struct story_step *step, char *text, size_t size)
{
    if (!step->has_value || step->event.kind == EVENT_VMM)
        *text = 0;
    else if (is_acknowledge(&step->event) || step->event.part == GIC_PART_END)
        snprintf(text, size, " = INTID %" PRIu64 "%s", step->value,
                 step->value == INTID_NONE ? ", none" : "");
    else
        snprintf(text, size, step->value < 10 ? " = %" PRIu64 : " = 0x%" PRIx64, step->value);
}

static void put_deviation(const struct story *s, const struct story_step *step, char *text,
                          size_t size)
{
    const struct deviation *d = &s->taken.items[step->deviation];
    char to[EVENT_THREAD];

    story_lane(s, d->to, to, sizeof(to));
    if (schedule_picks_vcpu(d->choice))
        snprintf(text, size, "stops here, %s goes on (deviation %zu)", to, step->deviation + 1);
    else if (d->choice == CHOICE_IRQ_DELAY)
        snprintf(text, size, "holds its interrupt back%s%.80s (deviation %zu)",
                 d->until.place ? " till it " : "", d->until.place ? d->until.place->what : "",
                 step->deviation + 1);
    else
        snprintf(text, size, "deviation %zu: %s is %u", step->deviation + 1, choice_name(d->choice),
                 d->to);
}

void story_what(const struct story *s, const struct story_step *step, char *text, size_t size)
{
    char value[48];

    switch (step->kind) {
    case STORY_EVENT:
    case STORY_ENTER:
        put_value(step, value, sizeof(value));
        snprintf(text, size, "%.130s%s", step->at.place ? step->at.place->what : "?", value);
        return;
    case STORY_LEAVE:
        snprintf(text, size, "returns from the handler");
        return;
    case STORY_DEVIATION:
        put_deviation(s, step, text, size);
        return;
    case STORY_SKIPPED:
        snprintf(text, size, "... %zu steps ...", step->skipped);
        return;
    }
}

static const char *base(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash ? slash + 1 : path;
}

static const struct place *place_of(const struct story *s, const struct story_step *step)
{
    if (step->kind == STORY_DEVIATION)
        return s->taken.items[step->deviation].at.place;
    return step->kind == STORY_EVENT || step->kind == STORY_ENTER ? step->at.place : NULL;
}

void story_where(const struct story *s, const struct story_step *step, char *text, size_t size)
{
    const struct place *p = place_of(s, step);
    char line[80] = "";

    *text = 0;
    if (!p)
        return;
    if (p->file)
        snprintf(line, sizeof(line), " %.60s:%u", base(p->file), p->line);
    snprintf(text, size, "%.100s%s0x%" PRIx64 "%s", p->function, *p->function ? "+" : "", p->offset,
             line);
}

static const struct story_step *marked(const struct story *s, enum story_mark mark)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->steps[i].mark == mark)
            return &s->steps[i];
    }
    return NULL;
}

/* `vCPU 0 writes counter = 1 (add, counter.c:16)` */
static void put_side(const struct story *s, const struct story_step *step, char *text, size_t size)
{
    const struct place *p = step->at.place;
    char what[STORY_TEXT], who[EVENT_THREAD];

    story_what(s, step, what, sizeof(what));
    story_lane(s, step->vcpu, who, sizeof(who));
    if (p && p->file)
        snprintf(text, size, "%s %.100s (%.60s, %.50s:%u)", who, what, p->function, base(p->file),
                 p->line);
    else
        snprintf(text, size, "%s %.100s (%.60s)", who, what, p ? p->function : "?");
}

void story_lane(const struct story *s, unsigned thread, char *text, size_t size)
{
    event_thread(s->x->m, thread, text, size);
}

bool story_why(const struct story *s, char *text, size_t size)
{
    const struct story_step *first = marked(s, STORY_FIRST), *then = marked(s, STORY_THEN);
    char one[STORY_SIDE], other[STORY_SIDE];

    if (!first || !then || !s->outcome.exit_code)
        return false;
    put_side(s, first, one, sizeof(one));
    put_side(s, then, other, sizeof(other));
    snprintf(text, size, "It fails because %s before %s.", one, other);
    return true;
}
