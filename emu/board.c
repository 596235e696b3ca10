/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/board.h"

#include <stddef.h>
#include <string.h>

#include "gic/gic.h"

/* A GICv3 SGI reaches 16 PEs of one Aff1 at a time (IHI 0069 2.2.1), hence clusters of 16. */
enum { CLUSTER = 16 };

uint64_t board_mpidr(unsigned i)
{
    uint64_t aff0 = i % CLUSTER, aff1 = i / CLUSTER % 256, aff2 = i / CLUSTER / 256;

    return aff2 << 16 | aff1 << 8 | aff0;
}

unsigned board_vcpu_of(uint64_t affinity)
{
    uint64_t cluster = (affinity >> 16 & 0xff) << 8 | (affinity >> 8 & 0xff);

    return (unsigned)((affinity & 0xff) % CLUSTER + cluster * CLUSTER);
}

bool board_has_ecv(const char *cpu_model)
{
    return !strcmp(cpu_model, "max");
}

bool board_has_sel2(const char *cpu_model, bool has_el2, bool has_el3)
{
    return !strcmp(cpu_model, "max") && has_el2 && has_el3;
}

bool board_has_nmi(const char *cpu_model, bool gic_nmi)
{
    return !strcmp(cpu_model, "max") && gic_nmi;
}

static const struct {
    const char *model, *compatible;
} compatibles[] = {
    {"cortex-a53", "arm,cortex-a53"},
    {"cortex-a57", "arm,cortex-a57"},
    {"cortex-a72", "arm,cortex-a72"},
    {"max", "arm,armv8"},
};

void board_describe(struct board_description *b, unsigned n_vcpus, const uint64_t *mpidr,
                    uint64_t ram_bytes, bool has_el2, bool has_el3, const char *cpu_model)
{
    *b = (struct board_description){
        .n_vcpus = n_vcpus,
        .mpidr = mpidr,
        .ram_bytes = ram_bytes,
        .has_el2 = has_el2,
        .has_vhe = has_el2 && !strcmp(cpu_model, "max"),
        .conduit = has_el3   ? BOARD_CONDUIT_NONE
                   : has_el2 ? BOARD_CONDUIT_SMC
                             : BOARD_CONDUIT_HVC,
        .cpu_compatible = "arm,armv8",
        .virtio_base = BOARD_VIRTIO_BASE,
        .virtio_stride = BOARD_VIRTIO_STRIDE,
    };
    for (size_t i = 0; i < sizeof(compatibles) / sizeof(compatibles[0]); i++) {
        if (!strcmp(cpu_model, compatibles[i].model))
            b->cpu_compatible = compatibles[i].compatible;
    }
    board_place_gic(b, GIC_VERSION_3);
}

/* How many redistributors have room in the first region, before another frame or its end. */
static void fill_gicr(struct board_description *b, uint64_t end)
{
    b->gicr_end = end;
    b->gicr_first = (unsigned)((end - b->gicr_base) / b->gicr_bytes);
    if (b->gicr_first > b->n_vcpus)
        b->gicr_first = b->n_vcpus;
}

void board_place_gic(struct board_description *b, unsigned gic_version)
{
    bool v4 = gic_version >= GIC_VERSION_4_0, v41 = gic_version >= GIC_VERSION_4_1;

    b->gic_version = gic_version;
    b->gicd_base = BOARD_GICD_BASE;
    b->its_base = BOARD_ITS_BASE;
    b->its_bytes = v41 ? GIC_ITS_V41_BYTES : GIC_ITS_BYTES;
    b->gicr_base = BOARD_ITS_BASE + b->its_bytes;
    b->gicr_bytes = v4 ? GIC_REDIST_V4_BYTES : GIC_REDIST_BYTES;
    fill_gicr(b, BOARD_GICR_END);
}

bool board_takes_frame(uint64_t base)
{
    return base == 0 || (base % 0x10000 == 0 && base >= BOARD_GICD_BASE && base < BOARD_GICR_END);
}

struct range {
    uint64_t base, bytes;
};

static bool overlap(const struct range *a, const struct range *b)
{
    return a->base < b->base + b->bytes && b->base < a->base + a->bytes;
}

bool board_move_gic(struct board_description *b, uint64_t gicd, uint64_t gicr, uint64_t its)
{
    enum { N = 4 };
    uint64_t end = BOARD_GICR_END;

    b->gicd_base = gicd ? gicd : b->gicd_base;
    b->gicr_base = gicr ? gicr : b->gicr_base;
    b->its_base = its ? its : b->its_base;
    const struct range all[N] = {{b->gicd_base, GIC_DIST_BYTES},
                                 {b->its_base, b->its_bytes},
                                 {b->gicr_base, b->gicr_bytes},
                                 {BOARD_GICC_BASE, BOARD_GICC_BYTES}};
    for (unsigned i = 0; i < N; i++) {
        if (all[i].base + all[i].bytes > BOARD_GICR_END)
            return false;
        for (unsigned j = 0; j < i; j++) {
            if (overlap(&all[i], &all[j]))
                return false;
        }
        if (all[i].base > b->gicr_base && all[i].base < end)
            end = all[i].base;
    }
    fill_gicr(b, end);
    return true;
}
