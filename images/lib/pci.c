/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "images/lib/pci.h"
#include "images/lib/board.h"

#define COMMAND      0x04
#define BAR0         0x10
#define CAPABILITIES 0x34
#define COMMAND_ON   0x406 /* no INTx, bus master, memory */
#define MSIX_ON      BIT(15)
#define MSIX_MASKED  BIT(14)

static u64 next_address = BOARD_PCI_MMIO;

/* Sizes are powers of two, found by writing ones; a 64-bit BAR takes two registers. */
static unsigned place_bar(struct pci_device *d, unsigned n)
{
    u64 reg = d->config + BAR0 + 4 * n;
    u32 old = mmio_read32(reg);
    bool wide = (old & 7) == 4;
    if (old & 1)
        return 1; /* ports: not used */
    mmio_write32(reg, ~0u);
    u32 size = ~(mmio_read32(reg) & ~15u) + 1;
    if (!size)
        return 1;
    next_address = (next_address + size - 1) & ~(u64)(size - 1);
    d->bar[n] = next_address;
    next_address += size;
    mmio_write32(reg, d->bar[n]);
    if (wide)
        mmio_write32(reg + 4, 0);
    return wide ? 2 : 1;
}

u32 pci_capability(const struct pci_device *d, u8 id, u32 after)
{
    u32 at = mmio_read8(d->config + (after ? after + 1 : CAPABILITIES));
    for (unsigned i = 0; at && i < 48; i++, at = mmio_read8(d->config + at + 1))
        if (mmio_read8(d->config + at) == id)
            return at;
    return 0;
}

/* Bits 2:0 say which BAR, the others are the offset in it. */
static u64 in_bar(const struct pci_device *d, u32 word)
{
    return d->bar[word & 7] + (word & ~7u);
}

static void set_up(struct pci_device *d)
{
    for (unsigned n = 0; n < 6;)
        n += place_bar(d, n);
    mmio_write16(d->config + COMMAND, COMMAND_ON);
    d->msix = pci_capability(d, PCI_CAP_MSIX, 0);
    if (!d->msix)
        return;
    d->msix_table = in_bar(d, mmio_read32(d->config + d->msix + 4));
    d->msix_pending = in_bar(d, mmio_read32(d->config + d->msix + 8));
}

bool pci_open(struct pci_device *d, u16 vendor, u16 id1, u16 id2)
{
    for (unsigned device = 0; device < 32; device++) {
        *d = (struct pci_device){.config = BOARD_PCI_ECAM + ((u64)device << 15),
                                 .requester = device << 3};
        u32 id = mmio_read32(d->config);
        if ((id & 0xffff) != vendor || (id >> 16 != id1 && id >> 16 != id2))
            continue;
        set_up(d);
        return true;
    }
    return false;
}

unsigned pci_msix_vectors(const struct pci_device *d)
{
    return (mmio_read16(d->config + d->msix + 2) & 0x7ff) + 1;
}

void pci_msix_set(const struct pci_device *d, unsigned vector, u64 address, u32 data, bool masked)
{
    u64 entry = d->msix_table + 16 * vector;
    mmio_write32(entry, address);
    mmio_write32(entry + 4, address >> 32);
    mmio_write32(entry + 8, data);
    mmio_write32(entry + 12, masked);
    dsb(sy);
}

void pci_msix_enable(const struct pci_device *d, bool on, bool masked)
{
    u16 control = mmio_read16(d->config + d->msix + 2) & ~(MSIX_ON | MSIX_MASKED);
    mmio_write16(d->config + d->msix + 2,
                 control | (on ? MSIX_ON : 0) | (masked ? MSIX_MASKED : 0));
    dsb(sy);
}

bool pci_msix_is_pending(const struct pci_device *d, unsigned vector)
{
    return mmio_read32(d->msix_pending + vector / 32 * 4) >> vector % 32 & 1;
}
