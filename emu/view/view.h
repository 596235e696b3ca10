/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a person watches: a machine that runs, stands still, or is gone back over, as frames. One
 * frame is everything that `irqlab top`, `irqlab serve` and `irqlab report` show of one moment:
 * vCPUs, interrupts that are not idle with the gate that each stands at, timers, the last events.
 *
 * The view drives the machine (run, pause, step, back) as a debugger does, with a timeline
 * (emu/timeline.h): looking and going back leave no trace in the guest's state. While a debugger is
 * attached (-gdb) that one drives, and the view goes on showing.
 *
 *     view_open(&(struct view_options){.ui = my_ui}, argc, argv, &v, &err);
 *     view_run(v, &err);       // calls my_ui->look() until somebody commands VIEW_QUIT
 *     view_close(v);
 *
 * Threads: the machine's, all of it. A user interface with threads of its own copies what it needs
 * in look(), and hands commands over there. Units: instructions are counted on all vCPUs together;
 * times are ns of virtual time. Errors: 0 or a negative errno, and @err.
 */
#ifndef IRQLAB_EMU_VIEW_VIEW_H
#define IRQLAB_EMU_VIEW_VIEW_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/error.h"
#include "emu/machine.h"
#include "emu/options.h"
#include "emu/why.h"

struct view;

/* -- One frame --------------------------------------------------------------------------------- */

enum { VIEW_NO_VCPU = -1, VIEW_ANY_VCPU = -2, VIEW_NO_INTID = 1023 };

struct view_vcpu {
    enum vcpu_state state;
    bool next;      /* its turn is next, or runs */
    bool for_event; /* it waits by WFE, not WFI */
    uint64_t pc;
    const char *symbol; /* NULL: none; the machine's */
    uint64_t offset;    /* of pc from it */
    uint8_t el;
    uint8_t daif;                  /* D 8, A 4, I 2, F 1 */
    uint8_t pmr, running, highest; /* priorities; 0xff: idle, none */
    uint32_t highest_intid;        /* VIEW_NO_INTID: none */
    uint8_t group_enables;         /* bit per enum gic_group, ICC_IGRPEN<n> */
    bool asleep;                   /* GICR_WAKER.ProcessorSleep */
    uint8_t lines;                 /* bit per enum gic_line */
    uint64_t instructions;         /* its own */
};

/* Where an interrupt stands. */
enum view_verdict {
    VIEW_IDLE,    /* enabled, and nothing waits */
    VIEW_ACTIVE,  /* acknowledged, not deactivated yet */
    VIEW_COMING,  /* pending, every gate is open */
    VIEW_BLOCKED, /* pending, `gate` is closed */
};

struct view_event {
    uint64_t seq; /* 1, 2, ... in the order in which they came; never used twice */
    uint64_t instructions, now_ns;
    int vcpu;         /* VIEW_NO_VCPU */
    const char *kind; /* "pended", "acknowledged", "priority drop", "deactivated", "SGI sent",
                         "spurious", "unpended", "line", "timer", "exception", "vcpu", "priority",
                         "psci", "input", ... static */
    uint32_t intid;   /* VIEW_NO_INTID: of none */
    char text[64];    /* more: "priority 0xa0", "IRQ up", "waits"; "" */
    bool has_pc;
    uint64_t pc;                   /* of the instruction during which it came */
    uint8_t daif;                  /* the vCPU's then */
    uint8_t pmr, running, highest; /* likewise */
};

struct view_irq {
    uint32_t intid;
    bool is_virtual; /* in a list register of `vcpu`, for its guest: intid is a vINTID */
    int vcpu;        /* whose it is: of a private or virtual one; VIEW_NO_VCPU: shared */
    int target;      /* where it goes; VIEW_NO_VCPU: nowhere, VIEW_ANY_VCPU: 1 of N */
    bool pending, level, active, enabled, edge; /* level: its input is up */
    bool hw; /* of a virtual one: ICH_LR<n>_EL2.HW, its end ends a physical one, too */
    enum gic_group group;
    uint8_t priority;
    uint64_t deliveries; /* acknowledges so far, at the target, as far as is known */
    enum view_verdict verdict;
    char gate[24];      /* VIEW_BLOCKED: the first closed gate's name, as in `irqlab why` */
    char reason[160];   /* ... its register, field, value and what is wanted, in one line */
    const char *advice; /* ... how to mend it; static */
    char section[32];   /* ... "IHI 0069 4.8.6" */
    bool has_event;
    struct view_event last; /* its last event */
};

struct view_timer {
    unsigned vcpu;
    enum timer_id timer;
    uint32_t intid;
    uint32_t ctl;         /* ENABLE 1, IMASK 2, ISTATUS 4 */
    bool level;           /* its output is up */
    uint64_t deadline_ns; /* UINT64_MAX: none */
};

enum view_state {
    VIEW_RUNS,
    VIEW_PAUSED,
    VIEW_DEBUGGED, /* a debugger is attached, and decides */
    VIEW_OVER,     /* the run is at its end; one can go back */
};

