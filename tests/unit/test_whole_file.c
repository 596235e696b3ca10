/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Files that are there whole or not at all, and what is no file. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emu/whole_file.h"
#include "tests/unit/suite.h"

static char folder[64], path[96], partial[112];

static void setup(void)
{
    strcpy(folder, "/tmp/irqlab-whole-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/file", folder);
    snprintf(partial, sizeof(partial), "%s.partial", path);
}

static void teardown(void)
{
    unlink(path);
    unlink(partial);
    rmdir(folder);
}

static void expect(int fd, const char *text)
{
    char found[16] = "";

    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(read(fd, found, sizeof(found) - 1), (ssize_t)strlen(text));
    ck_assert_str_eq(found, text);
    close(fd);
}

START_TEST(a_file_is_the_old_one_until_the_new_one_is_whole)
{
    struct error err = {0};
    struct whole_file w;

    ck_assert_int_eq(whole_file_open(&w, path, "test", &err), 0);
    fputs("old", w.file);
    ck_assert_int_eq(whole_file_finish(&w, "test", &err), 0);
    ck_assert_int_eq(whole_file_open(&w, path, "test", &err), 0);
    fputs("new", w.file);
    fflush(w.file);
    expect(open(path, O_RDONLY), "old");
    ck_assert_int_eq(whole_file_finish(&w, "test", &err), 0);
    expect(open(path, O_RDONLY), "new");
    ck_assert_int_ne(access(partial, F_OK), 0);
}
END_TEST

START_TEST(an_abandoned_file_leaves_nothing)
{
    struct error err = {0};
    struct whole_file w;

    ck_assert_int_eq(whole_file_open(&w, path, "test", &err), 0);
    whole_file_abandon(&w);
    ck_assert_int_ne(access(path, F_OK), 0);
    ck_assert_int_ne(access(partial, F_OK), 0);
}
END_TEST

/* So is /dev/null: it stays what it is. */
START_TEST(a_pipe_is_written_to_and_stays_a_pipe)
{
    struct error err = {0};
    struct whole_file w;
    struct stat info;
    int fd;

    ck_assert_int_eq(mkfifo(path, 0600), 0);
    fd = open(path, O_RDWR | O_NONBLOCK);
    ck_assert_int_eq(whole_file_open(&w, path, "test", &err), 0);
    fputs("through", w.file);
    ck_assert_int_eq(whole_file_finish(&w, "test", &err), 0);
    ck_assert_int_eq(whole_file_open(&w, path, "test", &err), 0);
    whole_file_abandon(&w);
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert(S_ISFIFO(info.st_mode));
    expect(fd, "through");
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &a_file_is_the_old_one_until_the_new_one_is_whole,
        &an_abandoned_file_leaves_nothing,
        &a_pipe_is_written_to_and_stays_a_pipe,
    };

    return SUITE_RUN("whole_file", setup, teardown, tests);
}
