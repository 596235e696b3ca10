/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/dev/virtio_mmio.h"

#include <linux/virtio_mmio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/dev/reg32.h"

#define MAGIC       0x74726976u /* "virt" */
#define VENDOR_QEMU 0x554D4551u /* what the `virt` board's drivers see */
#define CONFIG_MAX  (VIRTIO_MMIO_REGION_BYTES - VIRTIO_MMIO_CONFIG)

static struct virtio *to_virtio(struct dev *dev)
{
    return (struct virtio *)dev;
}

/* The selected queue; NULL when the driver selected one that does not exist. */
static struct virtq *selected(struct virtio *virtio)
{
    uint32_t index = virtio->s.queue_select;
    return virtio->backend && index < virtio->backend->queue_count ? &virtio->queue[index] : NULL;
}

static uint32_t read_magic(struct dev *dev, uint32_t offset)
{
    (void)dev;
    (void)offset;
    return MAGIC;
}

static uint32_t read_version(struct dev *dev, uint32_t offset)
{
    (void)offset;
    return to_virtio(dev)->legacy ? 1 : 2;
}

static uint32_t read_device_id(struct dev *dev, uint32_t offset)
{
    const struct virtio_backend *backend = to_virtio(dev)->backend;
    (void)offset;
    return backend ? backend->ops->device_id : 0;
}

static uint32_t read_vendor_id(struct dev *dev, uint32_t offset)
{
    (void)dev;
    (void)offset;
    return VENDOR_QEMU;
}

static uint32_t read_device_features(struct dev *dev, uint32_t offset)
{
    const struct virtio *virtio = to_virtio(dev);
    (void)offset;
    if (virtio->s.device_features_select > 1)
        return 0;
    return (uint32_t)(virtio_offered(virtio) >> (32 * virtio->s.device_features_select));
}

static void write_device_features_select(struct dev *dev, uint32_t offset, uint32_t value)
{
    (void)offset;
    to_virtio(dev)->s.device_features_select = value;
}

static void write_driver_features(struct dev *dev, uint32_t offset, uint32_t value)
{
    struct virtio *virtio = to_virtio(dev);
    unsigned shift = 32 * (virtio->s.driver_features_select & 1);
    (void)offset;
    if (virtio->s.driver_features_select > 1)
        return;
    virtio->s.driver_features &= ~(UINT64_C(0xFFFFFFFF) << shift);
    virtio->s.driver_features |= (uint64_t)value << shift;
    if (virtio->legacy) /* there is no FEATURES_OK: what was not offered is dropped */
        virtio->s.driver_features &= virtio_offered(virtio);
}

static void write_driver_features_select(struct dev *dev, uint32_t offset, uint32_t value)
{
    (void)offset;
    to_virtio(dev)->s.driver_features_select = value;
}

static void write_queue_select(struct dev *dev, uint32_t offset, uint32_t value)
{
    (void)offset;
    to_virtio(dev)->s.queue_select = value;
}

static uint32_t read_queue_max(struct dev *dev, uint32_t offset)
{
    (void)offset;
    return selected(to_virtio(dev)) ? VIRTQ_MAX_SIZE : 0;
}

static void write_queue_size(struct dev *dev, uint32_t offset, uint32_t value)
{
    struct virtq *q = selected(to_virtio(dev));
    (void)offset;
    if (q && !q->ready)
        q->size = value;
}

static uint32_t read_queue_ready(struct dev *dev, uint32_t offset)
{
    const struct virtq *q = selected(to_virtio(dev));
    (void)offset;
    return q ? q->ready : 0;
}

static void write_queue_ready(struct dev *dev, uint32_t offset, uint32_t value)
{
    struct virtq *q = selected(to_virtio(dev));
    (void)offset;
    if (q)
        virtio_set_ready(to_virtio(dev), q, value & 1);
}

static void write_notify(struct dev *dev, uint32_t offset, uint32_t value)
{
    (void)offset;
    virtio_notify(to_virtio(dev), value);
}

