/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/dev/cfi_flash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_SECTORS  (CFI_FLASH_MAX_BYTES / CFI_FLASH_SECTOR_BYTES)
#define BUFFER_BYTES 4096u /* write buffers of both chips */
#define BANK_WIDTH   4u
#define BLANK_BYTES  (2u << 20) /* one piece of 0xFF, mapped again and again */

/* Status register bits. */
enum { SR_LOCKED = 0x02, SR_PROGRAM_ERROR = 0x10, SR_ERASE_ERROR = 0x20, SR_READY = 0x80 };
#define SR_SEQUENCE_ERROR (SR_PROGRAM_ERROR | SR_ERASE_ERROR)

/* What reads return. */
enum read_mode { READ_ARRAY, READ_STATUS, READ_ID, READ_QUERY };

/* What the next write means. */
enum write_state {
    WAIT_COMMAND,
    WAIT_PROGRAM_DATA,
    WAIT_ERASE_CONFIRM,
    WAIT_LOCK_CONFIRM,
    WAIT_BUFFER_COUNT,
    WAIT_BUFFER_DATA,
    WAIT_BUFFER_CONFIRM,
};

/* Guest-visible state besides the contents; no padding. */
struct flash_state {
    uint32_t read_mode, write_state, status;
    uint32_t buffer_base;  /* offset of the write buffer's first byte in the bank */
    uint32_t buffer_left;  /* writes that still belong to the buffer */
    uint32_t buffer_wrong; /* a write went outside it */
    uint8_t locked[MAX_SECTORS];
    uint8_t dirty[MAX_SECTORS]; /* the sector differs, or may differ, from the image */
    uint8_t buffer[BUFFER_BYTES];
    uint8_t buffer_used[BUFFER_BYTES];
};

struct cfi_flash {
    struct dev dev;
    struct flash_state s;
    struct cfi_flash_config config;
    uint32_t bank_bytes, sectors;
    uint8_t *array;
    uint8_t *original; /* sectors as they were before the guest changed them; zero before that */
    bool shown_array;  /* what mode_changed was told last */
};

static struct cfi_flash *to_flash(const struct dev *dev)
{
    return (struct cfi_flash *)(uintptr_t)dev;
}

uint8_t *cfi_flash_array(struct dev *dev)
{
    return to_flash(dev)->array;
}

bool cfi_flash_in_array_mode(const struct dev *dev)
{
    return to_flash(dev)->s.read_mode == READ_ARRAY;
}

/* Tells the machine when reads begin or cease to be plain memory. */
static void show_mode(struct cfi_flash *f)
{
    bool array_mode = f->s.read_mode == READ_ARRAY;
    if (array_mode == f->shown_array)
        return;
    f->shown_array = array_mode;
    if (f->config.mode_changed)
        f->config.mode_changed(f->config.opaque, array_mode);
}

/* JEP137 query structure of one chip: 32 MiB at a 64 MiB bank, 128 KiB blocks. */
static uint8_t query_byte(const struct cfi_flash *f, uint32_t index)
{
    static const uint8_t fixed[] = {
        [0x10] = 'Q',  [0x11] = 'R',  [0x12] = 'Y',  [0x13] = 0x01, /* command set 0x0001 */
        [0x15] = 0x31,                               /* address of the primary extended table */
        [0x1B] = 0x45, [0x1C] = 0x55,                /* Vcc 4.5 to 5.5 V */
        [0x1F] = 0x07, [0x20] = 0x07,                /* typical word and buffer program: 128 us */
        [0x21] = 0x0A,                               /* typical block erase: 1 s */
        [0x23] = 0x04, [0x24] = 0x04, [0x25] = 0x04, /* at most 16 times as long */
        [0x28] = 0x02,                               /* x8 and x16 */
        [0x2A] = 0x0B,                               /* write buffer: 2 KiB a chip */
        [0x2C] = 0x01,                               /* one erase region */
        [0x31] = 'P',  [0x32] = 'R',  [0x33] = 'I',  [0x34] = '1',
        [0x35] = '0',  [0x3F] = 0x01, /* one protection field */
    };
    const uint32_t chip_bytes = f->bank_bytes / 2;
    switch (index) {
    case 0x27:
        return (uint8_t)(31 - __builtin_clz(chip_bytes));
    case 0x2D:
        return (uint8_t)(f->sectors - 1);
    case 0x2E:
        return (uint8_t)((f->sectors - 1) >> 8);
    case 0x2F:
        return (uint8_t)(CFI_FLASH_SECTOR_BYTES / 2 >> 8);
    case 0x30:
        return (uint8_t)(CFI_FLASH_SECTOR_BYTES / 2 >> 16);
    default:
        return index < sizeof(fixed) ? fixed[index] : 0;
    }
}

