/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The transport and the rings, with the console as the simplest back end. */
#include "emu/dev/virtio_console.h"
#include "emu/dev/virtio_rng.h"
#include "tests/unit/suite.h"
#include "tests/unit/virtio_driver.h"

enum { RX, TX };
#define EVENT_IDX (1u << VIRTIO_RING_F_EVENT_IDX)
#define INDIRECT  (1u << VIRTIO_RING_F_INDIRECT_DESC)
enum { NEXT = VRING_DESC_F_NEXT, WRITE = VRING_DESC_F_WRITE, TABLE = VRING_DESC_F_INDIRECT };

static struct driver *d;

static void setup(void)
{
    d = driver_create(virtio_console_create(VIRTIO_CONSOLE_TERMINAL), false);
}

static void teardown(void)
{
    driver_destroy(d);
}

/* One readable buffer as a chain of its own. */
static void send(uint16_t index, const char *text)
{
    driver_desc(d, TX, index, driver_buffer(d, text, strlen(text)), (uint32_t)strlen(text), 0, 0);
    driver_offer(d, TX, index);
    driver_kick(d, TX);
}

START_TEST(identity_registers_are_section_4_2_2s)
{
    ck_assert_uint_eq(fake_rd(&d->f, VIRTIO_MMIO_MAGIC_VALUE), 0x74726976);
    ck_assert_uint_eq(fake_rd(&d->f, VIRTIO_MMIO_VERSION), 2);
    ck_assert_uint_eq(fake_rd(&d->f, VIRTIO_MMIO_DEVICE_ID), 3);
    fake_wr(&d->f, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 1);
    ck_assert_uint_eq(fake_rd(&d->f, VIRTIO_MMIO_DEVICE_FEATURES), 1);
    fake_wr(&d->f, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 7);
    ck_assert_uint_eq(fake_rd(&d->f, VIRTIO_MMIO_DEVICE_FEATURES), 0);
    fake_wr(&d->f, VIRTIO_MMIO_QUEUE_SEL, 2);
    ck_assert_uint_eq(fake_rd(&d->f, VIRTIO_MMIO_QUEUE_NUM_MAX), 0);
}
END_TEST

START_TEST(an_empty_slot_shows_device_id_zero)
{
    struct driver *empty = driver_create(NULL, false);
    ck_assert_uint_eq(fake_rd(&empty->f, VIRTIO_MMIO_MAGIC_VALUE), 0x74726976);
    ck_assert_uint_eq(fake_rd(&empty->f, VIRTIO_MMIO_DEVICE_ID), 0);
    for (uint64_t offset = 0; offset < VIRTIO_MMIO_REGION_BYTES; offset += 4) {
        fake_wr(&empty->f, offset, 1);
        fake_rd(&empty->f, offset);
    }
    ck_assert(!empty->f.irq[0]);
    driver_destroy(empty);
}
END_TEST

START_TEST(unoffered_features_are_refused_at_features_ok)
{
    fake_wr(&d->f, VIRTIO_MMIO_STATUS, 3);
    fake_wr(&d->f, VIRTIO_MMIO_DRIVER_FEATURES_SEL, 1);
    fake_wr(&d->f, VIRTIO_MMIO_DRIVER_FEATURES, 1 | 1 << 2);
    fake_wr(&d->f, VIRTIO_MMIO_STATUS, 11);
    ck_assert_uint_eq(fake_rd(&d->f, VIRTIO_MMIO_STATUS), 3);
}
END_TEST

START_TEST(features_without_version_1_are_refused)
{
    fake_wr(&d->f, VIRTIO_MMIO_STATUS, 3);
    fake_wr(&d->f, VIRTIO_MMIO_STATUS, 11);
    ck_assert_uint_eq(fake_rd(&d->f, VIRTIO_MMIO_STATUS), 3);
}
END_TEST

START_TEST(a_buffer_is_used_and_interrupts_until_acknowledged)
{
    driver_start(d, 2, 0);
    send(3, "hello");
    ck_assert_uint_eq(d->f.out_bytes, 5);
    ck_assert_mem_eq(d->f.out, "hello", 5);
    ck_assert_uint_eq(d->ring[TX].used->idx, 1);
    ck_assert_uint_eq(d->ring[TX].used->ring[0].id, 3);
    ck_assert_uint_eq(d->ring[TX].used->ring[0].len, 0);
    ck_assert(d->f.irq[0]);
    ck_assert_uint_eq(fake_rd(&d->f, VIRTIO_MMIO_INTERRUPT_STATUS), 1);
    fake_wr(&d->f, VIRTIO_MMIO_INTERRUPT_ACK, 1);
    ck_assert(!d->f.irq[0]);
}
END_TEST

