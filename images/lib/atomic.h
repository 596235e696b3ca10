/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Atomics and a spinlock: LDXR/STXR, or LSE where ID_AA64ISAR0_EL1.Atomic says so. Both paths are
 * also callable by name, for tests. The MMU must be on (exclusives need Normal memory).
 */
#ifndef IMAGES_LIB_ATOMIC_H
#define IMAGES_LIB_ATOMIC_H

#include "images/lib/cpu.h"
#include "images/lib/smp.h"

static inline u64 atomic_add_llsc(u64 *p, u64 n)
{
    u64 old, sum;
    u32 failed;
    __asm__ volatile("1: ldaxr %0, %3\n"
                     "   add   %1, %0, %4\n"
                     "   stlxr %w2, %1, %3\n"
                     "   cbnz  %w2, 1b\n"
                     : "=&r"(old), "=&r"(sum), "=&r"(failed), "+Q"(*p)
                     : "r"(n)
                     : "memory");
    return old;
}

static inline u64 atomic_add_lse(u64 *p, u64 n)
{
    u64 old;
    __asm__ volatile(".arch_extension lse\n"
                     "ldaddal %2, %0, %1\n"
                     : "=r"(old), "+Q"(*p)
                     : "r"(n)
                     : "memory");
    return old;
}

/** atomic_add - acquire and release; returns the old value. */
static inline u64 atomic_add(u64 *p, u64 n)
{
    return boot.lse ? atomic_add_lse(p, n) : atomic_add_llsc(p, n);
}

static inline u32 atomic_swap32(u32 *p, u32 value)
{
    u32 old, failed;
    if (boot.lse) {
        __asm__ volatile(".arch_extension lse\n"
                         "swpal %w2, %w0, %1\n"
                         : "=r"(old), "+Q"(*p)
                         : "r"(value)
                         : "memory");
        return old;
    }
    __asm__ volatile("1: ldaxr %w0, %2\n"
                     "   stlxr %w1, %w3, %2\n"
                     "   cbnz  %w1, 1b\n"
                     : "=&r"(old), "=&r"(failed), "+Q"(*p)
                     : "r"(value)
                     : "memory");
    return old;
}

static inline u32 load_acquire32(const u32 *p)
{
    u32 value;
    __asm__ volatile("ldar %w0, %1" : "=r"(value) : "Q"(*p) : "memory");
    return value;
}

static inline void store_release32(u32 *p, u32 value)
{
    __asm__ volatile("stlr %w1, %0" : "=Q"(*p) : "r"(value) : "memory");
}

static inline u64 load_acquire64(const u64 *p)
{
    u64 value;
    __asm__ volatile("ldar %0, %1" : "=r"(value) : "Q"(*p) : "memory");
    return value;
}

struct spinlock {
    u32 locked;
};

static inline void spin_lock(struct spinlock *lock)
{
    while (atomic_swap32(&lock->locked, 1))
        while (load_acquire32(&lock->locked))
            __asm__ volatile("yield");
}

static inline void spin_unlock(struct spinlock *lock)
{
    store_release32(&lock->locked, 0);
}

/* A barrier for a fixed party: the last to arrive lets all go; reusable. */
struct barrier {
    u64 arrived;
    u32 round;
};

static inline void barrier_wait(struct barrier *b, unsigned parties)
{
    u32 round = load_acquire32(&b->round);
    if (atomic_add(&b->arrived, 1) == parties - 1) {
        b->arrived = 0;
        store_release32(&b->round, round + 1);
        sev();
        return;
    }
    while (load_acquire32(&b->round) == round)
        wfe();
}

#endif
