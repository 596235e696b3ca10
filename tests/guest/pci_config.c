/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PCIe config space, base addresses and INTx, on virtio-rng-pci: PCI Local Bus 3.0 chapters 6.1 and
 * 6.2, PCI Express Base 5.0 section 7.2.2 (ECAM), virtio 1.1 section 4.1.
 */
#include "images/lib/mmu.h"
#include "images/lib/test.h"
#include "tests/guest/virtio_rng.h"

#define BRIDGE      BOARD_PCI_ECAM
#define NOT_THERE   (BOARD_PCI_ECAM + (31ull << 15))
#define LOW_AT      0x30000000ull
#define HIGH_AT     0x8040000000ull
#define INTID_INTA  (32 + 3)
#define NUM_QUEUES  18
#define COMMON_TYPE 1
#define ISR_TYPE    3
#define WINDOW_TYPE 5

enum { COMMAND = 0x04, PCI_STATUS = 0x06, CLASS = 0x0a, BAR0 = 0x10, PIN = 0x3d };
enum { MEMORY = 2, MASTER = 4, INTX_DISABLE = 0x400, INTX_SHOWN = 8 };

static void set_command(u16 value)
{
    mmio_write16(rng.config + COMMAND, value);
    dsb(sy);
}

/* The vendor capability of this type. */
static u32 capability(u8 type)
{
    u32 at = 0;
    while ((at = pci_capability(&rng, PCI_CAP_VENDOR, at)) &&
           mmio_read8(rng.config + at + 3) != type)
        ;
    return at;
}

static void test_absent(void)
{
    check_equal(mmio_read16(BRIDGE + CLASS), 0x0600, "device 0 is the host bridge");
    check_equal(mmio_read32(NOT_THERE), 0xffffffff, "a device that is not there reads as ones");
    check_equal(mmio_read16(NOT_THERE), 0xffff, "... by 16 bits");
    check_equal(mmio_read8(NOT_THERE + 3), 0xff, "... by 8 bits");
    mmio_write32(NOT_THERE + COMMAND, 7);
    check_equal(mmio_read32(NOT_THERE + COMMAND), 0xffffffff, "... and swallows writes");
    check_equal(mmio_read32(rng.config + 0x1000), 0xffffffff, "so does function 1 of the device");
    check_equal(mmio_read32(rng.config + (1 << 20)), 0xffffffff, "... and the same one of bus 1");
}

static void test_identity(void)
{
    u32 id = mmio_read32(rng.config);
    mmio_write32(rng.config, ~id);
    check_equal(mmio_read32(rng.config), id, "vendor and device are read-only");
    check_equal(mmio_read8(rng.config + PIN), 1, "the device has INTA#");
    check(mmio_read16(rng.config + PCI_STATUS) & 0x10, "... and capabilities");
    for (u8 type = COMMON_TYPE; type <= WINDOW_TYPE; type++)
        check(capability(type) != 0, "... among them virtio's structure of type %u", type);
}

/* Moves the BAR of the common configuration, which is 64 bits wide. */
static u64 move_bar(u64 address)
{
    u32 at = capability(COMMON_TYPE);
    u8 bar = mmio_read8(rng.config + at + 4);
    mmio_write32(rng.config + BAR0 + 4 * bar, address);
    mmio_write32(rng.config + BAR0 + 4 * bar + 4, address >> 32);
    dsb(sy);
    rng.bar[bar] = address;
    return address + mmio_read32(rng.config + at + 8);
}

static void test_bar(void)
{
    u64 at = move_bar(LOW_AT);
    set_command(0);
    check_equal(mmio_read16(at + NUM_QUEUES), 0xffff, "without Memory Space nobody answers");
    set_command(MEMORY);
    check_equal(mmio_read16(at + NUM_QUEUES), 1, "with it the device does");
    mmu_map(HIGH_AT, HIGH_AT, MMU_DEVICE);
    u64 high = move_bar(HIGH_AT);
    check_equal(mmio_read16(high + NUM_QUEUES), 1, "a 64-bit BAR moves above 4 GiB");
    check_equal(mmio_read16(at + NUM_QUEUES), 0xffff, "... and has left its old place");
    at = move_bar(LOW_AT + 0x100000);
    check_equal(mmio_read16(at + NUM_QUEUES), 1, "... and back");
}

/* Virtio 1.1 section 4.1.4.9. */
static void test_window(void)
{
    u64 window = rng.config + capability(WINDOW_TYPE),
        common_at = rng.config + capability(COMMON_TYPE);
    set_command(0);
    mmio_write8(window + 4, mmio_read8(common_at + 4));
    mmio_write32(window + 8, mmio_read32(common_at + 8) + NUM_QUEUES);
    mmio_write32(window + 12, 2);
    check_equal(mmio_read16(window + 16), 1, "config space has a window on the BAR");
    set_command(MEMORY | MASTER);
}

static bool status_shows(void)
{
    return mmio_read16(rng.config + PCI_STATUS) & INTX_SHOWN;
}

static void test_intx(void)
{
    u32 intid = INTID_INTA + rng.requester / 8 % 4, unused;
    start_queue(NO_VECTOR);
    u64 isr = structure(ISR_TYPE, &unused);
    check(!gic_is_pending(intid), "INTA# is low");
    check(request() && wait_until(gic_is_pending(intid), 5000),
          "a request's interrupt raises its wire");
    for (u32 other = INTID_INTA; other < INTID_INTA + 4; other++) {
        if (other != intid)
            check(!gic_is_pending(other), "... and not INTID %u", other);
    }
    check(status_shows(), "... which Status shows");
    set_command(MEMORY | MASTER | INTX_DISABLE);
    check(!gic_is_pending(intid) && status_shows(), "Interrupt Disable lowers the wire alone");
    set_command(MEMORY | MASTER);
    check(gic_is_pending(intid), "... until it is cleared");
    check_equal(mmio_read8(isr), 1, "ISR status says that a queue was used");
    check(!gic_is_pending(intid) && !status_shows(), "... and reading it acknowledges");
    check_equal(mmio_read8(isr), 0, "... once");
}

/* A message is a write like any other of the device: it may go to memory. */
static void test_message_to_memory(void)
{
    static volatile u32 word;
    pci_msix_enable(&rng, true, false);
    pci_msix_set(&rng, 0, (u64)&word, 0x12345678, false);
    start_queue(0);
    check(request() && wait_until(word == 0x12345678, 5000), "a message to RAM is a word there");
    check(!status_shows(), "... instead of INTA#");
}

int main(void)
{
    if (!check(pci_open(&rng, VIRTIO, RNG, RNG_OLD), "there is a virtio-rng-pci"))
        return test_result();
    test_absent();
    test_identity();
    test_bar();
    test_window();
    test_intx();
    test_message_to_memory();
    return test_result();
}
