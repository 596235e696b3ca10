/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The driver's side of virtio-mmio, for tests: queue q has its rings at RING(q) in the fake host's
 * RAM, buffers come from a bump allocator.
 */
#ifndef IRQLAB_TESTS_VIRTIO_DRIVER_H
#define IRQLAB_TESTS_VIRTIO_DRIVER_H

#include <check.h>
#include <linux/virtio_config.h>
#include <linux/virtio_mmio.h>
#include <linux/virtio_ring.h>

#include "emu/dev/virtio_mmio.h"
#include "tests/unit/fake_host.h"

#define RING_SIZE     16u
#define DRIVER_QUEUES 5u
#define RING(q)       (FAKE_RAM_BASE + 0x1000 * (uint64_t)(q))
#define BUFFERS       (FAKE_RAM_BASE + 0x10000)

struct driver {
    struct fake_host f;
    struct vring ring[DRIVER_QUEUES];
    uint64_t next_buffer;
};

static inline uint64_t driver_buffer(struct driver *d, const void *bytes, size_t size_bytes)
{
    uint64_t address = d->next_buffer;
    d->next_buffer += (size_bytes + 15) & ~(size_t)15;
    if (bytes)
        memcpy(fake_ram(&d->f, address, size_bytes), bytes, size_bytes);
    else
        memset(fake_ram(&d->f, address, size_bytes), 0xEE, size_bytes);
    return address;
}

/* Writes descriptor @index; the driver links chains itself. */
static inline void driver_desc(struct driver *d, unsigned q, uint16_t index, uint64_t address,
                               uint32_t size_bytes, uint16_t flags, uint16_t next)
{
    d->ring[q].desc[index] =
        (struct vring_desc){.addr = address, .len = size_bytes, .flags = flags, .next = next};
}

static inline void driver_offer(struct driver *d, unsigned q, uint16_t head)
{
    struct vring_avail *avail = d->ring[q].avail;
    avail->ring[avail->idx % RING_SIZE] = head;
    avail->idx++;
}

static inline void driver_kick(struct driver *d, unsigned q)
{
    fake_wr(&d->f, VIRTIO_MMIO_QUEUE_NOTIFY, q);
}

static inline void driver_map_ring(struct driver *d, unsigned q)
{
    vring_init(&d->ring[q], RING_SIZE, fake_ram(&d->f, RING(q), 0x1000), 1024);
}

static inline void driver_modern_queue(struct driver *d, unsigned q)
{
    uint64_t base = RING(q);
    uint64_t avail = base + ((uint8_t *)d->ring[q].avail - (uint8_t *)d->ring[q].desc);
    uint64_t used = base + ((uint8_t *)d->ring[q].used - (uint8_t *)d->ring[q].desc);
    fake_wr(&d->f, VIRTIO_MMIO_QUEUE_SEL, q);
    fake_wr(&d->f, VIRTIO_MMIO_QUEUE_NUM, RING_SIZE);
    fake_wr(&d->f, VIRTIO_MMIO_QUEUE_DESC_LOW, (uint32_t)base);
    fake_wr(&d->f, VIRTIO_MMIO_QUEUE_DESC_HIGH, (uint32_t)(base >> 32));
    fake_wr(&d->f, VIRTIO_MMIO_QUEUE_AVAIL_LOW, (uint32_t)avail);
    fake_wr(&d->f, VIRTIO_MMIO_QUEUE_AVAIL_HIGH, (uint32_t)(avail >> 32));
    fake_wr(&d->f, VIRTIO_MMIO_QUEUE_USED_LOW, (uint32_t)used);
    fake_wr(&d->f, VIRTIO_MMIO_QUEUE_USED_HIGH, (uint32_t)(used >> 32));
    fake_wr(&d->f, VIRTIO_MMIO_QUEUE_READY, 1);
}

/* The initialisation sequence of section 3.1.1, with these feature bits besides VERSION_1. */
static inline void driver_start(struct driver *d, unsigned queues, uint32_t features)
{
    fake_wr(&d->f, VIRTIO_MMIO_STATUS, 0);
    fake_wr(&d->f, VIRTIO_MMIO_STATUS, 3);
    fake_wr(&d->f, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 0);
    fake_wr(&d->f, VIRTIO_MMIO_DRIVER_FEATURES, features);
    fake_wr(&d->f, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
    fake_wr(&d->f, VIRTIO_MMIO_DRIVER_FEATURES, 1);
    fake_wr(&d->f, VIRTIO_MMIO_STATUS, 11);
    ck_assert_uint_eq(fake_rd(&d->f, VIRTIO_MMIO_STATUS), 11);
    for (unsigned q = 0; q < queues; q++)
        driver_modern_queue(d, q);
    fake_wr(&d->f, VIRTIO_MMIO_STATUS, 15);
}

static inline struct driver *driver_create(struct virtio_backend *backend, bool legacy)
{
    struct driver *d = calloc(1, sizeof(*d));
    ck_assert_ptr_nonnull(d);
    fake_host_init(&d->f);
    d->next_buffer = BUFFERS;
    for (unsigned q = 0; q < DRIVER_QUEUES; q++)
        driver_map_ring(d, q);
    d->f.dev = virtio_mmio_create(&d->f.host, backend, legacy);
    ck_assert_ptr_nonnull(d->f.dev);
    return d;
}

static inline void driver_destroy(struct driver *d)
{
    d->f.dev->ops->destroy(d->f.dev);
    fake_host_free(&d->f);
    free(d);
}

static inline bool driver_needs_reset(struct driver *d)
{
    return fake_rd(&d->f, VIRTIO_MMIO_STATUS) & VIRTIO_CONFIG_S_NEEDS_RESET;
}

#endif
