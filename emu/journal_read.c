/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recordings: the reader. */
#include "emu/journal_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_JOURNAL_BYTES (1ull << 30)

/* An event in little room: a recording of a long session has very many, of a few bytes each. */
struct stored_event {
    uint64_t instructions, now_ns;
    size_t data_at; /* in reader->data */
    uint32_t source, data_bytes;
};

struct journal_reader {
    char *name;
    char **argv;
    int argc;
    struct stored_event *events;
    size_t n_events, events_capacity, next;
    uint8_t *data;
    size_t n_data, data_capacity;
    struct journal_event current; /* what journal_peek() shows: events[next] */
    struct journal_end end;
    uint64_t appended; /* to a log */
};

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

static int check_file(const char *journal, const json_t *entry, struct error *err)
{
    const char *path = json_string_value(json_object_get(entry, "path"));
    const char *want = json_string_value(json_object_get(entry, "xxh3"));
    char text[24];
    uint64_t hash, bytes;
    int rc;

    if (!path || !want)
        return error_bad_input(err, "%s: its list of files is damaged", journal);
    rc = journal_hash_file(path, &hash, &bytes, err);
    if (rc)
        return error_bad_input(err,
                               "%s: %s, an input of the recorded run, cannot be read (%s); put it "
                               "back, or replay in the folder where it was recorded",
                               journal, path, strerror(errno));
    snprintf(text, sizeof(text), "%016" PRIx64, hash);
    if (strcmp(text, want))
        return error_bad_input(err,
                               "%s: %s has changed since the recording (xxh3 %s, recorded %s); "
                               "put the recorded file back",
                               journal, path, text, want);
    return 0;
}

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
    if (format != JOURNAL_FORMAT)
        return error_bad_input(err, "%s: format %" PRIu64 " is not known to irqlab %s", r->name,
                               format, IRQLAB_VERSION);
    r->argv = calloc(json_array_size(options) + 1, sizeof(*r->argv));
    if (!r->argv)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    for (size_t i = 0; i < json_array_size(options); i++) {
        const char *text = json_string_value(json_array_get(options, i));

        if (!text)
            return damaged(r, 1, "an option is not a string", err);
        r->argv[r->argc] = strdup(text);
        if (!r->argv[r->argc++])
            return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    }
    return r->argc ? 0 : damaged(r, 1, "no options", err);
}

/* Makes room for one more event and for @data_bytes of data. */
static int grow(struct journal_reader *r, size_t data_bytes, struct error *err)
{
    if (r->n_events == r->events_capacity) {
        size_t capacity = r->events_capacity ? 2 * r->events_capacity : 16;
        void *more = realloc(r->events, capacity * sizeof(*r->events));

        if (!more)
            return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
        r->events = more;
        r->events_capacity = capacity;
    }
    if (data_bytes > r->data_capacity - r->n_data) {
        size_t capacity = 2 * r->data_capacity + JOURNAL_MAX_DATA;
        void *more = realloc(r->data, capacity);

        if (!more)
            return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
        r->data = more;
        r->data_capacity = capacity;
    }
    return 0;
}

static int read_event(struct journal_reader *r, const json_t *line, size_t number,
                      struct error *err)
{
    const char *hex = json_string_value(json_object_get(line, "data"));
    struct stored_event *event;
    uint64_t source;
    size_t n;
    int rc = grow(r, JOURNAL_MAX_DATA, err);

    if (rc)
        return rc;
    event = &r->events[r->n_events];
    if (!get_u64(line, "at", &event->instructions) || !get_u64(line, "ns", &event->now_ns) ||
        !get_u64(line, "source", &source) || source > UINT32_MAX || !hex ||
        !from_hex(hex, r->data + r->n_data, JOURNAL_MAX_DATA, &n))
        return damaged(r, number, "not an event", err);
    event->source = (uint32_t)source;
    event->data_at = r->n_data;
    event->data_bytes = (uint32_t)n;
    if (r->n_events &&
        (event->instructions < event[-1].instructions || event->now_ns < event[-1].now_ns))
        return damaged(r, number, "events are out of order", err);
    r->n_data += n;
    r->n_events++;
    return 0;
}

static int read_end(struct journal_reader *r, const json_t *line, size_t number,
                    XXH3_state_t *before, struct error *err)
{
    const json_t *end = json_object_get(line, "end");
    const char *check = json_string_value(json_object_get(line, "check"));
    const char *state = json_string_value(json_object_get(end, "state_hash"));
    char text[24];
    uint64_t exit_code;
    uint8_t hash[8];
    size_t n;

    if (!check || !state || !get_u64(end, "instructions", &r->end.instructions) ||
        !get_u64(end, "virtual_time_ns", &r->end.virtual_time_ns) ||
        !get_u64(end, "exit_code", &exit_code) || exit_code > 255 ||
        !from_hex(state, hash, sizeof(hash), &n) || n != sizeof(hash))
        return damaged(r, number, "not an end", err);
    snprintf(text, sizeof(text), "%016" PRIx64, journal_check(before, end));
    if (strcmp(check, text))
        return damaged(r, number, "the checksum is wrong", err);
    for (n = 0; n < sizeof(hash); n++)
        r->end.state_hash = r->end.state_hash << 8 | hash[n];
    r->end.exit_code = (int)exit_code;
    if (r->n_events && r->events[r->n_events - 1].instructions > r->end.instructions)
        return damaged(r, number, "an event comes after the end", err);
    return 0;
}

