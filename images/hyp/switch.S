/* SPDX-License-Identifier: GPL-2.0-or-later */
/* From one thread of EL2 to another: struct context (hyp.h). What calls may clobber is not kept. */
        .text
        .globl  cpu_switch
cpu_switch:                             // x0: from, x1: to
        stp     x19, x20, [x0]
        stp     x21, x22, [x0, #16]
        stp     x23, x24, [x0, #32]
        stp     x25, x26, [x0, #48]
        stp     x27, x28, [x0, #64]
        stp     x29, x30, [x0, #80]
        mov     x2, sp
        str     x2, [x0, #96]
        ldp     x19, x20, [x1]
        ldp     x21, x22, [x1, #16]
        ldp     x23, x24, [x1, #32]
        ldp     x25, x26, [x1, #48]
        ldp     x27, x28, [x1, #64]
        ldp     x29, x30, [x1, #80]
        ldr     x2, [x1, #96]
        mov     sp, x2
        ret

        // A thread's first instruction; vcpu_init() puts its vCPU into x19.
        .globl  thread_entry
thread_entry:
        mov     x0, x19
        b       vcpu_run
