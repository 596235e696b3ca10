/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Accesses that no driver makes: exclusives, atomics, pairs, vectors, every size and cache
 * maintenance, on devices and on holes between them. The architecture allows much here; the
 * machine must live on, and a register must read afterwards what it read before.
 */
#include "images/lib/board.h"
#include "images/lib/exc.h"
#include "images/lib/gic.h"
#include "images/lib/smp.h"
#include "images/lib/test.h"
#include "tests/guest/code_insn.h"

static const u64 places[] = {
    BOARD_GICD + GICD_TYPER,
    BOARD_GICR + GICR_TYPER,
    BOARD_PL011 + 0x18,
    BOARD_PL031,
    0x0a000000,
    0x09020000,
    0x09030000,
    BOARD_HOLE,
    0,
    0x04000000,
    BOARD_GICD + 0xfff0,
    BOARD_GICR + 0x1fff0,
    0x3ffffff0,
};

/* Words that read or write at [x0] with x1, x2, x3 as data; none changes x0. */
static const u32 words[] = {
    0x39400001, /* ldrb w1, [x0]        */
    0x79400001, /* ldrh w1, [x0]        */
    0xb9400001, /* ldr  w1, [x0]        */
    0xf9400001, /* ldr  x1, [x0]        */
    0xa9400801, /* ldp  x1, x2, [x0]    */
    0x3dc00000, /* ldr  q0, [x0]        */
    0xad400400, /* ldp  q0, q1, [x0]    */
    0x885f7c01, /* ldxr w1, [x0]        */
    0xc85f7c01, /* ldxr x1, [x0]        */
    0xc87f0801, /* ldxp x1, x2, [x0]    */
    0xc8037c01, /* stxr w3, x1, [x0]    */
    0xc8dffc01, /* ldar x1, [x0]        */
    0xf8400401, /* ldr  x1, [x0], #0    */
    0xd50b7a20, /* dc   cvac, x0        */
    0xd50b7e20, /* dc   civac, x0       */
    0xd50b7520, /* ic   ivau, x0        */
    0x4c40a000, /* ld1  {v0, v1}, [x0]  */
    0xd5087800, /* at   s1e1r, x0       */
    0xf8200021, /* ldadd x0, x1, [x1]: UNDEFINED or an abort, not at [x0] */
};

static u32 code[4] __attribute__((aligned(64)));

static struct exc_info run_at(u32 insn, u64 addr)
{
    code[0] = insn;
    code[1] = INSN_RET;
    sync_code(code, 8);
    return PROBE({
        register u64 x0 __asm__("x0") = addr;
        register u64 x1 __asm__("x1") = 0;
        __asm__ volatile("blr %2"
                         : "+r"(x0), "+r"(x1)
                         : "r"(code)
                         : "x2", "x3", "x30", "cc", "memory");
    });
}

static void test_place(u64 addr)
{
    unsigned aborted = 0;
    for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
        aborted += run_at(words[i], addr).taken;
    check(mmio_read32(BOARD_GICD + GICD_PIDR2) >> 4 == 3,
          "after odd accesses at 0x%lx the GIC still answers", addr);
    printf("INFO: %u of %zu took an exception\n", aborted, ARRAY_SIZE(words));
}

/* Fetching instructions from a device: XN says no before the device is asked. */
static void test_fetch(void)
{
    struct exc_info info = PROBE(call_at(BOARD_GICD));
    check(info.taken && ESR_EC(info.esr) == EC_IABT && (ESR_FSC(info.esr) & ~3) == FSC_PERMISSION,
          "a fetch from a device that is mapped XN is a permission fault");
}

int main(void)
{
    u32 typer = mmio_read32(BOARD_GICD + GICD_TYPER);
    for (unsigned i = 0; i < ARRAY_SIZE(places); i++)
        test_place(places[i]);
    test_fetch();
    check_equal(mmio_read32(BOARD_GICD + GICD_TYPER), typer, "GICD_TYPER reads as before");
    return test_result();
}
