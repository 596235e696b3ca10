/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Software step at the level that debugs itself (DDI 0487 D2.11): PSTATE.D holds it back. */
#include "images/lib/cpu.h"
#include "images/lib/exc.h"
#include "images/lib/test.h"

enum { EC_STEP_SAME_EL = 0x33, MDSCR_SS = 1 << 0, MDSCR_KDE = 1 << 13, SPSR_SS = 1 << 21 };
enum { STEPS = 3 };

static volatile unsigned steps, others;
static volatile u64 stepped_at[STEPS + 1];

/* Each exception allows one more instruction, the last one all. */
static void on_exception(struct exc_frame *frame, enum exc_vector vector)
{
    (void)vector;
    if (ESR_EC(read_sysreg(esr_el1)) != EC_STEP_SAME_EL) {
        others++;
        return;
    }
    if (steps <= STEPS)
        stepped_at[steps] = frame->elr;
    if (++steps > STEPS)
        write_sysreg(MDSCR_KDE, mdscr_el1);
    else
        frame->spsr |= SPSR_SS;
}

int main(void)
{
    u64 after_clear, after_set;

    exc_set_handler(EXC_SYNC, on_exception);
    write_sysreg(0, oslar_el1);
    isb();
    __asm__ volatile("msr daifset, #8\n" ::: "memory");
    write_sysreg(MDSCR_KDE | MDSCR_SS, mdscr_el1);
    isb();
    check(steps == 0, "PSTATE.D 1: no step");
    __asm__ volatile("adr %0, 1f\n"
                     "msr daifclr, #8\n"
                     "1: nop\n"
                     "nop\n"
                     "nop\n"
                     "nop\n"
                     : "=r"(after_clear)::"memory");
    check(steps == STEPS + 1, "MSR DAIFClr, #8 lets it begin");
    check(stepped_at[0] == after_clear, "... before the next instruction");
    check(stepped_at[1] == after_clear + 4 && stepped_at[3] == after_clear + 12,
          "... and then after each one");

    __asm__ volatile("msr daifset, #8\n" ::: "memory");
    steps = STEPS;
    write_sysreg(MDSCR_KDE | MDSCR_SS, mdscr_el1);
    isb();
    __asm__ volatile("adr %0, 1f\n"
                     "mrs x9, daif\n"
                     "bic x9, x9, #0x200\n"
                     "msr daif, x9\n"
                     "1: nop\n"
                     : "=r"(after_set)::"x9", "memory");
    check(steps == STEPS + 1 && stepped_at[STEPS] == after_set, "so does MSR DAIF, <Xt>");
    check(others == 0, "no other exception came");
    return test_result();
}
