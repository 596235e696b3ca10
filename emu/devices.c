/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/devices.h"

#include <errno.h>
#include <string.h>

#include "emu/dev/blockdev.h"
#include "emu/dev/cfi_flash.h"
#include "emu/dev/fw_cfg.h"
#include "emu/dev/pl011.h"
#include "emu/dev/pl031.h"
#include "emu/dev/pl061.h"
#include "emu/dev/virtio_blk.h"
#include "emu/dev/virtio_console.h"
#include "emu/dev/virtio_mmio.h"
#include "emu/dev/virtio_rng.h"
#include "emu/load/firmware.h"
#include "emu/pcie.h"

enum { RNG_SEED = 0x1517 };

static int no_memory(struct error *err)
{
    return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for devices");
}

/* A device that needs nothing but its host services. */
struct plain {
    struct dev *(*create)(const struct dev_host *host);
    uint64_t base;
    uint32_t intid;
};

static int add_plain(struct machine *m, const struct plain *p, struct chardev *console,
                     struct error *err)
{
    struct slot *slot = machine_slot(m);
    struct dev_host host = machine_dev_host(slot);
    struct dev *dev = p->create(&host);

    if (!dev) {
        m->n_slots--;
        return no_memory(err);
    }
    slot->console = console;
    return machine_place(m, slot, dev, p->base, p->intid, err);
}

/* The device that was added last is fw_cfg. A kernel in it is firmware's to start, as on QEMU. */
static int tell_firmware(struct machine *m, const struct run_options *o, struct error *err)
{
    bool firmware = options_have_firmware(o);
    const struct firmware_request request = {
        .kernel = firmware ? o->kernel : NULL,
        .initrd = firmware ? o->initrd : NULL,
        .append = firmware ? o->append : NULL,
        .acpi = o->acpi,
        .board = &m->board,
    };

    return firmware_configure(&request, m->slots[m->n_slots - 1].dev, err);
}

static int add_plain_devices(struct machine *m, const struct run_options *o,
                             struct chardev *console, struct error *err)
{
    static const struct plain uart = {pl011_create, BOARD_UART_BASE, BOARD_UART_INTID};
    static const struct plain others[] = {
        {pl031_create, BOARD_RTC_BASE, BOARD_RTC_INTID},
        {pl061_create, BOARD_GPIO_BASE, BOARD_GPIO_INTID},
        {fw_cfg_create, BOARD_FW_CFG_BASE, 0},
    };
    int rc = add_plain(m, &uart, o->want_console && !o->testdev ? NULL : console, err);

    for (size_t i = 0; !rc && i < sizeof(others) / sizeof(others[0]); i++)
        rc = add_plain(m, &others[i], NULL, err);
    return rc ? rc : tell_firmware(m, o, err);
}

/* -- Flash ------------------------------------------------------------------------------------- */

static int flash_read(void *opaque, unsigned vcpu, bool secure, uint64_t offset,
                      unsigned size_bytes, uint64_t *value)
{
    struct dev *dev = ((struct flash_bank *)opaque)->slot->dev;

    (void)vcpu, (void)secure;
    return dev->ops->read(dev, offset, size_bytes, value);
}

static int flash_write(void *opaque, unsigned vcpu, bool secure, uint64_t offset,
                       unsigned size_bytes, uint64_t value)
{
    struct dev *dev = ((struct flash_bank *)opaque)->slot->dev;

    (void)vcpu, (void)secure;
    return dev->ops->write(dev, offset, size_bytes, value);
}

static void flash_mode_changed(void *opaque, bool array_mode)
{
    struct flash_bank *bank = opaque;

    if (bank->mapped)
        engine_rom_device_mode(bank->machine->engine, bank->base, array_mode);
}

/* What was translated from it is gone. */
static void flash_written(void *opaque, uint64_t offset, uint64_t size_bytes)
{
    struct flash_bank *bank = opaque;

    if (bank->mapped)
        engine_ram_written(bank->machine->engine, bank->base + offset, size_bytes);
}

static int add_flash(struct machine *m, unsigned index, const struct drive_option *drive,
                     struct error *err)
{
    struct flash_bank *bank = &m->flash[index];
    struct slot *slot = machine_slot(m);
    struct dev_host host = machine_dev_host(slot);
    struct cfi_flash_config config = {
        .bank_bytes = BOARD_FLASH_BYTES,
        .name = drive ? drive->file : "flash",
        .mode_changed = flash_mode_changed,
        .written = flash_written,
        .opaque = bank,
    };
    int rc = 0;

