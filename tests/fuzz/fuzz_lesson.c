/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any bytes as a lesson's file: they are refused with a reason, or what is printed of them is read
 * as the same again. And as its source: refused with a reason, or copied.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/lesson/lesson_file.h"
#include "emu/lesson/lesson_source.h"

static void expect_reason(const struct error *err)
{
    if (!err->text[0] || err->exit_code != IRQLAB_EXIT_BAD_INPUT)
        abort();
}

static int parse(const char *text, size_t bytes, struct lesson *l)
{
    struct error err = {0};
    FILE *in = fmemopen((char *)text, bytes, "r");
    int rc = lesson_file_parse(in, "input", l, &err);

    fclose(in);
    if (rc)
        expect_reason(&err);
    return rc;
}

static char *print(const struct lesson *l, size_t *bytes)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, bytes);

    lesson_file_print(out, l);
    fclose(out);
    return text;
}

static void try_source(const char *text, size_t bytes, bool is_defined)
{
    struct error err = {0};
    FILE *in = fmemopen((char *)text, bytes, "r"), *out = fopen("/dev/null", "w");

    if (lesson_source_copy(in, out, "input", "MENDED", is_defined, "head", &err))
        expect_reason(&err);
    fclose(in);
    fclose(out);
}

/* What every lesson has is given, so that not each input must find it. */
static const char beginning[] = "title T\ngoal G\nstory S\nsource lessons/a.c\nmended MENDED\n"
                                "expect E\ncheck C\nhint H\ncite I\nask why 27 0\n";

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t head = size && data[0] & 1 ? sizeof(beginning) - 1 : 0, bytes[2];
    char *text = malloc(head + size + 1), *first, *second;
    struct lesson l, again;

    if (!text)
        abort();
    memcpy(text, beginning, head);
    memcpy(text + head, data + (size != 0), size - (size != 0));
    if (size > 1 && !parse(text, head + size - 1, &l)) {
        first = print(&l, &bytes[0]);
        if (parse(first, bytes[0], &again))
            abort();
        second = print(&again, &bytes[1]);
        if (bytes[0] != bytes[1] || memcmp(first, second, bytes[0]) != 0)
            abort();
        free(first);
        free(second);
        lesson_clear(&l);
        lesson_clear(&again);
    }
    if (size > 1)
        try_source(text + head, size - 1, data[0] & 2);
    free(text);
    return 0;
}
