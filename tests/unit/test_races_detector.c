/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The race detector on sequences of events, one letter and a few arguments each. For each edge:
 * with it there is no race, without it there is one.
 */
#include <stdio.h>
#include <string.h>

#include "emu/races/detector.h"
#include "tests/unit/suite.h"

enum { RAM = 0x40000000, DATA = RAM + 0x1000, FLAG = RAM + 0x2000, SP = RAM + 0x8000 };

enum {
    PLAIN = 0,
    ACQUIRE = 0xc8dffc20, /* LDAR */
    RELEASE = 0xc89ffc20, /* STLR */
    ACQUIRE_PC = 0xf8bfc020,
    LDXR = 0xc85f7c20,
    LDAXR = 0xc85ffc20,
    STXR = 0xc8027c20,
    STLXR = 0xc802fc20,
    LDADD = 0xf8200022,
    LDADDA = 0xf8a00022,
    LDADDL = 0xf8600022,
    LDADDAL = 0xf8e00022,
    DMB_SY = 0xd5033fbf,
    DMB_ISH = 0xd5033bbf,
    DMB_ISHLD = 0xd50339bf,
    DMB_ISHST = 0xd5033abf,
    DMB_NSH = 0xd50337bf,
    DSB_ISH = 0xd5033b9f,
    DSB_ISHST = 0xd5033a9f,
    DSB_LD = 0xd5033d9f,
    ISB = 0xd5033fdf,
};

struct rig {
    struct detector *d;
    struct race races[8];
    unsigned n, bar;
    uint32_t next_place;
    bool masked;
};

static struct rig r;

static uint64_t place(void *opaque, const struct detector_access *a, uint32_t handler)
{
    (void)opaque, (void)handler;
    return a->pc;
}

static unsigned priority_bar(void *opaque, unsigned vcpu)
{
    (void)opaque, (void)vcpu;
    return r.bar;
}

static void report(void *opaque, const struct race *race)
{
    (void)opaque;
    if (r.n < 8)
        r.races[r.n] = *race;
    r.n++;
}

static struct detector *create(size_t max_pages)
{
    const struct detector_config config = {
        .n_vcpus = 4,
        .ram_base = RAM,
        .ram_bytes = 1 << 20,
        .max_pages = max_pages,
        .place = place,
        .priority_bar = priority_bar,
        .report = report,
    };

    return detector_create(&config);
}

static void setup(void)
{
    r = (struct rig){.bar = 0xf0};
    r.d = create(0);
}

static void teardown(void)
{
    detector_destroy(r.d);
}

static void access_at(unsigned vcpu, bool write, uint64_t at, unsigned size, uint32_t insn,
                      uint64_t pc)
{
    const struct detector_access a = {
        .vcpu = vcpu,
        .size_bytes = size,
        .pc = pc,
        .pa = at,
        .va = at,
        .value = pc,
        .ordering = ordering_of_access(insn),
        .is_write = write,
        .irq_masked = r.masked,
    };

    detector_access(r.d, &a);
}

static void load(unsigned vcpu, uint64_t at, uint32_t insn)
{
    access_at(vcpu, false, at, 8, insn, ++r.next_place);
}

static void store(unsigned vcpu, uint64_t at, uint32_t insn)
{
    access_at(vcpu, true, at, 8, insn, ++r.next_place);
}

static void atomic(unsigned vcpu, uint64_t at, uint32_t insn)
{
    load(vcpu, at, insn);
    store(vcpu, at, insn);
}

static void barrier(unsigned vcpu, uint32_t insn)
{
    struct barrier b = barrier_of(insn);

    detector_barrier(r.d, vcpu, &b);
}

static void take(unsigned vcpu, uint32_t intid, unsigned priority)
{
    detector_entered(r.d, vcpu, CPU_ENTRY_IRQ, SP);
    detector_acknowledged(r.d, vcpu, intid, priority);
}

/* -- What races -- */

