/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/ordering.h"

#include <stddef.h>

static unsigned field(uint32_t insn, unsigned high, unsigned low)
{
    return insn >> low & ((1u << (high - low + 1)) - 1);
}

/* -- Accesses (DDI 0487 C4.1, loads and stores) ---------------------------------------------------
 */

/* STXR, STLXR, LDXR, LDAXR and their pairs: L, then o0 says whether it is ordered. */
static struct access_ordering exclusive(uint32_t insn)
{
    bool load = field(insn, 22, 22), ordered = field(insn, 15, 15);

    return (struct access_ordering){.exclusive = true,
                                    .loads = load,
                                    .stores = !load,
                                    .acquire = load && ordered,
                                    .release = !load && ordered};
}

/* CASP has the size field's low bit where pairs of exclusives have a size of 32 or 64 bits. */
static struct access_ordering compare_and_swap(uint32_t insn)
{
    return (struct access_ordering){.atomic = true,
                                    .loads = true,
                                    .stores = true,
                                    .acquire = field(insn, 22, 22),
                                    .release = field(insn, 15, 15)};
}

/* LDAR, LDLAR, STLR, STLLR. */
static struct access_ordering ordered(uint32_t insn)
{
    bool load = field(insn, 22, 22);

    return (struct access_ordering){
        .loads = load, .stores = !load, .acquire = load, .release = !load};
}

/* Bits 29:24 are 001000; o2 and o1 choose. */
static struct access_ordering exclusive_or_ordered(uint32_t insn)
{
    bool o2 = field(insn, 23, 23), o1 = field(insn, 21, 21), pair = o1 && !o2;

    if (o1 && (o2 || !field(insn, 31, 31)))
        return field(insn, 14, 10) == 31 ? compare_and_swap(insn) : (struct access_ordering){0};
    if (pair || !o2)
        return exclusive(insn);
    return ordered(insn);
}

/* Acquire is lost where the loaded value goes to XZR (STADD is such a form); not that of CAS. */
static struct access_ordering atomic_operation(uint32_t insn)
{
    bool a = field(insn, 23, 23), r = field(insn, 22, 22), o3 = field(insn, 15, 15);
    unsigned opc = field(insn, 14, 12);

    if (o3 && opc == 4)
        return (struct access_ordering){.loads = a && !r, .acquire_pc = a && !r};
    if (o3 && opc)
        return (struct access_ordering){0};
    return (struct access_ordering){.atomic = true,
                                    .loads = true,
                                    .stores = true,
                                    .acquire = a && field(insn, 4, 0) != 31,
                                    .release = r};
}

/* STLUR and the LDAPUR family: opc 0 is the store. */
static struct access_ordering unscaled(uint32_t insn)
{
    unsigned opc = field(insn, 23, 22), size = field(insn, 31, 30);

    if (size + (opc > 1 ? opc - 1 : 0) > 3)
        return (struct access_ordering){0};
    return (struct access_ordering){
        .loads = opc, .stores = !opc, .acquire_pc = opc, .release = !opc};
}

struct access_class {
    uint32_t mask, value;
    struct access_ordering (*decode)(uint32_t insn);
};

static const struct access_class classes[] = {
    {0x3f000000, 0x08000000, exclusive_or_ordered},
    {0x3f200c00, 0x38200000, atomic_operation},
    {0x3f200c00, 0x19000000, unscaled},
};

struct access_ordering ordering_of_access(uint32_t insn)
{
    for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
        if ((insn & classes[i].mask) == classes[i].value)
            return classes[i].decode(insn);
    }
    return (struct access_ordering){0};
}

bool ordering_is_plain(const struct access_ordering *o)
{
    return !o->loads && !o->stores;
}

/* -- Barriers (C4.1, barriers) --------------------------------------------------------------------
 */

enum { OP2_DSB = 4, OP2_DMB, OP2_ISB };

/* B2.3.11; types 0 are SSBB and PSSBB for DSB, else reserved, and work as full system barriers. */
static struct barrier memory_barrier(enum barrier_kind kind, unsigned crm)
{
    unsigned types = crm & 3;
    struct barrier b = {.kind = kind, .domain = (enum barrier_domain)(crm >> 2)};

    if (!types && kind == BARRIER_DSB && crm <= 4)
        return (struct barrier){0};
    if (!types)
        b.domain = DOMAIN_SY;
    b.loads_before = types != 2;
    b.stores_before = types != 1;
    b.loads_after = types != 2;
    b.stores_after = true;
    return b;
}

struct barrier barrier_of(uint32_t insn)
{
    unsigned crm = field(insn, 11, 8);

    if ((insn & 0xfffff01f) != 0xd503301f)
        return (struct barrier){0};
    switch (field(insn, 7, 5)) {
    case OP2_DSB:
        return memory_barrier(BARRIER_DSB, crm);
    case OP2_DMB:
        return memory_barrier(BARRIER_DMB, crm);
    case OP2_ISB:
        return (struct barrier){.kind = BARRIER_ISB};
    default:
        return (struct barrier){0};
    }
}
