/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/dev/virtio_blk.h"

#include <endian.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <string.h>

#define FEATURE(bit)      (UINT64_C(1) << (bit))
#define BOUNCE_BYTES      65536
#define MAX_ZERO_SECTORS  65536 /* of one DISCARD or WRITE_ZEROES segment */
#define MAX_ZERO_SEGMENTS 16
#define SEG_MAX           (VIRTQ_MAX_SIZE - 2) /* header and status take two descriptors */

struct blk_state {
    uint64_t service_at_ns; /* UINT64_MAX: idle */
};

struct virtio_blk {
    struct virtio_backend backend;
    struct virtio_backend_ops ops; /* features depend on the disk */
    struct blk_state s;
    struct blockdev *disk;
    char id[VIRTIO_BLK_ID_BYTES];
    uint8_t bounce[BOUNCE_BYTES];
};

/* One request while it is carried out. */
struct request {
    struct virtio *virtio;
    const struct virtq_chain *chain;
    uint32_t type;
    uint64_t sector;
    uint64_t moved_bytes;   /* data copied in either direction */
    uint64_t written_bytes; /* for the used ring, without the status byte */
    bool broken;            /* the device broke: nothing is returned */
};

static struct virtio_blk *to_blk(struct virtio_backend *backend)
{
    return (struct virtio_blk *)backend;
}

/* Section 5.2.4. */
static size_t blk_config(struct virtio_backend *backend, uint8_t *bytes, size_t room)
{
    const struct virtio_blk *blk = to_blk(backend);
    struct virtio_blk_config config = {
        .capacity = htole64(blockdev_sectors(blk->disk)),
        .seg_max = htole32(SEG_MAX),
        .blk_size = htole32(BLOCKDEV_SECTOR_BYTES),
        .num_queues = htole16((uint16_t)backend->queue_count),
        .max_discard_sectors = htole32(MAX_ZERO_SECTORS),
        .max_discard_seg = htole32(MAX_ZERO_SEGMENTS),
        .discard_sector_alignment = htole32(1),
        .max_write_zeroes_sectors = htole32(MAX_ZERO_SECTORS),
        .max_write_zeroes_seg = htole32(MAX_ZERO_SEGMENTS),
    };
    size_t size_bytes = sizeof(config) < room ? sizeof(config) : room;
    memcpy(bytes, &config, size_bytes);
    return size_bytes;
}

static bool data_in_range(const struct virtio_blk *blk, const struct request *r,
                          uint64_t size_bytes)
{
    uint64_t sectors = blockdev_sectors(blk->disk);
    return size_bytes % BLOCKDEV_SECTOR_BYTES == 0 && size_bytes <= VIRTIO_BLK_MAX_REQUEST &&
           r->sector <= sectors && size_bytes / BLOCKDEV_SECTOR_BYTES <= sectors - r->sector;
}

/* Moves @size_bytes between the disk and the chain, through the bounce buffer. */
static uint8_t move_data(struct virtio_blk *blk, struct request *r, uint64_t size_bytes)
{
    uint64_t at = r->sector * BLOCKDEV_SECTOR_BYTES;
    for (uint64_t done = 0; done < size_bytes;) {
        uint64_t left = size_bytes - done;
        size_t piece = left < BOUNCE_BYTES ? (size_t)left : BOUNCE_BYTES;
        if (r->type == VIRTIO_BLK_T_IN) {
            if (blockdev_read(blk->disk, at + done, blk->bounce, piece))
                return VIRTIO_BLK_S_IOERR;
            r->broken = virtq_write(r->virtio, r->chain, done, blk->bounce, piece);
        } else {
            uint64_t header = sizeof(struct virtio_blk_outhdr);
            r->broken = virtq_read(r->virtio, r->chain, header + done, blk->bounce, piece);
            if (!r->broken && blockdev_write(blk->disk, at + done, blk->bounce, piece))
                return VIRTIO_BLK_S_IOERR;
        }
        if (r->broken)
            return VIRTIO_BLK_S_IOERR;
        done += piece;
        r->moved_bytes = done;
    }
    return VIRTIO_BLK_S_OK;
}

static uint8_t do_in(struct virtio_blk *blk, struct request *r)
{
    uint64_t size_bytes = r->chain->writable_bytes - 1;
    if (!data_in_range(blk, r, size_bytes))
        return VIRTIO_BLK_S_IOERR;
    uint8_t status = move_data(blk, r, size_bytes);
    r->written_bytes = r->moved_bytes;
    return status;
}

