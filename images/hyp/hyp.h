/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small hypervisor at EL2: two virtual machines of two vCPUs each, on one or more CPUs.
 *
 * Here "CPU" is a vCPU of the machine that this image runs on, "vCPU" one of the guests'. Each vCPU
 * is a thread at EL2 with a stack of its own, bound to one CPU (so that its vPE never moves), and
 * may be preempted wherever interrupts are unmasked.
 *
 * Who owns what: `lock` of a vCPU, taken with interrupts masked, guards what any CPU may touch: its
 * virtual interrupts, its state, the owner of VMCR. The rest is its thread's, or its CPU's.
 */
#ifndef IMAGES_HYP_HYP_H
#define IMAGES_HYP_HYP_H

#include "images/hyp/guest.h"
#include "images/lib/atomic.h"
#include "images/lib/exc.h"
#include "images/lib/gic.h"
#include "images/lib/print.h"

/* Choices of systems.md S2; each is 0 in the sound image (CMakeLists.txt). */
#ifndef FLAW_STALE_VMCR
#define FLAW_STALE_VMCR 0 /* WFI is judged by the VMCR of the last put */
#endif
#ifndef FLAW_DOORBELL
#define FLAW_DOORBELL 0 /* a vCPU in WFI that is preempted forgets that it wants a doorbell */
#endif
#ifndef FLAW_YIELD
#define FLAW_YIELD 0 /* a directed yield looks at a vCPU's state and at its VMCR apart */
#endif
#ifndef FLAW_PENDING_LAST
#define FLAW_PENDING_LAST 0 /* a doorbell may come between put and the note of PendingLast */
#endif

#define VM_COUNT   2
#define VCPU_COUNT (VM_COUNT * GUEST_CPUS)
#define MAX_LRS    16

/* Virtual interrupts in one array: INTIDs below 96 as they are, then LPIs from 8192 on. */
#define VIRQ_COUNT    128
#define VIRQ_LPI      96
#define VIRQ_WORDS    (VIRQ_COUNT / 64)
#define VIRQ_PRIORITY 0xa0

#define INTID_KICK  1 /* host SGI: look again at what your vCPUs have pending */
#define INTID_MAINT 25

#define TICK_US     50
#define SLEEP_MS    50 /* no guest sleeps longer without a timer: it has been forgotten */
#define POLLS       40 /* looks before a vCPU in WFI sleeps */
#define STACK_BYTES 8192

/* What cpu_switch() keeps: x19..x30, sp (switch.S). */
struct context {
    u64 x19_x30[12];
    u64 sp;
};

enum vcpu_state { RUNNABLE, BLOCKED, DONE };

/* Where the guest's VMCR is: in ICH_VMCR_EL2, or in the shadow. */
enum vmcr_owner { OWNER_HARDWARE, OWNER_SHADOW };

struct vgic {
    u64 pending[VIRQ_WORDS];
    u64 active[VIRQ_WORDS];
    u8 priority[VIRQ_COUNT];
    u8 in_lr[MAX_LRS]; /* what each list register holds while the guest runs */
    unsigned lrs_used;
    u64 vmcr; /* the shadow */
    u32 owner;
    u32 apr[4];
    bool resident;     /* its vPE is, here */
    bool in_wfi;       /* from WFI until it may wake: put asks for a doorbell, load does not load */
    bool pending_last; /* the vPE had something pending, or its doorbell rang; its CPU's */
};

struct vtimer {
    u64 ctl;
    u64 cval;
};

#define EL1_REGISTERS(X)                                                                           \
    X(sctlr_el1)                                                                                   \
    X(cpacr_el1)                                                                                   \
    X(ttbr0_el1)                                                                                   \
    X(ttbr1_el1)                                                                                   \
    X(tcr_el1)                                                                                     \
    X(mair_el1)                                                                                    \
    X(amair_el1)                                                                                   \
    X(vbar_el1)                                                                                    \
    X(contextidr_el1)                                                                              \
    X(tpidr_el0)                                                                                   \
    X(tpidrro_el0)                                                                                 \
    X(sp_el1)                                                                                      \
    X(elr_el1)                                                                                     \
    X(spsr_el1)                                                                                    \
    X(esr_el1)                                                                                     \
    X(far_el1)                                                                                     \
    X(afsr0_el1)                                                                                   \
    X(afsr1_el1)                                                                                   \
    X(par_el1)                                                                                     \
    X(cntkctl_el1)

struct el1_state {
#define X(reg) u64 reg;
    EL1_REGISTERS(X)
#undef X
};

struct vm {
    unsigned index;
    u64 *stage2;
    u64 voff; /* CNTVOFF_EL2 */
    u8 *ram;
};

