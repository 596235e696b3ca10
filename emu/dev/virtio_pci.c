/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <linux/virtio_pci.h>
#include <stddef.h>
#include <stdlib.h>

#include "emu/dev/virtio_pci_internal.h"

#define VENDOR_VIRTIO     0x1AF4
#define DEVICE_ID_BASE    0x1040 /* section 4.1.2.1 */
#define SUBSYSTEM         0x1100
#define DEVICE_CONFIG_MAX 256
#define CAPABILITY_BYTES  16
#define CFG_DATA          16 /* of the access capability: the window's four bytes */
#define CFG_BYTES         20

_Static_assert(sizeof(struct virtio_pci_state) == 2 * (VIRTIO_MAX_QUEUES + 2), "no padding");

static struct virtio_pci *from_function(struct pci_function *fn)
{
    return (struct virtio_pci *)((char *)fn - offsetof(struct virtio_pci, fn));
}

struct pci_function *virtio_pci_function(struct dev *dev)
{
    return &((struct virtio_pci *)dev)->fn;
}

/* -- The other structures ---------------------------------------------------------------------- */

/* Section 4.1.4.5: reading acknowledges. */
static uint64_t isr_read(struct virtio *virtio, uint64_t offset, unsigned size_bytes)
{
    uint32_t isr = virtio->s.isr;

    (void)size_bytes;
    if (offset)
        return 0;
    virtio_acknowledge(virtio, isr);
    return isr;
}

static uint64_t device_read(struct virtio *virtio, uint64_t offset, unsigned size_bytes)
{
    uint8_t bytes[DEVICE_CONFIG_MAX] = {0};

    if (virtio->backend->ops->config)
        virtio->backend->ops->config(virtio->backend, bytes, sizeof(bytes));
    return offset + size_bytes <= sizeof(bytes) ? pci_get(bytes, (unsigned)offset, size_bytes) : 0;
}

static void device_write(struct virtio *virtio, uint64_t offset, unsigned size_bytes,
                         uint64_t value)
{
    if (!virtio->backend->ops->config_write || offset + size_bytes > DEVICE_CONFIG_MAX)
        return;
    for (unsigned i = 0; i < size_bytes; i++)
        virtio->backend->ops->config_write(virtio->backend, (uint32_t)offset + i,
                                           (uint8_t)(value >> (8 * i)));
}

static uint64_t notify_read(struct virtio *virtio, uint64_t offset, unsigned size_bytes)
{
    (void)virtio, (void)offset, (void)size_bytes;
    return 0;
}

/* Section 4.1.4.4: the address says which queue. */
static void notify_write(struct virtio *virtio, uint64_t offset, unsigned size_bytes,
                         uint64_t value)
{
    (void)size_bytes, (void)value;
    virtio_notify(virtio, (uint32_t)(offset / VIRTIO_PCI_NOTIFY_STEP));
}

static void ignore_write(struct virtio *virtio, uint64_t offset, unsigned size_bytes,
                         uint64_t value)
{
    (void)virtio, (void)offset, (void)size_bytes, (void)value;
}

static const struct {
    uint8_t type;
    uint64_t (*read)(struct virtio *virtio, uint64_t offset, unsigned size_bytes);
    void (*write)(struct virtio *virtio, uint64_t offset, unsigned size_bytes, uint64_t value);
} structures[] = {
    [0] = {VIRTIO_PCI_CAP_COMMON_CFG, virtio_pci_common_read, virtio_pci_common_write},
    [VIRTIO_PCI_ISR_AT / VIRTIO_PCI_STRUCTURE] = {VIRTIO_PCI_CAP_ISR_CFG, isr_read, ignore_write},
    [VIRTIO_PCI_DEVICE_AT /
        VIRTIO_PCI_STRUCTURE] = {VIRTIO_PCI_CAP_DEVICE_CFG, device_read, device_write},
    [VIRTIO_PCI_NOTIFY_AT /
        VIRTIO_PCI_STRUCTURE] = {VIRTIO_PCI_CAP_NOTIFY_CFG, notify_read, notify_write},
};

static uint64_t bar_read(struct pci_function *fn, unsigned bar, uint64_t offset,
                         unsigned size_bytes)
{
    struct virtio *virtio = &from_function(fn)->virtio;

    (void)bar;
    return structures[offset / VIRTIO_PCI_STRUCTURE].read(virtio, offset % VIRTIO_PCI_STRUCTURE,
                                                          size_bytes);
}

static void bar_write(struct pci_function *fn, unsigned bar, uint64_t offset, unsigned size_bytes,
                      uint64_t value)
{
    struct virtio *virtio = &from_function(fn)->virtio;

    (void)bar;
    structures[offset / VIRTIO_PCI_STRUCTURE].write(virtio, offset % VIRTIO_PCI_STRUCTURE,
                                                    size_bytes, value);
}

