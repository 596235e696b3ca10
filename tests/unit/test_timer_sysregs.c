/* SPDX-License-Identifier: GPL-2.0-or-later */
/* System registers of libtimer: who may, what E2H changes. */
#include <stdlib.h>

#include "tests/unit/test_timer_fixture.h"
#include "tests/unit/suite.h"

#define OK   TIMER_ACCESS_OK
#define UND  TIMER_ACCESS_UNDEF
#define TRP1 TIMER_ACCESS_TRAP_EL1
#define TRP2 TIMER_ACCESS_TRAP_EL2
#define TRP3 TIMER_ACCESS_TRAP_EL3

/* -- The table --------------------------------------------------------------------------------- */

START_TEST(names_and_encodings_are_unique)
{
    size_t n;
    const struct timer_sysreg *rows = timer_sysregs(&n);

    for (size_t i = 0; i < n; i++) {
        for (size_t k = 0; k < i; k++) {
            ck_assert_str_ne(rows[i].name, rows[k].name);
            ck_assert(rows[i].op1 != rows[k].op1 || rows[i].crm != rows[k].crm ||
                      rows[i].op2 != rows[k].op2);
        }
        ck_assert(rows[i].op0 == 3 && rows[i].crn == 14);
        ck_assert(rows[i].readable && rows[i].section[0] == 'D');
    }
    ck_assert_uint_eq(n, 5 + 9 * 3 + 5);
}
END_TEST

START_TEST(counters_are_read_only)
{
    static const char *const names[] = {"CNTPCT_EL0", "CNTVCT_EL0", "CNTPCTSS_EL0", "CNTVCTSS_EL0"};

    for (size_t i = 0; i < 4; i++) {
        rig_as(&rig, 0, 3, 0);
        ck_assert_int_eq(rig_check(&rig, names[i], true), UND);
        ck_assert_int_eq(rig_check(&rig, names[i], false), OK);
    }
}
END_TEST

START_TEST(a_register_is_undefined_below_its_level)
{
    rig_as(&rig, 0, 1, 0);
    ck_assert_int_eq(rig_check(&rig, "CNTHCTL_EL2", false), UND);
    ck_assert_int_eq(rig_check(&rig, "CNTVOFF_EL2", true), UND);
    rig_as(&rig, 0, 0, 0);
    ck_assert_int_eq(rig_check(&rig, "CNTKCTL_EL1", false), UND);
    ck_assert_int_eq(rig_check(&rig, "CNTPS_CTL_EL1", false), UND);
}
END_TEST

START_TEST(registers_of_absent_features_are_undefined)
{
    reopen(RIG_EL2);
    rig_as(&rig, 0, 2, HCR_E2H);
    ck_assert_int_eq(rig_check(&rig, "CNTHP_CTL_EL2", true), OK);
    ck_assert_int_eq(rig_check(&rig, "CNTHV_CTL_EL2", true), UND);
    ck_assert_int_eq(rig_check(&rig, "CNTP_CTL_EL02", true), UND);
    ck_assert_int_eq(rig_check(&rig, "CNTHPS_CTL_EL2", true), UND);
    ck_assert_int_eq(rig_check(&rig, "CNTPOFF_EL2", true), UND);
    ck_assert_int_eq(rig_check(&rig, "CNTPCTSS_EL0", false), UND);
    ck_assert_int_eq(rig_check(&rig, "CNTPS_CTL_EL1", true), UND);
    reopen(0);
    rig_as(&rig, 0, 2, 0);
    ck_assert_int_eq(rig_check(&rig, "CNTHP_CTL_EL2", true), UND);
    ck_assert_int_eq(rig_check(&rig, "CNTVOFF_EL2", true), UND);
}
END_TEST

START_TEST(polling_means_counters_tval_and_ctl)
{
    ck_assert(timers_is_counter(rig_reg("CNTVCT_EL0")));
    ck_assert(timers_is_counter(rig_reg("CNTPCTSS_EL0")));
    ck_assert(timers_is_counter(rig_reg("CNTP_TVAL_EL0")));
    ck_assert(timers_is_counter(rig_reg("CNTHV_CTL_EL2")));
    ck_assert(!timers_is_counter(rig_reg("CNTV_CVAL_EL0")));
    ck_assert(!timers_is_counter(rig_reg("CNTFRQ_EL0")));
    ck_assert(!timers_is_counter(rig_reg("CNTKCTL_EL1")));
}
END_TEST

/* -- CNTFRQ ------------------------------------------------------------------------------------ */

