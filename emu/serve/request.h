/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What comes from a browser, or from somebody who is none, judged: who may ask, and what is asked.
 * Any bytes may come in. No state; any thread. Errors: a negative errno and @err, in words for
 * whoever has sent it.
 */
#ifndef IRQLAB_EMU_SERVE_REQUEST_H
#define IRQLAB_EMU_SERVE_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/error.h"
#include "emu/serve/hub.h"

enum { REQUEST_TOKEN_BYTES = 32, REQUEST_MAX_BODY = 4096 };

/** request_token_is - in a time that does not tell how much of it is right. @given: NULL: none. */
bool request_token_is(const char *given, const char *token);

/**
 * request_host_is_ours - a Host header that names this host by its loopback address or as
 * localhost, with any port (there are tunnels): another name may be one that somebody else's DNS
 * has pointed here, for a page of theirs to read ours (DNS rebinding). @host: NULL: none.
 */
bool request_host_is_ours(const char *host);
/** request_origin_is_ours - an Origin header that names where the request went; NULL: none. */
bool request_origin_is_ours(const char *origin, const char *host);

/** request_number - decimal, or hexadecimal behind 0x, at most @max. @text: NULL: missing. */
int request_number(const char *name, const char *text, uint64_t max, uint64_t *value,
                   struct error *err);

/** request_command - {"command": NAME, "argument": N} as a HUB_COMMAND. Names are not checked. */
int request_command(const char *body, size_t size, struct hub_ask *out, struct error *err);

/** request_loopback - an IPv4 address within 127.0.0.0/8, in host order. */
bool request_loopback(const char *text, uint32_t *address);

#endif
