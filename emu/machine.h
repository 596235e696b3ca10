/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine: one board, its vCPUs, its clock and its scheduler. Every byte of state hangs off
 * `struct machine`; two machines can live in one process. All functions run on one host thread.
 *
 * Life: machine_create() -> (loader writes guest memory, machine_start_at()) -> machine_run() ->
 * machine_summary() -> machine_destroy().
 */
#ifndef IRQLAB_EMU_MACHINE_H
#define IRQLAB_EMU_MACHINE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "cpu/cpu.h"
#include "cpu/psci.h"
#include "emu/board.h"
#include "emu/chooser.h"
#include "emu/dev/dev.h"
#include "emu/error.h"
#include "emu/gic_options.h"
#include "gic/gic.h"
#include "timer/frames.h"
#include "timer/timer.h"

struct journal_writer;
struct journal_reader;
struct symbols;
struct tracer;
struct history;
struct races;
struct strict;
struct chardev;
struct control;
struct vmm;
struct vmm_setup;
struct actors;

enum { MACHINE_MAX_DEVICES = 80, MACHINE_MAX_INTID = 1020, MACHINE_MAX_RENEWALS = 64 };

/* -- Configuration: fixed at machine_create() -- */

struct machine_config {
    const char *cpu_model;
    unsigned n_vcpus;
    uint64_t ram_bytes;
    bool has_el2, has_el3;
    bool semihosting;
    unsigned icount_shift;         /* 2^shift ns of virtual time for each instruction */
    uint64_t quantum_instructions; /* the longest turn of a vCPU */
    uint64_t counter_hz;           /* CNTFRQ_EL0 */
    uint64_t rtc_base_seconds;     /* PL031 at virtual time 0 */
    uint64_t max_instructions;     /* stop there with IRQLAB_EXIT_LIMIT; 0: no limit */
    uint64_t max_ns;               /* likewise, of virtual time */
    bool host_clock;               /* virtual time follows the host's (not deterministic) */
    bool progress;                 /* tell a person at standard error how far it is */
    bool no_reboot;                /* a guest's reset ends the run */
    bool mmio_timers;              /* memory-mapped timers (emu/timer_frames.c) */
    uint64_t renew_gic_at[MACHINE_MAX_RENEWALS]; /* instruction counts, ascending */
    unsigned n_renew_gic;
    struct gic_options gic;
    struct choices choices; /* what the chooser answers */
    /* Whose frames and ID registers; NULL: the machine has its own. Outlives the machine. */
    struct vmm_setup *setup;
    const char *actor; /* emu/actor.h; NULL: none */
};

/* -- Virtual time (emu/clock.c) ----------------------------------------------------------------
 * now = (retired instructions << shift) + skipped. `skipped` grows when every vCPU waits (jump to
 * the next deadline) and by the waiting rule of emu/sched.c. Nothing else moves time.
 */
struct clock {
    unsigned shift;
    uint64_t skipped_ns;
    bool host;
    uint64_t host_start_ns;
};

/* -- Scheduling (emu/sched.c) -- */

/* LEAVING: as soon as it goes on it calls its VMM (emu/actor.h). */
enum vcpu_state { VCPU_OFF, VCPU_READY, VCPU_WAITING, VCPU_LEAVING };

/* Why a vCPU does not run though it is ready (emu/vmm.h). */
enum { VCPU_HELD_BY_PAUSE = 1, VCPU_HELD_BY_CALL = 2 };

struct vcpu {
    enum vcpu_state state;
    uint8_t held;             /* VCPU_HELD_* */
    uint64_t turn, turn_left; /* its turn, and what is left of it, in instructions */
    bool restarted;           /* a suspend with power-down has just reset it */
    bool idle_turn;           /* its last turn did nothing but look and wait */
    bool hinted;              /* ... and that loop has a WFE or YIELD */
    uint64_t idle_length;     /* how many instructions its last turn took */
    uint64_t last_poll;       /* its instruction count at the last read of a counter */
    uint32_t polls;           /* such reads in a row */
    bool polled;              /* the run that ends now ends by one */
    struct cpu_wait wait;     /* what ends its WFI or WFE besides an interrupt */
    uint64_t wake_ns;         /* while it waits: when time alone ends that; UINT64_MAX: never */
    uint64_t event_ns;        /* when its event register was last cleared */
    /* A debugger's, and no state of the run: */
    bool barred;  /* it gets no turn */
    bool stepped; /* it runs one instruction at a time */
};

