/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Litmus tests of memory order, for `irqlab explore --weak`: -append test=N runs the Nth; without
 * it all names are printed. A name is the shape, and behind each + how a thread's two accesses are
 * ordered (threads.h). What each may show is in tests/explore/litmus-expected.txt.
 */
#include "images/lib/atomic.h"
#include "images/lib/fdt.h"
#include "images/lib/gic.h"
#include "images/lib/print.h"
#include "images/lib/race.h"
#include "images/lib/smp.h"
#include "images/litmus/threads.h"

enum { MAX_THREADS = 4, SGI = 1, LINE = 64 };

/* What is observed: a thread's reads, or what a location holds at the end. */
#define READ_1(t) (1u << (2 * (t)))
#define READ_2(t) (3u << (2 * (t)))
#define FINAL(at) (1u << (8 + (at)))
#define HANDLER   (1u << 12) /* thread 1 is the handler of an SGI, and reads x */

struct test {
    const char *name;
    unsigned observed;
    litmus_thread *threads[MAX_THREADS];
};

THREAD(write_x, W_(1, X_));
THREAD(write_y, W_(1, Y_));
WW_ALL(mp_w, X_, 1, Y_, 1);
RR_ALL(mp_r, Y_, X_);
WR_ALL(sb_0, X_, 1, Y_);
WR_ALL(sb_1, Y_, 1, X_);
RW_ALL(lb_0, X_, Y_, 1);
RW_ALL(lb_1, Y_, X_, 1);
WW_ALL(s_w, X_, 2, Y_, 1);
WR_ALL(r_r, Y_, 2, X_);
WW_ALL(w2_0, X_, 1, Y_, 2);
WW_ALL(w2_1, Y_, 1, X_, 2);
RR_ALL(iriw_r, X_, Y_);
RW_ALL(isa_1, Y_, Z_, 1);
RR_ALL(isa_2, Z_, X_);
BARRIERS(WSGI, sgi_w, X_, 1);
THREAD(read_x_twice, R_("w5", X_) R_("w6", X_));
THREAD(write_x_twice, W_(1, X_) W_(2, X_));
THREAD(write_x_2, W_(2, X_));
THREAD(read_write_x, R_("w5", X_) W_(1, X_));
THREAD(write_read_x, W_(1, X_) R_("w5", X_));
THREAD(write_read_xx_y, W_(1, X_) R_("w5", X_) ZERO_ "ldr w6, [x1, w10, uxtw]\n");
THREAD(write_read_yy_x, W_(1, Y_) R_("w5", Y_) ZERO_ "ldr w6, [x0, w10, uxtw]\n");
THREAD(write_acquire_xx_y, W_(1, X_) A_("w5", X_) R_("w6", Y_));
THREAD(write_acquire_yy_x, W_(1, Y_) A_("w5", Y_) R_("w6", X_));

