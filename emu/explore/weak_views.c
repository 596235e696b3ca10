/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Views: for each register, and for each private word, when at the earliest what it depends on can
 * have happened. A load may give what was in memory at any time from its floor on.
 */
#include "emu/explore/weak_internal.h"

enum { WORD_BYTES = 8 };

/* -- Words ------------------------------------------------------------------------------------- */

struct weak_word *weak_word(struct weak_vcpu *v, uint64_t pa, bool create)
{
    uint64_t number = pa / WORD_BYTES;
    struct weak_word *word = &v->words[number & (WEAK_WORDS - 1)];

    if (word->key == number + 1)
        return word;
    if (!create)
        return NULL;
    v->unknown = weak_max(v->unknown, weak_max(word->coherent, word->own_view));
    *word = (struct weak_word){.key = number + 1, .coherent = v->unknown, .own_view = v->unknown};
    return word;
}

static uint64_t last_word(uint64_t pa, uint64_t size_bytes)
{
    return (pa + size_bytes - 1) / WORD_BYTES;
}

static void put_private(struct weak_vcpu *v, uint64_t pa, uint64_t size_bytes, uint64_t view)
{
    for (uint64_t n = pa / WORD_BYTES; n <= last_word(pa, size_bytes); n++) {
        struct weak_word *word = weak_word(v, n * WORD_BYTES, true);
        bool all = pa <= n * WORD_BYTES && pa + size_bytes >= (n + 1) * WORD_BYTES;

        word->own_view = all ? view : weak_max(word->own_view, view);
    }
}

static uint64_t get_private(struct weak_vcpu *v, uint64_t pa, uint64_t size_bytes)
{
    uint64_t view = 0;

    for (uint64_t n = pa / WORD_BYTES; n <= last_word(pa, size_bytes); n++) {
        const struct weak_word *word = weak_word(v, n * WORD_BYTES, false);

        view = weak_max(view, word ? word->own_view : v->unknown);
    }
    return view;
}

uint64_t weak_coherent(struct weak_vcpu *v, const struct weak_access *a)
{
    uint64_t view = 0;

    for (uint64_t n = a->pa / WORD_BYTES; n <= last_word(a->pa, a->size_bytes); n++) {
        const struct weak_word *word = weak_word(v, n * WORD_BYTES, false);

        view = weak_max(view, word ? word->coherent : v->unknown);
    }
    return view;
}

static void seen(struct weak_vcpu *v, const struct weak_access *a, uint64_t time)
{
    for (uint64_t n = a->pa / WORD_BYTES; n <= last_word(a->pa, a->size_bytes); n++) {
        struct weak_word *word = weak_word(v, n * WORD_BYTES, true);

        word->coherent = weak_max(word->coherent, time);
    }
}

/* -- Registers --------------------------------------------------------------------------------- */

uint64_t weak_view(const struct weak_vcpu *v, uint64_t mask)
{
    uint64_t view = 0;

    for (; mask; mask &= mask - 1)
        view = weak_max(view, v->reg[__builtin_ctzll(mask)]);
    return view;
}

static void set_views(struct weak_vcpu *v, uint64_t mask, uint64_t view)
{
    for (; mask; mask &= mask - 1)
        v->reg[__builtin_ctzll(mask)] = view;
}

/* -- Accesses to shared words ------------------------------------------------------------------ */

/* B2.3: what is behind a barrier, an acquire or an address dependency; LDAR also behind STLR. */
uint64_t weak_floor(struct weak_vcpu *v, const struct weak_insn *insn, const struct weak_access *a)
{
    uint64_t floor = weak_max(v->reads, weak_view(v, insn->address));

    return a->acquire ? weak_max(floor, v->released) : floor;
}

/* A store's value is known to its own vCPU before it reaches memory: then only what the store
 * depended on counts. */
static uint64_t message_view(struct weak_vcpu *v, const struct weak_access *a)
{
    const struct weak_word *word = weak_word(v, a->pa, false);

    if (v->forwarded)
        return weak_max(v->message, v->forwarded_view);
    if (word && v->message && word->own_time == v->message && word->pa == a->pa &&
        word->size_bytes == a->size_bytes)
        return word->own_view;
    return v->message;
}

void weak_loaded(struct weak_vcpu *v, const struct weak_insn *insn, const struct weak_access *a,
                 uint64_t floor)
{
    uint64_t view = weak_max(floor, message_view(v, a));

    seen(v, a, v->message);
    set_views(v, insn->writes & ~(insn->writes_back ? insn->address : 0), view);
    v->read_all = weak_max(v->read_all, view);
    if (a->acquire || a->acquire_pc)
        v->reads = weak_max(v->reads, view);
}