START_TEST(two_plain_accesses_race_if_one_writes)
{
    load(0, DATA, PLAIN);
    load(1, DATA, PLAIN);
    ck_assert_uint_eq(r.n, 0);
    store(2, DATA, PLAIN);
    ck_assert_uint_eq(r.n, 2); /* with either read */
    ck_assert(!r.races[0].first.is_write && r.races[0].second.is_write);
    ck_assert_uint_eq(r.races[0].second.vcpu, 2);
    ck_assert_uint_eq(r.races[0].first.place + r.races[1].first.place, 3);
    ck_assert_uint_eq(r.races[0].second.value, 3);
    load(3, DATA, PLAIN);
    ck_assert_uint_eq(r.n, 3);
}
END_TEST

START_TEST(marked_accesses_race_with_plain_ones_alone)
{
    store(0, DATA, RELEASE);
    load(1, DATA, LDXR);
    store(1, DATA, STXR);
    atomic(2, DATA, LDADD);
    load(3, DATA, ACQUIRE);
    ck_assert_uint_eq(r.n, 0);
    store(0, DATA, PLAIN);
    ck_assert_uint_ge(r.n, 1);
}
END_TEST

START_TEST(bytes_that_do_not_overlap_do_not_race)
{
    access_at(0, true, DATA, 4, PLAIN, 1);
    access_at(1, true, DATA + 4, 4, PLAIN, 2);
    access_at(2, true, DATA + 8, 1, PLAIN, 3);
    ck_assert_uint_eq(r.n, 0);
    access_at(3, false, DATA + 3, 1, PLAIN, 4);
    ck_assert_uint_eq(r.n, 1);
    ck_assert_uint_eq(r.races[0].pa, DATA + 3);
    ck_assert_uint_eq(r.races[0].size_bytes, 1);
    access_at(3, true, DATA + 6, 8, PLAIN, 5); /* into the next word */
    ck_assert_uint_eq(r.n, 3);
}
END_TEST

START_TEST(accesses_beyond_ram_are_nothing)
{
    for (unsigned vcpu = 0; vcpu < 2; vcpu++) {
        access_at(vcpu, true, RAM - 8, 8, PLAIN, 1);
        access_at(vcpu, true, RAM + (1 << 20), 8, PLAIN, 1);
        access_at(vcpu, true, UINT64_MAX - 3, 8, PLAIN, 1);
        access_at(vcpu, true, DATA, 0, PLAIN, 1);
    }
    ck_assert_uint_eq(r.n, 0);
    access_at(0, true, RAM + (1 << 20) - 4, 8, PLAIN, 1);
    access_at(1, true, RAM + (1 << 20) - 4, 4, PLAIN, 1);
    ck_assert_uint_eq(r.n, 1);
}
END_TEST

/* -- Message passing: a store, then a flag; the flag, then a load -- */

struct passing {
    const char *text;
    uint32_t writer_barrier, flag_store, between, flag_load, reader_barrier;
    bool ordered;
};

