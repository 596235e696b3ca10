/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/snapshot_state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emu/machine.h"

struct piece {
    uint32_t size_bytes, mark;
};

struct saver {
    struct visitor visitor; /* first */
    struct state_bytes *to;
    bool failed;
};

struct loader {
    struct visitor visitor; /* first */
    const struct state_bytes *from;
    const uint8_t *at;
    size_t left;
    unsigned next_map;
    bool failed;
};

/* FNV-1a: short, and of no consequence but for telling walks apart. */
static uint32_t mark_of(const char *name)
{
    uint32_t mark = 2166136261u;

    while (*name)
        mark = (mark ^ (uint8_t)*name++) * 16777619u;
    return mark;
}

static bool grow(struct state_bytes *s, size_t more)
{
    size_t capacity = s->capacity ? s->capacity : 16384;
    uint8_t *data;

    if (s->capacity - s->size >= more)
        return true;
    while (capacity - s->size < more)
        capacity *= 2;
    data = realloc(s->data, capacity);
    if (!data)
        return false;
    s->data = data;
    s->capacity = capacity;
    return true;
}

static void save_piece(struct visitor *v, const char *name, void *data, size_t size_bytes)
{
    struct saver *saver = (struct saver *)v;
    struct state_bytes *s = saver->to;
    const struct piece head = {(uint32_t)size_bytes, mark_of(name)};

    if (saver->failed || !grow(s, sizeof(head) + size_bytes)) {
        saver->failed = true;
        return;
    }
    memcpy(s->data + s->size, &head, sizeof(head));
    memcpy(s->data + s->size + sizeof(head), data, size_bytes);
    s->size += sizeof(head) + size_bytes;
}

static void save_map(struct visitor *v, struct page_map *map)
{
    struct saver *saver = (struct saver *)v;
    struct state_bytes *s = saver->to;
    struct page_map *maps = realloc(s->maps, (s->n_maps + 1) * sizeof(*maps));

    if (!maps) {
        saver->failed = true;
        return;
    }
    s->maps = maps;
    page_map_share(&maps[s->n_maps++], map);
}

static void load_map(struct visitor *v, struct page_map *map)
{
    struct loader *l = (struct loader *)v;

    if (l->failed || l->next_map == l->from->n_maps ||
        l->from->maps[l->next_map].levels != map->levels) {
        l->failed = true;
        return;
    }
    page_map_drop(map);
    page_map_share(map, &l->from->maps[l->next_map++]);
}

/* Once something was wrong, all that follows is left as it is: the walk goes on, bounded. */
static void load_piece(struct visitor *v, const char *name, void *data, size_t size_bytes)
{
    struct loader *l = (struct loader *)v;
    struct piece head;

    if (l->failed || l->left < sizeof(head) || l->left - sizeof(head) < size_bytes) {
        l->failed = true;
        return;
    }
    memcpy(&head, l->at, sizeof(head));
    if (head.size_bytes != size_bytes || head.mark != mark_of(name)) {
        l->failed = true;
        return;
    }
    memcpy(data, l->at + sizeof(head), size_bytes);
    l->at += sizeof(head) + size_bytes;
    l->left -= sizeof(head) + size_bytes;
}

static void visit_all(struct machine *m, struct visitor *v)
{
    machine_visit(m, v);
    machine_visit_position(m, v);
}

static void drop_maps(struct state_bytes *s)
{
    while (s->n_maps)
        page_map_drop(&s->maps[--s->n_maps]);
}

int state_save(struct machine *m, struct state_bytes *s)
{
    struct saver saver = {.visitor = {.bytes = save_piece}, .to = s};

    saver.visitor.pages = s->shares ? save_map : NULL;
    s->size = 0;
    drop_maps(s);
    visit_all(m, &saver.visitor);
    return saver.failed ? -ENOMEM : 0;
}

void state_free(struct state_bytes *s)
{
    drop_maps(s);
    free(s->maps);
    free(s->data);
    *s = (struct state_bytes){0};
}

size_t state_own_bytes(const struct state_bytes *s)
{
    size_t bytes = s->capacity + s->n_maps * sizeof(*s->maps);

    for (unsigned i = 0; i < s->n_maps; i++)
        bytes += page_map_own_bytes(&s->maps[i]);
    return bytes;
}

int state_load(struct machine *m, const struct state_bytes *s)
{
    struct loader l = {.visitor = {.bytes = load_piece, .restoring = true},
                       .from = s,
                       .at = s->data,
                       .left = s->size};
    bool told = m->renewing;

    l.visitor.pages = s->shares ? load_map : NULL;
    m->renewing = true; /* lines that move on the way are not told to anybody */
    visit_all(m, &l.visitor);
    m->renewing = told;
    m->stop = MACHINE_RUNNING;
    m->exit_code = 0;
    m->stop_reason.text[0] = '\0';
    door_after_restore(m);
    renew_after_restore(m);
    return l.failed || l.left || l.next_map != s->n_maps ? -EINVAL : 0;
}