/* -- Config space ------------------------------------------------------------------------------ */

/*
 * Section 4.1.4.9: firmware that cannot reach the BARs reads and writes them through a window in
 * config space. False unless the driver set up an access that there can be.
 */
static bool window_access(const struct virtio_pci *p, unsigned *bar, uint64_t *offset,
                          unsigned *size_bytes)
{
    const uint8_t *cap = &p->fn.s.config[p->access_at];
    uint32_t length = (uint32_t)pci_get(cap, VIRTIO_PCI_CAP_LENGTH, 4);

    *bar = cap[VIRTIO_PCI_CAP_BAR];
    *offset = pci_get(cap, VIRTIO_PCI_CAP_OFFSET, 4);
    *size_bytes = length;
    return *bar < PCI_MAX_BARS && (length == 1 || length == 2 || length == 4) &&
           *offset % length == 0 && *offset + length <= p->fn.bars[*bar].size_bytes;
}

static bool touches_window(const struct virtio_pci *p, unsigned offset, unsigned size_bytes)
{
    unsigned data = p->access_at + CFG_DATA;

    return offset < data + 4 && offset + size_bytes > data;
}

static void config_read(struct pci_function *fn, unsigned offset, unsigned size_bytes)
{
    struct virtio_pci *p = from_function(fn);
    uint64_t in_bar;
    unsigned bar, size;

    if (touches_window(p, offset, size_bytes) && window_access(p, &bar, &in_bar, &size))
        pci_put(fn->s.config, p->access_at + CFG_DATA, size,
                pci_memory_read(fn, bar, in_bar, size));
}

static int refuse_read(void *opaque, uint64_t address, void *buffer, size_t size_bytes)
{
    (void)opaque, (void)address, (void)buffer, (void)size_bytes;
    return -EFAULT;
}

static int refuse_write(void *opaque, uint64_t address, const void *buffer, size_t size_bytes)
{
    (void)opaque, (void)address, (void)buffer, (void)size_bytes;
    return -EFAULT;
}

/* Without bus mastering no DMA reaches memory. */
static void update_dma(struct virtio_pci *p)
{
    bool master = pci_is_master(&p->fn);

    p->virtio.dev.host.dma_read = master ? p->dma_read : refuse_read;
    p->virtio.dev.host.dma_write = master ? p->dma_write : refuse_write;
}

static void config_written(struct pci_function *fn, unsigned offset, unsigned size_bytes)
{
    struct virtio_pci *p = from_function(fn);
    uint64_t in_bar;
    unsigned bar, size;

    update_dma(p);
    if (touches_window(p, offset, size_bytes) && window_access(p, &bar, &in_bar, &size))
        pci_memory_write(fn, bar, in_bar, size,
                         pci_get(fn->s.config, p->access_at + CFG_DATA, size));
}

static const struct pci_function_ops function_ops = {
    .bar_read = bar_read,
    .bar_write = bar_write,
    .config_read = config_read,
    .config_written = config_written,
};

/* -- Interrupts -------------------------------------------------------------------------------- */

static void set_line(struct virtio *virtio, bool level)
{
    pci_set_intx(&virtio_pci_of(virtio)->fn, level);
}

/* NO_VECTOR is beyond any table. */
static void send_message(struct virtio *virtio, unsigned queue)
{
    struct virtio_pci *p = virtio_pci_of(virtio);

    pci_msix_send(&p->fn, queue == VIRTIO_NO_QUEUE ? p->s.config_vector : p->s.queue_vector[queue]);
}

/* -- A device ---------------------------------------------------------------------------------- */

static int dev_read(struct dev *dev, uint64_t offset, unsigned size_bytes, uint64_t *value)
{
    *value = pci_config_read(virtio_pci_function(dev), (unsigned)offset, size_bytes);
    return 0;
}

static int dev_write(struct dev *dev, uint64_t offset, unsigned size_bytes, uint64_t value)
{
    pci_config_write(virtio_pci_function(dev), (unsigned)offset, size_bytes, value);
    return 0;
}

static void dev_reset(struct dev *dev)
{
    struct virtio_pci *p = (struct virtio_pci *)dev;

    virtio_reset(&p->virtio);
    virtio_pci_forget_driver(p);
    pci_reset(&p->fn);
    update_dma(p);
}

static void clamp_vectors(struct virtio_pci *p)
{
    p->s.config_vector = virtio_pci_vector(p, p->s.config_vector);
    for (unsigned i = 0; i < VIRTIO_MAX_QUEUES; i++)
        p->s.queue_vector[i] = virtio_pci_vector(p, p->s.queue_vector[i]);
}

