/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench el2-latency: how many ticks after CNTV_CVAL_EL0 was reached the vector's first instruction
 * runs, which reads the counter. With a counter of 1 GHz and 1 ns an instruction a tick is an
 * instruction. What is interrupted is at EL1; the interrupt goes to EL1, or to EL2 as a guest's
 * exit. -append "n=N busy=B": N samples each, and B more vCPUs that
 * spin meanwhile; prints a histogram.
 */
#include "images/bench/el2.h"
#include "images/lib/fdt.h"
#include "images/lib/timer.h"

#define BUCKETS 24 /* 0..7 ticks, then doubling from 8 on */

extern char latency_vectors[], el1_vectors[], nops[], branches[], memory[], traps[], sleeps[];

/* x1: the counter at the vector. The way out of EL1 is an HVC. */
EL2_VECTORS("latency_vectors",
            "mrs x9, esr_el2\n"
            "and x9, x9, #0xffff\n"
            "cmp x9, #1\n"
            "b.eq el2_lost\n"
            "cmp x9, #2\n" /* the guest's own HVC */
            "b.eq el2_leave\n"
            "eret\n",
            "mrs x1, cntvct_el0\n"
            "msr cntv_ctl_el0, xzr\n"
            "isb\n"
            "mrs x9, ICC_IAR1_EL1\n"
            "msr ICC_EOIR1_EL1, x9\n"
            "b el2_leave\n");
EL1_VECTORS("el1_vectors", "mrs x1, cntvct_el0\n"
                           "msr cntv_ctl_el0, xzr\n"
                           "isb\n"
                           "mrs x3, ICC_IAR1_EL1\n"
                           "msr ICC_EOIR1_EL1, x3\n"
                           "hvc #2\n");
__asm__("nops: .rept 1000\nadd x4, x4, #1\n.endr\nb nops\n"
        "branches: 1: cbz x4, 2f\n2: b 1b\n"
        "memory: adr x5, memory_word\n1: ldr x6, [x5]\nadd x6, x6, #1\nstr x6, [x5]\nb 1b\n"
        "traps: hvc #0\nadd x4, x4, #1\nadd x4, x4, #1\nb traps\n"
        "sleeps: wfi\nb sleeps\n"
        ".balign 8\nmemory_word: .quad 0\n");

struct histogram {
    u64 least, most, sum, n, buckets[BUCKETS];
};

static unsigned bucket_of(u64 ticks)
{
    unsigned log = 63 - __builtin_clzll(ticks | 1);

    if (ticks < 8)
        return ticks;
    return log + 5 < BUCKETS ? log + 5 : BUCKETS - 1;
}

static void add(struct histogram *h, u64 ticks)
{
    h->least = h->n == 0 || ticks < h->least ? ticks : h->least;
    h->most = ticks > h->most ? ticks : h->most;
    h->sum += ticks;
    h->n++;
    h->buckets[bucket_of(ticks)]++;
}

static void print(const char *name, unsigned el, const struct histogram *h)
{
    printf("latency %s el%u n %lu least %lu most %lu sum %lu :", name, el, h->n, h->least, h->most,
           h->sum);
    for (unsigned i = 0; i < BUCKETS; i++)
        if (h->buckets[i] != 0)
            printf(" %lu*%lu", h->buckets[i], i < 8 ? i : 1ul << (i - 5));
    printf("\n");
}

/* Moments from 1000 ticks on, in no rhythm with the loop. */
static void measure(const char *name, const char *guest, unsigned el, u64 n)
{
    struct histogram h = {0};

    write_sysreg(el == 2 ? HCR_GUEST : BIT(31), hcr_el2);
    for (u64 i = 0; i < n; i++) {
        u64 cval = counter_virtual() + 1000 + i * 7919 % 5003;
        write_sysreg(cval, cntv_cval_el0);
        write_sysreg(TIMER_ENABLE, cntv_ctl_el0);
        isb();
        u64 at = el2_enter(guest, 0, 0, latency_vectors);
        add(&h, at - cval);
    }
    print(name, el, &h);
}

static void spin(void *unused)
{
    (void)unused;
    for (;;)
        __asm__ volatile("");
}

static void start_others(unsigned count)
{
    if (count != 0)
        smp_start(count + 1);
    for (unsigned i = 1; i <= count; i++)
        smp_run(i, spin, NULL);
}

int main(void)
{
    static const struct {
        const char *name, *code;
    } loops[] = {{"nops", nops}, {"branches", branches}, {"memory", memory}, {"sleeps", sleeps}};
    u64 n = bootarg_u64("n", 1000);

    start_others((unsigned)bootarg_u64("busy", 0));
    gic_setup(INTID_CNTV, PRIO_DEFAULT, false);
    el2_guest_init(el1_vectors, 0);
    for (unsigned i = 0; i < ARRAY_SIZE(loops); i++)
        for (unsigned el = 1; el <= 2; el++)
            measure(loops[i].name, loops[i].code, el, n);
    measure("traps", traps, 2, n);
    return el2_result(n, n);
}
