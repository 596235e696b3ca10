/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that a hypervisor switches whose host is at EL1: on exit x0 to x30, ELR, SPSR, ESR and FAR,
 * 22 registers of EL1 and the virtual interface of the guest are saved, the interface is turned
 * off, the host's 22 registers are loaded; on entry the other way round. What is done in between
 * is one test: the guest's x0 is 0 at the end.
 */
#include "images/lib/gprs.inc"

#define CONTEXT_EL1 288

        .macro  el1_registers op
        .irp    reg, sctlr_el1, cpacr_el1, ttbr0_el1, ttbr1_el1, tcr_el1, esr_el1, afsr0_el1, \
                     afsr1_el1, far_el1, mair_el1, amair_el1, vbar_el1, contextidr_el1, \
                     cntkctl_el1, par_el1, tpidr_el0, tpidrro_el0, tpidr_el1, sp_el0, sp_el1, \
                     elr_el1, spsr_el1
        \op     \reg
        .endr
        .endm

        .macro  vgic_registers op
        .irp    reg, ICH_VMCR_EL2, ICH_AP1R0_EL2, ICH_LR0_EL2, ICH_LR1_EL2, ICH_LR2_EL2, \
                     ICH_LR3_EL2
        \op     \reg
        .endr
        .endm

        // x1: where the next register goes, or comes from
        .macro  save reg
        mrs     x2, \reg
        str     x2, [x1], #8
        .endm
        .macro  load reg
        ldr     x2, [x1], #8
        msr     \reg, x2
        .endm

        .macro  context name, offset
        adrp    x0, \name
        add     x0, x0, :lo12:\name
        add     x1, x0, #\offset
        .endm

        .bss
        .balign 64
guest_context:
        .skip   1024
host_context:
        .skip   1024

        .text
        .globl  host_save
host_save:
        context host_context, CONTEXT_EL1
        el1_registers save
        ret

        .globl  guest_switch
guest_switch:
        stp     x0, x1, [sp, #-16]!
        context guest_context, CONTEXT_EL1
        store_x2_to_x29 x0
        ldp     x2, x3, [sp], #16
        stp     x2, x3, [x0]
        mrs     x2, elr_el2
        stp     x30, x2, [x0, #240]
        mrs     x2, spsr_el2
        mrs     x3, esr_el2
        stp     x2, x3, [x0, #256]
        mrs     x2, far_el2
        str     x2, [x0, #272]
        el1_registers save
        vgic_registers save
        msr     ICH_HCR_EL2, xzr
        mov     x2, #(1 << 31)          // HCR_EL2 of the host: RW
        msr     hcr_el2, x2
        context host_context, CONTEXT_EL1
        el1_registers load
        isb

        context guest_context, CONTEXT_EL1
        ldp     x2, x1, [x0]
        cbz     x2, 1f

        context host_context, CONTEXT_EL1
        el1_registers save
        context guest_context, CONTEXT_EL1
        el1_registers load
        vgic_registers load
        mov     x2, #1
        msr     ICH_HCR_EL2, x2
        mov     x2, #(1 << 31)          // of the guest: RW, AMO, IMO, FMO
        orr     x2, x2, #0x38
        msr     hcr_el2, x2
        ldp     x30, x2, [x0, #240]
        msr     elr_el2, x2
        ldr     x2, [x0, #256]
        msr     spsr_el2, x2
        load_x29_to_x2 x0
        ldp     x0, x1, [x0]
        eret
1:      b       el2_leave
