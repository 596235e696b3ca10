/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The control plane: what a VMM, code outside the guest that manages it, does with a machine. The
 * control socket (emu/control.h) is one such; host actors and embedders call this.
 *
 * There is one table of operations (emu/vmm_ops.c). vmm_call() carries one out by its number, the
 * socket by its name; the functions below are vmm_call() with a type. Each checks its arguments.
 * What changes the machine goes through the door: it is stamped with virtual time, is written to
 * the recording, and comes again in a replay.
 *
 * Names, numbers, groups and encodings are KVM's (Linux, Documentation/virt/kvm/api.rst and
 * devices/), so that a program that manages a vGIC today can manage this one.
 *
 * Threads: the machine's thread, between two turns of vCPUs (as snapshots: emu/snapshot.h) and in
 * vmm_hooks; -EPERM inside a vCPU's run. Excepted are, for any thread at any time, lock-free:
 * vmm_cpuif_read(), vmm_cpuif_reset_value(), vmm_setup_*() (emu/vmm_setup.h), vmm_id_get().
 * Errors: 0 or a negative errno, and @err (may be NULL) says what is wrong and what to try.
 *   -EINVAL  not understood: no such vCPU, a value out of range
 *   -EPERM   understood, and refused: too late, or not in this state
 *   -ENXIO   no such attribute; -ENOENT no such register, range, or call
 * Never -EBUSY: nothing here needs a vCPU to let go of anything.
 */
#ifndef IRQLAB_EMU_VMM_H
#define IRQLAB_EMU_VMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/error.h"
#include "emu/vmm_setup.h"

struct machine;
struct visitor;

enum { VMM_MAX_ARGS = 6, VMM_MAX_RESULTS = 9 };

/* Operations. Their numbers are in recordings: new ones are added at the end. */
enum vmm_op {
    VMM_RESET_VCPU,
    VMM_START_VCPU,
    VMM_STOP_VCPU,
    VMM_PAUSE_VCPU,
    VMM_RESUME_VCPU,
    VMM_VCPU_STATE,
    VMM_SET_SMCCC_FILTER,
    VMM_GET_CALL,
    VMM_ANSWER_CALL,
    VMM_HANDLE_CALL,
    VMM_SET_SETUP,
    VMM_GET_SETUP,
    VMM_SEAL,
    VMM_READ_CPUIF,
    VMM_CPUIF_RESET_VALUE,
    VMM_GET_GIC_ATTR,
    VMM_SET_GIC_ATTR,
    VMM_HAS_GIC_ATTR,
    VMM_GET_ITS_ATTR,
    VMM_SET_ITS_ATTR,
    VMM_HAS_ITS_ATTR,
    VMM_GET_VCPU_ATTR,
    VMM_SET_VCPU_ATTR,
    VMM_HAS_VCPU_ATTR,
    VMM_GET_ONE_REG,
    VMM_SET_ONE_REG,
    VMM_SET_COUNTER_OFFSET,
    VMM_SET_LINE,
    VMM_SEND_MSI,
    VMM_SEND_LPI,
    VMM_SEND_SGI,
    VMM_N_OPS
};

/**
 * vmm_call - carries out @op. @args: as many as its table row has; the rest is not looked at.
 * @out: VMM_MAX_RESULTS words, or NULL if @op has no results.
 */
int vmm_call(struct machine *m, enum vmm_op op, const uint64_t *args, uint64_t *out,
             struct error *err);

/* -- vCPUs ------------------------------------------------------------------------------------- */

/**
 * vmm_reset_vcpu - as KVM_ARM_VCPU_INIT with KVM_ARM_VCPU_POWER_OFF: core, CPU interface (ICC_*,
 * ICH_*) and timers as after reset; it is off. Others run on, and none of their state is looked
 * at. ID registers, the distributor, the redistributor and offsets of counters stay. A call that
 * it waits for is forgotten, and so is a pause.
 */
int vmm_reset_vcpu(struct machine *m, unsigned vcpu, struct error *err);
/**
 * vmm_start_vcpu - what PSCI CPU_ON does at its target, which must be off: enters at @entry with
 * @context in x0, at the level at which the first one entered. It is reset first, unless
 * vmm_reset_vcpu() was called since it went off (so registers set in between stay).
 */
int vmm_start_vcpu(struct machine *m, unsigned vcpu, uint64_t entry, uint64_t context,
                   struct error *err);
/** vmm_stop_vcpu - off, as by PSCI CPU_OFF. Its registers stay until the next start. */
int vmm_stop_vcpu(struct machine *m, unsigned vcpu, struct error *err);