static void dev_visit(struct dev *dev, struct visitor *v)
{
    struct virtio_pci *p = (struct virtio_pci *)dev;

    v->bytes(v, "virtio-pci", &p->s, sizeof(p->s));
    virtio_visit(&p->virtio, v);
    pci_visit(&p->fn, v);
    if (!v->restoring)
        return;
    clamp_vectors(p);
    update_dma(p);
}

static void dev_deadline(struct dev *dev)
{
    struct virtio_backend *backend = ((struct virtio *)dev)->backend;

    if (backend->ops->deadline)
        backend->ops->deadline(backend);
}

static void dev_destroy(struct dev *dev)
{
    virtio_destroy((struct virtio *)dev);
    free(dev);
}

static const struct dev_ops ops = {
    .name = "virtio-pci",
    .read = dev_read,
    .write = dev_write,
    .reset = dev_reset,
    .visit = dev_visit,
    .deadline = dev_deadline,
    .destroy = dev_destroy,
};

/* -- Creation ---------------------------------------------------------------------------------- */

static unsigned add_structure(struct pci_function *fn, uint8_t type, unsigned size_bytes,
                              uint32_t offset, uint32_t length)
{
    unsigned at = pci_add_capability(fn, PCI_CAP_ID_VNDR, size_bytes);

    fn->at_reset[at + VIRTIO_PCI_CAP_LEN] = (uint8_t)size_bytes;
    fn->at_reset[at + VIRTIO_PCI_CAP_CFG_TYPE] = type;
    fn->at_reset[at + VIRTIO_PCI_CAP_BAR] = length ? VIRTIO_PCI_BAR : 0;
    pci_put(fn->at_reset, at + VIRTIO_PCI_CAP_OFFSET, 4, offset);
    pci_put(fn->at_reset, at + VIRTIO_PCI_CAP_LENGTH, 4, length);
    return at;
}

static void add_structures(struct virtio_pci *p)
{
    struct pci_function *fn = &p->fn;

    for (unsigned i = 0; i < sizeof(structures) / sizeof(structures[0]); i++) {
        bool notify = structures[i].type == VIRTIO_PCI_CAP_NOTIFY_CFG;
        unsigned at = add_structure(fn, structures[i].type, CAPABILITY_BYTES + (notify ? 4 : 0),
                                    i * VIRTIO_PCI_STRUCTURE, VIRTIO_PCI_STRUCTURE);

        if (notify)
            pci_put(fn->at_reset, at + VIRTIO_PCI_NOTIFY_CAP_MULT, 4, VIRTIO_PCI_NOTIFY_STEP);
    }
    p->access_at = add_structure(fn, VIRTIO_PCI_CAP_PCI_CFG, CFG_BYTES, 0, 0);
    fn->writable[p->access_at + VIRTIO_PCI_CAP_BAR] = 0xFF;
    pci_put(fn->writable, p->access_at + VIRTIO_PCI_CAP_OFFSET, 8, UINT64_MAX);
    pci_put(fn->writable, p->access_at + CFG_DATA, 4, UINT64_MAX);
}

static void describe_function(struct virtio_pci *p, uint32_t class_code, unsigned vectors)
{
    const struct pci_identity identity = {
        .vendor = VENDOR_VIRTIO,
        .device = (uint16_t)(DEVICE_ID_BASE + p->virtio.backend->ops->device_id),
        .subsystem_vendor = VENDOR_VIRTIO,
        .subsystem = SUBSYSTEM,
        .class_code = class_code,
        .revision = 1,
        .interrupt_pin = true,
    };

    if (vectors == VIRTIO_PCI_DEFAULT_VECTORS)
        vectors = p->virtio.backend->queue_count + 1;
    pci_init(&p->fn, &function_ops, &p->virtio.dev.host, &identity);
    pci_add_express(&p->fn);
    pci_add_bar(&p->fn, VIRTIO_PCI_BAR, VIRTIO_PCI_BAR_BYTES, true);
    if (vectors)
        pci_add_msix(&p->fn, VIRTIO_PCI_MSIX_BAR, vectors);
    add_structures(p);
}

struct dev *virtio_pci_create(const struct dev_host *host, struct virtio_backend *backend,
                              uint32_t class_code, unsigned vectors)
{
    struct virtio_pci *p = calloc(1, sizeof(*p));

    if (!p) {
        backend->ops->destroy(backend);
        return NULL;
    }
    p->virtio.dev.ops = &ops;
    p->virtio.dev.host = *host;
    p->virtio.dev.region_bytes = PCI_CONFIG_SPACE;
    p->virtio.backend = backend;
    p->virtio.set_line = set_line;
    p->virtio.send_message = send_message;
    p->dma_read = host->dma_read;
    p->dma_write = host->dma_write;
    describe_function(p, class_code, vectors);
    virtio_init(&p->virtio);
    virtio_pci_forget_driver(p);
    pci_reset(&p->fn);
    update_dma(p);
    return &p->virtio.dev;
}
