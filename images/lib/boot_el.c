/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What BOOT_EL() and BOOT_WITHOUT_GIC() override; in a file of its own so that the compiler folds
 * it nowhere. */
#include "images/lib/smp.h"

__attribute__((weak)) const u32 boot_el = 1;
__attribute__((weak)) const u32 boot_gic = 1;
