/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/dev/blockdev.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PAGE_BYTES ((uint64_t)65536)

struct blockdev {
    int fd; /* -1: memory alone */
    bool readonly;
    uint64_t size_bytes;
    uint64_t page_count;
    uint8_t **overlay; /* [page_count], NULL where the file is valid; NULL without an overlay */
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
    return b->overlay != NULL;
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

/* How much of an access at @offset lies in its overlay page. */
static size_t piece_at(uint64_t offset, size_t size_bytes)
{
    uint64_t left = PAGE_BYTES - offset % PAGE_BYTES;
    return left < size_bytes ? (size_t)left : size_bytes;
}

int blockdev_read(struct blockdev *b, uint64_t offset, void *buffer, size_t size_bytes)
{
    uint8_t *to = buffer;
    if (!in_range(b, offset, size_bytes))
        return -EINVAL;
    if (!b->overlay)
        return file_read(b, offset, to, size_bytes);
    while (size_bytes) {
        size_t piece = piece_at(offset, size_bytes);
        const uint8_t *page = b->overlay[offset / PAGE_BYTES];
        int rc = 0;
        if (page)
            memcpy(to, page + offset % PAGE_BYTES, piece);
        else
            rc = file_read(b, offset, to, piece);
        if (rc)
            return rc;
        to += piece;
        offset += piece;
        size_bytes -= piece;
    }
    return 0;
}

/* The overlay page of @index, filled from the file when it is new; NULL with *rc set. */
static uint8_t *own_page(struct blockdev *b, uint64_t index, int *rc)
{
    uint8_t *page = b->overlay[index];
    if (page)
        return page;
    page = malloc(PAGE_BYTES);
    *rc = page ? file_read(b, index * PAGE_BYTES, page, PAGE_BYTES) : -ENOMEM;
    if (*rc) {
        free(page);
        return NULL;
    }
    b->overlay[index] = page;
    return page;
}

int blockdev_write(struct blockdev *b, uint64_t offset, const void *buffer, size_t size_bytes)
{
    const uint8_t *from = buffer;
    int rc = 0;
    if (b->readonly)
        return -EROFS;
    if (!in_range(b, offset, size_bytes))
        return -EINVAL;
    if (!b->overlay)
        return file_write(b, offset, from, size_bytes);
    while (size_bytes) {
        size_t piece = piece_at(offset, size_bytes);
        uint8_t *page = own_page(b, offset / PAGE_BYTES, &rc);
        if (!page)
            return rc;
        memcpy(page + offset % PAGE_BYTES, from, piece);
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
    if (b->overlay || b->readonly)
        return 0;
    return fdatasync(b->fd) ? -errno : 0;
}

static uint64_t count_pages(const struct blockdev *b)
{
    uint64_t count = 0;
    for (uint64_t i = 0; i < b->page_count; i++)
        count += b->overlay[i] != NULL;
    return count;
}

static void drop_pages(struct blockdev *b)
{
    for (uint64_t i = 0; b->overlay && i < b->page_count; i++) {
        free(b->overlay[i]);
        b->overlay[i] = NULL;
    }
}

/* A page that cannot be had, or is named twice or out of range, is read past. */
static void restore_page(struct blockdev *b, struct visitor *v)
{
    uint64_t index = 0;
    uint8_t *page = calloc(1, PAGE_BYTES);
    v->bytes(v, "overlay page index", &index, sizeof(index));
    if (!page)
        return;
    v->bytes(v, "overlay page", page, PAGE_BYTES);
    if (index < b->page_count && !b->overlay[index])
        b->overlay[index] = page;
    else
        free(page);
}

void blockdev_visit(struct blockdev *b, struct visitor *v)
{
    if (!b->overlay)
        return;
    uint64_t count = v->restoring ? 0 : count_pages(b);
    v->bytes(v, "overlay pages", &count, sizeof(count));
    if (v->restoring) {
        drop_pages(b);
        for (uint64_t i = 0; i < count && i < b->page_count; i++)
            restore_page(b, v);
        return;
    }
    for (uint64_t i = 0; i < b->page_count; i++) {
        if (!b->overlay[i])
            continue;
        uint64_t index = i;
        v->bytes(v, "overlay page index", &index, sizeof(index));
        v->bytes(v, "overlay page", b->overlay[i], PAGE_BYTES);
    }
}

void blockdev_close(struct blockdev *b)
{
    if (!b)
        return;
    drop_pages(b);
    free(b->overlay);
    if (b->fd >= 0)
        close(b->fd);
    free(b);
}

static int add_overlay(struct blockdev *b)
{
    b->page_count = b->size_bytes / PAGE_BYTES + (b->size_bytes % PAGE_BYTES != 0);
    b->overlay = calloc(b->page_count ? b->page_count : 1, sizeof(*b->overlay));
    return b->overlay ? 0 : -ENOMEM;
}

struct blockdev *blockdev_create_memory(uint64_t size_bytes)
{
    struct blockdev *b = calloc(1, sizeof(*b));
    if (!b)
        return NULL;
    b->fd = -1;
    b->size_bytes = size_bytes;
    if (add_overlay(b)) {
        blockdev_close(b);
        return NULL;
    }
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
    if (rc || !options->snapshot)
        return rc;
    if (add_overlay(b))
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "%s: out of memory for its overlay", path);
    return 0;
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
