/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A guest that runs wild: four pages of pseudo-random instruction words, executed at EL1
 * (wild.elf), EL2 (wild_el2.elf, virtualization=on) or EL3 (wild_el3.elf, secure=on) with vectors
 * that count and go on. It does not end by itself: give irqlab --max-insns; about 130,000
 * instructions go by before the first wild one. What is tested is that the emulator lives, and that
 * one seed runs the same way each time.
 *
 * The seed is `seed=N` in the kernel command line (-append), or the 64-bit word at 0x40070000
 * (-device loader,addr=0x40070000,data=N,data-len=8 under qemu). It also decides whether the MMU is
 * on and whether words are drawn evenly or from the shapes of real instructions; `mmu=` and `pure=`
 * override that.
 */
#include "images/lib/fdt.h"
#include "images/lib/gic.h"
#include "images/lib/mmu.h"
#include "images/lib/print.h"
#include "images/lib/smp.h"
#include "images/lib/timer.h"

#ifndef WILD_EL
#define WILD_EL 1
#endif
BOOT_EL(WILD_EL);

#define SPSR_EL3H 0x00d

#define WORDS        (4 * 1024)
#define SEED_MAILBOX ((const volatile u64 *)0x40070000)

static u32 arena[WORDS] __attribute__((aligned(4096)));
u64 wild_exceptions; /* read it with the debugger */

/*
 * Each vector counts and goes on behind the instruction; every eighth time, or when that is outside
 * the arena, at another place of it. SPSR.IL is cleared, or every later instruction would be an
 * illegal state; every 64th exception goes back to where it all began, so that no run stays at EL0
 * for good. The virtual timer is set to interrupt 32 ticks on, so that no loop is for good either.
 */
#define WILD_VECTOR(el)                                                                            \
    ".balign 128\n"                                                                                \
    "   adrp x29, wild_exceptions\n"                                                               \
    "   add  x29, x29, :lo12:wild_exceptions\n"                                                    \
    "   ldr  x30, [x29]\n"                                                                         \
    "   add  x30, x30, #1\n"                                                                       \
    "   str  x30, [x29]\n"                                                                         \
    "   mrs  x29, elr_" el "\n"                                                                    \
    "   add  x29, x29, #4\n"                                                                       \
    "   b    wild_continue_" el "\n"

#define WILD_CONTINUE(el, spsr)                                                                    \
    "wild_continue_" el ":\n"                                                                      \
    "   mov  x28, #32\n"                                                                           \
    "   msr  cntv_tval_el0, x28\n"                                                                 \
    "   mov  x28, #1\n"                                                                            \
    "   msr  cntv_ctl_el0, x28\n"                                                                  \
    "   mrs  x28, spsr_" el "\n"                                                                   \
    "   and  x28, x28, #~(1 << 20)\n"                                                              \
    "   tst  x30, #63\n"                                                                           \
    "   mov  x27, #" spsr "\n"                                                                     \
    "   csel x28, x27, x28, eq\n"                                                                  \
    "   msr  spsr_" el ", x28\n"                                                                   \
    "   adrp x28, arena\n"                                                                         \
    "   add  x28, x28, :lo12:arena\n"                                                              \
    "   tst  x30, #7\n"                                                                            \
    "   b.eq 2f\n"                                                                                 \
    "   sub  x27, x29, x28\n"                                                                      \
    "   lsr  x27, x27, #14\n" /* the arena is 1 << 14 bytes */                                     \
    "   cbz  x27, 1f\n"                                                                            \
    "2: mov  x27, #0x9e35\n"                                                                       \
    "   mul  x29, x30, x27\n"                                                                      \
    "   and  x29, x29, #0xfff\n"                                                                   \
    "   add  x29, x28, x29, lsl #2\n"                                                              \
    "1: msr  elr_" el ", x29\n"                                                                    \
    "   eret\n"

#define WILD_TABLE(el, spsr)                                                                       \
    ".balign 2048\n"                                                                               \
    "wild_table_" el ":\n"                                                                         \
    ".rept 16\n" WILD_VECTOR(el) ".endr\n" WILD_CONTINUE(el, spsr)

__asm__(".text\n" WILD_TABLE("el1", "5") WILD_TABLE("el2", "9") WILD_TABLE("el3", "13"));
extern char wild_table_el1[], wild_table_el2[], wild_table_el3[];
_Static_assert(sizeof(arena) == 1 << 14, "WILD_CONTINUE");

/* xorshift64*: a full period of 2^64 - 1, the same everywhere. */
static u64 next(u64 *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 2685821657736338717ull;
}

