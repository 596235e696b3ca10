/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <endian.h>
#include <linux/qemu_fw_cfg.h>
#include <unistd.h>
#include <zlib.h>

#include "emu/dev/fw_cfg.h"
#include "emu/load/firmware.h"
#include "tests/unit/suite.h"
#include "tests/unit/fake_host.h"

static struct fake_host *f;
static struct board_description board;
static uint64_t mpidr[4];
static char path[64];

static void setup(void)
{
    f = malloc(sizeof(*f));
    fake_host_init(f);
    f->dev = fw_cfg_create(&f->host);
    ck_assert_ptr_nonnull(f->dev);
    for (unsigned i = 0; i < 4; i++)
        mpidr[i] = board_mpidr(i);
    board_describe(&board, 4, mpidr, UINT64_C(1) << 30, false, false, "cortex-a72");
    strcpy(path, "/tmp/irqlab-test-firmware-XXXXXX");
    close(mkstemp(path));
}

static void teardown(void)
{
    f->dev->ops->destroy(f->dev);
    fake_host_free(f);
    free(f);
    unlink(path);
}

static void write_kernel(bool compressed)
{
    gzFile file = gzopen(path, compressed ? "wb" : "wbT");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(gzwrite(file, "KERNEL-IMAGE", 12), 12);
    ck_assert_int_eq(gzclose(file), Z_OK);
}

static uint64_t read_item(uint16_t key, unsigned size_bytes)
{
    f->dev->ops->write(f->dev, 8, 2, htobe16(key));
    return fake_read(f, 0, size_bytes);
}

static int configure(const char *kernel, bool acpi, struct error *err)
{
    const struct firmware_request request = {
        .kernel = kernel, .append = "quiet", .acpi = acpi, .board = &board};
    return firmware_configure(&request, f->dev, err);
}

START_TEST(a_kernel_reaches_fw_cfg_as_it_is_or_unpacked)
{
    for (int compressed = 0; compressed < 2; compressed++) {
        write_kernel(compressed);
        ck_assert_int_eq(configure(path, false, NULL), 0);
        ck_assert_uint_eq(read_item(FW_CFG_KERNEL_SIZE, 4), 12);
        ck_assert_uint_eq(read_item(FW_CFG_KERNEL_DATA, 4), 'K' | 'E' << 8 | 'R' << 16 | 'N' << 24);
        ck_assert_uint_eq(read_item(FW_CFG_CMDLINE_SIZE, 4), 6);
        ck_assert_uint_eq(read_item(FW_CFG_NB_CPUS, 2), 4);
    }
}
END_TEST

START_TEST(acpi_files_are_there_only_when_wanted)
{
    ck_assert_int_eq(configure(NULL, false, NULL), 0);
    ck_assert_uint_eq(be32toh((uint32_t)read_item(FW_CFG_FILE_DIR, 4)), 0);
    ck_assert_uint_eq(read_item(FW_CFG_KERNEL_SIZE, 4), 0);
    ck_assert_int_eq(configure(NULL, true, NULL), 0);
    ck_assert_uint_eq(be32toh((uint32_t)read_item(FW_CFG_FILE_DIR, 4)), 3);
}
END_TEST

START_TEST(a_missing_kernel_is_named)
{
    struct error err;
    ck_assert_int_lt(configure("/nonexistent/Image", true, &err), 0);
    ck_assert_str_eq(err.text,
                     "-kernel /nonexistent/Image: cannot be opened: No such file or directory");
    ck_assert_int_eq(err.exit_code, IRQLAB_EXIT_BAD_INPUT);
}
END_TEST

static const TTest *const *const tests[] = {
    &a_kernel_reaches_fw_cfg_as_it_is_or_unpacked,
    &acpi_files_are_there_only_when_wanted,
    &a_missing_kernel_is_named,
};

int main(void)
{
    return SUITE_RUN("firmware", setup, teardown, tests);
}
