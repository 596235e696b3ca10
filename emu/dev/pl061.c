/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/dev/pl061.h"

#include <stdlib.h>
#include <string.h>

#include "emu/dev/reg32.h"

/* 256 aliases of GPIODATA: address bits 9:2 are a mask of pins, section 3.3.1. */
#define GPIODATA_END 0x400

/* Guest-visible state; no padding. One bit per pin in each. */
struct pl061_state {
    uint64_t release_at_ns; /* UINT64_MAX: the power key is not pressed */
    uint32_t inputs;        /* levels that the board drives */
    uint32_t outputs;       /* what the guest wrote to GPIODATA */
    uint32_t dir, is, ibe, iev, ie, ris, afsel;
    uint32_t zero; /* keeps the size a multiple of 8 */
};
_Static_assert(sizeof(struct pl061_state) == 8 + 10 * 4, "visited bytes must have no padding");

struct pl061 {
    struct dev dev;
    struct pl061_state s;
};

static struct pl061 *to_pl061(struct dev *dev)
{
    return (struct pl061 *)dev;
}

/* Level-sensitive pins (GPIOIS) follow their input; edge-triggered ones are latched. */
static void update(struct pl061 *g)
{
    uint32_t asserted = ~(g->s.inputs ^ g->s.iev) & ~g->s.dir & 0xFF;
    g->s.ris = (g->s.ris & ~g->s.is) | (asserted & g->s.is);
    g->dev.host.set_irq(g->dev.host.opaque, 0, (g->s.ris & g->s.ie) != 0);
}

/* Both edges with GPIOIBE, else the edge that GPIOIEV chooses. */
static void drive_input(struct pl061 *g, unsigned pin, bool level)
{
    uint32_t bit = 1u << pin;
    bool was = g->s.inputs & bit;
    if (was == level)
        return;
    g->s.inputs ^= bit;
    bool edge_wanted = (g->s.ibe & bit) || !!(g->s.iev & bit) == level;
    if (!(g->s.is & bit) && !(g->s.dir & bit) && edge_wanted)
        g->s.ris |= bit;
    update(g);
}

static uint32_t read_data(const struct pl061 *g, uint32_t offset)
{
    uint32_t pins = (g->s.outputs & g->s.dir) | (g->s.inputs & ~g->s.dir);
    return pins & (offset >> 2) & 0xFF;
}

static void write_data(struct pl061 *g, uint32_t offset, uint32_t value)
{
    uint32_t mask = (offset >> 2) & g->s.dir & 0xFF;
    g->s.outputs = (g->s.outputs & ~mask) | (value & mask);
}

static void write_dir(struct dev *dev, uint32_t offset, uint32_t value)
{
    (void)offset;
    to_pl061(dev)->s.dir = value & 0xFF;
    update(to_pl061(dev));
}

static void write_is(struct dev *dev, uint32_t offset, uint32_t value)
{
    (void)offset;
    to_pl061(dev)->s.is = value & 0xFF;
    update(to_pl061(dev));
}

static void write_iev(struct dev *dev, uint32_t offset, uint32_t value)
{
    (void)offset;
    to_pl061(dev)->s.iev = value & 0xFF;
    update(to_pl061(dev));
}

static void write_ie(struct dev *dev, uint32_t offset, uint32_t value)
{
    (void)offset;
    to_pl061(dev)->s.ie = value & 0xFF;
    update(to_pl061(dev));
}

static uint32_t read_mis(struct dev *dev, uint32_t offset)
{
    (void)offset;
    return to_pl061(dev)->s.ris & to_pl061(dev)->s.ie;
}

/* GPIOIC clears latched edges only, section 3.3.9. */
static void write_ic(struct dev *dev, uint32_t offset, uint32_t value)
{
    (void)offset;
    to_pl061(dev)->s.ris &= ~value;
    update(to_pl061(dev));
}