/* Shapes: the bits that are given, and which bits those are; the rest is random. */
static const struct shape {
    u32 bits;
    u32 mask;
} shapes[] = {
    {0xd5000000, 0xffc00000},                           /* system: MSR, MRS, SYS, hints, barriers */
    {0xd5000000, 0xffc00000}, {0xd5180000, 0xfff80000}, /* MSR of op0 = 3                         */
    {0xd5380000, 0xfff80000},                           /* MRS of op0 = 3                         */
    {0xd5080000, 0xfff8f000},                           /* SYS: AT, DC, IC, TLBI                  */
    {0xd5087000, 0xfff8f000}, {0xd5088000, 0xfff8f000},
    {0xd4000000, 0xff000000}, /* exceptions: SVC, HVC, SMC, BRK, HLT    */
    {0x38000000, 0x3a000000}, /* loads and stores                       */
    {0x28000000, 0x3e000000}, /* pairs                                  */
    {0x08000000, 0x3f000000}, /* exclusives and ordered                 */
    {0x38200000, 0x3f200c00}, /* atomics                                */
    {0x0c000000, 0xbf000000}, /* SIMD structures                        */
    {0x0e000000, 0x9e000000}, /* SIMD                                   */
    {0x1e000000, 0x5e000000}, /* FP                                     */
    {0x10000000, 0x1c000000}, /* immediates                             */
    {0x0a000000, 0x0e000000}, /* registers                              */
    {0x34000000, 0x7e000000}, /* CBZ                                    */
    {0x54000000, 0xfffff010}, /* B.cond, near                           */
    {0xd69f03e0, 0xffffffff}, /* ERET                                   */
};

static u32 draw(u64 *state, bool pure)
{
    u64 r = next(state);
    u32 word = r;
    if (pure || (r >> 60) == 0)
        return word;
    const struct shape *shape = &shapes[(r >> 32) % ARRAY_SIZE(shapes)];
    return (word & ~shape->mask) | shape->bits;
}

static void fill(u64 seed, bool pure)
{
    u64 state = seed * 0x9e3779b97f4a7c15ull + 1;
    for (unsigned i = 0; i < WORDS; i++)
        arena[i] = draw(&state, pure);
    sync_code(arena, sizeof(arena));
}

/* What a general register starts with: the arena, a device, a small number, or noise. */
static u64 draw_register(u64 *state)
{
    static const u64 devices[] = {0x08000000, 0x080a0000, 0x09000000, 0x09010000,
                                  0x0a000000, 0x0b000000, 0x40000000, 0x47ff0000};
    u64 r = next(state);
    switch (r >> 62) {
    case 0:
        return (u64)arena + (r & 0x3fff);
    case 1:
        return devices[r & 7] + (r >> 8 & 0xff8);
    case 2:
        return r & 0xff;
    default:
        return r;
    }
}

static void set_vectors(void)
{
    write_sysreg((u64)wild_table_el1, vbar_el1);
    if (current_el() >= 2)
        write_sysreg(0x30d00800, sctlr_el1);
#if WILD_EL >= 2
    write_sysreg((u64)wild_table_el2, vbar_el2);
#endif
#if WILD_EL == 3
    write_sysreg((u64)wild_table_el3, vbar_el3);
    write_sysreg(0x30c50830, sctlr_el2);
    write_sysreg(BIT(31), hcr_el2);
    /* The timer is an FIQ that EL3 takes. */
    mmio_write32(BOARD_GICD + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GRP0);
    gic_set_group(INTID_CNTV, 0);
    write_sysreg(1, ICC_IGRPEN0_EL1);
    write_sysreg(3 << 4 | BIT(2) | BIT(8) | BIT(10) | BIT(18), scr_el3); /* FIQ, HCE, RW, EEL2 */
#endif
    isb();
}

/* guest_run() does not come back: exceptions of the wild code go to the wild tables. */
int main(void)
{
    u64 seed = bootarg_u64("seed", *SEED_MAILBOX);
    bool pure = bootarg_u64("pure", (seed & 7) == 7), mmu = bootarg_u64("mmu", seed & 1);
    printf("wild: seed %lu at EL%u, MMU %s, %s words\n", seed, current_el(), mmu ? "on" : "off",
           pure ? "even" : "shaped");
    fill(seed, pure);
    struct guest g = {.pc = (u64)arena,
                      .spsr = WILD_EL == 3   ? SPSR_EL3H
                              : WILD_EL == 2 ? SPSR_EL2H
                                             : SPSR_EL1H,
                      .sp_el0 = (u64)arena + 0x2000};
    for (unsigned i = 0; i < 31; i++)
        g.x[i] = draw_register(&seed);
    if (!mmu)
        mmu_disable();
    gic_setup(INTID_CNTV, PRIO_HIGH, false);
    virtual_timer_arm(1000);
    set_vectors();
    guest_run(&g);
    return 1;
}