/* Identifier codes: manufacturer Intel, device, and the block's lock status. */
static uint16_t id_word(const struct cfi_flash *f, uint32_t offset)
{
    switch (offset / BANK_WIDTH & 0xFF) {
    case 0:
        return 0x0089;
    case 1:
        return 0x0018;
    case 2:
        return f->s.locked[offset / CFI_FLASH_SECTOR_BYTES];
    default:
        return 0;
    }
}

/* The bank's four bytes at an aligned offset, in a mode other than read-array. */
static uint32_t register_word(const struct cfi_flash *f, uint32_t offset)
{
    uint32_t chip = f->s.status;
    if (f->s.read_mode == READ_ID)
        chip = id_word(f, offset);
    else if (f->s.read_mode == READ_QUERY)
        chip = query_byte(f, offset / BANK_WIDTH & 0xFF);
    return chip | chip << 16;
}

static int flash_read(struct dev *dev, uint64_t offset, unsigned size_bytes, uint64_t *value)
{
    const struct cfi_flash *f = to_flash(dev);
    *value = 0;
    for (unsigned i = 0; i < size_bytes; i++) {
        uint32_t at = (uint32_t)offset + i;
        uint8_t byte = f->s.read_mode == READ_ARRAY
                           ? f->array[at]
                           : (uint8_t)(register_word(f, at & ~3u) >> (8 * (at & 3)));
        *value |= (uint64_t)byte << (8 * i);
    }
    return 0;
}

/* Keeps the sector's first contents, for a restore to a time before it changed. */
static void before_change(struct cfi_flash *f, uint32_t sector)
{
    size_t at = (size_t)sector * CFI_FLASH_SECTOR_BYTES;
    if (f->s.dirty[sector])
        return;
    memcpy(f->original + at, f->array + at, CFI_FLASH_SECTOR_BYTES);
    f->s.dirty[sector] = 1;
}

static void tell_written(struct cfi_flash *f, uint64_t offset, uint64_t size_bytes)
{
    if (f->config.written)
        f->config.written(f->config.opaque, offset, size_bytes);
}

/* Tells of a changed range, and writes it to the image where that is meant to keep it. */
static void write_back(struct cfi_flash *f, uint32_t offset, uint32_t size_bytes)
{
    struct blockdev *disk = f->config.disk;
    tell_written(f, offset, size_bytes);
    if (!disk || blockdev_is_volatile(disk) || blockdev_is_readonly(disk))
        return;
    int rc = blockdev_write(disk, offset, f->array + offset, size_bytes);
    if (!rc)
        return;
    f->s.status |= SR_PROGRAM_ERROR;
    f->dev.host.guest_error(f->dev.host.opaque, "%s: cannot be written: %s",
                            f->config.name ? f->config.name : "image", strerror(-rc));
}

/* True when a change of @offset is allowed; else the lock is reported in status. */
static bool unlocked(struct cfi_flash *f, uint32_t offset, uint32_t error)
{
    if (!f->s.locked[offset / CFI_FLASH_SECTOR_BYTES])
        return true;
    f->s.status |= error | SR_LOCKED;
    return false;
}

