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
    const uint8_t *at;
    size_t left;
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

int state_save(struct machine *m, struct state_bytes *s)
{
    struct saver saver = {.visitor = {.bytes = save_piece}, .to = s};

    s->size = 0;
    visit_all(m, &saver.visitor);
    return saver.failed ? -ENOMEM : 0;
}

int state_load(struct machine *m, const uint8_t *data, size_t size)
{
    struct loader l = {
        .visitor = {.bytes = load_piece, .restoring = true}, .at = data, .left = size};
    bool told = m->renewing;

    m->renewing = true; /* lines that move on the way are not told to anybody */
    visit_all(m, &l.visitor);
    m->renewing = told;
    m->stop = MACHINE_RUNNING;
    m->exit_code = 0;
    m->stop_reason.text[0] = '\0';
    door_after_restore(m);
    renew_after_restore(m);
    return l.failed || l.left ? -EINVAL : 0;
}
