/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Who owns which interrupt (IHI 0069, "Interrupt grouping"): GICD_IGROUPR 1 is Non-secure Group 1;
 * 0 with GICD_IGRPMODR 0 is Group 0, EL3's; with 1 Secure Group 1, Secure EL1's.
 *
 * Of a PE's registers those are reached that pe->index names: this_cpu() goes by TPIDR_EL1, which
 * is the worlds'.
 */
#include "images/lib/board.h"
#include "images/lib/gic.h"
#include "images/monitor/monitor.h"

#define GICD_CTLR_ARE_S  BIT(4)
#define GICD_CTLR_ARE_NS BIT(5)
#define GICR_CTLR_RWP    BIT(3)
#define GICR_NSACR       0xe00 /* in the SGI frame */

#define SRE_SRE    BIT(0)
#define SRE_DFB    BIT(1)
#define SRE_DIB    BIT(2)
#define SRE_ENABLE BIT(3)

static u64 sgi_frame(const struct pe *pe)
{
    return cpus[pe->index].gicr + GICR_SGI;
}

static void set_bit(u64 reg, u32 bit, bool value)
{
    u32 old = mmio_read32(reg);
    mmio_write32(reg, value ? old | BIT(bit) : old & ~BIT(bit));
}

static void wait_rwp(u64 ctlr, u32 rwp)
{
    while (mmio_read32(ctlr) & rwp)
        ;
}

/* Affinity routing is turned on before any group: else the way back is unpredictable (GICD_CTLR).
 * EnableGrp1NS is left to the normal world. */
void monitor_gic_init(void)
{
    u64 ctlr = BOARD_GICD + GICD_CTLR;
    mmio_write32(ctlr, 0);
    wait_rwp(ctlr, GICD_CTLR_RWP);
    mmio_write32(ctlr, GICD_CTLR_ARE_S | GICD_CTLR_ARE_NS);
    wait_rwp(ctlr, GICD_CTLR_RWP);
    for (u32 n = 32; n < 32 + gic_nr_spis(); n += 32) {
        mmio_write32(BOARD_GICD + GICD_IGROUPR + n / 8, ~0u);
        mmio_write32(BOARD_GICD + GICD_IGRPMODR + n / 8, 0);
    }
    for (u32 n = 32; n < 32 + gic_nr_spis(); n += 4)
        mmio_write32(BOARD_GICD + GICD_IPRIORITYR + n, 0x80808080);
    mmio_write32(ctlr, GICD_CTLR_ARE_S | GICD_CTLR_ARE_NS | GICD_CTLR_GRP0 | GICD_CTLR_GRP1S);
    wait_rwp(ctlr, GICD_CTLR_RWP);
}

void monitor_gic_give(struct pe *pe, u32 intid, enum owner owner, u8 priority)
{
    u64 frame = sgi_frame(pe);
    bool secure_group1 = owner == OWNED_BY_SECURE_EL1;
    if (FLAW_GROUP && intid == INTID_CNTPS)
        secure_group1 = false;
    mmio_write32(frame + GICD_ICENABLER, BIT(intid));
    wait_rwp(cpus[pe->index].gicr + GICR_CTLR, GICR_CTLR_RWP);
    set_bit(frame + GICD_IGROUPR, intid, owner == OWNED_BY_NORMAL);
    set_bit(frame + GICD_IGRPMODR, intid, secure_group1);
    mmio_write8(frame + GICD_IPRIORITYR + intid, priority);
    if (owner != OWNED_BY_NORMAL)
        mmio_write32(frame + GICD_ISENABLER, BIT(intid));
    dsb(sy);
}

/* GICR_NSACR has two bits for each SGI. */
void monitor_gic_permit(struct pe *pe, u32 intid, u32 nsacr)
{
    u64 reg = sgi_frame(pe) + GICR_NSACR;
    u32 shift = intid % 16 * 2;
    mmio_write32(reg, (mmio_read32(reg) & ~(3u << shift)) | (nsacr & 3) << shift);
    dsb(sy);
}

