/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GTKWave's own, compressed format: the VCD, converted by its vcd2fst when all is written. Until
 * then it is in a file without a name, which is that program's standard input.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emu/trace/internal.h"

extern char **environ;

/* Its exit status; 127: it could not be started. */
static int run(char *const *argv, int input)
{
    posix_spawn_file_actions_t actions;
    int status = 0, failed = posix_spawn_file_actions_init(&actions);
    pid_t pid;

    if (failed)
        return 127;
    if (input >= 0)
        failed = posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
    failed |= posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    failed |= posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    failed = failed ? failed : posix_spawnp(&pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (failed)
        return 127;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* What cannot work is said before the machine runs. */
int trace_fst_open(struct trace *t, struct error *err)
{
    char *const help[] = {(char[]){"vcd2fst"}, (char[]){"--help"}, NULL};
    const char *file = t->spec.file;
    struct stat as_it_is;
    int fd;

    if (!file)
        return error_bad_input(err, "--trace: format=fst needs a file: --trace=all:FILE.fst");
    if (run(help, -1) == 127)
        return error_bad_input(err, "--trace: cannot run vcd2fst, which makes FST of VCD; install "
                                    "Debian's package gtkwave, or write a .vcd");
    if (!stat(file, &as_it_is) && !S_ISREG(as_it_is.st_mode))
        return error_bad_input(err,
                               "--trace: %s is not a file, and vcd2fst would replace it; name "
                               "a file that may be written",
                               file);
    fd = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0 || close(fd))
        return error_bad_input(err, "--trace: cannot write %s: %s", file, strerror(errno));
    if (!trace_out_open_unnamed(&t->out))
        return 0;
    unlink(file);
    return error_set(err, IRQLAB_EXIT_HOST, -EIO, "--trace: no temporary file can be made");
}

int trace_fst_close(struct trace *t, struct error *err)
{
    char *file = strdup(t->spec.file);
    char *const convert[] = {(char[]){"vcd2fst"}, (char[]){"-v"}, (char[]){"-"},
                             (char[]){"-f"},      file,           NULL};
    int status = 127;

    trace_out_flush(&t->out);
    if (file && !t->out.failed && lseek(t->out.fd, 0, SEEK_SET) == 0)
        status = run(convert, t->out.fd);
    free(file);
    if (!status)
        return 0;
    unlink(t->spec.file);
    return error_set(err, IRQLAB_EXIT_HOST, -EIO,
                     "--trace: vcd2fst could not write %s: it ended with %d", t->spec.file, status);
}
