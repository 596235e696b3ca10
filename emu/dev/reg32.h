/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A bank of 32-bit registers as data: one table entry per register, shared by the small Arm
 * PrimeCell devices and virtio-mmio. It turns MMIO of any size into 32-bit register accesses.
 *
 * Rules, the same for every device that uses it:
 * - 8 bytes are two registers, the lower address first;
 * - a 1- or 2-byte read returns its lane of the register; a 1- or 2-byte write is taken when it is
 *   at the register's own address (the upper bits are then zero, as APB peripherals see them), and
 *   is otherwise reported and ignored;
 * - a register that is absent or has no `read` reads as zero, one without `write` ignores writes;
 *   both are reported to the guest_error log.
 */
#ifndef IRQLAB_EMU_DEV_REG32_H
#define IRQLAB_EMU_DEV_REG32_H

#include "emu/dev/dev.h"

struct reg32 {
    const char *name;
    uint32_t (*read)(struct dev *dev, uint32_t offset);
    void (*write)(struct dev *dev, uint32_t offset, uint32_t value);
    /*
     * A register without a function of its own is a uint32_t in the device's struct: `field` is its
     * offset there (0: none), and the bits in `write_mask` are writable, the others zero.
     */
    size_t field;
    uint32_t write_mask;
};

#define REG32_PRIMECELL_ID_COUNT  8
#define REG32_PRIMECELL_ID_OFFSET 0xFE0

struct reg32_bank {
    const struct reg32 *regs; /* index: offset / 4 */
    unsigned count;
    /* PeriphID0-3 then PCellID0-3, at 0xFE0-0xFFC, one byte per word; NULL when there are none. */
    const uint8_t *primecell_ids;
};

/** reg32_read, reg32_write - one MMIO access to @bank; return 0 (such a bank never aborts). */
int reg32_read(const struct reg32_bank *bank, struct dev *dev, uint64_t offset, unsigned size_bytes,
               uint64_t *value);
int reg32_write(const struct reg32_bank *bank, struct dev *dev, uint64_t offset,
                unsigned size_bytes, uint64_t value);

/** reg32_name - for traces: the register at @offset, or NULL. */
const char *reg32_name(const struct reg32_bank *bank, uint64_t offset);

#endif
