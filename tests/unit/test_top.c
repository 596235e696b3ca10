/* SPDX-License-Identifier: GPL-2.0-or-later */
/* irqlab top without a terminal: frames made by hand, and what a person would see of them. */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "emu/top/top.h"
#include "tests/unit/suite.h"

enum { MANY_VCPUS = 64, MANY_IRQS = 1000, MANY_TIMERS = 128 };

static struct view_vcpu vcpus[MANY_VCPUS];
static struct view_irq irqs[MANY_IRQS];
static struct view_timer timers[MANY_TIMERS];
static struct view_event events[TOP_EVENTS], future[2];
static struct view_frame frame;
static struct top_data data;
static struct top top;
static struct screen screen;
static struct top_action action;
static unsigned long asked; /* for symbols */

static const char *symbol(void *opaque, uint64_t pc, uint64_t *offset)
{
    (void)opaque;
    asked++;
    *offset = pc & 0xff;
    return "handler";
}

static void make_irq(unsigned i, uint32_t intid, enum view_verdict verdict)
{
    irqs[i] = (struct view_irq){.intid = intid,
                                .vcpu = intid < 32 ? 0 : VIEW_NO_VCPU,
                                .target = (int)(i % frame.n_vcpus),
                                .pending = verdict >= VIEW_COMING,
                                .active = verdict == VIEW_ACTIVE,
                                .enabled = true,
                                .group = GIC_G1NS,
                                .priority = 0xa0,
                                .verdict = verdict,
                                .has_event = true};
    irqs[i].last = (struct view_event){
        .seq = i, .now_ns = 1000, .kind = "pended", .intid = intid, .has_pc = true, .pc = 0x4008};
    if (verdict != VIEW_BLOCKED)
        return;
    strcpy(irqs[i].gate, "priority-mask");
    strcpy(irqs[i].reason, "ICC_PMR_EL1.Priority is 0x80, wanted > 0xa0");
    strcpy(irqs[i].section, "IHI 0069 4.8.6");
    irqs[i].advice = "write a larger value to ICC_PMR_EL1";
}

static void setup(void)
{
    frame = (struct view_frame){.n = 1,
                                .state = VIEW_PAUSED,
                                .instructions = 1234567,
                                .now_ns = 2500000,
                                .reached = 1234567,
                                .n_vcpus = 1,
                                .vcpus = vcpus,
                                .irqs = irqs,
                                .timers = timers};
    for (unsigned i = 0; i < MANY_VCPUS; i++)
        vcpus[i] = (struct view_vcpu){.state = VCPU_READY,
                                      .el = 1,
                                      .pc = 0x4000,
                                      .pmr = 0xf8,
                                      .running = 0xff,
                                      .highest = 0xff,
                                      .highest_intid = VIEW_NO_INTID,
                                      .group_enables = 1 << GIC_G1NS};
    for (unsigned i = 0; i < MANY_TIMERS; i++)
        timers[i] = (struct view_timer){
            .vcpu = i / 2, .timer = TIMER_EL1_VIRT, .intid = 27, .ctl = 1, .deadline_ns = 3500000};
    data = (struct top_data){
        .frame = &frame, .events = events, .future = future, .aside = "", .symbol = symbol};
    top_init(&top);
    ck_assert_int_eq(screen_resize(&screen, 24, 80), 0);
}

static void teardown(void)
{
    top_free(&top);
    screen_free(&screen);
}

/* -- What is seen ------------------------------------------------------------------------------ */

static void draw(void)
{
    ck_assert_int_eq(top_arrange(&top, &data, &screen), 0);
    top_draw(&top, &data, &screen);
}

/* The first row with @text; its column in *col. */
static int find(const char *text, int *col)
{
    char row[SCREEN_MAX_COLS + 1];

    for (int r = 0; r < screen.rows; r++) {
        const char *at;

        screen_text(&screen, r, row);
        at = strstr(row, text);
        if (at) {
            *col = (int)(at - row);
            return r;
        }
    }
    return -1;
}

static void check_seen(const char *text)
{
    int col;

    ck_assert_msg(find(text, &col) >= 0, "'%s' is not on the screen", text);
}

static void check_unseen(const char *text)
{
    int col;

    ck_assert_msg(find(text, &col) < 0, "'%s' is on the screen", text);
}

static void check_style(const char *text, enum style style)
{
    int col, row = find(text, &col);

    ck_assert_msg(row >= 0, "'%s' is not on the screen", text);
    for (int i = 0; text[i]; i++) {
        if (text[i] != ' ')
            ck_assert_int_eq(screen.cells[row * screen.cols + col + i].style, style);
    }
}

static enum style style_at(const char *text)
{
    int col, row = find(text, &col);

    ck_assert_msg(row >= 0, "'%s' is not on the screen", text);
    return screen.cells[row * screen.cols + col].style;
}

static void key(int k)
{
    top_key(&top, &data, k, &action);
    draw();
}

static void type(const char *text)
{
    for (; *text; text++)
        key(*text);
}

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

static void make_event(unsigned i, const char *kind, uint8_t pmr)
{
    events[i] = (struct view_event){.seq = i + 1,
                                    .instructions = 1000 + i,
                                    .now_ns = 1000 + i,
                                    .kind = kind,
                                    .intid = VIEW_NO_INTID,
                                    .pmr = pmr};
}

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

START_TEST(the_last_line_tells_the_keys_and_help_the_rest)
{
    char row[SCREEN_MAX_COLS + 1];

    draw();
    screen_text(&screen, 23, row);
    ck_assert_str_eq(
        row, "space run  s/S step  n/N event  w why  / show  g go  tab pane  ? help  q quit");
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
        &keys_command_the_machine,
        &moments_are_instructions_or_times,
        &filters_show_some,
        &why_opens_where_the_gate_is_closed,
        &the_last_line_tells_the_keys_and_help_the_rest,
        &it_draws_at_every_size,
        &the_interrupts_are_seen_on_the_smallest_screens,
        &only_what_is_visible_costs,
        &a_crowd_is_drawn_more_than_ten_times_a_second,
    };

    return SUITE_RUN("top", setup, teardown, tests);
}
