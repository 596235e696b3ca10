/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A set of arm64 vCPUs on one Unicorn engine.
 *
 * All vCPUs share one translation of the guest's code; each keeps its own registers and TLBs, so
 * that changing from one to another is a change of pointer. TLBI and IC broadcasts reach all of
 * them. Exceptions are taken by the engine's own entry code (syndromes, routing, stage 2, VHE).
 *
 * Exactness: a run executes exactly as many instructions as asked for, unless it stops for a
 * reason below. Every access to a system register from a cpu_sysreg table and every MMIO access
 * sees engine_instructions() exact to the instruction, independent of how code was cut into blocks.
 * A line that changes during such an access is looked at before the next instruction.
 *
 * An instruction that is undefined, or aborts, is not retired and not counted; SVC, HVC, SMC are.
 * An exception right behind another counts as an instruction, so that a run always ends.
 *
 * Threads: everything here runs on one host thread.
 * Errors: negative errno; `why` (may be NULL) is set to a static text.
 */
#ifndef IRQLAB_CPU_CPU_H
#define IRQLAB_CPU_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "cpu/ordering.h"

struct cpu_engine;

enum cpu_line {
    CPU_LINE_IRQ,
    CPU_LINE_FIQ,
    CPU_LINE_VIRQ,
    CPU_LINE_VFIQ,
    /* FEAT_NMI: what IRQ or FIQ, or VIRQ, signals has Superpriority. */
    CPU_LINE_NMI,
    CPU_LINE_VNMI
};

/* Who answers HVC or SMC instead of an exception: nobody, or the machine (SMCCC, DEN0028). */
enum cpu_conduit { CPU_CONDUIT_NONE, CPU_CONDUIT_HVC, CPU_CONDUIT_SMC };

enum cpu_stop {
    CPU_STOP_BUDGET,    /* as many instructions as asked for were executed */
    CPU_STOP_REQUESTED, /* engine_request_exit() */
    CPU_STOP_WFI,       /* waits for an interrupt; the PC is behind the WFI or WFIT */
    CPU_STOP_WFE,       /* waits for an event; the PC is behind the WFE or WFET */
    CPU_STOP_HINT,      /* YIELD: nothing to do until another vCPU or time moves */
    CPU_STOP_CALL,      /* HVC or SMC on the conduit; the PC is behind it; x0.. are the arguments */
    CPU_STOP_SEMIHOSTING, /* HLT #0xf000; the PC is behind it; w0 operation, x1 argument */
    CPU_STOP_ACCESS,      /* a cpu_watch_fn said so; the PC is at the instruction */
    CPU_STOP_BREAK,       /* a cpu_break_fn said so; the PC is at the instruction */
    CPU_STOP_WILD,        /* the engine met a state that it cannot go on from */
};

/* An instruction's access to watched RAM, a device or a system register, about to be made; or a
 * barrier. */
struct cpu_watched_access {
    unsigned vcpu;
    uint64_t pc;
    uint32_t barrier;             /* not 0: this DMB, DSB or ISB (cpu/ordering.h), and no access */
    const struct cpu_sysreg *reg; /* NULL: memory or a device, at: */
    uint64_t va, pa;
    unsigned size_bytes; /* DC ZVA writes bytes */
    bool is_write;
    bool is_first;  /* of its instruction, which can be stopped here */
    uint64_t value; /* a store of up to 8 bytes: what will be stored */
    uint64_t vcpu_instructions;
};
/* False: stop before the instruction, if access->is_first; else what is returned is ignored. */
typedef bool cpu_watch_fn(void *opaque, const struct cpu_watched_access *access);

/* An instruction's access to watched RAM or a device. */
struct cpu_observed {
    unsigned vcpu, size_bytes;
    uint64_t pc, va, pa;
    uint64_t value;                  /* a store of up to 8 bytes: what is stored */
    uint64_t fp, lr;                 /* x29, x30 */
    uint32_t insn;                   /* 0: not known */
    struct access_ordering ordering; /* its */
    bool is_write;
    bool irq_masked, fiq_masked; /* PSTATE.I, F */
};

