/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/explore/observed.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void observed_add(struct observed *o, const char *what, uint64_t value)
{
    char part[OBSERVED_PART_BYTES];
    unsigned i = o->n_parts;

    if (o->n_parts == OBSERVED_PARTS)
        return;
    snprintf(part, sizeof(part), "%.40s=%" PRIu64, what, value);
    for (; i && strcmp(o->parts[i - 1], part) > 0; i--)
        memcpy(o->parts[i], o->parts[i - 1], sizeof(part));
    memcpy(o->parts[i], part, sizeof(part));
    o->n_parts++;
}

void observed_text(const struct observed *o, char text[OBSERVED_BYTES])
{
    size_t length = 0;

    *text = 0;
    for (unsigned i = 0; i < o->n_parts; i++)
        length += (size_t)snprintf(text + length, OBSERVED_BYTES - length, "%s%s", i ? " " : "",
                                   o->parts[i]);
}

int observed_count(json_t *outcomes, const char *text, json_int_t n)
{
    json_int_t before = json_integer_value(json_object_get(outcomes, text));

    return *text ? json_object_set_new(outcomes, text, json_integer(before + n)) : 0;
}

int observed_join(json_t *to, const json_t *from)
{
    const char *text;
    json_t *n;
    int rc = 0;

    json_object_foreach((json_t *)from, text, n)
    {
        rc |= observed_count(to, text, json_integer_value(n));
    }
    return rc;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void observed_print(const json_t *outcomes, FILE *to)
{
    size_t n = json_object_size(outcomes), i = 0;
    const char **texts = n ? malloc(n * sizeof(*texts)) : NULL, *text;
    json_t *count;

    if (!texts)
        return;
    json_object_foreach((json_t *)outcomes, text, count)
    {
        texts[i++] = text;
    }
    qsort(texts, n, sizeof(*texts), by_text);
    for (i = 0; i < n; i++)
        fprintf(to, "outcome %" JSON_INTEGER_FORMAT ": %s\n",
                json_integer_value(json_object_get(outcomes, texts[i])), texts[i]);
    free(texts);
}
