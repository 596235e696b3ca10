/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The PCI transport as a driver sees it: found by its capabilities, in a fake root complex. */
#include <check.h>
#include <linux/pci.h>
#include <linux/virtio_blk.h>
#include <linux/virtio_config.h>
#include <linux/virtio_pci.h>
#include <linux/virtio_ring.h>

#include "emu/dev/pci_host.h"
#include "emu/dev/virtio_blk.h"
#include "emu/dev/virtio_pci.h"
#include "emu/dev/virtio_rng.h"
#include "tests/unit/suite.h"
#include "tests/unit/fake_host.h"

#define DEVICE     3u
#define QUEUES     4u
#define BAR_AT     UINT64_C(0x8000000000)
#define MSIX_AT    UINT64_C(0x10000000)
#define TRANSLATER UINT64_C(0x08090040)
#define RING(q)    (FAKE_RAM_BASE + 0x4000 * (uint64_t)(q))
#define DATA       (FAKE_RAM_BASE + 0x20000)
#define RING_SIZE  64u

/* Two machines' halves: the host's device gets ECAM, the disk's own host records what it does. */
static struct fake_host f, bus;
static struct vring ring[QUEUES];

static void make(unsigned vectors)
{
    fake_host_init(&f);
    fake_host_init(&bus);
    bus.dev = pci_host_create(&bus.host);
    f.dev =
        virtio_pci_create(&f.host, virtio_blk_create(blockdev_create_memory(1 << 16), "x", QUEUES),
                          0x010000, vectors);
    ck_assert_ptr_nonnull(f.dev);
    ck_assert_int_eq(pci_host_plug(bus.dev, virtio_pci_function(f.dev), DEVICE), 0);
}

static void setup(void)
{
    make(VIRTIO_PCI_DEFAULT_VECTORS);
}

static void teardown(void)
{
    f.dev->ops->destroy(f.dev);
    bus.dev->ops->destroy(bus.dev);
    fake_host_free(&f);
    fake_host_free(&bus);
}

/* -- The driver's side ------------------------------------------------------------------------- */

static uint64_t config(unsigned offset, unsigned size_bytes)
{
    return fake_read(&bus, (DEVICE << 15) + offset, size_bytes);
}

static void set_config(unsigned offset, unsigned size_bytes, uint64_t value)
{
    bus.dev->ops->write(bus.dev, (DEVICE << 15) + offset, size_bytes, value);
}

/* Section 4.1.4: the first capability of this type; 0 if there is none. */
static unsigned capability(uint8_t type)
{
    unsigned at = (unsigned)config(PCI_CAPABILITY_LIST, 1);
    for (unsigned i = 0; at && i < 48; i++, at = (unsigned)config(at + 1, 1)) {
        if (config(at, 1) == PCI_CAP_ID_VNDR && config(at + VIRTIO_PCI_CAP_CFG_TYPE, 1) == type)
            return at;
    }
    return 0;
}

static uint64_t structure(uint8_t type)
{
    unsigned at = capability(type);
    ck_assert_uint_ne(at, 0);
    ck_assert_uint_eq(config(at + VIRTIO_PCI_CAP_BAR, 1), VIRTIO_PCI_BAR);
    return BAR_AT + config(at + VIRTIO_PCI_CAP_OFFSET, 4);
}

static void enable(uint16_t command)
{
    set_config(PCI_BASE_ADDRESS_1, 4, MSIX_AT);
    set_config(PCI_BASE_ADDRESS_4, 4, (uint32_t)BAR_AT);
    set_config(PCI_BASE_ADDRESS_5, 4, BAR_AT >> 32);
    set_config(PCI_COMMAND, 2, command);
}

static uint64_t load(uint64_t address, unsigned size_bytes)
{
    return pci_host_memory_read(bus.dev, address, size_bytes);
}

static void store(uint64_t address, unsigned size_bytes, uint64_t value)
{
    pci_host_memory_write(bus.dev, address, size_bytes, value);
}

static uint64_t common(unsigned field, unsigned size_bytes)
{
    return load(structure(VIRTIO_PCI_CAP_COMMON_CFG) + field, size_bytes);
}

static void set_common(unsigned field, unsigned size_bytes, uint64_t value)
{
    store(structure(VIRTIO_PCI_CAP_COMMON_CFG) + field, size_bytes, value);
}

