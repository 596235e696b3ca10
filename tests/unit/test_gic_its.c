/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * LPIs and the ITS, with tables in a small guest memory (IHI 0069 5).
 */
#include <errno.h>
#include <stdio.h>

#include "tests/unit/test_gic_rig.h"
#include "tests/guest_memory.h"

enum {
    MEM_BYTES = 1 << 22,
    PROP = 0x10000,     /* configuration table */
    PEND = 0x40000,     /* pending tables, 64 KiB each */
    DEVICES = 0x100000, /* device table */
    COLLECTIONS = 0x120000,
    QUEUE = 0x130000,
    ITT = 0x140000, /* 0x1000 per device */
    ID_BITS = 16
};

struct bench {
    struct rig *r;
    struct gic_its *its;
    uint32_t cwriter;
};

static uint8_t memory[MEM_BYTES];

static int mem_read(void *opaque, uint64_t address, void *buffer, size_t size)
{
    (void)opaque;
    return guest_memory_read(memory, MEM_BYTES, address, buffer, size);
}

static int mem_write(void *opaque, uint64_t address, const void *buffer, size_t size)
{
    (void)opaque;
    return guest_memory_write(memory, MEM_BYTES, address, buffer, size);
}

static uint64_t its_get(struct bench *b, uint32_t offset, unsigned size)
{
    uint64_t value;

    gic_its_read(b->its, 0, offset, size, &value);
    return value;
}

static void its_set(struct bench *b, uint32_t offset, unsigned size, uint64_t value)
{
    gic_its_write(b->its, 0, offset, size, value);
}

static uint64_t get64(uint32_t at)
{
    uint64_t value;

    memcpy(&value, memory + at, sizeof(value));
    return value;
}

static void put64(uint32_t at, uint64_t value)
{
    memcpy(memory + at, &value, sizeof(value));
}

/* Enabled LPIs everywhere; all configuration bytes enabled with priority 0xa0. */
static void enable_lpis(struct rig *r)
{
    memset(memory + PROP, 0xa1, (1 << ID_BITS) - 8192);
    for (unsigned i = 0; i < RIG_VCPUS; i++) {
        rig_redist_set(r, i, true, 0x70, 8, PROP | (ID_BITS - 1));
        rig_redist_set(r, i, true, 0x78, 8, PEND + i * 0x10000u);
        rig_redist_set(r, i, true, 0, 4, 1);
    }
}

static struct gic_config lpi_config(void)
{
    struct gic_config config = rig_config();

    config.lpi_id_bits = ID_BITS;
    config.memory_read = mem_read;
    config.memory_write = mem_write;
    return config;
}

static struct bench bench_with(struct gic_config config, struct gic_its_config its)
{
    struct bench b = {0};
    const char *why = "";

    memset(memory, 0, sizeof(memory));
    b.r = rig_open(config);
    enable_lpis(b.r);
    ck_assert_msg(gic_its_create(b.r->gic, &its, &b.its, &why) == 0, "%s", why);
    its_set(&b, 0x100, 8, 1ull << 63 | DEVICES | 0x0f); /* 16 pages of 4 KiB */
    its_set(&b, 0x108, 8, 1ull << 63 | COLLECTIONS);
    its_set(&b, 0x80, 8, 1ull << 63 | QUEUE);
    its_set(&b, 0, 4, 1);
    return b;
}

static struct bench bench(void)
{
    return bench_with(lpi_config(), (struct gic_its_config){.device_id_bits = 16});
}

static void command(struct bench *b, uint64_t d0, uint64_t d1, uint64_t d2, uint64_t d3)
{
    uint64_t dw[4] = {d0, d1, d2, d3};

    memcpy(memory + QUEUE + b->cwriter, dw, sizeof(dw));
    b->cwriter = (b->cwriter + 32) % 0x1000;
    its_set(b, 0x88, 8, b->cwriter);
}

static void mapd(struct bench *b, uint32_t device, unsigned bits, bool valid)
{
    command(b, 0x08 | (uint64_t)device << 32, bits - 1,
            (uint64_t)valid << 63 | (ITT + device * 0x1000u), 0);
}

static void mapc(struct bench *b, unsigned collection, unsigned vcpu, bool valid)
{
    command(b, 0x09, 0, (uint64_t)valid << 63 | (uint64_t)vcpu << 16 | collection, 0);
}

static void mapti(struct bench *b, uint32_t device, uint32_t event, uint32_t lpi, unsigned coll)
{
    command(b, 0x0a | (uint64_t)device << 32, (uint64_t)lpi << 32 | event, coll, 0);
}

static void by_event(struct bench *b, unsigned opcode, uint32_t device, uint32_t event, unsigned c)
{
    command(b, opcode | (uint64_t)device << 32, event, c, 0);
}

enum { MOVI = 1, INT = 3, CLEAR = 4, INV = 0xc, INVALL = 0xd, MOVALL = 0xe, DISCARD = 0xf };

/* Device 2, event 20, LPI 8195, collection 3 at vCPU 3; another collection at vCPU 1. */
static struct bench mapped(void)
{
    struct bench b = bench();

    mapc(&b, 3, 3, true);
    mapc(&b, 1, 1, true);
    mapd(&b, 2, 6, true);
    mapti(&b, 2, 20, 8195, 3);
    return b;
}

static uint64_t ack(struct bench *b, unsigned vcpu)
{
    uint64_t intid = rig_get(b->r, vcpu, "ICC_IAR1_EL1");

    if (intid != 1023)
        rig_set(b->r, vcpu, "ICC_EOIR1_EL1", intid);
    return intid;
}

