/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `irqlab info [-cpu MODEL] [-machine virtualization=on] [--json]`: which architecture features the
 * core has. Read from the ID registers that a guest would read, so that it cannot say anything
 * else.
 */
#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "cpu/cpu.h"
#include "emu/board.h"
#include "emu/commands.h"
#include "emu/options.h"
#include "gic/gic.h"

enum id_reg {
    PFR0,
    PFR1,
    ZFR0,
    SMFR0,
    DFR0,
    DFR1,
    ISAR0,
    ISAR1,
    ISAR2,
    MMFR0,
    MMFR1,
    MMFR2,
    MMFR3
};

/* ID_AA64<name>_EL1 is (3, 0, 0, crm, op2). */
static const struct {
    const char *name;
    uint8_t crm, op2;
} id_regs[] = {
    [PFR0] = {"PFR0", 4, 0},   [PFR1] = {"PFR1", 4, 1},   [ZFR0] = {"ZFR0", 4, 4},
    [SMFR0] = {"SMFR0", 4, 5}, [DFR0] = {"DFR0", 5, 0},   [DFR1] = {"DFR1", 5, 1},
    [ISAR0] = {"ISAR0", 6, 0}, [ISAR1] = {"ISAR1", 6, 1}, [ISAR2] = {"ISAR2", 6, 2},
    [MMFR0] = {"MMFR0", 7, 0}, [MMFR1] = {"MMFR1", 7, 1}, [MMFR2] = {"MMFR2", 7, 2},
    [MMFR3] = {"MMFR3", 7, 3},
};

enum { N_ID_REGS = sizeof(id_regs) / sizeof(id_regs[0]) };

/*
 * A feature is there when the 4-bit field is at least `min` (where absent_is_f: and not 0xf). DDI
 * 0487 A2 names the features, D19 the fields. A field that is not 0 and has no row here is named as
 * it is, so that nothing is kept back.
 */
struct feature {
    const char *name;
    enum id_reg reg;
    uint8_t shift, min;
    bool absent_is_f;
};

