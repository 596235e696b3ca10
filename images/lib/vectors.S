/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Vector tables of EL1, EL2 and EL3, and the way to a lower level and back. The frame is struct
 * exc_frame, the guest struct guest (exc.h).
 */
#include "images/lib/gprs.inc"

#define FRAME_SIZE   288
#define FRAME_SP_EL0 248
#define FRAME_ELR    256
#define FRAME_ESR    272
#define GUEST_PC     248
#define GUEST_SP_EL0 264
#define GUEST_HOST   288

        .macro  vector el, number
        .balign 128
        sub     sp, sp, #FRAME_SIZE
        stp     x0, x1, [sp]
        mov     x1, #\number
        b       entry_\el
        .endm

        .macro  table el
        .balign 2048
        .globl  vectors_\el
vectors_\el:
        .irp    number, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
        vector  \el, \number
        .endr

entry_\el:
        store_x2_to_x29 sp
        mrs     x2, sp_el0
        stp     x30, x2, [sp, #240]
        mrs     x2, elr_\el
        mrs     x3, spsr_\el
        stp     x2, x3, [sp, #FRAME_ELR]
        mrs     x2, esr_\el
        mrs     x3, far_\el
        stp     x2, x3, [sp, #FRAME_ESR]
        mov     x0, sp
        bl      exc_dispatch
        ldp     x2, x3, [sp, #FRAME_ELR]
        msr     elr_\el, x2
        msr     spsr_\el, x3
        ldp     x30, x2, [sp, #240]
        msr     sp_el0, x2
        b       leave
        .endm

        .text
        table   el1
        table   el2
        table   el3

leave:
        load_x29_to_x2 sp
        ldp     x0, x1, [sp]
        add     sp, sp, #FRAME_SIZE
        eret

        // guest_enter(guest): ELR and SPSR are set by the caller; returns from guest_leave.
        .globl  guest_enter
guest_enter:
        add     x1, x0, #GUEST_HOST
        stp     x19, x20, [x1]
        stp     x21, x22, [x1, #16]
        stp     x23, x24, [x1, #32]
        stp     x25, x26, [x1, #48]
        stp     x27, x28, [x1, #64]
        stp     x29, x30, [x1, #80]
        mov     x2, sp
        str     x2, [x1, #96]
        ldr     x2, [x0, #GUEST_SP_EL0]
        msr     sp_el0, x2
        ldr     x30, [x0, #240]
        load_x29_to_x2 x0
        ldp     x0, x1, [x0]
        eret

        // guest_leave(guest, value): guest_enter(guest) returns value.
        .globl  guest_leave
guest_leave:
        add     x2, x0, #GUEST_HOST
        ldr     x3, [x2, #96]
        mov     sp, x3
        ldp     x29, x30, [x2, #80]
        ldp     x27, x28, [x2, #64]
        ldp     x25, x26, [x2, #48]
        ldp     x23, x24, [x2, #32]
        ldp     x21, x22, [x2, #16]
        ldp     x19, x20, [x2]
        mov     x0, x1
        ret

        // call_at(addr): an instruction abort at addr comes back to x30.
        .globl  call_at
call_at:
        stp     x29, x30, [sp, #-16]!
        blr     x0
        ldp     x29, x30, [sp], #16
        ret
