/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/explore/replay.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "emu/explore/schedule_save.h"
#include "emu/explore/shrink.h"
#include "emu/gdb/gdb.h"
#include "emu/machine.h"

/* -- Opening ----------------------------------------------------------------------------------- */

static int read_recipe(struct replay *r, const struct explore_options *more, struct error *err)
{
    const struct schedule_file *f = &r->file;
    char *words[2 * SCHEDULE_MAX_OPTIONS + 1] = {0};
    int n = f->n_options + more->n_recipe - 1;

    memcpy(words, f->options, (size_t)f->n_options * sizeof(*words));
    for (int i = 1; i < more->n_recipe; i++)
        words[f->n_options + i - 1] = more->recipe[i];
    r->options = explore_options_default();
    return explore_options_parse(n, words, &r->options, err);
}

static int open_machine(struct replay *r, struct error *err)
{
    uint64_t hash;
    bool help;
    int rc = options_parse(r->options.n_rest, r->options.rest, &r->run_options, &help, err);

    r->image = r->run_options.kernel ? r->run_options.kernel : r->run_options.from;
    if (!rc && !r->image)
        rc = error_bad_input(err, "%s: its options have no -kernel", r->path);
    rc = rc ? rc : schedule_image_hash(r->image, &hash, err);
    if (rc)
        return rc;
    r->other_image = hash != r->file.image_hash;
    rc = explorer_open(&r->run_options, &r->options.explorer, &r->x, err);
    return rc ? rc : explorer_learn_to(r->x, r->file.learned, err);
}

int replay_open(struct replay *r, const char *path, const struct explore_options *more,
                struct error *err)
{
    int rc;

    *r = (struct replay){.path = path};
    rc = schedule_file_read(path, &r->file, err);
    if (rc)
        return rc;
    rc = read_recipe(r, more, err);
    rc = rc ? rc : open_machine(r, err);
    if (rc)
        replay_close(r);
    return rc;
}

void replay_close(struct replay *r)
{
    explorer_close(r->x);
    options_free(&r->run_options);
    schedule_file_clear(&r->file);
    *r = (struct replay){0};
}

/* -- Replaying --------------------------------------------------------------------------------- */

static int compare(const struct replay *r, const struct outcome *now, uint64_t time,
                   struct error *err)
{
    const struct outcome *was = &r->file.outcome;

    if (now->diverged)
        return error_set(err, IRQLAB_EXIT_DIVERGENCE, -EILSEQ,
                         "%s, replay %" PRIu64 ": %s\n  (schedule by irqlab %s, this is %s)",
                         r->path, time, explorer_mismatch(r->x), r->file.version, IRQLAB_VERSION);
    if (r->other_image || (now->exit_code == was->exit_code && now->state_hash == was->state_hash &&
                           now->instructions == was->instructions))
        return 0;
    return error_set(err, IRQLAB_EXIT_DIVERGENCE, -EILSEQ,
                     "replay %" PRIu64 " ended with %d after %" PRIu64
                     " instructions, state %016" PRIx64 "; the schedule says %d, %" PRIu64
                     ", %016" PRIx64 " (by irqlab %s, this is %s)",
                     time, now->exit_code, now->instructions, now->state_hash, was->exit_code,
                     was->instructions, was->state_hash, r->file.version, IRQLAB_VERSION);
}

static bool ends_alike(const struct outcome *a, const struct outcome *b)
{
    return a->exit_code == b->exit_code &&
           (a->exit_code != IRQLAB_EXIT_GUEST_ASSERT || !strcmp(a->text, b->text));
}

static void report_replays(const struct replay *r, const struct outcome *now, uint64_t times)
{
    const struct outcome *was = &r->file.outcome;

    if (!r->other_image) {
        printf("%s: %" PRIu64 " times the same: exit code %d after %" PRIu64 " instructions: %s\n",
               r->path, times, now->exit_code, now->instructions, now->text);
        return;
    }
    printf("%s: each of %zu deviations found its place in another image; ", r->path,
           r->file.schedule.count);
    if (ends_alike(now, was))
        printf("it ends the same way: exit code %d: %s\n", now->exit_code, now->text);
    else if (!now->exit_code)
        printf("it passes now (it was exit code %d: %s)\n", was->exit_code, was->text);
    else
        printf("it ends in another way: exit code %d: %s (it was %d: %s)\n", now->exit_code,
               now->text, was->exit_code, was->text);
}

