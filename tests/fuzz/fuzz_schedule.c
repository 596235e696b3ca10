/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a schedule's file: they are refused with a reason, or what is written of them is
 * read as the same again.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/explore/schedule_file.h"

static int parse(const char *text, size_t bytes, struct schedule_file *f)
{
    struct error err = {0};
    FILE *in = fmemopen((char *)text, bytes, "r");
    int rc = in ? schedule_file_parse(in, "input", f, &err) : -1;

    if (in)
        fclose(in);
    if (in && rc && (!err.text[0] || err.exit_code != IRQLAB_EXIT_BAD_INPUT))
        abort();
    return rc;
}

static char *print(const struct schedule_file *f, size_t *bytes)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, bytes);

    if (!out)
        abort();
    schedule_file_print(out, f);
    fclose(out);
    return text;
}

/* A file's beginning is given, so that not each input must find it. */
static const char beginning[] = SCHEDULE_FIRST_LINE "\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t head = size && data[0] & 1 ? sizeof(beginning) - 1 : 0, bytes[2];
    char *text = malloc(head + size + 1), *first, *second;
    struct schedule_file f, again;

    if (!text)
        abort();
    memcpy(text, beginning, head);
    memcpy(text + head, data + (size != 0), size - (size != 0));
    if (size > 1 && !parse(text, head + size - 1, &f)) {
        first = print(&f, &bytes[0]);
        if (parse(first, bytes[0], &again))
            abort();
        second = print(&again, &bytes[1]);
        if (bytes[0] != bytes[1] || memcmp(first, second, bytes[0]) != 0)
            abort();
        free(first);
        free(second);
        schedule_file_clear(&f);
        schedule_file_clear(&again);
    }
    free(text);
    return 0;
}
