/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a person types behind / and g. */
#include "emu/top/top.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* -- Filters ----------------------------------------------------------------------------------- */

static const struct top_filter everything = {
    .last = UINT32_MAX, .vcpu = VIEW_ANY_VCPU, .verdicts = ~0u};

static bool parse_number(const char *text, const char **end, uint32_t *to)
{
    char *behind;
    unsigned long n;

    if (!isdigit((unsigned char)*text))
        return false;
    errno = 0;
    n = strtoul(text, &behind, 0);
    *end = behind;
    *to = (uint32_t)n;
    return !errno && n <= UINT32_MAX;
}

/* "27", "32-63". */
static bool take_intids(struct top_filter *f, const char *word)
{
    const char *end;

    if (!parse_number(word, &end, &f->first))
        return false;
    f->last = f->first;
    if (*end == '-' && !parse_number(end + 1, &end, &f->last))
        return false;
    return !*end && f->last >= f->first;
}

/* "v1", "vcpu1", "cpu1". */
static bool take_vcpu(struct top_filter *f, const char *word)
{
    static const char *const heads[] = {"vcpu", "cpu", "v"};
    const char *end;
    uint32_t n;

    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        size_t length = strlen(heads[i]);

        if (strncasecmp(word, heads[i], length) || !parse_number(word + length, &end, &n))
            continue;
        f->vcpu = (int)(n & INT32_MAX);
        return !*end;
    }
    return false;
}

/* "blocked": once one is named, only those that are. */
static bool take_verdict(struct top_filter *f, const char *word)
{
    for (enum view_verdict v = VIEW_IDLE; v <= VIEW_BLOCKED; v++) {
        if (strcasecmp(word, top_verdict(v)))
            continue;
        f->verdicts = (f->verdicts == everything.verdicts ? 0 : f->verdicts) | 1u << v;
        return true;
    }
    return false;
}

static bool take_kind(struct top_filter *f, const char *word)
{
    static const char *const kinds[] = {"SGI", "PPI", "SPI", "LPI", "vSGI", "vPPI", "vSPI", "vLPI"};

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (!strcasecmp(word, kinds[i])) {
            strcpy(f->kind, kinds[i]);
            return true;
        }
    }
    return false;
}

bool top_filter_parse(struct top_filter *f, const char *text)
{
    struct top_filter new = everything;
    char words[TOP_INPUT_BYTES], *rest = words, *word;

    snprintf(new.text, sizeof(new.text), "%s", text);
    strcpy(words, new.text);
    while ((word = strsep(&rest, " "))) {
        if (*word && !take_intids(&new, word) && !take_vcpu(&new, word) &&
            !take_verdict(&new, word) && !take_kind(&new, word))
            return false;
    }
    *f = new;
    return true;
}

bool top_filter_intid(const struct top_filter *f, uint32_t intid)
{
    return intid >= f->first && intid <= f->last;
}

bool top_filter_vcpu(const struct top_filter *f, int vcpu)
{
    return f->vcpu < 0 || f->vcpu == vcpu || vcpu == VIEW_ANY_VCPU;
}

/* -- Moments ----------------------------------------------------------------------------------- */

static double unit_ns(const char *name)
{
    static const struct {
        const char *name;
        double ns;
    } units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (!strcmp(name, units[i].name))
            return units[i].ns;
    }
    return 0;
}

/* @by from @now, not before 0. */
static uint64_t moved(uint64_t now, char sign, uint64_t by)
{
    if (sign == '+')
        return now + by;
    if (sign == '-')
        return by < now ? now - by : 0;
    return by;
}

bool top_go_parse(const struct view_frame *f, const char *text, struct top_action *action)
{
    char plain[TOP_INPUT_BYTES] = "", *end;
    char sign = *text == '+' || *text == '-' ? *text++ : 0;
    size_t n = 0;
    double value, unit;

    for (; *text && n < sizeof(plain) - 1; text++) {
        if (*text != ',' && *text != ' ')
            plain[n++] = *text;
    }
    if (!isdigit((unsigned char)plain[0]))
        return false;
    value = strtod(plain, &end);
    unit = unit_ns(end);
    if ((*end && !unit) || (!*end && value != floor(value)) || !(value * (unit ? unit : 1) < 9e18))
        return false;
    *action = (struct top_action){.is = true, .command = *end ? VIEW_GO_NS : VIEW_GO};
    action->argument = *end ? moved(f->now_ns, sign, (uint64_t)llround(value * unit))
                            : moved(f->instructions, sign, (uint64_t)value);
    return true;
}