/* Word program: bits go from 1 to 0 only. */
static void program(struct cfi_flash *f, uint32_t offset, unsigned size_bytes, uint32_t value)
{
    f->s.read_mode = READ_STATUS;
    f->s.write_state = WAIT_COMMAND;
    if (!unlocked(f, offset, SR_PROGRAM_ERROR))
        return;
    before_change(f, offset / CFI_FLASH_SECTOR_BYTES);
    for (unsigned i = 0; i < size_bytes; i++)
        f->array[offset + i] &= (uint8_t)(value >> (8 * i));
    write_back(f, offset, size_bytes);
}

static void erase(struct cfi_flash *f, uint32_t offset)
{
    uint32_t start = offset / CFI_FLASH_SECTOR_BYTES * CFI_FLASH_SECTOR_BYTES;
    if (!unlocked(f, offset, SR_ERASE_ERROR))
        return;
    before_change(f, offset / CFI_FLASH_SECTOR_BYTES);
    memset(f->array + start, 0xFF, CFI_FLASH_SECTOR_BYTES);
    write_back(f, start, CFI_FLASH_SECTOR_BYTES);
}

static void sequence_error(struct cfi_flash *f, uint32_t value)
{
    f->s.status |= SR_SEQUENCE_ERROR;
    f->dev.host.guest_error(f->dev.host.opaque, "0x%x does not complete the command before it",
                            value);
}

static void confirm_erase(struct cfi_flash *f, uint32_t offset, uint32_t value)
{
    f->s.write_state = WAIT_COMMAND;
    if ((value & 0xFF) == 0xD0)
        erase(f, offset);
    else
        sequence_error(f, value);
}

/* Lock (0x01), unlock (0xD0); lock-down (0x2F) is a lock that only a power cycle would end. */
static void confirm_lock(struct cfi_flash *f, uint32_t offset, uint32_t value)
{
    uint8_t *lock = &f->s.locked[offset / CFI_FLASH_SECTOR_BYTES];
    bool readonly = f->config.disk && blockdev_is_readonly(f->config.disk);
    f->s.write_state = WAIT_COMMAND;
    switch (value & 0xFF) {
    case 0x01:
        *lock |= 1;
        break;
    case 0x2F:
        *lock = 3;
        break;
    case 0xD0:
        if (!readonly && !(*lock & 2))
            *lock = 0;
        break;
    default:
        sequence_error(f, value);
    }
}

/* The count is in words of a chip, minus one; each write to the bank fills one word in both. */
static void buffer_count(struct cfi_flash *f, uint32_t value)
{
    uint32_t words = (value & 0xFFFF) + 1;
    if (words > BUFFER_BYTES / BANK_WIDTH) {
        f->s.write_state = WAIT_COMMAND;
        sequence_error(f, value);
        return;
    }
    memset(f->s.buffer_used, 0, sizeof(f->s.buffer_used));
    f->s.buffer_left = words;
    f->s.buffer_wrong = 0;
    f->s.buffer_base = UINT32_MAX;
    f->s.write_state = WAIT_BUFFER_DATA;
}

/* All data must lie in one buffer-aligned piece of the bank; the first write says which. */
static void buffer_data(struct cfi_flash *f, uint32_t offset, unsigned size_bytes, uint32_t value)
{
    uint32_t base = offset & ~(BUFFER_BYTES - 1);
    if (f->s.buffer_base == UINT32_MAX)
        f->s.buffer_base = base;
    for (unsigned i = 0; i < size_bytes; i++) {
        uint32_t at = offset + i - f->s.buffer_base;
        if (at >= BUFFER_BYTES) {
            f->s.buffer_wrong = 1;
            break;
        }
        f->s.buffer[at] = (uint8_t)(value >> (8 * i));
        f->s.buffer_used[at] = 1;
    }
    if (--f->s.buffer_left == 0)
        f->s.write_state = WAIT_BUFFER_CONFIRM;
}

