/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Code patched by another vCPU. Instructions that may change under a running PE are B, BL, BRK,
 * HVC, ISB, NOP, SMC, SVC (DDI 0487 B2, "Concurrent modification and execution"); others need a
 * rendezvous and an ISB at the reader.
 */
#include "images/lib/atomic.h"
#include "images/lib/exc.h"
#include "images/lib/mmu.h"
#include "images/lib/test.h"
#include "images/lib/timer.h"
#include "tests/guest/code_insn.h"

#define ROUNDS 100

static u32 code[8][1024] __attribute__((aligned(4096)));
static struct barrier meet;
static u64 wrong;

/* nop / b +2; mov w0, #1; ret; mov w0, #2; ret */
static void write_switch(volatile u32 *at)
{
    at[0] = INSN_NOP;
    at[1] = insn_mov_w0(1);
    at[2] = INSN_RET;
    at[3] = insn_mov_w0(2);
    at[4] = INSN_RET;
    sync_code((const void *)at, 20);
}

static u32 saw_two, calls_done;

static void caller(void *arg)
{
    u64 result = 0, calls = 0;
    (void)arg;
    while (result != 2) {
        result = call_at((u64)code[0]);
        if (result != 1 && result != 2)
            atomic_add(&wrong, 1);
        store_release32(&calls_done, ++calls);
    }
    store_release32(&saw_two, 1);
}

static void test_running_code(void)
{
    write_switch(code[0]);
    smp_run(1, caller, NULL);
    check(wait_until(load_acquire32(&calls_done) > 100, 5000), "the other vCPU is calling");
    check(!load_acquire32(&saw_two), "before the patch it sees the old code");
    code[0][0] = insn_b(3);
    sync_code(code[0], 4);
    check(wait_until(load_acquire32(&saw_two), 5000),
          "a NOP patched to a branch takes effect in a vCPU that is running it");
    smp_wait(1);
    check_equal(wrong, 0, "no call returned anything but old or new");
}

/* vCPU 0 writes, all meet, everybody does ISB and calls. */
static void follow_writer(void *arg)
{
    unsigned parties = smp_started();
    (void)arg;
    for (unsigned i = 0; i < ROUNDS; i++) {
        if (this_cpu()->index == 0)
            write_function(code[1], i);
        barrier_wait(&meet, parties);
        isb();
        if (call_at((u64)code[1]) != i)
            atomic_add(&wrong, 1);
        barrier_wait(&meet, parties);
    }
}

static void test_rendezvous(void)
{
    smp_run_all(follow_writer, NULL);
    check_equal(wrong, 0, "%u rewrites by vCPU 0 are executed by all after a rendezvous", ROUNDS);
}

/* Everyone writes a function of its own and calls its neighbour's. */
static void all_write(void *arg)
{
    unsigned me = this_cpu()->index, parties = smp_started();
    (void)arg;
    for (unsigned i = 0; i < ROUNDS; i++) {
        write_function(code[2] + 8 * me, 100 * me + i);
        barrier_wait(&meet, parties);
        isb();
        unsigned next = (me + 1) % parties;
        if (call_at((u64)(code[2] + 8 * next)) != 100 * next + i)
            atomic_add(&wrong, 1);
        barrier_wait(&meet, parties);
    }
}

static void test_all_write(void)
{
    smp_run_all(all_write, NULL);
    check_equal(wrong, 0, "every vCPU rewrites a function in one page and calls its neighbour's");
}

/* A vCPU that never executed the page before patches it for one that has it translated. */
static void patch_for_zero(void *arg)
{
    write_function(arg, 77);
}

static void test_patched_by_stranger(void)
{
    write_function(code[4], 11);
    bool ok = call_at((u64)code[4]) == 11;
    smp_run(1, patch_for_zero, code[4]);
    smp_wait(1);
    isb();
    check(ok && call_at((u64)code[4]) == 77, "a patch by a vCPU that never ran the page is seen");
}

/* Plain data stores of another vCPU beside running code. */
static void store_beside(void *arg)
{
    volatile u32 *data = arg;
    for (unsigned i = 1; i <= 5000; i++)
        *data = i;
}

static void test_stores_beside(void)
{
    u32 *data = code[5] + 600;
    bool ok = true;
    write_function(code[5], 55);
    smp_run(1, store_beside, data);
    for (unsigned i = 0; i < 5000; i++)
        ok &= call_at((u64)code[5]) == 55;
    smp_wait(1);
    check(ok && *data == 5000, "another vCPU's stores beside running code disturb neither");
}

int main(void)
{
    smp_start(0);
    printf("INFO: %u vCPUs\n", smp_started());
    test_running_code();
    test_rendezvous();
    test_all_write();
    test_patched_by_stranger();
    test_stores_beside();
    return test_result();
}
