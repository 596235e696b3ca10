/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Schedules as files: what is written is read, what is wrong is refused, by line and reason. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "emu/explore/schedule_file.h"
#include "tests/unit/suite.h"

#ifdef GIC_PARANOID
enum { MANY = 100000 }; /* a build for finding errors, which is slow */
#else
enum { MANY = 1000000 };
#endif
enum { VCPUS = 3, FUNCTIONS = 50 };

static struct error err;

static int parse_text(const char *text, size_t bytes, struct schedule_file *f)
{
    FILE *in = fmemopen((char *)text, bytes, "r");
    int rc;

    ck_assert_ptr_nonnull(in);
    memset(&err, 0, sizeof(err));
    rc = schedule_file_parse(in, "s", f, &err);
    fclose(in);
    return rc;
}

static const char valid[] =
    "irqlab schedule 2\n"
    "version 0.1.0\n"
    "option explore\n"
    "option -append\n"
    "option a  b # ; c\n"
    "image 0123456789abcdef\n"
    "strategy pct depth=3 seed=1 run=17\n"
    "learned 4\n"
    "# a comment\n"
    "\n"
    "preempt v0 event 7.0 pc 0x4008006c to v1; before writes counter+4 #2 at add+0x2c (a "
    "b/c.c:16)\n"
    "next-vcpu v1 event 0.3 pc 0x40080000 to v2; after begin #0 at 0x0\n"
    "irq-delay v2 event 3.1 pc 0x400800f4 to 4; interrupt #5; before reads memory #0 at "
    "0x400800f4; "
    "until before takes IRQ #1 at main+0x8 (h.c:3)\n"
    "rwp v0 event 18446744073709551615.4294967295 pc 0xffffffffffffffff to 4294967295\n"
    "first v1 event 7 pc 0x4008006c of deviation 2; before writes counter #2 at add+0x2c (c.c:16)\n"
    "then v0 event 8 pc 0x40080070; before reads counter #3 at add+0x30\n"
    "ends 102 after 137 instructions, state b9c2e8568fda7957: vCPU 0 asserts: no; truly\n";

/* -- What is written is read ------------------------------------------------------------------- */

START_TEST(a_file_says_what_it_is_made_of)
{
    struct schedule_file f;
    const struct deviation *d;

    ck_assert_msg(parse_text(valid, sizeof(valid) - 1, &f) == 0, "%s", err.text);
    ck_assert_int_eq(f.n_options, 3);
    ck_assert_str_eq(f.options[2], "a  b # ; c");
    ck_assert_str_eq(f.version, "0.1.0");
    ck_assert_uint_eq(f.image_hash, 0x0123456789abcdef);
    ck_assert_str_eq(f.strategy, "pct depth=3 seed=1 run=17");
    ck_assert_uint_eq(f.learned, 4);
    ck_assert_uint_eq(f.schedule.count, 4);
    d = f.schedule.items;
    ck_assert(d[0].choice == CHOICE_PREEMPT && d[0].vcpu == 0 && d[0].index == 7 && d[0].to == 1);
    ck_assert_str_eq(d[0].at.place->function, "add");
    ck_assert_str_eq(d[0].at.place->what, "writes counter+4");
    ck_assert_str_eq(d[0].at.place->file, "a b/c.c");
    ck_assert(d[0].at.place->line == 16 && d[0].at.nth == 2 && !d[0].at.after);
    ck_assert(d[1].again == 3 && d[1].at.after);
    ck_assert(d[2].interrupt == 5 && d[2].to == 4 && d[2].at.place->offset == 0x400800f4);
    ck_assert_str_eq(d[2].at.place->function, "");
    ck_assert_str_eq(d[2].until.place->what, "takes IRQ");
    ck_assert(d[3].index == UINT64_MAX && d[3].again == UINT32_MAX && !d[3].at.place);
    ck_assert(f.decider.known && f.decider.deviation == 1);
    ck_assert(f.decider.first.vcpu == 1 && f.decider.first.index == 7);
    ck_assert(f.decider.second.pc == 0x40080070 && f.decider.second_at.nth == 3);
    ck_assert(f.outcome.exit_code == 102 && f.outcome.instructions == 137);
    ck_assert_uint_eq(f.outcome.state_hash, 0xb9c2e8568fda7957);
    ck_assert_str_eq(f.outcome.text, "vCPU 0 asserts: no; truly");
    schedule_file_clear(&f);
}
END_TEST

