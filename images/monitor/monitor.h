/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A monitor at EL3: two worlds on each PE, their registers, interrupts and time. README.md tells
 * the story.
 *
 *   main.c     power-on, the normal world's entry, power-off
 *   entry.S    from a world into EL3 and back
 *   world.c    what is saved when the worlds change
 *   gic.c      who owns which interrupt: the Secure side of the GIC
 *   fiq.c      the interrupts that reach EL3
 *   smc.c      calls: services of the secure world
 *   power.c    calls: PSCI
 *   secure.c   the secure world, at Secure EL1
 *   sel2.c     Secure EL2 above it, if asked for; el2.c: what is saved of EL2 then
 *   tree.c     the device tree that the normal world gets
 *
 * Locks: power.c's alone. Everything else is a PE's own.
 */
#ifndef IMAGES_MONITOR_MONITOR_H
#define IMAGES_MONITOR_MONITOR_H

#include "images/lib/cpu.h"
#include "images/lib/exc.h"
#include "images/lib/smp.h"
#include "images/monitor/services.h"

/* Build-time mistakes, each of which somebody has made: see README.md. */
#ifndef FLAW_SRE
#define FLAW_SRE 0 /* ICC_SRE_EL3.Enable is forgotten */
#endif
#ifndef FLAW_GROUP
#define FLAW_GROUP 0 /* GICR_IGRPMODR0 of the secure timer is left 0: it is in Group 0 */
#endif
#ifndef FLAW_EOI
#define FLAW_EOI 0 /* EL3 ends Group 0 interrupts by ICC_EOIR1_EL1 */
#endif

#define MONITOR_BASE      0x5f000000ull /* the monitor's RAM: 16 MiB below 512 MiB */
#define MONITOR_BYTES     0x01000000ull
#define NORMAL_ENTRY      0x40200000ull /* the normal world's image */
#define NORMAL_TREE       0x47e00000ull /* its device tree, */
#define NORMAL_TREE_BYTES 0x200000u     /* at most */

/* SCR_EL3 (DDI 0487). */
#define SCR_NS   BIT(0)
#define SCR_IRQ  BIT(1)
#define SCR_FIQ  BIT(2)
#define SCR_EA   BIT(3)
#define SCR_RES1 (3 << 4)
#define SCR_HCE  BIT(8)
#define SCR_RW   BIT(10)
#define SCR_ST   BIT(11)
#define SCR_APK  BIT(16)
#define SCR_API  BIT(17)
#define SCR_EEL2 BIT(18)
#define SCR_FGT  BIT(27)
#define SCR_ECV  BIT(28)
#define SCR_HXE  BIT(38)

/* EL1's registers: there is one set for both worlds (DDI 0487 D1, "Security states"). */
#define EL1_REGISTERS(X)                                                                           \
    X(sctlr_el1)                                                                                   \
    X(actlr_el1)                                                                                   \
    X(cpacr_el1)                                                                                   \
    X(ttbr0_el1)                                                                                   \
    X(ttbr1_el1)                                                                                   \
    X(tcr_el1)                                                                                     \
    X(mair_el1)                                                                                    \
    X(amair_el1)                                                                                   \
    X(contextidr_el1)                                                                              \
    X(vbar_el1)                                                                                    \
    X(sp_el1)                                                                                      \
    X(elr_el1)                                                                                     \
    X(spsr_el1)                                                                                    \
    X(esr_el1)                                                                                     \
    X(far_el1)                                                                                     \
    X(afsr0_el1)                                                                                   \
    X(afsr1_el1)                                                                                   \
    X(par_el1)                                                                                     \
    X(tpidr_el0)                                                                                   \
    X(tpidrro_el0)                                                                                 \
    X(tpidr_el1)                                                                                   \
    X(csselr_el1)                                                                                  \
    X(cntkctl_el1)

