/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Perfetto's trace: protobuf packets of TrackEvents, each written when it happens. Field numbers
 * are those of perfetto/trace/trace_packet.proto, track_event/track_event.proto,
 * track_event/track_descriptor.proto, counter_descriptor.proto and process_descriptor.proto.
 */
#include "emu/trace/internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { VARINT = 0, BYTES = 2 }; /* protobuf's wire types */

enum {
    TRACE_PACKET = 1,

    PACKET_TIMESTAMP = 8, /* ns */
    PACKET_SEQUENCE_ID = 10,
    PACKET_TRACK_EVENT = 11,
    PACKET_SEQUENCE_FLAGS = 13,
    PACKET_TRACK_DESCRIPTOR = 60,

    DESCRIPTOR_UUID = 1,
    DESCRIPTOR_NAME = 2,
    DESCRIPTOR_PROCESS = 3,
    DESCRIPTOR_PARENT = 5,
    DESCRIPTOR_COUNTER = 8,
    DESCRIPTOR_CHILD_ORDERING = 11,
    DESCRIPTOR_SIBLING_ORDER_RANK = 12,
    ORDERING_EXPLICIT = 3,
    PROCESS_PID = 1,
    PROCESS_NAME = 6,

    EVENT_ANNOTATION = 4,
    EVENT_TYPE = 9,
    EVENT_TRACK = 11,
    EVENT_CATEGORY = 22,
    EVENT_NAME = 23,
    EVENT_COUNTER_VALUE = 30,
    ANNOTATION_UINT = 3,
    ANNOTATION_STRING = 6,
    ANNOTATION_POINTER = 7,
    ANNOTATION_NAME = 10,

    TYPE_BEGIN = 1,
    TYPE_END = 2,
    TYPE_INSTANT = 3,
    TYPE_COUNTER = 4,

    INCREMENTAL_STATE_CLEARED = 1,
    SEQUENCE = 1,

    PACKET_BYTES = 2048, /* at most */
    TEXT_BYTES_MAX = 256,
};

/* Tracks: the machine; the group of a vCPU, and its own; the group of interrupts, and theirs. */
enum { UUID_MACHINE = 1, UUID_GIC = 2, UUID_VCPUS = 0x1000, UUID_LANES = 0x1000000 };
enum {
    OF_VCPU,
    OF_STATE,
    OF_HANDLERS,
    OF_EVENTS,
    OF_PMR,
    OF_RUNNING,
    OF_HIGHEST,
    OF_GUEST,
    TRACKS_OF_VCPU = 64
};

struct packet {
    uint8_t *bytes; /* in the file's buffer, which has PACKET_BYTES for it */
    size_t n;
};

_Static_assert((int)PACKET_BYTES < (int)TRACE_ROOM, "a packet fits");

struct perfetto {
    bool begun, gic_named;
    bool *vcpu_named, *state_open; /* [n_vcpus] */
    uint32_t *depth;               /* [n_vcpus]: handlers that are open */
    uint32_t *guest_depth;         /* [n_vcpus]: likewise of guests, for virtual interrupts */
    bool *guest_named;             /* [n_vcpus] */
    uint8_t *lane_named;           /* [TRACE_MAX_LANES] */
};

/* -- protobuf ---------------------------------------------------------------------------------- */

static void put_varint(struct packet *p, uint64_t value)
{
    for (; value > 0x7f; value >>= 7)
        p->bytes[p->n++] = (uint8_t)(value | 0x80);
    p->bytes[p->n++] = (uint8_t)value;
}

static void put_number(struct packet *p, unsigned field, uint64_t value)
{
    put_varint(p, field << 3 | VARINT);
    put_varint(p, value);
}

static void put_string(struct packet *p, unsigned field, const char *text)
{
    size_t length = strnlen(text, TEXT_BYTES_MAX);

    put_varint(p, field << 3 | BYTES);
    put_varint(p, length);
    memcpy(p->bytes + p->n, text, length);
    p->n += length;
}

/* A message inside: its length is written when it ends, in two bytes, whatever it is. */
static size_t open_message(struct packet *p, unsigned field)
{
    put_varint(p, field << 3 | BYTES);
    p->n += 2;
    return p->n;
}

