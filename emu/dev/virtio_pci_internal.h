/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What virtio_pci.c and virtio_pci_common.c share. */
#ifndef IRQLAB_EMU_DEV_VIRTIO_PCI_INTERNAL_H
#define IRQLAB_EMU_DEV_VIRTIO_PCI_INTERNAL_H

#include "emu/dev/virtio_pci.h"

/* Guest-visible; no padding. */
struct virtio_pci_state {
    uint16_t config_vector;
    uint16_t queue_vector[VIRTIO_MAX_QUEUES];
    uint16_t zero;
};

struct virtio_pci {
    struct virtio virtio;
    struct pci_function fn;
    struct virtio_pci_state s;
    int (*dma_read)(void *opaque, uint64_t address, void *buffer, size_t size_bytes);
    int (*dma_write)(void *opaque, uint64_t address, const void *buffer, size_t size_bytes);
    unsigned access_at; /* VIRTIO_PCI_CAP_PCI_CFG in config space */
};

static inline struct virtio_pci *virtio_pci_of(struct virtio *virtio)
{
    return (struct virtio_pci *)virtio;
}

/* The common configuration structure, section 4.1.4.3. */
uint64_t virtio_pci_common_read(struct virtio *virtio, uint64_t offset, unsigned size_bytes);
void virtio_pci_common_write(struct virtio *virtio, uint64_t offset, unsigned size_bytes,
                             uint64_t value);
/** virtio_pci_vector - @value if there is such a vector, else VIRTIO_MSI_NO_VECTOR. */
uint16_t virtio_pci_vector(const struct virtio_pci *p, uint32_t value);
/** virtio_pci_forget_driver - what a reset of the virtio part leaves to the transport. */
void virtio_pci_forget_driver(struct virtio_pci *p);

#endif
