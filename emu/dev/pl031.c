/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/dev/pl031.h"

#include <stdlib.h>
#include <string.h>

#include "emu/dev/reg32.h"

#define NS_PER_SECOND UINT64_C(1000000000)
#define COUNTER_WRAP  (UINT64_C(1) << 32)

/* Guest-visible state; no padding. */
struct pl031_state {
    uint64_t match_at_ns; /* when the counter next equals RTCMR */
    uint32_t offset_seconds, mr, lr, cr, imsc, ris;
};
_Static_assert(sizeof(struct pl031_state) == 8 + 6 * 4, "visited bytes must have no padding");

struct pl031 {
    struct dev dev;
    struct pl031_state s;
};

static struct pl031 *to_pl031(struct dev *dev)
{
    return (struct pl031 *)dev;
}

static uint64_t now_seconds(const struct pl031 *r)
{
    return r->dev.host.now_ns(r->dev.host.opaque) / NS_PER_SECOND;
}

static uint32_t counter(const struct pl031 *r)
{
    uint64_t base = r->dev.host.rtc_base_seconds(r->dev.host.opaque);
    return (uint32_t)(base + now_seconds(r) + r->s.offset_seconds);
}

/* Takes a match that lies in the past into RTCRIS; the next one is a whole wrap later. */
static void catch_up(struct pl031 *r)
{
    if (r->dev.host.now_ns(r->dev.host.opaque) < r->s.match_at_ns)
        return;
    r->s.ris = 1;
    uint64_t ticks = (uint32_t)(r->s.mr - counter(r));
    r->s.match_at_ns = (now_seconds(r) + (ticks ? ticks : COUNTER_WRAP)) * NS_PER_SECOND;
}

static void update(struct pl031 *r)
{
    const struct dev_host *host = &r->dev.host;
    bool wanted = r->s.imsc && !r->s.ris;
    host->set_deadline(host->opaque, wanted ? r->s.match_at_ns : UINT64_MAX);
    host->set_irq(host->opaque, 0, r->s.ris & r->s.imsc);
}

/* RTCMR or the counter changed: an equal value matches at once (section 3.3.2). */
static void rearm(struct pl031 *r)
{
    uint32_t ticks = r->s.mr - counter(r);
    r->s.match_at_ns = (now_seconds(r) + ticks) * NS_PER_SECOND;
    catch_up(r);
    update(r);
}

static uint32_t read_dr(struct dev *dev, uint32_t offset)
{
    (void)offset;
    return counter(to_pl031(dev));
}

static uint32_t read_ris(struct dev *dev, uint32_t offset)
{
    (void)offset;
    catch_up(to_pl031(dev));
    return to_pl031(dev)->s.ris;
}

static uint32_t read_mis(struct dev *dev, uint32_t offset)
{
    return read_ris(dev, offset) & to_pl031(dev)->s.imsc;
}

static void write_mr(struct dev *dev, uint32_t offset, uint32_t value)
{
    struct pl031 *r = to_pl031(dev);
    (void)offset;
    catch_up(r);
    r->s.mr = value;
    rearm(r);
}

static void write_lr(struct dev *dev, uint32_t offset, uint32_t value)
{
    struct pl031 *r = to_pl031(dev);
    (void)offset;
    catch_up(r);
    r->s.lr = value;
    r->s.offset_seconds += value - counter(r);
    rearm(r);
}

/* RTCCR: once enabled, writes have no effect (section 3.3.4), and it is enabled from power-on. */
static void write_cr(struct dev *dev, uint32_t offset, uint32_t value)
{
    (void)dev;
    (void)offset;
    (void)value;
}

static void write_imsc(struct dev *dev, uint32_t offset, uint32_t value)
{
    struct pl031 *r = to_pl031(dev);
    (void)offset;
    catch_up(r);
    r->s.imsc = value & 1;
    update(r);
}

static void write_icr(struct dev *dev, uint32_t offset, uint32_t value)
{
    struct pl031 *r = to_pl031(dev);
    (void)offset;
    catch_up(r);
    if (value & 1)
        r->s.ris = 0;
    update(r);
}

/* DDI 0224 table 3-1. */
#define FIELD(name) .field = offsetof(struct pl031, s.name)
static const struct reg32 regs[] = {
    [0x00 / 4] = {.name = "RTCDR", .read = read_dr},
    [0x04 / 4] = {.name = "RTCMR", .write = write_mr, FIELD(mr)},
    [0x08 / 4] = {.name = "RTCLR", .write = write_lr, FIELD(lr)},
    [0x0C / 4] = {.name = "RTCCR", .write = write_cr, FIELD(cr)},
    [0x10 / 4] = {.name = "RTCIMSC", .write = write_imsc, FIELD(imsc)},
    [0x14 / 4] = {.name = "RTCRIS", .read = read_ris},
    [0x18 / 4] = {.name = "RTCMIS", .read = read_mis},
    [0x1C / 4] = {.name = "RTCICR", .write = write_icr},
};

static const uint8_t ids[REG32_PRIMECELL_ID_COUNT] = {0x31, 0x10, 0x14, 0x00,
                                                      0x0D, 0xF0, 0x05, 0xB1};
static const struct reg32_bank bank = {regs, sizeof(regs) / sizeof(regs[0]), ids};

static int pl031_read(struct dev *dev, uint64_t offset, unsigned size_bytes, uint64_t *value)
{
    return reg32_read(&bank, dev, offset, size_bytes, value);
}

static int pl031_write(struct dev *dev, uint64_t offset, unsigned size_bytes, uint64_t value)
{
    return reg32_write(&bank, dev, offset, size_bytes, value);
}

static void pl031_deadline(struct dev *dev)
{
    catch_up(to_pl031(dev));
    update(to_pl031(dev));
}

/* The time stays; a counter that equals RTCMR's reset value does not count as a match. */
static void reset_state(struct pl031 *r)
{
    r->s = (struct pl031_state){.offset_seconds = r->s.offset_seconds, .cr = 1};
    catch_up(r);
    r->s.ris = 0;
}

static void pl031_reset(struct dev *dev)
{
    reset_state(to_pl031(dev));
    update(to_pl031(dev));
}

static void pl031_visit(struct dev *dev, struct visitor *v)
{
    struct pl031 *r = to_pl031(dev);
    v->bytes(v, "pl031", &r->s, sizeof(r->s));
    if (!v->restoring)
        return;
    bool wanted = r->s.imsc && !r->s.ris;
    r->dev.host.set_deadline(r->dev.host.opaque, wanted ? r->s.match_at_ns : UINT64_MAX);
}

static void pl031_destroy(struct dev *dev)
{
    free(dev);
}

static const struct dev_ops ops = {
    .name = "pl031",
    .read = pl031_read,
    .write = pl031_write,
    .reset = pl031_reset,
    .visit = pl031_visit,
    .deadline = pl031_deadline,
    .destroy = pl031_destroy,
};

struct dev *pl031_create(const struct dev_host *host)
{
    struct pl031 *r = calloc(1, sizeof(*r));
    if (!r)
        return NULL;
    r->dev.ops = &ops;
    r->dev.host = *host;
    r->dev.region_bytes = PL031_REGION_BYTES;
    reset_state(r);
    return &r->dev;
}
