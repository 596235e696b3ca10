/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PCI host with a disk or an interface of two queue pairs: any access to config space and to
 * the bus's memory, the driver's RAM, time, resets, saves and restores. The first byte says how far
 * a driver has come: nothing, addresses assigned, or queues in use.
 */
#include <linux/pci.h>
#include <linux/virtio_pci.h>

#include "emu/dev/pci_host.h"
#include "emu/dev/virtio_blk.h"
#include "emu/dev/virtio_net.h"
#include "emu/dev/virtio_pci.h"
#include "tests/fuzz/fuzz_dev_harness.h"

#define DEVICE  1u
#define CONFIG  ((uint64_t)DEVICE << 15)
#define MSIX_AT UINT64_C(0x10000000)
#define BAR_AT  UINT64_C(0x10004000)
#define BOTH    0x8000u /* from MSIX_AT to the end of the other BAR */
#define QUEUES  5u

struct rig {
    struct fake_host *disk, *bus;
};

static void set(const struct rig *r, unsigned offset, unsigned size_bytes, uint64_t value)
{
    r->bus->dev->ops->write(r->bus->dev, CONFIG + offset, size_bytes, value);
}

static void common(const struct rig *r, unsigned field, unsigned size_bytes, uint64_t value)
{
    pci_host_memory_write(r->bus->dev, BAR_AT + field, size_bytes, value);
}

static void assign(const struct rig *r)
{
    const struct pci_function *fn = virtio_pci_function(r->disk->dev);

    set(r, PCI_BASE_ADDRESS_1, 4, MSIX_AT);
    set(r, PCI_BASE_ADDRESS_4, 8, BAR_AT);
    set(r, PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    set(r, fn->msix_at + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE);
}

static bool virtio_is_net(const struct rig *r)
{
    return ((const struct virtio *)r->disk->dev)->backend->ops->device_id == 1;
}

static void use_queues(const struct rig *r)
{
    common(r, VIRTIO_PCI_COMMON_STATUS, 1, 3);
    /* Indirect and event index; VIRTIO_NET_F_MQ, which a disk does not offer. */
    common(r, VIRTIO_PCI_COMMON_GF, 4, 3u << 28 | (virtio_is_net(r) ? 1u << 22 : 0));
    common(r, VIRTIO_PCI_COMMON_GFSELECT, 4, 1);
    common(r, VIRTIO_PCI_COMMON_GF, 4, 1);
    common(r, VIRTIO_PCI_COMMON_STATUS, 1, 11);
    for (unsigned q = 0; q < QUEUES; q++) {
        uint64_t base = FAKE_RAM_BASE + 0x400 * q;

        common(r, VIRTIO_PCI_COMMON_Q_SELECT, 2, q);
        common(r, VIRTIO_PCI_COMMON_Q_SIZE, 2, 8);
        common(r, VIRTIO_PCI_COMMON_Q_MSIX, 2, q);
        common(r, VIRTIO_PCI_COMMON_Q_DESCLO, 4, base);
        common(r, VIRTIO_PCI_COMMON_Q_AVAILLO, 4, base + 0x80);
        common(r, VIRTIO_PCI_COMMON_Q_USEDLO, 4, base + 0x100);
        common(r, VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
    }
    common(r, VIRTIO_PCI_COMMON_STATUS, 1, 15);
}

/* Mostly where something is; now and then anywhere. */
static uint64_t memory_address(struct fuzz_input *in)
{
    uint64_t raw = fuzz_take(in, 2);

    return raw & 0x8000 ? fuzz_take(in, 8) : MSIX_AT + raw % BOTH;
}

static void check_width(uint64_t value, unsigned size_bytes)
{
    if (size_bytes < 8 && value >> (8 * size_bytes))
        abort();
}

static void memory_step(const struct rig *r, struct fuzz_input *in, bool write)
{
    unsigned size = 1u << (fuzz_take(in, 1) & 3);
    uint64_t address = memory_address(in);

    if (write)
        pci_host_memory_write(r->bus->dev, address, size, fuzz_take(in, size));
    else
        check_width(pci_host_memory_read(r->bus->dev, address, size), size);
}

static void config_step(const struct rig *r, struct fuzz_input *in, bool write)
{
    unsigned size;
    uint64_t value = 0, offset = fuzz_offset(in, r->bus->dev, &size);

    if (offset & 1 << 20) /* mostly the function itself */
        offset = CONFIG + offset % (PCI_CONFIG_BYTES + 8);
    if (write) {
        r->bus->dev->ops->write(r->bus->dev, offset, size, fuzz_take(in, size));
        return;
    }
    r->bus->dev->ops->read(r->bus->dev, offset, size, &value);
    check_width(value, size);
}

/* Which wires are up follows from the functions: after any step they agree. */
static void check_wires(const struct rig *r)
{
    const struct pci_function *fn = virtio_pci_function(r->disk->dev);
    bool shown = fn->s.config[PCI_STATUS] & PCI_STATUS_INTERRUPT;
    bool held = fn->s.config[PCI_COMMAND + 1] & PCI_COMMAND_INTX_DISABLE >> 8;

    if (r->bus->irq[DEVICE % PCI_HOST_WIRES] != (shown && !held))
        abort();
}

static void step(const struct rig *r, struct fuzz_input *in)
{
    uint8_t op = (uint8_t)fuzz_take(in, 1);

    switch (op & 7) {
    case 0:
    case 1:
        memory_step(r, in, true);
        break;
    case 2:
        memory_step(r, in, false);
        break;
    case 3:
        config_step(r, in, true);
        break;
    case 4:
        config_step(r, in, false);
        break;
    case 5:
        fuzz_ram(r->disk, in);
        break;
    case 6:
        fake_advance(r->disk, fuzz_take(in, 2));
        break;
    default:
        if (op & 8)
            fuzz_snapshot(r->disk, in);
        else if (op & 16)
            r->disk->dev->ops->reset(r->disk->dev);
        else
            use_queues(r);
        break;
    }
    check_wires(r);
}

static struct virtio_backend *back_end(bool net)
{
    static const uint8_t mac[6] = {2, 0, 0, 0, 0, 1};

    if (net)
        return virtio_net_create(mac, 2, true);
    return virtio_blk_create(blockdev_create_memory(64 * 512), "f", QUEUES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz_input in = {.data = data, .left = size};
    struct rig r = {.disk = fuzz_host(), .bus = fuzz_host()};
    uint8_t how = (uint8_t)fuzz_take(&in, 1);

    r.bus->dev = pci_host_create(&r.bus->host);
    r.disk->dev =
        virtio_pci_create(&r.disk->host, back_end(how & 4), 0x010000, VIRTIO_PCI_DEFAULT_VECTORS);
    if (pci_host_plug(r.bus->dev, virtio_pci_function(r.disk->dev), DEVICE))
        abort();
    if (how & 1)
        assign(&r);
    if ((how & 3) == 3)
        use_queues(&r);
    while (in.left)
        step(&r, &in);
    fuzz_device(r.disk, NULL, 0);
    return fuzz_device(r.bus, NULL, 0);
}