START_TEST(buffers_offered_before_driver_ok_wait_for_it)
{
    driver_start(d, 2, 0);
    fake_wr(&d->f, VIRTIO_MMIO_STATUS, 11);
    send(0, "x");
    ck_assert_uint_eq(d->f.out_bytes, 0);
    fake_wr(&d->f, VIRTIO_MMIO_STATUS, 15);
    ck_assert_uint_eq(d->f.out_bytes, 1);
}
END_TEST

START_TEST(the_no_interrupt_flag_is_respected)
{
    driver_start(d, 2, 0);
    d->ring[TX].avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
    send(0, "x");
    ck_assert_uint_eq(d->ring[TX].used->idx, 1);
    ck_assert(!d->f.irq[0]);
}
END_TEST

START_TEST(event_index_says_when_to_interrupt_and_to_notify)
{
    driver_start(d, 2, EVENT_IDX);
    vring_used_event(&d->ring[TX]) = 2;
    send(0, "a");
    send(1, "b");
    ck_assert(!d->f.irq[0]);
    ck_assert_uint_eq(vring_avail_event(&d->ring[TX]), 2);
    send(2, "c");
    ck_assert(d->f.irq[0]);
}
END_TEST

START_TEST(chained_and_indirect_descriptors_are_followed_in_order)
{
    driver_start(d, 2, INDIRECT);
    driver_desc(d, TX, 5, driver_buffer(d, "ab", 2), 2, NEXT, 1);
    driver_desc(d, TX, 1, driver_buffer(d, "cd", 2), 2, NEXT, 9);
    struct vring_desc table[2] = {
        {.addr = driver_buffer(d, "ef", 2), .len = 2, .flags = NEXT, .next = 1},
        {.addr = driver_buffer(d, "gh", 2), .len = 2},
    };
    driver_desc(d, TX, 9, driver_buffer(d, table, sizeof(table)), sizeof(table), TABLE, 0);
    driver_offer(d, TX, 5);
    driver_kick(d, TX);
    ck_assert_uint_eq(d->f.out_bytes, 8);
    ck_assert_mem_eq(d->f.out, "abcdefgh", 8);
}
END_TEST

START_TEST(many_rounds_wrap_the_indices)
{
    driver_start(d, 2, 0);
    for (unsigned i = 0; i < 70000; i++) {
        d->f.out_bytes = 0;
        d->next_buffer = BUFFERS;
        send((uint16_t)(i % RING_SIZE), "w");
        ck_assert_uint_eq(d->f.out_bytes, 1);
        ck_assert_uint_eq(d->ring[TX].used->idx, (uint16_t)(i + 1));
    }
}
END_TEST

static void expect_broken(void)
{
    driver_kick(d, TX);
    ck_assert(driver_needs_reset(d));
    ck_assert_int_gt(d->f.guest_errors, 0);
    ck_assert_uint_eq(fake_rd(&d->f, VIRTIO_MMIO_INTERRUPT_STATUS) & 2, 2);
    memset(fake_ram(&d->f, RING(TX), 0x1000), 0, 0x1000);
    driver_start(d, 2, 0);
    ck_assert(!driver_needs_reset(d));
}

START_TEST(a_descriptor_loop_needs_a_reset)
{
    driver_start(d, 2, 0);
    driver_desc(d, TX, 0, BUFFERS, 1, NEXT, 1);
    driver_desc(d, TX, 1, BUFFERS, 1, NEXT, 0);
    driver_offer(d, TX, 0);
    expect_broken();
}
END_TEST

START_TEST(a_head_beyond_the_ring_needs_a_reset)
{
    driver_start(d, 2, 0);
    driver_offer(d, TX, RING_SIZE);
    expect_broken();
}
END_TEST

START_TEST(an_available_index_too_far_ahead_needs_a_reset)
{
    driver_start(d, 2, 0);
    d->ring[TX].avail->idx = RING_SIZE + 1;
    expect_broken();
}
END_TEST