static char *print(const struct schedule_file *f, size_t *bytes)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, bytes);

    schedule_file_print(out, f);
    fclose(out);
    return text;
}

START_TEST(what_is_read_is_written_byte_by_byte)
{
    struct schedule_file f;
    size_t bytes;
    char *text;
    const char *rest = strstr(valid, "# a comment\n\n");

    ck_assert_int_eq(parse_text(valid, sizeof(valid) - 1, &f), 0);
    text = print(&f, &bytes);
    /* but for comments: the one there is gone, and there is one of its own before `first` */
    ck_assert_int_eq(strncmp(text, valid, (size_t)(rest - valid)), 0);
    rest += strlen("# a comment\n\n");
    ck_assert_int_eq(
        strncmp(text + (rest - valid) - 13, rest, (size_t)(strstr(rest, "first") - rest)), 0);
    ck_assert_str_eq(strstr(text, "first"), strstr(rest, "first"));
    free(text);
    schedule_file_clear(&f);
}
END_TEST

static bool same_anchor(const struct anchor *a, const struct anchor *b)
{
    if (!a->place || !b->place)
        return a->place == b->place;
    return anchor_is(a, b) && a->place->offset == b->place->offset &&
           a->place->line == b->place->line && !strcmp(a->place->function, b->place->function) &&
           !strcmp(a->place->file, b->place->file);
}

static bool same_deviation(const struct deviation *a, const struct deviation *b)
{
    return a->choice == b->choice && a->vcpu == b->vcpu && a->index == b->index && a->pc == b->pc &&
           a->again == b->again && a->to == b->to && a->interrupt == b->interrupt &&
           same_anchor(&a->at, &b->at) && same_anchor(&a->until, &b->until);
}

static const struct place *place(struct places *places, unsigned n)
{
    char function[32], what[32];
    const struct place like = {.function = function,
                               .offset = n % FUNCTIONS * 4,
                               .what = what,
                               .file = "driver.c",
                               .line = n % FUNCTIONS + 1};

    snprintf(function, sizeof(function), "function_%u", n % FUNCTIONS);
    snprintf(what, sizeof(what), "writes word_%u", n % 7);
    return places_get(places, &like);
}

static struct deviation deviation(struct places *places, unsigned n)
{
    struct deviation d = {
        .choice = n % 3 ? CHOICE_PREEMPT : CHOICE_IRQ_DELAY,
        .vcpu = n % VCPUS,
        .index = n,
        .pc = 0x40080000 + 4ull * n,
        .to = (n + 1) % VCPUS,
        .at = {.place = place(places, n), .nth = n / FUNCTIONS},
    };

    if (d.choice == CHOICE_IRQ_DELAY) {
        d.interrupt = n / 3;
        d.until = (struct anchor){.place = place(places, n + 1), .nth = n};
    }
    return d;
}

START_TEST(many_deviations_come_back_as_they_were)
{
    char path[] = "/tmp/irqlab-schedule-XXXXXX", *options[] = {"explore"};
    struct schedule_file f = {.n_options = 1, .strategy = "random"}, back;
    struct places *places = places_create();
    int fd = mkstemp(path);

    ck_assert_int_ge(fd, 0);
    close(fd);
    f.options[0] = options[0];
    for (unsigned i = 0; i < MANY; i++) {
        struct deviation d = deviation(places, i);

        ck_assert_int_eq(schedule_add(&f.schedule, &d), 0);
    }
    ck_assert_msg(schedule_file_write(path, &f, &err) == 0, "%s", err.text);
    ck_assert_msg(schedule_file_read(path, &back, &err) == 0, "%s", err.text);
    ck_assert_uint_eq(back.schedule.count, MANY);
    for (unsigned i = 0; i < MANY; i++)
        ck_assert_msg(same_deviation(&f.schedule.items[i], &back.schedule.items[i]), "deviation %u",
                      i);
    schedule_file_clear(&back);
    schedule_clear(&f.schedule);
    places_destroy(places);
    unlink(path);
}
END_TEST

