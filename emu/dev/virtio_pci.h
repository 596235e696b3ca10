/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The virtio PCI transport, virtio 1.1 section 4.1; the interface of 1.0 and later only. The
 * function has INTA#, MSI-X (BAR 1) and its registers in BAR 4, 64 bits wide and prefetchable,
 * where QEMU has them too:
 *
 *     0x0000 common configuration   0x1000 ISR status
 *     0x2000 device configuration   0x3000 notification, 4 bytes for each queue
 *
 * The device's region is its config space; it is not on the bus, but plugged into a pci_host.
 */
#ifndef IRQLAB_EMU_DEV_VIRTIO_PCI_H
#define IRQLAB_EMU_DEV_VIRTIO_PCI_H

#include "emu/dev/pci.h"
#include "emu/dev/virtio.h"

#define VIRTIO_PCI_MSIX_BAR        1u
#define VIRTIO_PCI_BAR             4u
#define VIRTIO_PCI_BAR_BYTES       0x4000u
#define VIRTIO_PCI_STRUCTURE       0x1000u /* each of the four */
#define VIRTIO_PCI_ISR_AT          0x1000u
#define VIRTIO_PCI_DEVICE_AT       0x2000u
#define VIRTIO_PCI_NOTIFY_AT       0x3000u
#define VIRTIO_PCI_NOTIFY_STEP     4u
#define VIRTIO_PCI_MAX_VECTORS     PCI_MSIX_MAX
#define VIRTIO_PCI_DEFAULT_VECTORS 0xFFFFFFFFu /* one for each queue and one more */

/**
 * virtio_pci_create - a function with @backend.
 * @backend: owned by the transport from now on, also when NULL is returned
 * @class_code: 24 bits
 * @vectors: of MSI-X, 0 (none) to VIRTIO_PCI_MAX_VECTORS, or VIRTIO_PCI_DEFAULT_VECTORS
 * Returns NULL when memory is out. Freed by ops->destroy.
 */
struct dev *virtio_pci_create(const struct dev_host *host, struct virtio_backend *backend,
                              uint32_t class_code, unsigned vectors);

/** virtio_pci_function - what to plug into a pci_host. */
struct pci_function *virtio_pci_function(struct dev *dev);

#endif
