/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * `irqlab why`: is this interrupt taken by this vCPU, and if not, which gate is closed, by what
 * value of which register, and who wrote it?
 *
 * The middle of the list of gates is libgic's own (gic_explain(), design.md, contract 1). The
 * machine adds what is outside the GIC: in front, the interrupt's source (a timer, a device, an
 * SGI's sender); behind, the PE: the exception level that the interrupt is routed to, PSTATE's
 * mask, the vector; and between, its power.
 *
 * Asking changes nothing. All functions run on the machine's thread, between turns.
 */
#ifndef IRQLAB_EMU_WHY_H
#define IRQLAB_EMU_WHY_H

#include <jansson.h>
#include <stdio.h>

#include "emu/history.h"
#include "emu/machine.h"

enum { WHY_EXIT_TAKEN = 0, WHY_EXIT_BLOCKED = 1, WHY_MAX_GATES = 32 };

/* A physical interrupt, a virtual one, or a device's event: then its LPI and vCPU are found. */
enum why_form { WHY_PHYSICAL, WHY_VIRTUAL, WHY_EVENT };

struct why_question {
    enum why_form form;
    uint32_t intid; /* WHY_VIRTUAL: a vINTID */
    unsigned vcpu;
    uint32_t device_id, event_id; /* WHY_EVENT */
};

struct why_gate {
    const char *name;
    enum gic_gate_result result;
    char reg[48];      /* with its n: "GICR_ISENABLER0" */
    const char *field; /* with field_bit >= 0 of one interrupt: "Set_enable_bit" 27 */
    int field_bit;
    uint64_t value, wanted;
    const char *relation; /* how value and wanted must compare: "==", ">"; "any" */
    char section[32];     /* "IHI 0069 4.8.6" */
    const char *advice;
    char note[160];  /* more about the value; "" */
    bool has_writer; /* false: nothing that software writes, or no history */
    struct writer writer;
};

enum why_verdict {
    WHY_DELIVERABLE, /* every gate passes: the vCPU takes it before its next instruction */
    WHY_DELIVERED,   /* taken before, and nothing of it waits now */
    WHY_BLOCKED,
};

struct why_answer {
    struct why_question question; /* of an event, with the LPI and vCPU when it has them */
    bool found;                   /* an event's translation works; else there are its gates alone */
    bool is_virtual;              /* WHY_VIRTUAL, or an event that is a vLPI's */
    uint64_t instructions, now_ns;
    enum why_verdict verdict;
    enum gic_line line;
    enum gic_group group;
    uint8_t priority;
    struct gic_irq_state state;
    struct gic_pe_state pe;
    unsigned first_failed; /* index; n_gates: none */
    unsigned n_gates;
    struct why_gate gates[WHY_MAX_GATES];
    struct delivery delivery; /* what came before, at this vCPU */
};

/** why_ask - walks all gates. The vCPU must exist. */
void why_ask(struct machine *m, const struct why_question *q, struct why_answer *a);

/** why_json - a new object; the format is in the manual. NULL: out of memory. */
json_t *why_json(const struct machine *m, const struct why_answer *a);
void why_print(const struct machine *m, const struct why_answer *a, FILE *out);
void why_print_writer(const struct machine *m, const struct writer *w, FILE *out);
json_t *why_writer_json(const struct machine *m, const struct writer *w);

/** why_exit_code - WHY_EXIT_TAKEN or WHY_EXIT_BLOCKED. */
int why_exit_code(const struct why_answer *a);

/* -- Why not again? -- */

enum why_again_verdict {
    WHY_NEVER,     /* never delivered: why_ask() tells */
    WHY_NOT_AGAIN, /* once, and no more: `reason` */
    WHY_AGAIN,     /* more than once; `reason` is why nothing more has come since the last */
    WHY_COMING,    /* the vCPU takes it before its next instruction */
};

struct why_again {
    struct why_answer now;
    struct why_answer life; /* gates alone: what the last delivery still needs */
    enum why_again_verdict verdict;
    const struct why_gate *reason; /* in `life` or `now`; NULL: none */
};

void why_again_ask(struct machine *m, const struct why_question *q, struct why_again *w);
json_t *why_again_json(const struct machine *m, const struct why_again *w);
void why_again_print(const struct machine *m, const struct why_again *w, FILE *out);
int why_again_exit_code(const struct why_again *w);

/* -- Requests: of the command line, and of the control socket -- */

enum why_command { WHY_COMMAND_WHY, WHY_COMMAND_NOT_AGAIN, WHY_COMMAND_TIME };

struct why_reply {
    int exit_code;
    json_t *json; /* owned by the caller */
    char *text;   /* likewise */
};

/**
 * why_time_ask - the tree of counters and offsets of @vcpu, its timers, and which fires next: to
 * @out, and into @reply's JSON and exit code (0: one fires by itself, 1: none).
 */
void why_time_ask(struct machine *m, unsigned vcpu, struct why_reply *reply, FILE *out);

/** why_check - whether the machine has what the question is about. */
int why_check(const struct machine *m, const struct why_question *q, struct error *err);
/** why_request - asks and shows. An error: no such vCPU, or out of memory. */
int why_request(struct machine *m, enum why_command command, const struct why_question *q,
                struct why_reply *reply, struct error *err);
/**
 * why_request_control - with arguments "intid" and "vcpu", and "virtual": true for a vINTID; or
 * "device_id" and "event_id"; WHY_COMMAND_TIME "vcpu" alone. *reply: "exit_code", "text", "answer".
 */
int why_request_control(struct machine *m, enum why_command command, const json_t *arguments,
                        json_t **reply, struct error *err);

/** why_kind - "SGI", "PPI", "SPI", "LPI", or "INTID" for the ranges between. */
const char *why_kind(uint32_t intid);

/* -- internal: parts of the walk -- */

/** why_add - a new gate at the end, not applicable until why_result() says otherwise. */
struct why_gate *why_add(struct why_answer *a, const char *name, const char *section,
                         const char *advice);
void why_result(struct why_gate *gate, bool pass, uint64_t value, const char *relation,
                uint64_t wanted);
/** why_source - the gate in front: who raises the interrupt. */
void why_source(struct machine *m, struct why_answer *a);
/** why_power - is the vCPU on? */
void why_power(struct machine *m, struct why_answer *a);
/** why_trigger - in front of `pending`; why_edge_is_gone - that is why it is not pending. */
void why_trigger(const struct machine *m, struct why_answer *a);
bool why_edge_is_gone(const struct why_answer *a);
/** why_disabling - a note to the last gate, `enabled`. */
void why_disabling(struct why_answer *a);
/** why_acknowledge - in front of PSTATE's mask: a handler runs that asks the wrong register. */
void why_acknowledge(const struct machine *m, struct why_answer *a, unsigned target);
/** why_add_gic - one of libgic's gates. */
struct why_gate *why_add_gic(struct why_answer *a, const struct gic_gate *from);
/** why_remark - a note to one of libgic's gates, where more is known. */
void why_remark(struct machine *m, const struct why_answer *a, const struct gic_gate *from,
                struct why_gate *gate);
/** why_event, why_virtual - the gates of an event, and of a virtual interrupt (why_other.c). */
void why_event(struct machine *m, struct why_answer *a);
void why_virtual(struct machine *m, struct why_answer *a);
/** why_masked - a note to the gate of PSTATE: the last exception, which may be why. */
void why_masked(const struct machine *m, const struct why_answer *a, struct why_gate *gate);
/** why_pe - the gates behind: routing, mask, vector. */
void why_pe(struct machine *m, struct why_answer *a);

#endif
