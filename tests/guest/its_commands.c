/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ITS commands: what each does to a pending LPI, and the bounds of their operands (IHI 0069 5.3).
 * A wrong command may be skipped or stop the queue; the library goes on in either case.
 */
#include "tests/guest/lpi_poll.h"

static void look(void *arg)
{
    *(u32 *)arg = irq_is_signalled() ? hppir1() : INTID_SPURIOUS;
}

static void take(void *arg)
{
    *(u32 *)arg = gic_ack();
    if (*(u32 *)arg != INTID_SPURIOUS)
        gic_eoi(*(u32 *)arg);
}

static u32 on1(smp_fn *fn)
{
    u32 value = 0;
    smp_run(1, fn, &value);
    smp_wait(1);
    return value;
}

static void nobody(const char *sentence)
{
    its_sync(1);
    check(nothing_pends() && on1(look) == INTID_SPURIOUS, "%s", sentence);
}

static void drain(void)
{
    u32 id;
    while ((id = gic_ack()) != INTID_SPURIOUS)
        gic_eoi(id);
}

/* -- Mapping -- */

static void test_mapi(void)
{
    its_mapd(20, 14);
    lpi_configure(LPI + 40, PRIO_DEFAULT, true);
    its_mapi(20, LPI + 40, 0);
    its_inv(20, LPI + 40);
    its_int(20, LPI + 40);
    check_equal(gic_ack(), LPI + 40, "MAPI: the EventID is the INTID");
    gic_eoi(LPI + 40);
    its_mapti(20, 7, LPI + 40, 0);
    its_int(20, 7);
    check_equal(gic_ack(), LPI + 40, "two events can have one INTID");
    gic_eoi(LPI + 40);
    its_unmapd(20);
}

static void test_two_devices(void)
{
    its_mapd(DEVICE + 1, 2);
    its_mapti(DEVICE + 1, 0, LPI + 1, 0);
    its_int(DEVICE + 1, 0);
    check_equal(gic_ack(), LPI + 1, "event 0 of one device");
    gic_eoi(LPI + 1);
    lpi_send(0);
    check_equal(gic_ack(), LPI, "... is not event 0 of another");
    gic_eoi(LPI);
    its_unmapd(DEVICE + 1);
    its_int(DEVICE + 1, 0);
    nobody("MAPD with V 0: the device's events reach nobody");
    its_mapti(DEVICE + 1, 0, LPI + 1, 0);
    its_int(DEVICE + 1, 0);
    nobody("MAPTI for a device that is not mapped does nothing");
    its_mapd(DEVICE + 1, 2);
    its_int(DEVICE + 1, 0);
    nobody("mapped anew, with a new table, its events are not mapped");
    its_unmapd(DEVICE + 1);
}

static void test_mapc(void)
{
    lpi_send(0);
    check_equal(gic_ack(), LPI, "collection 0 is vCPU 0's");
    gic_eoi(LPI);
    its_send((struct its_command){{ITS_MAPC, 0, 0x7ffull << 16, 0}});
    its_int(DEVICE, 0);
    nobody("MAPC with V 0 unmaps, whatever its RDbase");
    its_mapc(0, 1);
    its_int(DEVICE, 0);
    its_sync(1);
    check(nothing_pends() && on1(take) == LPI, "MAPC to another vCPU: its messages go there");
    its_unmapc(0);
    its_send((struct its_command){{ITS_MAPC, 0, BIT(63) | 0x7ffull << 16, 0}});
    its_int(DEVICE, 0);
    nobody("MAPC to a redistributor that does not exist maps nothing");
    its_mapc(0, 0);
    its_mapti(DEVICE, 5, LPI + 5, 99);
    its_int(DEVICE, 5);
    nobody("an event of a collection that is not mapped reaches nobody");
    its_discard(DEVICE, 5);
}

/* -- Pending state -- */

static void test_clear(void)
{
    lpi_send(0);
    its_clear(DEVICE, 0);
    nobody("CLEAR takes the pending state away");
    lpi_send(0);
    check_equal(gic_ack(), LPI, "... and not the mapping");
    gic_eoi(LPI);
}

static void test_discard(void)
{
    lpi_send(0);
    its_discard(DEVICE, 0);
    nobody("DISCARD takes the pending state away");
    its_int(DEVICE, 0);
    nobody("... and the mapping");
    its_mapti(DEVICE, 0, LPI, 0);
    its_sync(0);
    check(nothing_pends(), "mapped again, the old message is gone");
    lpi_send(0);
    check_equal(gic_ack(), LPI, "... and a new one arrives");
    gic_eoi(LPI);
}

static void test_movi(void)
{
    lpi_send(0);
    its_movi(DEVICE, 0, 1);
    its_sync(1);
    check(nothing_pends() && on1(look) == LPI, "MOVI takes the pending state along");
    check_equal(on1(take), LPI, "... and the other vCPU acknowledges it");
    lpi_send(0);
    its_sync(1);
    check(nothing_pends() && on1(take) == LPI, "later messages go there too");
    its_movi(DEVICE, 0, 0);
    its_sync(0);
    check(nothing_pends() && on1(look) == INTID_SPURIOUS, "MOVI pends nothing by itself");
    its_movi(DEVICE, 0, 77);
    lpi_send(0);
    check_equal(gic_ack(), LPI, "MOVI to a collection that is not mapped changes nothing");
    gic_eoi(LPI);
}

