/* SPDX-License-Identifier: MIT */
/*
 * ITS tables as KVM's ABI revision 0 has them (Linux, Documentation/virt/kvm/devices/
 * arm-vgic-its.rst), and back.
 *
 * While an ITS works its tables are in guest memory already (itstab.c). What differs:
 *
 *   next         A scan goes from entry to entry: each valid one says how far the next is, the
 *                last one says 0. Entries that are skipped count as not there.
 *   collections  A list without gaps, in any order, ended by an entry that is not valid if there
 *                is room for one. A collection that interrupts name but MAPC does not map is in
 *                the list too, with a target of all-ones.
 *
 * Saving leaves the collection table as a list (list_form); the first use makes it indexed again.
 *
 * Memory is the guest's, and may hold anything: a walk reads at most WALK_MAX entries, and what no
 * command could have put there is removed when saving, and refused when restoring.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gic/its.h"

#define ENTRY_VALID     (1ull << 63)
#define BLOCK_ENTRIES   512u
#define WALK_MAX        (1ull << 27) /* 1 GiB of entries */
#define MAX_COLLECTIONS 0x10000u
#define TARGET_NONE     0xffffffffu
#define DEVICE_NEXT     49 /* shifts of the next fields, and their largest values */
#define DEVICE_NEXT_MAX 0x3fffu
#define EVENT_NEXT      48
#define EVENT_NEXT_MAX  0xffffu

/* All collections: whether something names them, and their vCPU + 1, 0 if not mapped. */
struct collections {
    uint8_t named[MAX_COLLECTIONS];
    uint16_t target[MAX_COLLECTIONS];
};

struct walk {
    struct gic_its *its;
    uint64_t left; /* entries that may still be read */
    struct collections *collections;
};

/* -- Entries in memory -- */

static uint64_t get_le64(const uint8_t *b)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < 8; i++)
        value |= (uint64_t)b[i] << (i * 8);
    return value;
}

static int read_block(struct gic_its *its, uint64_t address, unsigned n, uint64_t *entries)
{
    const struct gic_config *c = &its->gic->config;
    uint8_t bytes[BLOCK_ENTRIES * ITS_ENTRY_BYTES];

    if (c->memory_read(c->opaque, address, bytes, (size_t)n * ITS_ENTRY_BYTES) != 0)
        return -EFAULT;
    for (unsigned i = 0; i < n; i++)
        entries[i] = get_le64(bytes + (size_t)i * ITS_ENTRY_BYTES);
    return 0;
}

/* One entry of a table that is walked; @table is the walker's own. Returns 0 or an error. */
typedef int entry_fn(struct walk *w, void *table, uint32_t id, uint64_t address, uint64_t entry);

/* Entries first .. first + n - 1, in a row from @address on; those that are zero are passed over.
 */
static int walk_row(struct walk *w, uint64_t address, uint64_t first, uint64_t n, entry_fn *fn,
                    void *table)
{
    uint64_t entries[BLOCK_ENTRIES];
    int err = 0;

    for (uint64_t at = 0; at < n && err == 0; at += BLOCK_ENTRIES) {
        unsigned count = n - at < BLOCK_ENTRIES ? (unsigned)(n - at) : BLOCK_ENTRIES;
        uint64_t block = address + at * ITS_ENTRY_BYTES;
        if (w->left < count)
            return -E2BIG;
        w->left -= count;
        err = read_block(w->its, block, count, entries);
        for (unsigned i = 0; i < count && err == 0; i++)
            if (entries[i] != 0)
                err = fn(w, table, (uint32_t)(first + at + i), block + i * ITS_ENTRY_BYTES,
                         entries[i]);
    }
    return err;
}

/* -- The chain of next fields -- */

struct chain {
    unsigned shift;
    uint32_t max;
    bool begun;
    uint32_t id; /* saving: of the last valid entry; restoring: of the next one */
    bool ended;  /* restoring: the last one has been seen */
    uint64_t address, entry;
};

static uint64_t without_next(const struct chain *c, uint64_t entry)
{
    return entry & ~((uint64_t)c->max << c->shift);
}

/* The entry before gets its distance to this one. */
static int chain_append(struct gic_its *its, struct chain *c, uint32_t id, uint64_t address,
                        uint64_t entry)
{
    uint32_t distance = id - c->id < c->max ? id - c->id : c->max;
    int err = 0;

    if (c->begun)
        err = its_store(its, c->address, c->entry | (uint64_t)distance << c->shift);
    c->begun = true;
    c->id = id;
    c->address = address;
    c->entry = without_next(c, entry);
    return err;
}

static int chain_finish(struct gic_its *its, const struct chain *c)
{
    return c->begun ? its_store(its, c->address, c->entry) : 0;
}

/* Whether the chain comes by entry @id, which is valid; then where it goes from there. */
static bool chain_follow(struct chain *c, uint32_t id, uint64_t entry)
{
    uint32_t next = (uint32_t)(entry >> c->shift) & c->max;

    if (c->ended || id < c->id)
        return false;
    c->ended = next == 0;
    c->id = id + next;
    return true;
}

