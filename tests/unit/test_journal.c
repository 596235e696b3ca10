/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recordings: what is written is read back, and anything else is refused with a reason. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emu/journal.h"
#include "tests/unit/suite.h"

static char dir[64], path[96], partial[112], input[96];
static struct error err;

static void put_file(const char *name, const char *text)
{
    FILE *file = fopen(name, "wb");

    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(text, 1, strlen(text), file), strlen(text));
    ck_assert_int_eq(fclose(file), 0);
}

static size_t get_file(const char *name, char *buffer, size_t room)
{
    FILE *file = fopen(name, "rb");
    size_t n;

    ck_assert_ptr_nonnull(file);
    n = fread(buffer, 1, room, file);
    fclose(file);
    return n;
}

static void setup(void)
{
    snprintf(dir, sizeof(dir), "/tmp/irqlab-journal-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/run.journal", dir);
    snprintf(partial, sizeof(partial), "%s.partial", path);
    snprintf(input, sizeof(input), "%s/kernel", dir);
    put_file(input, "a kernel");
    memset(&err, 0, sizeof(err));
}

static void teardown(void)
{
    unlink(input);
    unlink(path);
    unlink(partial);
    rmdir(dir);
}

static struct journal_writer *create(void)
{
    char *argv[] = {"run", "-kernel", input, "-append", "a \"b\"\n\\c \xc3\xa9"};
    const char *const paths[] = {input};
    struct journal_writer *w = NULL;

    ck_assert_msg(!journal_create(path, 5, argv, paths, 1, &w, &err), "%s", err.text);
    return w;
}

static void append(struct journal_writer *w, uint64_t at, const void *data, size_t n)
{
    struct journal_event event = {
        .instructions = at, .now_ns = 2 * at, .source = 7, .data_bytes = n};

    if (n)
        memcpy(event.data, data, n);
    ck_assert_int_eq(journal_append(w, &event, &err), 0);
}

static void finish(struct journal_writer *w)
{
    const struct journal_end end = {1000000, 2000000, 0xfedcba9876543210ull, 42};

    ck_assert_int_eq(journal_finish(w, &end, &err), 0);
}

static void record_three(void)
{
    struct journal_writer *w = create();

    append(w, 10, "x", 1);
    append(w, 10, "\0\xff\n", 3);
    append(w, 999, NULL, 0);
    finish(w);
}

START_TEST(what_is_written_is_read_back)
{
    struct journal_reader *r;
    const struct journal_event *e;
    int argc;
    char **argv;

    record_three();
    ck_assert_msg(!journal_open(path, &r, &err), "%s", err.text);
    argv = journal_argv(r, &argc);
    ck_assert_int_eq(argc, 5);
    ck_assert_str_eq(argv[2], input);
    ck_assert_str_eq(argv[4], "a \"b\"\n\\c \xc3\xa9");
    ck_assert_ptr_null(argv[5]);
    e = journal_peek(r);
    ck_assert(e->instructions == 10 && e->now_ns == 20 && e->source == 7 && e->data_bytes == 1);
    ck_assert_int_eq(e->data[0], 'x');
    ck_assert_ptr_eq(journal_peek(r), e);
    journal_next(r);
    e = journal_peek(r);
    ck_assert_uint_eq(e->data_bytes, 3);
    ck_assert_mem_eq(e->data, "\0\xff\n", 3);
    journal_next(r);
    ck_assert_uint_eq(journal_peek(r)->instructions, 999);
    ck_assert_uint_eq(journal_peek(r)->data_bytes, 0);
    journal_next(r);
    ck_assert_ptr_null(journal_peek(r));
    journal_next(r);
    ck_assert_ptr_null(journal_peek(r));
    ck_assert_uint_eq(journal_end_of(r)->instructions, 1000000);
    ck_assert_uint_eq(journal_end_of(r)->virtual_time_ns, 2000000);
    ck_assert_uint_eq(journal_end_of(r)->state_hash, 0xfedcba9876543210ull);
    ck_assert_int_eq(journal_end_of(r)->exit_code, 42);
    journal_close(r);
}
END_TEST

START_TEST(the_largest_event_is_read_back)
{
    struct journal_writer *w = create();
    struct journal_reader *r;
    uint8_t data[JOURNAL_MAX_DATA];

    for (size_t i = 0; i < sizeof(data); i++)
        data[i] = (uint8_t)(i * 7);
    for (unsigned i = 0; i < 40; i++)
        append(w, i, data, sizeof(data) - i);
    finish(w);
    ck_assert_int_eq(journal_open(path, &r, &err), 0);
    for (unsigned i = 0; i < 40; i++, journal_next(r)) {
        ck_assert_uint_eq(journal_peek(r)->data_bytes, sizeof(data) - i);
        ck_assert_mem_eq(journal_peek(r)->data, data, sizeof(data) - i);
    }
    journal_close(r);
}
END_TEST

START_TEST(the_file_appears_whole_or_not_at_all)
{
    struct journal_writer *w = create();

    append(w, 10, "x", 1);
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert_int_eq(access(partial, F_OK), 0);
    finish(w);
    ck_assert_int_eq(access(path, F_OK), 0);
    ck_assert_int_ne(access(partial, F_OK), 0);
    w = create();
    journal_abandon(w);
    ck_assert_int_ne(access(partial, F_OK), 0);
    ck_assert_int_eq(access(path, F_OK), 0); /* the earlier one is not lost */
}
END_TEST

START_TEST(two_recordings_of_the_same_run_are_the_same_bytes)
{
    static char one[8192], two[8192];
    size_t n;

    record_three();
    n = get_file(path, one, sizeof(one));
    record_three();
    ck_assert_uint_eq(get_file(path, two, sizeof(two)), n);
    ck_assert_mem_eq(one, two, n);
}
END_TEST

