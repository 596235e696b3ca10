/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/values.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

int value_u64(const char *option, const char *text, uint64_t min, uint64_t max, uint64_t *value,
              struct error *err)
{
    char *end;

    errno = 0;
    *value = strtoull(text, &end, 0);
    if (!*text || *text == '-' || *end || errno || *value < min || *value > max)
        return error_bad_input(err, "%s: '%s' is not a number from %" PRIu64 " to %" PRIu64, option,
                               text, min, max);
    return 0;
}

/* QEMU's sizes: a number of MiB, or with a suffix K, M, G. */
int value_size(const char *option, const char *text, uint64_t *bytes, struct error *err)
{
    char *end;
    double number;
    uint64_t unit = 1ull << 20;

    errno = 0;
    number = strtod(text, &end);
    if (end != text && *end) {
        const char *units = "kKmMgG", *u = end[1] ? NULL : strchr(units, *end);

        if (u)
            unit = 1ull << (10 * (1 + (unsigned)(u - units) / 2));
        else
            end = (char *)text;
    }
    if (end == text || errno || !(number > 0) || number * (double)unit > 1e15)
        return error_bad_input(err, "%s: '%s' is not a size; write for example 512M or 2G", option,
                               text);
    *bytes = (uint64_t)(number * (double)unit);
    return 0;
}

int value_on_off(const char *option, const char *text, bool *value, struct error *err)
{
    if (!strcmp(text, "on") || !strcmp(text, "off")) {
        *value = !strcmp(text, "on");
        return 0;
    }
    return error_bad_input(err, "%s: '%s' is neither on nor off", option, text);
}

int value_string(char **where, const char *text, struct error *err)
{
    free(*where);
    *where = strdup(text);
    return *where ? 0 : error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
}

int value_pairs(const char *text, value_pair_fn *fn, void *to, struct error *err)
{
    char *copy = malloc(strlen(text) + 1), *out = copy;
    int rc = 0;

    if (!copy)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    for (const char *p = text; !rc;) {
        if (*p && !(*p == ',' && p[1] != ',')) {
            p += *p == ',';
            *out++ = *p++;
            continue;
        }
        *out = '\0';
        char *equals = strchr(copy, '=');
        if (equals)
            *equals = '\0';
        if (*copy)
            rc = fn(to, copy, equals ? equals + 1 : "", err);
        out = copy;
        if (!*p++)
            break;
    }
    free(copy);
    return rc;
}
