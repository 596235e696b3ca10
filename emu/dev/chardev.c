/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/dev/chardev.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "emu/dev/keeper.h"

#define ESCAPE_KEY   1 /* Ctrl-A */
#define OUTPUT_BYTES 4096

struct chardev {
    int in_fd, out_fd; /* -1: none */
    int listen_fd;     /* -1: not a socket */
    bool owns_out;
    char *socket_path; /* removed at the end */

    bool terminal, escaped;
    struct termios saved;
    struct keeper keeper; /* restores the terminal if nobody else can */

    enum chardev_event event;
    size_t output_bytes;
    uint8_t output[OUTPUT_BYTES];
};

static const char help_text[] = "\r\nirqlab: Ctrl-A x  quit\r\n"
                                "        Ctrl-A p  press the power key\r\n"
                                "        Ctrl-A h  this help\r\n"
                                "        Ctrl-A Ctrl-A  send Ctrl-A\r\n";

static bool readable_now(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    return poll(&p, 1, 0) > 0;
}

/* Writes all, waiting if it must; false when nobody will ever read it. */
static bool write_all(int fd, const uint8_t *bytes, size_t size_bytes, bool is_socket)
{
    while (size_bytes) {
        ssize_t n =
            is_socket ? send(fd, bytes, size_bytes, MSG_NOSIGNAL) : write(fd, bytes, size_bytes);
        if (n < 0 && errno == EAGAIN) {
            struct pollfd p = {.fd = fd, .events = POLLOUT};
            poll(&p, 1, -1);
        } else if (n < 0 && errno != EINTR) {
            return false;
        } else if (n > 0) {
            bytes += n;
            size_bytes -= (size_t)n;
        }
    }
    return true;
}

static void drop_client(struct chardev *c)
{
    if (c->listen_fd < 0 || c->in_fd < 0)
        return;
    close(c->in_fd);
    c->in_fd = -1;
    c->out_fd = -1;
}

void chardev_flush(struct chardev *c)
{
    if (c->output_bytes && c->out_fd >= 0 &&
        !write_all(c->out_fd, c->output, c->output_bytes, c->listen_fd >= 0))
        drop_client(c);
    c->output_bytes = 0;
}

void chardev_write(struct chardev *c, const uint8_t *bytes, size_t size_bytes)
{
    for (size_t i = 0; i < size_bytes; i++) {
        c->output[c->output_bytes++] = bytes[i];
        if (bytes[i] == '\n' || c->output_bytes == OUTPUT_BYTES)
            chardev_flush(c);
    }
}

static void accept_client(struct chardev *c)
{
    if (c->listen_fd < 0 || c->in_fd >= 0 || !readable_now(c->listen_fd))
        return;
    c->in_fd = accept4(c->listen_fd, NULL, NULL, SOCK_CLOEXEC);
    c->out_fd = c->in_fd;
}

static void say_help(const struct chardev *c)
{
    if (c->out_fd >= 0)
        write_all(c->out_fd, (const uint8_t *)help_text, sizeof(help_text) - 1, false);
}

/* One byte after the escape key; true when it is input for the guest. */
static bool escaped_byte(struct chardev *c, uint8_t byte)
{
    c->escaped = false;
    switch (byte) {
    case ESCAPE_KEY:
        return true;
    case 'x':
        c->event = CHARDEV_QUIT;
        return false;
    case 'p':
        c->event = CHARDEV_POWER_KEY;
        return false;
    case 'h':
    case '?':
        say_help(c);
        return false;
    default:
        return false;
    }
}

/* Takes escape sequences out of what was typed, in place; returns what is left. */
static size_t filter(struct chardev *c, uint8_t *bytes, size_t size_bytes)
{
    size_t kept = 0;
    for (size_t i = 0; i < size_bytes; i++) {
        uint8_t byte = bytes[i];
        if (c->escaped) {
            if (escaped_byte(c, byte))
                bytes[kept++] = byte;
        } else if (byte == ESCAPE_KEY) {
            c->escaped = true;
        } else {
            bytes[kept++] = byte;
        }
    }
    return kept;
}

/* The other end is gone: a socket waits for the next client, anything else is at its end. */
static void end_of_input(struct chardev *c)
{
    if (c->listen_fd >= 0)
        drop_client(c);
    else
        c->in_fd = -1;
}

size_t chardev_poll(struct chardev *c, uint8_t *buffer, size_t room)
{
    chardev_flush(c);
    accept_client(c);
    if (!room || c->in_fd < 0 || !readable_now(c->in_fd))
        return 0;
    ssize_t n = read(c->in_fd, buffer, room);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return 0;
    if (n <= 0) {
        end_of_input(c);
        return 0;
    }
    return c->terminal ? filter(c, buffer, (size_t)n) : (size_t)n;
}

enum chardev_event chardev_take_event(struct chardev *c)
{
    enum chardev_event event = c->event;
    c->event = CHARDEV_NO_EVENT;
    return event;
}

int chardev_fd(const struct chardev *c)
{
    return c->in_fd >= 0 ? c->in_fd : c->listen_fd;
}

bool chardev_is_terminal(const struct chardev *c)
{
    return c->terminal;
}

