/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Device attributes (gic/attr.h): what KVM's documentation says of each group, and that the list
 * of all of them is all there is.
 */
#include "gic/internal.h"
#include "tests/unit/gic_world.h"
#include "tests/unit/test_gic_rig.h"

#define MPIDR(vcpu) gic_attr_for(rig_mpidr[vcpu], 0)

static uint64_t get(struct rig *r, uint32_t group, uint64_t attr)
{
    uint64_t value = 0x5555;

    rig_expect_eq(gic_attr_get(r->gic, group, attr, &value), 0);
    return value;
}

static void set(struct rig *r, uint32_t group, uint64_t attr, uint64_t value)
{
    rig_expect_eq(gic_attr_set(r->gic, group, attr, value), 0);
}

static uint32_t instr(const char *name)
{
    const struct gic_sysreg *reg = rig_sysreg(name);

    return (uint32_t)(reg->op0 << 14 | reg->op1 << 11 | reg->crn << 7 | reg->crm << 3 | reg->op2);
}

static uint64_t get_sysreg(struct rig *r, unsigned vcpu, const char *name)
{
    return get(r, GIC_ATTR_CPU_SYSREGS, MPIDR(vcpu) | instr(name));
}

/* -- What each group says -- */

START_TEST(numbers_are_those_of_kvm)
{
    /* arm-vgic-v3.rst and linux/kvm.h */
    ck_assert_int_eq(GIC_ATTR_ADDR, 0);
    ck_assert_int_eq(GIC_ATTR_DIST_REGS, 1);
    ck_assert_int_eq(GIC_ATTR_NR_IRQS, 3);
    ck_assert_int_eq(GIC_ATTR_CTRL, 4);
    ck_assert_int_eq(GIC_ATTR_REDIST_REGS, 5);
    ck_assert_int_eq(GIC_ATTR_CPU_SYSREGS, 6);
    ck_assert_int_eq(GIC_ATTR_LEVEL_INFO, 7);
    ck_assert_int_eq(GIC_ATTR_ITS_REGS, 8);
    ck_assert_int_eq(GIC_ATTR_MAINT_IRQ, 9);
    ck_assert_uint_eq(gic_attr_for(0x0200010003ull, 0xc210), 0x020100030000c210ull);
    ck_assert_uint_eq(instr("ICC_PMR_EL1"), 0xc230); /* 3, 0, 4, 6, 0 */
}
END_TEST

START_TEST(what_is_not_there_is_enxio_and_no_vcpu_is_einval)
{
    struct rig *r = rig_open(rig_config());
    uint64_t value;

    rig_expect_eq(gic_attr_get(r->gic, 2, 0, &value), -ENXIO);
    rig_expect_eq(gic_attr_set(r->gic, 1000, 0, 0), -ENXIO);
    rig_expect_eq(gic_attr_get(r->gic, GIC_ATTR_DIST_REGS, 0x20, &value), -ENXIO);
    rig_expect_eq(gic_attr_get(r->gic, GIC_ATTR_DIST_REGS, 0x101, &value), -ENXIO);
    rig_expect_eq(gic_attr_get(r->gic, GIC_ATTR_DIST_REGS, 0x7fffffff, &value), -ENXIO);
    rig_expect_eq(gic_attr_set(r->gic, GIC_ATTR_DIST_REGS, 0x40, 33), -ENXIO); /* SETSPI */
    rig_expect_eq(gic_attr_get(r->gic, GIC_ATTR_DIST_REGS, GIC_ATTR_NS, &value), -ENXIO);
    rig_expect_eq(gic_attr_set(r->gic, GIC_ATTR_DIST_REGS, 0x80, 1ull << 32), -EINVAL);
    rig_expect_eq(gic_attr_get(r->gic, GIC_ATTR_REDIST_REGS, 7ull << 32, &value), -EINVAL);
    rig_expect_eq(gic_attr_set(r->gic, GIC_ATTR_REDIST_REGS, 7ull << 32, 0), -EINVAL);
    rig_expect_eq(gic_attr_get(r->gic, GIC_ATTR_CPU_SYSREGS, 7ull << 32 | 0xc230, &value), -EINVAL);
    rig_expect_eq(gic_attr_get(r->gic, GIC_ATTR_CPU_SYSREGS, 0x1c230, &value), -ENXIO);
    rig_expect_eq(gic_attr_get(r->gic, GIC_ATTR_CPU_SYSREGS, instr("ICC_IAR1_EL1"), &value),
                  -ENXIO);
    rig_expect_eq(gic_attr_set(r->gic, GIC_ATTR_CPU_SYSREGS, instr("ICC_EOIR1_EL1"), 0), -ENXIO);
    rig_expect_eq(gic_attr_get(r->gic, GIC_ATTR_CPU_SYSREGS, instr("ICC_CTLR_EL3"), &value),
                  -ENXIO);
    rig_expect_eq(gic_attr_has(r->gic, GIC_ATTR_CPU_SYSREGS, instr("ICH_LR3_EL2")), 0);
    rig_expect_eq(gic_attr_has(r->gic, GIC_ATTR_CPU_SYSREGS, instr("ICH_LR4_EL2")), -ENXIO);
    rig_expect_eq(gic_attr_has(r->gic, GIC_ATTR_CTRL, GIC_ATTR_CTRL_INIT), 0);
    rig_expect_eq(gic_attr_set(r->gic, GIC_ATTR_CTRL, GIC_ATTR_CTRL_INIT, 0), 0);
    rig_expect_eq(gic_attr_has(r->gic, GIC_ATTR_CTRL, GIC_ATTR_SAVE_PENDING_TABLES), -ENXIO);
    rig_expect_eq(gic_attr_has(r->gic, GIC_ATTR_CTRL, GIC_ATTR_ITS_SAVE_TABLES), -ENXIO);
    rig_destroy(r);
}
END_TEST