enum cpu_entry { CPU_ENTRY_EXCEPTION, CPU_ENTRY_IRQ, CPU_ENTRY_FIQ }; /* also virtual ones */

/*
 * Who hears of what instructions do, when they do it; and cannot stop them. Each access to watched
 * RAM, and each barrier, comes once; what a cpu_watch_fn stops comes when it is made.
 */
struct cpu_observer {
    void *opaque;
    void (*access)(void *opaque, const struct cpu_observed *access);
    void (*memory_barrier)(void *opaque, unsigned vcpu, uint32_t insn);
    /* An exception is about to be taken; ERET was executed. */
    void (*entered)(void *opaque, unsigned vcpu, enum cpu_entry entry);
    void (*returned)(void *opaque, unsigned vcpu);
};

/* State of a PE that decides about traps and routing (DDI 0487 D1). */
struct cpu_pe_state {
    uint8_t el;
    bool secure;
    bool el2_enabled;
    bool sctlr_nmi; /* SCTLR_EL<el>.NMI; false at EL0, and without FEAT_NMI */
    uint64_t hcr_el2, scr_el3;
};

/*
 * What a vCPU waits for (DDI 0487 D1.6): an interrupt, and besides it what is said here. An
 * interrupt that PSTATE masks ends a WFI, but no WFE.
 */
struct cpu_wait {
    bool for_event; /* WFE, WFET: an event */
    bool timed;     /* WFIT, WFET: that CNTVCT_EL0, as the vCPU reads it, is @until or more */
    bool monitored; /* its exclusive monitor is set: a store by others there is an event, too */
    uint64_t until;
};

enum cpu_access {
    CPU_ACCESS_OK,
    CPU_ACCESS_UNDEF,
    CPU_ACCESS_TRAP_EL1,
    CPU_ACCESS_TRAP_EL2,
    CPU_ACCESS_TRAP_EL3
};

/* A system register answered outside the engine. Tables of these must outlive the engine. */
struct cpu_sysreg {
    const char *name;
    uint8_t op0, op1, crn, crm, op2;
    bool readable, writable;
    uint8_t min_el; /* below it the register is UNDEFINED */
    void *opaque;
    const void *reg; /* the owner's own table entry */
    /* All three get the accessing PE's state. `check` may be NULL. */
    enum cpu_access (*check)(const struct cpu_sysreg *, unsigned vcpu, const struct cpu_pe_state *,
                             bool is_write);
    uint64_t (*read)(const struct cpu_sysreg *, unsigned vcpu, const struct cpu_pe_state *);
    void (*write)(const struct cpu_sysreg *, unsigned vcpu, const struct cpu_pe_state *,
                  uint64_t value);
    /* `check` and `read` or `write` in one, for speed. NULL: the engine calls both. */
    enum cpu_access (*try_read)(const struct cpu_sysreg *, unsigned vcpu,
                                const struct cpu_pe_state *, uint64_t *value);
    enum cpu_access (*try_write)(const struct cpu_sysreg *, unsigned vcpu,
                                 const struct cpu_pe_state *, uint64_t value);
};

/* One MMIO window. Return 0, or -EFAULT for a synchronous external abort (DDI 0487 D8.16). */
struct cpu_mmio {
    void *opaque;
    int (*read)(void *opaque, unsigned vcpu, bool secure, uint64_t offset, unsigned size_bytes,
                uint64_t *value);
    int (*write)(void *opaque, unsigned vcpu, bool secure, uint64_t offset, unsigned size_bytes,
                 uint64_t value);
};