START_TEST(names_that_would_break_a_line_are_written_without_what_breaks_it)
{
    char *option = "explore", *text;
    struct schedule_file f = {.options = {option}, .n_options = 1, .strategy = "x"}, back;
    struct places *places = places_create();
    const struct place like = {.function = "operator+(int; #1 at\n0x4)",
                               .offset = 8,
                               .what = "writes a;b #2 at c",
                               .file = "/home/x (y):z/a;b.c",
                               .line = 7};
    struct deviation d = {.choice = CHOICE_PREEMPT, .at = {.place = places_get(places, &like)}};
    size_t bytes;

    strcpy(f.outcome.text, "two\nlines");
    schedule_add(&f.schedule, &d);
    text = print(&f, &bytes);
    ck_assert_msg(parse_text(text, bytes, &back) == 0, "%s in %s", err.text, text);
    ck_assert(same_deviation(&d, &back.schedule.items[0]));
    ck_assert_str_eq(back.outcome.text, "two lines");
    free(text);
    schedule_file_clear(&back);
    schedule_clear(&f.schedule);
    places_destroy(places);
}
END_TEST

START_TEST(what_compilers_append_to_a_function_makes_no_other_kind)
{
    struct places *places = places_create();
    const struct place *a = places_get(places, &(struct place){.function = "add", .what = "x"});
    const struct place *b =
        places_get(places, &(struct place){.function = "add.constprop.0", .what = "x"});
    const struct place *c = places_get(places, &(struct place){.function = "added", .what = "x"});
    const struct place *d = places_get(places, &(struct place){.function = ".add", .what = "x"});

    ck_assert_ptr_ne(a, b);
    ck_assert_uint_eq(a->kind, b->kind);
    ck_assert(place_same_kind(a, b) && !place_same_kind(a, c) && !place_same_kind(a, d));
    ck_assert_uint_ne(a->kind, c->kind);
    ck_assert_ptr_eq(a, places_get(places, &(struct place){.function = "add", .what = "x"}));
    places_destroy(places);
}
END_TEST

/* -- What is wrong is refused ------------------------------------------------------------------ */

#define PREEMPT "preempt v0 event 7.0 pc 0x40 to v1"
#define DELAY   "irq-delay v0 event 7.0 pc 0x40 to 1"

