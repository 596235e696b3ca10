/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `irqlab show FILE`: the run that a schedule describes, as a story, a picture or JSON. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "emu/commands.h"
#include "emu/explore/story.h"
#include "emu/whole_file.h"

enum { NEAR = 12, LONG = 200 };

static const char *const help =
    "Usage: irqlab show [OPTION]... FILE [OPTION of irqlab run]...\n"
    "Runs the schedule in FILE and tells what happened: a column for each vCPU, each event with "
    "its\n"
    "value and source line, handlers, where the schedule deviates from the plain one, and the two\n"
    "events whose order decides. Exit code 0; 103: the schedule cannot be followed.\n\n"
    "  --svg OUT   a picture instead\n"
    "  --json      as JSON instead, all of it\n"
    "  --all       all steps of a long run, not those alone that are near to what decides\n\n"
    "With another image (-kernel ...) behind FILE, deviations are found by function, access and\n"
    "count, as irqlab explore --replay does.\n";

struct show {
    const char *svg, *file;
    bool json, all, help;
    int n_taken; /* words of ours; the rest is irqlab run's */
};

static int take_option(int c, char **argv, struct show *o, struct error *err)
{
    if (c == '?')
        return error_bad_input(err, "%s: not known; try --help", argv[optind - 1]);
    if (c == ':')
        return error_bad_input(err, "%s: a value is missing", argv[optind - 1]);
    if (c == 's')
        o->svg = optarg;
    o->json |= c == 'j';
    o->all |= c == 'a';
    o->help |= c == 'h';
    return 0;
}

static bool is_ours(const char *word)
{
    return word &&
           (!strncmp(word, "--svg", 5) || !strcmp(word, "--json") || !strcmp(word, "--all"));
}

/* Ours may stand behind the file, too, ahead of those of irqlab run. */
static int take_options(int argc, char **argv, struct show *o, struct error *err)
{
    static const struct option options[] = {{"svg", required_argument, NULL, 's'},
                                            {"json", no_argument, NULL, 'j'},
                                            {"all", no_argument, NULL, 'a'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    int c, rc = 0;

    opterr = 0;
    while (!rc && (c = getopt_long(argc, argv, "+:h", options, NULL)) != -1)
        rc = take_option(c, argv, o, err);
    if (rc || o->help)
        return rc;
    if (optind == argc)
        return error_bad_input(err, "which schedule? Give its file; irqlab explore writes such");
    o->file = argv[optind++];
    while (!rc && is_ours(argv[optind]) &&
           (c = getopt_long(argc, argv, "+:h", options, NULL)) != -1)
        rc = take_option(c, argv, o, err);
    o->n_taken = optind - 1;
    return rc;
}

static int write_svg(const struct story *s, const char *path, struct error *err)
{
    struct whole_file out;
    int rc = whole_file_open(&out, path, "--svg", err);

    if (rc)
        return rc;
    story_svg(s, out.file);
    return whole_file_finish(&out, "--svg", err);
}

static int write_json(const struct story *s, struct error *err)
{
    json_t *json = story_json(s);

    if (!json)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for JSON");
    json_dumpf(json, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(json);
    return 0;
}

static int put(struct story *s, const struct show *o, struct error *err)
{
    int rc = 0;

    if (!o->json && !o->all && s->count > LONG)
        rc = story_part(s, NEAR, err);
    if (rc)
        return rc;
    if (o->json)
        return write_json(s, err);
    if (o->svg)
        return write_svg(s, o->svg, err);
    story_text(s, stdout);
    return 0;
}

static int show(const struct show *o, int argc, char **argv, struct error *err)
{
    struct explore_options more = explore_options_default();
    struct replay r;
    struct story s;
    int rc = explore_options_parse(argc - o->n_taken, argv + o->n_taken, &more, err);

    rc = rc ? rc : replay_open(&r, o->file, &more, err);
    if (rc)
        return (int)err->exit_code;
    rc = story_tell(&s, &r, err);
    if (!rc) {
        rc = put(&s, o, err);
        if (!rc && s.outcome.diverged)
            rc = error_set(err, IRQLAB_EXIT_DIVERGENCE, -EILSEQ, "%s: %s", o->file,
                           explorer_mismatch(r.x));
        story_clear(&s);
    }
    replay_close(&r);
    return rc ? (int)err->exit_code : IRQLAB_EXIT_OK;
}

int cmd_show(int argc, char **argv)
{
    struct error err = {0};
    struct show o = {0};
    int code = take_options(argc, argv, &o, &err) ? (int)err.exit_code : IRQLAB_EXIT_OK;

    if (!code && o.help)
        fputs(help, stdout);
    else if (!code)
        code = show(&o, argc, argv, &err);
    if (err.text[0])
        fprintf(stderr, "irqlab show: %s\n", err.text);
    return code;
}
