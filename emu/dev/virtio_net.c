/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/dev/virtio_net.h"

#include <endian.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_net.h>
#include <stdlib.h>
#include <string.h>

#define FEATURE(bit) (UINT64_C(1) << (bit))

/* With VERSION_1 num_buffers is always there (section 5.1.6.1). */
#define HEADER_BYTES ((unsigned)sizeof(struct virtio_net_hdr_mrg_rxbuf))

_Static_assert(sizeof(struct virtio_net_hdr_mrg_rxbuf) == 12, "as in section 5.1.6");

/* Guest-visible; no padding. */
struct net_state {
    uint64_t service_at_ns; /* UINT64_MAX: idle */
    uint32_t pairs;         /* in use, as the driver said */
    uint32_t zero;
};

struct virtio_net {
    struct virtio_backend backend;
    struct virtio_backend_ops ops; /* features depend on the queues */
    struct net_state s;
    uint8_t mac[6];
    unsigned max_pairs;
    uint8_t frame[VIRTIO_NET_MAX_FRAME];
};

static struct virtio_net *to_net(struct virtio_backend *backend)
{
    return (struct virtio_net *)backend;
}

/* Section 5.1.2: its place depends on what was negotiated. */
static unsigned control_queue(const struct virtio_net *net)
{
    return virtio_negotiated(net->backend.virtio, VIRTIO_NET_F_MQ) ? 2 * net->max_pairs : 2;
}

/* Section 5.1.4. */
static size_t net_config(struct virtio_backend *backend, uint8_t *bytes, size_t room)
{
    const struct virtio_net *net = to_net(backend);
    struct virtio_net_config config = {
        .status = htole16(VIRTIO_NET_S_LINK_UP),
        .max_virtqueue_pairs = htole16((uint16_t)net->max_pairs),
    };
    size_t size_bytes = sizeof(config) < room ? sizeof(config) : room;

    memcpy(config.mac, net->mac, sizeof(config.mac));
    memcpy(bytes, &config, size_bytes);
    return size_bytes;
}

/* -- Frames ------------------------------------------------------------------------------------ */

/* Takes one frame off the transmit queue; its length without the header, or -1: broken. */
static int take_frame(struct virtio_net *net, unsigned queue)
{
    struct virtio *virtio = net->backend.virtio;
    const struct virtq_chain *chain = &virtio->chain;
    uint64_t size_bytes = chain->readable_bytes - HEADER_BYTES;

    if (chain->readable_bytes < HEADER_BYTES) {
        virtio_break(virtio, "a frame is shorter than its header");
        return -1;
    }
    if (size_bytes > VIRTIO_NET_MAX_FRAME)
        size_bytes = 0; /* dropped */
    if (virtq_read(virtio, chain, HEADER_BYTES, net->frame, (size_t)size_bytes))
        return -1;
    virtq_push(virtio, queue, chain->head, 0);
    return (int)size_bytes;
}

/* Puts it into the next receive buffer, which is there; a buffer too small stays empty. */
static bool give_frame(struct virtio_net *net, unsigned queue, size_t size_bytes)
{
    struct virtio *virtio = net->backend.virtio;
    const struct virtio_net_hdr_mrg_rxbuf header = {.num_buffers = htole16(1)};

    if (!virtq_pop(virtio, queue, &virtio->chain))
        return false;
    if (virtio->chain.writable_bytes < HEADER_BYTES + size_bytes) {
        virtq_push(virtio, queue, virtio->chain.head, 0);
        return true;
    }
    if (virtq_write(virtio, &virtio->chain, 0, &header, HEADER_BYTES) ||
        virtq_write(virtio, &virtio->chain, HEADER_BYTES, net->frame, size_bytes))
        return false;
    virtq_push(virtio, queue, virtio->chain.head, (uint32_t)(HEADER_BYTES + size_bytes));
    return true;
}

/* Moves what is sent on @pair to its receiver, as far as there are buffers. */
static void loop_pair(struct virtio_net *net, unsigned pair)
{
    struct virtio *virtio = net->backend.virtio;
    unsigned receive = 2 * pair, transmit = 2 * pair + 1;

    for (unsigned i = 0; i < VIRTQ_MAX_SIZE && virtq_available(virtio, receive); i++) {
        int size_bytes;

        if (!virtq_pop(virtio, transmit, &virtio->chain))
            break;
        size_bytes = take_frame(net, transmit);
        if (size_bytes < 0 || (size_bytes && !give_frame(net, receive, (size_t)size_bytes)))
            return;
    }
    virtq_flush(virtio, transmit);
    virtq_flush(virtio, receive);
}

/* -- Control (section 5.1.6.5) ----------------------------------------------------------------- */

