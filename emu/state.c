/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The one walk over a machine's state, for hash, save and restore (emu/machine.h, "State").
 *
 * The order is that of a restore: whoever is told what others hold comes behind them. vCPUs and the
 * clock are first; the GIC before the timers and devices, which drive its lines; the schedule last,
 * because a line that moves on the way wakes a vCPU.
 */
#include "emu/machine.h"

#include "emu/vmm.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "emu/actor.h"

enum { PAGE = 4096, PAGEMAP_BATCH = 512 };

/* /proc/self/pagemap: bit 63 present, bit 62 swapped (Documentation/admin-guide/mm/pagemap). */
#define PAGEMAP_BACKED (3ull << 62)

/* Beyond these a restored count is nobody's, and sums might overflow. */
#define MAX_INSTRUCTIONS (1ull << 42)
#define MAX_NS           (1ull << 62)
#define MAX_TURN         (1ull << 32)

/* -- RAM --------------------------------------------------------------------------------------- */

static bool is_zero_page(const uint8_t *page)
{
    return page[0] == 0 && !memcmp(page, page + 1, PAGE - 1);
}

/* Where the host never backed a page there is nothing to read; without pagemap, read everything. */
void machine_visit_ram(const struct machine *m,
                       void (*fn)(void *opaque, uint64_t index, const uint8_t *bytes), void *opaque)
{
    uint64_t n = m->config.ram_bytes / PAGE, first = (uintptr_t)m->ram / PAGE;
    uint64_t backed[PAGEMAP_BATCH];
    int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

    for (uint64_t at = 0; at < n; at += PAGEMAP_BATCH) {
        uint64_t count = n - at < PAGEMAP_BATCH ? n - at : PAGEMAP_BATCH;
        ssize_t want = (ssize_t)(count * sizeof(backed[0]));

        if (fd < 0 || pread(fd, backed, (size_t)want, (off_t)((first + at) * 8)) != want)
            memset(backed, 0xff, sizeof(backed));
        for (uint64_t i = 0; i < count; i++) {
            const uint8_t *page = m->ram + (at + i) * PAGE;

            if ((backed[i] & PAGEMAP_BACKED) && !is_zero_page(page))
                fn(opaque, at + i, page);
        }
    }
    if (fd >= 0)
        close(fd);
}

/* -- All else ---------------------------------------------------------------------------------- */

/* The rooms below know no visitors, but plain functions. */
static void piece(void *opaque, const char *name, void *data, size_t size_bytes)
{
    struct visitor *v = opaque;

    v->bytes(v, name, data, size_bytes);
}

static void visit_u64(struct visitor *v, const char *name, uint64_t *value, uint64_t max)
{
    v->bytes(v, name, value, sizeof(*value));
    if (v->restoring && *value > max)
        *value = 0;
}

static void visit_bool(struct visitor *v, const char *name, bool *value)
{
    uint8_t byte = *value;

    v->bytes(v, name, &byte, sizeof(byte));
    *value = byte != 0;
}

static void visit_time(struct machine *m, struct visitor *v)
{
    visit_u64(v, "skipped_ns", &m->clock.skipped_ns, MAX_NS);
    visit_u64(v, "waiting.since_ns", &m->waiting.since_ns, MAX_NS);
    visit_bool(v, "waiting.active", &m->waiting.active);
    if (v->restoring)
        m->clock.host_start_ns = 0;
}

static void visit_vcpus(struct machine *m, struct visitor *v)
{
    engine_visit(m->engine, piece, v);
    for (unsigned i = 0; i < m->config.n_vcpus; i++)
        vcpu_visit(m->engine, i, piece, v);
    for (unsigned i = 0; v->restoring && i < m->config.n_vcpus; i++)
        vcpu_after_restore(m->engine, i);
}

