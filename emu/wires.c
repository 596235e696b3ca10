/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is wired to what: GIC lines to vCPUs, timers to PPIs, and the system registers of both to
 * the engine. The rooms do not know each other; they meet here.
 */
#include "emu/machine.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emu/history.h"
#include "emu/races/races.h"
#include "emu/strict.h"
#include "emu/trace.h"
#include "emu/vmm.h"

/* INTIDs of the timers as on QEMU's virt (Arm BSA, table of PPIs). */
static const uint8_t timer_ppi[TIMER_COUNT] = {
    [TIMER_SEC_EL1_PHYS] = 29, [TIMER_EL1_PHYS] = 30, [TIMER_EL1_VIRT] = 27,
    [TIMER_EL2_PHYS] = 26,     [TIMER_EL2_VIRT] = 28, [TIMER_SEC_EL2_PHYS] = 20,
    [TIMER_SEC_EL2_VIRT] = 19,
};

/*
 * Three rooms describe a PE by the same struct under three names: it is passed on as it is. A copy
 * of bytes just written stalls a host CPU for longer than all the rest of an access takes.
 */
#define SAME_FIELD(type, field)                                                                    \
    (offsetof(struct cpu_pe_state, field) == offsetof(type, field) &&                              \
     sizeof(((struct cpu_pe_state *)0)->field) == sizeof(((type *)0)->field))
#define SAME_STRUCT(type)                                                                          \
    (sizeof(struct cpu_pe_state) == sizeof(type) && SAME_FIELD(type, el) &&                        \
     SAME_FIELD(type, secure) && SAME_FIELD(type, el2_enabled) && SAME_FIELD(type, hcr_el2) &&     \
     SAME_FIELD(type, scr_el3))
_Static_assert(SAME_STRUCT(struct gic_pe_state) && SAME_FIELD(struct gic_pe_state, sctlr_nmi),
               "libgic describes a PE as the engine does");
_Static_assert(SAME_STRUCT(struct timer_pe_state), "libtimer describes a PE as the engine does");

static const struct gic_pe_state *gic_pe(const struct cpu_pe_state *pe)
{
    return (const struct gic_pe_state *)pe;
}

static const struct timer_pe_state *timer_pe(const struct cpu_pe_state *pe)
{
    return (const struct timer_pe_state *)pe;
}

uint32_t wires_intid_of(enum timer_id timer)
{
    return timer_ppi[timer];
}

enum timer_id wires_timer_of(uint32_t intid)
{
    unsigned timer = 0;

    while (timer < TIMER_COUNT && timer_ppi[timer] != intid)
        timer++;
    return (enum timer_id)timer;
}

/* -- Callbacks of libgic and libtimer ---------------------------------------------------------- */

/* A WFE is not ended by an interrupt that is masked (DDI 0487 D1.6.1, WFE wake-up events). */
static bool ends_wait(const struct machine *m, unsigned vcpu)
{
    const struct vcpu *v = &m->vcpus[vcpu];

    return v->state != VCPU_WAITING || !v->wait.for_event || vcpu_takes_interrupt(m->engine, vcpu);
}

/* Which of the core's lines an output of the GIC is; -1: none. */
static const int8_t cpu_line_of[GIC_N_LINES] = {
    [GIC_LINE_IRQ] = CPU_LINE_IRQ,   [GIC_LINE_FIQ] = CPU_LINE_FIQ,
    [GIC_LINE_VIRQ] = CPU_LINE_VIRQ, [GIC_LINE_VFIQ] = CPU_LINE_VFIQ,
    [GIC_LINE_MAINTENANCE] = -1,     [GIC_LINE_WAKE] = -1,
    [GIC_LINE_NMI] = CPU_LINE_NMI,   [GIC_LINE_VNMI] = CPU_LINE_VNMI,
};

