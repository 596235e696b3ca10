/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Claims of the ID registers that no single instruction shows (those are in id_features.c): states
 * and levels, debug, translation. From EL2 a few words run at EL1 and EL0, or an address is
 * translated by EL1's tables; what a field claims must work, and what it does not must not
 * (DDI 0487, the descriptions of ID_AA64*_EL1).
 */
#include "tests/guest/el2_guest.h"

BOOT_EL(2);

#define ID(reg, lsb)  (read_sysreg(reg) >> (lsb)&0xf)
#define EC_BREAKPOINT 0x30
#define EC_WATCHPOINT 0x34
#define EC_BTI        0x0d
#define SPSR_A32      0x1d0 /* User mode, all masked */
#define SPSR_SS       BIT(21)
#define LDR_X1        0xf9400001u /* ldr x1, [x0] */

/* -- AArch32 -- */

static struct guest run_a32(const u32 *words, unsigned n)
{
    struct guest g = el1_guest(words, n, SPSR_A32);
    guest_run(&g);
    return g;
}

/* SVC at AArch32's EL0 goes to EL1, and from its table to here. */
static bool a32_svc(const struct guest *g)
{
    return is_hvc(g, EL1_VECTOR + EXC_LOWER32_SYNC) && ESR_EC(read_sysreg(esr_el1)) == 0x11;
}

static void test_a32_el0(void)
{
    static const u32 add[] = {0xe3a0102a, 0xe2811001, 0xef000000}; /* mov r1,42; add r1,1; svc */
    static const u32 count[] = {0xec532f1e, 0xef000000}; /* mrrc p15, 1, r2, r3, c14: CNTVCT */
    static const u32 physical[] = {0xec532f0e, 0xee1e4f10, 0xef000000}; /* CNTPCT; r4: CNTFRQ */
    static const u32 timer[] = {0xe3a01002, 0xee0e1f33, 0xee1e2f33, 0xef000000}; /* CNTV_CTL */
    struct guest g = run_a32(add, 3);
    check(a32_svc(&g) && g.x[1] == 43, "ID_AA64PFR0_EL1.EL0 2: EL0 runs A32");
    write_sysreg(0x303, cntkctl_el1);
    write_sysreg(3, cnthctl_el2);
    write_sysreg(-1000l, cntvoff_el2);
    u64 before = read_sysreg(cntvct_el0);
    g = run_a32(count, 2);
    u64 got = (g.x[2] & ~0u) | g.x[3] << 32;
    check(a32_svc(&g) && got >= before && got <= read_sysreg(cntvct_el0), "... and reads CNTVCT");
    g = run_a32(physical, 3);
    got = (g.x[2] & ~0u) | g.x[3] << 32;
    check(a32_svc(&g) && got >= before - 1000 && got < before + 1000000, "... and CNTPCT");
    check_equal(g.x[4], read_sysreg(cntfrq_el0), "... and CNTFRQ");
    g = run_a32(timer, 4);
    check(a32_svc(&g) && g.x[2] == 2 && read_sysreg(cntv_ctl_el0) == 2, "... and sets CNTV_CTL");
    write_sysreg(0, cntv_ctl_el0);
    write_sysreg(0, cntkctl_el1);
    g = run_a32(count, 2);
    check(is_hvc(&g, EL1_VECTOR + EXC_LOWER32_SYNC) && ESR_EC(read_sysreg(esr_el1)) == 4,
          "... which CNTKCTL_EL1.EL0VCTEN 0 traps with EC 4");
    write_sysreg(0, cntvoff_el2);
}

static void test_a32(void)
{
    if (ID(id_aa64pfr0_el1, 0) == 2) {
        test_a32_el0();
    } else {
        struct guest g = run_a32((u32[]){0xef000000}, 1);
        check(ESR_EC(g.esr) == 0x0e, "without AArch32 its states are illegal");
    }
    set_hcr(HCR_HOST & ~HCR_RW);
    check_equal(!!(read_sysreg(hcr_el2) & HCR_RW), ID(id_aa64pfr0_el1, 4) == 1,
                "HCR_EL2.RW is fixed to 1 if EL1 has AArch64 alone");
    set_hcr(HCR_HOST);
}

/* -- Byte order -- */

static void test_big_endian(void)
{
    static u64 word = 0x1122334455667788;
    write_sysreg(0x30d00800 | BIT(25), sctlr_el1);
    isb();
    struct guest g = el1_one(LDR_X1, (u64)&word);
    write_sysreg(0x30d00800, sctlr_el1);
    isb();
    check_equal(g.x[1] == 0x8877665544332211, ID(id_aa64mmfr0_el1, 8) == 1,
                "SCTLR_EL1.EE makes data big-endian if MMFR0.BigEnd says so");
}

/* -- Debug: taken to EL2 by MDCR_EL2.TDE -- */

#define DEBUG_ON()                                                                                 \
    do {                                                                                           \
        write_sysreg(0, oslar_el1);                                                                \
        write_sysreg(read_sysreg(mdcr_el2) | BIT(8), mdcr_el2);                                    \
        write_sysreg(BIT(15), mdscr_el1);                                                          \
        isb();                                                                                     \
    } while (0)

