/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/dev/fw_cfg.h"

#include <endian.h>
#include <errno.h>
#include <linux/qemu_fw_cfg.h>
#include <stdlib.h>
#include <string.h>

enum { REG_DATA = 0x00, REG_SELECTOR = 0x08, REG_DMA = 0x10, REG_DMA_LOW = 0x14 };

#define KEY_COUNT (FW_CFG_FILE_FIRST + FW_CFG_MAX_FILES)

struct item {
    uint8_t *data;
    uint32_t size_bytes;
};

/* Guest-visible state; no padding. */
struct fw_cfg_state {
    uint32_t key;
    uint32_t offset;   /* of the next byte in the selected item */
    uint32_t dma_high; /* upper half of the DMA address, as last written */
    uint32_t zero;
};

struct fw_cfg {
    struct dev dev;
    struct fw_cfg_state s;
    struct item items[KEY_COUNT];
    char names[FW_CFG_MAX_FILES][FW_CFG_MAX_FILE_PATH];
    uint32_t file_count;
};

static struct fw_cfg *to_fw_cfg(struct dev *dev)
{
    return (struct fw_cfg *)dev;
}

/* The rest of the selected item; NULL when there is none. */
static const uint8_t *rest(const struct fw_cfg *f, uint32_t *left)
{
    const struct item *item = f->s.key < KEY_COUNT ? &f->items[f->s.key] : NULL;
    *left = item && f->s.offset < item->size_bytes ? item->size_bytes - f->s.offset : 0;
    return *left ? item->data + f->s.offset : NULL;
}

static void advance(struct fw_cfg *f, uint32_t size_bytes)
{
    uint32_t left;
    rest(f, &left);
    f->s.offset += size_bytes < left ? size_bytes : left;
}

static void select_key(struct fw_cfg *f, uint16_t key)
{
    f->s.key = key;
    f->s.offset = 0;
}

/* The data register keeps the order of bytes: the first one is at the lowest address. */
static uint64_t read_data(struct fw_cfg *f, unsigned size_bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size_bytes; i++) {
        uint32_t left;
        const uint8_t *byte = rest(f, &left);
        if (!byte)
            break;
        value |= (uint64_t)*byte << (8 * i);
        advance(f, 1);
    }
    return value;
}

static int fw_cfg_read(struct dev *dev, uint64_t offset, unsigned size_bytes, uint64_t *value)
{
    const uint64_t signature = htobe64(FW_CFG_DMA_SIGNATURE);
    uint64_t bytes = 0;
    if (offset >= REG_DMA && offset + size_bytes <= FW_CFG_REGION_BYTES)
        memcpy(&bytes, (const uint8_t *)&signature + (offset - REG_DMA), size_bytes);
    *value = offset < REG_SELECTOR ? read_data(to_fw_cfg(dev), size_bytes) : le64toh(bytes);
    return 0;
}

/* Zeros for a transfer that goes on behind its item's end. */
static int dma_zero(struct fw_cfg *f, uint64_t address, uint32_t size_bytes)
{
    static const uint8_t zeros[65536];
    const struct dev_host *host = &f->dev.host;
    while (size_bytes) {
        uint32_t piece = size_bytes < sizeof(zeros) ? size_bytes : (uint32_t)sizeof(zeros);
        int rc = host->dma_write(host->opaque, address, zeros, piece);
        if (rc)
            return rc;
        address += piece;
        size_bytes -= piece;
    }
    return 0;
}

static int dma_item(struct fw_cfg *f, uint64_t address, uint32_t size_bytes)
{
    const struct dev_host *host = &f->dev.host;
    uint32_t left;
    const uint8_t *data = rest(f, &left);
    uint32_t copied = size_bytes < left ? size_bytes : left;
    int rc = copied ? host->dma_write(host->opaque, address, data, copied) : 0;
    if (rc)
        return rc;
    advance(f, copied);
    return dma_zero(f, address + copied, size_bytes - copied);
}

/* Carries out one control structure; returns what its control field becomes. */
static uint32_t dma_run(struct fw_cfg *f, const struct fw_cfg_dma_access *access)
{
    uint32_t control = be32toh(access->control);
    uint32_t size_bytes = be32toh(access->length);
    if (control & FW_CFG_DMA_CTL_SELECT)
        select_key(f, (uint16_t)(control >> 16));
    if (control & FW_CFG_DMA_CTL_READ)
        return dma_item(f, be64toh(access->address), size_bytes) ? FW_CFG_DMA_CTL_ERROR : 0;
    if (control & FW_CFG_DMA_CTL_WRITE)
        return FW_CFG_DMA_CTL_ERROR;
    if (control & FW_CFG_DMA_CTL_SKIP)
        advance(f, size_bytes);
    return 0;
}