/* In place of the file's line that begins like the first; line 0: the file as a whole. */
static const struct wrong {
    const char *instead_of, *line;
    unsigned number;
    const char *reason;
} wrongs[] = {
    {"irqlab", "irqlab schedule 1", 1, "no schedule: the first line is not 'irqlab schedule 2'"},
    {"irqlab", "", 1, "no schedule: the first line is not 'irqlab schedule 2'"},
    {"version", "version ", 2, "1 to 31 characters are expected"},
    {"version", "", 0, "a line 'version ...' is missing"},
    {"image", "", 0, "a line 'image ...' is missing"},
    {"strategy", "", 0, "a line 'strategy ...' is missing"},
    {"image", "image 0123", 6, "a hash of 16 hexadecimal digits is expected"},
    {"image", "image 0123456789abcdeF", 6, "too much: 'F'"},
    {"strategy", "image 0123456789abcdef", 7, "a second line 'image ...'"},
    {"strategy", "version 1", 7, "a second line 'version ...'"},
    {"learned", "learned 1025", 8, "1025 is more than 1024, the most there can be"},
    {"learned", "learned 1 2", 8, "too much: ' 2'"},
    {"preempt", "preempts v0", 11, "'preempts v0' begins no line of a schedule"},
    {"preempt", "preempt 0 event", 11, "'v' is expected where it says '0 event'"},
    {"preempt", "preempt v64 event 1.0 pc 0x0 to v1", 11,
     "64 is more than 63, the most there can be"},
    {"preempt", "preempt v0 event x", 11, "a number is expected where it says 'x'"},
    {"preempt", "preempt v0 event -1.0 pc 0x0 to v1", 11,
     "a number is expected where it says '-1.0 pc 0x0 to v1'"},
    {"preempt", "preempt v0 event 18446744073709551616.0 pc 0x0 to v1", 11,
     "18446744073709551616 is more than 18446744073709551615, the most there can be"},
    {"preempt", "preempt v0 event 1 pc 0x0 to v1", 11,
     "'.' is expected where it says ' pc 0x0 to v1'"},
    {"preempt", "preempt v0 event 1.0 pc 40 to v1", 11,
     "' pc 0x' is expected where it says ' pc 40 to v1'"},
    {"preempt", "preempt v0 event 1.0 pc 0x10000000000000000 to v1", 11,
     "10000000000000000 is more than 18446744073709551615, the most there can be"},
    {"preempt", "preempt v0 event 7.0 pc 0x40 to 1", 11,
     "' to v' is expected where it says ' to 1'"},
    {"preempt", "irq-delay v0 event 7.0 pc 0x40 to v1", 11,
     "a number is expected where it says 'v1'"},
    {"preempt", "preempt v0 event 7.0 pc 0x40", 11, "' to v' is expected where it says ''"},
    {"preempt", PREEMPT "  ", 11, "too much: '  '"},
    {"preempt", PREEMPT "; interrupt #1", 11, "not known: 'interrupt #1'"},
    {"preempt", PREEMPT "; beside writes x #0 at y+0x0", 11,
     "not known: 'beside writes x #0 at y+0x0'"},
    {"preempt", PREEMPT "; before writes x", 11,
     "WHAT #N at PLACE is expected behind 'before' or 'after'"},
    {"preempt", PREEMPT "; before  #0 at y+0x0", 11,
     "WHAT #N at PLACE is expected behind 'before' or 'after'"},
    {"preempt", PREEMPT "; before writes x #0 y+0x0", 11,
     "' at ' is expected where it says ' y+0x0'"},
    {"preempt", PREEMPT "; before writes x #0 at y+14", 11, "'0x' is expected where it says '14'"},
    {"preempt", PREEMPT "; before writes x #0 at y", 11, "'0x' is expected where it says 'y'"},
    {"preempt", PREEMPT "; before writes x #0 at y+0x0 (f.c)", 11,
     "(FILE:LINE) is expected behind a place"},
    {"preempt", PREEMPT "; before writes x #0 at y+0x0 (f.c:1x)", 11,
     "(FILE:LINE) is expected behind a place"},
    {"preempt", PREEMPT "; before writes x #0 at y+0x0 (f.c:9999999999)", 11,
     "(FILE:LINE) is expected behind a place"},
    {"preempt", PREEMPT "; before writes x #0 at y+0x0 (f.c:1", 11,
     "(FILE:LINE) is expected behind a place"},
    {"preempt", PREEMPT "; before x #0 at y+0x0; after x #0 at y+0x0", 11,
     "the place is given twice"},
    {"preempt", PREEMPT "; before x #4294967296 at y+0x0", 11,
     "4294967296 is more than 4294967295, the most there can be"},
    {"preempt", DELAY "; until soon", 11, "not known: 'soon'"},
    {"preempt", DELAY "; interrupt 1", 11, "not known: 'interrupt 1'"},
    {"first", "first v1 event 7 pc 0x40 of deviation 5", 15,
     "there is no deviation 5 before this line"},
    {"first", "first v1 event 7 pc 0x40 of deviation 0", 15,
     "there is no deviation 0 before this line"},
    {"first", "first v1 event 7 pc 0x40", 15, "' of deviation ' is expected where it says ''"},
    {"first", "", 16, "'first' is missing before it"},
    {"then", "", 0, "a line 'first' is there, but 'then' is missing"},
    {"then", "then v1 event 7 pc 0x40; after x #0 at y+0x0", 16,
     "too much: '; after x #0 at y+0x0'"},
    {"ends", "ends 256 after 1 instructions, state 0: x", 17,
     "256 is more than 255, the most there can be"},
    {"ends", "ends 1 after 1 instructions, state x: x", 17,
     "a number is expected where it says 'x: x'"},
    {"ends", "", 0, "ends before its last line ('ends ...'): it is not whole"},
    {"ends", "ends 1 after 1 instructions, state 0: x\n" PREEMPT, 18,
     "it is behind the last line, 'ends ...'"},
};

