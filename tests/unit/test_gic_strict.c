/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * gic/strict.h: judging an access has no effect, whatever the GIC and the access are; and who is
 * judged well is not doubted.
 */
#include <string.h>

#include "gic/strict.h"
#include "tests/unit/fake_host.h"
#include "tests/unit/gic_world.h"
#include "tests/unit/suite.h"

struct sum {
    uint64_t value;
};

static void add(void *opaque, const char *name, void *data, size_t size_bytes)
{
    struct sum *sum = opaque;
    const uint8_t *bytes = data;

    (void)name;
    for (size_t i = 0; i < size_bytes; i++)
        sum->value = (sum->value ^ bytes[i]) * UINT64_C(0x100000001b3);
}

static uint64_t sum_of(struct world *w)
{
    struct sum sum = {.value = UINT64_C(0xcbf29ce484222325)};

    gic_visit(w->gic, add, &sum);
    return sum.value;
}

static void count(void *opaque, const struct gic_doubt *d)
{
    unsigned *counts = opaque;

    ck_assert_uint_lt(d->kind, GIC_N_DOUBTS);
    counts[d->kind]++;
}

static void judge_any_frame(struct world *w, struct world_random *r, unsigned *counts)
{
    static const uint32_t starts[] = {0, 0x100, 0x400, 0xc00, 0x6100};
    struct gic_frame_access access = {
        .frame = world_next(r) & 1 ? GIC_FRAME_DIST : GIC_FRAME_REDIST,
        .frame_vcpu = world_next(r) % (WORLD_VCPUS + 1),
        .vcpu = world_next(r) % WORLD_VCPUS,
        .secure = world_next(r) & 1,
        .is_write = world_next(r) & 1,
        .offset = world_next(r) % 0x40010,
        .value = world_wide(r),
        .size_bytes = 1u << world_next(r) % 4,
    };

    if (world_next(r) % 4) { /* where most of the registers are */
        access.offset = starts[world_next(r) % 5] + access.offset % 32 * 4;
        access.offset += access.frame == GIC_FRAME_REDIST ? world_next(r) % 2 * 0x10000 : 0;
        access.size_bytes = 4;
    }
    gic_doubt_frame(w->gic, &access, count, counts);
}

static const struct gic_sysreg *named(const char *name)
{
    size_t n;
    const struct gic_sysreg *reg = gic_sysregs(&n);

    while (strcmp(reg->name, name))
        reg++;
    return reg;
}

/* One vINTID in two list registers, and the interface on: at EL2, as a hypervisor. */
static void judge_twins(struct world *w, struct world_random *r, unsigned *counts)
{
    const struct gic_pe_state pe = {.el = 2, .el2_enabled = true, .scr_el3 = 1};
    uint64_t lr = 1ull << 62 | world_next(r) % 64;

    gic_sysreg_write(w->gic, 0, named("ICH_HCR_EL2"), &pe, 1);
    gic_sysreg_write(w->gic, 0, named("ICH_LR1_EL2"), &pe, lr);
    uint64_t before = sum_of(w);
    gic_doubt_sysreg(w->gic, 0, named("ICH_LR0_EL2"), &pe, lr, count, counts);
    ck_assert_uint_eq(sum_of(w), before);
}

static void judge_any_sysreg(struct world *w, struct world_random *r, unsigned *counts)
{
    size_t n;
    const struct gic_sysreg *reg = &gic_sysregs(&n)[world_next(r) % n];
    unsigned vcpu = world_next(r) % WORLD_VCPUS;

    uint64_t value = world_next(r) & 1 ? world_wide(r) : 1000 + world_next(r) % 32;

    if (gic_sysreg_check(w->gic, vcpu, reg, &w->pe[vcpu], true) == GIC_ACCESS_OK)
        gic_doubt_sysreg(w->gic, vcpu, reg, &w->pe[vcpu], value, count, counts);
}

static void judge_memory(struct world *w, struct world_random *r, unsigned *counts)
{
    unsigned vcpu = world_next(r) % (WORLD_VCPUS + 1);
    uint8_t copy, in_memory;

    gic_doubt_cpu(w->gic, vcpu, world_next(r) & 1, count, counts);
    gic_lpi_copy(w->gic, vcpu, 8192 + world_next(r) % 64, &copy, &in_memory);
    gic_lpi_copy(w->gic, vcpu, world_next(r), &copy, &in_memory);
    if (w->its)
        gic_doubt_its(w->its, world_next(r) % 0x140 * 4, world_wide(r), count, counts);
}

START_TEST(judging_has_no_effects)
{
    unsigned counts[GIC_N_DOUBTS] = {0};

    for (unsigned round = 0; round < 40; round++) {
        struct world_random r = {round + 1}, more = {round + 1};
        struct world *w = world_create(world_next(&r) % WORLD_KINDS);

        for (unsigned i = 0; i < 400; i++) {
            world_step(w, &r);
            uint64_t before = sum_of(w);
            for (unsigned j = 0; j < 8; j++) {
                judge_any_frame(w, &r, counts);
                judge_any_sysreg(w, &r, counts);
            }
            judge_memory(w, &more, counts);
            ck_assert_uint_eq(sum_of(w), before);
        }
        judge_twins(w, &r, counts);
        world_destroy(w);
    }
    for (unsigned kind = 0; kind < GIC_DOUBT_UNROUTED; kind++) /* those after it are the user's */
        ck_assert_msg(counts[kind] != 0, "no access was of kind %u", kind);
}
END_TEST

static unsigned doubts_of(struct world *w, uint64_t offset, uint64_t value)
{
    unsigned counts[GIC_N_DOUBTS] = {0}, all = 0;
    struct gic_frame_access access = {
        .secure = true, .is_write = true, .offset = offset, .value = value, .size_bytes = 4};

    gic_doubt_frame(w->gic, &access, count, counts);
    for (unsigned kind = 0; kind < GIC_N_DOUBTS; kind++)
        all += counts[kind];
    return all;
}

START_TEST(what_is_written_back_as_it_was_read_is_not_doubted)
{
    struct world *w = world_create(0);

    for (uint64_t offset = 0; offset < 0x2000; offset += 4) {
        uint64_t value;
        bool banked = (offset >= 0x80 && offset < 0x800 && offset % 0x80 == 0);

        gic_dist_read(w->gic, 0, true, offset, 4, &value);
        if (!banked && value != 0 && offset != 4 && offset != 8 && offset != 0xc)
            ck_assert_msg(doubts_of(w, offset, value) == 0, "offset 0x%x", (unsigned)offset);
    }
    world_destroy(w);
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &judging_has_no_effects,
        &what_is_written_back_as_it_was_read_is_not_doubted,
    };

    return SUITE_RUN("gic_strict", NULL, NULL, tests);
}
