/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Random operations on libgic and on the reference model, compared after each.
 * GIC_MODEL_STEPS: how many in all (1,000,000; 10,000,000 in the nightly preset).
 */
#include "tests/model/both.h"

/* With GIC_PARANOID each step also walks all gates of all interrupts, several times. */
#ifdef GIC_PARANOID
#define DEFAULT_STEPS 8000
#else
#define DEFAULT_STEPS 1000000
#endif

enum {
    COMPARE_WORDS_EVERY = 64,
    COMPARE_LPIS_EVERY = 16,
    SAVE_EVERY = 1024,
    ENOUGH_STEPS = 20000,
    PPI_MAINTENANCE = 25
};

/* -- Comparing -- */

static void compare_physical(struct both *b, unsigned cpu)
{
    struct m_vcpu *c = &b->m.vcpu[cpu];
    struct m_waiting w = rule_highest(&b->m, cpu);
    bool up = rule_signalled(&b->m, c, &w), irq = up && rule_is_irq(&b->m, c, w.group);
    unsigned group, running;
    bool nmi;

    rig_expect_eq(b->r->lines[cpu][GIC_LINE_IRQ], irq);
    rig_expect_eq(b->r->lines[cpu][GIC_LINE_FIQ], up && !irq);
    rig_expect_eq(b->r->lines[cpu][GIC_LINE_WAKE], rule_wake_request(&b->m, cpu));
    running = rule_running(&b->m, c, &group, &nmi);
    if (running != M_IDLE && c->fiq_to_el3 && !rule_secure_pe(c))
        running = rule_ns_priority(running);
    rig_expect_eq(both_get(b, cpu, R_RPR) & 0xff, running);
    rig_expect_eq(both_get(b, cpu, R_HPPIR1), rule_hppir(&b->m, cpu, true));
    if (both_may(b, cpu, R_HPPIR0))
        rig_expect_eq(both_get(b, cpu, R_HPPIR0), rule_hppir(&b->m, cpu, false));
}

static void compare_virtual(struct both *b, unsigned cpu)
{
    const struct m_vcpu *c = &b->m.vcpu[cpu];
    struct gic_pe_state el2 = {.el = 2, .el2_enabled = true, .scr_el3 = 1};
    struct m_waiting w = rule_v_highest(&b->m, cpu);
    bool up = rule_v_signalled(&b->m, cpu);

    rig_expect_eq(b->r->lines[cpu][GIC_LINE_VIRQ], up && w.group);
    rig_expect_eq(b->r->lines[cpu][GIC_LINE_VFIQ], up && !w.group);
    rig_expect_eq(b->r->lines[cpu][GIC_LINE_MAINTENANCE], c->v_en && rule_v_misr(&b->m, c) != 0);
    rig_expect_eq(both_get_as(b, cpu, &el2, R_MISR), rule_v_misr(&b->m, c));
    rig_expect_eq(both_get_as(b, cpu, &el2, R_EISR), rule_v_eisr(&b->m, c));
    rig_expect_eq(both_get_as(b, cpu, &el2, R_ELRSR), rule_v_elrsr(&b->m, c));
    rig_expect_eq(both_get_as(b, cpu, &el2, R_HCR) >> 27, c->v_eoicount);
}

/* The words of one vCPU and of the distributor: pending, active, as each state may see them. */
static void compare_words(struct both *b)
{
    unsigned cpu = both_dice(b, M_VCPUS);
    bool secure = both_dice(b, 2);

    for (unsigned intid = 0; intid < 96; intid++) {
        const struct m_irq *i = m_irq(&b->m, cpu, intid);
        bool sees = secure || rule_ns_sees(&b->m, i);
        uint32_t at = (intid < 32 ? SGI_BASE : intid / 32 * 4), shift = intid % 32;
        uint64_t pending = intid < 32 ? rig_redist(b->r, cpu, secure, at + ISPENDR, 4)
                                      : rig_dist(b->r, secure, at + ISPENDR, 4);
        uint64_t active = intid < 32 ? rig_redist(b->r, cpu, secure, at + ISACTIVER, 4)
                                     : rig_dist(b->r, secure, at + ISACTIVER, 4);
        rig_expect_eq(pending >> shift & 1, sees && rule_pending(i));
        rig_expect_eq(active >> shift & 1, sees && i->active);
    }
}

/* No register shows whether an LPI is pending; the explanation does. */
static void compare_lpis(struct both *b, unsigned cpu)
{
    struct gic_verdict verdict;

    for (unsigned lpi = 0; lpi < M_LPIS; lpi++) {
        gic_explain(b->r->gic, cpu, M_LPI_FIRST + lpi * M_LPI_STRIDE, &b->r->pe[cpu], &verdict);
        if (b->m.vcpu[cpu].lpis_enabled)
            rig_expect_eq(verdict.gates[GIC_GATE_PENDING].result == GIC_GATE_PASS,
                          b->m.vcpu[cpu].lpi[lpi].pending);
    }
}

/* -- Save, reset, restore: nothing may change. Pieces come in any number and size. -- */

struct saved {
    uint8_t *bytes;
    size_t used, room, at;
};

