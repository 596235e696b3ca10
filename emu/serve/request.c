/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/serve/request.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { HOST_BYTES = 64, PORT_DIGITS = 5, NUMBER_DIGITS = 20 };

/* -- Who asks ---------------------------------------------------------------------------------- */

bool request_token_is(const char *given, const char *token)
{
    unsigned char differs = 0;

    if (!given || strlen(given) != REQUEST_TOKEN_BYTES)
        return false; /* how long it is is no secret */
    for (unsigned i = 0; i < REQUEST_TOKEN_BYTES; i++)
        differs |= (unsigned char)(given[i] ^ token[i]);
    return !differs;
}

bool request_loopback(const char *text, uint32_t *address)
{
    struct in_addr in;

    if (inet_pton(AF_INET, text, &in) != 1)
        return false;
    *address = ntohl(in.s_addr);
    return *address >> 24 == 127;
}

static bool is_port(const char *text)
{
    size_t n = strspn(text, "0123456789");

    return n && n <= PORT_DIGITS && !text[n];
}

bool request_host_is_ours(const char *host)
{
    size_t length = host ? strcspn(host, ":") : 0;
    char name[HOST_BYTES];
    uint32_t address;

    if (!length || length >= sizeof(name) || (host[length] && !is_port(host + length + 1)))
        return false;
    memcpy(name, host, length);
    name[length] = '\0';
    return !strcmp(name, "localhost") || request_loopback(name, &address);
}

bool request_origin_is_ours(const char *origin, const char *host)
{
    static const char scheme[] = "http://";

    return !origin || (host && !strncmp(origin, scheme, strlen(scheme)) &&
                       !strcmp(origin + strlen(scheme), host));
}

/* -- What is asked ----------------------------------------------------------------------------- */

int request_number(const char *name, const char *text, uint64_t max, uint64_t *value,
                   struct error *err)
{
    bool is_hex = text && !strncmp(text, "0x", 2);
    const char *digits = text ? text + (is_hex ? 2 : 0) : "";
    size_t n = strspn(digits, is_hex ? "0123456789abcdefABCDEF" : "0123456789");

    errno = 0;
    if (n && n <= NUMBER_DIGITS && !digits[n])
        *value = strtoull(digits, NULL, is_hex ? 16 : 10);
    else
        errno = EINVAL;
    if (!errno && *value <= max)
        return 0;
    return error_bad_input(err, "%s: give a number from 0 to %llu", name, (unsigned long long)max);
}

static int take_argument(const json_t *argument, struct hub_ask *out, struct error *err)
{
    json_int_t value = json_integer_value(argument);

    if (!json_is_integer(argument) || value < 0)
        return error_bad_input(err, "\"argument\" is not a whole number from 0 on");
    out->argument = (uint64_t)value;
    return 0;
}

static int take_members(const json_t *object, struct hub_ask *out, struct error *err)
{
    const json_t *command = json_object_get(object, "command");
    const json_t *argument = json_object_get(object, "argument");
    const char *name = json_string_value(command);
    bool stepping;

    if (!name)
        return error_bad_input(err, "no \"command\": send {\"command\": \"step\", \"argument\": "
                                    "1}");
    if (strlen(name) >= sizeof(out->command))
        return error_bad_input(err, "there is no command of such a long name");
    if (json_object_size(object) != 1 + (argument != NULL))
        return error_bad_input(err, "send \"command\" and \"argument\", nothing else");
    strcpy(out->command, name);
    stepping = !strcmp(name, "step") || !strcmp(name, "back");
    out->argument = stepping ? 1 : 0;
    if (!argument && !strncmp(name, "go", 2))
        return error_bad_input(err, "%s: where to? \"argument\" is missing", name);
    return argument ? take_argument(argument, out, err) : 0;
}

int request_command(const char *body, size_t size, struct hub_ask *out, struct error *err)
{
    json_error_t what;
    json_t *object;
    int rc;

    *out = (struct hub_ask){.question = HUB_COMMAND};
    if (size > REQUEST_MAX_BODY)
        return error_bad_input(err, "more than %d bytes", REQUEST_MAX_BODY);
    object = json_loadb(body, size, JSON_REJECT_DUPLICATES, &what);
    if (!json_is_object(object))
        rc = error_bad_input(err, "not a JSON object: %s", object ? "something else" : what.text);
    else
        rc = take_members(object, out, err);
    json_decref(object);
    return rc;
}
