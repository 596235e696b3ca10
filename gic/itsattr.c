/* SPDX-License-Identifier: MIT */
/*
 * Device attributes of an ITS (attr.h). Registers come from the frame's own table (its.c).
 */
#include <errno.h>

#include "gic/attr.h"
#include "gic/itscmd.h"

/* -- ITS_REGS: whole registers -- */

/* 32-bit registers are at the frame's two ends alone. */
static int find(uint64_t offset, const struct its_reg **out)
{
    unsigned align = offset < GITS_TYPER || offset >= GITS_PIDR4 ? 4 : 8;

    if (offset % align != 0)
        return -EINVAL;
    for (size_t i = 0; i < gic_its_table.n_rows; i++) {
        const struct its_reg *r = &gic_its_table.rows[i];
        if (offset < r->offset || offset >= r->offset + (uint64_t)r->count * r->width)
            continue;
        *out = r;
        return r->read != NULL ? 0 : -ENXIO;
    }
    return -ENXIO;
}

static int reg_get(struct gic_its *its, uint64_t attr, uint64_t *value)
{
    const struct its_reg *r;
    int err = find(attr, &r);

    if (err == 0)
        *value =
            (r->peek != NULL ? r->peek : r->read)(its, (unsigned)(attr - r->offset) / r->width);
    return err;
}

/* Writes of read-only registers are ignored. */
static int reg_set(struct gic_its *its, uint64_t attr, uint64_t value)
{
    const struct its_reg *r;
    int err = find(attr, &r);

    if (err != 0)
        return err;
    unsigned n = (unsigned)(attr - r->offset) / r->width;
    if (r->poke != NULL)
        return r->poke(its, n, value);
    if (r->write != NULL)
        r->write(its, n, value, ~0ull);
    return 0;
}

/* -- Collections held inside -- */

static int collection_get(struct gic_its *its, uint64_t attr, uint64_t *value)
{
    if (attr >= its->config.hardware_collections)
        return -ENXIO;
    *value = its->s.hw_collections[attr];
    return 0;
}

static int collection_set(struct gic_its *its, uint64_t attr, uint64_t value)
{
    uint64_t target = value >> 16 & 0xfffffffffull;

    if (attr >= its->config.hardware_collections)
        return -ENXIO;
    if (value >> 63 && target >= its->gic->config.n_vcpus)
        return -EINVAL;
    struct its_collection c = {.valid = value >> 63, .target = (uint16_t)target};
    return its_collection_write(its, (uint32_t)attr, &c);
}

/* -- Several ITSs at a VMOVP -- */

static int vmovp_get(struct gic_its *its, uint64_t attr, uint64_t *value)
{
    *value = its->s.vmovp;
    return attr == 0 && gic_is_v4(its->gic) ? 0 : -ENXIO;
}

static int vmovp_set(struct gic_its *its, uint64_t attr, uint64_t value)
{
    if (attr != 0 || !gic_is_v4(its->gic))
        return -ENXIO;
    if ((value & ~(uint64_t)ITS_VMOVP_BITS) != 0)
        return -EINVAL;
    its->s.vmovp = (uint32_t)value;
    return 0;
}

/* -- CTRL -- */

static int init(struct gic_its *its)
{
    (void)its;
    return 0;
}

static int reset(struct gic_its *its)
{
    its_reset(its);
    return 0;
}

static int (*const controls[])(struct gic_its *its) = {
    [GIC_ATTR_CTRL_INIT] = init,
    [GIC_ATTR_ITS_SAVE_TABLES] = its_save_tables,
    [GIC_ATTR_ITS_RESTORE_TABLES] = its_restore_tables,
    [GIC_ATTR_ITS_RESET] = reset,
};

static bool control_known(uint64_t attr)
{
    return attr < sizeof(controls) / sizeof(controls[0]) && controls[attr] != NULL;
}

/* -- The groups -- */

int gic_its_attr_get(struct gic_its *its, uint32_t group, uint64_t attr, uint64_t *value)
{
    switch (group) {
    case GIC_ATTR_ADDR:
        *value = its->address;
        return attr == GIC_ATTR_ADDR_ITS ? 0 : -ENODEV;
    case GIC_ATTR_ITS_REGS:
        return reg_get(its, attr, value);
    case GIC_ATTR_ITS_COLLECTIONS:
        return collection_get(its, attr, value);
    case GIC_ATTR_ITS_VMOVP:
        return vmovp_get(its, attr, value);
    default:
        return -ENXIO;
    }
}

int gic_its_attr_set(struct gic_its *its, uint32_t group, uint64_t attr, uint64_t value)
{
    switch (group) {
    case GIC_ATTR_ADDR:
        return attr == GIC_ATTR_ADDR_ITS ? gic_address_set(&its->address, value) : -ENODEV;
    case GIC_ATTR_CTRL:
        return control_known(attr) ? controls[attr](its) : -ENXIO;
    case GIC_ATTR_ITS_REGS:
        return reg_set(its, attr, value);
    case GIC_ATTR_ITS_COLLECTIONS:
        return collection_set(its, attr, value);
    case GIC_ATTR_ITS_VMOVP:
        return vmovp_set(its, attr, value);
    default:
        return -ENXIO;
    }
}

int gic_its_attr_has(struct gic_its *its, uint32_t group, uint64_t attr)
{
    uint64_t value;

    if (group == GIC_ATTR_CTRL)
        return control_known(attr) ? 0 : -ENXIO;
    return gic_its_attr_get(its, group, attr, &value);
}
