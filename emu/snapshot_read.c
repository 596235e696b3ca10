/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshot files: the reader. Nothing in a file is trusted, also when its sums are right. */
#include "emu/snapshot_format.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include <zstd.h>

#include "emu/journal_internal.h"
#include "emu/machine.h"
#include "emu/snapshot_state.h"

struct snapshot_file {
    char *name;
    int fd;                /* -1: in memory */
    const uint8_t *memory; /* all of the file; NULL: in fd */
    uint64_t size;
    struct file_head head;
    json_t *meta;
    char **argv;
    int argc;
    uint8_t *state; /* not compressed */
    struct file_chunk *chunks;
};

/* Wherever they are in a file: numbers that are written as text. */
static bool get_hex(const json_t *object, const char *key, uint64_t *value)
{
    const char *text = json_string_value(json_object_get(object, key));
    char *end;

    if (!text || strlen(text) != 16)
        return false;
    *value = strtoull(text, &end, 16);
    return !*end;
}

static int refuse(const struct snapshot_file *f, struct error *err, const char *what)
{
    return error_bad_input(err, "%s: %s; take the snapshot again", f->name, what);
}

static int no_memory(struct error *err)
{
    return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for a snapshot");
}

/* False: beyond the end, or the host cannot. */
static bool read_at(const struct snapshot_file *f, uint64_t offset, void *to, size_t bytes)
{
    uint8_t *at = to;

    if (offset > f->size || bytes > f->size - offset)
        return false;
    if (f->memory) {
        if (bytes)
            memcpy(to, f->memory + offset, bytes);
        return true;
    }
    while (bytes) {
        ssize_t n = pread(f->fd, at, bytes, (off_t)offset);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        at += n;
        offset += (uint64_t)n;
        bytes -= (size_t)n;
    }
    return true;
}

uint64_t snapshot_sum(const struct file_head *head, const void *meta, const void *state,
                      const void *index)
{
    const uint64_t parts[] = {XXH3_64bits(meta, head->meta_bytes),
                              XXH3_64bits(state, head->state_bytes),
                              XXH3_64bits(index, head->n_chunks * sizeof(struct file_chunk))};
    struct file_head without = *head;

    without.sum = 0;
    return XXH3_64bits_withSeed(&without, sizeof(without), XXH3_64bits(parts, sizeof(parts)));
}

/* -- Head, meta, state, index ------------------------------------------------------------------ */

static int read_head(struct snapshot_file *f, struct error *err)
{
    struct file_head *h = &f->head;
    uint64_t rest = f->size - sizeof(*h);

    if (!read_at(f, 0, h, sizeof(*h)) || memcmp(h->magic, SNAPSHOT_MAGIC, sizeof(h->magic)))
        return error_bad_input(err,
                               "%s: not a snapshot of irqlab; name a file that --snapshot-at "
                               "has written",
                               f->name);
    if (h->format != SNAPSHOT_FORMAT || h->head_bytes != sizeof(*h))
        return error_bad_input(err,
                               "%s: format %" PRIu32 " is not known to irqlab %s; take the "
                               "snapshot again, or use the irqlab that wrote it",
                               f->name, h->format, IRQLAB_VERSION);
    if (h->file_bytes != f->size)
        return error_bad_input(err,
                               "%s: %" PRIu64 " bytes of %" PRIu64 ": the file is truncated, or "
                               "something was added; take the snapshot again",
                               f->name, f->size, h->file_bytes);
    if (h->meta_bytes > META_MAX_BYTES || h->meta_bytes > rest ||
        h->state_bytes > rest - h->meta_bytes || h->state_raw_bytes > STATE_MAX_BYTES ||
        h->n_chunks > (rest - h->meta_bytes - h->state_bytes) / sizeof(struct file_chunk))
        return refuse(f, err, "the head is damaged");
    return 0;
}

static int read_argv(struct snapshot_file *f, struct error *err)
{
    const json_t *options = json_object_get(f->meta, "options");

    f->argv = calloc(json_array_size(options) + 2, sizeof(*f->argv));
    if (!f->argv)
        return no_memory(err);
    f->argv[f->argc++] = "run";
    for (size_t i = 0; i < json_array_size(options); i++) {
        const char *text = json_string_value(json_array_get(options, i));

        if (!text)
            return refuse(f, err, "an option is not a string");
        f->argv[f->argc++] = (char *)(uintptr_t)text;
    }
    return 0;
}

static int read_meta(struct snapshot_file *f, const char *text, struct error *err)
{
    f->meta = json_loadb(text, f->head.meta_bytes, JSON_REJECT_DUPLICATES, NULL);
    if (!json_is_object(f->meta))
        return refuse(f, err, "its description is damaged");
    return read_argv(f, err);
}

static int unpack_state(struct snapshot_file *f, const uint8_t *packed, struct error *err)
{
    uint64_t raw = f->head.state_raw_bytes;

    /* What a compressed frame says of its size is checked before memory is given for it. */
    if (ZSTD_getFrameContentSize(packed, f->head.state_bytes) != raw)
        return refuse(f, err, "the state is damaged");
    f->state = malloc(raw + 1);
    if (!f->state)
        return no_memory(err);
    if (ZSTD_decompress(f->state, raw, packed, f->head.state_bytes) != raw)
        return refuse(f, err, "the state is damaged");
    return 0;
}

