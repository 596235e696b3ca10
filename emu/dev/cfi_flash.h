/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bank of parallel NOR flash with the Intel/Sharp command set (JEP137 0x0001), as on the `virt`
 * board: two 16-bit chips side by side, so the bank is 4 bytes wide and a bank sector is 256 KiB.
 *
 * In read-array mode the bank is plain memory: the machine maps cfi_flash_array() read-only into
 * the guest and hears by `mode_changed` when it has to send reads here instead, or no longer.
 * Writes always come here as MMIO.
 *
 * Choices:
 * - Both chips get each command together and are in the same state; a command is the low byte of
 * the written value, and status and identification are shown by both chips.
 * - Operations take no time: status always says ready.
 * - Programming can only clear bits (as in real flash, unlike QEMU's model).
 * - Blocks are unlocked at power-on. Locks are enforced; a read-only image's blocks are locked for
 *   good.
 * - Contents: an image, then 0xFF up to the bank's size. Without snapshot=on and readonly=on what
 * is programmed or erased is written to the image at once.
 */
#ifndef IRQLAB_EMU_DEV_CFI_FLASH_H
#define IRQLAB_EMU_DEV_CFI_FLASH_H

#include "emu/dev/blockdev.h"
#include "emu/dev/dev.h"

#define CFI_FLASH_SECTOR_BYTES 0x40000u
#define CFI_FLASH_MAX_BYTES    0x10000000u

struct cfi_flash_config {
    uint64_t bank_bytes; /* a multiple of the sector size, up to CFI_FLASH_MAX_BYTES */
    struct blockdev
        *disk;        /* owned by the device from now on, also on failure; NULL: a blank bank */
    const char *name; /* for errors: the image's path */
    void (*mode_changed)(void *opaque, bool array_mode); /* optional */
    /* Optional: bytes of the array are no longer what they were. */
    void (*written)(void *opaque, uint64_t offset, uint64_t size_bytes);
    void *opaque;
};

/**
 * cfi_flash_create - a bank in read-array mode. Freed by ops->destroy.
 * On failure returns NULL and fills *err: the image does not fit, or the host has no memory.
 */
struct dev *cfi_flash_create(const struct dev_host *host, const struct cfi_flash_config *config,
                             struct error *err);

/** cfi_flash_array - bank_bytes of contents, page-aligned; valid until ops->destroy. */
uint8_t *cfi_flash_array(struct dev *dev);

/** cfi_flash_in_array_mode - whether reads are plain memory now. */
bool cfi_flash_in_array_mode(const struct dev *dev);

#endif
