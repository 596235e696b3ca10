/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any line at the control socket: answered with one object, "return" or "error". */
#include <stdlib.h>

#include "emu/control.h"
#include "emu/machine.h"

static struct machine *make_machine(void)
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
    if (machine_create(&config, &m, &err))
        abort();
    return m;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct machine *m; /* the fuzzer's, not the program's: made once, as it costs 100 ms */
    bool paused = false, reports = false;
    json_t *reply;

    if (!m)
        m = make_machine();
    reply = control_execute(
        &(struct control_context){.machine = m, .paused = &paused, .reports = &reports},
        (const char *)data, size);
    if (!json_object_get(reply, "return") == !json_object_get(reply, "error"))
        abort();
    json_decref(reply);
    return 0;
}
