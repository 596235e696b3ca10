/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What things are called in traces, whatever the format. */
#include "emu/trace/internal.h"

#include "emu/load/symbols.h"

const char *const trace_gic_names[GIC_N_EVENTS] = {
    [GIC_EVENT_PENDED] = "pended",
    [GIC_EVENT_UNPENDED] = "no longer pending",
    [GIC_EVENT_ACKNOWLEDGED] = "acknowledged",
    [GIC_EVENT_SPURIOUS] = "spurious",
    [GIC_EVENT_PRIORITY_DROP] = "priority drop",
    [GIC_EVENT_DEACTIVATED] = "deactivated",
    [GIC_EVENT_SGI_SENT] = "SGI sent",
    [GIC_EVENT_LINE] = "line",
    [GIC_EVENT_GUEST_ERROR] = "meaningless access",
};

const char *const trace_line_names[GIC_N_LINES] = {
    [GIC_LINE_IRQ] = "IRQ",
    [GIC_LINE_FIQ] = "FIQ",
    [GIC_LINE_VIRQ] = "VIRQ",
    [GIC_LINE_VFIQ] = "VFIQ",
    [GIC_LINE_MAINTENANCE] = "maintenance",
    [GIC_LINE_WAKE] = "wake",
    [GIC_LINE_NMI] = "NMI",
    [GIC_LINE_VNMI] = "VNMI",
};

const char *const trace_timer_names[TIMER_COUNT] = {
    [TIMER_EL1_PHYS] = "CNTP",       [TIMER_EL1_VIRT] = "CNTV",
    [TIMER_EL2_PHYS] = "CNTHP",      [TIMER_EL2_VIRT] = "CNTHV",
    [TIMER_SEC_EL1_PHYS] = "CNTPS",  [TIMER_SEC_EL2_PHYS] = "CNTHPS",
    [TIMER_SEC_EL2_VIRT] = "CNTHVS",
};

const char *const trace_state_names[] = {
    [VCPU_OFF] = "off",
    [VCPU_READY] = "runs",
    [VCPU_WAITING] = "waits",
    [VCPU_LEAVING] = "leaves to its VMM",
};

/* IHI 0069 2.2 */
const char *trace_intid_kind(uint32_t intid)
{
    static const struct {
        uint32_t below;
        const char *name;
    } ranges[] = {{16, "SGI"},   {32, "PPI"},     {1020, "SPI"}, {1056, "special INTID"},
                  {1120, "PPI"}, {4096, "INTID"}, {5120, "SPI"}, {8192, "INTID"}};

    for (unsigned i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
        if (intid < ranges[i].below)
            return ranges[i].name;
    }
    return "LPI";
}

const char *trace_exception_name(int number)
{
    switch (number) {
    case 5:
        return "IRQ";
    case 6:
        return "FIQ";
    case 14:
        return "virtual IRQ";
    case 15:
        return "virtual FIQ";
    default:
        return NULL;
    }
}

const char *trace_symbol(const struct trace *t, uint64_t pc, uint64_t *offset)
{
    return t->machine->symbols ? symbols_at(t->machine->symbols, pc, offset) : NULL;
}