static uint32_t read_isr(struct dev *dev, uint32_t offset)
{
    (void)offset;
    return to_virtio(dev)->s.isr;
}

static void write_ack(struct dev *dev, uint32_t offset, uint32_t value)
{
    (void)offset;
    virtio_acknowledge(to_virtio(dev), value);
}

static uint32_t read_status(struct dev *dev, uint32_t offset)
{
    (void)offset;
    return to_virtio(dev)->s.status;
}

static void write_status(struct dev *dev, uint32_t offset, uint32_t value)
{
    (void)offset;
    virtio_set_status(to_virtio(dev), value);
}

/* The three areas' addresses, low and high halves; fixed while the queue is ready. */
static void write_queue_area(struct dev *dev, uint32_t offset, uint32_t value)
{
    struct virtq *q = selected(to_virtio(dev));
    if (!q || q->ready)
        return;
    uint64_t *area = offset < VIRTIO_MMIO_QUEUE_AVAIL_LOW  ? &q->descriptors
                     : offset < VIRTIO_MMIO_QUEUE_USED_LOW ? &q->available
                                                           : &q->used;
    unsigned shift = offset & 4 ? 32 : 0;
    *area = (*area & ~(UINT64_C(0xFFFFFFFF) << shift)) | (uint64_t)value << shift;
}

static uint32_t read_generation(struct dev *dev, uint32_t offset)
{
    (void)offset;
    return to_virtio(dev)->s.config_generation;
}

/* virtio 1.2 4.2.2: a shared memory region that does not exist has length and base of all ones. */
static uint32_t read_no_shm(struct dev *dev, uint32_t offset)
{
    (void)dev;
    (void)offset;
    return UINT32_MAX;
}

static void write_shm_select(struct dev *dev, uint32_t offset, uint32_t value)
{
    (void)dev;
    (void)offset;
    (void)value;
}

static void write_page_size(struct dev *dev, uint32_t offset, uint32_t value)
{
    (void)offset;
    to_virtio(dev)->s.guest_page_bytes = value;
}

static void write_queue_align(struct dev *dev, uint32_t offset, uint32_t value)
{
    struct virtq *q = selected(to_virtio(dev));
    (void)offset;
    if (q)
        q->legacy_align = value;
}

static uint32_t read_queue_pfn(struct dev *dev, uint32_t offset)
{
    const struct virtq *q = selected(to_virtio(dev));
    (void)offset;
    return q ? q->legacy_pfn : 0;
}

/* Section 2.6.2: the legacy layout is one area, the used ring at the next multiple of align. */
static void write_queue_pfn(struct dev *dev, uint32_t offset, uint32_t value)
{
    struct virtio *virtio = to_virtio(dev);
    struct virtq *q = selected(virtio);
    (void)offset;
    if (!q)
        return;
    q->legacy_pfn = value;
    uint64_t align = q->legacy_align ? q->legacy_align : 1;
    q->descriptors = (uint64_t)value * virtio->s.guest_page_bytes;
    q->available = q->descriptors + 16 * (uint64_t)q->size;
    uint64_t end = q->available + 6 + 2 * (uint64_t)q->size;
    q->used = q->descriptors + (end - q->descriptors + align - 1) / align * align;
    virtio_set_ready(virtio, q, value != 0);
}