static void confirm_buffer(struct cfi_flash *f, uint32_t value)
{
    f->s.write_state = WAIT_COMMAND;
    if ((value & 0xFF) != 0xD0 || f->s.buffer_wrong) {
        sequence_error(f, value);
        return;
    }
    if (!unlocked(f, f->s.buffer_base, SR_PROGRAM_ERROR))
        return;
    before_change(f, f->s.buffer_base / CFI_FLASH_SECTOR_BYTES);
    for (uint32_t i = 0; i < BUFFER_BYTES; i++)
        if (f->s.buffer_used[i])
            f->array[f->s.buffer_base + i] &= f->s.buffer[i];
    write_back(f, f->s.buffer_base, BUFFER_BYTES);
}

/* The first cycle of each command: what reads return then, and what the next write means. */
static const struct {
    uint8_t code;
    uint8_t read_mode;
    uint8_t write_state;
} commands[] = {
    {0x00, READ_ARRAY, WAIT_COMMAND}, /* drivers that look for other command sets send it */
    {0x10, READ_STATUS, WAIT_PROGRAM_DATA},  {0x40, READ_STATUS, WAIT_PROGRAM_DATA},
    {0x20, READ_STATUS, WAIT_ERASE_CONFIRM}, {0x60, READ_STATUS, WAIT_LOCK_CONFIRM},
    {0x70, READ_STATUS, WAIT_COMMAND},       {0x90, READ_ID, WAIT_COMMAND},
    {0x98, READ_QUERY, WAIT_COMMAND},        {0xB0, READ_STATUS, WAIT_COMMAND}, /* suspend */
    {0xD0, READ_STATUS, WAIT_COMMAND},                                          /* resume */
    {0xE8, READ_STATUS, WAIT_BUFFER_COUNT},  {0xF0, READ_ARRAY, WAIT_COMMAND},  /* as 0x00 */
    {0xFF, READ_ARRAY, WAIT_COMMAND},
};

static void command(struct cfi_flash *f, uint32_t value)
{
    uint8_t code = (uint8_t)value;
    if (code == 0x50) { /* clear status: what reads return stays */
        f->s.status = SR_READY;
        return;
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (commands[i].code != code)
            continue;
        f->s.read_mode = commands[i].read_mode;
        f->s.write_state = commands[i].write_state;
        return;
    }
    f->dev.host.guest_error(f->dev.host.opaque, "unknown command 0x%02x", code);
}

static void write_word(struct cfi_flash *f, uint32_t offset, unsigned size_bytes, uint32_t value)
{
    switch ((enum write_state)f->s.write_state) {
    case WAIT_COMMAND:
        command(f, value);
        break;
    case WAIT_PROGRAM_DATA:
        program(f, offset, size_bytes, value);
        break;
    case WAIT_ERASE_CONFIRM:
        confirm_erase(f, offset, value);
        break;
    case WAIT_LOCK_CONFIRM:
        confirm_lock(f, offset, value);
        break;
    case WAIT_BUFFER_COUNT:
        buffer_count(f, value);
        break;
    case WAIT_BUFFER_DATA:
        buffer_data(f, offset, size_bytes, value);
        break;
    case WAIT_BUFFER_CONFIRM:
        confirm_buffer(f, value);
        break;
    }
}

/* The bank is 4 bytes wide: an 8-byte store is two, and so is one that crosses a word. */
static int flash_write(struct dev *dev, uint64_t offset, unsigned size_bytes, uint64_t value)
{
    struct cfi_flash *f = to_flash(dev);
    while (size_bytes) {
        unsigned lane = BANK_WIDTH - ((unsigned)offset & (BANK_WIDTH - 1));
        unsigned piece = size_bytes < lane ? size_bytes : lane;
        uint64_t mask = (UINT64_C(1) << (8 * piece)) - 1;
        write_word(f, (uint32_t)offset, piece, (uint32_t)(value & mask));
        offset += piece;
        size_bytes -= piece;
        value = piece < 8 ? value >> (8 * piece) : 0;
    }
    show_mode(f);
    return 0;
}

