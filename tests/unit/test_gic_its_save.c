/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ITS tables as KVM's ABI revision 0 has them, and LPI pending tables: bit by bit what is written,
 * and what is accepted (Linux, Documentation/virt/kvm/devices/arm-vgic-its.rst).
 */
#include "gic/its.h"
#include "gic/lpi.h"
#include "tests/unit/gic_world.h"
#include "tests/unit/test_gic_rig.h"

#define VALID (1ull << 63)

static uint64_t get64(const struct world *w, uint32_t at)
{
    uint64_t value;

    memcpy(&value, w->memory + at, sizeof(value));
    return value;
}

static void put64(struct world *w, uint32_t at, uint64_t value)
{
    memcpy(w->memory + at, &value, sizeof(value));
}

static uint64_t dte(uint32_t next, uint32_t itt, unsigned bits)
{
    return VALID | (uint64_t)next << 49 | (uint64_t)(itt >> 8) << 5 | (bits - 1);
}

static uint64_t ite(uint32_t next, uint32_t intid, unsigned collection)
{
    return (uint64_t)next << 48 | (uint64_t)intid << 16 | collection;
}

static uint64_t cte(uint64_t target, unsigned collection)
{
    return VALID | target << 16 | collection;
}

static struct world *open_world(unsigned kind)
{
    struct world *w = world_create(WORLD_ITS | kind);

    world_open(w);
    return w;
}

static void mapd(struct world *w, uint64_t device, uint32_t itt, unsigned bits)
{
    world_command(w, 8 | device << 32, bits - 1, VALID | itt, 0);
}

static void mapc(struct world *w, uint64_t collection, uint64_t vcpu, bool valid)
{
    world_command(w, 9, 0, (uint64_t)valid << 63 | vcpu << 16 | collection, 0);
}

static void mapti(struct world *w, uint64_t device, uint64_t event, uint64_t lpi, uint64_t coll)
{
    world_command(w, 10 | device << 32, lpi << 32 | event, coll, 0);
}

static int control(struct world *w, uint64_t attr)
{
    return gic_its_attr_set(w->its, GIC_ATTR_CTRL, attr, 0);
}

static int save(struct world *w)
{
    return control(w, GIC_ATTR_ITS_SAVE_TABLES);
}

/* An ITS that has its registers but no tables yet. */
static struct world *ready_world(unsigned kind)
{
    struct world *w = open_world(kind);

    gic_its_write(w->its, 0, 0, 4, 0);
    return w;
}

static int restore(struct world *w)
{
    int err = control(w, GIC_ATTR_ITS_RESTORE_TABLES);

    gic_its_write(w->its, 0, 0, 4, 1);
    return err;
}

static bool is_pending(struct world *w, unsigned vcpu, uint32_t lpi)
{
    return gic_lpi_is_pending(&w->gic->vcpus[vcpu], lpi);
}

/* -- What is written -- */

START_TEST(saved_entries_say_how_far_the_next_is)
{
    struct world *w = open_world(0);

    mapc(w, 5, 1, true);
    mapc(w, 2, 2, true);
    mapd(w, 3, WORLD_ITT, 5);
    mapd(w, 40, WORLD_ITT + 0x100, 3);
    mapd(w, 41, WORLD_ITT + 0x200, 1);
    mapti(w, 3, 4, 8200, 5);
    mapti(w, 3, 30, 8201, 2);
    mapti(w, 40, 7, 8202, 5);
    rig_expect_eq(save(w), 0);
    rig_expect_eq(get64(w, WORLD_DEVICES + 3 * 8), dte(37, WORLD_ITT, 5));
    rig_expect_eq(get64(w, WORLD_DEVICES + 40 * 8), dte(1, WORLD_ITT + 0x100, 3));
    rig_expect_eq(get64(w, WORLD_DEVICES + 41 * 8), dte(0, WORLD_ITT + 0x200, 1));
    rig_expect_eq(get64(w, WORLD_ITT + 4 * 8), ite(26, 8200, 5));
    rig_expect_eq(get64(w, WORLD_ITT + 30 * 8), ite(0, 8201, 2));
    rig_expect_eq(get64(w, WORLD_ITT + 0x100 + 7 * 8), ite(0, 8202, 5));
    world_destroy(w);
}
END_TEST

