/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <fcntl.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include "emu/dev/chardev.h"
#include "tests/unit/suite.h"

static char dir[64];
static char path[128];

static void setup(void)
{
    strcpy(dir, "/tmp/irqlab-test-chardev-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/it", dir);
}

static void teardown(void)
{
    unlink(path);
    rmdir(dir);
}

static struct chardev *open_spec(const char *prefix)
{
    char spec[160];
    struct chardev *c = NULL;
    struct error err = {0};
    snprintf(spec, sizeof(spec), "%s%s", prefix, strchr(prefix, ':') ? path : "");
    ck_assert_msg(chardev_open(spec, &c, &err) == 0, "%s", err.text);
    return c;
}

static void write_text(struct chardev *c, const char *text)
{
    chardev_write(c, (const uint8_t *)text, strlen(text));
}

START_TEST(null_takes_output_and_gives_nothing)
{
    uint8_t byte;
    struct chardev *c = open_spec("null");
    write_text(c, "lost\n");
    ck_assert_uint_eq(chardev_poll(c, &byte, 1), 0);
    ck_assert_int_eq(chardev_fd(c), -1);
    chardev_close(c);
}
END_TEST

START_TEST(a_file_receives_all_output)
{
    char got[32] = "";
    struct chardev *c = open_spec("file:");
    write_text(c, "one\ntwo");
    chardev_close(c);
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fread(got, 1, sizeof(got), file), 7);
    fclose(file);
    ck_assert_str_eq(got, "one\ntwo");
}
END_TEST

static int connect_client(void)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    strcpy(address.sun_path, path);
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

START_TEST(a_socket_serves_one_client_after_the_other)
{
    struct chardev *c = open_spec("unix:");
    uint8_t got[16];
    write_text(c, "dropped\n");
    for (int round = 0; round < 2; round++) {
        int client = connect_client();
        ck_assert_uint_eq(chardev_poll(c, got, sizeof(got)), 0);
        ck_assert_int_eq((int)write(client, "in", 2), 2);
        ck_assert_uint_eq(chardev_poll(c, got, sizeof(got)), 2);
        ck_assert_mem_eq(got, "in", 2);
        write_text(c, "out\n");
        ck_assert_int_eq((int)read(client, got, sizeof(got)), 4);
        ck_assert_mem_eq(got, "out\n", 4);
        close(client);
        ck_assert_uint_eq(chardev_poll(c, got, sizeof(got)), 0);
    }
    write_text(c, "nobody\n");
    chardev_close(c);
    ck_assert_int_ne(access(path, F_OK), 0);
}
END_TEST

START_TEST(a_pipe_is_read_without_escape_key_until_its_end)
{
    int ends[2];
    uint8_t got[8];
    struct chardev *c = NULL;
    ck_assert_int_eq(pipe(ends), 0);
    ck_assert_int_eq(chardev_from_fds(ends[0], -1, &c, NULL), 0);
    ck_assert(!chardev_is_terminal(c));
    ck_assert_uint_eq(chardev_poll(c, got, sizeof(got)), 0);
    ck_assert_int_eq((int)write(ends[1], "\001x", 2), 2);
    ck_assert_uint_eq(chardev_poll(c, got, 1), 1);
    ck_assert_uint_eq(chardev_poll(c, got + 1, 7), 1);
    ck_assert_mem_eq(got, "\001x", 2);
    ck_assert_int_eq(chardev_take_event(c), CHARDEV_NO_EVENT);
    close(ends[1]);
    ck_assert_uint_eq(chardev_poll(c, got, 8), 0);
    ck_assert_int_eq(chardev_fd(c), -1);
    chardev_close(c);
    close(ends[0]);
}
END_TEST

static struct termios settings(int fd)
{
    struct termios t;
    ck_assert_int_eq(tcgetattr(fd, &t), 0);
    return t;
}

static void type(int master, struct chardev *c, const char *keys, const char *want)
{
    uint8_t got[64];
    size_t length = strlen(keys);
    ck_assert_int_eq((int)write(master, keys, length), (int)length);
    size_t n = chardev_poll(c, got, sizeof(got));
    ck_assert_uint_eq(n, strlen(want));
    ck_assert_mem_eq(got, want, n);
}

