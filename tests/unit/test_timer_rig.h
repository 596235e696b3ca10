/* SPDX-License-Identifier: GPL-2.0-or-later */
/* An embedder of libtimer for its tests: a clock that is set by hand, and lines that are
 * remembered. */
#ifndef IRQLAB_TESTS_UNIT_TEST_TIMER_RIG_H
#define IRQLAB_TESTS_UNIT_TEST_TIMER_RIG_H

#include <check.h>
#include <string.h>

#include "timer/timer.h"

enum { RIG_VCPUS = 32 };
enum { RIG_EL2 = 1, RIG_EL3 = 2, RIG_VHE = 4, RIG_ECV = 8, RIG_SEL2 = 16 };

#define HCR_TGE   (1ull << 27)
#define HCR_E2H   (1ull << 34)
#define SCR_ST    (1ull << 11)
#define SCR_EEL2  (1ull << 18)
#define SCR_ECVEN (1ull << 28)

struct timer_rig {
    struct timers *t;
    uint64_t now_ns;
    bool level[RIG_VCPUS][TIMER_COUNT];
    unsigned changes, deadline_calls;
    struct timer_pe_state pe; /* of whoever makes the next access */
};

static uint64_t rig_now(void *opaque)
{
    return ((struct timer_rig *)opaque)->now_ns;
}

static void rig_set_line(void *opaque, unsigned vcpu, enum timer_id timer, bool level)
{
    struct timer_rig *r = opaque;

    ck_assert_int_ne(r->level[vcpu][timer], level); /* called on changes only */
    r->level[vcpu][timer] = level;
    r->changes++;
}

static void rig_deadline_changed(void *opaque)
{
    ((struct timer_rig *)opaque)->deadline_calls++;
}

static inline void timer_rig_open(struct timer_rig *r, unsigned n_vcpus, uint64_t hz, unsigned has)
{
    const char *why;
    struct timers_config config = {
        .n_vcpus = n_vcpus,
        .frequency_hz = hz,
        .has_el2 = has & RIG_EL2,
        .has_el3 = has & RIG_EL3,
        .has_vhe = has & RIG_VHE,
        .has_ecv = has & RIG_ECV,
        .has_sel2 = has & RIG_SEL2,
        .opaque = r,
        .now_ns = rig_now,
        .set_line = rig_set_line,
        .deadline_changed = rig_deadline_changed,
    };

    memset(r, 0, sizeof(*r));
    r->pe.el = 1;
    r->pe.el2_enabled = has & RIG_EL2;
    ck_assert_int_eq(timers_create(&config, &r->t, &why), 0);
}

static inline void timer_rig_close(struct timer_rig *r)
{
    timers_destroy(r->t);
}

/* Time passes to @now_ns, with stops at the deadlines on the way, as a scheduler makes them. */
static inline void rig_at(struct timer_rig *r, uint64_t now_ns)
{
    while (timers_next_deadline_ns(r->t) < now_ns) {
        r->now_ns = timers_next_deadline_ns(r->t);
        timers_advance(r->t, r->now_ns);
    }
    r->now_ns = now_ns;
    timers_advance(r->t, now_ns);
}

static inline const struct timer_sysreg *rig_reg(const char *name)
{
    size_t n;
    const struct timer_sysreg *rows = timer_sysregs(&n);

    for (size_t i = 0; i < n; i++) {
        if (!strcmp(rows[i].name, name))
            return &rows[i];
    }
    ck_abort_msg("no register %s", name);
    return NULL;
}

/* By whom: an exception level and HCR_EL2; SCR_EL3 and the rest are set in rig.pe. */
static inline void rig_as(struct timer_rig *r, unsigned vcpu, unsigned el, uint64_t hcr_el2)
{
    r->pe.el = (uint8_t)el;
    r->pe.hcr_el2 = hcr_el2;
    timers_pe_changed(r->t, vcpu, &r->pe);
}

static inline enum timer_access rig_check(struct timer_rig *r, const char *name, bool is_write)
{
    return timer_sysreg_check(r->t, 0, rig_reg(name), &r->pe, is_write);
}

static inline uint64_t rig_read(struct timer_rig *r, unsigned vcpu, const char *name)
{
    const struct timer_sysreg *reg = rig_reg(name);

    ck_assert_int_eq(timer_sysreg_check(r->t, vcpu, reg, &r->pe, false), TIMER_ACCESS_OK);
    return timer_sysreg_read(r->t, vcpu, reg, &r->pe);
}

static inline void rig_write(struct timer_rig *r, unsigned vcpu, const char *name, uint64_t value)
{
    const struct timer_sysreg *reg = rig_reg(name);

    ck_assert_int_eq(timer_sysreg_check(r->t, vcpu, reg, &r->pe, true), TIMER_ACCESS_OK);
    timer_sysreg_write(r->t, vcpu, reg, &r->pe, value);
}

/* xorshift64*: the same numbers on every machine. */
static inline uint64_t rig_random(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1dull;
}

#endif
