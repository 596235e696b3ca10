/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The control plane's own state: the setup and its seal, what snapshots keep of it. */
#include "emu/vmm_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "emu/machine.h"
#include "emu/trace.h"

/* -- ID registers ------------------------------------------------------------------------------ */

static const struct {
    uint8_t crm, op2;
} id_places[VMM_N_ID_KEYS] = {
#define X(key, name, crm, op2) [VMM_KEY_##key - VMM_FIRST_ID_KEY] = {crm, op2},
    VMM_ID_REGISTERS(X)
#undef X
};

static void look_at_engine(struct machine *m)
{
    struct vmm *v = m->vmm;

    for (unsigned i = 0; i < VMM_N_ID_KEYS; i++) {
        if (engine_id_get(m->engine, id_places[i].crm, id_places[i].op2, &v->engine_has.value[i]))
            v->engine_has.value[i] = 0;
        v->engine_is[i] = v->engine_has.value[i];
    }
}

/* MIDR_EL1, MPIDR_EL1 and REVIDR_EL1 are (3, 0, 0, 0, n). */
static bool is_mpidr(uint32_t encoding)
{
    return encoding == (3u << 14 | 5u);
}

int vmm_id_get(struct machine *m, unsigned vcpu, uint32_t encoding, uint64_t *value)
{
    if (vcpu >= m->config.n_vcpus)
        return -EINVAL;
    if (is_mpidr(encoding)) {
        *value = m->mpidr[vcpu] | 1ull << 31; /* RES1 */
        return 0;
    }
    for (unsigned i = 0; i < VMM_N_ID_KEYS; i++) {
        if (encoding != (3u << 14 | (uint32_t)id_places[i].crm << 3 | id_places[i].op2))
            continue;
        *value = vmm_setup_get(m->vmm->setup, (enum vmm_key)(VMM_FIRST_ID_KEY + i));
        return 0;
    }
    return -ENOENT;
}

/* What the setup says becomes so. All vCPUs at once, and none of them has run. */
static void apply(struct machine *m)
{
    struct vmm *v = m->vmm;
    uint64_t values[VMM_N_KEYS];

    vmm_setup_get_all(v->setup, values);
    gic_set_revision(m->gic, (unsigned)values[VMM_KEY_GICD_REVISION]);
    for (unsigned i = 0; i < VMM_N_ID_KEYS; i++) {
        uint64_t value = values[VMM_FIRST_ID_KEY + i];

        if (value == v->engine_is[i])
            continue;
        engine_id_set(m->engine, id_places[i].crm, id_places[i].op2, value);
        v->engine_is[i] = value;
    }
}

/* -- The setup --------------------------------------------------------------------------------- */

struct vmm_setup *vmm_setup_of(struct machine *m)
{
    return m->vmm->setup;
}

int vmm_run_set_setup(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    (void)out;
    return vmm_setup_set(m->vmm->setup, (enum vmm_key)args[0], args[1], err);
}

int vmm_run_get_setup(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    (void)err;
    out[0] = vmm_setup_get(m->vmm->setup, (enum vmm_key)args[0]);
    out[1] = vmm_setup_is_sealed(m->vmm->setup);
    return 0;
}

static int seal(struct machine *m, struct error *err)
{
    int rc = vmm_setup_seal(m->vmm->setup, err);

    if (!rc && !m->sealed)
        apply(m);
    m->sealed = !rc;
    return rc;
}

int vmm_run_seal(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    (void)args, (void)out;
    return seal(m, err);
}

void vmm_first_run(struct machine *m)
{
    struct error err;

    if (seal(m, &err))
        machine_shut_down(m, (int)err.exit_code, "%s", err.text);
}

/* -- Life -------------------------------------------------------------------------------------- */

/* Whoever made the machine without a setup has said all in its configuration. */
static int default_setup(struct machine *m)
{
    int rc = vmm_setup_create(&m->vmm->setup);

    if (rc)
        return rc;
    m->vmm->owns_setup = true;
    vmm_setup_take_options(m->vmm->setup, &m->config.gic);
    return 0;
}

/* What the setup says of the GIC and its frames is what will be made. */
static int take_setup(struct machine *m, struct error *err)
{
    uint64_t v[VMM_N_KEYS];
    int rc = vmm_setup_fix(m->vmm->setup, err);

    if (rc)
        return rc;
    vmm_setup_get_all(m->vmm->setup, v);
    for (unsigned key = 0; key < VMM_KEY_GIC_VERSION; key++)
        gic_option_set(&m->config.gic, key, v[key]);
    m->config.gic.version = (unsigned)v[VMM_KEY_GIC_VERSION];
    return 0;
}

