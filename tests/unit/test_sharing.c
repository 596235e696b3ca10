/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which words several contexts use, one of which may be the GIC. */
#include "emu/explore/event.h"
#include "emu/explore/sharing.h"
#include "tests/unit/suite.h"

#define PA 0x40001000ull

static struct sharing *s;

static void setup(void)
{
    s = sharing_create();
    ck_assert_ptr_nonnull(s);
}

static void teardown(void)
{
    sharing_destroy(s);
}

START_TEST(word_that_two_use_and_one_writes_is_shared)
{
    ck_assert(!sharing_note(s, 0, PA, 4, false));
    ck_assert(!sharing_note(s, 1, PA + 4, 4, false));
    ck_assert(!sharing_has(s, PA, 8));
    ck_assert(sharing_note(s, 1, PA, 4, true));
    ck_assert(sharing_has(s, PA, 1));
    ck_assert(!sharing_has(s, PA + 8, 8));
    ck_assert_uint_eq(sharing_count(s), 1);
}
END_TEST

START_TEST(word_that_a_vcpu_writes_and_the_gic_reads_is_shared)
{
    ck_assert(!sharing_note(s, 0, PA + 8, 1, true));
    ck_assert(sharing_note_gic(s, PA, 64, false));
    ck_assert(sharing_has(s, PA + 8, 1));
    ck_assert_uint_eq(sharing_count(s), 1);
    ck_assert(sharing_of_gic(s, PA + 63, 1));
    ck_assert(!sharing_of_gic(s, PA + 64, 8));
}
END_TEST

START_TEST(what_the_gic_alone_uses_is_not_shared)
{
    ck_assert(!sharing_note_gic(s, PA, 8, false));
    ck_assert(!sharing_note_gic(s, PA, 8, true));
    ck_assert(!sharing_has(s, PA, 8));
}
END_TEST

START_TEST(table_is_touched_by_events_that_change_the_gic)
{
    struct event store = {.kind = EVENT_RAM, .is_write = true, .pa = PA, .end = PA + 8};
    struct event command = {.kind = EVENT_DEVICE, .is_write = true, .vcpu = 1, .pa = 0x8080088};
    struct event look = {.kind = EVENT_SYSREG, .vcpu = 1, .part = GIC_PART_OWN, .reg = "ICC_PMR"};

    ck_assert(!event_conflicts(&store, &command));
    event_is_of_gic(&store);
    ck_assert(event_conflicts(&store, &command));
    ck_assert(event_conflicts(&command, &store));
    ck_assert(!event_conflicts(&store, &look));
}
END_TEST

static const TTest *const *const tests[] = {
    &word_that_two_use_and_one_writes_is_shared,
    &word_that_a_vcpu_writes_and_the_gic_reads_is_shared,
    &what_the_gic_alone_uses_is_not_shared,
    &table_is_touched_by_events_that_change_the_gic,
};

int main(void)
{
    return suite_run("sharing", setup, teardown, tests, sizeof(tests) / sizeof(tests[0]));
}