static const struct feature features[] = {
    {"AArch64", PFR0, 0, 1, false},
    {"AArch32 at EL0", PFR0, 0, 2, false},
    {"EL1", PFR0, 4, 1, false},
    {"AArch32 at EL1", PFR0, 4, 2, false},
    {"EL2", PFR0, 8, 1, false},
    {"AArch32 at EL2", PFR0, 8, 2, false},
    {"EL3", PFR0, 12, 1, false},
    {"AArch32 at EL3", PFR0, 12, 2, false},
    {"FP", PFR0, 16, 0, true},
    {"FEAT_FP16", PFR0, 16, 1, true},
    {"AdvSIMD", PFR0, 20, 0, true},
    {"GICv3 system registers", PFR0, 24, 1, false},
    {"GICv4.1 system registers", PFR0, 24, 3, false},
    {"FEAT_RAS", PFR0, 28, 1, false},
    {"FEAT_SVE", PFR0, 32, 1, false},
    {"FEAT_SEL2", PFR0, 36, 1, false},
    {"FEAT_MPAM", PFR0, 40, 1, false},
    {"FEAT_AMUv1", PFR0, 44, 1, false},
    {"FEAT_DIT", PFR0, 48, 1, false},
    {"FEAT_RME", PFR0, 52, 1, false},
    {"FEAT_CSV2", PFR0, 56, 1, false},
    {"FEAT_CSV3", PFR0, 60, 1, false},
    {"FEAT_BTI", PFR1, 0, 1, false},
    {"FEAT_SSBS", PFR1, 4, 1, false},
    {"FEAT_SSBS2", PFR1, 4, 2, false},
    {"FEAT_MTE", PFR1, 8, 1, false},
    {"FEAT_NMI", PFR1, 36, 1, false},
    {"Armv8 debug", DFR0, 0, 6, false},
    {"FEAT_Debugv8p2", DFR0, 0, 8, false},
    {"FEAT_DoubleLock", DFR0, 36, 0, true},
    {"FEAT_PMUv3", DFR0, 8, 1, true},
    {"FEAT_AES", ISAR0, 4, 1, false},
    {"FEAT_PMULL", ISAR0, 4, 2, false},
    {"FEAT_SHA1", ISAR0, 8, 1, false},
    {"FEAT_SHA256", ISAR0, 12, 1, false},
    {"FEAT_SHA512", ISAR0, 12, 2, false},
    {"FEAT_CRC32", ISAR0, 16, 1, false},
    {"FEAT_LSE", ISAR0, 20, 2, false},
    {"FEAT_RDM", ISAR0, 28, 1, false},
    {"FEAT_SHA3", ISAR0, 32, 1, false},
    {"FEAT_SM3", ISAR0, 36, 1, false},
    {"FEAT_SM4", ISAR0, 40, 1, false},
    {"FEAT_DotProd", ISAR0, 44, 1, false},
    {"FEAT_FHM", ISAR0, 48, 1, false},
    {"FEAT_FlagM", ISAR0, 52, 1, false},
    {"FEAT_FlagM2", ISAR0, 52, 2, false},
    {"FEAT_TLBIOS", ISAR0, 56, 1, false},
    {"FEAT_TLBIRANGE", ISAR0, 56, 2, false},
    {"FEAT_RNG", ISAR0, 60, 1, false},
    {"FEAT_DPB", ISAR1, 0, 1, false},
    {"FEAT_DPB2", ISAR1, 0, 2, false},
    {"FEAT_PAuth", ISAR1, 4, 1, false},
    {"FEAT_JSCVT", ISAR1, 12, 1, false},
    {"FEAT_FCMA", ISAR1, 16, 1, false},
    {"FEAT_LRCPC", ISAR1, 20, 1, false},
    {"FEAT_LRCPC2", ISAR1, 20, 2, false},
    {"FEAT_FRINTTS", ISAR1, 32, 1, false},
    {"FEAT_SB", ISAR1, 36, 1, false},
    {"FEAT_SPECRES", ISAR1, 40, 1, false},
    {"FEAT_WFxT", ISAR2, 0, 2, false},
    {"16-bit ASIDs", MMFR0, 4, 2, false},
    {"FEAT_MixedEnd", MMFR0, 8, 1, false},
    {"Secure memory", MMFR0, 12, 1, false},
    {"16 KiB granules", MMFR0, 20, 1, false},
    {"64 KiB granules", MMFR0, 24, 0, true},
    {"4 KiB granules", MMFR0, 28, 0, true},
    {"FEAT_FGT", MMFR0, 56, 1, false},
    {"FEAT_ECV", MMFR0, 60, 1, false},
    {"CNTPOFF_EL2", MMFR0, 60, 2, false},
    {"FEAT_HAFDBS", MMFR1, 0, 1, false},
    {"FEAT_VMID16", MMFR1, 4, 2, false},
    {"FEAT_VHE", MMFR1, 8, 1, false},
    {"FEAT_HPDS", MMFR1, 12, 1, false},
    {"FEAT_LOR", MMFR1, 16, 1, false},
    {"FEAT_PAN", MMFR1, 20, 1, false},
    {"FEAT_PAN2", MMFR1, 20, 2, false},
    {"FEAT_XNX", MMFR1, 28, 1, false},
    {"FEAT_HCX", MMFR1, 40, 1, false},
    {"FEAT_TTCNP", MMFR2, 0, 1, false},
    {"FEAT_UAO", MMFR2, 4, 1, false},
    {"FEAT_NV", MMFR2, 24, 1, false},
    {"FEAT_NV2", MMFR2, 24, 2, false},
    {"FEAT_TTST", MMFR2, 28, 1, false},
    {"FEAT_LSE2", MMFR2, 32, 1, false},
    {"FEAT_S2FWB", MMFR2, 40, 1, false},
    {"FEAT_EVT", MMFR2, 56, 1, false},
    {"FEAT_E0PD", MMFR2, 60, 1, false},
};

enum { N_FEATURES = sizeof(features) / sizeof(features[0]) };

/* Fields that are numbers: how many, less one; or a code. */
static const struct number {
    const char *format;
    enum id_reg reg;
    uint8_t shift;
    uint8_t meaning[8]; /* of a code; all 0: the field plus 1 */
} numbers[] = {
    {"%u breakpoints", DFR0, 12, {0}},
    {"%u watchpoints", DFR0, 20, {0}},
    {"%u context breakpoints", DFR0, 28, {0}},
    {"%u-bit physical addresses", MMFR0, 0, {32, 36, 40, 42, 44, 48, 52, 56}},
};

enum { N_NUMBERS = sizeof(numbers) / sizeof(numbers[0]) };

static unsigned field_of(struct cpu_engine *e, enum id_reg reg, unsigned shift)
{
    uint64_t value;

    if (vcpu_sysreg_raw(e, 0, 3, 0, 0, id_regs[reg].crm, id_regs[reg].op2, &value))
        return 0;
    return (value >> shift) & 0xf;
}

static bool has_feature(struct cpu_engine *e, const struct feature *f)
{
    unsigned field = field_of(e, f->reg, f->shift);

    return f->absent_is_f ? field != 0xf && field >= f->min : field >= f->min;
}

static bool is_known(enum id_reg reg, unsigned shift)
{
    bool known = false;

    for (size_t i = 0; i < N_FEATURES; i++)
        known |= features[i].reg == reg && features[i].shift == shift;
    for (size_t i = 0; i < N_NUMBERS; i++)
        known |= numbers[i].reg == reg && numbers[i].shift == shift;
    return known;
}

typedef void name_fn(void *opaque, const char *name);

