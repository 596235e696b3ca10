/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The DSDT: processors and devices that cannot be discovered. Hardware IDs as on QEMU's `virt`. */
#include "emu/load/acpi_dsdt.h"

#include <stdio.h>

/* One Device for each vCPU; _UID is the processor UID of the MADT. */
static void add_processors(struct aml *a, unsigned n_vcpus)
{
    for (unsigned i = 0; i < n_vcpus; i++) {
        char name[16];
        snprintf(name, sizeof(name), "C%03X", i);
        aml_begin_device(a, name);
        aml_name_string(a, "_HID", "ACPI0007");
        aml_name_integer(a, "_UID", i);
        aml_end(a);
    }
}

/* A device with one range and, unless it is 0, one interrupt. */
static void begin_simple(struct aml *a, const char *name, const char *hid, unsigned uid,
                         const struct acpi_range *range, uint32_t intid)
{
    aml_begin_device(a, name);
    aml_name_string(a, "_HID", hid);
    aml_name_integer(a, "_UID", uid);
    aml_begin_resources(a, "_CRS");
    aml_memory32(a, (uint32_t)range->base, (uint32_t)range->size_bytes);
    if (intid)
        aml_interrupt(a, intid);
    aml_end_resources(a);
}

static void add_uart(struct aml *a, const struct acpi_board *board)
{
    if (!board->uart.size_bytes)
        return;
    begin_simple(a, "COM0", "ARMH0011", 0, &board->uart, board->uart_intid);
    aml_end(a);
}

static void add_flash(struct aml *a, const struct acpi_board *board)
{
    static const char *const names[] = {"FLS0", "FLS1"};
    for (unsigned i = 0; i < 2; i++) {
        if (!board->flash[i].size_bytes)
            continue;
        begin_simple(a, names[i], "LNRO0015", i, &board->flash[i], 0);
        aml_end(a);
    }
}

static void add_fw_cfg(struct aml *a, const struct acpi_board *board)
{
    if (!board->fw_cfg.size_bytes)
        return;
    begin_simple(a, "FWCF", "QEMU0002", 0, &board->fw_cfg, 0);
    aml_name_integer(a, "_STA", 0xB); /* present, decoding, functioning; not shown to users */
    aml_name_integer(a, "_CCA", 1);
    aml_end(a);
}

static void add_virtio(struct aml *a, const struct acpi_board *board)
{
    for (unsigned i = 0; i < board->n_virtio; i++) {
        char name[16];
        struct acpi_range range = board->virtio;
        range.base += i * range.size_bytes;
        snprintf(name, sizeof(name), "VR%02u", i);
        begin_simple(a, name, "LNRO0005", i, &range, board->virtio_intid + i);
        aml_name_integer(a, "_CCA", 1);
        aml_end(a);
    }
}

/* Section 6.2.13: device, pin, no link device, INTID; devices take turns with the four wires. */
static void add_pcie_routes(struct aml *a, uint32_t first_intid)
{
    aml_name_package(a, "_PRT", 32 * 4);
    for (unsigned i = 0; i < 32 * 4; i++) {
        unsigned device = i / 4, pin = i % 4;
        aml_begin_package(a, 4);
        aml_integer(a, device << 16 | 0xFFFF);
        aml_integer(a, pin);
        aml_integer(a, 0);
        aml_integer(a, first_intid + (device + pin) % 4);
        aml_end(a);
    }
    aml_end(a);
}

static void add_space(struct aml *a, enum aml_space space, unsigned width_bits,
                      const struct acpi_range *range, uint64_t offset)
{
    uint64_t first = range->base - offset;
    aml_address_space(a, space, width_bits, first, first + range->size_bytes - 1, offset);
}

/* Config space is not for the bus: a device of its own reserves it (PCI Firmware 3.2, 4.1.2). */
static void add_ecam(struct aml *a, const struct acpi_range *ecam)
{
    aml_begin_device(a, "RES0");
    aml_name_string(a, "_HID", "PNP0C02");
    aml_begin_resources(a, "_CRS");
    add_space(a, AML_SPACE_MEMORY, 64, ecam, 0);
    aml_end_resources(a);
    aml_end(a);
}

static void add_pcie(struct aml *a, const struct acpi_board *board)
{
    const struct acpi_pcie *p = &board->pcie;
    if (!p->ecam.size_bytes)
        return;
    aml_begin_device(a, "PCI0");
    aml_name_string(a, "_HID", "PNP0A08");
    aml_name_string(a, "_CID", "PNP0A03");
    aml_name_integer(a, "_SEG", 0);
    aml_name_integer(a, "_BBN", 0);
    aml_name_integer(a, "_UID", 0);
    aml_name_integer(a, "_CCA", 1);
    add_pcie_routes(a, p->intid);
    aml_begin_resources(a, "_CRS");
    aml_address_space(a, AML_SPACE_BUS, 16, 0, (p->ecam.size_bytes >> 20) - 1, 0);
    add_space(a, AML_SPACE_MEMORY, 32, &p->memory, 0);
    add_space(a, AML_SPACE_IO, 32, &p->ports, p->ports.base);
    add_space(a, AML_SPACE_MEMORY, 64, &p->high, 0);
    aml_end_resources(a);
    /* The system may control all that it asks for: there is nothing that firmware would. */
    aml_begin_method(a, "_OSC", 4);
    aml_return_argument(a, 3);
    aml_end(a);
    add_ecam(a, &p->ecam);
    aml_end(a);
}

/* The power button is an event of the GPIO block: its pin's edge runs _Exx, which notifies it. */
static void add_power_button(struct aml *a, const struct acpi_board *board)
{
    char event[16];
    if (!board->gpio.size_bytes)
        return;
    aml_begin_device(a, "PWRB");
    aml_name_string(a, "_HID", "PNP0C0C");
    aml_name_integer(a, "_UID", 0);
    aml_end(a);
    begin_simple(a, "GPO0", "ARMH0061", 0, &board->gpio, board->gpio_intid);
    aml_begin_resources(a, "_AEI");
    aml_gpio_interrupt(a, (uint16_t)board->power_key_pin, "GPO0");
    aml_end_resources(a);
    snprintf(event, sizeof(event), "_E%02X", board->power_key_pin & 0xFF);
    aml_begin_method(a, event, 0);
    aml_notify(a, "PWRB", 0x80);
    aml_end(a);
    aml_end(a);
}

void acpi_dsdt_body(struct aml *a, const struct acpi_board *board)
{
    aml_begin_scope(a, "\\_SB");
    add_processors(a, board->n_vcpus);
    add_uart(a, board);
    add_flash(a, board);
    add_fw_cfg(a, board);
    add_virtio(a, board);
    add_pcie(a, board);
    add_power_button(a, board);
    aml_end(a);
}
