/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/dev/pl011.h"

#include <stdlib.h>
#include <string.h>

#include "emu/dev/reg32.h"

/* UARTFR, section 3.3.3. */
#define FR_CTS  (1u << 0)
#define FR_DSR  (1u << 1)
#define FR_DCD  (1u << 2)
#define FR_RXFE (1u << 4)
#define FR_RXFF (1u << 6)
#define FR_TXFE (1u << 7)
#define FR_RI   (1u << 8)

/* UARTLCR_H, section 3.3.7. */
#define LCR_BRK (1u << 0)
#define LCR_FEN (1u << 4)

/* UARTCR, section 3.3.8. */
#define CR_UARTEN (1u << 0)
#define CR_LBE    (1u << 7)
#define CR_TXE    (1u << 8)
#define CR_RXE    (1u << 9)
#define CR_DTR    (1u << 10)
#define CR_RTS    (1u << 11)
#define CR_OUT1   (1u << 12)
#define CR_OUT2   (1u << 13)
#define CR_MASK   0xFF87u

/* Interrupt bits of UARTIMSC, UARTRIS, UARTMIS, UARTICR, section 3.3.10. */
#define INT_RI     (1u << 0)
#define INT_CTS    (1u << 1)
#define INT_DCD    (1u << 2)
#define INT_DSR    (1u << 3)
#define INT_RX     (1u << 4)
#define INT_TX     (1u << 5)
#define INT_RT     (1u << 6)
#define INT_OE     (1u << 10)
#define INT_ERRORS 0x780u /* FE, PE, BE, OE: one bit below their place in a FIFO entry */
#define INT_MASK   0x7FFu

/* Error bits that travel with a byte in UARTDR, section 3.3.1. */
#define DR_FE  (1u << 8)
#define DR_BE  (1u << 10)
#define DR_OE  (1u << 11)
#define RSR_OE (1u << 3) /* until UARTECR is written, section 3.3.2 */

#define FALLBACK_BAUD 115200
#define TIMEOUT_BITS  32

/* Guest-visible state; no padding. */
struct pl011_state {
    uint64_t timeout_at_ns; /* UINT64_MAX: no timeout is running */
    uint32_t ilpr, ibrd, fbrd, lcr_h, cr, ifls, imsc, ris, dmacr, rsr;
    uint32_t rx_head, rx_count;
    uint32_t overrun; /* the next byte read carries OE */
    uint32_t modem;   /* UARTFR's four modem bits as last seen */
    uint32_t divisor; /* in 64ths, as of the last write to UARTLCR_H */
    uint32_t zero;
    uint16_t rx[PL011_FIFO_DEPTH];
};
_Static_assert(sizeof(struct pl011_state) == 8 + 16 * 4 + 2 * PL011_FIFO_DEPTH,
               "visited bytes must have no padding");

struct pl011 {
    struct dev dev;
    struct pl011_state s;
    bool reported_disabled; /* the log's own memory, not guest-visible */
};

static struct pl011 *to_pl011(struct dev *dev)
{
    return (struct pl011 *)dev;
}

static void update_irq(struct pl011 *u)
{
    u->dev.host.set_irq(u->dev.host.opaque, 0, (u->s.ris & u->s.imsc) != 0);
}

static uint32_t fifo_depth(const struct pl011 *u)
{
    return u->s.lcr_h & LCR_FEN ? PL011_FIFO_DEPTH : 1;
}

/* UARTIFLS.RXIFLSEL: 1/8, 1/4, 1/2, 3/4, 7/8 full; reserved values are taken as 1/2. */
static uint32_t rx_trigger(const struct pl011 *u)
{
    static const uint8_t eighths[8] = {1, 2, 4, 6, 7, 4, 4, 4};
    if (!(u->s.lcr_h & LCR_FEN))
        return 1;
    return PL011_FIFO_DEPTH * eighths[(u->s.ifls >> 3) & 7] / 8;
}

