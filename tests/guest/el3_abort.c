/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SCR_EL3.EA: external aborts of lower levels come to EL3, or do not (DDI 0487, SCR_EL3.EA).
 */
#include "tests/guest/el3_guest.h"

BOOT_EL(3);

#define SCR_EA      BIT(3)
#define SYNC_AT_EL1 (0x200 / 4) /* in a vector table */

/* A read of nothing at EL1, whose vectors are SMC: who gets the exception? */
static struct guest read_nothing(u64 scr, u64 address)
{
    for (unsigned i = 0; i < 0x800 / 4; i++)
        ns_code[i] = SMC;
    sync_code(ns_code, 0x800);
    struct guest g = {.pc = (u64)(ns_code + 0x800 / 4), .spsr = SPSR_EL1H | SPSR_DAIF};
    ns_code[0x800 / 4] = LDR_W2;
    sync_code(ns_code + 0x800 / 4, 4);
    g.x[0] = address;
    set_scr(scr);
    write_sysreg(0x30d00800, sctlr_el1);
    write_sysreg((u64)ns_code, vbar_el1);
    guest_run(&g);
    set_scr(0);
    return g;
}

static void test_state(u64 scr, const char *state)
{
    u64 nothing = BOARD_HOLE + 8, pc = (u64)(ns_code + 0x800 / 4);
    struct guest g = read_nothing(scr, nothing);
    check(ESR_EC(g.esr) == EC_SMC && g.pc == (u64)(ns_code + SYNC_AT_EL1 + 1),
          "%s, EA 0: an external abort is EL1's", state);
    check(ESR_EC(read_sysreg(esr_el1)) == EC_DABT && ESR_FSC(read_sysreg(esr_el1)) == FSC_EXTERNAL,
          "... from its own level");
    g = read_nothing(scr | SCR_EA, nothing);
    check(ESR_EC(g.esr) == EC_DABT_LOWER && ESR_FSC(g.esr) == FSC_EXTERNAL,
          "%s, EA 1: it comes to EL3, from a lower level", state);
    check(g.far == nothing && g.pc == pc, "... with the address and the instruction");
    check(!(g.esr & ESR_ISV), "... and no more about it");
}

int main(void)
{
    el3_setup();
    test_state(SCR_NS, "Non-secure");
    test_state(0, "Secure");
    return test_result();
}
