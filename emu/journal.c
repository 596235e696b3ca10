/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/journal.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

enum { FORMAT = 1 };
#define MAX_JOURNAL_BYTES (1ull << 30)

struct journal_writer {
    FILE *file;
    char *path, *partial;
    XXH3_state_t *hash;
};

struct journal_reader {
    char *name;
    char **argv;
    int argc;
    struct journal_event *events;
    size_t n_events, capacity, next;
    struct journal_end end;
};

/* -- Hex --------------------------------------------------------------------------------------- */

static void to_hex(const uint8_t *data, size_t n, char *out)
{
    for (size_t i = 0; i < n; i++)
        sprintf(out + 2 * i, "%02x", data[i]);
    out[2 * n] = '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool from_hex(const char *text, uint8_t *data, size_t room, size_t *n)
{
    size_t length = strlen(text);

    if (length % 2 || length / 2 > room)
        return false;
    for (size_t i = 0; i < length; i += 2) {
        int high = hex_digit(text[i]), low = hex_digit(text[i + 1]);

        if (high < 0 || low < 0)
            return false;
        data[i / 2] = (uint8_t)(high << 4 | low);
    }
    *n = length / 2;
    return true;
}

/* -- Files that a run read --------------------------------------------------------------------- */

static int hash_file(const char *path, uint64_t *hash, uint64_t *bytes, struct error *err)
{
    uint8_t buffer[65536];
    FILE *file = fopen(path, "rb");
    XXH3_state_t *state = XXH3_createState();
    size_t n;

    if (!file || !state) {
        XXH3_freeState(state);
        if (file)
            fclose(file);
        return error_bad_input(err, "cannot read %s: %s", path, strerror(errno));
    }
    XXH3_64bits_reset(state);
    *bytes = 0;
    while ((n = fread(buffer, 1, sizeof(buffer), file)) > 0) {
        XXH3_64bits_update(state, buffer, n);
        *bytes += n;
    }
    *hash = XXH3_64bits_digest(state);
    XXH3_freeState(state);
    fclose(file);
    return 0;
}

static int check_file(const char *journal, const json_t *entry, struct error *err)
{
    const char *path = json_string_value(json_object_get(entry, "path"));
    const char *want = json_string_value(json_object_get(entry, "xxh3"));
    char text[24];
    uint64_t hash, bytes;
    int rc;

    if (!path || !want)
        return error_bad_input(err, "%s: its list of files is damaged", journal);
    rc = hash_file(path, &hash, &bytes, err);
    if (rc)
        return rc;
    snprintf(text, sizeof(text), "%016" PRIx64, hash);
    if (strcmp(text, want))
        return error_bad_input(err,
                               "%s: %s has changed since the recording (xxh3 %s, recorded %s); "
                               "put the recorded file back",
                               journal, path, text, want);
    return 0;
}

/* -- Writing ----------------------------------------------------------------------------------- */

static int write_line(struct journal_writer *w, json_t *line, struct error *err)
{
    char *text = line ? json_dumps(line, JSON_COMPACT | JSON_PRESERVE_ORDER) : NULL;
    int rc = 0;

    json_decref(line);
    if (!text)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    if (fprintf(w->file, "%s\n", text) < 0)
        rc = error_set(err, IRQLAB_EXIT_HOST, -EIO, "--record: cannot write %s: %s", w->partial,
                       strerror(errno));
    XXH3_64bits_update(w->hash, text, strlen(text));
    XXH3_64bits_update(w->hash, "\n", 1);
    free(text);
    return rc;
}

static json_t *header_json(int argc, char *const *argv, const char *const *paths, size_t n_paths,
                           struct error *err)
{
    json_t *options = json_array(), *files = json_array();

    for (int i = 0; i < argc; i++)
        json_array_append_new(options, json_string(argv[i]));
    for (size_t i = 0; i < n_paths; i++) {
        char text[24];
        uint64_t hash, bytes;

        if (hash_file(paths[i], &hash, &bytes, err)) {
            json_decref(options);
            json_decref(files);
            return NULL;
        }
        snprintf(text, sizeof(text), "%016" PRIx64, hash);
        json_array_append_new(files, json_pack("{s:s, s:I, s:s}", "path", paths[i], "bytes",
                                               (json_int_t)bytes, "xxh3", text));
    }
    return json_pack("{s:s, s:i, s:o, s:o}", "irqlab", IRQLAB_VERSION, "format", FORMAT, "options",
                     options, "files", files);
}

int journal_create(const char *path, int argc, char *const *argv, const char *const *paths,
                   size_t n_paths, struct journal_writer **out, struct error *err)
{
    struct journal_writer *w = calloc(1, sizeof(*w));
    json_t *header;
    int rc;

    if (!w || asprintf(&w->partial, "%s.partial", path) < 0 || !(w->path = strdup(path)) ||
        !(w->hash = XXH3_createState())) {
        journal_abandon(w);
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    }
    XXH3_64bits_reset(w->hash);
    header = header_json(argc, argv, paths, n_paths, err);
    if (!header) {
        journal_abandon(w);
        return -EINVAL;
    }
    w->file = fopen(w->partial, "w");
    if (!w->file) {
        rc = error_bad_input(err, "--record: cannot write %s: %s", w->partial, strerror(errno));
        json_decref(header);
        journal_abandon(w);
        return rc;
    }
    rc = write_line(w, header, err);
    if (rc) {
        journal_abandon(w);
        return rc;
    }
    *out = w;
    return 0;
}

int journal_append(struct journal_writer *w, const struct journal_event *event, struct error *err)
{
    char hex[2 * JOURNAL_MAX_DATA + 1];

    to_hex(event->data, event->data_bytes, hex);
    return write_line(w,
                      json_pack("{s:I, s:I, s:i, s:s}", "at", (json_int_t)event->instructions,
                                "ns", (json_int_t)event->now_ns, "source", (int)event->source,
                                "data", hex),
                      err);
}

int journal_finish(struct journal_writer *w, const struct journal_end *end, struct error *err)
{
    char check[24], hash[24];
    int rc;

    snprintf(check, sizeof(check), "%016" PRIx64, (uint64_t)XXH3_64bits_digest(w->hash));
    snprintf(hash, sizeof(hash), "%016" PRIx64, end->state_hash);
    rc = write_line(w,
                    json_pack("{s:{s:I, s:I, s:s, s:i}, s:s}", "end", "instructions",
                              (json_int_t)end->instructions, "virtual_time_ns",
                              (json_int_t)end->virtual_time_ns, "state_hash", hash, "exit_code",
                              end->exit_code, "check", check),
                    err);
    if (!rc && (fflush(w->file) || fsync(fileno(w->file)) || rename(w->partial, w->path)))
        rc = error_set(err, IRQLAB_EXIT_HOST, -EIO, "--record: cannot finish %s: %s", w->path,
                       strerror(errno));
    if (!rc) {
        free(w->partial);
        w->partial = NULL;
    }
    journal_abandon(w);
    return rc;
}

void journal_abandon(struct journal_writer *w)
{
    if (!w)
        return;
    if (w->file)
        fclose(w->file);
    if (w->file && w->partial)
        unlink(w->partial);
    XXH3_freeState(w->hash);
    free(w->partial);
    free(w->path);
    free(w);
}

/* -- Reading ----------------------------------------------------------------------------------- */

static int damaged(const struct journal_reader *r, size_t line, const char *what, struct error *err)
{
    return error_bad_input(err, "%s:%zu: %s; the recording is damaged, or not one of irqlab %s",
                           r->name, line, what, IRQLAB_VERSION);
}

static bool get_u64(const json_t *object, const char *key, uint64_t *value)
{
    const json_t *number = json_object_get(object, key);

    *value = (uint64_t)json_integer_value(number);
    return json_is_integer(number) && json_integer_value(number) >= 0;
}

static int read_header(struct journal_reader *r, const json_t *line, struct error *err)
{
    const json_t *options = json_object_get(line, "options");
    uint64_t format;

    if (!json_object_get(line, "irqlab") || !get_u64(line, "format", &format))
        return damaged(r, 1, "no header", err);
    if (format != FORMAT)
        return error_bad_input(err, "%s: format %" PRIu64 " is not known to irqlab %s", r->name,
                               format, IRQLAB_VERSION);
    r->argv = calloc(json_array_size(options) + 1, sizeof(*r->argv));
    if (!r->argv)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    for (size_t i = 0; i < json_array_size(options); i++) {
        const char *text = json_string_value(json_array_get(options, i));

        if (!text)
            return damaged(r, 1, "an option is not a string", err);
        r->argv[r->argc++] = strdup(text);
    }
    return r->argc ? 0 : damaged(r, 1, "no options", err);
}

static int read_event(struct journal_reader *r, const json_t *line, size_t number,
                      struct error *err)
{
    const char *hex = json_string_value(json_object_get(line, "data"));
    struct journal_event *event;
    uint64_t source;

    if (r->n_events == r->capacity) {
        size_t capacity = r->capacity ? 2 * r->capacity : 16;
        void *more = realloc(r->events, capacity * sizeof(*r->events));

        if (!more)
            return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
        r->events = more;
        r->capacity = capacity;
    }
    event = &r->events[r->n_events];
    if (!get_u64(line, "at", &event->instructions) || !get_u64(line, "ns", &event->now_ns) ||
        !get_u64(line, "source", &source) || source > UINT32_MAX || !hex ||
        !from_hex(hex, event->data, sizeof(event->data), &event->data_bytes))
        return damaged(r, number, "not an event", err);
    event->source = (uint32_t)source;
    if (r->n_events && event->instructions < event[-1].instructions)
        return damaged(r, number, "events are out of order", err);
    r->n_events++;
    return 0;
}

static int read_end(struct journal_reader *r, const json_t *line, size_t number, uint64_t hash,
                    struct error *err)
{
    const json_t *end = json_object_get(line, "end");
    const char *check = json_string_value(json_object_get(line, "check"));
    const char *state = json_string_value(json_object_get(end, "state_hash"));
    char text[24];

    snprintf(text, sizeof(text), "%016" PRIx64, hash);
    if (!check || !state || !get_u64(end, "instructions", &r->end.instructions) ||
        !get_u64(end, "virtual_time_ns", &r->end.virtual_time_ns))
        return damaged(r, number, "not an end", err);
    if (strcmp(check, text))
        return damaged(r, number, "the checksum is wrong", err);
    r->end.state_hash = strtoull(state, NULL, 16);
    r->end.exit_code = (int)json_integer_value(json_object_get(end, "exit_code"));
    return 0;
}

/* Reads all lines; *ended says whether the last one was an end. */
static int read_lines(struct journal_reader *r, const char *text, size_t bytes, bool check_files,
                      struct error *err)
{
    size_t number = 1;
    bool ended = false;
    int rc = 0;

    for (const char *p = text, *stop = text + bytes; !rc && !ended && p < stop; number++) {
        const char *newline = memchr(p, '\n', (size_t)(stop - p));
        json_t *line = newline ? json_loadb(p, (size_t)(newline - p), 0, NULL) : NULL;

        if (!line)
            return damaged(r, number, "not a line of JSON", err);
        if (number == 1) {
            const json_t *files = json_object_get(line, "files");

            rc = read_header(r, line, err);
            for (size_t i = 0; !rc && check_files && i < json_array_size(files); i++)
                rc = check_file(r->name, json_array_get(files, i), err);
        } else if (json_object_get(line, "end")) {
            rc = read_end(r, line, number, XXH3_64bits(text, (size_t)(p - text)), err);
            ended = true;
            if (!rc && newline + 1 != stop)
                rc = damaged(r, number + 1, "something follows the end", err);
        } else {
            rc = read_event(r, line, number, err);
        }
        json_decref(line);
        p = newline + 1;
    }
    return rc || ended ? rc : damaged(r, number, "the end is missing (was the run cut off?)", err);
}

static int parse(const char *name, const char *text, size_t bytes, bool check_files,
                 struct journal_reader **out, struct error *err)
{
    struct journal_reader *r = calloc(1, sizeof(*r));
    int rc;

    if (!r || !(r->name = strdup(name))) {
        journal_close(r);
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    }
    rc = read_lines(r, text, bytes, check_files, err);
    if (rc) {
        journal_close(r);
        return rc;
    }
    *out = r;
    return 0;
}

int journal_parse(const char *name, const char *text, size_t bytes, struct journal_reader **out,
                  struct error *err)
{
    return parse(name, text, bytes, false, out, err);
}

int journal_open(const char *path, struct journal_reader **out, struct error *err)
{
    FILE *file = fopen(path, "rb");
    char *text = NULL;
    long bytes = -1;
    int rc;

    if (!file)
        return error_bad_input(err, "cannot open recording %s: %s", path, strerror(errno));
    if (!fseek(file, 0, SEEK_END))
        bytes = ftell(file);
    rewind(file);
    if (bytes >= 0 && (uint64_t)bytes <= MAX_JOURNAL_BYTES)
        text = malloc((size_t)bytes + 1);
    if (!text || fread(text, 1, (size_t)bytes, file) != (size_t)bytes)
        rc = error_bad_input(err, "cannot read recording %s", path);
    else
        rc = parse(path, text, (size_t)bytes, true, out, err);
    fclose(file);
    free(text);
    return rc;
}

void journal_close(struct journal_reader *r)
{
    if (!r)
        return;
    for (int i = 0; i < r->argc; i++)
        free(r->argv[i]);
    free(r->argv);
    free(r->events);
    free(r->name);
    free(r);
}

char **journal_argv(const struct journal_reader *r, int *argc)
{
    *argc = r->argc;
    return r->argv;
}

const struct journal_end *journal_end_of(const struct journal_reader *r)
{
    return &r->end;
}

const struct journal_event *journal_peek(const struct journal_reader *r)
{
    return r->next < r->n_events ? &r->events[r->next] : NULL;
}

void journal_next(struct journal_reader *r)
{
    if (r->next < r->n_events)
        r->next++;
}
