/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GICv4: interrupts that reach a guest at EL1 without its hypervisor at EL2 (IHI 0069, GICv4
 * chapters). One image for GICv4.0 and 4.1; what a device would send comes by INT.
 */
#include "images/lib/its.h"
#include "tests/guest/el2_guest.h"
#include "tests/guest/gic_poll.h"

BOOT_EL(2);

enum {
    GICR_VPROPBASER = 0x20070,
    GICR_VPENDBASER = 0x20078,
    GICR_VSGIR = 0x20080,
    GICR_VSGIPENDR = 0x20088,
    GITS_SGIR = 0x20020,
    VMOVP = 0x22,
    VSGI = 0x23,
    VSYNC = 0x25,
    VMAPP = 0x29,
    VMAPTI = 0x2a,
    VINVALL = 0x2d,
};

#define TYPER_RVPEID BIT(7)
#define VPEND_VALID  BIT(63)
#define VPEND_IDAI   BIT(62) /* GICv4.0 */
#define VPEND_DB     BIT(62) /* GICv4.1 */
#define VPEND_LAST   BIT(61)
#define VPEND_DIRTY  BIT(60)
#define VPEND_GROUPS (BIT(59) | BIT(58))
#define DEVICE       7
#define VPE          3
#define VINTID       8200
#define DOORBELL     9000
#define ATTRIBUTES   (1ull << 10 | 7ull << 7)
#define VMCR_OPEN    (0xffull << 24 | BIT(1) | BIT(0))

static u8 vpe_table[0x10000] __attribute__((aligned(0x10000)));
static u8 rd_table[0x10000] __attribute__((aligned(0x10000)));
static u8 pending_table[0x10000] __attribute__((aligned(0x10000)));
static u8 config_table[0x10000] __attribute__((aligned(0x10000)));
static bool v41;

static const u32 forever = 0x14000000;
static const u32 take_and_end[] = {
    MRS_X1(0, 12, 12, 0),     /* mrs x1, icc_iar1_el1  */
    MRS_X1(0, 12, 11, 3) + 1, /* mrs x2, icc_rpr_el1   */
    MSR_X1(0, 12, 12, 1),     /* msr icc_eoir1_el1, x1 */
    MRS_X1(0, 12, 11, 3) + 2, /* mrs x3, icc_rpr_el1   */
    MRS_X1(0, 12, 12, 2) + 3, /* mrs x4, icc_hppir1_el1 */
};

/* -- The hypervisor's part -- */

static u64 gicr(u32 offset)
{
    return this_cpu()->gicr + offset;
}

static bool send(u64 w0, u64 w1, u64 w2, u64 w3)
{
    return its_send((struct its_command){{w0, w1, w2, w3}});
}

static void vsync(void)
{
    send(VSYNC, (u64)VPE << 32, 0, 0);
}

static u64 settled(void)
{
    u64 value;
    while ((value = mmio_read64(gicr(GICR_VPENDBASER))) & VPEND_DIRTY)
        ;
    dsb(sy);
    return value;
}

static void schedule(void)
{
    dsb(sy);
    if (v41) {
        mmio_write64(gicr(GICR_VPENDBASER), VPEND_VALID | VPEND_GROUPS | VPE);
    } else {
        mmio_write64(gicr(GICR_VPROPBASER), (u64)config_table | ATTRIBUTES | (LPI_ID_BITS - 1));
        mmio_write64(gicr(GICR_VPENDBASER),
                     VPEND_VALID | VPEND_LAST | (u64)pending_table | ATTRIBUTES);
    }
    settled();
}

/* With GICv4.1 the default doorbell is asked for. Returns what the register says then. */
static u64 deschedule(void)
{
    u64 value = settled() & ~(VPEND_VALID | VPEND_LAST);
    mmio_write64(gicr(GICR_VPENDBASER), v41 ? value | VPEND_DB : value);
    return settled();
}

static void map(void)
{
    u64 alloc = v41 ? BIT(8) | (u64)config_table : 0;
    send(VMAPP | alloc, (u64)VPE << 32 | (v41 ? DOORBELL : 0), BIT(63) | its_rdbase(0),
         (u64)pending_table | (LPI_ID_BITS - 1));
    its_mapd(DEVICE, 4);
    for (u64 event = 0; event < 4; event++)
        send(VMAPTI | (u64)DEVICE << 32, event | (u64)VPE << 32,
             (VINTID + event) | (u64)(v41 ? INTID_SPURIOUS : DOORBELL) << 32, 0);
    vsync();
}

