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

/* A feature is there when the 4-bit field is at least `min` (signed fields: 0xf means absent). */
struct feature {
    const char *name;
    uint8_t crm, op2, shift, min;
    bool absent_is_f;
};

/* ID_AA64*_EL1 is (3, 0, 0, crm, op2); DDI 0487 A2 names the features, D19 the fields. */
static const struct feature features[] = {
    {"EL2", 4, 0, 8, 1, false},
    {"EL3", 4, 0, 12, 1, false},
    {"FP", 4, 0, 16, 0, true},
    {"AdvSIMD", 4, 0, 20, 0, true},
    {"FEAT_FP16", 4, 0, 16, 1, true},
    {"GICv3 system registers", 4, 0, 24, 1, false},
    {"FEAT_RAS", 4, 0, 28, 1, false},
    {"FEAT_SVE", 4, 0, 32, 1, false},
    {"FEAT_SEL2", 4, 0, 36, 1, false},
    {"FEAT_BTI", 4, 1, 0, 1, false},
    {"FEAT_AES", 6, 0, 4, 1, false},
    {"FEAT_PMULL", 6, 0, 4, 2, false},
    {"FEAT_SHA1", 6, 0, 8, 1, false},
    {"FEAT_SHA256", 6, 0, 12, 1, false},
    {"FEAT_SHA512", 6, 0, 12, 2, false},
    {"FEAT_CRC32", 6, 0, 16, 1, false},
    {"FEAT_LSE", 6, 0, 20, 2, false},
    {"FEAT_RDM", 6, 0, 28, 1, false},
    {"FEAT_SHA3", 6, 0, 32, 1, false},
    {"FEAT_DotProd", 6, 0, 44, 1, false},
    {"FEAT_FHM", 6, 0, 48, 1, false},
    {"FEAT_FlagM", 6, 0, 52, 1, false},
    {"FEAT_FlagM2", 6, 0, 52, 2, false},
    {"FEAT_RNG", 6, 0, 60, 1, false},
    {"FEAT_DPB", 6, 1, 0, 1, false},
    {"FEAT_PAuth", 6, 1, 4, 1, false},
    {"FEAT_JSCVT", 6, 1, 12, 1, false},
    {"FEAT_FCMA", 6, 1, 16, 1, false},
    {"FEAT_LRCPC", 6, 1, 20, 1, false},
    {"FEAT_FRINTTS", 6, 1, 32, 1, false},
    {"FEAT_SB", 6, 1, 36, 1, false},
    {"FEAT_VHE", 7, 1, 8, 1, false},
    {"FEAT_HPDS", 7, 1, 12, 1, false},
    {"FEAT_LOR", 7, 1, 16, 1, false},
    {"FEAT_PAN", 7, 1, 20, 1, false},
    {"FEAT_VMID16", 7, 1, 4, 2, false},
    {"FEAT_UAO", 7, 2, 4, 1, false},
    {"FEAT_TTCNP", 7, 2, 0, 1, false},
    {"FEAT_TTST", 7, 2, 28, 1, false},
    {"FEAT_ECV", 7, 0, 60, 1, false},
};

static bool has_feature(struct cpu_engine *e, const struct feature *f)
{
    uint64_t value;
    unsigned field;

    if (vcpu_sysreg_raw(e, 0, 3, 0, 0, f->crm, f->op2, &value))
        return false;
    field = (value >> f->shift) & 0xf;
    return f->absent_is_f ? field != 0xf && field >= f->min : field >= f->min;
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
        .ecv = board_has_ecv(o->cpu),
        .sel2 = board_has_sel2(o->cpu, o->virtualization, o->secure),
        .code_buffer_bytes = 1 << 20,
    };
    struct cpu_engine *e;
    const char *why;

    if (!engine_create(&config, &e, &why))
        return e;
    error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "the CPU engine cannot start: %s", why);
    return NULL;
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
           "%s has\n ",
           BOARD_MAX_VCPUS, o->cpu);
    for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
        if (!has_feature(e, &features[i]))
            continue;
        column += strlen(features[i].name) + 2;
        printf("%s%s", column > 90 ? "\n  " : " ", features[i].name);
        if (column > 90)
            column = strlen(features[i].name) + 2;
    }
    printf("\nand not\n  PMU (no counters: they would cost every exception), SVE, pointer "
           "authentication,\n  and what is not named above\n");
}

static void print_json(struct cpu_engine *e, const struct run_options *o)
{
    json_t *list = json_array(), *models = json_array(), *top;

    for (size_t i = 0; i < sizeof(features) / sizeof(features[0]); i++) {
        if (has_feature(e, &features[i]))
            json_array_append_new(list, json_string(features[i].name));
    }
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
        puts("Usage: irqlab info [-cpu MODEL] [-machine virtualization=on,secure=on] [--json]\n"
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
