/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random accesses to all registers and frames of libtimer, changes from outside, time that passes,
 * and restores of any bytes. After each step the cached outputs must be what the registers say.
 */
#include <stdlib.h>
#include <string.h>

#include "timer/frames.h"

enum { VCPUS = 2, FRAMES = 3 };

struct record {
    uint8_t op, vcpu, which, flags;
    uint32_t more;
    uint64_t value;
};

struct world {
    struct timers *t;
    uint64_t now_ns;
    bool line[VCPUS][TIMER_COUNT], frame[FRAMES][2];
    const uint8_t *bytes; /* what a restore takes */
    size_t left;
};

static uint64_t now_ns(void *opaque)
{
    return ((struct world *)opaque)->now_ns;
}

static void set_line(void *opaque, unsigned vcpu, enum timer_id timer, bool level)
{
    ((struct world *)opaque)->line[vcpu][timer] = level;
}

static void set_frame_line(void *opaque, unsigned frame, bool is_virtual, bool level)
{
    ((struct world *)opaque)->frame[frame][is_virtual] = level;
}

static void deadline_changed(void *opaque)
{
    (void)opaque;
}

static void make(struct world *w, uint8_t kind)
{
    const char *why;
    struct timers_config config = {
        .n_vcpus = VCPUS,
        .frequency_hz = kind & 1   ? 1000000000
                        : kind & 2 ? 62500000
                                   : 19200000,
        .has_el2 = kind & 4,
        .has_el3 = kind & 8,
        .has_vhe = kind & 16,
        .has_sel2 = kind & 32,
        .has_ecv = kind & 64,
        .has_rme = kind & 128,
        .n_frames = FRAMES,
        .frames_virtual = 3,
        .frames_el0 = 5,
        .opaque = w,
        .now_ns = now_ns,
        .set_line = set_line,
        .set_frame_line = set_frame_line,
        .deadline_changed = deadline_changed,
    };

    if (timers_create(&config, &w->t, &why))
        abort();
}

static void sysreg(struct world *w, const struct record *r, const struct timer_pe_state *pe)
{
    size_t n;
    const struct timer_sysreg *table = timer_sysregs(&n), *reg = &table[r->which % n];
    bool write = r->flags & 16;

    if (timer_sysreg_check(w->t, r->vcpu, reg, pe, write) != TIMER_ACCESS_OK)
        return;
    if (write)
        timer_sysreg_write(w->t, r->vcpu, reg, pe, r->value);
    else
        timer_sysreg_read(w->t, r->vcpu, reg, pe);
}

static void mmio(struct world *w, const struct record *r)
{
    enum timers_frame_kind kind = (enum timers_frame_kind)(r->which % 5);
    uint64_t offset = r->flags & 32 ? r->more : r->more % 0x100, value;
    unsigned size = 1u << (r->flags & 3), n = r->which / 5 % 4;

    if (r->flags & 16)
        timers_frame_write(w->t, kind, n, r->flags & 4, offset, size, r->value);
    else
        timers_frame_read(w->t, kind, n, r->flags & 4, offset, size, &value);
}

static void load(void *opaque, const char *name, void *data, size_t size_bytes)
{
    struct world *w = opaque;
    size_t n = size_bytes < w->left ? size_bytes : w->left;

    (void)name;
    memcpy(data, w->bytes, n);
    w->bytes += n;
    w->left -= n;
}

static void outside(struct world *w, const struct record *r)
{
    switch (r->which % 6) {
    case 0:
        timers_set_system_counter(w->t, r->value);
        break;
    case 1:
        timers_set_offsets(w->t, r->value, r->more);
        break;
    case 2:
        timers_write_counter(w->t, r->flags & 1 ? TIMERS_VIRTUAL : TIMERS_PHYSICAL, r->value);
        break;
    case 3:
        timers_set_vcpu_offset(w->t, r->vcpu, (enum timer_id)(r->more % TIMER_COUNT), r->value);
        break;
    case 4:
        timers_reset_vcpu(w->t, r->vcpu);
        break;
    default:
        timers_reset(w->t);
        break;
    }
}