static const struct passing passings[] = {
    {"STLR, LDAR", 0, RELEASE, 0, ACQUIRE, 0, true},
    {"STLR, LDAPR", 0, RELEASE, 0, ACQUIRE_PC, 0, true},
    {"STLR, load and DMB", 0, RELEASE, 0, PLAIN, DMB_ISH, true},
    {"STLR, load and DMB LD", 0, RELEASE, 0, PLAIN, DMB_ISHLD, true},
    {"STLR, load and ISB", 0, RELEASE, 0, PLAIN, ISB, true},
    {"STLR, load and DMB ST", 0, RELEASE, 0, PLAIN, DMB_ISHST, false},
    {"STLR, load and DMB NSH", 0, RELEASE, 0, PLAIN, DMB_NSH, false},
    {"STLR, load", 0, RELEASE, 0, PLAIN, 0, false},
    {"store, LDAR", 0, PLAIN, 0, ACQUIRE, 0, false},
    {"DMB and store, LDAR", DMB_ISH, PLAIN, 0, ACQUIRE, 0, true},
    {"DMB ST and store, LDAR", DMB_ISHST, PLAIN, 0, ACQUIRE, 0, true},
    {"DSB and store, load and DSB", DSB_ISH, PLAIN, 0, PLAIN, DSB_ISH, true},
    {"DMB LD and store, LDAR", DMB_ISHLD, PLAIN, 0, ACQUIRE, 0, false},
    {"DMB NSH and store, LDAR", DMB_NSH, PLAIN, 0, ACQUIRE, 0, false},
    {"DMB ST and store, load and DMB LD", DMB_ISHST, PLAIN, 0, PLAIN, DMB_ISHLD, true},
    {"STLXR, LDAXR", 0, STLXR, 0, LDAXR, 0, true},
    {"STXR, LDAXR", 0, STXR, 0, LDAXR, 0, false},
    {"STLXR, LDXR", 0, STLXR, 0, LDXR, 0, false},
    {"STLXR, LDXR and DMB", 0, STLXR, 0, LDXR, DMB_ISH, true},
    {"DMB and STXR, LDXR and DMB", DMB_ISH, STXR, 0, LDXR, DMB_ISH, true},
    {"LDADDL, LDADDA", 0, LDADDL, 0, LDADDA, 0, true},
    {"LDADDAL, LDADDAL", 0, LDADDAL, 0, LDADDAL, 0, true},
    {"LDADD, LDADDA", 0, LDADD, 0, LDADDA, 0, false},
    {"LDADDL, LDADD", 0, LDADDL, 0, LDADD, 0, false},
    {"STLR, another's LDADD, LDAR", 0, RELEASE, LDADD, ACQUIRE, 0, true},
    {"STLR, another's LDADDL, LDAR", 0, RELEASE, LDADDL, ACQUIRE, 0, true},
    {"STLR, another's STLR, LDAR", 0, RELEASE, RELEASE, ACQUIRE, 0, false},
};

static void use_flag(unsigned vcpu, bool write, uint32_t insn)
{
    if (ordering_of_access(insn).atomic)
        atomic(vcpu, FLAG, insn);
    else if (write)
        store(vcpu, FLAG, insn);
    else
        load(vcpu, FLAG, insn);
}

START_TEST(a_message_is_ordered_if_both_sides_order_it)
{
    const struct passing *p = &passings[_i];
    unsigned of_data = 0;

    store(0, DATA, PLAIN);
    if (p->writer_barrier)
        barrier(0, p->writer_barrier);
    use_flag(0, true, p->flag_store);
    if (p->between)
        use_flag(2, true, p->between);
    use_flag(1, false, p->flag_load);
    if (p->reader_barrier)
        barrier(1, p->reader_barrier);
    load(1, DATA, PLAIN);
    for (unsigned i = 0; i < r.n; i++)
        of_data += r.races[i].pa == DATA;
    ck_assert_msg(of_data == !p->ordered, "%s: %u races", p->text, of_data);
    if (p->ordered)
        ck_assert_msg(!r.n, "%s: races on the flag", p->text);
}
END_TEST

START_TEST(a_load_is_ordered_before_a_later_store_by_dmb_ld_not_by_dmb_st)
{
    static const uint32_t barriers[] = {DMB_ISHLD, DMB_ISHST};

    for (unsigned i = 0; i < 2; i++) {
        detector_reset(r.d);
        r.n = 0;
        load(0, DATA, PLAIN);
        barrier(0, barriers[i]);
        store(0, FLAG, PLAIN);
        load(1, FLAG, ACQUIRE);
        store(1, DATA, PLAIN);
        ck_assert_uint_eq(r.n, i);
    }
}
END_TEST

