/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Schedules as files: the writer. */
#include "emu/explore/schedule_file.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emu/journal_internal.h"
#include "emu/whole_file.h"

int schedule_image_hash(const char *path, uint64_t *hash, struct error *err)
{
    uint64_t bytes;

    return journal_hash_file(path, hash, &bytes, err);
}

bool schedule_picks_vcpu(enum choice choice)
{
    return choice == CHOICE_PREEMPT || choice == CHOICE_NEXT_VCPU;
}

/* -- Lines ------------------------------------------------------------------------------------- */

static void write_anchor(FILE *out, const char *before, const struct anchor *a)
{
    char text[PLACE_TEXT];

    if (!a->place)
        return;
    anchor_text(a, text, sizeof(text));
    fprintf(out, "%s%s", before, text);
}

static void write_deviation(FILE *out, const struct deviation *d)
{
    fprintf(out, "%s v%u event %" PRIu64 ".%u pc 0x%" PRIx64 " to %s%u", choice_name(d->choice),
            d->vcpu, d->index, d->again, d->pc, schedule_picks_vcpu(d->choice) ? "v" : "", d->to);
    if (d->choice == CHOICE_IRQ_DELAY)
        fprintf(out, "; interrupt #%u", d->interrupt);
    write_anchor(out, "; ", &d->at);
    write_anchor(out, "; until ", &d->until);
    fputc('\n', out);
}

static void write_event(FILE *out, const char *word, const struct event *e, const struct anchor *at,
                        size_t deviation)
{
    fprintf(out, "%s v%u event %" PRIu64 " pc 0x%" PRIx64, word, e->vcpu, e->index, e->pc);
    if (deviation)
        fprintf(out, " of deviation %zu", deviation);
    write_anchor(out, "; ", at);
    fputc('\n', out);
}

/* A guest's text may have more lines than one. */
static void write_end(FILE *out, const struct outcome *o)
{
    fprintf(out, "ends %d after %" PRIu64 " instructions, state %016" PRIx64 ": ", o->exit_code,
            o->instructions, o->state_hash);
    for (const char *c = o->text; *c; c++)
        fputc((unsigned char)*c < ' ' ? ' ' : *c, out);
    fputc('\n', out);
}

void schedule_file_print(FILE *out, const struct schedule_file *f)
{
    fprintf(out, "%s\nversion %s\n", SCHEDULE_FIRST_LINE, IRQLAB_VERSION);
    for (int i = 0; i < f->n_options; i++)
        fprintf(out, "option %s\n", f->options[i]);
    fprintf(out, "image %016" PRIx64 "\nstrategy %s\n", f->image_hash, f->strategy);
    if (f->learned)
        fprintf(out, "learned %u\n", f->learned);
    for (size_t i = 0; i < f->schedule.count; i++)
        write_deviation(out, &f->schedule.items[i]);
    if (f->decider.known) {
        fputs("# These two decide: the other way round, it does not fail.\n", out);
        write_event(out, "first", &f->decider.first, &f->decider.first_at,
                    f->decider.deviation + 1);
        write_event(out, "then", &f->decider.second, &f->decider.second_at, 0);
    }
    write_end(out, &f->outcome);
}

static int check_options(const struct schedule_file *f, const char *path, struct error *err)
{
    for (int i = 0; i < f->n_options; i++) {
        if (strpbrk(f->options[i], "\n\r"))
            return error_bad_input(err,
                                   "%s: an option has a line break, which a schedule's file "
                                   "cannot hold",
                                   path);
    }
    return 0;
}

int schedule_file_write(const char *path, const struct schedule_file *f, struct error *err)
{
    struct whole_file out;
    int rc = check_options(f, path, err);

    rc = rc ? rc : whole_file_open(&out, path, "schedule", err);
    if (rc)
        return rc;
    schedule_file_print(out.file, f);
    return whole_file_finish(&out, "schedule", err);
}

void schedule_file_clear(struct schedule_file *f)
{
    for (int i = 0; i < f->n_options; i++)
        free(f->options[i]);
    schedule_clear(&f->schedule);
    places_destroy(f->places);
    *f = (struct schedule_file){0};
}
