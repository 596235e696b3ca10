/* SPDX-License-Identifier: GPL-2.0-or-later */
/* KVM_GET_ONE_REG and KVM_SET_ONE_REG. */
#include <errno.h>
#include <inttypes.h>

#include "emu/machine.h"
#include "emu/vmm_internal.h"

enum { N_CORE = 34 }; /* x0..x30, SP_EL0, PC, PSTATE, of two 32-bit units each */

static bool is_core(uint64_t id)
{
    uint64_t unit = id - VMM_CORE_X(0);

    return unit % 2 == 0 && unit / 2 < N_CORE && id != VMM_CORE_SP;
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
    return n == 32 ? vcpu_get_pc(m->engine, vcpu) : vcpu_get_pstate(m->engine, vcpu);
}

static int set_pstate(struct machine *m, unsigned vcpu, uint64_t value, struct error *err)
{
    uint64_t before = vcpu_get_pstate(m->engine, vcpu);

    vcpu_set_pstate(m->engine, vcpu, value);
    if (vcpu_get_pstate(m->engine, vcpu) == value)
        return 0;
    vcpu_set_pstate(m->engine, vcpu, before);
    return error_set(err, IRQLAB_EXIT_BAD_INPUT, -EPERM,
                     "PSTATE: flags and masks can be set; the exception level stays");
}

static int set_core(struct machine *m, unsigned vcpu, unsigned n, uint64_t value, struct error *err)
{
    if (n == 33)
        return set_pstate(m, vcpu, value, err);
    if (n == 32 && value % 4 != 0)
        return error_bad_input(err, "PC is a multiple of 4");
    if (n < 31)
        vcpu_set_x(m->engine, vcpu, n, value);
    else
        vcpu_set_pc(m->engine, vcpu, value);
    return 0;
}

/* What KVM counts among the core registers, and the architecture among the system registers. */
static uint64_t core_as_sysreg(uint64_t id)
{
    static const struct {
        uint64_t core, sysreg;
    } same[] = {
        {VMM_CORE_SP, VMM_SYSREG(3, 0, 4, 1, 0)}, /* SP_EL0, whichever SP is used now */
        {VMM_CORE_SP_EL1, VMM_SYSREG(3, 4, 4, 1, 0)},
        {VMM_CORE_ELR_EL1, VMM_SYSREG(3, 0, 4, 0, 1)},
        {VMM_CORE_SPSR_EL1, VMM_SYSREG(3, 0, 4, 0, 0)},
    };

    for (unsigned i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
        if (same[i].core == id)
            return same[i].sysreg;
    }
    return id;
}

