/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What --trace= says: KINDS[,SETTING...][:FILE], where SETTING is format=NAME, intid=RANGES or
 * vcpu=RANGES, and RANGES are A or A-B with + between them. Without format= the file's name says.
 */
#include "emu/trace/internal.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const char *const trace_kind_names[TRACE_N_KINDS] = {
#define X(id, name, help) name,
    TRACE_KINDS(X)
#undef X
};

static const struct trace_format *const formats[] = {
    &trace_text, &trace_jsonl,    &trace_tarmac,       &trace_vcd,
    &trace_fst,  &trace_perfetto, &trace_latency_text, &trace_latency_svg};

enum { N_FORMATS = sizeof(formats) / sizeof(formats[0]) };

/* A piece of the text: no end of its own. */
struct piece {
    const char *at;
    size_t length;
};

static bool is(const struct piece *p, const char *text)
{
    return strlen(text) == p->length && !strncmp(text, p->at, p->length);
}

static bool take_number(const char **at, const char *end, uint32_t *out)
{
    uint64_t n = 0;
    const char *p = *at;

    for (; p < end && isdigit((unsigned char)*p) && n <= UINT32_MAX; p++)
        n = n * 10 + (uint64_t)(*p - '0');
    if (p == *at || n > UINT32_MAX)
        return false;
    *out = (uint32_t)n;
    *at = p;
    return true;
}

static bool take_range(const char **at, const char *end, struct trace_ranges *out)
{
    uint32_t first, last;

    if (!take_number(at, end, &first))
        return false;
    last = first;
    if (*at < end && **at == '-') {
        ++*at;
        if (!take_number(at, end, &last))
            return false;
    }
    if (last < first || out->n == TRACE_MAX_RANGES)
        return false;
    out->items[out->n].first = first;
    out->items[out->n++].last = last;
    return true;
}

static int take_ranges(const struct piece *p, const char *name, struct trace_ranges *out,
                       struct error *err)
{
    const char *at = p->at, *end = p->at + p->length;

    bool good = take_range(&at, end, out);

    while (good && at < end)
        good = *at++ == '+' && take_range(&at, end, out);
    if (!good)
        return error_bad_input(err,
                               "--trace: %s=%.*s is not a list of numbers; as in %s=1+32-47 "
                               "(at most %d ranges)",
                               name, (int)p->length, p->at, name, (int)TRACE_MAX_RANGES);
    return 0;
}

static int take_format(const struct piece *p, struct trace_spec *out, struct error *err)
{
    for (unsigned i = 0; i < N_FORMATS; i++) {
        if (is(p, formats[i]->name)) {
            out->format = formats[i];
            return 0;
        }
    }
    return error_bad_input(err,
                           "--trace: '%.*s' is not a format; use text, jsonl, tarmac, vcd, "
                           "fst, perfetto, latency or latency-svg",
                           (int)p->length, p->at);
}

static int take_kind(const struct piece *p, uint32_t *kinds, struct error *err)
{
    unsigned k = 0;

    while (k < TRACE_N_KINDS && !is(p, trace_kind_names[k]))
        k++;
    if (is(p, "all"))
        *kinds = (1u << TRACE_N_KINDS) - 1;
    else if (k < TRACE_N_KINDS)
        *kinds |= 1u << k;
    else
        return error_bad_input(err,
                               "--trace: '%.*s' is not a kind of event; use irq, timer, exception, "
                               "psci, load, guest_error, input, vcpu, priority or all",
                               (int)p->length, p->at);
    return 0;
}

static int take_piece(const struct piece *p, struct trace_spec *out, struct error *err)
{
    const char *equals = memchr(p->at, '=', p->length);
    struct piece name, value;

    if (!equals)
        return take_kind(p, &out->kinds, err);
    name = (struct piece){p->at, (size_t)(equals - p->at)};
    value = (struct piece){equals + 1, p->length - name.length - 1};
    if (is(&name, "format"))
        return take_format(&value, out, err);
    if (is(&name, "intid"))
        return take_ranges(&value, "intid", &out->intids, err);
    if (is(&name, "vcpu"))
        return take_ranges(&value, "vcpu", &out->vcpus, err);
    return error_bad_input(err, "--trace: there is no '%.*s='; use format=, intid= or vcpu=",
                           (int)name.length, name.at);
}

static const struct trace_format *format_of_file(const char *file)
{
    size_t length = file ? strlen(file) : 0;

    for (unsigned i = 0; i < N_FORMATS; i++) {
        const char *suffix = formats[i]->suffix;

        if (suffix && length > strlen(suffix) && !strcmp(file + length - strlen(suffix), suffix))
            return formats[i];
    }
    return &trace_text;
}

int trace_parse(const char *spec, struct trace_spec *out, struct error *err)
{
    const char *end = spec + strcspn(spec, ":");
    int rc = 0;

    *out = (struct trace_spec){.file = *end ? end + 1 : NULL};
    for (const char *p = spec; p < end && !rc;) {
        size_t n = strcspn(p, ",:");

        rc = take_piece(&(struct piece){p, n}, out, err);
        p += n + 1;
    }
    if (!rc && !out->kinds)
        rc = error_bad_input(err, "--trace: no kind of event given; try --trace=irq");
    if (!out->format)
        out->format = format_of_file(out->file);
    return rc;
}

bool trace_in_ranges(const struct trace_ranges *ranges, uint32_t n)
{
    for (unsigned i = 0; i < ranges->n; i++) {
        if (n >= ranges->items[i].first && n <= ranges->items[i].last)
            return true;
    }
    return ranges->n == 0;
}