START_TEST(saved_collections_are_a_list_with_an_end)
{
    struct world *w = open_world(0);

    mapc(w, 300, 1, true);
    mapc(w, 7, 2, true);
    mapc(w, 9, 0, true);
    mapc(w, 9, 0, false);
    mapd(w, 3, WORLD_ITT, 5);
    mapti(w, 3, 0, 8200, 11); /* names a collection that MAPC never mapped */
    rig_expect_eq(save(w), 0);
    rig_expect_eq(get64(w, WORLD_COLLECTIONS), cte(2, 7));
    rig_expect_eq(get64(w, WORLD_COLLECTIONS + 8), cte(0xffffffff, 11));
    rig_expect_eq(get64(w, WORLD_COLLECTIONS + 16), cte(1, 300));
    rig_expect_eq(get64(w, WORLD_COLLECTIONS + 24), 0);
    world_destroy(w);
}
END_TEST

/* 2^14 - 1 is the field's end for devices; a scan goes on from there one by one. */
START_TEST(distances_are_capped)
{
    enum { TABLE = 0x80000 }; /* 64 pages: 32768 devices */
    struct gic_its_config config = {.device_id_bits = 16, .event_id_bits = 5};
    struct world *w = ready_world(0);

    rig_expect_eq(gic_its_create(w->gic, &config, &w->its, NULL), 0);
    world_its_set(w, 0x100, VALID | TABLE | 0x3f);
    world_its_set(w, 0x108, VALID | WORLD_COLLECTIONS);
    world_its_set(w, 0x80, VALID | WORLD_QUEUE);
    gic_its_write(w->its, 0, 0, 4, 1);
    w->cwriter = 0;
    mapc(w, 0, 1, true);
    mapd(w, 0, WORLD_ITT, 5);
    mapd(w, 20000, WORLD_ITT + 0x100, 5);
    mapti(w, 20000, 1, 8200, 0);
    rig_expect_eq(save(w), 0);
    rig_expect_eq(get64(w, TABLE), dte(0x3fff, WORLD_ITT, 5));
    rig_expect_eq(get64(w, TABLE + 20000 * 8), dte(0, WORLD_ITT + 0x100, 5));
    rig_expect_eq(restore(w), 0);
    rig_expect_eq(gic_its_msi(w->its, 20000, 1), 0);
    ck_assert(is_pending(w, 1, 8200));
    world_destroy(w);
}
END_TEST

START_TEST(second_level_pages_are_walked_and_absent_ones_passed_over)
{
    struct world *w = open_world(WORLD_TWO_LEVELS);

    put64(w, WORLD_DEVICES + 2 * 8, VALID | (WORLD_DEVICES + 0x2000)); /* devices 1024.. */
    mapc(w, 0, 0, true);
    mapd(w, 5, WORLD_ITT, 5);
    mapd(w, 1030, WORLD_ITT + 0x100, 5);
    mapti(w, 1030, 1, 8200, 0);
    rig_expect_eq(save(w), 0);
    rig_expect_eq(get64(w, WORLD_DEVICES + 0x1000 + 5 * 8), dte(1025, WORLD_ITT, 5));
    rig_expect_eq(get64(w, WORLD_DEVICES + 0x2000 + 6 * 8), dte(0, WORLD_ITT + 0x100, 5));
    int err;
    struct world *to = world_move(w, &err);
    ck_assert_ptr_nonnull(to);
    rig_expect_eq(gic_its_msi(to->its, 1030, 1), 0);
    ck_assert(is_pending(to, 0, 8200));
    world_destroy(w);
    world_destroy(to);
}
END_TEST

