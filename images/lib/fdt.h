/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Just enough of the flattened device tree (Devicetree Specification 0.4, chapter 5).
 */
#ifndef IMAGES_LIB_FDT_H
#define IMAGES_LIB_FDT_H

#include "images/lib/cpu.h"

/** fdt_is_valid - the magic and a known layout version are there. */
bool fdt_is_valid(const void *fdt);

/** fdt_string - property @name of the first node called @node (unit address aside), or NULL. */
const char *fdt_string(const void *fdt, const char *node, const char *name);

/** bootarg_u64 - the number after "@key=" in /chosen bootargs; @fallback when it is not there. */
u64 bootarg_u64(const char *key, u64 fallback);

#endif
