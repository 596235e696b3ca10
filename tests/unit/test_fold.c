/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Text in lines of a width: broken between words, never inside one; commands can be pasted. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/lesson/fold.h"
#include "emu/lesson/gates.h"
#include "tests/unit/suite.h"

static char *said;
static FILE *out;

static void begin(void)
{
    static size_t bytes;

    free(said);
    said = NULL;
    out = open_memstream(&said, &bytes);
    ck_assert_ptr_nonnull(out);
}

static const char *text(unsigned width, unsigned indent, unsigned hang, const char *from)
{
    begin();
    fold_text(out, width, indent, hang, from);
    fclose(out);
    return said;
}

START_TEST(lines_are_joined_and_broken_between_words)
{
    ck_assert_str_eq(text(10, 0, 0, "one two\nthree four"), "one two\nthree four\n");
    ck_assert_str_eq(text(9, 0, 0, "one two\nthree four"), "one two\nthree\nfour\n");
    ck_assert_str_eq(text(10, 2, 3, "one two three"), "  one two\n     three\n");
    ck_assert_str_eq(text(4, 0, 0, "a longest b"), "a\nlongest\nb\n");
    ck_assert_str_eq(text(80, 0, 0, ""), "");
}
END_TEST

START_TEST(blank_lines_and_code_stay)
{
    ck_assert_str_eq(text(20, 2, 0, "one\n\ntwo\n    a = b;  /* c */\nthree"),
                     "  one\n\n  two\n      a = b;  /* c */\n  three\n");
}
END_TEST

START_TEST(a_character_of_several_bytes_has_one_column)
{
    ck_assert_str_eq(text(7, 0, 0, "\u00e4\u00e4\u00e4 \u00f6\u00f6\u00f6"),
                     "\u00e4\u00e4\u00e4 \u00f6\u00f6\u00f6\n");
}
END_TEST

START_TEST(a_table_keeps_its_spaces)
{
    begin();
    fold_table(out, 12, 4, "a    PASS  b  c d\nlongword\n\nlonglonglonglong x\n");
    fclose(out);
    ck_assert_str_eq(said, "a    PASS  b\n    c d\nlongword\n\nlonglonglonglong\n    x\n");
}
END_TEST

START_TEST(a_command_goes_on_behind_a_backslash)
{
    const char *const words[] = {"irqlab", "run", "-kernel", "my file", NULL};

    begin();
    fold_command(out, 80, 0, words);
    fold_command(out, 16, 2, words);
    fclose(out);
    ck_assert_str_eq(said, "irqlab run -kernel 'my file'\n"
                           "  irqlab run \\\n      -kernel \\\n      'my file'\n");
}
END_TEST

START_TEST(what_is_no_terminal_has_80_columns)
{
    begin();
    ck_assert_uint_eq(fold_width(out), 80);
    fclose(out);
}
END_TEST

START_TEST(gates_follow_from_gates_in_front)
{
    ck_assert(gates_follows("cpu-group", "group"));
    ck_assert(!gates_follows("group", "cpu-group"));
    ck_assert(!gates_follows("enabled", "enabled"));
    ck_assert_str_eq(gates_question("enabled"), "Is the interrupt's own switch on?");
    ck_assert_ptr_null(gates_question("garden"));
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("fold");
    int failed;

    tcase_add_test(tc, lines_are_joined_and_broken_between_words);
    tcase_add_test(tc, blank_lines_and_code_stay);
    tcase_add_test(tc, a_character_of_several_bytes_has_one_column);
    tcase_add_test(tc, a_table_keeps_its_spaces);
    tcase_add_test(tc, a_command_goes_on_behind_a_backslash);
    tcase_add_test(tc, what_is_no_terminal_has_80_columns);
    tcase_add_test(tc, gates_follow_from_gates_in_front);
    failed = suite_run_case("fold", tc);
    free(said);
    return failed;
}
