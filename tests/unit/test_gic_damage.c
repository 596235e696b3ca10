/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Restores of what no GIC ever saved: every byte of state and of guest memory is random. What comes
 * out is a state that the GIC can be in, and it goes on from there.
 */
#include "tests/unit/test_gic_v4_rig.h"

enum { SEEDS = 40, STEPS = 300, MOST_READS = 4 };

static uint64_t random_state;

static uint64_t dice(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    random_state ^= random_state << 17;
    return random_state;
}

/* LPI chunks are there or not by one byte each. */
static void scramble(void *opaque, const char *name, void *data, size_t size_bytes)
{
    uint8_t *bytes = data;

    (void)opaque;
    for (size_t i = 0; i < size_bytes; i++)
        bytes[i] = (uint8_t)(dice() >> 24);
    if (size_bytes == 1 && strstr(name, "present") != NULL)
        bytes[0] = dice() % 4 == 0;
}

static void add(void *opaque, const char *name, void *data, size_t size_bytes)
{
    uint64_t *hash = opaque;

    (void)name;
    for (size_t i = 0; i < size_bytes; i++)
        *hash = (*hash ^ ((uint8_t *)data)[i]) * 0x100000001b3ull;
}

static uint64_t hash(struct gic *g)
{
    uint64_t value = 0xcbf29ce484222325ull;

    gic_visit(g, add, &value);
    return value;
}

static struct gic_config kind(int i)
{
    static const enum gic_version versions[] = {GIC_VERSION_3, GIC_VERSION_4_0, GIC_VERSION_4_1};
    struct gic_config config = rig_config();

    config.version = versions[i % 3];
    config.lpi_id_bits = ID_BITS;
    config.memory_read = mem_read;
    config.memory_write = mem_write;
    config.has_el3 = config.two_security_states = i / 3 % 2;
    config.has_nmi = config.has_mbis = i / 6 % 2;
    config.has_one_of_n = config.waker_gates = i / 12 % 2;
    config.legacy = i / 24 % 2;
    config.priority_bits = i % 2 ? 8 : 5;
    return config;
}

/* After a restore a line may be at any level: the rig's own record starts anew. */
static void damaged_line(void *opaque, unsigned vcpu, enum gic_line line, bool level)
{
    struct rig *r = opaque;

    r->lines[vcpu][line] = level;
}

static struct v4 damaged(int i)
{
    struct v4 b = {0};
    struct gic_config config = kind(i);

    random_state = 0x9e3779b97f4a7c15ull * (unsigned)(i + 1);
    for (unsigned at = 0; at < MEM_BYTES; at++)
        memory[at] = (uint8_t)(dice() >> 32);
    b.r = calloc(1, sizeof(*b.r));
    config.opaque = b.r;
    config.set_line = damaged_line;
    ck_assert_int_eq(gic_create(&config, &b.r->gic, NULL), 0);
    for (unsigned n = 0; n < N_ITSS; n++)
        ck_assert_int_eq(gic_its_create(b.r->gic,
                                        &(struct gic_its_config){.hardware_collections = 3 * n},
                                        &b.its[n], NULL),
                         0);
    gic_visit(b.r->gic, scramble, NULL);
    gic_after_restore(b.r->gic);
    return b;
}

START_TEST(mending_again_changes_nothing)
{
    struct v4 b = damaged(_i);
    uint64_t once = hash(b.r->gic);

    gic_after_restore(b.r->gic);
    ck_assert_uint_eq(hash(b.r->gic), once);
    rig_destroy(b.r);
}
END_TEST