/**
 * vmm_pause_vcpu, vmm_resume_vcpu - it runs no instruction meanwhile; time, timers and interrupts
 * go on, and a wait (WFI, WFE) ends as ever. Pauses do not add up.
 */
int vmm_pause_vcpu(struct machine *m, unsigned vcpu, struct error *err);
int vmm_resume_vcpu(struct machine *m, unsigned vcpu, struct error *err);

enum vmm_power { VMM_OFF, VMM_READY, VMM_WAITING };

struct vmm_vcpu_state {
    enum vmm_power power;
    bool paused;
    bool in_call; /* a call of it waits for vmm_answer_call() or vmm_handle_call() */
    uint64_t instructions;
};

int vmm_vcpu_state(struct machine *m, unsigned vcpu, struct vmm_vcpu_state *out, struct error *err);

/* -- HVC and SMC (SMCCC, DEN0028) -------------------------------------------------------------- */

/* KVM_SMCCC_FILTER_* */
enum vmm_smccc_action {
    VMM_SMCCC_HANDLE,     /* inside, as without a filter: PSCI, SMCCC */
    VMM_SMCCC_DENY,       /* x0 = -1, NOT_SUPPORTED */
    VMM_SMCCC_FWD_TO_USER /* the VMM answers; until then the vCPU does not run */
};

enum { VMM_MAX_FILTERS = 64 };

/**
 * vmm_set_smccc_filter - function identifiers @base .. @base + @n - 1, on the machine's conduit,
 * as KVM_ARM_VM_SMCCC_FILTER: before the first vCPU runs (-EPERM), each range once, and not the
 * Arm Architecture Calls (-EEXIST).
 */
int vmm_set_smccc_filter(struct machine *m, uint32_t base, uint32_t n, enum vmm_smccc_action action,
                         struct error *err);

/* A call that waits. The PC is behind it. */
struct vmm_smccc_call {
    bool smc; /* else HVC */
    uint64_t x[8];
};

/** vmm_get_call - -ENOENT: the vCPU waits for no answer. */
int vmm_get_call(struct machine *m, unsigned vcpu, struct vmm_smccc_call *out, struct error *err);
/** vmm_answer_call - x0..x3 get @x, and the vCPU runs on. -ENOENT: it does not wait (any more). */
int vmm_answer_call(struct machine *m, unsigned vcpu, const uint64_t x[4], struct error *err);
/** vmm_handle_call - likewise, but the answer is what it would have been without a filter. */
int vmm_handle_call(struct machine *m, unsigned vcpu, struct error *err);

struct vmm_hooks {
    void *opaque;
    /* @vcpu made a call that the filter forwards; it does not run until it is answered, now or
     * later. On the machine's thread, between turns. */
    void (*called)(void *opaque, struct machine *m, unsigned vcpu,
                   const struct vmm_smccc_call *call);
};

/** vmm_set_hooks - @hooks must stay; NULL: no more. */
void vmm_set_hooks(struct machine *m, const struct vmm_hooks *hooks);

/* -- Configuration, ID registers (S3, S4) ------------------------------------------------------ */

/** vmm_setup_of - the machine's, for vmm_setup_*(); any thread. Changes are not recorded: use
 * vmm_set_setup() where a replay must see them. */
struct vmm_setup *vmm_setup_of(struct machine *m);
int vmm_set_setup(struct machine *m, enum vmm_key key, uint64_t value, struct error *err);
/** vmm_seal - KVM_DEV_ARM_VGIC_CTRL_INIT; the first run of a vCPU does it, too. */
int vmm_seal(struct machine *m, struct error *err);

/**
 * vmm_id_get - an ID register as @vcpu reads it, by Op0:Op1:CRn:CRm:Op2 (as in GIC_ATTR
 * CPU_SYSREGS): the machine's one value, but for MPIDR_EL1, which is the vCPU's. Any thread.
 * -ENOENT: no ID register that the store has.
 */
int vmm_id_get(struct machine *m, unsigned vcpu, uint32_t encoding, uint64_t *value);

/* -- CPU interfaces (S1) ----------------------------------------------------------------------- */

/**
 * vmm_cpuif_read - one register (gic_cpuif_read() in gic/gic.h) of any vCPU, also while it runs;
 * any thread (but not while machine_renew_gic() puts another GIC in place); never refused.
 * *sequence (may be NULL) counts publications of that vCPU's state.
 * @attr: mpidr << 32 | Op0:Op1:CRn:CRm:Op2, as in GIC_ATTR_CPU_SYSREGS.
 */
