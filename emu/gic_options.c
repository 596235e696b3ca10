/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/gic_options.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "emu/values.h"

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
    GIC_OPTIONS_NUMBERS(X)
#undef X
};

static const struct switch_key switches[] = {
#define X(name, field, help) {name, offsetof(struct gic_options, field)},
    GIC_OPTIONS_SWITCHES(X)
#undef X
};

const char *gic_options_help(void)
{
    return ""
#define X(name, field, min, max, help) "  " name "=N: " help "\n"
        GIC_OPTIONS_NUMBERS(X)
#undef X
#define X(name, field, help) "  " name "=on|off: " help "\n"
            GIC_OPTIONS_SWITCHES(X)
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
        .vpe_id_bits = 16,
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

/* -- By number --------------------------------------------------------------------------------- */

enum {
    N_NUMBERS = sizeof(numbers) / sizeof(numbers[0]),
    N_SWITCHES = sizeof(switches) / sizeof(switches[0])
};

const char *gic_option_name(unsigned n)
{
    if (n < N_NUMBERS)
        return numbers[n].name;
    return n - N_NUMBERS < N_SWITCHES ? switches[n - N_NUMBERS].name : NULL;
}

bool gic_option_takes(unsigned n, uint64_t value)
{
    if (n < N_NUMBERS)
        return value >= numbers[n].min && value <= numbers[n].max;
    return value <= 1;
}

uint64_t gic_option_get(const struct gic_options *o, unsigned n)
{
    if (n < N_NUMBERS)
        return *(const unsigned *)((const char *)o + numbers[n].offset);
    return *(const bool *)((const char *)o + switches[n - N_NUMBERS].offset);
}

void gic_option_set(struct gic_options *o, unsigned n, uint64_t value)
{
    if (n < N_NUMBERS)
        *(unsigned *)((char *)o + numbers[n].offset) = (unsigned)value;
    else
        *(bool *)((char *)o + switches[n - N_NUMBERS].offset) = value != 0;
}
