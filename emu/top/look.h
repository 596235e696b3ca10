/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `irqlab top`: a view of a machine on a terminal, from the first frame to the key that quits. */
#ifndef IRQLAB_EMU_TOP_LOOK_H
#define IRQLAB_EMU_TOP_LOOK_H

#include "emu/error.h"
#include "emu/view/view.h"

/**
 * top_run - opens the terminal and the view of @o and @argv, and shows it until a person quits.
 * 0, or a negative errno; the terminal is then as it was.
 */
int top_run(const struct view_options *o, int argc, char **argv, struct error *err);

#endif
