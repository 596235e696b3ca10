/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One target for all virtio back ends: the first byte chooses the back end, the interface's
 * version, and whether the driver's set-up is already done, so that the fuzzer reaches the rings at
 * once.
 */
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!size)
        return 0;
    struct fake_host *f = fuzz_host();
    bool legacy = data[0] & 4;
    f->dev = virtio_mmio_create(&f->host, back_end(data[0] & 3), legacy);
    if (data[0] & 8)
        set_up(f, legacy);
    return fuzz_device(f, data + 1, size - 1);
}