static void dma_start(struct fw_cfg *f, uint64_t address)
{
    const struct dev_host *host = &f->dev.host;
    struct fw_cfg_dma_access access;
    f->s.dma_high = 0;
    if (host->dma_read(host->opaque, address, &access, sizeof(access))) {
        host->guest_error(host->opaque, "DMA control structure at 0x%llx is not in RAM",
                          (unsigned long long)address);
        return;
    }
    uint32_t result = htobe32(dma_run(f, &access));
    host->dma_write(host->opaque, address, &result, sizeof(result));
}

static int fw_cfg_write(struct dev *dev, uint64_t offset, unsigned size_bytes, uint64_t value)
{
    struct fw_cfg *f = to_fw_cfg(dev);
    if (offset == REG_SELECTOR && size_bytes == 2)
        select_key(f, be16toh((uint16_t)value));
    else if (offset == REG_DMA && size_bytes == 8)
        dma_start(f, be64toh(value));
    else if (offset == REG_DMA && size_bytes == 4)
        f->s.dma_high = be32toh((uint32_t)value);
    else if (offset == REG_DMA_LOW && size_bytes == 4)
        dma_start(f, (uint64_t)f->s.dma_high << 32 | be32toh((uint32_t)value));
    else
        dev->host.guest_error(dev->host.opaque, "%u-byte write at offset 0x%x ignored", size_bytes,
                              (unsigned)offset);
    return 0;
}

static void fw_cfg_reset(struct dev *dev)
{
    memset(&to_fw_cfg(dev)->s, 0, sizeof(struct fw_cfg_state));
}

static void fw_cfg_visit(struct dev *dev, struct visitor *v)
{
    v->bytes(v, "fw_cfg", &to_fw_cfg(dev)->s, sizeof(struct fw_cfg_state));
}

static void fw_cfg_destroy(struct dev *dev)
{
    struct fw_cfg *f = to_fw_cfg(dev);
    for (uint32_t i = 0; i < KEY_COUNT; i++)
        free(f->items[i].data);
    free(f);
}

static int set_item(struct fw_cfg *f, uint32_t key, const void *data, size_t size_bytes,
                    struct error *err)
{
    if (size_bytes > UINT32_MAX)
        return error_bad_input(err, "a firmware configuration item may have 4 GiB at most");
    uint8_t *copy = malloc(size_bytes ? size_bytes : 1);
    if (!copy)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM,
                         "out of memory for a firmware configuration item of %zu bytes",
                         size_bytes);
    if (size_bytes)
        memcpy(copy, data, size_bytes);
    free(f->items[key].data);
    f->items[key] = (struct item){.data = copy, .size_bytes = (uint32_t)size_bytes};
    return 0;
}

int fw_cfg_add(struct dev *dev, uint16_t key, const void *data, size_t size_bytes,
               struct error *err)
{
    if (key >= FW_CFG_FILE_FIRST)
        return error_bad_input(err, "0x%x is no firmware configuration key", key);
    return set_item(to_fw_cfg(dev), key, data, size_bytes, err);
}

int fw_cfg_add_u16(struct dev *dev, uint16_t key, uint16_t value, struct error *err)
{
    uint16_t le = htole16(value);
    return fw_cfg_add(dev, key, &le, sizeof(le), err);
}

int fw_cfg_add_u32(struct dev *dev, uint16_t key, uint32_t value, struct error *err)
{
    uint32_t le = htole32(value);
    return fw_cfg_add(dev, key, &le, sizeof(le), err);
}

int fw_cfg_add_u64(struct dev *dev, uint16_t key, uint64_t value, struct error *err)
{
    uint64_t le = htole64(value);
    return fw_cfg_add(dev, key, &le, sizeof(le), err);
}

/* FW_CFG_FILE_DIR: a count, then size, key and name of each file, big-endian. */
static int write_directory(struct fw_cfg *f, struct error *err)
{
    struct {
        uint32_t count;
        struct fw_cfg_file file[FW_CFG_MAX_FILES];
    } directory;
    memset(&directory, 0, sizeof(directory));
    directory.count = htobe32(f->file_count);
    for (uint32_t i = 0; i < f->file_count; i++) {
        struct fw_cfg_file *file = &directory.file[i];
        file->size = htobe32(f->items[FW_CFG_FILE_FIRST + i].size_bytes);
        file->select = htobe16((uint16_t)(FW_CFG_FILE_FIRST + i));
        memcpy(file->name, f->names[i], sizeof(f->names[i]));
    }
    size_t size_bytes = sizeof(directory.count) + f->file_count * sizeof(directory.file[0]);
    return set_item(f, FW_CFG_FILE_DIR, &directory, size_bytes, err);
}

