/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An access, compared with the history of its words. */
#include <string.h>

#include "emu/races/detector_internal.h"

/* An access to one word, and what is known of it. */
struct look {
    struct detector *d;
    const struct detector_access *a;
    struct track *track;
    struct frame *frame;
    uint64_t word, pa; /* the word, and its first byte that it touches */
    uint64_t place;
    uint32_t epoch;
    bool has_place, marked;
    uint8_t mask, bar;
    bool has_bar;
};

static uint64_t place_of(struct look *l)
{
    if (!l->has_place)
        l->place = l->d->config.place(l->d->config.opaque, l->a,
                                      l->frame->is_handler ? l->frame->intid : ~0u);
    l->has_place = true;
    return l->place;
}

/* Interrupts with a lower priority value could be taken here, but for PSTATE. */
static uint8_t bar_of(struct look *l)
{
    if (!l->has_bar)
        l->bar = (uint8_t)l->d->config.priority_bar(l->d->config.opaque, l->a->vcpu);
    l->has_bar = true;
    return l->bar;
}

/* What a read keeps of it, for windows. */
static uint8_t bar_at(struct look *l)
{
    return l->a->is_write || l->a->irq_masked ? 0 : bar_of(l);
}

static struct race_access here(struct look *l)
{
    return (struct race_access){.vcpu = l->a->vcpu,
                                .is_write = l->a->is_write,
                                .in_handler = l->frame->is_handler,
                                .place = place_of(l),
                                .value = l->a->value};
}

static void report(struct detector *d, const struct race *r)
{
    d->config.report(d->config.opaque, r);
}

/* -- Undecided: races, unless a barrier comes next ----------------------------------------------
 */

static void put_off(struct detector *d, struct track *t, const struct race *r)
{
    if (t->n_undecided < UNDECIDED)
        t->undecided[t->n_undecided++] = *r;
    else
        report(d, r);
}

void detector_settle(struct detector *d, struct track *t, bool fenced)
{
    unsigned n = t->n_undecided;

    t->n_undecided = 0;
    if (fenced && t->last_load)
        t->last_load->flags |= CELL_MARKED;
    t->last_load = NULL;
    for (unsigned i = 0; i < n && !fenced; i++)
        report(d, &t->undecided[i]);
}

/* -- Between vCPUs ----------------------------------------------------------------------------- */

static bool happens_before(const struct cell *c, const uint32_t *clocks)
{
    return c->epoch <=
           clocks[clock_of(c->vcpu, c->flags & CELL_WRITE ? CLOCK_STORES : CLOCK_LOADS)];
}

static unsigned bytes_of(unsigned mask)
{
    return (unsigned)__builtin_popcount(mask);
}

static void compare(struct look *l, struct cell *c)
{
    struct detector *d = l->d;
    struct track *other = &d->tracks[c->vcpu];
    bool old_marked = c->flags & CELL_MARKED, old_writes = c->flags & CELL_WRITE;
    struct race r = {
        .kind = RACE_VCPUS,
        .pa = l->pa,
        .va = l->a->va + (l->pa - l->a->pa),
        .size_bytes = bytes_of(c->mask & l->mask),
        .first = {.vcpu = c->vcpu, .is_write = old_writes, .place = c->place, .value = c->value},
    };

    if ((old_marked && l->marked) || happens_before(c, l->track->clocks))
        return;
    r.first.in_handler = c->frame != 0;
    r.second = here(l);
    r.sgi_without_dsb = l->frame->sender == c->vcpu && c->epoch <= l->frame->sender_epoch;
    if (!l->marked && !l->a->is_write && old_marked)
        put_off(d, l->track, &r);
    else if (l->marked && !old_writes && other->last_load == c)
        put_off(d, other, &r);
    else
        report(d, &r);
}

/* -- Between a vCPU and its handlers ------------------------------------------------------------
 */

/* What is on the interrupted stack belongs to the handler, as long as it runs. */
static bool is_own_stack(const struct look *l)
{
    return l->frame->sp - l->a->va - 1 < STACK_BYTES;
}

