/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/races/races.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emu/load/symbols.h"
#include "emu/races/races_internal.h"

/* -- What is found ----------------------------------------------------------------------------- */

static bool is_ignored(const struct races *r, const struct race *race)
{
    const uint64_t at[] = {race->va, spots_pc(r->spots, race->first.place),
                           spots_pc(r->spots, race->second.place)};

    for (unsigned i = 0; i < r->n_ignored; i++) {
        for (unsigned k = 0; k < 3; k++) {
            if (at[k] >= r->ignored[i].from && at[k] < r->ignored[i].to)
                return true;
        }
    }
    return false;
}

/* The same two instructions, in either order. */
static bool is_same(const struct races *r, const struct race *a, const struct race *b)
{
    uint64_t a1 = spots_pc(r->spots, a->first.place), a2 = spots_pc(r->spots, a->second.place);
    uint64_t b1 = spots_pc(r->spots, b->first.place), b2 = spots_pc(r->spots, b->second.place);

    return a->kind == b->kind && ((a1 == b1 && a2 == b2) || (a1 == b2 && a2 == b1));
}

static void keep(struct races *r, const struct race *race)
{
    uint64_t pair = race->first.place * 0x9e3779b97f4a7c15 ^ race->second.place;
    uint64_t *seen = &r->seen[(pair * 0x9e3779b97f4a7c15 >> 40) & (SEEN - 1)];

    if (*seen == pair)
        return;
    *seen = pair;
    for (size_t i = 0; i < r->n_found; i++) {
        if (is_same(r, &r->found[i], race)) {
            r->found[i].happened |= race->happened;
            return;
        }
    }
    if (r->n_found < MAX_RACES)
        r->found[r->n_found++] = *race;
}

static void on_race(void *opaque, const struct race *race)
{
    struct machine *m = opaque;
    struct races *r = m->races;

    if (is_ignored(r, race))
        return;
    if (!r->in_run++)
        races_line(m, race, r->first, sizeof(r->first));
    keep(r, race);
}

/* -- What happens ------------------------------------------------------------------------------ */

static uint64_t place(void *opaque, const struct detector_access *a, uint32_t handler)
{
    const struct machine *m = opaque;

    const struct spot_key key = {.fp = a->fp,
                                 .lr = a->lr,
                                 .pc_high = (uint32_t)(a->pc >> 32),
                                 .handler = handler,
                                 .vcpu = a->vcpu};

    return spots_number(m->races->spots, &key, (uint32_t)a->pc);
}

static unsigned priority_bar(void *opaque, unsigned vcpu)
{
    struct machine *m = opaque;
    uint64_t word = gic_published(m->gic, vcpu);
    unsigned mask = gic_published_pmr(word), running = word >> GIC_PUB_RUNNING_SHIFT & 0xff;

    return mask < running ? mask : running;
}

static uint64_t value_at(const uint8_t *ram, unsigned size_bytes)
{
    uint64_t value = 0;

    switch (size_bytes) {
    case 8:
        memcpy(&value, ram, 8);
        break;
    case 4:
        memcpy(&value, ram, 4);
        break;
    default:
        memcpy(&value, ram, size_bytes < 8 ? size_bytes : 8);
    }
    return value;
}

static void on_access(void *opaque, const struct cpu_observed *o)
{
    struct machine *m = opaque;
    uint64_t at = o->pa - BOARD_RAM_BASE;
    struct detector_access a;

    if (at >= m->config.ram_bytes || o->size_bytes > m->config.ram_bytes - at)
        return;
    detector_expect(m->races->detector, o->pa);
    a = (struct detector_access){
        .vcpu = o->vcpu,
        .size_bytes = o->size_bytes,
        .pc = o->pc,
        .pa = o->pa,
        .va = o->va,
        .value = o->is_write ? o->value : value_at(m->ram + at, o->size_bytes),
        .fp = o->fp,
        .lr = o->lr,
        .ordering = o->ordering,
        .is_write = o->is_write,
        .irq_masked = o->irq_masked,
        .fiq_masked = o->fiq_masked,
    };
    detector_access(m->races->detector, &a);
}

static void on_barrier(void *opaque, unsigned vcpu, uint32_t insn)
{
    struct machine *m = opaque;
    struct barrier b = barrier_of(insn);

    detector_barrier(m->races->detector, vcpu, &b);
}

static void on_entered(void *opaque, unsigned vcpu, enum cpu_entry entry)
{
    struct machine *m = opaque;

    detector_entered(m->races->detector, vcpu, entry, vcpu_get_sp(m->engine, vcpu));
}

static void on_returned(void *opaque, unsigned vcpu)
{
    struct machine *m = opaque;

    detector_returned(m->races->detector, vcpu);
}

/* ICC_SGI<n>R (IHI 0069 12.2): whom it is for. One that is pending already there is no news, but
 * what came before this one is there, too, when it is acknowledged. */
static bool is_target(const struct machine *m, unsigned by, unsigned vcpu, uint64_t value)
{
    uint64_t affinity = m->mpidr[vcpu], aff0 = affinity & 0xff;

    if (value >> 40 & 1)
        return vcpu != by;
    return (affinity >> 8 & 0xff) == (value >> 16 & 0xff) &&
           (affinity >> 16 & 0xff) == (value >> 32 & 0xff) &&
           (affinity >> 32 & 0xff) == (value >> 48 & 0xff) && aff0 / 16 == (value >> 44 & 0xf) &&
           value >> (aff0 & 15) & 1;
}

