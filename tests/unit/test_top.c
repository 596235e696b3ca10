/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What irqlab top shows of interrupts, vCPUs, timers, events and the console. */
#include "tests/unit/test_top_rig.h"

/* -- Interrupts -------------------------------------------------------------------------------- */

START_TEST(a_blocked_interrupt_shows_its_gate_in_red_and_in_words)
{
    frame.n_irqs = 2;
    make_irq(0, 27, VIEW_BLOCKED);
    make_irq(1, 40, VIEW_IDLE);
    draw();
    check_style("BLOCKED 1", STYLE_BLOCKED);
    check_style("BLOCKED p", STYLE_BLOCKED);
    check_style("priority-mask", STYLE_BLOCKED);
    check_seen("why:   ICC_PMR_EL1.Priority is 0x80, wanted > 0xa0 (IHI 0069 4.8.6)");
    check_seen("mend:  write a larger value to ICC_PMR_EL1");
    check_seen("last:  pended 2.499 ms ago in handler+0x8");
}
END_TEST

START_TEST(who_closed_the_gate_is_on_the_first_screen)
{
    struct why_gate closed = {
        .has_writer = true,
        .writer = {.known = true, .vcpu = 3, .pc = 0x40, .now_ns = 1500000, .value = 0x80}};

    strcpy(closed.writer.reg, "ICC_PMR_EL1");
    frame.n_irqs = 1;
    make_irq(0, 27, VIEW_BLOCKED);
    data.closed = &closed;
    draw();
    check_style("handler+0x40 on vCPU 3 (ICC_PMR_EL1 = 0x80), 1.000 ms ago", STYLE_BLOCKED);
    closed.writer.known = false;
    draw();
    check_seen("nobody has written it: the value after reset");
}
END_TEST

START_TEST(what_an_active_one_lacks_is_told)
{
    static const struct why_gate lacks = {.name = "deactivation",
                                          .reg = "GICR_ISACTIVER0",
                                          .field = "Set_active_bit",
                                          .field_bit = 27,
                                          .value = 1,
                                          .relation = "==",
                                          .section = "IHI 0069 4.1.2",
                                          .note = "ICC_CTLR_EL1.EOImode is 1",
                                          .advice = "write the INTID to ICC_DIR_EL1, too"};

    frame.n_irqs = 1;
    make_irq(0, 27, VIEW_ACTIVE);
    data.closed = &lacks;
    screen_resize(&screen, 24, 100);
    draw();
    check_seen("lacks: deactivation: GICR_ISACTIVER0.Set_active_bit27 is 0x1, wanted == 0x0 (IHI");
    check_seen("also:  ICC_CTLR_EL1.EOImode is 1");
    check_style("mend:  write the INTID to ICC_DIR_EL1, too", STYLE_NOTE);
}
END_TEST

START_TEST(each_verdict_has_a_word_and_a_style)
{
    frame.n_irqs = 4;
    make_irq(0, 27, VIEW_BLOCKED);
    make_irq(1, 40, VIEW_COMING);
    make_irq(2, 41, VIEW_ACTIVE);
    make_irq(3, 42, VIEW_IDLE);
    draw();
    check_style("BLOCKED 1", STYLE_BLOCKED);
    check_style("COMING 1", STYLE_COMING);
    check_style("ACTIVE 1", STYLE_ACTIVE);
    check_style("idle", STYLE_PLAIN);
    irqs[3].deliveries = 1;
    draw();
    check_style("idle", STYLE_COMING);
}
END_TEST

START_TEST(state_letters_are_those_of_kvm)
{
    static const struct {
        const char *letters;
        bool pending, level, active, enabled, edge;
        enum gic_group group;
    } rows[] = {
        {"P-----G", true, false, false, false, true, GIC_G1NS},
        {"-L----G", false, true, false, false, true, GIC_G1S},
        {"--A----", false, false, true, false, true, GIC_G0},
        {"---E---", false, false, false, true, true, GIC_G0},
        {"-----C-", false, false, false, false, false, GIC_G0},
        {"PLAE-CG", true, true, true, true, false, GIC_G1NS},
    };

    frame.n_irqs = 1;
    draw();
    check_seen("PLAEHCG");
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        make_irq(0, 27, VIEW_IDLE);
        irqs[0].pending = rows[i].pending;
        irqs[0].level = rows[i].level;
        irqs[0].active = rows[i].active;
        irqs[0].enabled = rows[i].enabled;
        irqs[0].edge = rows[i].edge;
        irqs[0].group = rows[i].group;
        draw();
        check_seen(rows[i].letters);
    }
}
END_TEST

