/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device attributes with any numbers and values, tables with any contents; then the GIC is saved
 * and another goes on, which must hold the same.
 *
 * Input: two bytes say what the GIC has, then records of 24 bytes: operation, three small numbers,
 * a value and an attribute. Build the library with GIC_PARANOID to check every decision.
 */
#include "tests/unit/gic_world.h"

struct record {
    uint8_t op, a, b, c;
    uint32_t offset;
    uint64_t value, attr;
};

/* An attribute that there is, or one that is near, or any. */
static uint64_t attr_of(const struct record *r, uint32_t group)
{
    static const uint64_t vcpus[] = {0, 1ull << 32, 0x0301020000000000ull, 7ull << 32};
    size_t n;
    const struct gic_sysreg *reg = gic_sysregs(&n) + r->offset % 100;

    if (r->op & 0x80)
        return r->attr;
    uint64_t attr = vcpus[r->c & 3] | (r->c & 4 ? GIC_ATTR_NS : 0);
    switch (group) {
    case GIC_ATTR_CPU_SYSREGS:
        if (r->offset % 100 >= n)
            return attr;
        return attr | (uint32_t)(reg->op0 << 14 | reg->op1 << 11 | reg->crn << 7 | reg->crm << 3 |
                                 reg->op2);
    case GIC_ATTR_DIST_REGS:
        return attr | r->offset % 0xa000 / 4 * 4;
    case GIC_ATTR_REDIST_REGS:
        return attr | (r->c & 8 ? 0x10000 : 0) | r->offset % 0x1000 / 4 * 4;
    case GIC_ATTR_LEVEL_INFO:
        return attr | r->offset % 0xc00 / 32 * 32;
    case GIC_ATTR_ITS_REGS:
        return r->offset % 0x200 / 4 * 4;
    default:
        return r->offset % 8;
    }
}

static void attribute(struct world *w, const struct record *r)
{
    static const uint32_t groups[] = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 64, 1, 5, 6};
    uint32_t group = groups[r->a % 14];
    uint64_t attr = attr_of(r, group), value = r->value;
    bool its = w->its != NULL && (group == 8 || group == 64 || (r->c & 16));

    switch (r->b % 3) {
    case 0:
        if (its ? gic_its_attr_has(w->its, group, attr) == 0 &&
                      gic_its_attr_set(w->its, group, attr, value) == -ENXIO
                : gic_attr_has(w->gic, group, attr) == 0 &&
                      gic_attr_set(w->gic, group, attr, value) == -ENXIO)
            abort();
        break;
    case 1:
        if (its)
            gic_its_attr_get(w->its, group, attr, &value);
        else
            gic_attr_get(w->gic, group, attr, &value);
        break;
    default:
        if (its)
            gic_its_attr_set(w->its, group, attr, value);
        else
            gic_attr_set(w->gic, group, attr, value);
    }
}

static void step(struct world *w, const struct record *r)
{
    struct world_random random = {r->value};

    switch (r->op & 3) {
    case 0:
        memcpy(w->memory + r->offset % (WORLD_BYTES - 8), &r->value, 8);
        break;
    case 1:
        world_step(w, &random);
        break;
    default:
        attribute(w, r);
    }
}

static struct gic_attr_value *save(struct world *w, long *n)
{
    *n = gic_attr_save(w->gic, NULL, 0);
    struct gic_attr_value *list = calloc((size_t)*n, sizeof(*list));

    if (list == NULL)
        abort();
    *n = gic_attr_save(w->gic, list, (size_t)*n);
    return list;
}

/* Tables may be refused; whatever is taken is the same afterwards. */
static void move(struct world *w)
{
    int err;
    long n, m;
    struct world *to = world_move(w, &err);

    if (to == NULL)
        return;
    struct gic_attr_value *a = save(w, &n), *b = save(to, &m);
    if (n >= 0 && m >= 0 && (n != m || memcmp(a, b, (size_t)n * sizeof(*a)) != 0))
        abort();
    free(a);
    free(b);
    world_destroy(to);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct record r;
    uint16_t kind;

    if (size < sizeof(kind))
        return 0;
    memcpy(&kind, data, sizeof(kind));
    struct world *w = world_create(kind % WORLD_KINDS);
    if (kind & 0x8000)
        world_open(w);
    for (size_t at = sizeof(kind); at + sizeof(r) <= size; at += sizeof(r)) {
        memcpy(&r, data + at, sizeof(r));
        step(w, &r);
    }
    if (kind & 0x4000)
        move(w);
    world_destroy(w);
    return 0;
}
