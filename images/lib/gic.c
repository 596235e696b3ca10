/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "images/lib/gic.h"
#include "images/lib/print.h"
#include "images/lib/smp.h"

#define LPI_HANDLERS 1024

static irq_handler_fn *irq_handlers[1024];
static irq_handler_fn *lpi_handlers[LPI_HANDLERS]; /* from INTID 8192 on */

u64 gic_find_redist(u64 affinity)
{
    for (unsigned i = 0; i < boot.cpus; i++)
        if (cpus[i].affinity == affinity)
            return cpus[i].gicr;
    return 0;
}

unsigned gic_nr_spis(void)
{
    unsigned lines = (mmio_read32(BOARD_GICD + GICD_TYPER) & 31) + 1;
    return lines * 32 > 1020 ? 1020 - 32 : lines * 32 - 32;
}

/* Registers of extended SPIs, GICD_*<n>E, are elsewhere; those of extended PPIs follow the PPIs'.
 */
static u32 espi_bank(u32 bank)
{
    switch (bank) {
    case GICD_IPRIORITYR:
        return 0x2000;
    case GICD_ICFGR:
        return 0x3000;
    case GICD_IGRPMODR:
        return 0x3400;
    case GICD_NSACR:
        return 0x3600;
    case GICD_INMIR:
        return 0x3b00;
    case GICD_IROUTER:
        return 0x8000;
    default: /* GICD_IGROUPR to GICD_ICACTIVER: 0x80 bytes each become 0x200 */
        return 0x1000 + (bank - GICD_IGROUPR) * 4;
    }
}

static u64 reg_of(u64 bank, u32 index, unsigned bits)
{
    if (bits >= 8)
        return bank + (u64)index * bits / 8;
    return bank + (u64)index * bits / 32 * 4;
}

u64 gic_reg(u32 bank, u32 intid, unsigned bits)
{
    u64 sgi_frame = this_cpu()->gicr + GICR_SGI;
    if (intid >= INTID_ESPI)
        return reg_of(BOARD_GICD + espi_bank(bank), intid - INTID_ESPI, bits);
    if (intid >= INTID_EPPI)
        return reg_of(sgi_frame + bank, intid - INTID_EPPI + 32, bits);
    return reg_of((intid < 32 ? sgi_frame : BOARD_GICD) + bank, intid, bits);
}

static bool get_bit(u32 bank, u32 intid)
{
    return mmio_read32(gic_reg(bank, intid, 1)) & BIT(intid % 32);
}

/* Set/clear banks: writing one bit changes one interrupt, zeros change nothing. */
static void poke_bit(u32 bank, u32 intid)
{
    mmio_write32(gic_reg(bank, intid, 1), BIT(intid % 32));
    dsb(sy);
}

void gic_wait_rwp(void)
{
    while (mmio_read32(BOARD_GICD + GICD_CTLR) & GICD_CTLR_RWP)
        ;
    while (mmio_read32(this_cpu()->gicr + GICR_CTLR) & BIT(3)) /* GICR_CTLR.RWP */
        ;
}

void gic_enable(u32 intid)
{
    poke_bit(GICD_ISENABLER, intid);
}

void gic_disable(u32 intid)
{
    poke_bit(GICD_ICENABLER, intid);
    gic_wait_rwp();
}

bool gic_is_enabled(u32 intid)
{
    return get_bit(GICD_ISENABLER, intid);
}

void gic_set_pending(u32 intid)
{
    poke_bit(GICD_ISPENDR, intid);
}

void gic_clear_pending(u32 intid)
{
    poke_bit(GICD_ICPENDR, intid);
}

bool gic_is_pending(u32 intid)
{
    return get_bit(GICD_ISPENDR, intid);
}

void gic_set_active(u32 intid)
{
    poke_bit(GICD_ISACTIVER, intid);
}

void gic_clear_active(u32 intid)
{
    poke_bit(GICD_ICACTIVER, intid);
}

bool gic_is_active(u32 intid)
{
    return get_bit(GICD_ISACTIVER, intid);
}

void gic_set_priority(u32 intid, u8 priority)
{
    mmio_write8(gic_reg(GICD_IPRIORITYR, intid, 8), priority);
    dsb(sy);
}

u8 gic_get_priority(u32 intid)
{
    return mmio_read8(gic_reg(GICD_IPRIORITYR, intid, 8));
}

void gic_set_group(u32 intid, unsigned group)
{
    u64 reg = gic_reg(GICD_IGROUPR, intid, 1);
    u32 mask = BIT(intid % 32);
    u32 old = mmio_read32(reg);
    mmio_write32(reg, group ? old | mask : old & ~mask);
    dsb(sy);
}

void gic_set_edge(u32 intid, bool edge)
{
    u64 reg = gic_reg(GICD_ICFGR, intid, 2);
    u32 mask = 2u << (intid % 16 * 2);
    u32 old = mmio_read32(reg);
    mmio_write32(reg, edge ? old | mask : old & ~mask);
    dsb(sy);
}

void gic_route(u32 intid, u64 affinity)
{
    mmio_write64(gic_reg(GICD_IROUTER, intid, 64), affinity);
    dsb(sy);
}

void gic_setup(u32 intid, u8 priority, bool edge)
{
    gic_disable(intid);
    gic_set_group(intid, 1);
    gic_set_priority(intid, priority);
    if (intid >= 16)
        gic_set_edge(intid, edge);
    if (gic_is_shared(intid))
        gic_route(intid, my_affinity());
    gic_enable(intid);
}