START_TEST(what_takes_time_ends)
{
    struct v4 b = damaged(_i);

    for (unsigned n = 0; n < MOST_READS; n++) {
        rig_dist(b.r, true, 0, 4);
        for (unsigned i = 0; i < RIG_VCPUS; i++) {
            rig_redist(b.r, i, true, 0, 4);
            rig_redist(b.r, i, true, 0x14, 4);
            rig_redist(b.r, i, true, 0xc0, 4);
            rig_redist(b.r, i, true, VPENDBASER, 8);
            rig_redist(b.r, i, true, VSGIPENDR, 4);
        }
    }
    ck_assert_uint_eq(rig_dist(b.r, true, 0, 4) >> 31, 0);
    for (unsigned i = 0; i < RIG_VCPUS; i++) {
        uint64_t waker = rig_redist(b.r, i, true, 0x14, 4);
        ck_assert_uint_eq(rig_redist(b.r, i, true, 0, 4) >> 3 & 1, 0);
        ck_assert_uint_eq(waker >> 1 & 1, waker >> 2 & 1);
        ck_assert_uint_eq(rig_redist(b.r, i, true, 0xc0, 4), 0);
        ck_assert_uint_eq(rig_redist(b.r, i, true, VPENDBASER, 8) & DIRTY, 0);
        ck_assert_uint_eq(rig_redist(b.r, i, true, VSGIPENDR, 4) >> 16, 0);
    }
    for (unsigned n = 0; n < N_ITSS; n++) {
        its_set(&b, n, 0x88, 8, its_get(&b, n, 0x90, 8) & 0xfffe0); /* no commands but this one */
        for (unsigned i = 0; i < 16; i++)
            its_get(&b, n, 0, 4);
        ck_assert_uint_eq(its_get(&b, n, 0, 4) >> 31, 1);
    }
    rig_destroy(b.r);
}
END_TEST

START_TEST(what_is_fixed_is_as_after_reset)
{
    struct v4 b = damaged(_i);
    struct gic_config config = kind(_i);

    ck_assert_uint_eq(rig_dist(b.r, true, 0x10, 4) >> 4, 0);
    for (unsigned i = 0; i < RIG_VCPUS; i++) {
        ck_assert_uint_eq(rig_redist(b.r, i, true, 0x10, 4) >> 4, 0);
        b.r->pe[i] = (struct gic_pe_state){.el = config.has_el3 ? 3 : 2, .el2_enabled = true};
        if (config.legacy)
            continue;
        ck_assert_uint_eq(rig_get(b.r, i, "ICC_SRE_EL1"), 7);
        ck_assert_uint_eq(rig_get(b.r, i, "ICC_SRE_EL2"), 15);
        if (config.has_el3)
            ck_assert_uint_eq(rig_get(b.r, i, "ICC_SRE_EL3"), 15);
    }
    rig_destroy(b.r);
}
END_TEST

static void any_step(struct v4 *b)
{
    uint64_t what = dice(), value = dice();
    unsigned vcpu = what >> 8 & 3, i = what >> 10 & 1, size = 1u << (what >> 12 & 3);
    uint32_t offset = (uint32_t)(what >> 16) & 0x3fffc;
    size_t n;
    const struct gic_sysreg *reg = gic_sysregs(&n) + (what >> 40) % 60;

    switch (what % 8) {
    case 0:
        gic_dist_write(b->r->gic, vcpu, true, offset & 0xffff, size, value);
        break;
    case 1:
        gic_redist_write(b->r->gic, vcpu, vcpu, true, offset, size, value);
        break;
    case 2:
        rig_redist(b->r, vcpu, true, offset, 4);
        break;
    case 3:
        gic_its_write(b->its[i], vcpu, offset & 0x1f8, 8, value);
        break;
    case 4:
        gic_its_msi(b->its[i], (uint32_t)value & 0xff, (uint32_t)(value >> 32) & 0xff);
        break;
    case 5:
        gic_set_spi(b->r->gic, 32 + value % 256, value >> 63);
        break;
    default:
        b->r->pe[vcpu] = (struct gic_pe_state){.el = value & 3, .secure = value >> 2 & 1};
        if (gic_sysreg_check(b->r->gic, vcpu, reg, &b->r->pe[vcpu], what >> 63) != GIC_ACCESS_OK)
            break;
        if (what >> 63)
            gic_sysreg_write(b->r->gic, vcpu, reg, &b->r->pe[vcpu], value);
        else
            gic_sysreg_read(b->r->gic, vcpu, reg, &b->r->pe[vcpu]);
    }
}

START_TEST(it_goes_on)
{
    struct v4 b = damaged(_i);

    for (unsigned n = 0; n < STEPS; n++)
        any_step(&b);
    gic_after_restore(b.r->gic);
    uint64_t mended = hash(b.r->gic);
    gic_after_restore(b.r->gic);
    ck_assert_uint_eq(hash(b.r->gic), mended);
    gic_reset(b.r->gic);
    rig_destroy(b.r);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("damage");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, mending_again_changes_nothing, 0, SEEDS);
    tcase_add_loop_test(tc, what_takes_time_ends, 0, SEEDS);
    tcase_add_loop_test(tc, what_is_fixed_is_as_after_reset, 0, SEEDS);
    tcase_add_loop_test(tc, it_goes_on, 0, SEEDS);
    return suite_run_case("gic_damage", tc);
}
