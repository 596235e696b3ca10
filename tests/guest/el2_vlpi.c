/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Virtual LPIs of GICv4.0 (IHI 0069, chapters 5, 12.11): into a vPE that is resident they go
 * without the hypervisor; for another they are noted in its pending table and ring its doorbell.
 */
#include "images/lib/vlpi.h"
#include "tests/guest/el2_lr.h"
#include "tests/guest/gic_views.h"

BOOT_EL(2);

#define DEVICE 5
#define VLPI   INTID_LPI         /* of vPE 0, event 0; event 1 is the next */
#define BELL   (INTID_LPI + 100) /* physical */
#define EVENTS 4

static void message(u32 event)
{
    its_int(DEVICE, event);
    its_vsync(0);
    its_vsync(1);
    its_sync(0);
}

static bool in_table(unsigned vpe, u32 vintid)
{
    dsb(sy);
    return vpe_pending_table(vpe)[vintid / 8] >> vintid % 8 & 1;
}

/* EL1's view: is an interrupt signalled; take the highest one. */
static bool guest_sees_irq(void)
{
    return el1_does(MRS_ISR, 0) & BIT(7);
}

static u64 guest_takes(void)
{
    u64 intid = el1_does(MRS_IAR1, 0);
    if (intid != INTID_SPURIOUS)
        el1_does(MSR_EOIR1, intid);
    return intid;
}

static bool bell_rings(void)
{
    bool rings = irq_is_signalled() && hppir1() == BELL;
    if (rings)
        gic_eoi(gic_ack());
    return rings;
}

static void set_up(void)
{
    its_init();
    lpi_cpu_init();
    lpi_configure(BELL, PRIO_DEFAULT, true);
    its_mapd(DEVICE, 4);
    for (unsigned vpe = 0; vpe < 2; vpe++)
        check(vpe_map(vpe, 0), "VMAPP maps vPE %u", vpe);
    for (u32 event = 0; event < EVENTS; event++) {
        vlpi_configure(0, VLPI + event, 0x80, true);
        vlpi_configure(1, VLPI + event, 0x80, true);
        its_vmapti(DEVICE, event, 0, VLPI + event, event == 3 ? VLPI_NO_BELL : BELL);
    }
    its_vinvall(0);
    its_invall(0);
    its_sync(0);
}

static void test_not_resident(void)
{
    message(0);
    check(bell_rings(), "a vLPI for a vPE that is not resident rings its doorbell");
    check(!irq_is_signalled(), "... once");
    check(in_table(0, VLPI), "... and is noted in its pending table");
    message(3);
    check(!irq_is_signalled() && in_table(0, VLPI + 3), "doorbell 1023 does not ring");
    check(!guest_sees_irq(), "nothing is signalled to EL1 before the vPE is resident");
    vpe_enter(0);
    check(guest_sees_irq(), "made resident, its vLPIs are signalled to EL1");
    u64 first = guest_takes(), second = guest_takes();
    check(first + second == VLPI + VLPI + 3 && first != second, "EL1 takes both");
    check(!guest_sees_irq() && guest_takes() == INTID_SPURIOUS, "... and then there is none");
}

static void test_resident(void)
{
    message(1);
    check(!irq_is_signalled(), "a vLPI for the resident vPE rings no doorbell");
    struct guest g = el1_guest((u32[]){0x14000000}, 1, SPSR_EL1H | (SPSR_DAIF & ~BIT(7)));
    guest_run(&g);
    check(is_hvc(&g, EL1_VECTOR + EXC_IRQ), "... but interrupts EL1");
    check_equal(el1_does(MRS_HPPIR1, 0), VLPI + 1, "EL1's HPPIR1 returns it");
    check_equal(el1_does(MRS_IAR1, 0), VLPI + 1, "EL1's IAR1 too");
    check_equal(el1_does(MRS_RPR, 0), 0x80, "... with its priority running");
    message(1);
    check_equal(el1_does(MRS_HPPIR1, 0), VLPI + 1, "being served it can pend again");
    el1_does(MSR_EOIR1, VLPI + 1);
    check_equal(el1_does(MRS_RPR, 0), 0xff, "EOIR1 drops the priority");
    check_equal(eoicount(), 0, "... and is not counted in EOIcount");
    check_equal(guest_takes(), VLPI + 1, "... and the other message is taken");
}

static void test_against_list_registers(void)
{
    set_lr0(LR_PENDING | LR_GROUP1 | LR_PRIO(0x40) | VIRQ);
    message(1);
    check_equal(el1_does(MRS_HPPIR1, 0), VIRQ, "a list register of a better priority comes first");
    set_lr0(LR_PENDING | LR_GROUP1 | LR_PRIO(0xc0) | VIRQ);
    check_equal(el1_does(MRS_HPPIR1, 0), VLPI + 1, "one of a worse priority comes behind");
    check_equal(guest_takes(), VLPI + 1, "... the vLPI is taken");
    check_equal(guest_takes(), VIRQ, "... then the list register");
    message(1);
    write_sysreg(VMCR_PMR(0x80) | VMCR_VENG1, ICH_VMCR_EL2);
    isb();
    check(!guest_sees_irq(), "the virtual PMR masks vLPIs");
    write_sysreg(VMCR_PMR(0xff), ICH_VMCR_EL2);
    isb();
    check(!guest_sees_irq(), "VENG1 0 masks vLPIs");
    write_sysreg(VMCR_PMR(0xff) | VMCR_VENG1, ICH_VMCR_EL2);
    isb();
    check_equal(guest_takes(), VLPI + 1, "with both open it is taken");
}

