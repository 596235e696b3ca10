/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Pending and active states of SGI, PPI and SPI, and of extended PPI and SPI where there are some;
 * edge-triggered (IHI 0069, "Interrupt lifecycle").
 */
#include "images/lib/smp.h"
#include "images/lib/test.h"
#include "tests/guest/gic_poll.h"

static const char *kind(u32 intid)
{
    if (intid >= INTID_EPPI)
        return intid >= INTID_ESPI ? "ESPI" : "EPPI";
    return intid < 16 ? "SGI" : intid < 32 ? "PPI" : "SPI";
}

static void test_pend_while_disabled(u32 id)
{
    gic_forget(id);
    gic_set_pending(id);
    check_equal(gic_state(id), PENDING, "%s: ISPENDR pends it while disabled", kind(id));
    check_equal(hppir1(), INTID_SPURIOUS, "%s: disabled, it is not the highest pending", kind(id));
    check(!irq_is_signalled(), "%s: disabled, it is not signalled", kind(id));
    gic_enable(id);
    check_equal(hppir1(), id, "%s: enabled, it is the highest pending", kind(id));
    check(irq_is_signalled(), "%s: enabled, it is signalled", kind(id));
    gic_disable(id);
    check(!irq_is_signalled(), "%s: disabled again, it is withdrawn", kind(id));
    check_equal(gic_state(id), PENDING, "%s: ... and stays pending", kind(id));
    gic_enable(id);
    gic_clear_pending(id);
    check_equal(gic_state(id), INACTIVE, "%s: ICPENDR clears it", kind(id));
    check(!irq_is_signalled(), "%s: ... and withdraws it", kind(id));
}

static void test_life(u32 id)
{
    gic_forget(id);
    gic_enable(id);
    gic_set_pending(id);
    check_equal(gic_ack(), id, "%s: IAR1 returns it", kind(id));
    check_equal(gic_state(id), ACTIVE, "%s: acknowledged, it is active and not pending", kind(id));
    check_equal(rpr(), PRIO_DEFAULT, "%s: its priority is the running priority", kind(id));
    gic_set_pending(id);
    check_equal(gic_state(id), ACTIVE_PENDING, "%s: it can pend while active", kind(id));
    check_equal(hppir1(), INTID_SPURIOUS, "%s: active and pending, it is no candidate", kind(id));
    check_equal(gic_ack(), INTID_SPURIOUS, "%s: ... and is not acknowledged twice", kind(id));
    gic_eoi(id);
    check_equal(gic_state(id), PENDING, "%s: EOIR1 deactivates, pending stays", kind(id));
    check_equal(rpr(), 0xff, "%s: EOIR1 drops the running priority", kind(id));
    check_equal(gic_ack(), id, "%s: it is acknowledged again after that", kind(id));
    gic_eoi(id);
    check_equal(gic_state(id), INACTIVE, "%s: the second EOIR1 leaves it inactive", kind(id));
}

static void test_eoi_while_disabled(u32 id)
{
    gic_forget(id);
    gic_enable(id);
    gic_set_pending(id);
    u32 acked = gic_ack();
    gic_disable(id);
    check(acked == id && gic_state(id) == ACTIVE, "%s: disabled while active, it stays active",
          kind(id));
    gic_eoi(id);
    check_equal(gic_state(id), INACTIVE, "%s: EOIR1 deactivates it although disabled", kind(id));
}

static void test_software_active(u32 id)
{
    gic_forget(id);
    gic_enable(id);
    gic_set_active(id);
    check_equal(gic_state(id), ACTIVE, "%s: ISACTIVER makes it active", kind(id));
    check_equal(rpr(), 0xff, "%s: ... without a running priority", kind(id));
    gic_set_pending(id);
    check(!irq_is_signalled(), "%s: active, it is not signalled", kind(id));
    gic_clear_active(id);
    check_equal(gic_state(id), PENDING, "%s: ICACTIVER clears the active state only", kind(id));
    check(irq_is_signalled(), "%s: ... and lets it be signalled", kind(id));
    gic_forget(id);
}

static void test_coalesce(u32 id)
{
    gic_forget(id);
    gic_enable(id);
    gic_set_pending(id);
    gic_set_pending(id);
    bool once = gic_ack() == id;
    gic_eoi(id);
    check(once && gic_ack() == INTID_SPURIOUS, "%s: pended twice, it is taken once", kind(id));
}

static void test_spurious(void)
{
    gic_forget(SPI);
    check_equal(gic_ack(), INTID_SPURIOUS, "IAR1 without a candidate returns 1023");
    check_equal(rpr(), 0xff, "... and changes no priority");
    gic_enable(SPI);
    gic_set_pending(SPI);
    gic_ack();
    for (u32 special = 1020; special <= 1023; special++)
        gic_eoi(special);
    check_equal(rpr(), PRIO_DEFAULT, "EOIR1 of 1020 to 1023 drops no priority");
    check_equal(gic_state(SPI), ACTIVE, "... and deactivates nothing");
    gic_eoi(SPI);
    gic_set_active(SPI2);
    gic_eoi(SPI2);
    check_equal(rpr(), 0xff, "EOIR1 with no active priority changes no priority");
    check_equal(gic_state(SPI2), ACTIVE, "... and deactivates nothing");
    gic_forget(SPI2);
}

static void test_kind(u32 intid)
{
    test_pend_while_disabled(intid);
    test_life(intid);
    test_eoi_while_disabled(intid);
    test_software_active(intid);
    test_coalesce(intid);
}

int main(void)
{
    test_kind(SGI);
    test_kind(PPI);
    test_kind(SPI);
    if (mmio_read64(this_cpu()->gicr + GICR_TYPER) >> 27 & 31) /* PPInum */
        test_kind(INTID_EPPI + 31);
    if (mmio_read32(BOARD_GICD + GICD_TYPER) & BIT(8)) /* ESPI */
        test_kind(INTID_ESPI + 63);
    test_spurious();
    return test_result();
}
