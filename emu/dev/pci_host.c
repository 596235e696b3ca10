/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/dev/pci_host.h"

#include <errno.h>
#include <linux/pci.h>
#include <stdlib.h>
#include <string.h>

#define MAX_RANGES (PCI_HOST_DEVICES * PCI_MAX_BARS)

/* The devices whose INTA# is wire 0; wire w has those w places further. */
#define WIRE_0_DEVICES UINT32_C(0x11111111)

/* A BAR that is decoded now. */
struct range {
    uint64_t first, last;
    struct pci_function *fn;
    unsigned bar;
};

struct pci_host {
    struct dev dev;
    struct pci_function bridge; /* device 0 */
    struct pci_function *devices[PCI_HOST_DEVICES];
    /* These follow from the functions' state. */
    uint32_t asserted; /* devices that pull their INTA# */
    struct range ranges[MAX_RANGES];
    unsigned n_ranges;
};

static struct pci_host *to_host(struct dev *dev)
{
    return (struct pci_host *)dev;
}

static uint64_t all_ones(unsigned size_bytes)
{
    return UINT64_MAX >> (64 - 8 * size_bytes);
}

/* -- Interrupt wires --------------------------------------------------------------------------- */

void pci_host_wire(struct pci_host *host, const struct pci_function *fn, bool level)
{
    unsigned device = PCI_SLOT(fn->requester_id), wire = device % PCI_HOST_WIRES;
    uint32_t bit = UINT32_C(1) << device;

    host->asserted = (host->asserted & ~bit) | (level ? bit : 0);
    host->dev.host.set_irq(host->dev.host.opaque, wire,
                           (host->asserted & WIRE_0_DEVICES << wire) != 0);
}

/* -- Memory ------------------------------------------------------------------------------------ */

static void add_range(struct pci_host *host, struct pci_function *fn, unsigned bar)
{
    uint64_t first = pci_bar_address(fn, bar), last = first + fn->bars[bar].size_bytes - 1;

    if (first == UINT64_MAX)
        return;
    host->ranges[host->n_ranges++] =
        (struct range){.first = first, .last = last, .fn = fn, .bar = bar};
}

/* Where two overlap, which no driver wants, the lower device answers. */
void pci_host_decode(struct pci_host *host, struct pci_function *fn)
{
    (void)fn;
    host->n_ranges = 0;
    for (unsigned i = 0; i < PCI_HOST_DEVICES; i++) {
        for (unsigned bar = 0; host->devices[i] && bar < PCI_MAX_BARS; bar++)
            add_range(host, host->devices[i], bar);
    }
}

static const struct range *range_at(const struct pci_host *host, uint64_t address,
                                    unsigned size_bytes)
{
    for (unsigned i = 0; i < host->n_ranges; i++) {
        const struct range *r = &host->ranges[i];

        if (address >= r->first && address <= r->last)
            return r->last - address >= size_bytes - 1 ? r : NULL;
    }
    return NULL;
}

uint64_t pci_host_memory_read(struct dev *dev, uint64_t address, unsigned size_bytes)
{
    const struct range *r = range_at(to_host(dev), address, size_bytes);
    uint64_t mask = all_ones(size_bytes);

    return r ? pci_memory_read(r->fn, r->bar, address - r->first, size_bytes) & mask : mask;
}

void pci_host_memory_write(struct dev *dev, uint64_t address, unsigned size_bytes, uint64_t value)
{
    const struct range *r = range_at(to_host(dev), address, size_bytes);

    if (r)
        pci_memory_write(r->fn, r->bar, address - r->first, size_bytes,
                         value & all_ones(size_bytes));
}

/* -- Config space ------------------------------------------------------------------------------ */

/* Address bits 27:20 bus, 19:15 device, 14:12 function (table 7-1). */
static struct pci_function *function_at(struct pci_host *host, uint64_t offset, unsigned size_bytes)
{
    uint64_t requester_id = offset / PCI_CONFIG_SPACE;

    if (requester_id >= PCI_HOST_DEVICES * 8 || PCI_FUNC(requester_id) ||
        offset % PCI_CONFIG_SPACE + size_bytes > PCI_CONFIG_SPACE)
        return NULL;
    return host->devices[PCI_SLOT(requester_id)];
}

static int ecam_read(struct dev *dev, uint64_t offset, unsigned size_bytes, uint64_t *value)
{
    struct pci_function *fn = function_at(to_host(dev), offset, size_bytes);

    *value = fn ? pci_config_read(fn, (unsigned)(offset % PCI_CONFIG_SPACE), size_bytes)
                : all_ones(size_bytes);
    return 0;
}

static int ecam_write(struct dev *dev, uint64_t offset, unsigned size_bytes, uint64_t value)
{
    struct pci_function *fn = function_at(to_host(dev), offset, size_bytes);

    if (fn)
        pci_config_write(fn, (unsigned)(offset % PCI_CONFIG_SPACE), size_bytes, value);
    return 0;
}

/* -- Life -------------------------------------------------------------------------------------- */

static void host_reset(struct dev *dev)
{
    pci_reset(&to_host(dev)->bridge);
}

static void host_visit(struct dev *dev, struct visitor *v)
{
    pci_visit(&to_host(dev)->bridge, v);
}

static void host_destroy(struct dev *dev)
{
    free(dev);
}

static const struct dev_ops ops = {
    .name = "pci-host",
    .read = ecam_read,
    .write = ecam_write,
    .reset = host_reset,
    .visit = host_visit,
    .destroy = host_destroy,
};

static void plug(struct pci_host *host, struct pci_function *fn, unsigned device)
{
    host->devices[device] = fn;
    fn->host = host;
    fn->requester_id = (uint16_t)PCI_DEVFN(device, 0);
    pci_reset(fn);
}

int pci_host_plug(struct dev *dev, struct pci_function *fn, unsigned device)
{
    struct pci_host *host = to_host(dev);

    if (device >= PCI_HOST_DEVICES || host->devices[device])
        return -EBUSY;
    plug(host, fn, device);
    return 0;
}

struct dev *pci_host_create(const struct dev_host *services)
{
    /* What QEMU's generic host bridge calls itself. */
    static const struct pci_identity identity = {
        .vendor = 0x1B36,
        .device = 0x0008,
        .subsystem_vendor = 0x1AF4,
        .subsystem = 0x1100,
        .class_code = 0x060000,
    };
    struct pci_host *host = calloc(1, sizeof(*host));

    if (!host)
        return NULL;
    host->dev.ops = &ops;
    host->dev.host = *services;
    host->dev.region_bytes = (uint64_t)PCI_HOST_BUSES * 256 * PCI_CONFIG_SPACE;
    pci_init(&host->bridge, NULL, &host->dev.host, &identity);
    plug(host, &host->bridge, 0);
    return &host->dev;
}