START_TEST(a_message_becomes_an_lpi_at_its_collections_target)
{
    struct bench b = mapped();

    ck_assert_int_eq(gic_its_msi(b.its, 2, 20), 0);
    ck_assert(b.r->lines[3][GIC_LINE_IRQ] && !b.r->lines[1][GIC_LINE_IRQ]);
    ck_assert_uint_eq(rig_get(b.r, 3, "ICC_IAR1_EL1"), 8195);
    ck_assert_uint_eq(rig_get(b.r, 3, "ICC_RPR_EL1"), 0xa0);
    ck_assert_int_eq(gic_its_msi(b.its, 2, 20), 0); /* no active state: pending again at once */
    ck_assert_uint_eq(rig_get(b.r, 3, "ICC_HPPIR1_EL1"), 8195);
    rig_set(b.r, 3, "ICC_EOIR1_EL1", 8195);
    ck_assert_uint_eq(ack(&b, 3), 8195);
    ck_assert_uint_eq(ack(&b, 3), 1023);
    rig_destroy(b.r);
}
END_TEST

START_TEST(lpis_are_gated_by_enablelpis_and_the_non_secure_group)
{
    struct bench b = mapped();

    rig_dist_set(b.r, true, 0, 4, 1);
    gic_its_msi(b.its, 2, 20);
    ck_assert(!b.r->lines[3][GIC_LINE_IRQ]);
    rig_dist_set(b.r, true, 0, 4, 3);
    ck_assert(b.r->lines[3][GIC_LINE_IRQ]);
    rig_redist_set(b.r, 3, true, 0, 4, 0);
    ck_assert(!b.r->lines[3][GIC_LINE_IRQ]);
    ck_assert_int_eq(gic_its_msi(b.its, 2, 20), -ENOENT);
    rig_destroy(b.r);
}
END_TEST

START_TEST(pending_lpis_go_to_memory_when_disabled_and_come_back_when_enabled)
{
    struct bench b = mapped();

    gic_its_msi(b.its, 2, 20);
    rig_redist_set(b.r, 3, true, 0, 4, 0);
    ck_assert_uint_eq(memory[PEND + 3 * 0x10000 + 8195 / 8], 1u << 8195 % 8);
    memory[PEND + 3 * 0x10000 + 9000 / 8] |= 1u << 9000 % 8;
    rig_redist_set(b.r, 3, true, 0, 4, 1);
    ck_assert_uint_eq(ack(&b, 3), 8195);
    ck_assert_uint_eq(ack(&b, 3), 9000);
    ck_assert_uint_eq(ack(&b, 3), 1023);
    rig_destroy(b.r);
}
END_TEST

START_TEST(ptz_says_that_the_pending_table_is_zero_once)
{
    struct bench b = mapped();

    rig_redist_set(b.r, 3, true, 0, 4, 0);
    memory[PEND + 3 * 0x10000 + 9000 / 8] |= 1u << 9000 % 8;
    rig_redist_set(b.r, 3, true, 0x78, 8, 1ull << 62 | (PEND + 3 * 0x10000));
    ck_assert_uint_eq(rig_redist(b.r, 3, true, 0x78, 8), PEND + 3 * 0x10000);
    rig_redist_set(b.r, 3, true, 0, 4, 1);
    ck_assert_uint_eq(ack(&b, 3), 1023);
    gic_its_msi(b.its, 2, 20);
    rig_redist_set(b.r, 3, true, 0, 4, 0);
    rig_redist_set(b.r, 3, true, 0, 4, 1);
    ck_assert_uint_eq(ack(&b, 3), 8195);
    rig_destroy(b.r);
}
END_TEST

START_TEST(table_registers_are_frozen_while_lpis_are_enabled)
{
    struct bench b = mapped();
    uint64_t prop = rig_redist(b.r, 0, true, 0x70, 8), pend = rig_redist(b.r, 0, true, 0x78, 8);

    rig_redist_set(b.r, 0, true, 0x70, 8, 0);
    rig_redist_set(b.r, 0, true, 0x78, 8, 0);
    ck_assert_uint_eq(rig_redist(b.r, 0, true, 0x70, 8), prop);
    ck_assert_uint_eq(rig_redist(b.r, 0, true, 0x78, 8), pend);
    its_set(&b, 0x100, 8, 0);
    its_set(&b, 0x80, 8, 0);
    ck_assert_uint_ne(its_get(&b, 0x100, 8) >> 63, 0);
    ck_assert_uint_ne(its_get(&b, 0x80, 8) >> 63, 0);
    rig_destroy(b.r);
}
END_TEST

START_TEST(lpi_priority_is_the_non_secure_half_with_two_security_states)
{
    struct gic_config config = lpi_config();
    config.has_el3 = config.two_security_states = true;
    struct bench b = bench_with(config, (struct gic_its_config){0});

    b.r->pe[3] = (struct gic_pe_state){.el = 3, .secure = true};
    rig_set(b.r, 3, "ICC_IGRPEN1_EL3", 3);
    mapc(&b, 3, 3, true);
    mapd(&b, 2, 6, true);
    mapti(&b, 2, 20, 8195, 3);
    memory[PROP + 3] = 0x41;
    gic_its_msi(b.its, 2, 20);
    ck_assert_uint_eq(rig_get(b.r, 3, "ICC_IAR1_EL1"), 8195);
    ck_assert_uint_eq(rig_get(b.r, 3, "ICC_RPR_EL1"), 0x80 | 0x40 >> 1);
    rig_destroy(b.r);
}
END_TEST

START_TEST(a_configuration_change_counts_after_inv_or_invall)
{
    struct bench b = mapped();

    memory[PROP + 3] = 0xa0;
    by_event(&b, INV, 2, 20, 0);
    by_event(&b, INT, 2, 20, 0);
    ck_assert(!b.r->lines[3][GIC_LINE_IRQ]);
    memory[PROP + 3] = 0xa1;
    by_event(&b, INT, 2, 20, 0);
    ck_assert(!b.r->lines[3][GIC_LINE_IRQ]);
    command(&b, INVALL, 0, 3, 0);
    ck_assert_uint_eq(ack(&b, 3), 8195);
    by_event(&b, INT, 2, 20, 0);
    ck_assert(b.r->lines[3][GIC_LINE_IRQ]);
    memory[PROP + 3] = 0x41;
    by_event(&b, INV, 2, 20, 0);
    ck_assert_uint_eq(rig_get(b.r, 3, "ICC_IAR1_EL1"), 8195);
    ck_assert_uint_eq(rig_get(b.r, 3, "ICC_RPR_EL1"), 0x40);
    rig_destroy(b.r);
}
END_TEST

