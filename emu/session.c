/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/session_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "emu/control.h"
#include "emu/dev/chardev.h"
#include "emu/devices.h"
#include "emu/gdb/gdb.h"
#include "emu/history.h"
#include "emu/races/races.h"
#include "emu/strict.h"
#include "emu/summary.h"
#include "emu/trace.h"
#include "emu/vmm_setup.h"

_Static_assert((int)OPTIONS_MAX_RENEWALS == (int)MACHINE_MAX_RENEWALS, "one list, twice");

/* Signals stay pending; the door looks for them between turns (emu/door.c). */
static void block_signals(void)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    sigprocmask(SIG_BLOCK, &set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* -- Building ---------------------------------------------------------------------------------- */

/*
 * How far a look goes. What a person ended (a signal, the console's escape) would go on for ever:
 * then it ends one step behind.
 */
static void limit_look(const struct session *s, struct machine_config *config)
{
    const struct journal_end *end = journal_end_of(s->replay);
    uint64_t at = s->look->max_instructions;
    bool by_person = end->exit_code == IRQLAB_EXIT_OK || end->exit_code == IRQLAB_EXIT_LIMIT;

    if (!at && by_person && !config->max_instructions)
        at = end->instructions + 1;
    if (at && (!config->max_instructions || at < config->max_instructions))
        config->max_instructions = at;
    config->max_ns = s->look->max_ns;
    if (!config->max_ns && by_person)
        config->max_ns = end->virtual_time_ns + 1;
}

static int create_machine(struct session *s, struct error *err)
{
    const struct run_options *o = s->options;
    struct machine_config config = {
        .cpu_model = o->cpu,
        .n_vcpus = o->smp,
        .ram_bytes = o->ram_bytes,
        .has_el2 = o->virtualization,
        .has_el3 = o->secure,
        .semihosting = o->semihosting,
        .icount_shift = o->icount_shift,
        .quantum_instructions = o->quantum,
        .counter_hz = o->counter_hz,
        .rtc_base_seconds = o->rtc_base,
        .max_instructions = o->max_insns,
        .host_clock = o->host_clock && !s->replay,
        .progress = isatty(STDERR_FILENO) && (!isatty(STDOUT_FILENO) || o->serial),
        .no_reboot = o->no_reboot,
        .mmio_timers = o->mmio_timers,
        .n_renew_gic = o->n_renew_gic,
        .gic = o->gic,
    };

    if (s->look) {
        config.progress = false;
        limit_look(s, &config);
    }
    config.setup = s->setup;
    memcpy(config.renew_gic_at, o->renew_gic_at, sizeof(config.renew_gic_at));
    config.choices = o->choices;
    config.actor = o->actor;
    return machine_create(&config, &s->machine, err);
}

int session_plan(struct session *s, struct error *err)
{
    const struct run_options *o = s->options;
    struct load_blob blobs[OPTIONS_MAX_BLOBS];
    struct load_request request = {
        .kernel = o->kernel,
        .initrd = o->initrd,
        .append = o->append,
        .dtb = o->dtb,
        .firmware = options_have_firmware(o),
        .ram_base = BOARD_RAM_BASE,
        .ram_bytes = o->ram_bytes,
        .board = &s->machine->board,
        .blobs = blobs,
        .n_blobs = o->n_blobs,
    };

    for (unsigned i = 0; i < o->n_blobs; i++)
        blobs[i] = (struct load_blob){.kind = o->blobs[i].kind,
                                      .file = o->blobs[i].file,
                                      .bootargs = o->blobs[i].bootargs,
                                      .address = o->blobs[i].address,
                                      .data = o->blobs[i].data,
                                      .data_bytes = o->blobs[i].data_bytes};
    if (load_plan_create(&request, &s->plan, err))
        return -EINVAL;
    s->machine->symbols = load_plan_symbols(s->plan);
    return 0;
}

static int write_to_guest(void *opaque, uint64_t address, const void *data, size_t size_bytes)
{
    return machine_guest_write(opaque, address, data, size_bytes);
}

static void reload(void *opaque, struct machine *m)
{
    struct session *s = opaque;

    load_plan_write(s->plan, write_to_guest, m);
}

/* As QEMU: firmware and ELF images are entered where the machine starts, a Linux Image lower. */
static unsigned entry_level(const struct session *s)
{
    const struct run_options *o = s->options;

    if (o->secure && (options_have_firmware(o) || load_plan_is_elf(s->plan)))
        return 3;
    return o->virtualization ? 2 : o->secure ? 3 : 1;
}

int session_load(struct session *s, struct error *err)
{
    struct machine *m = s->machine;
    int rc = session_plan(s, err);

    if (rc)
        return rc;
    if (load_plan_write(s->plan, write_to_guest, m))
        return error_set(err, IRQLAB_EXIT_INTERNAL, -EFAULT, "a planned load is outside of RAM");
    for (size_t i = 0; i < load_plan_pieces(s->plan); i++) {
        const struct load_piece *p = load_plan_piece(s->plan, i);

        trace_line(m, TRACE_LOAD, -1, "%s at 0x%" PRIx64 ", %zu bytes", p->name, p->address,
                   (size_t)p->size_bytes);
    }
    m->reload = reload;
    m->reload_opaque = s;
    machine_start_at(m, entry_level(s), load_plan_entry(s->plan), load_plan_x0(s->plan));
    return 0;
}

static int open_console(struct session *s, struct error *err)
{
    const char *spec = s->options->serial ? s->options->serial : "stdio";

    if (s->look || s->quiet)
        return chardev_open("null", &s->console, err);
    /* What a replay prints is the guest's doing; what is typed meanwhile is not asked for. */
    if (s->replay && !strncmp(spec, "stdio", 5))
        return chardev_from_fds(-1, STDOUT_FILENO, &s->console, err);
    return chardev_open(strncmp(spec, "mon:", 4) ? spec : spec + 4, &s->console, err);
}

static int start_recording(struct session *s, int argc, char **argv, struct error *err)
{
    const struct run_options *o = s->options;
    const char *paths[8 + OPTIONS_MAX_DRIVES + OPTIONS_MAX_BLOBS];
    size_t n = 0;

    if (!o->record)
        return 0;
    for (unsigned i = 0; i < o->n_drives; i++) {
        if (!o->drives[i].read_only && !o->drives[i].snapshot)
            return error_bad_input(err,
                                   "--record: the guest may write to %s, which a replay would then "
                                   "find changed; add snapshot=on (or readonly=on) to its -drive",
                                   o->drives[i].file);
        paths[n++] = o->drives[i].file;
    }
    for (unsigned i = 0; i < o->n_blobs; i++) {
        if (o->blobs[i].file)
            paths[n++] = o->blobs[i].file;
    }
    const char *const others[] = {o->kernel, o->initrd, o->dtb, o->bios, o->from};
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (others[i])
            paths[n++] = others[i];
    }
    return journal_create(o->record, argc, argv, paths, n, &s->machine->record, err);
}

