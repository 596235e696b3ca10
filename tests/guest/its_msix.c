/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LPIs from a device: virtio-rng-pci writes its MSI-X message to GITS_TRANSLATER, and its Requester
 * ID is the DeviceID (IHI 0069 5.2; msi-map of the board is the identity). The device answers a
 * request for random bytes with one interrupt (virtio 1.1, 2.6 and 4.1).
 */
#include "images/lib/pci.h"
#include "images/lib/timer.h"
#include "tests/guest/gic_views.h"
#include "tests/guest/lpi_poll.h"

#define VIRTIO     0x1af4
#define RNG        0x1044
#define RNG_OLD    0x1005 /* with the old transport too */
#define QUEUE_SIZE 8
#define VECTOR     1
#define EVENT      3
#define MESSAGE    (BOARD_GITS + GITS_TRANSLATER)
#define NO_VECTOR  0xffff

/* struct virtio_pci_common_cfg */
enum {
    FEATURE_SELECT = 8,
    FEATURES = 12,
    STATUS = 20,
    SELECT = 22,
    SIZE = 24,
    QUEUE_VECTOR = 26,
    ENABLE = 28,
    NOTIFY_OFF = 30,
    DESC = 32,
    DRIVER = 40,
    DEVICE_RING = 48
};

static struct {
    struct {
        u64 address;
        u32 length;
        u16 flags, next;
    } desc[QUEUE_SIZE];
    u16 avail_flags, avail_index, avail[QUEUE_SIZE], avail_event;
    u16 used_flags __attribute__((aligned(4))), used_index;
    struct {
        u32 id, length;
    } used[QUEUE_SIZE];
} ring __attribute__((aligned(16)));

static struct pci_device rng;
static u64 common, doorbell;
static u8 buffer[16];

/* A structure's address, by the type in its vendor capability. */
static u64 structure(u8 type, u32 *multiplier)
{
    for (u32 at = 0; (at = pci_capability(&rng, PCI_CAP_VENDOR, at));) {
        if (mmio_read8(rng.config + at + 3) != type)
            continue;
        *multiplier = mmio_read32(rng.config + at + 16);
        return rng.bar[mmio_read8(rng.config + at + 4)] + mmio_read32(rng.config + at + 8);
    }
    return 0;
}

/* 64-bit fields are written by halves (virtio 1.1, 4.1.3.1). */
static void set_address(u32 field, const void *address)
{
    mmio_write32(common + field, (u64)address);
    mmio_write32(common + field + 4, (u64)address >> 32);
}

static void start_queue(void)
{
    u32 multiplier;
    common = structure(1, &multiplier);
    u64 notify = structure(2, &multiplier);
    mmio_write8(common + STATUS, 0);
    mmio_write8(common + STATUS, 1 | 2);
    mmio_write32(common + FEATURE_SELECT, 1);
    mmio_write32(common + FEATURES, 1); /* VIRTIO_F_VERSION_1 */
    mmio_write8(common + STATUS, 1 | 2 | 8);
    mmio_write16(common + SELECT, 0);
    mmio_write16(common + SIZE, QUEUE_SIZE);
    mmio_write16(common + QUEUE_VECTOR, VECTOR);
    check_equal(mmio_read16(common + QUEUE_VECTOR), VECTOR, "the queue takes MSI-X vector 1");
    set_address(DESC, ring.desc);
    set_address(DRIVER, &ring.avail_flags);
    set_address(DEVICE_RING, &ring.used_flags);
    mmio_write16(common + ENABLE, 1);
    mmio_write8(common + STATUS, 1 | 2 | 8 | 4);
    doorbell = notify + mmio_read16(common + NOTIFY_OFF) * multiplier;
}

/* One request; true when the device has answered, which it does before it sends the message. */
static bool request(void)
{
    volatile u16 *used = &ring.used_index;
    u16 before = *used;
    ring.desc[0].address = (u64)buffer;
    ring.desc[0].length = sizeof(buffer);
    ring.desc[0].flags = 2; /* written by the device */
    ring.avail[ring.avail_index % QUEUE_SIZE] = 0;
    dmb(sy);
    ring.avail_index++;
    dsb(sy);
    mmio_write16(doorbell, 0);
    return wait_until(*used != before, 5000);
}

