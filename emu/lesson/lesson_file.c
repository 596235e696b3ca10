/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/lesson/lesson_file.h"

#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#define UNTIL_INSNS 500000000u

struct reader {
    const char *path;
    unsigned line;
    struct error *err;
    struct lesson *lesson;
    const struct key *key; /* of the paragraph that is read */
    unsigned key_line, blank_lines;
    char *text; /* what it says so far */
    unsigned seen;
};

/* What is done with a key's text when all of it is there. */
typedef int take_fn(struct reader *r, const struct key *key, const char *text);

struct key {
    const char *word;
    take_fn *take;
    size_t offset;
    bool may_repeat, may_be_long, is_needed;
};

static int wrong(const struct reader *r, unsigned line, const char *what, const char *text,
                 const char *instead)
{
    return error_bad_input(r->err, "%s:%u: %s%s%.60s%s; %s", r->path, line, what, text ? " '" : "",
                           text ? text : "", text ? "'" : "", instead);
}

static int no_memory(const struct reader *r)
{
    return error_set(r->err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for %s", r->path);
}

static void *field(const struct reader *r, const struct key *key)
{
    return (char *)r->lesson + key->offset;
}

/* -- One key's text ---------------------------------------------------------------------------- */

static int take_text(struct reader *r, const struct key *key, const char *text)
{
    char **where = field(r, key);

    *where = strdup(text);
    return *where ? 0 : no_memory(r);
}

static int take_more(struct reader *r, const struct key *key, const char *text)
{
    struct lesson_texts *texts = field(r, key);

    if (texts->n == LESSON_MAX_TEXTS)
        return wrong(r, r->key_line, "one too many:", key->word, "there may be 12 of them");
    texts->at[texts->n] = strdup(text);
    return texts->at[texts->n++] ? 0 : no_memory(r);
}

/* A path below images/ that cannot lead out of it. */
static int take_path(struct reader *r, const struct key *key, const char *text)
{
    if (*text == '/' || strstr(text, "..") || strpbrk(text, " \t\"'\\"))
        return wrong(r, r->key_line, "the path", text, "give one below images/, without '..'");
    if (strlen(text) < 3 || strcmp(text + strlen(text) - 2, ".c") != 0)
        return wrong(r, r->key_line, "the path", text, "give a C file");
    return take_text(r, key, text);
}

/* MENDED: the mended source has it defined; !FLAWED: the broken one has. */
static int take_macro(struct reader *r, const struct key *key, const char *text)
{
    const char *name = text + (*text == '!');

    if (!*name || isdigit((unsigned char)*name))
        return wrong(r, r->key_line, "the macro", text, "write for example MENDED or !FLAWED");
    for (const char *c = name; *c; c++) {
        if (!isalnum((unsigned char)*c) && *c != '_')
            return wrong(r, r->key_line, "the macro", text, "write for example MENDED or !FLAWED");
    }
    r->lesson->mended_with_macro = *text != '!';
    return take_text(r, key, name);
}

static int take_value(struct reader *r, const struct key *key, const char *text)
{
    if (strpbrk(text, " \t"))
        return wrong(r, r->key_line, "more than one word:", text, "give one value");
    return take_text(r, key, text);
}

/* -machine has one property that writes a file. */
static int take_machine(struct reader *r, const struct key *key, const char *text)
{
    if (strstr(text, "dumpdtb"))
        return wrong(r, r->key_line, "the machine", text,
                     "a lesson writes no file: leave dumpdtb out");
    return take_value(r, key, text);
}

static int take_number(struct reader *r, const char *text, uint64_t max, uint64_t *value)
{
    char *end;

    errno = 0;
    *value = isdigit((unsigned char)*text) ? strtoull(text, &end, 10) : 0;
    if (!*value || errno || *end || *value > max)
        return wrong(r, r->key_line, "the number", text, "it starts from 1, and is in bounds");
    return 0;
}

static int take_smp(struct reader *r, const struct key *key, const char *text)
{
    uint64_t n = 0;
    int rc = take_number(r, text, LESSON_MAX_VCPUS, &n);

    (void)key;
    r->lesson->smp = (unsigned)n;
    return rc;
}

/* run until exit, or run until N instructions. */
static int take_run(struct reader *r, const struct key *key, const char *text)
{
    char number[24];
    int end = 0;

    (void)key;
    if (!strcmp(text, "until exit"))
        return 0;
    if (sscanf(text, "until %20[0-9] instructions%n", number, &end) != 1 || !end || text[end])
        return wrong(r, r->key_line, "run", text,
                     "write 'until exit' or 'until 1000000 instructions'");
    return take_number(r, number, 1000000000000u, &r->lesson->until_insns);
}

static int split(struct reader *r, const char *text, struct lesson_words *words)
{
    const char *from = text + strspn(text, " \t");

    while (*from) {
        size_t length = strcspn(from, " \t");

        if (words->n == LESSON_MAX_WORDS)
            return wrong(r, r->key_line, "too many words:", text, "there may be 12 of them");
        words->at[words->n] = strndup(from, length);
        if (!words->at[words->n++])
            return no_memory(r);
        from += length;
        from += strspn(from, " \t");
    }
    return 0;
}

/* Options that write nothing and read no file. */
static const char *const run_options[] = {"-gic", "--choose", "--quantum", NULL};
static const char *const explore_options[] = {"--strategy",   "--depth",      "--runs", "--seed",
                                              "--stxr-fails", "--max-events", "-gic",   NULL};
static const char *const explore_flags[] = {"--weak", "--races", NULL};

static bool is_one_of(const char *word, const char *const *names)
{
    for (; names && *names; names++) {
        if (!strcmp(word, *names))
            return true;
    }
    return false;
}

static int take_options(struct reader *r, const char *text, struct lesson_words *words,
                        const char *const *options, const char *const *flags)
{
    int rc = split(r, text, words);

    for (unsigned i = 0; !rc && i < words->n; i++) {
        if (is_one_of(words->at[i], flags))
            continue;
        if (!is_one_of(words->at[i], options))
            rc = wrong(r, r->key_line, "the option", words->at[i],
                       "a lesson may only give options that configure the machine or the search");
        else if (++i == words->n || words->at[i][0] == '-')
            rc = wrong(r, r->key_line, "the option", words->at[i - 1], "it needs a value");
    }
    return rc;
}

static int take_irqlab(struct reader *r, const struct key *key, const char *text)
{
    (void)key;
    return take_options(r, text, &r->lesson->irqlab, run_options, NULL);
}

static int take_explore(struct reader *r, const struct key *key, const char *text)
{
    (void)key;
    r->lesson->is_explored = true;
    return take_options(r, text, &r->lesson->explore, explore_options, explore_flags);
}

static const char *const questions[] = {"why", "why-not-again", "why-time", NULL};

/* why INTID VCPU, why DEVICE:EVENT, why --virtual VINTID VCPU, why-not-again INTID VCPU, why-time
 * VCPU. */
static int take_ask(struct reader *r, const struct key *key, const char *text)
{
    struct lesson_words *words = &r->lesson->ask;
    int rc = split(r, text, words);
    bool good;

    (void)key;
    if (rc)
        return rc;
    good = words->n >= 2 && is_one_of(words->at[0], questions);
    for (unsigned i = 1; good && i < words->n; i++)
        good = (i == 1 && !strcmp(words->at[i], "--virtual")) ||
               words->at[i][strspn(words->at[i], "0123456789:")] == '\0';
    return good ? 0
                : wrong(r, r->key_line, "the question", text,
                        "write for example 'why 27 0' or 'why-not-again 27 0'");
}

/* arrives no: what is asked about is not delivered in the mended program either. */
static int take_arrives(struct reader *r, const struct key *key, const char *text)
{
    (void)key;
    r->lesson->never_arrives = true;
    return strcmp(text, "no")
               ? wrong(r, r->key_line, "arrives", text, "write 'arrives no', or leave it out")
               : 0;
}

#define AT(name) offsetof(struct lesson, name)

static const struct key keys[] = {
    /* word, take, offset, may_repeat, may_be_long, is_needed */
    {"part", take_text, AT(part), false, false, false},
    {"title", take_text, AT(title), false, false, true},
    {"goal", take_text, AT(goal), false, true, true},
    {"story", take_text, AT(story), false, true, true},
    {"source", take_path, AT(source), false, false, true},
    {"with", take_path, AT(with), false, false, false},
    {"mended", take_macro, AT(macro), false, false, true},
    {"machine", take_machine, AT(machine), false, false, false},
    {"cpu", take_value, AT(cpu), false, false, false},
    {"smp", take_smp, AT(smp), false, false, false},
    {"irqlab", take_irqlab, AT(irqlab), false, false, false},
    {"run", take_run, AT(until_insns), false, false, false},
    {"explore", take_explore, AT(explore), false, false, false},
    {"expect", take_more, AT(expect), true, false, true},
    {"ask", take_ask, AT(ask), false, false, false},
    {"gate", take_value, AT(gate), false, false, false},
    {"arrives", take_arrives, 0, false, false, false},
    {"check", take_more, AT(check), true, false, true},
    {"learned", take_text, AT(learned), false, true, false},
    {"hint", take_more, AT(hints), true, true, true},
    {"cite", take_more, AT(cites), true, false, true},
};

enum { N_KEYS = sizeof(keys) / sizeof(keys[0]) };

/* -- Lines ------------------------------------------------------------------------------------- */

static int finish_paragraph(struct reader *r)
{
    const struct key *key = r->key;
    char *text = r->text;
    int rc;

    if (!key)
        return 0;
    r->key = NULL;
    r->text = NULL;
    r->blank_lines = 0;
    if (!text || !*text)
        rc = wrong(r, r->key_line, "nothing behind", key->word, "say what it is");
    else
        rc = key->take(r, key, text);
    free(text);
    return rc;
}

static int append(struct reader *r, const char *text)
{
    bool first = !r->text || !*r->text;
    char *joined = NULL;

    if (asprintf(&joined, "%s%s%s%s", first ? "" : r->text, first ? "" : "\n",
                 first || !r->blank_lines ? "" : "\n", text) < 0)
        return no_memory(r);
    r->blank_lines = 0;
    free(r->text);
    r->text = joined;
    return 0;
}

static const struct key *find_key(const char *word, size_t length)
{
    for (unsigned i = 0; i < N_KEYS; i++) {
        if (strlen(keys[i].word) == length && !memcmp(keys[i].word, word, length))
            return &keys[i];
    }
    return NULL;
}

static int begin_paragraph(struct reader *r, char *line)
{
    size_t length = strcspn(line, " \t");
    const char *rest = line + length + strspn(line + length, " \t");
    const struct key *key = find_key(line, length);
    int rc = finish_paragraph(r);

    if (rc)
        return rc;
    line[length] = '\0';
    if (!key)
        return wrong(r, r->line, "no key of a lesson:", line,
                     "images/lessons/README.md lists them; text goes on in an indented line");
    if (!key->may_repeat && (r->seen >> (key - keys) & 1))
        return wrong(r, r->line, "given twice:", key->word, "once is enough");
    r->seen |= 1u << (key - keys);
    r->key = key;
    r->key_line = r->line;
    return append(r, rest);
}

/* Four spaces are the text's margin; what is deeper is meant to be. */
static int go_on(struct reader *r, const char *line)
{
    unsigned margin = 0;

    while (line[margin] == ' ' && (margin < 4 || !r->text || !*r->text))
        margin++;
    if (!r->key)
        return wrong(r, r->line, "an indented line before any key", NULL, "begin with title");
    if (!r->key->may_be_long)
        return wrong(r, r->line, "a second line of", r->key->word, "it has only one");
    if (line[margin] == '\t')
        return wrong(r, r->line, "a tab", NULL, "indent with four spaces");
    return append(r, line + margin);
}

static int take_line(struct reader *r, char *line, size_t length)
{
    while (length && memchr(" \t\r\n", line[length - 1], 4))
        line[--length] = '\0';
    for (size_t i = 0; i < length; i++) {
        if ((unsigned char)line[i] < ' ' && line[i] != '\t')
            return wrong(r, r->line, "a control character", NULL, "a lesson is plain text");
    }
    if (!length) {
        r->blank_lines++;
        return 0;
    }
    if (*line == '#')
        return 0;
    return *line == ' ' || *line == '\t' ? go_on(r, line) : begin_paragraph(r, line);
}

/* -- All of it --------------------------------------------------------------------------------- */

static int check_together(const struct reader *r)
{
    const struct lesson *l = r->lesson;

    for (unsigned i = 0; i < N_KEYS; i++) {
        if (keys[i].is_needed && !(r->seen >> i & 1))
            return wrong(r, r->line, "the lesson ends without", keys[i].word, "add it");
    }
    if (l->is_explored && (l->ask.n || l->gate || l->never_arrives))
        return wrong(r, r->line, "explore with ask, gate or arrives", NULL,
                     "what explore finds is told by itself: leave them out");
    if (!l->is_explored && !l->ask.n)
        return wrong(r, r->line, "nothing is asked", NULL, "add for example 'ask why 27 0'");
    return 0;
}

static int read_lines(struct reader *r, FILE *in)
{
    size_t size = 0, total = 0;
    char *line = NULL;
    ssize_t length;
    int rc = 0;

    while (!rc && (length = getline(&line, &size, in)) > 0) {
        r->line++;
        total += (size_t)length;
        rc = total > LESSON_MAX_FILE_BYTES
                 ? wrong(r, r->line, "longer than 64 KiB", NULL, "is it a lesson?")
                 : take_line(r, line, (size_t)length);
    }
    free(line);
    if (!rc && ferror(in))
        rc = wrong(r, r->line + 1, "cannot be read", NULL, "is it a file?");
    return rc;
}

int lesson_file_parse(FILE *in, const char *path, struct lesson *l, struct error *err)
{
    struct reader r = {.path = path, .err = err, .lesson = l};
    int rc;

    *l = (struct lesson){.smp = 1, .until_insns = UNTIL_INSNS};
    rc = read_lines(&r, in);
    rc = rc ? rc : finish_paragraph(&r);
    rc = rc ? rc : check_together(&r);
    free(r.text);
    if (rc)
        lesson_clear(l);
    return rc;
}

static void clear_texts(struct lesson_texts *texts)
{
    for (unsigned i = 0; i < texts->n; i++)
        free(texts->at[i]);
}

static void clear_words(struct lesson_words *words)
{
    for (unsigned i = 0; i < words->n; i++)
        free(words->at[i]);
}

void lesson_clear(struct lesson *l)
{
    char *const owned[] = {l->name, l->part,  l->title,   l->goal, l->story, l->source,
                           l->with, l->macro, l->machine, l->cpu,  l->gate,  l->learned};

    for (size_t i = 0; i < sizeof(owned) / sizeof(owned[0]); i++)
        free(owned[i]);
    clear_texts(&l->expect);
    clear_texts(&l->check);
    clear_texts(&l->hints);
    clear_texts(&l->cites);
    clear_words(&l->irqlab);
    clear_words(&l->explore);
    clear_words(&l->ask);
    *l = (struct lesson){0};
}

/* -- Printing ---------------------------------------------------------------------------------- */

static void print_text(FILE *out, const char *word, const char *text)
{
    if (!text)
        return;
    fprintf(out, "%s ", word);
    for (; *text; text++) {
        fputc(*text, out);
        if (*text == '\n' && text[1] != '\n')
            fputs("    ", out);
    }
    fputc('\n', out);
}

static void print_words(FILE *out, const char *word, const struct lesson_words *words)
{
    fputs(word, out);
    for (unsigned i = 0; i < words->n; i++)
        fprintf(out, " %s", words->at[i]);
    fputc('\n', out);
}

static void print_texts(FILE *out, const char *word, const struct lesson_texts *texts)
{
    for (unsigned i = 0; i < texts->n; i++)
        print_text(out, word, texts->at[i]);
}

void lesson_file_print(FILE *out, const struct lesson *l)
{
    print_text(out, "part", l->part);
    print_text(out, "title", l->title);
    print_text(out, "goal", l->goal);
    print_text(out, "story", l->story);
    print_text(out, "source", l->source);
    print_text(out, "with", l->with);
    fprintf(out, "mended %s%s\n", l->mended_with_macro ? "" : "!", l->macro);
    print_text(out, "machine", l->machine);
    print_text(out, "cpu", l->cpu);
    fprintf(out, "smp %u\nrun until %lu instructions\n", l->smp, (unsigned long)l->until_insns);
    if (l->irqlab.n)
        print_words(out, "irqlab", &l->irqlab);
    if (l->is_explored)
        print_words(out, "explore", &l->explore);
    if (l->ask.n)
        print_words(out, "ask", &l->ask);
    print_text(out, "gate", l->gate);
    print_texts(out, "expect", &l->expect);
    if (l->never_arrives)
        fputs("arrives no\n", out);
    print_texts(out, "check", &l->check);
    print_text(out, "learned", l->learned);
    print_texts(out, "hint", &l->hints);
    print_texts(out, "cite", &l->cites);
}