/* EL2's, with a Secure EL2. */
#define EL2_REGISTERS(X)                                                                           \
    X(sctlr_el2)                                                                                   \
    X(actlr_el2)                                                                                   \
    X(hcr_el2)                                                                                     \
    X(cptr_el2)                                                                                    \
    X(hstr_el2)                                                                                    \
    X(mdcr_el2)                                                                                    \
    X(ttbr0_el2)                                                                                   \
    X(s3_4_c2_c0_1) /* TTBR1_EL2 */                                                                \
    X(tcr_el2)                                                                                     \
    X(mair_el2)                                                                                    \
    X(amair_el2)                                                                                   \
    X(s3_4_c13_c0_1) /* CONTEXTIDR_EL2 */                                                          \
    X(vbar_el2)                                                                                    \
    X(sp_el2)                                                                                      \
    X(elr_el2)                                                                                     \
    X(spsr_el2)                                                                                    \
    X(esr_el2)                                                                                     \
    X(far_el2)                                                                                     \
    X(hpfar_el2)                                                                                   \
    X(tpidr_el2)                                                                                   \
    X(vttbr_el2)                                                                                   \
    X(vtcr_el2)                                                                                    \
    X(vpidr_el2)                                                                                   \
    X(vmpidr_el2)                                                                                  \
    X(cnthctl_el2)                                                                                 \
    X(ICH_HCR_EL2)                                                                                 \
    X(ICH_VMCR_EL2)

/* What entry.S saves. */
struct registers {
    u64 x[31];
    u64 sp_el0;
    u64 elr;
    u64 spsr;
};

#define FIELD(reg) u64 reg;
struct el2_registers {
    EL2_REGISTERS(FIELD)
    u64 lr[16], apr[2][4];
};

/* A world on a PE. entry.S knows the first two members. */
struct context {
    struct registers r;
    u64 stack; /* EL3's */
    u64 scr;
    u64 pmr; /* ICC_PMR_EL1 is one register for both worlds, too */
    struct {
        EL1_REGISTERS(FIELD)
    } el1;
    struct el2_registers el2;
};
#undef FIELD

enum world { NORMAL, SECURE };

/* What goes on in the secure world of a PE. */
enum secure_state {
    SECURE_IDLE,     /* waits for a call */
    SECURE_CALLED,   /* works for one */
    SECURE_PREEMPTED /* has been interrupted in that: SERVICE_RESUME goes on */
};

struct pe {
    struct context world[2];
    enum world current;
    enum secure_state secure;
    struct registers interrupted; /* SECURE's, while it handles what interrupted NORMAL */
    u64 interrupted_el2[2];       /* with them, its ELR_EL2 and SPSR_EL2 */
    u64 tick;                     /* period of CNTPS; 0: off */
    u64 tick_start;               /* when its first one began */
    u64 counts[COUNTS];
    unsigned index;
    u64 entry, x0; /* of the normal world */
} __attribute__((aligned(64)));

extern struct pe pes[CPU_MAX];
extern bool secure_el2; /* there is one, and it was asked for */

/** current_pe - TPIDR_EL3 holds it: EL1's are the worlds'. */
static inline struct pe *current_pe(void)
{
    return (struct pe *)read_sysreg(tpidr_el3);
}

/* entry.S */
extern char monitor_vectors[], secure_interrupt_entry[];
/** monitor_enter - into the world of @context; does not return. */
void monitor_enter(struct context *context) __attribute__((noreturn));
/** monitor_exception - called by the vectors; returns whose turn it is. */
struct context *monitor_exception(struct context *context, u64 vector);
void monitor_bug(u64 vector) __attribute__((noreturn));

/* main.c */
/** pe_start - smp_fn: sets up both worlds of this PE, @pe's, and enters them, secure first. */
void pe_start(void *pe);
/** monitor_end - the machine is switched off. */
void monitor_end(void) __attribute__((noreturn));

/* world.c */
#define PMR_ALL        0xff
#define PMR_NOT_NORMAL 0x80 /* in the Secure view Non-secure priorities are 0x80 to 0xff */

