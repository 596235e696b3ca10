/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/virtio_net.h>

#include "emu/dev/virtio_net.h"
#include "tests/unit/suite.h"
#include "tests/unit/virtio_driver.h"

enum { NEXT = VRING_DESC_F_NEXT, WRITE = VRING_DESC_F_WRITE };
enum { RX0, TX0, RX1, TX1, CONTROL };
#define HEADER 12u
#define MQ     (1u << VIRTIO_NET_F_MQ)

static const uint8_t mac[6] = {0x52, 0x54, 0, 0x12, 0x34, 0x56};
static struct driver *d;

static void setup(void)
{
    d = driver_create(virtio_net_create(mac, 2, true), false);
    driver_start(d, DRIVER_QUEUES, MQ);
}

static void teardown(void)
{
    driver_destroy(d);
}

static uint64_t offer_room(unsigned queue, uint32_t size_bytes)
{
    uint16_t head = d->ring[queue].avail->idx % RING_SIZE;
    uint64_t room = driver_buffer(d, NULL, size_bytes);
    driver_desc(d, queue, head, room, size_bytes, WRITE, 0);
    driver_offer(d, queue, head);
    driver_kick(d, queue);
    return room;
}

/* Header and frame in one descriptor; every byte of the frame is @byte. */
static void send(unsigned queue, uint32_t size_bytes, uint8_t byte)
{
    uint16_t head = d->ring[queue].avail->idx % RING_SIZE;
    uint64_t at = driver_buffer(d, NULL, HEADER + size_bytes);
    memset(fake_ram(&d->f, at, HEADER + size_bytes), 0, HEADER);
    memset(fake_ram(&d->f, at + HEADER, size_bytes), byte, size_bytes);
    driver_desc(d, queue, head, at, HEADER + size_bytes, 0, 0);
    driver_offer(d, queue, head);
    driver_kick(d, queue);
}

static void wait(void)
{
    fake_advance(&d->f, VIRTIO_NET_LATENCY_NS);
}

static uint8_t byte_at(uint64_t address)
{
    return *fake_ram(&d->f, address, 1);
}

static uint8_t command(uint8_t class, uint8_t cmd, uint16_t pairs)
{
    struct {
        uint8_t class, cmd;
        uint16_t pairs;
    } request = {class, cmd, pairs};
    uint16_t head = (uint16_t)(d->ring[CONTROL].avail->idx * 2 % RING_SIZE);
    uint64_t status = driver_buffer(d, NULL, 1);
    driver_desc(d, CONTROL, head, driver_buffer(d, &request, 4), 4, NEXT, head + 1);
    driver_desc(d, CONTROL, head + 1, status, 1, WRITE, 0);
    driver_offer(d, CONTROL, head);
    driver_kick(d, CONTROL);
    return byte_at(status);
}

START_TEST(the_configuration_has_the_address_and_the_pairs)
{
    for (unsigned i = 0; i < 6; i++)
        ck_assert_uint_eq(fake_read(&d->f, VIRTIO_MMIO_CONFIG + i, 1), mac[i]);
    ck_assert_uint_eq(fake_read(&d->f, VIRTIO_MMIO_CONFIG + 6, 2), VIRTIO_NET_S_LINK_UP);
    ck_assert_uint_eq(fake_read(&d->f, VIRTIO_MMIO_CONFIG + 8, 2), 2);
}
END_TEST

START_TEST(what_is_sent_comes_back)
{
    uint64_t room = offer_room(RX0, 1526);
    send(TX0, 60, 0xA5);
    ck_assert_uint_eq(d->ring[RX0].used->idx, 0); /* it takes a moment */
    wait();
    ck_assert_uint_eq(d->ring[TX0].used->idx, 1);
    ck_assert_uint_eq(d->ring[RX0].used->idx, 1);
    ck_assert_uint_eq(d->ring[RX0].used->ring[0].len, HEADER + 60);
    ck_assert_uint_eq(byte_at(room), 0);
    ck_assert_uint_eq(byte_at(room + 10), 1); /* num_buffers */
    ck_assert_uint_eq(byte_at(room + HEADER), 0xA5);
    ck_assert_uint_eq(byte_at(room + HEADER + 59), 0xA5);
    ck_assert_uint_eq(byte_at(room + HEADER + 60), 0xEE);
    ck_assert(d->f.irq[0]);
}
END_TEST

START_TEST(a_frame_waits_for_a_receive_buffer)
{
    send(TX0, 100, 1);
    send(TX0, 100, 2);
    wait();
    ck_assert_uint_eq(d->ring[TX0].used->idx, 0);
    uint64_t first = offer_room(RX0, 200);
    wait();
    ck_assert_uint_eq(d->ring[TX0].used->idx, 1);
    uint64_t second = offer_room(RX0, 200);
    wait();
    ck_assert_uint_eq(d->ring[TX0].used->idx, 2);
    ck_assert_uint_eq(byte_at(first + HEADER), 1);
    ck_assert_uint_eq(byte_at(second + HEADER), 2);
}
END_TEST