/* 32 bit periods; a bit lasts 16 * divisor cycles of UARTCLK, section 3.3.6. */
static uint64_t timeout_ns(const struct pl011 *u)
{
    if (u->s.divisor < 64) /* UARTIBRD = 0 is invalid */
        return UINT64_C(1000000000) * TIMEOUT_BITS / FALLBACK_BAUD;
    uint64_t cycles_x64 = 16 * (uint64_t)u->s.divisor;
    return cycles_x64 * TIMEOUT_BITS * 1000 / (64 * (PL011_CLOCK_HZ / 1000000));
}

/*
 * The timeout runs in FIFO mode while bytes wait and UARTRTRIS is clear (section 2.8.4), and only
 * while it is unmasked: the mask is its enable (note to table 3-15).
 */
static void restart_timeout(struct pl011 *u)
{
    bool runs = (u->s.lcr_h & LCR_FEN) && u->s.rx_count && (u->s.imsc & ~u->s.ris & INT_RT);
    uint64_t when_ns = runs ? u->dev.host.now_ns(u->dev.host.opaque) + timeout_ns(u) : UINT64_MAX;
    if (when_ns == u->s.timeout_at_ns)
        return;
    u->s.timeout_at_ns = when_ns;
    u->dev.host.set_deadline(u->dev.host.opaque, when_ns);
}

static void rx_push(struct pl011 *u, uint16_t entry)
{
    if (u->s.rx_count >= fifo_depth(u)) {
        u->s.overrun = 1;
        u->s.ris |= INT_OE;
        u->s.rsr |= RSR_OE;
        return;
    }
    u->s.rx[(u->s.rx_head + u->s.rx_count++) % PL011_FIFO_DEPTH] = entry;
    u->s.ris |= (entry >> 1) & INT_ERRORS;
    if (u->s.rx_count == rx_trigger(u))
        u->s.ris |= INT_RX;
}

static void rx_flush(struct pl011 *u)
{
    u->s.rx_head = 0;
    u->s.rx_count = 0;
    u->s.overrun = 0;
    memset(u->s.rx, 0, sizeof(u->s.rx));
    u->s.ris &= ~(INT_RX | INT_RT);
    restart_timeout(u);
}

static uint32_t read_dr(struct dev *dev, uint32_t offset)
{
    struct pl011 *u = to_pl011(dev);
    (void)offset;
    if (u->s.rx_count == 0)
        return 0;
    uint32_t entry = u->s.rx[u->s.rx_head] | (u->s.overrun ? DR_OE : 0);
    u->s.overrun = 0;
    u->s.rx_head = (u->s.rx_head + 1) % PL011_FIFO_DEPTH;
    u->s.rx_count--;
    u->s.rsr = (u->s.rsr & RSR_OE) | ((entry >> 8) & ~RSR_OE);
    if (u->s.rx_count < rx_trigger(u))
        u->s.ris &= ~INT_RX;
    if (u->s.rx_count == 0)
        u->s.ris &= ~INT_RT;
    restart_timeout(u);
    update_irq(u);
    return entry;
}

static void report_disabled(struct pl011 *u)
{
    const uint32_t needed = CR_UARTEN | CR_TXE;
    if ((u->s.cr & needed) == needed || u->reported_disabled)
        return;
    u->reported_disabled = true;
    u->dev.host.guest_error(u->dev.host.opaque,
                            "transmission while UARTCR is 0x%x (UARTEN or TXE clear)", u->s.cr);
}

static void write_dr(struct dev *dev, uint32_t offset, uint32_t value)
{
    struct pl011 *u = to_pl011(dev);
    uint8_t byte = (uint8_t)value;
    (void)offset;
    report_disabled(u);
    u->dev.host.transmit(u->dev.host.opaque, &byte, 1);
    if (u->s.cr & CR_LBE) {
        rx_push(u, byte);
        restart_timeout(u);
    }
    u->s.ris |= INT_TX;
    update_irq(u);
}

/* UARTECR: a write of any value clears all four errors, section 3.3.2. */
static void write_ecr(struct dev *dev, uint32_t offset, uint32_t value)
{
    (void)offset;
    (void)value;
    to_pl011(dev)->s.rsr = 0;
}

