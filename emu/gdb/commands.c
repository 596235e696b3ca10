/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The packets that are understood, as a table; all others get the empty answer. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/gdb/internal.h"
#include "emu/timeline.h"

/* @arg is behind the packet's name, and ends with a zero at @end. */
struct request {
    const char *arg;
    char *end;
    struct gdb_text *reply; /* sent, when the function says so */
};

/* Whether *reply is the answer; else it has been given, or comes when the machine stops. */
typedef bool packet_fn(struct gdb_stub *g, struct request *r);

static bool ok(struct request *r)
{
    gdb_put(r->reply, "OK");
    return true;
}

/* GDB shows the text behind "E." where it can; the number is an errno's. */
static bool fail(struct request *r, int negative_errno)
{
    gdb_put(r->reply, "E%02x", (unsigned)-negative_errno & 0xff);
    return true;
}

static bool fail_text(struct request *r, const char *text)
{
    gdb_put(r->reply, "E.%s", text);
    return true;
}

static bool refuse_change(struct request *r)
{
    return fail_text(r, "the run is being recorded: nothing may be changed");
}

static bool no_change(struct gdb_stub *g, struct request *r)
{
    (void)g, (void)r;
    return true;
}

/* -- Threads ----------------------------------------------------------------------------------- */

static bool select_thread(struct gdb_stub *g, struct request *r, unsigned *which)
{
    int thread;

    if (!gdb_take_thread(g, &r->arg, &thread))
        return fail(r, -EINVAL);
    if (thread > 0)
        *which = (unsigned)thread - 1;
    return ok(r);
}

static bool select_for_registers(struct gdb_stub *g, struct request *r)
{
    return select_thread(g, r, &g->selected);
}

static bool select_for_resume(struct gdb_stub *g, struct request *r)
{
    g->resumed = g->selected;
    return select_thread(g, r, &g->resumed);
}

static bool is_alive(struct gdb_stub *g, struct request *r)
{
    int thread;

    return gdb_take_thread(g, &r->arg, &thread) && thread > 0 ? ok(r) : fail(r, -ESRCH);
}

static bool current_thread(struct gdb_stub *g, struct request *r)
{
    gdb_put(r->reply, "QC%x", g->selected + 1);
    return true;
}

static bool first_threads(struct gdb_stub *g, struct request *r)
{
    for (unsigned i = 0; i < g->m->config.n_vcpus; i++)
        gdb_put(r->reply, "%c%x", i ? ',' : 'm', i + 1);
    return true;
}

static bool more_threads(struct gdb_stub *g, struct request *r)
{
    (void)g;
    gdb_put(r->reply, "l");
    return true;
}

static bool describe_thread(struct gdb_stub *g, struct request *r)
{
    char text[64];
    int thread, n;

    if (!gdb_take_thread(g, &r->arg, &thread) || thread <= 0)
        return fail(r, -ESRCH);
    n = snprintf(text, sizeof(text), "vCPU %d: %s, EL%u", thread - 1,
                 gdb_vcpu_state(g->m, (unsigned)thread - 1),
                 (unsigned)(vcpu_get_pstate(g->m->engine, (unsigned)thread - 1) >> 2 & 3));
    gdb_put_hex(r->reply, text, (size_t)n);
    return true;
}

/* -- Registers --------------------------------------------------------------------------------- */

static bool get_registers(struct gdb_stub *g, struct request *r)
{
    for (unsigned n = 0; n < gdb_plain_registers(); n++) {
        uint8_t bytes[16];

        gdb_register_get(g, g->selected, n, bytes);
        gdb_put_hex(r->reply, bytes, gdb_register_bytes(g->registers, n));
    }
    return true;
}

static bool set_registers(struct gdb_stub *g, struct request *r)
{
    bool changed = false;

    if (!gdb_may_change(g))
        return refuse_change(r);
    for (unsigned n = 0; n < gdb_plain_registers() && *r->arg; n++) {
        uint8_t bytes[16] = {0};

        if (!gdb_take_hex(&r->arg, bytes, gdb_register_bytes(g->registers, n)))
            return fail(r, -EINVAL);
        changed |= gdb_register_set(g, g->selected, n, bytes) == 0;
    }
    if (changed)
        gdb_changed(g);
    return ok(r);
}