struct waiting {
    uint64_t since_ns; /* when everybody began to wait */
    bool active;
};

enum machine_stop {
    MACHINE_RUNNING,
    MACHINE_SHUTDOWN, /* exit_code says how */
    MACHINE_RESET,
};

/* Counts for the summary; no part of the guest's state. */
struct statistics {
    uint64_t stops[CPU_STOP_WILD + 1];
    uint64_t idle_jumps, waiting_steps, mmio_reads, mmio_writes, exceptions, resets;
    uint32_t (*acknowledged)[MACHINE_MAX_INTID]; /* [vcpu][intid] */
};

/* One place on the bus. */
struct slot {
    struct dev *dev;
    uint64_t base;
    uint64_t deadline_ns;
    uint32_t first_intid;    /* INTID of its interrupt line 0 */
    struct chardev *console; /* where it transmits; NULL: nowhere */
    struct machine *machine;
};

struct window {
    struct machine *machine;
    struct cpu_mmio mmio;
    uint64_t base, stride;
    struct slot *slots[32];
};

struct flash_bank {
    struct machine *machine;
    struct slot *slot;
    struct cpu_mmio mmio;
    uint64_t base;
    bool mapped;
};

struct gicr_region {
    struct machine *machine;
    struct cpu_mmio mmio;
    unsigned first_vcpu;
};

struct timer_window {
    struct machine *machine;
    struct cpu_mmio mmio;
    enum timers_frame_kind kind;
    unsigned n;
};

enum { PCIE_WINDOWS = 3 };

/* The PCIe host: config space is its slot's region; memory, ports and high memory beside it. */
struct pcie_root {
    struct slot *slot;
    struct pcie_window {
        struct machine *machine;
        struct cpu_mmio mmio;
        uint64_t base;
    } windows[PCIE_WINDOWS];
};

/* What machine_explorer.before() says: run an instruction; it did something else, ask again; @vcpu
 * stands before an event, as after CPU_STOP_ACCESS. */
enum machine_step { MACHINE_STEP_RUN, MACHINE_STEP_DONE, MACHINE_STEP_PARK };

/* Who explores this machine (emu/explore/explorer.h). */
struct machine_explorer {
    void *opaque;
    /* @vcpu waits (WFI, WFE; @hint: says so by YIELD): whether an interrupt was held back from it;
     * it is no more. */
    bool (*waits)(void *opaque, unsigned vcpu, bool hint);
    /* A line of the GIC changed. */
    void (*line)(void *opaque, unsigned vcpu, enum gic_line line, bool level);
    void (*gic_event)(void *opaque, enum gic_event event, unsigned vcpu, uint32_t intid);
    /* @thread stands before something that others notice: a vCPU that will leave to the VMM, or an
     * actor (emu/actor.h); and it happens now. */
    void (*stands)(void *opaque, unsigned thread);
    void (*acts)(void *opaque, unsigned thread);
    /* The GIC reads or writes its tables. */
    void (*table)(void *opaque, uint64_t pa, size_t size_bytes, bool is_write);
    /* HLT #0xf000 at @pc: whether it was the explorer's. */
    bool (*halted)(void *opaque, unsigned vcpu, uint64_t pc);
    /* Runs end there, and due() is called, so that a vCPU without events cannot run for ever. */
    uint64_t until_instructions;
    void (*due)(void *opaque);
    /* images/lib/race.h: race_observe(); race_arrive(), how many have in this run. */
    void (*observed)(void *opaque, const char *what, uint64_t value);
    unsigned (*arrived)(void *opaque);
    /* Not NULL: vCPUs run an instruction at a time, between these two. */
    enum machine_step (*before)(void *opaque, unsigned vcpu);
    void (*after)(void *opaque, unsigned vcpu, uint64_t executed);
};