START_TEST(an_its_that_was_saved_goes_on)
{
    struct world *w = open_world(0);

    mapc(w, 300, 1, true);
    mapd(w, 3, WORLD_ITT, 5);
    mapti(w, 3, 1, 8200, 300);
    rig_expect_eq(save(w), 0);
    rig_expect_eq(save(w), 0); /* twice in a row is the same */
    rig_expect_eq(get64(w, WORLD_COLLECTIONS), cte(1, 300));
    rig_expect_eq(gic_its_msi(w->its, 3, 1), 0);
    ck_assert(is_pending(w, 1, 8200));
    mapc(w, 0, 2, true); /* the list's first place */
    mapti(w, 3, 2, 8201, 0);
    rig_expect_eq(save(w), 0);
    rig_expect_eq(get64(w, WORLD_COLLECTIONS), cte(2, 0));
    rig_expect_eq(get64(w, WORLD_COLLECTIONS + 8), cte(1, 300));
    rig_expect_eq(gic_its_msi(w->its, 3, 2), 0);
    ck_assert(is_pending(w, 2, 8201));
    world_destroy(w);
}
END_TEST

/* Software moves the table away from under the list. */
START_TEST(a_list_does_not_outlive_its_table)
{
    struct world *w = open_world(0);

    mapc(w, 300, 1, true);
    rig_expect_eq(save(w), 0);
    gic_its_write(w->its, 0, 0, 4, 0);
    world_its_set(w, 0x108, VALID | (WORLD_COLLECTIONS + 0x1000));
    rig_expect_eq(get64(w, WORLD_COLLECTIONS), 0); /* indexed again, where it was */
    rig_expect_eq(get64(w, WORLD_COLLECTIONS + 300 * 8), cte(1, 300));
    world_destroy(w);
}
END_TEST

/* -- What is accepted -- */

/* As KVM leaves it: a list in order of creation, next fields, and entries that no scan reaches. */
static void write_kvm_tables(struct world *w)
{
    put64(w, WORLD_COLLECTIONS, cte(2, 4));
    put64(w, WORLD_COLLECTIONS + 8, cte(0xffffffff, 1));
    put64(w, WORLD_COLLECTIONS + 16, cte(1, 0));
    put64(w, WORLD_DEVICES + 2 * 8, dte(6, WORLD_ITT, 5));
    put64(w, WORLD_DEVICES + 5 * 8, dte(0, WORLD_ITT + 0x200, 5)); /* skipped */
    put64(w, WORLD_DEVICES + 8 * 8, dte(0, WORLD_ITT + 0x100, 4));
    put64(w, WORLD_DEVICES + 9 * 8, dte(0, WORLD_ITT + 0x200, 5)); /* behind the last */
    put64(w, WORLD_ITT + 0x200, ite(0, 8210, 4));
    put64(w, WORLD_ITT, ite(10, 8200, 4));
    put64(w, WORLD_ITT + 4 * 8, ite(0, 8201, 4)); /* skipped */
    put64(w, WORLD_ITT + 10 * 8, ite(1, 8202, 0));
    put64(w, WORLD_ITT + 11 * 8, ite(0, 8203, 1));
    put64(w, WORLD_ITT + 12 * 8, ite(0, 8204, 0)); /* behind the last */
}

START_TEST(tables_that_kvm_saved_are_taken)
{
    struct world *w = ready_world(0);

    write_kvm_tables(w);
    rig_expect_eq(restore(w), 0);
    rig_expect_eq(gic_its_msi(w->its, 2, 0), 0);
    ck_assert(is_pending(w, 2, 8200));
    rig_expect_eq(gic_its_msi(w->its, 2, 10), 0);
    ck_assert(is_pending(w, 1, 8202));
    rig_expect_eq(gic_its_msi(w->its, 2, 11), -ENOENT); /* its collection is not mapped */
    mapc(w, 1, 0, true);
    rig_expect_eq(gic_its_msi(w->its, 2, 11), 0);
    ck_assert(is_pending(w, 0, 8203));
    rig_expect_eq(gic_its_msi(w->its, 2, 4), -ENOENT);
    rig_expect_eq(gic_its_msi(w->its, 2, 12), -ENOENT);
    rig_expect_eq(gic_its_msi(w->its, 5, 0), -ENOENT);
    rig_expect_eq(gic_its_msi(w->its, 9, 0), -ENOENT);
    world_destroy(w);
}
END_TEST

