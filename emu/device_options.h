/* SPDX-License-Identifier: GPL-2.0-or-later */
/* -device, by QEMU's names: virtio on its own transports or on PCI, and blobs in memory. */
#ifndef IRQLAB_EMU_DEVICE_OPTIONS_H
#define IRQLAB_EMU_DEVICE_OPTIONS_H

#include "emu/options.h"

/** device_option_add - takes what follows -device. Drives and netdevs come before their device. */
int device_option_add(struct run_options *o, const char *text, struct error *err);
/** device_option_chardev - likewise of -chardev: testdev alone. */
int device_option_chardev(struct run_options *o, const char *text, struct error *err);

#endif