static bool get_register(struct gdb_stub *g, struct request *r)
{
    unsigned size_bytes;
    uint8_t bytes[16];
    uint64_t n;

    if (!gdb_take_number(&r->arg, &n) || n > GDB_MAX_SYSREGS * 2)
        return fail(r, -EINVAL);
    size_bytes = gdb_register_bytes(g->registers, (unsigned)n);
    if (!size_bytes)
        return fail(r, -ENOENT);
    if (!gdb_register_get(g, g->selected, (unsigned)n, bytes))
        gdb_put_hex(r->reply, bytes, size_bytes);
    else
        for (unsigned i = 0; i < size_bytes; i++)
            gdb_put(r->reply, "xx");
    return true;
}

static bool set_register(struct gdb_stub *g, struct request *r)
{
    uint8_t bytes[16] = {0};
    uint64_t n;
    int rc;

    if (!gdb_may_change(g))
        return refuse_change(r);
    if (!gdb_take_number(&r->arg, &n) || !gdb_take_char(&r->arg, '=') || n > GDB_MAX_SYSREGS * 2 ||
        !gdb_take_hex(&r->arg, bytes, gdb_register_bytes(g->registers, (unsigned)n)))
        return fail(r, -EINVAL);
    rc = gdb_register_set(g, g->selected, (unsigned)n, bytes);
    if (rc == -EPERM)
        return fail_text(r, "that register can only be read");
    if (rc < 0)
        return fail(r, rc);
    if (!rc)
        gdb_changed(g);
    return ok(r);
}

/* -- Memory ------------------------------------------------------------------------------------ */

static bool take_range(struct request *r, uint64_t *address, uint64_t *length)
{
    return gdb_take_number(&r->arg, address) && gdb_take_char(&r->arg, ',') &&
           gdb_take_number(&r->arg, length);
}

static bool read_to(struct gdb_stub *g, struct request *r, uint8_t *bytes, size_t most, size_t *n)
{
    uint64_t address, length;

    if (!take_range(r, &address, &length))
        return false;
    *n = gdb_memory_read(g, address, bytes, length < most ? (size_t)length : most);
    return *n || !length;
}

static bool read_memory(struct gdb_stub *g, struct request *r)
{
    uint8_t bytes[GDB_PACKET_BYTES / 2 - 16];
    size_t n;

    if (!read_to(g, r, bytes, sizeof(bytes), &n))
        return fail(r, -EFAULT);
    gdb_put_hex(r->reply, bytes, n);
    return true;
}

static bool is_special(char c)
{
    return c == '#' || c == '$' || c == '}' || c == '*';
}

static void put_binary(struct gdb_text *t, const char *bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (is_special(bytes[i]))
            gdb_put(t, "}%c", bytes[i] ^ 0x20);
        else
            gdb_put_bytes(t, &bytes[i], 1);
    }
}

static bool read_binary(struct gdb_stub *g, struct request *r)
{
    uint8_t bytes[GDB_PACKET_BYTES / 2 - 16];
    size_t n;

    if (!read_to(g, r, bytes, sizeof(bytes), &n))
        return fail(r, -EFAULT);
    gdb_put(r->reply, "b");
    put_binary(r->reply, (const char *)bytes, n);
    return true;
}

static bool write_bytes(struct gdb_stub *g, struct request *r, uint64_t address, const void *bytes,
                        size_t n)
{
    if (!gdb_may_change(g))
        return refuse_change(r);
    if (gdb_memory_write(g, address, bytes, n))
        return fail(r, -EFAULT);
    if (n)
        gdb_changed(g);
    return ok(r);
}

static bool write_memory(struct gdb_stub *g, struct request *r)
{
    uint8_t bytes[GDB_PACKET_BYTES / 2];
    uint64_t address, length;

    if (!take_range(r, &address, &length) || !gdb_take_char(&r->arg, ':') ||
        length > sizeof(bytes) || !gdb_take_hex(&r->arg, bytes, (size_t)length))
        return fail(r, -EINVAL);
    return write_bytes(g, r, address, bytes, (size_t)length);
}

static bool write_binary(struct gdb_stub *g, struct request *r)
{
    uint64_t address, length;
    char *bytes;

    if (!take_range(r, &address, &length) || !gdb_take_char(&r->arg, ':'))
        return fail(r, -EINVAL);
    bytes = r->end - (r->end - r->arg);
    if (gdb_unescape(bytes, (size_t)(r->end - bytes)) != length)
        return fail(r, -EINVAL);
    return write_bytes(g, r, address, bytes, (size_t)length);
}

