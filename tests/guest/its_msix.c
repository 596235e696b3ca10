/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LPIs from a device: virtio-rng-pci writes its MSI-X message to GITS_TRANSLATER, and its Requester
 * ID is the DeviceID (IHI 0069 5.2; msi-map of the board is the identity). The device answers a
 * request for random bytes with one interrupt (virtio 1.1, 2.6 and 4.1).
 */
#include "tests/guest/gic_views.h"
#include "tests/guest/lpi_poll.h"
#include "tests/guest/virtio_rng.h"

#define VECTOR  1
#define EVENT   3
#define MESSAGE (BOARD_GITS + GITS_TRANSLATER)

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
    start_queue(VECTOR);
    mmio_write16(common + SELECT, 0);
    check_equal(mmio_read16(common + QUEUE_VECTOR), VECTOR, "the queue takes MSI-X vector 1");
    test_message();
    test_masks();
    test_vcpus();
    test_unmapped();
    return test_result();
}
