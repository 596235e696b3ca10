/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench el2-vsgi-pair: n times an SGI from the guest's vCPU 0 to its vCPU 1 and one back; each has
 * a PE of its own and waits in WFI. ICC_SGI1R_EL1 traps, EL2 notes the SGI and kicks the other PE
 * by a physical SGI; EL2 there lists it, the guest takes it: IAR, EOIR.
 */
#include "images/bench/el2.h"
#include "images/lib/fdt.h"

#define KICK 8

extern char pair_vectors[], el1_vectors[], first_guest[], second_guest[];

/* In TPIDR_EL2; the code below knows the layout. */
static struct pe {
    u64 noted; /* the SGI for this one */
    struct pe *other;
    u64 kick_other; /* an ICC_SGI1R_EL1 value */
} __attribute__((aligned(64))) pes[2];

EL2_VECTORS("pair_vectors",
            "mrs x9, esr_el2\n"
            "lsr x9, x9, #26\n"
            "cmp x9, #0x18\n"
            "b.ne el2_leave\n"
            "mrs x9, tpidr_el2\n"
            "ldp x10, x11, [x9, #8]\n"
            "ubfx x12, x2, #24, #4\n"
            "str x12, [x10]\n"
            "dsb ishst\n"
            "msr ICC_SGI1R_EL1, x11\n"
            "isb\n"
            "mrs x9, elr_el2\n"
            "add x9, x9, #4\n"
            "msr elr_el2, x9\n"
            "eret\n",
            "mrs x9, ICC_IAR1_EL1\n"
            "mrs x10, tpidr_el2\n"
            "ldr x11, [x10]\n"
            "str xzr, [x10]\n"
            "mov x12, #0x5000000000000000\n" /* pending, Group 1 */
            "movk x12, #0x50a0, lsl #48\n"
            "orr x12, x12, x11\n"
            "msr ICH_LR0_EL2, x12\n"
            "msr ICC_EOIR1_EL1, x9\n"
            "eret\n");
EL1_VECTORS("el1_vectors", EL1_TAKE_IRQ);
__asm__(".macro wait_for_x4\n" /* until x4 SGIs were taken */
        "2: msr daifset, #2\n"
        "cmp x1, x4\n"
        "b.hs 3f\n"
        "wfi\n"
        "msr daifclr, #2\n"
        "isb\n"
        "b 2b\n"
        "3: msr daifclr, #2\n"
        ".endm\n"
        "first_guest:\n"
        "mov x4, xzr\n"
        "1: add x4, x4, #1\n"
        "msr ICC_SGI1R_EL1, x2\n"
        "wait_for_x4\n"
        "cmp x4, x0\n"
        "b.lo 1b\n"
        "hvc #0\n"
        "second_guest:\n"
        "mov x4, xzr\n"
        "1: add x4, x4, #1\n"
        "wait_for_x4\n"
        "msr ICC_SGI1R_EL1, x2\n"
        "cmp x4, x0\n"
        "b.lo 1b\n"
        "hvc #0\n");

static u64 run(const char *guest, unsigned cpu, u64 n)
{
    u64 target = cpus[!cpu].affinity;

    pes[cpu].other = &pes[!cpu];
    pes[cpu].kick_other = gic_sgi1r(KICK, target);
    write_sysreg((u64)&pes[cpu], tpidr_el2);
    gic_setup(KICK, PRIO_DEFAULT, true);
    el2_guest_init(el1_vectors, 0);
    u64 done = el2_enter(guest, n, gic_sgi1r(1, target), pair_vectors);
    exc_init();
    return done;
}

static void second(void *n)
{
    run(second_guest, 1, (u64)n);
}

int main(void)
{
    u64 n = bootarg_u64("n", 1000);

    smp_start(2);
    if (smp_started() != 2)
        panic("el2-vsgi-pair needs 2 vCPUs");
    smp_run(1, second, (void *)n);
    u64 done = run(first_guest, 0, n);
    smp_wait(1);
    return el2_result(done, n);
}
