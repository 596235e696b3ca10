/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A machine for one device: RAM at FAKE_RAM_BASE, a clock that the test moves, and a record of what
 * the device asked for. Used by the device tests and the device fuzzers. Header-only, so that each
 * test stays one file.
 */
#ifndef IRQLAB_TESTS_FAKE_HOST_H
#define IRQLAB_TESTS_FAKE_HOST_H

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/dev/dev.h"

#define FAKE_RAM_BASE UINT64_C(0x40000000)
#ifndef FAKE_RAM_BYTES
#define FAKE_RAM_BYTES (1u << 20)
#endif
#define FAKE_OUT_BYTES 4096

struct fake_host {
    struct dev_host host;
    struct dev *dev;
    uint64_t now_ns, deadline_ns;
    bool irq[4];
    unsigned irq_changes;
    uint8_t out[FAKE_OUT_BYTES];
    size_t out_bytes;
    int shutdown_code, resets, guest_errors;
    char last_error[256];
    uint8_t *ram;      /* page-aligned, as in a guest */
    unsigned messages; /* how many MSIs, and the last one */
    uint32_t message_from, message_data;
    uint64_t message_to;
};

static inline void fake_set_irq(void *opaque, unsigned line, bool level)
{
    struct fake_host *f = opaque;
    if (line < 4 && f->irq[line] != level) {
        f->irq[line] = level;
        f->irq_changes++;
    }
}

static inline void fake_send_msi(void *opaque, uint32_t requester_id, uint64_t address,
                                 uint32_t data)
{
    struct fake_host *f = opaque;
    f->messages++;
    f->message_from = requester_id;
    f->message_to = address;
    f->message_data = data;
}

static inline uint8_t *fake_ram(struct fake_host *f, uint64_t address, size_t size_bytes)
{
    uint64_t at = address - FAKE_RAM_BASE;
    return at <= FAKE_RAM_BYTES && size_bytes <= FAKE_RAM_BYTES - at ? f->ram + at : NULL;
}

static inline int fake_dma_read(void *opaque, uint64_t address, void *buffer, size_t size_bytes)
{
    const uint8_t *p = fake_ram(opaque, address, size_bytes);
    if (!p)
        return -EFAULT;
    memcpy(buffer, p, size_bytes);
    return 0;
}

static inline int fake_dma_write(void *opaque, uint64_t address, const void *buffer,
                                 size_t size_bytes)
{
    uint8_t *p = fake_ram(opaque, address, size_bytes);
    if (!p)
        return -EFAULT;
    memcpy(p, buffer, size_bytes);
    return 0;
}

static inline uint64_t fake_now_ns(void *opaque)
{
    return ((struct fake_host *)opaque)->now_ns;
}

static inline uint64_t fake_rtc_base(void *opaque)
{
    (void)opaque;
    return 1000000000;
}

static inline void fake_set_deadline(void *opaque, uint64_t when_ns)
{
    ((struct fake_host *)opaque)->deadline_ns = when_ns;
}

static inline void fake_transmit(void *opaque, const uint8_t *bytes, size_t size_bytes)
{
    struct fake_host *f = opaque;
    for (size_t i = 0; i < size_bytes && f->out_bytes < FAKE_OUT_BYTES; i++)
        f->out[f->out_bytes++] = bytes[i];
}

static inline void fake_shutdown(void *opaque, int code)
{
    ((struct fake_host *)opaque)->shutdown_code = code;
}

static inline void fake_reset(void *opaque)
{
    ((struct fake_host *)opaque)->resets++;
}

static inline void __attribute__((format(printf, 2, 3)))
fake_guest_error(void *opaque, const char *format, ...)
{
    struct fake_host *f = opaque;
    va_list args;
    va_start(args, format);
    vsnprintf(f->last_error, sizeof(f->last_error), format, args);
    va_end(args);
    f->guest_errors++;
}

static inline void fake_host_init(struct fake_host *f)
{
    memset(f, 0, sizeof(*f));
    f->ram = aligned_alloc(4096, FAKE_RAM_BYTES);
    if (!f->ram)
        abort();
    memset(f->ram, 0, FAKE_RAM_BYTES);
    f->deadline_ns = UINT64_MAX;
    f->shutdown_code = -1;
    f->host = (struct dev_host){
        .opaque = f,
        .set_irq = fake_set_irq,
        .send_msi = fake_send_msi,
        .dma_read = fake_dma_read,
        .dma_write = fake_dma_write,
        .now_ns = fake_now_ns,
        .rtc_base_seconds = fake_rtc_base,
        .set_deadline = fake_set_deadline,
        .transmit = fake_transmit,
        .request_shutdown = fake_shutdown,
        .request_reset = fake_reset,
        .guest_error = fake_guest_error,
    };
}

static inline void fake_host_free(struct fake_host *f)
{
    free(f->ram);
}

/* Time moves on; the device's deadline is called when it has passed. */
static inline void fake_advance(struct fake_host *f, uint64_t ns)
{
    uint64_t until = f->now_ns + ns;
    for (int i = 0; i < 64 && f->dev->ops->deadline && f->deadline_ns <= until; i++) {
        f->now_ns = f->deadline_ns > f->now_ns ? f->deadline_ns : f->now_ns;
        f->deadline_ns = UINT64_MAX;
        f->dev->ops->deadline(f->dev);
    }
    f->now_ns = until;
}

static inline uint64_t fake_read(struct fake_host *f, uint64_t offset, unsigned size_bytes)
{
    uint64_t value = 0;
    f->dev->ops->read(f->dev, offset, size_bytes, &value);
    return value;
}

static inline uint32_t fake_rd(struct fake_host *f, uint64_t offset)
{
    return (uint32_t)fake_read(f, offset, 4);
}

static inline void fake_wr(struct fake_host *f, uint64_t offset, uint32_t value)
{
    f->dev->ops->write(f->dev, offset, 4, value);
}

/* A visitor that saves to, or restores from, one growing buffer. */
struct fake_state {
    struct visitor v;
    uint8_t *data;
    size_t size_bytes, at;
};

static inline void fake_visit_bytes(struct visitor *v, const char *name, void *data,
                                    size_t size_bytes)
{
    struct fake_state *s = (struct fake_state *)v;
    (void)name;
    if (v->restoring) {
        size_t left = s->size_bytes - s->at;
        size_t n = size_bytes < left ? size_bytes : left;
        if (n)
            memcpy(data, s->data + s->at, n);
        s->at += n;
        return;
    }
    if (!size_bytes)
        return;
    uint8_t *grown = realloc(s->data, s->size_bytes + size_bytes);
    if (!grown)
        abort();
    s->data = grown;
    memcpy(s->data + s->size_bytes, data, size_bytes);
    s->size_bytes += size_bytes;
}

static inline void fake_save(struct dev *dev, struct fake_state *s)
{
    memset(s, 0, sizeof(*s));
    s->v.bytes = fake_visit_bytes;
    dev->ops->visit(dev, &s->v);
}

static inline void fake_restore(struct dev *dev, struct fake_state *s)
{
    s->v.restoring = true;
    s->at = 0;
    dev->ops->visit(dev, &s->v);
}

/* Whether a save of @dev equals @s byte for byte. */
static inline bool fake_same_state(struct dev *dev, const struct fake_state *s)
{
    struct fake_state now;
    fake_save(dev, &now);
    bool same = now.size_bytes == s->size_bytes && !memcmp(now.data, s->data, s->size_bytes);
    free(now.data);
    return same;
}

#endif