/* Each truncation and each altered byte must be refused: the check leaves no gap. */
START_TEST(no_truncated_recording_is_accepted)
{
    static char text[8192];
    size_t n;

    record_three();
    n = get_file(path, text, sizeof(text));
    for (size_t i = 0; i < n; i++) {
        struct journal_reader *r;

        err.text[0] = '\0';
        ck_assert_int_eq(journal_parse("cut", text, i, &r, &err), -EINVAL);
        ck_assert_ptr_nonnull(strstr(err.text, "cut:"));
        ck_assert_int_eq(err.exit_code, IRQLAB_EXIT_BAD_INPUT);
    }
}
END_TEST

START_TEST(no_altered_byte_is_accepted)
{
    static char text[8192];
    size_t n;

    record_three();
    n = get_file(path, text, sizeof(text));
    for (size_t i = 0; i < n; i++) {
        struct journal_reader *r;

        text[i] ^= 1;
        ck_assert_msg(journal_parse("altered", text, n, &r, &err), "byte %zu", i);
        text[i] ^= 1;
    }
}
END_TEST

static void refuse(const char *text, const char *want)
{
    struct journal_reader *r;

    err.text[0] = '\0';
    ck_assert_int_eq(journal_parse("t", text, strlen(text), &r, &err), -EINVAL);
    ck_assert_msg(strstr(err.text, want) != NULL, "%s", err.text);
}

#define HEADER "{\"irqlab\":\"0.1.0\",\"format\":1,\"options\":[\"run\"],\"files\":[]}\n"

START_TEST(messages_name_the_line_and_the_damage)
{
    refuse("", "t:1: the end is missing (was the run cut off?)");
    refuse("hello\n", "t:1: not a line of JSON");
    refuse("hello", "t:1: the line is cut off");
    refuse("[]\n", "t:1: no header");
    refuse("{\"irqlab\":\"9\",\"format\":2}\n", "t: format 2 is not known");
    refuse("{\"irqlab\":\"9\",\"format\":1,\"options\":[]}\n", "t:1: no options");
    refuse("{\"irqlab\":\"9\",\"format\":1,\"options\":[1]}\n", "an option is not a string");
    refuse(HEADER, "t:2: the end is missing (was the run cut off?)");
    refuse(HEADER "{}\n", "t:2: not an event");
    refuse(HEADER "{\"at\":5,\"ns\":5,\"source\":1,\"data\":\"abc\"}\n", "t:2: not an event");
    refuse(HEADER "{\"at\":5,\"ns\":5,\"source\":1,\"data\":\"AB\"}\n", "t:2: not an event");
    refuse(HEADER "{\"at\":-5,\"ns\":5,\"source\":1,\"data\":\"ab\"}\n", "t:2: not an event");
    refuse(HEADER "{\"at\":5,\"ns\":5,\"source\":1,\"data\":\"\"}\n"
                  "{\"at\":4,\"ns\":6,\"source\":1,\"data\":\"\"}\n",
           "t:3: events are out of order");
    refuse(HEADER "{\"end\":{}}\n", "t:2: not an end");
    refuse(HEADER "{\"end\":{\"instructions\":1,\"virtual_time_ns\":1,\"state_hash\":"
                  "\"0000000000000000\",\"exit_code\":0},\"check\":\"0\"}\n",
           "t:2: the checksum is wrong");
}
END_TEST

START_TEST(data_after_the_end_are_refused)
{
    static char text[8192];
    struct journal_reader *r;
    size_t n;

    record_three();
    n = get_file(path, text, sizeof(text));
    strcpy(text + n, "{}\n");
    ck_assert_int_eq(journal_parse("t", text, n + 3, &r, &err), -EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "something follows the end"));
}
END_TEST

START_TEST(a_changed_or_missing_input_file_is_named)
{
    struct journal_reader *r;

    record_three();
    put_file(input, "another kernel");
    ck_assert_int_eq(journal_open(path, &r, &err), -EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, input));
    ck_assert_ptr_nonnull(strstr(err.text, "has changed since the recording"));
    unlink(input);
    ck_assert_int_eq(journal_open(path, &r, &err), -EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, input));
    ck_assert_ptr_nonnull(strstr(err.text, "cannot be read (No such file or directory)"));
}
END_TEST

START_TEST(an_option_that_is_not_utf_8_cannot_be_recorded)
{
    char *argv[] = {"run", "-append", "\xe9t\xe9"};
    struct journal_writer *w = NULL;

    ck_assert_int_eq(journal_create(path, 3, argv, NULL, 0, &w, &err), -EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "is not UTF-8"));
    ck_assert_int_ne(access(partial, F_OK), 0);
}
END_TEST

START_TEST(a_folder_that_is_not_there_is_said_so)
{
    char *argv[] = {"run"};
    struct journal_writer *w = NULL;

    ck_assert_int_eq(journal_create("/nonexistent/x", 1, argv, NULL, 0, &w, &err), -EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "cannot write /nonexistent/x.partial: No such file"));
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &what_is_written_is_read_back,
        &the_largest_event_is_read_back,
        &the_file_appears_whole_or_not_at_all,
        &two_recordings_of_the_same_run_are_the_same_bytes,
        &no_truncated_recording_is_accepted,
        &no_altered_byte_is_accepted,
        &messages_name_the_line_and_the_damage,
        &data_after_the_end_are_refused,
        &a_changed_or_missing_input_file_is_named,
        &an_option_that_is_not_utf_8_cannot_be_recorded,
        &a_folder_that_is_not_there_is_said_so,
    };
    return SUITE_RUN("journal", setup, teardown, tests);
}