static void set_up_msix(void)
{
    for (unsigned v = 0; v <= QUEUES; v++) {
        store(MSIX_AT + 16 * v, 8, TRANSLATER);
        store(MSIX_AT + 16 * v + 8, 8, 40 + v); /* data, unmasked */
    }
    for (unsigned at = (unsigned)config(PCI_CAPABILITY_LIST, 1); at;
         at = (unsigned)config(at + 1, 1)) {
        if (config(at, 1) == PCI_CAP_ID_MSIX)
            set_config(at + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE);
    }
}

static void set_up_queue(unsigned q)
{
    vring_init(&ring[q], RING_SIZE, fake_ram(&f, RING(q), 0x4000), 4096);
    set_common(VIRTIO_PCI_COMMON_Q_SELECT, 2, q);
    set_common(VIRTIO_PCI_COMMON_Q_SIZE, 2, RING_SIZE);
    set_common(VIRTIO_PCI_COMMON_Q_MSIX, 2, q + 1);
    set_common(VIRTIO_PCI_COMMON_Q_DESCLO, 4, RING(q));
    set_common(VIRTIO_PCI_COMMON_Q_AVAILLO, 4, RING(q) + 16 * RING_SIZE);
    set_common(VIRTIO_PCI_COMMON_Q_USEDLO, 4, RING(q) + 0x1000);
    set_common(VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
}

/* Section 3.1.1. */
static void start(bool msix)
{
    enable(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    if (msix)
        set_up_msix();
    set_common(VIRTIO_PCI_COMMON_STATUS, 1, 0);
    set_common(VIRTIO_PCI_COMMON_STATUS, 1, 3);
    set_common(VIRTIO_PCI_COMMON_GFSELECT, 4, 1);
    set_common(VIRTIO_PCI_COMMON_GF, 4, 1); /* VERSION_1 */
    set_common(VIRTIO_PCI_COMMON_STATUS, 1, 11);
    set_common(VIRTIO_PCI_COMMON_MSIX, 2, 0);
    for (unsigned q = 0; q < QUEUES; q++)
        set_up_queue(q);
    set_common(VIRTIO_PCI_COMMON_STATUS, 1, 15);
    ck_assert_uint_eq(common(VIRTIO_PCI_COMMON_STATUS, 1), 15);
}

/* Reads the device's identity by queue @q, notified through its own address. */
static void request(unsigned q)
{
    struct virtio_blk_outhdr header = {.type = VIRTIO_BLK_T_GET_ID};
    unsigned multiplier = (unsigned)config(capability(VIRTIO_PCI_CAP_NOTIFY_CFG) + 16, 4);
    memcpy(fake_ram(&f, DATA, sizeof(header)), &header, sizeof(header));
    ring[q].desc[0] = (struct vring_desc){DATA, sizeof(header), VRING_DESC_F_NEXT, 1};
    ring[q].desc[1] = (struct vring_desc){DATA + 64, 21, VRING_DESC_F_WRITE, 0};
    ring[q].avail->ring[ring[q].avail->idx++ % RING_SIZE] = 0;
    set_common(VIRTIO_PCI_COMMON_Q_SELECT, 2, q);
    store(structure(VIRTIO_PCI_CAP_NOTIFY_CFG) + common(VIRTIO_PCI_COMMON_Q_NOFF, 2) * multiplier,
          2, q);
    fake_advance(&f, VIRTIO_BLK_LATENCY_NS);
}

/* -- What it is -------------------------------------------------------------------------------- */

START_TEST(it_is_a_modern_block_device)
{
    ck_assert_uint_eq(config(PCI_VENDOR_ID, 4), 0x10421AF4);
    ck_assert_uint_ge(config(PCI_REVISION_ID, 1), 1);
    for (uint8_t type = VIRTIO_PCI_CAP_COMMON_CFG; type <= VIRTIO_PCI_CAP_PCI_CFG; type++)
        ck_assert_msg(capability(type) != 0, "no capability of type %u", type);
}
END_TEST

START_TEST(it_has_a_vector_for_each_queue_and_one_more)
{
    enable(PCI_COMMAND_MEMORY);
    ck_assert_uint_eq(common(VIRTIO_PCI_COMMON_NUMQ, 2), QUEUES);
    set_common(VIRTIO_PCI_COMMON_MSIX, 2, QUEUES);
    ck_assert_uint_eq(common(VIRTIO_PCI_COMMON_MSIX, 2), QUEUES);
    set_common(VIRTIO_PCI_COMMON_MSIX, 2, QUEUES + 1);
    ck_assert_uint_eq(common(VIRTIO_PCI_COMMON_MSIX, 2), VIRTIO_MSI_NO_VECTOR);
}
END_TEST

START_TEST(without_vectors_there_is_no_msix)
{
    teardown();
    make(0);
    enable(PCI_COMMAND_MEMORY);
    ck_assert_uint_eq(load(MSIX_AT, 4), 0xFFFFFFFF);
    set_common(VIRTIO_PCI_COMMON_Q_MSIX, 2, 0);
    ck_assert_uint_eq(common(VIRTIO_PCI_COMMON_Q_MSIX, 2), VIRTIO_MSI_NO_VECTOR);
}
END_TEST

START_TEST(a_field_answers_to_its_own_width_only)
{
    enable(PCI_COMMAND_MEMORY);
    ck_assert_uint_eq(common(VIRTIO_PCI_COMMON_NUMQ, 4), 0);
    ck_assert_uint_eq(common(VIRTIO_PCI_COMMON_NUMQ, 1), 0);
    ck_assert_uint_eq(common(0x40, 4), 0);
    ck_assert_int_eq(f.guest_errors, 3);
    set_common(VIRTIO_PCI_COMMON_STATUS, 4, 1);
    ck_assert_uint_eq(common(VIRTIO_PCI_COMMON_STATUS, 1), 0);
    set_common(VIRTIO_PCI_COMMON_NUMQ, 2, 1); /* read-only */
    ck_assert_uint_eq(common(VIRTIO_PCI_COMMON_NUMQ, 2), QUEUES);
}
END_TEST

START_TEST(a_queue_starts_with_the_largest_size)
{
    enable(PCI_COMMAND_MEMORY);
    ck_assert_uint_eq(common(VIRTIO_PCI_COMMON_Q_SIZE, 2), VIRTQ_MAX_SIZE);
    ck_assert_uint_eq(common(VIRTIO_PCI_COMMON_Q_ENABLE, 2), 0);
    set_common(VIRTIO_PCI_COMMON_Q_SELECT, 2, QUEUES);
    ck_assert_uint_eq(common(VIRTIO_PCI_COMMON_Q_SIZE, 2), 0); /* no such queue */
    set_common(VIRTIO_PCI_COMMON_Q_ENABLE, 2, 1);
    ck_assert_uint_eq(common(VIRTIO_PCI_COMMON_Q_ENABLE, 2), 0);
}
END_TEST

START_TEST(the_areas_of_a_queue_in_use_are_fixed)
{
    start(true);
    set_common(VIRTIO_PCI_COMMON_Q_SELECT, 2, 1);
    set_common(VIRTIO_PCI_COMMON_Q_USEDHI, 4, 7);
    ck_assert_uint_eq(common(VIRTIO_PCI_COMMON_Q_USEDHI, 4), 0);
    ck_assert_uint_eq(common(VIRTIO_PCI_COMMON_Q_USEDLO, 4), (uint32_t)RING(1) + 0x1000);
    set_common(VIRTIO_PCI_COMMON_Q_ENABLE, 2, 0);
    ck_assert_uint_eq(common(VIRTIO_PCI_COMMON_Q_ENABLE, 2), 1);
}
END_TEST

START_TEST(the_disks_configuration_is_behind_the_bar)
{
    enable(PCI_COMMAND_MEMORY);
    uint64_t at = structure(VIRTIO_PCI_CAP_DEVICE_CFG);
    ck_assert_uint_eq(load(at, 8), (1 << 16) / 512);
    ck_assert_uint_eq(load(at + offsetof(struct virtio_blk_config, num_queues), 2), QUEUES);
    ck_assert_uint_eq(load(at + 255, 8), 0);
}
END_TEST

/* -- Interrupts -------------------------------------------------------------------------------- */

START_TEST(each_queue_has_its_own_message)
{
    start(true);
    for (unsigned q = 0; q < QUEUES; q++) {
        request(q);
        ck_assert_uint_eq(f.messages, q + 1);
        ck_assert_uint_eq(f.message_data, 40 + q + 1);
        ck_assert_uint_eq(f.message_from, PCI_DEVFN(DEVICE, 0));
        ck_assert_uint_eq(ring[q].used->idx, 1);
    }
    ck_assert(!bus.irq[DEVICE % 4]); /* MSI-X instead of the wire */
}
END_TEST

START_TEST(two_queues_may_share_a_vector)
{
    start(true);
    set_common(VIRTIO_PCI_COMMON_Q_SELECT, 2, 2);
    set_common(VIRTIO_PCI_COMMON_Q_MSIX, 2, 1);
    request(0);
    request(2);
    ck_assert_uint_eq(f.messages, 2);
    ck_assert_uint_eq(f.message_data, 41);
}
END_TEST

START_TEST(a_queue_without_a_vector_is_silent)
{
    start(true);
    set_common(VIRTIO_PCI_COMMON_Q_SELECT, 2, 2);
    set_common(VIRTIO_PCI_COMMON_Q_MSIX, 2, VIRTIO_MSI_NO_VECTOR);
    request(2);
    ck_assert_uint_eq(f.messages, 0);
    ck_assert_uint_eq(ring[2].used->idx, 1);
}
END_TEST

START_TEST(without_msix_the_wire_rises_until_isr_is_read)
{
    start(false);
    request(0);
    ck_assert_uint_eq(f.messages, 0);
    ck_assert(bus.irq[DEVICE % 4]);
    ck_assert_uint_eq(load(structure(VIRTIO_PCI_CAP_ISR_CFG), 1), VIRTIO_ISR_QUEUE);
    ck_assert(!bus.irq[DEVICE % 4]);
    ck_assert_uint_eq(load(structure(VIRTIO_PCI_CAP_ISR_CFG), 1), 0);
}
END_TEST

START_TEST(a_broken_ring_sends_the_configuration_message)
{
    start(true);
    ring[0].avail->idx = RING_SIZE + 1;
    store(structure(VIRTIO_PCI_CAP_NOTIFY_CFG), 2, 0);
    fake_advance(&f, VIRTIO_BLK_LATENCY_NS);
    ck_assert(common(VIRTIO_PCI_COMMON_STATUS, 1) & VIRTIO_CONFIG_S_NEEDS_RESET);
    ck_assert_uint_eq(f.messages, 1);
    ck_assert_uint_eq(f.message_data, 40);
}
END_TEST

START_TEST(without_bus_mastering_the_device_reaches_no_memory)
{
    start(true);
    set_config(PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    request(0);
    ck_assert_uint_eq(ring[0].used->idx, 0);
    ck_assert(common(VIRTIO_PCI_COMMON_STATUS, 1) & VIRTIO_CONFIG_S_NEEDS_RESET);
    ck_assert_uint_eq(f.messages, 0);
}
END_TEST

/* -- The window in config space (section 4.1.4.9) ---------------------------------------------- */

static void aim(uint8_t bar, uint32_t offset, uint32_t length)
{
    unsigned at = capability(VIRTIO_PCI_CAP_PCI_CFG);
    set_config(at + VIRTIO_PCI_CAP_BAR, 1, bar);
    set_config(at + VIRTIO_PCI_CAP_OFFSET, 4, offset);
    set_config(at + VIRTIO_PCI_CAP_LENGTH, 4, length);
}

START_TEST(config_space_is_a_window_on_the_bar)
{
    unsigned data = capability(VIRTIO_PCI_CAP_PCI_CFG) + 16;
    aim(VIRTIO_PCI_BAR, VIRTIO_PCI_COMMON_NUMQ, 2); /* no address is assigned yet */
    ck_assert_uint_eq(config(data, 2), QUEUES);
    aim(VIRTIO_PCI_BAR, VIRTIO_PCI_COMMON_DFSELECT, 4);
    set_config(data, 4, 1);
    enable(PCI_COMMAND_MEMORY);
    ck_assert_uint_eq(common(VIRTIO_PCI_COMMON_DFSELECT, 4), 1);
    aim(VIRTIO_PCI_MSIX_BAR, 8, 4);
    set_config(data, 4, 0xABCD);
    ck_assert_uint_eq(load(MSIX_AT + 8, 4), 0xABCD);
}
END_TEST

START_TEST(the_window_does_not_open_on_nothing)
{
    static const uint32_t wrong[][3] = {
        {0, 0, 4},
        {7, 0, 4},
        {VIRTIO_PCI_BAR, VIRTIO_PCI_BAR_BYTES, 4},
        {VIRTIO_PCI_BAR, 2, 4},
        {VIRTIO_PCI_BAR, 0, 0},
        {VIRTIO_PCI_BAR, 0, 8},
        {255, UINT32_MAX, 4},
        {VIRTIO_PCI_BAR, UINT32_MAX, 1},
    };
    unsigned data = capability(VIRTIO_PCI_CAP_PCI_CFG) + 16;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        aim((uint8_t)wrong[i][0], wrong[i][1], wrong[i][2]);
        set_config(data, 4, 0x5A5A5A5A);
        ck_assert_uint_eq(config(data, 4), 0x5A5A5A5A); /* as written: no access */
    }
}
END_TEST

/* -- Reset and state --------------------------------------------------------------------------- */

START_TEST(a_reset_by_the_driver_takes_queues_and_vectors_back)
{
    start(true);
    set_common(VIRTIO_PCI_COMMON_STATUS, 1, 0);
    ck_assert_uint_eq(common(VIRTIO_PCI_COMMON_STATUS, 1), 0);
    ck_assert_uint_eq(common(VIRTIO_PCI_COMMON_MSIX, 2), VIRTIO_MSI_NO_VECTOR);
    ck_assert_uint_eq(common(VIRTIO_PCI_COMMON_Q_MSIX, 2), VIRTIO_MSI_NO_VECTOR);
    ck_assert_uint_eq(common(VIRTIO_PCI_COMMON_Q_SIZE, 2), VIRTQ_MAX_SIZE);
    ck_assert_uint_eq(common(VIRTIO_PCI_COMMON_Q_ENABLE, 2), 0);
    start(true);
    request(1);
    ck_assert_uint_eq(f.messages, 1);
}
END_TEST

START_TEST(state_survives_a_save_and_restore)
{
    struct fake_state saved;
    start(true);
    request(1);
    fake_save(f.dev, &saved);
    f.dev->ops->reset(f.dev);
    ck_assert(!fake_same_state(f.dev, &saved));
    fake_restore(f.dev, &saved);
    ck_assert(fake_same_state(f.dev, &saved));
    request(1);
    ck_assert_uint_eq(f.messages, 2);
    ck_assert_uint_eq(ring[1].used->idx, 2);
    free(saved.data);
}
END_TEST

START_TEST(an_entropy_device_has_one_queue_and_two_vectors)
{
    teardown();
    fake_host_init(&f);
    fake_host_init(&bus);
    bus.dev = pci_host_create(&bus.host);
    f.dev = virtio_pci_create(&f.host, virtio_rng_create(1), 0x00FF00, VIRTIO_PCI_DEFAULT_VECTORS);
    ck_assert_int_eq(pci_host_plug(bus.dev, virtio_pci_function(f.dev), DEVICE), 0);
    enable(PCI_COMMAND_MEMORY);
    ck_assert_uint_eq(config(PCI_VENDOR_ID, 4), 0x10441AF4);
    ck_assert_uint_eq(common(VIRTIO_PCI_COMMON_NUMQ, 2), 1);
    set_common(VIRTIO_PCI_COMMON_MSIX, 2, 1);
    ck_assert_uint_eq(common(VIRTIO_PCI_COMMON_MSIX, 2), 1);
    ck_assert_uint_eq(load(structure(VIRTIO_PCI_CAP_DEVICE_CFG), 4), 0);
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &it_is_a_modern_block_device,
        &it_has_a_vector_for_each_queue_and_one_more,
        &without_vectors_there_is_no_msix,
        &a_field_answers_to_its_own_width_only,
        &a_queue_starts_with_the_largest_size,
        &the_areas_of_a_queue_in_use_are_fixed,
        &the_disks_configuration_is_behind_the_bar,
        &each_queue_has_its_own_message,
        &two_queues_may_share_a_vector,
        &a_queue_without_a_vector_is_silent,
        &without_msix_the_wire_rises_until_isr_is_read,
        &a_broken_ring_sends_the_configuration_message,
        &without_bus_mastering_the_device_reaches_no_memory,
        &config_space_is_a_window_on_the_bar,
        &the_window_does_not_open_on_nothing,
        &a_reset_by_the_driver_takes_queues_and_vectors_back,
        &state_survives_a_save_and_restore,
        &an_entropy_device_has_one_queue_and_two_vectors,
    };
    return SUITE_RUN("virtio-pci", setup, teardown, tests);
}
