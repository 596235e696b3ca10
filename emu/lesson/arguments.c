/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/lesson/arguments.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void arguments_add(struct arguments *a, const char *text)
{
    if (a->n == MAX_ARGUMENTS || !(a->at[a->n] = strdup(text)))
        a->is_short = true;
    else
        a->n++;
}

void arguments_format(struct arguments *a, const char *format, ...)
{
    char *text = NULL;
    va_list args;
    int length;

    va_start(args, format);
    length = vasprintf(&text, format, args);
    va_end(args);
    if (length < 0) {
        a->is_short = true;
        return;
    }
    arguments_add(a, text);
    free(text);
}

void arguments_words(struct arguments *a, const struct lesson_words *words)
{
    for (unsigned i = 0; i < words->n; i++)
        arguments_add(a, words->at[i]);
}

int arguments_file(struct arguments *a, const char *path, struct error *err)
{
    FILE *in = fopen(path, "r");
    char *line = NULL;
    size_t size = 0;

    if (!in)
        return error_bad_input(err, "%s: %s; lessons need the folder images/ of irqlab's tree",
                               path, strerror(errno));
    while (getline(&line, &size, in) > 0) {
        line[strcspn(line, "\r\n")] = '\0';
        if (*line == '-')
            arguments_add(a, line);
    }
    free(line);
    fclose(in);
    return 0;
}

int arguments_check(const struct arguments *a, struct error *err)
{
    return a->is_short ? error_set(err, IRQLAB_EXIT_HOST, -ENOMEM,
                                   "out of memory, or too many arguments for one command")
                       : 0;
}

void arguments_clear(struct arguments *a)
{
    for (unsigned i = 0; i < a->n; i++)
        free(a->at[i]);
    *a = (struct arguments){0};
}
