/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What formats write with: the same digits as printf's, and files that are whole or said not to be.
 */
#include <check.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "emu/trace/out.h"
#include "tests/unit/suite.h"

static void check_number(uint64_t value)
{
    char ours[80], theirs[80];

    *put_uint(ours, value) = '\0';
    snprintf(theirs, sizeof(theirs), "%" PRIu64, value);
    ck_assert_str_eq(ours, theirs);
    for (unsigned width = 0; width < 24; width++) {
        *put_uint_wide(ours, value, width) = '\0';
        snprintf(theirs, sizeof(theirs), "%*" PRIu64, (int)width, value);
        ck_assert_str_eq(ours, theirs);
    }
    for (unsigned digits = 1; digits <= 16; digits++) {
        *put_hex(ours, value, digits) = '\0';
        snprintf(theirs, sizeof(theirs), "%0*" PRIx64, (int)digits, value);
        ck_assert_str_eq(ours, theirs);
    }
}

START_TEST(numbers_are_written_as_by_printf)
{
    uint64_t near = 1;

    check_number(0);
    for (unsigned digits = 0; digits < 20; digits++, near *= 10) {
        check_number(near - 1);
        check_number(near);
        check_number(near + 1);
    }
    for (unsigned bit = 0; bit < 64; bit++) {
        check_number(1ull << bit);
        check_number((1ull << bit) - 1);
    }
    check_number(UINT64_MAX);
}
END_TEST

START_TEST(more_than_the_buffer_arrives_and_is_copied)
{
    struct trace_out from, to;
    char *p, text[32];
    ssize_t n;

    ck_assert_int_eq(trace_out_open_unnamed(&from), 0);
    ck_assert_int_eq(trace_out_open_unnamed(&to), 0);
    for (unsigned i = 0; i < 200000; i++) {
        p = put_uint_wide(trace_out_room(&from), i, 7);
        *p++ = '\n';
        trace_out_done(&from, p);
    }
    trace_out_copy(&to, &from);
    trace_out_flush(&to);
    ck_assert(!to.failed && !from.failed);
    ck_assert_int_eq(lseek(to.fd, 0, SEEK_END), 1600000);
    lseek(to.fd, 8 * 123456, SEEK_SET);
    n = read(to.fd, text, 8);
    ck_assert_int_eq(n, 8);
    ck_assert_mem_eq(text, " 123456\n", 8);
    ck_assert(trace_out_close(&from) && trace_out_close(&to));
}
END_TEST

START_TEST(what_could_not_be_written_is_known_at_the_end)
{
    struct trace_out o = {0};

    ck_assert(trace_out_close(&o)); /* never open */
    ck_assert_int_eq(trace_out_open(&o, open("/dev/full", O_WRONLY)), 0);
    trace_out_print(&o, "%s", "text");
    ck_assert(!trace_out_close(&o));
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &numbers_are_written_as_by_printf,
        &more_than_the_buffer_arrives_and_is_copied,
        &what_could_not_be_written_is_known_at_the_end,
    };

    return SUITE_RUN("trace_out", NULL, NULL, tests);
}