START_TEST(a_terminal_is_raw_and_obeys_the_escape_key)
{
    int master, slave;
    struct chardev *c = NULL;
    ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
    struct termios before = settings(slave);
    ck_assert_int_eq(chardev_from_fds(slave, slave, &c, NULL), 0);
    ck_assert(chardev_is_terminal(c));
    ck_assert_uint_eq(settings(slave).c_lflag & (ICANON | ECHO | ISIG), 0);
    type(master, c, "a\003\r", "a\003\r");
    type(master, c, "\001\001", "\001");
    type(master, c, "b\001", "b");
    type(master, c, "xc", "c");
    ck_assert_int_eq(chardev_take_event(c), CHARDEV_QUIT);
    ck_assert_int_eq(chardev_take_event(c), CHARDEV_NO_EVENT);
    type(master, c, "\001p\001z", "");
    ck_assert_int_eq(chardev_take_event(c), CHARDEV_POWER_KEY);
    chardev_close(c);
    ck_assert_uint_eq(settings(slave).c_lflag, before.c_lflag);
    ck_assert_uint_eq(settings(slave).c_iflag, before.c_iflag);
    close(master);
    close(slave);
}
END_TEST

/* A program that opens the terminal and is then killed without a chance to clean up. */
START_TEST(a_killed_program_leaves_the_terminal_as_it_was)
{
    int master, slave, ends[2];
    char byte;
    ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
    ck_assert_int_eq(pipe(ends), 0);
    struct termios before = settings(slave);
    pid_t program = fork();
    if (program == 0) {
        struct chardev *c = NULL;
        if (chardev_from_fds(slave, slave, &c, NULL) || write(ends[1], "r", 1) != 1)
            _exit(1);
        for (;;)
            pause();
    }
    close(ends[1]);
    ck_assert_int_eq((int)read(ends[0], &byte, 1), 1);
    ck_assert_uint_eq(settings(slave).c_lflag & ECHO, 0);
    kill(program, SIGKILL);
    waitpid(program, NULL, 0);
    for (int i = 0; i < 200 && settings(slave).c_lflag != before.c_lflag; i++)
        usleep(10000);
    ck_assert_uint_eq(settings(slave).c_lflag, before.c_lflag);
    close(master);
    close(slave);
    close(ends[0]);
}
END_TEST

/* A job whose terminal belongs to another process group must not be stopped for touching it. */
START_TEST(a_background_job_leaves_the_terminal_alone)
{
    int master, slave, result = 0;
    ck_assert_int_eq(openpty(&master, &slave, NULL, NULL, NULL), 0);
    struct termios before = settings(slave);
    pid_t session = fork();
    if (session == 0) {
        setsid();
        if (ioctl(slave, TIOCSCTTY, 0))
            _exit(1);
        pid_t job = fork();
        if (job == 0) {
            struct chardev *c = NULL;
            setpgid(0, 0);
            if (chardev_from_fds(slave, -1, &c, NULL) || chardev_is_terminal(c))
                _exit(2);
            chardev_close(c);
            _exit(42);
        }
        waitpid(job, &result, WUNTRACED);
        _exit(WIFEXITED(result) ? WEXITSTATUS(result) : 3);
    }
    waitpid(session, &result, 0);
    ck_assert_int_eq(WEXITSTATUS(result), 42);
    ck_assert_uint_eq(settings(slave).c_lflag, before.c_lflag);
    close(master);
    close(slave);
}
END_TEST

START_TEST(bad_specifications_say_what_is_possible)
{
    static const char *const bad[] = {"", "std", "file:", "tcp:1", "stdio:x", "unix:"};
    struct chardev *c = NULL;
    struct error err;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        ck_assert_int_lt(chardev_open(bad[i], &c, &err), 0);
        ck_assert_ptr_nonnull(strstr(err.text, "use stdio, file:PATH, unix:PATH, null or none"));
        ck_assert_int_eq(err.exit_code, IRQLAB_EXIT_BAD_INPUT);
    }
    ck_assert_int_lt(chardev_open("file:/nonexistent/x", &c, &err), 0);
    ck_assert_str_eq(err.text, "/nonexistent/x: cannot be opened for console output: "
                               "No such file or directory");
    ck_assert_int_lt(chardev_open("unix:/nonexistent/x", &c, &err), 0);
    ck_assert_ptr_nonnull(strstr(err.text, "cannot listen there"));
    ck_assert_ptr_null(c);
}
END_TEST

static const TTest *const *const tests[] = {
    &null_takes_output_and_gives_nothing,        &a_file_receives_all_output,
    &a_socket_serves_one_client_after_the_other, &a_pipe_is_read_without_escape_key_until_its_end,
    &a_terminal_is_raw_and_obeys_the_escape_key, &a_killed_program_leaves_the_terminal_as_it_was,
    &a_background_job_leaves_the_terminal_alone, &bad_specifications_say_what_is_possible,
};

int main(void)
{
    return SUITE_RUN("chardev", setup, teardown, tests);
}
