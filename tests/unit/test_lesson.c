/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Lessons as text: what is well-formed is read, what is wrong is refused by line and reason; and a
 * source with two halves becomes one. */
#include <stdio.h>
#include <string.h>

#include "emu/lesson/lesson_file.h"
#include "emu/lesson/lesson_source.h"
#include "tests/unit/suite.h"

static struct error err;
static struct lesson lesson;

static int parse(const char *text, size_t bytes)
{
    FILE *in = fmemopen((char *)text, bytes, "r");
    int rc;

    ck_assert_ptr_nonnull(in);
    memset(&err, 0, sizeof(err));
    rc = lesson_file_parse(in, "l", &lesson, &err);
    fclose(in);
    return rc;
}

#define BEGINNING                                                                                  \
    "# a comment\n"                                                                                \
    "title One\n"                                                                                  \
    "goal It comes.\n"                                                                             \
    "story\n"                                                                                      \
    "    First.\n"                                                                                 \
    "\n"                                                                                           \
    "    Second,\n"                                                                                \
    "        deeper.\n"                                                                            \
    "source lessons/one.c\n"                                                                       \
    "mended MENDED\n"                                                                              \
    "expect nothing\n"                                                                             \
    "check tick\n"                                                                                 \
    "hint Think.\n"                                                                                \
    "cite IHI 0069\n" /* 14 lines */
#define WHOLE BEGINNING "ask why 27 0\n"

START_TEST(a_lesson_is_read)
{
    ck_assert_msg(!parse(WHOLE "hint Again.\nsmp 3\nrun until 5 instructions\ngate awake\n"
                               "machine virtualization=on\nirqlab -gic waker=on\n",
                         strlen(WHOLE "hint Again.\nsmp 3\nrun until 5 instructions\ngate awake\n"
                                      "machine virtualization=on\nirqlab -gic waker=on\n")),
                  "%s", err.text);
    ck_assert_str_eq(lesson.title, "One");
    ck_assert_str_eq(lesson.story, "First.\n\nSecond,\n    deeper.");
    ck_assert_str_eq(lesson.macro, "MENDED");
    ck_assert(lesson.mended_with_macro);
    ck_assert_uint_eq(lesson.hints.n, 2);
    ck_assert_str_eq(lesson.hints.at[1], "Again.");
    ck_assert_uint_eq(lesson.smp, 3);
    ck_assert_uint_eq(lesson.until_insns, 5);
    ck_assert_uint_eq(lesson.ask.n, 3);
    ck_assert_str_eq(lesson.gate, "awake");
    ck_assert_str_eq(lesson.irqlab.at[1], "waker=on");
    ck_assert_ptr_null(lesson.irqlab.at[2]);
    lesson_clear(&lesson);
}
END_TEST

START_TEST(a_lesson_may_begin_a_part_and_ask_for_the_time)
{
    static const char text[] = "part Time\n" BEGINNING "ask why-time 0\n";

    ck_assert_msg(!parse(text, strlen(text)), "%s", err.text);
    ck_assert_str_eq(lesson.part, "Time");
    ck_assert_str_eq(lesson.ask.at[0], "why-time");
    lesson_clear(&lesson);
}
END_TEST

START_TEST(a_lesson_of_the_explorer_is_read)
{
    static const char text[] = BEGINNING "explore --weak --runs 10\n";

    ck_assert_msg(!parse(text, strlen(text)), "%s", err.text);
    ck_assert(lesson.is_explored);
    ck_assert_uint_eq(lesson.explore.n, 3);
    lesson_clear(&lesson);
}
END_TEST

START_TEST(what_is_printed_reads_as_the_same)
{
    static const char text[] = WHOLE "with hyp/vpe.c\ncpu max\ngate awake\npart Gates\n"
                                     "arrives no\nlearned\n    A switch.\n\n    Two of them.\n";
    char *first = NULL, *second = NULL;
    size_t bytes[2];
    FILE *out = open_memstream(&first, &bytes[0]);

    ck_assert(!parse(text, strlen(text)));
    lesson_file_print(out, &lesson);
    fclose(out);
    lesson_clear(&lesson);
    ck_assert_msg(!parse(first, bytes[0]), "%s", err.text);
    out = open_memstream(&second, &bytes[1]);
    lesson_file_print(out, &lesson);
    fclose(out);
    lesson_clear(&lesson);
    ck_assert_str_eq(first, second);
    free(first);
    free(second);
}
END_TEST

struct bad {
    const char *text, *error;
};

