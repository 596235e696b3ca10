/* SPDX-License-Identifier: MIT */
/*
 * Messages from devices: translated to an LPI, or noted as unmapped (IHI 0069 5.2, 12.19).
 */
#include <errno.h>

#include "gic/itscmd.h"
#include "gic/lpi.h"
#include "gic/vpe.h"

uint32_t its_statusr_bits(const struct gic_its *its)
{
    return STATUSR_RRD | STATUSR_WRD | STATUSR_RWOD | STATUSR_WROD |
           (its->config.report_unmapped ? STATUSR_UMSI | STATUSR_OVERFLOW : 0);
}

/* The first one is kept until software clears GITS_STATUSR.UMSI; Overflow tells of more. */
static void note_unmapped(struct gic_its *its, uint32_t device_id, uint32_t event_id)
{
    struct gic_its_state *s = &its->s;

    if (!its->config.report_unmapped)
        return;
    if (s->statusr & STATUSR_UMSI) {
        s->statusr |= STATUSR_OVERFLOW;
        return;
    }
    s->statusr |= STATUSR_UMSI;
    s->umsir = (uint64_t)device_id << 32 | event_id;
}

int gic_its_msi(struct gic_its *its, uint32_t device_id, uint32_t event_id)
{
    struct its_translation t;

    if (!(its->s.ctlr & CTLR_ENABLED))
        return -ENOENT;
    uint32_t error = its_translate(its, device_id, event_id, &t);
    if (error != 0) {
        note_unmapped(its, device_id, event_id);
        gic_event(its->gic, GIC_EVENT_GUEST_ERROR, NULL, GIC_INTID_SPURIOUS, 0x010300u | error);
        return -ENOENT;
    }
    its_set_pending(&t, true);
    if (t.interrupt.is_virtual)
        return gic_vlpi_valid(&t.vpe, t.interrupt.intid) ? 0 : -ENOENT;
    return gic_lpi_is_pending(t.target, t.interrupt.intid) ? 0 : -ENOENT;
}
