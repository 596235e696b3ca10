/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "emu/control.h"

static int connect_to(const char *path, FILE **out, struct error *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;

    if (strlen(path) >= sizeof(address.sun_path))
        return error_bad_input(err, "%s: too long for a socket's path", path);
    strcpy(address.sun_path, path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return error_set(err, IRQLAB_EXIT_HOST, -errno, "no socket: %s", strerror(errno));
    if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) ||
        !(*out = fdopen(fd, "r+"))) {
        close(fd);
        return error_bad_input(err, "%s: no irqlab listens there (%s); start one with --control %s",
                               path, strerror(errno), path);
    }
    return 0;
}

static int take_reply(const char *path, json_t *answer, json_t **reply, struct error *err)
{
    json_t *error = json_object_get(answer, "error"), *result = json_object_get(answer, "return");
    const char *desc = json_string_value(json_object_get(error, "desc"));

    if (result) {
        *reply = json_incref(result);
        return 0;
    }
    return error_bad_input(err, "%s: %s", path, desc ? desc : "the answer is not one of irqlab's");
}

int control_call(const char *path, const char *command, json_t *arguments, json_t **reply,
                 struct error *err)
{
    json_t *request = json_pack("{s:s, s:o*}", "execute", command, "arguments", arguments);
    json_t *answer = NULL;
    FILE *stream = NULL;
    int rc = connect_to(path, &stream, err);

    if (!rc) {
        json_dumpf(request, stream, JSON_COMPACT);
        fputc('\n', stream);
        fflush(stream);
        answer = json_loadf(stream, JSON_DISABLE_EOF_CHECK, NULL);
        rc = take_reply(path, answer, reply, err);
        fclose(stream);
    }
    json_decref(answer);
    json_decref(request);
    return rc;
}
