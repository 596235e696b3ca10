/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * ACPI tables of the board, in the form in which QEMU hands them to firmware by fw_cfg: a blob of
 * tables, the RSDP, and a script of linker commands that tells firmware where to put them, which
 * addresses to add and which checksums to compute ("etc/table-loader").
 *
 * Tables (ACPI 6.3): DSDT, FADT (hardware-reduced, PSCI), MADT, GTDT, SPCR, XSDT; with PCIe also
 * MCFG, and with an ITS IORT.
 */
#ifndef IRQLAB_EMU_LOAD_ACPI_H
#define IRQLAB_EMU_LOAD_ACPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/error.h"

struct dev;

struct acpi_range {
    uint64_t base, size_bytes; /* size 0: not there */
};

struct acpi_pcie {
    struct acpi_range ecam, memory, ports, high;
    uint32_t intid; /* INTA to INTD, devices swizzled */
};

/* What the tables describe. Interrupts are INTIDs; 0: not there. Device ranges lie below 4 GiB. */
struct acpi_board {
    unsigned n_vcpus;
    const uint64_t *mpidr; /* [n_vcpus], affinity fields */
    bool psci_by_hvc;      /* else by SMC */
    bool gic_v4;           /* else GICv3 */

    struct acpi_range gicd, gicr[2];
    struct acpi_range its;
    uint32_t maintenance_intid; /* with EL2 */
    uint32_t pmu_intid;

    uint32_t timer_secure_intid, timer_phys_intid, timer_virt_intid, timer_hyp_intid,
        timer_hyp_virt_intid;

    struct acpi_range uart, gpio, fw_cfg, flash[2];
    uint32_t uart_intid, gpio_intid;
    unsigned power_key_pin; /* of the GPIO block */

    struct acpi_range virtio; /* the first transport; the others follow at once */
    unsigned n_virtio;
    uint32_t virtio_intid; /* of the first one */

    struct acpi_pcie pcie;
};

struct acpi_blob {
    uint8_t *data;
    size_t size_bytes;
};

struct acpi_tables {
    struct acpi_blob tables, rsdp, loader;
};

/** acpi_build - the three blobs; free them with acpi_free(). -ENOMEM with *err on failure. */
int acpi_build(const struct acpi_board *board, struct acpi_tables *out, struct error *err);
void acpi_free(struct acpi_tables *tables);

/** acpi_add_to_fw_cfg - builds and adds "etc/acpi/tables", "etc/acpi/rsdp", "etc/table-loader". */
int acpi_add_to_fw_cfg(const struct acpi_board *board, struct dev *fw_cfg, struct error *err);

#endif
