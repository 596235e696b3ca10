/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the board's GIC has beyond QEMU's: `-gic KEY=VALUE,...`. The defaults are QEMU's virt with
 * gic-version=3 or 4.
 */
#ifndef IRQLAB_EMU_GIC_OPTIONS_H
#define IRQLAB_EMU_GIC_OPTIONS_H

#include <stdbool.h>

#include "emu/error.h"

struct gic_options {
    unsigned spis, espis, eppis;
    unsigned priority_bits, list_registers, lpi_id_bits;
    unsigned its_device_bits, its_event_bits, its_hw_collections;
    unsigned version; /* enum gic_version, by -machine gic-version= */
    unsigned vpe_id_bits;
    bool its, its_stall, its_umsi, its_vmovp, its_nid, its_svpet;
    bool nmi, mbis, one_of_n, direct_lpi, lpis_stay_enabled, waker, sre, legacy;
};

void gic_options_defaults(struct gic_options *o);

/** gic_options_parse - takes @text, `KEY=VALUE,...`; a bare KEY of a switch means on. */
int gic_options_parse(struct gic_options *o, const char *text, struct error *err);

/** gic_options_help - a static text, one line a key. */
const char *gic_options_help(void);

#endif