/* -- Devices and their interrupts, the same for both directions -- */

struct table {
    struct chain chain;
    uint64_t n; /* entries it can have */
    bool saving;
};

static struct table make_table(unsigned shift, uint32_t max, uint64_t n, bool saving)
{
    return (struct table){.chain = {.shift = shift, .max = max}, .n = n, .saving = saving};
}

/* What is not there for the other side must not look as if it were. */
static int drop(struct walk *w, uint64_t address)
{
    return its_store(w->its, address, 0);
}

/* A valid entry's place in the chain. True in *keep: its contents matter. */
static int chain_entry(struct walk *w, struct table *t, uint32_t id, uint64_t address,
                       uint64_t entry, bool good, bool *keep)
{
    *keep = false;
    if (t->saving) {
        *keep = good;
        return good ? chain_append(w->its, &t->chain, id, address, entry) : drop(w, address);
    }
    if (!chain_follow(&t->chain, id, entry))
        return drop(w, address);
    *keep = true;
    return good && t->chain.id < t->n ? 0 : -EINVAL;
}

/* An interrupt that MAPTI could have made. */
static bool interrupt_good(struct walk *w, const struct table *t, uint64_t entry)
{
    uint32_t intid = (uint32_t)(entry >> 16), collection = entry & 0xffff;

    if (intid < GIC_INTID_LPI || intid >> w->its->gic->config.lpi_id_bits != 0)
        return false;
    if (collection < w->its->config.hardware_collections)
        return true;
    if (!t->saving)
        return w->collections->named[collection];
    return collection < its_table_entries(w->its, ITS_BASER_COLLECTIONS);
}

static int walk_interrupt(struct walk *w, void *table, uint32_t id, uint64_t address,
                          uint64_t entry)
{
    struct table *t = table;
    bool keep;

    if ((uint32_t)(entry >> 16) == 0)
        return 0;
    int err = chain_entry(w, t, id, address, entry, interrupt_good(w, t, entry), &keep);
    if (keep && t->saving)
        w->collections->named[entry & 0xffff] = 1;
    return err;
}

static int walk_device(struct walk *w, void *table, uint32_t id, uint64_t address, uint64_t entry)
{
    struct table *t = table;
    unsigned event_bits = (unsigned)(entry & 0x1f) + 1;
    uint64_t itt = (entry >> 5 & 0xfffffffffffull) << 8;
    bool keep;

    if (!(entry & ENTRY_VALID))
        return 0;
    int err =
        chain_entry(w, t, id, address, entry, event_bits <= w->its->config.event_id_bits, &keep);
    if (err != 0 || !keep)
        return err;
    struct table events = make_table(EVENT_NEXT, EVENT_NEXT_MAX, 1ull << event_bits, t->saving);
    err = walk_row(w, itt, 0, events.n, walk_interrupt, &events);
    return err == 0 && t->saving ? chain_finish(w->its, &events.chain) : err;
}

/* Page by page: those of a second level need not be there. */
static int walk_devices(struct walk *w, bool saving)
{
    struct gic_its *its = w->its;
    uint64_t in_table = its_table_entries(its, ITS_BASER_DEVICES);
    uint64_t ids = 1ull << its->config.device_id_bits, n = in_table < ids ? in_table : ids;
    uint64_t page = its_table_page_entries(its, ITS_BASER_DEVICES);
    struct table devices = make_table(DEVICE_NEXT, DEVICE_NEXT_MAX, n, saving);
    int err = 0;

    for (uint64_t id = 0; id < n && err == 0; id += page) {
        uint64_t address, count = n - id < page ? n - id : page;
        if (w->left-- == 0)
            return -E2BIG;
        err = its_table_locate(its, ITS_BASER_DEVICES, (uint32_t)id, &address);
        if (err == 0)
            err = walk_row(w, address, id, count, walk_device, &devices);
        else if (err == -ENOENT)
            err = 0;
    }
    return err == 0 && saving ? chain_finish(its, &devices.chain) : err;
}

/* -- Collections -- */

static uint32_t table_collections(struct gic_its *its)
{
    uint64_t n = its_table_entries(its, ITS_BASER_COLLECTIONS);

    return n < MAX_COLLECTIONS ? (uint32_t)n : MAX_COLLECTIONS;
}

/* From the indexed table. */
static int index_entry(struct walk *w, void *table, uint32_t id, uint64_t address, uint64_t entry)
{
    uint32_t target = (uint16_t)(entry >> 16);

    (void)table, (void)address;
    if (!(entry & ENTRY_VALID) || target >= w->its->gic->config.n_vcpus ||
        id < w->its->config.hardware_collections)
        return 0;
    w->collections->named[id] = 1;
    w->collections->target[id] = (uint16_t)(target + 1);
    return 0;
}

