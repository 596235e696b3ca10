/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/dev/reg32.h"

/* The stored value of a register that has one. */
static uint32_t *field_of(const struct reg32 *reg, struct dev *dev)
{
    return (uint32_t *)(void *)((char *)dev + reg->field);
}

static const struct reg32 *find(const struct reg32_bank *bank, uint32_t word_offset)
{
    uint32_t index = word_offset / 4;
    return index < bank->count && bank->regs[index].name ? &bank->regs[index] : NULL;
}

/* True and the byte, when @word_offset is one of the PrimeCell identification registers. */
static bool primecell_id(const struct reg32_bank *bank, uint32_t word_offset, uint32_t *value)
{
    if (!bank->primecell_ids || word_offset < REG32_PRIMECELL_ID_OFFSET)
        return false;
    uint32_t index = (word_offset - REG32_PRIMECELL_ID_OFFSET) / 4;
    if (index >= REG32_PRIMECELL_ID_COUNT)
        return false;
    *value = bank->primecell_ids[index];
    return true;
}

static uint32_t read_word(const struct reg32_bank *bank, struct dev *dev, uint32_t word_offset)
{
    uint32_t value;
    if (primecell_id(bank, word_offset, &value))
        return value;
    const struct reg32 *reg = find(bank, word_offset);
    if (reg && reg->read)
        return reg->read(dev, word_offset);
    if (reg && reg->field)
        return *field_of(reg, dev);
    dev->host.guest_error(dev->host.opaque, "read of %s register at offset 0x%x",
                          reg ? "write-only" : "absent", word_offset);
    return 0;
}

static void write_word(const struct reg32_bank *bank, struct dev *dev, uint32_t word_offset,
                       uint32_t value)
{
    const struct reg32 *reg = find(bank, word_offset);
    if (reg && reg->write) {
        reg->write(dev, word_offset, value);
        return;
    }
    if (reg && reg->field && reg->write_mask) {
        *field_of(reg, dev) = value & reg->write_mask;
        return;
    }
    dev->host.guest_error(dev->host.opaque, "write of 0x%x to %s register at offset 0x%x", value,
                          reg ? "read-only" : "absent", word_offset);
}

int reg32_read(const struct reg32_bank *bank, struct dev *dev, uint64_t offset, unsigned size_bytes,
               uint64_t *value)
{
    uint32_t word_offset = (uint32_t)offset & ~3u;
    unsigned shift = ((unsigned)offset & 3) * 8;
    uint64_t wide = read_word(bank, dev, word_offset);
    if (shift / 8 + size_bytes > 4)
        wide |= (uint64_t)read_word(bank, dev, word_offset + 4) << 32;
    wide >>= shift;
    *value = size_bytes < 8 ? wide & ((UINT64_C(1) << (size_bytes * 8)) - 1) : wide;
    return 0;
}

int reg32_write(const struct reg32_bank *bank, struct dev *dev, uint64_t offset,
                unsigned size_bytes, uint64_t value)
{
    if (offset & 3) {
        dev->host.guest_error(dev->host.opaque, "unaligned write at offset 0x%x ignored",
                              (unsigned)offset);
        return 0;
    }
    uint64_t mask = size_bytes < 4 ? (UINT64_C(1) << (size_bytes * 8)) - 1 : UINT32_MAX;
    write_word(bank, dev, (uint32_t)offset, (uint32_t)(value & mask));
    if (size_bytes == 8)
        write_word(bank, dev, (uint32_t)offset + 4, (uint32_t)(value >> 32));
    return 0;
}

const char *reg32_name(const struct reg32_bank *bank, uint64_t offset)
{
    const struct reg32 *reg = offset <= UINT32_MAX ? find(bank, (uint32_t)offset & ~3u) : NULL;
    return reg ? reg->name : NULL;
}
