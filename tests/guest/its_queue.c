/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The ITS's command queue: GITS_CBASER, GITS_CWRITER, GITS_CREADR, GITS_CTLR (IHI 0069 5.3, 12.19).
 */
#include "tests/guest/lpi_poll.h"

static u64 creadr(void)
{
    return mmio_read64(BOARD_GITS + GITS_CREADR);
}

static u32 gits_ctlr(void)
{
    return mmio_read32(BOARD_GITS + GITS_CTLR);
}

static struct its_command int_command(u32 event)
{
    return (struct its_command){{ITS_INT | (u64)DEVICE << 32, event, 0, 0}};
}

static struct its_command clear_command(u32 event)
{
    return (struct its_command){{ITS_CLEAR | (u64)DEVICE << 32, event, 0, 0}};
}

/* 3 and a half times round the queue of 128, each command seen to work. */
static void test_wrap(void)
{
    bool ok = true;
    for (u32 i = 0; i < 128 * 3 + 64; i++) {
        its_int(DEVICE, i % 4);
        u32 id = gic_ack();
        ok &= id == LPI + i % 4;
        gic_eoi(id);
    }
    check(ok && nothing_pends(), "448 messages through a queue of 128 commands all arrive");
}

static void test_batch(void)
{
    for (u32 i = 0; i < 100; i++)
        its_queue_put(i & 1 ? clear_command(0) : int_command(0));
    its_queue_put(int_command(1));
    check(its_queue_go(), "101 commands announced at once are all taken");
    check_equal(hppir1(), LPI + 1, "... in order: each CLEAR undid the INT before it");
    gic_eoi(gic_ack());
    its_queue_put(clear_command(0));
    its_queue_put(int_command(0));
    its_queue_go();
    check_equal(gic_ack(), LPI, "CLEAR, then INT: it is pending");
    gic_eoi(LPI);
}

static void test_full(void)
{
    for (u32 i = 0; i < 127; i++)
        its_queue_put(int_command(i % 4));
    check(its_queue_go(), "a queue full but for one place is taken");
    u32 sum = 0;
    for (u32 i = 0; i < 4; i++) {
        u32 id = gic_ack();
        sum += id - LPI;
        gic_eoi(id);
    }
    check(sum == 0 + 1 + 2 + 3 && nothing_pends(), "... and every command of it has its effect");
}

static void test_enabled(void)
{
    check(gits_ctlr() & GITS_CTLR_ENABLED, "GITS_CTLR.Enabled is set");
    its_enable(false);
    check(!(gits_ctlr() & GITS_CTLR_ENABLED), "GITS_CTLR.Enabled can be cleared");
    check(gits_ctlr() & GITS_CTLR_QUIESCENT, "... and GITS_CTLR.Quiescent becomes 1");
    u64 before = creadr();
    its_queue_put(int_command(0));
    its_queue_announce();
    for (unsigned i = 0; i < 100; i++)
        creadr();
    check(creadr() == before && nothing_pends(), "Enabled 0: commands wait");
    its_enable(true);
    check(its_queue_go() && gic_ack() == LPI, "Enabled 1: they are executed");
    gic_eoi(LPI);
}

static void test_cbaser(void)
{
    its_enable(false);
    its_queue_set();
    check_equal(creadr(), 0, "a write of GITS_CBASER sets GITS_CREADR to 0");
    check_equal(mmio_read64(BOARD_GITS + GITS_CWRITER), 0, "GITS_CWRITER is as it was written");
    u64 cbaser = mmio_read64(BOARD_GITS + GITS_CBASER);
    check(cbaser >> 63, "GITS_CBASER.Valid is kept");
    check_equal(mmio_read32(BOARD_GITS + GITS_CBASER + 4), cbaser >> 32,
                "GITS_CBASER reads by 32-bit halves");
    its_enable(true);
    its_int(DEVICE, 2);
    check_equal(creadr(), ITS_COMMAND_BYTES, "GITS_CREADR counts from the start again");
    check_equal(gic_ack(), LPI + 2, "... and the command had its effect");
    gic_eoi(LPI + 2);
}

/* CWRITER takes 32-bit writes too: Linux writes it with writeq, others do not. */
static void test_halves(void)
{
    u64 at = mmio_read64(BOARD_GITS + GITS_CWRITER);
    its_queue_put(int_command(3));
    dsb(sy);
    mmio_write32(BOARD_GITS + GITS_CWRITER, at + ITS_COMMAND_BYTES);
    while (creadr() != at + ITS_COMMAND_BYTES)
        ;
    check_equal(gic_ack(), LPI + 3, "a 32-bit write of GITS_CWRITER announces commands");
    gic_eoi(LPI + 3);
}

/* Last: qemu 7.2 takes the write (its door for migration), and executes old commands again. */
static void test_creadr_read_only(void)
{
    u64 before = creadr();
    mmio_write64(BOARD_GITS + GITS_CREADR, 0);
    check_equal(creadr(), before, "GITS_CREADR is read-only");
}

/* Skipped or stopped at: what follows is executed in the end. */
static void test_bad_command(void)
{
    bool taken = its_send((struct its_command){{0x7f, ~0ull, ~0ull, ~0ull}});
    printf("INFO: an unknown command %s\n", taken ? "is skipped" : "stops the queue");
    lpi_send(1);
    check_equal(gic_ack(), LPI + 1, "after an unknown command the queue can go on");
    gic_eoi(LPI + 1);
    check(!(creadr() & GITS_CREADR_STALLED), "... and GITS_CREADR.Stalled is 0");
}

int main(void)
{
    if (!lpi_start(4))
        return test_result();
    test_wrap();
    test_batch();
    test_full();
    test_enabled();
    test_cbaser();
    test_halves();
    test_bad_command();
    test_creadr_read_only();
    return test_result();
}
