/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Device attributes, CPU interfaces, interrupts from outside. */
#include <errno.h>
#include <inttypes.h>

#include "emu/machine.h"
#include "emu/vmm_internal.h"
#include "gic/attr.h"

/* -- What went wrong --------------------------------------------------------------------------- */

static const struct {
    int code;
    const char *text;
} reasons[] = {
    {-ENXIO, "no such group or attribute here"},
    {-EINVAL, "no such vCPU, or a value that it cannot be given"},
    {-EFAULT, "tables are not in guest memory"},
    {-ENOMEM, "out of memory"},
    {-E2BIG, "ITS tables with more entries than any real memory has"},
    {-EEXIST, "an address is set twice"},
    {-ENODEV, "an ITS has one address, attribute 4"},
    {-ENOENT, "there is no region of that index"},
};

static int explain(int rc, struct error *err)
{
    for (unsigned i = 0; rc && i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (reasons[i].code == rc)
            return error_set(err, IRQLAB_EXIT_BAD_INPUT, rc, "%s", reasons[i].text);
    }
    return rc ? error_set(err, IRQLAB_EXIT_BAD_INPUT, rc, "error %d", rc) : 0;
}

/* -- Of the GIC -------------------------------------------------------------------------------- */

/* What the setup decides: it is so from the first run of a vCPU on. */
static bool is_setup(struct machine *m, uint64_t group, uint64_t attr)
{
    uint64_t ignored;

    return vmm_setup_get_attr(m->vmm->setup, (uint32_t)group, attr, &ignored) == 0;
}

/* The regions are where the setup and the number of vCPUs have put them. */
static bool is_region(uint64_t group, uint64_t attr)
{
    return group == GIC_ATTR_ADDR && attr == GIC_ATTR_ADDR_REDIST_REGION;
}

static int set_region(struct machine *m, uint64_t value, struct error *err)
{
    uint64_t is = value & 0xfff;
    int rc = gic_attr_get(m->gic, GIC_ATTR_ADDR, GIC_ATTR_ADDR_REDIST_REGION, &is);

    if (rc || is == value)
        return explain(rc, err);
    return error_set(err, IRQLAB_EXIT_BAD_INPUT, -EPERM,
                     "the region is 0x%" PRIx64 " since the machine was made; set gicr-base before",
                     is);
}

int vmm_run_get_gic_attr(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    uint32_t group = (uint32_t)args[0];

    out[0] = args[2];
    if (is_setup(m, group, args[1]))
        return vmm_setup_get_attr(m->vmm->setup, group, args[1], out);
    return explain(gic_attr_get(m->gic, group, args[1], out), err);
}

static bool is_init(uint64_t group, uint64_t attr)
{
    return group == GIC_ATTR_CTRL && attr == GIC_ATTR_CTRL_INIT;
}

int vmm_run_set_gic_attr(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    if (is_setup(m, args[0], args[1]))
        return vmm_setup_set_attr(m->vmm->setup, (uint32_t)args[0], args[1], args[2], err);
    if (is_region(args[0], args[1]))
        return set_region(m, args[2], err);
    if (is_init(args[0], args[1]))
        return vmm_run_seal(m, args, out, err);
    return explain(gic_attr_set(m->gic, (uint32_t)args[0], args[1], args[2]), err);
}

int vmm_run_has_gic_attr(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    (void)out;
    return explain(gic_attr_has(m->gic, (uint32_t)args[0], args[1]), err);
}

/* -- Of an ITS --------------------------------------------------------------------------------- */

static int no_its(struct error *err)
{
    return error_set(err, IRQLAB_EXIT_BAD_INPUT, -ENXIO, "no such ITS");
}

int vmm_run_get_its_attr(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    struct gic_its *its = gic_its_nth(m->gic, (unsigned)args[0]);

    return its ? explain(gic_its_attr_get(its, (uint32_t)args[1], args[2], out), err) : no_its(err);
}

int vmm_run_set_its_attr(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    struct gic_its *its = gic_its_nth(m->gic, (unsigned)args[0]);

    (void)out;
    if (its && is_setup(m, args[1], args[2]))
        return vmm_setup_set_attr(m->vmm->setup, (uint32_t)args[1], args[2], args[3], err);
    return its ? explain(gic_its_attr_set(its, (uint32_t)args[1], args[2], args[3]), err)
               : no_its(err);
}

int vmm_run_has_its_attr(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    struct gic_its *its = gic_its_nth(m->gic, (unsigned)args[0]);

    (void)out;
    return its ? explain(gic_its_attr_has(its, (uint32_t)args[1], args[2]), err) : no_its(err);
}

