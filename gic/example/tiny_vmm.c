/* SPDX-License-Identifier: MIT */
/* libgic without an emulator: a "machine" of two PEs that are C code. One is interrupted by a
 * device's wire, the other by an SGI. cc tiny_vmm.c $(pkg-config --cflags --libs libgic) */
#include <stdio.h>
#include <string.h>

#include "gic/gic.h"

enum { UART_INTID = 33, VCPUS = 2 };
enum { GICD_CTLR = 0, IGROUPR = 0x80, ISENABLER = 0x100, IROUTER = 0x6000, SGI_BASE = 0x10000 };

struct machine {
    struct gic *gic;
    bool irq[VCPUS];
};

/* The wire from the GIC to a PE. A real VMM would kick the vCPU's thread here. */
static void set_line(void *opaque, unsigned vcpu, enum gic_line line, bool level)
{
    struct machine *m = opaque;

    if (line == GIC_LINE_IRQ)
        m->irq[vcpu] = level;
}

/* A real VMM finds the register by op0, op1, CRn, CRm and op2, once. */
static const struct gic_sysreg *find(const char *name)
{
    size_t count;
    const struct gic_sysreg *reg = gic_sysregs(&count);

    while (count-- > 0 && strcmp(reg->name, name) != 0)
        reg++;
    return reg;
}

static const struct gic_pe_state at_el1 = {.el = 1};
static void msr(struct machine *m, unsigned vcpu, const char *name, uint64_t value)
{
    const struct gic_sysreg *reg = find(name);

    if (gic_sysreg_check(m->gic, vcpu, reg, &at_el1, true) == GIC_ACCESS_OK)
        gic_sysreg_write(m->gic, vcpu, reg, &at_el1, value);
}

static uint64_t mrs(struct machine *m, unsigned vcpu, const char *name)
{
    const struct gic_sysreg *reg = find(name);

    if (gic_sysreg_check(m->gic, vcpu, reg, &at_el1, false) == GIC_ACCESS_OK)
        return gic_sysreg_read(m->gic, vcpu, reg, &at_el1);
    return 0; /* a real VMM makes the guest take an exception */
}

/* What a guest's driver does at boot. */
static void guest_boots(struct machine *m)
{
    gic_dist_write(m->gic, 0, true, GICD_CTLR, 4, 2); /* Group 1 */
    gic_dist_write(m->gic, 0, true, IGROUPR + 4, 4, ~0u);
    gic_dist_write(m->gic, 0, true, ISENABLER + 4, 4, 1u << (UART_INTID - 32));
    gic_dist_write(m->gic, 0, true, IROUTER + 8 * UART_INTID, 8, 1); /* vCPU 1 */
    for (unsigned i = 0; i < VCPUS; i++) {
        gic_redist_write(m->gic, i, i, true, SGI_BASE + IGROUPR, 4, ~0u);
        gic_redist_write(m->gic, i, i, true, SGI_BASE + ISENABLER, 4, 1u << 7);
        msr(m, i, "ICC_PMR_EL1", 0xff);
        msr(m, i, "ICC_IGRPEN1_EL1", 1);
    }
}

/* A guest's interrupt handler. */
static void guest_handles(struct machine *m, unsigned vcpu)
{
    while (m->irq[vcpu]) {
        uint64_t intid = mrs(m, vcpu, "ICC_IAR1_EL1");
        printf("vCPU %u: interrupt %u\n", vcpu, (unsigned)intid);
        if (intid == UART_INTID) {
            gic_set_spi(m->gic, UART_INTID, false); /* the driver empties the UART */
            msr(m, vcpu, "ICC_SGI1R_EL1", 7u << 24 | 1u << 0);
        }
        msr(m, vcpu, "ICC_EOIR1_EL1", intid);
    }
}

int main(void)
{
    static const uint64_t mpidr[VCPUS] = {0, 1};
    struct machine m = {0};
    struct gic_config config = {
        .n_vcpus = VCPUS, .mpidr = mpidr, .n_spis = 32, .opaque = &m, .set_line = set_line};
    const char *why;

    if (gic_create(&config, &m.gic, &why) != 0)
        return fprintf(stderr, "tiny_vmm: no GIC: %s\n", why), 1;
    gic_set_spi(m.gic, UART_INTID, true); /* waits until the guest can take it */
    guest_boots(&m);
    guest_handles(&m, 1);
    guest_handles(&m, 0);
    gic_destroy(m.gic);
    return 0;
}
