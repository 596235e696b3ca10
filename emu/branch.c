/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/branch.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "emu/machine.h"
#include "emu/snapshot.h"

struct branch {
    pid_t child;
    int fd;
    char *text; /* what came, and was not yet asked for */
    size_t at, size, capacity;
};

/* -- The child --------------------------------------------------------------------------------- */

/* What belongs to the parent is let go without being touched: files are shared with it. */
static void become_branch(struct machine *m)
{
    m->control = NULL;
    m->record = NULL;
    m->trace = NULL;
    m->points = NULL;
    m->config.progress = false;
    for (unsigned i = 0; i < m->n_slots; i++)
        m->slots[i].console = NULL;
}

static int run_child(struct machine *m, branch_work *work, void *opaque, int fd)
{
    FILE *out = fdopen(fd, "w");
    int code;

    if (!out)
        return IRQLAB_EXIT_HOST;
    prctl(PR_SET_PDEATHSIG, SIGKILL); /* without a parent there is nobody to report to */
    become_branch(m);
    code = work(opaque, m, out);
    if (fclose(out))
        code = IRQLAB_EXIT_HOST;
    return code & 0x7f;
}

int branch_report(FILE *out, json_t *object)
{
    int failed = !object || json_dumpf(object, out, JSON_COMPACT | JSON_PRESERVE_ORDER) ||
                 putc('\n', out) == EOF || fflush(out);

    json_decref(object);
    return failed ? -EIO : 0;
}

/* -- The parent -------------------------------------------------------------------------------- */

static int failed(struct error *err, const char *what)
{
    int rc = -errno;

    return error_set(err, IRQLAB_EXIT_HOST, rc, "a branch cannot %s: %s", what, strerror(-rc));
}

int branch_start(struct machine *m, branch_work *work, void *opaque, struct branch **out,
                 struct error *err)
{
    struct branch *b;
    int fds[2];

    if (engine_is_running(m->engine))
        return error_set(err, IRQLAB_EXIT_INTERNAL, -EBUSY,
                         "branches begin between turns of vCPUs");
    if (m->recipe && m->recipe->unsaved)
        return error_bad_input(err, "branches would all write to %s; add snapshot=on to its -drive",
                               m->recipe->unsaved);
    b = calloc(1, sizeof(*b));
    if (!b || pipe2(fds, O_CLOEXEC)) {
        free(b);
        return failed(err, "have a pipe");
    }
    fflush(NULL); /* what is buffered is written once, not by both */
    b->child = fork();
    if (b->child == 0) {
        close(fds[0]);
        _exit(run_child(m, work, opaque, fds[1]));
    }
    close(fds[1]);
    b->fd = fds[0];
    if (b->child < 0) {
        failed(err, "be forked");
        branch_stop(b);
        return -EAGAIN;
    }
    *out = b;
    return 0;
}

int branch_fd(const struct branch *b)
{
    return b->fd;
}

/* The end of the line that is there, or NULL. */
static char *line_end(const struct branch *b)
{
    return b->size > b->at ? memchr(b->text + b->at, '\n', b->size - b->at) : NULL;
}

bool branch_has_next(const struct branch *b)
{
    return line_end(b) != NULL;
}

/* Waits for more. False: there is none, or no room for it. */
static bool read_more(struct branch *b)
{
    ssize_t n;

    if (b->at) {
        memmove(b->text, b->text + b->at, b->size - b->at);
        b->size -= b->at;
        b->at = 0;
    }
    if (b->size == b->capacity) {
        size_t capacity = b->capacity ? 2 * b->capacity : 4096;
        char *text = capacity <= 2 * BRANCH_MAX_LINE ? realloc(b->text, capacity) : NULL;

        if (!text)
            return false;
        b->text = text;
        b->capacity = capacity;
    }
    do
        n = read(b->fd, b->text + b->size, b->capacity - b->size);
    while (n < 0 && errno == EINTR);
    b->size += n > 0 ? (size_t)n : 0;
    return n > 0;
}

json_t *branch_next(struct branch *b, struct error *err)
{
    json_t *object;
    char *end;

    err->text[0] = '\0';
    while (!(end = line_end(b)) && read_more(b))
        ;
    if (!end && b->size == b->at)
        return NULL;
    object = end ? json_loadb(b->text + b->at, (size_t)(end - b->text) - b->at, 0, NULL) : NULL;
    b->at = end ? (size_t)(end - b->text) + 1 : b->size;
    if (!object)
        error_set(err, IRQLAB_EXIT_INTERNAL, -EILSEQ, "a branch said what is no line of JSON");
    return object;
}

static int wait_for(pid_t child, int *status)
{
    while (waitpid(child, status, 0) < 0) {
        if (errno != EINTR)
            return -errno;
    }
    return 0;
}

static void free_branch(struct branch *b)
{
    close(b->fd);
    free(b->text);
    free(b);
}

int branch_finish(struct branch *b, int *exit_code, struct error *err)
{
    pid_t child = b->child;
    int status = 0, rc;

    free_branch(b); /* a child that still writes gets SIGPIPE, not a full pipe */
    rc = wait_for(child, &status);
    *exit_code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    return rc ? error_set(err, IRQLAB_EXIT_HOST, rc, "a branch is lost: %s", strerror(-rc)) : 0;
}

void branch_stop(struct branch *b)
{
    int status;

    if (b->child > 0) {
        kill(b->child, SIGKILL);
        wait_for(b->child, &status);
    }
    free_branch(b);
}
