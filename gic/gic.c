/* SPDX-License-Identifier: MIT */
/*
 * Creation, reset and destruction.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gic/legacy.h"
#include "gic/lpi.h"
#include "gic/vpe.h"

struct config_rule {
    bool (*broken)(const struct gic_config *c);
    const char *why;
};

static bool bad_vcpus(const struct gic_config *c)
{
    return c->n_vcpus == 0 || c->n_vcpus > GIC_MAX_VCPUS || c->mpidr == NULL;
}

static bool bad_spis(const struct gic_config *c)
{
    return c->n_spis != 988 && (c->n_spis < 32 || c->n_spis > 960 || c->n_spis % 32 != 0);
}

static bool bad_espis(const struct gic_config *c)
{
    return c->n_espis > 1024 || c->n_espis % 32 != 0;
}

static bool bad_eppis(const struct gic_config *c)
{
    return c->n_eppis > 64 || c->n_eppis % 32 != 0;
}

static bool bad_priorities(const struct gic_config *c)
{
    unsigned least = c->two_security_states ? 5 : 4;

    return c->priority_bits != 0 && (c->priority_bits < least || c->priority_bits > 8);
}

static bool bad_list_registers(const struct gic_config *c)
{
    return c->list_registers > 16;
}

static bool bad_security(const struct gic_config *c)
{
    return c->two_security_states && !c->has_el3;
}

static bool bad_legacy(const struct gic_config *c)
{
    return c->legacy && c->n_vcpus > GIC_LEGACY_VCPUS;
}

static bool bad_lpis(const struct gic_config *c)
{
    if (c->lpi_id_bits == 0)
        return false;
    return c->lpi_id_bits < 14 || c->lpi_id_bits > 24 || c->memory_read == NULL ||
           c->memory_write == NULL;
}

static bool bad_version(const struct gic_config *c)
{
    if (c->version > GIC_VERSION_4_1)
        return true;
    return c->version != GIC_VERSION_3 && (c->lpi_id_bits == 0 || !c->has_el2);
}

static bool bad_vpe_ids(const struct gic_config *c)
{
    return c->vpe_id_bits > 16;
}

static const struct config_rule rules[] = {
    {bad_vcpus, "n_vcpus must be 1..512, and mpidr must give as many affinities"},
    {bad_spis, "n_spis must be a multiple of 32 from 32 to 960, or 988"},
    {bad_espis, "n_espis must be a multiple of 32 up to 1024"},
    {bad_eppis, "n_eppis must be 0, 32 or 64"},
    {bad_priorities, "priority_bits must be 4..8, with two security states 5..8"},
    {bad_list_registers, "list_registers must be 1..16"},
    {bad_security, "two_security_states needs has_el3: only EL3 changes the security state"},
    {bad_legacy, "legacy operation is for n_vcpus up to 8: GICD_ITARGETSR<n> has 8 bits each"},
    {bad_lpis, "lpi_id_bits must be 0 or 14..24, and then memory_read and memory_write be given"},
    {bad_version, "version must be 3, 4.0 or 4.1; from 4.0 on has_el2 and lpi_id_bits are needed"},
    {bad_vpe_ids, "vpe_id_bits must be 1..16"},
};

static int check_config(const struct gic_config *c, const char **why)
{
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (rules[i].broken(c)) {
            *why = rules[i].why;
            return -EINVAL;
        }
    }
    return 0;
}

/* IHI 0069 4.8.2: one bit of the eight never counts for preemption. */
static void init_constants(struct gic *g, const struct gic_config *config)
{
    g->config = *config;
    if (g->config.priority_bits == 0)
        g->config.priority_bits = 5;
    if (g->config.list_registers == 0)
        g->config.list_registers = 4;
    g->config.sre_writable |= g->config.legacy;
    g->priority_bits = (uint8_t)g->config.priority_bits;
    g->priority_mask = (uint8_t)(0xff << (8 - g->priority_bits));
    g->pre_bits = g->priority_bits > 7 ? 7 : g->priority_bits;
    g->min_bpr = (uint8_t)(7 - g->pre_bits);
    g->n_levels = (1u << g->priority_bits) + 2;
    g->level_words = (uint8_t)((g->n_levels + 63) / 64);
    g->apr_words = g->pre_bits > 5 ? (uint8_t)(1u << (g->pre_bits - 5)) : 1;
    gic_set_events(g, ~0u);
    g->absent_classes = gic_absent_classes(&g->config);
    g->addresses.dist = g->addresses.redist = GIC_ADDRESS_UNSET;
}

static uint32_t first_bits(unsigned n)
{
    return n >= 32 ? ~0u : (1u << n) - 1;
}

static void init_masks(struct gic *g)
{
    const struct gic_config *c = &g->config;

    for (unsigned word = 1; word < 32; word++)
        if ((word - 1) * 32 < c->n_spis)
            g->shared_mask[word] = first_bits(c->n_spis - (word - 1) * 32);
    for (unsigned word = 0; word < c->n_espis / 32; word++)
        g->shared_mask[32 + word] = ~0u;
    g->local_mask[0] = ~0u;
    for (unsigned word = 0; word < c->n_eppis / 32; word++)
        g->local_mask[1 + word] = ~0u;
}

static void init_vcpus(struct gic *g, const uint64_t *affinities)
{
    for (unsigned i = 0; i < g->config.n_vcpus; i++) {
        struct gic_vcpu *v = &g->vcpus[i];
        uint64_t mpidr = affinities[i];
        v->gic = g;
        v->index = i;
        v->affinity = (uint32_t)(mpidr >> 8 & 0xff000000u) | (uint32_t)(mpidr & 0xffffffu);
    }
    g->vcpus[g->config.n_vcpus - 1].last_of_region = true;
    g->config.mpidr = NULL;
}

