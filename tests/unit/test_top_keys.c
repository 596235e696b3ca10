/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What keys do to irqlab top; and its screen at any size, with any crowd. */
#include <time.h>

#include "tests/unit/test_top_rig.h"

/* -- Keys -------------------------------------------------------------------------------------- */

START_TEST(keys_command_the_machine)
{
    static const struct {
        int key;
        enum view_command command;
        uint64_t argument;
    } keys[] = {{' ', VIEW_RUN, 0},  {'s', VIEW_STEP, 1},       {'S', VIEW_BACK, 1},
                {'b', VIEW_BACK, 1}, {'n', VIEW_STEP_EVENT, 0}, {'N', VIEW_BACK_EVENT, 0},
                {'q', VIEW_QUIT, 0}};

    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        key(keys[i].key);
        ck_assert(action.is);
        ck_assert_int_eq(action.command, keys[i].command);
        ck_assert_uint_eq(action.argument, keys[i].argument);
    }
    frame.state = VIEW_RUNS;
    key(' ');
    ck_assert_int_eq(action.command, VIEW_PAUSE);
    type("12");
    ck_assert(!action.is);
    key('S');
    ck_assert_uint_eq(action.argument, 12);
    type("99999999999999999999");
    key('s');
    ck_assert_uint_le(action.argument, 10000000000000ull);
    key(0x1234);
    ck_assert(!action.is);
}
END_TEST

START_TEST(moments_are_instructions_or_times)
{
    static const struct {
        const char *text;
        enum view_command command;
        uint64_t argument;
    } good[] = {{"12,345", VIEW_GO, 12345},      {"+1000", VIEW_GO, 1235567},
                {"-34,567", VIEW_GO, 1200000},   {"-9999999", VIEW_GO, 0},
                {"1.5ms", VIEW_GO_NS, 1500000},  {"+20 us", VIEW_GO_NS, 2520000},
                {"-500ns", VIEW_GO_NS, 2499500}, {"0.25s", VIEW_GO_NS, 250000000}};
    static const char *const bad[] = {"",      "x",   "1.5",   "1h",  "--1",
                                      "1e400", "nan", "1e30s", "inf", "+ -1"};

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        ck_assert_msg(top_go_parse(&frame, good[i].text, &action), "%s", good[i].text);
        ck_assert_int_eq(action.command, good[i].command);
        ck_assert_uint_eq(action.argument, good[i].argument);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!top_go_parse(&frame, bad[i], &action), "%s", bad[i]);
    key('g');
    type("1x");
    key(TOP_KEY_ENTER);
    ck_assert(!action.is);
    check_seen("go to (");
    check_seen("1x_");
    key(TOP_KEY_ERASE);
    key(TOP_KEY_ENTER);
    ck_assert(action.is);
    ck_assert_uint_eq(action.argument, 1);
}
END_TEST

START_TEST(filters_show_some)
{
    frame.n_vcpus = 2;
    frame.n_irqs = 3;
    make_irq(0, 27, VIEW_BLOCKED);
    make_irq(1, 40, VIEW_BLOCKED);
    make_irq(2, 41, VIEW_IDLE);
    static const struct {
        const char *text;
        unsigned n;
    } good[] = {{"27", 1},           {"40-1000", 2}, {"v1", 1},       {"vcpu0", 2}, {"blocked", 2},
                {"BLOCKED idle", 3}, {"spi", 2},     {"spi idle", 1}, {"0x1b", 1},  {"", 3}};
    static const char *const bad[] = {"x", "40-", "41-40", "v", "99999999999", "-1"};
    struct top_filter f;

    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        ck_assert_msg(top_filter_parse(&top.filter, good[i].text), "%s", good[i].text);
        draw();
        ck_assert_msg(top.lists[PANE_IRQS].n == good[i].n, "%s", good[i].text);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!top_filter_parse(&f, bad[i]), "%s", bad[i]);
    key('/');
    type("spi v1");
    key(TOP_KEY_ENTER);
    check_seen("filter 'spi v1': 1 of 3 interrupts");
    key('/');
    type(" x");
    key(TOP_KEY_ENTER);
    check_seen("filter by INTID");
    key(TOP_KEY_ESCAPE);
    check_seen("filter 'spi v1': 1 of 3 interrupts");
}
END_TEST

START_TEST(why_opens_where_the_gate_is_closed)
{
    char text[8192] = "PPI 27 at vCPU 0\n";

    for (int i = 0; i < 60; i++)
        strcat(text, i == 40
                         ? "priority-mask      FAIL  ICC_PMR_EL1.Priority = 0x80\n"
                         : "gate               PASS  it is open, and this is rather a long line "
                           "that has to be wrapped at its end\n");
    strcat(text, "verdict: blocked at priority-mask\n");
    frame.n_irqs = 1;
    make_irq(0, 27, VIEW_BLOCKED);
    draw();
    key('w');
    ck_assert_uint_eq(top.why.intid, 27);
    data.why = text;
    draw();
    check_seen("why: PPI 27 at vCPU 0");
    check_style("priority-mask      FAIL", STYLE_BLOCKED);
    key(TOP_KEY_END);
    check_style("verdict: blocked", STYLE_NOTE);
    key(TOP_KEY_HOME);
    check_seen("PPI 27 at vCPU 0");
    key('q'); /* closes this, and does not quit */
    ck_assert(!action.is);
    check_unseen("verdict");
}
END_TEST