START_TEST(kinds_and_targets_have_names)
{
    frame.n_irqs = 4;
    make_irq(0, 3, VIEW_IDLE);
    make_irq(1, 8192, VIEW_IDLE);
    make_irq(2, 40, VIEW_IDLE);
    make_irq(3, 27, VIEW_IDLE);
    irqs[1].target = VIEW_NO_VCPU;
    irqs[2].target = VIEW_ANY_VCPU;
    irqs[3].is_virtual = true;
    draw();
    check_seen("SGI       3   0");
    check_seen("LPI    8192   -");
    check_seen("SPI      40 any");
    check_seen("vPPI     27   0");
}
END_TEST

START_TEST(the_selected_interrupt_stays_selected_wherever_it_goes)
{
    frame.n_irqs = 3;
    make_irq(0, 27, VIEW_BLOCKED);
    make_irq(1, 40, VIEW_ACTIVE);
    make_irq(2, 41, VIEW_IDLE);
    draw();
    key(TOP_KEY_DOWN);
    key(TOP_KEY_DOWN);
    check_seen("SPI 41 for vCPU 0");
    make_irq(0, 41, VIEW_BLOCKED); /* it comes first now */
    make_irq(2, 27, VIEW_IDLE);
    draw();
    ck_assert_uint_eq(top_selected_irq(&top, &data)->intid, 41);
    frame.n_irqs = 1;
    make_irq(0, 50, VIEW_BLOCKED); /* it has gone */
    draw();
    ck_assert_uint_eq(top_selected_irq(&top, &data)->intid, 50);
    frame.n_irqs = 0;
    draw();
    ck_assert_ptr_null(top_selected_irq(&top, &data));
    check_seen("no interrupt is pending");
}
END_TEST

START_TEST(until_one_selects_it_is_the_first_that_is_shown)
{
    frame.n_irqs = 2;
    make_irq(0, 40, VIEW_IDLE);
    make_irq(1, 41, VIEW_IDLE);
    draw();
    make_irq(0, 41, VIEW_BLOCKED);
    make_irq(1, 40, VIEW_IDLE);
    draw();
    check_seen("SPI 41 for vCPU 0: BLOCKED");
    key(TOP_KEY_DOWN);
    check_seen("SPI 40 for vCPU 0: idle");
    key(TOP_KEY_HOME);
    make_irq(0, 42, VIEW_BLOCKED);
    draw();
    check_seen("SPI 42 for vCPU 0: BLOCKED");
}
END_TEST

/* -- vCPUs ------------------------------------------------------------------------------------- */

START_TEST(the_bar_shows_what_gets_through)
{
    vcpus[0].pmr = 0xa0;
    vcpus[0].running = 0x60;
    vcpus[0].highest = 0x80;
    vcpus[0].highest_intid = 27;
    draw();
    check_seen(" a0  60  80    27 ======R.H.P..... ");
    vcpus[0].running = 0xff;
    draw();
    check_seen(" a0  --  80    27 ========H=P..... ");
    ck_assert_int_eq(style_at("H=P"), STYLE_COMING);
    vcpus[0].pmr = 0x80; /* what equals the mask is masked */
    draw();
    ck_assert_int_eq(style_at("H....... "), STYLE_BLOCKED);
}
END_TEST

START_TEST(what_a_vcpu_does_is_a_word)
{
    frame.n_vcpus = 5;
    vcpus[0].next = true;
    vcpus[1].state = VCPU_WAITING;
    vcpus[2].state = VCPU_WAITING;
    vcpus[2].for_event = true;
    vcpus[3].state = VCPU_OFF;
    vcpus[4].asleep = true;
    screen_resize(&screen, 40, 80);
    draw();
    check_seen("  0 runs   1 ---- --N  f8");
    check_seen("  1 WFI ");
    check_seen("  2 WFE ");
    check_seen("  3 off");
    check_seen("  4 ready  1 ---- slp  f8");
    check_style("slp", STYLE_BLOCKED);
}
END_TEST