START_TEST(invlpir_and_invallr_do_the_same_for_one_redistributor)
{
    struct bench b = mapped();

    ck_assert_uint_eq(rig_redist(b.r, 3, true, 0, 4) & 7, 7); /* IR, CES, EnableLPIs */
    gic_its_msi(b.its, 2, 20);
    memory[PROP + 3] = 0xa0;
    rig_redist_set(b.r, 3, true, 0xa0, 8, 8195);
    ck_assert(!b.r->lines[3][GIC_LINE_IRQ]);
    memory[PROP + 3] = 0xa1;
    rig_redist_set(b.r, 3, true, 0xb0, 8, 0);
    ck_assert(b.r->lines[3][GIC_LINE_IRQ]);
    ck_assert_uint_eq(rig_redist(b.r, 3, true, 0xc0, 4), 0);
    rig_destroy(b.r);
}
END_TEST

START_TEST(direct_lpis_need_no_its)
{
    struct gic_config config = lpi_config();
    config.direct_lpi = true;
    struct bench b = bench_with(config, (struct gic_its_config){0});

    ck_assert_uint_eq(rig_redist(b.r, 0, true, 8, 8) >> 3 & 1, 1);
    rig_redist_set(b.r, 0, true, 0x40, 8, 8200);
    rig_redist_set(b.r, 0, true, 0x40, 8, 8201);
    rig_redist_set(b.r, 0, true, 0x40, 8, 40);
    rig_redist_set(b.r, 0, true, 0x48, 8, 8200);
    ck_assert_uint_eq(ack(&b, 0), 8201);
    ck_assert_uint_eq(ack(&b, 0), 1023);
    rig_destroy(b.r);
}
END_TEST

START_TEST(movi_carries_pending)
{
    struct bench b = mapped();

    gic_its_msi(b.its, 2, 20);
    by_event(&b, MOVI, 2, 20, 1);
    ck_assert(!b.r->lines[3][GIC_LINE_IRQ]);
    ck_assert_uint_eq(ack(&b, 1), 8195);
    gic_its_msi(b.its, 2, 20);
    ck_assert_uint_eq(ack(&b, 1), 8195);
    rig_destroy(b.r);
}
END_TEST

/* Its redistributor ignores what concerns LPIs; it must not be lost on the way. */
START_TEST(movi_and_movall_leave_pending_lpis_where_they_are_if_the_target_takes_none)
{
    struct bench b = mapped();

    gic_its_msi(b.its, 2, 20);
    rig_redist_set(b.r, 1, true, 0, 4, 0);
    by_event(&b, MOVI, 2, 20, 1);
    ck_assert_uint_eq(rig_get(b.r, 3, "ICC_HPPIR1_EL1"), 8195);
    command(&b, MOVALL, 0, 3ull << 16, 1ull << 16);
    ck_assert_uint_eq(rig_get(b.r, 3, "ICC_HPPIR1_EL1"), 8195);
    mapti(&b, 2, 21, 20000, 3);
    gic_its_msi(b.its, 2, 21);
    uint64_t propbaser = rig_redist(b.r, 1, true, 0x70, 8) & ~0x1full;
    rig_redist_set(b.r, 1, true, 0x70, 8, propbaser | 13); /* up to 16383 */
    rig_redist_set(b.r, 1, true, 0, 4, 1);
    by_event(&b, MOVI, 2, 21, 1);
    command(&b, MOVALL, 0, 3ull << 16, 1ull << 16);
    ck_assert_uint_eq(ack(&b, 3), 20000);
    ck_assert_uint_eq(ack(&b, 3), 1023);
    ck_assert_uint_eq(ack(&b, 1), 8195);
    rig_destroy(b.r);
}
END_TEST

START_TEST(movall_carries_everything_pending)
{
    struct bench b = mapped();

    for (uint32_t e = 0; e < 8; e++) {
        mapti(&b, 2, e, 8192 + e * 5000, 3);
        gic_its_msi(b.its, 2, e);
    }
    command(&b, MOVALL, 0, 3ull << 16, 1ull << 16);
    ck_assert(!b.r->lines[3][GIC_LINE_IRQ]);
    for (uint32_t e = 0; e < 8; e++)
        ck_assert_uint_eq(ack(&b, 1), 8192 + e * 5000);
    ck_assert_uint_eq(ack(&b, 1), 1023);
    rig_destroy(b.r);
}
END_TEST

START_TEST(discard_clears_pending_and_the_mapping)
{
    struct bench b = mapped();

    gic_its_msi(b.its, 2, 20);
    by_event(&b, DISCARD, 2, 20, 0);
    ck_assert(!b.r->lines[3][GIC_LINE_IRQ]);
    ck_assert_int_eq(gic_its_msi(b.its, 2, 20), -ENOENT);
    rig_destroy(b.r);
}
END_TEST

START_TEST(clear_takes_pending_away)
{
    struct bench b = mapped();

    gic_its_msi(b.its, 2, 20);
    by_event(&b, CLEAR, 2, 20, 0);
    ck_assert(!b.r->lines[3][GIC_LINE_IRQ]);
    ck_assert_int_eq(gic_its_msi(b.its, 2, 20), 0);
    rig_destroy(b.r);
}
END_TEST

START_TEST(an_unmapped_device_or_collection_delivers_nothing)
{
    struct bench b = mapped();

    mapc(&b, 3, 0xffff, false); /* RDbase is ignored with Valid 0 */
    ck_assert_int_eq(gic_its_msi(b.its, 2, 20), -ENOENT);
    mapc(&b, 3, 3, true);
    ck_assert_int_eq(gic_its_msi(b.its, 2, 20), 0);
    mapd(&b, 2, 6, false);
    ck_assert_int_eq(gic_its_msi(b.its, 2, 20), -ENOENT);
    ck_assert_uint_eq(b.r->events[GIC_EVENT_GUEST_ERROR], 2);
    rig_destroy(b.r);
}
END_TEST

