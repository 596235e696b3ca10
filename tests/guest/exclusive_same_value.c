/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A store by another vCPU clears the monitor even when it stores the value that was there, and even
 * when a second store brings the old value back (DDI 0487 B2, exclusive access: the global monitor
 * watches writes, not values). Emulators that compare values fail this.
 */
#include "images/lib/atomic.h"
#include "images/lib/test.h"

static u64 shared __attribute__((aligned(64)));
static u32 step;

static void store_twice(void *arg)
{
    u64 between = *(u64 *)arg;
    while (load_acquire32(&step) != 1)
        wfe();
    __asm__ volatile("str %1, %0" : "=Q"(shared) : "r"(between) : "memory");
    __asm__ volatile("str %1, %0" : "=Q"(shared) : "r"(5ull) : "memory");
    dsb(ish);
    store_release32(&step, 2);
    sev();
}

static u32 status_after_stores(u64 between)
{
    u64 value;
    u32 status;
    shared = 5;
    step = 0;
    smp_run(1, store_twice, &between);
    __asm__ volatile("ldxr %0, %1" : "=r"(value) : "Q"(shared) : "memory");
    store_release32(&step, 1);
    sev();
    while (load_acquire32(&step) != 2)
        wfe();
    __asm__ volatile("stxr %w0, %2, %1" : "=&r"(status), "+Q"(shared) : "r"(6ull) : "memory");
    smp_wait(1);
    return status;
}

int main(void)
{
    smp_start(2);
    check_equal(status_after_stores(5), 1,
                "another vCPU's store of the same value clears the monitor");
    check_equal(status_after_stores(9), 1, "another vCPU's store of A, B, A clears the monitor");
    return test_result();
}
