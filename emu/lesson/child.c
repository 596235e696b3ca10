/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/lesson/child.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MAX_OUTPUT_BYTES = 1 << 20 };

extern char **environ;

static int start(const struct child *c, char *const argv[], const int pipes[2], pid_t *pid)
{
    posix_spawn_file_actions_t actions;
    int failed = posix_spawn_file_actions_init(&actions);

    if (failed)
        return failed;
    failed = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    failed = failed ? failed : posix_spawn_file_actions_adddup2(&actions, pipes[1], 1);
    failed = failed ? failed : posix_spawn_file_actions_adddup2(&actions, pipes[1], 2);
    if (!failed && c->folder)
        failed = posix_spawn_file_actions_addchdir_np(&actions, c->folder);
    failed = failed ? failed : posix_spawnp(pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return failed;
}

/* What is more than the most is read, shown and forgotten. */
static void keep(struct child *c, const char *text, size_t bytes)
{
    char *more;

    if (c->is_shown) {
        fwrite(text, 1, bytes, stdout);
        fflush(stdout);
    }
    if (bytes > MAX_OUTPUT_BYTES - c->output_bytes)
        bytes = MAX_OUTPUT_BYTES - c->output_bytes;
    more = realloc(c->output, c->output_bytes + bytes + 1);
    if (!more)
        return;
    memcpy(more + c->output_bytes, text, bytes);
    c->output = more;
    c->output_bytes += bytes;
    c->output[c->output_bytes] = '\0';
}

static void listen_to(struct child *c, int from)
{
    char text[4096];
    ssize_t bytes;

    keep(c, "", 0);
    while ((bytes = read(from, text, sizeof(text))) > 0 || (bytes < 0 && errno == EINTR)) {
        if (bytes > 0)
            keep(c, text, (size_t)bytes);
    }
}

int child_run(struct child *c, char *const argv[], struct error *err)
{
    int pipes[2], failed, status = 0;
    pid_t pid;

    if (pipe2(pipes, O_CLOEXEC))
        return error_set(err, IRQLAB_EXIT_HOST, -errno, "no pipe: %s", strerror(errno));
    failed = start(c, argv, pipes, &pid);
    close(pipes[1]);
    if (failed) {
        close(pipes[0]);
        return error_set(err, failed == ENOENT ? IRQLAB_EXIT_BAD_INPUT : IRQLAB_EXIT_HOST, -failed,
                         "%s: %s", argv[0], strerror(failed));
    }
    listen_to(c, pipes[0]);
    close(pipes[0]);
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    c->exit_code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    return c->output ? 0 : error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
}

void child_clear(struct child *c)
{
    free(c->output);
    *c = (struct child){0};
}
