/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All scenarios, one file for each story; images/races/vmm-NAME tells it, and has the guest. */
#ifndef IRQLAB_EMU_SCENARIOS_H
#define IRQLAB_EMU_SCENARIOS_H

#include "emu/actor.h"

extern const struct scenario restore_last, restore_fixed, hotplug_resync, hotplug_inherit,
    deadline_once, deadline_again, tge_once, tge_again;

#define ACTOR_PROGRAM(title, table)                                                                \
    {                                                                                              \
        .name = (title), .steps = (table), .n_steps = sizeof(table) / sizeof((table)[0]),          \
    }

#endif
