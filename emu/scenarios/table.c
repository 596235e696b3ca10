/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/scenarios/scenarios.h"

const struct scenario *const scenarios[] = {
#define X(id) &id,
    SCENARIOS(X)
#undef X
};
const unsigned n_scenarios = sizeof(scenarios) / sizeof(scenarios[0]);
