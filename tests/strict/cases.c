/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A case for each kind of warning of --strict: what it is about, and the same done well. strict.py
 * says by `-device loader` which one runs: its place in the table, times two, plus one for sound.
 * Names are those of the kinds.
 */
#include "images/lib/gic.h"
#include "images/lib/its.h"
#include "images/lib/print.h"
#include "images/lib/smp.h"
#include "images/lib/timer.h"

#define CHOICE 0x4f000000ul /* strict.py has the same */
#define SPI    100
#define SGI    3
#define DEVICE 7
#define EVENT  0
#define GICC   0x08010000ull /* with -gic legacy=on */

BOOT_WITHOUT_GIC();

static u64 sgi_frame(void)
{
    return this_cpu()->gicr + GICR_SGI;
}

static void res0(bool sound)
{
    write_sysreg(sound ? 3 : 0x103, ICC_BPR1_EL1);
}

static void reserved(bool sound)
{
    mmio_read32(BOARD_GICD + (sound ? GICD_IIDR : 0x14));
}

static void frame(bool sound)
{
    mmio_write32((sound ? sgi_frame() : this_cpu()->gicr) + GICD_ISENABLER, BIT(27));
}

static void legacy(bool sound)
{
    if (sound)
        gic_send_sgi(SGI, my_affinity());
    else
        mmio_write32(BOARD_GICD + 0xf00, 2u << 24 | SGI); /* GICD_SGIR, to the sender */
}

static void access(bool sound)
{
    if (sound)
        mmio_read32(BOARD_GICD + GICD_TYPER);
    else
        mmio_read8(BOARD_GICD + GICD_TYPER);
}

static void absent(bool sound)
{
    mmio_write32(BOARD_GICD + GICD_ISENABLER + (sound ? SPI : 1000) / 32 * 4, BIT(4));
}

static void priority(bool sound)
{
    gic_set_priority(SPI, sound ? 0xa0 : 0xa4);
}

static void route(bool sound)
{
    gic_enable(SPI);
    if (sound)
        gic_disable(SPI);
    gic_route(SPI, my_affinity() + 1);
}

static void config(bool sound)
{
    if (!sound)
        gic_enable(SPI);
    gic_set_edge(SPI, true);
}

static void nowhere(bool sound)
{
    gic_route(SPI, sound ? my_affinity() + 1 : 0x30);
}

static void foreign(bool sound)
{
    u64 redist = sound ? this_cpu()->gicr : gic_find_redist(my_affinity() + 1);

    mmio_write32(redist + GICR_SGI + GICD_ICPENDR, BIT(27));
}

static void on_fiq(struct exc_frame *frame, enum exc_vector vector)
{
    (void)vector;
    u32 intid = *(volatile u32 *)CHOICE % 2 ? read_sysreg(ICC_IAR0_EL1) : read_sysreg(ICC_IAR1_EL1);
    if (intid == SPI)
        write_sysreg(intid, ICC_EOIR0_EL1);
    frame->spsr |= BIT(6); /* no more of them */
}

static void iar_group(bool sound)
{
    (void)sound;
    exc_set_handler(EXC_FIQ, on_fiq);
    gic_set_edge(SPI, true);
    gic_set_group(SPI, 0);
    mmio_write32(BOARD_GICD + GICD_CTLR, GICD_CTLR_GRP0 | GICD_CTLR_GRP1 | GICD_CTLR_ARE);
    gic_enable(SPI);
    write_sysreg(1, ICC_IGRPEN0_EL1);
    isb();
    gic_set_pending(SPI);
    __asm__ volatile("msr daifclr, #1\n\tisb" ::: "memory");
}

static void group0(bool sound)
{
    gic_set_group(SPI, sound ? 1 : 0);
    gic_enable(SPI);
}

