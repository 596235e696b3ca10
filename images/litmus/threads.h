/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The threads of litmus tests: functions of the addresses of x, y, z (X0 - X2), and for SGIs what
 * ICC_SGI1R_EL1 gets (X3), which return the first value that they read and, in bits 63:32, the
 * second. Each comes with each of the ways to put two accesses in order, whose name is its suffix:
 *
 *   po       none
 *   dmb, dmbld, dmbst, dsb, dsbst, dsbld      that barrier
 *   isb      ISB alone
 *   addr, data, ctrl                          the second depends on the value of the first
 *   ctrlisb  a branch that depends on it, and ISB
 *   acq, acqpc                                the first is LDAR, LDAPR
 *   rel      the second is STLR
 *   relacq, relacqpc                          STLR, then LDAR, LDAPR
 */
#ifndef IMAGES_LITMUS_THREADS_H
#define IMAGES_LITMUS_THREADS_H

#include "images/lib/cpu.h"

typedef u64 litmus_thread(u64 x, u64 y, u64 z, u64 sgi);

/* Locations are registers; values are immediate. */
#define W_(v, at)  "mov w9, #" #v "\n str w9, [" at "]\n"
#define L_(v, at)  "mov w9, #" #v "\n stlr w9, [" at "]\n"
#define R_(to, at) "ldr " to ", [" at "]\n"
#define A_(to, at) "ldar " to ", [" at "]\n"
#define Q_(to, at) "ldapr " to ", [" at "]\n"
#define SGI_       "msr S3_0_C12_C11_5, x3\n" /* ICC_SGI1R_EL1 */
#define BRANCH_    "cbnz w5, 1f\n1:\n"
#define ZERO_      "eor w10, w5, w5\n" /* which depends on the first value */
#define X_         "x0"
#define Y_         "x1"
#define Z_         "x2"

#define BARRIER_po
#define BARRIER_dmb   "dmb sy\n"
#define BARRIER_dmbld "dmb ld\n"
#define BARRIER_dmbst "dmb st\n"
#define BARRIER_dsb   "dsb sy\n"
#define BARRIER_dsbst "dsb st\n"
#define BARRIER_dsbld "dsb ld\n"
#define BARRIER_isb   "isb\n"

#define THREAD(name, ...)                                                                          \
    __asm__(".pushsection .text\n.arch armv8.3-a\n" #name                                          \
            ":\n mov x5, #0\n mov x6, #0\n" __VA_ARGS__                                            \
            " orr x0, x5, x6, lsl #32\n ret\n.popsection\n");                                      \
    extern litmus_thread name

/* Two accesses with a barrier between them. */
#define WW(n, f, a, va, b, vb) THREAD(n##_##f, W_(va, a) BARRIER_##f W_(vb, b))
#define RR(n, f, a, b)         THREAD(n##_##f, R_("w5", a) BARRIER_##f R_("w6", b))
#define RW(n, f, a, b, vb)     THREAD(n##_##f, R_("w5", a) BARRIER_##f W_(vb, b))
#define WR(n, f, a, va, b)     THREAD(n##_##f, W_(va, a) BARRIER_##f R_("w5", b))
#define WSGI(n, f, a, va)      THREAD(n##_##f, W_(va, a) BARRIER_##f SGI_)

#define BARRIERS(M, n, ...)                                                                        \
    M(n, po, __VA_ARGS__);                                                                         \
    M(n, dmb, __VA_ARGS__);                                                                        \
    M(n, dmbld, __VA_ARGS__);                                                                      \
    M(n, dmbst, __VA_ARGS__);                                                                      \
    M(n, dsb, __VA_ARGS__);                                                                        \
    M(n, dsbst, __VA_ARGS__);                                                                      \
    M(n, dsbld, __VA_ARGS__);                                                                      \
    M(n, isb, __VA_ARGS__)