#define BOTH                                                                                       \
    [VIRTIO_MMIO_MAGIC_VALUE /                                                                     \
        4] = {.name = "MagicValue", .read = read_magic},                                           \
        [VIRTIO_MMIO_VERSION / 4] = {.name = "Version", .read = read_version},                     \
        [VIRTIO_MMIO_DEVICE_ID / 4] = {.name = "DeviceID", .read = read_device_id},                \
        [VIRTIO_MMIO_VENDOR_ID / 4] = {.name = "VendorID", .read = read_vendor_id},                \
        [VIRTIO_MMIO_DEVICE_FEATURES / 4] = {.name = "DeviceFeatures",                             \
                                             .read = read_device_features},                        \
        [VIRTIO_MMIO_DEVICE_FEATURES_SEL / 4] = {.name = "DeviceFeaturesSel",                      \
                                                 .write = write_device_features_select},           \
        [VIRTIO_MMIO_DRIVER_FEATURES / 4] = {.name = "DriverFeatures",                             \
                                             .write = write_driver_features},                      \
        [VIRTIO_MMIO_DRIVER_FEATURES_SEL / 4] = {.name = "DriverFeaturesSel",                      \
                                                 .write = write_driver_features_select},           \
        [VIRTIO_MMIO_QUEUE_SEL / 4] = {.name = "QueueSel", .write = write_queue_select},           \
        [VIRTIO_MMIO_QUEUE_NUM_MAX / 4] = {.name = "QueueNumMax", .read = read_queue_max},         \
        [VIRTIO_MMIO_QUEUE_NUM / 4] = {.name = "QueueNum", .write = write_queue_size},             \
        [VIRTIO_MMIO_QUEUE_NOTIFY / 4] = {.name = "QueueNotify", .write = write_notify},           \
        [VIRTIO_MMIO_INTERRUPT_STATUS / 4] = {.name = "InterruptStatus", .read = read_isr},        \
        [VIRTIO_MMIO_INTERRUPT_ACK / 4] = {.name = "InterruptACK", .write = write_ack},            \
        [VIRTIO_MMIO_STATUS / 4] = {.name = "Status", .read = read_status, .write = write_status}

/* Section 4.2.2 table 4.1. */
static const struct reg32 modern_regs[] = {
    BOTH,
    [VIRTIO_MMIO_QUEUE_READY /
        4] = {.name = "QueueReady", .read = read_queue_ready, .write = write_queue_ready},
    [VIRTIO_MMIO_QUEUE_DESC_LOW / 4] = {.name = "QueueDescLow", .write = write_queue_area},
    [VIRTIO_MMIO_QUEUE_DESC_HIGH / 4] = {.name = "QueueDescHigh", .write = write_queue_area},
    [VIRTIO_MMIO_QUEUE_AVAIL_LOW / 4] = {.name = "QueueDriverLow", .write = write_queue_area},
    [VIRTIO_MMIO_QUEUE_AVAIL_HIGH / 4] = {.name = "QueueDriverHigh", .write = write_queue_area},
    [VIRTIO_MMIO_QUEUE_USED_LOW / 4] = {.name = "QueueDeviceLow", .write = write_queue_area},
    [VIRTIO_MMIO_QUEUE_USED_HIGH / 4] = {.name = "QueueDeviceHigh", .write = write_queue_area},
    [VIRTIO_MMIO_SHM_SEL / 4] = {.name = "SHMSel", .write = write_shm_select},
    [VIRTIO_MMIO_SHM_LEN_LOW / 4] = {.name = "SHMLenLow", .read = read_no_shm},
    [VIRTIO_MMIO_SHM_LEN_HIGH / 4] = {.name = "SHMLenHigh", .read = read_no_shm},
    [VIRTIO_MMIO_SHM_BASE_LOW / 4] = {.name = "SHMBaseLow", .read = read_no_shm},
    [VIRTIO_MMIO_SHM_BASE_HIGH / 4] = {.name = "SHMBaseHigh", .read = read_no_shm},
    [VIRTIO_MMIO_CONFIG_GENERATION / 4] = {.name = "ConfigGeneration", .read = read_generation},
};

/* Section 4.2.4 table 4.2. */
static const struct reg32 legacy_regs[] = {
    BOTH,
    [VIRTIO_MMIO_GUEST_PAGE_SIZE / 4] = {.name = "GuestPageSize", .write = write_page_size},
    [VIRTIO_MMIO_QUEUE_ALIGN / 4] = {.name = "QueueAlign", .write = write_queue_align},
    [VIRTIO_MMIO_QUEUE_PFN /
        4] = {.name = "QueuePFN", .read = read_queue_pfn, .write = write_queue_pfn},
};

static const struct reg32_bank modern_bank = {modern_regs,
                                              sizeof(modern_regs) / sizeof(modern_regs[0]), NULL};
