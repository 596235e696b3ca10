/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Split virtqueues, virtio 1.1 section 2.6. Fields in guest memory are little-endian. */
#include <endian.h>
#include <errno.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>
#include <string.h>

#include "emu/dev/virtio.h"

#define DESCRIPTOR_BYTES ((uint64_t)sizeof(struct vring_desc))

/* Section 2.6.6: flags, idx, ring[size], used_event. */
static uint64_t available_entry(const struct virtq *q, uint16_t index)
{
    return q->available + 4 + 2 * (uint64_t)(index & (q->size - 1));
}

static uint64_t used_event(const struct virtq *q)
{
    return q->available + 4 + 2 * (uint64_t)q->size;
}

/* Section 2.6.8: flags, idx, ring[size] of 8 bytes each, avail_event. */
static uint64_t used_entry(const struct virtq *q, uint16_t index)
{
    return q->used + 4 + 8 * (uint64_t)(index & (q->size - 1));
}

static uint64_t avail_event(const struct virtq *q)
{
    return q->used + 4 + 8 * (uint64_t)q->size;
}

static int ring_read(struct virtio *virtio, uint64_t address, void *buffer, size_t size_bytes)
{
    int rc = virtio->dev.host.dma_read(virtio->dev.host.opaque, address, buffer, size_bytes);
    if (rc)
        virtio_break(virtio, "a ring or descriptor lies outside RAM");
    return rc;
}

static int ring_write(struct virtio *virtio, uint64_t address, const void *buffer,
                      size_t size_bytes)
{
    int rc = virtio->dev.host.dma_write(virtio->dev.host.opaque, address, buffer, size_bytes);
    if (rc)
        virtio_break(virtio, "a used ring lies outside RAM");
    return rc;
}

static int ring_read16(struct virtio *virtio, uint64_t address, uint16_t *value)
{
    uint16_t raw = 0;
    int rc = ring_read(virtio, address, &raw, sizeof(raw));
    *value = le16toh(raw);
    return rc;
}

unsigned virtq_available(struct virtio *virtio, unsigned queue)
{
    const struct virtq *q = &virtio->queue[queue];
    uint16_t index;
    if (!q->ready || virtio->s.broken || ring_read16(virtio, q->available + 2, &index))
        return 0;
    uint16_t waiting = (uint16_t)(index - q->next_available);
    if (waiting > q->size) {
        virtio_break(virtio, "the available index is further ahead than the queue is long");
        return 0;
    }
    return waiting;
}

/* Adds one descriptor; device-readable parts come before device-writable ones (2.6.4.2). */
static const char *add_segment(struct virtq_chain *chain, const struct vring_desc *desc)
{
    uint32_t count = chain->readable_count + chain->writable_count;
    uint32_t size_bytes = le32toh(desc->len);
    bool writable = le16toh(desc->flags) & VRING_DESC_F_WRITE;
    if (!writable && chain->writable_count)
        return "a readable descriptor follows a writable one";
    if (count >= VIRTQ_MAX_SEGMENTS)
        return "a descriptor chain is too long";
    chain->segment[count] =
        (struct virtq_segment){.address = le64toh(desc->addr), .size_bytes = size_bytes};
    if (writable) {
        chain->writable_count++;
        chain->writable_bytes += size_bytes;
    } else {
        chain->readable_count++;
        chain->readable_bytes += size_bytes;
    }
    return NULL;
}

/* Section 2.6.5.3: where a chain goes on in the table of @entries at @table. */
struct walk {
    uint64_t table;
    uint32_t entries, index, left;
    bool indirect;
};

/* Enters the indirect table that @desc points to. */
static const char *enter_indirect(const struct virtio *virtio, struct walk *w,
                                  const struct vring_desc *desc)
{
    uint32_t size_bytes = le32toh(desc->len);
    if (!virtio_negotiated(virtio, VIRTIO_RING_F_INDIRECT_DESC))
        return "an indirect descriptor was not negotiated";
    if (w->indirect)
        return "an indirect descriptor is inside an indirect table";
    if (le16toh(desc->flags) & VRING_DESC_F_NEXT)
        return "an indirect descriptor has a next one";
    if (!size_bytes || size_bytes % DESCRIPTOR_BYTES)
        return "an indirect table's length is not a multiple of a descriptor's";
    uint32_t entries = (uint32_t)(size_bytes / DESCRIPTOR_BYTES);
    *w = (struct walk){.table = le64toh(desc->addr),
                       .entries = entries,
                       .left = entries < VIRTQ_MAX_SEGMENTS ? entries : VIRTQ_MAX_SEGMENTS,
                       .indirect = true};
    return NULL;
}

/* One step along the chain: NULL with *more, or what is wrong. A loop runs out of `left`. */
static const char *step(struct virtio *virtio, struct walk *w, struct virtq_chain *chain,
                        bool *more)
{
    struct vring_desc desc;
    if (w->index >= w->entries)
        return "a descriptor index is beyond the table";
    if (w->left-- == 0)
        return "a descriptor chain has a loop";
    uint64_t address = w->table + w->index * DESCRIPTOR_BYTES;
    if (virtio->dev.host.dma_read(virtio->dev.host.opaque, address, &desc, sizeof(desc)))
        return "a descriptor lies outside RAM";
    uint16_t flags = le16toh(desc.flags);
    if (flags & VRING_DESC_F_INDIRECT)
        return enter_indirect(virtio, w, &desc);
    w->index = le16toh(desc.next);
    *more = flags & VRING_DESC_F_NEXT;
    return add_segment(chain, &desc);
}

