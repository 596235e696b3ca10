/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/explore/schedule_save.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/explore/schedule_file.h"

static void note_decided(void *opaque, const struct event *e, const struct anchor *at)
{
    shrink_decided(opaque, e, at);
}

/* The last run tells the anchors. */
static int replay(struct explorer *x, const struct schedule *s, struct schedule_file *f,
                  const struct outcome *failure, struct error *err)
{
    const struct explorer_replay r = {
        .schedule = s,
        .want_hash = true,
        .taken = &f->schedule,
        .happened = note_decided,
        .opaque = &f->decider,
    };
    int rc = explorer_replay_with(x, &r, &f->outcome, err);

    if (!rc && f->outcome.diverged)
        rc = error_set(err, IRQLAB_EXIT_DIVERGENCE, -EILSEQ,
                       "it failed (%s), but its schedule does not: %s", failure->text,
                       explorer_mismatch(x));
    if (!rc && f->outcome.exit_code != failure->exit_code)
        rc = error_set(err, IRQLAB_EXIT_DIVERGENCE, -EILSEQ,
                       "it failed with exit code %d (%s), but its schedule with %d (%s)",
                       failure->exit_code, failure->text, f->outcome.exit_code, f->outcome.text);
    return rc;
}

int schedule_save(struct explorer *x, const struct schedule_save *save, struct schedule *s,
                  struct outcome *failure, struct shrinking *shrinking, struct error *err)
{
    const struct explore_options *o = save->options;
    struct schedule_file f = {.n_options = o->n_recipe, .learned = save->learned};
    const char *image =
        save->run_options->kernel ? save->run_options->kernel : save->run_options->from;
    int rc = explorer_learn_to(x, save->learned, err);

    shrinking->from = shrinking->to = s->count;
    if (!rc && !o->no_shrink)
        rc = shrink(x, s, failure, shrinking, err);
    memcpy(f.options, o->recipe, sizeof(f.options));
    snprintf(f.strategy, sizeof(f.strategy), "%s", save->strategy);
    f.decider = shrinking->decider;
    rc = rc ? rc : replay(x, s, &f, failure, err);
    rc = rc ? rc : schedule_image_hash(image, &f.image_hash, err);
    rc = rc ? rc : schedule_file_write(explore_options_output(o), &f, err);
    if (!rc)
        *failure = f.outcome;
    f.n_options = 0; /* not ours */
    schedule_file_clear(&f);
    return rc;
}