/* Makes room for a new file at @place of the sorted directory. */
static void insert_place(struct fw_cfg *f, uint32_t place)
{
    uint32_t moved = f->file_count - place;
    struct item *items = f->items + FW_CFG_FILE_FIRST + place;
    memmove(items + 1, items, moved * sizeof(*items));
    memmove(f->names[place + 1], f->names[place], moved * sizeof(f->names[0]));
    *items = (struct item){0};
    memset(f->names[place], 0, sizeof(f->names[0]));
    f->file_count++;
}

int fw_cfg_add_file(struct dev *dev, const char *name, const void *data, size_t size_bytes,
                    struct error *err)
{
    struct fw_cfg *f = to_fw_cfg(dev);
    uint32_t place = 0;
    size_t length = strlen(name);
    if (length == 0 || length >= FW_CFG_MAX_FILE_PATH)
        return error_bad_input(err, "'%s': a fw_cfg file name has 1 to %d bytes", name,
                               FW_CFG_MAX_FILE_PATH - 1);
    while (place < f->file_count && strcmp(f->names[place], name) < 0)
        place++;
    if (place == f->file_count || strcmp(f->names[place], name) != 0) {
        if (f->file_count == FW_CFG_MAX_FILES)
            return error_bad_input(err, "'%s': there are already %d fw_cfg files", name,
                                   FW_CFG_MAX_FILES);
        insert_place(f, place);
        memcpy(f->names[place], name, length);
    }
    int rc = set_item(f, FW_CFG_FILE_FIRST + place, data, size_bytes, err);
    return rc ? rc : write_directory(f, err);
}

int fw_cfg_add_boot(struct dev *dev, const struct fw_cfg_boot *boot, struct error *err)
{
    const char *line = boot->command_line ? boot->command_line : "";
    size_t line_bytes = boot->command_line ? strlen(line) + 1 : 0;
    const struct {
        uint16_t size_key, data_key;
        const void *data;
        size_t size_bytes;
    } blobs[] = {
        {FW_CFG_KERNEL_SIZE, FW_CFG_KERNEL_DATA, boot->kernel, boot->kernel_bytes},
        {FW_CFG_INITRD_SIZE, FW_CFG_INITRD_DATA, boot->initrd, boot->initrd_bytes},
        {FW_CFG_CMDLINE_SIZE, FW_CFG_CMDLINE_DATA, line, line_bytes},
    };
    for (size_t i = 0; i < sizeof(blobs) / sizeof(blobs[0]); i++) {
        size_t size_bytes = blobs[i].data ? blobs[i].size_bytes : 0;
        int rc = fw_cfg_add_u32(dev, blobs[i].size_key, (uint32_t)size_bytes, err);
        if (!rc && size_bytes)
            rc = fw_cfg_add(dev, blobs[i].data_key, blobs[i].data, size_bytes, err);
        if (rc)
            return rc;
    }
    int rc = fw_cfg_add_u16(dev, FW_CFG_NB_CPUS, boot->vcpus, err);
    if (!rc)
        rc = fw_cfg_add_u16(dev, FW_CFG_MAX_CPUS, boot->vcpus, err);
    return rc ? rc : fw_cfg_add_u64(dev, FW_CFG_RAM_SIZE, boot->ram_bytes, err);
}

static const struct dev_ops ops = {
    .name = "fw_cfg",
    .read = fw_cfg_read,
    .write = fw_cfg_write,
    .reset = fw_cfg_reset,
    .visit = fw_cfg_visit,
    .destroy = fw_cfg_destroy,
};

/* Items that are always there: the signature, the feature bits, no graphics, the directory. */
static int add_constants(struct fw_cfg *f)
{
    int rc = fw_cfg_add(&f->dev, FW_CFG_SIGNATURE, "QEMU", FW_CFG_SIG_SIZE, NULL);
    if (!rc)
        rc = fw_cfg_add_u32(&f->dev, FW_CFG_ID, FW_CFG_VERSION | FW_CFG_VERSION_DMA, NULL);
    if (!rc)
        rc = fw_cfg_add_u16(&f->dev, FW_CFG_NOGRAPHIC, 1, NULL);
    if (!rc)
        rc = fw_cfg_add_u16(&f->dev, FW_CFG_BOOT_MENU, 0, NULL);
    return rc ? rc : write_directory(f, NULL);
}

struct dev *fw_cfg_create(const struct dev_host *host)
{
    struct fw_cfg *f = calloc(1, sizeof(*f));
    if (!f)
        return NULL;
    f->dev.ops = &ops;
    f->dev.host = *host;
    f->dev.region_bytes = FW_CFG_REGION_BYTES;
    if (add_constants(f)) {
        fw_cfg_destroy(&f->dev);
        return NULL;
    }
    return &f->dev;
}
