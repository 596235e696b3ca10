/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench el2-vsgi-direct: n times a vSGI of GICv4.1 (IHI 0069, GITS_SGIR) to a guest that is
 * resident and takes it: IAR, EOIR. The guest writes GITS_SGIR itself, so that not a single
 * instruction is EL2's: any exit ends the loop too early.
 */
#include "images/bench/el2.h"
#include "images/lib/fdt.h"
#include "images/lib/its.h"

#define GICR_VPROPBASER 0x20070
#define GICR_VPENDBASER 0x20078
#define VPEND_VALID     BIT(63)
#define VPEND_DIRTY     BIT(60)
#define VPEND_GROUPS    (BIT(59) | BIT(58))
#define TYPER_RVPEID    BIT(7)
#define ATTRIBUTES      (1ull << 10 | 7ull << 7)
#define VPE             3ull
#define DOORBELL        9000

extern char direct_vectors[], el1_vectors[], guest[];

static u8 vpe_table[0x10000] __attribute__((aligned(0x10000)));
static u8 redist_table[0x10000] __attribute__((aligned(0x10000)));
static u8 pending_table[0x10000] __attribute__((aligned(0x10000)));
static u8 config_table[LPI_END - INTID_LPI] __attribute__((aligned(4096)));

EL2_VECTORS("direct_vectors", "b el2_leave\n", "b el2_lost\n");
EL1_VECTORS("el1_vectors", EL1_TAKE_IRQ);
__asm__("guest:\n"
        "mov x4, xzr\n"
        "mov x6, #0x0020\n" /* GITS_SGIR */
        "movk x6, #0x080a, lsl #16\n"
        "1: add x4, x4, #1\n"
        "str x2, [x6]\n"
        "2: cmp x1, x4\n"
        "b.lo 2b\n"
        "cmp x4, x0\n"
        "b.lo 1b\n"
        "hvc #0\n");

static void send(u64 w0, u64 w1, u64 w2, u64 w3)
{
    its_send((struct its_command){{w0, w1, w2, w3}});
}

/* One vPE with SGI 1 enabled, in Group 1. */
static void map(void)
{
    its_init();
    its_enable(false);
    mmio_write64(BOARD_GITS + its_baser(GITS_BASER_VPE),
                 GITS_BASER_VALID | (u64)vpe_table | 1ull << 10 | 7ull << 59 | GITS_BASER_PAGE_64K);
    its_enable(true);
    lpi_configure(DOORBELL, PRIO_DEFAULT, true);
    lpi_cpu_init();
    mmio_write64(this_cpu()->gicr + GICR_VPROPBASER,
                 BIT(63) | 2ull << 53 | (u64)redist_table | ATTRIBUTES);
    send(ITS_VMAPP | BIT(8) | (u64)config_table, VPE << 32 | DOORBELL, BIT(63) | its_rdbase(0),
         (u64)pending_table | (LPI_ID_BITS - 1));
    send(ITS_VSGI | BIT(8) | BIT(10) | 4ull << 20 | 1ull << 32, VPE << 32, 0, 0);
    send(ITS_VSYNC, VPE << 32, 0, 0);
}

static void make_resident(void)
{
    u64 reg = this_cpu()->gicr + GICR_VPENDBASER;

    dsb(sy);
    mmio_write64(reg, VPEND_VALID | VPEND_GROUPS | VPE);
    while (mmio_read64(reg) & VPEND_DIRTY)
        ;
    dsb(sy);
}

int main(void)
{
    u64 n = bootarg_u64("n", 1000);

    if (!(mmio_read64(this_cpu()->gicr + GICR_TYPER) & TYPER_RVPEID))
        panic("el2-vsgi-direct needs -machine gic-version=4.1");
    map();
    make_resident();
    el2_guest_init(el1_vectors, 0);
    return el2_result(el2_enter(guest, n, VPE << 32 | 1, direct_vectors), n);
}
