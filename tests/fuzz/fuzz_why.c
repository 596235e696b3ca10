/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Any state of the GIC and the timers, with the history on, and any question about it: an answer
 * that has gates, a verdict that agrees with them, and a text.
 */
#include <stdlib.h>
#include <string.h>

#include "emu/why.h"

enum { N_VCPUS = 3, RAM_BYTES = 1 << 20, MAX_STEPS = 64 };

static struct machine *make_machine(void)
{
    struct machine_config config = {
        .cpu_model = "max",
        .n_vcpus = N_VCPUS,
        .ram_bytes = RAM_BYTES,
        .has_el2 = true,
        .quantum_instructions = 1000,
        .counter_hz = 62500000,
    };
    struct machine *m;
    struct error err;

    gic_options_defaults(&config.gic);
    config.gic.eppis = 64;
    config.gic.espis = 64;
    config.gic.sre = config.gic.waker = config.gic.one_of_n = true;
    if (machine_create(&config, &m, &err) || history_start(m, &err))
        abort();
    return m;
}

/* One step of the input; missing bytes are zero. */
struct step {
    uint8_t what, vcpu, size, reg;
    uint32_t offset;
    uint64_t value;
};

static void write_window(const struct cpu_mmio *w, const struct step *s, uint64_t bytes)
{
    unsigned size = 1u << (s->size & 3);

    w->write(w->opaque, s->vcpu, false, s->offset % bytes & ~(uint64_t)(size - 1), size, s->value);
}

static void use_sysreg(struct machine *m, const struct step *s)
{
    const struct cpu_pe_state pe = {
        .el = 1 + (s->size & 1), .el2_enabled = true, .hcr_el2 = s->size & 2 ? 0x18 : 0};
    size_t n_gic, n_timer;

    gic_sysregs(&n_gic);
    timer_sysregs(&n_timer);
    const struct cpu_sysreg *reg = &m->sysregs[s->reg % (n_gic + n_timer)];
    bool write = reg->writable && (s->size & 4 || !reg->readable);

    if (reg->check(reg, s->vcpu, &pe, write) != CPU_ACCESS_OK)
        return;
    if (write)
        reg->write(reg, s->vcpu, &pe, s->value);
    else
        reg->read(reg, s->vcpu, &pe);
}

static void ask(struct machine *m, const struct step *s)
{
    struct why_question q = {.form = (enum why_form)(s->size % 3),
                             .intid = s->offset & 0xffffff,
                             .vcpu = s->vcpu,
                             .device_id = s->offset,
                             .event_id = (uint32_t)s->value};
    struct why_reply reply;
    struct why_answer a;
    struct error err;

    why_ask(m, &q, &a);
    if (!a.n_gates || a.n_gates > WHY_MAX_GATES || a.first_failed > a.n_gates ||
        (a.verdict == WHY_DELIVERABLE) != (a.first_failed == a.n_gates))
        abort();
    if (why_request(m, s->reg & 1 ? WHY_COMMAND_WHY : WHY_COMMAND_NOT_AGAIN, &q, &reply, &err))
        abort();
    if (!strstr(reply.text, "verdict: "))
        abort();
    json_decref(reply.json);
    free(reply.text);
}

static void take(struct machine *m, const struct step *s)
{
    switch (s->what % 7) {
    case 0:
        write_window(&m->gicd_window, s, GIC_DIST_BYTES);
        break;
    case 1:
        write_window(&m->gicr[0].mmio, s, (uint64_t)N_VCPUS * GIC_REDIST_BYTES);
        break;
    case 2:
        write_window(&m->its_window, s, GIC_ITS_BYTES);
        break;
    case 3:
        use_sysreg(m, s);
        break;
    case 4:
        machine_guest_write(m, BOARD_RAM_BASE + s->offset % (RAM_BYTES - 8), &s->value, 8);
        break;
    case 5:
        gic_set_spi(m->gic, s->offset & 0x3ff, s->value & 1);
        gic_set_ppi(m->gic, s->vcpu, s->offset & 0x1f, s->value & 2);
        break;
    default:
        ask(m, s);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct machine *m; /* the fuzzer's, not the program's: made once, as it costs 100 ms */
    static const struct step question = {.offset = 27};

    if (!m)
        m = make_machine();
    gic_reset(m->gic);
    timers_reset(m->timers);
    history_reset(m);
    for (unsigned i = 0; i < MAX_STEPS && size; i++) {
        struct step s = {0};
        size_t n = size < 16 ? size : 16;

        memcpy(&s, data, n);
        data += n;
        size -= n;
        s.vcpu %= N_VCPUS;
        take(m, &s);
    }
    ask(m, &question);
    return 0;
}
