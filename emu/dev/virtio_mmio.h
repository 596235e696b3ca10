/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtio MMIO transport, virtio 1.1 section 4.2: version 2, or version 1 (section 4.2.4, the
 * legacy interface) for guests that know only that, such as kvm-unit-tests. Line 0 is its
 * interrupt. The board has 32 of them; one without a back end shows device ID 0
 * (section 4.2.2, DeviceID).
 */
#ifndef IRQLAB_EMU_DEV_VIRTIO_MMIO_H
#define IRQLAB_EMU_DEV_VIRTIO_MMIO_H

#include "emu/dev/virtio.h"

#define VIRTIO_MMIO_REGION_BYTES 0x200

/**
 * virtio_mmio_create - a transport with @backend, or an empty slot when that is NULL.
 * @backend: owned by the transport from now on, also when NULL is returned
 * @legacy: true for version 1
 * Returns NULL when memory is out. Freed by ops->destroy.
 */
struct dev *virtio_mmio_create(const struct dev_host *host, struct virtio_backend *backend,
                               bool legacy);

#endif