START_TEST(ispendr_is_the_latch_and_level_info_the_wire)
{
    struct rig *r = rig_open(rig_config());
    uint64_t ispendr = GIC_ATTR_DIST_REGS;

    rig_ready(r, 1, 40, 0x80);
    gic_set_spi(r->gic, 40, true);
    ck_assert_uint_eq(rig_dist(r, true, ISPENDR + 4, 4), 1u << 8); /* the guest sees the wire */
    ck_assert_uint_eq(get(r, ispendr, ISPENDR + 4), 0);
    ck_assert_uint_eq(get(r, GIC_ATTR_LEVEL_INFO, 32), 1u << 8);
    set(r, ispendr, ISPENDR + 4, 1u << 8 | 1u << 9);
    set(r, GIC_ATTR_LEVEL_INFO, 32, 0);
    ck_assert_uint_eq(rig_dist(r, true, ISPENDR + 4, 4), 1u << 8 | 1u << 9);
    set(r, ispendr, ISPENDR + 4, 1u << 9); /* clears what is not set */
    ck_assert_uint_eq(rig_dist(r, true, ISPENDR + 4, 4), 1u << 9);
    set(r, ispendr, ICPENDR + 4, ~0u); /* RAZ/WI */
    ck_assert_uint_eq(get(r, ispendr, ICPENDR + 4), 0);
    ck_assert_uint_eq(get(r, ispendr, ISPENDR + 4), 1u << 9);
    rig_destroy(r);
}
END_TEST

START_TEST(a_level_that_is_set_is_no_edge)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 0, 40, 0x80);
    rig_edge(r, 0, 40);
    set(r, GIC_ATTR_LEVEL_INFO, 32, 1u << 8);
    ck_assert_uint_eq(rig_dist(r, true, ISPENDR + 4, 4), 0);
    gic_set_spi(r->gic, 40, true); /* it is up already */
    ck_assert(!r->lines[0][GIC_LINE_IRQ]);
    set(r, GIC_ATTR_LEVEL_INFO, MPIDR(1), 0xffffffff);
    ck_assert_uint_eq(get(r, GIC_ATTR_LEVEL_INFO, MPIDR(1)), 0xffff0000); /* SGIs have no wires */
    ck_assert_uint_eq(get(r, GIC_ATTR_LEVEL_INFO, MPIDR(0)), 0);
    set(r, GIC_ATTR_LEVEL_INFO, 512, ~0u); /* beyond the last */
    ck_assert_uint_eq(get(r, GIC_ATTR_LEVEL_INFO, 512), 0);
    rig_expect_eq(gic_attr_set(r->gic, GIC_ATTR_LEVEL_INFO, 33, 0), -EINVAL);
    rig_expect_eq(gic_attr_set(r->gic, GIC_ATTR_LEVEL_INFO, 7 << 10, 0), -EINVAL);
    rig_expect_eq(gic_attr_set(r->gic, GIC_ATTR_LEVEL_INFO, 7ull << 32, 0), -EINVAL);
    rig_destroy(r);
}
END_TEST