static int allocate(struct gic *g, const uint64_t *affinities)
{
    g->vcpus = calloc(g->config.n_vcpus, sizeof(*g->vcpus));
    g->published = aligned_alloc(64, g->config.n_vcpus * sizeof(*g->published));
    if (g->vcpus == NULL || g->published == NULL)
        return -ENOMEM;
    init_vcpus(g, affinities);
    for (unsigned i = 0; i < g->config.n_vcpus; i++) {
        atomic_init(&g->published[i].word, 0);
        atomic_init(&g->published[i].virt, 0);
    }
    int err = gic_frames_create(g);
    if (err == 0)
        err = gic_lpi_create(g);
    if (err == 0)
        err = gic_vpe_create(g);
    if (err == 0)
        err = gic_post_create(g);
    return err != 0 ? err : gic_pending_create(g);
}

int gic_create(const struct gic_config *config, struct gic **out, const char **why)
{
    const char *ignored;

    why = why != NULL ? why : &ignored;
    *out = NULL;
    int err = check_config(config, why);
    if (err != 0)
        return err;
    *why = "not enough memory";
    struct gic *g = calloc(1, sizeof(*g));
    if (g == NULL)
        return -ENOMEM;
    init_constants(g, config);
    init_masks(g);
    err = allocate(g, config->mpidr);
    if (err == 0)
        err = gic_affinity_init(g);
    if (err != 0) {
        if (err == -EEXIST)
            *why = "mpidr: two vCPUs have the same affinity";
        gic_destroy(g);
        return err == -EEXIST ? -EINVAL : err;
    }
    g->revision = 1;
    gic_reset(g);
    err = gic_reset_values_create(g);
    if (err != 0) {
        gic_destroy(g);
        return err;
    }
    *out = g;
    return 0;
}

void gic_set_revision(struct gic *g, unsigned revision)
{
    g->revision = revision & 0xf;
}

void gic_set_events(struct gic *g, uint32_t events)
{
    g->events = g->config.event != NULL ? events : 0;
}

void gic_destroy(struct gic *g)
{
    if (g == NULL)
        return;
    gic_its_destroy_all(g);
    gic_post_destroy(g);
    gic_vpe_destroy(g);
    gic_lpi_destroy(g);
    gic_pending_destroy(g);
    gic_frames_destroy(g);
    free(g->reset_values);
    free(g->affinity_hash);
    free(g->published);
    free(g->vcpus);
    free(g);
}

/* -- Reset -- */

/* Wires are driven from outside: their level outlives a reset. */
static void reset_words(struct irq_word *words, unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        uint32_t level = words[i].level;
        memset(&words[i], 0, sizeof(words[i]));
        words[i].level = level;
    }
}

static void reset_dist(struct gic *g)
{
    struct gic_dist_state *d = &g->dist;

    d->ctlr = g->config.two_security_states ? 0 : CTLR_DS;
    d->rwp_reads = 0;
    d->ctlr_lag = 0;
    d->lagging = 0;
    memset(d->lag, 0, sizeof(d->lag));
    memset(d->statusr, 0, sizeof(d->statusr));
    memset(d->irouter, 0, sizeof(d->irouter));
    memset(d->chosen, 0, sizeof(d->chosen));
    memset(d->itargets, 0, sizeof(d->itargets));
    memset(d->nsacr, 0, sizeof(d->nsacr));
    for (unsigned word = 0; word < GIC_SHARED_WORDS; word++)
        d->words[word].level &= ~d->message[word];
    memset(d->message, 0, sizeof(d->message));
    reset_words(d->words, GIC_SHARED_WORDS);
}

static void reset_redist(struct gic_vcpu *v)
{
    struct gic_redist_state *s = &v->redist;
    struct irq_word words[GIC_LOCAL_WORDS];

    reset_words(s->words, GIC_LOCAL_WORDS);
    memcpy(words, s->words, sizeof(words));
    memset(s, 0, sizeof(*s));
    memcpy(s->words, words, sizeof(words));
    s->words[0].edge = 0xffff; /* SGIs */
    s->waker = WAKER_PROCESSOR_SLEEP | WAKER_CHILDREN_ASLEEP;
}

/* Everything that is not state: after a reset, or a restore. */
void gic_rebuild(struct gic *g)
{
    gic_pending_clear(g);
    memset(g->waiting, 0, sizeof(g->waiting));
    for (unsigned slot = 32; slot < GIC_SHARED_SLOTS; slot++)
        gic_reroute(g, slot);
    gic_refresh_all(g);
    for (unsigned i = 0; i < g->config.n_vcpus; i++) {
        gic_vlpi_rebuild(&g->vcpus[i]);
        gic_virt_update(&g->vcpus[i]);
    }
}

void gic_reset(struct gic *g)
{
    reset_dist(g);
    gic_its_reset_all(g);
    gic_vpe_forget_residents(g);
    for (unsigned i = 0; i < g->config.n_vcpus; i++) {
        reset_redist(&g->vcpus[i]);
        gic_lpi_reset(&g->vcpus[i]);
        gic_vlpi_reset(&g->vcpus[i]);
        gic_cpuif_reset(&g->vcpus[i]);
    }
    gic_rebuild(g);
}

void gic_reset_vcpu(struct gic *g, unsigned vcpu)
{
    if (vcpu >= g->config.n_vcpus)
        return;
    struct gic_vcpu *v = &g->vcpus[vcpu];
    gic_cpuif_reset(v);
    gic_vcpu_update_rebuilt(v);
    gic_virt_update(v);
}
