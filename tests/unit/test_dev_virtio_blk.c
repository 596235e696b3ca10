/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <linux/virtio_blk.h>
#include <unistd.h>

#include "emu/dev/virtio_blk.h"
#include "tests/unit/suite.h"
#include "tests/unit/virtio_driver.h"

enum { NEXT = VRING_DESC_F_NEXT, WRITE = VRING_DESC_F_WRITE };
#define DISK_SECTORS 300u

static struct driver *d;
static char path[] = "/tmp/irqlab-test-blk-XXXXXX";

static void fill_file(void)
{
    int fd = open(path, O_WRONLY | O_TRUNC);
    for (unsigned i = 0; i < DISK_SECTORS; i++) {
        uint8_t sector[512];
        memset(sector, (int)i, sizeof(sector));
        ck_assert_int_eq((int)write(fd, sector, sizeof(sector)), 512);
    }
    close(fd);
}

static uint8_t file_byte(unsigned offset)
{
    uint8_t byte = 0;
    int fd = open(path, O_RDONLY);
    ck_assert_int_eq((int)pread(fd, &byte, 1, offset), 1);
    close(fd);
    return byte;
}

static void open_disk(bool readonly, bool snapshot)
{
    struct blockdev *disk = NULL;
    struct error err = {0};
    const struct blockdev_options options = {.readonly = readonly, .snapshot = snapshot};
    ck_assert_int_eq(blockdev_open(path, &options, &disk, &err), 0);
    d = driver_create(virtio_blk_create(disk, "serial-1", 1), false);
    driver_start(d, 1, 0);
}

static void setup(void)
{
    strcpy(path, "/tmp/irqlab-test-blk-XXXXXX");
    close(mkstemp(path));
    fill_file();
    open_disk(false, true);
}

static void teardown(void)
{
    driver_destroy(d);
    unlink(path);
}

static void reopen(bool readonly, bool snapshot)
{
    driver_destroy(d);
    open_disk(readonly, snapshot);
}

/* Offers one request of header, data, status; returns the status byte's address. */
static uint64_t offer(uint32_t type, uint64_t sector, uint64_t data, uint32_t size_bytes,
                      bool device_writes)
{
    struct virtio_blk_outhdr header = {.type = type, .sector = sector};
    uint64_t status = driver_buffer(d, NULL, 1);
    driver_desc(d, 0, 0, driver_buffer(d, &header, sizeof(header)), sizeof(header), NEXT,
                size_bytes ? 1 : 2);
    driver_desc(d, 0, 1, data, size_bytes, NEXT | (device_writes ? WRITE : 0), 2);
    driver_desc(d, 0, 2, status, 1, WRITE, 0);
    driver_offer(d, 0, 0);
    driver_kick(d, 0);
    return status;
}

static uint8_t request(uint32_t type, uint64_t sector, uint64_t data, uint32_t size_bytes,
                       bool device_writes)
{
    uint64_t status = offer(type, sector, data, size_bytes, device_writes);
    fake_advance(&d->f, VIRTIO_BLK_LATENCY_NS);
    return *fake_ram(&d->f, status, 1);
}

START_TEST(configuration_tells_capacity_and_limits)
{
    ck_assert_uint_eq(fake_read(&d->f, VIRTIO_MMIO_CONFIG, 8), DISK_SECTORS);
    ck_assert_uint_eq(fake_rd(&d->f, VIRTIO_MMIO_CONFIG + 12), VIRTQ_MAX_SIZE - 2);
    ck_assert_uint_eq(fake_rd(&d->f, VIRTIO_MMIO_CONFIG + 20), 512);
}
END_TEST