static const struct bad bad[] = {
    {"", "l:0: the lesson ends without 'title'; add it"},
    {"title One\n", "l:1: the lesson ends without 'goal'; add it"},
    {"  title One\n", "l:1: an indented line before any key; begin with title"},
    {"titel One\n", "l:1: no key of a lesson: 'titel'; images/lessons/README.md lists them; text "
                    "goes on in an indented line"},
    {"title\n", "l:1: nothing behind 'title'; say what it is"},
    {"title\ngoal It.\n", "l:1: nothing behind 'title'; say what it is"},
    {"title One\n  two\n", "l:2: a second line of 'title'; it has only one"},
    {"title One\ntitle Two\n", "l:2: given twice: 'title'; once is enough"},
    {"title One\x01\n", "l:1: a control character; a lesson is plain text"},
    {"goal a\n\tb\n", "l:2: a tab; indent with four spaces"},
    {"source /etc/passwd.c\n", "l:1: the path '/etc/passwd.c'; give one below images/, without "
                               "'..'"},
    {"source lessons/../../x.c\n", "l:1: the path 'lessons/../../x.c'; give one below images/, "
                                   "without '..'"},
    {"source lessons/x.S\n", "l:1: the path 'lessons/x.S'; give a C file"},
    {"mended 1ST\n", "l:1: the macro '1ST'; write for example MENDED or !FLAWED"},
    {"mended !\n", "l:1: the macro '!'; write for example MENDED or !FLAWED"},
    {"mended A-B\n", "l:1: the macro 'A-B'; write for example MENDED or !FLAWED"},
    {"smp 0\n", "l:1: the number '0'; it starts from 1, and is in bounds"},
    {"smp 65\n", "l:1: the number '65'; it starts from 1, and is in bounds"},
    {"smp two\n", "l:1: the number 'two'; it starts from 1, and is in bounds"},
    {"smp 99999999999999999999\n", "l:1: the number '99999999999999999999'; it starts from 1, and "
                                   "is in bounds"},
    {"run forever\n", "l:1: run 'forever'; write 'until exit' or 'until 1000000 instructions'"},
    {"run until 0 instructions\n", "l:1: the number '0'; it starts from 1, and is in bounds"},
    {"run until 5 instructions more\n", "l:1: run 'until 5 instructions more'; write 'until exit' "
                                        "or 'until 1000000 instructions'"},
    {"arrives yes\n", "l:1: arrives 'yes'; write 'arrives no', or leave it out"},
    {"cpu max big\n", "l:1: more than one word: 'max big'; give one value"},
    {"machine secure=on,dumpdtb=x\n",
     "l:1: the machine 'secure=on,dumpdtb=x'; a lesson writes no file: leave dumpdtb out"},
    {"irqlab --record /etc/x\n", "l:1: the option '--record'; a lesson may only give options that "
                                 "configure the machine or the search"},
    {"irqlab -gic\n", "l:1: the option '-gic'; it needs a value"},
    {"explore --output x\n", "l:1: the option '--output'; a lesson may only give options that "
                             "configure the machine or the search"},
    {"explore --runs --weak\n", "l:1: the option '--runs'; it needs a value"},
    {"irqlab 1 2 3 4 5 6 7 8 9 10 11 12 13\n",
     "l:1: too many words: '1 2 3 4 5 6 7 8 9 10 11 12 13'; there may be 12 of them"},
    {"ask\n", "l:1: nothing behind 'ask'; say what it is"},
    {"ask why\n", "l:1: the question 'why'; write for example 'why 27 0' or 'why-not-again 27 0'"},
    {"ask rm -rf\n", "l:1: the question 'rm -rf'; write for example 'why 27 0' or 'why-not-again "
                     "27 0'"},
    {"ask why 27 --json=x\n", "l:1: the question 'why 27 --json=x'; write for example 'why 27 0' "
                              "or 'why-not-again 27 0'"},
    {BEGINNING, "l:14: nothing is asked; add for example 'ask why 27 0'"},
    {WHOLE "explore --runs 3\n",
     "l:16: explore with ask, gate or arrives; what explore finds is told by "
     "itself: leave them out"},
    {"cite 1\ncite 2\ncite 3\ncite 4\ncite 5\ncite 6\ncite 7\ncite 8\ncite 9\ncite 10\ncite 11\n"
     "cite 12\ncite 13\n",
     "l:13: one too many: 'cite'; there may be 12 of them"},
};

START_TEST(wrong_text_is_refused_by_line_and_reason)
{
    const struct bad *b = &bad[_i];
    FILE *in = *b->text ? fmemopen((char *)b->text, strlen(b->text), "r") : fopen("/dev/null", "r");

    memset(&err, 0, sizeof(err));
    ck_assert_int_lt(lesson_file_parse(in, "l", &lesson, &err), 0);
    fclose(in);
    ck_assert_str_eq(err.text, b->error);
    ck_assert_int_eq(err.exit_code, IRQLAB_EXIT_BAD_INPUT);
    ck_assert_ptr_null(lesson.title);
}
END_TEST

