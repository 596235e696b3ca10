/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <unistd.h>

#include "emu/dev/cfi_flash.h"
#include "tests/unit/suite.h"
#include "tests/unit/fake_host.h"

#define BANK (4u << 20)
enum { READY = 0x00800080 };

static struct fake_host *f;
static int mode_changes;
static bool array_mode;
static char path[] = "/tmp/irqlab-test-flash-XXXXXX";

static void mode_changed(void *opaque, bool now_array)
{
    (void)opaque;
    ck_assert(now_array != array_mode);
    array_mode = now_array;
    mode_changes++;
}

static uint64_t written_from, written_to; /* all that was told of */

static void written(void *opaque, uint64_t offset, uint64_t size_bytes)
{
    (void)opaque;
    written_from = offset < written_from ? offset : written_from;
    written_to = offset + size_bytes > written_to ? offset + size_bytes : written_to;
}

static struct dev *create(struct blockdev *disk, struct error *err)
{
    const struct cfi_flash_config config = {.bank_bytes = BANK,
                                            .disk = disk,
                                            .name = "vars.fd",
                                            .mode_changed = mode_changed,
                                            .written = written};
    return cfi_flash_create(&f->host, &config, err);
}

static void setup(void)
{
    f = malloc(sizeof(*f));
    fake_host_init(f);
    strcpy(path, "/tmp/irqlab-test-flash-XXXXXX");
    close(mkstemp(path));
    array_mode = true;
    mode_changes = 0;
    f->dev = create(NULL, NULL);
    ck_assert_ptr_nonnull(f->dev);
}

static void teardown(void)
{
    f->dev->ops->destroy(f->dev);
    fake_host_free(f);
    free(f);
    unlink(path);
}

/* A command to both chips. */
static void cmd(uint32_t offset, uint32_t code)
{
    fake_wr(f, offset, code | code << 16);
}

static uint32_t status(void)
{
    cmd(0, 0x70);
    uint32_t value = fake_rd(f, 0);
    cmd(0, 0xFF);
    return value;
}

static void program_word(uint32_t offset, uint32_t value)
{
    cmd(offset, 0x40);
    fake_wr(f, offset, value);
}

START_TEST(a_blank_bank_reads_all_ones)
{
    const uint8_t *array = cfi_flash_array(f->dev);
    for (uint32_t i = 0; i < BANK; i += 4093)
        ck_assert_uint_eq(array[i], 0xFF);
    ck_assert_uint_eq(fake_read(f, BANK - 8, 8), UINT64_MAX);
    ck_assert(cfi_flash_in_array_mode(f->dev));
}
END_TEST

START_TEST(a_query_shows_qry_geometry_and_command_set)
{
    cmd(0x55 * 4, 0x98);
    ck_assert_uint_eq(fake_rd(f, 0x10 * 4), 0x00510051);
    ck_assert_uint_eq(fake_rd(f, 0x11 * 4), 0x00520052);
    ck_assert_uint_eq(fake_rd(f, 0x12 * 4), 0x00590059);
    ck_assert_uint_eq(fake_read(f, 0x13 * 4, 2), 1);
    ck_assert_uint_eq(1u << fake_read(f, 0x27 * 4, 1), BANK / 2);
    ck_assert_uint_eq(fake_read(f, 0x2D * 4, 1) + 1, BANK / CFI_FLASH_SECTOR_BYTES);
    ck_assert_uint_eq(fake_read(f, 0x30 * 4, 1), 2);
    cmd(0, 0xFF);
    ck_assert_uint_eq(fake_rd(f, 0x10 * 4), 0xFFFFFFFF);
}
END_TEST

START_TEST(identification_and_lock_bits_are_read_in_id_mode)
{
    cmd(0, 0x90);
    ck_assert_uint_eq(fake_rd(f, 0), 0x00890089);
    ck_assert_uint_eq(fake_rd(f, 4), 0x00180018);
    ck_assert_uint_eq(fake_rd(f, 8), 0);
}
END_TEST

START_TEST(programming_clears_bits_only_and_erasing_sets_them)
{
    program_word(0x100, 0xFFFF00FF);
    program_word(0x100, 0x0F0FFFFF);
    ck_assert_uint_eq(status(), READY);
    ck_assert_uint_eq(fake_rd(f, 0x100), 0x0F0F00FF);
    program_word(CFI_FLASH_SECTOR_BYTES, 0);
    cmd(0x3FFFC, 0x20);
    cmd(0x3FFFC, 0xD0);
    ck_assert_uint_eq(status(), READY);
    ck_assert_uint_eq(fake_rd(f, 0x100), 0xFFFFFFFF);
    ck_assert_uint_eq(fake_rd(f, CFI_FLASH_SECTOR_BYTES), 0);
}
END_TEST