/* Each breaks one rule of tables that are good without it. */
static const struct breakage {
    uint32_t at;
    uint64_t entry;
} breakages[] = {
    {WORLD_COLLECTIONS, VALID | 3 << 16 | 4},                                /* no such vCPU */
    {WORLD_COLLECTIONS + 8, VALID | 2 << 16 | 4},                            /* twice the same */
    {WORLD_COLLECTIONS + 8, VALID | 2 << 16 | 0xfff},                        /* beyond the table */
    {WORLD_DEVICES + 2 * 8, VALID | 6ull << 49 | (WORLD_ITT >> 8) << 5 | 5}, /* too many events */
    {WORLD_DEVICES + 8 * 8, VALID | 0x3fffull << 49 | (WORLD_ITT >> 8) << 5 | 4}, /* next */
    {WORLD_ITT, 10ull << 48 | 4096ull << 16 | 4},                                 /* no LPI */
    {WORLD_ITT, 10ull << 48 | (1ull << WORLD_ID_BITS) << 16 | 4},                 /* no LPI */
    {WORLD_ITT, 10ull << 48 | 8200ull << 16 | 3}, /* a collection that is not in the list */
    {WORLD_ITT, 32ull << 48 | 8200ull << 16 | 4}, /* next */
};

START_TEST(tables_that_contradict_themselves_are_refused)
{
    const struct breakage *b = &breakages[_i];
    struct world *w = ready_world(0);

    write_kvm_tables(w);
    put64(w, b->at, b->entry);
    rig_expect_eq(restore(w), -EINVAL);
    rig_expect_eq(restore(w), -EINVAL); /* and again */
    world_destroy(w);
}
END_TEST

START_TEST(tables_outside_of_memory_are_efault)
{
    struct world *w = ready_world(0);

    write_kvm_tables(w);
    put64(w, WORLD_DEVICES + 2 * 8, dte(6, 0xffff00, 5));
    rig_expect_eq(restore(w), -EFAULT);
    world_destroy(w);
    w = open_world(0);
    gic_its_write(w->its, 0, 0, 4, 0);
    world_its_set(w, 0x108, VALID | 0xfff0000);
    rig_expect_eq(save(w), -EFAULT);
    world_destroy(w);
    w = open_world(0);
    gic_redist_write(w->gic, 1, 1, true, 0, 4, 0);
    gic_redist_write(w->gic, 1, 1, true, 0x78, 8, 0xfff0000);
    gic_redist_write(w->gic, 1, 1, true, 0, 4, 1);
    rig_expect_eq(gic_attr_set(w->gic, GIC_ATTR_CTRL, GIC_ATTR_SAVE_PENDING_TABLES, 0), -EFAULT);
    int err;
    ck_assert_ptr_null(world_move(w, &err));
    rig_expect_eq(err, -EFAULT);
    world_destroy(w);
}
END_TEST

