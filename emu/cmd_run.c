/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `irqlab run` and `irqlab replay`. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/commands.h"
#include "emu/session.h"
#include "emu/strict.h"

static int run(struct run_options *o, int argc, char **argv, struct error *err)
{
    char **given = argv;
    int rc = o->configure ? options_configure(o, &argc, &argv, err) : 0;

    if (rc == 0)
        rc = session_run(o, argc, argv, NULL, err);
    else
        rc = rc < 0 ? (int)err->exit_code : IRQLAB_EXIT_OK;
    if (argv != given)
        free(argv);
    return rc;
}

int cmd_run(int argc, char **argv)
{
    struct run_options o;
    struct error err = {0};
    bool help;
    int code;

    if (options_parse(argc, argv, &o, &help, &err)) {
        code = (int)err.exit_code;
    } else if (help) {
        printf("%s\n-gic, each with its default:\n%s\n--choose, 0 unless given:\n%s\n--strict, all "
               "unless given:\n%s",
               options_help(), gic_options_help(), choices_help(), strict_kinds_help());
        code = IRQLAB_EXIT_OK;
    } else {
        code = run(&o, argc, argv, &err);
    }
    if (err.text[0])
        fprintf(stderr, "irqlab run: %s\n", err.text);
    options_free(&o);
    return code;
}

static const char *const replay_help =
    "Usage: irqlab replay FILE [--json[=FILE]] [--trace=KINDS[:FILE]] [-serial SPEC]\n"
    "                     [-gdb tcp:HOST:PORT|unix:PATH] [-S] [--strict[=KIND,...]]\n"
    "Runs a recording of irqlab run --record again, with the same options and input, and checks\n"
    "that it ends with the same instruction count, time and state hash (else exit code 103).\n";

/* The few options that may differ from the recorded ones: they change no state. */
static int take_replay_options(int argc, char **argv, struct run_options *o, struct error *err)
{
    struct run_options extra;
    bool help;
    int rc = options_parse_machine(argc, argv, &extra, &help, err);

    if (rc)
        return rc;
    o->json_wanted = extra.json_wanted;
    o->frozen = extra.frozen;
    char **const swaps[][2] = {{&o->json, &extra.json},
                               {&o->serial, &extra.serial},
                               {&o->gdb, &extra.gdb},
                               {&o->strict, &extra.strict}};

    for (size_t i = 0; i < sizeof(swaps) / sizeof(swaps[0]); i++) {
        char *recorded = *swaps[i][0];

        *swaps[i][0] = *swaps[i][1];
        *swaps[i][1] = recorded;
    }
    options_take_traces(o, &extra);
    options_free(&extra);
    return 0;
}

static int replay_file(const char *path, int argc, char **argv, struct error *err)
{
    struct journal_reader *reader;
    struct run_options o;
    char **recorded;
    int n, code;
    bool help;

    if (journal_open(path, &reader, err))
        return (int)err->exit_code;
    recorded = journal_argv(reader, &n);
    if (options_parse(n, recorded, &o, &help, err) || take_replay_options(argc, argv, &o, err)) {
        code = (int)err->exit_code;
    } else {
        free(o.record);
        o.record = NULL;
        code = session_run(&o, n, recorded, reader, err);
    }
    options_free(&o);
    journal_close(reader);
    return code;
}

int cmd_replay(int argc, char **argv)
{
    struct error err = {0};
    int code;

    if (argc < 2 || !strcmp(argv[1], "--help") || !strcmp(argv[1], "-h")) {
        fputs(replay_help, argc < 2 ? stderr : stdout);
        return argc < 2 ? IRQLAB_EXIT_BAD_INPUT : IRQLAB_EXIT_OK;
    }
    code = replay_file(argv[1], argc - 1, argv + 1, &err);
    if (err.text[0])
        fprintf(stderr, "irqlab replay: %s\n", err.text);
    return code;
}
