/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Inside the stub: packet.c (framing), commands.c (the table of packets), registers.c, sysregs.c
 * and description.c (registers as tables), memory.c, actions.c (vCont), points.c (break- and
 * watchpoints), run.c (forward), back.c (backward), monitor.c (`monitor ...`).
 */
#ifndef IRQLAB_EMU_GDB_INTERNAL_H
#define IRQLAB_EMU_GDB_INTERNAL_H

#include "cpu/cpu.h"
#include "emu/gdb/gdb.h"
#include "emu/machine.h"

enum {
    GDB_PACKET_BYTES = 0x4000, /* PacketSize: of a packet's contents, both ways */
    GDB_MAX_POINTS = 4096,
    GDB_MAX_SYSREGS = 1024,
    GDB_MAX_TID = 1 << 16,
};

/* -- packet.c ---------------------------------------------------------------------------------- */

/* A reply under construction. What does not fit is left out: nothing that has a limit does not. */
struct gdb_text {
    size_t n;
    char bytes[GDB_PACKET_BYTES];
};

void gdb_put(struct gdb_text *t, const char *format, ...) __attribute__((format(printf, 2, 3)));
void gdb_put_bytes(struct gdb_text *t, const void *bytes, size_t n);
/** gdb_put_hex - each byte as two digits. */
void gdb_put_hex(struct gdb_text *t, const void *bytes, size_t n);

/**
 * gdb_take_number - hexadecimal at *at, which goes behind it; false: no digit, or beyond 64 bits.
 * gdb_take_char - whether *at is @c, and goes behind it. gdb_take_hex - @n bytes of two digits.
 */
bool gdb_take_number(const char **at, uint64_t *value);
bool gdb_take_char(const char **at, char c);
bool gdb_take_hex(const char **at, void *bytes, size_t n);

/* What came in and is not taken yet. */
struct gdb_input {
    size_t n;
    bool too_long; /* the rest of this packet is dropped */
    bool lost;     /* more came than there is room for */
    char bytes[2 * GDB_PACKET_BYTES];
};

enum gdb_taken { GDB_NOTHING, GDB_PACKET, GDB_BAD_PACKET, GDB_INTERRUPT, GDB_NACK };

/**
 * gdb_input_take - the next thing of @in; a packet's contents to @packet (GDB_PACKET_BYTES and a
 * terminating zero), with escapes still in it.
 */
enum gdb_taken gdb_input_take(struct gdb_input *in, char *packet, size_t *n);
/** gdb_unescape - binary contents, in place; the new length. */
size_t gdb_unescape(char *bytes, size_t n);

/** gdb_send - frames @t and sends it. gdb_send_again - the last one. */
void gdb_send(struct gdb_stub *g, const struct gdb_text *t);
void gdb_send_again(struct gdb_stub *g);
/** gdb_say - a line on the debugger's console, while the machine runs or `monitor` does. */
void gdb_say(struct gdb_stub *g, const char *format, ...) __attribute__((format(printf, 2, 3)));
void gdb_say_text(struct gdb_stub *g, const char *text);

/* -- points.c ---------------------------------------------------------------------------------- */

/* As in Z0 to Z4. */
enum gdb_point_kind { GDB_BREAK, GDB_HW_BREAK, GDB_WATCH_WRITE, GDB_WATCH_READ, GDB_WATCH_ANY };

struct gdb_point {
    enum gdb_point_kind kind;
    bool set;            /* else it was, and costs less to keep than to drop and set again */
    uint64_t va, length; /* length 0: a breakpoint */
    uint64_t pa;         /* what is watched is memory, by whatever address it is reached */
};

struct gdb_points {
    unsigned n;
    bool watching; /* engine_watch_start() was called */
    struct gdb_point all[GDB_MAX_POINTS];
};

/** gdb_point_set, gdb_point_clear - 0, -EFAULT: no translation, -ENOSPC, -ENOMEM. */
int gdb_point_set(struct gdb_stub *g, enum gdb_point_kind kind, uint64_t va, uint64_t length);
void gdb_point_clear(struct gdb_stub *g, enum gdb_point_kind kind, uint64_t va, uint64_t length);
void gdb_points_clear_all(struct gdb_stub *g);
/** gdb_points_stop - the engine is told of none any more. */
void gdb_points_stop(struct gdb_stub *g);