/* True if the command was refused. */
static bool refused(struct bench *b, uint64_t d0, uint64_t d1, uint64_t d2)
{
    unsigned before = b->r->events[GIC_EVENT_GUEST_ERROR];

    command(b, d0, d1, d2, 0);
    return b->r->events[GIC_EVENT_GUEST_ERROR] != before;
}

START_TEST(ids_are_checked_to_the_last_one)
{
    struct bench b = mapped();
    uint64_t dev2 = 2ull << 32, v = 1ull << 63;

    ck_assert(!refused(&b, 0x08 | 8191ull << 32, 4, v | ITT)); /* 64 KiB of 8-byte entries */
    ck_assert(refused(&b, 0x08 | 8192ull << 32, 4, v | ITT));
    ck_assert(refused(&b, 0x08 | 65536ull << 32, 4, v | ITT));
    ck_assert(refused(&b, 0x08 | dev2, 16, v | ITT)); /* more events than GITS_TYPER.ID_bits */
    ck_assert(!refused(&b, 0x0a | dev2, 63ull | 8192ull << 32, 3));
    ck_assert(refused(&b, 0x0a | dev2, 64ull | 8192ull << 32, 3));
    ck_assert(refused(&b, 0x0a | dev2, 0ull | 8191ull << 32, 3));
    ck_assert(refused(&b, 0x0a | dev2, 0ull | 1023ull << 32, 3));
    ck_assert(!refused(&b, 0x0a | dev2, 0ull | 65535ull << 32, 3));
    ck_assert(refused(&b, 0x0a | dev2, 0ull | 65536ull << 32, 3));
    ck_assert(!refused(&b, 0x0a | dev2, 0ull | 8192ull << 32, 511));
    ck_assert(refused(&b, 0x0a | dev2, 0ull | 8192ull << 32, 512));
    ck_assert(!refused(&b, 0x09, 0, v | 3ull << 16));
    ck_assert(refused(&b, 0x09, 0, v | 4ull << 16));
    ck_assert(refused(&b, 0x0b | dev2, 20, 3)); /* MAPI: INTID 20 is no LPI */
    ck_assert(refused(&b, 0x29, 0, 0));         /* no GICv4 */
    ck_assert(refused(&b, 0xff, 0, 0));
    rig_destroy(b.r);
}
END_TEST

START_TEST(cbaser_write_zeroes_creadr_and_the_queue_wraps)
{
    struct bench b = mapped();

    for (unsigned i = 0; i < 300; i++)
        command(&b, 5, 0, 0, 0);
    ck_assert_uint_eq(its_get(&b, 0x90, 8), b.cwriter);
    gic_its_msi(b.its, 2, 20);
    ck_assert_uint_eq(ack(&b, 3), 8195);
    ck_assert_uint_ne(b.cwriter, 0);
    its_set(&b, 0, 4, 0);
    ck_assert_uint_eq(its_get(&b, 0, 4), 1u << 31);
    its_set(&b, 0x80, 8, 1ull << 63 | QUEUE);
    ck_assert_uint_eq(its_get(&b, 0x90, 8), 0);
    ck_assert_uint_eq(its_get(&b, 0x88, 8), 0);
    ck_assert_int_eq(gic_its_msi(b.its, 2, 20), -ENOENT);
    rig_destroy(b.r);
}
END_TEST

/* What keeps a guest from holding up its host with a queue full of slow commands. */
START_TEST(a_long_queue_is_carried_out_in_steps)
{
    struct bench b = mapped();

    its_set(&b, 0, 4, 0);
    its_set(&b, 0x80, 8, 1ull << 63 | QUEUE | 3); /* 16 KiB: 512 commands */
    for (unsigned i = 0; i < 400; i++)
        put64(QUEUE + i * 32, 5); /* SYNC */
    for (unsigned i = 1; i < 4; i++)
        put64(QUEUE + 399 * 32 + i * 8, 0);
    put64(QUEUE + 399 * 32, 0x03 | 2ull << 32); /* INT */
    put64(QUEUE + 399 * 32 + 8, 20);
    its_set(&b, 0, 4, 1);
    its_set(&b, 0x88, 8, 400 * 32);
    ck_assert(gic_its_busy(b.its));
    ck_assert_uint_eq(ack(&b, 3), 1023);
    gic_its_step(b.its);
    ck_assert(!gic_its_busy(b.its));
    ck_assert_uint_eq(ack(&b, 3), 8195);
    rig_destroy(b.r);
}
END_TEST

START_TEST(cwriter_beyond_the_queue_is_ignored)
{
    struct bench b = mapped();

    its_set(&b, 0x88, 8, 0x1000);
    ck_assert_uint_eq(its_get(&b, 0x88, 8), b.cwriter);
    rig_destroy(b.r);
}
END_TEST

START_TEST(a_bad_command_stalls_if_so_configured_until_retried)
{
    struct bench b = bench_with(lpi_config(), (struct gic_its_config){.stall_on_error = true});

    mapc(&b, 3, 3, true);
    mapti(&b, 2, 20, 8195, 3); /* device not mapped */
    ck_assert_uint_eq(its_get(&b, 0x90, 8), 32 | 1);
    command(&b, 5, 0, 0, 0);
    ck_assert_uint_eq(its_get(&b, 0x90, 8), 32 | 1);
    put64(QUEUE + 32, 0x08 | 2ull << 32); /* software mends it: MAPD */
    put64(QUEUE + 40, 5);
    put64(QUEUE + 48, 1ull << 63 | ITT);
    its_set(&b, 0x88, 8, b.cwriter | 1);
    ck_assert_uint_eq(its_get(&b, 0x90, 8), b.cwriter);
    rig_destroy(b.r);
}
END_TEST

START_TEST(a_queue_outside_memory_stalls)
{
    struct bench b = bench();

    its_set(&b, 0, 4, 0);
    its_set(&b, 0x80, 8, 1ull << 63 | 0x100000000);
    its_set(&b, 0, 4, 1);
    its_set(&b, 0x88, 8, 32);
    ck_assert_uint_eq(its_get(&b, 0x90, 8), 1);
    rig_destroy(b.r);
}
END_TEST

