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
    "  -S                stand before the first instruction\n"
    "  -gdb SPEC         and let a debugger attach\n"
    "  -serial SPEC      unix:PATH or file:PATH; else the guest's console is shown alone (key "
    "c)\n\n"
    "NO_COLOR=1 in the environment: no colours.\n";

/* "--recording FILE", "--recording=FILE": and nothing else. */
static int take_recording(int argc, char **argv, struct view_options *o, struct error *err)
{
    static const char name[] = "--recording";
    size_t length = sizeof(name) - 1;
    bool joined, split;

    for (int i = 1; i < argc; i++) {
        joined = !strncmp(argv[i], "--recording=", length + 1);
        split = !strcmp(argv[i], name);
        if (!joined && !split)
            continue;
        if (split && i + 1 == argc)
            return error_bad_input(err, "%s: a file is missing", name);
        o->recording = joined ? argv[i] + length + 1 : argv[i + 1];
        if (argc > 2 + split)
            return error_bad_input(err, "%s: the options are those of the recording; give it alone",
                                   name);
    }
    return 0;
}

static bool wants_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
            return true;
    }
    return false;
}

int cmd_top(int argc, char **argv)
{
    struct view_options o = {.command = "top"};
    struct error err = {0};
    int rc;

    if (wants_help(argc, argv)) {
        fputs(help, stdout);
        return IRQLAB_EXIT_OK;
    }
    rc = take_recording(argc, argv, &o, &err);
    o.paused = o.recording != NULL;
    rc = rc ? rc : top_run(&o, argc, argv, &err);
    if (rc)
        fprintf(stderr, "irqlab top: %s\n", err.text);
    return rc ? (int)err.exit_code : IRQLAB_EXIT_OK;
}
