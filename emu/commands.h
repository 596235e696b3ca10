/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One function per subcommand: argv[0] is the command's name; returns the exit code. */
#ifndef IRQLAB_EMU_COMMANDS_H
#define IRQLAB_EMU_COMMANDS_H

#include "emu/error.h"

int cmd_run(int argc, char **argv);
int cmd_replay(int argc, char **argv);
int cmd_explore(int argc, char **argv);
int cmd_show(int argc, char **argv);
int cmd_merge(int argc, char **argv);
int cmd_info(int argc, char **argv);
int cmd_control(int argc, char **argv);
int cmd_snapshot(int argc, char **argv);
int cmd_why(int argc, char **argv);
int cmd_why_not_again(int argc, char **argv);
int cmd_why_time(int argc, char **argv);
int cmd_lesson(int argc, char **argv);
int cmd_serve(int argc, char **argv);
int cmd_report(int argc, char **argv);
int cmd_top(int argc, char **argv);

#endif
