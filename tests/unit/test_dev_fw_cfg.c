/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <linux/qemu_fw_cfg.h>

#include "emu/dev/fw_cfg.h"
#include "tests/unit/suite.h"
#include "tests/unit/fake_host.h"

#define CONTROL FAKE_RAM_BASE
#define TARGET  (FAKE_RAM_BASE + 0x1000)

static struct fake_host *f;

static void setup(void)
{
    f = malloc(sizeof(*f));
    fake_host_init(f);
    f->dev = fw_cfg_create(&f->host);
    ck_assert_ptr_nonnull(f->dev);
}

static void teardown(void)
{
    f->dev->ops->destroy(f->dev);
    fake_host_free(f);
    free(f);
}

static void select_key(uint16_t key)
{
    f->dev->ops->write(f->dev, 8, 2, htobe16(key));
}

/* Runs one DMA transfer by the 64-bit register; returns the control field after it. */
static uint32_t dma(uint32_t control, uint32_t length, uint64_t address)
{
    struct fw_cfg_dma_access access = {
        .control = htobe32(control), .length = htobe32(length), .address = htobe64(address)};
    memcpy(fake_ram(f, CONTROL, sizeof(access)), &access, sizeof(access));
    f->dev->ops->write(f->dev, 0x10, 8, htobe64(CONTROL));
    memcpy(&access, fake_ram(f, CONTROL, sizeof(access)), sizeof(access));
    return be32toh(access.control);
}

START_TEST(the_signature_is_read_in_order_at_any_width)
{
    select_key(FW_CFG_SIGNATURE);
    ck_assert_uint_eq(fake_read(f, 0, 1), 'Q');
    ck_assert_uint_eq(fake_read(f, 0, 1), 'E');
    ck_assert_uint_eq(fake_read(f, 0, 2), 'M' | 'U' << 8);
    ck_assert_uint_eq(fake_read(f, 0, 8), 0);
    select_key(FW_CFG_ID);
    ck_assert_uint_eq(fake_read(f, 0, 4), 3);
    ck_assert_uint_eq(be64toh(fake_read(f, 0x10, 8)), FW_CFG_DMA_SIGNATURE);
    ck_assert_uint_eq(be32toh((uint32_t)fake_read(f, 0x14, 4)), 0x20434647);
}
END_TEST

START_TEST(files_are_listed_by_name_and_found_by_their_key)
{
    struct {
        uint32_t count;
        struct fw_cfg_file file[3];
    } dir;
    ck_assert_int_eq(fw_cfg_add_file(f->dev, "etc/zz", "last", 4, NULL), 0);
    ck_assert_int_eq(fw_cfg_add_file(f->dev, "etc/aa", "first", 5, NULL), 0);
    ck_assert_int_eq(fw_cfg_add_file(f->dev, "etc/mm", "x", 1, NULL), 0);
    ck_assert_int_eq(fw_cfg_add_file(f->dev, "etc/mm", "middle", 6, NULL), 0);
    uint32_t done = dma(FW_CFG_FILE_DIR << 16 | FW_CFG_DMA_CTL_SELECT | FW_CFG_DMA_CTL_READ,
                        sizeof(dir), TARGET);
    ck_assert_uint_eq(done, 0);
    memcpy(&dir, fake_ram(f, TARGET, sizeof(dir)), sizeof(dir));
    ck_assert_uint_eq(be32toh(dir.count), 3);
    ck_assert_str_eq(dir.file[0].name, "etc/aa");
    ck_assert_str_eq(dir.file[1].name, "etc/mm");
    ck_assert_str_eq(dir.file[2].name, "etc/zz");
    ck_assert_uint_eq(be32toh(dir.file[1].size), 6);
    select_key(be16toh(dir.file[1].select));
    ck_assert_uint_eq(fake_read(f, 0, 4), 'm' | 'i' << 8 | 'd' << 16 | 'd' << 24);
}
END_TEST

START_TEST(dma_reads_skips_and_pads_with_zeros)
{
    ck_assert_int_eq(fw_cfg_add(f->dev, FW_CFG_KERNEL_DATA, "0123456789", 10, NULL), 0);
    memset(fake_ram(f, TARGET, 16), 0xEE, 16);
    select_key(FW_CFG_KERNEL_DATA);
    ck_assert_uint_eq(dma(FW_CFG_DMA_CTL_SKIP, 4, 0), 0);
    ck_assert_uint_eq(dma(FW_CFG_DMA_CTL_READ, 2, TARGET), 0);
    ck_assert_mem_eq(fake_ram(f, TARGET, 3), "45\xEE", 3);
    ck_assert_uint_eq(dma(FW_CFG_DMA_CTL_READ, 8, TARGET), 0);
    ck_assert_mem_eq(fake_ram(f, TARGET, 9), "6789\0\0\0\0\xEE", 9);
    ck_assert_uint_eq(dma(FW_CFG_DMA_CTL_SKIP, UINT32_MAX, 0), 0);
    ck_assert_uint_eq(fake_read(f, 0, 1), 0);
}
END_TEST