START_TEST(statusr_is_written_as_it_is_and_reads_change_nothing)
{
    struct rig *r = rig_open(rig_config());

    set(r, GIC_ATTR_DIST_REGS, 0x10, 0x15);
    ck_assert_uint_eq(get(r, GIC_ATTR_DIST_REGS, 0x10), 5); /* four bits */
    set(r, GIC_ATTR_REDIST_REGS, MPIDR(2) | 0x10, 9);
    ck_assert_uint_eq(rig_redist(r, 2, true, 0x10, 4), 9);
    uint64_t value;
    gic_attr_get(r->gic, GIC_ATTR_DIST_REGS, 0x20, &value); /* an absent one is not noted */
    ck_assert_uint_eq(rig_dist(r, true, 0x10, 4), 5);
    r->next_choice = 3;
    rig_dist_set(r, true, ICENABLER + 4, 4, 1); /* RWP is 1 for three reads */
    for (unsigned i = 0; i < 10; i++)
        ck_assert_uint_eq(get(r, GIC_ATTR_DIST_REGS, 0) >> 31, 0);
    for (unsigned i = 0; i < 3; i++)
        ck_assert_uint_eq(rig_dist(r, true, 0, 4) >> 31, 1);
    ck_assert_uint_eq(rig_dist(r, true, 0, 4) >> 31, 0);
    set(r, GIC_ATTR_DIST_REGS, ICENABLER + 4, 1); /* and no attribute makes it so */
    ck_assert_uint_eq(rig_dist(r, true, 0, 4) >> 31, 0);
    rig_destroy(r);
}
END_TEST

START_TEST(iidr_confirms_what_was_saved_and_read_only_registers_ignore_writes)
{
    struct rig *r = rig_open(rig_config());
    uint64_t iidr = get(r, GIC_ATTR_DIST_REGS, 8), typer = get(r, GIC_ATTR_DIST_REGS, 4);

    set(r, GIC_ATTR_DIST_REGS, 8, iidr);
    rig_expect_eq(gic_attr_set(r->gic, GIC_ATTR_DIST_REGS, 8, iidr ^ 1 << 12), -EINVAL);
    set(r, GIC_ATTR_DIST_REGS, 4, ~typer & 0xffffffff);
    ck_assert_uint_eq(get(r, GIC_ATTR_DIST_REGS, 4), typer);
    rig_destroy(r);
}
END_TEST

START_TEST(clear_registers_take_all_ones)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 0, 40, 0x80);
    rig_ready(r, 0, 41, 0x80);
    rig_bit(r, 0, ISACTIVER, 41);
    set(r, GIC_ATTR_DIST_REGS, ISENABLER + 4, 0); /* sets, and clears nothing */
    ck_assert_uint_eq(get(r, GIC_ATTR_DIST_REGS, ISENABLER + 4), 3u << 8);
    set(r, GIC_ATTR_DIST_REGS, ICENABLER + 4, ~0u);
    set(r, GIC_ATTR_DIST_REGS, ICACTIVER + 4, ~0u);
    set(r, GIC_ATTR_DIST_REGS, ISENABLER + 4, 1u << 8);
    ck_assert_uint_eq(get(r, GIC_ATTR_DIST_REGS, ISENABLER + 4), 1u << 8);
    ck_assert_uint_eq(get(r, GIC_ATTR_DIST_REGS, ISACTIVER + 4), 0);
    rig_destroy(r);
}
END_TEST

