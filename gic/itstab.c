/* SPDX-License-Identifier: MIT */
/*
 * ITS tables in guest memory (IHI 0069 5.2, 12.19 GITS_BASER<n>): flat or two levels.
 *
 * Entries are KVM's, ABI revision 0, little-endian:
 *   device      63 valid, 48..5 bits 51..8 of the table's address, 4..0 EventID bits - 1
 *   interrupt   47..16 INTID (0: none), 15..0 collection
 *   collection  63 valid, 51..16 target, 15..0 its number
 * While the ITS works, tables are indexed, and the `next` fields of devices (62..49) and interrupts
 * (63..48), which only a scan needs, may hold anything. itssave.c makes of them what KVM expects.
 */
#include <errno.h>

#include "gic/its.h"

#define ENTRY_VALID (1ull << 63)

static int load(struct gic_its *its, uint64_t address, uint64_t *value)
{
    const struct gic_config *c = &its->gic->config;
    uint8_t b[8];

    if (c->memory_read(c->opaque, address, b, sizeof(b)) != 0)
        return -EFAULT;
    *value = 0;
    for (unsigned i = 0; i < 8; i++)
        *value |= (uint64_t)b[i] << (i * 8);
    return 0;
}

int its_store(struct gic_its *its, uint64_t address, uint64_t value)
{
    const struct gic_config *c = &its->gic->config;
    uint8_t b[8];

    for (unsigned i = 0; i < 8; i++)
        b[i] = (uint8_t)(value >> (i * 8));
    return c->memory_write(c->opaque, address, b, sizeof(b)) != 0 ? -EFAULT : 0;
}

/* -- GITS_BASER<n> -- */

static uint64_t page_bytes(uint64_t baser)
{
    static const uint32_t sizes[4] = {0x1000, 0x4000, 0x10000, 0x10000};

    return sizes[baser >> 8 & 3];
}

/* With 64 KiB pages bits 15:12 hold the address's bits 51:48. */
static uint64_t table_address(uint64_t baser)
{
    if (page_bytes(baser) == 0x10000)
        return (baser & 0xffffffff0000ull) | (baser >> 12 & 0xf) << 48;
    return baser & 0xfffffffff000ull;
}

uint64_t its_table_page_entries(struct gic_its *its, unsigned which)
{
    return page_bytes(its->s.baser[which]) / ITS_ENTRY_BYTES;
}

uint64_t its_table_entries(struct gic_its *its, unsigned which)
{
    uint64_t baser = its->s.baser[which];
    uint64_t per_page = page_bytes(baser) / ITS_ENTRY_BYTES;
    uint64_t first = ((baser & 0xff) + 1) * per_page;

    if (!(baser & ENTRY_VALID))
        return 0;
    return baser & 1ull << 62 ? first * per_page : first;
}

int its_table_locate(struct gic_its *its, unsigned which, uint32_t id, uint64_t *address)
{
    uint64_t baser = its->s.baser[which];
    uint64_t page = page_bytes(baser);
    uint64_t n = ((baser & 0xff) + 1) * page / ITS_ENTRY_BYTES;
    uint64_t per_page = page / ITS_ENTRY_BYTES;
    uint64_t first;

    if (!(baser & ENTRY_VALID))
        return -ERANGE;
    if (!(baser & 1ull << 62)) {
        *address = table_address(baser) + (uint64_t)id * ITS_ENTRY_BYTES;
        return id < n ? 0 : -ERANGE;
    }
    if (id / per_page >= n)
        return -ERANGE;
    if (load(its, table_address(baser) + id / per_page * 8, &first) != 0)
        return -EFAULT;
    if (!(first & ENTRY_VALID))
        return -ENOENT;
    *address = (first & 0xffffffffff000ull & ~(page - 1)) + id % per_page * ITS_ENTRY_BYTES;
    return 0;
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

int its_interrupt_read(struct gic_its *its, const struct its_device *d, uint32_t event,
                       struct its_interrupt *out)
{
    uint64_t entry;

    if ((uint64_t)event >> d->event_bits != 0)
        return -ERANGE;
    if (load(its, d->itt + (uint64_t)event * ITS_ENTRY_BYTES, &entry) != 0)
        return -EFAULT;
    out->intid = (uint32_t)(entry >> 16);
    out->collection = (uint16_t)entry;
    return out->intid != 0 ? 0 : -ENOENT;
}

int its_interrupt_write(struct gic_its *its, const struct its_device *d, uint32_t event,
                        const struct its_interrupt *i)
{
    if ((uint64_t)event >> d->event_bits != 0)
        return -ERANGE;
    return its_store(its, d->itt + (uint64_t)event * ITS_ENTRY_BYTES,
                     i->intid != 0 ? (uint64_t)i->intid << 16 | i->collection : 0);
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