static void sgi_sent(struct machine *m, unsigned sender, uint32_t intid, uint64_t value)
{
    for (unsigned i = 0; i < m->config.n_vcpus; i++) {
        if (is_target(m, sender, i, value))
            detector_sent(m->races->detector, sender, i, intid, true);
    }
    m->races->sgi_at = machine_instructions(m) + 1;
}

void races_gic_event(struct machine *m, enum gic_event event, unsigned vcpu, uint32_t intid,
                     uint64_t detail)
{
    struct races *r = m->races;
    bool by_guest = engine_is_running(m->engine);
    bool legacy = m->config.gic.legacy;

    if (event == GIC_EVENT_SGI_SENT && !legacy)
        sgi_sent(m, vcpu, intid, detail);
    else if (event == GIC_EVENT_ACKNOWLEDGED)
        detector_acknowledged(r->detector, vcpu, intid, (unsigned)detail);
    else if (event == GIC_EVENT_PENDED && r->sgi_at != machine_instructions(m) + 1)
        detector_sent(r->detector, by_guest ? m->current : (unsigned)DETECTOR_NO_SENDER, vcpu,
                      intid, false);
}

void races_deadline(struct machine *m)
{
    if (engine_is_running(m->engine))
        detector_armed(m->races->detector, m->current);
}

void races_cpu_on(struct machine *m, unsigned starter, unsigned target)
{
    detector_started(m->races->detector, starter, target);
}

void races_mark(struct machine *m)
{
    if (m->races->options.from_begin)
        races_begin_run(m);
}

/* -- Runs -------------------------------------------------------------------------------------- */

void races_begin_run(struct machine *m)
{
    struct races *r = m->races;

    detector_reset(r->detector);
    r->in_run = 0;
    r->first[0] = 0;
    r->sgi_at = 0;
    if (!r->options.explored)
        r->n_found = 0;
    memset(r->seen, 0, sizeof(r->seen));
}

void races_reset(struct machine *m)
{
    if (m->races)
        detector_reset(m->races->detector);
}

void races_end_run(struct machine *m)
{
    detector_finish(m->races->detector);
}

uint64_t races_in_run(const struct machine *m)
{
    return m->races->in_run;
}

const char *races_first(const struct machine *m)
{
    return m->races->first;
}

size_t races_count(const struct machine *m)
{
    return m->races->n_found;
}

/* -- Life -------------------------------------------------------------------------------------- */

static int ignore(struct races *r, const struct machine *m, const char *name, size_t length,
                  struct error *err)
{
    unsigned before = r->n_ignored;

    for (size_t i = 0; m->symbols && i < m->symbols->count; i++) {
        const struct symbol *s = &m->symbols->items[i];
        uint64_t next = i + 1 < m->symbols->count ? s[1].address : s->address + 4;

        if (strlen(s->name) != length || memcmp(s->name, name, length) ||
            r->n_ignored == MAX_IGNORED)
            continue;
        r->ignored[r->n_ignored++] =
            (struct ignored){s->address, s->size_bytes ? s->address + s->size_bytes : next};
    }
    if (r->n_ignored != before)
        return 0;
    return error_bad_input(err,
                           before == MAX_IGNORED
                               ? "--races-ignore: '%.*s' is one too many"
                               : "--races-ignore: '%.*s' is no symbol of the guest; nm lists them",
                           (int)length, name);
}

static int ignore_all(struct races *r, const struct machine *m, struct error *err)
{
    int rc = 0;

    for (const char *at = r->options.ignore; !rc && at && *at;) {
        size_t length = strcspn(at, ",");

        rc = ignore(r, m, at, length, err);
        at += length + (at[length] == ',');
    }
    return rc;
}

static bool allocate(struct machine *m, struct races *r)
{
    const struct detector_config config = {
        .n_vcpus = m->config.n_vcpus,
        .ram_base = BOARD_RAM_BASE,
        .ram_bytes = m->config.ram_bytes,
        .opaque = m,
        .place = place,
        .priority_bar = priority_bar,
        .report = on_race,
    };

    r->detector = detector_create(&config);
    r->spots = spots_create(m);
    return r->detector && r->spots;
}

static int listen(struct machine *m, struct races *r)
{
    int rc;

    r->observer = (struct cpu_observer){.opaque = m,
                                        .access = on_access,
                                        .memory_barrier = on_barrier,
                                        .entered = on_entered,
                                        .returned = on_returned};
    rc = r->options.explored ? 0 : engine_watch_start(m->engine, NULL, NULL);
    rc = rc ? rc : engine_observe(m->engine, &r->observer);
    if (!rc && !r->options.explored)
        engine_watch_all(m->engine, true);
    wires_set_events(m);
    return rc;
}

int races_start(struct machine *m, const struct races_options *options, struct error *err)
{
    struct races *r = calloc(1, sizeof(*r));
    int rc;

    if (!r)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for races");
    r->options = *options;
    m->races = r;
    rc = ignore_all(r, m, err);
    if (!rc && (!allocate(m, r) || listen(m, r)))
        rc = error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for races");
    if (rc)
        races_stop(m);
    return rc;
}

void races_stop(struct machine *m)
{
    struct races *r = m->races;

    if (!r)
        return;
    engine_observe(m->engine, NULL);
    if (!r->options.explored)
        engine_watch_stop(m->engine);
    m->races = NULL;
    wires_set_events(m);
    detector_destroy(r->detector);
    spots_destroy(r->spots);
    free(r);
}
