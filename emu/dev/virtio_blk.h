/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio block device, virtio 1.1 section 5.2: IN, OUT, FLUSH, GET_ID, DISCARD, WRITE_ZEROES.
 *
 * When a request completes is a choice; here it is a constant of virtual time. The first
 * notification starts a service period of VIRTIO_BLK_LATENCY_NS; at its end the device reads the
 * rings, carries out what it finds in queue order, and interrupts. Up to VIRTIO_BLK_BATCH_BYTES of
 * data are moved in one period; the rest starts another. Between notification and service the
 * device holds nothing but the deadline, so a snapshot has no request in flight.
 */
#ifndef IRQLAB_EMU_DEV_VIRTIO_BLK_H
#define IRQLAB_EMU_DEV_VIRTIO_BLK_H

#include "emu/dev/blockdev.h"
#include "emu/dev/virtio.h"

#define VIRTIO_BLK_LATENCY_NS  UINT64_C(10000)
#define VIRTIO_BLK_BATCH_BYTES (UINT64_C(16) << 20)
#define VIRTIO_BLK_MAX_REQUEST (UINT64_C(64) << 20) /* bytes; a larger request fails */

/**
 * virtio_blk_create - a back end for virtio_mmio_create().
 * @disk: owned by the back end from now on, also when NULL is returned
 * @id: what GET_ID answers, up to 20 characters; NULL: empty
 * @queue_count: 1 to VIRTIO_MAX_QUEUES
 * Returns NULL when memory is out.
 */
struct virtio_backend *virtio_blk_create(struct blockdev *disk, const char *id,
                                         unsigned queue_count);

#endif
