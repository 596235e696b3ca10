/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Secure EL2 (FEAT_SEL2; DDI 0487 D1, SCR_EL3.EEL2): what switches it on, what HCR_EL2 does in
 * Secure state with it and without, where exceptions go, and that translations of the two security
 * states do not meet.
 */
#include "images/lib/mmu.h"
#include "tests/guest/sel2_guest.h"

BOOT_EL(3);

#define EC_ILLEGAL 0x0e
#define ID_PFR0    MRS_X1(0, 0, 4, 0) /* mrs x1, id_aa64pfr0_el1 */

static void nothing(void)
{
}

static struct exc_frame illegal;

static void on_illegal(struct exc_frame *frame, enum exc_vector vector)
{
    illegal = *frame;
    guest_return(frame, vector);
}

static void test_switch(void)
{
    check_equal(id_field(read_sysreg(id_aa64pfr0_el1), 36), 1, "ID_AA64PFR0_EL1.SEL2 is 1");
    check_equal(id_field(read_sysreg(id_aa64mmfr2_el1), 28), 1,
                "ID_AA64MMFR2_EL1.ST is 1, as SEL2 wants");
    set_scr(SCR_EEL2);
    check(read_sysreg(scr_el3) & SCR_EEL2, "SCR_EL3.EEL2 can be set");
    check(!PROBE(write_sysreg(0x123000, VSTTBR_EL2)).taken, "EEL2 1: EL3 reaches VSTTBR_EL2");
    check_equal(read_sysreg(VSTTBR_EL2), 0x123000, "... which keeps its value");
    set_scr(0);
    struct guest g = at_el2(SCR_EEL2, nothing);
    check(came_back(&g), "EEL2 1: ERET to Secure EL2 works");
    exc_set_handler(EXC_SYNC, on_illegal);
    g = at_el2(0, nothing);
    exc_set_handler(EXC_SYNC, NULL);
    check(ESR_EC(illegal.esr) == EC_ILLEGAL && illegal.elr == (u64)el2_entry,
          "EEL2 0: ERET to Secure EL2 is illegal");
}

static struct exc_info vsttbr, vstcr, vtcr;

static void touch_secure_registers(void)
{
    vsttbr = PROBE(read_sysreg(VSTTBR_EL2));
    vstcr = PROBE(read_sysreg(VSTCR_EL2));
    vtcr = PROBE(read_sysreg(vtcr_el2));
}

static void test_registers(void)
{
    at_el2(SCR_NS | SCR_EEL2, touch_secure_registers);
    check(vsttbr.taken && ESR_EC(vsttbr.esr) == EC_UNKNOWN, "VSTTBR_EL2 of Non-secure EL2: UNDEF");
    check(vstcr.taken && ESR_EC(vstcr.esr) == EC_UNKNOWN, "VSTCR_EL2 likewise");
    check(!vtcr.taken, "... and VTCR_EL2 is there");
    at_el2(SCR_EEL2, touch_secure_registers);
    check(!vsttbr.taken && !vstcr.taken && !vtcr.taken, "Secure EL2 has all three");
    check(PROBE(read_sysreg(VSTTBR_EL2)).taken, "EEL2 0: EL3 does not have VSTTBR_EL2");
}

/* -- What HCR_EL2 does ------------------------------------------------------------------------- */

static struct guest got;

static void trapped_id(void)
{
    set_hcr(HCR_RW | HCR_TID3);
    got = el1_one(ID_PFR0, 0);
    set_hcr(HCR_RW);
}

static void hvc_of_el1(void)
{
    got = el1_one(HVC(7), 0);
}

static void virtual_irq(void)
{
    static const u32 spin = 0x14000000;

    set_hcr(HCR_RW | HCR_IMO | HCR_VI);
    got = el1_guest(&spin, 1, SPSR_EL1H | (SPSR_DAIF & ~BIT(7)));
    guest_run(&got);
    set_hcr(HCR_RW);
}

static void svc_of_a_hosts_el0(void)
{
    static const u32 svc = 0xd4000061u; /* svc #3 */

    set_hcr(HCR_RW | HCR_TGE);
    got = el1_guest(&svc, 1, SPSR_EL0T | SPSR_DAIF);
    guest_run(&got);
    set_hcr(HCR_RW);
}

