/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Anything from a debugger: packets with right and wrong frames, and bytes between them, while the
 * machine stands still and runs, forward and backward. The first byte of each line of the input
 * says how it is sent.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/gdb/gdb.h"
#include "emu/machine.h"

enum { SLICE = 2000, SLICES = 3, MAX_PIECES = 64 };
#define CODE (BOARD_RAM_BASE + 0x1000)

/* Counts, and stores the count through RAM. */
static const uint32_t code[] = {
    0x910004a5, /* add x5, x5, #1 */
    0x92402ca7, /* and x7, x5, #0xfff */
    0x8b071047, /* add x7, x2, x7, lsl #4 */
    0xf90000e5, /* str x5, [x7] */
    0x17fffffc, /* b back */
};

static void ignore(void *opaque, const char *bytes, size_t n)
{
    (void)opaque, (void)bytes, (void)n;
}

static struct machine *make_machine(void)
{
    struct machine_config config = {
        .cpu_model = "cortex-a72",
        .n_vcpus = 3,
        .ram_bytes = 1 << 20,
        .quantum_instructions = 1000,
        .counter_hz = 62500000,
    };
    struct machine *m;
    struct error err;

    gic_options_defaults(&config.gic);
    if (machine_create(&config, &m, &err))
        abort();
    return m;
}

static void power_on(struct machine *m)
{
    machine_guest_write(m, CODE, code, sizeof(code));
    machine_start_at(m, 1, CODE, 0);
    machine_power_on(m);
    for (unsigned i = 0; i < 2; i++) {
        vcpu_start_at(m->engine, i, 1, CODE, 0);
        vcpu_set_x(m->engine, i, 2, BOARD_RAM_BASE + 0x10000);
        m->vcpus[i].state = VCPU_READY;
    }
}

static void feed_packet(struct gdb_stub *g, const char *data, size_t n)
{
    char tail[8];
    uint8_t sum = 0;

    for (size_t i = 0; i < n; i++)
        sum = (uint8_t)(sum + (uint8_t)data[i]);
    snprintf(tail, sizeof(tail), "#%02x", sum);
    gdb_stub_feed(g, "$", 1);
    gdb_stub_feed(g, data, n);
    gdb_stub_feed(g, tail, 3);
}

/* 'r': as it is; else in a frame. */
static enum gdb_state send_piece(struct gdb_stub *g, const char *data, size_t n)
{
    enum gdb_state state = gdb_stub_state(g);

    if (n && data[0] == 'r')
        gdb_stub_feed(g, data + 1, n - 1);
    else
        feed_packet(g, data, n);
    for (unsigned i = 0; i < SLICES; i++)
        state = gdb_stub_run(g, SLICE);
    if (state == GDB_RUNS) {
        gdb_stub_feed(g, "\x03", 1);
        state = gdb_stub_run(g, SLICE);
    }
    return state;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct machine *m; /* the fuzzer's, not the program's: made once, as it costs 100 ms */
    const struct gdb_stub_options o = {.send = ignore, .fd = -1};
    const char *at = (const char *)data, *end = at + size;
    struct gdb_stub *g;
    struct error err;

    if (!m)
        m = make_machine();
    power_on(m);
    if (gdb_stub_open(m, &o, &g, &err))
        abort();
    for (unsigned i = 0; i < MAX_PIECES && at < end; i++) {
        const char *line = memchr(at, '\n', (size_t)(end - at));
        enum gdb_state state;

        line = line ? line : end;
        state = send_piece(g, at, (size_t)(line - at));
        if (state == GDB_DETACHED || state == GDB_OVER)
            break;
        at = line + (line < end);
    }
    gdb_stub_close(g);
    return 0;
}