static void set_up(void)
{
    its_init();
    for (unsigned i = 0; i < sizeof(config_table); i++)
        config_table[i] = 0x80 | 2 | 1; /* priority 0x80, enabled */
    its_enable(false);
    mmio_write64(BOARD_GITS + its_baser(2),
                 GITS_BASER_VALID | (u64)vpe_table | 1ull << 10 | 7ull << 59 | GITS_BASER_PAGE_64K);
    its_enable(true);
    lpi_configure(DOORBELL, PRIO_DEFAULT, true);
    lpi_cpu_init();
    if (v41) /* 64 KiB pages, one of them, flat */
        mmio_write64(gicr(GICR_VPROPBASER), BIT(63) | 2ull << 53 | (u64)rd_table | ATTRIBUTES);
    map();
}

static void open_guest(void)
{
    write_sysreg(VMCR_OPEN, ICH_VMCR_EL2);
    write_sysreg(0, ICH_AP1R0_EL2);
    for (unsigned i = 0; i < 2; i++)
        write_sysreg(0, ICH_LR0_EL2);
    write_sysreg(1, ICH_HCR_EL2);
    isb();
}

static bool pends_in_memory(u32 vintid)
{
    dsb(sy);
    return pending_table[vintid / 8] >> vintid % 8 & 1;
}

static struct guest take(void)
{
    struct guest g = el1_guest(take_and_end, 5, SPSR_EL1H | SPSR_DAIF);
    guest_run(&g);
    return g;
}

/* -- Tests -- */

static void test_registers(void)
{
    u64 typer = mmio_read64(gicr(GICR_TYPER)), its = mmio_read64(BOARD_GITS + GITS_TYPER);
    check(typer & BIT(1), "GICR_TYPER.VLPIS");
    check(its & BIT(1), "GITS_TYPER.Virtual");
    check_equal(mmio_read32(gicr(GICR_PIDR2)) >> 4 & 15, 4, "GICR_PIDR2.ArchRev is 4");
    check(!(read_sysreg(ICH_VTR_EL2) & BIT(20)), "ICH_VTR_EL2.nV4 is 0");
    check(its_baser(2) != 0, "a GITS_BASER is for vPEs");
    if (!v41)
        return;
    check_equal(its >> 39 & 3, 3, "GITS_TYPER.VMAPP and VSGI");
    check_equal(read_sysreg(id_aa64pfr0_el1) >> 24 & 15, 3, "ID_AA64PFR0_EL1.GIC says GICv4.1");
}

/* GITS_TRANSLATER is for devices: the other vCPU has the ITS send while the guest runs. */
static void inject(void *arg)
{
    (void)arg;
    for (volatile unsigned i = 0; i < 10000; i++)
        ;
    its_int(DEVICE, 0);
}

static void test_resident(void)
{
    open_guest();
    schedule();
    check(mmio_read64(gicr(GICR_VPENDBASER)) & VPEND_VALID, "the vPE is resident");
    struct guest g = el1_guest(&forever, 1, SPSR_EL1H | (SPSR_DAIF & ~BIT(7)));
    smp_run(1, inject, NULL);
    u64 vector = guest_run(&g);
    smp_wait(1);
    check(vector == EXC_LOWER_SYNC && is_hvc(&g, EL1_VECTOR + EXC_IRQ),
          "a vLPI interrupts a guest that runs, and nobody else");
    check(!irq_is_signalled(), "EL2 gets no doorbell");
    g = take();
    check_equal(g.x[1], VINTID, "the guest acknowledges its vLPI");
    check_equal(g.x[2], 0x80, "... with its priority");
    check_equal(g.x[3], 0xff, "EOIR1 drops it");
    check_equal(g.x[4], INTID_SPURIOUS, "nothing else waits");
    check_equal(read_sysreg(ICH_HCR_EL2) >> 27, 0, "EOIcount does not count vLPIs");
}

static void test_not_resident(void)
{
    u64 value = deschedule();
    check(!(value & VPEND_VALID) && !(value & VPEND_LAST), "nothing was pending at the end");
    its_int(DEVICE, 1);
    vsync();
    check(pends_in_memory(VINTID + 1), "a vLPI for it sets the bit in the pending table");
    check_equal(gic_ack(), DOORBELL, "... and rings the doorbell");
    gic_eoi(DOORBELL);
    check(!irq_is_signalled(), "... once");
    struct guest g = el1_one(MRS_X1(0, 12, 12, 0), 0);
    check_equal(g.x[1], INTID_SPURIOUS, "another guest on this vCPU gets nothing");
    schedule();
    g = take();
    check_equal(g.x[1], VINTID + 1, "resident again, the guest takes it");
}

static void test_left_over(void)
{
    its_int(DEVICE, 2);
    its_int(DEVICE, 3);
    vsync();
    take();
    u64 value = deschedule();
    check(value & VPEND_LAST, "PendingLast says that something is pending");
    check(pends_in_memory(VINTID + 3) && !pends_in_memory(VINTID + 2),
          "what the guest did not take is in its table, what it took is not");
    check(!irq_is_signalled(), "no doorbell for what was there already");
    schedule();
    struct guest g = take();
    check_equal(g.x[1], VINTID + 3, "and comes back");
}