START_TEST(commands_take_as_long_as_the_chooser_says_and_quiescent_shows_it)
{
    struct bench b = mapped();

    b.r->next_choice = 3;
    by_event(&b, INT, 2, 20, 0);
    ck_assert(!b.r->lines[3][GIC_LINE_IRQ]);
    ck_assert(gic_its_busy(b.its));
    ck_assert_uint_eq(its_get(&b, 0, 4) >> 31, 0);
    its_get(&b, 0x90, 8);
    ck_assert(!b.r->lines[3][GIC_LINE_IRQ]);
    gic_its_step(b.its);
    ck_assert(b.r->lines[3][GIC_LINE_IRQ]);
    ck_assert(!gic_its_busy(b.its));
    ck_assert_uint_eq(its_get(&b, 0, 4) >> 31, 1);
    b.r->next_choice = 1;
    its_set(&b, 0, 4, 0);
    ck_assert_uint_eq(its_get(&b, 0, 4) >> 31, 0);
    ck_assert_uint_eq(its_get(&b, 0, 4) >> 31, 1);
    rig_destroy(b.r);
}
END_TEST

START_TEST(two_level_device_tables_reach_far_devices)
{
    struct bench b = bench();

    its_set(&b, 0, 4, 0);
    its_set(&b, 0x100, 8, 3ull << 62 | DEVICES); /* Indirect: 512 pages of 512 entries */
    put64(DEVICES + 127 * 8, 1ull << 63 | 0x200000);
    its_set(&b, 0, 4, 1);
    mapc(&b, 0, 2, true);
    ck_assert(!refused(&b, 0x08 | 65535ull << 32, 4, 1ull << 63 | ITT));
    ck_assert_uint_eq(get64(0x200000 + 511 * 8) >> 63, 1);
    mapti(&b, 65535, 31, 9999, 0);
    ck_assert_int_eq(gic_its_msi(b.its, 65535, 31), 0);
    ck_assert_uint_eq(ack(&b, 2), 9999);
    ck_assert(refused(&b, 0x08, 4, 1ull << 63 | ITT)); /* its second level is not there */
    rig_destroy(b.r);
}
END_TEST

START_TEST(hardware_collections_need_no_table)
{
    struct bench b =
        bench_with(lpi_config(), (struct gic_its_config){.hardware_collections = RIG_VCPUS + 1});

    ck_assert_uint_eq(its_get(&b, 8, 8) >> 24 & 0xff, RIG_VCPUS + 1);
    its_set(&b, 0, 4, 0);
    its_set(&b, 0x108, 8, 0);
    its_set(&b, 0, 4, 1);
    mapc(&b, 4, 2, true);
    mapd(&b, 2, 6, true);
    mapti(&b, 2, 20, 8195, 4);
    ck_assert_int_eq(gic_its_msi(b.its, 2, 20), 0);
    ck_assert_uint_eq(ack(&b, 2), 8195);
    ck_assert(refused(&b, 0x09, 0, 1ull << 63 | 5));
    rig_destroy(b.r);
}
END_TEST

START_TEST(tables_are_laid_out_as_kvm_saves_them)
{
    struct bench b = mapped();

    ck_assert_uint_eq(get64(DEVICES + 2 * 8), 1ull << 63 | (ITT + 0x2000ull) >> 8 << 5 | 5);
    ck_assert_uint_eq(get64(ITT + 0x2000 + 20 * 8), 8195ull << 16 | 3);
    ck_assert_uint_eq(get64(COLLECTIONS + 3 * 8), 1ull << 63 | 3ull << 16 | 3);
    rig_destroy(b.r);
}
END_TEST

START_TEST(registers_show_what_is_fixed)
{
    struct bench b = bench();

    ck_assert_uint_eq(its_get(&b, 0xffe8, 4) >> 4 & 0xf, 3);
    ck_assert_uint_eq(its_get(&b, 0x100, 8) >> 56 & 7, 1);
    ck_assert_uint_eq(its_get(&b, 0x108, 8) >> 56 & 7, 4);
    ck_assert_uint_eq(its_get(&b, 0x110, 8), 0);
    ck_assert_uint_eq(its_get(&b, 0x104, 4), its_get(&b, 0x100, 8) >> 32);
    ck_assert_uint_eq(its_get(&b, 8, 8) & 0xff, 0x71);
    ck_assert_uint_eq(its_get(&b, 8, 8) >> 8 & 0x1f, 15);
    ck_assert_uint_eq(its_get(&b, 8, 8) >> 13 & 0x1f, 15);
    ck_assert_uint_eq(rig_dist(b.r, true, 4, 4) >> 17 & 1, 1);
    ck_assert_uint_eq(rig_dist(b.r, true, 4, 4) >> 19 & 0x1f, ID_BITS - 1);
    rig_destroy(b.r);
}
END_TEST

START_TEST(tables_start_with_pages_of_64_kib)
{
    struct rig *r = rig_create(lpi_config());
    struct bench b = {.r = r};

    ck_assert_int_eq(gic_its_create(r->gic, &(struct gic_its_config){0}, &b.its, NULL), 0);
    ck_assert_uint_eq(its_get(&b, 0x100, 8), 1ull << 56 | 7ull << 48 | 2 << 8);
    ck_assert_uint_eq(its_get(&b, 0x108, 8), 4ull << 56 | 7ull << 48 | 2 << 8);
    its_set(&b, 0x100, 8, 1ull << 63 | DEVICES | 2 << 8);
    gic_reset(r->gic);
    ck_assert_uint_eq(its_get(&b, 0x100, 8), 1ull << 56 | 7ull << 48 | 2 << 8);
    rig_destroy(r);
}
END_TEST

