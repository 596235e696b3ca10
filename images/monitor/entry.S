/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * From a world into EL3 and back. While a world runs, SP_EL3 points to its struct context, into
 * which all its registers go at once; C runs on SP_EL0, EL3's stack, and says whose turn it is.
 */
#include "images/lib/gprs.inc"

#define CONTEXT_X30   240
#define CONTEXT_ELR   256
#define CONTEXT_STACK 272

        .macro  bug number
        .balign 128
        mov     x0, #\number
        b       monitor_bug
        .endm

        .macro  world number
        .balign 128
        stp     x0, x1, [sp]
        mov     x1, #\number
        b       from_world
        .endm

        .text
        .balign 2048
        .globl  monitor_vectors
monitor_vectors:
        .irp    number, 0, 1, 2, 3, 4, 5, 6, 7 // of EL3 itself: nothing of that sort is expected
        bug     \number
        .endr
        .irp    number, 8, 9, 10, 11
        world   \number
        .endr
        .irp    number, 12, 13, 14, 15  // AArch32
        bug     \number
        .endr

from_world:
        store_x2_to_x29 sp
        mrs     x2, sp_el0
        stp     x30, x2, [sp, #CONTEXT_X30]
        mrs     x2, elr_el3
        mrs     x3, spsr_el3
        stp     x2, x3, [sp, #CONTEXT_ELR]
        mov     x0, sp
        ldr     x2, [sp, #CONTEXT_STACK]
        msr     spsel, #0
        mov     sp, x2
        bl      monitor_exception

        .globl  monitor_enter
monitor_enter:                          // x0: struct context
        msr     spsel, #1
        mov     sp, x0
        ldp     x2, x3, [sp, #CONTEXT_ELR]
        msr     elr_el3, x2
        msr     spsr_el3, x3
        ldp     x30, x2, [sp, #CONTEXT_X30]
        msr     sp_el0, x2
        load_x29_to_x2 sp
        ldp     x0, x1, [sp]
        eret

        // Secure EL1, on whatever it was doing, because of its interrupts.
        .globl  secure_interrupt_entry
secure_interrupt_entry:
        bl      secure_interrupts
        ldr     x0, =0xf2000001         // SECURE_INTERRUPTS_DONE
        smc     #0
