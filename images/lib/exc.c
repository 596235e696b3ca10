/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "images/lib/exc.h"
#include "images/lib/gic.h"
#include "images/lib/print.h"
#include "images/lib/smp.h"

_Static_assert(offsetof(struct exc_frame, elr) == 256, "vectors.S: FRAME_ELR");
_Static_assert(offsetof(struct guest, pc) == 248, "vectors.S: GUEST_PC");
_Static_assert(offsetof(struct guest, sp_el0) == 264, "vectors.S: GUEST_SP_EL0");
_Static_assert(offsetof(struct guest, host) == 288, "vectors.S: GUEST_HOST");

extern char vectors_el1[], vectors_el2[], vectors_el3[];

void guest_leave(struct guest *guest, u64 value) __attribute__((noreturn));
void exc_dispatch(struct exc_frame *frame, u64 vector);

static exc_handler_fn *handlers[EXC_VECTORS];

void exc_set_handler(enum exc_vector vector, exc_handler_fn *fn)
{
    handlers[vector] = fn;
}

void exc_init(void)
{
    char *table = current_el() == 1 ? vectors_el1 : current_el() == 2 ? vectors_el2 : vectors_el3;
    write_elx((u64)table, vbar);
    isb();
}

static void die(const struct exc_frame *f, enum exc_vector vector)
{
    panic("unexpected exception, vector %u on vCPU %u at EL%u: ESR 0x%lx ELR 0x%lx FAR 0x%lx "
          "SPSR 0x%lx x30 0x%lx",
          vector, this_cpu()->index, current_el(), f->esr, f->elr, f->far, f->spsr, f->x[30]);
}

/* The preferred return address of SVC, HVC and SMC is the next instruction already. */
static bool returns_to_next(u64 esr)
{
    unsigned ec = ESR_EC(esr);
    return ec == EC_SVC || ec == EC_HVC || ec == EC_SMC;
}

static void probe_take(struct exc_frame *f)
{
    struct exc_info *info = &this_cpu()->probe;
    if (!info->count++) {
        info->taken = true;
        info->esr = f->esr;
        info->far = f->far;
        info->elr = f->elr;
        info->spsr = f->spsr;
    }
    unsigned ec = ESR_EC(f->esr);
    if (ec == EC_IABT || ec == EC_PC_ALIGN)
        f->elr = f->x[30];
    else if (!returns_to_next(f->esr))
        f->elr += 4;
}

void probe_begin(void)
{
    struct cpu *cpu = this_cpu();
    cpu->probe = (struct exc_info){0};
    cpu->probe_armed = 1;
    __asm__ volatile("" ::: "memory");
}

struct exc_info probe_end(void)
{
    struct cpu *cpu = this_cpu();
    __asm__ volatile("" ::: "memory");
    cpu->probe_armed = 0;
    return cpu->probe;
}

void guest_return(const struct exc_frame *f, enum exc_vector vector)
{
    struct guest *guest = this_cpu()->guest;
    for (unsigned i = 0; i < 31; i++)
        guest->x[i] = f->x[i];
    guest->sp_el0 = f->sp_el0;
    guest->pc = f->elr;
    guest->spsr = f->spsr;
    guest->esr = f->esr;
    guest->far = f->far;
    this_cpu()->guest = NULL;
    guest_leave(guest, vector);
}

enum exc_vector guest_run(struct guest *guest)
{
    u64 daif = read_sysreg(daif);
    __asm__ volatile("msr daifset, #15" ::: "memory");
    this_cpu()->guest = guest;
    write_elx(guest->pc, elr);
    write_elx(guest->spsr, spsr);
    isb();
    enum exc_vector vector = guest_enter(guest);
    irq_restore(daif);
    return vector;
}

void exc_dispatch(struct exc_frame *frame, u64 vector)
{
    if (handlers[vector])
        handlers[vector](frame, vector);
    else if (vector == EXC_IRQ || vector == EXC_FIQ)
        gic_handle(frame, vector);
    else if (vector == EXC_SYNC && this_cpu()->probe_armed)
        probe_take(frame);
    else if (vector >= EXC_LOWER_SYNC && this_cpu()->guest)
        guest_return(frame, vector);
    else
        die(frame, vector);
}