START_TEST(eoi_of_an_lpi_touches_no_spi)
{
    struct bench b = mapped();

    mapti(&b, 2, 21, 13280, 3);
    rig_dist_set(b.r, true, IROUTER + 32 * 8, 8, 0xff);
    for (unsigned word = 1; word < 9; word++)
        rig_dist_set(b.r, true, ISACTIVER + word * 4, 4, ~0u);
    gic_its_msi(b.its, 2, 21);
    ck_assert_uint_eq(rig_get(b.r, 3, "ICC_IAR1_EL1"), 13280);
    rig_set(b.r, 3, "ICC_EOIR1_EL1", 13280);
    ck_assert_uint_eq(rig_get(b.r, 3, "ICC_RPR_EL1"), 0xff);
    for (unsigned word = 1; word < 9; word++)
        ck_assert_uint_eq(rig_dist(b.r, true, ISACTIVER + word * 4, 4), ~0u);
    ck_assert_uint_eq(rig_dist(b.r, true, IROUTER + 32 * 8, 8), 0xff);
    rig_destroy(b.r);
}
END_TEST

/* -- Explanations -- */

START_TEST(explanations_name_the_tables)
{
    struct bench b = mapped();
    struct gic_verdict v;

    memory[PROP + 3] = 0xa0;
    gic_its_msi(b.its, 2, 20);
    gic_explain(b.r->gic, 3, 8195, &b.r->pe[3], &v);
    ck_assert_int_eq(v.first_failed, GIC_GATE_ENABLED);
    ck_assert_str_eq(v.gates[GIC_GATE_ENABLED].reg, "GICR_PROPBASER");
    gic_explain(b.r->gic, 3, 8196, &b.r->pe[3], &v);
    ck_assert_int_eq(v.first_failed, GIC_GATE_PENDING);
    gic_explain(b.r->gic, 3, 70000, &b.r->pe[3], &v);
    ck_assert_int_eq(v.first_failed, GIC_GATE_IMPLEMENTED);
    rig_redist_set(b.r, 3, true, 0, 4, 0);
    gic_explain(b.r->gic, 3, 8195, &b.r->pe[3], &v);
    ck_assert_int_eq(v.first_failed, GIC_GATE_LPIS_ENABLED);
    rig_destroy(b.r);
}
END_TEST

/* -- Many LPIs, random order, against an array -- */

START_TEST(random_lpis_agree_with_an_array_of_pending_bits)
{
    static bool pending[1 << ID_BITS];
    struct gic_config config = lpi_config();
    config.direct_lpi = true;
    struct bench b = bench_with(config, (struct gic_its_config){0});
    uint64_t seed = 7;

    memset(pending, 0, sizeof(pending));
    for (uint32_t i = 8192; i < 1 << ID_BITS; i++)
        memory[PROP + i - 8192] = (uint8_t)(i % 7 * 8 | (i % 5 != 0));
    for (unsigned step = 0; step < 3000; step++) {
        seed = seed * 6364136223846793005ull + 1442695040888963407ull;
        uint32_t lpi = 8192 + (uint32_t)(seed >> 33) % (65536 - 8192);
        bool set = seed >> 62 != 0;
        rig_redist_set(b.r, 2, true, set ? 0x40 : 0x48, 8, lpi);
        pending[lpi] = set;
        uint32_t best = 1023;
        for (uint32_t i = 8192; i < 1 << ID_BITS; i++)
            if (pending[i] && i % 5 != 0 && (best == 1023 || i % 7 < best % 7))
                best = i;
        rig_expect_eq(rig_get(b.r, 2, "ICC_HPPIR1_EL1"), best);
        if (seed >> 60 == 1) {
            rig_expect_eq(ack(&b, 2), best);
            pending[best] = false;
        }
    }
    rig_destroy(b.r);
}
END_TEST

/* -- Save and restore: the GIC's state and memory are everything -- */

static void save(void *opaque, const char *name, void *data, size_t size_bytes)
{
    (void)name;
    fwrite(data, 1, size_bytes, opaque);
}

static void load(void *opaque, const char *name, void *data, size_t size_bytes)
{
    (void)name;
    rig_expect_eq(fread(data, 1, size_bytes, opaque), size_bytes);
}

START_TEST(pending_lpis_and_mappings_survive_save_and_restore)
{
    struct bench b = mapped();
    FILE *file = tmpfile();

    gic_its_msi(b.its, 2, 20);
    memory[PROP + 3] = 0xa0; /* not invalidated: the cached byte counts */
    gic_visit(b.r->gic, save, file);
    struct rig *other = rig_create(lpi_config());
    struct bench c = {.r = other, .cwriter = b.cwriter};
    ck_assert_int_eq(
        gic_its_create(other->gic, &(struct gic_its_config){.device_id_bits = 16}, &c.its, NULL),
        0);
    rewind(file);
    gic_visit(other->gic, load, file);
    gic_after_restore(other->gic);
    fclose(file);
    ck_assert(other->lines[3][GIC_LINE_IRQ]);
    ck_assert_uint_eq(ack(&c, 3), 8195);
    ck_assert_int_eq(gic_its_msi(c.its, 2, 20), 0);
    by_event(&c, MOVI, 2, 20, 1);
    ck_assert_uint_eq(ack(&c, 1), 1023); /* vCPU 1 reads the byte anew: disabled */
    rig_destroy(other);
    rig_destroy(b.r);
}
END_TEST

/* -- The gates between an event and its LPI -- */

struct event_answer {
    struct gic_verdict v;
    struct gic_event_target to;
};

static struct event_answer explain_event(struct bench *b, uint32_t device, uint32_t event)
{
    struct event_answer a;

    gic_its_explain(b->its, device, event, &a.v, &a.to);
    return a;
}

static void expect_event_gate(struct bench *b, uint32_t device, uint32_t event,
                              enum gic_event_gate_id gate, const char *reg)
{
    struct gic_verdict v = explain_event(b, device, event).v;

    ck_assert_msg(v.first_failed == gate, "failed at %u, not %u", v.first_failed, gate);
    ck_assert_str_eq(v.gates[gate].reg, reg);
    ck_assert(!v.signalled && v.gates[gate].advice[0] != '\0');
}

START_TEST(a_mapped_event_leads_to_its_lpi_and_vcpu)
{
    struct bench b = mapped();
    struct event_answer a = explain_event(&b, 2, 20);

    ck_assert(a.v.signalled);
    ck_assert_uint_eq(a.to.intid, 8195);
    ck_assert_uint_eq(a.to.vcpu, 3);
    rig_destroy(b.r);
}
END_TEST

