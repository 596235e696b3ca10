/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Schedules as files: the reader. Files come from strangers: every line is checked. */
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "emu/explore/schedule_file.h"

enum {
    HAS_VERSION = 1,
    HAS_IMAGE = 2,
    HAS_STRATEGY = 4,
    HAS_FIRST = 8,
    HAS_THEN = 16,
    HAS_END = 32,
    HAS_LEARNED = 64,
};

struct reader {
    struct schedule_file *f;
    char *at; /* what is left of the line */
    unsigned has;
    char reason[192];
};

/* -- Pieces of a line -------------------------------------------------------------------------- */

static int refuse(struct reader *r, const char *format, ...) __attribute__((format(printf, 2, 3)));

static int refuse(struct reader *r, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(r->reason, sizeof(r->reason), format, arguments);
    va_end(arguments);
    return -EINVAL;
}

static bool skip(struct reader *r, const char *text)
{
    size_t n = strlen(text);
    bool is = !strncmp(r->at, text, n);

    r->at += is ? n : 0;
    return is;
}

static int expect(struct reader *r, const char *text)
{
    return skip(r, text) ? 0 : refuse(r, "'%s' is expected where it says '%.40s'", text, r->at);
}

static int digit_of(char c, unsigned base)
{
    int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;

    return digit < (int)base ? digit : -1;
}

static int number(struct reader *r, unsigned base, uint64_t max, uint64_t *out)
{
    const char *start = r->at, *digits = base == 10 ? "0123456789" : "0123456789abcdef";

    *out = 0;
    for (int digit; (digit = digit_of(*r->at, base)) >= 0; r->at++) {
        if (*out > (max - (uint64_t)digit) / base)
            return refuse(r, "%.*s is more than %" PRIu64 ", the most there can be",
                          (int)strspn(start, digits) & 63, start, max);
        *out = *out * base + (uint64_t)digit;
    }
    return r->at > start ? 0 : refuse(r, "a number is expected where it says '%.40s'", start);
}

static int small_number(struct reader *r, const char *before, unsigned max, unsigned *out)
{
    uint64_t value = 0;
    int rc = expect(r, before);

    rc = rc ? rc : number(r, 10, max, &value);
    *out = (unsigned)value;
    return rc;
}

static int big_number(struct reader *r, const char *before, unsigned base, uint64_t *out)
{
    int rc = expect(r, before);

    return rc ? rc : number(r, base, UINT64_MAX, out);
}

static int end(struct reader *r)
{
    return *r->at ? refuse(r, "too much: '%.40s'", r->at) : 0;
}

/* -- Anchors ----------------------------------------------------------------------------------- */

/* Cuts off at @to, and goes on behind it. */
static char *cut(struct reader *r, const char *to)
{
    char *start = r->at, *found = strstr(r->at, to);

    if (!found)
        return NULL;
    *found = 0;
    r->at = found + strlen(to);
    return start;
}

/* `FUNCTION+0x14` or `0x40080014`, and perhaps ` (FILE:LINE)`. */
static int read_place(struct reader *r, struct place *p)
{
    char *plus = strchr(r->at, '+'), *colon;
    int rc;

    p->function = "";
    if (plus && strcspn(r->at, " ;") > (size_t)(plus - r->at))
        p->function = cut(r, "+");
    rc = big_number(r, "0x", 16, &p->offset);
    if (rc || !skip(r, " ("))
        return rc;
    p->file = cut(r, ")");
    colon = p->file ? strrchr(p->file, ':') : NULL;
    if (!colon || !colon[1] || strspn(colon + 1, "0123456789") != strlen(colon + 1) ||
        strlen(colon + 1) > 9)
        return refuse(r, "(FILE:LINE) is expected behind a place");
    *colon = 0;
    p->line = (unsigned)strtoul(colon + 1, NULL, 10);
    return 0;
}

/* `before WHAT #N at PLACE`; the first word is gone. */
static int read_anchor(struct reader *r, bool after, struct anchor *a)
{
    struct place p = {.function = ""};
    int rc;

    if (a->place)
        return refuse(r, "the place is given twice");
    p.what = cut(r, " #");
    if (!p.what || !*p.what || strchr(p.what, ';'))
        return refuse(r, "WHAT #N at PLACE is expected behind 'before' or 'after'");
    a->after = after;
    rc = small_number(r, "", UINT_MAX, &a->nth);
    rc = rc ? rc : expect(r, " at ");
    rc = rc ? rc : read_place(r, &p);
    if (rc)
        return rc;
    a->place = places_get(r->f->places, &p);
    return a->place ? 0 : -ENOMEM;
}

