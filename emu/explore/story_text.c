/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The story in columns, one for each vCPU, time going down. */
#include <inttypes.h>
#include <string.h>

#include "emu/explore/story.h"

enum { GUTTER = 6, NARROW = 20, HANDLER = 2 };

struct columns {
    size_t what[STORY_LANES], width[STORY_LANES]; /* by vCPU */
};

static size_t indent(const struct story_step *step)
{
    return step->in_handler ? HANDLER : 0;
}

static void measure(const struct story *s, struct columns *c)
{
    char text[STORY_TEXT];

    for (unsigned i = 0; i < s->n_vcpus; i++)
        c->what[s->vcpus[i]] = NARROW;
    for (size_t i = 0; i < s->count; i++) {
        const struct story_step *step = &s->steps[i];
        size_t n;

        story_what(s, step, text, sizeof(text));
        n = strlen(text) + indent(step);
        if (step->kind != STORY_SKIPPED && n > c->what[step->vcpu])
            c->what[step->vcpu] = n;
    }
    for (size_t i = 0; i < s->count; i++) {
        const struct story_step *step = &s->steps[i];
        size_t n;

        story_where(s, step, text, sizeof(text));
        n = c->what[step->vcpu] + 2 + strlen(text);
        if (n > c->width[step->vcpu])
            c->width[step->vcpu] = n;
    }
}

static void put(FILE *out, const char *text, size_t width)
{
    fprintf(out, "%-*s", (int)width, text);
}

static const char *gutter(const struct story_step *step)
{
    return step->mark == STORY_FIRST       ? "first>"
           : step->mark == STORY_THEN      ? "then> "
           : step->kind == STORY_DEVIATION ? "***   "
                                           : "      ";
}

/* The handler's bracket: it is entered, goes on, and is left. */
static const char *bracket(const struct story_step *step)
{
    if (!step->in_handler)
        return "";
    return step->kind == STORY_ENTER ? ", " : step->kind == STORY_LEAVE ? "' " : "| ";
}

static void put_step(const struct story *s, const struct columns *c, const struct story_step *step,
                     FILE *out)
{
    char what[STORY_TEXT], where[STORY_TEXT];

    story_what(s, step, what, sizeof(what));
    if (step->kind == STORY_SKIPPED) {
        fprintf(out, "%*s%s\n", GUTTER + 1, "", what);
        return;
    }
    story_where(s, step, where, sizeof(where));
    fprintf(out, "%s ", gutter(step));
    for (unsigned i = 0; s->vcpus[i] != step->vcpu; i++)
        put(out, "", c->width[s->vcpus[i]] + 2);
    fputs(bracket(step), out);
    if (*where)
        put(out, what, c->what[step->vcpu] - indent(step) + 2);
    fprintf(out, "%s\n", *where ? where : what);
}

static void put_heads(const struct story *s, const struct columns *c, FILE *out)
{
    char head[EVENT_THREAD];

    fprintf(out, "\n%*s", GUTTER + 1, "");
    for (unsigned i = 0; i < s->n_vcpus; i++) {
        story_lane(s, s->vcpus[i], head, sizeof(head));
        if (i + 1 < s->n_vcpus)
            put(out, head, c->width[s->vcpus[i]] + 2);
        else
            fputs(head, out);
    }
    fprintf(out, "\n%*s", GUTTER + 1, "");
    for (unsigned i = 0; i < s->n_vcpus; i++) {
        for (size_t n = 0; n < c->width[s->vcpus[i]]; n++)
            fputc('-', out);
        fputs(i + 1 < s->n_vcpus ? "  " : "\n", out);
    }
}

void story_text(const struct story *s, FILE *out)
{
    const struct schedule_file *f = &s->replay->file;
    struct columns c = {{0}, {0}};
    char why[STORY_WHY];

    fprintf(out, "%s: %s, found by %s; %zu deviation%s\n", s->replay->path, s->replay->image,
            f->strategy, s->taken.count, s->taken.count == 1 ? "" : "s");
    measure(s, &c);
    put_heads(s, &c, out);
    for (size_t i = 0; i < s->count; i++)
        put_step(s, &c, &s->steps[i], out);
    fprintf(out, "\nIt ends with exit code %d after %" PRIu64 " instructions%s%s\n",
            s->outcome.exit_code, s->outcome.instructions, *s->outcome.text ? ": " : "",
            s->outcome.text);
    if (story_why(s, why, sizeof(why)))
        fprintf(out, "%s\n", why);
}