START_TEST(each_step_of_a_translation_that_fails_is_named)
{
    struct bench b = mapped();

    expect_event_gate(&b, 0x10000, 0, GIC_EGATE_DEVICE_TABLE, "GITS_BASER0");
    expect_event_gate(&b, 3, 0, GIC_EGATE_DEVICE, "device table");
    expect_event_gate(&b, 2, 64, GIC_EGATE_EVENT_RANGE, "device table");
    expect_event_gate(&b, 2, 21, GIC_EGATE_EVENT, "interrupt translation table");
    mapc(&b, 3, 0, false);
    expect_event_gate(&b, 2, 20, GIC_EGATE_COLLECTION, "collection <n>");
    ck_assert_uint_eq(explain_event(&b, 2, 20).v.gates[GIC_EGATE_COLLECTION].reg_n, 3);
    its_set(&b, 0, 4, 0);
    expect_event_gate(&b, 2, 20, GIC_EGATE_ITS_ENABLED, "GITS_CTLR");
    rig_destroy(b.r);
}
END_TEST

START_TEST(a_stalled_queue_is_the_cause_of_what_is_not_mapped)
{
    struct bench b = bench_with(
        lpi_config(), (struct gic_its_config){.device_id_bits = 16, .stall_on_error = true});

    mapti(&b, 2, 20, 8195, 3); /* before its MAPD */
    mapd(&b, 2, 6, true);
    expect_event_gate(&b, 2, 20, GIC_EGATE_QUEUE, "GITS_CREADR");
    ck_assert_str_eq(explain_event(&b, 2, 20).v.gates[GIC_EGATE_QUEUE].field, "Stalled");
    rig_destroy(b.r);
}
END_TEST

/* xorshift64*: the same numbers on every machine. */
static uint64_t dice_next(uint64_t *state)
{
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return *state * 0x2545f4914f6cdd1dull;
}

START_TEST(explained_events_are_those_that_messages_of_work)
{
    struct bench b = bench();
    uint64_t seed = 7;
    unsigned works = 0;

    mapc(&b, 0, 2, true);
    for (unsigned i = 0; i < 3000; i++) {
        uint64_t dice = dice_next(&seed);
        uint32_t device = dice >> 8 & 3, event = dice >> 16 & 7;

        if ((dice & 7) == 0)
            mapd(&b, device, 1 + (dice >> 24 & 3), dice >> 32 & 7);
        else if ((dice & 7) == 1)
            mapti(&b, device, event, 8192 + (dice >> 24 & 63), dice >> 32 & 1);
        else if ((dice & 7) == 2)
            by_event(&b, DISCARD, device, event, 0);
        else if ((dice & 63) == 3)
            mapc(&b, dice >> 24 & 1, 1, dice >> 32 & 3);
        bool says = explain_event(&b, device, event).v.signalled;
        rig_expect_eq(gic_its_msi(b.its, device, event) == 0, says);
        works += says;
    }
    ck_assert_uint_gt(works, 300);
    ck_assert_uint_lt(works, 2700);
    rig_destroy(b.r);
}
END_TEST

/* -- An LPI's own gates -- */

static struct gic_verdict explain_lpi(struct bench *b, unsigned vcpu, uint32_t intid)
{
    struct gic_verdict v;

    gic_explain(b->r->gic, vcpu, intid, &b->r->pe[vcpu], &v);
    return v;
}

START_TEST(a_missing_inv_is_told_from_a_disabled_lpi)
{
    struct bench b = mapped();

    memory[PROP + 3] = 0xa0;
    by_event(&b, INV, 2, 20, 0);
    ck_assert_int_eq(gic_its_msi(b.its, 2, 20), 0);
    ck_assert_uint_eq(explain_lpi(&b, 3, 8195).first_failed, GIC_GATE_ENABLED);
    memory[PROP + 3] = 0xa1;
    struct gic_verdict v = explain_lpi(&b, 3, 8195);
    ck_assert_uint_eq(v.first_failed, GIC_GATE_LPI_CONFIGURATION);
    ck_assert_ptr_nonnull(strstr(v.gates[GIC_GATE_LPI_CONFIGURATION].advice, "INV missing"));
    by_event(&b, INV, 2, 20, 0);
    ck_assert(explain_lpi(&b, 3, 8195).signalled && b.r->lines[3][GIC_LINE_IRQ]);
    rig_destroy(b.r);
}
END_TEST

START_TEST(an_lpi_beyond_idbits_or_with_enablelpis_0_is_named)
{
    struct bench b = mapped();

    ck_assert_uint_eq(explain_lpi(&b, 3, 1u << ID_BITS).first_failed, GIC_GATE_IMPLEMENTED);
    rig_redist_set(b.r, 3, true, 0, 4, 0);
    ck_assert_uint_eq(explain_lpi(&b, 3, 8195).first_failed, GIC_GATE_LPIS_ENABLED);
    rig_destroy(b.r);
}
END_TEST

static struct bench unmapped_reports(void)
{
    struct gic_its_config config = {.device_id_bits = 16, .report_unmapped = true};

    return bench_with(lpi_config(), config);
}

START_TEST(an_unmapped_message_is_in_umsir_until_software_has_seen_it)
{
    struct bench b = unmapped_reports();

    ck_assert_uint_eq(its_get(&b, 0x8, 8) >> 44 & 1, 1);
    ck_assert_int_lt(gic_its_msi(b.its, 7, 9), 0);
    ck_assert_uint_eq(its_get(&b, 0x40, 4), 1 << 4);
    ck_assert_uint_eq(its_get(&b, 0x48, 8), 7ull << 32 | 9);
    ck_assert_int_lt(gic_its_msi(b.its, 8, 1), 0);
    ck_assert_uint_eq(its_get(&b, 0x40, 4), 1 << 4 | 1 << 5);
    ck_assert_uint_eq(its_get(&b, 0x48, 8), 7ull << 32 | 9);
    its_set(&b, 0x40, 4, 1 << 4 | 1 << 5);
    ck_assert_int_lt(gic_its_msi(b.its, 8, 1), 0);
    ck_assert_uint_eq(its_get(&b, 0x40, 4), 1 << 4);
    ck_assert_uint_eq(its_get(&b, 0x48, 8), 8ull << 32 | 1);
    rig_destroy(b.r);
}
END_TEST