struct cpu_engine_config {
    const char *model;     /* "cortex-a53", "cortex-a57", "cortex-a72", "max" */
    unsigned n_vcpus;      /* 1..512 */
    const uint64_t *mpidr; /* [n_vcpus]: affinity fields as in MPIDR_EL1 */
    bool has_el2, has_el3;
    enum cpu_conduit conduit;
    bool semihosting;
    bool gic_v41; /* ID_AA64PFR0_EL1.GIC is 3: GICv4.1's registers; else 1 */
    bool ecv;     /* ID_AA64MMFR0_EL1.ECV is 2, SCR_EL3.ECVEn is there: the machine adds the rest */
    bool sel2;    /* "max" alone: Secure EL2, with has_el2 and has_el3; ID_AA64PFR0_EL1.SEL2 is 1 */
    bool nmi;     /* likewise: FEAT_NMI, and FEAT_HCX with has_el2 */
    uint64_t reset_address;   /* RVBAR: where a vCPU starts after reset */
    size_t code_buffer_bytes; /* translated code; 0: 256 MiB */
    void *opaque;
    /* HCR_EL2 or SCR_EL3 was written; with has_el3 also: EL or security state changed. May be NULL.
     */
    void (*pe_changed)(void *opaque, unsigned vcpu, const struct cpu_pe_state *);
    /*
     * A WFI, WFE, WFIT or WFET is executed: true lets it end at once. For a WFE the event register
     * has just been cleared. May be NULL.
     */
    bool (*wait)(void *opaque, unsigned vcpu, const struct cpu_wait *wait);
    /* A SEV was executed: every vCPU's event register is set. May be NULL. */
    void (*event_sent)(void *opaque);
    /* An exception was taken or returned from (for traces). May be NULL; costs a call per
     * exception. */
    void (*exception)(void *opaque, unsigned vcpu, int number, uint64_t syndrome, uint64_t pc);
};

/* For who explores what a PE may do at one time or another; both from inside vcpu_run(). */
struct cpu_interrupt_hooks {
    void *opaque;
    /* @vcpu would take @line's interrupt before its next instruction. False: not yet; the engine
     * takes the line for low until vcpu_set_line(). */
    bool (*takes)(void *opaque, unsigned vcpu, enum cpu_line line);
    void (*entered)(void *opaque, unsigned vcpu);  /* another exception was taken */
    void (*returned)(void *opaque, unsigned vcpu); /* by ERET */
};

int engine_create(const struct cpu_engine_config *config, struct cpu_engine **out,
                  const char **why);
void engine_destroy(struct cpu_engine *e);

/** engine_model_names - the models that engine_create() knows; NULL-terminated. */
const char *const *engine_model_names(void);

/* -- Memory. Addresses and sizes are multiples of 4 KiB. Host memory stays the caller's. -- */

/** engine_map_ram - @host backs guest-physical [base, base + size). ROM ignores the guest's stores.
 */
int engine_map_ram(struct cpu_engine *e, uint64_t base, uint64_t size_bytes, void *host,
                   bool read_only);
/** engine_map_mmio - @window must outlive the engine. Everything unmapped aborts. */
int engine_map_mmio(struct cpu_engine *e, uint64_t base, uint64_t size_bytes,
                    const struct cpu_mmio *window);
/**
 * engine_map_rom_device - reads and fetches reach @host as memory, stores reach @window (flash).
 * engine_rom_device_mode - @as_memory false: reads reach @window too; also from @window's
 * callbacks.
 */
int engine_map_rom_device(struct cpu_engine *e, uint64_t base, uint64_t size_bytes, void *host,
                          const struct cpu_mmio *window);
void engine_rom_device_mode(struct cpu_engine *e, uint64_t base, bool as_memory);

/** engine_ram_written - the host changed guest RAM: drop translations of it, note it in the dirty
 * log. */
void engine_ram_written(struct cpu_engine *e, uint64_t address, uint64_t size_bytes);

/**
 * engine_dirty_log_start - from now on, note each 4 KiB page of RAM that is written.
 * engine_dirty_log_collect - calls @page for each page written since start or the last collect.
 */
int engine_dirty_log_start(struct cpu_engine *e);
void engine_dirty_log_collect(struct cpu_engine *e, void (*page)(void *opaque, uint64_t address),
                              void *opaque);
