/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Arm PrimeCell real-time clock PL031 (DDI 0224). The counter is the host's constant
 * rtc_base_seconds plus virtual time, plus what the guest loaded by RTCLR. Line 0 is RTCINTR.
 *
 * Choices:
 * - The counter runs from power-on, as a battery-backed clock does: RTCCR reads 1, and a device
 * reset (PRESETn) keeps the time but clears the match and interrupt registers.
 * - CLK1HZ ticks at whole seconds of virtual time; RTCLR takes effect at once.
 * - A deadline is held only while the interrupt is unmasked: an idle machine does not wait for a
 *   match that nobody would see. RTCRIS is exact all the same.
 */
#ifndef IRQLAB_EMU_DEV_PL031_H
#define IRQLAB_EMU_DEV_PL031_H

#include "emu/dev/dev.h"

#define PL031_REGION_BYTES 0x1000

/** pl031_create - an RTC after power-on; NULL when memory is out. Freed by ops->destroy. */
struct dev *pl031_create(const struct dev_host *host);

#endif
