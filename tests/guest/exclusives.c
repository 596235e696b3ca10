/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Load-exclusive and store-exclusive (DDI 0487 B2): counters from all vCPUs at every width, and
 * what clears the monitor.
 */
#include "images/lib/atomic.h"
#include "images/lib/exc.h"
#include "images/lib/test.h"
#include "images/lib/timer.h"

#define ROUNDS 2000

static u64 counter64 __attribute__((aligned(64)));
static u32 counter32 __attribute__((aligned(64)));
static u16 counter16 __attribute__((aligned(64)));
static u8 counter8 __attribute__((aligned(64)));
static u64 counter_pair[2] __attribute__((aligned(64)));
static u64 turns_taken[CPU_MAX];

#define ADD_ONE(name, type, ld, st, w)                                                             \
    static void name(type *p)                                                                      \
    {                                                                                              \
        u64 value;                                                                                 \
        u32 failed;                                                                                \
        __asm__ volatile("1: " ld " %" w "0, %2\n"                                                 \
                         "   add %0, %0, #1\n"                                                     \
                         "   " st " %w1, %" w "0, %2\n"                                            \
                         "   cbnz %w1, 1b\n"                                                       \
                         : "=&r"(value), "=&r"(failed), "+Q"(*p)                                   \
                         :                                                                         \
                         : "memory");                                                              \
    }

ADD_ONE(add_one64, u64, "ldxr", "stxr", "")
ADD_ONE(add_one32, u32, "ldxr", "stxr", "w")
ADD_ONE(add_one16, u16, "ldxrh", "stxrh", "w")
ADD_ONE(add_one8, u8, "ldaxrb", "stlxrb", "w")

static void add_one_pair(u64 *p)
{
    u64 a, b;
    u32 failed;
    __asm__ volatile("1: ldxp %0, %1, [%3]\n"
                     "   add %0, %0, #1\n"
                     "   sub %1, %1, #1\n"
                     "   stxp %w2, %0, %1, [%3]\n"
                     "   cbnz %w2, 1b\n"
                     : "=&r"(a), "=&r"(b), "=&r"(failed)
                     : "r"(p)
                     : "memory");
}

static void count_up(void *arg)
{
    (void)arg;
    for (unsigned i = 0; i < ROUNDS; i++) {
        add_one64(&counter64);
        add_one32(&counter32);
        add_one16(&counter16);
        add_one8(&counter8);
        add_one_pair(counter_pair);
    }
    turns_taken[this_cpu()->index] += ROUNDS;
}

static void test_counters(void)
{
    u64 total = (u64)ROUNDS * smp_started();
    smp_run_all(count_up, NULL);
    check_equal(counter64, total, "LDXR/STXR of 64 bits loses no increment of %u vCPUs",
                smp_started());
    check_equal(counter32, total, "LDXR/STXR of 32 bits loses no increment");
    check_equal(counter16, total & 0xffff, "LDXRH/STXRH loses no increment");
    check_equal(counter8, total & 0xff, "LDAXRB/STLXRB loses no increment");
    check_equal(counter_pair[0], total, "LDXP/STXP loses no increment of the first word");
    check_equal(counter_pair[1], -total, "LDXP/STXP loses no decrement of the second word");
}

static u64 shared __attribute__((aligned(64)));
static u32 step;

static u64 load_exclusive(u64 *p)
{
    u64 value;
    __asm__ volatile("ldxr %0, %1" : "=r"(value) : "Q"(*p) : "memory");
    return value;
}

/* Returns the status: 0 stored, 1 not. */
static u32 store_exclusive(u64 *p, u64 value)
{
    u32 status;
    __asm__ volatile("stxr %w0, %2, %1" : "=&r"(status), "+Q"(*p) : "r"(value) : "memory");
    return status;
}

/* The architecture lets a store-exclusive fail spuriously: try often. */
static bool stores_eventually(u64 *p, u64 value)
{
    for (unsigned i = 0; i < 1000; i++) {
        load_exclusive(p);
        if (!store_exclusive(p, value))
            return *p == value;
    }
    return false;
}

static void test_alone(void)
{
    check(stores_eventually(&shared, 5), "LDXR then STXR stores");
    shared = 5;
    check_equal(store_exclusive(&shared, 6), 1, "STXR without LDXR does not store");
    check_equal(shared, 5, "... and leaves memory alone");
    load_exclusive(&shared);
    store_exclusive(&shared, 5);
    check_equal(store_exclusive(&shared, 6), 1, "a second STXR after one LDXR does not store");
    load_exclusive(&shared);
    __asm__ volatile("clrex" ::: "memory");
    check_equal(store_exclusive(&shared, 6), 1, "STXR after CLREX does not store");
    load_exclusive(&shared);
    PROBE(__asm__ volatile("svc #0" ::: "memory"));
    check_equal(store_exclusive(&shared, 6), 1, "STXR after an exception return does not store");
    check_equal(shared, 5, "... and leaves memory alone");
}

static void remote_store(void *arg)
{
    (void)arg;
    while (load_acquire32(&step) != 1)
        wfe();
    __asm__ volatile("str %1, %0" : "=Q"(shared) : "r"(99ull) : "memory");
    dsb(ish);
    store_release32(&step, 2);
    sev();
}

/* The wait between LDXR and STXR is plain loads, which do not touch the monitor. */
static void test_remote_store(void)
{
    u32 stored_over = 0;
    for (unsigned i = 0; i < 50; i++) {
        shared = i;
        step = 0;
        smp_run(1, remote_store, NULL);
        load_exclusive(&shared);
        store_release32(&step, 1);
        sev();
        while (load_acquire32(&step) != 2)
            wfe();
        stored_over += !store_exclusive(&shared, 1000) || shared != 99;
        smp_wait(1);
    }
    check_equal(stored_over, 0, "a store by another vCPU clears the monitor, 50 times");
}

static void remote_exclusive(void *arg)
{
    (void)arg;
    while (load_acquire32(&step) != 1)
        wfe();
    check(stores_eventually(&shared, 123), "another vCPU's LDXR/STXR in between stores");
    store_release32(&step, 2);
    sev();
}

static void test_remote_exclusive(void)
{
    shared = 1;
    step = 0;
    smp_run(1, remote_exclusive, NULL);
    load_exclusive(&shared);
    store_release32(&step, 1);
    sev();
    while (load_acquire32(&step) != 2)
        wfe();
    check_equal(store_exclusive(&shared, 7), 1, "... and makes the first vCPU's STXR fail");
    smp_wait(1);
    check_equal(shared, 123, "... so that the later STXR does not overwrite it");
}

static void test_unaligned(void)
{
    u64 addr = (u64)&shared + 4;
    struct exc_info info = PROBE({
        u64 v;
        __asm__ volatile("ldxr %0, [%1]" : "=r"(v) : "r"(addr) : "memory");
    });
    check(info.taken && ESR_EC(info.esr) == EC_DABT && ESR_FSC(info.esr) == FSC_ALIGNMENT &&
              info.far == addr,
          "an unaligned LDXR takes an alignment fault with its address in FAR");
}

int main(void)
{
    smp_start(0);
    printf("INFO: %u vCPUs\n", smp_started());
    test_alone();
    test_remote_store();
    test_remote_exclusive();
    test_unaligned();
    test_counters();
    return test_result();
}