START_TEST(cpu_registers_are_their_vcpus_own)
{
    struct rig *r = rig_open(rig_config());

    rig_set(r, 3, "ICC_PMR_EL1", 0x70);
    rig_set(r, 3, "ICC_BPR1_EL1", 5);
    rig_set(r, 3, "ICC_CTLR_EL1", 1); /* CBPR hides BPR1 from the guest */
    ck_assert_uint_eq(get_sysreg(r, 3, "ICC_PMR_EL1"), 0x70);
    ck_assert_uint_eq(get_sysreg(r, 2, "ICC_PMR_EL1"), 0xf8);
    ck_assert_uint_eq(get_sysreg(r, 3, "ICC_BPR1_EL1"), 5);
    ck_assert_uint_ne(rig_get(r, 3, "ICC_BPR1_EL1"), 5);
    uint64_t ctlr = get_sysreg(r, 3, "ICC_CTLR_EL1");
    uint64_t attr = MPIDR(3) | instr("ICC_CTLR_EL1");
    set(r, GIC_ATTR_CPU_SYSREGS, attr, ctlr ^ 2);
    ck_assert_uint_eq(rig_get(r, 3, "ICC_CTLR_EL1"), ctlr ^ 2);
    rig_expect_eq(gic_attr_set(r->gic, GIC_ATTR_CPU_SYSREGS, attr, ctlr ^ 1 << 8), -EINVAL);
    attr = MPIDR(3) | instr("ICC_SRE_EL1");
    rig_expect_eq(gic_attr_set(r->gic, GIC_ATTR_CPU_SYSREGS, attr, 6), -EINVAL);
    set(r, GIC_ATTR_CPU_SYSREGS, attr, 7);
    rig_destroy(r);
}
END_TEST

START_TEST(both_copies_of_banked_registers_are_there)
{
    struct gic_config config = rig_config();

    config.has_el3 = config.two_security_states = true;
    struct rig *r = rig_open(config);
    uint64_t bpr = MPIDR(1) | instr("ICC_BPR1_EL1");
    set(r, GIC_ATTR_CPU_SYSREGS, bpr, 4);
    set(r, GIC_ATTR_CPU_SYSREGS, bpr | GIC_ATTR_NS, 6);
    r->pe[1] = (struct gic_pe_state){.el = 1, .secure = true};
    ck_assert_uint_eq(rig_get(r, 1, "ICC_BPR1_EL1"), 4);
    r->pe[1] = (struct gic_pe_state){.el = 1, .scr_el3 = 1};
    ck_assert_uint_eq(rig_get(r, 1, "ICC_BPR1_EL1"), 6);
    uint64_t value;
    gic_dist_read(r->gic, 0, false, 0x20, 4, &value); /* noted in the non-secure STATUSR */
    ck_assert_uint_eq(get(r, GIC_ATTR_DIST_REGS, 0x10), 0);
    ck_assert_uint_eq(get(r, GIC_ATTR_DIST_REGS, 0x10 | GIC_ATTR_NS), 1);
    rig_destroy(r);
}
END_TEST

START_TEST(single_values_confirm)
{
    struct rig *r = rig_open(rig_config());

    ck_assert_uint_eq(get(r, GIC_ATTR_NR_IRQS, 0), 288);
    set(r, GIC_ATTR_NR_IRQS, 0, 288);
    rig_expect_eq(gic_attr_set(r->gic, GIC_ATTR_NR_IRQS, 0, 64), -EINVAL);
    ck_assert_uint_eq(get(r, GIC_ATTR_MAINT_IRQ, 0), 25);
    rig_expect_eq(gic_attr_set(r->gic, GIC_ATTR_MAINT_IRQ, 0, 26), -EINVAL);
    rig_destroy(r);
    struct gic_config config = rig_config();
    config.n_spis = 988;
    config.has_el2 = false;
    r = rig_create(config);
    ck_assert_uint_eq(get(r, GIC_ATTR_NR_IRQS, 0), 1024);
    rig_expect_eq(gic_attr_has(r->gic, GIC_ATTR_MAINT_IRQ, 0), -ENXIO);
    rig_destroy(r);
}
END_TEST

static bool is_last(struct rig *r, unsigned vcpu)
{
    return (rig_redist(r, vcpu, true, 8, 4) >> 4) & 1;
}