static void waker(bool sound)
{
    u64 reg = this_cpu()->gicr + GICR_WAKER;

    write_sysreg(0, ICC_IGRPEN1_EL1);
    mmio_write32(reg, mmio_read32(reg) | GICR_WAKER_SLEEP);
    while (!(mmio_read32(reg) & GICR_WAKER_CHILD_ASLEEP))
        ;
    if (sound)
        gic_wake();
    write_sysreg(1, ICC_IGRPEN1_EL1);
    isb();
}

static void special(bool sound)
{
    u32 intid = gic_ack();

    if (!sound || intid < 1020)
        gic_eoi(intid);
}

static void dir(bool sound)
{
    gic_enable(SGI);
    gic_set_eoimode(sound);
    gic_send_sgi(SGI, my_affinity());
    gic_eoi(gic_ack());
    gic_dir(SGI);
}

static void unrouted(bool sound)
{
    if (sound)
        gic_route(SPI, my_affinity());
    gic_enable(SPI);
}

static void rwp(bool sound)
{
    gic_enable(SPI);
    mmio_write32(gic_reg(GICD_ICENABLER, SPI, 1), BIT(SPI % 32));
    if (sound)
        gic_wait_rwp();
    gic_route(SPI, my_affinity() + 1);
}

static void eoi(bool sound)
{
    gic_enable(SGI);
    gic_send_sgi(SGI, my_affinity());
    u32 intid = gic_ack();
    gic_eoi(intid);
    if (!sound)
        gic_eoi(intid);
}

static void eoi_group(bool sound)
{
    gic_enable(SGI);
    gic_send_sgi(SGI, my_affinity());
    u32 intid = gic_ack();
    if (sound)
        write_sysreg(intid, ICC_EOIR1_EL1);
    else
        write_sysreg(intid, ICC_EOIR0_EL1);
}

static void timer_edge(bool sound)
{
    gic_set_edge(sound ? 20 + 2 : INTID_CNTV, true);
}

static void isb_missing(bool sound)
{
    gic_enable(SGI);
    gic_send_sgi(SGI, my_affinity());
    u32 intid = gic_ack();
    write_sysreg(read_sysreg(ICC_CTLR_EL1) ^ BIT(1), ICC_CTLR_EL1);
    if (sound)
        isb();
    gic_eoi(intid);
}

static void dsb_missing(bool sound)
{
    gic_send_sgi(SGI, my_affinity());
    if (sound)
        dsb(ishst);
    write_sysreg(gic_sgi1r(SGI, my_affinity()), ICC_SGI1R_EL1);
}

/* Not a kind of its own: the handler's table is indexed by 1023. */
static void special_index(bool sound)
{
    static u64 (*const volatile handlers[1])(void) = {0};
    u32 intid = gic_ack();

    if (!sound)
        handlers[intid - 1023]();
}

/* Not a kind of its own: the timer is quietened, and not before the end of its interrupt for sure.
 */
static void isb_timer(bool sound)
{
    gic_enable(INTID_CNTV);
    write_sysreg(0, cntv_cval_el0);
    write_sysreg(1, cntv_ctl_el0);
    isb();
    u32 intid = gic_ack();
    write_sysreg(0, cntv_ctl_el0);
    if (sound)
        isb();
    gic_eoi(intid);
}

/* Not a kind of its own: a group is turned off and on again. */
static void rwp_group(bool sound)
{
    mmio_write32(BOARD_GICD + GICD_CTLR, GICD_CTLR_ARE);
    if (sound)
        gic_wait_rwp();
    mmio_write32(BOARD_GICD + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GRP1);
}

/* Not a kind of its own: EnableLPIs is cleared, and other tables are given. */
static void rwp_lpis(bool sound)
{
    u64 gicr = this_cpu()->gicr;

    its_init();
    lpi_cpu_init();
    mmio_write32(gicr + GICR_CTLR, 0);
    if (sound)
        mmio_read32(gicr + GICR_CTLR);
    mmio_write64(gicr + GICR_PENDBASER, mmio_read64(gicr + GICR_PENDBASER));
}