/** world_init - a fresh context on this PE. */
void world_init(struct pe *pe, enum world world, u64 entry, u64 x0);
/** world_load - @world's registers become the PE's. */
void world_load(struct pe *pe, enum world world);
/** world_switch - saves the current world's registers, loads those of @to, and returns it. */
struct context *world_switch(struct pe *pe, enum world to);
/** world_route - where Non-secure interrupts go while the secure world runs. */
void world_route(enum preemption preemption);
bool has_el2(void);
/** normal_el2_reset - EL2's registers as PSCI wants them at the normal world's entry. */
void normal_el2_reset(void);

/* el2.c */
void el2_save(struct el2_registers *registers);
void el2_load(const struct el2_registers *registers);

/* gic.c */
enum owner { OWNED_BY_EL3, OWNED_BY_SECURE_EL1, OWNED_BY_NORMAL };

/** monitor_gic_init - the distributor, once. */
void monitor_gic_init(void);
/** monitor_gic_cpu_on, _off - this PE's redistributor and CPU interface. */
void monitor_gic_cpu_on(struct pe *pe);
void monitor_gic_cpu_off(struct pe *pe);
/** monitor_gic_give - SGI or PPI @intid of @pe to its owner, with @priority in the Secure view. */
void monitor_gic_give(struct pe *pe, u32 intid, enum owner owner, u8 priority);
/** monitor_gic_give_spi - to Secure EL1 of the PE with @affinity; @nsacr: GICD_NSACR's field. */
void monitor_gic_give_spi(u32 intid, u64 affinity, u32 nsacr);
/** monitor_gic_permit - GICR_NSACR of SGI @intid: 0 no Non-secure SGI, 1 or more: SGIs too. */
void monitor_gic_permit(struct pe *pe, u32 intid, u32 nsacr);

/* fiq.c */
/** fiq_take - whatever made an FIQ of @context, the current world; returns whose turn it is. */
struct context *fiq_take(struct pe *pe, struct context *context);
/** tick_set - CNTPS fires every @period ticks, in @group; 0 stops it. */
void tick_set(struct pe *pe, u64 period, enum tick_group group);
/** tick_next - counts a tick, and sets the next deadline. EL3 and Secure EL1. */
void tick_next(struct pe *pe, enum count count);

/* smc.c */
/** smc_take - @context, the current world, has made an SMC; returns whose turn it is. */
struct context *smc_take(struct pe *pe, struct context *context);
/** secure_preempt - the normal world goes on; the call that it made ends SERVICE_PREEMPTED. */
struct context *secure_preempt(struct pe *pe);

/* power.c */
bool psci_is_call(u32 function);
/** psci_answer - x0 of the caller. CPU_OFF, SYSTEM_OFF and SYSTEM_RESET do not return. */
s64 psci_answer(struct pe *pe, const u64 *x);

/* secure.c */
/* By SMC Secure EL1 tells EL3: */
enum secure_call {
    SECURE_READY = 0xf2000000, /* it has started */
    SECURE_INTERRUPTS_DONE,    /* what secure_interrupt_entry was entered for */
    SECURE_DONE,               /* the call; x1: result. Comes back with the next one in x0.. */
    SECURE_FIQ,                /* an FIQ has come, which cannot be its own */
    SECURE_END_INTERRUPT,      /* EL3 shall end x1, an interrupt that it has acknowledged */
};
void secure_main(struct pe *pe) __attribute__((noreturn));
void secure_interrupts(void);
/** secure_smc - x[0] to x[3] go to EL3, and come back. */
void secure_smc(u64 x[4]);
/** secure_stack - for pe->world[SECURE].el1.sp_el1. */
u64 secure_stack(const struct pe *pe);

/* sel2.c */
void sel2_main(struct pe *pe) __attribute__((noreturn));
u64 sel2_stack(const struct pe *pe);

/* tree.c */
/** tree_make - @from with PSCI by SMC, and without the monitor's memory, at NORMAL_TREE. */
void tree_make(const void *from);

#endif
