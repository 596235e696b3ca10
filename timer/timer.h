/* SPDX-License-Identifier: MIT */
/*
 * libtimer: the Arm generic timer (DDI 0487 D12): one system counter, and on each vCPU up to seven
 * timers that compare it, plus offset, with a comparison value.
 *
 * The counter runs from virtual time, which the embedder tells by `now_ns`; this library has no
 * clock of its own, never calls the host, and never blocks. Each timer's output is a level that is
 * driven by `set_line` when it changes. The embedder asks for the earliest deadline, lets time pass
 * to it at most, and calls timers_advance(); between, every register access sees the exact time.
 *
 * Counters, offsets and comparison values are 64-bit and wrap; the comparison is unsigned on
 * counter - offset (D12.2.4). A deadline is the first ns at which the counter has reached the
 * value.
 *
 * What is modelled: CNTP, CNTV, CNTHP, CNTHV, CNTPS, CNTHPS, CNTHVS; CNTVOFF, CNTPOFF (with ECV);
 * traps by CNTKCTL, CNTHCTL in both E2H formats, SCR_EL3.{ST,ECVEn}; E2H redirection and the _EL02
 * and _EL12 names; the event stream; CNTHCTL_EL2.CNT{V,P}MASK of FEAT_RME; the memory-mapped
 * frames (timer/frames.h). Not here: EL1NV{P,V}CT of FEAT_NV, counter scaling (FEAT_CNTSC).
 *
 * Who subtracts what (each line from the one above; all of it is in struct timers_tree):
 *
 *     host ticks        now_ns in ticks
 *     system counter    - system offset                    timers_set_system_counter()
 *     the machine's     - virtual or physical offset       timers_set_offsets(), _write_counter()
 *     a timer's own     - its vCPU's offset for it         timers_set_vcpu_offset()
 *     the guest's       - CNTVOFF_EL2 (CNTV), CNTPOFF_EL2 (CNTP, when it applies)
 *
 * Whatever of it changes, armed timers are compared anew before the call returns.
 *
 * Threads: one at a time per object. Errors: negative errno.
 */
#ifndef TIMER_TIMER_H
#define TIMER_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct timers;

enum timer_id {
    TIMER_EL1_PHYS,     /* CNTP */
    TIMER_EL1_VIRT,     /* CNTV */
    TIMER_EL2_PHYS,     /* CNTHP */
    TIMER_EL2_VIRT,     /* CNTHV (FEAT_VHE) */
    TIMER_SEC_EL1_PHYS, /* CNTPS */
    TIMER_SEC_EL2_PHYS, /* CNTHPS (FEAT_SEL2) */
    TIMER_SEC_EL2_VIRT, /* CNTHVS (FEAT_SEL2) */
    TIMER_COUNT
};

enum { TIMERS_MAX_FRAMES = 8 };

struct timers_config {
    unsigned n_vcpus;      /* 1..512 */
    uint64_t frequency_hz; /* 1 MHz .. 1 GHz */
    bool has_el2, has_el3;
    bool has_vhe;  /* CNTHV and the E2H format of CNTHCTL */
    bool has_sel2; /* the Secure EL2 timers */
    bool has_ecv;  /* CNTPOFF_EL2, CNTPCTSS, CNTVCTSS */
    bool has_rme;  /* CNTHCTL_EL2.CNTVMASK and CNTPMASK */
    /* Memory-mapped timers, 0..8; bit n of the masks: frame n has a virtual timer, an EL0 view. */
    unsigned n_frames;
    uint8_t frames_virtual, frames_el0;
    void *opaque; /* first argument of every callback */
    /* Virtual time now, in ns; never falls. */
    uint64_t (*now_ns)(void *opaque);
    /* A timer's output changed. */
    void (*set_line)(void *opaque, unsigned vcpu, enum timer_id timer, bool level);
    /* Likewise of a memory-mapped one. May be NULL when n_frames is 0. */
    void (*set_frame_line)(void *opaque, unsigned frame, bool is_virtual, bool level);
    /* timers_next_deadline_ns() became earlier. */
    void (*deadline_changed)(void *opaque);
};

/** timers_create - @config is copied. -EINVAL or -ENOMEM; *why is then a static text. */
int timers_create(const struct timers_config *config, struct timers **out, const char **why);
void timers_destroy(struct timers *t);
/**
 * timers_reset - cold: all timers off, CNTVOFF and CNTPOFF 0. The counter goes on, and what a VMM
 * set from outside stays. Outputs that were up fall. A new object is already reset.
 */
