/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/explore/schedule_file.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/journal_internal.h"
#include "emu/whole_file.h"

#define FIRST_LINE "irqlab schedule 1"

int schedule_image_hash(const char *path, uint64_t *hash, struct error *err)
{
    uint64_t bytes;

    return journal_hash_file(path, hash, &bytes, err);
}

bool schedule_picks_vcpu(enum choice choice)
{
    return choice == CHOICE_PREEMPT || choice == CHOICE_NEXT_VCPU;
}

/* -- Writing ----------------------------------------------------------------------------------- */

static void write_deviation(FILE *out, const struct deviation *d, const struct machine *m)
{
    char place[96];

    event_place(m, d->pc, place, sizeof(place));
    fprintf(out, "%s v%u event %" PRIu64 " again %u pc 0x%" PRIx64 " to %s%u  # %s\n",
            choice_name(d->choice), d->vcpu, d->index, d->again, d->pc,
            schedule_picks_vcpu(d->choice) ? "v" : "", d->to, place);
}

static void write_decider(FILE *out, const struct decider *d, const struct machine *m)
{
    char first[192], second[192];

    if (!d->known)
        return;
    event_describe(m, &d->first, first, sizeof(first));
    event_describe(m, &d->second, second, sizeof(second));
    fprintf(out, "# decides: v%u event %" PRIu64 " (%s)\n#  before: v%u event %" PRIu64 " (%s)\n",
            d->first.vcpu, d->first.index, first, d->second.vcpu, d->second.index, second);
}

static void write_all(FILE *out, const struct schedule_file *f, const struct machine *m)
{
    fprintf(out, "%s\n", FIRST_LINE);
    for (int i = 0; i < f->n_options; i++)
        fprintf(out, "option %s\n", f->options[i]);
    fprintf(out, "image %016" PRIx64 "\n", f->image_hash);
    fprintf(out, "strategy %s\n", f->strategy);
    if (f->learned)
        fprintf(out, "learned %u\n", f->learned);
    for (size_t i = 0; i < f->schedule.count; i++)
        write_deviation(out, &f->schedule.items[i], m);
    write_decider(out, &f->shrinking.decider, m);
    fprintf(out, "ends %d after %" PRIu64 " instructions, state %016" PRIx64 "  # %s\n",
            f->outcome.exit_code, f->outcome.instructions, f->outcome.state_hash, f->outcome.text);
}

int schedule_file_write(const char *path, const struct schedule_file *f, const struct machine *m,
                        struct error *err)
{
    struct whole_file out;
    int rc = whole_file_open(&out, path, "schedule", err);

    if (rc)
        return rc;
    write_all(out.file, f, m);
    return whole_file_finish(&out, "schedule", err);
}

/* -- Reading ----------------------------------------------------------------------------------- */

static int read_deviation(struct schedule_file *f, const char *line)
{
    struct deviation d = {0};
    char choice[32];
    int at = 0;

    if (sscanf(line, "%31s v%u event %" SCNu64 " again %u pc 0x%" SCNx64 " to %n", choice, &d.vcpu,
               &d.index, &d.again, &d.pc, &at) != 5 ||
        !at || sscanf(line + at + (line[at] == 'v'), "%u", &d.to) != 1)
        return -EINVAL;
    while (d.choice < N_CHOICES && strcmp(choice, choice_name(d.choice)))
        d.choice++;
    if (d.choice == N_CHOICES || (line[at] == 'v') != schedule_picks_vcpu(d.choice))
        return -EINVAL;
    return schedule_add(&f->schedule, &d);
}

static int read_option(struct schedule_file *f, const char *text)
{
    if (f->n_options == SCHEDULE_MAX_OPTIONS)
        return -EINVAL;
    f->options[f->n_options] = strdup(text);
    return f->options[f->n_options++] ? 0 : -ENOMEM;
}

/* @line has no newline. 1: it was the last. */
static int read_line(struct schedule_file *f, char *line)
{
    if (!strncmp(line, "option ", 7))
        return read_option(f, line + 7);
    if (!strncmp(line, "image ", 6))
        return sscanf(line + 6, "%16" SCNx64, &f->image_hash) == 1 ? 0 : -EINVAL;
    if (!strncmp(line, "strategy ", 9)) {
        snprintf(f->strategy, sizeof(f->strategy), "%s", line + 9);
        return 0;
    }
    if (!strncmp(line, "learned ", 8))
        return sscanf(line + 8, "%u", &f->learned) == 1 && f->learned <= SCHEDULE_MAX_LEARNED
                   ? 0
                   : -EINVAL;
    if (!strncmp(line, "ends ", 5))
        return sscanf(line + 5, "%d after %" SCNu64 " instructions, state %16" SCNx64,
                      &f->outcome.exit_code, &f->outcome.instructions, &f->outcome.state_hash) == 3
                   ? 1
                   : -EINVAL;
    if (!*line || *line == '#')
        return 0;
    return read_deviation(f, line);
}

static int read_lines(const char *path, FILE *in, struct schedule_file *f, struct error *err)
{
    char *line = NULL;
    size_t room = 0;
    unsigned number = 0;
    int rc = 0;

    while (!rc && getline(&line, &room, in) >= 0) {
        line[strcspn(line, "\n")] = 0;
        rc = ++number == 1 ? (strcmp(line, FIRST_LINE) ? -EINVAL : 0) : read_line(f, line);
    }
    free(line);
    if (rc == 1)
        return 0;
    if (number == 1 && rc)
        return error_bad_input(err, "%s is no schedule: its first line is not '%s'", path,
                               FIRST_LINE);
    if (rc == -ENOMEM)
        return error_set(err, IRQLAB_EXIT_HOST, rc, "out of memory reading %s", path);
    if (rc)
        return error_bad_input(err, "%s, line %u: not a line of a schedule", path, number);
    return error_bad_input(err, "%s ends before its last line ('ends ...'): it is not whole", path);
}

int schedule_file_read(const char *path, struct schedule_file *f, struct error *err)
{
    FILE *in = fopen(path, "r");
    int rc;

    *f = (struct schedule_file){0};
    if (!in)
        return error_bad_input(err, "cannot read %s: %s", path, strerror(errno));
    rc = read_lines(path, in, f, err);
    fclose(in);
    if (rc)
        schedule_file_clear(f);
    return rc;
}

void schedule_file_clear(struct schedule_file *f)
{
    for (int i = 0; i < f->n_options; i++)
        free(f->options[i]);
    schedule_clear(&f->schedule);
    *f = (struct schedule_file){0};
}
