/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A store-exclusive that fails with nobody else there; see README.md. FLAWED: that is taken for
 * "somebody has the lock".
 */
#include "images/lib/atomic.h"
#include "images/lib/race.h"
#include "images/lib/smp.h"

static u32 lock;

/* 0: it is free, or was until now. */
static u32 load(void)
{
    u32 value;
    __asm__ volatile("ldaxr %w0, %1" : "=r"(value) : "Q"(lock) : "memory");
    return value;
}

static bool store(u32 value)
{
    u32 failed;
    __asm__ volatile("stxr %w0, %w2, %1" : "=&r"(failed), "=Q"(lock) : "r"(value) : "memory");
    return !failed;
}

static bool try_lock(void)
{
    while (!load()) {
        if (store(1))
            return true;
#ifdef FLAWED
        return false;
#endif
    }
    return false;
}

/* Both take the lock in turn: it is free when they try. */
static void work(void *arg)
{
    (void)arg;
    race_assert(try_lock(), "a lock that nobody has can be had");
    store_release32(&lock, 0);
}

int main(void)
{
    smp_start(2);
    race_begin();
    work(NULL);
    smp_run(1, work, NULL);
    smp_wait(1);
    race_end();
    return 0;
}
