/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The board's PCIe host: its windows on the bus, and the functions that the options ask for. */
#ifndef IRQLAB_EMU_PCIE_H
#define IRQLAB_EMU_PCIE_H

#include "emu/machine.h"
#include "emu/options.h"

/** pcie_create - the host, and each -device ...-pci in the order given, from device 1 up. */
int pcie_create(struct machine *m, const struct run_options *o, struct error *err);

#endif
