/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/dev/virtio.h"

#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <string.h>

#define FEATURE(bit) (UINT64_C(1) << (bit))

_Static_assert(sizeof(struct virtq) == 3 * 8 + 4 * 4 + 4 * 2, "visited bytes: no padding");
_Static_assert(sizeof(struct virtio_state) == 8 + 8 * 4, "visited bytes: no padding");

static void update_irq(struct virtio *virtio)
{
    bool level = virtio->s.isr != 0;
    if (virtio->set_line)
        virtio->set_line(virtio, level);
    else
        virtio->dev.host.set_irq(virtio->dev.host.opaque, 0, level);
}

void virtio_interrupt(struct virtio *virtio, unsigned queue)
{
    virtio->s.isr |= queue == VIRTIO_NO_QUEUE ? VIRTIO_ISR_CONFIG : VIRTIO_ISR_QUEUE;
    update_irq(virtio);
    if (virtio->send_message)
        virtio->send_message(virtio, queue);
}

uint64_t virtio_offered(const struct virtio *virtio)
{
    uint64_t rings = FEATURE(VIRTIO_RING_F_INDIRECT_DESC) | FEATURE(VIRTIO_RING_F_EVENT_IDX);
    if (!virtio->backend)
        return 0;
    uint64_t version = virtio->legacy ? FEATURE(VIRTIO_F_ANY_LAYOUT) : FEATURE(VIRTIO_F_VERSION_1);
    return virtio->backend->ops->features | rings | version;
}

bool virtio_negotiated(const struct virtio *virtio, unsigned bit)
{
    return virtio->s.driver_features & FEATURE(bit);
}

void virtio_break(struct virtio *virtio, const char *what)
{
    const struct dev_host *host = &virtio->dev.host;
    host->guest_error(host->opaque, "%s: %s; the device needs a reset",
                      virtio->backend ? virtio->backend->ops->name : "none", what);
    virtio->s.broken = 1;
    if (virtio->legacy)
        return;
    virtio->s.status |= VIRTIO_CONFIG_S_NEEDS_RESET;
    if (virtio->s.status & VIRTIO_CONFIG_S_DRIVER_OK)
        virtio_interrupt(virtio, VIRTIO_NO_QUEUE);
}

void virtio_config_changed(struct virtio *virtio)
{
    virtio->s.config_generation++;
    if (virtio->s.status & VIRTIO_CONFIG_S_DRIVER_OK)
        virtio_interrupt(virtio, VIRTIO_NO_QUEUE);
}

void virtio_reset(struct virtio *virtio)
{
    uint32_t generation = virtio->s.config_generation;
    memset(&virtio->s, 0, sizeof(virtio->s));
    memset(virtio->queue, 0, sizeof(virtio->queue));
    virtio->s.config_generation = generation;
    if (virtio->backend)
        virtio->backend->ops->reset(virtio->backend);
    update_irq(virtio);
}

void virtio_init(struct virtio *virtio)
{
    if (virtio->backend)
        virtio->backend->virtio = virtio;
}

/* Buffers that were offered before the device was ready are looked at now. */
static void start(struct virtio *virtio)
{
    for (unsigned i = 0; i < virtio->backend->queue_count; i++)
        if (virtio->queue[i].ready)
            virtio->backend->ops->notify(virtio->backend, i);
}

/* Section 2.2.2: features are accepted when all were offered and a 1.x driver is there. */
static bool features_acceptable(const struct virtio *virtio)
{
    return !(virtio->s.driver_features & ~virtio_offered(virtio)) &&
           virtio_negotiated(virtio, VIRTIO_F_VERSION_1);
}

void virtio_set_status(struct virtio *virtio, uint32_t status)
{
    uint32_t old = virtio->s.status;
    if (!virtio->backend)
        return;
    if (status == 0) {
        virtio_reset(virtio);
        return;
    }
    status = (status & 0xFF & ~VIRTIO_CONFIG_S_NEEDS_RESET) | (old & VIRTIO_CONFIG_S_NEEDS_RESET);
    uint32_t rises = status & ~old;
    if (!virtio->legacy && (rises & VIRTIO_CONFIG_S_FEATURES_OK) && !features_acceptable(virtio))
        status &= ~VIRTIO_CONFIG_S_FEATURES_OK;
    virtio->s.status = status;
    if ((rises & VIRTIO_CONFIG_S_DRIVER_OK) && !virtio->s.broken)
        start(virtio);
}

/*
 * A 1.x device does not touch its queues before DRIVER_OK (section 3.1.1). Drivers of the legacy
 * interface were known to use them earlier (section 3.1.2), and kvm-unit-tests never writes status.
 */
void virtio_notify(struct virtio *virtio, uint32_t queue)
{
    const struct dev_host *host = &virtio->dev.host;
    if (!virtio->backend || virtio->s.broken)
        return;
    if (queue >= virtio->backend->queue_count || !virtio->queue[queue].ready) {
        host->guest_error(host->opaque, "%s: notification of queue %u, which is not set up",
                          virtio->backend->ops->name, queue);
        return;
    }
    if (virtio->legacy || (virtio->s.status & VIRTIO_CONFIG_S_DRIVER_OK))
        virtio->backend->ops->notify(virtio->backend, queue);
}

void virtio_set_ready(struct virtio *virtio, struct virtq *queue, bool ready)
{
    bool power_of_two = queue->size && !(queue->size & (queue->size - 1));
    queue->ready = 0;
    if (!ready)
        return;
    if (!power_of_two || queue->size > VIRTQ_MAX_SIZE) {
        virtio_break(virtio, "a queue was made ready whose size is no power of two up to the "
                             "largest");
        return;
    }
    queue->next_available = 0;
    queue->next_used = 0;
    queue->notified_used = 0;
    queue->ready = 1;
}

void virtio_acknowledge(struct virtio *virtio, uint32_t bits)
{
    virtio->s.isr &= ~bits;
    update_irq(virtio);
}

/* What a snapshot says is as untrusted as the guest: sizes stay within bounds. */
static void clamp_restored(struct virtio *virtio)
{
    for (unsigned i = 0; i < VIRTIO_MAX_QUEUES; i++) {
        struct virtq *q = &virtio->queue[i];
        bool sound = q->size && q->size <= VIRTQ_MAX_SIZE && !(q->size & (q->size - 1));
        q->ready = q->ready && sound;
    }
}

void virtio_visit(struct virtio *virtio, struct visitor *v)
{
    v->bytes(v, "virtio", &virtio->s, sizeof(virtio->s));
    if (virtio->backend)
        v->bytes(v, "virtqueues", virtio->queue,
                 virtio->backend->queue_count * sizeof(virtio->queue[0]));
    if (v->restoring)
        clamp_restored(virtio);
    if (virtio->backend)
        virtio->backend->ops->visit(virtio->backend, v);
}

void virtio_destroy(struct virtio *virtio)
{
    if (virtio->backend)
        virtio->backend->ops->destroy(virtio->backend);
}