static uint32_t read_fr(struct dev *dev, uint32_t offset)
{
    const struct pl011 *u = to_pl011(dev);
    uint32_t fr = FR_TXFE | u->s.modem;
    (void)offset;
    if (u->s.rx_count == 0)
        fr |= FR_RXFE;
    if (u->s.rx_count >= fifo_depth(u))
        fr |= FR_RXFF;
    return fr;
}

/* In loopback the modem outputs are fed to the inputs, section 3.3.8 (LBE); else all are idle. */
static void update_modem(struct pl011 *u)
{
    static const struct {
        uint32_t output, input, interrupt;
    } lines[] = {
        {CR_RTS, FR_CTS, INT_CTS},
        {CR_DTR, FR_DSR, INT_DSR},
        {CR_OUT1, FR_DCD, INT_DCD},
        {CR_OUT2, FR_RI, INT_RI},
    };
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        bool high = (u->s.cr & CR_LBE) && (u->s.cr & lines[i].output);
        uint32_t now = high ? lines[i].input : 0;
        if ((u->s.modem & lines[i].input) == now)
            continue;
        u->s.modem = (u->s.modem & ~lines[i].input) | now;
        u->s.ris |= lines[i].interrupt;
    }
}

static void write_cr(struct dev *dev, uint32_t offset, uint32_t value)
{
    struct pl011 *u = to_pl011(dev);
    (void)offset;
    u->s.cr = value & CR_MASK;
    update_modem(u);
    update_irq(u);
}

/*
 * Turning the FIFOs on or off empties them: the holding register and the FIFO are different
 * storage. A break sent in loopback is received as one zero byte with BE and FE (section 3.3.1).
 */
static void write_lcr_h(struct dev *dev, uint32_t offset, uint32_t value)
{
    struct pl011 *u = to_pl011(dev);
    uint32_t changed = u->s.lcr_h ^ value;
    (void)offset;
    u->s.lcr_h = value & 0xFF;
    u->s.divisor = u->s.ibrd * 64 + u->s.fbrd; /* taken over now, section 3.3.7 */
    if (changed & LCR_FEN)
        rx_flush(u);
    if ((changed & value & LCR_BRK) && (u->s.cr & CR_LBE)) {
        rx_push(u, DR_BE | DR_FE);
        restart_timeout(u);
    }
    update_irq(u);
}

static void write_imsc(struct dev *dev, uint32_t offset, uint32_t value)
{
    struct pl011 *u = to_pl011(dev);
    (void)offset;
    bool timeout_enabled = ~u->s.imsc & value & INT_RT;
    u->s.imsc = value & INT_MASK;
    if (!(value & INT_RT))
        u->s.ris &= ~INT_RT;
    if (timeout_enabled || !(value & INT_RT))
        restart_timeout(u);
    update_irq(u);
}

static uint32_t read_mis(struct dev *dev, uint32_t offset)
{
    const struct pl011 *u = to_pl011(dev);
    (void)offset;
    return u->s.ris & u->s.imsc;
}

static void write_icr(struct dev *dev, uint32_t offset, uint32_t value)
{
    struct pl011 *u = to_pl011(dev);
    (void)offset;
    uint32_t cleared = u->s.ris & value;
    u->s.ris &= ~value;
    if (cleared & INT_RT)
        restart_timeout(u);
    update_irq(u);
}

/* DDI 0183 table 3-1. */
#define FIELD(name) .field = offsetof(struct pl011, s.name)
static const struct reg32 regs[] = {
    [0x00 / 4] = {.name = "UARTDR", .read = read_dr, .write = write_dr},
    [0x04 / 4] = {.name = "UARTRSR/UARTECR", .write = write_ecr, FIELD(rsr)},
    [0x18 / 4] = {.name = "UARTFR", .read = read_fr},
    [0x20 / 4] = {.name = "UARTILPR", FIELD(ilpr), .write_mask = 0xFF},
    [0x24 / 4] = {.name = "UARTIBRD", FIELD(ibrd), .write_mask = 0xFFFF},
    [0x28 / 4] = {.name = "UARTFBRD", FIELD(fbrd), .write_mask = 0x3F},
    [0x2C / 4] = {.name = "UARTLCR_H", .write = write_lcr_h, FIELD(lcr_h)},
    [0x30 / 4] = {.name = "UARTCR", .write = write_cr, FIELD(cr)},
    [0x34 / 4] = {.name = "UARTIFLS", FIELD(ifls), .write_mask = 0x3F},
    [0x38 / 4] = {.name = "UARTIMSC", .write = write_imsc, FIELD(imsc)},
    [0x3C / 4] = {.name = "UARTRIS", FIELD(ris)},
    [0x40 / 4] = {.name = "UARTMIS", .read = read_mis},
    [0x44 / 4] = {.name = "UARTICR", .write = write_icr},
    /* No DMA controller is wired: the register only holds its bits. */
    [0x48 / 4] = {.name = "UARTDMACR", FIELD(dmacr), .write_mask = 0x7},
};