static const struct reg32_bank legacy_bank = {legacy_regs,
                                              sizeof(legacy_regs) / sizeof(legacy_regs[0]), NULL};

static uint64_t read_config(struct virtio *virtio, uint64_t offset, unsigned size_bytes)
{
    uint8_t bytes[CONFIG_MAX] = {0};
    uint64_t value = 0;
    if (virtio->backend && virtio->backend->ops->config)
        virtio->backend->ops->config(virtio->backend, bytes, sizeof(bytes));
    for (unsigned i = 0; i < size_bytes && offset + i < CONFIG_MAX; i++)
        value |= (uint64_t)bytes[offset + i] << (8 * i);
    return value;
}

static void write_config(struct virtio *virtio, uint64_t offset, unsigned size_bytes,
                         uint64_t value)
{
    if (!virtio->backend || !virtio->backend->ops->config_write)
        return;
    for (unsigned i = 0; i < size_bytes && offset + i < CONFIG_MAX; i++)
        virtio->backend->ops->config_write(virtio->backend, (uint32_t)offset + i,
                                           (uint8_t)(value >> (8 * i)));
}

static int mmio_read(struct dev *dev, uint64_t offset, unsigned size_bytes, uint64_t *value)
{
    struct virtio *virtio = to_virtio(dev);
    if (offset < VIRTIO_MMIO_CONFIG)
        return reg32_read(virtio->legacy ? &legacy_bank : &modern_bank, dev, offset, size_bytes,
                          value);
    *value = read_config(virtio, offset - VIRTIO_MMIO_CONFIG, size_bytes);
    return 0;
}

static int mmio_write(struct dev *dev, uint64_t offset, unsigned size_bytes, uint64_t value)
{
    struct virtio *virtio = to_virtio(dev);
    if (offset < VIRTIO_MMIO_CONFIG)
        return reg32_write(virtio->legacy ? &legacy_bank : &modern_bank, dev, offset, size_bytes,
                           value);
    write_config(virtio, offset - VIRTIO_MMIO_CONFIG, size_bytes, value);
    return 0;
}

static void mmio_reset(struct dev *dev)
{
    virtio_reset(to_virtio(dev));
}

static void mmio_visit(struct dev *dev, struct visitor *v)
{
    virtio_visit(to_virtio(dev), v);
}

static void mmio_deadline(struct dev *dev)
{
    struct virtio_backend *backend = to_virtio(dev)->backend;
    if (backend && backend->ops->deadline)
        backend->ops->deadline(backend);
}

static size_t mmio_receive_room(struct dev *dev)
{
    struct virtio_backend *backend = to_virtio(dev)->backend;
    return backend && backend->ops->receive_room ? backend->ops->receive_room(backend) : 0;
}

static void mmio_receive(struct dev *dev, const uint8_t *bytes, size_t size_bytes)
{
    struct virtio_backend *backend = to_virtio(dev)->backend;
    if (backend && backend->ops->receive)
        backend->ops->receive(backend, bytes, size_bytes);
}

static void mmio_destroy(struct dev *dev)
{
    virtio_destroy(to_virtio(dev));
    free(dev);
}

static const struct dev_ops ops = {
    .name = "virtio-mmio",
    .read = mmio_read,
    .write = mmio_write,
    .reset = mmio_reset,
    .visit = mmio_visit,
    .deadline = mmio_deadline,
    .receive_room = mmio_receive_room,
    .receive = mmio_receive,
    .destroy = mmio_destroy,
};

struct dev *virtio_mmio_create(const struct dev_host *host, struct virtio_backend *backend,
                               bool legacy)
{
    struct virtio *virtio = calloc(1, sizeof(*virtio));
    if (!virtio) {
        if (backend)
            backend->ops->destroy(backend);
        return NULL;
    }
    virtio->dev.ops = &ops;
    virtio->dev.host = *host;
    virtio->dev.region_bytes = VIRTIO_MMIO_REGION_BYTES;
    virtio->backend = backend;
    virtio->legacy = legacy;
    virtio_init(virtio);
    return &virtio->dev;
}