/* DDI 0190 table 3-1, from GPIODIR on. */
#define FIELD(name) .field = offsetof(struct pl061, s.name)
static const struct reg32 regs[] = {
    [0x400 / 4] = {.name = "GPIODIR", .write = write_dir, FIELD(dir)},
    [0x404 / 4] = {.name = "GPIOIS", .write = write_is, FIELD(is)},
    [0x408 / 4] = {.name = "GPIOIBE", FIELD(ibe), .write_mask = 0xFF},
    [0x40C / 4] = {.name = "GPIOIEV", .write = write_iev, FIELD(iev)},
    [0x410 / 4] = {.name = "GPIOIE", .write = write_ie, FIELD(ie)},
    [0x414 / 4] = {.name = "GPIORIS", FIELD(ris)},
    [0x418 / 4] = {.name = "GPIOMIS", .read = read_mis},
    [0x41C / 4] = {.name = "GPIOIC", .write = write_ic},
    [0x420 / 4] = {.name = "GPIOAFSEL", FIELD(afsel), .write_mask = 0xFF},
};

static const uint8_t ids[REG32_PRIMECELL_ID_COUNT] = {0x61, 0x10, 0x04, 0x00,
                                                      0x0D, 0xF0, 0x05, 0xB1};
static const struct reg32_bank bank = {regs, sizeof(regs) / sizeof(regs[0]), ids};

static int pl061_read(struct dev *dev, uint64_t offset, unsigned size_bytes, uint64_t *value)
{
    if (offset >= GPIODATA_END)
        return reg32_read(&bank, dev, offset, size_bytes, value);
    *value = offset & 3 ? 0 : read_data(to_pl061(dev), (uint32_t)offset);
    if (size_bytes == 8 && offset + 4 < GPIODATA_END)
        *value |= (uint64_t)read_data(to_pl061(dev), (uint32_t)offset + 4) << 32;
    return 0;
}

static int pl061_write(struct dev *dev, uint64_t offset, unsigned size_bytes, uint64_t value)
{
    if (offset >= GPIODATA_END)
        return reg32_write(&bank, dev, offset, size_bytes, value);
    if (offset & 3)
        return 0;
    write_data(to_pl061(dev), (uint32_t)offset, (uint32_t)value);
    if (size_bytes == 8 && offset + 4 < GPIODATA_END)
        write_data(to_pl061(dev), (uint32_t)offset + 4, (uint32_t)(value >> 32));
    return 0;
}

static void pl061_power_key(struct dev *dev)
{
    struct pl061 *g = to_pl061(dev);
    g->s.release_at_ns = g->dev.host.now_ns(g->dev.host.opaque) + PL061_KEY_HELD_NS;
    g->dev.host.set_deadline(g->dev.host.opaque, g->s.release_at_ns);
    drive_input(g, PL061_POWER_KEY_INPUT, true);
}

static void pl061_deadline(struct dev *dev)
{
    struct pl061 *g = to_pl061(dev);
    if (g->dev.host.now_ns(g->dev.host.opaque) < g->s.release_at_ns)
        return;
    g->s.release_at_ns = UINT64_MAX;
    drive_input(g, PL061_POWER_KEY_INPUT, false);
}

static void pl061_reset(struct dev *dev)
{
    struct pl061 *g = to_pl061(dev);
    memset(&g->s, 0, sizeof(g->s));
    g->s.release_at_ns = UINT64_MAX;
    g->dev.host.set_deadline(g->dev.host.opaque, UINT64_MAX);
    update(g);
}

static void pl061_visit(struct dev *dev, struct visitor *v)
{
    struct pl061 *g = to_pl061(dev);
    v->bytes(v, "pl061", &g->s, sizeof(g->s));
    if (v->restoring)
        g->dev.host.set_deadline(g->dev.host.opaque, g->s.release_at_ns);
}

static void pl061_destroy(struct dev *dev)
{
    free(dev);
}

static const struct dev_ops ops = {
    .name = "pl061",
    .read = pl061_read,
    .write = pl061_write,
    .reset = pl061_reset,
    .visit = pl061_visit,
    .deadline = pl061_deadline,
    .power_key = pl061_power_key,
    .destroy = pl061_destroy,
};

struct dev *pl061_create(const struct dev_host *host)
{
    struct pl061 *g = calloc(1, sizeof(*g));
    if (!g)
        return NULL;
    g->dev.ops = &ops;
    g->dev.host = *host;
    g->dev.region_bytes = PL061_REGION_BYTES;
    g->s.release_at_ns = UINT64_MAX;
    return &g->dev;
}
