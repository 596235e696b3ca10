/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Atomic instructions across vCPUs (FEAT_LSE): all vCPUs at once on shared words. On a CPU without
 * them the same sums are taken by LDXR/STXR, and LDADD must be UNDEFINED; the path taken is
 * printed.
 */
#include "images/lib/atomic.h"
#include "images/lib/exc.h"
#include "images/lib/test.h"

#define ROUNDS 2000

static struct {
    u64 sum;
    u64 sum_narrow;
    u64 bits;
    u64 toggles;
    u64 maximum;
    u64 cas;
    u64 swapped;
    u64 tokens[CPU_MAX];
    u64 pair[2] __attribute__((aligned(16)));
} shared;

#define LSE(text) ".arch_extension lse\n" text

static void lse_add_byte(u8 *p, u32 n)
{
    __asm__ volatile(LSE("staddb %w1, %0") : "+Q"(*p) : "r"(n) : "memory");
}

static void lse_set(u64 *p, u64 bits)
{
    __asm__ volatile(LSE("stset %1, %0") : "+Q"(*p) : "r"(bits) : "memory");
}

static u64 lse_clear(u64 *p, u64 bits)
{
    u64 old;
    __asm__ volatile(LSE("ldclral %2, %0, %1") : "=r"(old), "+Q"(*p) : "r"(bits) : "memory");
    return old;
}

static void lse_eor(u64 *p, u64 bits)
{
    __asm__ volatile(LSE("steor %1, %0") : "+Q"(*p) : "r"(bits) : "memory");
}

static void lse_umax(u64 *p, u64 n)
{
    __asm__ volatile(LSE("stumax %1, %0") : "+Q"(*p) : "r"(n) : "memory");
}

static u64 lse_swap(u64 *p, u64 n)
{
    u64 old;
    __asm__ volatile(LSE("swpal %2, %0, %1") : "=r"(old), "+Q"(*p) : "r"(n) : "memory");
    return old;
}

static u64 lse_cas(u64 *p, u64 expected, u64 desired)
{
    __asm__ volatile(LSE("casal %0, %2, %1") : "+r"(expected), "+Q"(*p) : "r"(desired) : "memory");
    return expected;
}

/* CASP needs even/odd register pairs. */
static bool lse_casp(u64 *p, u64 lo, u64 hi, u64 new_lo, u64 new_hi)
{
    register u64 x0 __asm__("x0") = lo;
    register u64 x1 __asm__("x1") = hi;
    register u64 x2 __asm__("x2") = new_lo;
    register u64 x3 __asm__("x3") = new_hi;
    __asm__ volatile(LSE("caspal x0, x1, x2, x3, [%2]")
                     : "+r"(x0), "+r"(x1)
                     : "r"(p), "r"(x2), "r"(x3)
                     : "memory");
    return x0 == lo && x1 == hi;
}

static void casp_increment(void)
{
    for (;;) {
        u64 lo = *(volatile u64 *)&shared.pair[0], hi = *(volatile u64 *)&shared.pair[1];
        if (lse_casp(shared.pair, lo, hi, lo + 1, hi - 1))
            return;
    }
}

static void cas_increment(void)
{
    u64 seen = *(volatile u64 *)&shared.cas;
    for (;;) {
        u64 old = lse_cas(&shared.cas, seen, seen + 1);
        if (old == seen)
            return;
        seen = old;
    }
}

/* Every token swapped in comes out exactly once, or is the one left over. */
static void swap_token(u64 token)
{
    u64 out = lse_swap(&shared.swapped, token);
    atomic_add_lse(&shared.tokens[this_cpu()->index], out);
}

static void lse_worker(void *arg)
{
    u64 me = this_cpu()->index;
    (void)arg;
    for (u64 i = 1; i <= ROUNDS; i++) {
        atomic_add_lse(&shared.sum, me + 1);
        lse_add_byte((u8 *)&shared.sum_narrow + 3, 1);
        lse_set(&shared.bits, BIT(me));
        lse_eor(&shared.toggles, BIT(me));
        lse_umax(&shared.maximum, me * ROUNDS + i);
        swap_token(me * ROUNDS + i);
        cas_increment();
        casp_increment();
    }
    lse_eor(&shared.toggles, BIT(me));
}

static void test_lse(void)
{
    u64 n = smp_started(), total = n * ROUNDS, tokens = shared.swapped;
    smp_run_all(lse_worker, NULL);
    check_equal(shared.sum, ROUNDS * n * (n + 1) / 2, "LDADDAL loses no addition of %lu vCPUs", n);
    check_equal(shared.sum_narrow, (total & 0xff) << 24, "STADDB adds to its byte only");
    check_equal(shared.bits, BIT(n) - 1, "STSET sets every vCPU's bit");
    check_equal(shared.toggles, BIT(n) - 1, "STEOR loses no toggle");
    check_equal(shared.maximum, total, "STUMAX keeps the greatest");
    check_equal(shared.cas, total, "CASAL loses no increment");
    check_equal(shared.pair[0], total, "CASPAL loses no increment of the first word");
    check_equal(shared.pair[1], -total, "CASPAL loses no decrement of the second word");
    tokens = shared.swapped;
    for (unsigned i = 0; i < n; i++)
        tokens += shared.tokens[i];
    check_equal(tokens, total * (total + 1) / 2, "SWPAL gives every value out exactly once");
    check_equal(lse_clear(&shared.bits, 1), BIT(n) - 1, "LDCLRAL returns the old value");
    check_equal(shared.bits, (BIT(n) - 1) & ~1ull, "LDCLRAL clears the bit");
}

static void llsc_worker(void *arg)
{
    u64 me = this_cpu()->index;
    (void)arg;
    for (u64 i = 1; i <= ROUNDS; i++)
        atomic_add_llsc(&shared.sum, me + 1);
}

static void test_without_lse(void)
{
    u64 n = smp_started();
    smp_run_all(llsc_worker, NULL);
    check_equal(shared.sum, ROUNDS * n * (n + 1) / 2, "LDAXR/STLXR loses no addition of %lu vCPUs",
                n);
    struct exc_info info = PROBE(atomic_add_lse(&shared.sum, 1));
    check(info.taken && ESR_EC(info.esr) == EC_UNKNOWN,
          "LDADDAL is UNDEFINED where ID_AA64ISAR0_EL1.Atomic is 0");
    info = PROBE(lse_cas(&shared.sum, 0, 0));
    check(info.taken && ESR_EC(info.esr) == EC_UNKNOWN, "so is CASAL");
}

int main(void)
{
    smp_start(0);
    printf("INFO: %u vCPUs, path taken: %s\n", smp_started(), boot.lse ? "LSE" : "LL/SC, no LSE");
    if (boot.lse)
        test_lse();
    else
        test_without_lse();
    return test_result();
}
