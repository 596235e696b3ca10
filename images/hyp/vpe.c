/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GICv4.1: a device's messages to a guest (IHI 0069, chapters 5, 9 and 12.11). While a vCPU's vPE
 * is resident they reach the guest without this hypervisor; while it is not, its default doorbell
 * rings, if the one who made it non-resident asked for that. Without GICv4.1 they go into list
 * registers like any other interrupt.
 */
#include "images/hyp/hyp.h"
#include "images/lib/its.h"

#define GICR_VPROPBASER 0x20070
#define GICR_VPENDBASER 0x20078
#define TYPER_RVPEID    BIT(7)
#define VPEND_VALID     BIT(63)
#define VPEND_DOORBELL  BIT(62)
#define VPEND_LAST      BIT(61)
#define VPEND_DIRTY     BIT(60)
#define VPEND_GROUPS    (BIT(59) | BIT(58))
#define ATTRIBUTES      (1ull << 10 | 7ull << 7)
#define DEVICE          7
#define DOORBELL        9000 /* and on, one a vPE */
#define VLPI_PRIORITY   0xa0

/* Given to the GIC; zeroed with .bss. */
static u8 vpe_table[0x10000] __attribute__((aligned(0x10000)));
static u8 redist_table[0x10000] __attribute__((aligned(0x10000)));
static u8 pending_table[VCPU_COUNT][0x10000] __attribute__((aligned(0x10000)));
static u8 config_table[LPI_END - INTID_LPI] __attribute__((aligned(4096)));
static struct spinlock its_lock;
static bool direct;

static u64 vpend_reg(void)
{
    return this_cpu()->gicr + GICR_VPENDBASER;
}

static u64 settled(void)
{
    u64 value;
    while ((value = mmio_read64(vpend_reg())) & VPEND_DIRTY)
        ;
    dsb(sy);
    return value;
}

void vpe_load(struct vcpu *v)
{
    if (!direct || v->vgic.resident)
        return;
    u64 daif = vcpu_lock(v);
    v->vgic.resident = true;
    dsb(sy);
    mmio_write64(vpend_reg(), VPEND_VALID | VPEND_GROUPS | v->index);
    settled();
    vcpu_unlock(v, daif);
}

/*
 * PendingLast is noted afresh each time; the doorbell adds to it. It rings on this CPU, so with
 * interrupts masked its handler comes after the note. In between, it would be overwritten.
 */
void vpe_put(struct vcpu *v, bool want_doorbell)
{
    if (!v->vgic.resident)
        return;
    u64 daif = irq_mask();
    u64 value = mmio_read64(vpend_reg()) & ~(VPEND_VALID | VPEND_LAST);
    mmio_write64(vpend_reg(), want_doorbell ? value | VPEND_DOORBELL : value);
    v->vgic.resident = false;
    bool last = settled() & VPEND_LAST;
    if (FLAW_PENDING_LAST && want_doorbell)
        irq_unmask();
    v->vgic.pending_last = last;
    irq_restore(daif);
}

void vpe_doorbell(u32 intid)
{
    if (intid < DOORBELL || intid >= DOORBELL + VCPU_COUNT)
        return;
    struct vcpu *v = &vcpus[intid - DOORBELL];
    u64 daif = vcpu_lock(v);
    v->vgic.pending_last = true;
    sched_wake(v);
    vcpu_unlock(v, daif);
}

void vpe_message(struct vcpu *v)
{
    if (!direct) {
        vgic_inject(v, VIRQ_LPI);
        return;
    }
    u64 daif = irq_mask();
    spin_lock(&its_lock);
    its_int(DEVICE, v->index);
    spin_unlock(&its_lock);
    irq_restore(daif);
}

static void map(const struct vcpu *v)
{
    u64 vpe = (u64)v->index << 32;
    lpi_configure(DOORBELL + v->index, PRIO_DEFAULT, true);
    its_send((struct its_command){{ITS_VMAPP | BIT(8) | (u64)config_table,
                                   vpe | (DOORBELL + v->index), BIT(63) | its_rdbase(v->cpu),
                                   (u64)pending_table[v->index] | (LPI_ID_BITS - 1)}});
    its_send((struct its_command){{ITS_VMAPTI | (u64)DEVICE << 32, vpe | v->index,
                                   GUEST_LPI | (u64)INTID_SPURIOUS << 32, 0}});
    its_send((struct its_command){{ITS_VSYNC, vpe, 0, 0}});
}

/* Before any CPU's part. */
void vpe_probe(void)
{
    direct = mmio_read64(this_cpu()->gicr + GICR_TYPER) & TYPER_RVPEID;
    if (direct)
        its_init();
}

/* The vPE table is common to all redistributors: 64 KiB, flat. */
void vpe_cpu_init(void)
{
    if (!direct)
        return;
    spin_lock(&its_lock);
    lpi_cpu_init();
    spin_unlock(&its_lock);
    mmio_write64(this_cpu()->gicr + GICR_VPROPBASER,
                 BIT(63) | 2ull << 53 | (u64)redist_table | ATTRIBUTES);
}

void vpe_map_all(void)
{
    if (!direct)
        return;
    for (unsigned i = 0; i < sizeof(config_table); i++)
        config_table[i] = VLPI_PRIORITY | 2 | 1;
    its_enable(false);
    mmio_write64(BOARD_GITS + its_baser(GITS_BASER_VPE),
                 GITS_BASER_VALID | (u64)vpe_table | 1ull << 10 | 7ull << 59 | GITS_BASER_PAGE_64K);
    its_enable(true);
    its_mapd(DEVICE, 4);
    for (unsigned i = 0; i < VCPU_COUNT; i++)
        map(&vcpus[i]);
}
