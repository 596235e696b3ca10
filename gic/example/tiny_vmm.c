/* SPDX-License-Identifier: MIT */
/*
 * libgic without an emulator: a "machine" of two PEs that are C code. One of them is interrupted by
 * a device's wire, the other by an SGI. Build: cc tiny_vmm.c $(pkg-config --cflags --libs libgic)
 */
#include <stdio.h>
#include <string.h>

#include "gic/gic.h"

enum {
    UART_INTID = 33,
    VCPUS = 2,
    GICD_CTLR = 0x0,
    IGROUPR = 0x80,
    ISENABLER = 0x100,
    IROUTER = 0x6000,
    SGI_BASE = 0x10000
};

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

/* MSR and MRS: find the register, ask whether the access is allowed, do it. */
static const struct gic_sysreg *find(const char *name)
{
    size_t count;
    const struct gic_sysreg *table = gic_sysregs(&count);

    for (size_t i = 0; i < count; i++)
        if (strcmp(table[i].name, name) == 0)
            return &table[i];
    return NULL;
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

    if (gic_sysreg_check(m->gic, vcpu, reg, &at_el1, false) != GIC_ACCESS_OK)
        return 0;
    return gic_sysreg_read(m->gic, vcpu, reg, &at_el1);
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

    if (gic_create(&config, &m.gic, &why) != 0) {
        fprintf(stderr, "tiny_vmm: no GIC: %s\n", why);
        return 1;
    }
    guest_boots(&m);
    gic_set_spi(m.gic, UART_INTID, true);
    guest_handles(&m, 1);
    guest_handles(&m, 0);
    gic_destroy(m.gic);
    return 0;
}