static void close_message(struct packet *p, size_t from)
{
    size_t length = p->n - from;

    p->bytes[from - 2] = (uint8_t)(length | 0x80);
    p->bytes[from - 1] = (uint8_t)(length >> 7);
}

static void open_packet(struct trace *t, struct packet *p, size_t *from)
{
    p->bytes = (uint8_t *)trace_out_room(&t->out);
    p->n = 0;
    *from = open_message(p, TRACE_PACKET);
    put_number(p, PACKET_SEQUENCE_ID, SEQUENCE);
}

static void close_packet(struct trace *t, struct packet *p, size_t from)
{
    close_message(p, from);
    trace_out_done(&t->out, (char *)p->bytes + p->n);
}

/* -- Tracks ------------------------------------------------------------------------------------ */

static uint64_t vcpu_track(unsigned vcpu, unsigned which)
{
    return UUID_VCPUS + (uint64_t)vcpu * TRACKS_OF_VCPU + which;
}

/* @rank: its place among those of its parent. */
static void name_track(struct trace *t, uint64_t uuid, uint64_t parent, const char *name,
                       uint32_t rank, bool counter)
{
    struct packet p;
    size_t packet, descriptor;

    open_packet(t, &p, &packet);
    descriptor = open_message(&p, PACKET_TRACK_DESCRIPTOR);
    put_number(&p, DESCRIPTOR_UUID, uuid);
    put_number(&p, DESCRIPTOR_PARENT, parent);
    put_string(&p, DESCRIPTOR_NAME, name);
    put_number(&p, DESCRIPTOR_CHILD_ORDERING, ORDERING_EXPLICIT);
    put_number(&p, DESCRIPTOR_SIBLING_ORDER_RANK, rank);
    if (counter)
        close_message(&p, open_message(&p, DESCRIPTOR_COUNTER));
    close_message(&p, descriptor);
    close_packet(t, &p, packet);
}

static void begin_file(struct trace *t)
{
    struct packet p;
    size_t packet, descriptor, process;

    open_packet(t, &p, &packet);
    put_number(&p, PACKET_SEQUENCE_FLAGS, INCREMENTAL_STATE_CLEARED);
    descriptor = open_message(&p, PACKET_TRACK_DESCRIPTOR);
    put_number(&p, DESCRIPTOR_UUID, UUID_MACHINE);
    put_number(&p, DESCRIPTOR_CHILD_ORDERING, ORDERING_EXPLICIT);
    process = open_message(&p, DESCRIPTOR_PROCESS);
    put_number(&p, PROCESS_PID, 1);
    put_string(&p, PROCESS_NAME, "irqlab");
    close_message(&p, process);
    close_message(&p, descriptor);
    close_packet(t, &p, packet);
}

static void name_vcpu(struct trace *t, unsigned vcpu)
{
    static const struct {
        unsigned which;
        const char *name;
        bool counter;
    } tracks[] = {
        {OF_STATE, "runs or waits", false},     {OF_HANDLERS, "handlers", false},
        {OF_EVENTS, "events", false},           {OF_PMR, "ICC_PMR_EL1", true},
        {OF_RUNNING, "running priority", true}, {OF_HIGHEST, "highest pending priority", true}};
    struct perfetto *f = t->state;
    char name[48];

    if (!f->begun)
        begin_file(t);
    f->begun = true;
    if (f->vcpu_named[vcpu])
        return;
    f->vcpu_named[vcpu] = true;
    snprintf(name, sizeof(name), "vCPU %u", vcpu);
    name_track(t, vcpu_track(vcpu, OF_VCPU), UUID_MACHINE, name, vcpu, false);
    for (unsigned i = 0; i < sizeof(tracks) / sizeof(tracks[0]); i++) {
        snprintf(name, sizeof(name), "vCPU %u %s", vcpu, tracks[i].name);
        name_track(t, vcpu_track(vcpu, tracks[i].which), vcpu_track(vcpu, OF_VCPU), name,
                   tracks[i].which * 2, tracks[i].counter);
    }
}

/* Only where there are virtual interrupts. */
static void name_guest(struct trace *t, unsigned vcpu)
{
    struct perfetto *f = t->state;
    char name[48];

    if (f->guest_named[vcpu])
        return;
    f->guest_named[vcpu] = true;
    snprintf(name, sizeof(name), "vCPU %u guest's handlers", vcpu);
    name_track(t, vcpu_track(vcpu, OF_GUEST), vcpu_track(vcpu, OF_VCPU), name, OF_HANDLERS * 2 + 1,
               false);
}

