/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/scenarios/scenarios.h"

const struct scenario *const scenarios[] = {
    &restore_last,  &restore_fixed,  &hotplug_resync, &hotplug_inherit,
    &deadline_once, &deadline_again, &tge_once,       &tge_again,
};
const unsigned n_scenarios = sizeof(scenarios) / sizeof(scenarios[0]);