void wires_drive_line(struct machine *m, unsigned vcpu, enum gic_line line, bool level)
{
    if (cpu_line_of[line] >= 0)
        vcpu_set_line(m->engine, vcpu, (enum cpu_line)cpu_line_of[line], level);
    if (m->explorer)
        m->explorer->line(m->explorer->opaque, vcpu, line, level);
    if (level && line != GIC_LINE_MAINTENANCE &&
        (line == GIC_LINE_WAKE || ends_wait(m, vcpu))) /* a power controller ends any wait */
        sched_wake(m, vcpu);
}

uint8_t wires_lines(const struct machine *m, unsigned vcpu)
{
    uint8_t lines = 0;

    for (unsigned line = 0; line < GIC_N_LINES; line++) {
        if (cpu_line_of[line] >= 0)
            lines |= (uint8_t)(gic_line_level(m->gic, vcpu, (enum gic_line)line) << line);
    }
    return lines;
}

void wires_set_lines(struct machine *m)
{
    for (unsigned i = 0; i < m->config.n_vcpus; i++) {
        uint8_t lines = wires_lines(m, i);

        for (unsigned line = 0; line < GIC_N_LINES; line++) {
            if (cpu_line_of[line] >= 0)
                vcpu_set_line(m->engine, i, (enum cpu_line)cpu_line_of[line], lines >> line & 1);
        }
    }
}

static void on_gic_line(void *opaque, unsigned vcpu, enum gic_line line, bool level)
{
    struct machine *m = opaque;

    if (!m->renewing)
        wires_drive_line(m, vcpu, line, level);
}

static void on_gic_event(void *opaque, enum gic_event event, unsigned vcpu, uint32_t intid,
                         uint64_t detail)
{
    struct machine *m = opaque;

    if (m->renewing)
        return;
    if (event == GIC_EVENT_ACKNOWLEDGED && intid < MACHINE_MAX_INTID)
        m->statistics.acknowledged[vcpu][intid]++;
    if (m->history)
        history_gic_event(m, event, vcpu, intid, detail);
    if (m->races)
        races_gic_event(m, event, vcpu, intid, detail);
    if (m->explorer)
        m->explorer->gic_event(m->explorer->opaque, event, vcpu, intid);
    if (m->strict)
        strict_gic_event(m, event, vcpu, intid, detail);
    if (m->trace)
        trace_gic(m, event, vcpu, intid, detail);
}

void wires_set_events(struct machine *m)
{
    gic_set_events(m->gic, m->trace || m->history || m->explorer || m->races || m->strict
                               ? ~0u
                               : 1u << GIC_EVENT_ACKNOWLEDGED);
}

static uint32_t on_gic_choice(void *opaque, enum gic_choice_kind kind, unsigned vcpu,
                              uint32_t n_options)
{
    static const enum choice choices[GIC_N_CHOICES] = {
        [GIC_CHOICE_ONE_OF_N_TARGET] = CHOICE_ONE_OF_N_TARGET,
        [GIC_CHOICE_RWP_DURATION] = CHOICE_RWP_DURATION,
        [GIC_CHOICE_SYNC_DURATION] = CHOICE_SYNC_DURATION,
        [GIC_CHOICE_SLEEP_DURATION] = CHOICE_SLEEP_DURATION,
        [GIC_CHOICE_ITS_COMMAND_DURATION] = CHOICE_ITS_COMMAND_DURATION,
        [GIC_CHOICE_ITS_QUIESCE_DURATION] = CHOICE_ITS_QUIESCE_DURATION,
        [GIC_CHOICE_VPE_DIRTY_DURATION] = CHOICE_VPE_DIRTY_DURATION,
        [GIC_CHOICE_VSGI_BUSY_DURATION] = CHOICE_VSGI_BUSY_DURATION,
    };
    struct machine *m = opaque;

    return choose(&m->chooser, choices[kind], vcpu, n_options);
}

static void on_timer_line(void *opaque, unsigned vcpu, enum timer_id timer, bool level)
{
    struct machine *m = opaque;

    if (m->trace)
        trace_timer(m, vcpu, timer, level);
    gic_set_ppi(m->gic, vcpu, timer_ppi[timer], level);
    if (m->trace)
        trace_settle(m, vcpu);
}