START_TEST(a_mask_that_holds_an_irq_back_is_marked)
{
    vcpus[0].daif = 2;
    draw();
    ck_assert_int_eq(style_at("I- --N"), STYLE_PLAIN);
    vcpus[0].lines = 1 << GIC_LINE_IRQ;
    draw();
    ck_assert_int_eq(style_at("I- --N"), STYLE_BLOCKED);
    check_seen(" IRQ ");
}
END_TEST

/* -- Timers, events, the console --------------------------------------------------------------- */

START_TEST(deadlines_are_told_from_now)
{
    frame.n_timers = 4;
    timers[1].timer = TIMER_EL2_PHYS;
    timers[1].deadline_ns = UINT64_MAX;
    timers[2].vcpu = 7;
    timers[2].ctl = 1 | 2 | 4;
    timers[3].deadline_ns = 100;
    screen_resize(&screen, 40, 80);
    draw();
    check_seen("0 CNTV      27 -    in 1.000 ms, at 0.003500000 s");
    check_seen("0 CNTHP     27 -    never");
    check_seen("7 CNTV      27 -    condition met (ISTATUS 1), masked by IMASK");
    check_seen("1 CNTV      27 -    now");
}
END_TEST

START_TEST(of_priorities_only_a_mask_that_moved_is_an_event)
{
    make_event(0, "acknowledged", 0xf8);
    events[0].intid = 27;
    strcpy(events[0].text, "priority 0xa0");
    make_event(1, "priority", 0xf8);
    make_event(2, "priority", 0x80);
    data.n_events = 3;
    draw();
    check_seen("1,000    0.000001000   0    27 acknowledged, priority 0xa0");
    check_unseen("1,001");
    check_seen("1,002    0.000001002   0       priority mask is 0x80 now");
}
END_TEST

START_TEST(what_is_to_come_is_marked)
{
    make_event(0, "acknowledged", 0xf8);
    future[0] = (struct view_event){.seq = 2, .instructions = 2000000, .kind = "deactivated"};
    data.n_events = data.n_future = 1;
    frame.reached = 2234567;
    draw();
    check_style("(to come) deactivated", STYLE_FAINT);
    check_seen("in the past: 1,000,000 instructions before the newest");
    key('\t'); /* no timers are shown: the next pane is theirs all the same */
    key('\t');
    key(TOP_KEY_DOWN);
    key(TOP_KEY_ENTER);
    ck_assert(action.is);
    ck_assert_int_eq(action.command, VIEW_GO);
    ck_assert_uint_eq(action.argument, 2000000);
}
END_TEST

START_TEST(what_the_guest_says_cannot_move_the_cursor)
{
    static const char said[] = "first\r\n\033[2Jsecond\xff\nthird";

    data.console = said;
    data.console_bytes = sizeof(said) - 1;
    screen_resize(&screen, 40, 80);
    draw();
    check_unseen("first");
    key('c');
    check_seen("the guest's console");
    check_seen(" first");
    check_seen(" ?[2Jsecond?");
    check_seen(" third");
    key('c');
    check_unseen("first");
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &a_blocked_interrupt_shows_its_gate_in_red_and_in_words,
        &who_closed_the_gate_is_on_the_first_screen,
        &what_an_active_one_lacks_is_told,
        &each_verdict_has_a_word_and_a_style,
        &state_letters_are_those_of_kvm,
        &kinds_and_targets_have_names,
        &the_selected_interrupt_stays_selected_wherever_it_goes,
        &until_one_selects_it_is_the_first_that_is_shown,
        &the_bar_shows_what_gets_through,
        &what_a_vcpu_does_is_a_word,
        &a_mask_that_holds_an_irq_back_is_marked,
        &deadlines_are_told_from_now,
        &of_priorities_only_a_mask_that_moved_is_an_event,
        &what_is_to_come_is_marked,
        &what_the_guest_says_cannot_move_the_cursor,
    };

    return SUITE_RUN("top", setup, teardown, tests);
}