/* -- run.c, back.c ----------------------------------------------------------------------------- */

enum gdb_action { GDB_HOLD, GDB_CONTINUE, GDB_STEP };

enum gdb_reason {
    GDB_NO_REASON,
    GDB_AT_BREAK,
    GDB_AT_HW_BREAK,
    GDB_AT_WATCH, /* `kind` says which */
    GDB_AT_BEGIN, /* of the history */
    GDB_AT_END,   /* of the run */
};

/* Where and why a run stopped, or would have. */
struct gdb_hit {
    enum gdb_reason reason;
    enum gdb_point_kind kind;
    unsigned vcpu;
    uint64_t instructions; /* before the instruction, on all vCPUs together */
    uint64_t vcpu_instructions;
    uint64_t pc, va;
};

struct gdb_step {
    enum gdb_action action;
    uint64_t from, to; /* a step goes on while the PC is in there */
};

struct gdb_stub {
    struct machine *m;
    struct timeline *timeline; /* NULL: one cannot go back */
    struct gdb_stub_options options;
    struct machine_debugger hooks;
    enum gdb_state state;

    bool no_ack, swbreak, hwbreak, physical;
    struct gdb_input in;
    struct gdb_text last; /* what was sent last, framed */

    unsigned selected, resumed; /* vCPUs of Hg and Hc */
    bool interrupted;           /* the debugger wants a stop */
    int signal;                 /* of the stop */
    struct gdb_hit stop;
    struct gdb_step *steps; /* [n_vcpus] */
    bool deviates;          /* this resume holds vCPUs that would run */
    uint64_t run_until;     /* of gdb_stub_run() */

    enum { GDB_PASSES, GDB_STOPS, GDB_SEARCHES, GDB_ARRIVES } mode; /* what a hit does */
    struct gdb_hit found;  /* GDB_STOPS: where it stops, if `met`; GDB_SEARCHES: the last one */
    struct gdb_hit wanted; /* GDB_ARRIVES: the one to stop at */
    bool met, stuck;
    uint64_t stops_back_at; /* a way back has stopped behind this access: not again. 0: none */
    bool rewind;            /* the access that was met is not its instruction's first */
    uint64_t *ran_until; /* [n_vcpus]: instructions of all when it last retired one; 0: unknown */

    struct gdb_points points;
    struct gdb_registers *registers;
};

/** gdb_hook - the machine's hooks. gdb_open_timeline - history begins here. */
void gdb_hook(struct gdb_stub *g);
int gdb_open_timeline(struct gdb_stub *g, struct error *err);
/** gdb_resume - by g->steps: from now on gdb_stub_run() goes on. */
void gdb_resume(struct gdb_stub *g);
/** gdb_stop_here - the machine stands still, and the debugger is told. */
void gdb_stop_here(struct gdb_stub *g, const struct gdb_hit *hit, int signal);
void gdb_report_stop(struct gdb_stub *g);
/** gdb_go_on - one slice of a run. */
void gdb_go_on(struct gdb_stub *g);
/** gdb_changed - the debugger has changed the machine. */
void gdb_changed(struct gdb_stub *g);
/** gdb_may_change - not while it is recorded. */
bool gdb_may_change(const struct gdb_stub *g);

/** gdb_back_step, gdb_back_continue - and tell. Only with a timeline. */
void gdb_back_step(struct gdb_stub *g, unsigned vcpu);
void gdb_back_continue(struct gdb_stub *g);
/** gdb_go_back - the machine as it was at @instructions. */
int gdb_go_back(struct gdb_stub *g, uint64_t instructions);

/** gdb_look_at_input - looks at what came in while the machine runs. */
void gdb_look_at_input(struct gdb_stub *g);

/* The hooks of the engine. */
bool gdb_on_break(void *opaque, unsigned vcpu, uint64_t pc, uint64_t vcpu_instructions);
bool gdb_on_access(void *opaque, const struct cpu_watched_access *access);
/** gdb_meets - a point was met: whether the machine goes on. */
bool gdb_meets(struct gdb_stub *g, const struct gdb_hit *hit, bool can_stop);

