/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `irqlab explore`: many runs of one guest test, each under another schedule. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "emu/commands.h"
#include "emu/explore/explore_options.h"
#include "emu/explore/schedule_file.h"
#include "emu/explore/sweep.h"
#include "emu/machine.h"

static int explore(struct explore_options *o, const struct run_options *run_options,
                   struct error *err)
{
    struct tally t = {0};
    struct explorer *x;
    int rc = explorer_open(run_options, &o->explorer, &x, err);

    if (rc)
        return (int)err->exit_code;
    explorer_profile(x, &o->parameters);
    rc = sweep(x, o, &t, run_options, err);
    if (!rc)
        sweep_report(x, o, &t);
    explorer_close(x);
    return rc ? (int)err->exit_code : t.first.exit_code;
}

static int compare(const struct schedule_file *f, const struct outcome *now, uint64_t time,
                   struct error *err)
{
    if (now->diverged)
        return error_set(err, IRQLAB_EXIT_DIVERGENCE, -EILSEQ,
                         "deviation %zu of the schedule found no place of its own (replay %" PRIu64
                         "): was the image changed?",
                         now->missed + 1, time);
    if (now->exit_code == f->outcome.exit_code && now->state_hash == f->outcome.state_hash &&
        now->instructions == f->outcome.instructions)
        return 0;
    return error_set(err, IRQLAB_EXIT_DIVERGENCE, -EILSEQ,
                     "replay %" PRIu64 " ended with %d after %" PRIu64
                     " instructions, state %016" PRIx64 "; the schedule says %d, %" PRIu64
                     ", %016" PRIx64,
                     time, now->exit_code, now->instructions, now->state_hash, f->outcome.exit_code,
                     f->outcome.instructions, f->outcome.state_hash);
}

static int replay(const struct explore_options *o, const struct schedule_file *f,
                  const struct run_options *run_options, struct error *err)
{
    struct outcome outcome = {0};
    struct explorer *x;
    uint64_t hash;
    int rc = schedule_image_hash(run_options->kernel, &hash, err);

    if (!rc && hash != f->image_hash)
        fprintf(stderr, "irqlab explore: %s is not the file that %s was made with\n",
                run_options->kernel, o->replay);
    rc = rc ? rc : explorer_open(run_options, &o->explorer, &x, err);
    if (rc)
        return (int)err->exit_code;
    rc = explorer_learn_to(x, f->learned, err);
    for (uint64_t i = 1; !rc && i <= o->times; i++) {
        rc = explorer_replay(x, &f->schedule, true, &outcome, err);
        rc = rc ? rc : compare(f, &outcome, i, err);
    }
    if (!rc)
        printf("%s: %" PRIu64 " times the same: exit code %d after %" PRIu64 " instructions: %s\n",
               o->replay, o->times, outcome.exit_code, outcome.instructions, outcome.text);
    explorer_close(x);
    return rc ? (int)err->exit_code : outcome.exit_code;
}

static int run_command(struct explore_options *o, struct error *err)
{
    struct schedule_file f = {0};
    struct run_options run_options;
    bool run_help;
    int code;

    if (o->replay) {
        if (schedule_file_read(o->replay, &f, err))
            return (int)err->exit_code;
        memcpy(o->rest, f.options, sizeof(f.options));
        o->n_rest = f.n_options;
    }
    if (options_parse(o->n_rest, o->rest, &run_options, &run_help, err))
        code = (int)err->exit_code;
    else if (!run_options.kernel)
        code = (int)(error_bad_input(err, "-kernel is missing: which guest?"), err->exit_code);
    else
        code = o->replay ? replay(o, &f, &run_options, err) : explore(o, &run_options, err);
    options_free(&run_options);
    schedule_file_clear(&f);
    return code;
}

int cmd_explore(int argc, char **argv)
{
    struct explore_options o = explore_options_default();
    struct error err = {0};
    int code = explore_options_parse(argc, argv, &o, &err) ? (int)err.exit_code : IRQLAB_EXIT_OK;

    if (!code && o.help)
        fputs(explore_options_help(), stdout);
    else if (!code)
        code = run_command(&o, &err);
    if (err.text[0])
        fprintf(stderr, "irqlab explore: %s\n", err.text);
    return code;
}
