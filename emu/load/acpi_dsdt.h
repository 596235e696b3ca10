/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IRQLAB_EMU_LOAD_ACPI_DSDT_H
#define IRQLAB_EMU_LOAD_ACPI_DSDT_H

#include "emu/load/acpi.h"
#include "emu/load/aml.h"

/** acpi_dsdt_body - appends the DSDT's AML: the board's devices below \_SB. */
void acpi_dsdt_body(struct aml *a, const struct acpi_board *board);

#endif