/* @second: the handler's store, if this is its code's; else it is @c. */
static void report_lost(struct look *l, const struct window *w, const struct cell *c)
{
    struct race r = {
        .kind = RACE_LOST_UPDATE,
        .pa = l->pa,
        .va = l->a->va + (l->pa - l->a->pa),
        .size_bytes = bytes_of(w->mask & l->mask),
        .read_place = w->read_place,
        .first = {.vcpu = w->vcpu,
                  .is_write = true,
                  .in_handler = w->frame != 0,
                  .place = w->store_place,
                  .value = w->value},
        .happened = c != NULL,
    };

    r.second = c ? (struct race_access){.vcpu = c->vcpu,
                                        .is_write = true,
                                        .in_handler = true,
                                        .place = c->place,
                                        .value = c->value}
                 : here(l);
    report(l->d, &r);
}

/* A handler that stores what was read anyway, and has not looked at it, might as well have come
 * before the read. */
static bool changes_nothing(const struct window *w, const struct word *word, uint32_t frame,
                            unsigned mask, uint64_t value)
{
    for (unsigned i = 0; i < CELLS; i++) {
        const struct cell *c = &word->cells[i];

        if (c->vcpu == w->vcpu && c->frame == frame && c->mask & mask && !(c->flags & CELL_WRITE))
            return false;
    }
    return w->alike && w->mask == mask && w->read == value;
}

/* A handler stores: could it have come into the last window of what it may interrupt? */
static void check_window(struct look *l, const struct word *word)
{
    const struct window *w = detector_window(l->d, l->word);
    const struct frame *f = l->frame;

    if (w->word != l->word || !(w->mask & l->mask) || w->vcpu != l->a->vcpu ||
        w->frame == f->serial)
        return;
    if (w->epoch <= f->cause || f->priority >= (f->is_fiq ? w->fiq_bar : w->irq_bar))
        return;
    if (!changes_nothing(w, word, f->serial, l->mask, l->a->value))
        report_lost(l, w, NULL);
}

/* The store of @l comes behind the read @c of the same code: a window. */
static void note_window(struct look *l, struct word *word, struct cell *c)
{
    uint8_t bar = bar_of(l), lower = c->bar < bar ? (uint8_t)c->bar : bar;
    const struct window w = {
        .word = l->word,
        .read = c->value,
        .alike = c->mask == l->mask,
        .value = l->a->value,
        .read_place = c->place,
        .store_place = place_of(l),
        .epoch = l->epoch,
        .frame = l->frame->serial,
        .vcpu = (uint16_t)l->a->vcpu,
        .mask = l->mask,
        .irq_bar = l->a->irq_masked ? 0 : lower,
        .fiq_bar = l->a->fiq_masked || c->flags & CELL_FIQ_MASKED ? 0 : bar,
    };

    c->flags |= CELL_CONSUMED;
    if (w.irq_bar || w.fiq_bar)
        *detector_window(l->d, l->word) = w;
    for (unsigned i = 0; c->flags & CELL_OVERTAKEN && i < CELLS; i++) {
        const struct cell *h = &word->cells[i];

        if (h->flags & CELL_WRITE && h->vcpu == l->a->vcpu && h->frame != l->frame->serial &&
            h->mask & l->mask && !changes_nothing(&w, word, h->frame, h->mask, h->value)) {
            report_lost(l, &w, h);
            return;
        }
    }
}

static bool is_window(const struct look *l, const struct cell *c)
{
    return c->frame == l->frame->serial && !(c->flags & CELL_CONSUMED) &&
           l->frame->accesses - c->when <= WINDOW_ACCESSES;
}

static bool is_rmw(const struct detector_access *a)
{
    return a->ordering.atomic || a->ordering.exclusive;
}

/* A store, and the read @c of the same vCPU. */
static void compare_own(struct look *l, struct word *word, struct cell *c)
{
    if (is_window(l, c)) {
        if (is_rmw(l->a))
            c->flags |= CELL_CONSUMED;
        else
            note_window(l, word, c);
    } else if (l->frame->is_handler && c->frame != l->frame->serial &&
               !(c->flags & CELL_CONSUMED) && !is_own_stack(l)) {
        c->flags |= CELL_OVERTAKEN;
    }
}

/* -- Cells ------------------------------------------------------------------------------------- */

static unsigned flags_of(const struct look *l)
{
    return CELL_USED | (l->a->is_write ? CELL_WRITE : 0) | (l->marked ? CELL_MARKED : 0) |
           (l->a->fiq_masked ? CELL_FIQ_MASKED : 0);
}

