/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The debugger stub as bytes see it; tests/gdb drives it by the real gdb. */
#include <stdlib.h>
#include <string.h>

#include "emu/gdb/gdb.h"
#include "emu/machine.h"
#include "tests/unit/suite.h"

#define CODE (BOARD_RAM_BASE + 0x1000)
#define DATA (BOARD_RAM_BASE + 0x10000)

enum { RAM_BYTES = 1 << 20, SLICE = 100000 };

static struct machine *m;
static struct gdb_stub *g;
static struct error err;
static char sent[1 << 17];

/* Counts, and stores the count over and over through RAM. */
static const uint32_t code[] = {
    0x910004a5, /* add x5, x5, #1 */
    0x92402ca7, /* and x7, x5, #0xfff */
    0x8b071047, /* add x7, x2, x7, lsl #4 */
    0xf90000e5, /* str x5, [x7] */
    0x17fffffc, /* b back */
};

static void note_sent(void *opaque, const char *bytes, size_t n)
{
    size_t have = strlen(sent);

    (void)opaque;
    ck_assert_uint_lt(have + n, sizeof(sent));
    memcpy(sent + have, bytes, n);
    sent[have + n] = '\0';
}

static void setup(void)
{
    struct machine_config config = {
        .cpu_model = "cortex-a72",
        .n_vcpus = 2,
        .ram_bytes = RAM_BYTES,
        .quantum_instructions = 1000,
        .counter_hz = 62500000,
    };
    const struct gdb_stub_options o = {.send = note_sent, .fd = -1};

    gic_options_defaults(&config.gic);
    ck_assert_msg(!machine_create(&config, &m, &err), "%s", err.text);
    machine_guest_write(m, CODE, code, sizeof(code));
    machine_start_at(m, 1, CODE, 0);
    machine_power_on(m);
    for (unsigned i = 0; i < 2; i++) {
        vcpu_start_at(m->engine, i, 1, CODE, 0);
        vcpu_set_x(m->engine, i, 2, DATA);
        m->vcpus[i].state = VCPU_READY;
    }
    ck_assert_msg(!gdb_stub_open(m, &o, &g, &err), "%s", err.text);
}

static void teardown(void)
{
    gdb_stub_close(g);
    machine_destroy(m);
}

static enum gdb_state feed(const char *bytes, size_t n)
{
    gdb_stub_feed(g, bytes, n);
    return gdb_stub_run(g, SLICE);
}

/* Sends a packet, and returns what came back, without frames and acknowledgments. */
static const char *ask(const char *contents)
{
    static char reply[sizeof(sent)];
    char *packet = malloc(strlen(contents) + 8), *end;
    uint8_t sum = 0;

    for (const char *c = contents; *c; c++)
        sum = (uint8_t)(sum + (uint8_t)*c);
    sprintf(packet, "$%s#%02x", contents, sum);
    sent[0] = '\0';
    feed(packet, strlen(packet));
    free(packet);
    ck_assert_msg(sent[0] == '+', "%s: acknowledged by '%s'", contents, sent);
    strcpy(reply, sent[1] ? sent + 2 : "");
    end = strrchr(reply, '#');
    if (end)
        *end = '\0';
    return reply;
}

static void expect(const char *contents, const char *reply)
{
    const char *seen = ask(contents);

    ck_assert_msg(!strcmp(seen, reply), "%s: '%s', wanted '%s'", contents, seen, reply);
}

static void expect_error(const char *contents)
{
    const char *seen = ask(contents);

    ck_assert_msg(seen[0] == 'E', "%s: '%s', wanted an error", contents, seen);
}

START_TEST(a_bad_checksum_is_not_acknowledged_and_does_nothing)
{
    sent[0] = '\0';
    feed("$qC#00", 6);
    ck_assert_str_eq(sent, "-");
    sent[0] = '\0';
    feed("$qC#zz", 6);
    ck_assert_str_eq(sent, "-");
    expect("qC", "QC1");
    sent[0] = '\0';
    feed("-", 1); /* the debugger did not get it */
    ck_assert_str_eq(sent, "$QC1#c5");
}
END_TEST

