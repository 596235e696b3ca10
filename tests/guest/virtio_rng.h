/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The driver's side of virtio-rng-pci: one queue, one request for random bytes at a time, which the
 * device answers with one interrupt (virtio 1.1, 2.6 and 4.1).
 */
#ifndef TESTS_GUEST_VIRTIO_RNG_H
#define TESTS_GUEST_VIRTIO_RNG_H

#include "images/lib/pci.h"
#include "images/lib/timer.h"
#include "tests/guest/gic_poll.h"

#define VIRTIO     0x1af4
#define RNG        0x1044
#define RNG_OLD    0x1005 /* with the old transport too */
#define QUEUE_SIZE 8
#define NO_VECTOR  0xffff

/* struct virtio_pci_common_cfg */
enum {
    FEATURE_SELECT = 8,
    FEATURES = 12,
    STATUS = 20,
    SELECT = 22,
    SIZE = 24,
    QUEUE_VECTOR = 26,
    ENABLE = 28,
    NOTIFY_OFF = 30,
    DESC = 32,
    DRIVER = 40,
    DEVICE_RING = 48
};

static struct {
    struct {
        u64 address;
        u32 length;
        u16 flags, next;
    } desc[QUEUE_SIZE];
    u16 avail_flags, avail_index, avail[QUEUE_SIZE], avail_event;
    u16 used_flags __attribute__((aligned(4))), used_index;
    struct {
        u32 id, length;
    } used[QUEUE_SIZE];
} ring __attribute__((aligned(16)));

static struct pci_device rng;
static u64 common, doorbell;
static u8 buffer[16];

/* A structure's address, by the type in its vendor capability. */
static u64 structure(u8 type, u32 *multiplier)
{
    for (u32 at = 0; (at = pci_capability(&rng, PCI_CAP_VENDOR, at));) {
        if (mmio_read8(rng.config + at + 3) != type)
            continue;
        *multiplier = mmio_read32(rng.config + at + 16);
        return rng.bar[mmio_read8(rng.config + at + 4)] + mmio_read32(rng.config + at + 8);
    }
    return 0;
}

/* 64-bit fields are written by halves (virtio 1.1, 4.1.3.1). */
static void set_address(u32 field, const void *address)
{
    mmio_write32(common + field, (u64)address);
    mmio_write32(common + field + 4, (u64)address >> 32);
}

/* The queue in use, its interrupts by MSI-X vector @vector or by none. */
static void start_queue(u16 vector)
{
    u32 multiplier;
    common = structure(1, &multiplier);
    u64 notify = structure(2, &multiplier);
    mmio_write8(common + STATUS, 0);
    mmio_write8(common + STATUS, 1 | 2);
    mmio_write32(common + FEATURE_SELECT, 1);
    mmio_write32(common + FEATURES, 1); /* VIRTIO_F_VERSION_1 */
    mmio_write8(common + STATUS, 1 | 2 | 8);
    mmio_write16(common + SELECT, 0);
    mmio_write16(common + SIZE, QUEUE_SIZE);
    mmio_write16(common + QUEUE_VECTOR, vector);
    set_address(DESC, ring.desc);
    set_address(DRIVER, &ring.avail_flags);
    set_address(DEVICE_RING, &ring.used_flags);
    mmio_write16(common + ENABLE, 1);
    mmio_write8(common + STATUS, 1 | 2 | 8 | 4);
    doorbell = notify + mmio_read16(common + NOTIFY_OFF) * multiplier;
}

/* One request; true when the device has answered, which it does before it sends the message. */
static bool request(void)
{
    volatile u16 *used = &ring.used_index;
    u16 before = *used;
    ring.desc[0].address = (u64)buffer;
    ring.desc[0].length = sizeof(buffer);
    ring.desc[0].flags = 2; /* written by the device */
    ring.avail[ring.avail_index % QUEUE_SIZE] = 0;
    dmb(sy);
    ring.avail_index++;
    dsb(sy);
    mmio_write16(doorbell, 0);
    return wait_until(*used != before, 5000);
}

#endif