/* Whether whoever races with @c races with the access of @l too. */
static bool stands_for(const struct look *l, const struct cell *c)
{
    if (c->mask & ~l->mask)
        return false;
    if (c->vcpu != l->a->vcpu)
        return l->a->is_write && happens_before(c, l->track->clocks);
    if (c->frame != l->frame->serial)
        return l->a->is_write && (c->flags & (CELL_WRITE | CELL_CONSUMED));
    if (c->flags & CELL_WRITE && !l->a->is_write)
        return false;
    return !l->marked || c->flags & CELL_MARKED;
}

static void drop(const struct look *l, struct cell *c)
{
    struct track *t = &l->d->tracks[c->vcpu];

    if (t->last_load == c)
        t->last_load = NULL;
    c->flags = c->mask = 0;
}

/* An unused one, or the next in turn. */
static struct cell *free_cell(const struct look *l, struct word *word)
{
    struct cell *unused = NULL;

    for (unsigned i = CELLS; i--;) {
        struct cell *c = &word->cells[i];

        if (c->flags & CELL_USED && stands_for(l, c))
            drop(l, c);
        if (!(c->flags & CELL_USED))
            unused = c;
    }
    if (unused)
        return unused;
    unused = &word->cells[l->frame->accesses % CELLS];
    drop(l, unused);
    return unused;
}

static struct cell *keep(struct look *l, struct word *word)
{
    struct cell *c = free_cell(l, word);

    *c = (struct cell){
        .value = l->a->value,
        .epoch = l->epoch,
        .place = place_of(l),
        .frame = l->frame->serial,
        .when = l->frame->accesses,
        .vcpu = l->a->vcpu,
        .mask = l->mask,
        .flags = flags_of(l),
        .bar = bar_at(l),
    };
    return c;
}

/* Compares with all; the cell of such an access before, which this one can replace. */
static struct cell *compare_all(struct look *l, struct word *word)
{
    unsigned flags = flags_of(l);
    struct cell *such = NULL;

    for (unsigned i = 0; i < CELLS; i++) {
        struct cell *c = &word->cells[i];

        if (c->vcpu != l->a->vcpu) {
            if (c->mask & l->mask && (l->a->is_write || c->flags & CELL_WRITE))
                compare(l, c);
        } else if (c->frame == l->frame->serial && c->mask == l->mask &&
                   (c->flags & ~CELL_CONSUMED) == flags) {
            such = c;
        } else if (c->mask & l->mask && l->a->is_write && !(c->flags & CELL_WRITE)) {
            compare_own(l, word, c);
        }
    }
    return such;
}

/* With the same clock, the first of them stands for all. */
static void renew(struct look *l, struct cell *c)
{
    if (c->epoch != l->epoch) {
        c->epoch = l->epoch;
        c->place = place_of(l);
        c->bar = bar_at(l);
    }
    c->value = l->a->value;
    c->when = l->frame->accesses;
    c->flags &= ~(unsigned)CELL_CONSUMED;
}

static void access_word(struct look *l, struct word *word)
{
    const struct detector_access *a = l->a;
    unsigned halves = (l->mask & 0x0f ? 1 : 0) | (l->mask & 0xf0 ? 2 : 0);
    struct cell *c;

    if (a->is_write && l->frame->is_handler && !is_own_stack(l))
        check_window(l, word);
    c = compare_all(l, word);
    if (a->is_write)
        detector_leave(l->d, word, halves, a);
    else if (word->left[0] | word->left[1])
        detector_learn(l->d, word, halves, a);
    if (c)
        renew(l, c);
    else
        c = keep(l, word);
    if (!a->is_write && !l->marked)
        l->track->last_load = c;
}

/* -- Accesses ---------------------------------------------------------------------------------- */

/* What was put off until this vCPU's next access. A loop that waits repeats one load. */
static void come_next(struct detector *d, struct track *t, const struct detector_access *a)
{
    if ((t->last_load || t->n_undecided) && (a->is_write || a->pc != t->last_pc))
        detector_settle(d, t, false);
    t->last_pc = a->pc;
}

