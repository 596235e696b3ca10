/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/dev/blockdev.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emu/page_map.h"

#define PAGE_BYTES ((uint64_t)PAGE_MAP_BYTES)

struct blockdev {
    int fd; /* -1: memory alone */
    bool readonly;
    uint64_t size_bytes;
    bool has_overlay;
    uint64_t page_count;
    struct page_map overlay; /* a page that is not in it is the file's */
};

uint64_t blockdev_bytes(const struct blockdev *b)
{
    return b->size_bytes;
}

uint64_t blockdev_sectors(const struct blockdev *b)
{
    return b->size_bytes / BLOCKDEV_SECTOR_BYTES + (b->size_bytes % BLOCKDEV_SECTOR_BYTES != 0);
}

bool blockdev_is_readonly(const struct blockdev *b)
{
    return b->readonly;
}

bool blockdev_is_volatile(const struct blockdev *b)
{
    return b->has_overlay;
}

static bool in_range(const struct blockdev *b, uint64_t offset, uint64_t size_bytes)
{
    uint64_t end = blockdev_sectors(b) * BLOCKDEV_SECTOR_BYTES;
    return offset <= end && size_bytes <= end - offset;
}

/* Reads from the file; what lies beyond its end, or in no file, is zero. */
static int file_read(const struct blockdev *b, uint64_t offset, uint8_t *buffer, size_t size_bytes)
{
    while (size_bytes && b->fd >= 0) {
        ssize_t n = pread(b->fd, buffer, size_bytes, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        if (n == 0)
            break;
        buffer += n;
        offset += (uint64_t)n;
        size_bytes -= (size_t)n;
    }
    memset(buffer, 0, size_bytes);
    return 0;
}

static int file_write(const struct blockdev *b, uint64_t offset, const uint8_t *buffer,
                      size_t size_bytes)
{
    while (size_bytes) {
        ssize_t n = pwrite(b->fd, buffer, size_bytes, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return -errno;
        buffer += n;
        offset += (uint64_t)n;
        size_bytes -= (size_t)n;
    }
    return 0;
}

/* How much of an access at @offset lies in its page. */
static size_t piece_at(uint64_t offset, size_t size_bytes)
{
    uint64_t left = PAGE_BYTES - offset % PAGE_BYTES;
    return left < size_bytes ? (size_t)left : size_bytes;
}

/* How much of it lies in pages that are the file's. */
static size_t file_piece_at(const struct blockdev *b, uint64_t offset, size_t size_bytes)
{
    size_t n = 0;
    while (n < size_bytes && !page_map_get(&b->overlay, (offset + n) / PAGE_BYTES))
        n += piece_at(offset + n, size_bytes - n);
    return n;
}

int blockdev_read(struct blockdev *b, uint64_t offset, void *buffer, size_t size_bytes)
{
    uint8_t *to = buffer;
    if (!in_range(b, offset, size_bytes))
        return -EINVAL;
    while (size_bytes) {
        size_t piece = b->has_overlay ? file_piece_at(b, offset, size_bytes) : size_bytes;
        int rc = file_read(b, offset, to, piece);
        if (rc)
            return rc;
        if (!piece) {
            piece = piece_at(offset, size_bytes);
            memcpy(to, page_map_get(&b->overlay, offset / PAGE_BYTES) + offset % PAGE_BYTES, piece);
        }
        to += piece;
        offset += piece;
        size_bytes -= piece;
    }
    return 0;
}

/* Snapshots may share the page: it is replaced, not changed. */
static int overlay_write(struct blockdev *b, uint64_t offset, const uint8_t *from, size_t piece)
{
    uint64_t index = offset / PAGE_BYTES;
    uint8_t page[PAGE_MAP_BYTES];
    int rc = 0;
    if (page_map_get(&b->overlay, index))
        memcpy(page, page_map_get(&b->overlay, index), PAGE_BYTES);
    else
        rc = file_read(b, index * PAGE_BYTES, page, PAGE_BYTES);
    memcpy(page + offset % PAGE_BYTES, from, piece);
    return rc ? rc : page_map_put(&b->overlay, index, page);
}

int blockdev_write(struct blockdev *b, uint64_t offset, const void *buffer, size_t size_bytes)
{
    const uint8_t *from = buffer;
    if (b->readonly)
        return -EROFS;
    if (!in_range(b, offset, size_bytes))
        return -EINVAL;
    if (!b->has_overlay)
        return file_write(b, offset, from, size_bytes);
    while (size_bytes) {
        size_t piece = piece_at(offset, size_bytes);
        int rc = overlay_write(b, offset, from, piece);
        if (rc)
            return rc;
        from += piece;
        offset += piece;
        size_bytes -= piece;
    }
    return 0;
}

int blockdev_zero(struct blockdev *b, uint64_t offset, uint64_t size_bytes)
{
    static const uint8_t zeros[4096];
    if (b->readonly)
        return -EROFS;
    if (!in_range(b, offset, size_bytes))
        return -EINVAL;
    while (size_bytes) {
        size_t piece = size_bytes < sizeof(zeros) ? (size_t)size_bytes : sizeof(zeros);
        int rc = blockdev_write(b, offset, zeros, piece);
        if (rc)
            return rc;
        offset += piece;
        size_bytes -= piece;
    }
    return 0;
}

int blockdev_flush(struct blockdev *b)
{
    if (b->has_overlay || b->readonly)
        return 0;
    return fdatasync(b->fd) ? -errno : 0;
}

static void count_page(void *opaque, uint64_t index, const uint8_t *bytes)
{
    (void)index, (void)bytes;
    ++*(uint64_t *)opaque;
}

static void visit_page(void *opaque, uint64_t index, const uint8_t *bytes)
{
    struct visitor *v = opaque;
    v->bytes(v, "overlay page index", &index, sizeof(index));
    v->bytes(v, "overlay page", (void *)(uintptr_t)bytes, PAGE_BYTES);
}

/* A page that cannot be had, or is out of range, is read past. */
static void restore_page(struct blockdev *b, struct visitor *v)
{
    uint64_t index = 0;
    uint8_t page[PAGE_MAP_BYTES] = {0};
    v->bytes(v, "overlay page index", &index, sizeof(index));
    v->bytes(v, "overlay page", page, sizeof(page));
    if (index < b->page_count)
        page_map_put(&b->overlay, index, page);
}

void blockdev_visit(struct blockdev *b, struct visitor *v)
{
    uint64_t count = 0;
    if (!b->has_overlay)
        return;
    if (v->pages) {
        v->pages(v, &b->overlay);
        return;
    }
    if (!v->restoring)
        page_map_walk(&b->overlay, count_page, &count);
    v->bytes(v, "overlay pages", &count, sizeof(count));
    if (!v->restoring) {
        page_map_walk(&b->overlay, visit_page, v);
        return;
    }
    page_map_drop(&b->overlay);
    for (uint64_t i = 0; i < count && i < b->page_count; i++)
        restore_page(b, v);
}

void blockdev_close(struct blockdev *b)
{
    if (!b)
        return;
    page_map_drop(&b->overlay);
    if (b->fd >= 0)
        close(b->fd);
    free(b);
}

static void add_overlay(struct blockdev *b)
{
    b->page_count = b->size_bytes / PAGE_BYTES + (b->size_bytes % PAGE_BYTES != 0);
    page_map_init(&b->overlay, b->page_count ? b->page_count : 1);
    b->has_overlay = true;
}

struct blockdev *blockdev_create_memory(uint64_t size_bytes)
{
    struct blockdev *b = calloc(1, sizeof(*b));
    if (!b)
        return NULL;
    b->fd = -1;
    b->size_bytes = size_bytes;
    add_overlay(b);
    return b;
}

/* The length of a regular file or a block special file. */
static int measure(struct blockdev *b, const char *path, struct error *err)
{
    struct stat st;
    if (fstat(b->fd, &st))
        return error_set(err, IRQLAB_EXIT_BAD_INPUT, -errno, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
        return error_bad_input(err, "%s: not a disk image; give a regular file or a block device",
                               path);
    off_t end = lseek(b->fd, 0, SEEK_END);
    if (end < 0)
        return error_set(err, IRQLAB_EXIT_BAD_INPUT, -errno, "%s: cannot find its size: %s", path,
                         strerror(errno));
    b->size_bytes = (uint64_t)end;
    if (b->size_bytes == 0)
        return error_bad_input(
            err, "%s: the disk image is empty; give it a size, for example 'truncate -s 64M %s'",
            path, path);
    return 0;
}

static int open_file(struct blockdev *b, const char *path, const struct blockdev_options *options,
                     struct error *err)
{
    bool writes_file = !options->readonly && !options->snapshot;
    b->readonly = options->readonly;
    b->fd = open(path, (writes_file ? O_RDWR : O_RDONLY) | O_CLOEXEC | O_NONBLOCK);
    if (b->fd < 0 && writes_file && (errno == EACCES || errno == EROFS || errno == EPERM))
        return error_set(err, IRQLAB_EXIT_BAD_INPUT, -errno,
                         "%s: cannot be opened for writing: %s; try readonly=on or snapshot=on",
                         path, strerror(errno));
    if (b->fd < 0)
        return error_set(err, IRQLAB_EXIT_BAD_INPUT, -errno, "%s: cannot be opened: %s", path,
                         strerror(errno));
    int rc = measure(b, path, err);
    if (!rc && options->snapshot)
        add_overlay(b);
    return rc;
}

int blockdev_open(const char *path, const struct blockdev_options *options, struct blockdev **out,
                  struct error *err)
{
    struct blockdev *b = calloc(1, sizeof(*b));
    if (!b)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "%s: out of memory", path);
    int rc = open_file(b, path, options, err);
    if (rc) {
        blockdev_close(b);
        return rc;
    }
    *out = b;
    return 0;
}
