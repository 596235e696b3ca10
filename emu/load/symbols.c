/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/load/symbols.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* A symbol without a size ends where the next begins, but a pc this far behind it is not in it. */
#define FAR_BYTES (1u << 20)

enum { MAX_NAME_BYTES = 1023 };

/* Names come from strangers' files, and go to terminals and into JSON. */
static void make_printable(char *name)
{
    for (; *name; name++) {
        if (*name < ' ' || *name > '~')
            *name = '?';
    }
}

int symbols_add(struct symbols *s, const char *name, uint64_t address, uint64_t size_bytes)
{
    struct symbol *more;
    char *copy;

    if (s->count == s->capacity) {
        size_t capacity = s->capacity ? 2 * s->capacity : 256;

        more = realloc(s->items, capacity * sizeof(*more));
        if (!more)
            return -ENOMEM;
        s->items = more;
        s->capacity = capacity;
    }
    copy = strndup(name, MAX_NAME_BYTES); /* a damaged table can make all of a file one name */
    if (!copy)
        return -ENOMEM;
    make_printable(copy);
    s->items[s->count++] = (struct symbol){address, size_bytes, copy};
    return 0;
}

static int by_address(const void *a, const void *b)
{
    const struct symbol *x = a, *y = b;

    if (x->address != y->address)
        return x->address < y->address ? -1 : 1;
    return strcmp(x->name, y->name);
}

void symbols_sort(struct symbols *s)
{
    if (s->count)
        qsort(s->items, s->count, sizeof(*s->items), by_address);
}

void symbols_clear(struct symbols *s)
{
    for (size_t i = 0; i < s->count; i++)
        free(s->items[i].name);
    free(s->items);
    *s = (struct symbols){0};
}

const char *symbols_at(const struct symbols *s, uint64_t pc, uint64_t *offset)
{
    size_t low = 0, high = s->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (s->items[middle].address <= pc)
            low = middle + 1;
        else
            high = middle;
    }
    if (!low)
        return NULL;
    const struct symbol *found = &s->items[low - 1];

    *offset = pc - found->address;
    if (*offset >= (found->size_bytes ? found->size_bytes : FAR_BYTES))
        return NULL;
    return found->name;
}

bool symbols_find(const struct symbols *s, const char *name, uint64_t *address)
{
    for (size_t i = 0; i < s->count; i++) {
        if (!strcmp(s->items[i].name, name)) {
            *address = s->items[i].address;
            return true;
        }
    }
    return false;
}