/* Every first-level entry names the same page of devices, all with the same table. */
START_TEST(a_walk_without_end_is_given_up)
{
    struct world *w = ready_world(WORLD_TWO_LEVELS);

    for (uint32_t i = 0; i < 512; i++) {
        put64(w, WORLD_DEVICES + i * 8, VALID | (WORLD_DEVICES + 0x1000));
        put64(w, WORLD_DEVICES + 0x1000 + i * 8, dte(0, WORLD_ITT, 5));
    }
    rig_expect_eq(save(w), 0); /* 16384 devices with 32 events are few */
    world_destroy(w);
    struct gic_its_config config = {.device_id_bits = 20, .event_id_bits = 20};
    w = ready_world(WORLD_TWO_LEVELS);
    rig_expect_eq(gic_its_create(w->gic, &config, &w->its, NULL), 0);
    world_its_set(w, 0x100, VALID | 1ull << 62 | WORLD_DEVICES);
    for (uint32_t i = 0; i < 512; i++) {
        put64(w, WORLD_DEVICES + i * 8, VALID | (WORLD_DEVICES + 0x1000));
        put64(w, WORLD_DEVICES + 0x1000 + i * 8, dte(1, WORLD_ITT, 16));
    }
    rig_expect_eq(save(w), -E2BIG);
    world_destroy(w);
}
END_TEST

/* What MAPTI could not have made is not handed on. */
START_TEST(what_a_guest_scribbles_into_tables_is_not_saved)
{
    struct world *w = open_world(0);

    mapc(w, 0, 0, true);
    mapd(w, 3, WORLD_ITT, 5);
    mapti(w, 3, 1, 8200, 0);
    put64(w, WORLD_ITT + 2 * 8, ite(0, 5, 0));
    put64(w, WORLD_ITT + 3 * 8, ite(0, 8201, 0xffff));
    put64(w, WORLD_DEVICES + 4 * 8, dte(0, WORLD_ITT, 32));
    put64(w, WORLD_COLLECTIONS + 8, cte(77, 1));
    int err;
    struct world *to = world_move(w, &err);
    ck_assert_msg(to != NULL, "error %d", err);
    rig_expect_eq(gic_its_msi(to->its, 3, 1), 0);
    rig_expect_eq(gic_its_msi(to->its, 3, 2), -ENOENT);
    rig_expect_eq(gic_its_msi(to->its, 4, 1), -ENOENT);
    world_destroy(w);
    world_destroy(to);
}
END_TEST

/* -- Registers -- */

static int its_get(struct world *w, uint64_t attr, uint64_t *value)
{
    return gic_its_attr_get(w->its, GIC_ATTR_ITS_REGS, attr, value);
}

static int its_set(struct world *w, uint64_t attr, uint64_t value)
{
    return gic_its_attr_set(w->its, GIC_ATTR_ITS_REGS, attr, value);
}

START_TEST(its_registers_are_whole_and_aligned)
{
    struct world *w = ready_world(0);
    uint64_t value;

    rig_expect_eq(its_get(w, 0x80, &value), 0);
    rig_expect_eq(value, VALID | WORLD_QUEUE);
    rig_expect_eq(its_get(w, 0x84, &value), -EINVAL);
    rig_expect_eq(its_get(w, 0x4, &value), 0);
    rig_expect_eq(its_get(w, 0xffe8, &value), 0);
    rig_expect_eq(its_get(w, 0x200, &value), -ENXIO);
    rig_expect_eq(its_set(w, 0x10040, 1), -ENXIO); /* TRANSLATER */
    rig_expect_eq(its_set(w, 0x8, 0), 0);          /* TYPER: ignored */
    rig_expect_eq(its_set(w, 0x4, 0x4b00043b), 0); /* KVM's, ABI revision 0 */
    rig_expect_eq(its_set(w, 0x4, 0x4b00143b), -EINVAL);
    rig_expect_eq(its_get(w, 0x4, &value), 0);
    rig_expect_eq(value >> 12 & 0xf, 0);
    world_destroy(w);
}
END_TEST

