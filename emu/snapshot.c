/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Snapshots in memory (emu/snapshot.h). */
#include "emu/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emu/journal.h"
#include "emu/machine.h"
#include "emu/page_map.h"
#include "emu/snapshot_state.h"

struct snapshot {
    struct page_map ram;
    struct state_bytes state;
    uint64_t instructions, now_ns;
    uint64_t fingerprint;
    uint64_t next_event; /* of a replayed recording, or of the log of inputs */
};

/* Of a machine: RAM is as in `ram`, but for the pages in the engine's log. */
struct snapshot_base {
    struct page_map ram;
    bool out_of_memory;
};

static const uint8_t zeros[PAGE_MAP_BYTES];

static int no_memory(struct error *err)
{
    return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for a snapshot");
}

static int check_possible(const struct machine *m, struct error *err)
{
    if (engine_is_running(m->engine))
        return error_set(err, IRQLAB_EXIT_INTERNAL, -EBUSY,
                         "snapshots are taken and restored between turns of vCPUs");
    if (m->recipe && m->recipe->unsaved)
        return error_bad_input(err,
                               "the guest may write to %s, which no snapshot holds; add "
                               "snapshot=on (or readonly=on) to its -drive",
                               m->recipe->unsaved);
    return 0;
}

static uint64_t n_pages(const struct machine *m)
{
    return m->config.ram_bytes / PAGE_MAP_BYTES;
}

/* Number of a page of RAM; flash is in the log too, and is a device's state. */
static bool page_index(const struct machine *m, uint64_t address, uint64_t *index)
{
    *index = (address - BOARD_RAM_BASE) / PAGE_MAP_BYTES;
    return address >= BOARD_RAM_BASE && *index < n_pages(m);
}

static struct journal_reader *events_of(const struct machine *m)
{
    return m->replay ? m->replay : m->inputs;
}

/* -- The base ---------------------------------------------------------------------------------- */

static void note_page(void *opaque, uint64_t index, const uint8_t *bytes)
{
    struct snapshot_base *base = opaque;

    if (page_map_put(&base->ram, index, bytes))
        base->out_of_memory = true;
}

static void copy_written(void *opaque, uint64_t address)
{
    struct machine *m = opaque;
    uint64_t index;

    if (page_index(m, address, &index))
        note_page(m->snapshots, index, m->ram + index * PAGE_MAP_BYTES);
}

void snapshots_stop(struct machine *m)
{
    if (!m->snapshots)
        return;
    engine_dirty_log_stop(m->engine);
    page_map_drop(&m->snapshots->ram);
    free(m->snapshots);
    m->snapshots = NULL;
}

/* A machine without a base gets an empty one: its RAM is then no version of it. */
static int start_base(struct machine *m, struct error *err)
{
    m->snapshots = calloc(1, sizeof(*m->snapshots));
    if (!m->snapshots)
        return no_memory(err);
    page_map_init(&m->snapshots->ram, n_pages(m));
    if (engine_dirty_log_start(m->engine)) {
        free(m->snapshots);
        m->snapshots = NULL;
        return no_memory(err);
    }
    return 0;
}

/* The base becomes RAM as it is now. */
static int update_base(struct machine *m, struct error *err)
{
    int rc = 0;

    if (m->snapshots) {
        engine_dirty_log_collect(m->engine, copy_written, m);
    } else {
        rc = start_base(m, err);
        if (!rc)
            machine_visit_ram(m, note_page, m->snapshots);
    }
    if (rc || !m->snapshots->out_of_memory)
        return rc;
    snapshots_stop(m); /* the base is no version of RAM any more */
    return no_memory(err);
}

/* -- Take -------------------------------------------------------------------------------------- */

int snapshot_take(struct machine *m, struct snapshot **out, struct error *err)
{
    struct snapshot *s;
    int rc = check_possible(m, err);

    if (rc)
        return rc;
    s = calloc(1, sizeof(*s));
    if (s)
        s->state.shares = true;
    if (!s || state_save(m, &s->state)) {
        snapshot_drop(s);
        return no_memory(err);
    }
    rc = update_base(m, err);
    if (rc) {
        snapshot_drop(s);
        return rc;
    }
    page_map_share(&s->ram, &m->snapshots->ram);
    s->instructions = machine_instructions(m);
    s->now_ns = machine_now_ns(m);
    s->fingerprint = machine_fingerprint(m);
    s->next_event = events_of(m) ? journal_tell(events_of(m)) : 0;
    *out = s;
    return 0;
}

void snapshot_drop(struct snapshot *s)
{
    if (!s)
        return;
    page_map_drop(&s->ram);
    state_free(&s->state);
    free(s);
}

uint64_t snapshot_instructions(const struct snapshot *s)
{
    return s->instructions;
}

uint64_t snapshot_now_ns(const struct snapshot *s)
{
    return s->now_ns;
}

uint64_t snapshot_own_bytes(const struct snapshot *s)
{
    return sizeof(*s) + state_own_bytes(&s->state) + page_map_own_bytes(&s->ram);
}

/* -- Restore ----------------------------------------------------------------------------------- */

struct restoring {
    struct machine *m;
    const struct snapshot *s;
};

static void put_page(void *opaque, uint64_t index, const uint8_t *bytes)
{
    const struct restoring *r = opaque;

    engine_page_put(r->m->engine, BOARD_RAM_BASE + index * PAGE_MAP_BYTES, bytes ? bytes : zeros);
}

static void put_back_written(void *opaque, uint64_t address)
{
    struct restoring *r = opaque;
    uint64_t index;

    if (page_index(r->m, address, &index))
        put_page(r, index, page_map_get(&r->s->ram, index));
}

/* Of a machine without a base: what is not zeros must be put back too. */
static void put_back_other(void *opaque, uint64_t index, const uint8_t *bytes)
{
    struct restoring *r = opaque;

    (void)bytes;
    if (!page_map_get(&r->s->ram, index))
        put_page(r, index, NULL);
}

static int restore_ram(struct machine *m, const struct snapshot *s, struct error *err)
{
    struct restoring r = {m, s};
    bool first = !m->snapshots;
    int rc = first ? start_base(m, err) : 0;

    if (rc)
        return rc;
    if (first)
        machine_visit_ram(m, put_back_other, &r);
    engine_dirty_log_drain(m->engine, put_back_written, &r);
    page_map_diff(&m->snapshots->ram, &s->ram, put_page, &r);
    page_map_drop(&m->snapshots->ram);
    page_map_share(&m->snapshots->ram, &s->ram);
    return 0;
}

int snapshot_restore(struct machine *m, struct snapshot *s, struct error *err)
{
    int rc = check_possible(m, err);

    if (rc)
        return rc;
    if (m->record)
        return error_set(err, IRQLAB_EXIT_BAD_INPUT, -EBUSY,
                         "a run that is being recorded cannot go back");
    if (machine_fingerprint(m) != s->fingerprint)
        return error_bad_input(err, "the snapshot is of a machine of another configuration");
    rc = restore_ram(m, s, err);
    if (rc)
        return rc;
    if (events_of(m))
        journal_seek(events_of(m), s->next_event);
    rc = state_load(m, &s->state);
    return rc ? error_set(err, IRQLAB_EXIT_INTERNAL, rc, "a snapshot is not of this machine") : 0;
}
