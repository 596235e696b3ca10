/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm PrimeCell GPIO PL061 (DDI 0190), with the `virt` board's power key on input 3: active high,
 * as the device tree's gpio-keys node says. Line 0 is GPIOINTR.
 *
 * Choices: inputs that nothing drives read 0; a pressed power key is held for 100 ms of virtual
 * time, so that the guest sees both edges; outputs drive nothing.
 */
#ifndef IRQLAB_EMU_DEV_PL061_H
#define IRQLAB_EMU_DEV_PL061_H

#include "emu/dev/dev.h"

#define PL061_REGION_BYTES    0x1000
#define PL061_POWER_KEY_INPUT 3
#define PL061_KEY_HELD_NS     UINT64_C(100000000)

/** pl061_create - a GPIO block after reset; NULL when memory is out. Freed by ops->destroy. */
struct dev *pl061_create(const struct dev_host *host);

#endif
