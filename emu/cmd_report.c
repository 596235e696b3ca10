/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `irqlab report FILE.html`: a recording as a page that needs nothing else. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/commands.h"
#include "emu/report/report.h"
#include "emu/whole_file.h"

static const char *const help =
    "Usage: irqlab report FILE.html --recording REC [OPTION]...\n"
    "Writes a page about the recording REC of irqlab run --record: the GIC as a drawing, all "
    "vCPUs\n"
    "over time, every interrupt that waits and the gate that is closed to it, at moments that one\n"
    "slides over; one file, for any browser, without a network and without irqlab.\n\n"
    "  --recording REC  what irqlab run --record has written\n"
    "  --frames N       at most N moments, 2 to 5000 (default 200): where an interrupt becomes\n"
    "                   blocked or is so no more, and others between\n"
    "  --symbols FILE   more names for addresses: an ELF, a System.map, or /proc/kallsyms\n\n"
    "Exit code: 0; 103 the replay diverged; 120 bad input; 121 host out of resources.\n";

static int take_frames(const char *text, struct report_options *o, struct error *err)
{
    char *end;
    unsigned long n = strtoul(text, &end, 10);

    if (*text < '0' || *text > '9' || *end || n < 2 || n > REPORT_MAX_FRAMES)
        return error_bad_input(err, "--frames: %s is no number from 2 to %d", text,
                               REPORT_MAX_FRAMES);
    o->n_frames = (unsigned)n;
    return 0;
}

static int take_option(int c, char **argv, struct report_options *o, bool *wants_help,
                       struct error *err)
{
    switch (c) {
    case 'r':
        o->recording = optarg;
        return 0;
    case 's':
        o->symbols = optarg;
        return 0;
    case 'f':
        return take_frames(optarg, o, err);
    case 'h':
        *wants_help = true;
        return 0;
    case ':':
        return error_bad_input(err, "%s: a value is missing", argv[optind - 1]);
    default:
        return error_bad_input(err, "%s: not known; try --help", argv[optind - 1]);
    }
}

static int take_options(int argc, char **argv, struct report_options *o, bool *wants_help,
                        struct error *err)
{
    static const struct option options[] = {{"recording", required_argument, NULL, 'r'},
                                            {"frames", required_argument, NULL, 'f'},
                                            {"symbols", required_argument, NULL, 's'},
                                            {"help", no_argument, NULL, 'h'},
                                            {0}};
    int c, rc = 0;

    opterr = 0;
    while (!rc && (c = getopt_long(argc, argv, ":h", options, NULL)) != -1)
        rc = take_option(c, argv, o, wants_help, err);
    if (rc || *wants_help)
        return rc;
    if (optind + 1 != argc)
        return error_bad_input(err, "%s; irqlab report FILE.html --recording REC",
                               optind == argc ? "where to? Give a file's name"
                                              : "one file's name is enough");
    o->output = argv[optind];
    if (!o->recording)
        return error_bad_input(err, "of what? Give --recording REC; irqlab run --record REC "
                                    "writes one");
    return 0;
}

struct written {
    size_t n_moments, n_left_out, n_events;
};

static void tell(const struct report_options *o, const struct written *w)
{
    size_t n = w->n_moments - w->n_left_out;

    printf("%s: %zu moments, %zu events\n", o->output, n, w->n_events);
    if (w->n_left_out)
        fprintf(stderr,
                "irqlab report: the last %zu moments are left out: the file would be too large; "
                "try --frames %zu\n",
                w->n_left_out, n / 2 + 2);
}

static int write_page(const struct report_options *o, FILE *out, struct written *w,
                      struct error *err)
{
    struct report_moments moments;
    struct view_event *events;
    json_t *data = NULL;
    int rc = report_choose(o, &moments, &events, &w->n_events, err);

    w->n_moments = moments.n;
    rc = rc ? rc : report_data(o, &moments, events, w->n_events, &data, &w->n_left_out, err);
    rc = rc ? rc : report_html(data, out, err);
    json_decref(data);
    free(events);
    free(moments.at);
    return rc;
}

/* The file first: who cannot write it hears so before the recording is run three times. */
static int report(const struct report_options *o, struct error *err)
{
    struct whole_file out;
    struct written w = {0};
    int rc = whole_file_open(&out, o->output, "FILE.html", err);

    if (rc)
        return rc;
    rc = write_page(o, out.file, &w, err);
    if (rc)
        whole_file_abandon(&out);
    else
        rc = whole_file_finish(&out, "FILE.html", err);
    if (!rc)
        tell(o, &w);
    return rc;
}

int cmd_report(int argc, char **argv)
{
    struct error err = {0};
    struct report_options o = {.n_frames = REPORT_FRAMES};
    bool wants_help = false;
    int rc = take_options(argc, argv, &o, &wants_help, &err);

    if (!rc && wants_help)
        fputs(help, stdout);
    else if (!rc)
        rc = report(&o, &err);
    if (err.text[0])
        fprintf(stderr, "irqlab report: %s\n", err.text);
    return rc ? (int)err.exit_code : IRQLAB_EXIT_OK;
}
