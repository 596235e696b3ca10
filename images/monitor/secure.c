/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The secure world: a payload at Secure EL1 on each PE, with its own vectors, translation and
 * stack. In a product it would be an image of its own (TF-A's BL32).
 *
 * Its interrupts, Secure Group 1, are IRQs here. An FIQ is another's: Group 0, or the normal
 * world's; EL3 sorts that out.
 */
#include "images/lib/board.h"
#include "images/lib/gic.h"
#include "images/lib/mmu.h"
#include "images/lib/print.h"
#include "images/lib/timer.h"
#include "images/monitor/monitor.h"

#define STACK_BYTES 4096

static u8 stacks[CPU_MAX][STACK_BYTES] __attribute__((aligned(16), section(".noinit")));

u64 secure_stack(const struct pe *pe)
{
    return (u64)stacks[pe->index] + STACK_BYTES;
}

/* EL3 saves all registers: none but x0 to x3 change. */
void secure_smc(u64 x[4])
{
    register u64 x0 __asm__("x0") = x[0];
    register u64 x1 __asm__("x1") = x[1];
    register u64 x2 __asm__("x2") = x[2];
    register u64 x3 __asm__("x3") = x[3];
    __asm__ volatile("smc #0" : "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3) : : "memory");
    x[0] = x0;
    x[1] = x1;
    x[2] = x2;
    x[3] = x3;
}

static struct pe *my_pe(void)
{
    return &pes[this_cpu()->index];
}

/* -- Interrupts -------------------------------------------------------------------------------- */

static void handle(struct pe *pe, u32 intid)
{
    if (intid == INTID_CNTPS && secure_el2)
        pe->counts[COUNT_VIRTUAL_TICKS]++; /* Secure EL2 has set the next one */
    else if (intid == INTID_CNTPS)
        tick_next(pe, COUNT_TICKS_SECURE_EL1);
    else if (intid < 16)
        pe->counts[COUNT_SECURE_SGIS]++;
    else
        pe->counts[COUNT_SECURE_SPIS]++;
}

void secure_interrupts(void)
{
    u32 intid;
    while ((intid = read_sysreg(ICC_IAR1_EL1)) < 1020) {
        handle(my_pe(), intid);
        write_sysreg(intid, ICC_EOIR1_EL1);
        isb();
    }
}

static void on_irq(struct exc_frame *frame, enum exc_vector vector)
{
    (void)frame, (void)vector;
    secure_interrupts();
}

/* Comes back when the normal world resumes the call. */
static void on_fiq(struct exc_frame *frame, enum exc_vector vector)
{
    (void)frame, (void)vector;
    secure_smc((u64[4]){SECURE_FIQ});
}

/* -- Requests ---------------------------------------------------------------------------------- */

static void wait_for(u64 counter)
{
    while (counter_physical() < counter)
        ;
}

static u64 work(u64 ticks, u32 group0_sgi)
{
    u64 start = counter_physical();
    __asm__ volatile("msr daifclr, #3" ::: "memory");
    wait_for(start + ticks / 2);
    if (group0_sgi)
        write_sysreg(gic_sgi1r(group0_sgi, my_affinity()), ICC_SGI0R_EL1);
    wait_for(start + ticks);
    __asm__ volatile("msr daifset, #3" ::: "memory");
    return counter_physical() - start;
}

static u32 rpr(void)
{
    isb();
    return read_sysreg(ICC_RPR_EL1);
}

static u64 let_el3_end(u32 sgi)
{
    write_sysreg(gic_sgi1r(sgi, my_affinity()), ICC_SGI1R_EL1);
    isb();
    u32 intid = read_sysreg(ICC_IAR1_EL1), before = rpr();
    secure_smc((u64[4]){SECURE_END_INTERRUPT, intid});
    return before | rpr() << 8;
}

static u64 serve(const u64 *x)
{
    switch ((u32)x[0]) {
    case SERVICE_WORK:
    case SERVICE_WORK_FAST:
        return work(x[1], x[2]);
    case SERVICE_SEND_SGI:
        write_sysreg(x[1], ICC_ASGI1R_EL1);
        isb();
        return SERVICE_OK;
    case SERVICE_EL3_ENDS:
        return let_el3_end(x[1]);
    default:
        return (u64)SERVICE_UNKNOWN;
    }
}

/* -- Start ------------------------------------------------------------------------------------- */

/* The identity map: a GiB of devices, one of RAM (DDI 0487 D5; 39 bits of VA: tables from level 1
 * on). NS is 0 in them: Secure addresses. */
static u64 table[512] __attribute__((aligned(4096)));

static void mmu_on(void)
{
    table[0] = 0 | MMU_DEVICE | PTE_UXN | PTE_VALID;
    table[1] = BOARD_RAM | MMU_NORMAL | PTE_UXN | PTE_VALID;
    write_sysreg(0xff04, mair_el1);
    write_sysreg(25 | 1 << 8 | 1 << 10 | 3 << 12 | BIT(23) | 2ull << 32, tcr_el1);
    write_sysreg((u64)table, ttbr0_el1);
    isb();
    __asm__ volatile("tlbi vmalle1\n\tdsb nsh\n\tisb" ::: "memory");
    write_sysreg(read_sysreg(sctlr_el1) | BIT(0) | BIT(2) | BIT(12), sctlr_el1);
    isb();
}

void secure_main(struct pe *pe)
{
    u64 x[4] = {SECURE_READY};
    (void)pe;
    exc_init();
    exc_set_handler(EXC_IRQ, on_irq);
    exc_set_handler(EXC_FIQ, on_fiq);
    mmu_on();
    write_sysreg(1, ICC_IGRPEN1_EL1);
    isb();
    for (;;) {
        secure_smc(x);
        x[1] = serve(x);
        x[0] = SECURE_DONE;
    }
}
