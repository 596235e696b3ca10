/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PSCI and semihosting: what a guest asks of the machine itself. */
#include "emu/machine.h"

#include <inttypes.h>

#include "emu/actor.h"
#include "emu/history.h"
#include "emu/races/races.h"
#include "emu/strict.h"
#include "emu/trace.h"
#include "emu/vmm.h"

/* -- PSCI callbacks (cpu/psci.h) --------------------------------------------------------------- */

static uint64_t psci_affinity(void *opaque, unsigned vcpu)
{
    struct machine *m = opaque;

    return m->mpidr[vcpu];
}

static enum psci_power psci_power(void *opaque, unsigned vcpu)
{
    struct machine *m = opaque;

    return m->vcpus[vcpu].state == VCPU_OFF ? PSCI_POWER_OFF : PSCI_POWER_ON;
}

unsigned power_entry_level(const struct machine *m)
{
    return m->config.has_el2 ? 2 : 1;
}

void power_reset_vcpu(struct machine *m, unsigned vcpu)
{
    history_reset_vcpu(m, vcpu);
    strict_reset_vcpu(m, vcpu);
    timers_reset_vcpu(m->timers, vcpu);
    gic_reset_vcpu(m->gic, vcpu);
    vcpu_reset(m->engine, vcpu);
}

static void start_vcpu(struct machine *m, unsigned vcpu, uint64_t entry, uint64_t context)
{
    power_reset_vcpu(m, vcpu);
    vcpu_start_at(m->engine, vcpu, power_entry_level(m), entry, context);
    m->vcpus[vcpu].state = VCPU_READY;
    m->vcpus[vcpu].idle_turn = false;
    if (m->trace)
        trace_vcpu(m, vcpu);
}

static void psci_cpu_on(void *opaque, unsigned vcpu, unsigned caller, uint64_t entry,
                        uint64_t context)
{
    struct machine *m = opaque;

    trace_line(m, TRACE_PSCI, (int)vcpu, "on by v%u, entry 0x%" PRIx64, caller, entry);
    if (m->races)
        races_cpu_on(m, caller, vcpu);
    start_vcpu(m, vcpu, entry, context);
}

static void psci_cpu_off(void *opaque, unsigned caller)
{
    struct machine *m = opaque;

    m->vcpus[caller].state = VCPU_OFF;
    m->vcpus[caller].turn_left = 0;
    if (m->trace)
        trace_vcpu(m, caller);
}

static void psci_cpu_suspend(void *opaque, unsigned caller, bool power_down, uint64_t entry,
                             uint64_t context)
{
    struct machine *m = opaque;
    struct vcpu *v = &m->vcpus[caller];

    if (power_down) {
        /* The GIC and the timers are outside of the core's power domain: they stay as they are. */
        vcpu_reset(m->engine, caller);
        vcpu_start_at(m->engine, caller, power_entry_level(m), entry, context);
        v->restarted = true;
    }
    v->turn_left = 0;
    if (!vcpu_has_work(m->engine, caller))
        waits_begin(m, caller, &(struct cpu_wait){0});
}

static void psci_system_off(void *opaque)
{
    machine_shut_down(opaque, IRQLAB_EXIT_OK, "PSCI SYSTEM_OFF");
}

static void psci_system_reset(void *opaque)
{
    struct machine *m = opaque;

    if (m->config.no_reboot)
        machine_shut_down(m, IRQLAB_EXIT_OK, "PSCI SYSTEM_RESET, and -no-reboot was given");
    else if (m->stop == MACHINE_RUNNING)
        m->stop = MACHINE_RESET;
}

static bool psci_valid_entry(void *opaque, uint64_t entry)
{
    struct machine *m = opaque;
    uint64_t flash_bytes = 2 * BOARD_FLASH_BYTES;

    return (entry & 3) == 0 &&
           (entry - BOARD_RAM_BASE < m->config.ram_bytes || entry < flash_bytes);
}