START_TEST(creadr_is_written_behind_cbaser_and_commands_are_not_run_again)
{
    struct world *w = ready_world(0);
    uint64_t value;

    rig_expect_eq(its_set(w, 0x80, VALID | WORLD_QUEUE), 0);
    rig_expect_eq(its_set(w, 0x90, 0x1000), -EINVAL); /* beyond the queue */
    rig_expect_eq(its_set(w, 0x88, 0x1000), -EINVAL);
    rig_expect_eq(its_set(w, 0x90, 0x40), 0);
    rig_expect_eq(its_set(w, 0x88, 0x60), 0);
    rig_expect_eq(its_get(w, 0x90, &value), 0);
    rig_expect_eq(value, 0x40);
    uint64_t lost[4] = {9, 0, VALID | 1 << 16 | 7, 0}, run[4] = {9, 0, VALID | 2 << 16 | 8, 0};
    memcpy(w->memory + WORLD_QUEUE + 0x20, lost, sizeof(lost));
    memcpy(w->memory + WORLD_QUEUE + 0x40, run, sizeof(run));
    rig_expect_eq(its_set(w, 0, 1), 0);
    rig_expect_eq(its_get(w, 0x90, &value), 0);
    rig_expect_eq(value, 0x60);
    rig_expect_eq(get64(w, WORLD_COLLECTIONS + 7 * 8), 0);
    rig_expect_eq(get64(w, WORLD_COLLECTIONS + 8 * 8), cte(2, 8));
    world_destroy(w);
}
END_TEST

START_TEST(a_reset_its_is_as_it_was_created)
{
    struct world *w = open_world(0);
    uint64_t value;

    rig_expect_eq(control(w, GIC_ATTR_ITS_RESET), 0);
    rig_expect_eq(its_get(w, 0, &value), 0);
    rig_expect_eq(value, 1u << 31); /* quiescent, not enabled */
    rig_expect_eq(its_get(w, 0x80, &value), 0);
    rig_expect_eq(value, 0);
    rig_expect_eq(its_get(w, 0x100, &value), 0);
    rig_expect_eq(value >> 63, 0);
    rig_expect_eq(control(w, GIC_ATTR_SAVE_PENDING_TABLES), -ENXIO); /* the GIC's */
    rig_expect_eq(gic_its_attr_has(w->its, GIC_ATTR_CTRL, GIC_ATTR_ITS_RESET), 0);
    rig_expect_eq(gic_its_attr_set(w->its, GIC_ATTR_ADDR, 2, 0), -ENODEV);
    rig_expect_eq(gic_its_attr_set(w->its, GIC_ATTR_ADDR, GIC_ATTR_ADDR_ITS, 0x8080000), 0);
    rig_expect_eq(gic_its_attr_set(w->its, GIC_ATTR_ADDR, GIC_ATTR_ADDR_ITS, 0x8080000), -EEXIST);
    world_destroy(w);
}
END_TEST

START_TEST(collections_in_hardware_are_attributes)
{
    struct world *w = open_world(WORLD_HCC);
    uint64_t value;

    mapc(w, 1, 2, true);
    mapd(w, 3, WORLD_ITT, 5);
    mapti(w, 3, 1, 8200, 1);
    rig_expect_eq(gic_its_attr_get(w->its, GIC_ATTR_ITS_COLLECTIONS, 1, &value), 0);
    rig_expect_eq(value, cte(2, 1));
    rig_expect_eq(gic_its_attr_get(w->its, GIC_ATTR_ITS_COLLECTIONS, 2, &value), -ENXIO);
    rig_expect_eq(gic_its_attr_set(w->its, GIC_ATTR_ITS_COLLECTIONS, 0, cte(3, 0)), -EINVAL);
    int err;
    struct world *to = world_move(w, &err);
    ck_assert_ptr_nonnull(to);
    rig_expect_eq(gic_its_msi(to->its, 3, 1), 0);
    ck_assert(is_pending(to, 2, 8200));
    world_destroy(w);
    world_destroy(to);
}
END_TEST

/* -- Pending tables -- */