/* With --output: what was done, as a schedule for this image. */
static int save(struct replay *r, const struct explore_options *o, struct schedule *taken,
                struct outcome *now, struct error *err)
{
    struct explore_options options = r->options;
    struct schedule_save save = {&options, &r->run_options, r->file.strategy, r->file.learned};
    struct shrinking none = {0};

    options.output = o->output;
    options.no_shrink = true;
    return o->output ? schedule_save(r->x, &save, taken, now, &none, err) : 0;
}

static int replay_all(struct replay *r, const struct explore_options *o, struct error *err)
{
    struct schedule taken = {0};
    struct explorer_replay how = {
        .schedule = &r->file.schedule,
        .by_place = r->other_image,
        .want_hash = true,
        .goes_on = o->goes_on,
        .seed = o->continue_seed,
        .taken = o->output ? &taken : NULL,
    };
    struct outcome now = {0};
    int rc = r->run_options.gdb ? gdb_server_open(r->run_options.gdb, &how.debugger, err) : 0;

    for (uint64_t i = 1; !rc && i <= o->times; i++) {
        rc = explorer_replay_with(r->x, &how, &now, err);
        if (!rc && !o->goes_on)
            rc = compare(r, &now, i, err);
    }
    if (!rc && o->goes_on && now.diverged)
        fprintf(stderr, "irqlab explore: %s: %s\n", r->path, explorer_mismatch(r->x));
    if (!rc && o->goes_on)
        printf("%s, and on by chance from %" PRIu64 ": exit code %d after %" PRIu64
               " instructions: %s\n",
               r->path, o->continue_seed, now.exit_code, now.instructions, now.text);
    else if (!rc)
        report_replays(r, &now, o->times);
    rc = rc ? rc : save(r, o, &taken, &now, err);
    schedule_clear(&taken);
    gdb_server_close(how.debugger);
    return rc ? (int)err->exit_code : now.exit_code;
}

/* -- Shrinking, swapping ----------------------------------------------------------------------- */

static int need_same_image(const struct replay *r, const char *option, struct error *err)
{
    if (!r->other_image)
        return 0;
    return error_bad_input(err,
                           "%s %s: %s is not the image that it was made with; bring it over with "
                           "--replay %s --output NEW, and use that",
                           option, r->path, r->image, r->path);
}

static double now_s(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int shrink_file(struct replay *r, const struct explore_options *o, struct error *err)
{
    struct explore_options options = r->options;
    struct schedule_save how = {&options, &r->run_options, r->file.strategy, r->file.learned};
    struct shrinking s = {0};
    double start = now_s();
    int rc = need_same_image(r, "--shrink", err);

    options.output = o->output;
    rc = rc ? rc : schedule_save(r->x, &how, &r->file.schedule, &r->file.outcome, &s, err);
    if (rc)
        return (int)err->exit_code;
    printf("%s: shrunk from %zu deviations to %zu in %" PRIu64 " runs, %.1f s: exit code %d: %s\n",
           explore_options_output(o), s.from, s.to, s.runs, now_s() - start,
           r->file.outcome.exit_code, r->file.outcome.text);
    return r->file.outcome.exit_code;
}

static int swap(struct replay *r, struct error *err)
{
    struct outcome now;
    bool swapped;
    int rc = need_same_image(r, "--swap", err);

    if (!rc && !r->file.decider.known)
        rc = error_bad_input(err, "--swap %s: it does not say which two events decide ('first')",
                             r->path);
    rc = rc ? rc : shrink_swap(r->x, &r->file.schedule, &r->file.decider, &now, &swapped, err);
    if (rc)
        return (int)err->exit_code;
    printf("%s: the deciding events %s: exit code %d: %s\n", r->path,
           swapped ? "the other way round" : "do not come the other way round", now.exit_code,
           now.text);
    return now.exit_code;
}

int replay_command(const struct explore_options *o, struct error *err)
{
    const char *path = o->replay ? o->replay : o->shrink ? o->shrink : o->swap;
    struct replay r;
    int code;

    if (replay_open(&r, path, o, err))
        return (int)err->exit_code;
    if (o->replay)
        code = replay_all(&r, o, err);
    else if (o->shrink)
        code = shrink_file(&r, o, err);
    else
        code = swap(&r, err);
    replay_close(&r);
    return code;
}