START_TEST(regions_say_which_redistributor_is_the_last)
{
    struct rig *r = rig_create(rig_config());
    uint64_t region = 1; /* which one is asked for */

    ck_assert_uint_eq(get(r, GIC_ATTR_ADDR, GIC_ATTR_ADDR_DIST), ~0ull);
    rig_expect_eq(gic_attr_set(r->gic, GIC_ATTR_ADDR, GIC_ATTR_ADDR_DIST, 0x8001000), -EINVAL);
    set(r, GIC_ATTR_ADDR, GIC_ATTR_ADDR_DIST, 0x8000000);
    rig_expect_eq(gic_attr_set(r->gic, GIC_ATTR_ADDR, GIC_ATTR_ADDR_DIST, 0x8000000), -EEXIST);
    rig_expect_eq(gic_attr_get(r->gic, GIC_ATTR_ADDR, 77, &region), -ENXIO);
    rig_expect_eq(gic_attr_get(r->gic, GIC_ATTR_ADDR, GIC_ATTR_ADDR_REDIST_REGION, &region),
                  -ENOENT);
    uint64_t first = 1ull << 52 | 0x80a0000, second = 9ull << 52 | 0x4000000000 | 1;
    uint64_t attr = GIC_ATTR_ADDR_REDIST_REGION;
    rig_expect_eq(gic_attr_set(r->gic, GIC_ATTR_ADDR, attr, second), -EINVAL);    /* out of order */
    rig_expect_eq(gic_attr_set(r->gic, GIC_ATTR_ADDR, attr, 0x80a0000), -EINVAL); /* no count */
    rig_expect_eq(gic_attr_set(r->gic, GIC_ATTR_ADDR, attr, first | 1 << 12), -EINVAL);
    set(r, GIC_ATTR_ADDR, attr, first);
    ck_assert(!is_last(r, 0)); /* not before all have their place */
    set(r, GIC_ATTR_ADDR, attr, second);
    ck_assert(is_last(r, 0) && !is_last(r, 1) && !is_last(r, 2) && is_last(r, 3));
    rig_expect_eq(gic_attr_get(r->gic, GIC_ATTR_ADDR, attr, &region), 0);
    ck_assert_uint_eq(region, second);
    rig_expect_eq(gic_attr_set(r->gic, GIC_ATTR_ADDR, GIC_ATTR_ADDR_REDIST, 0x90000), -EINVAL);
    rig_destroy(r);
}
END_TEST

/* -- All of them -- */

static struct rig *move(struct rig *r, struct gic_config config)
{
    static struct gic_attr_value list[20000];
    struct rig *to = rig_create(config);
    long n = gic_attr_save(r->gic, NULL, 0);

    ck_assert_int_gt(n, 100);
    ck_assert_int_le(n, 20000);
    ck_assert_int_eq(gic_attr_save(r->gic, list, 20000), n);
    rig_expect_eq(gic_attr_restore(to->gic, list, (size_t)n), 0);
    rig_expect_eq(gic_attr_restore(to->gic, list, (size_t)n), 0); /* over a history too */
    return to;
}

/* Q4: after QEMU's restore CPU1 does not see it until something else happens. */
START_TEST(a_pending_spi_of_cpu1_is_seen_by_cpu1_after_the_restore)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 1, 40, 0x80);
    rig_edge(r, 1, 40);
    gic_set_spi(r->gic, 40, true);
    gic_set_spi(r->gic, 40, false);
    struct rig *to = move(r, rig_config());
    ck_assert(to->lines[1][GIC_LINE_IRQ]);
    ck_assert(!to->lines[0][GIC_LINE_IRQ]);
    ck_assert_uint_eq(rig_get(to, 1, "ICC_HPPIR1_EL1"), 40);
    ck_assert_uint_eq(rig_get(to, 1, "ICC_IAR1_EL1"), 40);
    ck_assert_uint_eq(rig_get(to, 1, "ICC_IAR1_EL1"), 1023);
    ck_assert_uint_eq(rig_get(r, 1, "ICC_IAR1_EL1"), 40); /* and the old one goes on as well */
    rig_destroy(r);
    rig_destroy(to);
}
END_TEST

START_TEST(an_active_level_interrupt_pends_again_after_its_end)
{
    struct rig *r = rig_open(rig_config());

    rig_ready(r, 2, 50, 0x80);
    gic_set_spi(r->gic, 50, true);
    ck_assert_uint_eq(rig_get(r, 2, "ICC_IAR1_EL1"), 50);
    struct rig *to = move(r, rig_config());
    ck_assert(!to->lines[2][GIC_LINE_IRQ]);
    ck_assert_uint_eq(rig_get(to, 2, "ICC_RPR_EL1"), 0x80);
    rig_set(to, 2, "ICC_EOIR1_EL1", 50);
    ck_assert(to->lines[2][GIC_LINE_IRQ]);
    gic_set_spi(to->gic, 50, false);
    ck_assert(!to->lines[2][GIC_LINE_IRQ]);
    rig_destroy(r);
    rig_destroy(to);
}
END_TEST