/* By INTID; of one INTID, by vCPU. */
static uint32_t lane_rank(const struct trace_lane *lane)
{
    unsigned vcpu = lane->vcpu == TRACE_SHARED ? 0 : lane->vcpu;

    return lane->intid < 8192 ? lane->intid * 512 + vcpu : 8192 * 512 + lane->intid;
}

static uint64_t lane_track(struct trace *t, const struct trace_lane *lane)
{
    struct perfetto *f = t->state;
    uint32_t index = (uint32_t)(lane - t->lanes);
    char name[48];

    if (f->lane_named[index])
        return UUID_LANES + index;
    f->lane_named[index] = 1;
    name_vcpu(t, lane->at);
    if (!f->gic_named)
        name_track(t, UUID_GIC, UUID_MACHINE, "interrupts", TRACE_SHARED, false);
    f->gic_named = true;
    if (lane->vcpu == TRACE_SHARED)
        snprintf(name, sizeof(name), "%s %u", trace_intid_kind(lane->intid), lane->intid);
    else
        snprintf(name, sizeof(name), "%s %u of vCPU %u", trace_intid_kind(lane->intid), lane->intid,
                 lane->vcpu);
    name_track(t, UUID_LANES + index, UUID_GIC, name, lane_rank(lane), false);
    return UUID_LANES + index;
}

/* -- Events ------------------------------------------------------------------------------------ */

struct event_packet {
    struct packet p;
    size_t packet, event;
};

static void open_event(struct trace *t, struct event_packet *e, uint64_t now_ns, unsigned type,
                       uint64_t track)
{
    open_packet(t, &e->p, &e->packet);
    put_number(&e->p, PACKET_TIMESTAMP, now_ns);
    e->event = open_message(&e->p, PACKET_TRACK_EVENT);
    put_number(&e->p, EVENT_TYPE, type);
    put_number(&e->p, EVENT_TRACK, track);
}

static void close_event(struct trace *t, struct event_packet *e)
{
    close_message(&e->p, e->event);
    close_packet(t, &e->p, e->packet);
}

static void name_event(struct event_packet *e, const char *category, const char *name)
{
    put_string(&e->p, EVENT_CATEGORY, category);
    put_string(&e->p, EVENT_NAME, name);
}

static void annotate(struct event_packet *e, const char *name, unsigned field, uint64_t value)
{
    size_t from = open_message(&e->p, EVENT_ANNOTATION);

    put_string(&e->p, ANNOTATION_NAME, name);
    put_number(&e->p, field, value);
    close_message(&e->p, from);
}

static char *write_place(const struct trace *t, char *to, uint64_t pc)
{
    struct event_packet e = {.p = {.bytes = (uint8_t *)to}};
    uint64_t offset;
    const char *symbol = trace_symbol(t, pc, &offset);
    size_t from;

    annotate(&e, "pc", ANNOTATION_POINTER, pc);
    if (symbol) {
        from = open_message(&e.p, EVENT_ANNOTATION);
        put_string(&e.p, ANNOTATION_NAME, "symbol");
        put_string(&e.p, ANNOTATION_STRING, symbol);
        close_message(&e.p, from);
    }
    return to + e.p.n;
}

static void annotate_place(struct trace *t, struct event_packet *e, uint64_t pc)
{
    char *at = (char *)e->p.bytes + e->p.n;

    e->p.n += (size_t)(trace_put_place(t, at, pc, write_place) - at);
}

static void write_end(struct trace *t, uint64_t now_ns, uint64_t track)
{
    struct event_packet e;

    open_event(t, &e, now_ns, TYPE_END, track);
    close_event(t, &e);
}

static void write_counter(struct trace *t, uint64_t now_ns, uint64_t track, uint64_t value)
{
    struct event_packet e;

    open_event(t, &e, now_ns, TYPE_COUNTER, track);
    put_number(&e.p, EVENT_COUNTER_VALUE, value);
    close_event(t, &e);
}

