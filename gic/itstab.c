/* SPDX-License-Identifier: MIT */
/*
 * ITS tables in guest memory (IHI 0069 5.2, 12.19 GITS_BASER<n>): flat or two levels.
 *
 * Entries are KVM's, ABI revision 0, little-endian:
 *   device      63 valid, 48..5 bits 51..8 of the table's address, 4..0 EventID bits - 1
 *   interrupt   47..16 INTID (0: none), 15..0 collection or, of a vLPI, vPEID
 *               with GICv4 a second word: 63 a vLPI, 31..0 its doorbell, 1023 none
 *   collection  63 valid, 51..16 target, 15..0 its number
 * The vPE table of GICv4 is in vpe.h.
 * While the ITS works, tables are indexed, and the `next` fields of devices (62..49) and interrupts
 * (63..48), which only a scan needs, may hold anything. itssave.c makes of them what KVM expects.
 */
#include <errno.h>

#include "gic/vpe.h"

#define ENTRY_VALID (1ull << 63)

int gic_table_load(struct gic *g, uint64_t address, uint64_t *words, unsigned n)
{
    uint8_t b[32];

    if (g->config.memory_read(g->config.opaque, address, b, n * 8) != 0)
        return -EFAULT;
    for (unsigned w = 0; w < n; w++) {
        words[w] = 0;
        for (unsigned i = 0; i < 8; i++)
            words[w] |= (uint64_t)b[w * 8 + i] << (i * 8);
    }
    return 0;
}

int gic_table_store(struct gic *g, uint64_t address, const uint64_t *words, unsigned n)
{
    uint8_t b[32];

    for (unsigned i = 0; i < n * 8; i++)
        b[i] = (uint8_t)(words[i / 8] >> (i % 8 * 8));
    return g->config.memory_write(g->config.opaque, address, b, n * 8) != 0 ? -EFAULT : 0;
}

static int load(struct gic_its *its, uint64_t address, uint64_t *value)
{
    return gic_table_load(its->gic, address, value, 1);
}

int its_store(struct gic_its *its, uint64_t address, uint64_t value)
{
    return gic_table_store(its->gic, address, &value, 1);
}

/* -- Flat tables, and those of two levels -- */

uint64_t gic_table_page_bytes(unsigned code)
{
    static const uint32_t sizes[4] = {0x1000, 0x4000, 0x10000, 0x10000};

    return sizes[code & 3];
}

int gic_table_locate(struct gic *g, const struct gic_table *t, uint32_t id, uint64_t *address)
{
    uint64_t per_page = t->page_bytes / t->entry_bytes;
    uint64_t first;

    if (!t->valid)
        return -ERANGE;
    if (!t->indirect) {
        *address = t->address + (uint64_t)id * t->entry_bytes;
        return id < t->pages * per_page ? 0 : -ERANGE;
    }
    if (id / per_page >= t->pages * t->page_bytes / 8)
        return -ERANGE;
    if (gic_table_load(g, t->address + id / per_page * 8, &first, 1) != 0)
        return -EFAULT;
    if (!(first & ENTRY_VALID))
        return -ENOENT;
    *address = (first & 0xffffffffff000ull & ~(t->page_bytes - 1)) + id % per_page * t->entry_bytes;
    return 0;
}

unsigned its_entry_bytes(const struct gic_its *its, unsigned which)
{
    if (which != ITS_BASER_VPES)
        return ITS_ENTRY_BYTES;
    return gic_is_v41(its->gic) ? VPE_ENTRY_BYTES_V41 : VPE_ENTRY_BYTES_V40;
}

/* GITS_BASER<n>. With 64 KiB pages bits 15:12 hold the address's bits 51:48. */
static struct gic_table table_of(const struct gic_its *its, unsigned which)
{
    uint64_t baser = its->s.baser[which];
    struct gic_table t = {
        .valid = (baser & ENTRY_VALID) != 0,
        .indirect = (baser & 1ull << 62) != 0,
        .page_bytes = gic_table_page_bytes(baser >> 8 & 3),
        .pages = (baser & 0xff) + 1,
        .entry_bytes = its_entry_bytes(its, which),
    };

    if (t.page_bytes == 0x10000)
        t.address = (baser & 0xffffffff0000ull) | (baser >> 12 & 0xf) << 48;
    else
        t.address = baser & 0xfffffffff000ull;
    return t;
}

uint64_t its_table_page_entries(struct gic_its *its, unsigned which)
{
    struct gic_table t = table_of(its, which);

    return t.page_bytes / t.entry_bytes;
}

uint64_t its_table_entries(struct gic_its *its, unsigned which)
{
    struct gic_table t = table_of(its, which);
    uint64_t per_page = t.page_bytes / t.entry_bytes;

    if (!t.valid)
        return 0;
    return t.indirect ? t.pages * (t.page_bytes / 8) * per_page : t.pages * per_page;
}