/* A line that is up stays up; none rises that stays down. */
START_TEST(no_line_rises_and_falls_while_a_new_gic_is_made)
{
    struct rig *r = rig_open(rig_config());

    for (unsigned i = 0; i < RIG_VCPUS; i++) {
        rig_ready(r, i, 34 + i, 0x40 + i * 0x10);
        rig_bit(r, i, ISPENDR, 34 + i);
        rig_ready(r, i, 5, 0x80);
        rig_bit(r, i, ISPENDR, 5);
    }
    rig_set(r, 3, "ICC_PMR_EL1", 0x10); /* masks all */
    static struct gic_attr_value list[20000];
    struct rig *to = rig_create(rig_config());
    long n = gic_attr_save(r->gic, list, 20000);
    rig_expect_eq(gic_attr_restore(to->gic, list, (size_t)n), 0);
    ck_assert_uint_eq(to->line_changes, 3);
    rig_destroy(r);
    rig_destroy(to);
}
END_TEST

/* -- Random states: the new GIC and the old one answer alike from then on -- */

/* Sequence and owner are not the state's. */
static uint64_t published(const struct world *w, unsigned vcpu)
{
    return gic_published(w->gic, vcpu) & ((1ull << GIC_PUB_OWNER_SHIFT) - 1);
}

static void expect_same(const struct world *a, const struct world *b, unsigned kind, unsigned seed,
                        unsigned step)
{
    for (unsigned i = 0; i < WORLD_VCPUS; i++) {
        if (published(a, i) != published(b, i))
            ck_abort_msg("kind %#x seed %u step %u: vCPU %u publishes %#llx, not %#llx", kind, seed,
                         step, i, (unsigned long long)published(b, i),
                         (unsigned long long)published(a, i));
        if (memcmp(a->lines[i], b->lines[i], sizeof(a->lines[i])) != 0)
            ck_abort_msg("kind %#x seed %u step %u: other lines at vCPU %u", kind, seed, step, i);
    }
}

static void go_on_alike(struct world *a, struct world *b, unsigned seed, unsigned steps)
{
    struct world_random ra = {seed}, rb = {seed};

    expect_same(a, b, a->kind, seed, 0);
    for (unsigned i = 1; i <= steps; i++) {
        uint64_t of_a = world_step(a, &ra), of_b = world_step(b, &rb);
        if (of_a != of_b)
            ck_abort_msg("kind %#x seed %u step %u: %#llx, not %#llx", a->kind, seed, i,
                         (unsigned long long)of_b, (unsigned long long)of_a);
        expect_same(a, b, a->kind, seed, i);
    }
}

static void expect_same_list(struct world *a, struct world *b)
{
    static struct gic_attr_value of_a[20000], of_b[20000];
    long n = gic_attr_save(a->gic, of_a, 20000);

    rig_expect_eq(gic_attr_save(b->gic, of_b, 20000), n);
    for (long i = 0; i < n; i++)
        if (memcmp(&of_a[i], &of_b[i], sizeof(of_a[i])) != 0)
            ck_abort_msg("kind %#x: group %u attribute %#llx is %#llx, not %#llx", a->kind,
                         of_a[i].group, (unsigned long long)of_a[i].attr,
                         (unsigned long long)of_b[i].value, (unsigned long long)of_a[i].value);
}

/*
 * Not whom a pending 1-of-N interrupt was given to, nor whether a level is a message's or a wire's;
 * and with DS there is no ARE_NS any more.
 */
static struct gic_dist_state what_is_saved(const struct gic_dist_state *d)
{
    struct gic_dist_state out = *d;

    memset(out.chosen, 0, sizeof(out.chosen));
    memset(out.message, 0, sizeof(out.message));
    if (out.ctlr & CTLR_DS)
        out.ctlr &= ~CTLR_ARE_NS;
    return out;
}

