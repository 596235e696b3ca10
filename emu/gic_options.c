/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/gic_options.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "emu/values.h"

/* Key, field, least, most, what it must be a multiple of, what it says. Switches have most 1. */
#define NUMBERS(X)                                                                                 \
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

#define SWITCHES(X)                                                                                \
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

struct number_key {
    const char *name;
    size_t offset;
    unsigned min, max;
};

struct switch_key {
    const char *name;
    size_t offset;
};

static const struct number_key numbers[] = {
#define X(name, field, min, max, help) {name, offsetof(struct gic_options, field), min, max},
    NUMBERS(X)
#undef X
};

static const struct switch_key switches[] = {
#define X(name, field, help) {name, offsetof(struct gic_options, field)},
    SWITCHES(X)
#undef X
};

const char *gic_options_help(void)
{
    return ""
#define X(name, field, min, max, help) "  " name "=N: " help "\n"
        NUMBERS(X)
#undef X
#define X(name, field, help) "  " name "=on|off: " help "\n"
            SWITCHES(X)
#undef X
                ;
}

void gic_options_defaults(struct gic_options *o)
{
    *o = (struct gic_options){
        .spis = 256,
        .priority_bits = 5,
        .list_registers = 4,
        .lpi_id_bits = 16,
        .its_device_bits = 16,
        .its_event_bits = 16,
        .its = true,
        .its_vmovp = true,
    };
}

static int take_number(void *to, const struct number_key *k, const char *value, struct error *err)
{
    uint64_t n;
    int rc = value_u64("-gic", value, k->min, k->max, &n, err);

    if (rc)
        return error_bad_input(err, "-gic %s: '%s' is not a number from %u to %u", k->name, value,
                               k->min, k->max);
    *(unsigned *)((char *)to + k->offset) = (unsigned)n;
    return 0;
}

static int pair(void *to, const char *key, const char *value, struct error *err)
{
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (!strcmp(key, numbers[i].name))
            return take_number(to, &numbers[i], value, err);
    }
    for (size_t i = 0; i < sizeof(switches) / sizeof(switches[0]); i++) {
        if (!strcmp(key, switches[i].name))
            return value_on_off("-gic", *value ? value : "on",
                                (bool *)((char *)to + switches[i].offset), err);
    }
    return error_bad_input(err, "-gic: '%s' is not known; irqlab run --help lists the keys", key);
}

int gic_options_parse(struct gic_options *o, const char *text, struct error *err)
{
    return value_pairs(text, pair, o, err);
}