#define TRY_BREAKPOINT(n)                                                                          \
    ({                                                                                             \
        write_sysreg((u64)el1_code + 8, dbgbvr##n##_el1);                                          \
        write_sysreg(1 | 1 << 1 | 0xf << 5, dbgbcr##n##_el1);                                      \
        isb();                                                                                     \
        struct guest g_ = el1_guest(nops, 4, SPSR_EL1H);                                           \
        guest_run(&g_);                                                                            \
        write_sysreg(0, dbgbcr##n##_el1);                                                          \
        isb();                                                                                     \
        ESR_EC(g_.esr) == EC_BREAKPOINT &&g_.pc == (u64)el1_code + 8;                              \
    })

#define TRY_WATCHPOINT(n)                                                                          \
    ({                                                                                             \
        write_sysreg((u64)&watched, dbgwvr##n##_el1);                                              \
        write_sysreg(1 | 1 << 1 | 1 << 3 | 0xff << 5, dbgwcr##n##_el1); /* loads at EL1 */         \
        isb();                                                                                     \
        struct guest g_ = el1_guest((u32[]){LDR_X1}, 1, SPSR_EL1H);                                \
        g_.x[0] = (u64)&watched;                                                                   \
        guest_run(&g_);                                                                            \
        write_sysreg(0, dbgwcr##n##_el1);                                                          \
        isb();                                                                                     \
        ESR_EC(g_.esr) == EC_WATCHPOINT &&g_.far == (u64)&watched;                                 \
    })

static void test_debug(void)
{
    static const u32 nops[] = {0xd503201f, 0xd503201f, 0xd503201f, 0xd503201f};
    static u64 watched;
    DEBUG_ON();
    check_equal(ID(id_aa64dfr0_el1, 12), 5, "6 breakpoints are announced");
    check(TRY_BREAKPOINT(0) && TRY_BREAKPOINT(5), "... and the first and the last stop EL1");
    check_equal(ID(id_aa64dfr0_el1, 20), 3, "4 watchpoints are announced");
    check(TRY_WATCHPOINT(0) && TRY_WATCHPOINT(3), "... and the first and the last see a load");
    write_sysreg(1, mdscr_el1);
    struct guest g = el1_guest(nops, 4, SPSR_EL1H | SPSR_SS);
    guest_run(&g);
    check(ESR_EC(g.esr) == EC_STEP_LOWER && g.pc == (u64)el1_code + 4,
          "a software step is one instruction");
    write_sysreg(0, mdscr_el1);
    write_sysreg(read_sysreg(mdcr_el2) & ~BIT(8), mdcr_el2);
    isb();
}

/* -- Translation: asked by AT from EL2, stage 2 off -- */

#define TCR_T0SZ(n) (64 - (n))
#define TCR_EPD1    BIT(23)
#define TCR_IPS(n)  ((u64)(n) << 32)
#define TCR_AS      BIT(36)
#define TCR_HPD0    BIT(41)
#define TCR_TG0_64K BIT(14)
#define BLOCK       (BIT(0) | BIT(10) | 3 << 8) /* AF, inner shareable, EL1 read-write */
#define BLOCK_USER  (BLOCK | BIT(6))
#define TABLE       3ull
#define PTE_GP      BIT(50)
#define TABLE_RO    BIT(62)
#define FAULT_OF(p) ((unsigned)((p) >> 1) & 0x3f)

static u64 root[8192] __attribute__((aligned(65536))), second[512] __attribute__((aligned(4096)));

static inline u64 par(void)
{
    isb();
    return read_sysreg(par_el1);
}

static u64 at_s1e1r(u64 va)
{
    __asm__ volatile("at s1e1r, %0" ::"r"(va) : "memory");
    return par();
}

static u64 at_s1e1w(u64 va)
{
    __asm__ volatile("at s1e1w, %0" ::"r"(va) : "memory");
    return par();
}

static u64 at_s1e1rp(u64 va)
{
    register u64 x0 __asm__("x0") = va;
    __asm__ volatile(".inst 0xd5087900 /* at s1e1rp, x0 */" ::"r"(x0) : "memory");
    return par();
}

static void stage1(u64 tcr)
{
    write_sysreg(tcr | TCR_EPD1, tcr_el1);
    write_sysreg((u64)root, ttbr0_el1);
    write_sysreg(0x30d00801, sctlr_el1);
    isb();
    __asm__ volatile("dsb ish\n tlbi vmalle1\n dsb ish\n isb" ::: "memory");
}

static void test_sizes(void)
{
    static const u8 pa_bits[] = {32, 36, 40, 42, 44, 48};
    unsigned range = ID(id_aa64mmfr0_el1, 0), bits = pa_bits[range];
    root[1] = BIT(bits - 1) | BLOCK;
    root[2] = BIT(bits) | BLOCK;
    stage1(TCR_T0SZ(39) | TCR_IPS(range));
    check_equal(at_s1e1r(BIT(30)) & 0xffffffffff001, BIT(bits - 1),
                "%u bits of physical address are there", bits);
    check_equal(at_s1e1r(BIT(31)) & 0x7f, (FSC_ADDRESS_SIZE + 1) << 1 | 1, "... and no more");
    for (unsigned i = 0; i < 8192; i++)
        root[i] = 0;
    root[2] = 0x20000000000 >> 12 << 12 | BLOCK; /* 512 MiB at level 2, bits 29 up are its PA */
    stage1(TCR_T0SZ(42) | TCR_IPS(range) | TCR_TG0_64K);
    check_equal((at_s1e1r(0x40001234) & 0xffffffffff001) == 0x20000001000,
                ID(id_aa64mmfr0_el1, 24) == 0, "granules of 64 KiB if MMFR0.TGran64 says so");
    root[2] = 0;
}

static void test_asids(void)
{
    stage1(TCR_T0SZ(39) | TCR_IPS(2) | TCR_AS);
    write_sysreg((u64)root | 0xabcdull << 48, ttbr0_el1);
    isb();
    check_equal(read_sysreg(ttbr0_el1) >> 48, 0xabcd, "ASIDs have 16 bits, as MMFR0 says");
    write_sysreg(0xabcdull << 48, vttbr_el2);
    isb();
    check((read_sysreg(vttbr_el2) >> 48 & 0xff) == 0xcd, "VMIDs have 8 bits at least");
    if (ID(id_aa64mmfr1_el1, 4) == 2)
        check_equal(read_sysreg(vttbr_el2) >> 48, 0xabcd, "... and 16, as MMFR1 says");
    write_sysreg(0, vttbr_el2);
}

static void test_attributes(void)
{
    root[1] = (u64)second | TABLE | TABLE_RO;
    second[0] = 0x40000000 | BLOCK_USER;
    stage1(TCR_T0SZ(39) | TCR_IPS(2));
    check(at_s1e1w(BIT(30)) & 1, "a table's APTable takes write access away");
    if (ID(id_aa64mmfr1_el1, 12) >= 1) {
        stage1(TCR_T0SZ(39) | TCR_IPS(2) | TCR_HPD0);
        check(!(at_s1e1w(BIT(30)) & 1),
              "... unless TCR_EL1.HPD0 says no, which MMFR1.HPDS announces");
    }
    if (ID(id_aa64mmfr1_el1, 20) >= 2) {
        __asm__ volatile("msr s0_0_c4_c1_4, xzr" ::: "memory"); /* PAN 1 */
        check(!(at_s1e1r(BIT(30)) & 1) && (at_s1e1rp(BIT(30)) & 1),
              "AT S1E1RP honours PSTATE.PAN, if MMFR1.PAN announces it");
        __asm__ volatile("msr s0_0_c4_c0_4, xzr" ::: "memory"); /* PAN 0 */
    }
    write_sysreg((u64)root | 1, ttbr0_el1);
    isb();
    check(!(at_s1e1r(BIT(30)) & 1), "TTBR0_EL1.CnP, announced or not, disturbs nothing");
}

/* EL1 with its MMU on, all of RAM mapped flat. */
static struct guest flat(u64 attributes, u64 sctlr, const u32 *words, unsigned n)
{
    root[1] = 0x40000000 | BLOCK | attributes;
    stage1(TCR_T0SZ(39) | TCR_IPS(2));
    write_sysreg(read_sysreg(sctlr_el1) | sctlr, sctlr_el1);
    isb();
    struct guest g = el1_guest(words, n, SPSR_EL1H | SPSR_DAIF);
    g.x[0] = (u64)el1_code + 4 * (n - 1);
    guest_run(&g);
    return g;
}

static void test_code(void)
{
    static const u32 jump[] = {0xd61f0000, 0xd503201f, 0xd503201f};    /* br x0 */
    static const u32 landing[] = {0xd61f0000, 0xd503201f, 0xd503249f}; /* bti j */
    static const u32 unprivileged[] = {0xd500407f, 0xf8400801};        /* msr uao,0; ldtr x1 */
    static const u32 overridden[] = {0xd500417f, 0xf8400801};          /* msr uao,1; ldtr x1 */
    bool bti = ID(s3_0_c0_c4_1, 0) == 1, uao = ID(id_aa64mmfr2_el1, 4) == 1;
    struct guest g = flat(PTE_GP, BIT(36), jump, 3);
    check_equal(is_hvc(&g, EL1_VECTOR + EXC_SYNC) && ESR_EC(read_sysreg(esr_el1)) == EC_BTI, bti,
                "a branch into a guarded page needs a landing, if PFR1.BT announces it");
    g = flat(PTE_GP, BIT(36), landing, 3);
    check(el1_finished(&g), "BTI is one, and a hint without it");
    if (!uao)
        return;
    g = flat(0, 0, unprivileged, 2);
    check(is_hvc(&g, EL1_VECTOR + EXC_SYNC), "LDTR does what EL0 may");
    g = flat(0, 0, overridden, 2);
    check(el1_finished(&g), "... but not with PSTATE.UAO, which MMFR2 announces");
}

int main(void)
{
    el1_setup();
    test_a32();
    test_big_endian();
    test_debug();
    test_sizes();
    test_asids();
    test_attributes();
    test_code();
    return test_result();
}
