/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio entropy device, virtio 1.1 section 5.4. Its bytes come from a generator (SplitMix64) that
 * starts at a given seed and is part of the machine's state: the same run gets the same bytes. That
 * is what a reproducible machine wants, and nothing to derive secrets from.
 */
#ifndef IRQLAB_EMU_DEV_VIRTIO_RNG_H
#define IRQLAB_EMU_DEV_VIRTIO_RNG_H

#include "emu/dev/virtio.h"

/** virtio_rng_create - a back end for virtio_mmio_create(); NULL when memory is out. */
struct virtio_backend *virtio_rng_create(uint64_t seed);

#endif