static const uint8_t ids[REG32_PRIMECELL_ID_COUNT] = {0x11, 0x10, 0x14, 0x00,
                                                      0x0D, 0xF0, 0x05, 0xB1};
static const struct reg32_bank bank = {regs, sizeof(regs) / sizeof(regs[0]), ids};

static int pl011_read(struct dev *dev, uint64_t offset, unsigned size_bytes, uint64_t *value)
{
    return reg32_read(&bank, dev, offset, size_bytes, value);
}

static int pl011_write(struct dev *dev, uint64_t offset, unsigned size_bytes, uint64_t value)
{
    return reg32_write(&bank, dev, offset, size_bytes, value);
}

static size_t pl011_receive_room(struct dev *dev)
{
    const struct pl011 *u = to_pl011(dev);
    if (u->s.cr & CR_LBE)
        return 0;
    uint32_t depth = fifo_depth(u);
    return u->s.rx_count < depth ? depth - u->s.rx_count : 0;
}

static void pl011_receive(struct dev *dev, const uint8_t *bytes, size_t size_bytes)
{
    struct pl011 *u = to_pl011(dev);
    for (size_t i = 0; i < size_bytes; i++)
        rx_push(u, bytes[i]);
    restart_timeout(u);
    update_irq(u);
}

static void pl011_deadline(struct dev *dev)
{
    struct pl011 *u = to_pl011(dev);
    if (u->dev.host.now_ns(u->dev.host.opaque) < u->s.timeout_at_ns)
        return;
    u->s.timeout_at_ns = UINT64_MAX;
    u->s.ris |= INT_RT;
    update_irq(u);
}

/* DDI 0183 table 3-1, reset values. */
static void reset_state(struct pl011_state *s)
{
    memset(s, 0, sizeof(*s));
    s->cr = CR_RXE | CR_TXE;
    s->ifls = 0x12;
    s->timeout_at_ns = UINT64_MAX;
}

static void pl011_reset(struct dev *dev)
{
    struct pl011 *u = to_pl011(dev);
    reset_state(&u->s);
    u->dev.host.set_deadline(u->dev.host.opaque, UINT64_MAX);
    update_irq(u);
}

static void pl011_visit(struct dev *dev, struct visitor *v)
{
    struct pl011 *u = to_pl011(dev);
    v->bytes(v, "pl011", &u->s, sizeof(u->s));
    if (!v->restoring)
        return;
    u->s.rx_head %= PL011_FIFO_DEPTH;
    if (u->s.rx_count > fifo_depth(u))
        u->s.rx_count = fifo_depth(u);
    u->dev.host.set_deadline(u->dev.host.opaque, u->s.timeout_at_ns);
}

static void pl011_destroy(struct dev *dev)
{
    free(dev);
}

static const struct dev_ops ops = {
    .name = "pl011",
    .read = pl011_read,
    .write = pl011_write,
    .reset = pl011_reset,
    .visit = pl011_visit,
    .deadline = pl011_deadline,
    .receive_room = pl011_receive_room,
    .receive = pl011_receive,
    .destroy = pl011_destroy,
};

struct dev *pl011_create(const struct dev_host *host)
{
    struct pl011 *u = calloc(1, sizeof(*u));
    if (!u)
        return NULL;
    u->dev.ops = &ops;
    u->dev.host = *host;
    u->dev.region_bytes = PL011_REGION_BYTES;
    reset_state(&u->s);
    return &u->dev;
}
