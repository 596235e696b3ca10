/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SCR_EL3.TWI and TWE (DDI 0487, SCR_EL3): WFI and WFE of lower levels that would wait come to EL3.
 */
#include "tests/guest/el3_guest.h"

BOOT_EL(3);

#define WFI     0xd503207fu
#define WFE     0xd503205fu
#define WFET_X5 0xd5031005u
#define SCR_TWI BIT(12)
#define SCR_TWE BIT(13)

/* WFE, which has the event of the exception return, then @insn. */
static struct guest after_event(u64 scr, u32 insn)
{
    struct guest g = {.pc = (u64)ns_code, .spsr = SPSR_EL1H | SPSR_DAIF};
    ns_code[0] = WFE;
    ns_code[1] = insn;
    ns_code[2] = SMC;
    sync_code(ns_code, 12);
    g.x[5] = ~0ull;
    set_scr(scr);
    write_sysreg(0x30d00800, sctlr_el1);
    guest_run(&g);
    set_scr(0);
    return g;
}

static bool is_wfx(const struct guest *g, u32 iss)
{
    return g->esr == ((u64)EC_WFX << 26 | ESR_IL | BIT(24) | 0xe << 20 | iss) &&
           g->pc == (u64)ns_code + 4;
}

static void test_state(u64 ns, const char *state)
{
    struct guest g = after_event(ns | SCR_TWI, WFI);
    check(is_wfx(&g, 0), "%s: SCR_EL3.TWI: WFI comes to EL3 with TI 0", state);
    g = after_event(ns | SCR_TWE, WFE);
    check(is_wfx(&g, 1), "%s: SCR_EL3.TWE: WFE comes to EL3 with TI 1", state);
    g = after_event(ns | SCR_TWI, 0xd503203f);
    check(ESR_EC(g.esr) == EC_SMC, "%s: YIELD does not", state);
    if (id_field(read_sysreg(s3_0_c0_c6_2), 0) == 2) {
        g = after_event(ns | SCR_TWE, WFET_X5);
        check(is_wfx(&g, 3 | 1 << 2 | 5 << 5), "%s: WFET X5 with TI 3, RV, RN 5", state);
    }
}

/* EL3's own are never trapped. */
static void test_el3(void)
{
    set_scr(SCR_TWI | SCR_TWE);
    fresh(8, G1S, PRIO_DEFAULT);
    gic_set_pending(8);
    isb();
    struct exc_info info = PROBE(__asm__ volatile("sevl\n\twfe\n\twfi"));
    check(!info.taken, "SCR_EL3.{TWI,TWE} do not trap EL3's own");
    gic_clear_pending(8);
    set_scr(0);
}

int main(void)
{
    el3_setup();
    test_state(SCR_NS, "Non-secure");
    test_state(0, "Secure");
    test_el3();
    return test_result();
}
