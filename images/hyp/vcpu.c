/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A vCPU's thread: into the guest, out of it, and what its exit asks for.
 */
#include "images/hyp/hyp.h"
#include "images/lib/timer.h"

extern char thread_entry[];

static u8 stacks[VCPU_COUNT][STACK_BYTES] __attribute__((aligned(16)));
static u64 done;

/* -- Load and put -- */

void vcpu_load(struct vcpu *v)
{
#define X(reg) write_sysreg(v->el1.reg, reg);
    EL1_REGISTERS(X)
#undef X
    write_sysreg(BIT(31) | v->index % GUEST_CPUS, vmpidr_el2);
    stage2_use(v->vm);
    vtimer_load(v);
    vgic_load(v);
}

void vcpu_put(struct vcpu *v)
{
    vgic_put(v);
    vtimer_put(v);
#define X(reg) v->el1.reg = read_sysreg(reg);
    EL1_REGISTERS(X)
#undef X
}

/* -- WFI -- */

/*
 * The state changes under the lock under which interrupts are made pending, so one that comes after
 * the look wakes it. `in_wfi` goes first: however often it is preempted here, put asks for a
 * doorbell and load leaves the vPE out.
 */
static void block(struct vcpu *v)
{
    for (;;) {
        u64 daif = vcpu_lock(v);
        bool wakes = vgic_may_wake(v);
        if (!wakes) {
            v->blocked_since = counter_physical();
            store_release32(&v->state, BLOCKED);
        }
        spin_unlock(&v->lock);
        if (!wakes)
            schedule();
        irq_restore(daif);
        if (wakes)
            return;
    }
}

/* Sleep costs two switches: it looks for a while first, and may be preempted while it does. */
static void poll(struct vcpu *v)
{
    bool wakes = false;
    for (unsigned i = 0; i < POLLS && !wakes; i++) {
        u64 daif = vcpu_lock(v);
        wakes = vgic_may_wake(v);
        vcpu_unlock(v, daif);
    }
}

/* The guest may have changed PMR and VENG1 since the shadow was written: what decides whether it
 * wakes is read now. */
static void wait_for_interrupt(struct vcpu *v)
{
    u64 daif = irq_mask();
    if (!FLAW_STALE_VMCR)
        vgic_sync_vmcr(v);
    v->vgic.in_wfi = !FLAW_DOORBELL;
    vpe_put(v, true);
    irq_restore(daif);
    poll(v);
    block(v);
    daif = irq_mask();
    v->vgic.in_wfi = false;
    vpe_load(v);
    irq_restore(daif);
}

/* -- Exits -- */

static void finish(struct vcpu *v)
{
    const struct guest_cpu *g =
        &((const struct guest_memory *)v->vm->ram)->cpu[v->index % GUEST_CPUS];
    u64 daif = irq_mask();
    printf("machine %u vCPU %u: %lu ticks, %lu SGIs, %lu SPIs, %lu messages\n", v->vm->index,
           v->index % GUEST_CPUS, g->ticks, g->sgis, g->spis, g->messages);
    if (atomic_add(&done, 1) == VCPU_COUNT - 1) {
        printf("hyp: all guests are done\n");
        guest_exit(0);
    }
    spin_lock(&v->lock);
    store_release32(&v->state, DONE);
    spin_unlock(&v->lock);
    schedule();
    irq_restore(daif);
}

static void ask(struct vcpu *v, u32 what)
{
    u64 daif = vcpu_lock(v);
    v->asked |= what;
    vcpu_unlock(v, daif);
}

static void burst(struct vcpu *v)
{
    u64 pending[VIRQ_WORDS] = {0};
    for (unsigned n = GUEST_BURST; n < GUEST_BURST + GUEST_BURST_SIZE; n++)
        pending[n / 64] |= BIT(n % 64);
    vgic_inject_many(v, pending);
}