int vmm_cpuif_read(struct machine *m, uint64_t attr, uint64_t *value, uint64_t *sequence);
/** vmm_cpuif_reset_value - what it is after reset: a constant of the GIC. Any thread. */
int vmm_cpuif_reset_value(struct machine *m, uint64_t attr, uint64_t *value);

/* -- Device attributes (gic/attr.h has groups and numbers) ------------------------------------- */

int vmm_get_gic_attr(struct machine *m, uint32_t group, uint64_t attr, uint64_t *value,
                     struct error *err);
int vmm_set_gic_attr(struct machine *m, uint32_t group, uint64_t attr, uint64_t value,
                     struct error *err);
int vmm_has_gic_attr(struct machine *m, uint32_t group, uint64_t attr, struct error *err);
/** vmm_*_its_attr - of the @its-th ITS, from 0. */
int vmm_get_its_attr(struct machine *m, unsigned its, uint32_t group, uint64_t attr,
                     uint64_t *value, struct error *err);
int vmm_set_its_attr(struct machine *m, unsigned its, uint32_t group, uint64_t attr, uint64_t value,
                     struct error *err);
int vmm_has_its_attr(struct machine *m, unsigned its, uint32_t group, uint64_t attr,
                     struct error *err);

/* Of a vCPU: KVM_ARM_VCPU_TIMER_CTRL, whose attributes are the INTIDs of its timers. */
enum { VMM_VCPU_TIMER_CTRL = 1 };
enum vmm_timer_attr {
    VMM_TIMER_IRQ_VTIMER,
    VMM_TIMER_IRQ_PTIMER,
    VMM_TIMER_IRQ_HVTIMER,
    VMM_TIMER_IRQ_HPTIMER
};

/** vmm_*_vcpu_attr - the board has wired the timers: only what is so can be set (-EPERM). */
int vmm_get_vcpu_attr(struct machine *m, unsigned vcpu, uint32_t group, uint64_t attr,
                      uint64_t *value, struct error *err);
int vmm_set_vcpu_attr(struct machine *m, unsigned vcpu, uint32_t group, uint64_t attr,
                      uint64_t value, struct error *err);
int vmm_has_vcpu_attr(struct machine *m, unsigned vcpu, uint32_t group, uint64_t attr,
                      struct error *err);

/* -- Registers: KVM_GET_ONE_REG, KVM_SET_ONE_REG ----------------------------------------------- */

#define VMM_REG_ARM64        0x6000000000000000ull
#define VMM_REG_SIZE_U32     0x0020000000000000ull
#define VMM_REG_SIZE_U64     0x0030000000000000ull
#define VMM_REG_CORE         (0x10ull << 16)
#define VMM_REG_ARM64_SYSREG (0x13ull << 16)

/** VMM_SYSREG - KVM's ARM64_SYS_REG(). VMM_CORE_X, VMM_CORE_PC: KVM_REG_ARM_CORE. */
#define VMM_SYSREG(op0, op1, crn, crm, op2)                                                        \
    (VMM_REG_ARM64 | VMM_REG_SIZE_U64 | VMM_REG_ARM64_SYSREG | (uint64_t)(op0) << 14 |             \
     (uint64_t)(op1) << 11 | (uint64_t)(crn) << 7 | (uint64_t)(crm) << 3 | (uint64_t)(op2))
#define VMM_CORE_X(n)     (VMM_REG_ARM64 | VMM_REG_SIZE_U64 | VMM_REG_CORE | (uint64_t)(n)*2)
#define VMM_CORE_SP       VMM_CORE_X(31) /* SP_EL0, as in KVM */
#define VMM_CORE_PC       VMM_CORE_X(32)
#define VMM_CORE_PSTATE   VMM_CORE_X(33)
#define VMM_CORE_SP_EL1   VMM_CORE_X(34)
#define VMM_CORE_ELR_EL1  VMM_CORE_X(35)
#define VMM_CORE_SPSR_EL1 VMM_CORE_X(36)
#define VMM_CORE_FPSR     (VMM_REG_ARM64 | VMM_REG_SIZE_U32 | VMM_REG_CORE | 212)
#define VMM_CORE_FPCR     (VMM_REG_ARM64 | VMM_REG_SIZE_U32 | VMM_REG_CORE | 213)