static char *with(const struct wrong *w)
{
    const char *at =
        w->number == 1 || !strncmp(valid, w->instead_of, strlen(w->instead_of)) ? valid : NULL;
    char needle[32], *text = malloc(sizeof(valid) + 512);

    snprintf(needle, sizeof(needle), "\n%s ", w->instead_of);
    if (!at)
        at = strstr(valid, needle) + 1;
    sprintf(text, "%.*s%s%s", (int)(at - valid), valid, w->line, strchr(at, '\n'));
    return text;
}

START_TEST(each_line_that_is_wrong_is_refused_by_number_and_reason)
{
    const struct wrong *w = &wrongs[_i];
    struct schedule_file f;
    char *text = with(w), expected[256];

    snprintf(expected, sizeof(expected), w->number ? "s:%u: %s" : "s%.0u%s%s", w->number,
             w->number             ? w->reason
             : w->reason[0] == 'e' ? " "
                                   : ": ",
             w->reason);
    ck_assert_int_lt(parse_text(text, strlen(text), &f), 0);
    ck_assert_str_eq(err.text, expected);
    ck_assert_int_eq(err.exit_code, IRQLAB_EXIT_BAD_INPUT);
    ck_assert(!f.n_options && !f.schedule.items && !f.places);
    free(text);
}
END_TEST

START_TEST(a_file_that_was_cut_off_anywhere_is_refused)
{
    struct schedule_file f;

    for (size_t n = 1; n < sizeof(valid) - 2; n++) {
        bool in_text = n > (size_t)(strstr(valid, "fda7957:") - valid) + 7;
        int rc = parse_text(valid, n, &f);

        ck_assert_msg(in_text ? rc == 0 : rc < 0, "%zu bytes", n);
        if (!rc)
            schedule_file_clear(&f);
    }
}
END_TEST

START_TEST(bytes_0_and_too_many_options_are_refused)
{
    struct schedule_file f;
    char text[4096] = SCHEDULE_FIRST_LINE "\noption a\0b\n";
    size_t used = strlen(SCHEDULE_FIRST_LINE) + 1;

    ck_assert_int_lt(parse_text(text, used + 11, &f), 0);
    ck_assert_str_eq(err.text, "s:2: it has a byte 0");
    for (int i = 0; i <= SCHEDULE_MAX_OPTIONS; i++)
        used += (size_t)sprintf(text + used, "option %d\n", i);
    ck_assert_int_lt(parse_text(text, used, &f), 0);
    ck_assert_str_eq(err.text, "s:130: more than 128 options");
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &a_file_says_what_it_is_made_of,
        &what_is_read_is_written_byte_by_byte,
        &many_deviations_come_back_as_they_were,
        &names_that_would_break_a_line_are_written_without_what_breaks_it,
        &what_compilers_append_to_a_function_makes_no_other_kind,
        &a_file_that_was_cut_off_anywhere_is_refused,
        &bytes_0_and_too_many_options_are_refused,
    };
    TCase *tc = tcase_create("schedule");

    tcase_set_timeout(tc, 120);
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++)
        tcase_add_test(tc, *tests[i]);
    tcase_add_loop_test(tc, each_line_that_is_wrong_is_refused_by_number_and_reason, 0,
                        sizeof(wrongs) / sizeof(wrongs[0]));
    return suite_run_case("schedule", tc);
}
