/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio network device, virtio 1.1 section 5.1, on a wire that is looped back: what is sent on a
 * queue pair is received on the same pair, whatever its addresses. Nothing outside the machine is
 * reached, and no frame is lost: one leaves the transmit queue when there is a receive buffer for
 * it, VIRTIO_NET_LATENCY_NS of virtual time after the notification that there is something to do.
 *
 * Queues: receive 0, transmit 0, receive 1, ...; the control queue is the last one.
 */
#ifndef IRQLAB_EMU_DEV_VIRTIO_NET_H
#define IRQLAB_EMU_DEV_VIRTIO_NET_H

#include "emu/dev/virtio.h"

#define VIRTIO_NET_LATENCY_NS UINT64_C(5000)
#define VIRTIO_NET_MAX_PAIRS  ((VIRTIO_MAX_QUEUES - 1) / 2)
#define VIRTIO_NET_MAX_FRAME  2048u /* bytes after the header; a longer one is dropped */

/**
 * virtio_net_create - a back end for virtio_pci_create() or virtio_mmio_create().
 * @mac: six bytes
 * @pairs: of queues, 1 to VIRTIO_NET_MAX_PAIRS
 * @multiqueue: the driver may use more than the first pair (VIRTIO_NET_F_MQ)
 * Returns NULL when memory is out.
 */
struct virtio_backend *virtio_net_create(const uint8_t *mac, unsigned pairs, bool multiqueue);

#endif
