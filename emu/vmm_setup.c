/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The word is a pointer to a block of values that nobody writes any more. A change copies the
 * current block, changes the copy, and swaps the pointer if it is still the same. Blocks are freed
 * with the setup, and not before: so readers need no protection, and a pointer that is the same is
 * the same block (no ABA).
 */
#include "emu/vmm_setup.h"

#include <errno.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "emu/board.h"
#include "gic/attr.h"

enum { GICD_IIDR = 8 };

#define N_GIC_KEYS VMM_KEY_GIC_VERSION /* those of gic_option_name() are below it */

struct block {
    uint64_t value[VMM_N_KEYS];
    bool given[VMM_N_KEYS];
    bool fixed;   /* a machine is made of it */
    bool has_ids; /* and has an engine, whose they are */
    bool sealed;
    struct vmm_engine_ids ids;
    unsigned depth; /* how many changes led here */
    struct block *before;
};

struct vmm_setup {
    _Atomic(struct block *) word;
};

/* -- Names ------------------------------------------------------------------------------------- */

static const char *const names[] = {[VMM_KEY_GIC_VERSION] = "gic-version",
                                    [VMM_KEY_GICD_REVISION] = "gicd-revision",
                                    [VMM_KEY_GICD_BASE] = "gicd-base",
                                    [VMM_KEY_GICR_BASE] = "gicr-base",
                                    [VMM_KEY_ITS_BASE] = "its-base",
#define X(key, name, crm, op2) [VMM_KEY_##key] = name,
                                    VMM_ID_REGISTERS(X)
#undef X
};

const char *vmm_setup_name(enum vmm_key key)
{
    return key < N_GIC_KEYS ? gic_option_name(key) : key < VMM_N_KEYS ? names[key] : NULL;
}

int vmm_setup_key(const char *name)
{
    for (unsigned key = 0; key < VMM_N_KEYS; key++) {
        if (!strcmp(vmm_setup_name((enum vmm_key)key), name))
            return (int)key;
    }
    return -ENOENT;
}

/* -- Life -------------------------------------------------------------------------------------- */

void vmm_setup_take_options(struct vmm_setup *s, const struct gic_options *gic)
{
    struct block *b = atomic_load(&s->word);

    for (unsigned key = 0; key < N_GIC_KEYS; key++)
        b->value[key] = gic_option_get(gic, key);
    b->value[VMM_KEY_GIC_VERSION] = gic->version;
}

int vmm_setup_create(struct vmm_setup **out)
{
    struct vmm_setup *s = calloc(1, sizeof(*s));
    struct block *b = calloc(1, sizeof(*b));
    struct gic_options gic;

    if (!s || !b) {
        free(s);
        free(b);
        return -ENOMEM;
    }
    b->value[VMM_KEY_GICD_REVISION] = 1;
    atomic_init(&s->word, b);
    gic_options_defaults(&gic);
    vmm_setup_take_options(s, &gic);
    *out = s;
    return 0;
}

static void free_blocks(struct block *b)
{
    while (b) {
        struct block *before = b->before;

        free(b);
        b = before;
    }
}

void vmm_setup_destroy(struct vmm_setup *s)
{
    if (!s)
        return;
    free_blocks(atomic_load(&s->word));
    free(s);
}

/* -- Reads ------------------------------------------------------------------------------------- */

static struct block *current(const struct vmm_setup *s)
{
    return atomic_load_explicit(&s->word, memory_order_acquire);
}

uint64_t vmm_setup_get(const struct vmm_setup *s, enum vmm_key key)
{
    return key < VMM_N_KEYS ? current(s)->value[key] : 0;
}

bool vmm_setup_is_given(const struct vmm_setup *s, enum vmm_key key)
{
    return key < VMM_N_KEYS && current(s)->given[key];
}

bool vmm_setup_is_sealed(const struct vmm_setup *s)
{
    return current(s)->sealed;
}

bool vmm_setup_get_all(const struct vmm_setup *s, uint64_t values[VMM_N_KEYS])
{
    const struct block *b = current(s);

    memcpy(values, b->value, sizeof(b->value));
    return b->sealed;
}

/* -- What a value may be ----------------------------------------------------------------------- */

