/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One target for all virtio back ends: the first byte chooses the back end, the interface's
 * version, whether the driver's set-up is already done, and whether steps are the harness's (any
 * access) or requests: chains that are nearly well-formed, so that the fuzzer gets behind the ring
 * checks.
 */
#include <linux/virtio_blk.h>
#include <linux/virtio_mmio.h>

#include "emu/dev/virtio_blk.h"
#include "emu/dev/virtio_console.h"
#include "emu/dev/virtio_mmio.h"
#include "emu/dev/virtio_rng.h"
#include "tests/fuzz/fuzz_dev_harness.h"

static struct virtio_backend *back_end(unsigned which)
{
    switch (which) {
    case 0:
        return virtio_blk_create(blockdev_create_memory(300 * 512 + 7), "fuzz", 2);
    case 1:
        return virtio_console_create(VIRTIO_CONSOLE_TERMINAL);
    case 2:
        return virtio_console_create(VIRTIO_CONSOLE_TESTDEV);
    default:
        return virtio_rng_create(1);
    }
}

static void legacy_queue(struct fake_host *f, unsigned q)
{
    fake_wr(f, VIRTIO_MMIO_QUEUE_SEL, q);
    fake_wr(f, VIRTIO_MMIO_QUEUE_NUM, 8);
    fake_wr(f, VIRTIO_MMIO_QUEUE_ALIGN, 256);
    fake_wr(f, VIRTIO_MMIO_QUEUE_PFN, (uint32_t)(FAKE_RAM_BASE / 256 + 4 * q));
}

static void modern_queue(struct fake_host *f, unsigned q)
{
    const uint32_t base = (uint32_t)FAKE_RAM_BASE + 0x400 * q;
    fake_wr(f, VIRTIO_MMIO_QUEUE_SEL, q);
    fake_wr(f, VIRTIO_MMIO_QUEUE_NUM, 8);
    fake_wr(f, VIRTIO_MMIO_QUEUE_DESC_LOW, base);
    fake_wr(f, VIRTIO_MMIO_QUEUE_AVAIL_LOW, base + 0x80);
    fake_wr(f, VIRTIO_MMIO_QUEUE_USED_LOW, base + 0x100);
    fake_wr(f, VIRTIO_MMIO_QUEUE_READY, 1);
}