static int read_index(struct walk *w)
{
    uint64_t address;
    uint32_t n = table_collections(w->its);

    if (n == 0)
        return 0;
    int err = its_table_locate(w->its, ITS_BASER_COLLECTIONS, 0, &address);
    return err != 0 ? err : walk_row(w, address, 0, n, index_entry, NULL);
}

static int write_index(struct walk *w)
{
    uint32_t n = table_collections(w->its);
    uint64_t address;
    int err = n == 0 ? 0 : its_table_locate(w->its, ITS_BASER_COLLECTIONS, 0, &address);

    for (uint32_t id = 0; id < n && err == 0; id++) {
        uint16_t target = w->collections->target[id];
        uint64_t entry = target == 0 ? 0 : ENTRY_VALID | (target - 1ull) << 16 | id;
        err = its_store(w->its, address + (uint64_t)id * ITS_ENTRY_BYTES, entry);
    }
    return err;
}

static int write_list(struct walk *w)
{
    const struct collections *c = w->collections;
    uint32_t n = table_collections(w->its), used = 0;
    uint64_t address;
    int err = n == 0 ? 0 : its_table_locate(w->its, ITS_BASER_COLLECTIONS, 0, &address);

    for (uint32_t id = w->its->config.hardware_collections; id < n && err == 0; id++) {
        if (!c->named[id])
            continue;
        uint64_t target = c->target[id] != 0 ? c->target[id] - 1ull : TARGET_NONE;
        err = its_store(w->its, address + (uint64_t)used++ * ITS_ENTRY_BYTES,
                        ENTRY_VALID | target << 16 | id);
    }
    if (err == 0 && used < n)
        err = its_store(w->its, address + (uint64_t)used * ITS_ENTRY_BYTES, 0);
    return err;
}

/* One collection of a list. */
static int take_entry(struct walk *w, uint64_t entry)
{
    struct collections *c = w->collections;
    uint32_t id = entry & 0xffff, target = (uint32_t)(entry >> 16);

    if (id >= table_collections(w->its) || id < w->its->config.hardware_collections ||
        c->named[id] || (target != TARGET_NONE && target >= w->its->gic->config.n_vcpus))
        return -EINVAL;
    c->named[id] = 1;
    c->target[id] = target == TARGET_NONE ? 0 : (uint16_t)(target + 1);
    return 0;
}

/* Up to the first entry that is not valid. @strict: what cannot be is an error, else passed over.
 */
static int read_list(struct walk *w, bool strict)
{
    uint32_t n = table_collections(w->its);
    uint64_t address, entries[BLOCK_ENTRIES];
    int err = n == 0 ? 0 : its_table_locate(w->its, ITS_BASER_COLLECTIONS, 0, &address);

    for (uint32_t at = 0; at < n && err == 0; at += BLOCK_ENTRIES) {
        err = read_block(w->its, address + (uint64_t)at * ITS_ENTRY_BYTES, BLOCK_ENTRIES, entries);
        for (unsigned i = 0; i < BLOCK_ENTRIES && err == 0; i++) {
            if (!(entries[i] & ENTRY_VALID))
                return 0;
            int taken = take_entry(w, entries[i]);
            err = strict ? taken : 0;
        }
    }
    return err;
}

/* -- Both ways -- */

static int with_walk(struct gic_its *its, int (*fn)(struct walk *w))
{
    struct walk w = {.its = its, .left = WALK_MAX};

    w.collections = calloc(1, sizeof(*w.collections));
    int err = w.collections != NULL ? fn(&w) : -ENOMEM;
    free(w.collections);
    return err;
}

static int save(struct walk *w)
{
    int err = read_index(w);

    if (err == 0)
        err = walk_devices(w, true);
    return err != 0 ? err : write_list(w);
}

/*
 * Entries that a chain passes over are removed on the way: after an error, another try sees the
 * same. The index is made last.
 */
static int restore(struct walk *w)
{
    int err = read_list(w, true);

    if (err == 0)
        err = walk_devices(w, false);
    return err != 0 ? err : write_index(w);
}

static int reindex(struct walk *w)
{
    int err = read_list(w, false);

    return err != 0 ? err : write_index(w);
}

void its_end_list_form(struct gic_its *its)
{
    if (!its->s.list_form)
        return;
    its->s.list_form = 0;
    with_walk(its, reindex); /* what cannot be read is not mapped */
}

uint32_t its_abi(const struct gic_its *its)
{
    return gic_is_v4(its->gic) ? 1 : 0;
}

int its_save_tables(struct gic_its *its)
{
    if (its_abi(its) != 0)
        return 0;
    its_end_list_form(its);
    int err = with_walk(its, save);
    its->s.list_form = err == 0;
    return err;
}

int its_restore_tables(struct gic_its *its)
{
    if (its_abi(its) != 0)
        return 0;
    int err = with_walk(its, restore);

    if (err == 0)
        its->s.list_form = 0;
    return err;
}