START_TEST(a_frame_that_is_too_long_is_dropped)
{
    offer_room(RX0, 4000);
    send(TX0, VIRTIO_NET_MAX_FRAME + 1, 1);
    wait();
    ck_assert_uint_eq(d->ring[TX0].used->idx, 1);
    ck_assert_uint_eq(d->ring[RX0].used->idx, 0);
    ck_assert(!driver_needs_reset(d));
}
END_TEST

START_TEST(a_buffer_that_is_too_short_comes_back_empty)
{
    offer_room(RX0, 64);
    send(TX0, 60, 1);
    wait();
    ck_assert_uint_eq(d->ring[RX0].used->idx, 1);
    ck_assert_uint_eq(d->ring[RX0].used->ring[0].len, 0);
    ck_assert(!driver_needs_reset(d));
}
END_TEST

START_TEST(the_driver_chooses_how_many_pairs_are_used)
{
    offer_room(RX1, 200);
    send(TX1, 60, 7);
    wait();
    ck_assert_uint_eq(d->ring[TX1].used->idx, 0); /* one pair after reset */
    ck_assert_uint_eq(command(VIRTIO_NET_CTRL_MQ, 0, 2), VIRTIO_NET_OK);
    driver_kick(d, TX1);
    wait();
    ck_assert_uint_eq(d->ring[RX1].used->idx, 1);
    ck_assert_uint_eq(d->ring[RX0].used->idx, 0);
}
END_TEST

START_TEST(commands_that_it_does_not_know_fail)
{
    ck_assert_uint_eq(command(VIRTIO_NET_CTRL_MQ, 0, 3), VIRTIO_NET_ERR);
    ck_assert_uint_eq(command(VIRTIO_NET_CTRL_MQ, 0, 0), VIRTIO_NET_ERR);
    ck_assert_uint_eq(command(VIRTIO_NET_CTRL_MQ, 1, 1), VIRTIO_NET_ERR);
    ck_assert_uint_eq(command(VIRTIO_NET_CTRL_RX, 0, 1), VIRTIO_NET_ERR);
    ck_assert(!driver_needs_reset(d));
}
END_TEST

START_TEST(without_multiqueue_the_control_queue_is_the_third)
{
    driver_start(d, 3, 0);
    memset(fake_ram(&d->f, RING(2), 0x1000), 0, 0x1000);
    uint64_t status = driver_buffer(d, NULL, 1);
    driver_desc(d, 2, 0, driver_buffer(d, "\4\0\1\0", 4), 4, NEXT, 1);
    driver_desc(d, 2, 1, status, 1, WRITE, 0);
    driver_offer(d, 2, 0);
    driver_kick(d, 2);
    ck_assert_uint_eq(byte_at(status), VIRTIO_NET_ERR); /* not negotiated */
}
END_TEST

START_TEST(a_frame_without_a_whole_header_breaks_the_device)
{
    offer_room(RX0, 200);
    driver_desc(d, TX0, 0, driver_buffer(d, NULL, 8), 8, 0, 0);
    driver_offer(d, TX0, 0);
    driver_kick(d, TX0);
    wait();
    ck_assert(driver_needs_reset(d));
}
END_TEST

START_TEST(state_survives_a_save_and_restore)
{
    struct fake_state saved;
    offer_room(RX1, 200);
    command(VIRTIO_NET_CTRL_MQ, 0, 2);
    send(TX1, 60, 9);
    fake_save(d->f.dev, &saved);
    d->f.dev->ops->reset(d->f.dev);
    fake_restore(d->f.dev, &saved);
    ck_assert(fake_same_state(d->f.dev, &saved));
    wait();
    ck_assert_uint_eq(d->ring[RX1].used->idx, 1);
    memset(saved.data, 0xFF, saved.size_bytes);
    fake_restore(d->f.dev, &saved);
    wait();
    free(saved.data);
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &the_configuration_has_the_address_and_the_pairs,
        &what_is_sent_comes_back,
        &a_frame_waits_for_a_receive_buffer,
        &a_frame_that_is_too_long_is_dropped,
        &a_buffer_that_is_too_short_comes_back_empty,
        &the_driver_chooses_how_many_pairs_are_used,
        &commands_that_it_does_not_know_fail,
        &without_multiqueue_the_control_queue_is_the_third,
        &a_frame_without_a_whole_header_breaks_the_device,
        &state_survives_a_save_and_restore,
    };
    return SUITE_RUN("virtio-net", setup, teardown, tests);
}