static void expect_same_state(const struct world *a, const struct world *b)
{
    static struct gic_dist_state of_a, of_b;

    of_a = what_is_saved(&a->gic->dist);
    of_b = what_is_saved(&b->gic->dist);
    ck_assert_msg(memcmp(&of_a, &of_b, sizeof(of_a)) == 0, "kind %#x: GICD", a->kind);
    for (unsigned i = 0; i < WORLD_VCPUS; i++) {
        struct gic_vcpu *va = &a->gic->vcpus[i], *vb = &b->gic->vcpus[i];
        struct gic_redist_state ra = va->redist, rb = vb->redist;
        memset(ra.sgi_from, 0, sizeof(ra.sgi_from));
        memset(rb.sgi_from, 0, sizeof(rb.sgi_from));
        ra.map_left = rb.map_left = 0;
        ck_assert_msg(memcmp(&ra, &rb, sizeof(ra)) == 0, "kind %#x: GICR %u", a->kind, i);
        ck_assert_msg(memcmp(&va->cpu, &vb->cpu, sizeof(va->cpu)) == 0, "kind %#x: ICC %u", a->kind,
                      i);
    }
}

static void move_and_compare(unsigned kind, unsigned seed)
{
    struct world *a = world_create(kind), *b;
    struct world_random r = {seed * 7919u + kind};
    int err;

    world_open(a);
    for (unsigned i = 0; i < 600; i++)
        world_step(a, &r);
    b = world_move(a, &err);
    ck_assert_msg(b != NULL, "kind %#x seed %u: error %d", kind, seed, err);
    expect_same_list(a, b);
    expect_same_state(a, b);
    go_on_alike(a, b, seed, 200);
    world_destroy(a);
    world_destroy(b);
}

/*
 * 1-of-N apart, also by several targets: which vCPU a pending one was given to is not saved, and
 * may be another then.
 */
START_TEST(a_gic_in_any_state_goes_on_from_its_attributes)
{
    struct world_random r = {11};

    for (unsigned i = 0; i < 300; i++)
        move_and_compare(world_next(&r) % WORLD_KINDS & ~(WORLD_ONE_OF_N | WORLD_LEGACY), i);
}
END_TEST

START_TEST(with_one_of_n_and_legacy_operation_all_state_is_the_same)
{
    struct world_random r = {12};

    for (unsigned i = 0; i < 100; i++) {
        unsigned some = i % 4 ? i % 4 : 3;
        struct world *a = world_create((world_next(&r) % WORLD_ONE_OF_N) | some * WORLD_ONE_OF_N),
                     *b;
        int err;
        world_open(a);
        for (unsigned n = 0; n < 600; n++)
            world_step(a, &r);
        b = world_move(a, &err);
        ck_assert_msg(b != NULL, "error %d", err);
        expect_same_list(a, b);
        expect_same_state(a, b);
        world_destroy(a);
        world_destroy(b);
    }
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("attr");

    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, numbers_are_those_of_kvm);
    tcase_add_test(tc, what_is_not_there_is_enxio_and_no_vcpu_is_einval);
    tcase_add_test(tc, ispendr_is_the_latch_and_level_info_the_wire);
    tcase_add_test(tc, a_level_that_is_set_is_no_edge);
    tcase_add_test(tc, statusr_is_written_as_it_is_and_reads_change_nothing);
    tcase_add_test(tc, iidr_confirms_what_was_saved_and_read_only_registers_ignore_writes);
    tcase_add_test(tc, clear_registers_take_all_ones);
    tcase_add_test(tc, cpu_registers_are_their_vcpus_own);
    tcase_add_test(tc, both_copies_of_banked_registers_are_there);
    tcase_add_test(tc, single_values_confirm);
    tcase_add_test(tc, regions_say_which_redistributor_is_the_last);
    tcase_add_test(tc, a_pending_spi_of_cpu1_is_seen_by_cpu1_after_the_restore);
    tcase_add_test(tc, an_active_level_interrupt_pends_again_after_its_end);
    tcase_add_test(tc, no_line_rises_and_falls_while_a_new_gic_is_made);
    tcase_add_test(tc, a_gic_in_any_state_goes_on_from_its_attributes);
    tcase_add_test(tc, with_one_of_n_and_legacy_operation_all_state_is_the_same);
    return suite_run_case("gic attributes", tc);
}
