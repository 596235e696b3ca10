/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Stage 2 of the EL1&0 regime: translation, every fault with FAR_EL2, HPFAR_EL2 and the syndrome an
 * MMIO emulator needs, TLB maintenance and VMIDs (DDI 0487 D8, ESR_EL2, HPFAR_EL2).
 */
#include "tests/guest/el2_stage2.h"

BOOT_EL(2);

static bool is_s2_fault(const struct guest *g, enum esr_ec ec, unsigned fsc, u64 far)
{
    u64 hpfar = read_sysreg(hpfar_el2);
    bool ok =
        ESR_EC(g->esr) == ec && ESR_FSC(g->esr) == fsc && g->far == far && hpfar == far >> 12 << 4;
    if (!ok)
        printf("INFO: ESR 0x%lx FAR 0x%lx HPFAR 0x%lx\n", g->esr, g->far, hpfar);
    return ok;
}

static void test_translation(void)
{
    struct guest g = el1_one(LDR_X1, IPA);
    check(el1_finished(&g) && g.x[1] == 0xaaaa, "EL1 reads what its IPA is mapped to");
    use_tables(1);
    g = el1_one(LDR_X1, IPA);
    check(el1_finished(&g) && g.x[1] == 0xbbbb, "another VMID has its own mapping");
    use_tables(0);
    g = el1_one(LDR_X1, IPA);
    check(el1_finished(&g) && g.x[1] == 0xaaaa, "... and the first keeps its own");
}

static void test_unmapped(void)
{
    *mmu_entry(tables[0], 1, IPA + 0x40000000, 2) = 0; /* a level 2 table of zeros */
    static const u64 ipas[] = {IPA + 0x1000000000, IPA + 0x40000000, IPA + 0x1000};
    for (unsigned i = 0; i < 3; i++) {
        struct guest g = el1_one(LDR_X1, ipas[i] + 0x128);
        check(is_s2_fault(&g, EC_DABT_LOWER, FSC_TRANSLATION + 1 + i, ipas[i] + 0x128),
              "no stage 2 entry at level %u: EC 0x24, FAR_EL2 and HPFAR_EL2", i + 1);
        check(!(g.esr & ESR_S1PTW) && !(g.esr & ESR_WNR), "... a read, not a walk");
    }
    struct guest g = el1_one(0xd61f0000, IPA + 0x3000); /* br x0 */
    check(is_s2_fault(&g, EC_IABT_LOWER, FSC_TRANSLATION + 3, IPA + 0x3000),
          "a fetch without a stage 2 entry: EC 0x20");
}

/* ISS[24:14]: ISV, SAS, SSE, SRT, SF, AR. */
static const struct syndrome {
    const char *what;
    u32 insn;
    u32 isv, sas, sse, srt, sf, wnr;
} syndromes[] = {
    {"ldr x1", LDR_X1, 1, 3, 0, 1, 1, 0},       {"str w5", STR_W5, 1, 2, 0, 5, 0, 1},
    {"ldrb w7", 0x39400007, 1, 0, 0, 7, 0, 0},  {"strh w30", 0x7900001e, 1, 1, 0, 30, 0, 1},
    {"ldrsh x9", 0x79800009, 1, 1, 1, 9, 1, 0}, {"ldrsw x3", 0xb9800003, 1, 2, 1, 3, 1, 0},
    {"str xzr", 0xf900001f, 1, 3, 0, 31, 1, 1}, {"ldp x1, x2", 0xa9400801, 0, 0, 0, 0, 0, 0},
};

static void test_syndrome(void)
{
    for (unsigned i = 0; i < ARRAY_SIZE(syndromes); i++) {
        const struct syndrome *s = &syndromes[i];
        struct guest g = el1_one(s->insn, IPA + 0x2000);
        u32 iss = ESR_ISS(g.esr);
        bool ok =
            ESR_EC(g.esr) == EC_DABT_LOWER && (iss >> 24 & 1) == s->isv && (iss >> 6 & 1) == s->wnr;
        if (s->isv)
            ok &= (iss >> 22 & 3) == s->sas && (iss >> 21 & 1) == s->sse &&
                  (iss >> 16 & 31) == s->srt && (iss >> 15 & 1) == s->sf;
        if (!check(ok, "%s: ISV, SAS, SSE, SRT, SF and WnR", s->what))
            printf("INFO: ISS 0x%x\n", iss);
    }
}

