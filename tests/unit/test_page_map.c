/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>
#include <string.h>

#include "emu/page_map.h"
#include "tests/unit/suite.h"

enum { PAGES = 5000, MAPS = 8, STEPS = 20000 };

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

static void put(struct page_map *map, uint64_t index, uint8_t value)
{
    uint8_t bytes[PAGE_MAP_BYTES];

    memset(bytes, value, sizeof(bytes));
    ck_assert_int_eq(page_map_put(map, index, bytes), 0);
}

static uint8_t get(const struct page_map *map, uint64_t index)
{
    const uint8_t *bytes = page_map_get(map, index);

    return bytes ? bytes[index % PAGE_MAP_BYTES] : 0;
}

struct expected {
    const uint8_t *a, *b;
    unsigned seen;
};

static void note(void *opaque, uint64_t index, const uint8_t *bytes)
{
    struct expected *e = opaque;

    ck_assert_uint_eq(bytes ? bytes[0] : 0, e->b[index]);
    e->seen += e->a[index] != e->b[index];
}

static void check_diff(const struct page_map *maps, uint8_t (*model)[PAGES], unsigned a, unsigned b)
{
    struct expected e = {model[a], model[b], 0};
    unsigned different = 0;

    for (unsigned i = 0; i < PAGES; i++)
        different += model[a][i] != model[b][i];
    page_map_diff(&maps[a], &maps[b], note, &e);
    ck_assert_uint_eq(e.seen, different);
}

START_TEST(maps_that_share_pages_change_alone)
{
    static uint8_t model[MAPS][PAGES];
    struct page_map maps[MAPS];
    uint64_t random = 1;

    for (unsigned i = 0; i < MAPS; i++)
        page_map_init(&maps[i], PAGES);
    for (unsigned step = 0; step < STEPS; step++) {
        unsigned a = (unsigned)next_random(&random) % MAPS;
        unsigned b = (unsigned)next_random(&random) % MAPS;
        unsigned page = (unsigned)next_random(&random) % PAGES;

        if (step % 50 == 0 && a != b) {
            page_map_drop(&maps[a]);
            page_map_share(&maps[a], &maps[b]);
            memcpy(model[a], model[b], PAGES);
        } else if (step % 500 == 7) {
            check_diff(maps, model, a, b);
        } else {
            model[a][page] = (uint8_t)next_random(&random);
            put(&maps[a], page, model[a][page]);
        }
        ck_assert_uint_eq(get(&maps[b], page), model[b][page]);
    }
    for (unsigned i = 0; i < MAPS; i++)
        page_map_drop(&maps[i]);
}
END_TEST

START_TEST(a_copy_costs_what_was_changed_in_it)
{
    struct page_map first, second;
    uint64_t alone;

    page_map_init(&first, 1 << 20);
    for (unsigned i = 0; i < 1000; i++)
        put(&first, i, 1);
    alone = page_map_own_bytes(&first);
    ck_assert_uint_ge(alone, 1000 * PAGE_MAP_BYTES);
    page_map_share(&second, &first);
    ck_assert_uint_eq(page_map_own_bytes(&second), 0);
    put(&second, 7, 2);
    ck_assert_uint_ge(page_map_own_bytes(&second), PAGE_MAP_BYTES);
    ck_assert_uint_lt(page_map_own_bytes(&second), 4 * PAGE_MAP_BYTES);
    ck_assert_uint_eq(get(&first, 7), 1);
    page_map_drop(&second);
    ck_assert_uint_eq(page_map_own_bytes(&first), alone);
    page_map_drop(&first);
}
END_TEST

START_TEST(the_last_page_of_any_size_has_a_place)
{
    static const uint64_t sizes[] = {1, 2, 64, 65, 4096, 4097, 1 << 18, (1 << 18) + 1, 1 << 24};

    for (unsigned i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct page_map map;

        page_map_init(&map, sizes[i]);
        put(&map, sizes[i] - 1, 3);
        ck_assert_uint_eq(get(&map, sizes[i] - 1), 3);
        ck_assert_ptr_null(sizes[i] > 1 ? page_map_get(&map, 0) : NULL);
        page_map_drop(&map);
    }
}
END_TEST

static const TTest *const *const tests[] = {
    &maps_that_share_pages_change_alone,
    &a_copy_costs_what_was_changed_in_it,
    &the_last_page_of_any_size_has_a_place,
};

int main(void)
{
    return SUITE_RUN("page_map", NULL, NULL, tests);
}