/* FPSR and FPCR, of 32 bits. */
static bool is_fp_control(uint64_t id)
{
    return id == VMM_CORE_FPSR || id == VMM_CORE_FPCR;
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

static struct cpu_sysreg_name name_of(uint32_t encoding)
{
    return (struct cpu_sysreg_name){.op0 = (uint8_t)(encoding >> 14),
                                    .op1 = encoding >> 11 & 7,
                                    .crn = encoding >> 7 & 15,
                                    .crm = encoding >> 3 & 15,
                                    .op2 = encoding & 7};
}

/* Whether the stack pointer SP_EL<n> of that encoding is the one that is used now. */
static bool is_live_sp(const struct machine *m, unsigned vcpu, uint32_t encoding)
{
    uint64_t pstate = vcpu_get_pstate(m->engine, vcpu);
    unsigned live = pstate & 1 ? pstate >> 2 & 3 : 0;
    static const uint16_t encodings[] = {3u << 14 | 4 << 7 | 1 << 3,
                                         3u << 14 | 4 << 11 | 4 << 7 | 1 << 3,
                                         3u << 14 | 6 << 11 | 4 << 7 | 1 << 3};

    return live < 3 && encodings[live] == encoding;
}

/* The timers' own, as the lowest level that has them sees them; NULL: none such here. */
static const struct timer_sysreg *timer_row(struct machine *m, unsigned vcpu, uint32_t encoding,
                                            struct timer_pe_state *pe, bool is_write)
{
    struct cpu_sysreg_name r = name_of(encoding);
    size_t n;
    const struct timer_sysreg *rows = timer_sysregs(&n);

    for (size_t i = 0; i < n; i++) {
        if (rows[i].op0 != r.op0 || rows[i].op1 != r.op1 || rows[i].crn != r.crn ||
            rows[i].crm != r.crm || rows[i].op2 != r.op2)
            continue;
        *pe = (struct timer_pe_state){.el = rows[i].min_el > 1 ? rows[i].min_el : 1,
                                      .secure = rows[i].min_el == 3};
        return timer_sysreg_check(m->timers, vcpu, &rows[i], pe, is_write) == TIMER_ACCESS_OK
                   ? &rows[i]
                   : NULL;
    }
    return NULL;
}

/* ICC_* and ICH_* are device attributes, as in KVM; to read some would be to take an interrupt. */
static int get_sysreg(struct machine *m, unsigned vcpu, uint32_t encoding, uint64_t *value)
{
    struct cpu_sysreg_name name = name_of(encoding);
    struct timer_pe_state pe;
    const struct timer_sysreg *timer;

    if (vmm_id_get(m, vcpu, encoding, value) == 0)
        return 0;
    if (is_live_sp(m, vcpu, encoding)) {
        *value = vcpu_get_sp(m->engine, vcpu);
        return 0;
    }
    timer = timer_row(m, vcpu, encoding, &pe, false);
    if (!timer)
        return vcpu_sysreg_get(m->engine, vcpu, &name, value);
    *value = timer_sysreg_read(m->timers, vcpu, timer, &pe);
    return 0;
}

static int write_sysreg(struct machine *m, unsigned vcpu, uint32_t encoding, uint64_t value)
{
    struct cpu_sysreg_name name = name_of(encoding);
    struct timer_pe_state pe;
    const struct timer_sysreg *timer = timer_row(m, vcpu, encoding, &pe, true);

    if (is_live_sp(m, vcpu, encoding)) {
        vcpu_set_sp(m->engine, vcpu, value);
        return 0;
    }
    if (!timer)
        return vcpu_sysreg_set(m->engine, vcpu, &name, value);
    timer_sysreg_write(m->timers, vcpu, timer, &pe, value);
    waits_time_changed(m);
    return 0;
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
    if (is == value || write_sysreg(m, vcpu, encoding, value) == 0)
        return 0;
    return error_set(err, IRQLAB_EXIT_BAD_INPUT, -EPERM,
                     "register 0x%016" PRIx64 " can only be set to what it is, 0x%" PRIx64, id, is);
}

/* -- Operations -------------------------------------------------------------------------------- */

int vmm_run_get_one_reg(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    unsigned vcpu = (unsigned)args[0];
    uint64_t id = core_as_sysreg(args[1]);
    const struct timer_reg *timer = timer_reg_of(id);

    if (is_core(id))
        out[0] = get_core(m, vcpu, (unsigned)(id - VMM_CORE_X(0)) / 2);
    else if (is_fp_control(id))
        out[0] = vcpu_get_fp_control(m->engine, vcpu, id == VMM_CORE_FPSR);
    else if (timer)
        out[0] = get_timer(m, vcpu, timer);
    else if (!is_sysreg(id) || get_sysreg(m, vcpu, (uint32_t)id & 0xffff, out))
        return no_register(id, err);
    return 0;
}

int vmm_run_set_one_reg(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err)
{
    unsigned vcpu = (unsigned)args[0];
    uint64_t id = core_as_sysreg(args[1]);
    const struct timer_reg *timer = timer_reg_of(id);

    (void)out;
    if (is_core(id))
        return set_core(m, vcpu, (unsigned)(id - VMM_CORE_X(0)) / 2, args[2], err);
    if (is_fp_control(id))
        vcpu_set_fp_control(m->engine, vcpu, id == VMM_CORE_FPSR, (uint32_t)args[2]);
    else if (timer)
        set_timer(m, vcpu, timer, args[2]);
    else
        return is_sysreg(id) ? set_sysreg(m, vcpu, id, args[2], err) : no_register(id, err);
    return 0;
}

int vmm_run_set_counter_offset(struct machine *m, const uint64_t *args, uint64_t *out,
                               struct error *err)
{
    (void)out, (void)err;
    timers_set_offsets(m->timers, args[0], args[0]);
    waits_time_changed(m);
    return 0;
}
