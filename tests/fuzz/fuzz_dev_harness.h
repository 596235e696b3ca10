/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Drives one device with bytes from libFuzzer: MMIO of every size, input, time, reset, saves and
 * restores, and the guest's RAM itself, so that rings and control structures can take any form.
 * Each step is one op byte and what it needs; the input's end ends the run.
 */
#ifndef IRQLAB_TESTS_FUZZ_DEV_HARNESS_H
#define IRQLAB_TESTS_FUZZ_DEV_HARNESS_H

#define FAKE_RAM_BYTES 0x8000u /* little, to clear it quickly for each input */
#include "tests/unit/fake_host.h"

struct fuzz_input {
    const uint8_t *data;
    size_t left;
};

static inline uint64_t fuzz_take(struct fuzz_input *in, unsigned bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes && in->left; i++) {
        value |= (uint64_t)*in->data++ << (8 * i);
        in->left--;
    }
    return value;
}

/* An access that the bus would make: within the region, of 1, 2, 4 or 8 bytes. */
static inline uint64_t fuzz_offset(struct fuzz_input *in, const struct dev *dev, unsigned *size)
{
    uint64_t raw = fuzz_take(in, dev->region_bytes > 0x10000 ? 4 : 2);
    *size = 1u << (raw & 3);
    uint64_t offset = (raw >> 2) % dev->region_bytes;
    if (raw & (dev->region_bytes > 0x10000 ? 0x80000000 : 0x8000))
        offset &= ~(uint64_t)(*size - 1);
    return offset + *size <= dev->region_bytes ? offset : dev->region_bytes - *size;
}

static inline void fuzz_ram(struct fake_host *f, struct fuzz_input *in)
{
    size_t at = (size_t)fuzz_take(in, 2) * 4 % (FAKE_RAM_BYTES - 256);
    size_t count = (size_t)fuzz_take(in, 1);
    for (size_t i = 0; i < count && in->left; i++)
        f->ram[at + i] = (uint8_t)fuzz_take(in, 1);
}

static inline void fuzz_receive(struct fake_host *f, struct fuzz_input *in)
{
    uint8_t bytes[64];
    size_t count = (size_t)fuzz_take(in, 1) % sizeof(bytes);
    size_t room = f->dev->ops->receive_room ? f->dev->ops->receive_room(f->dev) : 0;
    count = count < room ? count : room;
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)fuzz_take(in, 1);
    if (count)
        f->dev->ops->receive(f->dev, bytes, count);
}

/* A save that is restored must give the same state; a damaged one must do no harm. */
static inline void fuzz_snapshot(struct fake_host *f, struct fuzz_input *in)
{
    struct fake_state saved;
    fake_save(f->dev, &saved);
    fake_restore(f->dev, &saved);
    if (!fake_same_state(f->dev, &saved))
        abort();
    for (unsigned i = (unsigned)fuzz_take(in, 1) & 15; i && saved.size_bytes; i--) {
        size_t at = (size_t)fuzz_take(in, 2) % saved.size_bytes;
        saved.data[at] = (uint8_t)fuzz_take(in, 1);
    }
    fake_restore(f->dev, &saved);
    free(saved.data);
}

static inline void fuzz_step(struct fake_host *f, struct fuzz_input *in)
{
    const struct dev_ops *ops = f->dev->ops;
    uint8_t op = (uint8_t)fuzz_take(in, 1);
    uint64_t offset, value = 0;
    unsigned size;
    switch (op & 7) {
    case 0:
    case 1:
    case 2:
        offset = fuzz_offset(in, f->dev, &size);
        ops->write(f->dev, offset, size, fuzz_take(in, size));
        break;
    case 3:
        offset = fuzz_offset(in, f->dev, &size);
        ops->read(f->dev, offset, size, &value);
        if (size < 8 && value >> (8 * size))
            abort(); /* wider than the access */
        break;
    case 4:
        fuzz_ram(f, in);
        break;
    case 5:
        fuzz_receive(f, in);
        break;
    case 6:
        fake_advance(f, fuzz_take(in, 4) << (op >> 3));
        break;
    default:
        if (op & 8)
            fuzz_snapshot(f, in);
        else if (op & 16 && ops->power_key)
            ops->power_key(f->dev);
        else if (op & 32)
            ops->reset(f->dev);
        break;
    }
}

/* f->dev is the device under test; it is destroyed at the end. */
static inline int fuzz_device(struct fake_host *f, const uint8_t *data, size_t size)
{
    struct fuzz_input in = {.data = data, .left = size};
    while (in.left)
        fuzz_step(f, &in);
    f->dev->ops->destroy(f->dev);
    fake_host_free(f);
    free(f);
    return 0;
}

static inline struct fake_host *fuzz_host(void)
{
    struct fake_host *f = malloc(sizeof(*f));
    if (!f)
        abort();
    fake_host_init(f);
    return f;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