static bool taken(u32 intid)
{
    bool ok = wait_until(irq_is_signalled(), 5000);
    u32 got = gic_ack();
    gic_eoi(got);
    return ok && got == intid;
}

/* Long enough for a message that must not come. */
static bool silent(void)
{
    delay_ms(5);
    return nothing_pends();
}

static void test_message(void)
{
    check(request() && taken(LPI + EVENT), "a request is answered by the LPI of the event");
    bool ok = true;
    for (unsigned i = 0; i < 50; i++)
        ok &= request() && taken(LPI + EVENT);
    check(ok && nothing_pends(), "... each of 50, by one");
    pci_msix_set(&rng, VECTOR, MESSAGE, EVENT + 1, false);
    check(request() && taken(LPI + EVENT + 1), "another EventID in the table is another LPI");
    pci_msix_set(&rng, VECTOR, MESSAGE, 31, false);
    check(request() && silent(), "an EventID that is not mapped is dropped");
    pci_msix_set(&rng, VECTOR, MESSAGE, EVENT, false);
}

static void test_masks(void)
{
    pci_msix_set(&rng, VECTOR, MESSAGE, EVENT, true);
    check(request() && silent(), "a masked vector sends nothing");
    check(pci_msix_is_pending(&rng, VECTOR), "... and is pending");
    pci_msix_set(&rng, VECTOR, MESSAGE, EVENT, false);
    check(taken(LPI + EVENT), "unmasked, it sends");
    check(!pci_msix_is_pending(&rng, VECTOR), "... and is not pending");
    pci_msix_enable(&rng, true, true);
    check(request() && silent() && pci_msix_is_pending(&rng, VECTOR),
          "the function's mask holds all vectors back");
    pci_msix_enable(&rng, true, false);
    check(taken(LPI + EVENT), "... until it is cleared");
}

static void test_vcpus(void)
{
    its_movi(rng.requester, EVENT, 1);
    its_sync(1);
    check(request() && wait_until(signalled_at(1) == LPI + EVENT, 5000) && nothing_pends(),
          "after MOVI the message arrives at the other vCPU");
    its_movi(rng.requester, EVENT, 0);
    its_sync(0);
    check(taken(LPI + EVENT), "MOVI back takes it along");
    check(request() && taken(LPI + EVENT), "... and the next comes here");
}

static void test_unmapped(void)
{
    its_unmapd(rng.requester);
    check(request() && silent(), "messages of a device that is not mapped are dropped");
    its_mapd(rng.requester, 5);
    check(request() && silent(), "mapped anew, its events are not mapped");
    its_mapti(rng.requester, EVENT, LPI + EVENT, 0);
    check(request() && taken(LPI + EVENT), "... until MAPTI");
}

static void cpu1_lpis(void *arg)
{
    (void)arg;
    lpi_cpu_init();
}

int main(void)
{
    smp_start(2);
    if (!lpi_start(0) || !check(pci_open(&rng, VIRTIO, RNG, RNG_OLD), "there is a virtio-rng-pci"))
        return test_result();
    on_cpu(1, cpu1_lpis, NULL);
    check(rng.msix && pci_msix_vectors(&rng) > VECTOR, "... with MSI-X");
    its_mapd(rng.requester, 5);
    for (u32 event = EVENT; event <= EVENT + 1; event++) {
        lpi_configure(LPI + event, PRIO_DEFAULT, true);
        its_mapti(rng.requester, event, LPI + event, 0);
        its_inv(rng.requester, event);
    }
    its_sync(0);
    pci_msix_enable(&rng, true, false);
    pci_msix_set(&rng, VECTOR, MESSAGE, EVENT, false);
    start_queue();
    test_message();
    test_masks();
    test_vcpus();
    test_unmapped();
    return test_result();
}
