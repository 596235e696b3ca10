/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `irqlab explore`: many runs of one guest test, each under another schedule. */
#include <stdio.h>

#include "emu/commands.h"
#include "emu/explore/explore_options.h"
#include "emu/explore/replay.h"
#include "emu/explore/sweep.h"
#include "emu/machine.h"
#include "emu/races/races.h"

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
    if (!rc && explorer_machine(x)->races && t.failures)
        races_print(explorer_machine(x), stderr); /* of the plain run, and of the first failure */
    json_decref(t.outcomes);
    explorer_close(x);
    return rc ? (int)err->exit_code : t.first.exit_code;
}

static int run_command(struct explore_options *o, struct error *err)
{
    struct run_options run_options;
    bool run_help;
    int code;

    if (o->replay || o->shrink || o->swap)
        return replay_command(o, err);
    if (options_parse(o->n_rest, o->rest, &run_options, &run_help, err))
        code = (int)err->exit_code;
    else if (run_options.strict)
        code = (int)(error_bad_input(err, "--strict: one run shows it; use irqlab run --strict"),
                     err->exit_code);
    else if (!run_options.kernel)
        code = (int)(error_bad_input(err, "-kernel is missing: which guest?"), err->exit_code);
    else
        code = explore(o, &run_options, err);
    options_free(&run_options);
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
