/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/pcie.h"

#include <errno.h>

#include "emu/dev/blockdev.h"
#include "emu/dev/pci_host.h"
#include "emu/dev/virtio_blk.h"
#include "emu/dev/virtio_net.h"
#include "emu/dev/virtio_pci.h"
#include "emu/dev/virtio_rng.h"

enum { RNG_SEED = 0x9C1E };

static int no_memory(struct error *err)
{
    return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for PCI devices");
}

/* -- The windows ------------------------------------------------------------------------------- */

/* CPU and PCI addresses are the same in both memory windows. */
static int memory_read(void *opaque, unsigned vcpu, bool secure, uint64_t offset,
                       unsigned size_bytes, uint64_t *value)
{
    struct pcie_window *w = opaque;

    (void)vcpu, (void)secure;
    w->machine->statistics.mmio_reads++;
    *value = pci_host_memory_read(w->machine->pcie.slot->dev, w->base + offset, size_bytes);
    return 0;
}

static int memory_write(void *opaque, unsigned vcpu, bool secure, uint64_t offset,
                        unsigned size_bytes, uint64_t value)
{
    struct pcie_window *w = opaque;

    (void)vcpu, (void)secure;
    w->machine->statistics.mmio_writes++;
    pci_host_memory_write(w->machine->pcie.slot->dev, w->base + offset, size_bytes, value);
    return 0;
}

/* No function has I/O ports: nobody claims an access. */
static int pio_read(void *opaque, unsigned vcpu, bool secure, uint64_t offset, unsigned size_bytes,
                    uint64_t *value)
{
    (void)opaque, (void)vcpu, (void)secure, (void)offset;
    *value = UINT64_MAX >> (64 - 8 * size_bytes);
    return 0;
}

static int pio_write(void *opaque, unsigned vcpu, bool secure, uint64_t offset, unsigned size_bytes,
                     uint64_t value)
{
    (void)opaque, (void)vcpu, (void)secure, (void)offset, (void)size_bytes, (void)value;
    return 0;
}

static int map_windows(struct machine *m, struct error *err)
{
    static const struct {
        uint64_t base, bytes;
        bool ports;
    } windows[PCIE_WINDOWS] = {
        {BOARD_PCIE_MMIO_BASE, BOARD_PCIE_MMIO_BYTES, false},
        {BOARD_PCIE_PIO_BASE, BOARD_PCIE_PIO_BYTES, true},
        {BOARD_PCIE_HIGH_BASE, BOARD_PCIE_HIGH_BYTES, false},
    };
    int rc = 0;

    for (unsigned i = 0; !rc && i < PCIE_WINDOWS; i++) {
        struct pcie_window *w = &m->pcie.windows[i];
        bool ports = windows[i].ports;

        *w = (struct pcie_window){.machine = m, .base = windows[i].base};
        w->mmio = (struct cpu_mmio){.opaque = w,
                                    .read = ports ? pio_read : memory_read,
                                    .write = ports ? pio_write : memory_write};
        rc = engine_map_mmio(m->engine, w->base, windows[i].bytes, &w->mmio);
    }
    return rc ? error_set(err, IRQLAB_EXIT_INTERNAL, rc, "the PCIe windows cannot be mapped") : 0;
}

static int add_host(struct machine *m, struct error *err)
{
    struct slot *slot = machine_slot(m);
    struct dev_host host = machine_dev_host(slot);
    struct dev *dev = pci_host_create(&host);

    if (!dev) {
        m->n_slots--;
        return no_memory(err);
    }
    m->pcie.slot = slot;
    return machine_place(m, slot, dev, BOARD_PCIE_ECAM_BASE, BOARD_PCIE_INTID, err);
}

/* -- Functions --------------------------------------------------------------------------------- */

static int add_function(struct machine *m, const struct pci_option *o,
                        struct virtio_backend *backend, uint32_t class_code, unsigned number,
                        struct error *err)
{
    struct slot *slot = machine_slot(m);
    struct dev_host host;
    struct dev *dev;

    if (!slot) {
        backend->ops->destroy(backend);
        return error_set(err, IRQLAB_EXIT_INTERNAL, -ENOSPC, "no room for PCI devices");
    }
    host = machine_dev_host(slot);
    dev = virtio_pci_create(&host, backend, class_code,
                            o->vectors_given ? o->vectors : VIRTIO_PCI_DEFAULT_VECTORS);
    if (!dev) {
        m->n_slots--;
        return no_memory(err);
    }
    slot->dev = dev;
    return pci_host_plug(m->pcie.slot->dev, virtio_pci_function(dev), number);
}

static int make_disk(struct machine *m, const struct run_options *o, const struct pci_option *p,
                     struct virtio_backend **out, struct error *err)
{
    const struct drive_option *drive = &o->drives[p->drive];
    struct blockdev_options options = {.readonly = drive->read_only, .snapshot = drive->snapshot};
    unsigned queues = p->queues ? p->queues : m->config.n_vcpus;
    struct blockdev *disk;
    int rc = blockdev_open(drive->file, &options, &disk, err);

    if (rc)
        return rc;
    *out =
        virtio_blk_create(disk, drive->id, queues < VIRTIO_MAX_QUEUES ? queues : VIRTIO_MAX_QUEUES);
    return *out ? 0 : no_memory(err);
}

static int make_rng(struct machine *m, const struct run_options *o, const struct pci_option *p,
                    struct virtio_backend **out, struct error *err)
{
    (void)m, (void)o, (void)p;
    *out = virtio_rng_create(RNG_SEED);
    return *out ? 0 : no_memory(err);
}

/* QEMU's addresses: its prefix, and a number for each. */
static int make_net(struct machine *m, const struct run_options *o, const struct pci_option *p,
                    struct virtio_backend **out, struct error *err)
{
    const uint8_t mac[6] = {0x52, 0x54, 0x00, 0x12, 0x34, (uint8_t)(0x56 + p->netdev)};

    (void)m;
    *out = virtio_net_create(mac, o->pci.netdevs[p->netdev].queues, p->multiqueue);
    return *out ? 0 : no_memory(err);
}

static const struct {
    int (*make)(struct machine *m, const struct run_options *o, const struct pci_option *p,
                struct virtio_backend **out, struct error *err);
    uint32_t class_code;
} kinds[] = {
    [PCI_OPTION_BLK] = {make_disk, 0x010000}, /* SCSI controller, as on QEMU */
    [PCI_OPTION_RNG] = {make_rng, 0x00FF00},
    [PCI_OPTION_NET] = {make_net, 0x020000},
};

int pcie_create(struct machine *m, const struct run_options *o, struct error *err)
{
    int rc = add_host(m, err);

    rc = rc ? rc : map_windows(m, err);
    for (unsigned i = 0; !rc && i < o->pci.n_devices; i++) {
        const struct pci_option *p = &o->pci.devices[i];
        struct virtio_backend *backend = NULL;

        rc = kinds[p->kind].make(m, o, p, &backend, err);
        rc = rc ? rc : add_function(m, p, backend, kinds[p->kind].class_code, i + 1, err);
    }
    return rc;
}