START_TEST(order_is_transitive_and_only_of_what_came_before)
{
    store(0, DATA, PLAIN);
    store(0, FLAG, RELEASE);
    store(0, DATA + 8, PLAIN); /* behind it */
    load(1, FLAG, ACQUIRE);
    store(1, FLAG + 8, RELEASE);
    load(2, FLAG + 8, ACQUIRE);
    store(2, DATA, PLAIN);
    ck_assert_uint_eq(r.n, 0);
    store(2, DATA + 8, PLAIN);
    ck_assert_uint_eq(r.n, 1);
}
END_TEST

START_TEST(a_flags_neighbour_does_not_undo_its_release)
{
    store(0, DATA, PLAIN);
    access_at(0, true, FLAG, 4, RELEASE, 1);
    access_at(0, true, FLAG + 4, 4, PLAIN, 2); /* the other half */
    access_at(1, false, FLAG, 4, ACQUIRE, 3);
    load(1, DATA, PLAIN);
    ck_assert_uint_eq(r.n, 0);
}
END_TEST

START_TEST(a_lock_orders_its_sections)
{
    for (unsigned vcpu = 0; vcpu < 3; vcpu++) {
        load(vcpu, FLAG, LDAXR);
        store(vcpu, FLAG, STXR);
        load(vcpu, DATA, PLAIN);
        store(vcpu, DATA, PLAIN);
        store(vcpu, FLAG, RELEASE);
    }
    ck_assert_uint_eq(r.n, 0);
    store(3, DATA, PLAIN); /* outside of it */
    ck_assert_uint_eq(r.n, 1);
}
END_TEST

START_TEST(a_loop_that_waits_is_marked_by_the_barrier_behind_it)
{
    store(0, DATA, PLAIN);
    access_at(1, false, FLAG, 8, PLAIN, 100);
    access_at(1, false, FLAG, 8, PLAIN, 100);
    barrier(0, DMB_ISHST);
    store(0, FLAG, PLAIN);
    access_at(1, false, FLAG, 8, PLAIN, 100);
    ck_assert_uint_eq(r.n, 0);
    barrier(1, DMB_ISHLD);
    load(1, DATA, PLAIN);
    ck_assert_uint_eq(r.n, 0);
}
END_TEST

START_TEST(a_loop_without_a_barrier_behind_it_races)
{
    access_at(1, false, FLAG, 8, PLAIN, 100);
    barrier(0, DMB_ISHST);
    store(0, FLAG, PLAIN);
    access_at(1, false, FLAG, 8, PLAIN, 100);
    ck_assert_uint_eq(r.n, 0);
    load(1, DATA, PLAIN);
    ck_assert_uint_ge(r.n, 1);
    ck_assert_uint_eq(r.races[0].pa, FLAG);
}
END_TEST

START_TEST(only_the_first_store_behind_a_barrier_is_marked)
{
    barrier(0, DMB_ISHST);
    store(0, FLAG, PLAIN);
    store(0, FLAG + 8, PLAIN);
    load(1, FLAG, ACQUIRE);
    ck_assert_uint_eq(r.n, 0);
    load(1, FLAG + 8, ACQUIRE_PC);
    ck_assert_uint_eq(r.n, 1);
}
END_TEST

START_TEST(cpu_on_orders_what_came_before)
{
    store(0, DATA, PLAIN);
    detector_started(r.d, 0, 1);
    store(0, DATA + 8, PLAIN);
    load(1, DATA, PLAIN);
    ck_assert_uint_eq(r.n, 0);
    load(1, DATA + 8, PLAIN);
    ck_assert_uint_eq(r.n, 1);
}
END_TEST

/* -- Interrupts between vCPUs -- */

struct sending {
    const char *text;
    uint32_t barrier;
    bool by_register, ordered, told;
};

static const struct sending sendings[] = {
    {"DSB and SGI", DSB_ISH, true, true, false},
    {"DSB ST and SGI", DSB_ISHST, true, true, false},
    {"DSB LD and SGI", DSB_LD, true, false, true},
    {"DMB and SGI", DMB_SY, true, false, true},
    {"SGI alone", 0, true, false, true},
    {"DMB and doorbell", DMB_ISHST, false, true, false},
    {"DSB and doorbell", DSB_ISH, false, true, false},
    {"doorbell alone", 0, false, false, false},
};