START_TEST(a_buffer_outside_ram_needs_a_reset)
{
    driver_start(d, 2, 0);
    driver_desc(d, TX, 0, UINT64_MAX - 1, 4, 0, 0);
    driver_offer(d, TX, 0);
    expect_broken();
}
END_TEST

START_TEST(readable_after_writable_needs_a_reset)
{
    driver_start(d, 2, 0);
    driver_desc(d, TX, 0, BUFFERS, 1, NEXT | WRITE, 1);
    driver_desc(d, TX, 1, BUFFERS, 1, 0, 0);
    driver_offer(d, TX, 0);
    expect_broken();
}
END_TEST

START_TEST(indirect_tables_are_checked)
{
    static const struct {
        uint32_t features, size_bytes;
        uint16_t flags, inner_flags;
    } bad[] = {
        {0, 16, TABLE, 0},
        {INDIRECT, 0, TABLE, 0},
        {INDIRECT, 17, TABLE, 0},
        {INDIRECT, 16, TABLE | NEXT, 0},
        {INDIRECT, 16, TABLE, TABLE},
        {INDIRECT, 16, TABLE, NEXT},
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        driver_start(d, 2, bad[i].features);
        struct vring_desc inner = {
            .addr = BUFFERS, .len = 1, .flags = bad[i].inner_flags, .next = 1};
        uint64_t table = driver_buffer(d, &inner, sizeof(inner));
        driver_desc(d, TX, 0, table, bad[i].size_bytes, bad[i].flags, 1);
        driver_offer(d, TX, 0);
        expect_broken();
    }
}
END_TEST

START_TEST(a_queue_size_that_is_no_power_of_two_is_refused)
{
    static const uint32_t bad[] = {0, 3, VIRTQ_MAX_SIZE * 2, UINT32_MAX};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        fake_wr(&d->f, VIRTIO_MMIO_STATUS, 0);
        fake_wr(&d->f, VIRTIO_MMIO_QUEUE_SEL, 0);
        fake_wr(&d->f, VIRTIO_MMIO_QUEUE_NUM, bad[i]);
        fake_wr(&d->f, VIRTIO_MMIO_QUEUE_READY, 1);
        ck_assert_uint_eq(fake_rd(&d->f, VIRTIO_MMIO_QUEUE_READY), 0);
        ck_assert(driver_needs_reset(d));
    }
}
END_TEST

START_TEST(input_fills_receive_buffers_and_waits_for_more)
{
    driver_start(d, 2, 0);
    ck_assert_uint_eq(d->f.dev->ops->receive_room(d->f.dev), 256);
    d->f.dev->ops->receive(d->f.dev, (const uint8_t *)"abcdef", 6);
    ck_assert_uint_eq(d->f.dev->ops->receive_room(d->f.dev), 250);
    uint64_t buffer = driver_buffer(d, NULL, 4);
    driver_desc(d, RX, 0, buffer, 4, WRITE, 0);
    driver_desc(d, RX, 1, buffer + 16, 4, WRITE, 0);
    driver_offer(d, RX, 0);
    driver_kick(d, RX);
    ck_assert_mem_eq(fake_ram(&d->f, buffer, 4), "abcd", 4);
    ck_assert_uint_eq(d->ring[RX].used->ring[0].len, 4);
    driver_offer(d, RX, 1);
    driver_kick(d, RX);
    ck_assert_uint_eq(d->ring[RX].used->ring[1].len, 2);
    ck_assert_uint_eq(d->f.dev->ops->receive_room(d->f.dev), 256);
}
END_TEST

START_TEST(the_emergency_register_prints_without_queues)
{
    fake_wr(&d->f, VIRTIO_MMIO_CONFIG + 8, '!');
    ck_assert_uint_eq(d->f.out_bytes, 1);
    ck_assert_uint_eq(fake_read(&d->f, VIRTIO_MMIO_CONFIG, 2), 80);
}
END_TEST