START_TEST(cntfrq_is_written_at_the_highest_level_only)
{
    rig_as(&rig, 0, 2, 0);
    ck_assert_int_eq(rig_check(&rig, "CNTFRQ_EL0", true), UND);
    rig_as(&rig, 0, 3, 0);
    rig_write(&rig, 0, "CNTFRQ_EL0", 0x1122334455ull);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTFRQ_EL0"), 0x22334455);
    rig.now_ns = 160;
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTPCT_EL0"), 10); /* the speed is the same */
    reopen(0);
    ck_assert_int_eq(rig_check(&rig, "CNTFRQ_EL0", true), OK);
}
END_TEST

START_TEST(cntfrq_reads_the_frequency_of_the_machine)
{
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTFRQ_EL0"), 62500000);
}
END_TEST

/* -- CNTKCTL: EL0 ------------------------------------------------------------------------------ */

START_TEST(el0_needs_its_bit_in_cntkctl)
{
    static const struct {
        const char *name;
        unsigned bit;
    } rows[] = {{"CNTPCT_EL0", 0}, {"CNTVCT_EL0", 1}, {"CNTV_CTL_EL0", 8}, {"CNTP_CTL_EL0", 9}};

    for (size_t i = 0; i < 4; i++) {
        rig_as(&rig, 0, 1, 0);
        rig_write(&rig, 0, "CNTKCTL_EL1", 0x303 & ~(1u << rows[i].bit));
        rig_as(&rig, 0, 0, 0);
        ck_assert_int_eq(rig_check(&rig, rows[i].name, false), TRP1);
        rig_as(&rig, 0, 1, 0);
        ck_assert_int_eq(rig_check(&rig, rows[i].name, false), OK);
        rig_write(&rig, 0, "CNTKCTL_EL1", 1u << rows[i].bit);
        rig_as(&rig, 0, 0, 0);
        ck_assert_int_eq(rig_check(&rig, rows[i].name, false), OK);
    }
}
END_TEST

START_TEST(el0_reads_cntfrq_with_either_counter_bit)
{
    static const uint64_t bits[] = {0, 1, 2, 3};

    for (size_t i = 0; i < 4; i++) {
        rig_as(&rig, 0, 1, 0);
        rig_write(&rig, 0, "CNTKCTL_EL1", bits[i]);
        rig_as(&rig, 0, 0, 0);
        ck_assert_int_eq(rig_check(&rig, "CNTFRQ_EL0", false), bits[i] ? OK : TRP1);
        ck_assert_int_eq(rig_check(&rig, "CNTFRQ_EL0", true), UND);
    }
}
END_TEST

START_TEST(el0_traps_go_to_el2_under_tge)
{
    rig_as(&rig, 0, 0, HCR_TGE);
    ck_assert_int_eq(rig_check(&rig, "CNTVCT_EL0", false), TRP2);
    rig.pe.el2_enabled = false;
    ck_assert_int_eq(rig_check(&rig, "CNTVCT_EL0", false), TRP1);
}
END_TEST

START_TEST(the_hosts_el0_goes_by_cnthctl)
{
    write_as_el2("CNTHCTL_EL2", 0, HOST);
    rig_as(&rig, 0, 0, HOST);
    ck_assert_int_eq(rig_check(&rig, "CNTVCT_EL0", false), TRP2);
    ck_assert_int_eq(rig_check(&rig, "CNTP_CTL_EL0", true), TRP2);
    write_as_el2("CNTHCTL_EL2", 0x303, HOST);
    rig_as(&rig, 0, 0, HOST);
    ck_assert_int_eq(rig_check(&rig, "CNTVCT_EL0", false), OK);
    ck_assert_int_eq(rig_check(&rig, "CNTPCT_EL0", false), OK);
    ck_assert_int_eq(rig_check(&rig, "CNTP_CTL_EL0", true), OK);
    ck_assert_int_eq(rig_check(&rig, "CNTV_CTL_EL0", true), OK);
}
END_TEST

START_TEST(control_bits_of_absent_features_are_res0)
{
    write_as_el2("CNTHCTL_EL2", UINT64_MAX, 0);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTHCTL_EL2"), 0x3ffff);
    rig_as(&rig, 0, 1, 0);
    rig_write(&rig, 0, "CNTKCTL_EL1", UINT64_MAX);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTKCTL_EL1"), 0x203ff);
    reopen(RIG_EL2);
    write_as_el2("CNTHCTL_EL2", UINT64_MAX, 0);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTHCTL_EL2"), 0xff);
    rig_as(&rig, 0, 1, 0);
    rig_write(&rig, 0, "CNTKCTL_EL1", UINT64_MAX);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTKCTL_EL1"), 0x3ff);
}
END_TEST

/* -- CNTHCTL: EL1 ------------------------------------------------------------------------------ */

