/* SPDX-License-Identifier: GPL-2.0-or-later */
/* target.xml (GDB's manual, "Target Descriptions"): two features that GDB names, and our own. */
#include <stdio.h>
#include <stdlib.h>

#include "emu/gdb/internal.h"

struct flag {
    const char *name;
    unsigned first, last;
};

/* PSTATE as an SPSR_ELx shows it: DDI 0487 C5.2. */
static const struct flag cpsr_flags[] = {
    {"SP", 0, 0},    {"EL", 2, 3},   {"nRW", 4, 4},     {"F", 6, 6},      {"I", 7, 7},
    {"A", 8, 8},     {"D", 9, 9},    {"BTYPE", 10, 11}, {"SSBS", 12, 12}, {"ALLINT", 13, 13},
    {"IL", 20, 20},  {"SS", 21, 21}, {"PAN", 22, 22},   {"UAO", 23, 23},  {"DIT", 24, 24},
    {"TCO", 25, 25}, {"V", 28, 28},  {"C", 29, 29},     {"Z", 30, 30},    {"N", 31, 31},
};

/* A V register by its elements. */
static const struct view {
    char letter;
    unsigned bits;
    const char *forms[3][2]; /* letter of the form, type of an element */
} views[] = {
    {'d', 64, {{"f", "ieee_double"}, {"u", "uint64"}, {"s", "int64"}}},
    {'s', 32, {{"f", "ieee_single"}, {"u", "uint32"}, {"s", "int32"}}},
    {'h', 16, {{"f", "ieee_half"}, {"u", "uint16"}, {"s", "int16"}}},
    {'b', 8, {{"u", "uint8"}, {"s", "int8"}}},
    {'q', 128, {{"u", "uint128"}, {"s", "int128"}}},
};
enum { N_VIEWS = sizeof(views) / sizeof(views[0]) };

static void describe_flags(FILE *out)
{
    fputs("<flags id=\"cpsr_flags\" size=\"4\">\n", out);
    for (size_t i = 0; i < sizeof(cpsr_flags) / sizeof(cpsr_flags[0]); i++)
        fprintf(out, "<field name=\"%s\" start=\"%u\" end=\"%u\"/>\n", cpsr_flags[i].name,
                cpsr_flags[i].first, cpsr_flags[i].last);
    fputs("</flags>\n", out);
}

static void describe_vectors(FILE *out)
{
    for (unsigned i = 0; i < N_VIEWS; i++) {
        const struct view *v = &views[i];

        for (unsigned f = 0; f < 3 && v->forms[f][0]; f++)
            fprintf(out, "<vector id=\"v%c%s\" type=\"%s\" count=\"%u\"/>\n", v->letter,
                    v->forms[f][0], v->forms[f][1], 128 / v->bits);
        fprintf(out, "<union id=\"vn%c\">\n", v->letter);
        for (unsigned f = 0; f < 3 && v->forms[f][0]; f++)
            fprintf(out, "<field name=\"%s\" type=\"v%c%s\"/>\n", v->forms[f][0], v->letter,
                    v->forms[f][0]);
        fputs("</union>\n", out);
    }
    fputs("<union id=\"aarch64v\">\n", out);
    for (unsigned i = 0; i < N_VIEWS; i++)
        fprintf(out, "<field name=\"%c\" type=\"vn%c\"/>\n", views[i].letter, views[i].letter);
    fputs("</union>\n", out);
}

static void describe_plain(FILE *out, bool fpu)
{
    for (unsigned i = 0; i < gdb_n_plains; i++) {
        const struct gdb_plain *p = &gdb_plains[i];

        for (unsigned n = 0; p->fpu == fpu && n < p->count; n++) {
            fprintf(out, "<reg name=\"%s", p->name);
            if (p->count > 1)
                fprintf(out, "%u", n);
            fprintf(out, "\" bitsize=\"%u\" type=\"%s\"", p->bits, p->type);
            if (p->group)
                fprintf(out, " group=\"%s\"", p->group);
            fputs("/>\n", out);
        }
    }
}

char *gdb_describe(const struct gdb_registers *r, size_t *bytes)
{
    char *text = NULL;
    FILE *out = open_memstream(&text, bytes);

    if (!out)
        return NULL;
    fputs("<?xml version=\"1.0\"?>\n<!DOCTYPE target SYSTEM \"gdb-target.dtd\">\n"
          "<target version=\"1.0\">\n<architecture>aarch64</architecture>\n"
          "<feature name=\"org.gnu.gdb.aarch64.core\">\n",
          out);
    describe_flags(out);
    describe_plain(out, false);
    fputs("</feature>\n<feature name=\"org.gnu.gdb.aarch64.fpu\">\n", out);
    describe_vectors(out);
    describe_plain(out, true);
    fputs("</feature>\n<feature name=\"org.irqlab.sysregs\">\n", out);
    for (unsigned i = 0; i < r->n_sysregs; i++)
        fprintf(out,
                "<reg name=\"%s\" bitsize=\"64\" type=\"uint64\" group=\"system\" "
                "save-restore=\"no\"/>\n",
                r->sysregs[i].name);
    fputs("</feature>\n</target>\n", out);
    if (fclose(out)) {
        free(text);
        return NULL;
    }
    return text;
}