START_TEST(packets_in_pieces_and_with_noise_between_are_one)
{
    sent[0] = '\0';
    feed("\x01++noise", 8);
    feed("$q", 2);
    feed("C", 1);
    feed("#b", 2);
    ck_assert_str_eq(sent, "");
    feed("4", 1);
    ck_assert_str_eq(sent, "+$QC1#c5");
}
END_TEST

START_TEST(packets_beyond_the_size_that_was_told_are_refused)
{
    static char junk[40000];

    memset(junk, 'a', sizeof(junk));
    sent[0] = '\0';
    feed("$m", 2);
    for (unsigned i = 0; i < 10; i++)
        feed(junk, sizeof(junk));
    feed("#00", 3);
    ck_assert_str_eq(sent, "-");
    expect("qC", "QC1");
}
END_TEST

START_TEST(without_acknowledgments_there_are_none)
{
    expect("QStartNoAckMode", "OK");
    sent[0] = '\0';
    feed("$qC#b4", 6);
    ck_assert_str_eq(sent, "$QC1#c5");
}
END_TEST

START_TEST(what_is_malformed_is_an_error)
{
    static const char *const bad[] = {
        "Hg7",
        "Hgx",
        "Hc",
        "T3",
        "T",
        "p",
        "pzz",
        "p7fffffff",
        "p1000",
        "P0",
        "P0=1",
        "P0=zz",
        "Pffff=00",
        "m",
        "m0",
        "m0,",
        "mzz,1",
        "m0,8",
        "M40001000,4:00",
        "M40001000,4",
        "Mffffffffffffffff,ffffffffffffffff:",
        "X40001000,5:a",
        "x0,10",
        "Z0",
        "Z9,0,4",
        "Z0,0",
        "Z2,40010000,0",
        "Z2,40010000,ffffffffffffffff",
        "vCont;",
        "vCont;x",
        "vCont;c:9",
        "vCont;r1",
        "vCont;r4,1:1",
        "vCont;s;",
        "vCont;c:1;;",
        "qThreadExtraInfo,9",
        "qXfer:features:read:target.xml:",
        "qRcmd,zz",
        "G0011",
        "m11111111111111111,1",
    };

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        expect_error(bad[i]);
    expect("nonsense", "");
    expect("qXfer:features:read:other.xml:0,10", "");
    expect("qC", "QC1");
}
END_TEST

START_TEST(lengths_beyond_a_packet_are_cut)
{
    const char *reply = ask("m40000000,ffffffffffffffff");

    ck_assert_uint_gt(strlen(reply), 1000);
    ck_assert_uint_lt(strlen(reply), 0x4000);
    expect("m400ffffc,100", "00000000"); /* RAM's end */
    expect("qXfer:features:read:target.xml:ffffffff,10", "l");
}
END_TEST

START_TEST(memory_and_registers_are_read_and_written)
{
    expect("m40001000,8", "a5040091a72c4092");
    expect("M40010000,3:112233", "OK");
    expect("m40010000,4", "11223300");
    expect("p20", "0010004000000000"); /* PC */
    expect("P5=0807060504030201", "OK");
    ck_assert_uint_eq(vcpu_get_x(m->engine, 0, 5), 0x0102030405060708);
    expect("Hg2", "OK");
    expect("p5", "0000000000000000");
    expect("m9000000,4", "E0e"); /* a device */
    expect("M9000000,1:00", "E0e");
}
END_TEST

START_TEST(one_write_over_the_end_of_ram_writes_nothing)
{
    expect("M400ffffe,4:ffffffff", "E0e");
    expect("m400ffffe,2", "0000");
}
END_TEST

/* The PC and the counter of vCPU 0. */
static void expect_at(uint64_t pc, uint64_t count)
{
    ck_assert_uint_eq(vcpu_get_pc(m->engine, 0), pc);
    ck_assert_uint_eq(vcpu_get_x(m->engine, 0, 5), count);
}

