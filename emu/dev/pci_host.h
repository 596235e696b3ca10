/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A generic PCI host with memory-mapped config space (ECAM, PCI Express Base 5.0 section 7.2.2), as
 * on QEMU's virt: one root bus, its functions are endpoints of the root complex. Device 0 is
 * the host bridge itself. The device's region is the ECAM frame; the board maps the memory windows
 * and hands accesses to pci_host_memory_*(), by PCI address.
 *
 * What nobody claims reads as all ones and swallows writes, as a root complex answers for an
 * Unsupported Request.
 *
 * INTx: device d's INTA# is wire d % 4 (PCI-to-PCI bridge 1.2, table 9-1), the host's interrupt
 * line of that number. Functions share the wires.
 */
#ifndef IRQLAB_EMU_DEV_PCI_HOST_H
#define IRQLAB_EMU_DEV_PCI_HOST_H

#include "emu/dev/pci.h"

#define PCI_HOST_BUSES   256u
#define PCI_HOST_DEVICES 32u
#define PCI_HOST_WIRES   4u

/** pci_host_create - NULL when memory is out. Freed by ops->destroy; the functions are not its. */
struct dev *pci_host_create(const struct dev_host *host);

/**
 * pci_host_plug - @fn becomes function 0 of @device (1 to 31) of bus 0. It must live as long as the
 * host is used. Returns -EBUSY when the place is taken.
 */
int pci_host_plug(struct dev *host, struct pci_function *fn, unsigned device);

/** pci_host_memory_read, pci_host_memory_write - @address on the bus; 1, 2, 4 or 8 bytes. */
uint64_t pci_host_memory_read(struct dev *host, uint64_t address, unsigned size_bytes);
void pci_host_memory_write(struct dev *host, uint64_t address, unsigned size_bytes, uint64_t value);

/* Calls of a function (pci.c). */

/** pci_host_decode - the function's addresses, or whether it answers, changed. */
void pci_host_decode(struct pci_host *host, struct pci_function *fn);
/** pci_host_wire - what the function drives on its INTA#. */
void pci_host_wire(struct pci_host *host, const struct pci_function *fn, bool level);

#endif