/* Every claim of the ID registers, by name. */
static void each_claim(struct cpu_engine *e, name_fn *fn, void *opaque)
{
    char text[64];

    for (size_t i = 0; i < N_FEATURES; i++)
        if (has_feature(e, &features[i]))
            fn(opaque, features[i].name);
    for (size_t i = 0; i < N_NUMBERS; i++) {
        const struct number *n = &numbers[i];
        unsigned field = field_of(e, n->reg, n->shift);

        snprintf(text, sizeof(text), n->format, n->meaning[0] ? n->meaning[field & 7] : field + 1);
        fn(opaque, text);
    }
    for (unsigned reg = 0; reg < N_ID_REGS; reg++)
        for (unsigned shift = 0; shift < 64; shift += 4) {
            unsigned field = field_of(e, (enum id_reg)reg, shift);

            if (field == 0 || is_known((enum id_reg)reg, shift))
                continue;
            snprintf(text, sizeof(text), "ID_AA64%s_EL1[%u:%u]=%u", id_regs[reg].name, shift + 3,
                     shift, field);
            fn(opaque, text);
        }
}

static struct cpu_engine *open_engine(const struct run_options *o, struct error *err)
{
    static const uint64_t mpidr[1];
    struct cpu_engine_config config = {
        .model = o->cpu,
        .n_vcpus = 1,
        .mpidr = mpidr,
        .has_el2 = o->virtualization,
        .has_el3 = o->secure,
        .gic_v41 = o->gic.version == GIC_VERSION_4_1,
        .ecv = board_has_ecv(o->cpu),
        .sel2 = board_has_sel2(o->cpu, o->virtualization, o->secure),
        .nmi = board_has_nmi(o->cpu, o->gic.nmi),
        .code_buffer_bytes = 1 << 20,
    };
    struct cpu_engine *e;
    const char *why;

    if (!engine_create(&config, &e, &why))
        return e;
    error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "the CPU engine cannot start: %s", why);
    return NULL;
}

/* Names in lines of 90 columns. */
static void print_name(void *opaque, const char *name)
{
    size_t *column = opaque, width = strlen(name) + 2;

    if (*column + width > 90) {
        printf(",\n  %s", name);
        *column = width;
        return;
    }
    printf("%s%s", *column ? ", " : "  ", name);
    *column += width;
}

static void print_text(struct cpu_engine *e, const struct run_options *o)
{
    size_t column = 0;

    printf("irqlab %s\n"
           "engine      Unicorn 2.1.4 (QEMU 5.0.1's TCG), patched, static\n"
           "CPU models ",
           IRQLAB_VERSION);
    for (const char *const *name = engine_model_names(); *name; name++)
        printf(" %s", *name);
    printf("\nboard       QEMU virt: GICv3, PL011, PL031, PL061, virtio-mmio, flash, fw_cfg\n"
           "vCPUs       1 to %d, RAM 1 MiB to 64 GiB\n"
           "%s has\n",
           BOARD_MAX_VCPUS, o->cpu);
    each_claim(e, print_name, &column);
    printf("\nand not\n  PMU (no counters: they would cost every exception), SVE, pointer "
           "authentication,\n  AArch32 above EL0, and what is not named above\n");
}

static void append_name(void *opaque, const char *name)
{
    json_array_append_new(opaque, json_string(name));
}

static void print_json(struct cpu_engine *e, const struct run_options *o)
{
    json_t *list = json_array(), *models = json_array(), *top;

    each_claim(e, append_name, list);
    for (const char *const *name = engine_model_names(); *name; name++)
        json_array_append_new(models, json_string(*name));
    top = json_pack("{s:s, s:s, s:s, s:o, s:o, s:i}", "version", IRQLAB_VERSION, "engine",
                    "unicorn 2.1.4", "cpu", o->cpu, "features", list, "cpu_models", models,
                    "max_vcpus", BOARD_MAX_VCPUS);
    json_dumpf(top, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(top);
}

int cmd_info(int argc, char **argv)
{
    struct run_options o;
    struct error err = {0};
    struct cpu_engine *e;
    bool help;

    if (options_parse_machine(argc, argv, &o, &help, &err))
        goto failed;
    if (help) {
        puts("Usage: irqlab info [-cpu MODEL] [-machine virtualization=on,secure=on] [-gic nmi]\n"
             "                   [--json]\n"
             "Prints what this build has, and the architecture features of the CPU model.");
        options_free(&o);
        return IRQLAB_EXIT_OK;
    }
    e = open_engine(&o, &err);
    if (!e)
        goto failed;
    (o.json_wanted ? print_json : print_text)(e, &o);
    engine_destroy(e);
    options_free(&o);
    return IRQLAB_EXIT_OK;
failed:
    fprintf(stderr, "irqlab info: %s\n", err.text);
    options_free(&o);
    return err.exit_code;
}