static void test_hcr(void)
{
    static const u32 id = ID_PFR0;

    at_el2(SCR_EEL2, trapped_id);
    check(is_sysreg_trap(&got, ID_PFR0), "HCR_EL2.TID3 traps Secure EL1 to Secure EL2");
    set_hcr(HCR_RW | HCR_TID3);
    struct guest g = el1_from_el3(0, &id, 1);
    check(came_back(&g), "EEL2 0: it does not");
    set_hcr(HCR_RW);
    at_el2(SCR_EEL2, hvc_of_el1);
    check(is_hvc(&got, 7), "HVC of Secure EL1 comes to Secure EL2");
    g = el1_from_el3(SCR_EEL2, &id, 1);
    check(came_back(&g), "SMC of Secure EL1 comes to EL3");
    at_el2(SCR_EEL2, virtual_irq);
    check(is_hvc(&got, EL1_VECTOR + EXC_IRQ), "HCR_EL2.VI interrupts Secure EL1");
    at_el2(SCR_EEL2, svc_of_a_hosts_el0);
    check(ESR_EC(got.esr) == EC_SVC && ESR_ISS(got.esr) == 3,
          "TGE: SVC of Secure EL0 comes to Secure EL2");
}

/* -- HVC without Secure EL2: undefined at EL1, whose vector is an SMC then ----------------------
 */

static void test_hvc_undefined(void)
{
    static const u32 hvc = HVC(7);

    for (unsigned i = 0; i < 16; i++)
        el1_table[i * 32] = 0xd4000003u | (EL1_VECTOR + i) << 5; /* smc */
    sync_code(el1_table, sizeof(el1_table));
    struct guest g = el1_from_el3(0, &hvc, 1);
    check(came_back(&g) && ESR_ISS(g.esr) == EL1_VECTOR + EXC_SYNC &&
              ESR_EC(read_sysreg(esr_el1)) == EC_UNKNOWN,
          "EEL2 0: HVC of Secure EL1 is undefined");
    struct exc_info info = PROBE(__asm__ volatile("hvc #5"));
    check(info.taken && ESR_EC(info.esr) == EC_HVC && ESR_ISS(info.esr) == 5,
          "HVC of EL3 is taken to EL3");
    el1_setup();
}

/* -- Translation regimes of EL2 in both states ---------------------------------------------------
 */

static u64 pages[2][512] __attribute__((aligned(4096)));
static u64 *roots[2];
static u64 seen;

/* Both worlds' EL2 see a page of their own at MMU_TEST_VA, and RAM as it is. No TLBI. */
static void read_test_page(void)
{
    write_sysreg(0x30c50830 | BIT(0) | BIT(2) | BIT(12), sctlr_el2);
    isb();
    seen = *(volatile u64 *)MMU_TEST_VA;
    write_sysreg(0x30c50830, sctlr_el2);
    isb();
}

static u64 test_page_in(unsigned world)
{
    write_sysreg((u64)roots[world], ttbr0_el2);
    at_el2(world ? SCR_NS | SCR_EEL2 : SCR_EEL2, read_test_page);
    return seen;
}

static void test_regimes(void)
{
    for (unsigned i = 0; i < 2; i++) {
        roots[i] = mmu_new_table();
        *mmu_entry(roots[i], 0, 0x40000000, 1) = 0x40000000 | MMU_NORMAL | PTE_VALID;
        *mmu_entry(roots[i], 0, MMU_TEST_VA, 3) =
            (u64)pages[i] | MMU_NORMAL | PTE_TABLE | PTE_VALID;
        pages[i][0] = 0x100 + i;
    }
    write_sysreg(0xff04, mair_el2);
    write_sysreg(16 | 1 << 8 | 1 << 10 | 3 << 12 | 2 << 16 | BIT(31) | BIT(23), tcr_el2);
    dsb(ish);
    check_equal(test_page_in(0), 0x100, "Secure EL2's own translation");
    check_equal(test_page_in(1), 0x101, "Non-secure EL2's is another, without any TLBI");
    check_equal(test_page_in(0), 0x100, "... and Secure EL2's again");
}

int main(void)
{
    sel2_setup();
    test_switch();
    test_registers();
    test_hcr();
    test_regimes();
    test_hvc_undefined(); /* the last: qemu takes it to an EL2 that is not there */
    return test_result();
}