START_TEST(an_interrupt_orders_what_a_barrier_ordered_before_it)
{
    const struct sending *s = &sendings[_i];

    store(0, DATA, PLAIN);
    if (s->barrier)
        barrier(0, s->barrier);
    detector_sent(r.d, 0, 1, 3, s->by_register);
    store(0, DATA + 16, PLAIN); /* might be marked */
    store(0, DATA + 8, PLAIN);
    take(1, 3, 0xa0);
    load(1, DATA, PLAIN);
    ck_assert_msg(r.n == !s->ordered, "%s: %u races", s->text, r.n);
    if (r.n)
        ck_assert_int_eq(r.races[0].sgi_without_dsb, s->told);
    load(1, DATA + 8, PLAIN);
    ck_assert_uint_eq(r.n, 1u + !s->ordered);
    ck_assert(!r.races[r.n - 1].sgi_without_dsb && r.races[r.n - 1].second.in_handler);
}
END_TEST

START_TEST(an_interrupt_orders_nothing_for_others_or_before_its_acknowledge)
{
    store(0, DATA, PLAIN);
    barrier(0, DSB_ISH);
    detector_sent(r.d, 0, 1, 3, true);
    detector_entered(r.d, 1, CPU_ENTRY_IRQ, SP);
    load(1, DATA, PLAIN);
    ck_assert_uint_eq(r.n, 1);
    detector_acknowledged(r.d, 1, 3, 0xa0);
    load(1, DATA, PLAIN);
    ck_assert_uint_eq(r.n, 1);
    take(2, 3, 0xa0); /* its own SGI 3 */
    load(2, DATA, PLAIN);
    ck_assert_uint_eq(r.n, 2);
}
END_TEST

START_TEST(an_spi_may_be_taken_by_any_vcpu_and_what_was_sent_twice_is_joined)
{
    for (unsigned vcpu = 0; vcpu < 2; vcpu++) {
        store(vcpu, DATA + 8 * vcpu, PLAIN);
        barrier(vcpu, DMB_ISH);
        detector_sent(r.d, vcpu, 3, 40, false);
    }
    take(2, 40, 0xa0);
    load(2, DATA, PLAIN);
    load(2, DATA + 8, PLAIN);
    ck_assert_uint_eq(r.n, 0);
}
END_TEST

START_TEST(exceptions_and_their_returns_are_program_order)
{
    store(0, DATA, PLAIN);
    take(0, 30, 0xa0);
    store(0, FLAG, RELEASE); /* orders what was interrupted, too */
    store(0, DATA + 8, PLAIN);
    detector_returned(r.d, 0);
    store(0, FLAG + 8, RELEASE);
    load(1, FLAG, ACQUIRE);
    load(1, DATA, PLAIN);
    ck_assert_uint_eq(r.n, 0);
    load(1, FLAG + 8, ACQUIRE);
    load(1, DATA + 8, PLAIN);
    ck_assert_uint_eq(r.n, 0);
}
END_TEST

/* -- A vCPU and its handlers -- */

static void update(unsigned vcpu, uint32_t read, uint32_t write)
{
    load(vcpu, DATA, read);
    store(vcpu, DATA, write);
}

static void handle(uint32_t intid, unsigned priority)
{
    bool masked = r.masked;

    take(0, intid, priority);
    r.masked = true;
    update(0, PLAIN, PLAIN);
    r.masked = masked;
    detector_returned(r.d, 0);
}

START_TEST(an_update_that_a_handlers_could_interrupt_can_be_lost)
{
    update(0, PLAIN, PLAIN);
    handle(40, 0xa0);
    ck_assert_uint_eq(r.n, 1);
    ck_assert_int_eq(r.races[0].kind, RACE_LOST_UPDATE);
    ck_assert(!r.races[0].happened && r.races[0].second.in_handler);
    ck_assert_uint_eq(r.races[0].read_place, 1);
    ck_assert_uint_eq(r.races[0].first.place, 2);
    ck_assert_uint_eq(r.races[0].second.place, 4);
}
END_TEST