void engine_dirty_log_stop(struct cpu_engine *e);
/**
 * engine_dirty_log_drain - likewise, for a restore: what is written is noted again only once
 * vcpu_after_restore() was called for each vCPU.
 */
void engine_dirty_log_drain(struct cpu_engine *e, void (*page)(void *opaque, uint64_t address),
                            void *opaque);

/**
 * engine_page_put - the 4 KiB page of RAM at @address becomes @bytes; not noted in the dirty log.
 * Of the code translated from it, only that whose bytes change is dropped.
 */
void engine_page_put(struct cpu_engine *e, uint64_t address, const void *bytes);

/**
 * engine_watch_start - @fn hears of accesses to pages that are watched: none yet. Accesses of page
 * table walks, instruction fetches and the host are not reported. An atomic instruction reports a
 * read and a write. Watched pages are slow, others are as fast as before. @fn NULL: for an
 * observer. -ENOMEM. Not while running, like the functions below. engine_watch_page - @address's
 * page is watched from now on, or no more; -EINVAL: no RAM. engine_watch_all - all pages are,
 * whatever engine_watch_page said. engine_watch_devices - so are accesses to devices; one may be
 * reported twice, as first only once. engine_watch_sysregs - so are permitted accesses to registers
 * of engine_register_sysregs(). engine_watch_barriers - so are DMB, DSB and ISB (drops all
 * translations). engine_watch_pass - the instruction that @vcpu is at now has been asked about (a
 * stop says so by itself; this is for who restored a vCPU).
 */
int engine_watch_start(struct cpu_engine *e, cpu_watch_fn *fn, void *opaque);
int engine_watch_page(struct cpu_engine *e, uint64_t address, bool on);
void engine_watch_all(struct cpu_engine *e, bool on);
void engine_watch_devices(struct cpu_engine *e, bool on);
void engine_watch_sysregs(struct cpu_engine *e, bool on);
void engine_watch_barriers(struct cpu_engine *e, bool on);
void engine_watch_pass(struct cpu_engine *e, unsigned vcpu);
void engine_watch_stop(struct cpu_engine *e);

/**
 * engine_watch_exclusives - with pages watched: an exclusive monitor is lost only by another vCPU's
 * reported store to the same granule, not whenever another vCPU runs. All stores that can reach
 * marked granules must be watched.
 */
void engine_watch_exclusives(struct cpu_engine *e, bool on);

/** vcpu_clear_monitor - its next store-exclusive fails, as any may (DDI 0487 B2.9). */
void vcpu_clear_monitor(struct cpu_engine *e, unsigned vcpu);

/** engine_observe - @observer must stay; NULL: no more. Between runs; drops all translations.
 * -ENOMEM. */
int engine_observe(struct cpu_engine *e, const struct cpu_observer *observer);

/** engine_watch_stored - a store of @vcpu's to @pa reaches memory now, by the host's hand: others
 * lose their exclusive monitors there. */
void engine_watch_stored(struct cpu_engine *e, unsigned vcpu, uint64_t pa);

/** engine_hook_interrupts - @hooks must stay; NULL: no more. */
void engine_hook_interrupts(struct cpu_engine *e, const struct cpu_interrupt_hooks *hooks);

/* -- For debuggers -- */

/* @vcpu is about to execute the instruction at @pc, and has retired @vcpu_instructions. False: stop
 * before it. May be asked again for the same one, by an interrupt in between. */
typedef bool cpu_break_fn(void *opaque, unsigned vcpu, uint64_t pc, uint64_t vcpu_instructions);

/**
 * engine_break_set - @fn is asked before each A64 instruction at one of @n virtual @addresses
 * (which are copied), in any translation, on any vCPU; at no others any more. Drops all translated
 * code; that without these addresses is as fast as ever. Guest memory stays as it is. -ENOMEM. A
 * vCPU that was stopped executes the instruction at its next run without another question;
 * engine_break_pass - so does @vcpu now, whoever stopped it.
 */