/* The order of accesses that EDK2's driver uses for a buffered write. */
START_TEST(a_buffered_write_takes_effect_at_its_confirmation)
{
    const uint32_t at = 0x4080;
    cmd(at, 0xE8);
    ck_assert_uint_eq(fake_rd(f, at) & 0x80, 0x80);
    cmd(at, 31);
    for (uint32_t i = 0; i < 32; i++)
        fake_wr(f, at + 4 * i, 0x01010101 * i);
    ck_assert_uint_eq(cfi_flash_array(f->dev)[at], 0xFF);
    cmd(0, 0xD0);
    ck_assert_uint_eq(status(), READY);
    for (uint32_t i = 0; i < 32; i++)
        ck_assert_uint_eq(fake_rd(f, at + 4 * i), 0x01010101 * i);
    ck_assert_uint_eq(fake_rd(f, at + 128), 0xFFFFFFFF);
    ck_assert_uint_eq(fake_rd(f, at - 4), 0xFFFFFFFF);
}
END_TEST

START_TEST(buffered_writes_outside_the_buffer_or_too_long_are_sequence_errors)
{
    cmd(0, 0xE8);
    cmd(0, 1);
    fake_wr(f, 0x0, 0);
    fake_wr(f, 0x2000, 0);
    cmd(0, 0xD0);
    ck_assert_uint_eq(status() & 0x30, 0x30);
    ck_assert_uint_eq(fake_rd(f, 0), 0xFFFFFFFF);
    cmd(0, 0x50);
    ck_assert_uint_eq(status(), READY);
    cmd(0, 0xE8);
    cmd(0, 0xFFFF);
    ck_assert_uint_eq(status() & 0x30, 0x30);
}
END_TEST

START_TEST(a_locked_block_keeps_its_contents_and_says_so)
{
    cmd(0x40000, 0x60);
    cmd(0x40000, 0x01);
    cmd(0x40000, 0x90);
    ck_assert_uint_eq(fake_rd(f, 0x40008), 0x00010001);
    ck_assert_uint_eq(fake_rd(f, 0x8), 0);
    program_word(0x40000, 0);
    ck_assert_uint_eq(status() & 0x12, 0x12);
    ck_assert_uint_eq(fake_rd(f, 0x40000), 0xFFFFFFFF);
    cmd(0, 0x50);
    cmd(0x40000, 0x20);
    cmd(0x40000, 0xD0);
    ck_assert_uint_eq(status() & 0x22, 0x22);
    cmd(0, 0x50);
    cmd(0x40000, 0x60);
    cmd(0x40000, 0xD0);
    program_word(0x40000, 0x12345678);
    ck_assert_uint_eq(fake_rd(f, 0x40000), READY);
    cmd(0, 0xFF);
    ck_assert_uint_eq(fake_rd(f, 0x40000), 0x12345678);
}
END_TEST

START_TEST(an_unconfirmed_erase_is_a_sequence_error)
{
    program_word(0, 0);
    cmd(0, 0x20);
    cmd(0, 0xFF);
    ck_assert_uint_eq(status() & 0x30, 0x30);
    ck_assert_uint_eq(fake_rd(f, 0), 0);
    ck_assert_int_gt(f->guest_errors, 0);
}
END_TEST

START_TEST(the_machine_hears_of_each_change_of_mode_once)
{
    cmd(0, 0xFF);
    ck_assert_int_eq(mode_changes, 0);
    cmd(0, 0x70);
    cmd(0, 0x90);
    ck_assert_int_eq(mode_changes, 1);
    cmd(0, 0xFF);
    ck_assert_int_eq(mode_changes, 2);
    cmd(0, 0x70);
    f->dev->ops->reset(f->dev);
    ck_assert_int_eq(mode_changes, 4);
    ck_assert(array_mode);
}
END_TEST

static struct blockdev *image(uint64_t size_bytes, bool readonly, bool snapshot)
{
    struct blockdev *disk = NULL;
    struct error err;
    const struct blockdev_options options = {.readonly = readonly, .snapshot = snapshot};
    int fd = open(path, O_WRONLY | O_TRUNC);
    ck_assert_int_eq((int)write(fd, "image", 5), 5);
    close(fd);
    ck_assert_int_eq(truncate(path, (off_t)size_bytes), 0);
    ck_assert_int_eq(blockdev_open(path, &options, &disk, &err), 0);
    return disk;
}

static void recreate(struct blockdev *disk)
{
    f->dev->ops->destroy(f->dev);
    f->dev = create(disk, NULL);
    ck_assert_ptr_nonnull(f->dev);
}

static uint8_t file_byte(off_t offset)
{
    uint8_t byte = 0;
    int fd = open(path, O_RDONLY);
    ck_assert_int_eq((int)pread(fd, &byte, 1, offset), 1);
    close(fd);
    return byte;
}

START_TEST(a_writable_image_keeps_what_is_programmed)
{
    recreate(image(BANK, false, false));
    ck_assert_mem_eq(cfi_flash_array(f->dev), "image", 5);
    cmd(0x40000, 0x20);
    cmd(0x40000, 0xD0);
    program_word(0x40004, 0x44434241);
    ck_assert_uint_eq(file_byte(0x40004), 'A');
    ck_assert_uint_eq(file_byte(0x40000), 0xFF);
    ck_assert_uint_eq(file_byte(0x3FFFF), 0);
}
END_TEST

