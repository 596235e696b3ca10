/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What --strict has to tell: each kind once for each instruction. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emu/load/lines.h"
#include "emu/load/symbols.h"
#include "emu/strict/internal.h"

static const struct {
    const char *name, *what, *section, *advice;
} kinds[GIC_N_DOUBTS] = {
#define X(id, name, what, section, advice) [GIC_DOUBT_##id] = {name, what, section, advice},
    GIC_DOUBTS(X)
#undef X
};

const char *strict_kinds_help(void)
{
    return
#define X(id, name, what, section, advice) "  " name ": " what "\n"
        GIC_DOUBTS(X)
#undef X
            ;
}

static int add_kind(const char *name, size_t length, struct strict_options *out, struct error *err)
{
    for (unsigned i = 0; i < GIC_N_DOUBTS; i++) {
        if (strlen(kinds[i].name) != length || strncmp(kinds[i].name, name, length))
            continue;
        out->kinds |= 1u << i;
        return 0;
    }
    return error_bad_input(err,
                           "--strict: '%.*s' is no kind of warning; write error, or of:"
#define X(id, name, what, section, advice) " " name
                           GIC_DOUBTS(X)
#undef X
                               ,
                           (int)length, name);
}

int strict_parse(const char *list, struct strict_options *out, struct error *err)
{
    *out = (struct strict_options){0};
    for (const char *at = list; at && *at;) {
        size_t length = strcspn(at, ",");
        int rc = 0;

        if (length == 5 && !strncmp(at, "error", 5))
            out->fatal = true;
        else
            rc = add_kind(at, length, out, err);
        if (rc)
            return rc;
        at += length + (at[length] == ',');
    }
    if (!out->kinds)
        out->kinds = (1u << GIC_N_DOUBTS) - 1;
    return 0;
}

/* -- Once each -- */

/* Where (kind, pc) is in the index, or belongs. */
static unsigned slot_of(const struct strict *s, enum gic_doubt_kind kind, uint64_t pc)
{
    uint64_t hash = (pc / 4 * GIC_N_DOUBTS + kind) * UINT64_C(0x9e3779b97f4a7c15);
    unsigned slot = (unsigned)(hash >> 32) % STRICT_SLOTS;

    while (s->index[slot]) {
        const struct strict_note *n = &s->told[s->index[slot] - 1];

        if (n->kind == kind && n->pc == pc)
            break;
        slot = (slot + 1) % STRICT_SLOTS;
    }
    return slot;
}

/* -- Telling -- */

static void print_place(const struct machine *m, const struct strict_note *n, FILE *to)
{
    const char *name, *file;
    uint64_t offset;
    unsigned line;

    fprintf(to, "vCPU %u at 0x%" PRIx64, n->vcpu, n->pc);
    name = m->symbols ? symbols_at(m->symbols, n->pc, &offset) : NULL;
    if (name)
        fprintf(to, " %s+0x%" PRIx64, name, offset);
    if (lines_at(m->strict->lines, n->pc, &file, &line))
        fprintf(to, " (%s:%u)", file, line);
    fprintf(to, ", %" PRIu64 " ns", n->now_ns);
}

static void print(const struct machine *m, const struct strict_note *n, FILE *to)
{
    fprintf(to, "irqlab: strict: %s: %s %s", kinds[n->kind].name, n->reg,
            n->is_write ? "written" : "read");
    if (n->is_write || n->value)
        fprintf(to, ", 0x%" PRIx64, n->value);
    fprintf(to, ": %s", kinds[n->kind].what);
    if (n->bits)
        fprintf(to, " (0x%" PRIx64 ")", n->bits);
    if (n->intid != GIC_DOUBT_NO_INTID)
        fprintf(to, " (INTID %u)", n->intid);
    fputs("\n    by ", to);
    print_place(m, n, to);
    fprintf(to, "\n    %s", kinds[n->kind].section);
    if (n->section)
        fprintf(to, "; %s in %s", n->reg, n->section);
    fprintf(to, ": %s\n", kinds[n->kind].advice);
}

static struct strict_note *keep(struct machine *m, const struct strict_access *a,
                                const struct gic_doubt *d, uint64_t pc)
{
    struct strict *s = m->strict;
    struct strict_note *n = &s->told[s->n_told++];

    *n = (struct strict_note){.kind = d->kind,
                              .vcpu = a->vcpu,
                              .pc = pc,
                              .now_ns = machine_now_ns(m),
                              .instructions = machine_instructions(m),
                              .value = a->value,
                              .bits = d->bits,
                              .intid = d->intid,
                              .section = a->section,
                              .is_write = a->is_write};
    memcpy(n->reg, a->reg, sizeof(n->reg));
    return n;
}

void strict_tell(struct machine *m, const struct strict_access *a, const struct gic_doubt *d)
{
    struct strict *s = m->strict;
    uint64_t pc = a->pc ? a->pc : vcpu_get_pc(m->engine, a->vcpu);
    unsigned slot;

    if (m->deaf || !(s->options.kinds & 1u << d->kind) || s->n_told == STRICT_MAX_TOLD)
        return;
    slot = slot_of(s, d->kind, pc);
    if (s->index[slot])
        return;
    struct strict_note *n = keep(m, a, d, pc);
    s->index[slot] = (uint16_t)s->n_told;
    print(m, n, stderr);
    if (s->n_told == STRICT_MAX_TOLD)
        fputs("irqlab: strict: that were 4096; no more are told\n", stderr);
    if (s->options.fatal)
        machine_shut_down(m, IRQLAB_EXIT_STRICT, "--strict=error: %s: %s %s", kinds[n->kind].name,
                          n->reg, kinds[n->kind].what);
}

static json_t *note_json(const struct machine *m, const struct strict_note *n)
{
    char pc[24], value[24], bits[24];
    const char *name, *file = NULL;
    uint64_t offset;
    unsigned line;
    json_t *json;

    snprintf(pc, sizeof(pc), "0x%" PRIx64, n->pc);
    snprintf(value, sizeof(value), "0x%" PRIx64, n->value);
    snprintf(bits, sizeof(bits), "0x%" PRIx64, n->bits);
    name = m->symbols ? symbols_at(m->symbols, n->pc, &offset) : NULL;
    json = json_pack("{s:s, s:s, s:i, s:s, s:s, s:I, s:I, s:s, s:b, s:s, s:s, s:s, s:s, s:s}",
                     "kind", kinds[n->kind].name, "what", kinds[n->kind].what, "vcpu", (int)n->vcpu,
                     "pc", pc, "symbol", name ? name : "", "virtual_time_ns", (json_int_t)n->now_ns,
                     "instructions", (json_int_t)n->instructions, "register", n->reg, "write",
                     n->is_write, "value", value, "bits", bits, "section", kinds[n->kind].section,
                     "register_section", n->section ? n->section : "", "advice",
                     kinds[n->kind].advice);
    if (json && n->intid != GIC_DOUBT_NO_INTID)
        json_object_set_new(json, "intid", json_integer(n->intid));
    if (json && lines_at(m->strict->lines, n->pc, &file, &line)) {
        json_object_set_new(json, "file", json_string(file));
        json_object_set_new(json, "line", json_integer(line));
    }
    return json;
}

json_t *strict_json(const struct machine *m)
{
    json_t *list = json_array();

    for (unsigned i = 0; list && i < m->strict->n_told; i++)
        json_array_append_new(list, note_json(m, &m->strict->told[i]));
    return list;
}