/* Chunks in order, without gaps or overlaps, to the very end. */
static int check_index(const struct snapshot_file *f, struct error *err)
{
    uint64_t end = sizeof(f->head) + f->head.meta_bytes + f->head.state_bytes +
                   f->head.n_chunks * sizeof(struct file_chunk);
    uint64_t next_page = 0;

    for (uint64_t i = 0; i < f->head.n_chunks; i++) {
        const struct file_chunk *c = &f->chunks[i];

        if (c->first_page % CHUNK_PAGES || c->first_page < next_page || !c->present ||
            c->first_page > UINT64_MAX / 2 || c->bytes > f->size - end)
            return refuse(f, err, "the index is damaged");
        end += c->bytes;
        next_page = c->first_page + CHUNK_PAGES;
    }
    return end == f->size ? 0 : refuse(f, err, "the index is damaged");
}

static int read_parts(struct snapshot_file *f, uint8_t *parts, uint64_t index_bytes,
                      struct error *err)
{
    const struct file_head *h = &f->head;
    const uint8_t *state = parts + h->meta_bytes, *index = state + h->state_bytes;
    int rc;

    if (!read_at(f, sizeof(*h), parts, h->meta_bytes + h->state_bytes + index_bytes))
        return refuse(f, err, "it cannot be read");
    if (snapshot_sum(h, parts, state, index) != h->sum)
        return refuse(f, err, "the checksum is wrong: the file was altered");
    f->chunks = malloc(index_bytes + 1);
    if (!f->chunks)
        return no_memory(err);
    memcpy(f->chunks, index, index_bytes);
    rc = read_meta(f, (const char *)parts, err);
    rc = rc ? rc : unpack_state(f, state, err);
    return rc ? rc : check_index(f, err);
}

static int read_all(struct snapshot_file *f, struct error *err)
{
    uint64_t index_bytes;
    uint8_t *parts;
    int rc = read_head(f, err);

    if (rc)
        return rc;
    index_bytes = f->head.n_chunks * sizeof(struct file_chunk);
    parts = malloc(f->head.meta_bytes + f->head.state_bytes + index_bytes + 1);
    if (!parts)
        return no_memory(err);
    rc = read_parts(f, parts, index_bytes, err);
    free(parts);
    return rc;
}

static int open_common(struct snapshot_file *f, const char *name, struct snapshot_file **out,
                       struct error *err)
{
    int rc;

    f->name = strdup(name);
    rc = f->name ? read_all(f, err) : no_memory(err);
    if (rc)
        snapshot_close(f);
    else
        *out = f;
    return rc;
}

int snapshot_parse(const char *name, const uint8_t *bytes, size_t size, struct snapshot_file **out,
                   struct error *err)
{
    struct snapshot_file *f = calloc(1, sizeof(*f));

    if (!f)
        return no_memory(err);
    f->fd = -1;
    f->memory = bytes;
    f->size = size;
    return open_common(f, name, out, err);
}

int snapshot_open(const char *path, struct snapshot_file **out, struct error *err)
{
    struct snapshot_file *f = calloc(1, sizeof(*f));
    struct stat info;

    if (!f)
        return no_memory(err);
    f->fd = open(path, O_RDONLY | O_CLOEXEC);
    if (f->fd < 0 || fstat(f->fd, &info) || !S_ISREG(info.st_mode)) {
        error_bad_input(err, "cannot open snapshot %s: %s", path,
                        f->fd < 0 ? strerror(errno) : "it is not a regular file");
        snapshot_close(f);
        return -EINVAL;
    }
    f->size = (uint64_t)info.st_size;
    return open_common(f, path, out, err);
}

void snapshot_close(struct snapshot_file *f)
{
    if (!f)
        return;
    if (f->fd >= 0)
        close(f->fd);
    json_decref(f->meta);
    free(f->argv);
    free(f->state);
    free(f->chunks);
    free(f->name);
    free(f);
}

const json_t *snapshot_meta(const struct snapshot_file *f)
{
    return f->meta;
}

char **snapshot_argv(const struct snapshot_file *f, int *argc)
{
    *argc = f->argc;
    return f->argv;
}

int snapshot_check_file(const struct snapshot_file *f, const char *path, struct error *err)
{
    const json_t *files = json_object_get(f->meta, "files");
    uint64_t hash, bytes, want;

    for (size_t i = 0; i < json_array_size(files); i++) {
        const json_t *entry = json_array_get(files, i);
        const char *name = json_string_value(json_object_get(entry, "path"));

        if (!name || strcmp(name, path))
            continue;
        if (journal_hash_file(path, &hash, &bytes, err))
            return -EINVAL;
        if (get_hex(entry, "xxh3", &want) && want == hash)
            return 0;
        return error_bad_input(err,
                               "%s: %s has changed since the snapshot; put the file back that was "
                               "used then",
                               f->name, path);
    }
    return error_bad_input(err, "%s: %s is not among its images", f->name, path);
}

