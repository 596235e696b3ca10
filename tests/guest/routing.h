/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who takes an interrupt: every combination of the level that runs, HCR_EL2.{TGE,E2H,IMO,FMO,AMO},
 * SCR_EL3.{NS,IRQ,FIQ} and PSTATE.{A,I,F}, for physical and virtual IRQ and FIQ and for virtual
 * SError, against the rules of DDI 0487 D1.3.6 ("Asynchronous exception types, routing, masking and
 * priorities"), written down once more in expected(). TOP is the level of the test: 2 or 3.
 *
 * What runs below TOP is two NOPs and a call. The tables of EL1 and, with TOP 3, of EL2 report by a
 * call which of their vectors was taken.
 */
#ifndef TESTS_GUEST_ROUTING_H
#define TESTS_GUEST_ROUTING_H

#include "images/lib/mmu.h"
#include "tests/guest/el2_guest.h"
#include "tests/guest/gic_poll.h"

#define HCR_VSE   BIT(8)
#define SCR_NS    BIT(0)
#define SCR_IRQ   BIT(1)
#define SCR_FIQ   BIT(2)
#define SCR_RW    (BIT(10) | BIT(8) | 3 << 4) /* HCE, RES1 */
#define SPSR_EL2H 0x009
#define SPSR_F    BIT(6)
#define SPSR_I    BIT(7)
#define SPSR_A    BIT(8)
#define SPSR_D    BIT(9)
#define SMC(n)    (0xd4000003u | (u32)(n) << 5)
#define SVC(n)    (0xd4000001u | (u32)(n) << 5)
#define NOP       0xd503201fu

#define CALL(n)    (TOP == 2 ? HVC(n) : SMC(n))
#define EL2_VECTOR 0x200

enum source { PIRQ, PFIQ, VIRQ, VFIQ, VSERR, SOURCES };
enum kind { NOT, IRQ, FIQ, SERROR };

static const char *const names[SOURCES] = {"a physical IRQ", "a physical FIQ", "a virtual IRQ",
                                           "a virtual FIQ", "a virtual SError"};

struct state {
    unsigned el;
    u64 hcr, scr, masks; /* masks: SPSR_A, _I, _F */
};

struct outcome {
    unsigned el; /* that took it; 0: none did */
    enum kind kind;
};

static u32 el2_table[512] __attribute__((aligned(2048)));
static enum kind taken_here;

/* -- The rules -- */

static bool el2_enabled(const struct state *s)
{
    return TOP == 2 || (s->scr & SCR_NS);
}

static bool host(const struct state *s)
{
    return el2_enabled(s) && (s->hcr & HCR_TGE) && (s->hcr & HCR_E2H);
}

/* SCR_EL3 first, then TGE or xMO, else EL1. */
static unsigned target(const struct state *s, u64 scr_bit, u64 hcr_bit)
{
    if (TOP == 3 && (s->scr & scr_bit))
        return 3;
    return el2_enabled(s) && (s->hcr & (HCR_TGE | hcr_bit)) ? 2 : 1;
}

/*
 * Never to a lower level. To a higher one PSTATE does not mask, but EL0 that to EL1, and that to
 * EL2 if EL2 is its host.
 */
static bool taken(const struct state *s, unsigned to, u64 mask)
{
    bool own = to == s->el || (s->el == 0 && (to == 1 || (to == 2 && host(s))));

    if (to < s->el)
        return false;
    return !own || !(s->masks & mask);
}

/* Virtual interrupts: of EL1 and EL0 below a hypervisor that has xMO set, and not TGE. */
static bool virtually(const struct state *s, u64 hcr_bit, u64 mask)
{
    return el2_enabled(s) && s->el <= 1 && !(s->hcr & HCR_TGE) && (s->hcr & hcr_bit) &&
           !(s->masks & mask);
}

static struct outcome expected(enum source source, const struct state *s)
{
    static const u64 mo[SOURCES] = {HCR_IMO, HCR_FMO, HCR_IMO, HCR_FMO, HCR_AMO};
    static const u64 mask[SOURCES] = {SPSR_I, SPSR_F, SPSR_I, SPSR_F, SPSR_A};
    static const enum kind kinds[SOURCES] = {IRQ, FIQ, IRQ, FIQ, SERROR};
    unsigned to = 1;
    bool is;

    if (source <= PFIQ) {
        to = target(s, source == PIRQ ? SCR_IRQ : SCR_FIQ, mo[source]);
        is = taken(s, to, mask[source]);
    } else {
        is = virtually(s, mo[source], mask[source]);
    }
    return is ? (struct outcome){to, kinds[source]} : (struct outcome){0, NOT};
}

/* -- What happens -- */

static void note(struct exc_frame *frame, enum exc_vector vector)
{
    taken_here = vector % 4;
    frame->spsr |= SPSR_DAIF;
}

static struct outcome run_here(const struct state *s)
{
    taken_here = NOT;
    write_sysreg(s->masks | SPSR_D, daif);
    isb();
    __asm__ volatile("msr daifset, #15\n isb" ::: "memory");
    return (struct outcome){taken_here == NOT ? 0 : TOP, taken_here};
}

static bool was_svc(u64 esr)
{
    return ESR_EC(esr) == EC_SVC && ESR_ISS(esr) == GUEST_DONE;
}

static struct outcome reported(const struct guest *g)
{
    unsigned imm = ESR_ISS(g->esr) & 0xffff, vector = imm & 0xf, ec = ESR_EC(g->esr);

    if (was_svc(g->esr) || (ec == (TOP == 2 ? EC_HVC : EC_SMC) && imm == GUEST_DONE))
        return (struct outcome){0, NOT};
    if (ec == (TOP == 2 ? EC_HVC : EC_SMC) && (imm & ~0xfu) == EL1_VECTOR)
        return vector == EXC_LOWER_SYNC && was_svc(read_sysreg(esr_el1))
                   ? (struct outcome){0, NOT}
                   : (struct outcome){1, vector % 4};
    if (ec == EC_SMC && (imm & ~0xfu) == EL2_VECTOR)
        return vector == EXC_LOWER_SYNC && was_svc(read_sysreg(esr_el2))
                   ? (struct outcome){0, NOT}
                   : (struct outcome){2, vector % 4};
    printf("INFO: ESR 0x%lx at 0x%lx\n", g->esr, g->pc);
    return (struct outcome){99, NOT};
}

static struct outcome run_below(const struct state *s)
{
    static const u64 levels[] = {SPSR_EL0T, SPSR_EL1H, SPSR_EL2H};
    struct guest g = {.pc = (u64)el1_code, .spsr = levels[s->el] | s->masks | SPSR_D};

    el1_code[0] = el1_code[1] = NOP;
    el1_code[2] = s->el == 0 ? SVC(GUEST_DONE) : s->el == 1 ? CALL(GUEST_DONE) : SMC(GUEST_DONE);
    sync_code(el1_code, 12);
    enum exc_vector vector = guest_run(&g);
    write_sysreg(HCR_RW, hcr_el2); /* with E2H ESR_EL1 would be another */
    isb();
    if (vector == EXC_LOWER_SYNC)
        return reported(&g);
    return (struct outcome){TOP, vector % 4};
}

static void set_hcr_of(const struct state *s, u64 pending)
{
    u64 value = HCR_RW | s->hcr | pending;

    write_sysreg(value, hcr_el2);
    isb();
}

static struct outcome happens(enum source source, const struct state *s)
{
    static const u64 pending[SOURCES] = {[VIRQ] = HCR_VI, [VFIQ] = HCR_VF, [VSERR] = HCR_VSE};
    struct outcome o;

#if TOP == 3
    write_sysreg(SCR_RW | s->scr, scr_el3);
    isb();
#endif
    set_hcr_of(s, pending[source]);
    o = s->el == TOP ? run_here(s) : run_below(s);
    write_sysreg(HCR_RW, hcr_el2);
    isb();
    return o;
}

/* -- All combinations -- */

/* Physical sources are one interrupt each, which stays pending. */
static void pend(enum source source, bool secure);

static bool possible(const struct state *s)
{
    bool tge = el2_enabled(s) && (s->hcr & HCR_TGE);

    if (s->el == 2 && !el2_enabled(s))
        return false;
    return s->el != 1 || !tge; /* which ERET refuses */
}

static struct state nth(unsigned i)
{
    struct state s = {.el = i & 3};

    s.hcr = (i & 4 ? HCR_IMO : 0) | (i & 8 ? HCR_FMO : 0) | (i & 16 ? HCR_AMO : 0) |
            (i & 32 ? HCR_TGE : 0) | (i & 1024 ? HCR_E2H : 0);
    s.masks = (i & 64 ? SPSR_I : 0) | (i & 128 ? SPSR_F : 0) | (i & 256 ? SPSR_A : 0);
    s.scr = (i & 512 ? SCR_NS : 0) | (i & 2048 ? SCR_IRQ : 0) | (i & 4096 ? SCR_FIQ : 0);
    return s;
}

static unsigned wrong, tried;

static void try(enum source source, const struct state *s)
{
    struct outcome want = expected(source, s), got = happens(source, s);

    tried++;
    if (got.el == want.el && got.kind == want.kind)
        return;
    if (wrong++ < 4)
        printf("INFO: %s in EL%u, HCR 0x%lx SCR 0x%lx masks 0x%lx: kind %u taken to EL%u, "
               "expected kind %u to EL%u\n",
               names[source], s->el, s->hcr, s->scr, s->masks, got.kind, got.el, want.kind,
               want.el);
}

static void try_all(enum source source, bool vhe, bool secure)
{
    unsigned n = TOP == 2 ? 2048 : 8192;

    wrong = tried = 0;
    pend(source, secure);
    for (unsigned i = 0; i < n; i++) {
        struct state s = nth(i);
        bool is_secure = TOP == 3 && !(s.scr & SCR_NS);
        if (s.el > TOP || (s.el == TOP && TOP == 3) || (TOP == 2 && (i & 512)))
            continue;
        if (is_secure == secure && possible(&s) && (vhe || !(s.hcr & HCR_E2H)))
            try(source, &s);
    }
    check(wrong == 0 && tried != 0, "%s %sis taken where the rules say, in %u combinations",
          names[source],
          TOP == 2 ? ""
          : secure ? "of the Secure state "
                   : "below EL3 ",
          tried);
}

static void routing_setup(void)
{
    el1_setup();
    for (unsigned i = 0; i < 16; i++) {
        el1_table[i * 32] = CALL(EL1_VECTOR + i);
        el2_table[i * 32] = SMC(EL2_VECTOR + i);
    }
    sync_code(el1_table, sizeof(el1_table));
    sync_code(el2_table, sizeof(el2_table));
    exc_set_handler(EXC_IRQ, note);
    exc_set_handler(EXC_FIQ, note);
    exc_set_handler(EXC_SERROR, note);
    mmu_disable(); /* E2H changes the format of its registers */
}

#endif