static uint8_t do_out(struct virtio_blk *blk, struct request *r)
{
    uint64_t size_bytes = r->chain->readable_bytes - sizeof(struct virtio_blk_outhdr);
    if (blockdev_is_readonly(blk->disk) || !data_in_range(blk, r, size_bytes))
        return VIRTIO_BLK_S_IOERR;
    return move_data(blk, r, size_bytes);
}

static uint8_t do_flush(struct virtio_blk *blk, struct request *r)
{
    (void)r;
    return blockdev_flush(blk->disk) ? VIRTIO_BLK_S_IOERR : VIRTIO_BLK_S_OK;
}

static uint8_t do_get_id(struct virtio_blk *blk, struct request *r)
{
    uint64_t room = r->chain->writable_bytes - 1;
    size_t size_bytes = room < sizeof(blk->id) ? (size_t)room : sizeof(blk->id);
    r->broken = virtq_write(r->virtio, r->chain, 0, blk->id, size_bytes);
    r->written_bytes = size_bytes;
    return VIRTIO_BLK_S_OK;
}

/* Section 5.2.6: segments of sector, count, flags; only WRITE_ZEROES knows a flag, UNMAP. */
static uint8_t zero_segment(struct virtio_blk *blk, struct request *r,
                            const struct virtio_blk_discard_write_zeroes *seg)
{
    uint64_t sector = le64toh(seg->sector);
    uint64_t count = le32toh(seg->num_sectors);
    uint32_t known = r->type == VIRTIO_BLK_T_WRITE_ZEROES ? VIRTIO_BLK_WRITE_ZEROES_FLAG_UNMAP : 0;
    if (le32toh(seg->flags) & ~known)
        return VIRTIO_BLK_S_UNSUPP;
    if (count > MAX_ZERO_SECTORS || sector > blockdev_sectors(blk->disk))
        return VIRTIO_BLK_S_IOERR;
    r->moved_bytes += count * BLOCKDEV_SECTOR_BYTES;
    return blockdev_zero(blk->disk, sector * BLOCKDEV_SECTOR_BYTES, count * BLOCKDEV_SECTOR_BYTES)
               ? VIRTIO_BLK_S_IOERR
               : VIRTIO_BLK_S_OK;
}

static uint8_t do_zero(struct virtio_blk *blk, struct request *r)
{
    struct virtio_blk_discard_write_zeroes seg[MAX_ZERO_SEGMENTS];
    uint64_t size_bytes = r->chain->readable_bytes - sizeof(struct virtio_blk_outhdr);
    uint8_t status = VIRTIO_BLK_S_OK;
    if (!size_bytes || size_bytes % sizeof(seg[0]) || size_bytes > sizeof(seg) ||
        blockdev_is_readonly(blk->disk))
        return VIRTIO_BLK_S_IOERR;
    r->broken =
        virtq_read(r->virtio, r->chain, sizeof(struct virtio_blk_outhdr), seg, (size_t)size_bytes);
    for (size_t i = 0; !r->broken && status == VIRTIO_BLK_S_OK && i < size_bytes / sizeof(seg[0]);
         i++)
        status = zero_segment(blk, r, &seg[i]);
    return status;
}

static const struct {
    uint32_t type;
    uint8_t (*run)(struct virtio_blk *blk, struct request *r);
} commands[] = {
    {VIRTIO_BLK_T_IN, do_in},        {VIRTIO_BLK_T_OUT, do_out},
    {VIRTIO_BLK_T_FLUSH, do_flush},  {VIRTIO_BLK_T_GET_ID, do_get_id},
    {VIRTIO_BLK_T_DISCARD, do_zero}, {VIRTIO_BLK_T_WRITE_ZEROES, do_zero},
};

static uint8_t run(struct virtio_blk *blk, struct request *r)
{
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        if (commands[i].type == r->type)
            return commands[i].run(blk, r);
    return VIRTIO_BLK_S_UNSUPP;
}

/* A request is a 16-byte header, data, and one status byte, in any split (section 2.6.4). */
static bool serve(struct virtio_blk *blk, struct virtio *virtio, struct request *r)
{
    struct virtio_blk_outhdr header;
    const struct virtq_chain *chain = &virtio->chain;
    if (chain->readable_bytes < sizeof(header) || chain->writable_bytes < 1) {
        virtio_break(virtio, "a request is too short for its header and status");
        return false;
    }
    if (virtq_read(virtio, chain, 0, &header, sizeof(header)))
        return false;
    *r = (struct request){.virtio = virtio,
                          .chain = chain,
                          .type = le32toh(header.type),
                          .sector = le64toh(header.sector)};
    uint8_t status = run(blk, r);
    return !r->broken && !virtq_write(virtio, chain, chain->writable_bytes - 1, &status, 1);
}

