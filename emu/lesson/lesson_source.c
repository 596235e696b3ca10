/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/lesson/lesson_source.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 16 };

struct copying {
    FILE *out;
    const char *path, *macro, *head;
    bool is_defined;
    unsigned line, depth;
    struct {
        bool is_ours, is_left_out;
    } levels[MAX_DEPTH];
    enum { BEFORE_HEAD, IN_HEAD, BEHIND_HEAD } at;
};

static int wrong(const struct copying *c, const char *what, struct error *err)
{
    return error_bad_input(err, "%s:%u: %s; mend the lesson's source", c->path, c->line, what);
}

static bool is_left_out(const struct copying *c)
{
    for (unsigned i = 0; i < c->depth; i++) {
        if (c->levels[i].is_left_out)
            return true;
    }
    return false;
}

/* "#  word rest": rest, or NULL. */
static const char *directive(const char *line, const char *word)
{
    const char *c = line + strspn(line, " \t");

    if (*c++ != '#')
        return NULL;
    c += strspn(c, " \t");
    if (strncmp(c, word, strlen(word)) != 0 || isalnum((unsigned char)c[strlen(word)]))
        return NULL;
    c += strlen(word);
    return c + strspn(c, " \t");
}

static bool is_macro(const struct copying *c, const char *rest)
{
    size_t length = strlen(c->macro);

    return rest && !strncmp(rest, c->macro, length) && !isalnum((unsigned char)rest[length]) &&
           rest[length] != '_';
}

static int open_level(struct copying *c, const char *line, bool *is_ours, struct error *err)
{
    const char *ifdef = directive(line, "ifdef"), *ifndef = directive(line, "ifndef");

    *is_ours = is_macro(c, ifdef) || is_macro(c, ifndef);
    if (c->depth == MAX_DEPTH)
        return wrong(c, "#if is nested too deeply", err);
    c->levels[c->depth].is_ours = *is_ours;
    c->levels[c->depth++].is_left_out = *is_ours && (ifdef ? !c->is_defined : c->is_defined);
    return 0;
}

/* *is_ours: the line is gone. */
static int follow_directive(struct copying *c, const char *line, bool *is_ours, struct error *err)
{
    bool is_else = directive(line, "else"), is_endif = directive(line, "endif");

    *is_ours = false;
    if (directive(line, "if") || directive(line, "ifdef") || directive(line, "ifndef"))
        return open_level(c, line, is_ours, err);
    if (!is_else && !is_endif)
        return 0;
    if (!c->depth)
        return wrong(c, "#else or #endif without #if", err);
    *is_ours = c->levels[c->depth - 1].is_ours;
    if (is_endif)
        c->depth--;
    else if (*is_ours)
        c->levels[c->depth - 1].is_left_out = !c->levels[c->depth - 1].is_left_out;
    return 0;
}

/* The first comment behind the licence's line. True: the line is of the head, and gone. */
static bool follow_head(struct copying *c, const char *line)
{
    if (c->at == BEHIND_HEAD || strstr(line, "SPDX-License"))
        return false;
    if (c->at == BEFORE_HEAD) {
        fprintf(c->out, "/* %s */\n", c->head);
        if (strncmp(line, "/*", 2) != 0) {
            c->at = BEHIND_HEAD;
            return false;
        }
    }
    c->at = strstr(line, "*/") ? BEHIND_HEAD : IN_HEAD;
    return true;
}

int lesson_source_copy(FILE *in, FILE *out, const char *path, const char *macro, bool is_defined,
                       const char *head, struct error *err)
{
    struct copying c = {
        .out = out, .path = path, .macro = macro, .head = head, .is_defined = is_defined};
    char *line = NULL;
    size_t size = 0;
    int rc = 0;

    while (!rc && getline(&line, &size, in) > 0) {
        bool is_gone;

        c.line++;
        if (follow_head(&c, line))
            continue;
        rc = follow_directive(&c, line, &is_gone, err);
        if (!rc && !is_gone && !is_left_out(&c))
            fputs(line, out);
    }
    free(line);
    return rc || !c.depth ? rc : wrong(&c, "#endif is missing", err);
}