int its_table_locate(struct gic_its *its, unsigned which, uint32_t id, uint64_t *address)
{
    struct gic_table t = table_of(its, which);

    return gic_table_locate(its->gic, &t, id, address);
}

/* -- Devices -- */

int its_device_read(struct gic_its *its, uint32_t id, struct its_device *out)
{
    uint64_t address, entry;

    if ((uint64_t)id >> its->config.device_id_bits != 0)
        return -ERANGE;
    int err = its_table_locate(its, ITS_BASER_DEVICES, id, &address);
    if (err == 0)
        err = load(its, address, &entry);
    if (err != 0)
        return err;
    out->valid = (entry & ENTRY_VALID) != 0;
    out->itt = (entry >> 5 & 0xfffffffffffull) << 8;
    out->event_bits = (unsigned)(entry & 0x1f) + 1;
    return out->valid ? 0 : -ENOENT;
}

int its_device_write(struct gic_its *its, uint32_t id, const struct its_device *d)
{
    uint64_t address, entry = 0;

    if ((uint64_t)id >> its->config.device_id_bits != 0)
        return -ERANGE;
    int err = its_table_locate(its, ITS_BASER_DEVICES, id, &address);
    if (err != 0)
        return err;
    if (d->valid)
        entry = ENTRY_VALID | (d->itt >> 8 & 0xfffffffffffull) << 5 | (d->event_bits - 1);
    return its_store(its, address, entry);
}

/* -- Interrupts of a device -- */

/* With GICv4 a second word says whether the first is of a vLPI. */
unsigned its_interrupt_bytes(const struct gic_its *its)
{
    return gic_is_v4(its->gic) ? 16 : ITS_ENTRY_BYTES;
}

int its_interrupt_read(struct gic_its *its, const struct its_device *d, uint32_t event,
                       struct its_interrupt *out)
{
    unsigned bytes = its_interrupt_bytes(its);
    uint64_t entry[2] = {0};

    if ((uint64_t)event >> d->event_bits != 0)
        return -ERANGE;
    if (gic_table_load(its->gic, d->itt + (uint64_t)event * bytes, entry, bytes / 8) != 0)
        return -EFAULT;
    out->intid = (uint32_t)(entry[0] >> 16);
    out->collection = (uint16_t)entry[0];
    out->is_virtual = (entry[1] & ENTRY_VALID) != 0;
    out->doorbell = (uint32_t)entry[1];
    return out->intid != 0 ? 0 : -ENOENT;
}

int its_interrupt_write(struct gic_its *its, const struct its_device *d, uint32_t event,
                        const struct its_interrupt *i)
{
    unsigned bytes = its_interrupt_bytes(its);
    uint64_t entry[2] = {0};

    if ((uint64_t)event >> d->event_bits != 0)
        return -ERANGE;
    if (i->intid != 0)
        entry[0] = (uint64_t)i->intid << 16 | i->collection;
    if (i->intid != 0 && i->is_virtual)
        entry[1] = ENTRY_VALID | i->doorbell;
    return gic_table_store(its->gic, d->itt + (uint64_t)event * bytes, entry, bytes / 8);
}

/* -- Collections: the first ones may be held inside (GITS_TYPER.HCC) -- */

bool its_collection_in_range(struct gic_its *its, uint32_t id)
{
    uint64_t address;

    its_end_list_form(its);
    return id < its->config.hardware_collections ||
           its_table_locate(its, ITS_BASER_COLLECTIONS, id, &address) != -ERANGE;
}

int its_collection_read(struct gic_its *its, uint32_t id, struct its_collection *out)
{
    uint64_t address, entry;
    int err = 0;

    its_end_list_form(its);
    if (id < its->config.hardware_collections) {
        entry = its->s.hw_collections[id];
    } else {
        err = its_table_locate(its, ITS_BASER_COLLECTIONS, id, &address);
        if (err == 0)
            err = load(its, address, &entry);
    }
    if (err != 0)
        return err;
    out->valid = (entry & ENTRY_VALID) != 0;
    out->target = (uint16_t)(entry >> 16);
    return out->valid ? 0 : -ENOENT;
}

int its_collection_write(struct gic_its *its, uint32_t id, const struct its_collection *c)
{
    uint64_t address;
    uint64_t entry = c->valid ? ENTRY_VALID | (uint64_t)c->target << 16 | (id & 0xffff) : 0;

    if (id < its->config.hardware_collections) {
        its->s.hw_collections[id] = entry;
        return 0;
    }
    its_end_list_form(its);
    int err = its_table_locate(its, ITS_BASER_COLLECTIONS, id, &address);
    return err != 0 ? err : its_store(its, address, entry);
}