START_TEST(a_read_completes_after_the_latency_and_not_before)
{
    uint64_t data = driver_buffer(d, NULL, 1024);
    uint64_t status = offer(VIRTIO_BLK_T_IN, 7, data, 1024, true);
    fake_advance(&d->f, VIRTIO_BLK_LATENCY_NS - 1);
    ck_assert_uint_eq(d->ring[0].used->idx, 0);
    ck_assert(!d->f.irq[0]);
    fake_advance(&d->f, 1);
    ck_assert(d->f.irq[0]);
    ck_assert_uint_eq(d->ring[0].used->ring[0].len, 1025);
    ck_assert_uint_eq(*fake_ram(&d->f, status, 1), VIRTIO_BLK_S_OK);
    ck_assert_uint_eq(*fake_ram(&d->f, data, 1), 7);
    ck_assert_uint_eq(*fake_ram(&d->f, data + 1023, 1), 8);
}
END_TEST

START_TEST(snapshot_writes_are_read_back_and_leave_the_file_alone)
{
    uint8_t text[512] = "new";
    uint64_t data = driver_buffer(d, text, 512);
    uint64_t back = driver_buffer(d, NULL, 1024);
    ck_assert_uint_eq(request(VIRTIO_BLK_T_OUT, 9, data, 512, false), VIRTIO_BLK_S_OK);
    ck_assert_uint_eq(request(VIRTIO_BLK_T_FLUSH, 0, 0, 0, false), VIRTIO_BLK_S_OK);
    ck_assert_uint_eq(request(VIRTIO_BLK_T_IN, 9, back, 1024, true), VIRTIO_BLK_S_OK);
    ck_assert_mem_eq(fake_ram(&d->f, back, 512), text, 512);
    ck_assert_uint_eq(*fake_ram(&d->f, back + 512, 1), 10);
    ck_assert_uint_eq(file_byte(9 * 512), 9);
}
END_TEST

START_TEST(without_snapshot_writes_reach_the_file)
{
    reopen(false, false);
    uint8_t text[512] = "new";
    uint64_t data = driver_buffer(d, text, 512);
    ck_assert_uint_eq(request(VIRTIO_BLK_T_OUT, 9, data, 512, false), VIRTIO_BLK_S_OK);
    ck_assert_uint_eq(request(VIRTIO_BLK_T_FLUSH, 0, 0, 0, false), VIRTIO_BLK_S_OK);
    ck_assert_uint_eq(file_byte(9 * 512), 'n');
}
END_TEST

START_TEST(a_read_only_disk_says_so_and_refuses_writes)
{
    reopen(true, false);
    uint64_t data = driver_buffer(d, NULL, 512);
    fake_wr(&d->f, VIRTIO_MMIO_DEVICE_FEATURES_SEL, 0);
    uint32_t features = fake_rd(&d->f, VIRTIO_MMIO_DEVICE_FEATURES);
    ck_assert(features & 1u << VIRTIO_BLK_F_RO);
    ck_assert(!(features & 1u << VIRTIO_BLK_F_DISCARD));
    ck_assert_uint_eq(request(VIRTIO_BLK_T_OUT, 0, data, 512, false), VIRTIO_BLK_S_IOERR);
    ck_assert_uint_eq(file_byte(0), 0);
}
END_TEST

START_TEST(sectors_beyond_the_end_and_odd_lengths_fail)
{
    uint64_t data = driver_buffer(d, NULL, 1024);
    ck_assert_uint_eq(request(VIRTIO_BLK_T_IN, DISK_SECTORS - 1, data, 512, true), 0);
    ck_assert_uint_eq(request(VIRTIO_BLK_T_IN, DISK_SECTORS - 1, data, 1024, true), 1);
    ck_assert_uint_eq(request(VIRTIO_BLK_T_IN, UINT64_MAX, data, 512, true), 1);
    ck_assert_uint_eq(request(VIRTIO_BLK_T_OUT, UINT64_MAX / 512, data, 512, false), 1);
    ck_assert_uint_eq(request(VIRTIO_BLK_T_IN, 0, data, 100, true), 1);
    ck_assert_uint_eq(request(99, 0, data, 512, true), VIRTIO_BLK_S_UNSUPP);
}
END_TEST

