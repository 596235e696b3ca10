/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `irqlab top`: vCPUs, interrupts with the gates that hold them, timers and events on a terminal.
 */
#include <stdio.h>
#include <string.h>

#include "emu/commands.h"
#include "emu/top/look.h"

static const char help[] =
    "Usage: irqlab top [OPTION of irqlab run]...\n"
    "       irqlab top --recording FILE\n"
    "Shows a guest while it runs, or a recording of irqlab run --record: each interrupt that is "
    "not\n"
    "idle with the gate that it stands at, vCPUs with their priority masks, timers, events. Keys\n"
    "pause, step and go back; w tells why an interrupt is not taken; ? tells all keys, q quits.\n\n"
    "  --recording FILE  look at a recording\n"
    "  --paused          stand before the first instruction\n"
    "  -gdb SPEC         let a debugger attach, and say what runs as long as it is\n"
    "  -serial SPEC      unix:PATH or file:PATH; else the guest's console is shown alone (key "
    "c)\n\n"
    "NO_COLOR=1 in the environment: no colours.\n";

struct top_options {
    struct view_options view;
    bool help;
    int n_rest; /* words of argv that are irqlab run's, moved to its front */
};

/* argv[*i], and its value if it has one; what is not ours goes to the rest. */
static int take_word(struct top_options *o, int argc, char **argv, int *i, struct error *err)
{
    static const char recording[] = "--recording";
    char *word = argv[*i];
    size_t length = sizeof(recording) - 1;

    if (!strcmp(word, "--help") || !strcmp(word, "-h"))
        o->help = true;
    else if (!strcmp(word, "--paused"))
        o->view.paused = true;
    else if (!strncmp(word, "--recording=", length + 1))
        o->view.recording = word + length + 1;
    else if (strcmp(word, recording))
        argv[o->n_rest++] = word;
    else if (*i + 1 < argc)
        o->view.recording = argv[++*i];
    else
        return error_bad_input(err, "%s: a file is missing", recording);
    return 0;
}

static int parse(int argc, char **argv, struct top_options *o, struct error *err)
{
    int rc = 0;

    for (int i = 1; !rc && i < argc; i++)
        rc = take_word(o, argc, argv, &i, err);
    if (!rc && !o->help && o->view.recording && o->n_rest > 1)
        return error_bad_input(err,
                               "%s: a recording has its own options; --recording FILE stands "
                               "alone",
                               argv[1]);
    o->view.paused |= o->view.recording != NULL;
    return rc;
}

int cmd_top(int argc, char **argv)
{
    struct top_options o = {.view = {.command = "top"}, .n_rest = 1};
    struct error err = {0};
    int rc = parse(argc, argv, &o, &err);

    if (!rc && o.help) {
        fputs(help, stdout);
        return IRQLAB_EXIT_OK;
    }
    rc = rc ? rc : top_run(&o.view, o.n_rest, argv, &err);
    if (rc)
        fprintf(stderr, "irqlab top: %s\n", err.text);
    return rc ? (int)err.exit_code : IRQLAB_EXIT_OK;
}
