/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The common configuration structure of virtio over PCI, virtio 1.1 section 4.1.4.3. */
#include <linux/virtio_pci.h>

#include "emu/dev/virtio_pci_internal.h"

#define QUEUE_AREA(offset) (((offset)-VIRTIO_PCI_COMMON_Q_DESCLO) / 8)

static struct virtq *selected(struct virtio *virtio)
{
    uint32_t index = virtio->s.queue_select;

    return index < virtio->backend->queue_count ? &virtio->queue[index] : NULL;
}

static uint32_t read_device_features_select(struct virtio *virtio, unsigned offset)
{
    (void)offset;
    return virtio->s.device_features_select;
}

static void write_device_features_select(struct virtio *virtio, unsigned offset, uint32_t value)
{
    (void)offset;
    virtio->s.device_features_select = value;
}

static uint32_t half(uint64_t bits, uint32_t select)
{
    return select < 2 ? (uint32_t)(bits >> (32 * select)) : 0;
}

static uint32_t read_device_features(struct virtio *virtio, unsigned offset)
{
    (void)offset;
    return half(virtio_offered(virtio), virtio->s.device_features_select);
}

static uint32_t read_driver_features_select(struct virtio *virtio, unsigned offset)
{
    (void)offset;
    return virtio->s.driver_features_select;
}

static void write_driver_features_select(struct virtio *virtio, unsigned offset, uint32_t value)
{
    (void)offset;
    virtio->s.driver_features_select = value;
}

static uint32_t read_driver_features(struct virtio *virtio, unsigned offset)
{
    (void)offset;
    return half(virtio->s.driver_features, virtio->s.driver_features_select);
}

static void write_driver_features(struct virtio *virtio, unsigned offset, uint32_t value)
{
    unsigned shift = 32 * (virtio->s.driver_features_select & 1);

    (void)offset;
    if (virtio->s.driver_features_select > 1)
        return;
    virtio->s.driver_features &= ~(UINT64_C(0xFFFFFFFF) << shift);
    virtio->s.driver_features |= (uint64_t)value << shift;
}

/* Section 4.1.5.1.2: a vector that cannot be had reads back as NO_VECTOR. */
uint16_t virtio_pci_vector(const struct virtio_pci *p, uint32_t value)
{
    return value < p->fn.msix_vectors ? (uint16_t)value : VIRTIO_MSI_NO_VECTOR;
}

static uint32_t read_config_vector(struct virtio *virtio, unsigned offset)
{
    (void)offset;
    return virtio_pci_of(virtio)->s.config_vector;
}

static void write_config_vector(struct virtio *virtio, unsigned offset, uint32_t value)
{
    (void)offset;
    virtio_pci_of(virtio)->s.config_vector = virtio_pci_vector(virtio_pci_of(virtio), value);
}

static uint32_t read_num_queues(struct virtio *virtio, unsigned offset)
{
    (void)offset;
    return virtio->backend->queue_count;
}

static uint32_t read_status(struct virtio *virtio, unsigned offset)
{
    (void)offset;
    return virtio->s.status;
}

/* What a reset of the virtio part leaves to the transport: the largest sizes, no vectors. */
void virtio_pci_forget_driver(struct virtio_pci *p)
{
    p->s.config_vector = VIRTIO_MSI_NO_VECTOR;
    for (unsigned i = 0; i < VIRTIO_MAX_QUEUES; i++)
        p->s.queue_vector[i] = VIRTIO_MSI_NO_VECTOR;
    for (unsigned i = 0; i < p->virtio.backend->queue_count; i++)
        p->virtio.queue[i].size = VIRTQ_MAX_SIZE;
}

static void write_status(struct virtio *virtio, unsigned offset, uint32_t value)
{
    (void)offset;
    virtio_set_status(virtio, value);
    if (!value)
        virtio_pci_forget_driver(virtio_pci_of(virtio));
}

static uint32_t read_generation(struct virtio *virtio, unsigned offset)
{
    (void)offset;
    return virtio->s.config_generation;
}

static uint32_t read_queue_select(struct virtio *virtio, unsigned offset)
{
    (void)offset;
    return virtio->s.queue_select;
}

static void write_queue_select(struct virtio *virtio, unsigned offset, uint32_t value)
{
    (void)offset;
    virtio->s.queue_select = value;
}

static uint32_t read_queue_size(struct virtio *virtio, unsigned offset)
{
    const struct virtq *q = selected(virtio);

    (void)offset;
    return q ? q->size : 0;
}

static void write_queue_size(struct virtio *virtio, unsigned offset, uint32_t value)
{
    struct virtq *q = selected(virtio);

    (void)offset;
    if (q && !q->ready)
        q->size = value;
}

static uint32_t read_queue_vector(struct virtio *virtio, unsigned offset)
{
    (void)offset;
    return selected(virtio) ? virtio_pci_of(virtio)->s.queue_vector[virtio->s.queue_select]
                            : VIRTIO_MSI_NO_VECTOR;
}

static void write_queue_vector(struct virtio *virtio, unsigned offset, uint32_t value)
{
    struct virtio_pci *p = virtio_pci_of(virtio);

    (void)offset;
    if (selected(virtio))
        p->s.queue_vector[virtio->s.queue_select] = virtio_pci_vector(p, value);
}