/* Who debugs this machine (emu/gdb/). None of these changes the run, but for what it asks for. */
struct machine_debugger {
    void *opaque;
    /* @vcpu has run for @executed instructions, and stopped by @stop. */
    void (*ran)(void *opaque, unsigned vcpu, uint64_t executed, enum cpu_stop stop);
    /* Nobody may run: whether it is because of vCPUs that are barred. Then machine_go() returns. */
    bool (*stuck)(void *opaque);
    /* Time to look what the debugger has to say. */
    void (*outside)(void *opaque);
    int fd; /* where that comes from; -1: nowhere */
};

/* Who watches this machine (emu/view/). None of these changes the run. */
struct machine_viewer {
    void *opaque;
    /* Time to look: often while it runs, and while it rests. */
    void (*look)(void *opaque);
    /* What a console shows for the first time. */
    void (*output)(void *opaque, const uint8_t *bytes, size_t size_bytes);
    int fd; /* where its commands come from; -1: nowhere */
};

struct machine {
    struct machine_config config;
    struct board_description board;
    uint64_t *mpidr; /* [n_vcpus] */

    struct cpu_engine *engine;
    struct gic *gic;
    struct gic_its *its; /* the GIC's, NULL: none */
    bool renewing;       /* a new GIC takes the old one's place: nobody is told of its lines */
    unsigned renewals;   /* how many of config.renew_gic_at are done */
    struct timers *timers;
    uint8_t *ram;
    struct cpu_sysreg *sysregs;

    struct slot slots[MACHINE_MAX_DEVICES];
    unsigned n_slots;
    struct window windows[MACHINE_MAX_DEVICES];
    unsigned n_windows;
    struct cpu_mmio gicd_window, gicc_window, its_window;
    struct gicr_region gicr[2];
    struct timer_window timer_windows[3 + 2 * BOARD_TIMER_FRAMES];
    struct flash_bank flash[2];
    struct pcie_root pcie;

    struct clock clock;
    struct chooser chooser;
    struct vcpu *vcpus;
    unsigned current; /* a thread: a vCPU, or n_vcpus + an actor */
    struct waiting waiting;
    uint64_t wake_ns;             /* the earliest of all vCPUs that wait */
    unsigned event_waiters;       /* how many of them a SEV would wake */
    uint64_t devices_deadline_ns; /* the earliest of all slots */
    bool deadlines_moved;

    uint64_t until_instructions; /* where machine_go() returns */
    uint64_t until_ns;           /* there too; 0: nowhere */
    enum machine_stop stop;
    int exit_code;
    struct error stop_reason;

    /* the door (emu/door.c) */
    struct journal_writer *record;
    struct journal_reader *replay;
    struct journal_reader *inputs; /* a log: what came in, for going back (emu/timeline.h) */
    bool deaf; /* over known ground: nobody outside is asked, nor told anything again */
    struct control *control; /* NULL: none */
    uint64_t next_poll_instructions;
    uint64_t progress_host_ns; /* when progress was last shown; 0: not yet */

    struct statistics statistics;
    struct tracer *trace;
    const struct snapshot_recipe *recipe; /* for snapshot files; NULL: not known */
    struct snapshot_points *points;       /* emu/snapshot_points.c; NULL: none is to be written */
    struct snapshot_base *snapshots;      /* emu/snapshot.c; NULL: none was taken */
    struct history *history;              /* NULL: who wrote what is not kept (emu/history.h) */
    struct races *races;                  /* NULL: nobody looks for them (emu/races/races.h) */
    struct strict *strict;                /* NULL: nobody judges (emu/strict.h) */
    struct symbols *symbols;