/* Up to a thousand deadlines on the way, as a scheduler would stop at each. */
static void pass(struct world *w, uint64_t to_ns)
{
    for (unsigned i = 0; i < 1000 && timers_next_deadline_ns(w->t) < to_ns; i++) {
        if (timers_next_deadline_ns(w->t) > w->now_ns)
            w->now_ns = timers_next_deadline_ns(w->t);
        timers_advance(w->t, w->now_ns);
    }
    w->now_ns = to_ns;
    timers_advance(w->t, to_ns);
}

static void check_one(const struct world *w, const struct timers_tree_timer *one, bool line)
{
    bool met = (one->ctl & 1) && one->count >= one->cval;
    bool level = met && !(one->ctl & 2) && !one->masked_by_el2;

    if ((one->ctl & 4) != (met ? 4u : 0u) || level != one->level)
        abort();
    if (line != one->level || (one->deadline_ns != UINT64_MAX && one->deadline_ns <= w->now_ns))
        abort();
}

static void check(struct world *w)
{
    struct timers_tree tree;
    struct timers_tree_timer one;

    for (unsigned v = 0; v < VCPUS; v++) {
        timers_get_tree(w->t, v, &tree);
        for (unsigned i = 0; i < TIMER_COUNT; i++)
            check_one(w, &tree.timers[i], w->line[v][i]);
        if (tree.next_event_ns <= w->now_ns)
            abort();
    }
    for (unsigned i = 0; i < 2 * FRAMES; i++) {
        timers_get_frame(w->t, i / 2, i % 2, &one);
        check_one(w, &one, w->frame[i / 2][i % 2]);
    }
}

/* Lines are saved with whatever they go to: here nobody's, so they are taken from the state. */
static void restore(struct world *w, const uint8_t *bytes, size_t left)
{
    struct timers_tree tree;
    struct timers_tree_timer one;

    w->bytes = bytes;
    w->left = left;
    timers_visit(w->t, load, w);
    timers_after_restore(w->t);
    for (unsigned v = 0; v < VCPUS; v++) {
        timers_get_tree(w->t, v, &tree);
        for (unsigned i = 0; i < TIMER_COUNT; i++)
            w->line[v][i] = tree.timers[i].level;
    }
    for (unsigned i = 0; i < 2 * FRAMES; i++) {
        timers_get_frame(w->t, i / 2, i % 2, &one);
        w->frame[i / 2][i % 2] = one.level;
    }
}

static void step(struct world *w, struct record *r, const uint8_t *rest, size_t left)
{
    struct timer_pe_state pe = {
        .el = r->flags & 3,
        .secure = r->flags & 4,
        .el2_enabled = r->flags & 8,
        .realm_or_root = r->flags & 64,
        .hcr_el2 = (uint64_t)(r->more & 1) << 27 | (uint64_t)(r->more >> 1 & 1) << 34,
        .scr_el3 = (uint64_t)(r->more >> 2 & 1) << 11 | (uint64_t)(r->more >> 3 & 1) << 28,
    };

    r->vcpu %= VCPUS;
    switch (r->op % 8) {
    case 0:
    case 1:
        mmio(w, r);
        break;
    case 2:
        timers_pe_changed(w->t, r->vcpu, &pe);
        break;
    case 3:
        pass(w, w->now_ns + (r->value >> (r->which & 63)) % (1ull << 60));
        break;
    case 4:
        outside(w, r);
        break;
    case 5:
        if (r->which == 0)
            restore(w, rest, left);
        break;
    default:
        sysreg(w, r, &pe);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct world w = {0};
    struct record r;

    if (size < 1)
        return 0;
    make(&w, data[0]);
    data++, size--;
    for (unsigned n = 0; size >= sizeof(r) && n < 4096 && w.now_ns < 1ull << 62; n++) {
        memcpy(&r, data, sizeof(r));
        data += sizeof(r), size -= sizeof(r);
        step(&w, &r, data, size);
        check(&w);
    }
    timers_destroy(w.t);
    return 0;
}
