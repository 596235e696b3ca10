/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/dev/virtio_rng.h"

#include <endian.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>

#define CHAIN_LIMIT                                                                                \
    4096 /* bytes put into one chain; the device may use less than offered (5.4.6) */

struct virtio_rng {
    struct virtio_backend backend;
    uint64_t state; /* guest-visible */
};

static struct virtio_rng *to_rng(struct virtio_backend *backend)
{
    return (struct virtio_rng *)backend;
}

/* SplitMix64: a counter through an invertible mix; passes BigCrush. */
static uint64_t next(struct virtio_rng *rng)
{
    uint64_t z = rng->state += UINT64_C(0x9E3779B97F4A7C15);
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static int fill(struct virtio_rng *rng, const struct virtq_chain *chain, uint32_t size_bytes)
{
    for (uint32_t at = 0; at < size_bytes; at += 8) {
        uint64_t value = htole64(next(rng));
        uint32_t piece = size_bytes - at < 8 ? size_bytes - at : 8;
        int rc = virtq_write(rng->backend.virtio, chain, at, &value, piece);
        if (rc)
            return rc;
    }
    return 0;
}

static void rng_notify(struct virtio_backend *backend, unsigned queue)
{
    struct virtio *virtio = backend->virtio;
    for (unsigned i = 0; i < VIRTQ_MAX_SIZE; i++) {
        if (!virtq_pop(virtio, queue, &virtio->chain))
            break;
        uint64_t room = virtio->chain.writable_bytes;
        uint32_t size_bytes = room < CHAIN_LIMIT ? (uint32_t)room : CHAIN_LIMIT;
        if (fill(to_rng(backend), &virtio->chain, size_bytes))
            return;
        virtq_push(virtio, queue, virtio->chain.head, size_bytes);
    }
    virtq_flush(virtio, queue);
}

/* The generator goes on over a driver's reset: else a second driver would see the same bytes. */
static void rng_reset(struct virtio_backend *backend)
{
    (void)backend;
}

static void rng_visit(struct virtio_backend *backend, struct visitor *v)
{
    v->bytes(v, "virtio-rng", &to_rng(backend)->state, sizeof(uint64_t));
}

static void rng_destroy(struct virtio_backend *backend)
{
    free(backend);
}

static const struct virtio_backend_ops rng_ops = {
    .name = "rng",
    .device_id = VIRTIO_ID_RNG,
    .notify = rng_notify,
    .reset = rng_reset,
    .visit = rng_visit,
    .destroy = rng_destroy,
};

struct virtio_backend *virtio_rng_create(uint64_t seed)
{
    struct virtio_rng *rng = calloc(1, sizeof(*rng));
    if (!rng)
        return NULL;
    rng->backend.ops = &rng_ops;
    rng->backend.queue_count = 1;
    rng->state = seed;
    return &rng->backend;
}