START_TEST(an_update_that_was_lost_is_said_to_be)
{
    load(0, DATA, PLAIN);
    handle(40, 0xa0);
    store(0, DATA, PLAIN);
    ck_assert_uint_eq(r.n, 1);
    ck_assert(r.races[0].happened);
    ck_assert_uint_eq(r.races[0].second.place, 3);
    detector_reset(r.d);
    load(0, DATA, PLAIN);
    handle(40, 0xa0);
    load(0, DATA, PLAIN); /* it looks again: as a loop that waits for a handler */
    store(0, DATA, PLAIN);
    ck_assert_uint_eq(r.n, 1);
}
END_TEST

START_TEST(masked_updates_are_not_lost)
{
    r.masked = true;
    update(0, PLAIN, PLAIN);
    r.masked = false;
    handle(40, 0xa0);
    ck_assert_uint_eq(r.n, 0);
    load(0, DATA, PLAIN);
    r.masked = true; /* too late */
    store(0, DATA, PLAIN);
    r.masked = false;
    handle(40, 0xa0);
    ck_assert_uint_eq(r.n, 0); /* masked at the store; see below */
}
END_TEST

START_TEST(a_priority_mask_holds_back_lower_priorities_alone)
{
    r.bar = 0xa0;
    update(0, PLAIN, PLAIN);
    handle(40, 0xa0);
    ck_assert_uint_eq(r.n, 0);
    update(0, PLAIN, PLAIN);
    handle(41, 0x90);
    ck_assert_uint_eq(r.n, 1);
}
END_TEST

START_TEST(a_handler_is_interrupted_by_higher_priorities_alone)
{
    take(0, 40, 0xa0);
    r.bar = 0xa0; /* the running priority */
    update(0, PLAIN, PLAIN);
    handle(41, 0x80);
    detector_returned(r.d, 0);
    ck_assert_uint_eq(r.n, 1);
    ck_assert(r.races[0].first.in_handler && r.races[0].second.in_handler);
    detector_reset(r.d);
    take(0, 40, 0xa0);
    update(0, PLAIN, PLAIN);
    detector_returned(r.d, 0);
    r.bar = 0xf0;
    handle(42, 0xa0); /* it could not have come into that */
    ck_assert_uint_eq(r.n, 1);
}
END_TEST

START_TEST(atomic_updates_are_not_lost)
{
    update(0, LDXR, STXR);
    handle(40, 0xa0);
    update(0, LDADD, LDADD);
    handle(40, 0xa0);
    ck_assert_uint_eq(r.n, 0);
    update(0, ACQUIRE, RELEASE); /* ordered, but two instructions */
    handle(40, 0xa0);
    ck_assert_uint_eq(r.n, 1);
}
END_TEST

START_TEST(an_interrupt_that_was_caused_later_could_not_have_come)
{
    update(0, PLAIN, PLAIN);
    detector_sent(r.d, 0, 0, 3, true); /* an SGI to itself */
    handle(3, 0xa0);
    ck_assert_uint_eq(r.n, 0);
    update(0, PLAIN, PLAIN);
    store(0, FLAG, RELEASE);
    load(1, FLAG, ACQUIRE);
    detector_sent(r.d, 1, 0, 3, true); /* by who has waited for it */
    handle(3, 0xa0);
    ck_assert_uint_eq(r.n, 0);
    update(0, PLAIN, PLAIN);
    detector_armed(r.d, 0);
    handle(27, 0xa0); /* a timer that was programmed behind it */
    ck_assert_uint_eq(r.n, 0);
    update(0, PLAIN, PLAIN);
    detector_sent(r.d, 1, 0, 3, true);
    handle(3, 0xa0);
    ck_assert_uint_eq(r.n, 1);
}
END_TEST

