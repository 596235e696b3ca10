/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the machine knows about a gate of libgic's besides its register. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "emu/why.h"

enum { GICR_PROPBASER = 0x70 };

/*
 * At EL1 below a hypervisor with HCR_EL2.IMO or FMO, ICC_* reach the virtual interface: a write
 * that was meant for the physical one has gone there.
 */
static void note_virtual(const struct machine *m, const struct why_answer *a, const char *name,
                         struct why_gate *gate)
{
    struct writer w;

    if (gate->result != GIC_GATE_FAIL ||
        !history_sysreg(m, a->question.vcpu, name, BANK_VIRTUAL, &w) || !w.known)
        return;
    if (gate->writer.known && gate->writer.instructions > w.instructions)
        return;
    snprintf(gate->note, sizeof(gate->note),
             "vCPU %u at pc 0x%" PRIx64 " wrote 0x%" PRIx64
             " to the virtual one: HCR_EL2.IMO or FMO was set",
             w.vcpu, w.pc, w.value);
}

/* The table is in memory, where writes are not watched. */
static void note_table(struct machine *m, const struct why_answer *a, struct why_gate *gate)
{
    uint64_t base;
    uint8_t byte;

    if (a->question.intid < 8192 || !a->state.exists)
        return;
    /* No effects: this register is one of those without. */
    gic_redist_read(m->gic, a->question.vcpu, a->question.vcpu, true, GICR_PROPBASER, 8, &base);
    base = (base & 0xffffffffff000ull) + a->question.intid - 8192;
    if (machine_guest_read(m, base, &byte, 1))
        snprintf(gate->note, sizeof(gate->note), "the table is outside of RAM");
    else
        snprintf(gate->note, sizeof(gate->note), "the byte at 0x%" PRIx64 " is 0x%02x", base, byte);
}

void why_remark(struct machine *m, const struct why_answer *a, const struct gic_gate *from,
                struct why_gate *gate)
{
    unsigned vcpu = a->question.vcpu;

    switch (from->id) {
    case GIC_GATE_AWAKE:
        if (gic_line_level(m->gic, vcpu, GIC_LINE_WAKE))
            snprintf(gate->note, sizeof(gate->note), "WakeRequest is up");
        break;
    case GIC_GATE_CPU_GROUP:
        note_virtual(m, a, a->group == GIC_G0 ? "ICC_IGRPEN0_EL1" : "ICC_IGRPEN1_EL1", gate);
        break;
    case GIC_GATE_PRIORITY_MASK:
        note_virtual(m, a, "ICC_PMR_EL1", gate);
        break;
    case GIC_GATE_LPI_CONFIGURATION:
        note_table(m, a, gate);
        break;
    default:
        break;
    }
}