static bool is_id(enum vmm_key key)
{
    return key >= VMM_FIRST_ID_KEY;
}

/* Whether the key can have that value, whatever others have. */
static bool takes(enum vmm_key key, uint64_t value)
{
    if (key < N_GIC_KEYS)
        return gic_option_takes(key, value);
    switch (key) {
    case VMM_KEY_GIC_VERSION:
        return value <= GIC_VERSION_4_1;
    case VMM_KEY_GICD_REVISION:
        return value <= 15;
    case VMM_KEY_GICD_BASE:
    case VMM_KEY_GICR_BASE:
    case VMM_KEY_ITS_BASE:
        return board_takes_frame(value);
    default:
        return true;
    }
}

static int check_value(const struct block *b, enum vmm_key key, uint64_t value, struct error *err)
{
    const char *name = vmm_setup_name(key);

    if (!takes(key, value))
        return error_bad_input(err, "%s: 0x%" PRIx64 " is no value for it", name, value);
    if (b->has_ids && is_id(key) &&
        !vmm_id_supported(key, b->ids.value[key - VMM_FIRST_ID_KEY], value))
        return error_bad_input(err,
                               "%s: this engine cannot be one with 0x%" PRIx64 "; it has 0x%" PRIx64
                               ", and only features may be left out of that",
                               name, value, b->ids.value[key - VMM_FIRST_ID_KEY]);
    return 0;
}

/* Values that are possible each, but not together. */
static bool place_frames(const uint64_t *v, struct board_description *board)
{
    *board = (struct board_description){.n_vcpus = 1};
    board_place_gic(board, (unsigned)v[VMM_KEY_GIC_VERSION]);
    return board_move_gic(board, v[VMM_KEY_GICD_BASE], v[VMM_KEY_GICR_BASE], v[VMM_KEY_ITS_BASE]);
}

static int check_together(const struct block *b, struct error *err)
{
    const uint64_t *v = b->value;
    struct board_description board;

    if (v[VMM_KEY_GIC_spis] % 32 && v[VMM_KEY_GIC_spis] != 988)
        return error_bad_input(
            err, "gic: spis=%" PRIu64 " must be a multiple of 32 from 32 to 960, or 988",
            v[VMM_KEY_GIC_spis]);
    if (v[VMM_KEY_GIC_espis] % 32 || v[VMM_KEY_GIC_eppis] % 32)
        return error_bad_input(
            err, "gic: espis=%" PRIu64 " and eppis=%" PRIu64 " must be multiples of 32",
            v[VMM_KEY_GIC_espis], v[VMM_KEY_GIC_eppis]);
    if (v[VMM_KEY_GIC_VERSION] != GIC_VERSION_3 && !v[VMM_KEY_GIC_its])
        return error_bad_input(err, "gic: GICv4 needs LPIs; set its to 1");
    if (!place_frames(v, &board))
        return error_bad_input(err,
                               "gic: the frames overlap: see gicd-base, gicr-base and its-base");
    return 0;
}

/* -- Changes ----------------------------------------------------------------------------------- */

static int refuse(const struct block *b, enum vmm_key key, struct error *err)
{
    const char *name = vmm_setup_name(key);

    if (b->sealed)
        return error_set(err, IRQLAB_EXIT_BAD_INPUT, -EPERM,
                         "%s: sealed at 0x%" PRIx64
                         " since the first vCPU ran (or the setup was sealed); it can only be set "
                         "to that",
                         name, b->value[key]);
    return error_set(err, IRQLAB_EXIT_BAD_INPUT, -EPERM,
                     "%s: 0x%" PRIx64
                     " since the machine was made; set it before (irqlab run --configure)",
                     name, b->value[key]);
}

static bool is_closed(const struct block *b, enum vmm_key key)
{
    return b->sealed || (b->fixed && !is_id(key) && key != VMM_KEY_GICD_REVISION);
}