START_TEST(reads_alone_and_what_waits_for_a_handler_lose_nothing)
{
    store(0, DATA, PLAIN);
    handle(40, 0xa0);
    load(0, DATA, PLAIN);
    handle(40, 0xa0);
    load(0, DATA, PLAIN);
    ck_assert_uint_eq(r.n, 0);
}
END_TEST

START_TEST(a_handler_that_stores_what_was_read_anyway_loses_nothing)
{
    for (uint64_t stored = 7; stored < 9; stored++) { /* what is read is 7, see access_at() */
        detector_reset(r.d);
        r.n = 0;
        access_at(0, false, DATA, 8, PLAIN, 7);
        access_at(0, true, DATA, 8, PLAIN, 1);
        take(0, 40, 0xa0);
        access_at(0, true, DATA, 8, PLAIN, stored);
        ck_assert_uint_eq(r.n, stored != 7);
    }
    detector_reset(r.d);
    r.n = 0;
    access_at(0, false, DATA, 8, PLAIN, 7);
    access_at(0, true, DATA, 8, PLAIN, 1);
    take(0, 40, 0xa0);
    access_at(0, false, DATA, 8, PLAIN, 3); /* it depends on what is there */
    access_at(0, true, DATA, 8, PLAIN, 7);
    ck_assert_uint_eq(r.n, 1);
}
END_TEST

START_TEST(a_handlers_own_stack_is_not_the_interrupted_codes)
{
    access_at(0, false, SP - 16, 8, PLAIN, 1);
    access_at(0, true, SP - 16, 8, PLAIN, 2);
    take(0, 40, 0xa0);
    access_at(0, true, SP - 16, 8, PLAIN, 3);
    detector_returned(r.d, 0);
    ck_assert_uint_eq(r.n, 0);
    access_at(0, false, SP, 8, PLAIN, 1);
    access_at(0, true, SP, 8, PLAIN, 2);
    take(0, 40, 0xa0);
    access_at(0, true, SP, 8, PLAIN, 3);
    ck_assert_uint_eq(r.n, 1);
}
END_TEST

START_TEST(system_calls_are_no_handlers_and_interrupted_likewise)
{
    load(0, DATA, PLAIN);
    detector_entered(r.d, 0, CPU_ENTRY_EXCEPTION, SP);
    store(0, DATA, PLAIN);
    ck_assert_uint_eq(r.n, 0);
    handle(40, 0xa0);
    ck_assert_uint_eq(r.n, 1);
    ck_assert(!r.races[0].first.in_handler);
}
END_TEST

START_TEST(handlers_may_nest_deeper_than_is_kept)
{
    for (unsigned i = 0; i < 100; i++)
        take(0, 40 + i, 0xa0);
    update(0, PLAIN, PLAIN);
    for (unsigned i = 0; i < 200; i++)
        detector_returned(r.d, 0);
    ck_assert_uint_eq(detector_handler(r.d, 0), ~0u);
    take(0, 50, 0xa0);
    ck_assert_uint_eq(detector_handler(r.d, 0), 50);
}
END_TEST

/* -- Bounds -- */

START_TEST(history_is_bounded_and_the_oldest_goes_first)
{
    teardown();
    r.d = create(4);
    for (unsigned page = 0; page < 5; page++)
        store(0, RAM + page * 4096, PLAIN);
    ck_assert_uint_eq(detector_pages(r.d), 4);
    store(1, RAM, PLAIN); /* forgotten: no race; and page 1 goes */
    ck_assert_uint_eq(r.n, 0);
    store(1, RAM + 4 * 4096, PLAIN);
    ck_assert_uint_eq(r.n, 1);
}
END_TEST

