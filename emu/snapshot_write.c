/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshot files: the writer. */
#include "emu/snapshot_format.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>

#include "emu/journal_internal.h"
#include "emu/machine.h"
#include "emu/snapshot_state.h"
#include "emu/whole_file.h"

enum { LEVEL = 1 }; /* of zstd: a machine is saved in a fraction of a second */

struct writer {
    struct machine *m;
    char *meta;
    uint8_t *state;
    struct state_bytes raw;
    struct file_chunk *chunks;
    uint8_t **packed; /* [head.n_chunks] */
    size_t capacity;
    struct file_head head;
    atomic_size_t next;
    atomic_bool failed;
};

static int no_memory(struct error *err)
{
    return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for a snapshot");
}

/* -- Threads ----------------------------------------------------------------------------------- */

struct worker {
    pthread_t thread;
    void (*work)(void *opaque);
    void *opaque;
};

static void *run_worker(void *opaque)
{
    struct worker *w = opaque;

    w->work(w->opaque);
    return NULL;
}

/* With fewer threads than wanted, or none, it takes longer. */
void snapshot_workers(void (*work)(void *opaque), void *opaque)
{
    struct worker workers[SNAPSHOT_MAX_THREADS];
    long cpus = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned n = 0;

    while ((long)n + 1 < cpus && n < SNAPSHOT_MAX_THREADS) {
        workers[n] = (struct worker){.work = work, .opaque = opaque};
        if (pthread_create(&workers[n].thread, NULL, run_worker, &workers[n]))
            break;
        n++;
    }
    work(opaque);
    while (n-- > 0)
        pthread_join(workers[n].thread, NULL);
}

/* -- What is written --------------------------------------------------------------------------- */

static json_t *words_json(const struct snapshot_recipe *r, struct error *err)
{
    json_t *words = json_array();

    for (int i = 0; i < r->argc; i++) {
        json_t *word = json_string(r->argv[i]);

        if (!word) {
            error_bad_input(err, "snapshot: '%s' is not UTF-8 and cannot be saved", r->argv[i]);
            json_decref(words);
            return NULL;
        }
        json_array_append_new(words, word);
    }
    return words;
}

static json_t *files_json(const struct snapshot_recipe *r, struct error *err)
{
    json_t *files = json_array();

    for (unsigned i = 0; i < r->n_files; i++) {
        uint64_t hash, bytes;
        char text[24];
        json_t *path;

        if (journal_hash_file(r->files[i], &hash, &bytes, err)) {
            json_decref(files);
            return NULL;
        }
        path = json_string(r->files[i]); /* UTF-8: it is among the options */
        snprintf(text, sizeof(text), "%016" PRIx64, hash);
        json_array_append_new(files, json_pack("{s:o, s:I, s:s}", "path", path, "bytes",
                                               (json_int_t)bytes, "xxh3", text));
    }
    return files;
}

static char *hex(char text[24], uint64_t value)
{
    snprintf(text, 24, "%016" PRIx64, value);
    return text;
}

static int make_meta(struct writer *w, struct error *err)
{
    struct machine *m = w->m;
    json_t *words = words_json(m->recipe, err), *files = words ? files_json(m->recipe, err) : NULL;
    char state[24], fingerprint[24], pc[24], x0[24];
    json_t *meta;

    if (!files) {
        json_decref(words);
        return -EINVAL;
    }
    meta = json_pack(
        "{s:s, s:I, s:I, s:s, s:s, s:I, s:{s:i, s:s, s:s}, s:o, s:o}", "irqlab", IRQLAB_VERSION,
        "instructions", (json_int_t)machine_instructions(m), "virtual_time_ns",
        (json_int_t)machine_now_ns(m), "state_hash", hex(state, machine_state_hash(m)),
        "fingerprint", hex(fingerprint, machine_fingerprint(m)), "ram_bytes",
        (json_int_t)m->config.ram_bytes, "boot", "el", (int)m->boot.el, "pc", hex(pc, m->boot.pc),
        "x0", hex(x0, m->boot.x0), "options", words, "files", files);
    w->meta = meta ? json_dumps(meta, JOURNAL_JSON_FLAGS) : NULL;
    json_decref(meta);
    if (!w->meta)
        return no_memory(err);
    w->head.meta_bytes = strlen(w->meta);
    if (w->head.meta_bytes > META_MAX_BYTES)
        return error_bad_input(err, "snapshot: the options are longer than a file may say");
    return 0;
}

static int pack_state(struct writer *w, struct error *err)
{
    size_t bound, n;

    if (state_save(w->m, &w->raw))
        return no_memory(err);
    if (w->raw.size > STATE_MAX_BYTES)
        return error_bad_input(err, "snapshot: the guest has written more than 4 GiB to its disks");
    bound = ZSTD_compressBound(w->raw.size);
    w->state = malloc(bound);
    n = w->state ? ZSTD_compress(w->state, bound, w->raw.data, w->raw.size, LEVEL) : 0;
    if (!w->state || ZSTD_isError(n))
        return no_memory(err);
    w->head.state_raw_bytes = w->raw.size;
    w->head.state_bytes = n;
    return 0;
}

static bool grow(struct writer *w)
{
    size_t capacity = w->capacity ? 2 * w->capacity : 1024;
    void *chunks;

    if (w->head.n_chunks < w->capacity)
        return true;
    chunks = realloc(w->chunks, capacity * sizeof(*w->chunks));
    if (!chunks)
        return false;
    w->chunks = chunks;
    w->capacity = capacity;
    return true;
}

