/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Recordings: the writer. */
#include "emu/journal_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/whole_file.h"

struct journal_writer {
    struct whole_file out;
    XXH3_state_t *hash;
};

int journal_hash_file(const char *path, uint64_t *hash, uint64_t *bytes, struct error *err)
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
    if (ferror(file)) { /* a directory, for one */
        fclose(file);
        return error_bad_input(err, "cannot read %s: %s", path, strerror(errno));
    }
    fclose(file);
    return 0;
}

uint64_t journal_check(XXH3_state_t *before, const json_t *end)
{
    char *text = json_dumps(end, JOURNAL_JSON_FLAGS);

    if (text)
        XXH3_64bits_update(before, text, strlen(text));
    free(text);
    return XXH3_64bits_digest(before);
}

static void to_hex(const uint8_t *data, size_t n, char *out)
{
    for (size_t i = 0; i < n; i++)
        sprintf(out + 2 * i, "%02x", data[i]);
    out[2 * n] = '\0';
}

static int write_line(struct journal_writer *w, json_t *line, struct error *err)
{
    char *text = line ? json_dumps(line, JOURNAL_JSON_FLAGS) : NULL;
    int rc = 0;

    json_decref(line);
    if (!text)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    if (fprintf(w->out.file, "%s\n", text) < 0)
        rc = error_set(err, IRQLAB_EXIT_HOST, -EIO, "--record: cannot write %s: %s", w->out.partial,
                       strerror(errno));
    XXH3_64bits_update(w->hash, text, strlen(text));
    XXH3_64bits_update(w->hash, "\n", 1);
    free(text);
    return rc;
}

/* JSON is UTF-8, so that is what options and file names must be. */
static json_t *text_json(const char *text, struct error *err)
{
    json_t *string = json_string(text);

    if (!string)
        error_bad_input(err,
                        "--record: '%s' is not UTF-8 and cannot be recorded; rename the file, "
                        "or write the option in UTF-8",
                        text);
    return string;
}

static int add_options(json_t *options, int argc, char *const *argv, struct error *err)
{
    for (int i = 0; i < argc; i++) {
        json_t *option = text_json(argv[i], err);

        if (!option)
            return -EINVAL;
        json_array_append_new(options, option);
    }
    return 0;
}

static int add_files(json_t *files, const char *const *paths, size_t n_paths, struct error *err)
{
    for (size_t i = 0; i < n_paths; i++) {
        json_t *path = text_json(paths[i], err);
        char text[24];
        uint64_t hash, bytes;

        if (!path || journal_hash_file(paths[i], &hash, &bytes, err)) {
            json_decref(path);
            return -EINVAL;
        }
        snprintf(text, sizeof(text), "%016" PRIx64, hash);
        json_array_append_new(files, json_pack("{s:o, s:I, s:s}", "path", path, "bytes",
                                               (json_int_t)bytes, "xxh3", text));
    }
    return 0;
}

static json_t *header_json(int argc, char *const *argv, const char *const *paths, size_t n_paths,
                           struct error *err)
{
    json_t *options = json_array(), *files = json_array();

    if (add_options(options, argc, argv, err) || add_files(files, paths, n_paths, err)) {
        json_decref(options);
        json_decref(files);
        return NULL;
    }
    return json_pack("{s:s, s:i, s:o, s:o}", "irqlab", IRQLAB_VERSION, "format", JOURNAL_FORMAT,
                     "options", options, "files", files);
}

int journal_create(const char *path, int argc, char *const *argv, const char *const *paths,
                   size_t n_paths, struct journal_writer **out, struct error *err)
{
    struct journal_writer *w = calloc(1, sizeof(*w));
    json_t *header;
    int rc;

    if (!w || !(w->hash = XXH3_createState())) {
        journal_abandon(w);
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    }
    XXH3_64bits_reset(w->hash);
    header = header_json(argc, argv, paths, n_paths, err);
    if (!header) {
        journal_abandon(w);
        return -EINVAL;
    }
    rc = whole_file_open(&w->out, path, "--record", err);
    if (rc) {
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
                      json_pack("{s:I, s:I, s:i, s:s}", "at", (json_int_t)event->instructions, "ns",
                                (json_int_t)event->now_ns, "source", (int)event->source, "data",
                                hex),
                      err);
}

static json_t *end_json(const struct journal_end *end)
{
    char hash[24];

    snprintf(hash, sizeof(hash), "%016" PRIx64, end->state_hash);
    return json_pack("{s:I, s:I, s:s, s:i}", "instructions", (json_int_t)end->instructions,
                     "virtual_time_ns", (json_int_t)end->virtual_time_ns, "state_hash", hash,
                     "exit_code", end->exit_code);
}

int journal_finish(struct journal_writer *w, const struct journal_end *end, struct error *err)
{
    json_t *object = end_json(end);
    char check[24];
    int rc;

    snprintf(check, sizeof(check), "%016" PRIx64, journal_check(w->hash, object));
    rc = write_line(w, json_pack("{s:o, s:s}", "end", object, "check", check), err);
    if (!rc)
        rc = whole_file_finish(&w->out, "--record", err);
    journal_abandon(w);
    return rc;
}

void journal_abandon(struct journal_writer *w)
{
    if (!w)
        return;
    whole_file_abandon(&w->out);
    XXH3_freeState(w->hash);
    free(w);
}