static uint64_t on_timer_now(void *opaque)
{
    return clock_now_ns(opaque);
}

/* A run's budget reaches to the earliest deadline; an earlier one needs a new budget. */
static void on_deadline_changed(void *opaque)
{
    struct machine *m = opaque;

    m->deadlines_moved = true;
    if (m->races)
        races_deadline(m);
    engine_request_exit(m->engine);
}

static void on_pe_changed(void *opaque, unsigned vcpu, const struct cpu_pe_state *pe)
{
    struct machine *m = opaque;

    if (!m->gic || !m->timers)
        return;
    if (m->history)
        history_pe_changed(m, vcpu, pe);
    gic_pe_changed(m->gic, vcpu, gic_pe(pe));
    timers_pe_changed(m->timers, vcpu, timer_pe(pe));
}

void wires_tell_pe_states(struct machine *m)
{
    for (unsigned i = 0; i < m->config.n_vcpus; i++) {
        struct cpu_pe_state pe;

        vcpu_get_pe_state(m->engine, i, &pe);
        gic_pe_changed(m->gic, i, gic_pe(&pe));
    }
}

/* Each access to the GIC says where the PE is; the timers must be told. */
void wires_tell_timers(struct machine *m)
{
    for (unsigned i = 0; i < m->config.n_vcpus; i++) {
        struct cpu_pe_state pe;

        vcpu_get_pe_state(m->engine, i, &pe);
        timers_pe_changed(m->timers, i, timer_pe(&pe));
    }
}

uint64_t wires_reached_ns(const struct machine *m, unsigned vcpu, uint64_t count)
{
    struct cpu_pe_state pe;

    vcpu_get_pe_state(m->engine, vcpu, &pe);
    return timers_reached_ns(m->timers, vcpu, timer_pe(&pe), count);
}

static bool on_wait(void *opaque, unsigned vcpu, const struct cpu_wait *wait)
{
    return waits_over(opaque, vcpu, wait);
}

static void on_event_sent(void *opaque)
{
    waits_event_sent(opaque);
}

static void on_exception(void *opaque, unsigned vcpu, int number, uint64_t syndrome, uint64_t pc)
{
    struct machine *m = opaque;

    m->statistics.exceptions++;
    if (m->history)
        history_note_exception(m, vcpu, number, pc);
    if (m->strict)
        strict_exception(m, vcpu, number, syndrome);
    if (m->trace)
        trace_exception(m, vcpu, number, syndrome, pc);
}

/* -- System registers -------------------------------------------------------------------------- */

static enum cpu_access gic_check(const struct cpu_sysreg *reg, unsigned vcpu,
                                 const struct cpu_pe_state *pe, bool is_write)
{
    struct machine *m = reg->opaque;

    /* The two enums list the same outcomes in the same order. */
    return (enum cpu_access)gic_sysreg_check(m->gic, vcpu, reg->reg, gic_pe(pe), is_write);
}

static uint64_t gic_read(const struct cpu_sysreg *reg, unsigned vcpu, const struct cpu_pe_state *pe)
{
    struct machine *m = reg->opaque;

    return gic_sysreg_read(m->gic, vcpu, reg->reg, gic_pe(pe));
}

static void gic_write(const struct cpu_sysreg *reg, unsigned vcpu, const struct cpu_pe_state *pe,
                      uint64_t value)
{
    struct machine *m = reg->opaque;

    gic_sysreg_write(m->gic, vcpu, reg->reg, gic_pe(pe), value);
}

static enum cpu_access gic_try_read(const struct cpu_sysreg *reg, unsigned vcpu,
                                    const struct cpu_pe_state *pe, uint64_t *value)
{
    struct machine *m = reg->opaque;

    return (enum cpu_access)gic_sysreg_try_read(m->gic, vcpu, reg->reg, gic_pe(pe), value);
}