static bool get_physical(struct gdb_stub *g, struct request *r)
{
    gdb_put(r->reply, "%d", g->physical);
    return true;
}

static bool set_physical(struct gdb_stub *g, struct request *r)
{
    g->physical = *r->arg == '1';
    return ok(r);
}

/* -- Points ------------------------------------------------------------------------------------ */

static bool take_point(struct request *r, unsigned *kind, uint64_t *va, uint64_t *length)
{
    uint64_t n;

    if (!gdb_take_number(&r->arg, &n) || !gdb_take_char(&r->arg, ','))
        return false;
    *kind = (unsigned)n;
    return n <= GDB_WATCH_ANY && take_range(r, va, length);
}

static bool set_point(struct gdb_stub *g, struct request *r)
{
    uint64_t va, length;
    unsigned kind;
    int rc;

    if (!take_point(r, &kind, &va, &length))
        return fail(r, -EINVAL);
    rc = gdb_point_set(g, (enum gdb_point_kind)kind, va, length);
    return rc ? fail(r, rc) : ok(r);
}

static bool clear_point(struct gdb_stub *g, struct request *r)
{
    uint64_t va, length;
    unsigned kind;

    if (!take_point(r, &kind, &va, &length))
        return fail(r, -EINVAL);
    gdb_point_clear(g, (enum gdb_point_kind)kind, va, length);
    return ok(r);
}

/* -- Going on ---------------------------------------------------------------------------------- */

static bool take_address(struct gdb_stub *g, struct request *r)
{
    uint64_t pc;

    if (!*r->arg)
        return true;
    if (!gdb_take_number(&r->arg, &pc) || !gdb_may_change(g))
        return false;
    vcpu_set_pc(g->m->engine, g->resumed, pc);
    gdb_changed(g);
    return true;
}

static bool go_on(struct gdb_stub *g, struct request *r)
{
    gdb_set_actions(g, GDB_CONTINUE);
    if (!take_address(g, r))
        return fail(r, -EINVAL);
    gdb_resume(g);
    return false;
}

static bool step(struct gdb_stub *g, struct request *r)
{
    gdb_set_actions(g, GDB_CONTINUE);
    g->steps[g->resumed].action = GDB_STEP;
    if (!take_address(g, r))
        return fail(r, -EINVAL);
    gdb_resume(g);
    return false;
}

static bool resume(struct gdb_stub *g, struct request *r)
{
    if (!gdb_take_actions(g, r->arg))
        return fail(r, -EINVAL);
    gdb_resume(g);
    return false;
}

static bool resume_actions(struct gdb_stub *g, struct request *r)
{
    (void)g;
    gdb_put(r->reply, "vCont;c;C;s;S;r");
    return true;
}

static bool step_back(struct gdb_stub *g, struct request *r)
{
    if (!g->timeline)
        return fail_text(r, "there is no history to go back in");
    gdb_back_step(g, g->resumed);
    return false;
}

static bool go_back(struct gdb_stub *g, struct request *r)
{
    if (!g->timeline)
        return fail_text(r, "there is no history to go back in");
    gdb_back_continue(g);
    return false;
}

static bool why_stopped(struct gdb_stub *g, struct request *r)
{
    (void)r;
    gdb_points_clear_all(g); /* a new debugger's first question: the last one's are not its own */
    gdb_report_stop(g);
    return false;
}

/* -- The session ------------------------------------------------------------------------------- */

static bool detach(struct gdb_stub *g, struct request *r)
{
    g->state = g->m->stop == MACHINE_RUNNING ? GDB_DETACHED : GDB_OVER;
    return ok(r);
}

static void end_run(struct gdb_stub *g)
{
    door_quit(g->m, IRQLAB_EXIT_OK, "the debugger ended it");
    g->state = GDB_OVER;
}

static bool kill_silently(struct gdb_stub *g, struct request *r)
{
    (void)r;
    end_run(g);
    return false;
}

static bool kill_run(struct gdb_stub *g, struct request *r)
{
    end_run(g);
    return ok(r);
}