#define WW_ALL(n, a, va, b, vb)                                                                    \
    BARRIERS(WW, n, a, va, b, vb);                                                                 \
    THREAD(n##_rel, W_(va, a) L_(vb, b))

#define RR_ALL(n, a, b)                                                                            \
    BARRIERS(RR, n, a, b);                                                                         \
    THREAD(n##_addr, R_("w5", a) ZERO_ "ldr w6, [" b ", w10, uxtw]\n");                            \
    THREAD(n##_ctrl, R_("w5", a) BRANCH_ R_("w6", b));                                             \
    THREAD(n##_ctrlisb, R_("w5", a) BRANCH_ "isb\n" R_("w6", b));                                  \
    THREAD(n##_acq, A_("w5", a) R_("w6", b));                                                      \
    THREAD(n##_acqpc, Q_("w5", a) R_("w6", b))

#define RW_ALL(n, a, b, vb)                                                                        \
    BARRIERS(RW, n, a, b, vb);                                                                     \
    THREAD(n##_addr, R_("w5", a) ZERO_ "mov w9, #" #vb "\n str w9, [" b ", w10, uxtw]\n");         \
    THREAD(n##_data, R_("w5", a) ZERO_ "add w9, w10, #" #vb "\n str w9, [" b "]\n");               \
    THREAD(n##_ctrl, R_("w5", a) BRANCH_ W_(vb, b));                                               \
    THREAD(n##_acq, A_("w5", a) W_(vb, b));                                                        \
    THREAD(n##_acqpc, Q_("w5", a) W_(vb, b));                                                      \
    THREAD(n##_rel, R_("w5", a) L_(vb, b))

#define WR_ALL(n, a, va, b)                                                                        \
    BARRIERS(WR, n, a, va, b);                                                                     \
    THREAD(n##_relacq, L_(va, a) A_("w5", b));                                                     \
    THREAD(n##_relacqpc, L_(va, a) Q_("w5", b))

/* What a list of tests takes: FAMILY's threads with these suffixes; see litmus.c. */
#define WW_LIST(M, ...)                                                                            \
    M(po, __VA_ARGS__)                                                                             \
    M(dmb, __VA_ARGS__)                                                                            \
    M(dmbld, __VA_ARGS__) M(dmbst, __VA_ARGS__) M(dsb, __VA_ARGS__) M(rel, __VA_ARGS__)
#define RR_LIST(M, ...)                                                                            \
    M(po, __VA_ARGS__)                                                                             \
    M(dmb, __VA_ARGS__)                                                                            \
    M(dmbld, __VA_ARGS__) M(dmbst, __VA_ARGS__) M(dsb, __VA_ARGS__) M(isb, __VA_ARGS__)            \
        M(addr, __VA_ARGS__) M(ctrl, __VA_ARGS__) M(ctrlisb, __VA_ARGS__) M(acq, __VA_ARGS__)      \
            M(acqpc, __VA_ARGS__)
#define RW_LIST(M, ...)                                                                            \
    M(po, __VA_ARGS__)                                                                             \
    M(dmb, __VA_ARGS__)                                                                            \
    M(dmbld, __VA_ARGS__) M(dmbst, __VA_ARGS__) M(dsb, __VA_ARGS__) M(addr, __VA_ARGS__)           \
        M(data, __VA_ARGS__) M(ctrl, __VA_ARGS__) M(acq, __VA_ARGS__) M(acqpc, __VA_ARGS__)        \
            M(rel, __VA_ARGS__)
#define WR_LIST(M, ...)                                                                            \
    M(po, __VA_ARGS__)                                                                             \
    M(dmb, __VA_ARGS__)                                                                            \
    M(dmbld, __VA_ARGS__) M(dmbst, __VA_ARGS__) M(dsb, __VA_ARGS__) M(relacq, __VA_ARGS__)         \
        M(relacqpc, __VA_ARGS__)
#define WSGI_LIST(M, ...)                                                                          \
    M(po, __VA_ARGS__)                                                                             \
    M(dmb, __VA_ARGS__)                                                                            \
    M(dmbst, __VA_ARGS__) M(isb, __VA_ARGS__) M(dsb, __VA_ARGS__) M(dsbst, __VA_ARGS__)            \
        M(dsbld, __VA_ARGS__)

#endif
