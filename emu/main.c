/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <string.h>

#include "emu/commands.h"

struct command {
    const char *name, *what;
    int (*run)(int argc, char **argv);
};

static const struct command commands[] = {
    {"run", "boot a guest", cmd_run},
    {"replay", "run a recording again and check that it ends in the same state", cmd_replay},
    {"top", "watch a guest's interrupts on a terminal: run, step, go back, ask why", cmd_top},
    {"why", "which gate keeps an interrupt from a vCPU, and who closed it", cmd_why},
    {"why-not-again", "why an interrupt that was delivered has not come since", cmd_why_not_again},
    {"why-time", "what a vCPU's counters are made of, and which timer fires next", cmd_why_time},
    {"explore", "search the orders of vCPUs' accesses for one that fails", cmd_explore},
    {"merge", "join what the shards of a sweep have found", cmd_merge},
    {"show", "tell what a schedule that explore has found does, step by step", cmd_show},
    {"lesson", "learn how an interrupt travels, by mending small programs", cmd_lesson},
    {"serve", "see the machine, or a recording, in a browser on this host", cmd_serve},
    {"report", "make a page of a recording that needs nothing else", cmd_report},
    {"info", "what this build can do, or what is in a file", cmd_info},
    {"snapshot", "what is in a file that run --snapshot-at has written", cmd_snapshot},
    {"control", "ask a running irqlab, or command it", cmd_control},
};

static void usage(FILE *out)
{
    fputs("Usage: irqlab COMMAND [OPTION]...\n\nCommands\n", out);
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
        fprintf(out, "  %-13s %s\n", commands[i].name, commands[i].what);
    fputs("\nirqlab COMMAND --help tells more; man irqlab (in the source tree: man emu/irqlab.1) "
          "tells "
          "all.\n",
          out);
}

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";

    if (!strcmp(name, "--version") || !strcmp(name, "version")) {
        puts("irqlab " IRQLAB_VERSION);
        return IRQLAB_EXIT_OK;
    }
    if (!strcmp(name, "--help") || !strcmp(name, "-h") || !strcmp(name, "help")) {
        usage(stdout);
        return IRQLAB_EXIT_OK;
    }
    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (!strcmp(name, commands[i].name))
            return commands[i].run(argc - 1, argv + 1);
    }
    if (*name)
        fprintf(stderr, "irqlab: '%s' is not a command; try irqlab --help\n", name);
    else
        usage(stderr);
    return IRQLAB_EXIT_BAD_INPUT;
}
