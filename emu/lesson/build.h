/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A lesson's image, by the compiler and the flags that build irqlab's own (images/guest.flags). */
#ifndef IRQLAB_EMU_LESSON_BUILD_H
#define IRQLAB_EMU_LESSON_BUILD_H

#include "emu/lesson/desk.h"

#define LESSON_COMPILER "aarch64-linux-gnu-gcc"

/**
 * lesson_build - compiles the library if it is older than its sources, then the working copy to
 * @d->image. What the compiler says goes to stdout. @is_good: false if it found errors. The
 * compiler is not there: bad input.
 */
int lesson_build(const struct desk *d, bool *is_good, struct error *err);

#endif