static void write_state(struct trace *t, const struct trace_event *e)
{
    struct perfetto *f = t->state;
    uint64_t track = vcpu_track((unsigned)e->vcpu, OF_STATE);
    struct event_packet out;

    if (f->state_open[e->vcpu])
        write_end(t, e->now_ns, track);
    f->state_open[e->vcpu] = true;
    open_event(t, &out, e->now_ns, TYPE_BEGIN, track);
    name_event(&out, trace_kind_names[e->kind], trace_state_names[e->state]);
    close_event(t, &out);
}

/* "SPI 33" */
static char *put_intid(char *name, uint32_t intid)
{
    char *p = put_text(name, trace_intid_kind(intid));

    *p++ = ' ';
    p = put_uint(p, intid);
    *p = '\0';
    return p;
}

/* Its slices lie in each other: of all that are open at the vCPU, *depth counts. */
static void write_handler(struct trace *t, const struct trace_event *e, uint32_t *depths,
                          unsigned which)
{
    uint64_t track = vcpu_track((unsigned)e->vcpu, which);
    uint32_t *depth = &depths[e->vcpu];
    struct event_packet out;
    char name[32];

    if (e->gic.event == GIC_EVENT_PRIORITY_DROP ||
        e->gic.event == GIC_EVENT_VIRTUAL_PRIORITY_DROP) {
        if (!*depth)
            return; /* it began before the trace */
        --*depth;
        write_end(t, e->now_ns, track);
        return;
    }
    ++*depth;
    put_intid(which == OF_GUEST ? put_text(name, "virtual ") : name, e->gic.intid);
    open_event(t, &out, e->now_ns, TYPE_BEGIN, track);
    name_event(&out, trace_kind_names[e->kind], name);
    annotate(&out, "INTID", ANNOTATION_UINT, e->gic.intid);
    annotate(&out, "priority", ANNOTATION_UINT, e->gic.detail);
    if (e->has_pc)
        annotate_place(t, &out, e->pc);
    close_event(t, &out);
}

static void write_instant(struct trace *t, const struct trace_event *e, const char *name)
{
    struct event_packet out;
    unsigned vcpu = e->vcpu < 0 ? 0 : (unsigned)e->vcpu;

    name_vcpu(t, vcpu);
    open_event(t, &out, e->now_ns, TYPE_INSTANT,
               e->vcpu < 0 ? UUID_MACHINE : vcpu_track(vcpu, OF_EVENTS));
    name_event(&out, trace_kind_names[e->kind], name);
    if (e->has_pc)
        annotate_place(t, &out, e->pc);
    close_event(t, &out);
}

static void write_gic(struct trace *t, const struct trace_event *e)
{
    uint64_t line = e->gic.detail / 2;
    char name[64];

    switch (e->gic.event) {
    case GIC_EVENT_ACKNOWLEDGED:
    case GIC_EVENT_PRIORITY_DROP:
        write_handler(t, e, ((struct perfetto *)t->state)->depth, OF_HANDLERS);
        return;
    case GIC_EVENT_VIRTUAL_ACKNOWLEDGED:
    case GIC_EVENT_VIRTUAL_PRIORITY_DROP:
        name_guest(t, (unsigned)e->vcpu);
        write_handler(t, e, ((struct perfetto *)t->state)->guest_depth, OF_GUEST);
        return;
    case GIC_EVENT_VIRTUAL_PENDED:
    case GIC_EVENT_VIRTUAL_DEACTIVATED:
        strcpy(put_intid(put_text(name, "virtual "), e->gic.intid),
               e->gic.event == GIC_EVENT_VIRTUAL_PENDED ? " pended" : " deactivated");
        break;
    case GIC_EVENT_LINE:
        strcpy(put_text(name, line < GIC_N_LINES ? trace_line_names[line] : "?"),
               e->gic.detail & 1 ? " up" : " down");
        break;
    case GIC_EVENT_SGI_SENT:
        strcpy(put_intid(name, e->gic.intid), " sent");
        break;
    case GIC_EVENT_SPURIOUS:
    case GIC_EVENT_GUEST_ERROR:
        strcpy(name, trace_gic_names[e->gic.event]);
        break;
    default:
        return; /* its lane shows it */
    }
    write_instant(t, e, name);
}

static void write_exception(struct trace *t, const struct trace_event *e)
{
    const char *interrupt = trace_exception_name(e->exception.number);
    char name[32];

    snprintf(name, sizeof(name), "EC 0x%02x", (unsigned)(e->exception.syndrome >> 26 & 0x3f));
    write_instant(t, e, interrupt ? interrupt : name);
}