int engine_break_set(struct cpu_engine *e, const uint64_t *addresses, size_t n, cpu_break_fn *fn,
                     void *opaque);
void engine_break_pass(struct cpu_engine *e, unsigned vcpu);

/** engine_peek - @n bytes of RAM, or of flash that is in its memory mode. -EFAULT: not all are. */
int engine_peek(struct cpu_engine *e, uint64_t address, void *to, size_t n);

/* A system register that the engine keeps, as state: reading it has no effect. */
struct cpu_sysreg_name {
    char name[32];
    uint8_t op0, op1, crn, crm, op2;
    bool writable;
};

/**
 * engine_sysreg_names - fills up to @room of them, in order of their encoding (unless there are
 * more), and returns how many there are. Those of engine_register_sysregs() are not among them.
 * vcpu_sysreg_get, vcpu_sysreg_set - without checks of access, of the named register itself, also
 * where an access at EL2 would reach another (E2H). -ENOENT; -EPERM: nobody can write it.
 */
size_t engine_sysreg_names(const struct cpu_engine *e, struct cpu_sysreg_name *names, size_t room);
int vcpu_sysreg_get(struct cpu_engine *e, unsigned vcpu, const struct cpu_sysreg_name *reg,
                    uint64_t *value);
int vcpu_sysreg_set(struct cpu_engine *e, unsigned vcpu, const struct cpu_sysreg_name *reg,
                    uint64_t value);

/** vcpu_translate - the physical address that @vcpu's loads at @va reach now, or -EFAULT. No
 * effects. */
int vcpu_translate(struct cpu_engine *e, unsigned vcpu, uint64_t va, uint64_t *pa);
/** vcpu_fetched - the instruction at @pc, if its page is one that @vcpu has just fetched from. */
bool vcpu_fetched(struct cpu_engine *e, unsigned vcpu, uint64_t pc, uint32_t *instruction);

/* -- System registers -- */

/**
 * engine_register_sysregs - adds or replaces registers. Before the first run.
 * Registers that the engine has and the table lists are answered by the table from then on.
 */
int engine_register_sysregs(struct cpu_engine *e, const struct cpu_sysreg *table, size_t count);

/** vcpu_sysreg_raw - reads a register that the engine itself keeps, without access checks. */
int vcpu_sysreg_raw(struct cpu_engine *e, unsigned vcpu, unsigned op0, unsigned op1, unsigned crn,
                    unsigned crm, unsigned op2, uint64_t *value);

/**
 * engine_id_get, engine_id_set - the ID register (3, 0, 0, @crm, @op2), CRm 4..7, of all vCPUs.
 * What is set is what a guest reads, and which instructions there are; registers that come with a
 * feature stay. For values that leave out some of the engine's features. Not while running; what
 * was translated is dropped. -ENOENT: there is none.
 */
int engine_id_get(struct cpu_engine *e, unsigned crm, unsigned op2, uint64_t *value);
int engine_id_set(struct cpu_engine *e, unsigned crm, unsigned op2, uint64_t value);

/* -- Running -- */

/**
 * vcpu_run - runs @vcpu for up to @instructions (1 .. 2^40).
 * @executed: how many were retired.
 */
enum cpu_stop vcpu_run(struct cpu_engine *e, unsigned vcpu, uint64_t instructions,
                       uint64_t *executed);

/** engine_instructions - all instructions retired on all vCPUs, now; exact also inside callbacks.
 */
uint64_t engine_instructions(const struct cpu_engine *e);
/** vcpu_instructions - likewise for one vCPU. */
uint64_t vcpu_instructions(const struct cpu_engine *e, unsigned vcpu);

/** engine_request_exit - from a callback: stop before the next instruction. */
void engine_request_exit(struct cpu_engine *e);

void vcpu_set_line(struct cpu_engine *e, unsigned vcpu, enum cpu_line line, bool level);
/** vcpu_has_work - whether a WFI would end now: any line is up that PSTATE or routing could take.
 */