/* As a device model does: give x1 a value, go on behind the load. */
static void test_emulation(void)
{
    struct guest g = el1_one(LDR_X1, IPA + 0x2000);
    g.x[1] = 0x5150;
    g.pc += 4;
    guest_run(&g);
    check(el1_finished(&g) && g.x[1] == 0x5150, "EL2 emulates a load and EL1 goes on");
}

static void test_permissions(void)
{
    s2_map(tables[0], IPA, page_a, S2_RO);
    flush_ipa(IPA);
    struct guest g = el1_one(LDR_X1, IPA);
    check(el1_finished(&g) && g.x[1] == 0xaaaa, "a page that stage 2 makes read-only can be read");
    g = el1_one(STR_W5, IPA);
    check(is_s2_fault(&g, EC_DABT_LOWER, FSC_PERMISSION + 3, IPA) && (g.esr & ESR_WNR),
          "a store to it: stage 2 permission fault");
    check_equal(page_a[0], 0xaaaa, "... and nothing is stored");
    s2_map(tables[0], IPA, page_a, S2_RW | S2_XN);
    flush_ipa(IPA);
    g = el1_one(0xd61f0000, IPA);
    check(is_s2_fault(&g, EC_IABT_LOWER, FSC_PERMISSION + 3, IPA),
          "a fetch from a stage 2 XN page: permission fault");
    s2_map(tables[0], IPA, page_a, S2_RW & ~PTE_AF);
    flush_ipa(IPA);
    g = el1_one(LDR_X1, IPA);
    check(is_s2_fault(&g, EC_DABT_LOWER, FSC_ACCESS_FLAG + 3, IPA),
          "a stage 2 entry with AF = 0: access flag fault");
    s2_map(tables[0], IPA, page_a, S2_RW);
    flush_ipa(IPA);
}

static void test_remap(void)
{
    bool ok = true;
    for (unsigned i = 0; i < 20; i++) {
        s2_map(tables[0], IPA, 0, 0);
        flush_ipa(IPA);
        s2_map(tables[0], IPA, i & 1 ? page_b : page_a, S2_RW);
        struct guest g = el1_one(LDR_X1, IPA);
        ok &= el1_finished(&g) && g.x[1] == (i & 1 ? 0xbbbb : 0xaaaa);
    }
    check(ok, "after TLBI IPAS2E1IS and VMALLE1IS EL1 sees the new stage 2 mapping");
}

static void test_walk(void)
{
    struct guest g = run_with_missing_table();
    check(ESR_EC(g.esr) == EC_DABT_LOWER && (g.esr & ESR_S1PTW) &&
              (ESR_FSC(g.esr) & ~3) == FSC_TRANSLATION,
          "a stage 1 table without stage 2 entry: EC 0x24 with S1PTW");
    check_equal(read_sysreg(hpfar_el2), MISSING_TABLE >> 12 << 4, "... HPFAR_EL2 is the table's");
    check_equal(g.far, WALK_VA, "... FAR_EL2 is the access's");
    walk_root[1] = 0;
    dsb(ish);
    g = el1_one(LDR_X1, WALK_VA);
    check(is_hvc(&g, EL1_VECTOR + EXC_SYNC) && read_sysreg(far_el1) == WALK_VA &&
              ESR_FSC(read_sysreg(esr_el1)) == FSC_TRANSLATION + 0,
          "a stage 1 fault under stage 2 is EL1's own");
    write_sysreg(0x30d00800, sctlr_el1);
    isb();
}

/* AT S12E1R: both stages, asked by EL2. */
static void test_at(void)
{
    u64 par;
    __asm__ volatile("at s12e1r, %1\n isb\n mrs %0, par_el1" : "=r"(par) : "r"(IPA) : "memory");
    check((par & 1) == 0 && (par & 0xfffffffff000) == (u64)page_b, "AT S12E1R gives the PA");
    __asm__ volatile("at s12e1r, %1\n isb\n mrs %0, par_el1"
                     : "=r"(par)
                     : "r"(IPA + 0x2000)
                     : "memory");
    check((par & 1) && (par & BIT(9)), "AT S12E1R of nowhere gives a stage 2 fault");
}

int main(void)
{
    el1_setup();
    stage2_setup();
    test_translation();
    test_unmapped();
    test_syndrome();
    test_emulation();
    test_permissions();
    test_remap();
    test_at();
    test_walk();
    set_hcr(HCR_HOST);
    return test_result();
}
