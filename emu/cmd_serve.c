/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `irqlab serve`: the machine in a browser on this host. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "emu/commands.h"
#include "emu/serve/looker.h"
#include "emu/serve/server.h"
#include "emu/values.h"

static const char help_text[] =
    "Usage: irqlab serve [OPTION]... [OPTION of irqlab run]...\n"
    "       irqlab serve [OPTION]... --recording FILE\n"
    "Shows a machine that runs, or a recording, in a browser on this host: what is pending, where\n"
    "it stands and why, a timeline; one can stop, step, and go back. It prints an address with a\n"
    "secret in it; whoever has that address may look, and command.\n\n"
    "  --recording FILE   of irqlab run --record; one can go to any time in it\n"
    "  --port N           TCP port (default: a free one)\n"
    "  --listen ADDRESS   within 127.0.0.0/8 (default 127.0.0.1); for other hosts use ssh -L\n"
    "  --url-file FILE    the address is also written there, for its owner alone; removed at the\n"
    "                     end\n"
    "  --paused           stand before the first instruction, as by -S\n\n"
    "Ctrl-C ends it. Exit code: 0; 120 bad input; 121 the host refuses.\n";

struct serve_options {
    struct server_options server;
    const char *recording, *url_file;
    bool paused, help;
    char **rest; /* for irqlab run; [0] is the command */
    int n_rest;
};

/* -- Options ----------------------------------------------------------------------------------- */

static int take_port(struct serve_options *o, const char *value, struct error *err)
{
    uint64_t port;
    int rc = value_u64("--port", value, 0, UINT16_MAX, &port, err);

    if (!rc)
        o->server.port = (uint16_t)port;
    return rc;
}

static int take_listen(struct serve_options *o, const char *value, struct error *err)
{
    (void)err;
    o->server.address = value;
    return 0;
}

static int take_recording(struct serve_options *o, const char *value, struct error *err)
{
    (void)err;
    o->recording = value;
    return 0;
}

static int take_url_file(struct serve_options *o, const char *value, struct error *err)
{
    (void)err;
    o->url_file = value;
    return 0;
}

static int take_paused(struct serve_options *o, const char *value, struct error *err)
{
    (void)value, (void)err;
    o->paused = true;
    return 0;
}

static int take_help(struct serve_options *o, const char *value, struct error *err)
{
    (void)value, (void)err;
    o->help = true;
    return 0;
}

static const struct row {
    const char *name;
    bool has_value;
    int (*take)(struct serve_options *o, const char *value, struct error *err);
} rows[] = {
    {"--port", true, take_port},
    {"--listen", true, take_listen},
    {"--recording", true, take_recording},
    {"--url-file", true, take_url_file},
    {"--paused", false, take_paused},
    {"--help", false, take_help},
    {"-h", false, take_help},
};

static const struct row *find(const char *word)
{
    size_t length = strcspn(word, "=");

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (strlen(rows[i].name) == length && !memcmp(rows[i].name, word, length))
            return &rows[i];
    }
    return NULL;
}

/* @words: how many of @argv it takes. */
static int take_word(struct serve_options *o, char **argv, int *words, struct error *err)
{
    const struct row *row = find(argv[0]);
    const char *equals = strchr(argv[0], '='), *value = equals ? equals + 1 : argv[1];

    *words = row && row->has_value && !equals ? 2 : 1;
    if (!row) {
        o->rest[o->n_rest++] = argv[0];
        return 0;
    }
    if (row->has_value && (!value || !*value))
        return error_bad_input(err, "%s: a value is missing", row->name);
    if (!row->has_value && equals)
        return error_bad_input(err, "%s: takes no value", row->name);
    return row->take(o, value, err);
}

static int parse(int argc, char **argv, struct serve_options *o, struct error *err)
{
    int rc = 0;

    o->rest = calloc((size_t)argc + 1, sizeof(*o->rest));
    if (!o->rest)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    o->rest[o->n_rest++] = argv[0];
    for (int i = 1, words = 1; !rc && i < argc; i += words)
        rc = take_word(o, argv + i, &words, err);
    if (!rc && !o->help && o->recording && o->n_rest > 1)
        return error_bad_input(err,
                               "%s: a recording has its own options; --recording FILE stands "
                               "alone",
                               o->rest[1]);
    return rc;
}

