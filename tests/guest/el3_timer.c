/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The Secure physical timer (DDI 0487, CNTPS_CTL_EL1): EL3's, Secure EL1's with SCR_EL3.ST, nobody
 * else's; never offset; INTID 29.
 */
#include "images/lib/timer.h"
#include "tests/guest/el3_guest.h"

BOOT_EL(3);

#define CNTPS_TVAL s3_7_c14_c2_0
#define CNTPS_CTL  s3_7_c14_c2_1
#define CNTPS_CVAL s3_7_c14_c2_2
#define SCR_ST     BIT(11)

#define MRS_CNTPS_CTL MRS_X2(7, 14, 2, 1)

static void test_fires(void)
{
    fresh(INTID_CNTPS, G1S, PRIO_DEFAULT);
    gic_set_edge(INTID_CNTPS, false);
    u64 deadline = counter_physical() + ms_to_ticks(1);
    write_sysreg(deadline, CNTPS_CVAL);
    write_sysreg(TIMER_ENABLE, CNTPS_CTL);
    isb();
    check(hppir1() != INTID_CNTPS, "CNTPS waits");
    check(wait_until(hppir1() == INTID_CNTPS, 100), "CNTPS fires");
    u64 now = counter_physical();
    check(now >= deadline && now - deadline < counter_hz(), "... by the physical counter");
    check_equal(read_sysreg(CNTPS_CTL), TIMER_ENABLE | TIMER_ISTATUS, "... with ISTATUS");
    write_sysreg(0, CNTPS_CTL);
    isb();
    check(wait_until(hppir1() != INTID_CNTPS, 100), "stopped, it is gone");
    u64 before = counter_physical();
    write_sysreg((u32)-1000, CNTPS_TVAL);
    isb();
    u64 cval = read_sysreg(CNTPS_CVAL), after = counter_physical();
    check(cval + 1000 >= before && cval + 1000 <= after, "a negative TVAL is sign-extended");
}

/* A word at Secure EL1: UNDEFINED and traps come back to EL3 by the SMC of its vector table. */
static struct guest s_el1(u64 scr, u32 insn)
{
    struct guest g = {.pc = (u64)ns_code, .spsr = SPSR_EL1H | SPSR_DAIF};
    ns_code[0] = insn;
    ns_code[1] = SMC;
    sync_code(ns_code, 8);
    set_scr(scr);
    write_sysreg(0x30d00800, sctlr_el1);
    guest_run(&g);
    set_scr(0);
    return g;
}

static void test_access(void)
{
    write_sysreg(TIMER_IMASK, CNTPS_CTL);
    isb();
    struct guest g = s_el1(SCR_ST, MRS_CNTPS_CTL);
    check(ESR_EC(g.esr) == EC_SMC && g.x[2] == TIMER_IMASK, "SCR_EL3.ST 1: Secure EL1 has CNTPS");
    g = s_el1(0, MRS_CNTPS_CTL);
    check(ESR_EC(g.esr) == EC_SYSREG && g.pc == (u64)ns_code, "ST 0: EL1's access comes to EL3");
    write_sysreg(0, CNTPS_CTL);
}

int main(void)
{
    el3_setup();
    test_fires();
    test_access();
    return test_result();
}