static void test_pending_last(void)
{
    u64 value = vpe_leave();
    check(!(value & VPENDBASER_VALID), "Valid 1 to 0: nobody is resident");
    check(!(value & VPENDBASER_LAST), "PendingLast is 0 when nothing is pending");
    vpe_enter(0);
    message(1);
    value = vpe_leave();
    check(value & VPENDBASER_LAST, "PendingLast is 1 when a vLPI is");
    check(in_table(0, VLPI + 1), "... which is in the pending table again");
    check(!irq_is_signalled(), "... without a doorbell");
    check(!guest_sees_irq(), "... and not signalled to EL1");
    vpe_enter(0);
    check_equal(guest_takes(), VLPI + 1, "resident again, EL1 takes it");
}

static void test_frozen(void)
{
    u64 reg = this_cpu()->gicr + GICR_VPENDBASER;
    u64 address = mmio_read64(reg) & 0xfffffffff0000ull;
    mmio_write64(reg, (u64)vpe_pending_table(1) | VPENDBASER_VALID);
    while (mmio_read64(reg) & VPENDBASER_DIRTY)
        ;
    check_equal(mmio_read64(reg) & 0xfffffffff0000ull, address,
                "while Valid is 1, GICR_VPENDBASER's address is fixed");
    message(1);
    check_equal(guest_takes(), VLPI + 1, "... and the same vPE is resident");
}

static void test_configuration(void)
{
    vlpi_configure(0, VLPI + 1, 0x80, false);
    its_inv(DEVICE, 1);
    message(1);
    check(!guest_sees_irq(), "a vLPI that is not enabled is not signalled");
    vlpi_configure(0, VLPI + 1, 0x20, true);
    its_inv(DEVICE, 1);
    its_vsync(0);
    check_equal(el1_does(MRS_IAR1, 0), VLPI + 1, "enabled, after INV, it is");
    check_equal(el1_does(MRS_RPR, 0), 0x20, "... with its new priority");
    el1_does(MSR_EOIR1, VLPI + 1);
    vlpi_configure(0, VLPI + 1, 0x80, true);
    its_vinvall(0);
    its_vsync(0);
    message(1);
    el1_does(MRS_IAR1, 0);
    check_equal(el1_does(MRS_RPR, 0), 0x80, "VINVALL takes in changes");
    el1_does(MSR_EOIR1, VLPI + 1);
}

static void test_clear_discard(void)
{
    message(1);
    its_clear(DEVICE, 1);
    its_vsync(0);
    check(!guest_sees_irq(), "CLEAR takes a vLPI's pending state away");
    vpe_leave();
    message(1);
    bell_rings();
    its_clear(DEVICE, 1);
    its_vsync(0);
    check(!in_table(0, VLPI + 1), "... in the pending table too");
    message(2);
    bell_rings();
    its_discard(DEVICE, 2);
    its_vsync(0);
    check(!in_table(0, VLPI + 2), "DISCARD takes it away");
    message(2);
    check(!irq_is_signalled() && !in_table(0, VLPI + 2), "... and the mapping");
    its_vmapti(DEVICE, 2, 0, VLPI + 2, BELL);
    vpe_enter(0);
}

static void test_vmovi(void)
{
    message(1);
    its_vmovi(DEVICE, 1, 1, false, 0);
    its_vsync(0);
    its_vsync(1);
    bell_rings(); /* it may, for the vPE that it went to */
    check(!guest_sees_irq(), "VMOVI takes the pending state along");
    vpe_leave();
    vpe_enter(1);
    check_equal(guest_takes(), VLPI + 1, "... to the other vPE");
    message(1);
    check_equal(guest_takes(), VLPI + 1, "... and later messages");
    message(0);
    check(bell_rings() && !guest_sees_irq(), "the first vPE's vLPIs are not the second's");
    its_vmovi(DEVICE, 1, 0, false, 0);
    its_vsync(0);
    vpe_leave();
    vpe_enter(0);
    check_equal(guest_takes(), VLPI, "... but wait for the first");
}

static void test_vmapp_again(void)
{
    vpe_leave();
    vpe_unmap(0);
    message(1);
    check(!irq_is_signalled(), "VMAPP with V 0: the vPE's vLPIs are dropped");
    check(!in_table(0, VLPI + 1), "... and not noted");
    vpe_map(0, 0);
    vlpi_configure(0, VLPI + 1, 0x80, true);
    vpe_pending_table(0)[(VLPI + 1) / 8] |= 1 << (VLPI + 1) % 8;
    dsb(sy);
    vpe_enter(0);
    check_equal(guest_takes(), VLPI + 1, "what the pending table says counts, with IDAI 1");
    vpe_leave();
}

int main(void)
{
    el1_setup();
    if (!check(vlpi_present(), "there are virtual LPIs"))
        return test_result();
    open_vgic();
    set_up();
    test_not_resident();
    test_resident();
    test_against_list_registers();
    test_pending_last();
    test_frozen();
    test_configuration();
    test_clear_discard();
    test_vmovi();
    test_vmapp_again();
    write_sysreg(0, ICH_HCR_EL2);
    return test_result();
}