static uint32_t read_queue_enable(struct virtio *virtio, unsigned offset)
{
    const struct virtq *q = selected(virtio);

    (void)offset;
    return q ? q->ready : 0;
}

/* A driver never writes 0 (section 4.1.4.3.2); only a reset takes a queue back. */
static void write_queue_enable(struct virtio *virtio, unsigned offset, uint32_t value)
{
    struct virtq *q = selected(virtio);

    (void)offset;
    if (q && value == 1 && !q->ready)
        virtio_set_ready(virtio, q, true);
}

static uint32_t read_queue_notify_off(struct virtio *virtio, unsigned offset)
{
    (void)offset;
    return selected(virtio) ? virtio->s.queue_select : 0;
}

static uint64_t *queue_area(struct virtq *q, unsigned offset)
{
    uint64_t *const areas[] = {&q->descriptors, &q->available, &q->used};

    return areas[QUEUE_AREA(offset)];
}

static uint32_t read_queue_area(struct virtio *virtio, unsigned offset)
{
    struct virtq *q = selected(virtio);

    return q ? (uint32_t)(*queue_area(q, offset) >> (offset & 4 ? 32 : 0)) : 0;
}

static void write_queue_area(struct virtio *virtio, unsigned offset, uint32_t value)
{
    struct virtq *q = selected(virtio);
    unsigned shift = offset & 4 ? 32 : 0;

    if (!q || q->ready)
        return;
    uint64_t *area = queue_area(q, offset);
    *area = (*area & ~(UINT64_C(0xFFFFFFFF) << shift)) | (uint64_t)value << shift;
}

struct common_register {
    unsigned offset, size_bytes;
    uint32_t (*read)(struct virtio *virtio, unsigned offset);
    void (*write)(struct virtio *virtio, unsigned offset, uint32_t value);
};

/* 64-bit fields are written as two halves (section 4.1.3.1). */
static const struct common_register registers[] = {
    {VIRTIO_PCI_COMMON_DFSELECT, 4, read_device_features_select, write_device_features_select},
    {VIRTIO_PCI_COMMON_DF, 4, read_device_features, NULL},
    {VIRTIO_PCI_COMMON_GFSELECT, 4, read_driver_features_select, write_driver_features_select},
    {VIRTIO_PCI_COMMON_GF, 4, read_driver_features, write_driver_features},
    {VIRTIO_PCI_COMMON_MSIX, 2, read_config_vector, write_config_vector},
    {VIRTIO_PCI_COMMON_NUMQ, 2, read_num_queues, NULL},
    {VIRTIO_PCI_COMMON_STATUS, 1, read_status, write_status},
    {VIRTIO_PCI_COMMON_CFGGENERATION, 1, read_generation, NULL},
    {VIRTIO_PCI_COMMON_Q_SELECT, 2, read_queue_select, write_queue_select},
    {VIRTIO_PCI_COMMON_Q_SIZE, 2, read_queue_size, write_queue_size},
    {VIRTIO_PCI_COMMON_Q_MSIX, 2, read_queue_vector, write_queue_vector},
    {VIRTIO_PCI_COMMON_Q_ENABLE, 2, read_queue_enable, write_queue_enable},
    {VIRTIO_PCI_COMMON_Q_NOFF, 2, read_queue_notify_off, NULL},
    {VIRTIO_PCI_COMMON_Q_DESCLO, 4, read_queue_area, write_queue_area},
    {VIRTIO_PCI_COMMON_Q_DESCHI, 4, read_queue_area, write_queue_area},
    {VIRTIO_PCI_COMMON_Q_AVAILLO, 4, read_queue_area, write_queue_area},
    {VIRTIO_PCI_COMMON_Q_AVAILHI, 4, read_queue_area, write_queue_area},
    {VIRTIO_PCI_COMMON_Q_USEDLO, 4, read_queue_area, write_queue_area},
    {VIRTIO_PCI_COMMON_Q_USEDHI, 4, read_queue_area, write_queue_area},
};

/* Section 4.1.3.1: the driver uses each field's own width; anything else finds nothing. */
static const struct common_register *register_at(struct virtio *virtio, uint64_t offset,
                                                 unsigned size_bytes)
{
    const struct dev_host *host = &virtio->dev.host;

    for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
        if (registers[i].offset == offset && registers[i].size_bytes == size_bytes)
            return &registers[i];
    }
    host->guest_error(host->opaque, "no field of %u bytes at 0x%x of the common configuration",
                      size_bytes, (unsigned)offset);
    return NULL;
}

uint64_t virtio_pci_common_read(struct virtio *virtio, uint64_t offset, unsigned size_bytes)
{
    const struct common_register *r = register_at(virtio, offset, size_bytes);
    uint32_t value = r ? r->read(virtio, (unsigned)offset) : 0;

    return size_bytes < 4 ? value & ((UINT32_C(1) << (8 * size_bytes)) - 1) : value;
}

void virtio_pci_common_write(struct virtio *virtio, uint64_t offset, unsigned size_bytes,
                             uint64_t value)
{
    const struct common_register *r = register_at(virtio, offset, size_bytes);

    if (r && r->write)
        r->write(virtio, (unsigned)offset, (uint32_t)value);
}
