/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GICv3 driver (Arm IHI 0069), affinity routing on, system-register CPU interface.
 *
 * One security state (GICD_CTLR.DS = 1) unless the image runs at EL3. INTIDs below 32, and
 * extended PPIs, mean those of the calling vCPU. Functions are not locked: one vCPU per register at
 * a time.
 */
#ifndef IMAGES_LIB_GIC_H
#define IMAGES_LIB_GIC_H

#include "images/lib/board.h"
#include "images/lib/cpu.h"
#include "images/lib/exc.h"

/* Distributor (IHI 0069, chapter 12, GICD_*). The set/clear and configuration banks have the same
 * offsets in a redistributor's SGI frame (12.11). */
enum gicd_offset {
    GICD_CTLR = 0x0000,
    GICD_TYPER = 0x0004,
    GICD_IIDR = 0x0008,
    GICD_TYPER2 = 0x000c,
    GICD_STATUSR = 0x0010,
    GICD_SETSPI_NSR = 0x0040,
    GICD_CLRSPI_NSR = 0x0048,
    GICD_IGROUPR = 0x0080,
    GICD_ISENABLER = 0x0100,
    GICD_ICENABLER = 0x0180,
    GICD_ISPENDR = 0x0200,
    GICD_ICPENDR = 0x0280,
    GICD_ISACTIVER = 0x0300,
    GICD_ICACTIVER = 0x0380,
    GICD_IPRIORITYR = 0x0400,
    GICD_ICFGR = 0x0c00,
    GICD_IGRPMODR = 0x0d00,
    GICD_NSACR = 0x0e00,
    GICD_INMIR = 0x0f80,
    GICD_IROUTER = 0x6000,
    GICD_PIDR2 = 0xffe8,
};

#define GICD_CTLR_GRP0   BIT(0)
#define GICD_CTLR_GRP1   BIT(1) /* Group 1 Non-secure; all of Group 1 with DS = 1 */
#define GICD_CTLR_GRP1S  BIT(2)
#define GICD_CTLR_ARE    BIT(4)
#define GICD_CTLR_DS     BIT(6)
#define GICD_CTLR_RWP    BIT(31)
#define GICD_IROUTER_IRM BIT(31)

enum gicr_offset {
    GICR_CTLR = 0x0000,
    GICR_IIDR = 0x0004,
    GICR_TYPER = 0x0008,
    GICR_WAKER = 0x0014,
    GICR_PIDR2 = 0xffe8,
    GICR_SGI = 0x10000, /* the SGI_base frame */
};

#define GICR_TYPER_VLPIS        BIT(1) /* GICv4 */
#define GICR_TYPER_LAST         BIT(4)
#define GICR_WAKER_SLEEP        BIT(1)
#define GICR_WAKER_CHILD_ASLEEP BIT(2)

#define INTID_SPURIOUS 1023u
#define INTID_EPPI     1056u /* extended PPIs, up to 64 */
#define INTID_ESPI     4096u /* extended SPIs, up to 1024 */

/* Priorities the library gives out; lower is more urgent. */
#define PRIO_HIGH    0x40
#define PRIO_DEFAULT 0xa0
#define PRIO_IDLE    0xff

typedef void irq_handler_fn(u32 intid, struct exc_frame *frame);

/** gic_init - distributor: every SPI disabled, inactive, edge off, Group 1, PRIO_DEFAULT, to the
 * calling vCPU. Called by the library before main(). */
void gic_init(void);

/** gic_cpu_init - this vCPU's redistributor and CPU interface: PMR open, Group 1 on. */
void gic_cpu_init(void);

/** gic_wake - this vCPU's redistributor out of its sleep (GICR_WAKER); gic_cpu_init() does it. */
void gic_wake(void);

/** gic_find_redist - RD_base for an affinity, 0 if there is none. */
u64 gic_find_redist(u64 affinity);

/** gic_nr_spis - INTIDs 32 .. 32 + n - 1 exist. */
unsigned gic_nr_spis(void);

/** gic_is_shared - an SPI, extended or not. */
static inline bool gic_is_shared(u32 intid)
{
    return (intid >= 32 && intid < INTID_EPPI) || intid >= INTID_ESPI;
}

/** gic_reg - address of the register that holds @intid's field of @bits bits in a bank; extended
 * PPIs and SPIs too. */
u64 gic_reg(u32 bank, u32 intid, unsigned bits);

void gic_enable(u32 intid);
void gic_disable(u32 intid);
bool gic_is_enabled(u32 intid);
void gic_set_pending(u32 intid);
void gic_clear_pending(u32 intid);
bool gic_is_pending(u32 intid);
void gic_set_active(u32 intid);
void gic_clear_active(u32 intid);
bool gic_is_active(u32 intid);
void gic_set_priority(u32 intid, u8 priority);
u8 gic_get_priority(u32 intid);
void gic_set_group(u32 intid, unsigned group);
void gic_set_edge(u32 intid, bool edge);
void gic_route(u32 intid, u64 affinity);

/** gic_setup - one call for the usual case: priority, Group 1, trigger, to me, enabled. */
void gic_setup(u32 intid, u8 priority, bool edge);

/** gic_send_sgi - Group 1 SGI 0..15 to one vCPU; gic_send_sgi_others() to all but this. */
void gic_send_sgi(u32 intid, u64 affinity);
void gic_send_sgi_others(u32 intid);

/** gic_sgi1r - the ICC_SGI1R_EL1 value for one target (IHI 0069, ICC_SGI1R_EL1). */
u64 gic_sgi1r(u32 intid, u64 affinity);

/** gic_set_eoimode - @split: EOIR drops priority only, DIR deactivates. This vCPU. */
void gic_set_eoimode(bool split);

/** gic_wait_rwp - until writes to GICD_CTLR and ICENABLER have taken effect. */
void gic_wait_rwp(void);

u32 gic_ack(void); /* ICC_IAR1 */
void gic_eoi(u32 intid);
void gic_dir(u32 intid);

/** gic_on - @fn handles @intid, below 1024 or an LPI below 9216, on all vCPUs; the library
 * acknowledges before and ends after. */
void gic_on(u32 intid, irq_handler_fn *fn);

/** gic_handle - acknowledge, call, end: what IRQ vectors do. */
void gic_handle(struct exc_frame *frame, enum exc_vector vector);

#endif