int vmm_create(struct machine *m, struct error *err)
{
    m->vmm = calloc(1, sizeof(*m->vmm));
    if (m->vmm)
        m->vmm->fresh = calloc(m->config.n_vcpus, sizeof(*m->vmm->fresh));
    if (!m->vmm || !m->vmm->fresh)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    m->vmm->setup = m->config.setup;
    if (!m->vmm->setup && default_setup(m))
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    return take_setup(m, err);
}

void vmm_place_frames(struct machine *m)
{
    const struct vmm_setup *s = m->vmm->setup;

    board_move_gic(&m->board, vmm_setup_get(s, VMM_KEY_GICD_BASE),
                   vmm_setup_get(s, VMM_KEY_GICR_BASE), vmm_setup_get(s, VMM_KEY_ITS_BASE));
}

int vmm_take_engine(struct machine *m, struct error *err)
{
    look_at_engine(m);
    return vmm_setup_take_ids(m->vmm->setup, &m->vmm->engine_has, err);
}

void vmm_destroy(struct machine *m)
{
    if (!m->vmm)
        return;
    if (m->vmm->owns_setup)
        vmm_setup_destroy(m->vmm->setup);
    free(m->vmm->fresh);
    free(m->vmm);
}

void vmm_set_hooks(struct machine *m, const struct vmm_hooks *hooks)
{
    m->vmm->hooks = hooks;
}

void vmm_power_on(struct machine *m)
{
    m->vmm->n_calls = 0;
    memset(m->vmm->fresh, 0, m->config.n_vcpus * sizeof(*m->vmm->fresh));
}

/* -- Snapshots --------------------------------------------------------------------------------- */

/* Any bytes may come in. What the machine is made of stays as it is. */
static void mend_setup(const struct machine *m, uint64_t *values)
{
    const struct vmm *v = m->vmm;

    for (unsigned key = 0; key < VMM_FIRST_ID_KEY; key++) {
        if (key != VMM_KEY_GICD_REVISION)
            values[key] = vmm_setup_get(v->setup, (enum vmm_key)key);
    }
    values[VMM_KEY_GICD_REVISION] &= 0xf;
    for (unsigned i = 0; i < VMM_N_ID_KEYS; i++) {
        enum vmm_key key = (enum vmm_key)(VMM_FIRST_ID_KEY + i);
        uint64_t has = v->engine_has.value[i];

        /* What is not as ever is checked; that takes longer than all the rest. */
        if (values[key] != has && values[key] != v->engine_is[i] &&
            !vmm_id_supported(key, has, values[key]))
            values[key] = has;
    }
}

static void visit_setup(struct machine *m, struct visitor *v)
{
    uint64_t values[VMM_N_KEYS];
    uint8_t sealed = vmm_setup_get_all(m->vmm->setup, values);

    v->bytes(v, "setup", values, sizeof(values));
    v->bytes(v, "sealed", &sealed, sizeof(sealed));
    if (!v->restoring)
        return;
    mend_setup(m, values);
    vmm_setup_put(m->vmm->setup, values, sealed != 0);
    m->sealed = sealed != 0;
    apply(m);
}

static void mend_filters(struct vmm *v)
{
    if (v->n_filters > VMM_MAX_FILTERS)
        v->n_filters = 0;
    for (unsigned i = 0; i < v->n_filters; i++)
        v->filters[i].action %= VMM_SMCCC_FWD_TO_USER + 1;
}

static void visit_vcpu(struct machine *m, unsigned vcpu, struct visitor *v)
{
    uint8_t fresh = m->vmm->fresh[vcpu];

    v->bytes(v, "held", &m->vcpus[vcpu].held, sizeof(m->vcpus[vcpu].held));
    v->bytes(v, "fresh", &fresh, sizeof(fresh));
    m->vcpus[vcpu].held &= VCPU_HELD_BY_PAUSE | VCPU_HELD_BY_CALL;
    m->vmm->fresh[vcpu] = fresh != 0;
}

void vmm_visit_position(struct machine *m, struct visitor *v)
{
    struct vmm *vmm = m->vmm;

    visit_setup(m, v);
    v->bytes(v, "n_filters", &vmm->n_filters, sizeof(vmm->n_filters));
    v->bytes(v, "filters", vmm->filters, sizeof(vmm->filters));
    mend_filters(vmm);
    vmm->n_calls = 0;
    for (unsigned i = 0; i < m->config.n_vcpus; i++) {
        visit_vcpu(m, i, v);
        vmm->n_calls += (m->vcpus[i].held & VCPU_HELD_BY_CALL) != 0;
    }
}