    m->n_slots--; /* given back until the device is there */
    if (drive) {
        struct blockdev_options options = {.readonly = drive->read_only,
                                           .snapshot = drive->snapshot};

        rc = blockdev_open(drive->file, &options, &config.disk, err);
    }
    if (rc)
        return rc;
    *bank = (struct flash_bank){.machine = m, .slot = slot, .base = index * BOARD_FLASH_BYTES};
    slot->dev = cfi_flash_create(&host, &config, err);
    if (!slot->dev)
        return -EINVAL;
    m->n_slots++;
    slot->base = bank->base;
    bank->mmio = (struct cpu_mmio){.opaque = bank, .read = flash_read, .write = flash_write};
    if (engine_map_rom_device(m->engine, bank->base, BOARD_FLASH_BYTES, cfi_flash_array(slot->dev),
                              &bank->mmio))
        return error_set(err, IRQLAB_EXIT_INTERNAL, -ENOSPC, "flash bank %u cannot be mapped",
                         index);
    bank->mapped = true;
    return 0;
}

/* -bios is a throw-away copy in bank 0; -drive if=pflash fills the banks in order. */
static int add_flash_banks(struct machine *m, const struct run_options *o, struct error *err)
{
    struct drive_option bios = {.file = o->bios, .read_only = true};
    const struct drive_option *banks[2] = {o->bios ? &bios : NULL, NULL};
    unsigned next = o->bios ? 1 : 0;
    int rc = 0;

    for (unsigned i = 0; i < o->n_drives; i++) {
        if (o->drives[i].interface != DRIVE_PFLASH)
            continue;
        if (next == 2)
            return error_bad_input(err, "-drive %s: there are two flash banks, both are taken",
                                   o->drives[i].file);
        banks[next++] = &o->drives[i];
    }
    for (unsigned i = 0; !rc && i < 2; i++)
        rc = add_flash(m, i, banks[i], err);
    return rc;
}

/* -- virtio ------------------------------------------------------------------------------------ */

static int add_virtio(struct machine *m, unsigned index, struct virtio_backend *backend,
                      bool legacy, struct chardev *console, struct error *err)
{
    struct slot *slot = machine_slot(m);
    struct dev_host host = machine_dev_host(slot);
    struct dev *dev = virtio_mmio_create(&host, backend, legacy);

    if (!dev) {
        m->n_slots--;
        return no_memory(err);
    }
    slot->console = console;
    return machine_place(m, slot, dev, BOARD_VIRTIO_BASE + index * BOARD_VIRTIO_STRIDE,
                         BOARD_VIRTIO_INTID + index, err);
}

static int add_disk(struct machine *m, unsigned index, const struct drive_option *drive,
                    struct error *err)
{
    struct blockdev_options options = {.readonly = drive->read_only, .snapshot = drive->snapshot};
    struct virtio_backend *backend;
    struct blockdev *disk;
    int rc = blockdev_open(drive->file, &options, &disk, err);

    if (rc)
        return rc;
    backend = virtio_blk_create(disk, drive->id, 1);
    return backend ? add_virtio(m, index, backend, false, NULL, err) : no_memory(err);
}

/*
 * QEMU fills its 32 transports from the last to the first, so that the first device is at the
 * highest address; guests that look for "vda" see the same order here.
 */
static int add_virtio_devices(struct machine *m, const struct run_options *o,
                              struct chardev *console, struct error *err)
{
    unsigned left = BOARD_VIRTIO_COUNT;
    int rc = 0;

    for (unsigned i = 0; !rc && i < o->n_drives; i++) {
        const struct drive_option *d = &o->drives[i];

        if (d->interface == DRIVE_VIRTIO || (d->interface == DRIVE_NONE && d->attached))
            rc = add_disk(m, --left, d, err);
    }
    if (!rc && o->want_console)
        rc = add_virtio(
            m, --left,
            virtio_console_create(o->testdev ? VIRTIO_CONSOLE_TESTDEV : VIRTIO_CONSOLE_TERMINAL),
            o->testdev, o->testdev ? NULL : console, err);
    if (!rc && o->rng)
        rc = add_virtio(m, --left, virtio_rng_create(RNG_SEED), false, NULL, err);
    while (!rc && left)
        rc = add_virtio(m, --left, NULL, false, NULL, err);
    return rc;
}

int devices_create(struct machine *m, const struct run_options *o, struct chardev *console,
                   struct error *err)
{
    int rc = add_plain_devices(m, o, console, err);

    rc = rc ? rc : add_flash_banks(m, o, err);
    rc = rc ? rc : add_virtio_devices(m, o, console, err);
    return rc ? rc : pcie_create(m, o, err);
}