/* Raw input with signals off; output keeps turning \n into \r\n, as a guest's console expects. */
static int enter_raw_mode(struct chardev *c)
{
    struct termios raw;
    if (tcgetattr(c->in_fd, &c->saved))
        return -errno;
    int rc = keeper_start(&c->keeper, c->in_fd, &c->saved, "", 0);
    if (rc)
        return rc;
    raw = c->saved;
    raw.c_iflag &= ~(tcflag_t)(IGNBRK | BRKINT | PARMRK | ISTRIP | INLCR | IGNCR | ICRNL | IXON);
    raw.c_lflag &= ~(tcflag_t)(ECHO | ECHONL | ICANON | IEXTEN | ISIG);
    raw.c_cc[VMIN] = 1;
    raw.c_cc[VTIME] = 0;
    if (tcsetattr(c->in_fd, TCSANOW, &raw))
        return -errno;
    c->terminal = true;
    return 0;
}

static void leave_raw_mode(struct chardev *c)
{
    bool restored = c->terminal && c->in_fd >= 0;
    if (restored)
        tcsetattr(c->in_fd, TCSANOW, &c->saved);
    keeper_stop(&c->keeper, restored);
}

void chardev_close(struct chardev *c)
{
    if (!c)
        return;
    chardev_flush(c);
    leave_raw_mode(c);
    drop_client(c);
    if (c->listen_fd >= 0)
        close(c->listen_fd);
    if (c->owns_out && c->out_fd >= 0)
        close(c->out_fd);
    if (c->socket_path)
        unlink(c->socket_path);
    free(c->socket_path);
    free(c);
}

static struct chardev *create(struct error *err)
{
    struct chardev *c = calloc(1, sizeof(*c));
    if (!c) {
        error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for a character device");
        return NULL;
    }
    c->in_fd = -1;
    c->out_fd = -1;
    c->listen_fd = -1;
    c->keeper = KEEPER_NONE;
    return c;
}

/* A background job that touches its terminal's settings would be stopped by SIGTTOU. */
static bool in_foreground(int tty_fd)
{
    pid_t owner = tcgetpgrp(tty_fd);
    return owner < 0 || owner == getpgrp();
}

int chardev_from_fds(int in_fd, int out_fd, struct chardev **out, struct error *err)
{
    struct chardev *c = create(err);
    if (!c)
        return -ENOMEM;
    bool terminal = isatty(in_fd);
    c->in_fd = terminal && !in_foreground(in_fd) ? -1 : in_fd;
    c->out_fd = out_fd;
    int rc = terminal && c->in_fd >= 0 ? enter_raw_mode(c) : 0;
    if (rc) {
        chardev_close(c);
        return error_set(err, IRQLAB_EXIT_HOST, rc, "the terminal cannot be put into raw mode: %s",
                         strerror(-rc));
    }
    *out = c;
    return 0;
}

static int open_stdio(struct chardev **out, const char *path, struct error *err)
{
    (void)path;
    return chardev_from_fds(STDIN_FILENO, STDOUT_FILENO, out, err);
}

static int open_null(struct chardev **out, const char *path, struct error *err)
{
    (void)path;
    *out = create(err);
    return *out ? 0 : -ENOMEM;
}

static int open_file(struct chardev **out, const char *path, struct error *err)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    if (fd < 0)
        return error_set(err, IRQLAB_EXIT_BAD_INPUT, -errno,
                         "%s: cannot be opened for console output: %s", path, strerror(errno));
    struct chardev *c = create(err);
    if (!c) {
        close(fd);
        return -ENOMEM;
    }
    c->out_fd = fd;
    c->owns_out = true;
    *out = c;
    return 0;
}

/* A socket that an earlier run left behind may be replaced; anything else of that name may not. */
static int bind_socket(int fd, const char *path, struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct stat st;
    if (strlen(path) >= sizeof(address.sun_path))
        return error_bad_input(err, "%s: too long for a socket's path (%zu bytes at most)", path,
                               sizeof(address.sun_path) - 1);
    strcpy(address.sun_path, path);
    if (!stat(path, &st) && S_ISSOCK(st.st_mode))
        unlink(path);
    if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) || listen(fd, 1))
        return error_set(err, IRQLAB_EXIT_BAD_INPUT, -errno, "%s: cannot listen there: %s", path,
                         strerror(errno));
    return 0;
}

static int open_unix(struct chardev **out, const char *path, struct error *err)
{
    struct chardev *c = create(err);
    if (!c)
        return -ENOMEM;
    c->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int rc = c->listen_fd < 0
                 ? error_set(err, IRQLAB_EXIT_HOST, -errno, "no socket: %s", strerror(errno))
                 : bind_socket(c->listen_fd, path, err);
    if (!rc) {
        c->socket_path = strdup(path);
        *out = c;
        return 0;
    }
    chardev_close(c);
    return rc;
}

static const struct {
    const char *prefix;
    bool takes_path;
    int (*open)(struct chardev **out, const char *path, struct error *err);
} kinds[] = {
    {"stdio", false, open_stdio}, {"null", false, open_null}, {"none", false, open_null},
    {"file:", true, open_file},   {"unix:", true, open_unix},
};

int chardev_open(const char *spec, struct chardev **out, struct error *err)
{
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        size_t length = strlen(kinds[i].prefix);
        if (!kinds[i].takes_path && strcmp(spec, kinds[i].prefix) == 0)
            return kinds[i].open(out, NULL, err);
        if (kinds[i].takes_path && strncmp(spec, kinds[i].prefix, length) == 0 && spec[length])
            return kinds[i].open(out, spec + length, err);
    }
    return error_bad_input(err, "'%s' is no console; use stdio, file:PATH, unix:PATH, null or none",
                           spec);
}