START_TEST(get_id_returns_the_serial)
{
    uint64_t data = driver_buffer(d, NULL, 20);
    ck_assert_uint_eq(request(VIRTIO_BLK_T_GET_ID, 0, data, 20, true), VIRTIO_BLK_S_OK);
    ck_assert_str_eq((const char *)fake_ram(&d->f, data, 20), "serial-1");
}
END_TEST

START_TEST(write_zeroes_and_discard_clear_only_their_range)
{
    struct virtio_blk_discard_write_zeroes seg = {.sector = 20, .num_sectors = 2, .flags = 1};
    uint64_t data = driver_buffer(d, NULL, 4 * 512);
    uint64_t arg = driver_buffer(d, &seg, sizeof(seg));
    ck_assert_uint_eq(request(VIRTIO_BLK_T_WRITE_ZEROES, 0, arg, sizeof(seg), false), 0);
    ck_assert_uint_eq(request(VIRTIO_BLK_T_IN, 19, data, 4 * 512, true), 0);
    ck_assert_uint_eq(*fake_ram(&d->f, data + 511, 1), 19);
    ck_assert_uint_eq(*fake_ram(&d->f, data + 512, 1), 0);
    ck_assert_uint_eq(*fake_ram(&d->f, data + 1535, 1), 0);
    ck_assert_uint_eq(*fake_ram(&d->f, data + 1536, 1), 22);
    ck_assert_uint_eq(request(VIRTIO_BLK_T_DISCARD, 0, arg, sizeof(seg), false), 2);
    seg.num_sectors = UINT32_MAX;
    seg.flags = 0;
    arg = driver_buffer(d, &seg, sizeof(seg));
    ck_assert_uint_eq(request(VIRTIO_BLK_T_DISCARD, 0, arg, sizeof(seg), false), 1);
}
END_TEST

START_TEST(a_request_without_status_byte_needs_a_reset)
{
    struct virtio_blk_outhdr header = {.type = VIRTIO_BLK_T_FLUSH};
    driver_desc(d, 0, 0, driver_buffer(d, &header, sizeof(header)), sizeof(header), 0, 0);
    driver_offer(d, 0, 0);
    driver_kick(d, 0);
    fake_advance(&d->f, VIRTIO_BLK_LATENCY_NS);
    ck_assert(driver_needs_reset(d));
}
END_TEST

START_TEST(a_large_batch_is_spread_over_several_periods)
{
    struct virtio_blk_outhdr header = {.type = VIRTIO_BLK_T_IN};
    uint64_t hdr = driver_buffer(d, &header, sizeof(header));
    uint64_t data = driver_buffer(d, NULL, 32768);
    uint64_t status = driver_buffer(d, NULL, 1);
    driver_destroy(d);
    struct blockdev *disk = blockdev_create_memory(UINT64_C(64) << 20);
    d = driver_create(virtio_blk_create(disk, NULL, 1), false);
    driver_start(d, 1, 0);
    memcpy(fake_ram(&d->f, hdr, sizeof(header)), &header, sizeof(header));
    const unsigned parts = RING_SIZE - 2;
    driver_desc(d, 0, 0, hdr, sizeof(header), NEXT, 1);
    for (uint16_t i = 1; i <= parts; i++)
        driver_desc(d, 0, i, FAKE_RAM_BASE + 0x20000, 0x80000, NEXT | WRITE, i + 1);
    driver_desc(d, 0, RING_SIZE - 1, status, 1, WRITE, 0);
    for (unsigned i = 0; i < 5; i++)
        driver_offer(d, 0, 0);
    driver_kick(d, 0);
    (void)data;
    fake_advance(&d->f, VIRTIO_BLK_LATENCY_NS);
    ck_assert_uint_eq(d->ring[0].used->idx, 3);
    fake_advance(&d->f, VIRTIO_BLK_LATENCY_NS);
    ck_assert_uint_eq(d->ring[0].used->idx, 5);
}
END_TEST

