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
    [GIC_EVENT_VIRTUAL_PENDED] = "virtual pended",
    [GIC_EVENT_VIRTUAL_ACKNOWLEDGED] = "virtual acknowledged",
    [GIC_EVENT_VIRTUAL_PRIORITY_DROP] = "virtual priority drop",
    [GIC_EVENT_VIRTUAL_DEACTIVATED] = "virtual deactivated",
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
    return t->symbols ? symbols_at(t->symbols, pc, offset) : NULL;
}

void trace_set_symbols(struct trace *t, const struct symbols *symbols)
{
    if (t->symbols == symbols)
        return;
    t->symbols = symbols;
    for (unsigned i = 0; i < TRACE_PLACES; i++)
        t->places[i].n = 0;
}

char *trace_put_place(struct trace *t, char *p, uint64_t pc,
                      char *(*write)(const struct trace *t, char *p, uint64_t pc))
{
    struct trace_place *place = &t->places[(pc >> 2 ^ pc >> 11) % TRACE_PLACES];
    size_t n;

    if (place->n && place->pc == pc)
        return put_bytes(p, place->text, place->n);
    n = (size_t)(write(t, p, pc) - p);
    if (n <= TRACE_PLACE_BYTES) {
        place->pc = pc;
        place->n = (uint8_t)n;
        memcpy(place->text, p, n);
    }
    return p + n;
}