static int collect(struct virtio *virtio, const struct virtq *q, struct virtq_chain *chain)
{
    struct walk w = {
        .table = q->descriptors, .entries = q->size, .index = chain->head, .left = q->size};
    bool more = true;
    while (more) {
        const char *wrong = step(virtio, &w, chain, &more);
        if (!wrong)
            continue;
        virtio_break(virtio, wrong);
        return -EINVAL;
    }
    return 0;
}

int virtq_pop(struct virtio *virtio, unsigned queue, struct virtq_chain *chain)
{
    struct virtq *q = &virtio->queue[queue];
    uint16_t head;
    if (virtq_available(virtio, queue) == 0)
        return 0;
    if (ring_read16(virtio, available_entry(q, q->next_available), &head))
        return 0;
    memset(chain, 0, offsetof(struct virtq_chain, segment));
    chain->head = head;
    if (collect(virtio, q, chain))
        return 0;
    q->next_available++;
    return 1;
}

void virtq_push(struct virtio *virtio, unsigned queue, uint32_t head, uint32_t written_bytes)
{
    struct virtq *q = &virtio->queue[queue];
    struct vring_used_elem elem = {.id = htole32(head), .len = htole32(written_bytes)};
    if (virtio->s.broken || !q->ready ||
        ring_write(virtio, used_entry(q, q->next_used), &elem, sizeof(elem)))
        return;
    uint16_t index = htole16(++q->next_used);
    ring_write(virtio, q->used + 2, &index, sizeof(index));
}

/* Sections 2.6.7.1 and 2.6.7.2: does the driver want to hear of entries [old, new)? */
static bool wants_interrupt(struct virtio *virtio, const struct virtq *q)
{
    uint16_t value;
    if (virtio_negotiated(virtio, VIRTIO_RING_F_EVENT_IDX))
        return !ring_read16(virtio, used_event(q), &value) &&
               vring_need_event(value, q->next_used, q->notified_used);
    return !ring_read16(virtio, q->available, &value) && !(value & VRING_AVAIL_F_NO_INTERRUPT);
}

void virtq_flush(struct virtio *virtio, unsigned queue)
{
    struct virtq *q = &virtio->queue[queue];
    if (virtio->s.broken || !q->ready)
        return;
    if (virtio_negotiated(virtio, VIRTIO_RING_F_EVENT_IDX)) {
        uint16_t event = htole16(q->next_available);
        if (ring_write(virtio, avail_event(q), &event, sizeof(event)))
            return;
    }
    if (q->next_used == q->notified_used)
        return;
    bool interrupt = wants_interrupt(virtio, q);
    q->notified_used = q->next_used;
    if (!interrupt)
        return;
    virtio_interrupt(virtio, queue);
}

typedef int copy_function(struct virtio *virtio, uint64_t address, uint8_t *buffer,
                          size_t size_bytes);

static int copy_in(struct virtio *virtio, uint64_t address, uint8_t *buffer, size_t size_bytes)
{
    return virtio->dev.host.dma_read(virtio->dev.host.opaque, address, buffer, size_bytes);
}

static int copy_out(struct virtio *virtio, uint64_t address, uint8_t *buffer, size_t size_bytes)
{
    return virtio->dev.host.dma_write(virtio->dev.host.opaque, address, buffer, size_bytes);
}

/* Copies [offset, offset + size) of a run of segments, piece by piece. */
static int copy_segments(struct virtio *virtio, const struct virtq_segment *seg, uint32_t count,
                         uint64_t offset, uint8_t *buffer, size_t size_bytes, copy_function *copy)
{
    for (uint32_t i = 0; i < count && size_bytes; i++) {
        if (offset >= seg[i].size_bytes) {
            offset -= seg[i].size_bytes;
            continue;
        }
        uint64_t left = seg[i].size_bytes - offset;
        size_t piece = left < size_bytes ? (size_t)left : size_bytes;
        if (copy(virtio, seg[i].address + offset, buffer, piece))
            break;
        buffer += piece;
        size_bytes -= piece;
        offset = 0;
    }
    if (!size_bytes)
        return 0;
    virtio_break(virtio, "a buffer is too short or lies outside RAM");
    return -EFAULT;
}

int virtq_read(struct virtio *virtio, const struct virtq_chain *chain, uint64_t offset,
               void *buffer, size_t size_bytes)
{
    return copy_segments(virtio, chain->segment, chain->readable_count, offset, buffer, size_bytes,
                         copy_in);
}

int virtq_write(struct virtio *virtio, const struct virtq_chain *chain, uint64_t offset,
                const void *buffer, size_t size_bytes)
{
    /* copy_out only reads from the buffer; the shared walker has one buffer type. */
    return copy_segments(virtio, chain->segment + chain->readable_count, chain->writable_count,
                         offset, (uint8_t *)(uintptr_t)buffer, size_bytes, copy_out);
}