static enum cpu_access gic_try_write(const struct cpu_sysreg *reg, unsigned vcpu,
                                     const struct cpu_pe_state *pe, uint64_t value)
{
    struct machine *m = reg->opaque;

    return (enum cpu_access)gic_sysreg_try_write(m->gic, vcpu, reg->reg, gic_pe(pe), value);
}

static enum cpu_access timer_check(const struct cpu_sysreg *reg, unsigned vcpu,
                                   const struct cpu_pe_state *pe, bool is_write)
{
    struct machine *m = reg->opaque;

    return (enum cpu_access)timer_sysreg_check(m->timers, vcpu, reg->reg, timer_pe(pe), is_write);
}

static uint64_t timer_read(const struct cpu_sysreg *reg, unsigned vcpu,
                           const struct cpu_pe_state *pe)
{
    struct machine *m = reg->opaque;

    if (timers_is_counter(reg->reg))
        sched_note_counter_read(m, vcpu);
    return timer_sysreg_read(m->timers, vcpu, reg->reg, timer_pe(pe));
}

static void timer_write(const struct cpu_sysreg *reg, unsigned vcpu, const struct cpu_pe_state *pe,
                        uint64_t value)
{
    struct machine *m = reg->opaque;

    timer_sysreg_write(m->timers, vcpu, reg->reg, timer_pe(pe), value);
}

/* While --strict judges or a trace tells what the GIC's state is after an access. */
static uint64_t gic_read_watched(const struct cpu_sysreg *reg, unsigned vcpu,
                                 const struct cpu_pe_state *pe)
{
    struct machine *m = reg->opaque;
    uint64_t value = gic_read(reg, vcpu, pe);

    if (m->strict)
        strict_gic_read(m, vcpu, reg->reg, gic_pe(pe), value);
    trace_settle(m, vcpu);
    return value;
}

static void gic_write_watched(const struct cpu_sysreg *reg, unsigned vcpu,
                              const struct cpu_pe_state *pe, uint64_t value)
{
    struct machine *m = reg->opaque;

    if (m->strict)
        strict_gic_write(m, vcpu, reg->reg, gic_pe(pe), value);
    gic_write(reg, vcpu, pe, value);
    trace_settle(m, vcpu);
}

static enum cpu_access gic_try_read_watched(const struct cpu_sysreg *reg, unsigned vcpu,
                                            const struct cpu_pe_state *pe, uint64_t *value)
{
    struct machine *m = reg->opaque;
    enum cpu_access access = gic_try_read(reg, vcpu, pe, value);

    if (m->strict && access == CPU_ACCESS_OK)
        strict_gic_read(m, vcpu, reg->reg, gic_pe(pe), *value);
    trace_settle(m, vcpu);
    return access;
}

static enum cpu_access gic_try_write_watched(const struct cpu_sysreg *reg, unsigned vcpu,
                                             const struct cpu_pe_state *pe, uint64_t value)
{
    struct machine *m = reg->opaque;
    enum cpu_access access;

    if (m->strict)
        strict_gic_write(m, vcpu, reg->reg, gic_pe(pe), value);
    access = gic_try_write(reg, vcpu, pe, value);
    trace_settle(m, vcpu);
    return access;
}

static void timer_write_watched(const struct cpu_sysreg *reg, unsigned vcpu,
                                const struct cpu_pe_state *pe, uint64_t value)
{
    struct machine *m = reg->opaque;

    if (m->strict) {
        enum timer_id timer = timer_sysreg_timer(m->timers, reg->reg, timer_pe(pe));

        strict_timer_write(m, vcpu, timer != TIMER_COUNT ? timer_ppi[timer] : 0);
    }
    timer_write(reg, vcpu, pe, value);
}

void wires_watch(struct machine *m)
{
    size_t n_gic, n_timer;

    if (m->history)
        history_unwatch(m);
    bus_watch(m);
    gic_sysregs(&n_gic);
    timer_sysregs(&n_timer);
    for (size_t i = 0; i < n_gic; i++) {
        m->sysregs[i].read = gic_read_watched;
        m->sysregs[i].write = gic_write_watched;
        m->sysregs[i].try_read = gic_try_read_watched;
        m->sysregs[i].try_write = gic_try_write_watched;
    }
    for (size_t i = n_gic; i < n_gic + n_timer; i++)
        m->sysregs[i].write = timer_write_watched;
    if (m->history)
        history_watch(m);
}