static void copy_out(void *opaque, const char *name, void *data, size_t size_bytes)
{
    struct saved *s = opaque;

    (void)name;
    if (s->room - s->used < size_bytes) {
        s->room = s->used + size_bytes + (1 << 20);
        s->bytes = realloc(s->bytes, s->room);
        ck_assert_ptr_nonnull(s->bytes);
    }
    memcpy(s->bytes + s->used, data, size_bytes);
    s->used += size_bytes;
}

static void copy_in(void *opaque, const char *name, void *data, size_t size_bytes)
{
    struct saved *s = opaque;

    (void)name;
    ck_assert_uint_le(s->at + size_bytes, s->used);
    memcpy(data, s->bytes + s->at, size_bytes);
    s->at += size_bytes;
}

static void save_and_restore(struct both *b)
{
    struct saved s = {0};

    gic_visit(b->r->gic, copy_out, &s);
    gic_reset(b->r->gic);
    gic_visit(b->r->gic, copy_in, &s);
    gic_after_restore(b->r->gic);
    free(s.bytes);
}

/* -- Runs -- */

static void step(struct both *b)
{
    static step_fn *const steps[] = {
        step_bits,   step_bits,    step_bits,   step_config, step_config,     step_wire,
        step_wire,   step_wire,    step_take,   step_take,   step_take,       step_end,
        step_end,    step_end,     step_cpuif,  step_sgi,    step_pe,         step_map,
        step_event,  step_event,   step_event,  step_move,   step_lpi_config, step_v_lr,
        step_v_lr,   step_v_take,  step_v_take, step_v_end,  step_v_end,      step_v_control,
        step_v_take, step_v_guest, step_v_look,
    };
    static step_fn *const of_vpes[] = {step_vpe_event, step_vpe_event,  step_vpe_schedule,
                                       step_v_take,    step_vpe_config, step_vpe_sgi};
    static step_fn *const rare[] = {step_dist, step_sleep, step_lpi_enable, step_sleep};

    if (both_dice(b, 16) == 0)
        rare[both_dice(b, 4)](b);
    else if (b->m.has_v4 && both_dice(b, 2))
        of_vpes[both_dice(b, sizeof(of_vpes) / sizeof(of_vpes[0]))](b);
    else
        steps[both_dice(b, sizeof(steps) / sizeof(steps[0]))](b);
    rule_settle(&b->m);
}

static void run(const struct both_config *config, unsigned long steps)
{
    static struct both b;

    both_create(&b, config);
    for (unsigned long i = 0; i < steps; i++) {
        unsigned cpu = (unsigned)(i % M_VCPUS);
        step(&b);
        compare_physical(&b, cpu);
        compare_virtual(&b, cpu);
        if (i % COMPARE_WORDS_EVERY == 0)
            compare_words(&b);
        if (i % COMPARE_LPIS_EVERY == 0)
            compare_lpis(&b, both_dice(&b, M_VCPUS));
        if (i % SAVE_EVERY == 0)
            save_and_restore(&b);
    }
    ck_assert_msg(
        steps < ENOUGH_STEPS ||
            (b.taken > steps / 200 && b.lpis_taken > steps / 10000 &&
             b.virtual_taken > steps / 200 && (!b.m.has_v4 || b.direct_taken > steps / 1000)),
        "only %lu, %lu LPIs, %lu virtual interrupts, %lu direct ones of %lu steps were taken",
        b.taken, b.lpis_taken, b.virtual_taken, b.direct_taken, steps);
    both_destroy(&b);
}

static const struct both_config configs[] = {
    {.seed = 1, .priority_bits = 5},
    {.seed = 2, .priority_bits = 5, .two_states = true},
    {.seed = 3, .priority_bits = 4, .one_of_n = true},
    {.seed = 4, .priority_bits = 8, .two_states = true, .one_of_n = true},
    {.seed = 5, .priority_bits = 5, .nmi = true},
    {.seed = 6, .priority_bits = 6, .nmi = true, .two_states = true, .one_of_n = true},
    {.seed = 7, .priority_bits = 8, .nmi = true, .one_of_n = true},
    {.seed = 8, .priority_bits = 7, .two_states = true},
    {.seed = 9, .priority_bits = 5, .version = GIC_VERSION_4_1},
    {.seed = 10, .priority_bits = 8, .nmi = true, .two_states = true, .version = GIC_VERSION_4_1},
    {.seed = 11, .priority_bits = 7, .nmi = true, .list_registers = 16},
    {.seed = 12,
     .priority_bits = 6,
     .two_states = true,
     .version = GIC_VERSION_4_1,
     .list_registers = 16},
    {.seed = 14, .priority_bits = 5, .version = GIC_VERSION_4_0},
    {.seed = 15, .priority_bits = 7, .nmi = true, .version = GIC_VERSION_4_0},
    {.seed = 13, .priority_bits = 5, .list_registers = 1},
};

enum { N_CONFIGS = sizeof(configs) / sizeof(configs[0]) };

START_TEST(random_steps_agree_with_the_model)
{
    const char *env = getenv("GIC_MODEL_STEPS");
    unsigned long steps = env != NULL ? strtoul(env, NULL, 0) : DEFAULT_STEPS;

    run(&configs[_i], steps / N_CONFIGS);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("model");

    tcase_set_timeout(tc, 1200);
    tcase_add_loop_test(tc, random_steps_agree_with_the_model, 0, N_CONFIGS);
    return suite_run_case("gic against its model", tc);
}
