/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * EL1's ICC registers below EL2: for each register and each combination of HCR_EL2.{FMO,IMO} and
 * ICH_HCR_EL2.{TC,TALL0,TALL1,TDIR} whether it is the virtual one, the physical one, or traps
 * (IHI 0069 12.2, the access pseudocode of each register). And what ICH_HCR_EL2.En = 0 leaves.
 */
#include "tests/guest/el2_lr.h"

BOOT_EL(2);

#define HCR_TC    BIT(10)
#define HCR_TALL0 BIT(11)
#define HCR_TALL1 BIT(12)
#define HCR_TDIR  BIT(14)

enum class { OF_BOTH, OF_GROUP0, OF_GROUP1, OF_DIR, OF_SGI };

/* What sends a class to the virtual interface and what traps it: any of the bits. */
static const struct {
    u64 route, trap;
} classes[] = {
    [OF_BOTH] = {HCR_FMO | HCR_IMO, HCR_TC}, [OF_GROUP0] = {HCR_FMO, HCR_TALL0},
    [OF_GROUP1] = {HCR_IMO, HCR_TALL1},      [OF_DIR] = {HCR_FMO | HCR_IMO, HCR_TC | HCR_TDIR},
    [OF_SGI] = {HCR_FMO | HCR_IMO, HCR_TC},
};

enum access { READ = 1, WRITE = 2, BOTH = 3 };

/* The virtual and the physical value differ in @mask, where that can be arranged. */
static const struct reg {
    const char *name;
    u32 read; /* mrs x1; the write is the same word without BIT(21) */
    enum class class;
    enum access access;
    u64 mask, virtual, physical;
} regs[] = {
    {"ICC_PMR_EL1", MRS_X1(0, 4, 6, 0), OF_BOTH, BOTH, 0xf0, 0xa0, 0xf0},
    {"ICC_IAR0_EL1", MRS_X1(0, 12, 8, 0), OF_GROUP0, READ, 0, 0, 0},
    {"ICC_EOIR0_EL1", MRS_X1(0, 12, 8, 1), OF_GROUP0, WRITE, 0, 0, 0},
    {"ICC_HPPIR0_EL1", MRS_X1(0, 12, 8, 2), OF_GROUP0, READ, 0, 0, 0},
    {"ICC_BPR0_EL1", MRS_X1(0, 12, 8, 3), OF_GROUP0, BOTH, 7, 5, 4},
    {"ICC_AP0R0_EL1", MRS_X1(0, 12, 8, 4), OF_GROUP0, BOTH, ~0u, 2, 0},
    {"ICC_AP1R0_EL1", MRS_X1(0, 12, 9, 0), OF_GROUP1, BOTH, ~0u, 4, 0},
    {"ICC_DIR_EL1", MRS_X1(0, 12, 11, 1), OF_DIR, WRITE, 0, 0, 0},
    {"ICC_RPR_EL1", MRS_X1(0, 12, 11, 3), OF_BOTH, READ, 0xff, 0, 0xff},
    {"ICC_SGI1R_EL1", MRS_X1(0, 12, 11, 5), OF_SGI, WRITE, 0, 0, 0},
    {"ICC_ASGI1R_EL1", MRS_X1(0, 12, 11, 6), OF_SGI, WRITE, 0, 0, 0},
    {"ICC_SGI0R_EL1", MRS_X1(0, 12, 11, 7), OF_SGI, WRITE, 0, 0, 0},
    {"ICC_IAR1_EL1", MRS_X1(0, 12, 12, 0), OF_GROUP1, READ, 0, 0, 0},
    {"ICC_EOIR1_EL1", MRS_X1(0, 12, 12, 1), OF_GROUP1, WRITE, 0, 0, 0},
    {"ICC_HPPIR1_EL1", MRS_X1(0, 12, 12, 2), OF_GROUP1, READ, 0x3ff, VIRQ, 1023},
    {"ICC_BPR1_EL1", MRS_X1(0, 12, 12, 3), OF_GROUP1, BOTH, 7, 6, 5},
    {"ICC_CTLR_EL1", MRS_X1(0, 12, 12, 4), OF_BOTH, BOTH, 2, 2, 0},
    {"ICC_IGRPEN0_EL1", MRS_X1(0, 12, 12, 6), OF_GROUP0, BOTH, 1, 0, 1},
    {"ICC_IGRPEN1_EL1", MRS_X1(0, 12, 12, 7), OF_GROUP1, BOTH, 1, 1, 0},
};

static const u64 routes[] = {0, HCR_FMO, HCR_IMO, HCR_FMO | HCR_IMO};