/* -- RAM --------------------------------------------------------------------------------------- */

struct ram_reader {
    const struct snapshot_file *f;
    uint8_t *ram; /* NULL: only check */
    uint64_t *offsets;
    atomic_size_t next;
    atomic_bool no_memory;
    _Atomic(const char *) wrong;
};

static const char *unpack_chunk(const struct ram_reader *r, size_t i, uint8_t *packed,
                                uint8_t *pages)
{
    const struct file_chunk *c = &r->f->chunks[i];
    size_t raw = chunk_raw_bytes(c);

    if (c->bytes > ZSTD_compressBound(CHUNK_BYTES) ||
        !read_at(r->f, r->offsets[i], packed, c->bytes))
        return "RAM cannot be read";
    if (XXH3_64bits(packed, c->bytes) != c->sum)
        return "the checksum of a piece of RAM is wrong: the file was altered";
    if (r->ram && raw == CHUNK_BYTES) /* straight to its place */
        pages = r->ram + c->first_page * PAGE_MAP_BYTES;
    if (ZSTD_decompress(pages, raw, packed, c->bytes) != raw)
        return "a piece of RAM is damaged";
    if (!r->ram || raw == CHUNK_BYTES)
        return NULL;
    for (uint64_t left = c->present; left; left &= left - 1) {
        uint64_t page = c->first_page + (uint64_t)__builtin_ctzll(left);

        memcpy(r->ram + page * PAGE_MAP_BYTES, pages, PAGE_MAP_BYTES);
        pages += PAGE_MAP_BYTES;
    }
    return NULL;
}

static void unpack_chunks(void *opaque)
{
    struct ram_reader *r = opaque;
    uint8_t *packed = malloc(ZSTD_compressBound(CHUNK_BYTES)), *pages = malloc(CHUNK_BYTES);
    size_t i;

    if (!packed || !pages)
        r->no_memory = true;
    while (packed && pages && (i = atomic_fetch_add(&r->next, 1)) < r->f->head.n_chunks) {
        const char *wrong = unpack_chunk(r, i, packed, pages);

        if (wrong)
            r->wrong = wrong;
    }
    free(packed);
    free(pages);
}

static int read_ram(const struct snapshot_file *f, uint8_t *ram, struct error *err)
{
    uint64_t n = f->head.n_chunks, offset = f->size;
    struct ram_reader r = {.f = f, .ram = ram, .offsets = calloc(n + 1, sizeof(uint64_t))};

    if (!r.offsets)
        return no_memory(err);
    for (uint64_t i = n; i-- > 0;)
        r.offsets[i] = offset -= f->chunks[i].bytes;
    snapshot_workers(unpack_chunks, &r);
    free(r.offsets);
    if (r.no_memory)
        return no_memory(err);
    return r.wrong ? refuse(f, err, r.wrong) : 0;
}

int snapshot_check(const struct snapshot_file *f, struct error *err)
{
    return read_ram(f, NULL, err);
}

/* -- Into a machine ---------------------------------------------------------------------------- */

static int check_fits(const struct snapshot_file *f, const struct machine *m, struct error *err)
{
    uint64_t fingerprint, n_pages = m->config.ram_bytes / PAGE_MAP_BYTES;
    const struct file_chunk *last = f->head.n_chunks ? &f->chunks[f->head.n_chunks - 1] : NULL;

    if (machine_instructions(m) || m->snapshots)
        return error_set(err, IRQLAB_EXIT_INTERNAL, -EBUSY, "%s: this machine has already run",
                         f->name);
    if (!get_hex(f->meta, "fingerprint", &fingerprint) || fingerprint != machine_fingerprint(m))
        return refuse(f, err, "it is of a machine that this irqlab builds otherwise");
    if (last && last->first_page + 64 - (unsigned)__builtin_clzll(last->present) > n_pages)
        return refuse(f, err, "it has more RAM than its machine");
    return 0;
}

static int restore_boot(const struct snapshot_file *f, struct machine *m, struct error *err)
{
    const json_t *boot = json_object_get(f->meta, "boot"), *el = json_object_get(boot, "el");
    struct boot b = {.el = (unsigned)json_integer_value(el)};

    if (!get_hex(boot, "pc", &b.pc) || !get_hex(boot, "x0", &b.x0) || b.el < 1 || b.el > 3 ||
        (b.el == 2 && !m->config.has_el2) || (b.el == 3 && !m->config.has_el3))
        return refuse(f, err, "its description is damaged");
    m->boot = b;
    return 0;
}

int snapshot_load(const struct snapshot_file *f, struct machine *m, struct error *err)
{
    const struct state_bytes state = {.data = f->state, .size = f->head.state_raw_bytes};
    int rc = check_fits(f, m, err);

    rc = rc ? rc : restore_boot(f, m, err);
    if (rc)
        return rc;
    machine_power_on(m);
    rc = read_ram(f, m->ram, err);
    if (!rc && state_load(m, &state))
        rc = refuse(f, err, "its state is of another machine");
    return rc;
}
