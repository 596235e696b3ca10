/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `irqlab control PATH COMMAND [KEY=VALUE]...`: one request to a running irqlab, its answer as
 * JSON. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/commands.h"
#include "emu/control.h"

static const char *const help =
    "Usage: irqlab control PATH COMMAND [KEY=VALUE]...\n"
    "Sends one command to the irqlab run --control PATH that listens there, and prints its "
    "answer.\n"
    "A VALUE that is a number is sent as one. query-commands lists the commands.\n";

static json_t *value_of(const char *text)
{
    char *end;
    long long number;

    errno = 0;
    number = strtoll(text, &end, 0);
    if (*text && !*end && !errno)
        return json_integer(number);
    return json_string(text);
}

static int take_argument(json_t *arguments, const char *word, struct error *err)
{
    const char *equals = strchr(word, '=');
    char key[64];

    if (!equals || equals == word || (size_t)(equals - word) >= sizeof(key))
        return error_bad_input(err, "'%s' is no argument; write KEY=VALUE", word);
    memcpy(key, word, (size_t)(equals - word));
    key[equals - word] = '\0';
    if (json_object_set_new(arguments, key, value_of(equals + 1)))
        return error_bad_input(err, "'%s' is not UTF-8", word);
    return 0;
}

static int call(int argc, char **argv, struct error *err)
{
    json_t *arguments = json_object(), *reply;
    int rc = 0;

    for (int i = 3; i < argc && !rc; i++)
        rc = take_argument(arguments, argv[i], err);
    if (rc) {
        json_decref(arguments);
        return rc;
    }
    rc = control_call(argv[1], argv[2], arguments, &reply, err);
    if (!rc) {
        json_dumpf(reply, stdout, JSON_INDENT(2));
        putchar('\n');
        json_decref(reply);
    }
    return rc;
}

int cmd_control(int argc, char **argv)
{
    struct error err = {0};

    if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
        fputs(help, stdout);
        return IRQLAB_EXIT_OK;
    }
    if (argc < 3) {
        fputs(help, stderr);
        return IRQLAB_EXIT_BAD_INPUT;
    }
    if (!call(argc, argv, &err))
        return IRQLAB_EXIT_OK;
    fprintf(stderr, "irqlab control: %s\n", err.text);
    return (int)err.exit_code;
}
