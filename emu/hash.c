/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The state hash: XXH3-64 over everything that a guest could ever see. Pages of zeros count as
 * untouched, so that the hash does not depend on which pages the host has backed.
 */
#include "emu/machine.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

enum { PAGE = 4096, PAGEMAP_BATCH = 512 };

/* /proc/self/pagemap: bit 63 present, bit 62 swapped (Documentation/admin-guide/mm/pagemap). */
#define PAGEMAP_BACKED (3ull << 62)

struct hasher {
    struct visitor visitor; /* first: devices get a pointer to it */
    XXH3_state_t *state;
};

static void add(struct hasher *h, const void *data, size_t size_bytes)
{
    XXH3_64bits_update(h->state, data, size_bytes);
}

static void add_named(void *opaque, const char *name, void *data, size_t size_bytes)
{
    add(opaque, name, strlen(name));
    add(opaque, data, size_bytes);
}

static void add_device_bytes(struct visitor *v, const char *name, void *data, size_t size_bytes)
{
    add_named(v, name, data, size_bytes);
}

static bool is_zero_page(const uint8_t *page)
{
    return page[0] == 0 && !memcmp(page, page + 1, PAGE - 1);
}

static void add_page(struct hasher *h, const uint8_t *ram, uint64_t index)
{
    const uint8_t *page = ram + index * PAGE;

    if (is_zero_page(page))
        return;
    add(h, &index, sizeof(index));
    add(h, page, PAGE);
}

/* Where the host never backed a page there is nothing to read; without pagemap, read everything. */
static void add_ram(struct hasher *h, const struct machine *m)
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
            if (backed[i] & PAGEMAP_BACKED)
                add_page(h, m->ram, at + i);
        }
    }
    if (fd >= 0)
        close(fd);
}

static void add_schedule(struct hasher *h, const struct machine *m)
{
    for (unsigned i = 0; i < m->config.n_vcpus; i++) {
        const struct vcpu *v = &m->vcpus[i];
        uint64_t words[] = {v->state,  v->turn,        v->turn_left, v->idle_turn,
                            v->hinted, v->idle_length, v->last_poll, v->polls};

        add(h, words, sizeof(words));
    }
    uint64_t words[] = {m->current, m->clock.skipped_ns, m->waiting.active, m->waiting.since_ns,
                        machine_instructions(m)};

    add(h, words, sizeof(words));
}

uint64_t machine_state_hash(struct machine *m)
{
    struct hasher h = {.visitor = {.bytes = add_device_bytes}, .state = XXH3_createState()};
    uint64_t hash;

    if (!h.state)
        return 0;
    XXH3_64bits_reset(h.state);
    add_ram(&h, m);
    for (unsigned i = 0; i < m->config.n_vcpus; i++)
        vcpu_visit(m->engine, i, add_named, &h);
    gic_visit(m->gic, add_named, &h);
    timers_visit(m->timers, add_named, &h);
    for (unsigned i = 0; i < m->n_slots; i++) {
        struct dev *dev = m->slots[i].dev;

        add(&h, &m->slots[i].deadline_ns, sizeof(uint64_t));
        dev->ops->visit(dev, &h.visitor);
    }
    add_schedule(&h, m);
    hash = XXH3_64bits_digest(h.state);
    XXH3_freeState(h.state);
    return hash;
}
