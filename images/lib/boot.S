/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entry of the boot vCPU (ELF entry and arm64 Image header are the same address) and of vCPUs
 * started by PSCI. Works from EL1, EL2 or EL3; goes down to `boot_el`.
 *
 * Caches are not cleaned or invalidated here: these images run on emulators, whose caches are
 * coherent at every level.
 *
 * At EL3 nobody has held the other vCPUs back: they come to the same entry, and wait here until
 * smp_boot_cpu() names them.
 */
#define CPU_STACK_SIZE 8192
#define CPU_AFFINITY   8 /* struct cpu, see smp.c */
#define CPU_STACK_TOP  24

#define SCR_NS   (1 << 0)
#define SCR_RES1 (3 << 4)
#define SCR_SMD  (1 << 7)
#define SCR_HCE  (1 << 8)
#define SCR_RW   (1 << 10)

        .section .text.head, "ax"
        .globl  _head
_head:
        b       _start
        .long   0
        .quad   0x80000                 // text_offset
        .quad   _image_end - _head      // image_size
        .quad   2                       // little endian, 4 KiB pages, near the start of RAM
        .quad   0, 0, 0
        .ascii  "ARM\x64"
        .long   0

        .text
_start:
        msr     daifset, #15
        mov     x19, x0
        mrs     x20, CurrentEL
        lsr     x20, x20, #2
        mrs     x21, mpidr_el1
        and     x21, x21, #0xffffff     // no board here has an Aff3
        cmp     x20, #3
        ccmp    x21, #0, #4, eq
        b.ne    el3_wait
        adrp    x1, _bss_start
        add     x1, x1, :lo12:_bss_start
        adrp    x2, _bss_end
        add     x2, x2, :lo12:_bss_end
1:      cmp     x1, x2
        b.hs    2f
        stp     xzr, xzr, [x1], #16
        b       1b
2:      msr     spsel, #1
        adrp    x1, cpu_stacks
        add     x1, x1, :lo12:cpu_stacks
        add     x1, x1, #CPU_STACK_SIZE
        mov     sp, x1
        bl      choose_el
        mov     x29, xzr
        mov     x0, x19
        mov     x1, x20
        b       primary_main

el3_wait:
        adrp    x1, el3_released
1:      wfe
        ldr     x0, [x1, :lo12:el3_released]
        cbz     x0, 1b
        ldr     x2, [x0, #CPU_AFFINITY]
        cmp     x2, x21
        b.ne    1b

        .globl  secondary_entry
secondary_entry:                        // x0: struct cpu, PSCI's context_id
        msr     daifset, #15
        msr     spsel, #1
        mov     x19, x0
        ldr     x1, [x0, #CPU_STACK_TOP]
        mov     sp, x1
        bl      choose_el
        mov     x29, xzr
        mov     x0, x19
        b       secondary_main

        // ERET one or two levels down, to the next instruction, keeping SP. Clobbers x3, x4.
        .macro  drop from, spsr
        mov     x4, sp
        msr     spsr_\from, \spsr
        adr     x3, 1f
        msr     elr_\from, x3
        isb
        eret
1:      mov     sp, x4
        .endm

        // Down to boot_el, keeping SP and x19..x28. Clobbers x1..x5.
choose_el:
        adrp    x1, boot_el
        ldr     w5, [x1, :lo12:boot_el]
        mrs     x1, CurrentEL
        lsr     x1, x1, #2
        cmp     x1, #2
        b.eq    at_el2
        b.lo    at_el1
        mov     x2, #0xf                // system registers of the GIC at every level
        msr     ICC_SRE_EL3, x2
        isb
        cmp     w5, #3
        b.ne    leave_el3
        ret
leave_el3:
        msr     cptr_el3, xzr
        // SMD: nobody is left at EL3 who could answer an SMC.
        mov     x2, #(SCR_NS | SCR_RES1 | SCR_SMD | SCR_HCE | SCR_RW)
        msr     scr_el3, x2
        // One security state: the Non-secure side then owns all interrupts (IHI 0069, GICD_CTLR.DS).
        mov     x2, #0x08000000         // GICD_CTLR
        mov     w3, #(1 << 6)           // DS
        str     w3, [x2]
        mrs     x2, id_aa64pfr0_el1
        tst     x2, #0xf00              // ID_AA64PFR0_EL1.EL2
        b.eq    el3_to_el1
        mov     x2, #0x3c9              // EL2h, DAIF
        drop    el3, x2
at_el2:
        mov     x2, #0xf
        msr     ICC_SRE_EL2, x2
        isb
        msr     ICH_HCR_EL2, xzr
        msr     cntvoff_el2, xzr
        mov     x2, #3                  // EL1 may use the physical counter and timer
        msr     cnthctl_el2, x2
        mov     x2, #0x33ff             // RES1 bits; no trap of FP
        msr     cptr_el2, x2
        msr     hstr_el2, xzr
        msr     vttbr_el2, xzr
        mrs     x2, midr_el1
        msr     vpidr_el2, x2
        mrs     x2, mpidr_el1
        msr     vmpidr_el2, x2
        mov     x2, #(1 << 31)          // RW: EL1 is AArch64
        cmp     w5, #2
        b.ne    leave_el2
        orr     x2, x2, #0x38           // AMO, IMO, FMO: physical interrupts come to EL2
        msr     hcr_el2, x2
        isb
        ret
leave_el2:
        msr     hcr_el2, x2
        ldr     x2, =0x30d00800         // SCTLR_EL1's RES1 bits, MMU off
        msr     sctlr_el1, x2
        mov     x2, #0x3c5              // EL1h, DAIF
        drop    el2, x2
at_el1:
        ret
el3_to_el1:
        ldr     x2, =0x30d00800
        msr     sctlr_el1, x2
        mov     x2, #0x3c5
        drop    el3, x2
        ret

        .data
        .balign 8
        .globl  el3_released
el3_released:                           // struct cpu; not in .bss, which is zeroed meanwhile
        .quad   0