void power_call(struct machine *m, unsigned vcpu)
{
    if (!vmm_takes_call(m, vcpu))
        power_handle_call(m, vcpu);
}

/* -- What a test says (images/lib/race.h): by semihosting, or by a call --------------------------
 */

enum {
    RACE_BEGIN = 0x100, /* of semihosting's range that is left to implementations */
    RACE_END = 0x101,
    RACE_ASSERT = 0x102,  /* x1: the text of what is not true */
    RACE_OBSERVE = 0x108, /* x1: a text; x2: what the guest saw of it */
    RACE_ARRIVE = 0x109,
};

/* SMC Calling Convention (DEN 0028): vendor-specific hypervisor service, fast, 64 bits. */
#define RACE_CALLS 0xc6000000u

static int read_virtual(struct machine *m, unsigned vcpu, uint64_t va, void *to, size_t size_bytes)
{
    uint8_t *bytes = to;

    for (size_t i = 0; i < size_bytes; i++) {
        uint64_t pa;

        if (vcpu_translate(m->engine, vcpu, va + i, &pa) || machine_guest_read(m, pa, bytes + i, 1))
            return -1;
    }
    return 0;
}

/* @to is zeroed, and stays ended by one. It is for a terminal, and for JSON: plain text. */
static void read_text(struct machine *m, unsigned vcpu, uint64_t va, char *to, size_t size)
{
    for (size_t i = 0; i < size - 1; i++) {
        if (read_virtual(m, vcpu, va + i, &to[i], 1) || !to[i])
            break;
        if (to[i] < ' ' || to[i] > '~')
            to[i] = '?';
    }
}

static void failed_assertion(struct machine *m, unsigned vcpu, uint64_t text)
{
    char what[160] = "";

    read_text(m, vcpu, text, what, sizeof(what));
    machine_shut_down(m, IRQLAB_EXIT_GUEST_ASSERT, "vCPU %u asserts, and it is not so: %s", vcpu,
                      what);
}

static void mark(struct machine *m, unsigned vcpu, bool begins)
{
    vcpu_set_x(m->engine, vcpu, 0, 0);
    if (begins && m->races)
        races_mark(m);
    if (begins)
        actors_begin(m);
    if (m->marked)
        m->marked(m->marked_opaque, m, vcpu, begins);
}

static void observe(struct machine *m, unsigned vcpu, uint64_t text)
{
    char what[64] = "";

    vcpu_set_x(m->engine, vcpu, 0, 0);
    read_text(m, vcpu, text, what, sizeof(what));
    if (m->explorer)
        m->explorer->observed(m->explorer->opaque, what, vcpu_get_x(m->engine, vcpu, 2));
}

static void arrive(struct machine *m, unsigned vcpu)
{
    vcpu_set_x(m->engine, vcpu, 0, m->explorer ? m->explorer->arrived(m->explorer->opaque) : 0);
}

/* False: it is none of these. */
static bool race_operation(struct machine *m, unsigned vcpu, uint32_t operation, uint64_t argument)
{
    if (operation == RACE_BEGIN || operation == RACE_END)
        mark(m, vcpu, operation == RACE_BEGIN);
    else if (operation == RACE_ASSERT)
        failed_assertion(m, vcpu, argument);
    else if (operation == RACE_OBSERVE)
        observe(m, vcpu, argument);
    else if (operation == RACE_ARRIVE)
        arrive(m, vcpu);
    else
        return false;
    return true;
}

