/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A guest's entry and its vectors at EL1. */
        .macro  unexpected
        .balign 128
        mov     x0, #99
        mrs     x1, esr_el1
        hvc     #2                      // CALL_FAIL
        b       .
        .endm

        .text
        .balign 2048
guest_vectors:
        .rept   5
        unexpected
        .endr
        .balign 128                     // IRQ, current level with SP_ELx
        sub     sp, sp, #176
        stp     x0, x1, [sp]
        stp     x2, x3, [sp, #16]
        stp     x4, x5, [sp, #32]
        stp     x6, x7, [sp, #48]
        stp     x8, x9, [sp, #64]
        stp     x10, x11, [sp, #80]
        stp     x12, x13, [sp, #96]
        stp     x14, x15, [sp, #112]
        stp     x16, x17, [sp, #128]
        stp     x18, x29, [sp, #144]
        str     x30, [sp, #160]
        mrs     x0, tpidr_el1
        bl      guest_irq
        ldp     x0, x1, [sp]
        ldp     x2, x3, [sp, #16]
        ldp     x4, x5, [sp, #32]
        ldp     x6, x7, [sp, #48]
        ldp     x8, x9, [sp, #64]
        ldp     x10, x11, [sp, #80]
        ldp     x12, x13, [sp, #96]
        ldp     x14, x15, [sp, #112]
        ldp     x16, x17, [sp, #128]
        ldp     x18, x29, [sp, #144]
        ldr     x30, [sp, #160]
        add     sp, sp, #176
        eret
        .rept   10
        unexpected
        .endr

        .globl  guest_entry
guest_entry:
        adr     x1, guest_vectors
        msr     vbar_el1, x1
        msr     tpidr_el1, x0
        isb
        bl      guest_main
        hvc     #1                      // CALL_DONE
        b       .
