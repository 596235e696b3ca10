/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GITS_TYPER, GITS_BASER<n>, tables of two levels (IHI 0069 5.2, 12.19).
 */
#include "tests/guest/lpi_poll.h"

#define PAGE_4K 4096u

static u64 level1[PAGE_4K / 8] __attribute__((aligned(4096)));
static u8 level2[PAGE_4K] __attribute__((aligned(4096)));
static u32 devices; /* offset of the device table's GITS_BASER<n> */

static u64 baser(u64 value)
{
    mmio_write64(BOARD_GITS + devices, value);
    return mmio_read64(BOARD_GITS + devices);
}

static void test_identification(void)
{
    u64 typer = mmio_read64(BOARD_GITS + GITS_TYPER);
    check(typer & 1, "GITS_TYPER.Physical is 1");
    check((typer >> 13 & 31) >= 7, "GITS_TYPER.Devbits allows 256 devices");
    check_equal(mmio_read32(BOARD_GITS + GITS_TYPER + 4), typer >> 32,
                "GITS_TYPER reads by 32-bit halves");
    mmio_write64(BOARD_GITS + GITS_TYPER, ~0ull);
    check_equal(mmio_read64(BOARD_GITS + GITS_TYPER), typer, "GITS_TYPER is read-only");
}

static void test_baser_fields(void)
{
    u64 first = mmio_read64(BOARD_GITS + devices);
    u64 fixed = 7ull << 56 | 31ull << 48;
    check_equal(baser(~0ull) & fixed, first & fixed, "GITS_BASER.Type and Entry_Size are fixed");
    check_equal(baser(0) & fixed, first & fixed, "... both ways");
    baser(0x41230000 | GITS_BASER_PAGE_64K | 3);
    check_equal(baser(0x42c00000 | GITS_BASER_PAGE_64K | 1) & 0xffffffff0000ull, 0x42c00000,
                "a second GITS_BASER.Physical_Address replaces the first");
    check_equal(baser(GITS_BASER_PAGE_64K) & 0xff, 0, "GITS_BASER.Size can be lowered again");
    check(!(baser(0) & GITS_BASER_VALID), "GITS_BASER.Valid can be cleared");
    bool absent = true;
    for (unsigned i = 0; i < 8; i++) {
        u64 reg = BOARD_GITS + GITS_BASER + 8 * i;
        if (GITS_BASER_TYPE(mmio_read64(reg)))
            continue;
        mmio_write64(reg, ~0ull);
        absent &= mmio_read64(reg) == 0;
    }
    check(absent, "GITS_BASER<n> without a type are RES0");
}

static bool arrives(u32 device)
{
    its_int(device, 0);
    its_sync(0);
    bool ok = hppir1() == LPI;
    if (gic_ack() == LPI)
        gic_eoi(LPI);
    return ok;
}

/* A level 1 of one page, 512 entries; one of them points to a page of level 2. */
static void test_two_levels(void)
{
    u64 want = GITS_BASER_VALID | GITS_BASER_INDIRECT | (u64)level1 | 1ull << 10;
    its_enable(false);
    u64 got = baser(want);
    if (!(got & GITS_BASER_INDIRECT) || (got & GITS_BASER_PAGE_MASK)) {
        printf("INFO: no device table of two levels with pages of 4 KiB\n");
        return;
    }
    u32 entry = GITS_BASER_ENTRY(got), per_page = PAGE_4K / entry;
    its_enable(true);
    its_mapd(2 * per_page + 1, 1);
    its_mapti(2 * per_page + 1, 0, LPI, 0);
    check(!arrives(2 * per_page + 1), "two levels: a device without a page of level 2 is unmapped");
    level1[2] = BIT(63) | (u64)level2;
    dsb(sy);
    its_mapti(2 * per_page + 1, 0, LPI, 0);
    check(!arrives(2 * per_page + 1), "two levels: a zeroed page of level 2 maps nothing");
    its_mapd(2 * per_page + 1, 1);
    its_mapti(2 * per_page + 1, 0, LPI, 0);
    check(arrives(2 * per_page + 1), "two levels: with its page, it can be mapped");
    its_mapd(3 * per_page - 1, 1);
    its_mapti(3 * per_page - 1, 0, LPI, 0);
    check(arrives(3 * per_page - 1), "two levels: so can the last of the page");
    check(!arrives(3 * per_page), "two levels: the next belongs to another page");
    check(!arrives(2 * per_page), "two levels: the first of the page is not mapped");
    level1[2] = 0;
    dsb(sy);
}

/* The same through 64 KiB pages, with the address of the table in one place. */
static void test_again_flat(void)
{
    its_init();
    its_mapc(0, 0);
    check(!arrives(DEVICE), "a new, zeroed table: old devices are not mapped");
    its_mapd(DEVICE, 5);
    its_mapti(DEVICE, 0, LPI, 0);
    lpi_configure(LPI, PRIO_DEFAULT, true);
    its_invall(0);
    check(arrives(DEVICE), "... and can be mapped anew");
}

int main(void)
{
    if (!lpi_start(1))
        return test_result();
    devices = its_baser(GITS_BASER_DEVICE);
    if (!check(devices, "there is a device table"))
        return test_result();
    test_identification();
    its_enable(false);
    test_baser_fields();
    test_two_levels();
    test_again_flat();
    return test_result();
}