static void test_frozen(void)
{
    u64 value = mmio_read64(gicr(GICR_VPENDBASER));
    mmio_write64(gicr(GICR_VPENDBASER), value ^ (v41 ? 1 : 0x10000));
    check_equal(mmio_read64(gicr(GICR_VPENDBASER)), value, "fields are frozen while Valid is 1");
}

static void test_commands(void)
{
    its_int(DEVICE, 0);
    its_clear(DEVICE, 0);
    vsync();
    struct guest g = take();
    check_equal(g.x[1], INTID_SPURIOUS, "CLEAR takes a vLPI back");
    config_table[VINTID - INTID_LPI] = 0x80 | 2;
    dsb(sy);
    its_inv(DEVICE, 0);
    its_int(DEVICE, 0);
    vsync();
    g = take();
    check_equal(g.x[1], INTID_SPURIOUS, "after INV a vLPI that is disabled does not come");
    config_table[VINTID - INTID_LPI] = 0x80 | 2 | 1;
    dsb(sy);
    send(VINVALL, (u64)VPE << 32, 0, 0);
    vsync();
    g = take();
    check_equal(g.x[1], VINTID, "after VINVALL it is enabled, and was pending");
}

static u32 pending_sgis(void)
{
    u32 value;
    mmio_write32(gicr(GICR_VSGIR), VPE);
    while ((value = mmio_read32(gicr(GICR_VSGIPENDR))) & BIT(31))
        ;
    return value;
}

static void send_vsgi(u64 n)
{
    mmio_write64(BOARD_GITS + GITS_SGIR, (u64)VPE << 32 | n);
}

static void inject_vsgi(void *arg)
{
    (void)arg;
    for (volatile unsigned i = 0; i < 10000; i++)
        ;
    send_vsgi(9);
}

/* Ends of vSGIs, which no list register holds, count; or do not. */
static void test_vsgi_end(void)
{
    write_sysreg(1, ICH_HCR_EL2);
    send_vsgi(9);
    take();
    check_equal(read_sysreg(ICH_HCR_EL2) >> 27, 1, "the end of a vSGI counts in EOIcount");
    write_sysreg(1 | BIT(8), ICH_HCR_EL2);
    send_vsgi(9);
    take();
    check_equal(read_sysreg(ICH_HCR_EL2) >> 27, 0, "... but not with vSGIEOICount");
    write_sysreg(1, ICH_HCR_EL2);
    isb();
}

/* GICv4.1: Enable, Group 1, priority 0x40. */
static void test_vsgi(void)
{
    send(VSGI | BIT(8) | BIT(10) | 4ull << 20 | 9ull << 32, (u64)VPE << 32, 0, 0);
    test_vsgi_end();
    struct guest g = el1_guest(&forever, 1, SPSR_EL1H | (SPSR_DAIF & ~BIT(7)));
    smp_run(1, inject_vsgi, NULL);
    u64 vector = guest_run(&g);
    smp_wait(1);
    check(vector == EXC_LOWER_SYNC && is_hvc(&g, EL1_VECTOR + EXC_IRQ),
          "a vSGI interrupts a guest that runs, and nobody else");
    g = take();
    check_equal(g.x[1], 9, "a vSGI reaches a resident guest");
    check_equal(g.x[2], 0x40, "... with the priority of its VSGI command");
    deschedule();
    send_vsgi(9);
    check_equal(gic_ack(), DOORBELL, "for one that is not resident it rings the doorbell");
    gic_eoi(DOORBELL);
    check_equal(pending_sgis(), BIT(9), "GICR_VSGIPENDR shows it");
    schedule();
    g = take();
    check_equal(g.x[1], 9, "and it comes when the guest does");
    check_equal(pending_sgis(), 0, "then it is not pending any more");
    write_sysreg(1 | BIT(15), ICH_HCR_EL2);
    send_vsgi(9);
    g = take();
    check_equal(g.x[1], INTID_SPURIOUS, "ICH_HCR_EL2.DVIM hides it");
    write_sysreg(1, ICH_HCR_EL2);
    g = take();
    check_equal(g.x[1], 9, "until it is 0");
}

int main(void)
{
    smp_start(2);
    v41 = mmio_read64(gicr(GICR_TYPER)) & TYPER_RVPEID;
    el1_setup();
    set_up();
    test_registers();
    test_resident();
    test_not_resident();
    test_left_over();
    test_frozen();
    test_commands();
    if (v41)
        test_vsgi();
    deschedule();
    write_sysreg(0, ICH_HCR_EL2);
    return test_result();
}