void weak_wrote(struct weak_vcpu *v, const struct weak_access *a, uint64_t time, uint64_t view)
{
    struct weak_word *word;

    seen(v, a, time);
    word = weak_word(v, a->pa, true);
    word->own_time = a->whole ? 0 : time;
    word->pa = a->pa;
    word->size_bytes = a->size_bytes;
    word->own_view = view;
    v->written_all = weak_max(v->written_all, time);
    if (a->release)
        v->released = weak_max(v->released, time);
}

/* -- Instructions ------------------------------------------------------------------------------ */

static void made_store(struct weak *w, struct weak_vcpu *v, const struct weak_made *made)
{
    uint64_t view = weak_view(v, v->insn.reads);
    struct weak_access a = {.whole = v->insn.kind == WEAK_ATOMIC,
                            .release = v->ordering.release,
                            .pa = made->pa,
                            .size_bytes = made->size_bytes};
    uint64_t time;

    if (!made->is_event) {
        put_private(v, made->pa, made->size_bytes, view);
        return;
    }
    if (!weak_ram(w, made->pa, made->size_bytes))
        return;
    time = weak_stored(w, made->pa, made->size_bytes, made->old);
    weak_wrote(v, &a, time, view);
    if (v->ordering.atomic && v->ordering.acquire && v->ordering.release)
        v->reads = weak_max(v->reads, time); /* a barrier for what is behind it, B2.3 */
}

/* What the registers that were loaded depend on, beside what weak_loaded() said. */
static uint64_t made_load(const struct weak *w, struct weak_vcpu *v, const struct weak_made *made)
{
    if (!made->is_event)
        return get_private(v, made->pa, made->size_bytes);
    if (weak_ram(w, made->pa, made->size_bytes))
        return 0;
    v->read_all = w->now; /* a device's register */
    return w->now;
}

static bool store_failed(const struct weak *w, const struct weak_vcpu *v, unsigned vcpu)
{
    return v->ordering.exclusive && v->ordering.stores && v->insn.status < 31 &&
           vcpu_get_x(w->x->m->engine, vcpu, v->insn.status);
}

static void accessed(struct weak *w, unsigned vcpu)
{
    struct weak_vcpu *v = &w->vcpus[vcpu];
    uint64_t address = weak_view(v, v->insn.address), view = address, loaded;
    uint64_t base = v->insn.writes_back ? v->insn.address : 0;
    bool shared_load = false;

    v->control = weak_max(v->control, address);
    for (unsigned i = 0; i < v->n_made; i++) {
        const struct weak_made *made = &v->made[i];

        if (made->is_write) {
            if (!store_failed(w, v, vcpu))
                made_store(w, v, made);
            continue;
        }
        loaded = made_load(w, v, made);
        view = weak_max(view, loaded);
        shared_load |= made->is_event && weak_ram(w, made->pa, made->size_bytes);
    }
    if (!shared_load)
        set_views(v, v->insn.writes & ~base, view);
    set_views(v, base & v->insn.writes, address);
}

static void wrote_or_read_system(struct weak *w, struct weak_vcpu *v, bool is_event)
{
    uint64_t view = is_event ? w->now : weak_view(v, v->insn.reads);

    if (v->insn.writes == WEAK_SYSTEM)
        view = weak_max(view, v->reg[__builtin_ctzll(WEAK_SYSTEM)]);
    set_views(v, v->insn.writes, view);
}

void weak_executed(struct weak *w, unsigned vcpu, bool was_event)
{
    struct weak_vcpu *v = &w->vcpus[vcpu];
    uint64_t view = weak_view(v, v->insn.reads);
    struct barrier barrier;

    switch (v->insn.kind) {
    case WEAK_BRANCH:
        v->control = weak_max(v->control, view);
        set_views(v, v->insn.writes, 0);
        break;
    case WEAK_LOAD:
    case WEAK_STORE:
    case WEAK_ATOMIC:
    case WEAK_PAIR:
        accessed(w, vcpu);
        break;
    case WEAK_BARRIER:
        barrier = barrier_of(v->opcode);
        weak_barrier(v, &barrier);
        break;
    case WEAK_SYNC:
        v->reads = weak_max(v->reads, v->control);
        break;
    case WEAK_WAIT:
        v->waits = true;
        break;
    case WEAK_OTHER:
        wrote_or_read_system(w, v, was_event);
        break;
    case WEAK_PLAIN:
        set_views(v, v->insn.writes, view);
        break;
    }
}
