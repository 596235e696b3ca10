/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is behind a disk or a flash bank: a raw file, a raw file with a throw-away overlay in memory
 * (`snapshot=on`), or memory alone.
 *
 * Determinism: with an overlay (or memory) every byte that the guest can read back is either in the
 * file, which is opened read-only, or in the overlay, which blockdev_visit() visits. Without one
 * the guest writes to the file itself: that is an output, not part of the machine's state.
 */
#ifndef IRQLAB_EMU_DEV_BLOCKDEV_H
#define IRQLAB_EMU_DEV_BLOCKDEV_H

#include "emu/dev/dev.h"
#include "emu/error.h"

#define BLOCKDEV_SECTOR_BYTES 512

struct blockdev;

struct blockdev_options {
    bool readonly; /* writes fail */
    bool snapshot; /* writes stay in memory, the file is not touched */
};

/**
 * blockdev_open - opens a raw image, a regular file or a block special file.
 * On failure fills *err and returns a negative errno; *out is then unchanged.
 */
int blockdev_open(const char *path, const struct blockdev_options *options, struct blockdev **out,
                  struct error *err);

/** blockdev_create_memory - a disk of zeros in memory; NULL when memory is out. */
struct blockdev *blockdev_create_memory(uint64_t size_bytes);

/** blockdev_bytes - its length, as the file's: not necessarily whole sectors. */
uint64_t blockdev_bytes(const struct blockdev *b);

/** blockdev_sectors - its length in sectors; the last one is padded with zeros. */
uint64_t blockdev_sectors(const struct blockdev *b);

bool blockdev_is_readonly(const struct blockdev *b);

/** blockdev_is_volatile - whether what is written is lost at the end (snapshot or memory). */
bool blockdev_is_volatile(const struct blockdev *b);

/**
 * blockdev_read, blockdev_write, blockdev_zero - at a byte offset; return 0 or a negative errno:
 * -EINVAL beyond the last sector, -EROFS on a read-only disk, else what the host says.
 */
int blockdev_read(struct blockdev *b, uint64_t offset, void *buffer, size_t size_bytes);
int blockdev_write(struct blockdev *b, uint64_t offset, const void *buffer, size_t size_bytes);
int blockdev_zero(struct blockdev *b, uint64_t offset, uint64_t size_bytes);

/** blockdev_flush - what was written is on the host's disk when this returns 0. */
int blockdev_flush(struct blockdev *b);

/** blockdev_visit - the overlay's contents; nothing for a disk without one. */
void blockdev_visit(struct blockdev *b, struct visitor *v);

void blockdev_close(struct blockdev *b);

#endif