/* Both interfaces as the table says. The list register is never taken: something runs. */
static void set_state(u64 traps)
{
    write_sysreg(HCR_EN | traps, ICH_HCR_EL2);
    write_sysreg(VMCR_PMR(0xa0) | 5ull << 21 | 6ull << 18 | VMCR_VEOIM | VMCR_VENG1, ICH_VMCR_EL2);
    write_sysreg(2, ICH_AP0R0_EL2);
    write_sysreg(4, ICH_AP1R0_EL2);
    write_sysreg(LR_PENDING | LR_GROUP1 | LR_PRIO(0x80) | VIRQ, ICH_LR0_EL2);
    write_sysreg(0xf0, ICC_PMR_EL1);
    write_sysreg(4, ICC_BPR0_EL1);
    write_sysreg(5, ICC_BPR1_EL1);
    write_sysreg(0, ICC_CTLR_EL1);
    write_sysreg(0, s3_0_c12_c8_4); /* ICC_AP0R0_EL1, ICC_AP1R0_EL1 */
    write_sysreg(0, s3_0_c12_c9_0);
    write_sysreg(1, ICC_IGRPEN0_EL1);
    write_sysreg(0, ICC_IGRPEN1_EL1);
    isb();
}

/* Of the active levels the first is 1. */
static u64 expected(const struct reg *r, bool is_virtual)
{
    if (r->read == MRS_RPR && is_virtual)
        return 1u << (8 - vtr_prebits());
    return is_virtual ? r->virtual : r->physical;
}

static bool as_expected(const struct reg *r, u32 insn, u64 route, u64 traps)
{
    bool is_virtual = route & classes[r->class].route;
    bool trapped = (traps & classes[r->class].trap) || (r->class == OF_SGI && is_virtual);
    bool is_read = insn & BIT(21), ok;

    set_hcr(HCR_RW | route);
    set_state(traps);
    struct guest g = el1_guest(&insn, 1, SPSR_EL1H | SPSR_DAIF);
    g.x[1] = r->access == WRITE ? 1023 & ~(r->class == OF_SGI ? 1023 : 0) : 0;
    bool sync = guest_run(&g) == EXC_LOWER_SYNC;
    if (trapped)
        ok = sync && is_sysreg_trap(&g, insn);
    else
        ok =
            sync && el1_finished(&g) && (!is_read || (g.x[1] & r->mask) == expected(r, is_virtual));
    if (!ok)
        printf("INFO: %s %s: HCR 0x%lx ICH_HCR 0x%lx: ESR 0x%lx x1 0x%lx\n", r->name,
               is_read ? "read" : "written", route, traps, g.esr, g.x[1]);
    return ok;
}

static bool try_all(const struct reg *r, u32 insn)
{
    bool ok = true;
    for (unsigned i = 0; i < 64; i++) {
        u64 traps = (i & 4 ? HCR_TC : 0) | (i & 8 ? HCR_TALL0 : 0) | (i & 16 ? HCR_TALL1 : 0) |
                    (i & 32 ? HCR_TDIR : 0);
        ok &= as_expected(r, insn, routes[i & 3], traps);
    }
    return ok;
}

static void test_routes(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(regs); i++) {
        const struct reg *r = &regs[i];
        if (r->access & READ)
            check(try_all(r, r->read), "%s read at EL1: virtual, physical or trapped", r->name);
        if (r->access & WRITE)
            check(try_all(r, r->read & ~(u32)BIT(21)),
                  "%s written at EL1: virtual, physical or trapped", r->name);
    }
    set_hcr(HCR_HOST);
    set_state(0);
}

/* EL2's own accesses are never virtual and never trapped. */
static void test_el2_itself(void)
{
    set_state(HCR_TC | HCR_TALL0 | HCR_TALL1 | HCR_TDIR);
    struct exc_info info = PROBE({
        check_equal(read_sysreg(ICC_PMR_EL1), 0xf0, "EL2 reads the physical PMR");
        check_equal(read_sysreg(ICC_BPR0_EL1), 4, "EL2 reads the physical BPR0");
    });
    check(!info.taken, "ICH_HCR_EL2's traps are not for EL2");
}

static void test_disabled(void)
{
    open_vgic();
    write_sysreg(VMCR_PMR(0xff) | VMCR_VENG0 | VMCR_VENG1, ICH_VMCR_EL2);
    write_sysreg(0, ICH_HCR_EL2);
    set_lr0(LR_PENDING | LR_GROUP1 | LR_PRIO(0x80) | VIRQ);
    check_equal(el1_does(MRS_IAR1, 0), INTID_SPURIOUS, "ICH_HCR_EL2.En 0: IAR1 is spurious");
    check_equal(LR_STATE(lr0()), 1, "... and the list register still pending");
    set_lr0(LR_PENDING | LR_PRIO(0x80) | VIRQ);
    check_equal(el1_does(MRS_IAR0, 0), INTID_SPURIOUS, "ICH_HCR_EL2.En 0: IAR0 is spurious");
    write_sysreg(HCR_EN, ICH_HCR_EL2);
    isb();
    check_equal(el1_does(MRS_IAR0, 0), VIRQ, "En 1 again: it is acknowledged");
    open_vgic();
}

int main(void)
{
    el1_setup();
    test_routes();
    test_el2_itself();
    test_disabled();
    write_sysreg(0, ICH_HCR_EL2);
    return test_result();
}
