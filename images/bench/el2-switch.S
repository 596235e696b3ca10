/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * All that a hypervisor switches whose host is at EL1: on exit x0 to x30, ELR, SPSR, ESR and FAR,
 * 22 registers of EL1 and the virtual interface of the guest are saved, the interface is turned
 * off, the host's 22 registers are loaded; on entry the other way round. What is done in between
 * is one test: the guest's x0 is 0 at the end.
 */
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
        stp     x2, x3, [x0, #16]
        stp     x4, x5, [x0, #32]
        stp     x6, x7, [x0, #48]
        stp     x8, x9, [x0, #64]
        stp     x10, x11, [x0, #80]
        stp     x12, x13, [x0, #96]
        stp     x14, x15, [x0, #112]
        stp     x16, x17, [x0, #128]
        stp     x18, x19, [x0, #144]
        stp     x20, x21, [x0, #160]
        stp     x22, x23, [x0, #176]
        stp     x24, x25, [x0, #192]
        stp     x26, x27, [x0, #208]
        stp     x28, x29, [x0, #224]
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
        ldp     x28, x29, [x0, #224]
        ldp     x26, x27, [x0, #208]
        ldp     x24, x25, [x0, #192]
        ldp     x22, x23, [x0, #176]
        ldp     x20, x21, [x0, #160]
        ldp     x18, x19, [x0, #144]
        ldp     x16, x17, [x0, #128]
        ldp     x14, x15, [x0, #112]
        ldp     x12, x13, [x0, #96]
        ldp     x10, x11, [x0, #80]
        ldp     x8, x9, [x0, #64]
        ldp     x6, x7, [x0, #48]
        ldp     x4, x5, [x0, #32]
        ldp     x2, x3, [x0, #16]
        ldp     x0, x1, [x0]
        eret
1:      b       el2_leave