static void hypercall(struct vcpu *v, unsigned call)
{
    if (call == CALL_DONE)
        finish(v);
    else if (call == CALL_ASK)
        ask(v, (u32)v->guest.x[0]);
    else if (call == CALL_BURST)
        burst(v);
    else if (call == CALL_YIELD)
        sched_yield_to(v);
    else
        panic("vCPU %u of machine %u: call %u, check %lu, saw 0x%lx", v->index % GUEST_CPUS,
              v->vm->index, call, v->guest.x[0], v->guest.x[1]);
}

/* ESR_EL2.ISS of a write to ICC_SGI1R_EL1 but for Rt: 3, 0, C12, C11, 5. */
#define ISS_SGI1R   (3u << 20 | 5u << 17 | 0u << 14 | 12u << 10 | 11u << 1)
#define ISS_RT(iss) ((iss) >> 5 & 31)

static void handle(struct vcpu *v)
{
    struct guest *g = &v->guest;
    unsigned ec = ESR_EC(g->esr), iss = ESR_ISS(g->esr);
    if (ec == EC_HVC) {
        hypercall(v, iss & 0xffff);
    } else if (ec == EC_WFX) {
        g->pc += 4;
        wait_for_interrupt(v);
    } else if (ec == EC_SYSREG && (iss & ~(31u << 5)) == ISS_SGI1R) {
        g->pc += 4;
        vgic_sgi1r(v, ISS_RT(iss) == 31 ? 0 : g->x[ISS_RT(iss)]);
    } else {
        panic("vCPU %u: exit with ESR 0x%lx at 0x%lx, FAR 0x%lx", v->index, g->esr, g->pc, g->far);
    }
}

/* The guest's exit: its TPIDR_EL1 goes, the library's comes back. */
static void leave(struct exc_frame *frame, enum exc_vector vector)
{
    struct hcpu *h = this_hcpu();
    h->current->tpidr_el1 = read_sysreg(tpidr_el1);
    write_sysreg((u64)h->cpu, tpidr_el1);
    guest_return(frame, vector);
}

static enum exc_vector enter(struct vcpu *v)
{
    this_cpu()->guest = &v->guest;
    write_sysreg(v->guest.pc, elr_el2);
    write_sysreg(v->guest.spsr, spsr_el2);
    write_sysreg(v->tpidr_el1, tpidr_el1);
    isb();
    return guest_enter(&v->guest);
}

/* Entered by schedule() with interrupts masked. The interrupt that ended the guest's turn is taken
 * when they are unmasked. */
void vcpu_run(struct vcpu *v)
{
    vcpu_load(v);
    for (;;) {
        irq_mask();
        vgic_flush(v);
        enum exc_vector vector = enter(v);
        vgic_fold(v);
        irq_unmask();
        if (vector == EXC_LOWER_SYNC)
            handle(v);
    }
}

void vcpu_init(struct vcpu *v, unsigned index, unsigned cpus_used)
{
    unsigned n = index % GUEST_CPUS;
    v->index = index;
    v->vm = &vms[index / GUEST_CPUS];
    v->cpu = index % cpus_used;
    v->el1.sctlr_el1 = 0x30d00800; /* RES1 bits, MMU off */
    v->el1.cpacr_el1 = 3 << 20;
    v->el1.sp_el1 = GUEST_STACK(n);
    struct guest_memory *memory = (struct guest_memory *)v->vm->ram;
    memory->cpu[n].index = n;
    memory->cpu[n].vm = v->vm->index;
    v->guest.pc = (u64)guest_entry;
    v->guest.spsr = SPSR_EL1H | SPSR_DAIF;
    v->guest.x[0] = GUEST_RAM + offsetof(struct guest_memory, cpu[n]);
    v->context.x19_x30[0] = (u64)v;
    v->context.x19_x30[11] = (u64)thread_entry;
    v->context.sp = (u64)stacks[index] + STACK_BYTES;
    exc_set_handler(EXC_LOWER_SYNC, leave);
    exc_set_handler(EXC_LOWER_IRQ, leave);
    vgic_init(v);
}