static void set_up(struct fake_host *f, bool legacy)
{
    fake_wr(f, VIRTIO_MMIO_STATUS, 3);
    fake_wr(f, VIRTIO_MMIO_DRIVER_FEATURES, 3u << 28); /* indirect and event index */
    fake_wr(f, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
    fake_wr(f, VIRTIO_MMIO_DRIVER_FEATURES, 1);
    fake_wr(f, VIRTIO_MMIO_STATUS, 11);
    fake_wr(f, VIRTIO_MMIO_GUEST_PAGE_SIZE, 256);
    for (unsigned q = 0; q < 2; q++) {
        if (legacy)
            legacy_queue(f, q);
        else
            modern_queue(f, q);
    }
    fake_wr(f, VIRTIO_MMIO_STATUS, 15);
}

#define DESC(q)   (0x400u * (q)) /* in RAM; as modern_queue() says */
#define AVAIL(q)  (DESC(q) + 0x80)
#define BUFFERS   0x1000u
#define TABLE     0x7000u
#define QUEUE_LEN 8u

static void put(struct fake_host *f, size_t at, uint64_t value, unsigned size_bytes)
{
    for (unsigned i = 0; i < size_bytes; i++)
        f->ram[at + i] = (uint8_t)(value >> (8 * i));
}

/* One descriptor; most lengths are those that a request needs. */
static void put_descriptor(struct fake_host *f, struct fuzz_input *in, size_t table, unsigned index,
                           bool last)
{
    static const uint16_t lengths[] = {0, 1, 16, 17, 20, 32, 512, 513, 1024, 4096, 0x6000, 0xFFFF};
    uint8_t how = (uint8_t)fuzz_take(in, 1);
    uint32_t size_bytes = lengths[(how & 15) % 12];
    uint16_t flags = (uint16_t)((how >> 4 & 1) * 2 | (last ? 0 : 1));
    uint64_t address = FAKE_RAM_BASE + BUFFERS + 0x200 * (index & 7);
    if ((how & 0xE0) == 0xE0) /* now and then anything at all */
        flags = (uint16_t)fuzz_take(in, 1);
    if ((how & 0xE0) == 0xC0)
        address = fuzz_take(in, 8);
    put(f, table + 16 * index, address, 8);
    put(f, table + 16 * index + 8, size_bytes, 4);
    put(f, table + 16 * index + 12, flags, 2);
    put(f, table + 16 * index + 14, index + 1, 2);
}

static void put_header(struct fake_host *f, struct fuzz_input *in)
{
    static const uint8_t types[] = {VIRTIO_BLK_T_IN,      VIRTIO_BLK_T_OUT,
                                    VIRTIO_BLK_T_FLUSH,   VIRTIO_BLK_T_GET_ID,
                                    VIRTIO_BLK_T_DISCARD, VIRTIO_BLK_T_WRITE_ZEROES};
    uint8_t type = (uint8_t)fuzz_take(in, 1);
    put(f, BUFFERS, type < 6 ? types[type] : type, 4);
    put(f, BUFFERS + 8, fuzz_take(in, 2), 8);     /* sector */
    put(f, BUFFERS + 0x200, fuzz_take(in, 2), 8); /* and a segment for DISCARD */
    put(f, BUFFERS + 0x208, fuzz_take(in, 2), 8);
}

static void request_step(struct fake_host *f, struct fuzz_input *in)
{
    uint8_t how = (uint8_t)fuzz_take(in, 1);
    unsigned q = how & 1, count = 1 + (how >> 1 & 3);
    bool indirect = how & 8;
    size_t table = indirect ? TABLE : DESC(q);
    size_t index_at = AVAIL(q) + 2;
    uint16_t index = (uint16_t)(f->ram[index_at] | f->ram[index_at + 1] << 8);
    put_header(f, in);
    for (unsigned i = 0; i < count; i++)
        put_descriptor(f, in, table, i, i + 1 == count);
    if (indirect) {
        put(f, DESC(q), FAKE_RAM_BASE + TABLE, 8);
        put(f, DESC(q) + 8, 16 * count, 4);
        put(f, DESC(q) + 12, 4, 2);
    }
    put(f, AVAIL(q) + 4 + 2 * (index % QUEUE_LEN), 0, 2);
    put(f, index_at, index + 1u, 2);
    fake_wr(f, VIRTIO_MMIO_QUEUE_NOTIFY, q);
    if (how & 16)
        fuzz_receive(f, in);
    fake_advance(f, VIRTIO_BLK_LATENCY_NS);
    if (how & 32)
        fuzz_snapshot(f, in);
    if (fake_rd(f, VIRTIO_MMIO_STATUS) & 0x40) {
        memset(f->ram, 0, BUFFERS);
        fake_wr(f, VIRTIO_MMIO_STATUS, 0);
        set_up(f, false);
    }
}

static int run_requests(struct fake_host *f, const uint8_t *data, size_t size)
{
    struct fuzz_input in = {.data = data, .left = size};
    set_up(f, false);
    while (in.left)
        request_step(f, &in);
    return fuzz_device(f, data, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    struct fake_host *f = fuzz_host();
    bool legacy = data[0] & 4;
    f->dev = virtio_mmio_create(&f->host, back_end(data[0] & 3), legacy);
    if ((data[0] & 0x14) == 0x10)
        return run_requests(f, data + 1, size - 1);
    if (data[0] & 8)
        set_up(f, legacy);
    return fuzz_device(f, data + 1, size - 1);
}
