/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a learner is told behind a check. */
#ifndef IRQLAB_EMU_LESSON_REPORT_H
#define IRQLAB_EMU_LESSON_REPORT_H

#include "emu/lesson/check.h"

/** report_not_yet - what went wrong, and where to look. */
int report_not_yet(const struct desk *d, const struct check *c, struct error *err);

/** report_learned - what was opened. */
void report_learned(const struct lesson *l);

#endif