/*
 * Timers' registers. CNT and CVAL of the virtual timer have each other's encoding: KVM's mistake
 * of 2013, which is its ABI since (Linux, api.rst, KVM_GET_ONE_REG).
 */
#define VMM_REG_TIMER_CTL   VMM_SYSREG(3, 3, 14, 3, 1)
#define VMM_REG_TIMER_CVAL  VMM_SYSREG(3, 3, 14, 0, 2)
#define VMM_REG_TIMER_CNT   VMM_SYSREG(3, 3, 14, 3, 2)
#define VMM_REG_PTIMER_CTL  VMM_SYSREG(3, 3, 14, 2, 1)
#define VMM_REG_PTIMER_CVAL VMM_SYSREG(3, 3, 14, 2, 2)
#define VMM_REG_PTIMER_CNT  VMM_SYSREG(3, 3, 14, 0, 1)

/**
 * vmm_get_one_reg, vmm_set_one_reg - core registers (x0..x30, SP_EL0, PC, PSTATE but for the level,
 * SP_EL1, ELR_EL1, SPSR_EL1, FPSR, FPCR; not V0..V31, which have 128 bits), timers' registers as
 * above, and all system registers: the timers' (CNTVOFF_EL2, CNTPOFF_EL2, CNTHP_*, ...), those
 * that the engine keeps, and ID registers (set: as vmm_set_setup()). ICC_* and ICH_* are device
 * attributes, -ENOENT here. What nobody can write can be set to what it is. A counter that is set
 * reads that on all vCPUs, by a change of the machine's offset, until vmm_set_counter_offset() was
 * used: then setting does nothing, as in KVM.
 */
int vmm_get_one_reg(struct machine *m, unsigned vcpu, uint64_t id, uint64_t *value,
                    struct error *err);
int vmm_set_one_reg(struct machine *m, unsigned vcpu, uint64_t id, uint64_t value,
                    struct error *err);

/** vmm_set_counter_offset - KVM_ARM_SET_COUNTER_OFFSET: subtracted from both counters, from now on
 * fixed. For two different ones: timers_set_offsets() (`set-offsets` of the socket). */
int vmm_set_counter_offset(struct machine *m, uint64_t ticks, struct error *err);

/* -- Interrupts -------------------------------------------------------------------------------- */

/** vmm_set_line - KVM_IRQ_LINE: a wire of the GIC. @vcpu: whose, of an INTID below 32 or of an
 * extended PPI. A wire that a device of the board drives has two drivers then: the last one wins.
 */
int vmm_set_line(struct machine *m, unsigned vcpu, uint32_t intid, bool level, struct error *err);
/** vmm_send_msi - KVM_SIGNAL_MSI: a device writes to GITS_TRANSLATER. -ENOENT: nothing is mapped.
 */
int vmm_send_msi(struct machine *m, uint32_t device, uint32_t event, struct error *err);
/** vmm_send_lpi - an LPI becomes pending at @vcpu. vmm_send_sgi - an SGI, or another private one.
 */
int vmm_send_lpi(struct machine *m, unsigned vcpu, uint32_t intid, struct error *err);
int vmm_send_sgi(struct machine *m, unsigned vcpu, uint32_t intid, struct error *err);

/* -- Internal to emu/ -------------------------------------------------------------------------- */

struct vmm;

/**
 * vmm_create - first of all: @m->config.gic becomes what the setup says. vmm_place_frames - and the
 * board's frames of the GIC. vmm_take_engine - with the engine made: its ID registers.
 */
int vmm_create(struct machine *m, struct error *err);
void vmm_place_frames(struct machine *m);
int vmm_take_engine(struct machine *m, struct error *err);
void vmm_destroy(struct machine *m);
/** vmm_first_run - before the first instruction of all: seals. */
void vmm_first_run(struct machine *m);
/** vmm_takes_call - @vcpu made a call: whether it was denied or forwarded, not to be handled. */
bool vmm_takes_call(struct machine *m, unsigned vcpu);
/** vmm_forward - @vcpu's call leaves for the VMM: it is held until that is answered. */
void vmm_forward(struct machine *m, unsigned vcpu);
/** vmm_waits_for_answer - whether a call waits, so that time must not jump for want of others. */
bool vmm_waits_for_answer(const struct machine *m);
/** vmm_power_on - cold reset of all: no call waits, nobody is paused. */
void vmm_power_on(struct machine *m);
void vmm_visit_position(struct machine *m, struct visitor *v);
/** vmm_apply - an operation out of a recording. */
void vmm_apply(struct machine *m, const void *data, size_t size_bytes);

#endif