static int read_files(struct journal_reader *r, const json_t *line, struct error *err)
{
    const json_t *files = json_object_get(line, "files");
    int rc = 0;

    for (size_t i = 0; !rc && i < json_array_size(files); i++)
        rc = check_file(r->name, json_array_get(files, i), err);
    return rc;
}

struct text {
    const char *at, *stop;
    size_t line; /* number of the next one */
};

/* The next line, or NULL with a reason. *@length is without the newline. */
static json_t *next_line(struct journal_reader *r, struct text *text, size_t *length,
                         struct error *err)
{
    const char *newline = memchr(text->at, '\n', (size_t)(text->stop - text->at));
    json_t *line;

    if (!newline) {
        damaged(r, text->line,
                text->at == text->stop ? "the end is missing (was the run cut off?)"
                                       : "the line is cut off",
                err);
        return NULL;
    }
    *length = (size_t)(newline - text->at);
    line = json_loadb(text->at, *length, 0, NULL);
    if (!line)
        damaged(r, text->line, "not a line of JSON", err);
    return line;
}

/* Reads one line; *@ended: it was the end. */
static int read_line(struct journal_reader *r, struct text *text, XXH3_state_t *before,
                     bool check_files, bool *ended, struct error *err)
{
    size_t length;
    json_t *line = next_line(r, text, &length, err);
    int rc;

    if (!line)
        return -EINVAL;
    *ended = text->line > 1 && json_object_get(line, "end");
    if (*ended) {
        rc = read_end(r, line, text->line, before, err);
    } else if (text->line > 1) {
        rc = read_event(r, line, text->line, err);
    } else {
        rc = read_header(r, line, err);
        if (!rc && check_files)
            rc = read_files(r, line, err);
    }
    json_decref(line);
    XXH3_64bits_update(before, text->at, length + 1);
    text->at += length + 1;
    text->line++;
    return rc;
}

static int read_lines(struct journal_reader *r, const char *bytes, size_t size, bool check_files,
                      struct error *err)
{
    struct text text = {bytes, bytes + size, 1};
    XXH3_state_t *before = XXH3_createState();
    bool ended = false;
    int rc = 0;

    if (!before)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    XXH3_64bits_reset(before);
    while (!rc && !ended)
        rc = read_line(r, &text, before, check_files, &ended, err);
    if (!rc && text.at != text.stop)
        rc = damaged(r, text.line, "something follows the end", err);
    XXH3_freeState(before);
    return rc;
}

/* Unpacks events[next] to where journal_peek() shows it. */
static void show_next(struct journal_reader *r)
{
    const struct stored_event *event;

    if (r->next == r->n_events) /* without any event there is no array either */
        return;
    event = &r->events[r->next];
    r->current.instructions = event->instructions;
    r->current.now_ns = event->now_ns;
    r->current.source = event->source;
    r->current.data_bytes = event->data_bytes;
    memcpy(r->current.data, r->data + event->data_at, event->data_bytes);
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
    show_next(r);
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
        return error_bad_input(err,
                               "cannot open recording %s: %s; name a file that irqlab run --record "
                               "has written",
                               path, strerror(errno));
    if (!fseek(file, 0, SEEK_END))
        bytes = ftell(file);
    rewind(file);
    if (bytes >= 0 && (uint64_t)bytes <= MAX_JOURNAL_BYTES)
        text = malloc((size_t)bytes + 1);
    if (!text || fread(text, 1, (size_t)bytes, file) != (size_t)bytes)
        rc = error_bad_input(err, "cannot read recording %s: %s", path,
                             bytes > 0 && (uint64_t)bytes > MAX_JOURNAL_BYTES
                                 ? "it is not a regular file, or larger than 1 GiB"
                                 : strerror(errno));
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
    free(r->data);
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
    return r->next < r->n_events ? &r->current : NULL;
}

void journal_next(struct journal_reader *r)
{
    if (r->next < r->n_events) {
        r->next++;
        show_next(r);
    }
}

/* -- Logs in memory ---------------------------------------------------------------------------- */

struct journal_reader *journal_log_create(void)
{
    return calloc(1, sizeof(struct journal_reader));
}

void journal_log_cut(struct journal_reader *r)
{
    if (r->next < r->n_events)
        r->n_data = r->events[r->next].data_at;
    r->n_events = r->next;
}

int journal_log_append(struct journal_reader *r, const struct journal_event *event,
                       struct error *err)
{
    struct stored_event *stored;
    int rc;

    journal_log_cut(r);
    rc = grow(r, event->data_bytes, err);
    if (rc)
        return rc;
    stored = &r->events[r->n_events++];
    *stored = (struct stored_event){.instructions = event->instructions,
                                    .now_ns = event->now_ns,
                                    .data_at = r->n_data,
                                    .source = event->source,
                                    .data_bytes = (uint32_t)event->data_bytes};
    memcpy(r->data + r->n_data, event->data, event->data_bytes);
    r->n_data += event->data_bytes;
    r->next = r->n_events;
    r->appended++;
    return 0;
}

uint64_t journal_log_appended(const struct journal_reader *r, uint64_t *instructions)
{
    *instructions = r->n_events ? r->events[r->n_events - 1].instructions : 0;
    return r->appended;
}

uint64_t journal_tell(const struct journal_reader *r)
{
    return r->next;
}

void journal_seek(struct journal_reader *r, uint64_t position)
{
    r->next = position < r->n_events ? (size_t)position : r->n_events;
    show_next(r);
}
