/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Functions on bus 0 of the board's PCIe host, and their MSI-X (PCI Local Bus 3.0, 6.8.2; PCIe Base
 * specification, 7.2.2, ECAM). There is no firmware under the images: BARs are placed here.
 */
#ifndef IMAGES_LIB_PCI_H
#define IMAGES_LIB_PCI_H

#include "images/lib/cpu.h"

#define PCI_CAP_VENDOR 0x09
#define PCI_CAP_MSIX   0x11

struct pci_device {
    u64 config;    /* its 4 KiB of configuration */
    u32 requester; /* bus, device, function: what an ITS sees as DeviceID */
    u64 bar[6];
    u32 msix; /* offset of the capability, 0: none */
    u64 msix_table;
    u64 msix_pending;
};

/** pci_open - the first function of @vendor and one of the two ids; false if there is none. */
bool pci_open(struct pci_device *d, u16 vendor, u16 id1, u16 id2);

/** pci_capability - offset of the next one of this id behind @after (0: the first), or 0. */
u32 pci_capability(const struct pci_device *d, u8 id, u32 after);

/** pci_msix_vectors - how many vectors the table has. */
unsigned pci_msix_vectors(const struct pci_device *d);

/** pci_msix_set - what @vector writes, where to, and whether it is masked. */
void pci_msix_set(const struct pci_device *d, unsigned vector, u64 address, u32 data, bool masked);

/** pci_msix_enable - MSI-X on or off, with or without the function's mask. */
void pci_msix_enable(const struct pci_device *d, bool on, bool masked);

/** pci_msix_is_pending - the vector's bit of the pending array. */
bool pci_msix_is_pending(const struct pci_device *d, unsigned vector);

#endif