#define MP2(r, w)  {"MP+" #w "+" #r, READ_2(1), {mp_w_##w, mp_r_##r}},
#define MP1(w, _)  RR_LIST(MP2, w)
#define SB2(b, a)  {"SB+" #a "+" #b, READ_1(0) | READ_1(1), {sb_0_##a, sb_1_##b}},
#define LB2(b, a)  {"LB+" #a "+" #b, READ_1(0) | READ_1(1), {lb_0_##a, lb_1_##b}},
#define S2(r, w)   {"S+" #w "+" #r, READ_1(1) | FINAL(0), {s_w_##w, lb_1_##r}},
#define S1(w, _)   S2(po, w) S2(dmb, w) S2(data, w) S2(ctrl, w) S2(acq, w)
#define R2(r, w)   {"R+" #w "+" #r, READ_1(1) | FINAL(1), {mp_w_##w, r_r_##r}},
#define R1(w, _)   R2(po, w) R2(dmb, w) R2(dmbst, w) R2(relacq, w)
#define W22(b, a)  {"2+2W+" #a "+" #b, FINAL(0) | FINAL(1), {w2_0_##a, w2_1_##b}},
#define W21(a, _)  W22(po, a) W22(dmbst, a) W22(rel, a)
#define WRC2(r, w) {"WRC+" #w "+" #r, READ_1(1) | READ_2(2), {write_x, lb_0_##w, mp_r_##r}},
#define WRC1(w, _) WRC2(po, w) WRC2(dmb, w) WRC2(addr, w) WRC2(ctrl, w) WRC2(acq, w)
#define IRIW2(b, a)                                                                                \
    {"IRIW+" #a "+" #b, READ_2(1) | READ_2(3), {write_x, iriw_r_##a, write_y, mp_r_##b}},
#define IRIW1(a, _) IRIW2(po, a) IRIW2(dmb, a) IRIW2(addr, a) IRIW2(acq, a)
#define ISA2(r, w)  {"ISA2+dmb+" #w "+" #r, READ_1(1) | READ_2(2), {mp_w_dmb, isa_1_##w, isa_2_##r}},
#define SGI1(w, _)  {"MP+SGI+" #w, READ_1(1) | HANDLER, {sgi_w_##w, NULL}},

static const struct test tests[] = {
    /* clang-format off */
    WW_LIST(MP1, )
    SB2(po, po) SB2(dmb, po) SB2(dmb, dmb) SB2(dmbst, dmbst) SB2(dmbld, dmbld) SB2(dsb, dsb)
    SB2(relacq, relacq) SB2(relacqpc, relacqpc) SB2(relacqpc, relacq) SB2(relacq, dmb)
    RW_LIST(LB2, po) RW_LIST(LB2, dmb) RW_LIST(LB2, addr) RW_LIST(LB2, ctrl) RW_LIST(LB2, rel)
    LB2(data, data) LB2(acq, acq) LB2(acqpc, acqpc) LB2(dmbld, dmbld) LB2(dmbst, dmbst)
    WW_LIST(S1, ) WW_LIST(R1, ) WW_LIST(W21, )
    WRC1(po, ) WRC1(dmb, ) WRC1(data, ) WRC1(rel, )
    IRIW1(po, ) IRIW1(dmb, ) IRIW1(addr, ) IRIW1(acq, ) IRIW2(ctrl, ctrl) IRIW2(ctrlisb, ctrlisb)
    ISA2(addr, addr) ISA2(ctrl, addr) ISA2(po, data) ISA2(addr, data) ISA2(acq, rel)
    {"CoRR", READ_2(1), {write_x, read_x_twice}},
    {"CoWW", FINAL(0), {write_x_twice}},
    {"CoRW1", READ_1(0) | FINAL(0), {read_write_x}},
    {"CoRW2", READ_1(0) | FINAL(0), {read_write_x, write_x_2}},
    {"CoWR", READ_1(0) | FINAL(0), {write_read_x, write_x_2}},
    {"SB+rfi-addr", READ_2(0) | READ_2(1), {write_read_xx_y, write_read_yy_x}},
    {"SB+rfi-acq", READ_2(0) | READ_2(1), {write_acquire_xx_y, write_acquire_yy_x}},
    WSGI_LIST(SGI1, )
    /* clang-format on */
};

enum { N_TESTS = sizeof(tests) / sizeof(tests[0]) };

static volatile u32 locations[3][LINE / 4] __attribute__((aligned(LINE)));
static u32 go, ready[MAX_THREADS];
static const struct test *test;
static unsigned n_threads;

static const char *const reads[MAX_THREADS][2] = {
    {"0:r0", "0:r1"}, {"1:r0", "1:r1"}, {"2:r0", "2:r1"}, {"3:r0", "3:r1"}};
static const char *const names[] = {"x", "y", "z"};

/* Who comes last looks at memory, and ends the run. */
static void arrive(void)
{
    if (race_arrive() < n_threads)
        return;
    for (unsigned i = 0; i < 3; i++) {
        if (test->observed & FINAL(i))
            race_observe(names[i], locations[i][0]);
    }
    race_end();
}

static void show(unsigned thread, u64 values)
{
    for (unsigned i = 0; i < 2; i++) {
        if (test->observed >> (2 * thread + i) & 1)
            race_observe(reads[thread][i], values >> (32 * i) & 0xffffffff);
    }
}

static void on_sgi(u32 intid, struct exc_frame *frame)
{
    (void)intid, (void)frame;
    show(1, locations[0][0]);
    arrive();
}

static void __attribute__((noreturn)) run(unsigned thread)
{
    litmus_thread *fn = test->threads[thread];
    u64 sgi = (u64)SGI << 24 | 1u << 1; /* to affinity 0.0.0.1 */

    if (fn) {
        show(thread, fn((u64)locations[0], (u64)locations[1], (u64)locations[2], sgi));
        arrive();
    }
    for (;;)
        wfi();
}

static void work(void *arg)
{
    unsigned thread = this_cpu()->index;

    (void)arg;
    if (!test->threads[thread]) {
        gic_setup(SGI, PRIO_DEFAULT, true);
        irq_unmask();
    }
    store_release32(&ready[thread], 1);
    while (!load_acquire32(&go))
        ;
    run(thread);
}

static void list(void)
{
    for (unsigned i = 0; i < N_TESTS; i++)
        printf("%s\n", tests[i].name);
}

int main(void)
{
    u64 n = bootarg_u64("test", N_TESTS);

    if (n >= N_TESTS) {
        list();
        return 0;
    }
    test = &tests[n];
    n_threads = 1;
    while (n_threads < MAX_THREADS &&
           (test->threads[n_threads] || (test->observed & HANDLER && n_threads == 1)))
        n_threads++;
    smp_start(n_threads);
    gic_on(SGI, on_sgi);
    for (unsigned i = 1; i < n_threads; i++) {
        smp_run(i, work, NULL);
        while (!load_acquire32(&ready[i]))
            ;
    }
    store_release32(&go, 1);
    race_begin();
    run(0);
}
