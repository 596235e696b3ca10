/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IRQLAB_EMU_LOAD_SYMBOLS_ELF_H
#define IRQLAB_EMU_LOAD_SYMBOLS_ELF_H

#include <libelf.h>

#include "emu/load/symbols.h"

/**
 * symbols_add_elf - the functions and labels of all symbol tables, @bias added, and sorts.
 * Symbols are a help, not a need: damaged tables are passed over.
 */
void symbols_add_elf(struct symbols *s, Elf *elf, uint64_t bias);

#endif