static void start_service(struct virtio_blk *blk)
{
    const struct dev_host *host = &blk->backend.virtio->dev.host;
    if (blk->s.service_at_ns != UINT64_MAX)
        return;
    blk->s.service_at_ns = host->now_ns(host->opaque) + VIRTIO_BLK_LATENCY_NS;
    host->set_deadline(host->opaque, blk->s.service_at_ns);
}

static void blk_notify(struct virtio_backend *backend, unsigned queue)
{
    (void)queue;
    start_service(to_blk(backend));
}

/* Empties one queue, within what is left of the batch; false when requests remain. */
static bool serve_queue(struct virtio_blk *blk, unsigned queue, uint64_t *batch_left)
{
    struct virtio *virtio = blk->backend.virtio;
    bool empty = false;
    for (unsigned served = 0; served < VIRTQ_MAX_SIZE && *batch_left; served++) {
        struct request r = {0};
        if (!virtq_pop(virtio, queue, &virtio->chain)) {
            empty = true;
            break;
        }
        if (!serve(blk, virtio, &r))
            return true;
        virtq_push(virtio, queue, virtio->chain.head, (uint32_t)r.written_bytes + 1);
        *batch_left -= r.moved_bytes < *batch_left ? r.moved_bytes : *batch_left;
    }
    virtq_flush(virtio, queue);
    return empty || virtq_available(virtio, queue) == 0;
}

static void blk_deadline(struct virtio_backend *backend)
{
    struct virtio_blk *blk = to_blk(backend);
    const struct dev_host *host = &backend->virtio->dev.host;
    uint64_t batch_left = VIRTIO_BLK_BATCH_BYTES;
    bool all = true;
    if (host->now_ns(host->opaque) < blk->s.service_at_ns)
        return;
    blk->s.service_at_ns = UINT64_MAX;
    for (unsigned i = 0; i < backend->queue_count; i++)
        all &= serve_queue(blk, i, &batch_left);
    if (!all)
        start_service(blk);
}

static void blk_reset(struct virtio_backend *backend)
{
    const struct dev_host *host = &backend->virtio->dev.host;
    to_blk(backend)->s.service_at_ns = UINT64_MAX;
    host->set_deadline(host->opaque, UINT64_MAX);
}

static void blk_visit(struct virtio_backend *backend, struct visitor *v)
{
    struct virtio_blk *blk = to_blk(backend);
    const struct dev_host *host = &backend->virtio->dev.host;
    v->bytes(v, "virtio-blk", &blk->s, sizeof(blk->s));
    blockdev_visit(blk->disk, v);
    if (v->restoring)
        host->set_deadline(host->opaque, blk->s.service_at_ns);
}

static void blk_destroy(struct virtio_backend *backend)
{
    blockdev_close(to_blk(backend)->disk);
    free(backend);
}

static const struct virtio_backend_ops blk_ops = {
    .name = "blk",
    .device_id = VIRTIO_ID_BLOCK,
    .features = FEATURE(VIRTIO_BLK_F_SEG_MAX) | FEATURE(VIRTIO_BLK_F_BLK_SIZE) |
                FEATURE(VIRTIO_BLK_F_FLUSH),
    .config = blk_config,
    .notify = blk_notify,
    .reset = blk_reset,
    .visit = blk_visit,
    .deadline = blk_deadline,
    .destroy = blk_destroy,
};

static uint64_t disk_features(const struct blockdev *disk)
{
    if (blockdev_is_readonly(disk))
        return FEATURE(VIRTIO_BLK_F_RO);
    return FEATURE(VIRTIO_BLK_F_DISCARD) | FEATURE(VIRTIO_BLK_F_WRITE_ZEROES);
}

struct virtio_backend *virtio_blk_create(struct blockdev *disk, const char *id,
                                         unsigned queue_count)
{
    struct virtio_blk *blk = calloc(1, sizeof(*blk));
    if (!blk) {
        blockdev_close(disk);
        return NULL;
    }
    blk->ops = blk_ops;
    blk->ops.features |= disk_features(disk);
    if (queue_count > 1)
        blk->ops.features |= FEATURE(VIRTIO_BLK_F_MQ);
    blk->backend.ops = &blk->ops;
    blk->backend.queue_count = queue_count;
    blk->disk = disk;
    blk->s.service_at_ns = UINT64_MAX;
    if (id)
        memcpy(blk->id, id, strnlen(id, sizeof(blk->id)));
    return &blk->backend;
}