START_TEST(without_umsi_unmapped_messages_leave_no_trace_in_registers)
{
    struct bench b = bench();

    ck_assert_int_lt(gic_its_msi(b.its, 7, 9), 0);
    ck_assert_uint_eq(its_get(&b, 0x40, 4), 0);
    ck_assert_uint_eq(its_get(&b, 0x48, 8), 0);
    ck_assert_uint_eq(its_get(&b, 0x8, 8) >> 44 & 1, 0);
    rig_destroy(b.r);
}
END_TEST

START_TEST(gits_notes_bad_accesses)
{
    struct bench b = bench();

    its_get(&b, 0x60, 4);
    its_set(&b, 0x64, 4, 1);
    its_set(&b, 0x4, 4, 1);
    ck_assert_uint_eq(its_get(&b, 0x40, 4), 1 << 0 | 1 << 1 | 1 << 3);
    its_set(&b, 0x40, 4, 1 << 1);
    ck_assert_uint_eq(its_get(&b, 0x40, 4), 1 << 0 | 1 << 3);
    rig_destroy(b.r);
}
END_TEST

/* INVALL fetches what is pending and forgets all else, to either side of a word of 64. */
START_TEST(invall_reads_pending_configurations_anew_and_leaves_no_old_ones)
{
    struct bench b = mapped();

    mapti(&b, 2, 21, 8255, 3);
    mapti(&b, 2, 22, 8256, 3);
    gic_its_msi(b.its, 2, 20);
    gic_its_msi(b.its, 2, 21);
    ck_assert_uint_eq(ack(&b, 3), 8195); /* cached, and not pending */
    memory[PROP + 3] = 0xa0;
    memory[PROP + 63] = 0x21;
    memory[PROP + 64] = 0xa0;
    command(&b, INVALL, 0, 3, 0);
    gic_its_msi(b.its, 2, 20);
    gic_its_msi(b.its, 2, 22);
    ck_assert_uint_eq(rig_get(b.r, 3, "ICC_IAR1_EL1"), 8255);
    ck_assert_uint_eq(rig_get(b.r, 3, "ICC_RPR_EL1"), 0x20);
    rig_set(b.r, 3, "ICC_EOIR1_EL1", 8255);
    ck_assert_uint_eq(ack(&b, 3), 1023);
    rig_destroy(b.r);
}
END_TEST

int main(void)
{
    TCase *tc = tcase_create("its");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_message_becomes_an_lpi_at_its_collections_target);
    tcase_add_test(tc, lpis_are_gated_by_enablelpis_and_the_non_secure_group);
    tcase_add_test(tc, pending_lpis_go_to_memory_when_disabled_and_come_back_when_enabled);
    tcase_add_test(tc, ptz_says_that_the_pending_table_is_zero_once);
    tcase_add_test(tc, table_registers_are_frozen_while_lpis_are_enabled);
    tcase_add_test(tc, lpi_priority_is_the_non_secure_half_with_two_security_states);
    tcase_add_test(tc, a_configuration_change_counts_after_inv_or_invall);
    tcase_add_test(tc, invlpir_and_invallr_do_the_same_for_one_redistributor);
    tcase_add_test(tc, direct_lpis_need_no_its);
    tcase_add_test(tc, movi_carries_pending);
    tcase_add_test(tc, movi_and_movall_leave_pending_lpis_where_they_are_if_the_target_takes_none);
    tcase_add_test(tc, movall_carries_everything_pending);
    tcase_add_test(tc, discard_clears_pending_and_the_mapping);
    tcase_add_test(tc, clear_takes_pending_away);
    tcase_add_test(tc, an_unmapped_device_or_collection_delivers_nothing);
    tcase_add_test(tc, ids_are_checked_to_the_last_one);
    tcase_add_test(tc, cbaser_write_zeroes_creadr_and_the_queue_wraps);
    tcase_add_test(tc, a_long_queue_is_carried_out_in_steps);
    tcase_add_test(tc, cwriter_beyond_the_queue_is_ignored);
    tcase_add_test(tc, a_bad_command_stalls_if_so_configured_until_retried);
    tcase_add_test(tc, a_queue_outside_memory_stalls);
    tcase_add_test(tc, commands_take_as_long_as_the_chooser_says_and_quiescent_shows_it);
    tcase_add_test(tc, two_level_device_tables_reach_far_devices);
    tcase_add_test(tc, hardware_collections_need_no_table);
    tcase_add_test(tc, tables_are_laid_out_as_kvm_saves_them);
    tcase_add_test(tc, registers_show_what_is_fixed);
    tcase_add_test(tc, tables_start_with_pages_of_64_kib);
    tcase_add_test(tc, eoi_of_an_lpi_touches_no_spi);
    tcase_add_test(tc, explanations_name_the_tables);
    tcase_add_test(tc, random_lpis_agree_with_an_array_of_pending_bits);
    tcase_add_test(tc, pending_lpis_and_mappings_survive_save_and_restore);
    tcase_add_test(tc, a_mapped_event_leads_to_its_lpi_and_vcpu);
    tcase_add_test(tc, each_step_of_a_translation_that_fails_is_named);
    tcase_add_test(tc, a_stalled_queue_is_the_cause_of_what_is_not_mapped);
    tcase_add_test(tc, explained_events_are_those_that_messages_of_work);
    tcase_add_test(tc, a_missing_inv_is_told_from_a_disabled_lpi);
    tcase_add_test(tc, an_lpi_beyond_idbits_or_with_enablelpis_0_is_named);
    tcase_add_test(tc, an_unmapped_message_is_in_umsir_until_software_has_seen_it);
    tcase_add_test(tc, without_umsi_unmapped_messages_leave_no_trace_in_registers);
    tcase_add_test(tc, gits_notes_bad_accesses);
    tcase_add_test(tc, invall_reads_pending_configurations_anew_and_leaves_no_old_ones);
    return suite_run_case("gic lpis and its", tc);
}