static uint8_t mask_of(uint64_t word, uint64_t from, uint64_t end)
{
    unsigned low = from > word ? (unsigned)(from - word) : 0;
    unsigned high = end < word + WORD_BYTES ? (unsigned)(end - word) : WORD_BYTES;

    return (uint8_t)((0xffu >> (WORD_BYTES - high)) & (0xffu << low));
}

/*
 * Most accesses are plain, and of who was last at the word, with the same clock: they tell nothing
 * new. Whatever needs a closer look (others there, a window, a clock to learn) is left to it.
 */
static struct cell *find_known(const struct word *word, const struct track *t, uint32_t epoch,
                               const struct detector_access *a, uint8_t mask)
{
    const unsigned flags =
        CELL_USED | (a->is_write ? CELL_WRITE : 0) | (a->fiq_masked ? CELL_FIQ_MASKED : 0);
    const uint32_t frame = t->frames[t->depth < FRAMES ? t->depth : FRAMES - 1].serial;
    const struct cell *known = NULL;

    for (unsigned i = 0; i < CELLS; i++) {
        const struct cell *c = &word->cells[i];

        if (!(c->mask & mask))
            continue;
        if (c->vcpu != a->vcpu)
            return NULL;
        if (c->epoch == epoch && c->frame == frame && c->mask == mask &&
            (c->flags & ~CELL_CONSUMED) == flags)
            known = c;
        else if (a->is_write && !(c->flags & (CELL_WRITE | CELL_CONSUMED)))
            return NULL;
    }
    for (unsigned i = 0; i < 2; i++) {
        if (mask >> 4 * i & 0xf && word->left[i] != t->fenced && (a->is_write || word->left[i]))
            return NULL;
    }
    return (struct cell *)known;
}

static bool is_known(struct detector *d, struct track *t, const struct detector_access *a)
{
    uint64_t at = a->pa - d->config.ram_base;
    struct frame *f = frame_of(t);
    struct word *words;
    struct cell *c;

    if (t->n_undecided || !ordering_is_plain(&a->ordering) ||
        at % WORD_BYTES + a->size_bytes > WORD_BYTES ||
        (a->is_write && (t->fresh_fence || f->is_handler)))
        return false;
    words = d->pages[at / PAGE_BYTES];
    if (!words)
        return false;
    c = find_known(&words[at % PAGE_BYTES / WORD_BYTES], t,
                   t->clocks[clock_of(a->vcpu, a->is_write ? CLOCK_STORES : CLOCK_LOADS)], a,
                   (uint8_t)((1u << a->size_bytes) - 1) << at % WORD_BYTES);
    if (!c)
        return false;
    c->value = a->value;
    c->when = ++f->accesses;
    c->flags &= ~(unsigned)CELL_CONSUMED;
    t->last_pc = a->pc;
    t->last_load = a->is_write ? NULL : c;
    return true;
}

static void look_at(struct detector *d, struct track *t, const struct detector_access *a)
{
    const uint64_t limit = d->config.ram_base + d->config.ram_bytes;
    uint64_t end = a->pa + a->size_bytes;
    struct look l = {
        .d = d,
        .a = a,
        .track = t,
        .frame = frame_of(t),
        .epoch = t->clocks[clock_of(a->vcpu, a->is_write ? CLOCK_STORES : CLOCK_LOADS)],
        .marked = !ordering_is_plain(&a->ordering) || (a->is_write && t->fresh_fence),
    };

    end = end > limit || end < a->pa ? limit : end;
    l.frame->accesses++;
    for (uint64_t at = a->pa & ~(uint64_t)(WORD_BYTES - 1); at < end; at += WORD_BYTES) {
        struct word *word = detector_word(d, at);

        l.word = at;
        l.pa = at < a->pa ? a->pa : at;
        l.mask = mask_of(at, a->pa, end);
        access_word(&l, word);
    }
}

void detector_access(struct detector *d, const struct detector_access *a)
{
    struct track *t = &d->tracks[a->vcpu];

    if (a->pa - d->config.ram_base >= d->config.ram_bytes || !a->size_bytes || is_known(d, t, a))
        return;
    come_next(d, t, a);
    look_at(d, t, a);
    if (a->is_write)
        t->fresh_fence = false;
    if (a->is_write && a->ordering.release)
        detector_publish(d, a->vcpu);
}