static uint8_t carry_out(struct virtio_net *net, const struct virtq_chain *chain)
{
    struct virtio_net_ctrl_hdr header;
    struct virtio_net_ctrl_mq mq;

    if (chain->readable_bytes != sizeof(header) + sizeof(mq) ||
        virtq_read(net->backend.virtio, chain, 0, &header, sizeof(header)) ||
        virtq_read(net->backend.virtio, chain, sizeof(header), &mq, sizeof(mq)))
        return VIRTIO_NET_ERR;
    if (header.class != VIRTIO_NET_CTRL_MQ || header.cmd != VIRTIO_NET_CTRL_MQ_VQ_PAIRS_SET ||
        !virtio_negotiated(net->backend.virtio, VIRTIO_NET_F_MQ) || !mq.virtqueue_pairs ||
        le16toh(mq.virtqueue_pairs) > net->max_pairs)
        return VIRTIO_NET_ERR;
    net->s.pairs = le16toh(mq.virtqueue_pairs);
    return VIRTIO_NET_OK;
}

static void control(struct virtio_net *net, unsigned queue)
{
    struct virtio *virtio = net->backend.virtio;

    for (unsigned i = 0; i < VIRTQ_MAX_SIZE && virtq_pop(virtio, queue, &virtio->chain); i++) {
        uint8_t status = carry_out(net, &virtio->chain);

        if (virtq_write(virtio, &virtio->chain, 0, &status, sizeof(status)))
            return;
        virtq_push(virtio, queue, virtio->chain.head, sizeof(status));
    }
    virtq_flush(virtio, queue);
}

/* -- Time -------------------------------------------------------------------------------------- */

static void start_service(struct virtio_net *net)
{
    const struct dev_host *host = &net->backend.virtio->dev.host;

    if (net->s.service_at_ns != UINT64_MAX)
        return;
    net->s.service_at_ns = host->now_ns(host->opaque) + VIRTIO_NET_LATENCY_NS;
    host->set_deadline(host->opaque, net->s.service_at_ns);
}

static void net_notify(struct virtio_backend *backend, unsigned queue)
{
    if (queue == control_queue(to_net(backend)))
        control(to_net(backend), queue);
    else
        start_service(to_net(backend));
}

static void net_deadline(struct virtio_backend *backend)
{
    struct virtio_net *net = to_net(backend);
    const struct dev_host *host = &backend->virtio->dev.host;

    if (host->now_ns(host->opaque) < net->s.service_at_ns)
        return;
    net->s.service_at_ns = UINT64_MAX;
    for (unsigned pair = 0; pair < net->s.pairs; pair++)
        loop_pair(net, pair);
}

/* -- Life -------------------------------------------------------------------------------------- */

static void net_reset(struct virtio_backend *backend)
{
    const struct dev_host *host = &backend->virtio->dev.host;

    to_net(backend)->s.service_at_ns = UINT64_MAX;
    to_net(backend)->s.pairs = 1;
    host->set_deadline(host->opaque, UINT64_MAX);
}

static void net_visit(struct virtio_backend *backend, struct visitor *v)
{
    struct virtio_net *net = to_net(backend);
    const struct dev_host *host = &backend->virtio->dev.host;

    v->bytes(v, "virtio-net", &net->s, sizeof(net->s));
    if (!v->restoring)
        return;
    if (!net->s.pairs || net->s.pairs > net->max_pairs)
        net->s.pairs = 1;
    host->set_deadline(host->opaque, net->s.service_at_ns);
}

static void net_destroy(struct virtio_backend *backend)
{
    free(backend);
}

static const struct virtio_backend_ops net_ops = {
    .name = "net",
    .device_id = VIRTIO_ID_NET,
    .features =
        FEATURE(VIRTIO_NET_F_MAC) | FEATURE(VIRTIO_NET_F_STATUS) | FEATURE(VIRTIO_NET_F_CTRL_VQ),
    .config = net_config,
    .notify = net_notify,
    .reset = net_reset,
    .visit = net_visit,
    .deadline = net_deadline,
    .destroy = net_destroy,
};

struct virtio_backend *virtio_net_create(const uint8_t *mac, unsigned pairs, bool multiqueue)
{
    struct virtio_net *net = calloc(1, sizeof(*net));

    if (!net)
        return NULL;
    net->ops = net_ops;
    if (multiqueue)
        net->ops.features |= FEATURE(VIRTIO_NET_F_MQ);
    net->backend.ops = &net->ops;
    net->backend.queue_count = 2 * pairs + 1;
    net->max_pairs = pairs;
    net->s.service_at_ns = UINT64_MAX;
    net->s.pairs = 1;
    memcpy(net->mac, mac, sizeof(net->mac));
    return &net->backend;
}
