/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtual LPIs of GICv4.0 (IHI 0069, chapters 5 and 12.11): vPEs, their tables, who is resident,
 * the ITS's virtual commands. For EL2; its_init() and lpi_cpu_init() come first.
 */
#ifndef IMAGES_LIB_VLPI_H
#define IMAGES_LIB_VLPI_H

#include "images/lib/its.h"

#define VPE_MAX         4
#define VLPI_NO_BELL    1023u /* a doorbell that never rings */
#define GICR_VLPI       0x20000
#define GICR_VPROPBASER (GICR_VLPI + 0x70)
#define GICR_VPENDBASER (GICR_VLPI + 0x78)

#define VPENDBASER_VALID BIT(63)
#define VPENDBASER_IDAI  BIT(62)
#define VPENDBASER_LAST  BIT(61)
#define VPENDBASER_DIRTY BIT(60)

/** vlpi_present - GICR_TYPER.VLPIS and GITS_TYPER.Virtual. */
bool vlpi_present(void);

/** vpe_pending_table, vpe_config_table - of vPE @vpe, for INTIDs below LPI_END. */
u8 *vpe_pending_table(unsigned vpe);
void vlpi_configure(unsigned vpe, u32 vintid, u8 priority, bool enabled);

/** vpe_map - VMAPP: vPE @vpe with empty tables, at @cpu; vpe_unmap - without. */
bool vpe_map(unsigned vpe, unsigned cpu);
bool vpe_unmap(unsigned vpe);

/** vpe_enter - makes @vpe resident at the calling vCPU. */
void vpe_enter(unsigned vpe);
/** vpe_leave - nobody is resident then; returns GICR_VPENDBASER, PendingLast and all. */
u64 vpe_leave(void);

bool its_vmapti(u32 device, u32 event, unsigned vpe, u32 vintid, u32 doorbell);
bool its_vmovi(u32 device, u32 event, unsigned vpe, bool change_doorbell, u32 doorbell);
bool its_vmovp(unsigned vpe, unsigned cpu);
bool its_vsync(unsigned vpe);
bool its_vinvall(unsigned vpe);

#endif