START_TEST(dma_by_two_halves_is_the_same)
{
    struct fw_cfg_dma_access access = {
        .control = htobe32(FW_CFG_SIGNATURE << 16 | FW_CFG_DMA_CTL_SELECT | FW_CFG_DMA_CTL_READ),
        .length = htobe32(4),
        .address = htobe64(TARGET)};
    memcpy(fake_ram(f, CONTROL, sizeof(access)), &access, sizeof(access));
    fake_wr(f, 0x10, 0);
    fake_wr(f, 0x14, htobe32((uint32_t)CONTROL));
    ck_assert_mem_eq(fake_ram(f, TARGET, 4), "QEMU", 4);
}
END_TEST

START_TEST(impossible_transfers_set_the_error_bit)
{
    select_key(FW_CFG_SIGNATURE);
    ck_assert_uint_eq(dma(FW_CFG_DMA_CTL_READ, 4, 0x1000), FW_CFG_DMA_CTL_ERROR);
    ck_assert_uint_eq(dma(FW_CFG_DMA_CTL_WRITE, 4, TARGET), FW_CFG_DMA_CTL_ERROR);
    ck_assert_uint_eq(dma(FW_CFG_DMA_CTL_READ, UINT32_MAX, TARGET), FW_CFG_DMA_CTL_ERROR);
    f->dev->ops->write(f->dev, 0x10, 8, htobe64(UINT64_MAX));
    ck_assert_int_eq(f->guest_errors, 1);
}
END_TEST

START_TEST(unknown_keys_read_as_zero)
{
    select_key(0x7777);
    ck_assert_uint_eq(fake_read(f, 0, 8), 0);
    select_key(0xFFFF);
    ck_assert_uint_eq(fake_read(f, 0, 8), 0);
    ck_assert_uint_eq(dma(FW_CFG_DMA_CTL_READ, 4, TARGET), 0);
}
END_TEST

START_TEST(boot_items_are_where_firmware_looks)
{
    const struct fw_cfg_boot boot = {.kernel = "KERNEL",
                                     .kernel_bytes = 6,
                                     .command_line = "quiet",
                                     .vcpus = 5,
                                     .ram_bytes = UINT64_C(1) << 33};
    ck_assert_int_eq(fw_cfg_add_boot(f->dev, &boot, NULL), 0);
    select_key(FW_CFG_KERNEL_SIZE);
    ck_assert_uint_eq(fake_read(f, 0, 4), 6);
    select_key(FW_CFG_KERNEL_DATA);
    ck_assert_uint_eq(fake_read(f, 0, 1), 'K');
    select_key(FW_CFG_INITRD_SIZE);
    ck_assert_uint_eq(fake_read(f, 0, 4), 0);
    select_key(FW_CFG_CMDLINE_SIZE);
    ck_assert_uint_eq(fake_read(f, 0, 4), 6);
    select_key(FW_CFG_NB_CPUS);
    ck_assert_uint_eq(fake_read(f, 0, 2), 5);
    select_key(FW_CFG_RAM_SIZE);
    ck_assert_uint_eq(fake_read(f, 0, 8), UINT64_C(1) << 33);
}
END_TEST

START_TEST(bad_names_and_too_many_files_are_refused)
{
    struct error err;
    char name[80];
    memset(name, 'n', sizeof(name));
    name[56] = 0;
    ck_assert_int_lt(fw_cfg_add_file(f->dev, name, "", 0, &err), 0);
    ck_assert_int_lt(fw_cfg_add_file(f->dev, "", "", 0, &err), 0);
    ck_assert_str_eq(err.text, "'': a fw_cfg file name has 1 to 55 bytes");
    for (int i = 0; i < FW_CFG_MAX_FILES; i++) {
        snprintf(name, sizeof(name), "opt/%d", i);
        ck_assert_int_eq(fw_cfg_add_file(f->dev, name, "", 0, &err), 0);
    }
    ck_assert_int_lt(fw_cfg_add_file(f->dev, "one-more", "", 0, &err), 0);
    ck_assert_str_eq(err.text, "'one-more': there are already 64 fw_cfg files");
}
END_TEST

START_TEST(state_survives_save_and_restore)
{
    struct fake_state saved;
    select_key(FW_CFG_SIGNATURE);
    fake_read(f, 0, 2);
    fake_save(f->dev, &saved);
    f->dev->ops->reset(f->dev);
    fake_restore(f->dev, &saved);
    ck_assert(fake_same_state(f->dev, &saved));
    ck_assert_uint_eq(fake_read(f, 0, 1), 'M');
    free(saved.data);
}
END_TEST

static const TTest *const *const tests[] = {
    &the_signature_is_read_in_order_at_any_width,
    &files_are_listed_by_name_and_found_by_their_key,
    &dma_reads_skips_and_pads_with_zeros,
    &dma_by_two_halves_is_the_same,
    &impossible_transfers_set_the_error_bit,
    &unknown_keys_read_as_zero,
    &boot_items_are_where_firmware_looks,
    &bad_names_and_too_many_files_are_refused,
    &state_survives_save_and_restore,
};

int main(void)
{
    return SUITE_RUN("fw_cfg", setup, teardown, tests);
}
