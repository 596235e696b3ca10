/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What irqlab serve makes of a request, behind what its web server library does. The first byte
 * says what the rest is: a command's body, a number of a query, a Host, an Origin, a token.
 */
#include <stdlib.h>
#include <string.h>

#include "emu/serve/request.h"

enum { MAX = 1000 };

static const char token[] = "0123456789abcdef0123456789abcdef";

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void try_command(const char *body, size_t size)
{
    struct error err = {0};
    struct hub_ask ask;

    if (request_command(body, size, &ask, &err))
        require(err.text[0]);
    else
        require(size <= REQUEST_MAX_BODY && ask.question == HUB_COMMAND &&
                memchr(ask.command, '\0', sizeof(ask.command)) && ask.argument <= INT64_MAX);
}

static void try_number(const char *text)
{
    struct error err = {0};
    uint64_t value = UINT64_MAX;

    if (request_number("intid", text, MAX, &value, &err))
        require(err.text[0]);
    else
        require(value <= MAX && text[0] >= '0' && text[0] <= '9');
}

static void try_host(const char *host)
{
    uint32_t address;

    if (request_host_is_ours(host))
        require(!strncmp(host, "localhost", 9) || !strncmp(host, "127.", 4));
    if (request_loopback(host, &address))
        require(address >> 24 == 127);
}

static void try_origin(const char *origin)
{
    if (request_origin_is_ours(origin, "127.0.0.1:80"))
        require(!strcmp(origin, "http://127.0.0.1:80"));
    request_origin_is_ours("http://127.0.0.1:80", origin);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1);

    memcpy(text, data, size);
    text[size] = '\0';
    if (!size || text[0] % 8 < 4)
        try_command(text + !!size, size - !!size);
    else if (text[0] % 8 == 4)
        try_number(text + 1);
    else if (text[0] % 8 == 5)
        try_host(text + 1);
    else if (text[0] % 8 == 6)
        try_origin(text + 1);
    else
        require(request_token_is(text + 1, token) == !strcmp(text + 1, token));
    free(text);
    return 0;
}