START_TEST(a_snapshot_image_is_left_alone_and_padded_with_ones)
{
    recreate(image(100, false, true));
    ck_assert_mem_eq(cfi_flash_array(f->dev), "image", 5);
    ck_assert_uint_eq(cfi_flash_array(f->dev)[99], 0);
    ck_assert_uint_eq(cfi_flash_array(f->dev)[100], 0xFF);
    program_word(0, 0);
    cmd(0, 0xFF);
    ck_assert_uint_eq(fake_rd(f, 0), 0);
    ck_assert_uint_eq(file_byte(0), 'i');
}
END_TEST

START_TEST(a_read_only_image_cannot_be_unlocked)
{
    recreate(image(100, true, false));
    cmd(0, 0x60);
    cmd(0, 0xD0);
    program_word(0, 0);
    ck_assert_uint_eq(status() & 0x12, 0x12);
    ck_assert_mem_eq(cfi_flash_array(f->dev), "image", 5);
}
END_TEST

START_TEST(images_of_a_wrong_size_get_a_clear_error)
{
    struct error err;
    ck_assert_ptr_null(create(image(BANK + 1, true, false), &err));
    ck_assert_str_eq(err.text, "vars.fd: 4194305 bytes do not fit into a flash bank of 4 MiB");
    ck_assert_ptr_null(create(image(BANK - 1, false, false), &err));
    ck_assert_str_eq(err.text, "vars.fd: a writable flash image must be 4 MiB long; use "
                               "'truncate -s 4M', or readonly=on or snapshot=on");
    ck_assert_int_eq(err.exit_code, IRQLAB_EXIT_BAD_INPUT);
}
END_TEST

START_TEST(a_restore_brings_back_contents_mode_and_untouched_sectors)
{
    struct fake_state before, saved;
    fake_save(f->dev, &before);
    program_word(0x80000, 0xAAAAAAAA);
    cmd(0, 0xE8);
    cmd(0, 1);
    fake_wr(f, 0, 0x11111111);
    fake_save(f->dev, &saved);
    fake_wr(f, 4, 0x22222222);
    cmd(0, 0xD0);
    program_word(0x80000, 0);
    cmd(0, 0xFF);
    fake_restore(f->dev, &saved);
    ck_assert(fake_same_state(f->dev, &saved));
    ck_assert(!array_mode);
    ck_assert_uint_eq(cfi_flash_array(f->dev)[0], 0xFF);
    fake_wr(f, 4, 0x33333333);
    cmd(0, 0xD0);
    cmd(0, 0xFF);
    ck_assert_uint_eq(fake_rd(f, 0), 0x11111111);
    ck_assert_uint_eq(fake_rd(f, 4), 0x33333333);
    ck_assert_uint_eq(fake_rd(f, 0x80000), 0xAAAAAAAA);
    fake_restore(f->dev, &before);
    ck_assert(fake_same_state(f->dev, &before));
    ck_assert_uint_eq(fake_rd(f, 0x80000), 0xFFFFFFFF);
    ck_assert_uint_eq(fake_rd(f, 0), 0xFFFFFFFF);
    free(before.data);
    free(saved.data);
}
END_TEST

START_TEST(the_machine_hears_of_all_that_is_written_and_restored)
{
    struct fake_state before;
    fake_save(f->dev, &before);
    written_from = UINT64_MAX, written_to = 0;
    program_word(0x80010, 0xAAAAAAAA);
    ck_assert_uint_eq(written_from, 0x80010);
    ck_assert_uint_eq(written_to, 0x80014);
    written_from = UINT64_MAX, written_to = 0;
    fake_restore(f->dev, &before);
    ck_assert_uint_eq(written_from, 0x80000);
    ck_assert_uint_eq(written_to, 0x81000);
    free(before.data);
}
END_TEST

static const TTest *const *const tests[] = {
    &the_machine_hears_of_all_that_is_written_and_restored,
    &a_blank_bank_reads_all_ones,
    &a_query_shows_qry_geometry_and_command_set,
    &identification_and_lock_bits_are_read_in_id_mode,
    &programming_clears_bits_only_and_erasing_sets_them,
    &a_buffered_write_takes_effect_at_its_confirmation,
    &buffered_writes_outside_the_buffer_or_too_long_are_sequence_errors,
    &a_locked_block_keeps_its_contents_and_says_so,
    &an_unconfirmed_erase_is_a_sequence_error,
    &the_machine_hears_of_each_change_of_mode_once,
    &a_writable_image_keeps_what_is_programmed,
    &a_snapshot_image_is_left_alone_and_padded_with_ones,
    &a_read_only_image_cannot_be_unlocked,
    &images_of_a_wrong_size_get_a_clear_error,
    &a_restore_brings_back_contents_mode_and_untouched_sectors,
};

int main(void)
{
    return SUITE_RUN("cfi_flash", setup, teardown, tests);
}