static int read_clause(struct reader *r, struct deviation *d)
{
    struct anchor *to = skip(r, "until ") ? &d->until : &d->at;

    if (skip(r, "before "))
        return read_anchor(r, false, to);
    if (skip(r, "after "))
        return read_anchor(r, true, to);
    if (to == &d->at && d->choice == CHOICE_IRQ_DELAY && skip(r, "interrupt #"))
        return small_number(r, "", UINT_MAX, &d->interrupt);
    return refuse(r, "not known: '%.40s'", r->at);
}

/* -- Lines ------------------------------------------------------------------------------------- */

static int read_deviation(struct reader *r)
{
    struct deviation d = {0};
    const char *name = r->at;
    int rc;

    while (d.choice < N_CHOICES && !(skip(r, choice_name(d.choice)) && skip(r, " "))) {
        r->at = (char *)name;
        d.choice++;
    }
    if (d.choice == N_CHOICES)
        return refuse(r, "'%.40s' begins no line of a schedule", name);
    rc = small_number(r, "v", STRATEGY_MAX_VCPUS - 1, &d.vcpu);
    rc = rc ? rc : big_number(r, " event ", 10, &d.index);
    rc = rc ? rc : small_number(r, ".", UINT_MAX, &d.again);
    rc = rc ? rc : big_number(r, " pc 0x", 16, &d.pc);
    if (schedule_picks_vcpu(d.choice))
        rc = rc ? rc : small_number(r, " to v", STRATEGY_MAX_VCPUS - 1, &d.to);
    else
        rc = rc ? rc : small_number(r, " to ", UINT_MAX, &d.to);
    while (!rc && skip(r, "; "))
        rc = read_clause(r, &d);
    rc = rc ? rc : end(r);
    return rc ? rc : schedule_add(&r->f->schedule, &d);
}

static int read_option(struct reader *r)
{
    struct schedule_file *f = r->f;

    if (f->n_options == SCHEDULE_MAX_OPTIONS)
        return refuse(r, "more than %d options", SCHEDULE_MAX_OPTIONS);
    f->options[f->n_options] = strdup(r->at);
    return f->options[f->n_options++] ? 0 : -ENOMEM;
}

static int read_text(struct reader *r, char *to, size_t size)
{
    if (!*r->at || strlen(r->at) >= size)
        return refuse(r, "1 to %zu characters are expected", size - 1);
    strcpy(to, r->at);
    return 0;
}

static int read_version(struct reader *r)
{
    return read_text(r, r->f->version, sizeof(r->f->version));
}

static int read_strategy(struct reader *r)
{
    return read_text(r, r->f->strategy, sizeof(r->f->strategy));
}

static int read_image(struct reader *r)
{
    int rc = strlen(r->at) == 16 ? 0 : refuse(r, "a hash of 16 hexadecimal digits is expected");

    rc = rc ? rc : number(r, 16, UINT64_MAX, &r->f->image_hash);
    return rc ? rc : end(r);
}

static int read_learned(struct reader *r)
{
    int rc = small_number(r, "", SCHEDULE_MAX_LEARNED, &r->f->learned);

    return rc ? rc : end(r);
}

static int read_event(struct reader *r, struct event *e, struct anchor *at, unsigned *deviation)
{
    int rc = small_number(r, "v", STRATEGY_MAX_VCPUS - 1, &e->vcpu);

    rc = rc ? rc : big_number(r, " event ", 10, &e->index);
    rc = rc ? rc : big_number(r, " pc 0x", 16, &e->pc);
    if (!rc && deviation)
        rc = small_number(r, " of deviation ", UINT_MAX, deviation);
    if (!rc && skip(r, "; before "))
        rc = read_anchor(r, false, at);
    return rc ? rc : end(r);
}

static int read_first(struct reader *r)
{
    struct decider *d = &r->f->decider;
    unsigned deviation = 0;
    int rc = read_event(r, &d->first, &d->first_at, &deviation);

    if (!rc && deviation - 1 >= r->f->schedule.count)
        rc = refuse(r, "there is no deviation %u before this line", deviation);
    d->deviation = deviation - 1;
    return rc;
}

static int read_then(struct reader *r)
{
    struct decider *d = &r->f->decider;

    if (!(r->has & HAS_FIRST))
        return refuse(r, "'first' is missing before it");
    d->known = true;
    return read_event(r, &d->second, &d->second_at, NULL);
}

