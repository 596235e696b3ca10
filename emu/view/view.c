/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A view from its opening to its end: the machine, and the loop around it. */
#include "emu/view/view.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "emu/history.h"
#include "emu/view/internal.h"

enum { REST_MS = 100, FRAME_MS = 50 };

struct machine *view_machine(const struct view *v)
{
    return v->m;
}

void view_say(struct view *v, const char *format, ...)
{
    va_list args;

    memset(v->message, 0, sizeof(v->message)); /* frames are compared by their bytes */
    va_start(args, format);
    vsnprintf(v->message, sizeof(v->message), format, args);
    va_end(args);
    view_changed(v);
}

void view_changed(struct view *v)
{
    v->looks++;
}

void view_command(struct view *v, enum view_command command, uint64_t argument)
{
    v->has_command = true;
    v->command = command;
    v->argument = argument;
    if (v->state == VIEW_DEBUGGED && command == VIEW_QUIT) {
        v->quit = true;
        gdb_server_dismiss(v->gdb);
    } else if (v->state == VIEW_DEBUGGED) {
        v->has_command = false;
        view_say(v, "a debugger drives the machine; detach it first");
    } else {
        sched_stop(v->m);
    }
}

/* -- Hooks of the machine ---------------------------------------------------------------------- */

static uint64_t host_ms(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

static void call_look(struct view *v)
{
    v->looked_ms = host_ms();
    view_changed(v);
    if (v->ui)
        v->ui->look(v->ui->opaque, v);
}

/* While the machine runs this is called far more often than anybody can look. */
static void on_look(void *opaque)
{
    struct view *v = opaque;

    if (v->state == VIEW_RUNS && host_ms() - v->looked_ms < v->options.frame_ms)
        return;
    if (v->gdb && v->state != VIEW_DEBUGGED && gdb_server_comes(v->gdb)) {
        v->debugger_comes = true;
        sched_stop(v->m);
    }
    call_look(v);
}

static void on_output(void *opaque, const uint8_t *bytes, size_t size_bytes)
{
    struct view *v = opaque;
    uint64_t now = machine_instructions(v->m);

    while (v->console_n && v->console[(v->console_n - 1) % VIEW_CONSOLE_BYTES].instructions > now)
        v->console_n--; /* of a future that has not come */
    for (size_t i = 0; i < size_bytes; i++)
        v->console[v->console_n++ % VIEW_CONSOLE_BYTES] =
            (struct view_byte){.instructions = now, .byte = (char)bytes[i]};
    if (v->console_n - v->console_low > VIEW_CONSOLE_BYTES)
        v->console_low = v->console_n - VIEW_CONSOLE_BYTES;
}

uint64_t view_console_end(const struct view *v)
{
    uint64_t now = machine_instructions(v->m), end = v->console_n;

    while (end > v->console_low && v->console[(end - 1) % VIEW_CONSOLE_BYTES].instructions > now)
        end--;
    return end;
}

size_t view_console(struct view *v, char *to, size_t max)
{
    uint64_t end = view_console_end(v), n = end - v->console_low;

    n = n < max ? n : max;
    for (uint64_t i = 0; i < n; i++)
        to[i] = v->console[(end - n + i) % VIEW_CONSOLE_BYTES].byte;
    return (size_t)n;
}

/* -- Opening ----------------------------------------------------------------------------------- */

static int refuse(const struct view *v, struct error *err)
{
    const struct run_options *o = &v->run;
    const char *name = v->options.command;

    if (o->dumpdtb || o->configure)
        return error_bad_input(err, "%s does not go with irqlab %s; use irqlab run",
                               o->dumpdtb ? "--dumpdtb" : "--configure", name);
    if (o->strict || o->races)
        return error_bad_input(err,
                               "%s does not go with irqlab %s: what it has told does not come "
                               "again when one has gone back; use irqlab run or irqlab replay",
                               o->strict ? "--strict" : "--races", name);
    if (o->json_wanted)
        return error_bad_input(err,
                               "--json does not go with irqlab %s, which has no end to sum "
                               "up; use irqlab run or irqlab replay",
                               name);
    if (o->host_clock)
        return error_bad_input(err,
                               "--clock=host does not go with irqlab %s: a run that follows "
                               "the host's clock cannot be gone back over",
                               name);
    return 0;
}

static int take_serial(struct view *v, struct error *err)
{
    const char *spec = v->options.serial ? v->options.serial : "null";

    if (!v->run.serial) {
        v->run.serial = strdup(spec);
        return v->run.serial ? 0 : error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    }
    if (!strncmp(v->run.serial, "stdio", 5) || !strncmp(v->run.serial, "mon:", 4))
        return error_bad_input(err,
                               "-serial %s: irqlab %s shows the console itself; use "
                               "-serial unix:PATH to type into it, or file:PATH",
                               v->run.serial, v->options.command);
    return 0;
}

/* The options of a recording are those that it was made with, and where its console goes. */
static int read_recording(struct view *v, int *argc, char ***argv, struct error *err)
{
    bool help;
    int rc = journal_open(v->options.recording, &v->reader, err);

    if (rc)
        return rc;
    *argv = journal_argv(v->reader, argc);
    rc = options_parse(*argc, *argv, &v->run, &help, err);
    if (rc)
        return rc;
    char **const dropped[] = {&v->run.record, &v->run.serial, &v->run.control,
                              &v->run.json,   &v->run.gdb,    &v->run.strict};
    for (size_t i = 0; i < sizeof(dropped) / sizeof(dropped[0]); i++) {
        free(*dropped[i]);
        *dropped[i] = NULL;
    }
    options_take_traces(&v->run, &(struct run_options){0});
    v->run.json_wanted = v->run.frozen = v->run.races = false;
    for (unsigned i = 0; i < v->run.n_snapshots; i++) {
        free(v->run.snapshots[i].file);
        free(v->run.snapshots[i].text);
    }
    v->run.n_snapshots = 0;
    return 0;
}

/* A person lets it go on: irqlab run would ask who does. */
static void take_frozen(struct view *v, int *argc, char **argv)
{
    int n = 1;

    for (int i = 1; i < *argc; i++) {
        if (!strcmp(argv[i], "-S"))
            v->options.paused = true;
        else
            argv[n++] = argv[i];
    }
    *argc = n < *argc ? n : *argc;
}

static int parse(struct view *v, int *argc, char ***argv, struct error *err)
{
    bool help = false;
    int rc;

    if (!v->options.recording)
        take_frozen(v, argc, *argv);
    rc = v->options.recording ? read_recording(v, argc, argv, err)
                              : options_parse(*argc, *argv, &v->run, &help, err);

    if (!rc && help)
        return error_bad_input(err, "irqlab %s --help tells more", v->options.command);
    rc = rc ? rc : refuse(v, err);
    return rc ? rc : take_serial(v, err);
}

static int start(struct view *v, int argc, char **argv, struct error *err)
{
    int rc = session_begin(&v->run, argc, argv, v->reader, &v->session, err);

    if (rc)
        return rc;
    v->m = session_machine(v->session);
    v->m->config.progress = false;
    v->console = calloc(VIEW_CONSOLE_BYTES, sizeof(*v->console));
    if (!v->console)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    rc = view_ring_start(v, err);
    rc = rc ? rc : history_start(v->m, err);
    if (!rc && v->run.gdb)
        rc = gdb_server_open(v->run.gdb, &v->gdb, err);
    if (rc)
        return rc;
    v->hooks = (struct machine_viewer){
        .opaque = v, .look = on_look, .output = on_output, .fd = v->ui ? v->ui->fd : -1};
    v->m->viewer = &v->hooks;
    return view_open_timeline(v, err);
}

int view_open(const struct view_options *o, const struct view_ui *ui, int argc, char **argv,
              struct view **out, struct error *err)
{
    struct view *v = calloc(1, sizeof(*v));
    int rc;

    if (!v)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    v->options = *o;
    v->options.frame_ms = o->frame_ms ? o->frame_ms : FRAME_MS;
    v->ui = ui;
    v->stop_at = UINT64_MAX;
    rc = parse(v, &argc, &argv, err);
    rc = rc ? rc : start(v, argc, argv, err);
    if (rc) {
        view_close(v);
        return rc;
    }
    v->state = v->options.paused || v->run.frozen ? VIEW_PAUSED : VIEW_RUNS;
    *out = v;
    return 0;
}

/* What was recorded is worth as much as without a view. */
static void end_session(struct view *v)
{
    struct error err = {0};

    if (v->m && v->m->record) {
        if (v->m->stop == MACHINE_RUNNING)
            door_quit(v->m, IRQLAB_EXIT_OK, "the person who watched quit");
        session_end(v->session, &err);
        if (err.text[0])
            fprintf(stderr, "irqlab %s: %s\n", v->options.command, err.text);
    } else {
        session_close(v->session);
    }
}

void view_close(struct view *v)
{
    if (!v)
        return;
    timeline_close(v->timeline);
    gdb_server_close(v->gdb);
    if (v->m)
        v->m->viewer = NULL;
    end_session(v);
    options_free(&v->run);
    journal_close(v->reader);
    view_ring_clear(v);
    view_lists_clear(&v->lists[0]);
    view_lists_clear(&v->lists[1]);
    free(v->console);
    free(v);
}

/* -- The loop ---------------------------------------------------------------------------------- */

static int attend_debugger(struct view *v, struct error *err)
{
    bool frozen = false;
    int rc;

    v->debugger_comes = false;
    view_stop_here(v);
    timeline_close(v->timeline); /* the debugger has one of its own */
    v->timeline = NULL;
    v->state = VIEW_DEBUGGED;
    view_say(v, "a debugger drives the machine");
    rc = gdb_server_attend(v->gdb, v->m, &frozen, err);
    v->state = v->m->stop != MACHINE_RUNNING ? VIEW_OVER : frozen ? VIEW_PAUSED : VIEW_RUNS;
    view_say(v, "the debugger has gone");
    return rc ? rc : view_open_timeline(v, err);
}

static int compare_end(struct view *v, struct error *err)
{
    struct journal_end now = {
        .instructions = machine_instructions(v->m),
        .virtual_time_ns = machine_now_ns(v->m),
        .state_hash = machine_state_hash(v->m),
    };

    return session_compare_end(v->session, &now, err);
}

int view_check_end(struct view *v, struct error *err)
{
    int rc = 0;

    while (!rc && v->m->stop == MACHINE_RUNNING)
        rc = timeline_go(v->timeline, UINT64_MAX, err);
    return rc || door_signalled() ? rc : compare_end(v, err);
}

static void note_end(struct view *v)
{
    struct error err;

    if (v->state == VIEW_OVER)
        return;
    v->state = VIEW_OVER;
    if (v->reader && !door_signalled() && compare_end(v, &err))
        view_say(v, "%s", err.text);
    else
        view_say(v, "the run is over, exit code %d%s%s", v->m->exit_code,
                 v->m->stop_reason.text[0] ? ": " : "", v->m->stop_reason.text);
}

/* What came of it is shown at once. */
static void carry_out(struct view *v)
{
    view_carry_out(v);
    if (v->state != VIEW_RUNS && !v->quit)
        call_look(v);
}

int view_run(struct view *v, struct error *err)
{
    int rc = 0;

    call_look(v);
    while (!rc && !v->quit && !door_signalled()) {
        if (v->debugger_comes && v->m->stop == MACHINE_RUNNING)
            rc = attend_debugger(v, err);
        else if (v->has_command)
            carry_out(v);
        else if (v->state == VIEW_RUNS)
            rc = view_slice(v, err);
        else
            door_rest(v->m, REST_MS);
        if (v->m->stop != MACHINE_RUNNING)
            note_end(v);
    }
    return rc;
}
