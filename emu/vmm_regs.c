/* SPDX-License-Identifier: GPL-2.0-or-later */
/* KVM_GET_ONE_REG and KVM_SET_ONE_REG. */
#include <errno.h>
#include <inttypes.h>

#include "emu/machine.h"
#include "emu/vmm_internal.h"

enum { N_CORE = 34 }; /* x0..x30, SP, PC, PSTATE, of two 32-bit units each */

static bool is_core(uint64_t id)
{
    uint64_t unit = id - VMM_CORE_X(0);

    return unit % 2 == 0 && unit / 2 < N_CORE;
}

static bool is_sysreg(uint64_t id)
{
    return (id & ~0xffffull) == VMM_SYSREG(0, 0, 0, 0, 0);
}

static int no_register(uint64_t id, struct error *err)
{
    return error_set(err, IRQLAB_EXIT_BAD_INPUT, -ENOENT, "there is no register 0x%016" PRIx64, id);
}

/* -- Core -------------------------------------------------------------------------------------- */

static uint64_t get_core(struct machine *m, unsigned vcpu, unsigned n)
{
    if (n < 31)
        return vcpu_get_x(m->engine, vcpu, n);
    if (n == 31)
        return vcpu_get_sp(m->engine, vcpu);
    return n == 32 ? vcpu_get_pc(m->engine, vcpu) : vcpu_get_pstate(m->engine, vcpu);
}

/* SP and PSTATE change with the exception level, which only an entry or exception changes here. */
static int set_core(struct machine *m, unsigned vcpu, unsigned n, uint64_t value, struct error *err)
{
    if (n < 31)
        vcpu_set_x(m->engine, vcpu, n, value);
    else if (n == 32 && value % 4 == 0)
        vcpu_set_pc(m->engine, vcpu, value);
    else if (n == 32)
        return error_bad_input(err, "PC is a multiple of 4");
    else if (get_core(m, vcpu, n) != value)
        return error_set(err, IRQLAB_EXIT_BAD_INPUT, -EPERM,
                         "SP and PSTATE can only be set to what they are");
    return 0;
}

/* -- Timers ------------------------------------------------------------------------------------ */

enum what { COUNT, CONTROL, COMPARE };

/* By KVM's numbers, of which two are swapped: vmm.h. */
static const struct timer_reg {
    uint64_t id;
    enum timer_id timer;
    enum what what;
} timer_regs[] = {
    {VMM_REG_TIMER_CTL, TIMER_EL1_VIRT, CONTROL},   {VMM_REG_TIMER_CVAL, TIMER_EL1_VIRT, COMPARE},
    {VMM_REG_TIMER_CNT, TIMER_EL1_VIRT, COUNT},     {VMM_REG_PTIMER_CTL, TIMER_EL1_PHYS, CONTROL},
    {VMM_REG_PTIMER_CVAL, TIMER_EL1_PHYS, COMPARE}, {VMM_REG_PTIMER_CNT, TIMER_EL1_PHYS, COUNT},
};

static const struct timer_reg *timer_reg_of(uint64_t id)
{
    for (unsigned i = 0; i < sizeof(timer_regs) / sizeof(timer_regs[0]); i++) {
        if (timer_regs[i].id == id)
            return &timer_regs[i];
    }
    return NULL;
}

static enum timers_counter counter_of(const struct timer_reg *r)
{
    return r->timer == TIMER_EL1_VIRT ? TIMERS_VIRTUAL : TIMERS_PHYSICAL;
}

static uint64_t get_timer(struct machine *m, unsigned vcpu, const struct timer_reg *r)
{
    struct timer_view view;

    if (r->what == COUNT)
        return timers_read_counter(m->timers, counter_of(r));
    timer_peek(m->timers, vcpu, r->timer, &view);
    return r->what == CONTROL ? view.ctl : view.cval;
}

static void set_timer(struct machine *m, unsigned vcpu, const struct timer_reg *r, uint64_t value)
{
    if (r->what == CONTROL)
        timers_set_ctl(m->timers, vcpu, r->timer, (uint32_t)value);
    else if (r->what == COMPARE)
        timers_set_cval(m->timers, vcpu, r->timer, value);
    else
        timers_write_counter(m->timers, counter_of(r), value); /* or not: once offsets are fixed */
    waits_time_changed(m);
}

/* -- System registers -------------------------------------------------------------------------- */

/* Those that the engine keeps; others answer by their own attributes. */
static int get_sysreg(struct machine *m, unsigned vcpu, uint32_t encoding, uint64_t *value)
{
    if (vmm_id_get(m, vcpu, encoding, value) == 0)
        return 0;
    return vcpu_sysreg_raw(m->engine, vcpu, encoding >> 14, encoding >> 11 & 7, encoding >> 7 & 15,
                           encoding >> 3 & 15, encoding & 7, value);
}

/* An ID register's key, or -ENOENT. */
static int id_key(uint32_t encoding)
{
    static const uint16_t encodings[] = {
#define X(key, name, crm, op2) 3u << 14 | (crm) << 3 | (op2),
        VMM_ID_REGISTERS(X)
#undef X
    };

    for (unsigned i = 0; i < sizeof(encodings) / sizeof(encodings[0]); i++) {
        if (encodings[i] == encoding)
            return (int)(VMM_FIRST_ID_KEY + i);
    }
    return -ENOENT;
}

static int set_sysreg(struct machine *m, unsigned vcpu, uint64_t id, uint64_t value,
                      struct error *err)
{
    uint32_t encoding = (uint32_t)id & 0xffff;
    int key = id_key(encoding);
    uint64_t is;

    if (key >= 0)
        return vmm_setup_set(m->vmm->setup, (enum vmm_key)key, value, err);
    if (get_sysreg(m, vcpu, encoding, &is))
        return no_register(id, err);
    if (is == value)
        return 0;
    return error_set(err, IRQLAB_EXIT_BAD_INPUT, -EPERM,
                     "register 0x%016" PRIx64 " can only be set to what it is, 0x%" PRIx64, id, is);
}

/* -- Operations -------------------------------------------------------------------------------- */

int vmm_run_get_one_reg(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    unsigned vcpu = (unsigned)args[0];
    uint64_t id = args[1];
    const struct timer_reg *timer = timer_reg_of(id);

    if (is_core(id))
        out[0] = get_core(m, vcpu, (unsigned)(id - VMM_CORE_X(0)) / 2);
    else if (timer)
        out[0] = get_timer(m, vcpu, timer);
    else if (!is_sysreg(id) || get_sysreg(m, vcpu, (uint32_t)id & 0xffff, out))
        return no_register(id, err);
    return 0;
}

int vmm_run_set_one_reg(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    unsigned vcpu = (unsigned)args[0];
    uint64_t id = args[1];
    const struct timer_reg *timer = timer_reg_of(id);

    (void)out;
    if (is_core(id))
        return set_core(m, vcpu, (unsigned)(id - VMM_CORE_X(0)) / 2, args[2], err);
    if (timer) {
        set_timer(m, vcpu, timer, args[2]);
        return 0;
    }
    return is_sysreg(id) ? set_sysreg(m, vcpu, id, args[2], err) : no_register(id, err);
}

int vmm_run_set_counter_offset(struct machine *m, const uint64_t *args, uint64_t *out,
                               struct error *err)
{
    (void)out, (void)err;
    timers_set_offsets(m->timers, args[0], args[0]);
    waits_time_changed(m);
    return 0;
}