_Static_assert((int)GIC_ACCESS_TRAP_EL3 == (int)CPU_ACCESS_TRAP_EL3 &&
                   (int)TIMER_ACCESS_TRAP_EL3 == (int)CPU_ACCESS_TRAP_EL3,
               "outcomes are listed in the same order");

/* Rows of both libraries say the same things under the same names. */
#define SYSREG(row, room)                                                                          \
    (struct cpu_sysreg)                                                                            \
    {                                                                                              \
        .name = (row)->name, .op0 = (row)->op0, .op1 = (row)->op1, .crn = (row)->crn,              \
        .crm = (row)->crm, .op2 = (row)->op2, .readable = (row)->readable,                         \
        .writable = (row)->writable, .min_el = (row)->min_el, .opaque = m, .reg = (row),           \
        .check = room##_check, .read = room##_read, .write = room##_write                          \
    }

static int register_sysregs(struct machine *m)
{
    size_t n_gic, n_timer, n = 0;
    const struct gic_sysreg *g = gic_sysregs(&n_gic);
    const struct timer_sysreg *t = timer_sysregs(&n_timer);

    m->sysregs = calloc(n_gic + n_timer, sizeof(*m->sysregs));
    if (!m->sysregs)
        return -ENOMEM;
    for (size_t i = 0; i < n_gic; i++) {
        m->sysregs[n] = SYSREG(&g[i], gic);
        m->sysregs[n].try_read = gic_try_read;
        m->sysregs[n++].try_write = gic_try_write;
    }
    for (size_t i = 0; i < n_timer; i++)
        m->sysregs[n++] = SYSREG(&t[i], timer);
    return engine_register_sysregs(m->engine, m->sysregs, n);
}

/* -- Creation ---------------------------------------------------------------------------------- */

static int create_engine(struct machine *m, struct error *err)
{
    struct cpu_engine_config config = {
        .model = m->config.cpu_model,
        .n_vcpus = m->config.n_vcpus,
        .mpidr = m->mpidr,
        .has_el2 = m->config.has_el2,
        .has_el3 = m->config.has_el3,
        .conduit = m->config.has_el3   ? CPU_CONDUIT_NONE
                   : m->config.has_el2 ? CPU_CONDUIT_SMC
                                       : CPU_CONDUIT_HVC,
        .gic_v41 = m->config.gic.version == GIC_VERSION_4_1,
        .ecv = board_has_ecv(m->config.cpu_model),
        .sel2 = board_has_sel2(m->config.cpu_model, m->config.has_el2, m->config.has_el3),
        .nmi = board_has_nmi(m->config.cpu_model, m->config.gic.nmi),
        .semihosting = m->config.semihosting,
        .opaque = m,
        .pe_changed = on_pe_changed,
        .wait = on_wait,
        .event_sent = on_event_sent,
        .exception = on_exception,
    };
    const char *why;

    if (engine_create(&config, &m->engine, &why))
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "the CPU engine cannot start: %s", why);
    return 0;
}

/* Tables of LPIs and of the ITS are in RAM alone. */
static int on_table_read(void *opaque, uint64_t address, void *buffer, size_t size_bytes)
{
    const struct machine *m = opaque;

    if (m->explorer)
        m->explorer->table(m->explorer->opaque, address, size_bytes, false);
    return machine_guest_read(opaque, address, buffer, size_bytes);
}

static int on_table_write(void *opaque, uint64_t address, const void *buffer, size_t size_bytes)
{
    const struct machine *m = opaque;

    if (m->explorer)
        m->explorer->table(m->explorer->opaque, address, size_bytes, true);
    return machine_guest_write(opaque, address, buffer, size_bytes);
}