/* kvm-unit-tests: legacy registers, no status writes at all, result as "NNNq". */
START_TEST(the_legacy_testdev_ends_the_machine_with_its_code)
{
    struct driver *t = driver_create(virtio_console_create(VIRTIO_CONSOLE_TESTDEV), true);
    ck_assert_uint_eq(fake_rd(&t->f, VIRTIO_MMIO_VERSION), 1);
    fake_wr(&t->f, VIRTIO_MMIO_GUEST_PAGE_SIZE, 4096);
    fake_wr(&t->f, VIRTIO_MMIO_QUEUE_SEL, TX);
    ck_assert_uint_ge(fake_rd(&t->f, VIRTIO_MMIO_QUEUE_NUM_MAX), 128);
    ck_assert_uint_eq(fake_rd(&t->f, VIRTIO_MMIO_QUEUE_PFN), 0);
    fake_wr(&t->f, VIRTIO_MMIO_QUEUE_NUM, RING_SIZE);
    fake_wr(&t->f, VIRTIO_MMIO_QUEUE_ALIGN, 1024);
    fake_wr(&t->f, VIRTIO_MMIO_QUEUE_PFN, (uint32_t)(RING(TX) / 4096));
    ck_assert_uint_eq(fake_rd(&t->f, VIRTIO_MMIO_QUEUE_PFN), RING(TX) / 4096);
    driver_desc(t, TX, 0, driver_buffer(t, "38q", 3), 3, 0, 0);
    driver_offer(t, TX, 0);
    driver_kick(t, TX);
    ck_assert_uint_eq(t->ring[TX].used->idx, 1);
    ck_assert_int_eq(t->f.shutdown_code, 77);
    ck_assert_uint_eq(t->f.out_bytes, 0);
    driver_destroy(t);
}
END_TEST

START_TEST(entropy_repeats_with_its_seed_and_differs_without)
{
    uint8_t first[64];
    for (int run = 0; run < 3; run++) {
        struct driver *r = driver_create(virtio_rng_create(run == 2 ? 8 : 7), false);
        driver_start(r, 1, 0);
        uint64_t buffer = driver_buffer(r, NULL, 64);
        driver_desc(r, 0, 0, buffer, 61, WRITE, 0);
        driver_offer(r, 0, 0);
        driver_kick(r, 0);
        ck_assert_uint_eq(r->ring[0].used->ring[0].len, 61);
        const uint8_t *bytes = fake_ram(&r->f, buffer, 64);
        ck_assert_uint_eq(bytes[61], 0xEE);
        if (run == 0)
            memcpy(first, bytes, 64);
        ck_assert_int_eq(memcmp(first, bytes, 64) == 0, run < 2);
        driver_destroy(r);
    }
}
END_TEST

START_TEST(state_survives_save_and_restore)
{
    struct fake_state saved;
    driver_start(d, 2, EVENT_IDX);
    send(0, "x");
    d->f.dev->ops->receive(d->f.dev, (const uint8_t *)"in", 2);
    fake_save(d->f.dev, &saved);
    fake_wr(&d->f, VIRTIO_MMIO_STATUS, 0);
    ck_assert(!fake_same_state(d->f.dev, &saved));
    fake_restore(d->f.dev, &saved);
    ck_assert(fake_same_state(d->f.dev, &saved));
    send(1, "y");
    ck_assert_mem_eq(d->f.out, "xy", 2);
    free(saved.data);
}
END_TEST

static const TTest *const *const tests[] = {
    &identity_registers_are_section_4_2_2s,
    &an_empty_slot_shows_device_id_zero,
    &unoffered_features_are_refused_at_features_ok,
    &features_without_version_1_are_refused,
    &a_buffer_is_used_and_interrupts_until_acknowledged,
    &buffers_offered_before_driver_ok_wait_for_it,
    &the_no_interrupt_flag_is_respected,
    &event_index_says_when_to_interrupt_and_to_notify,
    &chained_and_indirect_descriptors_are_followed_in_order,
    &many_rounds_wrap_the_indices,
    &a_descriptor_loop_needs_a_reset,
    &a_head_beyond_the_ring_needs_a_reset,
    &an_available_index_too_far_ahead_needs_a_reset,
    &a_buffer_outside_ram_needs_a_reset,
    &readable_after_writable_needs_a_reset,
    &indirect_tables_are_checked,
    &a_queue_size_that_is_no_power_of_two_is_refused,
    &input_fills_receive_buffers_and_waits_for_more,
    &the_emergency_register_prints_without_queues,
    &the_legacy_testdev_ends_the_machine_with_its_code,
    &entropy_repeats_with_its_seed_and_differs_without,
    &state_survives_save_and_restore,
};

int main(void)
{
    return SUITE_RUN("virtio", setup, teardown, tests);
}