/* 0: nothing to do; 1: to be changed; or an error. */
static int may_change(const struct block *b, enum vmm_key key, uint64_t value, struct error *err)
{
    if (b->value[key] == value && (b->given[key] || b->sealed || b->has_ids))
        return 0;
    if (is_closed(b, key))
        return refuse(b, key, err);
    if (b->depth >= VMM_SETUP_MAX_CHANGES)
        return error_set(err, IRQLAB_EXIT_BAD_INPUT, -ENOSPC,
                         "%s: there were %d changes of this setup already; something sets values "
                         "in a loop",
                         vmm_setup_name(key), VMM_SETUP_MAX_CHANGES);
    int rc = check_value(b, key, value, err);
    return rc ? rc : 1;
}

static struct block *copy(const struct block *b)
{
    struct block *new = malloc(sizeof(*new));

    if (!new)
        return NULL;
    memcpy(new, b, sizeof(*new));
    new->before = (struct block *)b;
    new->depth++;
    return new;
}

/* The change that was prepared becomes current, unless another was first. */
static bool publish(struct vmm_setup *s, struct block *old, struct block *new)
{
    bool done = atomic_compare_exchange_strong_explicit(&s->word, &old, new, memory_order_acq_rel,
                                                        memory_order_acquire);

    if (!done)
        free(new);
    return done;
}

static int no_memory(struct error *err)
{
    return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
}

static int no_key(struct error *err)
{
    return error_set(err, IRQLAB_EXIT_BAD_INPUT, -ENOENT, "no such key");
}

/* 0: @old has the value, or was replaced by one that has; 1: another was first; or an error. */
static int try_change(struct vmm_setup *s, struct block *old, enum vmm_key key, uint64_t value,
                      struct error *err)
{
    int rc = may_change(old, key, value, err);
    struct block *new;

    if (rc <= 0)
        return rc;
    new = copy(old);
    if (!new)
        return no_memory(err);
    new->value[key] = value;
    new->given[key] = true;
    return publish(s, old, new) ? 0 : 1;
}

int vmm_setup_set(struct vmm_setup *s, enum vmm_key key, uint64_t value, struct error *err)
{
    int rc;

    if (key >= VMM_N_KEYS)
        return no_key(err);
    do {
        rc = try_change(s, current(s), key, value, err);
    } while (rc > 0);
    return rc;
}

int vmm_setup_swap(struct vmm_setup *s, enum vmm_key key, uint64_t *expected, uint64_t value,
                   struct error *err)
{
    int rc;

    if (key >= VMM_N_KEYS)
        return no_key(err);
    do {
        struct block *old = current(s);

        if (old->value[key] != *expected) {
            *expected = old->value[key];
            return error_set(err, IRQLAB_EXIT_BAD_INPUT, -EAGAIN, "%s: it has 0x%" PRIx64,
                             vmm_setup_name(key), *expected);
        }
        rc = try_change(s, old, key, value, err);
    } while (rc > 0);
    return rc;
}

int vmm_setup_check(const struct vmm_setup *s, struct error *err)
{
    return check_together(current(s), err);
}

int vmm_setup_seal(struct vmm_setup *s, struct error *err)
{
    for (;;) {
        struct block *old = current(s), *new;
        int rc = old->sealed ? 0 : check_together(old, err);

        if (old->sealed || rc)
            return rc;
        new = copy(old);
        if (!new)
            return no_memory(err);
        new->sealed = true;
        if (publish(s, old, new))
            return 0;
    }
}

/* -- By the numbers of device attributes ------------------------------------------------------- */

/* The key's value is in @mask of the attribute's; the rest is @fixed. */
static const struct by_attr {
    uint32_t group;
    uint64_t attr;
    enum vmm_key key;
    uint64_t mask, fixed;
} by_attr[] = {
    {GIC_ATTR_ADDR, GIC_ATTR_ADDR_DIST, VMM_KEY_GICD_BASE, UINT64_MAX, 0},
    {GIC_ATTR_ADDR, GIC_ATTR_ADDR_REDIST, VMM_KEY_GICR_BASE, UINT64_MAX, 0},
    {GIC_ATTR_ADDR, GIC_ATTR_ADDR_ITS, VMM_KEY_ITS_BASE, UINT64_MAX, 0},
    {GIC_ATTR_NR_IRQS, 0, VMM_KEY_GIC_spis, UINT64_MAX, 0},
    {GIC_ATTR_DIST_REGS, GICD_IIDR, VMM_KEY_GICD_REVISION, 0xf000, 0x4c00043b},
};

