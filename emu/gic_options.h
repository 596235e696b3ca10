/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the board's GIC has beyond QEMU's: `-gic KEY=VALUE,...`. The defaults are QEMU's virt with
 * gic-version=3 or 4.
 */
#ifndef IRQLAB_EMU_GIC_OPTIONS_H
#define IRQLAB_EMU_GIC_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "emu/error.h"

/* Key, field, least, most, what it must be a multiple of, what it says. Switches have most 1. */
#define GIC_OPTIONS_NUMBERS(X)                                                                     \
    X("spis", spis, 64, 988, "SPIs: a multiple of 32 up to 960, or 988 (default 256)")             \
    X("espis", espis, 0, 1024, "extended SPIs from INTID 4096: a multiple of 32 (default 0)")      \
    X("eppis", eppis, 0, 64, "extended PPIs from INTID 1056: 0, 32 or 64 (default 0)")             \
    X("priority-bits", priority_bits, 4, 8, "4 to 8; 5 to 8 with secure=on (default 5)")           \
    X("list-registers", list_registers, 1, 16, "ICH_LR<n>_EL2 (default 4; KVM needs 2)")           \
    X("lpi-id-bits", lpi_id_bits, 14, 24, "INTID bits with LPIs, 14 to 24 (default 16)")           \
    X("its-device-bits", its_device_bits, 1, 32, "DeviceID bits (default 16)")                     \
    X("its-event-bits", its_event_bits, 1, 32, "EventID bits (default 16)")                        \
    X("its-hw-collections", its_hw_collections, 0, 255, "GITS_TYPER.HCC (default 0)")              \
    X("vpe-id-bits", vpe_id_bits, 1, 16, "GICv4.1: bits of a vPEID (default 16)")

#define GIC_OPTIONS_SWITCHES(X)                                                                    \
    X("its", its, "LPIs and an ITS (default on, also -machine its=)")                              \
    X("its-vmovp", its_vmovp, "GICv4: GITS_TYPER.VMOVP (default on)")                              \
    X("its-nid", its_nid, "GICv4.1: GITS_TYPER.nID, no individual doorbells (default off)")        \
    X("its-svpet", its_svpet, "GICv4.1: the vPE table is shared, GITS_TYPER.SVPET (default off)")  \
    X("its-stall", its_stall, "a bad command stops the queue (default off: it is skipped)")        \
    X("its-umsi", its_umsi, "GITS_STATUSR.UMSI, GITS_UMSIR: messages nobody mapped (default off)") \
    X("nmi", nmi, "FEAT_GICv3_NMI, FEAT_NMI with -cpu max (default off)")                          \
    X("mbis", mbis, "GICD_SETSPI_NSR and its kin (default off)")                                   \
    X("one-of-n", one_of_n, "GICD_IROUTER.Interrupt_Routing_Mode = 1 (default off)")               \
    X("direct-lpi", direct_lpi, "GICR_SETLPIR, GICR_CLRLPIR (default off)")                        \
    X("lpis-stay-enabled", lpis_stay_enabled, "GICR_CTLR.CES = 0 (default off)")                   \
    X("waker", waker, "GICR_WAKER.ProcessorSleep holds interrupts back (default off)")             \
    X("legacy", legacy, "GICD_CTLR.ARE and ICC_SRE_ELx reset to 0, GICC, -smp 8 (default off)")    \
    X("sre", sre, "ICC_SRE_ELx are writable and reset to 0 (default off: RAO/WI)")

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

/**
 * gic_option_* - the @n-th key of both lists above, numbers first: its name, NULL beyond the last;
 * what it may be; its value.
 */
const char *gic_option_name(unsigned n);
bool gic_option_takes(unsigned n, uint64_t value);
uint64_t gic_option_get(const struct gic_options *o, unsigned n);
void gic_option_set(struct gic_options *o, unsigned n, uint64_t value);

#endif