static int create_its(struct machine *m, const char **why)
{
    const struct gic_options *o = &m->config.gic;
    struct gic_its_config config = {
        .device_id_bits = o->its_device_bits,
        .event_id_bits = o->its_event_bits,
        .hardware_collections = o->its_hw_collections,
        .stall_on_error = o->its_stall,
        .vmovp_once = o->its_vmovp,
        .no_individual_doorbells = o->its_nid,
        .shares_vpe_table = o->its_svpet,
        .report_unmapped = o->its_umsi,
    };

    return o->its ? gic_its_create(m->gic, &config, &m->its, why) : 0;
}

static int gic_failed(struct error *err, int rc, const char *why)
{
    if (rc == -EINVAL)
        return error_bad_input(err, "-gic: %s", why);
    return error_set(err, IRQLAB_EXIT_HOST, rc, "the GIC cannot be made: %s", why);
}

int wires_create_gic(struct machine *m, struct error *err)
{
    const struct gic_options *o = &m->config.gic;
    struct gic_config config = {
        .version = (enum gic_version)o->version,
        .vpe_id_bits = o->vpe_id_bits,
        .n_vcpus = m->config.n_vcpus,
        .mpidr = m->mpidr,
        .n_spis = m->board.n_spis,
        .n_espis = o->espis,
        .n_eppis = o->eppis,
        .priority_bits = o->priority_bits,
        .list_registers = o->list_registers,
        .has_nmi = o->nmi,
        .has_mbis = o->mbis,
        .has_one_of_n = o->one_of_n,
        .waker_gates = o->waker,
        .sre_writable = o->sre,
        .legacy = o->legacy,
        .lpi_id_bits = o->its ? o->lpi_id_bits : 0,
        .lpis_stay_enabled = o->lpis_stay_enabled,
        .direct_lpi = o->its && o->direct_lpi,
        .two_security_states = m->config.has_el3,
        .has_el2 = m->config.has_el2,
        .has_el3 = m->config.has_el3,
        .opaque = m,
        .set_line = on_gic_line,
        .choose = on_gic_choice,
        .event = on_gic_event,
        .memory_read = on_table_read,
        .memory_write = on_table_write,
    };
    const char *why;

    int rc = gic_create(&config, &m->gic, &why);
    if (!rc)
        rc = create_its(m, &why);
    if (!rc && m->sealed) /* another GIC takes over */
        gic_set_revision(m->gic, (unsigned)vmm_setup_get(vmm_setup_of(m), VMM_KEY_GICD_REVISION));
    return rc ? gic_failed(err, rc, why) : 0;
}

static int create_timers(struct machine *m, struct error *err)
{
    struct timers_config config = {
        .n_vcpus = m->config.n_vcpus,
        .frequency_hz = m->config.counter_hz,
        .has_el2 = m->config.has_el2,
        .has_el3 = m->config.has_el3,
        .has_vhe = !strcmp(m->config.cpu_model, "max"),
        .has_ecv = board_has_ecv(m->config.cpu_model),
        .has_sel2 = board_has_sel2(m->config.cpu_model, m->config.has_el2, m->config.has_el3),
        .n_frames = m->config.mmio_timers ? BOARD_TIMER_FRAMES : 0,
        .frames_virtual = BOARD_TIMER_VIRTUAL,
        .frames_el0 = BOARD_TIMER_EL0,
        .opaque = m,
        .now_ns = on_timer_now,
        .set_line = on_timer_line,
        .set_frame_line = timer_frames_line,
        .deadline_changed = on_deadline_changed,
    };
    const char *why;

    if (timers_create(&config, &m->timers, &why))
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "the timers cannot be made: %s", why);
    return 0;
}

int wires_create(struct machine *m, struct error *err)
{
    int rc = create_engine(m, err);

    if (!rc)
        rc = wires_create_gic(m, err);
    if (!rc)
        rc = create_timers(m, err);
    if (!rc && register_sysregs(m))
        rc = error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for system registers");
    return rc;
}