/* NR_IRQS counts SGIs and PPIs too, up to a multiple of 32: 1024 are 988 SPIs. */
static uint64_t spis_of(uint64_t nr_irqs)
{
    return nr_irqs == 1024 ? 988 : nr_irqs - 32;
}

static uint64_t nr_irqs_of(uint64_t spis)
{
    return (spis + 32 + 31) / 32 * 32;
}

static const struct by_attr *find_attr(uint32_t group, uint64_t attr)
{
    attr &= group == GIC_ATTR_DIST_REGS ? UINT32_MAX : UINT64_MAX; /* whichever vCPU is named */
    for (unsigned i = 0; i < sizeof(by_attr) / sizeof(by_attr[0]); i++) {
        if (by_attr[i].group == group && by_attr[i].attr == attr)
            return &by_attr[i];
    }
    return NULL;
}

int vmm_setup_set_attr(struct vmm_setup *s, uint32_t group, uint64_t attr, uint64_t value,
                       struct error *err)
{
    const struct by_attr *a = find_attr(group, attr);

    if (!a)
        return error_set(err, IRQLAB_EXIT_BAD_INPUT, -ENXIO, "no attribute of the setup");
    if ((value & ~a->mask) != a->fixed)
        return error_bad_input(err, "%s: 0x%" PRIx64 " says that this is another kind of GIC",
                               vmm_setup_name(a->key), value);
    value = (value & a->mask) / (a->mask & -a->mask);
    return vmm_setup_set(s, a->key, a->key == VMM_KEY_GIC_spis ? spis_of(value) : value, err);
}

int vmm_setup_get_attr(const struct vmm_setup *s, uint32_t group, uint64_t attr, uint64_t *value)
{
    const struct by_attr *a = find_attr(group, attr);

    if (!a)
        return -ENXIO;
    *value = vmm_setup_get(s, a->key);
    if (a->key == VMM_KEY_GIC_spis)
        *value = nr_irqs_of(*value);
    *value = a->fixed | *value * (a->mask & -a->mask);
    return 0;
}

/* -- For machines ------------------------------------------------------------------------------ */

static int take_ids(struct block *b, const struct vmm_engine_ids *ids, struct error *err)
{
    b->ids = *ids;
    b->has_ids = true;
    for (unsigned i = 0; i < VMM_N_ID_KEYS; i++) {
        unsigned key = VMM_FIRST_ID_KEY + i;
        int rc = 0;

        if (b->given[key])
            rc = check_value(b, (enum vmm_key)key, b->value[key], err);
        else
            b->value[key] = ids->value[i];
        if (rc)
            return rc;
    }
    return 0;
}

/* What stood for the usual place is that now. */
static void fill_frames(struct block *b)
{
    struct board_description board;

    place_frames(b->value, &board);
    b->value[VMM_KEY_GICD_BASE] = board.gicd_base;
    b->value[VMM_KEY_GICR_BASE] = board.gicr_base;
    b->value[VMM_KEY_ITS_BASE] = board.its_base;
}

int vmm_setup_fix(struct vmm_setup *s, struct error *err)
{
    for (;;) {
        struct block *old = current(s), *new = copy(old);
        int rc = new ? check_together(old, err) : no_memory(err);

        if (rc) {
            free(new);
            return rc;
        }
        new->fixed = true;
        fill_frames(new);
        if (publish(s, old, new))
            return 0;
    }
}

int vmm_setup_take_ids(struct vmm_setup *s, const struct vmm_engine_ids *ids, struct error *err)
{
    for (;;) {
        struct block *old = current(s), *new = copy(old);
        int rc = new ? take_ids(new, ids, err) : no_memory(err);

        if (rc) {
            free(new);
            return rc;
        }
        if (publish(s, old, new))
            return 0;
    }
}

void vmm_setup_put(struct vmm_setup *s, const uint64_t values[VMM_N_KEYS], bool sealed)
{
    struct block *b = atomic_load(&s->word);

    free_blocks(b->before);
    b->before = NULL;
    b->depth = 0;
    memcpy(b->value, values, sizeof(b->value));
    b->sealed = sealed;
}