static bool supported(struct gdb_stub *g, struct request *r)
{
    g->swbreak = strstr(r->arg, "swbreak+") != NULL;
    g->hwbreak = strstr(r->arg, "hwbreak+") != NULL;
    gdb_put(r->reply,
            "PacketSize=%x;qXfer:features:read+;vContSupported+;swbreak+;hwbreak+;"
            "QStartNoAckMode+",
            GDB_PACKET_BYTES - 8);
    if (g->timeline)
        gdb_put(r->reply, ";ReverseStep+;ReverseContinue+");
    return true;
}

static bool start_no_ack(struct gdb_stub *g, struct request *r)
{
    g->no_ack = true;
    return ok(r);
}

static bool is_attached(struct gdb_stub *g, struct request *r)
{
    (void)g;
    gdb_put(r->reply, "1");
    return true;
}

static bool read_description(struct gdb_stub *g, struct request *r)
{
    size_t bytes = g->registers->description_bytes, most = GDB_PACKET_BYTES / 2 - 16, n;
    uint64_t offset, length;

    if (!take_range(r, &offset, &length))
        return fail(r, -EINVAL);
    n = offset < bytes ? bytes - (size_t)offset : 0;
    most = length < most ? (size_t)length : most;
    gdb_put(r->reply, n > most ? "m" : "l");
    if (n)
        put_binary(r->reply, g->registers->description + offset, n < most ? n : most);
    return true;
}

static bool monitor(struct gdb_stub *g, struct request *r)
{
    char line[1024];
    size_t n = strlen(r->arg) / 2;

    if (n >= sizeof(line) || !gdb_take_hex(&r->arg, line, n))
        return fail(r, -EINVAL);
    line[n] = '\0';
    gdb_monitor(g, line);
    return ok(r);
}

/* -- The table --------------------------------------------------------------------------------- */

enum match { WHOLE, BEGINS };

/* Of two that fit, the first one counts. */
static const struct packet {
    const char *name;
    enum match match;
    packet_fn *run;
} packets[] = {
    {"qSupported", BEGINS, supported},
    {"QStartNoAckMode", WHOLE, start_no_ack},
    {"qXfer:features:read:target.xml:", BEGINS, read_description},
    {"qAttached", BEGINS, is_attached},
    {"qSymbol::", WHOLE, no_change},
    {"qC", WHOLE, current_thread},
    {"qfThreadInfo", WHOLE, first_threads},
    {"qsThreadInfo", WHOLE, more_threads},
    {"qThreadExtraInfo,", BEGINS, describe_thread},
    {"qRcmd,", BEGINS, monitor},
    {"qqemu.PhyMemMode", WHOLE, get_physical},
    {"Qqemu.PhyMemMode:", BEGINS, set_physical},
    {"vCont?", WHOLE, resume_actions},
    {"vCont;", BEGINS, resume},
    {"vKill;", BEGINS, kill_run},
    {"bs", WHOLE, step_back},
    {"bc", WHOLE, go_back},
    {"Hg", BEGINS, select_for_registers},
    {"Hc", BEGINS, select_for_resume},
    {"T", BEGINS, is_alive},
    {"?", WHOLE, why_stopped},
    {"g", WHOLE, get_registers},
    {"G", BEGINS, set_registers},
    {"p", BEGINS, get_register},
    {"P", BEGINS, set_register},
    {"m", BEGINS, read_memory},
    {"M", BEGINS, write_memory},
    {"x", BEGINS, read_binary},
    {"X", BEGINS, write_binary},
    {"Z", BEGINS, set_point},
    {"z", BEGINS, clear_point},
    {"c", BEGINS, go_on},
    {"s", BEGINS, step},
    {"D", BEGINS, detach},
    {"k", WHOLE, kill_silently},
};

static bool fits(const struct packet *p, const char *packet)
{
    return p->match == WHOLE ? !strcmp(packet, p->name)
                             : !strncmp(packet, p->name, strlen(p->name));
}

void gdb_packet(struct gdb_stub *g, char *packet, size_t n)
{
    struct gdb_text *reply = calloc(1, sizeof(*reply));
    struct request r = {.arg = packet, .end = packet + n, .reply = reply};
    bool answers = true;

    for (size_t i = 0; reply && i < sizeof(packets) / sizeof(packets[0]); i++) {
        if (!fits(&packets[i], packet))
            continue;
        r.arg = packet + strlen(packets[i].name);
        answers = packets[i].run(g, &r);
        break;
    }
    if (reply && answers)
        gdb_send(g, reply);
    free(reply);
}