struct view_frame {
    uint64_t n; /* 1, 2, ...: a new one for each moment that was looked at */
    enum view_state state;
    bool idle; /* everybody waits, and nothing is left that could wake one by itself */
    uint64_t instructions, now_ns;
    uint64_t begin;   /* as far as one can go back */
    uint64_t reached; /* as far as the run has come */
    uint64_t end;     /* of a recording; 0: of none */
    uint64_t end_ns;
    char message[256]; /* what became of the last command, or why the run is over; "" */
    unsigned n_vcpus;
    const struct view_vcpu *vcpus;
    unsigned n_irqs; /* sorted: blocked (behind another one last), coming, active, idle; by INTID,
                        vCPU */
    const struct view_irq *irqs;
    unsigned n_timers; /* those that are enabled */
    const struct view_timer *timers;
    uint64_t last_seq; /* of the events; 0: none */
};

/**
 * view_frame - of now; the same one until the machine has moved or was changed. Owned by @v, until
 * the next call. NULL: out of memory.
 */
const struct view_frame *view_frame(struct view *v);

/**
 * view_events - the last events up to now, at most @max, with seq > @since: copied to @to in
 * order. Returns how many. view_future - likewise those that are known to come (one has gone back).
 */
size_t view_events(struct view *v, uint64_t since, struct view_event *to, size_t max);
size_t view_future(struct view *v, struct view_event *to, size_t max);

enum { VIEW_MAX_EVENTS = 1 << 16 }; /* that are kept */

/* -- As JSON (emu/view/json.c): new objects; NULL: out of memory. The format is at its top. ------
 */

json_t *view_frame_json(struct view *v, const struct view_frame *f);
json_t *view_events_json(struct view *v, const struct view_event *events, size_t n);
/** view_gates_json - what `irqlab why --json` says. @is_virtual: @intid is a vINTID. */
json_t *view_gates_json(struct view *v, uint32_t intid, unsigned vcpu, bool is_virtual,
                        struct error *err);
/** view_why_text - what `irqlab why` prints, to be freed. */
char *view_why_text(struct view *v, uint32_t intid, unsigned vcpu, bool is_virtual,
                    struct error *err);
/** view_machine_json - what does not change: vCPUs, affinities, timers' INTIDs, devices' SPIs. */
json_t *view_machine_json(struct view *v);

/* -- Commands ---------------------------------------------------------------------------------- */

enum view_command {
    VIEW_RUN,
    VIEW_PAUSE,
    VIEW_STEP,       /* @argument instructions, on whichever vCPUs have their turn */
    VIEW_BACK,       /* @argument instructions back */
    VIEW_STEP_EVENT, /* to the next event of the GIC, a timer or an exception */
    VIEW_BACK_EVENT, /* to before the last one */
    VIEW_GO,         /* to @argument instructions */
    VIEW_GO_NS,      /* to the first instruction at @argument ns or later */
    VIEW_QUIT,
    VIEW_N_COMMANDS
};

/**
 * view_command - carried out as soon as look() has returned; one at a time, the last one counts.
 * What is not possible is said in the next frame's message.
 */
void view_command(struct view *v, enum view_command command, uint64_t argument);
/** view_command_of - by its name: "run", "pause", "step", "back", "step-event", "back-event", "go",
 * "go-ns", "quit". VIEW_N_COMMANDS: no such. */
enum view_command view_command_of(const char *name);

/* -- Who shows it ------------------------------------------------------------------------------ */

struct view_ui {
    void *opaque;
    /* Called between turns: often while the machine runs (at least 10 times a second), also when it
     * stands still, and as soon as `fd` can be read. May ask for frames, and command. */
    void (*look)(void *opaque, struct view *v);
    int fd; /* where a person's or a client's input comes from, to wait for; -1: nowhere */
};

struct view_options {
    const char *command;   /* "top": for messages */
    const char *recording; /* a recording's file; NULL: live, by the options of irqlab run */
    bool paused;           /* stand before the first instruction (also by -S) */
    const char *serial;    /* -serial, unless it is given; NULL: "null" */
    uint64_t frame_ms;     /* look() at least so often while it runs; 0: 50 */
};

/**
 * view_open - a machine as irqlab run would make it of @argv (@argv[0] is skipped; -S is taken out,
 * and means `paused`), or of the recording and its options. @ui must outlive @v.
 */
int view_open(const struct view_options *o, const struct view_ui *ui, int argc, char **argv,
              struct view **out, struct error *err);
void view_close(struct view *v);
/** view_machine - for what frames do not have. */
struct machine *view_machine(const struct view *v);
/** view_run - until VIEW_QUIT, or a signal. 0, or an error. */
int view_run(struct view *v, struct error *err);

/** view_moment - without a user interface: goes to @instructions, as VIEW_GO; for reports. */
int view_moment(struct view *v, uint64_t instructions, struct error *err);

/** view_check_end - of a recording, with view_moment(): goes to its end, which must be the recorded
 * one; else exit code 103. */
int view_check_end(struct view *v, struct error *err);

/** view_console_end - how many bytes there have been on it, up to now. view_console - the guest's
 * last output on its console, up to @max bytes. How many. */
size_t view_console(struct view *v, char *to, size_t max);
uint64_t view_console_end(const struct view *v);

#endif