static void test_movall(void)
{
    for (u32 i = 0; i < 4; i++)
        lpi_send(i);
    its_movall(0, 1);
    its_sync(1);
    check(nothing_pends(), "MOVALL: nothing is left at the old vCPU");
    u32 sum = 0;
    for (u32 i = 0; i < 4; i++)
        sum += on1(take) - LPI;
    check_equal(sum, 0 + 1 + 2 + 3, "... and everything is pending at the new one");
    check_equal(on1(look), INTID_SPURIOUS, "... once");
    lpi_send(0);
    check_equal(gic_ack(), LPI, "MOVALL moves no collection: new messages come here");
    gic_eoi(LPI);
}

/* -- Bounds -- */

static void test_event_bounds(void)
{
    its_mapd(DEVICE + 2, 3);
    its_mapti(DEVICE + 2, 7, LPI + 3, 0);
    its_int(DEVICE + 2, 7);
    check_equal(gic_ack(), LPI + 3, "the last of 2^(Size + 1) events can be mapped");
    gic_eoi(LPI + 3);
    its_mapti(DEVICE + 2, 8, LPI + 3, 0);
    its_int(DEVICE + 2, 8);
    nobody("one beyond it cannot");
    its_int(DEVICE + 2, 6);
    nobody("INT of an event that is not mapped does nothing");
    its_inv(DEVICE + 2, 6);
    its_clear(DEVICE + 2, 6);
    its_discard(DEVICE + 2, 6);
    its_movi(DEVICE + 2, 6, 1);
    nobody("nor do INV, CLEAR, DISCARD and MOVI");
    its_int(DEVICE + 2, 7 + BIT(16));
    nobody("the upper bits of an EventID count");
    its_unmapd(DEVICE + 2);
}

static bool maps(u32 device, u32 intid)
{
    its_discard(device, 0);
    its_mapti(device, 0, intid, 0);
    its_int(device, 0);
    its_sync(0);
    bool arrived = hppir1() == intid && irq_is_signalled();
    drain();
    return arrived;
}

static void test_intid_bounds(void)
{
    u32 id_bits = (mmio_read32(BOARD_GICD + GICD_TYPER) >> 19 & 31) + 1;
    its_mapd(DEVICE + 3, 3);
    lpi_configure(LPI_END - 1, PRIO_DEFAULT, true);
    check(maps(DEVICE + 3, LPI), "MAPTI takes INTID 8192");
    check(maps(DEVICE + 3, LPI_END - 1), "MAPTI takes the last LPI of the tables");
    check(!maps(DEVICE + 3, LPI - 1), "MAPTI does not take 8191");
    check(!maps(DEVICE + 3, 1023), "MAPTI does not take 1023: no LPI, and no doorbell here");
    check(!maps(DEVICE + 3, SPI), "MAPTI does not take an SPI");
    check(!gic_is_pending(SPI), "... which a message then does not pend");
    check(!maps(DEVICE + 3, 0), "MAPTI does not take 0");
    if (id_bits < 32)
        check(!maps(DEVICE + 3, BIT(id_bits)), "MAPTI does not take 2^(GICD_TYPER.IDbits + 1)");
    its_unmapd(DEVICE + 3);
}

static void test_device_bounds(void)
{
    u32 entry = GITS_BASER_ENTRY(mmio_read64(BOARD_GITS + its_baser(GITS_BASER_DEVICE)));
    u32 in_table = ITS_TABLE_BYTES / entry;
    u32 bits = (mmio_read64(BOARD_GITS + GITS_TYPER) >> 13 & 31) + 1;
    u32 last = bits < 32 && BIT(bits) < in_table ? BIT(bits) - 1 : in_table - 1;
    its_mapd(last, 1);
    check(maps(last, LPI), "the last DeviceID of the table can be mapped");
    its_mapd(last + 1, 1);
    check(!maps(last + 1, LPI), "one beyond it cannot");
    its_mapd(~0u, 1);
    check(!maps(~0u, LPI), "nor can the last of 32 bits");
    its_unmapd(last);
}

static void test_collection_bounds(void)
{
    u32 baser = its_baser(GITS_BASER_COLLECT);
    u32 entry = baser ? GITS_BASER_ENTRY(mmio_read64(BOARD_GITS + baser)) : 8;
    u32 last = ITS_TABLE_BYTES / entry - 1;
    its_mapc(last, 0);
    its_movi(DEVICE, 0, last);
    lpi_send(0);
    check_equal(gic_ack(), LPI, "the last ICID of the table can be mapped");
    gic_eoi(LPI);
    its_mapc(last + 1, 1);
    its_movi(DEVICE, 0, last + 1);
    lpi_send(0);
    check_equal(gic_ack(), LPI, "one beyond it cannot: MOVI to it changes nothing");
    gic_eoi(LPI);
    its_movi(DEVICE, 0, 0);
    its_unmapc(last);
}

/* A table of 31 + 1 event bits can hold every EventID; GITS_TYPER.ID_bits says how many count. */
static void test_itt_size(void)
{
    u32 bits = (mmio_read64(BOARD_GITS + GITS_TYPER) >> 8 & 31) + 1;
    if (bits == 32)
        return;
    its_send((struct its_command){{ITS_MAPD | (u64)(DEVICE + 4) << 32, bits, BIT(63) | 1 << 30}});
    check(!maps(DEVICE + 4, LPI), "MAPD does not take more event bits than GITS_TYPER.ID_bits");
}

static void cpu1_lpis(void *arg)
{
    (void)arg;
    lpi_cpu_init();
}

int main(void)
{
    smp_start(2);
    if (!lpi_start(4))
        return test_result();
    smp_run(1, cpu1_lpis, NULL);
    smp_wait(1);
    test_mapi();
    test_two_devices();
    test_mapc();
    test_clear();
    test_discard();
    test_movi();
    test_movall();
    test_event_bounds();
    test_intid_bounds();
    test_device_bounds();
    test_collection_bounds();
    test_itt_size();
    return test_result();
}