START_TEST(the_overlay_and_the_deadline_are_part_of_the_state)
{
    struct fake_state saved;
    uint8_t text[512] = "saved";
    uint64_t data = driver_buffer(d, text, 512);
    uint64_t back = driver_buffer(d, NULL, 512);
    ck_assert_uint_eq(request(VIRTIO_BLK_T_OUT, 200, data, 512, false), 0);
    uint64_t status = offer(VIRTIO_BLK_T_IN, 200, back, 512, true);
    fake_save(d->f.dev, &saved);
    uint64_t deadline = d->f.deadline_ns;
    reopen(false, true);
    ck_assert(!fake_same_state(d->f.dev, &saved));
    fake_restore(d->f.dev, &saved);
    ck_assert(fake_same_state(d->f.dev, &saved));
    ck_assert_uint_eq(d->f.deadline_ns, deadline);
    (void)status;
    d->f.now_ns = deadline - VIRTIO_BLK_LATENCY_NS;
    driver_map_ring(d, 0);
    d->ring[0].avail->idx = 1;
    uint64_t again = driver_buffer(d, NULL, 512);
    ck_assert_uint_eq(request(VIRTIO_BLK_T_IN, 200, again, 512, true), 0);
    ck_assert_str_eq((const char *)fake_ram(&d->f, again, 512), "saved");
    free(saved.data);
}
END_TEST

START_TEST(bad_images_get_a_clear_error)
{
    struct blockdev *disk = NULL;
    struct error err = {0};
    const struct blockdev_options options = {0};
    ck_assert_int_lt(blockdev_open("/nonexistent/disk.img", &options, &disk, &err), 0);
    ck_assert_str_eq(err.text,
                     "/nonexistent/disk.img: cannot be opened: No such file or directory");
    ck_assert_int_eq(err.exit_code, IRQLAB_EXIT_BAD_INPUT);
    const struct blockdev_options readonly = {.readonly = true};
    ck_assert_int_lt(blockdev_open("/tmp", &readonly, &disk, &err), 0);
    ck_assert_str_eq(err.text, "/tmp: not a disk image; give a regular file or a block device");
    ck_assert_int_eq(truncate(path, 0), 0);
    ck_assert_int_lt(blockdev_open(path, &options, &disk, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "the disk image is empty"));
    ck_assert_ptr_null(disk);
}
END_TEST

START_TEST(an_image_of_odd_length_is_padded_with_zeros)
{
    ck_assert_int_eq(truncate(path, 512 + 100), 0);
    reopen(false, true);
    ck_assert_uint_eq(fake_read(&d->f, VIRTIO_MMIO_CONFIG, 8), 2);
    uint64_t data = driver_buffer(d, NULL, 512);
    ck_assert_uint_eq(request(VIRTIO_BLK_T_IN, 1, data, 512, true), 0);
    ck_assert_uint_eq(*fake_ram(&d->f, data + 99, 1), 1);
    ck_assert_uint_eq(*fake_ram(&d->f, data + 100, 1), 0);
}
END_TEST

static const TTest *const *const tests[] = {
    &configuration_tells_capacity_and_limits,
    &a_read_completes_after_the_latency_and_not_before,
    &snapshot_writes_are_read_back_and_leave_the_file_alone,
    &without_snapshot_writes_reach_the_file,
    &a_read_only_disk_says_so_and_refuses_writes,
    &sectors_beyond_the_end_and_odd_lengths_fail,
    &get_id_returns_the_serial,
    &write_zeroes_and_discard_clear_only_their_range,
    &a_request_without_status_byte_needs_a_reset,
    &a_large_batch_is_spread_over_several_periods,
    &the_overlay_and_the_deadline_are_part_of_the_state,
    &bad_images_get_a_clear_error,
    &an_image_of_odd_length_is_padded_with_zeros,
};

int main(void)
{
    return SUITE_RUN("virtio_blk", setup, teardown, tests);
}