/* TargetList in blocks of 16 (RS), Aff1 at 16, INTID at 24, Aff2 at 32, Aff3 at 48. */
u64 gic_sgi1r(u32 intid, u64 affinity)
{
    u64 aff0 = affinity & 0xff;
    return BIT(aff0 & 15) | (affinity >> 8 & 0xff) << 16 | (u64)intid << 24 |
           (affinity >> 16 & 0xff) << 32 | (aff0 >> 4) << 44 | (affinity >> 32 & 0xff) << 48;
}

void gic_send_sgi(u32 intid, u64 affinity)
{
    dsb(ishst);
    write_sysreg(gic_sgi1r(intid, affinity), ICC_SGI1R_EL1);
    isb();
}

void gic_send_sgi_others(u32 intid)
{
    dsb(ishst);
    write_sysreg((u64)intid << 24 | BIT(40), ICC_SGI1R_EL1); /* IRM */
    isb();
}

void gic_set_eoimode(bool split)
{
    u64 ctlr = read_sysreg(ICC_CTLR_EL1);
    write_sysreg(split ? ctlr | BIT(1) : ctlr & ~BIT(1), ICC_CTLR_EL1);
    isb();
    this_cpu()->eoi_split = split;
}

u32 gic_ack(void)
{
    u32 intid = read_sysreg(ICC_IAR1_EL1);
    dsb(sy);
    return intid;
}

void gic_eoi(u32 intid)
{
    write_sysreg(intid, ICC_EOIR1_EL1);
    isb();
}

void gic_dir(u32 intid)
{
    write_sysreg(intid, ICC_DIR_EL1);
    isb();
}

static void init_spi_word(unsigned word)
{
    mmio_write32(BOARD_GICD + GICD_ICENABLER + word * 4, ~0u);
    mmio_write32(BOARD_GICD + GICD_ICPENDR + word * 4, ~0u);
    mmio_write32(BOARD_GICD + GICD_ICACTIVER + word * 4, ~0u);
    mmio_write32(BOARD_GICD + GICD_IGROUPR + word * 4, ~0u);
    for (unsigned i = 0; i < 8; i++)
        mmio_write32(BOARD_GICD + GICD_IPRIORITYR + word * 32 + i * 4, PRIO_DEFAULT * 0x01010101u);
}

void gic_init(void)
{
    unsigned spis = gic_nr_spis();
    mmio_write32(BOARD_GICD + GICD_CTLR, 0);
    gic_wait_rwp();
    for (unsigned word = 1; word <= (spis + 31) / 32; word++)
        init_spi_word(word);
    mmio_write32(BOARD_GICD + GICD_CTLR, GICD_CTLR_ARE | GICD_CTLR_GRP1);
    gic_wait_rwp();
    for (u32 intid = 32; intid < 32 + spis; intid++)
        mmio_write64(BOARD_GICD + GICD_IROUTER + intid * 8, my_affinity());
}

void gic_wake(void)
{
    u64 gicr = this_cpu()->gicr;
    mmio_write32(gicr + GICR_WAKER, mmio_read32(gicr + GICR_WAKER) & ~GICR_WAKER_SLEEP);
    while (mmio_read32(gicr + GICR_WAKER) & GICR_WAKER_CHILD_ASLEEP)
        ;
}

void gic_cpu_init(void)
{
    u64 sgi = this_cpu()->gicr + GICR_SGI;
    gic_wake();
    mmio_write32(sgi + GICD_ICENABLER, ~0u);
    mmio_write32(sgi + GICD_ICPENDR, ~0u);
    mmio_write32(sgi + GICD_ICACTIVER, ~0u);
    mmio_write32(sgi + GICD_IGROUPR, ~0u);
    for (unsigned i = 0; i < 8; i++)
        mmio_write32(sgi + GICD_IPRIORITYR + i * 4, PRIO_DEFAULT * 0x01010101u);
    gic_wait_rwp();
    write_elx(read_elx(ICC_SRE) | 1, ICC_SRE);
    isb();
    write_sysreg(0xff, ICC_PMR_EL1);
    write_sysreg(0, ICC_BPR1_EL1);
    gic_set_eoimode(false);
    write_sysreg(1, ICC_IGRPEN1_EL1);
    isb();
}

/* NULL: the library keeps no handler for this INTID. */
static irq_handler_fn **handler_of(u32 intid)
{
    if (intid < ARRAY_SIZE(irq_handlers))
        return &irq_handlers[intid];
    return intid >= 8192 && intid < 8192 + LPI_HANDLERS ? &lpi_handlers[intid - 8192] : NULL;
}

void gic_on(u32 intid, irq_handler_fn *fn)
{
    if (!handler_of(intid))
        panic("gic_on: no room for a handler of INTID %u", intid);
    *handler_of(intid) = fn;
}

static void end_interrupt(u32 intid, enum exc_vector vector)
{
    if (vector == EXC_FIQ)
        write_sysreg(intid, ICC_EOIR0_EL1);
    else
        write_sysreg(intid, ICC_EOIR1_EL1);
    if (this_cpu()->eoi_split)
        write_sysreg(intid, ICC_DIR_EL1);
    isb();
}

void gic_handle(struct exc_frame *frame, enum exc_vector vector)
{
    u32 intid = vector == EXC_FIQ ? read_sysreg(ICC_IAR0_EL1) : read_sysreg(ICC_IAR1_EL1);
    dsb(sy);
    if (intid >= 1020 && intid <= INTID_SPURIOUS)
        return;
    irq_handler_fn **fn = handler_of(intid);
    if (!fn || !*fn)
        panic("no handler for INTID %u on vCPU %u", intid, this_cpu()->index);
    (*fn)(intid, frame);
    end_interrupt(intid, vector);
}