/* -- Of a vCPU --------------------------------------------------------------------------------- */

static int timer_of(const struct machine *m, uint64_t group, uint64_t attr, enum timer_id *timer)
{
    static const enum timer_id timers[] = {
        [VMM_TIMER_IRQ_VTIMER] = TIMER_EL1_VIRT,
        [VMM_TIMER_IRQ_PTIMER] = TIMER_EL1_PHYS,
        [VMM_TIMER_IRQ_HVTIMER] = TIMER_EL2_VIRT,
        [VMM_TIMER_IRQ_HPTIMER] = TIMER_EL2_PHYS,
    };

    if (group != VMM_VCPU_TIMER_CTRL || attr >= sizeof(timers) / sizeof(timers[0]))
        return -ENXIO;
    *timer = timers[attr];
    return timers_present(m->timers, *timer) ? 0 : -ENXIO;
}

int vmm_run_get_vcpu_attr(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    enum timer_id timer;
    int rc = timer_of(m, args[1], args[2], &timer);

    if (!rc)
        out[0] = wires_intid_of(timer);
    return explain(rc, err);
}

int vmm_run_set_vcpu_attr(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    enum timer_id timer;
    int rc = timer_of(m, args[1], args[2], &timer);

    (void)out;
    if (rc || args[3] == wires_intid_of(timer))
        return explain(rc, err);
    return error_set(err, IRQLAB_EXIT_BAD_INPUT, -EPERM,
                     "the board has wired that timer to INTID %" PRIu32, wires_intid_of(timer));
}

int vmm_run_has_vcpu_attr(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    enum timer_id timer;

    (void)out;
    return explain(timer_of(m, args[1], args[2], &timer), err);
}

/* -- CPU interfaces ---------------------------------------------------------------------------- */

int vmm_cpuif_read(struct machine *m, uint64_t attr, uint64_t *value, uint64_t *sequence)
{
    return gic_cpuif_read(m->gic, attr, value, sequence);
}

int vmm_cpuif_reset_value(struct machine *m, uint64_t attr, uint64_t *value)
{
    return gic_cpuif_reset_value(m->gic, attr, value);
}

int vmm_run_read_cpuif(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    return explain(vmm_cpuif_read(m, args[0], &out[0], &out[1]), err);
}

int vmm_run_cpuif_reset_value(struct machine *m, const uint64_t *args, uint64_t *out,
                              struct error *err)
{
    return explain(vmm_cpuif_reset_value(m, args[0], &out[0]), err);
}

/* -- Interrupts -------------------------------------------------------------------------------- */

enum { FIRST_EPPI = 1056, FIRST_ESPI = 4096, FIRST_LPI = 8192 };

static bool has_wire(const struct machine *m, uint64_t intid)
{
    const struct gic_options *o = &m->config.gic;

    return (intid >= 16 && intid < 32 + (uint64_t)o->spis) ||
           (intid >= FIRST_EPPI && intid < FIRST_EPPI + (uint64_t)o->eppis) ||
           (intid >= FIRST_ESPI && intid < FIRST_ESPI + (uint64_t)o->espis);
}

int vmm_run_set_line(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    uint32_t intid = (uint32_t)args[1];

    (void)out;
    if (!has_wire(m, intid))
        return error_bad_input(err, "intid: %" PRIu32 " has no wire", intid);
    if (intid < 32 || (intid >= FIRST_EPPI && intid < FIRST_ESPI))
        gic_set_ppi(m->gic, (unsigned)args[0], intid, args[2]);
    else
        gic_set_spi(m->gic, intid, args[2]);
    return 0;
}

int vmm_run_send_msi(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    (void)out;
    if (!m->its)
        return no_its(err);
    if (!gic_its_msi(m->its, (uint32_t)args[0], (uint32_t)args[1]))
        return 0;
    return error_set(err, IRQLAB_EXIT_BAD_INPUT, -ENOENT,
                     "nothing is mapped for device 0x%" PRIx64 ", event %" PRIu64, args[0],
                     args[1]);
}

int vmm_run_send_lpi(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    (void)out;
    if (!gic_send_lpi(m->gic, (unsigned)args[0], (uint32_t)args[1]))
        return 0;
    return error_bad_input(err, "intid: %" PRIu64 " is no LPI here", args[1]);
}

int vmm_run_send_sgi(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    (void)out, (void)err;
    return gic_send_private(m->gic, (unsigned)args[0], (uint32_t)args[1]);
}