START_TEST(a_byte_0_and_a_file_too_long_are_refused)
{
    char *text = malloc(LESSON_MAX_FILE_BYTES + 2);

    ck_assert_int_lt(parse("title a\0b\n", 10), 0);
    ck_assert_str_eq(err.text, "l:1: a control character; a lesson is plain text");
    memset(text, '\n', LESSON_MAX_FILE_BYTES + 2);
    ck_assert_int_lt(parse(text, LESSON_MAX_FILE_BYTES + 2), 0);
    ck_assert_str_eq(err.text, "l:65537: longer than 64 KiB; is it a lesson?");
    free(text);
}
END_TEST

/* -- Sources ----------------------------------------------------------------------------------- */

static char *copied;

static int copy(const char *text, bool is_defined)
{
    size_t bytes;
    FILE *in = fmemopen((char *)text, strlen(text), "r"), *out;
    int rc;

    free(copied);
    copied = NULL;
    out = open_memstream(&copied, &bytes);
    memset(&err, 0, sizeof(err));
    rc = lesson_source_copy(in, out, "s.c", "MENDED", is_defined, "Head.", &err);
    fclose(in);
    fclose(out);
    return rc;
}

#define LICENCE "/* SPDX-License-Identifier: X */\n"
#define HEAD    "/* Head. */\n"

START_TEST(a_copy_has_one_half_and_not_the_answer)
{
    static const char text[] = LICENCE "/*\n * The answer.\n */\na\n#ifdef MENDED\nb\n#else\nc\n"
                                       "#endif\n#ifndef MENDED\nd\n#endif\ne\n";

    ck_assert(!copy(text, false));
    ck_assert_str_eq(copied, LICENCE HEAD "a\nc\nd\ne\n");
    ck_assert(!copy(text, true));
    ck_assert_str_eq(copied, LICENCE HEAD "a\nb\ne\n");
    ck_assert(!copy(LICENCE "/* The answer. */\na\n", true));
    ck_assert_str_eq(copied, LICENCE HEAD "a\n");
    ck_assert(!copy(LICENCE "a\n/* kept */\n", true));
    ck_assert_str_eq(copied, LICENCE HEAD "a\n/* kept */\n");
}
END_TEST

START_TEST(other_conditions_stay_and_nest)
{
    static const char text[] = "x\n#ifdef MENDED_TOO\na\n# ifdef MENDED\nb\n#if 1\nc\n#else\nd\n"
                               "#endif\n# else\ne\n# endif\n#else\nf\n#endif\n";

    ck_assert(!copy(text, true));
    ck_assert_str_eq(copied, HEAD "x\n#ifdef MENDED_TOO\na\nb\n#if 1\nc\n#else\nd\n#endif\n"
                                  "#else\nf\n#endif\n");
    ck_assert(!copy(text, false));
    ck_assert_str_eq(copied, HEAD "x\n#ifdef MENDED_TOO\na\ne\n#else\nf\n#endif\n");
}
END_TEST

START_TEST(conditions_that_do_not_match_are_refused)
{
    ck_assert_int_lt(copy("a\n#endif\n", true), 0);
    ck_assert_str_eq(err.text, "s.c:2: #else or #endif without #if; mend the lesson's source");
    ck_assert_int_lt(copy("a\n#ifdef MENDED\n", true), 0);
    ck_assert_str_eq(err.text, "s.c:2: #endif is missing; mend the lesson's source");
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("lesson");
    int failed;

    tcase_add_test(tc, a_lesson_is_read);
    tcase_add_test(tc, a_lesson_may_begin_a_part_and_ask_for_the_time);
    tcase_add_test(tc, a_lesson_of_the_explorer_is_read);
    tcase_add_test(tc, what_is_printed_reads_as_the_same);
    tcase_add_loop_test(tc, wrong_text_is_refused_by_line_and_reason, 0,
                        sizeof(bad) / sizeof(bad[0]));
    tcase_add_test(tc, a_byte_0_and_a_file_too_long_are_refused);
    tcase_add_test(tc, a_copy_has_one_half_and_not_the_answer);
    tcase_add_test(tc, other_conditions_stay_and_nest);
    tcase_add_test(tc, conditions_that_do_not_match_are_refused);
    failed = suite_run_case("lesson", tc);
    free(copied);
    return failed;
}