START_TEST(breakpoints_are_met_forward_and_backward)
{
    ask("qSupported:swbreak+");
    expect("Z0,4000100c,4", "OK");
    expect("vCont;c", "T05thread:1;swbreak:;");
    expect_at(CODE + 12, 1);
    expect("vCont;c", "T05thread:1;swbreak:;");
    expect_at(CODE + 12, 2);
    expect("bc", "T05thread:1;swbreak:;");
    expect_at(CODE + 12, 1);
    expect("bc", "T05thread:1;replaylog:begin;");
    expect_at(CODE, 0);
    expect("bs", "T05thread:1;replaylog:begin;");
    expect("z0,4000100c,4", "OK");
    expect("vCont;s:1;c", "T05thread:1;");
    expect_at(CODE + 4, 1);
    expect("bs", "T05thread:1;");
    expect_at(CODE, 0);
}
END_TEST

START_TEST(watchpoints_are_told_before_the_access_in_either_direction)
{
    expect("Z2,40010020,8", "OK"); /* the second store's */
    expect("vCont;c", "T05thread:1;watch:40010020;");
    expect_at(CODE + 12, 2);
    expect("vCont;s:1", "T05thread:1;");
    expect_at(CODE + 16, 2);
    expect("bc", "T05thread:1;watch:40010020;");
    expect_at(CODE + 16, 2);
    expect("bc", "T05thread:1;replaylog:begin;");
    expect("z2,40010020,8", "OK");
    expect("Z3,40010000,1000", "OK");
    sent[0] = '\0';
    feed("$vCont;c#a8", 11);
    ck_assert_str_eq(sent, "+"); /* nobody reads: it runs on */
    ck_assert_int_eq(gdb_stub_state(g), GDB_RUNS);
    feed("\x03", 1);
    ck_assert_ptr_nonnull(strstr(sent, "$T02thread:"));
}
END_TEST

START_TEST(a_step_of_another_with_the_rest_held_begins_a_new_history)
{
    const char *reply = ask("vCont;s:2");

    ck_assert_ptr_nonnull(strstr(reply, "T05thread:2;"));
    ck_assert_uint_eq(vcpu_instructions(m->engine, 0), 0);
    ck_assert_uint_eq(vcpu_instructions(m->engine, 1), 1);
    expect("bs", "T05thread:2;replaylog:begin;");
    ck_assert_uint_eq(vcpu_instructions(m->engine, 1), 1);
}
END_TEST

START_TEST(a_write_is_taken_back_by_going_back_beyond_it)
{
    for (unsigned i = 0; i < 4; i++)
        expect("vCont;s:1;c", "T05thread:1;");
    expect("P5=0900000000000000", "OK");
    expect("vCont;s:1;c", "T05thread:1;");
    expect("vCont;s:1;c", "T05thread:1;");
    expect_at(CODE + 4, 10);
    expect("bs", "T05thread:1;");
    expect("bs", "T05thread:1;");
    expect_at(CODE + 16, 9);
    expect("bs", "T05thread:1;");
    expect_at(CODE + 12, 1);
    expect("vCont;s:1;c", "T05thread:1;");
    expect("vCont;s:1;c", "T05thread:1;");
    expect("vCont;s:1;c", "T05thread:1;");
    expect_at(CODE + 4, 2);
}
END_TEST

static const TTest *const *const tests[] = {
    &a_bad_checksum_is_not_acknowledged_and_does_nothing,
    &packets_in_pieces_and_with_noise_between_are_one,
    &packets_beyond_the_size_that_was_told_are_refused,
    &without_acknowledgments_there_are_none,
    &what_is_malformed_is_an_error,
    &lengths_beyond_a_packet_are_cut,
    &memory_and_registers_are_read_and_written,
    &one_write_over_the_end_of_ram_writes_nothing,
    &breakpoints_are_met_forward_and_backward,
    &watchpoints_are_told_before_the_access_in_either_direction,
    &a_step_of_another_with_the_rest_held_begins_a_new_history,
    &a_write_is_taken_back_by_going_back_beyond_it,
};

int main(void)
{
    return SUITE_RUN("gdb", setup, teardown, tests);
}
