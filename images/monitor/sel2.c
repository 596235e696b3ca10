/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Secure EL2 (FEAT_SEL2; -append monitor.sel2=1): between EL3 and the secure world, as a partition
 * manager is. It takes all Secure interrupts (HCR_EL2.IMO) and hands them on in list registers; has
 * a timer, CNTHPS, of which Secure EL1 sees virtual ticks; and sends Secure EL1's SGIs, which trap.
 *
 * While it is at work, ICC_PMR_EL1 keeps the normal world's interrupts away: it could be pre-empted
 * anywhere, and entered once more beneath. An image of its own would have a stage 2, too.
 */
#include "images/lib/board.h"
#include "images/lib/exc.h"
#include "images/lib/print.h"
#include "images/monitor/monitor.h"

#define STACK_BYTES 4096

#define HCR_FMO BIT(3)
#define HCR_IMO BIT(4)
#define HCR_RW  BIT(31)

#define LR_PENDING   BIT(62)
#define LR_HW        BIT(61)
#define LR_GROUP1    BIT(60)
#define LR_PRIO(p)   ((u64)(p) << 48)
#define LR_PINTID(n) ((u64)(n) << 32)
#define LR_VINTID(l) ((u32)(l))

#define VMCR_VENG1   BIT(1)
#define VMCR_VPMR(p) ((u64)(p) << 24)
#define EOIMODE      BIT(1) /* ICC_CTLR_EL1 */

static u8 stacks[CPU_MAX][STACK_BYTES] __attribute__((aligned(16), section(".noinit")));

u64 sel2_stack(const struct pe *pe)
{
    return (u64)stacks[pe->index] + STACK_BYTES;
}

/* -- Virtual interrupts ------------------------------------------------------------------------ */

static u64 get_lr(unsigned n)
{
    return n == 0   ? read_sysreg(ICH_LR0_EL2)
           : n == 1 ? read_sysreg(ICH_LR1_EL2)
           : n == 2 ? read_sysreg(ICH_LR2_EL2)
                    : read_sysreg(ICH_LR3_EL2);
}

static void set_lr(unsigned n, u64 value)
{
    if (n == 0)
        write_sysreg(value, ICH_LR0_EL2);
    else if (n == 1)
        write_sysreg(value, ICH_LR1_EL2);
    else if (n == 2)
        write_sysreg(value, ICH_LR2_EL2);
    else
        write_sysreg(value, ICH_LR3_EL2);
    isb();
}

/* A tick that still waits stands for the next one, too. With more sources than list registers one
 * would have to wait outside: images/hyp does that. */
static void inject(u64 lr)
{
    u64 free = read_sysreg(ICH_ELRSR_EL2) & 15;
    for (unsigned n = 0; n < 4; n++)
        if (!(free & BIT(n)) && get_lr(n) & LR_PENDING && LR_VINTID(get_lr(n)) == LR_VINTID(lr))
            return;
    if (!free)
        panic("Secure EL2: no list register is free");
    set_lr(__builtin_ctzll(free), lr | LR_PENDING | LR_GROUP1);
}

/* -- Exceptions -------------------------------------------------------------------------------- */

/* EOIR1 drops the priority; Secure EL1's end deactivates a PPI or SPI (LR_HW). SGIs, and what is
 * Secure EL2's own, are deactivated here. */
static void take(struct pe *pe, u32 intid)
{
    write_sysreg(intid, ICC_EOIR1_EL1);
    pe->counts[COUNT_SECURE_EL2]++;
    if (intid == INTID_CNTHPS) {
        tick_next(pe, COUNT_TICKS_SECURE_EL1);
        write_sysreg(intid, ICC_DIR_EL1);
        inject(LR_PRIO(0x30) | INTID_CNTPS);
    } else if (intid < 16) {
        write_sysreg(intid, ICC_DIR_EL1);
        inject(LR_PRIO(0x40) | intid);
    } else {
        inject(LR_PRIO(0x50) | LR_HW | LR_PINTID(intid) | intid);
    }
}

static void on_irq(struct exc_frame *frame, enum exc_vector vector)
{
    (void)frame, (void)vector;
    u64 pmr = read_sysreg(ICC_PMR_EL1);
    write_sysreg(PMR_NOT_NORMAL, ICC_PMR_EL1);
    isb();
    u32 intid = read_sysreg(ICC_IAR1_EL1);
    if (intid < 1020)
        take(&pes[this_cpu()->index], intid);
    write_sysreg(pmr, ICC_PMR_EL1);
    isb();
}

static void on_fiq(struct exc_frame *frame, enum exc_vector vector)
{
    (void)frame, (void)vector;
    secure_smc((u64[4]){SECURE_FIQ});
}

/* ICC_SGI1R_EL1, ICC_ASGI1R_EL1, ICC_SGI0R_EL1: S3_0_C12_C11_5 to 7. */
static void on_sync(struct exc_frame *frame, enum exc_vector vector)
{
    (void)vector;
    u32 iss = ESR_ISS(frame->esr), op2 = iss >> 17 & 7, rt = iss >> 5 & 31;
    u64 value = rt < 31 ? frame->x[rt] : 0;
    if (ESR_EC(frame->esr) != EC_SYSREG || (iss & 0x31fc1f) != 0x303016 || op2 < 5)
        panic("Secure EL2: unexpected trap, ESR 0x%lx ELR 0x%lx", frame->esr, frame->elr);
    if (op2 == 5)
        write_sysreg(value, ICC_SGI1R_EL1);
    else if (op2 == 6)
        write_sysreg(value, ICC_ASGI1R_EL1);
    else
        write_sysreg(value, ICC_SGI0R_EL1);
    isb();
    frame->elr += 4;
}

void sel2_main(struct pe *pe)
{
    exc_init();
    exc_set_handler(EXC_LOWER_IRQ, on_irq);
    exc_set_handler(EXC_LOWER_FIQ, on_fiq);
    exc_set_handler(EXC_LOWER_SYNC, on_sync);
    write_sysreg(HCR_RW | HCR_IMO | HCR_FMO, hcr_el2);
    write_sysreg(0x33ff, cptr_el2);
    write_sysreg((read_sysreg(cnthctl_el2) & BIT(12)) | 3, cnthctl_el2); /* ECV is the others' */
    write_sysreg(EOIMODE, ICC_CTLR_EL1);
    write_sysreg(1, ICC_IGRPEN1_EL1);
    write_sysreg(VMCR_VPMR(0xf8), ICH_VMCR_EL2);
    write_sysreg(1, ICH_HCR_EL2);
    write_sysreg((u64)secure_main, elr_el2);
    write_sysreg(SPSR_DAIF | SPSR_EL1H, spsr_el2);
    isb();
    register struct pe *x0 __asm__("x0") = pe;
    __asm__ volatile("eret" : : "r"(x0) : "memory");
    __builtin_unreachable();
}
