/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Fills the board with the devices that the options ask for. */
#ifndef IRQLAB_EMU_DEVICES_H
#define IRQLAB_EMU_DEVICES_H

#include "emu/machine.h"
#include "emu/options.h"

/**
 * devices_create - UART, RTC, GPIO, fw_cfg, flash, 32 virtio slots.
 * @console: the UART's other end (or the virtio console's, when one is asked for); not owned
 */
int devices_create(struct machine *m, const struct run_options *o, struct chardev *console,
                   struct error *err);

#endif