static void write_timer(struct trace *t, const struct trace_event *e)
{
    char name[32];

    strcpy(put_text(name, trace_timer_names[e->timer.timer]),
           e->timer.level ? " output up" : " output down");
    write_instant(t, e, name);
}

static void write_priority(struct trace *t, const struct trace_event *e)
{
    unsigned vcpu = (unsigned)e->vcpu;

    if (e->priority.new_pmr)
        write_counter(t, e->now_ns, vcpu_track(vcpu, OF_PMR), e->priority.pmr);
    if (e->priority.new_running)
        write_counter(t, e->now_ns, vcpu_track(vcpu, OF_RUNNING), e->priority.running);
    if (e->priority.new_highest)
        write_counter(t, e->now_ns, vcpu_track(vcpu, OF_HIGHEST), e->priority.highest);
}

static void on_event(struct trace *t, const struct trace_event *e)
{
    name_vcpu(t, e->vcpu < 0 ? 0 : (unsigned)e->vcpu);
    switch (e->kind) {
    case TRACE_IRQ:
        write_gic(t, e);
        break;
    case TRACE_TIMER:
        write_timer(t, e);
        break;
    case TRACE_EXCEPTION:
        write_exception(t, e);
        break;
    case TRACE_VCPU:
        write_state(t, e);
        break;
    case TRACE_PRIORITY:
        write_priority(t, e);
        break;
    default:
        write_instant(t, e, e->text);
    }
}

static void on_lane(struct trace *t, const struct trace_lane *lane, const struct trace_lane *was,
                    uint64_t now_ns)
{
    static const char *const names[] = {NULL, "pending", "active", "active and pending"};
    const char *name = names[lane->pending | lane->active << 1];
    uint64_t track = lane_track(t, lane);
    struct event_packet e;

    if (was->pending || was->active)
        write_end(t, now_ns, track);
    if (!name)
        return;
    open_event(t, &e, now_ns, TYPE_BEGIN, track);
    name_event(&e, trace_kind_names[TRACE_IRQ], name);
    close_event(t, &e);
}

/* What still goes on at the end ends there. */
static void end(struct trace *t, uint64_t now_ns)
{
    struct perfetto *f = t->state;

    for (unsigned i = 0; i < t->n_vcpus; i++) {
        for (; f->depth[i]; f->depth[i]--)
            write_end(t, now_ns, vcpu_track(i, OF_HANDLERS));
        for (; f->guest_depth[i]; f->guest_depth[i]--)
            write_end(t, now_ns, vcpu_track(i, OF_GUEST));
        if (f->state_open[i])
            write_end(t, now_ns, vcpu_track(i, OF_STATE));
    }
    for (uint32_t i = 0; i < t->n_lanes; i++) {
        if (t->lanes[i].pending || t->lanes[i].active)
            write_end(t, now_ns, UUID_LANES + i);
    }
}

static int begin(struct trace *t)
{
    unsigned n = t->n_vcpus;
    struct perfetto *f = calloc(1, sizeof(*f));

    t->state = f;
    if (!f)
        return -ENOMEM;
    f->vcpu_named = calloc(n, sizeof(*f->vcpu_named));
    f->state_open = calloc(n, sizeof(*f->state_open));
    f->depth = calloc(n, sizeof(*f->depth));
    f->guest_depth = calloc(n, sizeof(*f->guest_depth));
    f->guest_named = calloc(n, sizeof(*f->guest_named));
    f->lane_named = calloc(TRACE_MAX_LANES, sizeof(*f->lane_named));
    return f->vcpu_named && f->state_open && f->depth && f->guest_depth && f->guest_named &&
                   f->lane_named
               ? 0
               : -ENOMEM;
}

static void clear(struct trace *t)
{
    struct perfetto *f = t->state;

    if (!f)
        return;
    free(f->vcpu_named);
    free(f->state_open);
    free(f->depth);
    free(f->guest_depth);
    free(f->guest_named);
    free(f->lane_named);
    free(f);
}

const struct trace_format trace_perfetto = {.name = "perfetto",
                                            .suffix = ".pftrace",
                                            .wants_pc = true,
                                            .begin = begin,
                                            .event = on_event,
                                            .lane = on_lane,
                                            .end = end,
                                            .clear = clear};
