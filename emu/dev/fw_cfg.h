/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * QEMU's firmware configuration device with its MMIO registers: data at 0, selector at 8, DMA
 * address at 16. EDK2 and U-Boot read the kernel, its command line, the number of vCPUs and ACPI
 * tables from it. The interface is described in QEMU's docs/specs/fw_cfg; the registers and the DMA
 * control structure are big-endian, items are byte strings.
 *
 * Items are added before the guest runs and are then fixed: they are inputs, not state. A DMA
 * transfer takes no time. No item is writable. Reading past an item's end gives zeros.
 */
#ifndef IRQLAB_EMU_DEV_FW_CFG_H
#define IRQLAB_EMU_DEV_FW_CFG_H

#include "emu/dev/dev.h"
#include "emu/error.h"

#define FW_CFG_REGION_BYTES 0x18
#define FW_CFG_MAX_FILES    64

/** fw_cfg_create - with signature, feature bits and an empty directory; NULL when memory is out. */
struct dev *fw_cfg_create(const struct dev_host *host);

/**
 * fw_cfg_add - sets item @key (a FW_CFG_ constant of <linux/qemu_fw_cfg.h> below
 * FW_CFG_FILE_FIRST); an earlier value is replaced. The bytes are copied.
 * Returns 0 or a negative errno with *err.
 */
int fw_cfg_add(struct dev *dev, uint16_t key, const void *data, size_t size_bytes,
               struct error *err);
int fw_cfg_add_u16(struct dev *dev, uint16_t key, uint16_t value, struct error *err);
int fw_cfg_add_u32(struct dev *dev, uint16_t key, uint32_t value, struct error *err);
int fw_cfg_add_u64(struct dev *dev, uint16_t key, uint64_t value, struct error *err);

/**
 * fw_cfg_add_file - adds a named file (1 to 55 bytes of name), or replaces it. The directory is
 * sorted by name, as the guest sees it under QEMU.
 */
int fw_cfg_add_file(struct dev *dev, const char *name, const void *data, size_t size_bytes,
                    struct error *err);

/* What `-kernel` with firmware gives to the guest. Pointers may be NULL. */
struct fw_cfg_boot {
    const void *kernel; /* an arm64 Image, not compressed */
    size_t kernel_bytes;
    const void *initrd;
    size_t initrd_bytes;
    const char *command_line;
    uint16_t vcpus;
    uint64_t ram_bytes;
};

/** fw_cfg_add_boot - all of @boot as the items that EDK2 and U-Boot read. */
int fw_cfg_add_boot(struct dev *dev, const struct fw_cfg_boot *boot, struct error *err);

#endif