static int read_ends(struct reader *r)
{
    struct outcome *o = &r->f->outcome;
    unsigned code;
    int rc = small_number(r, "", 255, &code);

    rc = rc ? rc : big_number(r, " after ", 10, &o->instructions);
    rc = rc ? rc : big_number(r, " instructions, state ", 16, &o->state_hash);
    rc = rc ? rc : expect(r, ":");
    o->exit_code = (int)code;
    skip(r, " ");
    if (!rc && strlen(r->at) >= sizeof(o->text))
        rc = refuse(r, "the text is longer than %zu characters", sizeof(o->text) - 1);
    if (!rc)
        strcpy(o->text, r->at);
    return rc;
}

static const struct line_kind {
    const char *word;
    unsigned once; /* HAS_*: one such line; 0: any number */
    int (*read)(struct reader *r);
} kinds[] = {
    {"version ", HAS_VERSION, read_version}, {"option ", 0, read_option},
    {"image ", HAS_IMAGE, read_image},       {"strategy ", HAS_STRATEGY, read_strategy},
    {"learned ", HAS_LEARNED, read_learned}, {"first ", HAS_FIRST, read_first},
    {"then ", HAS_THEN, read_then},          {"ends ", HAS_END, read_ends},
};

static int read_line(struct reader *r)
{
    if (!*r->at || *r->at == '#')
        return 0;
    if (r->has & HAS_END)
        return refuse(r, "it is behind the last line, 'ends ...'");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!skip(r, kinds[i].word))
            continue;
        if (r->has & kinds[i].once)
            return refuse(r, "a second line '%s...'", kinds[i].word);
        r->has |= kinds[i].once;
        return kinds[i].read(r);
    }
    return read_deviation(r);
}

/* -- Files ------------------------------------------------------------------------------------- */

static int read_lines(FILE *in, const char *name, struct reader *r, struct error *err)
{
    char *line = NULL;
    size_t room = 0;
    unsigned n = 0;
    ssize_t bytes;
    int rc = 0;

    while (!rc && (bytes = getline(&line, &room, in)) >= 0) {
        bytes -= bytes && line[bytes - 1] == '\n';
        line[bytes] = 0;
        r->at = line;
        n++;
        if (n == 1 && strcmp(line, SCHEDULE_FIRST_LINE))
            rc = refuse(r, "no schedule: the first line is not '%s'", SCHEDULE_FIRST_LINE);
        else if (strlen(line) != (size_t)bytes)
            rc = refuse(r, "it has a byte 0");
        else if (n > 1)
            rc = read_line(r);
    }
    free(line);
    if (rc == -EINVAL)
        return error_bad_input(err, "%s:%u: %s", name, n, r->reason);
    if (rc || (ferror(in) && errno == ENOMEM))
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory reading %s", name);
    if (ferror(in))
        return error_bad_input(err, "cannot read %s: %s", name, strerror(errno));
    return 0;
}

static int check_whole(const struct reader *r, const char *name, struct error *err)
{
    if (!(r->has & HAS_END))
        return error_bad_input(err, "%s ends before its last line ('ends ...'): it is not whole",
                               name);
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (kinds[i].once & (HAS_VERSION | HAS_IMAGE | HAS_STRATEGY) & ~r->has)
            return error_bad_input(err, "%s: a line '%s...' is missing", name, kinds[i].word);
    }
    if (!r->f->n_options)
        return error_bad_input(err, "%s: a line 'option ...' is missing", name);
    if (r->has & HAS_FIRST && !(r->has & HAS_THEN))
        return error_bad_input(err, "%s: a line 'first' is there, but 'then' is missing", name);
    return 0;
}

int schedule_file_parse(FILE *in, const char *name, struct schedule_file *f, struct error *err)
{
    struct reader r = {.f = f};
    int rc;

    *f = (struct schedule_file){.places = places_create()};
    if (!f->places)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory reading %s", name);
    rc = read_lines(in, name, &r, err);
    rc = rc ? rc : check_whole(&r, name, err);
    if (rc)
        schedule_file_clear(f);
    return rc;
}

int schedule_file_read(const char *path, struct schedule_file *f, struct error *err)
{
    FILE *in = fopen(path, "re");
    int rc;

    *f = (struct schedule_file){0};
    if (!in)
        return error_bad_input(err, "cannot read %s: %s", path, strerror(errno));
    rc = schedule_file_parse(in, path, f, err);
    fclose(in);
    return rc;
}