/* The bits for the counter and the timer are 0 and 1 with E2H 0, 10 and 11 with E2H 1. */
START_TEST(el1_physical_traps_move_with_e2h)
{
    for (unsigned i = 0; i < 4; i++) {
        bool e2h = i & 1, timer = i & 2;
        uint64_t hcr = e2h ? HCR_E2H : 0, bit = 1ull << ((e2h ? 10 : 0) + timer);
        const char *name = timer ? "CNTP_CVAL_EL0" : "CNTPCT_EL0";

        write_as_el2("CNTHCTL_EL2", 0xc03 & ~bit, hcr);
        rig_as(&rig, 0, 1, hcr);
        ck_assert_int_eq(rig_check(&rig, name, false), TRP2);
        write_as_el2("CNTHCTL_EL2", bit, hcr);
        rig_as(&rig, 0, 1, hcr);
        ck_assert_int_eq(rig_check(&rig, name, false), OK);
        rig_as(&rig, 0, 2, hcr);
        ck_assert_int_eq(rig_check(&rig, name, false), OK);
    }
}
END_TEST

START_TEST(el1_traps_need_el2_enabled)
{
    write_as_el2("CNTHCTL_EL2", 0, 0);
    rig.pe.el2_enabled = false;
    rig_as(&rig, 0, 1, 0);
    ck_assert_int_eq(rig_check(&rig, "CNTP_CVAL_EL0", false), OK);
}
END_TEST

START_TEST(a_guests_el0_is_trapped_to_el1_first_and_then_to_el2)
{
    write_as_el2("CNTHCTL_EL2", 0, 0);
    rig_as(&rig, 0, 0, 0);
    ck_assert_int_eq(rig_check(&rig, "CNTPCT_EL0", false), TRP1);
    rig_as(&rig, 0, 1, 0);
    rig_write(&rig, 0, "CNTKCTL_EL1", 1);
    rig_as(&rig, 0, 0, 0);
    ck_assert_int_eq(rig_check(&rig, "CNTPCT_EL0", false), TRP2);
}
END_TEST

START_TEST(ecv_can_trap_the_virtual_counter_and_timer)
{
    write_as_el2("CNTHCTL_EL2", 1u << 14, 0);
    rig_as(&rig, 0, 1, 0);
    ck_assert_int_eq(rig_check(&rig, "CNTVCT_EL0", false), TRP2);
    ck_assert_int_eq(rig_check(&rig, "CNTVCTSS_EL0", false), TRP2);
    ck_assert_int_eq(rig_check(&rig, "CNTV_CTL_EL0", false), OK);
    write_as_el2("CNTHCTL_EL2", 1u << 13, 0);
    rig_as(&rig, 0, 1, 0);
    ck_assert_int_eq(rig_check(&rig, "CNTV_CTL_EL0", true), TRP2);
    ck_assert_int_eq(rig_check(&rig, "CNTVCT_EL0", false), OK);
}
END_TEST

START_TEST(el1_may_use_the_physical_timer_after_reset)
{
    rig_as(&rig, 0, 1, 0);
    ck_assert_int_eq(rig_check(&rig, "CNTP_CTL_EL0", true), OK);
    ck_assert_int_eq(rig_check(&rig, "CNTPCT_EL0", false), OK);
}
END_TEST

/* -- CNTPS ------------------------------------------------------------------------------------- */

START_TEST(the_secure_timer_is_el3s_and_secure_el1s_with_st)
{
    rig_as(&rig, 0, 3, 0);
    ck_assert_int_eq(rig_check(&rig, "CNTPS_CTL_EL1", true), OK);
    rig.pe.secure = true;
    rig.pe.el2_enabled = false;
    rig_as(&rig, 0, 1, 0);
    ck_assert_int_eq(rig_check(&rig, "CNTPS_CTL_EL1", true), TRP3);
    rig.pe.scr_el3 = SCR_ST;
    ck_assert_int_eq(rig_check(&rig, "CNTPS_CTL_EL1", true), OK);
    rig.pe.el2_enabled = true;
    ck_assert_int_eq(rig_check(&rig, "CNTPS_CTL_EL1", true), UND);
    rig.pe.secure = false;
    ck_assert_int_eq(rig_check(&rig, "CNTPS_CTL_EL1", true), UND);
    rig_as(&rig, 0, 2, 0);
    ck_assert_int_eq(rig_check(&rig, "CNTPS_CTL_EL1", true), UND);
}
END_TEST

/* -- E2H redirection --------------------------------------------------------------------------- */