/* -- The end ----------------------------------------------------------------------------------- */

int session_compare_end(struct session *s, const struct journal_end *now, struct error *err)
{
    const struct journal_end *then = journal_end_of(s->replay);

    if (now->instructions == then->instructions && now->state_hash == then->state_hash &&
        now->virtual_time_ns == then->virtual_time_ns)
        return 0;
    return error_set(err, IRQLAB_EXIT_DIVERGENCE, -EILSEQ,
                     "the replay diverged: %" PRIu64 " instructions, %" PRIu64
                     " ns, state %016" PRIx64 "; recorded were %" PRIu64 ", %" PRIu64
                     " ns, %016" PRIx64 ". Was it recorded by another version of irqlab?",
                     now->instructions, now->virtual_time_ns, now->state_hash, then->instructions,
                     then->virtual_time_ns, then->state_hash);
}

/* What the guest says itself comes first. */
static int report_races(struct machine *m, int exit_code)
{
    races_end_run(m);
    races_print(m, stderr);
    return !exit_code && races_count(m) ? IRQLAB_EXIT_RACE : exit_code;
}

static int conclude(struct session *s, int exit_code, struct error *err)
{
    const struct run_options *o = s->options;
    struct machine *m = s->machine;
    bool wanted = o->json_wanted || m->record || s->replay;
    struct journal_end end = {
        .instructions = machine_instructions(m),
        .virtual_time_ns = machine_now_ns(m),
        .state_hash = wanted ? machine_state_hash(m) : 0,
        .exit_code = exit_code,
    };
    int rc = 0;

    points_finish(m);
    strict_end(m);
    if (m->races)
        exit_code = report_races(m, exit_code);
    if (m->config.progress && m->progress_host_ns)
        fputc('\n', stderr);
    if (exit_code == IRQLAB_EXIT_RACE)
        fprintf(stderr, "irqlab: %zu data races: exit code %d\n", races_count(m), exit_code);
    else if (exit_code >= IRQLAB_EXIT_LOCKUP)
        fprintf(stderr, "irqlab: %s\n", m->stop_reason.text);
    if (m->record) {
        rc = journal_finish(m->record, &end, err);
        m->record = NULL;
    }
    rc = rc ? rc : trace_close(m, err);
    if (!rc && o->json_wanted)
        rc = summary_write_json(m, end.state_hash, o->json, err);
    if (!rc && s->replay)
        rc = session_compare_end(s, &end, err);
    return rc ? (int)err->exit_code : exit_code;
}

void session_clear(struct session *s)
{
    if (s->machine) {
        races_stop(s->machine);
        strict_stop(s->machine);
        journal_abandon(s->machine->record);
        trace_close(s->machine, &(struct error){0});
        control_close(s->machine->control);
    }
    control_close(s->clients);
    machine_destroy(s->machine);
    vmm_setup_destroy(s->setup);
    load_plan_free(s->plan);
    symbols_clear(&s->names);
    chardev_close(s->console);
    snapshot_close(s->from);
}

static int dump_dtb(struct session *s, struct error *err)
{
    const char *path = s->options->dumpdtb;
    size_t bytes;
    const void *blob = load_plan_dtb(s->plan, &bytes);
    FILE *file = fopen(path, "wb");
    bool good = file && fwrite(blob, 1, bytes, file) == bytes;

    if (file && fclose(file))
        good = false;
    return good ? 0 : error_bad_input(err, "--dumpdtb: cannot write %s: %s", path, strerror(errno));
}