bool vcpu_has_work(const struct cpu_engine *e, unsigned vcpu);

/** vcpu_takes_interrupt - whether one that is up would be taken now: those alone end a WFE. */
bool vcpu_takes_interrupt(const struct cpu_engine *e, unsigned vcpu);

/**
 * vcpu_get_wait - what @vcpu waits for, after a run that stopped by CPU_STOP_WFI or CPU_STOP_WFE.
 * The next run ends the wait; that of a WFE takes the event with it (clears the event register).
 */
void vcpu_get_wait(const struct cpu_engine *e, unsigned vcpu, struct cpu_wait *out);
/** vcpu_event_is_set - the Event Register. */
bool vcpu_event_is_set(const struct cpu_engine *e, unsigned vcpu);

/** vcpu_reset - cold reset of one vCPU; ID registers and lines stay. Not while it runs. */
void vcpu_reset(struct cpu_engine *e, unsigned vcpu);
/** vcpu_start_at - after vcpu_reset(): enter at @pc in EL @el (1, 2 or 3), x0 = @x0, DAIF masked.
 */
void vcpu_start_at(struct cpu_engine *e, unsigned vcpu, unsigned el, uint64_t pc, uint64_t x0);

/* -- Registers -- */
uint64_t vcpu_get_x(const struct cpu_engine *e, unsigned vcpu, unsigned n); /* n 0..30 */
void vcpu_set_x(struct cpu_engine *e, unsigned vcpu, unsigned n, uint64_t value);
uint64_t vcpu_get_pc(const struct cpu_engine *e, unsigned vcpu);
void vcpu_set_pc(struct cpu_engine *e, unsigned vcpu, uint64_t pc);
uint64_t vcpu_get_sp(const struct cpu_engine *e, unsigned vcpu);
/** vcpu_handler_sp - from cpu_interrupt_hooks.takes: SP as the handler, at its level, will find it.
 */
uint64_t vcpu_handler_sp(const struct cpu_engine *e, unsigned vcpu);
uint64_t vcpu_get_pstate(const struct cpu_engine *e, unsigned vcpu);
void vcpu_get_pe_state(const struct cpu_engine *e, unsigned vcpu, struct cpu_pe_state *out);
/** vcpu_set_pstate - its flags, masks, SS and IL; the level and the rest stay. */
void vcpu_set_sp(struct cpu_engine *e, unsigned vcpu, uint64_t value);
void vcpu_set_pstate(struct cpu_engine *e, unsigned vcpu, uint64_t value);
/** vcpu_get_v - V0 to V31, the lower half first. vcpu_get_fp_control - FPSR (@status) or FPCR. */
void vcpu_get_v(const struct cpu_engine *e, unsigned vcpu, unsigned n, uint64_t halves[2]);
void vcpu_set_v(struct cpu_engine *e, unsigned vcpu, unsigned n, const uint64_t halves[2]);
uint32_t vcpu_get_fp_control(const struct cpu_engine *e, unsigned vcpu, bool status);
void vcpu_set_fp_control(struct cpu_engine *e, unsigned vcpu, bool status, uint32_t value);

/**
 * vcpu_visit - all architectural state of a vCPU, in fixed order, for hash, save and restore.
 * After a restore call vcpu_after_restore().
 */
void vcpu_visit(struct cpu_engine *e, unsigned vcpu,
                void (*fn)(void *opaque, const char *name, void *data, size_t size_bytes),
                void *opaque);
void vcpu_after_restore(struct cpu_engine *e, unsigned vcpu);

/**
 * engine_visit - likewise, what belongs to no single vCPU. A restore visits it before the vCPUs.
 * engine_is_running - inside vcpu_run(): state is in flux, and may not be visited.
 */
void engine_visit(struct cpu_engine *e,
                  void (*fn)(void *opaque, const char *name, void *data, size_t size_bytes),
                  void *opaque);
bool engine_is_running(const struct cpu_engine *e);

#endif