static void visit_turn(struct vcpu *vcpu, struct visitor *v)
{
    uint64_t state = vcpu->state, polls = vcpu->polls;

    visit_u64(v, "state", &state, VCPU_LEAVING);
    visit_u64(v, "turn", &vcpu->turn, MAX_TURN);
    visit_u64(v, "turn_left", &vcpu->turn_left, MAX_TURN);
    visit_bool(v, "restarted", &vcpu->restarted);
    visit_bool(v, "idle_turn", &vcpu->idle_turn);
    visit_bool(v, "hinted", &vcpu->hinted);
    visit_u64(v, "idle_length", &vcpu->idle_length, MAX_TURN);
    visit_u64(v, "last_poll", &vcpu->last_poll, MAX_INSTRUCTIONS);
    visit_u64(v, "polls", &polls, UINT32_MAX);
    visit_u64(v, "event_ns", &vcpu->event_ns, MAX_NS);
    vcpu->state = (enum vcpu_state)state;
    vcpu->polls = (uint32_t)polls;
}

static void visit_schedule(struct machine *m, struct visitor *v)
{
    uint64_t current = m->current;

    for (unsigned i = 0; i < m->config.n_vcpus; i++)
        visit_turn(&m->vcpus[i], v);
    visit_u64(v, "current", &current, sched_threads(m) - 1);
    m->current = (unsigned)current;
    if (v->restoring)
        waits_restored(m);
}

static void visit_timers(struct machine *m, struct visitor *v)
{
    timers_visit(m->timers, piece, v);
    if (!v->restoring)
        return;
    wires_tell_timers(m);
    timers_after_restore(m->timers);
}

static void visit_devices(struct machine *m, struct visitor *v)
{
    for (unsigned i = 0; i < m->n_slots; i++) {
        struct slot *slot = &m->slots[i];
        uint64_t deadline_ns = slot->deadline_ns;

        v->bytes(v, "deadline_ns", &deadline_ns, sizeof(deadline_ns));
        slot->dev->ops->visit(slot->dev, v);
        slot->deadline_ns = deadline_ns;
    }
    if (v->restoring)
        bus_update_deadline(m);
}

void machine_visit(struct machine *m, struct visitor *v)
{
    visit_vcpus(m, v);
    visit_time(m, v);
    gic_visit(m->gic, piece, v);
    if (v->restoring)
        gic_after_restore(m->gic);
    visit_timers(m, v);
    visit_devices(m, v);
    if (v->restoring)
        wires_set_lines(m);
    visit_schedule(m, v);
    actors_visit(m, v);
}

void machine_visit_position(struct machine *m, struct visitor *v)
{
    struct statistics *s = &m->statistics;
    size_t acknowledged = m->config.n_vcpus * sizeof(*s->acknowledged);

    v->bytes(v, "asked", m->chooser.asked, sizeof(m->chooser.asked));
    v->bytes(v, "random_state", &m->chooser.random_state, sizeof(m->chooser.random_state));
    v->bytes(v, "counts", s, offsetof(struct statistics, acknowledged));
    v->bytes(v, "acknowledged", s->acknowledged, acknowledged);
    vmm_visit_position(m, v);
}

/* -- What the walk's form, and what its bytes mean, depends on ----------------------------------
 */

static uint64_t hash_device(uint64_t seed, const struct slot *slot)
{
    const uint64_t words[] = {slot->base, slot->first_intid, slot->dev->region_bytes};

    seed = XXH3_64bits_withSeed(slot->dev->ops->name, strlen(slot->dev->ops->name), seed);
    return XXH3_64bits_withSeed(words, sizeof(words), seed);
}

uint64_t machine_fingerprint(const struct machine *m)
{
    const struct machine_config *c = &m->config;
    const uint64_t words[] = {c->n_vcpus,      c->ram_bytes,  c->has_el2,     c->has_el3,
                              c->icount_shift, c->counter_hz, c->mmio_timers, c->rtc_base_seconds};
    uint64_t hash = XXH3_64bits(words, sizeof(words));

    hash = XXH3_64bits_withSeed(c->cpu_model, strlen(c->cpu_model), hash);
    /* No holes: whole words, then switches. */
    hash = XXH3_64bits_withSeed(&c->gic,
                                offsetof(struct gic_options, legacy) + sizeof(c->gic.legacy), hash);
    if (c->actor)
        hash = XXH3_64bits_withSeed(c->actor, strlen(c->actor), hash);
    for (unsigned i = 0; i < m->n_slots; i++)
        hash = hash_device(hash, &m->slots[i]);
    return hash;
}