void timers_reset(struct timers *t);
void timers_reset_vcpu(struct timers *t, unsigned vcpu);

/* -- Time -- */

/** timers_next_deadline_ns - when the next output changes by itself; UINT64_MAX: never. O(1). */
uint64_t timers_next_deadline_ns(const struct timers *t);
/**
 * timers_advance - changes the outputs that are due at @now_ns, which is at most what the now_ns
 * callback says. O(due * log).
 */
void timers_advance(struct timers *t, uint64_t now_ns);

/** timers_ns_to_ticks - floor(ns * f / 10^9), exact, modulo 2^64. */
uint64_t timers_ns_to_ticks(const struct timers *t, uint64_t ns);
/** timers_ticks_to_ns - the first ns at which the count is at least @ticks; UINT64_MAX: beyond. */
uint64_t timers_ticks_to_ns(const struct timers *t, uint64_t ticks);

/**
 * timers_set_system_counter - the system counter reads @ticks now, and runs on (restore,
 * migration). Counters that were given to timers_write_counter() stay as they are.
 * timers_system_counter - what it reads now, before any EL2 offset.
 */
void timers_set_system_counter(struct timers *t, uint64_t ticks);
uint64_t timers_system_counter(const struct timers *t);

/**
 * timers_set_offsets - machine-wide offsets that are subtracted from what CNTVCT and CNTPCT show,
 * as a VMM sets them from outside; the guest's own CNTVOFF and CNTPOFF come on top. From then on
 * they are fixed: timers_write_counter() sets them no more.
 */
void timers_set_offsets(struct timers *t, uint64_t virtual_ticks, uint64_t physical_ticks);

/* CNTVCT and CNTPCT of the whole machine, before any offset of a vCPU's. */
enum timers_counter { TIMERS_VIRTUAL, TIMERS_PHYSICAL };

/**
 * timers_write_counter - the counter reads @ticks now, on all vCPUs, and runs on: its machine-wide
 * offset is set to match. False, and nothing changes, once timers_set_offsets() was used: who
 * restores a counter and an offset gets the offset, in whichever order.
 * timers_offsets_fixed - whether that is so.
 * timers_read_counter - what timers_write_counter() would have to be given for nothing to change.
 */
bool timers_write_counter(struct timers *t, enum timers_counter counter, uint64_t ticks);
bool timers_offsets_fixed(const struct timers *t);
uint64_t timers_read_counter(const struct timers *t, enum timers_counter counter);

/**
 * timers_set_vcpu_offset - one more offset, of one timer of one vCPU and the counter read with it
 * (CNTV and CNTVCT, CNTP and CNTPCT below EL2; CNTHP, CNTHV at EL2), for who runs a nested guest
 * there. No other vCPU notices. Stays through resets.
 */
void timers_set_vcpu_offset(struct timers *t, unsigned vcpu, enum timer_id timer, uint64_t ticks);

/**
 * timers_next_event_ns - when the event stream next wakes a WFE on @vcpu (D12.2.6); UINT64_MAX: the
 * stream is off.
 */
uint64_t timers_next_event_ns(const struct timers *t, unsigned vcpu);
/** timers_event_since - whether the stream sent an event behind @since_ns, up to now. */
bool timers_event_since(const struct timers *t, unsigned vcpu, uint64_t since_ns);

/* -- Registers -- */

struct timer_pe_state {
    uint8_t el;
    bool secure;
    bool el2_enabled;
    bool unused;
    bool realm_or_root; /* read with has_rme alone */
    uint64_t hcr_el2, scr_el3;
};

/**
 * timers_reached_ns - the first ns at which CNTVCT_EL0, as @vcpu in state @pe reads it, is at least
 * @count (WFIT, WFET: the local timeout event); at most now: it is. UINT64_MAX: it never will be.
 */
uint64_t timers_reached_ns(const struct timers *t, unsigned vcpu, const struct timer_pe_state *pe,
                           uint64_t count);

enum timer_access {
    TIMER_ACCESS_OK,
    TIMER_ACCESS_UNDEF,
    TIMER_ACCESS_TRAP_EL1,
    TIMER_ACCESS_TRAP_EL2,
    TIMER_ACCESS_TRAP_EL3
};