void monitor_gic_give_spi(u32 intid, u64 affinity, u32 nsacr)
{
    u64 word = intid / 32 * 4, pair = intid / 16 * 4;
    u32 shift = intid % 16 * 2;
    mmio_write32(BOARD_GICD + GICD_ICENABLER + word, BIT(intid % 32));
    wait_rwp(BOARD_GICD + GICD_CTLR, GICD_CTLR_RWP);
    set_bit(BOARD_GICD + GICD_IGROUPR + word, intid % 32, false);
    set_bit(BOARD_GICD + GICD_IGRPMODR + word, intid % 32, true);
    set_bit(BOARD_GICD + GICD_ICFGR + pair, shift + 1, true); /* edge-triggered */
    set_bit(BOARD_GICD + GICD_NSACR + pair, shift, nsacr & 1);
    set_bit(BOARD_GICD + GICD_NSACR + pair, shift + 1, nsacr & 2);
    mmio_write8(BOARD_GICD + GICD_IPRIORITYR + intid, 0x50);
    mmio_write64(BOARD_GICD + GICD_IROUTER + 8ull * intid, affinity);
    mmio_write32(BOARD_GICD + GICD_ISENABLER + word, BIT(intid % 32));
    dsb(sy);
}

static void own_interface(void)
{
    write_sysreg(SRE_SRE | SRE_DFB | SRE_DIB | (FLAW_SRE ? 0 : SRE_ENABLE), ICC_SRE_EL3);
    isb();
    /* Each Security state has its own ICC_SRE_EL1; with an EL2, that turns on the normal one. */
    write_sysreg(SCR_RW | SCR_RES1 | SCR_NS, scr_el3);
    isb();
    write_sysreg(SRE_SRE | SRE_DFB | SRE_DIB, ICC_SRE_EL1);
    write_sysreg(SCR_RW | SCR_RES1, scr_el3);
    isb();
    write_sysreg(SRE_SRE | SRE_DFB | SRE_DIB, ICC_SRE_EL1);
    isb();
    write_sysreg(0, ICC_CTLR_EL3); /* EOImode 0 at EL3, each state its own BPR1 */
    write_sysreg(0, ICC_BPR0_EL1);
    write_sysreg(PMR_ALL, ICC_PMR_EL1);
    write_sysreg(1, ICC_IGRPEN0_EL1);
    write_sysreg(0, ICC_IGRPEN1_EL3); /* each world enables its own Group 1 */
    isb();
}

void monitor_gic_cpu_on(struct pe *pe)
{
    gic_wake();
    for (u32 intid = 0; intid < 32; intid++)
        monitor_gic_give(pe, intid, OWNED_BY_NORMAL, 0x80);
    for (u32 intid = SGI_SECURE; intid < SGI_EL3; intid++)
        monitor_gic_give(pe, intid, OWNED_BY_SECURE_EL1, 0x40);
    monitor_gic_give(pe, SGI_EL3, OWNED_BY_EL3, 0x20);
    monitor_gic_give(pe, INTID_CNTPS, OWNED_BY_SECURE_EL1, 0x30);
    mmio_write32(sgi_frame(pe) + GICR_NSACR, 0);
    own_interface();
}

/* GICR_WAKER: what comes now waits for the PE, or wakes it. */
void monitor_gic_cpu_off(struct pe *pe)
{
    u64 waker = cpus[pe->index].gicr + GICR_WAKER;
    write_sysreg(0, ICC_IGRPEN0_EL1);
    write_sysreg(0, ICC_IGRPEN1_EL3);
    isb();
    mmio_write32(waker, mmio_read32(waker) | GICR_WAKER_SLEEP);
    while (!(mmio_read32(waker) & GICR_WAKER_CHILD_ASLEEP))
        ;
}
