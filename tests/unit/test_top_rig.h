/* SPDX-License-Identifier: GPL-2.0-or-later */
/* For tests of irqlab top without a terminal: frames made by hand, and what a person would see. */
#ifndef IRQLAB_TESTS_TOP_RIG_H
#define IRQLAB_TESTS_TOP_RIG_H

#include <stdio.h>
#include <string.h>

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

static inline const char *symbol(void *opaque, uint64_t pc, uint64_t *offset)
{
    (void)opaque;
    asked++;
    *offset = pc & 0xff;
    return "handler";
}

static inline void make_irq(unsigned i, uint32_t intid, enum view_verdict verdict)
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

static inline void setup(void)
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

static inline void teardown(void)
{
    top_free(&top);
    screen_free(&screen);
}

/* -- What is seen ------------------------------------------------------------------------------ */

static inline void draw(void)
{
    ck_assert_int_eq(top_arrange(&top, &data, &screen), 0);
    top_draw(&top, &data, &screen);
}

/* The first row with @text; its column in *col. */
static inline int find(const char *text, int *col)
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

static inline void check_seen(const char *text)
{
    int col;

    ck_assert_msg(find(text, &col) >= 0, "'%s' is not on the screen", text);
}

static inline void check_unseen(const char *text)
{
    int col;

    ck_assert_msg(find(text, &col) < 0, "'%s' is on the screen", text);
}

static inline void check_style(const char *text, enum style style)
{
    int col, row = find(text, &col);

    ck_assert_msg(row >= 0, "'%s' is not on the screen", text);
    for (int i = 0; text[i]; i++) {
        if (text[i] != ' ')
            ck_assert_int_eq(screen.cells[row * screen.cols + col + i].style, style);
    }
}

static inline enum style style_at(const char *text)
{
    int col, row = find(text, &col);

    ck_assert_msg(row >= 0, "'%s' is not on the screen", text);
    return screen.cells[row * screen.cols + col].style;
}

static inline void key(int k)
{
    top_key(&top, &data, k, &action);
    draw();
}

static inline void type(const char *text)
{
    for (; *text; text++)
        key(*text);
}

static inline void make_event(unsigned i, const char *kind, uint8_t pmr)
{
    events[i] = (struct view_event){.seq = i + 1,
                                    .instructions = 1000 + i,
                                    .now_ns = 1000 + i,
                                    .kind = kind,
                                    .intid = VIEW_NO_INTID,
                                    .pmr = pmr};
}

#endif