/* A client may ask at any time who wrote what. */
static int open_control(struct session *s, struct error *err)
{
    int rc = history_start(s->machine, err);

    if (rc || !s->clients)
        return rc ? rc : control_open(s->options->control, &s->machine->control, err);
    s->machine->control = s->clients;
    s->clients = NULL;
    return 0;
}

/* --symbols; where no image has any, they are the session's own. */
static int read_symbols(struct session *s, struct error *err)
{
    if (!s->options->symbols)
        return 0;
    if (!s->machine->symbols)
        s->machine->symbols = &s->names;
    return symbols_read(s->machine->symbols, s->options->symbols, err);
}

static int build(struct session *s, struct error *err)
{
    const struct run_options *o = s->options;
    int rc = options_make_setup(o, &s->setup, err);

    rc = rc ? rc : create_machine(s, err);
    for (unsigned i = 0; o->traces[i] && !rc && !s->look && !s->quiet; i++)
        rc = trace_open(s->machine, o->traces[i], err);
    if (!rc && !o->from)
        rc = session_load(s, err);
    rc = rc ? rc : open_console(s, err);
    rc = rc ? rc : devices_create(s->machine, o, s->console, err);
    if (rc)
        return rc;
    session_make_recipe(s);
    return o->from ? session_resume(s, err) : 0;
}

int session_build(struct session *s, struct error *err)
{
    int rc = build(s, err);

    return rc ? rc : read_symbols(s, err);
}

void session_start(struct session *s)
{
    if (!s->from)
        machine_power_on(s->machine);
}

static void begin(struct session *s)
{
    s->machine->replay = s->replay;
    block_signals();
    session_start(s);
}

void session_go(struct session *s)
{
    begin(s);
    machine_go(s->machine, UINT64_MAX);
}

int session_races(struct session *s, bool explored, struct error *err)
{
    const struct races_options options = {.from_begin = s->options->races_begin,
                                          .explored = explored,
                                          .ignore = s->options->races_ignore};

    return s->options->races ? races_start(s->machine, &options, err) : 0;
}

static int start_strict(struct session *s, struct error *err)
{
    const struct run_options *o = s->options;
    struct strict_options options;

    if (!o->strict)
        return 0;
    if (o->races || o->gdb) /* also of a recording, and with what is given to replay it */
        return error_bad_input(err,
                               "--strict and %s do not go together: both watch instructions; "
                               "run it twice",
                               o->gdb ? "-gdb" : "--races");
    int rc = strict_parse(o->strict, &options, err);
    return rc ? rc : strict_start(s->machine, &options, o->kernel, err);
}

static int go_with_debugger(struct session *s, struct error *err)
{
    struct gdb_server *server;
    int rc = gdb_server_open(s->options->gdb, &server, err);

    if (rc)
        return rc;
    begin(s);
    rc = gdb_server_go(server, s->machine, s->options->frozen, err);
    gdb_server_close(server);
    return rc;
}

/* All but the run. */
static int prepare(struct session *s, int argc, char **argv, struct error *err)
{
    const struct run_options *o = s->options;
    int rc = start_recording(s, argc, argv, err);

    if (!rc && o->control && !s->replay)
        rc = open_control(s, err);
    rc = rc ? rc : points_start(s->machine, o->snapshots, o->n_snapshots, err);
    rc = rc ? rc : session_races(s, false, err);
    return rc ? rc : start_strict(s, err);
}

static int run(struct session *s, int argc, char **argv, struct error *err)
{
    const struct run_options *o = s->options;
    int rc = session_build(s, err);

    if (!rc && o->dumpdtb)
        return dump_dtb(s, err);
    rc = rc ? rc : prepare(s, argc, argv, err);
    if (!rc && o->gdb)
        rc = go_with_debugger(s, err);
    else if (!rc)
        session_go(s);
    if (rc)
        return rc;
    return conclude(s, s->machine->exit_code, err);
}

int session_run(const struct run_options *o, int argc, char **argv, struct journal_reader *replay,
                struct error *err)
{
    struct session s = {.options = o, .replay = replay, .clients = o->clients};
    int rc = run(&s, argc, argv, err);

    session_clear(&s);
    return rc < 0 ? (int)err->exit_code : rc;
}

int session_begin(const struct run_options *o, int argc, char **argv, struct journal_reader *replay,
                  struct session **out, struct error *err)
{
    struct session *s = calloc(1, sizeof(*s));
    int rc;

    if (!s)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    *s = (struct session){.options = o, .replay = replay, .clients = o->clients};
    rc = session_build(s, err);
    rc = rc ? rc : prepare(s, argc, argv, err);
    if (rc) {
        session_close(s);
        return rc;
    }
    begin(s);
    *out = s;
    return 0;
}

int session_end(struct session *s, struct error *err)
{
    int exit_code = conclude(s, s->machine->exit_code, err);

    session_close(s);
    return exit_code;
}