struct timer_sysreg {
    const char *name;
    uint8_t op0, op1, crn, crm, op2;
    bool readable, writable;
    uint8_t min_el;
    const char *section;        /* of DDI 0487 */
    uint8_t kind, timer, group; /* the library's own */
};

/** timer_sysregs - the one table of registers; those of absent features answer UNDEF. */
const struct timer_sysreg *timer_sysregs(size_t *count);

/** timer_sysreg_check - allowed, UNDEFINED or trapped, and where to. No effects. */
enum timer_access timer_sysreg_check(struct timers *t, unsigned vcpu,
                                     const struct timer_sysreg *reg,
                                     const struct timer_pe_state *pe, bool is_write);
/** timer_sysreg_read, timer_sysreg_write - only after timer_sysreg_check() said OK. */
uint64_t timer_sysreg_read(struct timers *t, unsigned vcpu, const struct timer_sysreg *reg,
                           const struct timer_pe_state *pe);
void timer_sysreg_write(struct timers *t, unsigned vcpu, const struct timer_sysreg *reg,
                        const struct timer_pe_state *pe, uint64_t value);

/**
 * timer_sysreg_timer - the timer that an access to a CTL, CVAL or TVAL register reaches, by the
 * PE's state (E2H redirection); TIMER_COUNT for any other register.
 */
enum timer_id timer_sysreg_timer(const struct timers *t, const struct timer_sysreg *reg,
                                 const struct timer_pe_state *pe);

/* One timer as its registers show it now. */
struct timer_view {
    uint32_t ctl; /* ENABLE 0, IMASK 1, ISTATUS 2 */
    uint64_t cval, count;
};

/** timer_peek - without effects. @timer: below TIMER_COUNT. */
void timer_peek(const struct timers *t, unsigned vcpu, enum timer_id timer, struct timer_view *out);

/**
 * timers_set_ctl, timers_set_cval - CTL and CVAL of one timer, as the vCPU's own write would set
 * them (a VMM that restores registers). @timer: below TIMER_COUNT.
 */
void timers_set_ctl(struct timers *t, unsigned vcpu, enum timer_id timer, uint32_t ctl);
void timers_set_cval(struct timers *t, unsigned vcpu, enum timer_id timer, uint64_t cval);

/** timers_present - whether the configuration has that timer. */
bool timers_present(const struct timers *t, enum timer_id timer);

/* Everything between the host's time and a vCPU's timers, at one instant. Ticks unless named ns. */
struct timers_tree {
    uint64_t now_ns, host_ticks, system_offset, system_counter;
    uint64_t virtual_offset, physical_offset;
    bool offsets_fixed; /* by timers_set_offsets() */
    bool stopped;       /* CNTCR.EN is 0 */
    uint64_t cntvoff, cntpoff;
    const char *cntpoff_idle; /* a static text: why CNTPOFF_EL2 does not apply; NULL: it does */
    uint64_t cntvct, cntpct;  /* as EL1 reads them */
    uint64_t next_event_ns;   /* of the event stream; UINT64_MAX: off */
    struct timers_tree_timer {
        bool present, level, masked_by_el2;
        uint32_t ctl;
        uint64_t vcpu_offset, offset; /* the vCPU's own part, and all below the system counter */
        uint64_t cval, count, deadline_ns; /* UINT64_MAX: its output will not change by itself */
    } timers[TIMER_COUNT];
};

/** timers_get_tree - of one vCPU, without effects. */
void timers_get_tree(const struct timers *t, unsigned vcpu, struct timers_tree *out);

/** timers_is_counter - whether polling @reg in a loop is a way to wait: a counter, TVAL or CTL. */
bool timers_is_counter(const struct timer_sysreg *reg);

/** timers_pe_changed - HCR_EL2, SCR_EL3 or the state changed: CNTPOFF may apply now, or no more. */
void timers_pe_changed(struct timers *t, unsigned vcpu, const struct timer_pe_state *pe);

/*
 * -- Hash, save, restore: `fn` gets each piece in fixed order. After a restore tell each vCPU's
 * state by timers_pe_changed() and then call timers_after_restore(), with the clock at the saved
 * time. --
 */
void timers_visit(struct timers *t,
                  void (*fn)(void *opaque, const char *name, void *data, size_t size_bytes),
                  void *opaque);
void timers_after_restore(struct timers *t);

#ifdef __cplusplus
}
#endif

#endif