START_TEST(the_same_events_give_the_same_races)
{
    struct race first[8];
    unsigned n = 0;

    memset(first, 0, sizeof(first));
    for (unsigned round = 0; round < 2; round++) {
        uint32_t x = 12345;

        detector_reset(r.d);
        r.n = 0;
        r.next_place = 0;
        memset(r.races, 0, sizeof(r.races));
        for (unsigned i = 0; i < 50000; i++) {
            static const uint32_t insns[] = {PLAIN, PLAIN, ACQUIRE, RELEASE, LDADDAL};
            static const uint32_t barriers[] = {DMB_ISH, DMB_ISHST, DSB_ISH, ISB};
            unsigned vcpu;

            x = x * 1664525 + 1013904223;
            vcpu = x >> 8 & 3;
            if (x >> 28 == 0)
                barrier(vcpu, barriers[x >> 12 & 3]);
            else if (x >> 28 == 1)
                take(vcpu, 32 + (x >> 12 & 7), x >> 16 & 0xff);
            else if (x >> 28 == 2)
                detector_returned(r.d, vcpu);
            else if (x >> 28 == 3)
                detector_sent(r.d, vcpu, x >> 12 & 3, x >> 14 & 63, x >> 20 & 1);
            else
                access_at(vcpu, x >> 27 & 1, DATA + (x >> 12 & 0x3ff), 1u << (x >> 22 & 3),
                          insns[x % 5], ++r.next_place);
        }
        ck_assert_uint_gt(r.n, 8);
        if (round) {
            ck_assert_uint_eq(r.n, n);
            ck_assert_int_eq(memcmp(first, r.races, sizeof(first)), 0);
        }
        n = r.n;
        memcpy(first, r.races, sizeof(first));
    }
}
END_TEST

static const TTest *const *const tests[] = {
    &two_plain_accesses_race_if_one_writes,
    &marked_accesses_race_with_plain_ones_alone,
    &bytes_that_do_not_overlap_do_not_race,
    &accesses_beyond_ram_are_nothing,
    &a_load_is_ordered_before_a_later_store_by_dmb_ld_not_by_dmb_st,
    &order_is_transitive_and_only_of_what_came_before,
    &a_flags_neighbour_does_not_undo_its_release,
    &a_lock_orders_its_sections,
    &a_loop_that_waits_is_marked_by_the_barrier_behind_it,
    &a_loop_without_a_barrier_behind_it_races,
    &only_the_first_store_behind_a_barrier_is_marked,
    &cpu_on_orders_what_came_before,
    &an_interrupt_orders_nothing_for_others_or_before_its_acknowledge,
    &an_spi_may_be_taken_by_any_vcpu_and_what_was_sent_twice_is_joined,
    &exceptions_and_their_returns_are_program_order,
    &an_update_that_a_handlers_could_interrupt_can_be_lost,
    &an_update_that_was_lost_is_said_to_be,
    &masked_updates_are_not_lost,
    &a_priority_mask_holds_back_lower_priorities_alone,
    &a_handler_is_interrupted_by_higher_priorities_alone,
    &atomic_updates_are_not_lost,
    &an_interrupt_that_was_caused_later_could_not_have_come,
    &reads_alone_and_what_waits_for_a_handler_lose_nothing,
    &a_handler_that_stores_what_was_read_anyway_loses_nothing,
    &a_handlers_own_stack_is_not_the_interrupted_codes,
    &system_calls_are_no_handlers_and_interrupted_likewise,
    &handlers_may_nest_deeper_than_is_kept,
    &history_is_bounded_and_the_oldest_goes_first,
    &the_same_events_give_the_same_races,
};

int main(void)
{
    TCase *tc = tcase_create("races-detector");

    setenv("CK_DEFAULT_TIMEOUT", "60", 0);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_loop_test(tc, a_message_is_ordered_if_both_sides_order_it, 0,
                        sizeof(passings) / sizeof(*passings));
    tcase_add_loop_test(tc, an_interrupt_orders_what_a_barrier_ordered_before_it, 0,
                        sizeof(sendings) / sizeof(*sendings));
    for (size_t i = 0; i < sizeof(tests) / sizeof(*tests); i++)
        tcase_add_test(tc, *tests[i]);
    return suite_run_case("races-detector", tc);
}