START_TEST(cntp_at_el2_with_e2h_is_cnthp)
{
    write_as_el2("CNTHCTL_EL2", 0xc03, HCR_E2H);
    write_as_el2("CNTP_CVAL_EL0", 111, HCR_E2H);
    write_as_el2("CNTV_CVAL_EL0", 222, HCR_E2H);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTHP_CVAL_EL2"), 111);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTHV_CVAL_EL2"), 222);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTP_CVAL_EL02"), 0);
    rig_as(&rig, 0, 2, 0);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTP_CVAL_EL0"), 0);
    rig_as(&rig, 0, 1, HCR_E2H);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTP_CVAL_EL0"), 0);
}
END_TEST

START_TEST(the_hosts_el0_uses_el2s_timers)
{
    write_as_el2("CNTHCTL_EL2", 0x303, HOST);
    rig_as(&rig, 0, 0, HOST);
    rig_write(&rig, 0, "CNTV_CVAL_EL0", 5);
    rig_as(&rig, 0, 2, HOST);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTHV_CVAL_EL2"), 5);
}
END_TEST

START_TEST(secure_el2_is_redirected_to_its_own_timers)
{
    rig.pe.secure = true;
    rig.pe.scr_el3 = SCR_EEL2;
    write_as_el2("CNTP_CVAL_EL0", 111, HCR_E2H);
    write_as_el2("CNTV_CVAL_EL0", 222, HCR_E2H);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTHPS_CVAL_EL2"), 111);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTHVS_CVAL_EL2"), 222);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTHP_CVAL_EL2"), 0);
    rig.pe.secure = false;
    ck_assert_int_eq(rig_check(&rig, "CNTHPS_CVAL_EL2", false), UND);
    rig.pe.el = 3;
    ck_assert_int_eq(rig_check(&rig, "CNTHPS_CVAL_EL2", false), OK);
    rig.pe.scr_el3 = 0;
    ck_assert_int_eq(rig_check(&rig, "CNTHPS_CVAL_EL2", false), UND);
}
END_TEST

START_TEST(el02_names_reach_el1s_timers_and_need_e2h)
{
    write_as_el2("CNTP_CVAL_EL02", 5, HCR_E2H);
    write_as_el2("CNTV_CVAL_EL02", 6, HCR_E2H);
    rig_as(&rig, 0, 1, 0);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTP_CVAL_EL0"), 5);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTV_CVAL_EL0"), 6);
    rig_as(&rig, 0, 2, 0);
    ck_assert_int_eq(rig_check(&rig, "CNTP_CVAL_EL02", false), UND);
    ck_assert_int_eq(rig_check(&rig, "CNTKCTL_EL12", false), UND);
    rig_as(&rig, 0, 1, HCR_E2H);
    ck_assert_int_eq(rig_check(&rig, "CNTP_CVAL_EL02", false), UND);
}
END_TEST

START_TEST(cntkctl_at_el2_with_e2h_is_cnthctl)
{
    write_as_el2("CNTKCTL_EL1", 0x100, HCR_E2H);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTHCTL_EL2"), 0x100);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTKCTL_EL12"), 0);
    write_as_el2("CNTKCTL_EL12", 0x200, HCR_E2H);
    rig_as(&rig, 0, 1, 0);
    ck_assert_uint_eq(rig_read(&rig, 0, "CNTKCTL_EL1"), 0x200);
}
END_TEST

static const TTest *const *const tests[] = {
    &names_and_encodings_are_unique,
    &counters_are_read_only,
    &a_register_is_undefined_below_its_level,
    &registers_of_absent_features_are_undefined,
    &polling_means_counters_tval_and_ctl,
    &cntfrq_is_written_at_the_highest_level_only,
    &cntfrq_reads_the_frequency_of_the_machine,
    &el0_needs_its_bit_in_cntkctl,
    &el0_reads_cntfrq_with_either_counter_bit,
    &el0_traps_go_to_el2_under_tge,
    &the_hosts_el0_goes_by_cnthctl,
    &control_bits_of_absent_features_are_res0,
    &el1_physical_traps_move_with_e2h,
    &el1_traps_need_el2_enabled,
    &a_guests_el0_is_trapped_to_el1_first_and_then_to_el2,
    &ecv_can_trap_the_virtual_counter_and_timer,
    &el1_may_use_the_physical_timer_after_reset,
    &the_secure_timer_is_el3s_and_secure_el1s_with_st,
    &cntp_at_el2_with_e2h_is_cnthp,
    &the_hosts_el0_uses_el2s_timers,
    &secure_el2_is_redirected_to_its_own_timers,
    &el02_names_reach_el1s_timers_and_need_e2h,
    &cntkctl_at_el2_with_e2h_is_cnthctl,
};

int main(void)
{
    return SUITE_RUN("timer registers", setup, teardown, tests);
}