void power_handle_call(struct machine *m, unsigned vcpu)
{
    static const struct psci_ops template = {
        .affinity = psci_affinity,
        .power = psci_power,
        .cpu_on = psci_cpu_on,
        .cpu_off = psci_cpu_off,
        .cpu_suspend = psci_cpu_suspend,
        .system_off = psci_system_off,
        .system_reset = psci_system_reset,
        .valid_entry = psci_valid_entry,
    };
    struct psci_ops ops = template;
    uint64_t args[4];
    const char *name;

    if (race_operation(m, vcpu, (uint32_t)vcpu_get_x(m->engine, vcpu, 0) - RACE_CALLS,
                       vcpu_get_x(m->engine, vcpu, 1)))
        return;
    ops.n_vcpus = m->config.n_vcpus;
    for (unsigned i = 0; i < 4; i++)
        args[i] = vcpu_get_x(m->engine, vcpu, i);
    name = psci_function_name((uint32_t)args[0]);
    trace_line(m, TRACE_PSCI, (int)vcpu, "%s(0x%" PRIx64 ", 0x%" PRIx64 ", 0x%" PRIx64 ") id 0x%x",
               name ? name : "unknown", args[1], args[2], args[3], (unsigned)args[0]);
    psci_call(&ops, m, vcpu, args);
    /* After a power-down suspend x0 is the context, set by the restart; else it is the result. */
    if (!m->vcpus[vcpu].restarted)
        vcpu_set_x(m->engine, vcpu, 0, args[0]);
    m->vcpus[vcpu].restarted = false;
}

/* -- Semihosting (Arm IHI 0100): the exit calls, and the two that print -------------------------
 */

enum {
    SYS_WRITEC = 0x03,
    SYS_WRITE0 = 0x04,
    SYS_EXIT = 0x18,
    SYS_EXIT_EXTENDED = 0x20,
    SYS_RACE_CALL_VMM = 0x103, /* x1, x2, x3: arguments; x0: the answer */
};

#define ADP_STOPPED_APPLICATION_EXIT 0x20026u

static void print_string(struct machine *m, unsigned vcpu, uint64_t va)
{
    char c;

    /* 64 KiB at most: a guest's string without an end must not hold up the machine. */
    for (unsigned i = 0; i < 1u << 16 && !read_virtual(m, vcpu, va + i, &c, 1) && c; i++)
        machine_console_write(m, (const uint8_t *)&c, 1);
}

static void semihosting_exit(struct machine *m, unsigned vcpu, uint64_t block)
{
    uint64_t words[2];

    if (read_virtual(m, vcpu, block, words, sizeof(words))) {
        machine_shut_down(m, IRQLAB_EXIT_GUEST_WILD,
                          "semihosting exit on vCPU %u with an unreadable block at 0x%" PRIx64,
                          vcpu, block);
        return;
    }
    if (words[0] != ADP_STOPPED_APPLICATION_EXIT)
        machine_shut_down(m, IRQLAB_EXIT_GUEST_ASSERT,
                          "semihosting exit on vCPU %u, reason 0x%" PRIx64, vcpu, words[0]);
    else
        machine_shut_down(m,
                          words[1] > IRQLAB_EXIT_GUEST_MAX ? IRQLAB_EXIT_GUEST_MAX : (int)words[1],
                          "semihosting exit on vCPU %u, status %" PRIu64, vcpu, words[1]);
}

void semihosting_call(struct machine *m, unsigned vcpu)
{
    uint32_t operation = (uint32_t)vcpu_get_x(m->engine, vcpu, 0);
    uint64_t argument = vcpu_get_x(m->engine, vcpu, 1);
    uint8_t c;

    if (m->explorer &&
        m->explorer->halted(m->explorer->opaque, vcpu, vcpu_get_pc(m->engine, vcpu) - 4))
        return;
    switch (operation) {
    case SYS_EXIT:
    case SYS_EXIT_EXTENDED:
        semihosting_exit(m, vcpu, argument);
        break;
    case SYS_WRITE0:
        print_string(m, vcpu, argument);
        break;
    case SYS_WRITEC:
        if (!read_virtual(m, vcpu, argument, &c, 1))
            machine_console_write(m, &c, 1);
        break;
    case SYS_RACE_CALL_VMM:
        if (actors_count(m))
            sched_leave(m, vcpu);
        else
            vcpu_set_x(m->engine, vcpu, 0, UINT64_MAX);
        break;
    default:
        if (!race_operation(m, vcpu, operation, argument))
            vcpu_set_x(m->engine, vcpu, 0, UINT64_MAX);
        break; /* -1: not provided */
    }
}