    struct machine_explorer *explorer; /* NULL: nobody explores */
    struct vmm *vmm;
    bool sealed;                       /* vmm_first_run() was called */
    struct machine_debugger *debugger; /* NULL: nobody debugs */
    struct machine_viewer *viewer;     /* NULL: nobody watches */
    struct actors *actors;             /* NULL: none */
    /* A guest marks where its test begins and ends (images/lib/race.h); NULL: nobody listens. */
    void (*marked)(void *opaque, struct machine *m, unsigned vcpu, bool begins);
    void *marked_opaque;

    struct boot {
        unsigned el;
        uint64_t pc, x0;
    } boot;
    /* Puts the images back into RAM after a guest's reset; set by whoever loaded them. */
    void (*reload)(void *opaque, struct machine *m);
    void *reload_opaque;
};

int machine_create(const struct machine_config *config, struct machine **out, struct error *err);
void machine_destroy(struct machine *m);

/** machine_guest_write - for loaders: RAM only. -EFAULT when any byte is elsewhere. */
int machine_guest_write(struct machine *m, uint64_t address, const void *data, size_t size_bytes);
int machine_guest_read(struct machine *m, uint64_t address, void *data, size_t size_bytes);

/** machine_slot - a free place for a device, NULL when there is none. */
struct slot *machine_slot(struct machine *m);
/**
 * machine_place - puts @dev at @base with its interrupt lines from @first_intid up.
 * The machine owns @dev from then on.
 */
int machine_place(struct machine *m, struct slot *slot, struct dev *dev, uint64_t base,
                  uint32_t first_intid, struct error *err);
/** machine_dev_host - the services for a device that will be placed in @slot. */
struct dev_host machine_dev_host(struct slot *slot);

/** machine_start_at - at each reset vCPU 0 enters there; the others wait for CPU_ON. At EL3, where
 * nobody answers that, all enter, as from hardware's reset. */
void machine_start_at(struct machine *m, unsigned el, uint64_t pc, uint64_t x0);

/** machine_power_on - cold: as at the start, but for RAM and time. */
void machine_power_on(struct machine *m);
/**
 * machine_go - runs on from where the machine is, until exactly @until_instructions were retired
 * on all vCPUs together, or the machine stops: m->stop tells. UINT64_MAX: until it stops. A guest's
 * reset is carried out (machine_power_on, and the images are loaded again) and the run goes on.
 */
void machine_go(struct machine *m, uint64_t until_instructions);
/** machine_go_over - machine_go() over known ground: nobody outside is asked, nor told anything
 * again. Also ends where it is @until_ns; 0: nowhere. */
void machine_go_over(struct machine *m, uint64_t until_instructions, uint64_t until_ns);
/** machine_run - power on, and until the guest, a limit or a person ends it: the exit code. */
int machine_run(struct machine *m);

