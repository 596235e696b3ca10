/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control socket. An odd first byte: the rest is a line, any line, which is answered with one
 * object, "return" or "error"; with bit 1 set there is no machine yet. Else: operations of the
 * control plane with any arguments, and a machine that runs on after each of them, from before its
 * first instruction on.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/control.h"
#include "emu/machine.h"
#include "emu/snapshot.h"
#include "emu/vmm_ops.h"

enum { OPS = 12, RUN = 300 };

/* CPU_ON of vCPU 1, also by who is not vCPU 0; then SGIs, acknowledges and waits. */
static const uint32_t code[] = {
    0xd2800060, 0xf2b88000, 0xd2800021, 0xd2a80002, /* x0..x2: CPU_ON, 1, RAM */
    0xd4000002,                                     /* HVC */
    0xd5380603,                                     /* x3: ID_AA64ISAR0_EL1 */
    0xd518cba0,                                     /* ICC_SGI1R_EL1 */
    0xd538cc04,                                     /* x4: ICC_IAR1_EL1 */
    0xd518cc24,                                     /* ICC_EOIR1_EL1 */
    0xd503203f, 0x17fffff6,                         /* YIELD, and again */
};

static struct machine *make_machine(struct snapshot **start)
{
    struct machine_config config = {
        .cpu_model = "cortex-a72",
        .n_vcpus = 2,
        .ram_bytes = 1 << 20,
        .quantum_instructions = 1000,
        .counter_hz = 62500000,
    };
    struct machine *m;
    struct error err;

    gic_options_defaults(&config.gic);
    if (machine_create(&config, &m, &err) ||
        machine_guest_write(m, BOARD_RAM_BASE, code, sizeof(code)))
        abort();
    machine_start_at(m, 1, BOARD_RAM_BASE, 0);
    machine_power_on(m);
    if (snapshot_take(m, start, &err))
        abort();
    return m;
}

static void execute(struct machine *m, const char *line, size_t size)
{
    bool paused = false, reports = false;
    const struct control_context context = {.machine = m, .paused = &paused, .reports = &reports};
    json_t *reply = control_execute(&context, line, size);

    if (!json_object_get(reply, "return") == !json_object_get(reply, "error"))
        abort();
    json_decref(reply);
}

/* Before there is a machine. */
static void execute_early(const char *line, size_t size)
{
    bool paused = true, reports = false, done = false, quit = false;
    struct control_context context = {
        .paused = &paused, .reports = &reports, .done = &done, .quit = &quit};
    json_t *reply;

    if (vmm_setup_create(&context.setup))
        abort();
    reply = control_execute(&context, line, size);
    if (!json_object_get(reply, "return") == !json_object_get(reply, "error"))
        abort();
    json_decref(reply);
    vmm_setup_destroy(context.setup);
}

struct input {
    const uint8_t *at, *end;
};

static unsigned take_byte(struct input *in)
{
    return in->at < in->end ? *in->at++ : 0;
}

/* Numbers that mean something are near others that do. */
static uint64_t take_number(struct input *in)
{
    static const uint64_t near[] = {0,
                                    27,
                                    32,
                                    0x100,
                                    0xc230,
                                    0x10200,
                                    1ull << 32,
                                    0x84000003,
                                    0xc4000003,
                                    VMM_CORE_PC,
                                    VMM_REG_TIMER_CNT,
                                    VMM_SYSREG(3, 0, 0, 6, 0),
                                    BOARD_RAM_BASE,
                                    UINT64_MAX};
    unsigned kind = take_byte(in);
    uint64_t value = 0;

    if (kind < 128)
        return near[kind % (sizeof(near) / sizeof(near[0]))] + take_byte(in) % 40;
    for (unsigned i = 0; i < 8; i++)
        value = value << 8 | take_byte(in);
    return value >> (kind & 63);
}

static size_t write_arg(char *to, size_t room, const struct vmm_arg *arg, struct input *in)
{
    static const char *const actions[] = {"handle", "deny", "forward", "drop"};

    if (arg->kind == VMM_ARG_ACTION)
        return (size_t)snprintf(to, room, "\"%s\":\"%s\"", arg->name, actions[take_byte(in) % 4]);
    if (arg->kind == VMM_ARG_KEY)
        return (size_t)snprintf(to, room, "\"%s\":\"%s\"", arg->name,
                                vmm_setup_name((enum vmm_key)(take_byte(in) % VMM_N_KEYS)));
    if (arg->kind == VMM_ARG_VCPU || arg->kind == VMM_ARG_BOOL)
        return (size_t)snprintf(to, room, "\"%s\":%u", arg->name, take_byte(in) % 3);
    return (size_t)snprintf(to, room, "\"%s\":\"0x%" PRIx64 "\"", arg->name, take_number(in));
}

static void operate(struct machine *m, struct input *in)
{
    const struct vmm_row *row = vmm_row(take_byte(in) % VMM_N_OPS);
    char line[1024];
    size_t n =
        (size_t)snprintf(line, sizeof(line), "{\"execute\":\"%s\",\"arguments\":{", row->name);

    for (unsigned i = 0; i < VMM_MAX_ARGS && row->args[i].name; i++) {
        line[n] = ',';
        n += i != 0;
        n += write_arg(line + n, sizeof(line) - n, &row->args[i], in);
    }
    n += (size_t)snprintf(line + n, sizeof(line) - n, "}}");
    execute(m, line, n);
    machine_go(m, machine_instructions(m) + RUN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* The fuzzer's, not the program's: made once, as they cost 100 ms. */
    static struct machine *m;
    static struct snapshot *start;
    struct input in = {data, data + size};
    struct error err;

    if (!m)
        m = make_machine(&start);
    if (size && (data[0] & 3) == 3) {
        execute_early((const char *)data + 1, size - 1);
        return 0;
    }
    if (size && data[0] & 1) {
        execute(m, (const char *)data + 1, size - 1);
        return 0;
    }
    if (snapshot_restore(m, start, &err))
        abort();
    take_byte(&in);
    for (unsigned i = 0; i < OPS && in.at < in.end; i++)
        operate(m, &in);
    return 0;
}