static void legacy_gicc(bool sound)
{
    if (!sound)
        mmio_read32(GICC);
}

static void tables(bool sound)
{
    u64 reg = this_cpu()->gicr + GICR_PROPBASER;

    its_init();
    lpi_cpu_tables();
    if (!sound)
        lpi_cpu_enable(true);
    mmio_write64(reg, mmio_read64(reg));
}

static void tables_its(bool sound)
{
    u64 reg = BOARD_GITS + its_baser(GITS_BASER_DEVICE);

    its_init();
    if (sound)
        its_enable(false);
    mmio_write64(reg, mmio_read64(reg));
}

static void reserved_its(bool sound)
{
    mmio_write32(BOARD_GITS + (sound ? GITS_STATUSR : 0x60), 0);
}

static void its_command(bool sound)
{
    its_init();
    lpi_cpu_init();
    lpi_configure(INTID_LPI, PRIO_DEFAULT, true);
    its_mapd(DEVICE, 2);
    if (sound)
        its_mapti(DEVICE, EVENT, INTID_LPI, 0);
    its_int(DEVICE, EVENT);
}

static void inv(bool sound)
{
    its_init();
    lpi_cpu_init();
    lpi_configure(INTID_LPI, PRIO_DEFAULT, false);
    its_mapd(DEVICE, 2);
    its_mapti(DEVICE, EVENT, INTID_LPI, 0);
    its_int(DEVICE, EVENT);
    lpi_configure(INTID_LPI, PRIO_DEFAULT, true);
    if (sound)
        its_inv(DEVICE, EVENT);
}

/* Not a kind of its own: with EOImode 1 the end that counts is ICC_DIR_EL1's. */
static void isb_dir(bool sound)
{
    gic_set_eoimode(true);
    gic_enable(INTID_CNTV);
    write_sysreg(0, cntv_cval_el0);
    write_sysreg(1, cntv_ctl_el0);
    isb();
    u32 intid = gic_ack();
    if (sound)
        write_sysreg(0, cntv_ctl_el0);
    gic_eoi(intid); /* with an ISB */
    if (!sound)
        write_sysreg(0, cntv_ctl_el0);
    gic_dir(intid);
}

static const struct {
    const char *name;
    void (*run)(bool sound);
} cases[] = {
    {"res0", res0},
    {"reserved", reserved},
    {"frame", frame},
    {"legacy", legacy},
    {"access", access},
    {"absent", absent},
    {"priority", priority},
    {"route", route},
    {"config", config},
    {"nowhere", nowhere},
    {"foreign", foreign},
    {"iar-group", iar_group},
    {"group0", group0},
    {"waker", waker},
    {"special", special},
    {"dir", dir},
    {"unrouted", unrouted},
    {"rwp", rwp},
    {"eoi", eoi},
    {"eoi-group", eoi_group},
    {"timer-edge", timer_edge},
    {"isb", isb_missing},
    {"dsb", dsb_missing},
    {"special-index", special_index},
    {"isb-timer", isb_timer},
    {"isb-dir", isb_dir},
    {"rwp-group", rwp_group},
    {"rwp-lpis", rwp_lpis},
    {"legacy-gicc", legacy_gicc},
    {"tables", tables},
    {"tables-its", tables_its},
    {"reserved-its", reserved_its},
    {"its-command", its_command},
    {"inv", inv},
};

int main(void)
{
    u64 choice = *(volatile u32 *)CHOICE;

    if (choice / 2 >= ARRAY_SIZE(cases))
        return 2;
    if (cases[choice / 2].run != unrouted)
        gic_init();
    else
        mmio_write32(BOARD_GICD + GICD_IGROUPR + SPI / 32 * 4, ~0u);
    gic_cpu_init();
    cases[choice / 2].run(choice % 2);
    return 0;
}