START_TEST(why_may_be_asked_of_an_intid_that_is_not_shown)
{
    draw();
    key('w');
    check_seen("why what?");
    frame.n_vcpus = 2;
    key(TOP_KEY_BACK_TAB);
    key(TOP_KEY_DOWN);
    type("30w");
    check_seen("why: PPI 30 at vCPU 1");
    key('w');
    type("0w");
    check_seen("why: SGI 0 at vCPU 1");
}
END_TEST

START_TEST(the_last_line_tells_the_keys_and_help_the_rest)
{
    char row[SCREEN_MAX_COLS + 1];

    draw();
    screen_text(&screen, 23, row);
    ck_assert_str_eq(
        row, "? help  q quit  space run  s/S step  n/N event  w why  / show  g go  tab pane");
    key('?');
    check_seen("KEYS");
    key(TOP_KEY_END);
    check_seen("ACTIVE      acknowledged");
    key(TOP_KEY_ESCAPE);
    check_unseen("KEYS");
}
END_TEST

/* -- Any size, any crowd ----------------------------------------------------------------------- */

static void make_crowd(void)
{
    frame.n_vcpus = MANY_VCPUS;
    frame.n_irqs = MANY_IRQS;
    frame.n_timers = MANY_TIMERS;
    for (unsigned i = 0; i < MANY_IRQS; i++)
        make_irq(i, 32 + i, (enum view_verdict)(3 - i / 250));
    for (unsigned i = 0; i < TOP_EVENTS; i++)
        make_event(i, "acknowledged", 0xf8);
    data.n_events = TOP_EVENTS;
    data.console = "said\n";
    data.console_bytes = 5;
    data.why = "gate  FAIL  closed\n";
}

START_TEST(it_draws_at_every_size)
{
    static const char keys[] = "\tw?c/g\t";

    make_crowd();
    for (int rows = 0; rows < 30; rows++) {
        for (int cols = 0; cols < 100; cols += cols < 10 ? 1 : 9) {
            ck_assert_int_eq(screen_resize(&screen, rows, cols), 0);
            for (size_t k = 0; k < sizeof(keys) - 1; k++) {
                key(keys[k]);
                key(TOP_KEY_PAGE_DOWN);
                key(TOP_KEY_ESCAPE);
            }
            key(TOP_KEY_END);
        }
    }
}
END_TEST

START_TEST(the_interrupts_are_seen_on_the_smallest_screens)
{
    frame.n_irqs = 1;
    make_irq(0, 27, VIEW_BLOCKED);
    for (int rows = 4; rows < 30; rows++) {
        ck_assert_int_eq(screen_resize(&screen, rows, 60), 0);
        draw();
        check_seen("27   0 P--E-CG  a0 1N      0 BLOCKED priority");
    }
    screen_resize(&screen, 1, 40);
    draw();
    check_seen("BLOCKED 1");
}
END_TEST

/* What one frame asks symbols for stands for what it costs. */
static unsigned long cost(void)
{
    asked = 0;
    draw();
    return asked;
}

START_TEST(only_what_is_visible_costs)
{
    unsigned long few, many;

    make_crowd();
    frame.n_irqs = 40;
    few = cost();
    frame.n_irqs = MANY_IRQS;
    many = cost();
    ck_assert_uint_eq(few, many);
    ck_assert_uint_le(many, 24);
}
END_TEST

START_TEST(a_crowd_is_drawn_more_than_ten_times_a_second)
{
    enum { FRAMES = 100 };
    clock_t begin, took;

    make_crowd();
    screen_resize(&screen, 100, 250);
    begin = clock();
    for (int i = 0; i < FRAMES; i++)
        draw();
    took = clock() - begin;
    printf("%.0f frames a second of this thread\n",
           FRAMES / ((double)(took ? took : 1) / CLOCKS_PER_SEC));
    ck_assert_int_lt(took, (clock_t)FRAMES * CLOCKS_PER_SEC / 10);
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &keys_command_the_machine,
        &moments_are_instructions_or_times,
        &filters_show_some,
        &why_opens_where_the_gate_is_closed,
        &why_may_be_asked_of_an_intid_that_is_not_shown,
        &the_last_line_tells_the_keys_and_help_the_rest,
        &it_draws_at_every_size,
        &the_interrupts_are_seen_on_the_smallest_screens,
        &only_what_is_visible_costs,
        &a_crowd_is_drawn_more_than_ten_times_a_second,
    };

    return SUITE_RUN("top keys", setup, teardown, tests);
}