START_TEST(pending_tables_are_written_while_lpis_stay_enabled)
{
    struct world *w = open_world(0);
    uint32_t table = WORLD_PEND + 0x10000;

    memset(w->memory + table, 0x5a, 0x400); /* INTIDs that are no LPIs */
    gic_redist_write(w->gic, 1, 1, true, 0x40, 8, 8192 + 77);
    gic_redist_write(w->gic, 1, 1, true, 0x40, 8, 8192 + 100);
    gic_redist_write(w->gic, 1, 1, true, 0x48, 8, 8192 + 100);
    w->memory[table + 0x400 + 300] = 0xff; /* left from before */
    rig_expect_eq(gic_attr_set(w->gic, GIC_ATTR_CTRL, GIC_ATTR_SAVE_PENDING_TABLES, 0), 0);
    for (unsigned i = 0; i < 0x400; i++)
        rig_expect_eq(w->memory[table + i], 0x5a);
    for (unsigned i = 0x400; i < 0x800; i++)
        rig_expect_eq(w->memory[table + i], i == 0x400 + 77 / 8 ? 1u << 77 % 8 : 0);
    uint64_t ctlr;
    gic_redist_read(w->gic, 1, 1, true, 0, 4, &ctlr);
    rig_expect_eq(ctlr & 1, 1);
    ck_assert(is_pending(w, 1, 8192 + 77));
    world_destroy(w);
}
END_TEST

START_TEST(pending_lpis_are_delivered_by_the_new_gic)
{
    struct world *w = open_world(0);

    mapc(w, 0, 2, true);
    mapd(w, 3, WORLD_ITT, 5);
    for (unsigned i = 0; i < 32; i++) {
        mapti(w, 3, i, 8192 + i, 0);
        rig_expect_eq(gic_its_msi(w->its, 3, i), 0);
    }
    int err;
    struct world *to = world_move(w, &err);
    ck_assert_ptr_nonnull(to);
    ck_assert(to->lines[2][GIC_LINE_IRQ]);
    unsigned taken = 0;
    const struct gic_sysreg *iar = rig_sysreg("ICC_IAR1_EL1"), *eoir = rig_sysreg("ICC_EOIR1_EL1");
    while (to->lines[2][GIC_LINE_IRQ] && taken < 100) {
        uint64_t intid = gic_sysreg_read(to->gic, 2, iar, &to->pe[2]);
        rig_expect_eq(intid, gic_sysreg_read(w->gic, 2, iar, &w->pe[2]));
        gic_sysreg_write(to->gic, 2, eoir, &to->pe[2], intid);
        gic_sysreg_write(w->gic, 2, eoir, &w->pe[2], intid);
        taken++;
    }
    ck_assert_uint_eq(taken, 32);
    world_destroy(w);
    world_destroy(to);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("its save");

    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, saved_entries_say_how_far_the_next_is);
    tcase_add_test(tc, saved_collections_are_a_list_with_an_end);
    tcase_add_test(tc, distances_are_capped);
    tcase_add_test(tc, second_level_pages_are_walked_and_absent_ones_passed_over);
    tcase_add_test(tc, an_its_that_was_saved_goes_on);
    tcase_add_test(tc, a_list_does_not_outlive_its_table);
    tcase_add_test(tc, tables_that_kvm_saved_are_taken);
    tcase_add_loop_test(tc, tables_that_contradict_themselves_are_refused, 0,
                        sizeof(breakages) / sizeof(breakages[0]));
    tcase_add_test(tc, tables_outside_of_memory_are_efault);
    tcase_add_test(tc, a_walk_without_end_is_given_up);
    tcase_add_test(tc, what_a_guest_scribbles_into_tables_is_not_saved);
    tcase_add_test(tc, its_registers_are_whole_and_aligned);
    tcase_add_test(tc, creadr_is_written_behind_cbaser_and_commands_are_not_run_again);
    tcase_add_test(tc, a_reset_its_is_as_it_was_created);
    tcase_add_test(tc, collections_in_hardware_are_attributes);
    tcase_add_test(tc, pending_tables_are_written_while_lpis_stay_enabled);
    tcase_add_test(tc, pending_lpis_are_delivered_by_the_new_gic);
    return suite_run_case("saving an ITS", tc);
}
