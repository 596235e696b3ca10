/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Message-based SPIs from a device: virtio-rng-pci writes its MSI-X message to GICD_SETSPI_NSR and
 * GICD_CLRSPI_NSR (IHI 0069 12.9.2, 12.9.35).
 */
#include "images/lib/test.h"
#include "tests/guest/virtio_rng.h"

#define VECTOR 1
#define SETSPI (BOARD_GICD + 0x40)
#define CLRSPI (BOARD_GICD + 0x48)

static bool send(u64 address, u32 data)
{
    pci_msix_set(&rng, VECTOR, address, data, false);
    return request();
}

int main(void)
{
    if (!check(pci_open(&rng, VIRTIO, RNG, RNG_OLD), "there is a virtio-rng-pci"))
        return test_result();
    gic_forget(SPI);
    gic_enable(SPI);
    pci_msix_enable(&rng, true, false);
    start_queue(VECTOR);
    check(send(SETSPI, SPI) && wait_until(irq_is_signalled(), 5000),
          "a device's message to GICD_SETSPI_NSR makes an SPI pending");
    check(send(CLRSPI, SPI) && wait_until(!gic_is_pending(SPI), 5000),
          "... one to GICD_CLRSPI_NSR makes it idle");
    check(send(SETSPI, SPI) && wait_until(irq_is_signalled(), 5000), "... and again");
    check_equal(gic_ack(), SPI, "the SPI is acknowledged as any other");
    gic_eoi(SPI);
    check(send(SETSPI, 1023) && !gic_is_pending(SPI), "an INTID that is none is dropped");
    return test_result();
}
