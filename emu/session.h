/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One run of a guest from options to summary; `run` and `replay` are both one of these. */
#ifndef IRQLAB_EMU_SESSION_H
#define IRQLAB_EMU_SESSION_H

#include "emu/journal.h"
#include "emu/options.h"

/**
 * session_run - builds the machine, runs it, prints what the options ask for.
 * @argv: the options, for a recording
 * @replay: take outside input from there, and compare the end; NULL: live
 * Returns the exit code; on failure *err has the text (exit code in it).
 */
int session_run(const struct run_options *o, int argc, char **argv, struct journal_reader *replay,
                struct error *err);

#endif