/** machine_shut_down - ends machine_run() after the running instruction. */
void machine_shut_down(struct machine *m, int exit_code, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/** machine_console_write - as if the guest had written to its first console. */
void machine_console_write(struct machine *m, const uint8_t *bytes, size_t size_bytes);

/**
 * machine_renew_gic - a new GIC and ITS take over from the old ones by device attributes alone
 * (emu/renew.c). Between two turns of vCPUs. On failure the old ones stay, and @err says why.
 */
int machine_renew_gic(struct machine *m, struct error *err);

/** machine_vcpu_of - whose affinity (MPIDR_EL1) it is; n_vcpus: nobody's. */
unsigned machine_vcpu_of(const struct machine *m, uint64_t affinity);

uint64_t machine_instructions(const struct machine *m);
uint64_t machine_now_ns(const struct machine *m);

/*
 * -- State (emu/state.c) --
 *
 * There is one walk, so that nothing can be in a snapshot and not in the hash, or in the hash and
 * not in a snapshot. Between turns of vCPUs only.
 *
 * machine_visit - everything that decides how the run goes on, but RAM: always in the same order.
 * With v->restoring the bytes are overwritten; any bytes may come, and become a state that the
 * machine can be in. machine_visit_ram - each page (4 KiB) that is not all zeros.
 * machine_visit_position - what is not the guest's: counts of the summary, where the chooser is.
 */
void machine_visit(struct machine *m, struct visitor *v);
void machine_visit_ram(const struct machine *m,
                       void (*fn)(void *opaque, uint64_t index, const uint8_t *bytes),
                       void *opaque);
void machine_visit_position(struct machine *m, struct visitor *v);
/** machine_fingerprint - of what the machine is made of: equal ones understand each other's state.
 */
uint64_t machine_fingerprint(const struct machine *m);
/** machine_state_hash - XXH3 over all of it but the position (emu/hash.c). */
uint64_t machine_state_hash(struct machine *m);

/* -- internal to emu/ -- */
uint64_t clock_now_ns(const struct machine *m);
void clock_skip_to(struct machine *m, uint64_t when_ns);
uint64_t clock_instructions_until(const struct machine *m, uint64_t when_ns);

int wires_create(struct machine *m, struct error *err);
/** wires_create_gic - a new m->gic and m->its; who had them before has them no more. */
int wires_create_gic(struct machine *m, struct error *err);
/** wires_drive_line - as the GIC does. wires_tell_pe_states - a new GIC learns where PEs are. */
void wires_drive_line(struct machine *m, unsigned vcpu, enum gic_line line, bool level);
/** wires_lines - a bit per enum gic_line: those that the GIC drives and the core looks at. */
uint8_t wires_lines(const struct machine *m, unsigned vcpu);
void wires_tell_pe_states(struct machine *m);
/** wires_set_lines, wires_tell_timers - of a restored machine: vCPUs' lines, where PEs are. */
void wires_set_lines(struct machine *m);
void wires_tell_timers(struct machine *m);
/** wires_set_events - the GIC reports what is looked at now: statistics, trace, history. */
void wires_set_events(struct machine *m);
/**
 * wires_watch - m->trace and m->strict are told of accesses to system registers from now on;
 * before, they cost these nothing.
 */
void wires_watch(struct machine *m);
uint64_t renew_next_instructions(const struct machine *m);
void renew_due(struct machine *m);
/** points_* - snapshot files that are to be written on the way (emu/snapshot_points.c). */
struct snapshot_option;
int points_start(struct machine *m, const struct snapshot_option *options, unsigned n,
                 struct error *err);
uint64_t points_next_instructions(const struct machine *m);
void points_due(struct machine *m);
void points_output(struct machine *m, const uint8_t *bytes, size_t size_bytes);
/** points_finish - complains of those that were not reached, and forgets them. */
void points_finish(struct machine *m);
/** renew_after_restore, door_after_restore - the machine is at another point of the run. */
void renew_after_restore(struct machine *m);
void door_after_restore(struct machine *m);
/** wires_timer_of - the timer behind a PPI, TIMER_COUNT: none; wires_intid_of - its PPI. */
enum timer_id wires_timer_of(uint32_t intid);
uint32_t wires_intid_of(enum timer_id timer);
/** timer_frames_create - maps the memory-mapped timers; timer_frames_line - one's interrupt. */
int timer_frames_create(struct machine *m, struct error *err);
void timer_frames_line(void *opaque, unsigned frame, bool is_virtual, bool level);
int bus_create(struct machine *m, struct error *err);
void bus_fire_deadlines(struct machine *m, uint64_t now_ns);
void bus_reset(struct machine *m);
/**
 * bus_watch - m->strict is told of accesses to the GIC's frames before, and m->trace, of all, after
 * they are made, from now on; bus_watch_gic - its part for the GIC.
 */
void bus_watch(struct machine *m);
void bus_watch_gic(struct machine *m);
/** bus_update_deadline - a slot's has changed. */
void bus_update_deadline(struct machine *m);

void sched_wake(struct machine *m, unsigned vcpu);
/** sched_threads - vCPUs and actors. sched_is_ready - whether @thread can have a turn. */
unsigned sched_threads(const struct machine *m);
bool sched_is_ready(const struct machine *m, unsigned thread);
/** sched_leave - @vcpu calls its VMM; with actors, as soon as it goes on. */
void sched_leave(struct machine *m, unsigned vcpu);
/*
 * What ends a WFI or WFE besides interrupts (emu/waits.c). waits_over - whether @vcpu's @wait need
 * not begin; also notes that its event register has been cleared. waits_begin, waits_end - it
 * waits, it waits no more (sched_wake() does that). waits_fire - ends those that @now_ns ends.
 * waits_event_sent - ends those that a SEV ends. waits_time_changed - a counter or
 * offset was changed from outside. waits_next_ns - when time alone ends it; UINT64_MAX: never.
 */
bool waits_over(struct machine *m, unsigned vcpu, const struct cpu_wait *wait);
void waits_begin(struct machine *m, unsigned vcpu, const struct cpu_wait *wait);
void waits_end(struct machine *m, unsigned vcpu);
void waits_fire(struct machine *m, uint64_t now_ns);
void waits_event_sent(struct machine *m);
void waits_time_changed(struct machine *m);
void waits_reset(struct machine *m);
void waits_restored(struct machine *m);
uint64_t waits_next_ns(const struct machine *m, unsigned vcpu);
/** wires_reached_ns - when CNTVCT_EL0, as @vcpu reads it, is @count (timers_reached_ns()). */
uint64_t wires_reached_ns(const struct machine *m, unsigned vcpu, uint64_t count);
void sched_note_counter_read(struct machine *m, unsigned vcpu);
void sched_reset(struct machine *m);

void power_call(struct machine *m, unsigned vcpu);
/**
 * power_handle_call - power_call(), whatever the filter of calls says. power_reset_vcpu - core, CPU
 * interface and timers. power_entry_level - where vCPUs enter that another starts.
 */
void power_handle_call(struct machine *m, unsigned vcpu);
void power_reset_vcpu(struct machine *m, unsigned vcpu);
unsigned power_entry_level(const struct machine *m);
void semihosting_call(struct machine *m, unsigned vcpu);

void door_poll(struct machine *m);
/** door_quit - somebody outside ends the run; a replay ends there too. */
void door_quit(struct machine *m, int exit_code, const char *why);
/** door_renew_gic - machine_renew_gic(), asked for from outside: recorded. */
int door_renew_gic(struct machine *m, struct error *err);
/** set_time_* - a control client's commands (emu/set_time.c); door_set_time - recorded, applied. */
int set_time_counter(struct machine *m, const json_t *arguments, struct error *err);
int set_time_offsets(struct machine *m, const json_t *arguments, struct error *err);
int set_time_vcpu_offset(struct machine *m, const json_t *arguments, struct error *err);
void set_time_apply(struct machine *m, const void *data, size_t size_bytes);
void door_set_time(struct machine *m, const void *change, size_t size_bytes);
/** door_is_replay - nobody outside is asked or told: what they say is known. */
bool door_is_replay(const struct machine *m);
/** door_note_vmm - recorded, not applied: whoever calls this does it next (emu/vmm_ops.c). */
void door_note_vmm(struct machine *m, const void *change, size_t size_bytes);
uint64_t door_next_instructions(const struct machine *m);
void sched_run(struct machine *m);
/** sched_next - who runs next, by the order of turns; n_vcpus: nobody is ready, or a chooser's
 * policy says. sched_stop - machine_go() returns as soon as it can. */
unsigned sched_next(const struct machine *m);
void sched_stop(struct machine *m);
/** sched_settle - what is due now, and would be done before the next instruction, is done. */
void sched_settle(struct machine *m);
/** sched_is_idle - everybody waits, and nothing is left that could end that by itself. */
bool sched_is_idle(const struct machine *m);
/** door_rest - the machine stands still: waits up to @timeout_ms for its debugger, or whoever else
 * may speak meanwhile. Whether a signal has ended the run. */
bool door_rest(struct machine *m, int timeout_ms);
/** door_signalled - a signal wants this program to end. */
bool door_signalled(void);
bool door_wait(struct machine *m, uint64_t deadline_ns);

#endif