/* RST#: read-array mode; contents stay, and locks go back to their power-on state. */
static void flash_reset(struct dev *dev)
{
    struct cfi_flash *f = to_flash(dev);
    bool readonly = f->config.disk && blockdev_is_readonly(f->config.disk);
    uint8_t dirty[MAX_SECTORS];
    memcpy(dirty, f->s.dirty, sizeof(dirty));
    memset(&f->s, 0, sizeof(f->s));
    memcpy(f->s.dirty, dirty, sizeof(dirty));
    memset(f->s.locked, readonly ? 3 : 0, sizeof(f->s.locked));
    f->s.status = SR_READY;
    show_mode(f);
}

/* A snapshot is not trusted: everything that indexes or selects stays in range. */
static void clamp_restored(struct cfi_flash *f)
{
    if (f->s.read_mode > READ_QUERY)
        f->s.read_mode = READ_ARRAY;
    if (f->s.write_state > WAIT_BUFFER_CONFIRM)
        f->s.write_state = WAIT_COMMAND;
    if (f->s.buffer_base != UINT32_MAX)
        f->s.buffer_base &= ~(BUFFER_BYTES - 1);
    bool usable = f->s.buffer_base < f->bank_bytes;
    if (!usable && f->s.write_state == WAIT_BUFFER_CONFIRM)
        f->s.write_state = WAIT_COMMAND;
    if (f->s.buffer_left == 0 && f->s.write_state == WAIT_BUFFER_DATA)
        f->s.write_state = WAIT_COMMAND;
    if (!usable)
        f->s.buffer_base = UINT32_MAX;
}

/* What is restored differs from what was there in a few pages, if at all. */
static void tell_changes(struct cfi_flash *f, size_t at, const uint8_t *before)
{
    enum { PAGE = 4096 };

    for (size_t i = 0; i < CFI_FLASH_SECTOR_BYTES; i += PAGE)
        if (memcmp(f->array + at + i, before + i, PAGE))
            tell_written(f, at + i, PAGE);
}

static void visit_sector(struct cfi_flash *f, struct visitor *v, uint32_t sector, bool was_dirty)
{
    size_t at = (size_t)sector * CFI_FLASH_SECTOR_BYTES;
    if (v->restoring && f->s.dirty[sector] && !was_dirty)
        memcpy(f->original + at, f->array + at, CFI_FLASH_SECTOR_BYTES);
    if (v->restoring && !f->s.dirty[sector] && was_dirty)
        memcpy(f->array + at, f->original + at, CFI_FLASH_SECTOR_BYTES);
    if (f->s.dirty[sector])
        v->bytes(v, "flash sector", f->array + at, CFI_FLASH_SECTOR_BYTES);
}

/* Contents: only sectors that changed are visited; the image gives the rest. */
static void visit_contents(struct cfi_flash *f, struct visitor *v, const uint8_t *was_dirty)
{
    uint8_t before[CFI_FLASH_SECTOR_BYTES];
    for (uint32_t i = 0; i < f->sectors; i++) {
        if (!f->s.dirty[i] && !was_dirty[i])
            continue;
        if (v->restoring)
            memcpy(before, f->array + (size_t)i * CFI_FLASH_SECTOR_BYTES, sizeof(before));
        visit_sector(f, v, i, was_dirty[i]);
        if (v->restoring)
            tell_changes(f, (size_t)i * CFI_FLASH_SECTOR_BYTES, before);
    }
}

static void flash_visit(struct dev *dev, struct visitor *v)
{
    struct cfi_flash *f = to_flash(dev);
    uint8_t was_dirty[MAX_SECTORS];
    memcpy(was_dirty, f->s.dirty, sizeof(was_dirty));
    v->bytes(v, "cfi-flash", &f->s, sizeof(f->s));
    visit_contents(f, v, was_dirty);
    if (!v->restoring)
        return;
    clamp_restored(f);
    show_mode(f);
}

static void flash_destroy(struct dev *dev)
{
    struct cfi_flash *f = to_flash(dev);
    if (f->array)
        munmap(f->array, f->bank_bytes);
    if (f->original)
        munmap(f->original, f->bank_bytes);
    blockdev_close(f->config.disk);
    free(f);
}

