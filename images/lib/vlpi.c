/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "images/lib/vlpi.h"
#include "images/lib/smp.h"

#define TABLE(bytes) __attribute__((section(".noinit"), aligned(bytes)))

static u8 vpe_pending[VPE_MAX][0x10000] TABLE(0x10000);
static u8 vpe_config[VPE_MAX][LPI_END - INTID_LPI] TABLE(4096);

bool vlpi_present(void)
{
    return (mmio_read64(this_cpu()->gicr + GICR_TYPER) & GICR_TYPER_VLPIS) &&
           (mmio_read64(BOARD_GITS + GITS_TYPER) & BIT(1));
}

u8 *vpe_pending_table(unsigned vpe)
{
    return vpe_pending[vpe];
}

void vlpi_configure(unsigned vpe, u32 vintid, u8 priority, bool enabled)
{
    vpe_config[vpe][vintid - INTID_LPI] = (priority & 0xfc) | 2 | enabled;
    dsb(sy);
}

/* -- Residency -- */

#define ATTRIBUTES (1ull << 10 | 7ull << 7)

static u64 settled(void)
{
    u64 value;
    while ((value = mmio_read64(this_cpu()->gicr + GICR_VPENDBASER)) & VPENDBASER_DIRTY)
        ;
    return value;
}

/* IDAI: what is in the part that belongs to hardware does not count, the pending bits do. */
void vpe_enter(unsigned vpe)
{
    u64 gicr = this_cpu()->gicr;
    mmio_write64(gicr + GICR_VPROPBASER, (u64)vpe_config[vpe] | ATTRIBUTES | (LPI_ID_BITS - 1));
    mmio_write64(gicr + GICR_VPENDBASER,
                 (u64)vpe_pending[vpe] | ATTRIBUTES | VPENDBASER_VALID | VPENDBASER_IDAI);
    settled();
    isb();
}

u64 vpe_leave(void)
{
    u64 reg = this_cpu()->gicr + GICR_VPENDBASER;
    mmio_write64(reg, mmio_read64(reg) & ~VPENDBASER_VALID);
    u64 value = settled();
    isb();
    return value;
}

/* -- Commands -- */

static bool send(u64 w0, u64 w1, u64 w2, u64 w3)
{
    return its_send((struct its_command){{w0, w1, w2, w3}});
}

static u64 of_vpe(unsigned vpe)
{
    return (u64)vpe << 32;
}

bool vpe_map(unsigned vpe, unsigned cpu)
{
    for (unsigned i = 0; i < LPI_END / 8; i += 8)
        *(u64 *)(vpe_pending[vpe] + i) = 0;
    for (unsigned i = 0; i < LPI_END - INTID_LPI; i += 8)
        *(u64 *)(vpe_config[vpe] + i) = 0;
    return send(ITS_VMAPP, of_vpe(vpe), BIT(63) | its_rdbase(cpu),
                (u64)vpe_pending[vpe] | (LPI_ID_BITS - 1));
}

bool vpe_unmap(unsigned vpe)
{
    return send(ITS_VMAPP, of_vpe(vpe), 0, 0);
}

bool its_vmapti(u32 device, u32 event, unsigned vpe, u32 vintid, u32 doorbell)
{
    return send(ITS_VMAPTI | (u64)device << 32, event | of_vpe(vpe), vintid | (u64)doorbell << 32,
                0);
}

bool its_vmovi(u32 device, u32 event, unsigned vpe, bool change_doorbell, u32 doorbell)
{
    return send(ITS_VMOVI | (u64)device << 32, event | of_vpe(vpe),
                change_doorbell | (u64)doorbell << 32, 0);
}

bool its_vmovp(unsigned vpe, unsigned cpu)
{
    return send(ITS_VMOVP, of_vpe(vpe) | 1, its_rdbase(cpu), 0);
}

bool its_vsync(unsigned vpe)
{
    return send(ITS_VSYNC, of_vpe(vpe), 0, 0);
}

bool its_vinvall(unsigned vpe)
{
    return send(ITS_VINVALL, of_vpe(vpe), 0, 0);
}