/* -- Telling where it is ----------------------------------------------------------------------- */

/* Another name first: a script that waits for the file finds all of it. */
static int write_url(const char *path, const char *url, struct error *err)
{
    char *new_path = NULL;
    int fd, rc = 0;

    if (asprintf(&new_path, "%s.XXXXXX", path) < 0)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    fd = mkstemp(new_path); /* mode 0600 */
    if (fd < 0 || dprintf(fd, "%s\n", url) < 0 || rename(new_path, path))
        rc = error_bad_input(err, "--url-file %s: cannot be written: %s", path, strerror(errno));
    if (fd >= 0)
        close(fd);
    if (fd >= 0 && rc)
        unlink(new_path);
    free(new_path);
    return rc;
}

static int announce(const struct serve_options *o, const struct server *s, struct error *err)
{
    fprintf(stderr, "irqlab serve: %s\nOpen this address in a browser%s. Ctrl-C here ends it.\n",
            server_url(s), o->server.address ? "" : " on this machine");
    return o->url_file ? write_url(o->url_file, server_url(s), err) : 0;
}

/* -- Serving ----------------------------------------------------------------------------------- */

static int tell_machine(struct view *v, struct hub *hub, struct error *err)
{
    json_t *machine = view_machine_json(v);
    char *text = machine ? json_dumps(machine, JSON_COMPACT) : NULL;
    int rc = text ? hub_set_machine(hub, text) : -ENOMEM;

    json_decref(machine);
    free(text);
    return rc ? error_set(err, IRQLAB_EXIT_HOST, rc, "out of memory") : 0;
}

static int show(const struct serve_options *o, struct view *v, struct hub *hub, struct server *s,
                struct error *err)
{
    int rc = tell_machine(v, hub, err);

    rc = rc ? rc : server_start(s, err);
    rc = rc ? rc : announce(o, s, err);
    if (!rc) {
        rc = view_run(v, err);
        if (o->url_file)
            unlink(o->url_file);
    }
    return rc;
}

static int open_view(const struct serve_options *o, struct looker *looker, struct view_ui *ui,
                     struct view **v, struct error *err)
{
    struct view_options options = {.command = "serve",
                                   .recording = o->recording,
                                   .paused = o->paused,
                                   .frame_ms = LOOKER_FRAME_MS};

    *ui = (struct view_ui){.opaque = looker, .look = looker_look, .fd = hub_fd(looker->hub)};
    return view_open(&options, ui, o->n_rest, o->rest, v, err);
}

static int serve(const struct serve_options *o, struct error *err)
{
    struct looker *looker = calloc(1, sizeof(*looker));
    struct server *s = NULL;
    struct view *v = NULL;
    struct view_ui ui;
    int rc;

    if (!looker)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    rc = hub_create(&looker->hub, err);
    rc = rc ? rc : server_open(&o->server, looker->hub, &s, err);
    rc = rc ? rc : open_view(o, looker, &ui, &v, err);
    rc = rc ? rc : writer_open(looker->hub, &looker->writer, err); /* signals are blocked now */
    rc = rc ? rc : show(o, v, looker->hub, s, err);
    writer_close(looker->writer);
    server_close(s); /* nobody asks any more */
    view_close(v);
    hub_destroy(looker->hub);
    free(looker);
    return rc;
}

int cmd_serve(int argc, char **argv)
{
    struct serve_options o = {0};
    struct error err = {0};
    int rc = parse(argc, argv, &o, &err);

    if (!rc && o.help)
        fputs(help_text, stdout);
    else if (!rc)
        rc = serve(&o, &err);
    if (rc)
        fprintf(stderr, "irqlab serve: %s\n", err.text);
    free(o.rest);
    return rc ? (int)err.exit_code : IRQLAB_EXIT_OK;
}
