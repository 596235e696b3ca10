/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What BOOT_EL() overrides; in a file of its own so that the compiler folds it nowhere. */
#include "images/lib/smp.h"

__attribute__((weak)) const u32 boot_el = 1;