/* -- registers.c, sysregs.c, description.c ------------------------------------------------------
 */

struct gdb_sysreg {
    char name[40];
    bool writable;
    enum { GDB_REG_ENGINE, GDB_REG_GIC, GDB_REG_GIC_VIRTUAL, GDB_REG_TIMER } from;
    struct cpu_sysreg_name engine;
    const struct cpu_sysreg *outside;
};

struct gdb_registers {
    unsigned n_sysregs;
    char *description; /* target.xml */
    size_t description_bytes;
    struct gdb_sysreg sysregs[GDB_MAX_SYSREGS];
};

struct gdb_registers *gdb_registers_create(struct machine *m);
void gdb_registers_free(struct gdb_registers *r);

/** gdb_register_bytes - 0: no such register. */
unsigned gdb_register_bytes(const struct gdb_registers *r, unsigned n);
/** gdb_register_get, gdb_register_set - little-endian. -ENOENT, -EPERM; set: 1 when it was so. */
int gdb_register_get(struct gdb_stub *g, unsigned vcpu, unsigned n, uint8_t bytes[16]);
int gdb_register_set(struct gdb_stub *g, unsigned vcpu, unsigned n, const uint8_t bytes[16]);
/** gdb_plain_registers - how many g and G have: the others are read one by one. */
unsigned gdb_plain_registers(void);

unsigned gdb_sysregs_list(struct machine *m, struct gdb_sysreg *to);
int gdb_sysreg_get(struct machine *m, unsigned vcpu, const struct gdb_sysreg *r, uint64_t *value);
int gdb_sysreg_set(struct machine *m, unsigned vcpu, const struct gdb_sysreg *r, uint64_t value);

/** gdb_describe - target.xml, to be freed; NULL: out of memory. */
char *gdb_describe(const struct gdb_registers *r, size_t *bytes);
/* The plain registers, in the order of their numbers. */
struct gdb_plain {
    const char *name;
    unsigned count, bits;
    const char *type, *group;
    bool fpu; /* of the second feature */
};
extern const struct gdb_plain gdb_plains[];
extern const unsigned gdb_n_plains;

/* -- memory.c ---------------------------------------------------------------------------------- */

/** gdb_memory_read - how many bytes from @va on are RAM, up to @n. */
size_t gdb_memory_read(struct gdb_stub *g, uint64_t va, void *to, size_t n);
/** gdb_memory_write - all or nothing. -EFAULT. */
int gdb_memory_write(struct gdb_stub *g, uint64_t va, const void *from, size_t n);
/** gdb_translate - as the selected vCPU sees @va; -EFAULT. */
int gdb_translate(struct gdb_stub *g, uint64_t va, uint64_t *pa);

/* -- actions.c --------------------------------------------------------------------------------- */

enum { GDB_ALL_THREADS = -1 };
/** gdb_take_thread - "-1": all, "0": any, else a thread's number, 1 .. n_vcpus. False: no such. */
bool gdb_take_thread(const struct gdb_stub *g, const char **at, int *thread);
void gdb_set_actions(struct gdb_stub *g, enum gdb_action action);
/** gdb_take_actions - those of a vCont packet, into g->steps. False: it is malformed. */
bool gdb_take_actions(struct gdb_stub *g, const char *at);

/* -- commands.c, monitor.c --------------------------------------------------------------------- */

/** gdb_packet - carries out one, and answers. @packet has a terminating zero at @n. */
void gdb_packet(struct gdb_stub *g, char *packet, size_t n);
/** gdb_monitor - a line of `monitor`; its output by gdb_say(). */
void gdb_monitor(struct gdb_stub *g, const char *line);
/** gdb_current - the vCPU whose turn it is; when it is a VMM's thread's (emu/actor.h), the first.
 */
static inline unsigned gdb_current(const struct machine *m)
{
    return m->current < m->config.n_vcpus ? m->current : 0;
}
/** gdb_vcpu_state - "running", "ready", "WFI", ... */
const char *gdb_vcpu_state(const struct machine *m, unsigned vcpu);

#endif