struct vcpu {
    struct context context; /* first: switch.S */
    struct guest guest;
    struct spinlock lock;
    struct vm *vm;
    unsigned index; /* of all; its vPE and its doorbell have the same */
    unsigned cpu;
    u32 state;
    u32 asked;         /* bits of enum guest_ask */
    u64 blocked_since; /* physical count */
    u64 tpidr_el1;     /* apart from `el1`: at EL2 the register is the library's */
    struct el1_state el1;
    struct vgic vgic;
    struct vtimer timer;
};

/* One per CPU; TPIDR_EL2 points at it. */
struct hcpu {
    struct context idle;
    struct cpu *cpu;
    struct vcpu *current;  /* NULL: idle */
    struct vcpu *favoured; /* by a directed yield */
    bool need_resched;
    u64 next_tick;
    unsigned last; /* the vCPU that ran last, for the round robin */
};

extern struct vcpu vcpus[VCPU_COUNT];
extern struct vm vms[VM_COUNT];

static inline struct hcpu *this_hcpu(void)
{
    return (struct hcpu *)read_sysreg(tpidr_el2);
}

static inline u64 vcpu_lock(struct vcpu *v)
{
    u64 daif = irq_mask();
    spin_lock(&v->lock);
    return daif;
}

static inline void vcpu_unlock(struct vcpu *v, u64 daif)
{
    spin_unlock(&v->lock);
    irq_restore(daif);
}

/* -- stage2.c -- */
void stage2_init(struct vm *vm);
/** stage2_use - VTTBR_EL2 and VMID of @vm. */
void stage2_use(const struct vm *vm);
/** stage2_cpu_init - VTCR_EL2, HCR_EL2 of this CPU. */
void stage2_cpu_init(void);

/* -- vgic.c -- */
void vgic_init(struct vcpu *v);
void vgic_cpu_init(void);
/** vgic_load, vgic_put - VMCR, active priorities, the physical side of the timer. */
void vgic_load(struct vcpu *v);
void vgic_put(struct vcpu *v);
/** vgic_flush - list registers from what is pending; vgic_fold - back. Interrupts masked. */
void vgic_flush(struct vcpu *v);
void vgic_fold(struct vcpu *v);
/** vgic_sync_vmcr - this CPU's loaded @v: the shadow is what hardware has. */
void vgic_sync_vmcr(struct vcpu *v);
/** vgic_may_wake - by the shadow: would anything be signalled? Locked. */
bool vgic_may_wake(const struct vcpu *v);
/** vgic_inject - from any CPU: pending, woken, kicked. */
void vgic_inject(struct vcpu *v, unsigned virq);
void vgic_inject_many(struct vcpu *v, const u64 pending[VIRQ_WORDS]);
/** vgic_sgi1r - a guest's ICC_SGI1R_EL1. */
void vgic_sgi1r(struct vcpu *v, u64 value);
bool vgic_has(const struct vcpu *v, unsigned virq);

/* -- vpe.c: GICv4.1; without it nothing is ever resident -- */
/** vpe_probe - is it there; then each CPU's tables, then all vPEs. */
void vpe_probe(void);
void vpe_cpu_init(void);
void vpe_map_all(void);
void vpe_load(struct vcpu *v);
void vpe_put(struct vcpu *v, bool want_doorbell);
/** vpe_doorbell - the host took LPI @intid. */
void vpe_doorbell(u32 intid);
/** vpe_message - a device's message for @v: a vLPI directly, or one by a list register. */
void vpe_message(struct vcpu *v);

/* -- vtimer.c -- */
void vtimer_load(struct vcpu *v);
void vtimer_put(struct vcpu *v);
/** vtimer_fired - the physical PPI of the virtual timer came while @v is loaded. */
void vtimer_fired(struct vcpu *v);
/** vtimer_background - timers of this CPU's blocked vCPUs that are due; the next deadline. */
u64 vtimer_background(unsigned cpu, u64 now);

/* -- sched.c -- */
void sched_cpu_init(struct hcpu *h);
/** sched_idle - this CPU's idle loop, for ever. */
void sched_idle(void) __attribute__((noreturn));
/** schedule - another vCPU, or idle. Interrupts masked. */
void schedule(void);
/** sched_wake - @v may run. Locked. */
void sched_wake(struct vcpu *v);
void sched_kick(const struct vcpu *v);
/** sched_program - CNTHP for the next tick or the first deadline. */
void sched_program(void);
void sched_yield_to(struct vcpu *from);
void cpu_switch(struct context *from, struct context *to);

/* -- host.c -- */
void host_irq(struct exc_frame *frame, enum exc_vector vector);

/* -- vcpu.c -- */
void vcpu_init(struct vcpu *v, unsigned index, unsigned cpus);
void vcpu_load(struct vcpu *v);
void vcpu_put(struct vcpu *v);
void vcpu_run(struct vcpu *v) __attribute__((noreturn));

#endif