static const struct dev_ops ops = {
    .name = "cfi-flash",
    .read = flash_read,
    .write = flash_write,
    .reset = flash_reset,
    .visit = flash_visit,
    .destroy = flash_destroy,
};

static uint8_t *reserve(size_t size_bytes)
{
    void *p = mmap(NULL, size_bytes, PROT_READ | PROT_WRITE,
                   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    return p == MAP_FAILED ? NULL : p;
}

/*
 * Makes @array all ones without touching it all: one piece of ones, mapped copy-on-write
 * everywhere. A bank that is not made of such pieces, or a host without memfd, is filled plainly.
 */
static void fill_blank(uint8_t *array, size_t size_bytes)
{
    int fd = size_bytes % BLANK_BYTES ? -1 : memfd_create("irqlab-blank-flash", MFD_CLOEXEC);
    bool ok = fd >= 0 && ftruncate(fd, BLANK_BYTES) == 0;
    for (size_t at = 0; ok && at < size_bytes; at += BLANK_BYTES) {
        ok = mmap(array + at, BLANK_BYTES, PROT_READ | PROT_WRITE,
                  (at ? MAP_PRIVATE : MAP_SHARED) | MAP_FIXED, fd, 0) != MAP_FAILED;
        if (ok && at == 0)
            memset(array, 0xFF, BLANK_BYTES);
    }
    ok = ok && mmap(array, BLANK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_FIXED, fd, 0) !=
                   MAP_FAILED;
    if (fd >= 0)
        close(fd);
    if (!ok)
        memset(array, 0xFF, size_bytes);
}

static int load_image(struct cfi_flash *f, struct error *err)
{
    struct blockdev *disk = f->config.disk;
    const char *name = f->config.name ? f->config.name : "flash image";
    uint64_t size_bytes = disk ? blockdev_bytes(disk) : 0;
    if (size_bytes > f->bank_bytes)
        return error_bad_input(err, "%s: %llu bytes do not fit into a flash bank of %u MiB", name,
                               (unsigned long long)size_bytes, f->bank_bytes >> 20);
    bool kept = disk && !blockdev_is_volatile(disk) && !blockdev_is_readonly(disk);
    if (kept && size_bytes != f->bank_bytes)
        return error_bad_input(err,
                               "%s: a writable flash image must be %u MiB long; use "
                               "'truncate -s %uM', or readonly=on or snapshot=on",
                               name, f->bank_bytes >> 20, f->bank_bytes >> 20);
    if (size_bytes < f->bank_bytes)
        fill_blank(f->array, f->bank_bytes);
    int rc = disk ? blockdev_read(disk, 0, f->array, size_bytes) : 0;
    if (rc)
        return error_set(err, IRQLAB_EXIT_HOST, rc, "%s: cannot be read: %s", name, strerror(-rc));
    return 0;
}

static int initialise(struct cfi_flash *f, struct error *err)
{
    f->array = reserve(f->bank_bytes);
    f->original = reserve(f->bank_bytes);
    if (!f->array || !f->original)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for a flash bank");
    return load_image(f, err);
}

struct dev *cfi_flash_create(const struct dev_host *host, const struct cfi_flash_config *config,
                             struct error *err)
{
    struct cfi_flash *f = calloc(1, sizeof(*f));
    if (!f) {
        blockdev_close(config->disk);
        error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for a flash bank");
        return NULL;
    }
    f->dev.ops = &ops;
    f->dev.host = *host;
    f->dev.region_bytes = config->bank_bytes;
    f->config = *config;
    f->bank_bytes = (uint32_t)config->bank_bytes;
    f->sectors = f->bank_bytes / CFI_FLASH_SECTOR_BYTES;
    f->shown_array = true;
    if (initialise(f, err)) {
        flash_destroy(&f->dev);
        return NULL;
    }
    flash_reset(&f->dev);
    return &f->dev;
}