/* Pages come in order. */
static void note_page(void *opaque, uint64_t index, const uint8_t *bytes)
{
    struct writer *w = opaque;
    uint64_t first = index - index % CHUNK_PAGES, n = w->head.n_chunks;

    (void)bytes;
    if (!n || w->chunks[n - 1].first_page != first) {
        if (w->failed || !grow(w)) {
            w->failed = true;
            return;
        }
        w->chunks[n] = (struct file_chunk){.first_page = first};
        w->head.n_chunks = ++n;
    }
    w->chunks[n - 1].present |= 1ull << index % CHUNK_PAGES;
}

static size_t gather(const struct machine *m, const struct file_chunk *c, uint8_t *to)
{
    size_t n = 0;

    for (uint64_t left = c->present; left; left &= left - 1) {
        uint64_t page = c->first_page + (uint64_t)__builtin_ctzll(left);

        memcpy(to + n, m->ram + page * PAGE_MAP_BYTES, PAGE_MAP_BYTES);
        n += PAGE_MAP_BYTES;
    }
    return n;
}

static bool pack_chunk(struct writer *w, size_t i, uint8_t *pages, uint8_t *scratch, size_t room)
{
    struct file_chunk *c = &w->chunks[i];
    size_t n = ZSTD_compress(scratch, room, pages, gather(w->m, c, pages), LEVEL);

    if (ZSTD_isError(n))
        return false;
    w->packed[i] = malloc(n);
    if (!w->packed[i])
        return false;
    memcpy(w->packed[i], scratch, n);
    c->bytes = n;
    c->sum = XXH3_64bits(scratch, n);
    return true;
}

static void pack_chunks(void *opaque)
{
    struct writer *w = opaque;
    size_t room = ZSTD_compressBound(CHUNK_BYTES), i;
    uint8_t *pages = malloc(CHUNK_BYTES), *scratch = malloc(room);

    while (pages && scratch && (i = atomic_fetch_add(&w->next, 1)) < w->head.n_chunks) {
        if (!pack_chunk(w, i, pages, scratch, room))
            w->failed = true;
    }
    if (!pages || !scratch)
        w->failed = true;
    free(pages);
    free(scratch);
}

static int pack_ram(struct writer *w, struct error *err)
{
    machine_visit_ram(w->m, note_page, w);
    w->packed = calloc(w->head.n_chunks + 1, sizeof(*w->packed));
    if (w->failed || !w->packed)
        return no_memory(err);
    snapshot_workers(pack_chunks, w);
    return w->failed ? no_memory(err) : 0;
}

static void finish_head(struct writer *w)
{
    struct file_head *h = &w->head;

    memcpy(h->magic, SNAPSHOT_MAGIC, sizeof(h->magic));
    h->format = SNAPSHOT_FORMAT;
    h->head_bytes = sizeof(*h);
    h->file_bytes =
        sizeof(*h) + h->meta_bytes + h->state_bytes + h->n_chunks * sizeof(struct file_chunk);
    for (uint64_t i = 0; i < h->n_chunks; i++)
        h->file_bytes += w->chunks[i].bytes;
    h->sum = snapshot_sum(h, w->meta, w->state, w->chunks);
}

/* -- The file ---------------------------------------------------------------------------------- */

/* The end looks for errors. */
static void put_all(const struct writer *w, FILE *file)
{
    fwrite(&w->head, sizeof(w->head), 1, file);
    fwrite(w->meta, 1, w->head.meta_bytes, file);
    fwrite(w->state, 1, w->head.state_bytes, file);
    fwrite(w->chunks, sizeof(*w->chunks), w->head.n_chunks, file);
    for (uint64_t i = 0; i < w->head.n_chunks && !ferror(file); i++)
        fwrite(w->packed[i], 1, w->chunks[i].bytes, file);
}

static int put_file(const struct writer *w, const char *path, struct error *err)
{
    struct whole_file out;
    int rc = whole_file_open(&out, path, "snapshot", err);

    if (rc)
        return rc;
    put_all(w, out.file);
    return whole_file_finish(&out, "snapshot", err);
}

static int check_possible(const struct machine *m, struct error *err)
{
    if (engine_is_running(m->engine))
        return error_set(err, IRQLAB_EXIT_INTERNAL, -EBUSY,
                         "snapshots are taken between turns of vCPUs");
    if (!m->recipe)
        return error_set(err, IRQLAB_EXIT_INTERNAL, -EINVAL,
                         "a machine without a recipe cannot be saved");
    if (m->recipe->unsaved)
        return error_bad_input(err,
                               "snapshot: the guest may write to %s, which is then another file; "
                               "add snapshot=on (or readonly=on) to its -drive",
                               m->recipe->unsaved);
    return 0;
}

int snapshot_write(struct machine *m, const char *path, struct error *err)
{
    struct writer w = {.m = m};
    int rc = check_possible(m, err);

    rc = rc ? rc : make_meta(&w, err);
    rc = rc ? rc : pack_state(&w, err);
    rc = rc ? rc : pack_ram(&w, err);
    if (!rc) {
        finish_head(&w);
        rc = put_file(&w, path, err);
    }
    for (uint64_t i = 0; w.packed && i < w.head.n_chunks; i++)
        free(w.packed[i]);
    free(w.packed);
    free(w.chunks);
    state_free(&w.raw);
    free(w.state);
    free(w.meta);
    return rc;
}
