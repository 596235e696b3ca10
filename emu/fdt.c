/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/fdt.h"

#include <errno.h>
#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FDT_ROOM = 1 << 20 };
enum { PHANDLE_GIC = 1, PHANDLE_CLOCK, PHANDLE_GPIO, PHANDLE_ITS };
enum { IRQ_SPI = 0, IRQ_PPI = 1, IRQ_EDGE = 1, IRQ_LEVEL_HIGH = 4, IRQ_LEVEL_LOW = 8 };
enum { KEY_POWER = 116 };

/* The first error sticks; callers look once, at the end. */
struct tree {
    void *blob;
    int status;
};

static void note(struct tree *t, int status)
{
    if (!t->status && status)
        t->status = status;
}

static void begin(struct tree *t, const char *name)
{
    note(t, fdt_begin_node(t->blob, name));
}

static void begin_at(struct tree *t, const char *name, uint64_t address)
{
    char text[64];

    snprintf(text, sizeof(text), "%s@%" PRIx64, name, address);
    begin(t, text);
}

static void end(struct tree *t)
{
    note(t, fdt_end_node(t->blob));
}

static void text(struct tree *t, const char *name, const char *value)
{
    note(t, fdt_property_string(t->blob, name, value));
}

static void bytes(struct tree *t, const char *name, const void *value, int size)
{
    note(t, fdt_property(t->blob, name, value, size));
}

static void flag(struct tree *t, const char *name)
{
    bytes(t, name, NULL, 0);
}

static void cells(struct tree *t, const char *name, const uint32_t *values, unsigned n)
{
    fdt32_t big[160];

    for (unsigned i = 0; i < n && i < 160; i++)
        big[i] = cpu_to_fdt32(values[i]);
    bytes(t, name, big, (int)(n * sizeof(big[0])));
}

static void cell(struct tree *t, const char *name, uint32_t value)
{
    cells(t, name, &value, 1);
}

#define CELLS(t, name, ...)                                                                        \
    cells(t, name, (const uint32_t[]){__VA_ARGS__},                                                \
          sizeof((const uint32_t[]){__VA_ARGS__}) / sizeof(uint32_t))
#define HIGH(x) ((uint32_t)((uint64_t)(x) >> 32))
#define LOW(x)  ((uint32_t)(x))

static void reg(struct tree *t, uint64_t address, uint64_t size)
{
    CELLS(t, "reg", HIGH(address), LOW(address), HIGH(size), LOW(size));
}

static void spi(struct tree *t, uint32_t intid, uint32_t flags)
{
    CELLS(t, "interrupts", IRQ_SPI, intid - 32, flags);
}

/* -- Nodes ------------------------------------------------------------------------------------- */

static void chosen_node(struct tree *t, const struct fdt_boot *boot)
{
    begin(t, "chosen");
    text(t, "stdout-path", "/pl011@9000000");
    if (boot->bootargs)
        text(t, "bootargs", boot->bootargs);
    if (boot->initrd_end > boot->initrd_start) {
        CELLS(t, "linux,initrd-start", HIGH(boot->initrd_start), LOW(boot->initrd_start));
        CELLS(t, "linux,initrd-end", HIGH(boot->initrd_end), LOW(boot->initrd_end));
    }
    end(t);
    begin(t, "aliases");
    text(t, "serial0", "/pl011@9000000");
    end(t);
}

static void memory_node(struct tree *t, const struct board_description *b)
{
    begin_at(t, "memory", BOARD_RAM_BASE);
    text(t, "device_type", "memory");
    reg(t, BOARD_RAM_BASE, b->ram_bytes);
    end(t);
}

/* One cell while no vCPU has an Aff3, as on QEMU's virt (Linux: bindings/arm/cpus). */
static uint32_t cpu_address_cells(const struct board_description *b)
{
    for (unsigned i = 0; i < b->n_vcpus; i++) {
        if (HIGH(b->mpidr[i]))
            return 2;
    }
    return 1;
}

static void cpu_nodes(struct tree *t, const struct board_description *b)
{
    uint32_t n_cells = cpu_address_cells(b);

    begin(t, "cpus");
    cell(t, "#address-cells", n_cells);
    cell(t, "#size-cells", 0);
    for (unsigned i = 0; i < b->n_vcpus; i++) {
        const uint32_t reg[] = {HIGH(b->mpidr[i]), LOW(b->mpidr[i])};

        begin_at(t, "cpu", b->mpidr[i]);
        text(t, "device_type", "cpu");
        text(t, "compatible", b->cpu_compatible);
        cells(t, "reg", n_cells == 2 ? reg : reg + 1, n_cells);
        if (b->conduit != BOARD_CONDUIT_NONE && b->n_vcpus > 1)
            text(t, "enable-method", "psci");
        end(t);
    }
    end(t);
}

static void psci_node(struct tree *t, const struct board_description *b)
{
    static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2\0arm,psci";

    if (b->conduit == BOARD_CONDUIT_NONE)
        return;
    begin(t, "psci");
    bytes(t, "compatible", compatible, sizeof(compatible));
    text(t, "method", b->conduit == BOARD_CONDUIT_SMC ? "smc" : "hvc");
    /* Function identifiers for guests that know only PSCI 0.1. */
    cell(t, "cpu_suspend", 0xc4000001);
    cell(t, "cpu_off", 0x84000002);
    cell(t, "cpu_on", 0xc4000003);
    cell(t, "migrate", 0xc4000005);
    end(t);
}

static void timer_node(struct tree *t, const struct board_description *b)
{
    static const char compatible[] = "arm,armv8-timer\0arm,armv7-timer";
    const uint32_t l = IRQ_LEVEL_HIGH;
    const uint32_t lines[] = {IRQ_PPI, 13,      l,  IRQ_PPI, 14,      l,  IRQ_PPI, 11,
                              l,       IRQ_PPI, 10, l,       IRQ_PPI, 12, l};

    begin(t, "timer");
    bytes(t, "compatible", compatible, sizeof(compatible));
    flag(t, "always-on");
    cells(t, "interrupts", lines, b->has_vhe ? 15 : 12);
    end(t);
}

/* Linux: bindings/timer/arm,arch_timer_mmio. */
static void mmio_timer_node(struct tree *t, const struct board_description *b)
{
    uint64_t first = BOARD_TIMER_BASE + 3 * BOARD_TIMER_STRIDE;

    if (!b->has_mmio_timers)
        return;
    begin_at(t, "timer", BOARD_TIMER_BASE);
    text(t, "compatible", "arm,armv7-timer-mem");
    cell(t, "#address-cells", 1);
    cell(t, "#size-cells", 1);
    flag(t, "ranges");
    reg(t, BOARD_TIMER_BASE, 0x1000);
    for (uint32_t i = 0; i < BOARD_TIMER_FRAMES; i++) {
        uint64_t base = first + 2 * i * BOARD_TIMER_STRIDE;
        uint32_t spis = BOARD_TIMER_INTID - 32 + 2 * i;
        const uint32_t regs[] = {LOW(base), 0x1000, LOW(base + BOARD_TIMER_STRIDE), 0x1000};
        const uint32_t lines[] = {IRQ_SPI, spis, IRQ_LEVEL_HIGH, IRQ_SPI, spis + 1, IRQ_LEVEL_HIGH};

        begin_at(t, "frame", base);
        cell(t, "frame-number", i);
        cells(t, "reg", regs, BOARD_TIMER_EL0 >> i & 1 ? 4 : 2);
        cells(t, "interrupts", lines, BOARD_TIMER_VIRTUAL >> i & 1 ? 6 : 3);
        end(t);
    }
    end(t);
}

static void its(struct tree *t, const struct board_description *b)
{
    begin_at(t, "its", b->its_base);
    text(t, "compatible", "arm,gic-v3-its");
    flag(t, "msi-controller");
    cell(t, "#msi-cells", 1);
    CELLS(t, "reg", 0, LOW(b->its_base), 0, LOW(b->its_bytes));
    cell(t, "phandle", PHANDLE_ITS);
    end(t);
}

static void gic_node(struct tree *t, const struct board_description *b)
{
    uint64_t rest = (b->n_vcpus - b->gicr_first) * b->gicr_bytes;
    uint64_t region1 = (b->gicr_end - b->gicr_base) / b->gicr_bytes * b->gicr_bytes;
    /* A second region of redistributors, or (with 8 vCPUs at most) GICC. */
    uint64_t last = b->has_gicc ? BOARD_GICC_BASE : BOARD_GICR2_BASE;
    uint64_t last_bytes = b->has_gicc ? BOARD_GICC_BYTES : rest;
    const uint32_t regs[] = {
        0,
        LOW(b->gicd_base),
        0,
        0x10000,
        0,
        LOW(b->gicr_base),
        0,
        LOW(region1),
        HIGH(last),
        LOW(last),
        HIGH(last_bytes),
        LOW(last_bytes),
    };

    begin_at(t, "intc", b->gicd_base);
    text(t, "compatible", "arm,gic-v3");
    cell(t, "#interrupt-cells", 3);
    flag(t, "interrupt-controller");
    cell(t, "#redistributor-regions", rest ? 2 : 1);
    cells(t, "reg", regs, last_bytes ? 12 : 8);
    cell(t, "#address-cells", 2);
    cell(t, "#size-cells", 2);
    flag(t, "ranges");
    if (b->has_el2)
        CELLS(t, "interrupts", IRQ_PPI, 9, IRQ_LEVEL_HIGH);
    cell(t, "phandle", PHANDLE_GIC);
    if (b->has_its)
        its(t, b);
    end(t);
}

static void primecell(struct tree *t, const char *node, const char *compatible, int size,
                      uint64_t base, uint32_t intid)
{
    begin_at(t, node, base);
    bytes(t, "compatible", compatible, size);
    reg(t, base, 0x1000);
    spi(t, intid, IRQ_LEVEL_HIGH);
}

static void peripheral_nodes(struct tree *t)
{
    static const char uart[] = "arm,pl011\0arm,primecell";
    static const char rtc[] = "arm,pl031\0arm,primecell";
    static const char gpio[] = "arm,pl061\0arm,primecell";
    static const char uart_clocks[] = "uartclk\0apb_pclk";

    begin(t, "apb-pclk");
    text(t, "compatible", "fixed-clock");
    cell(t, "#clock-cells", 0);
    cell(t, "clock-frequency", 24000000);
    text(t, "clock-output-names", "clk24mhz");
    cell(t, "phandle", PHANDLE_CLOCK);
    end(t);

    primecell(t, "pl011", uart, sizeof(uart), BOARD_UART_BASE, BOARD_UART_INTID);
    CELLS(t, "clocks", PHANDLE_CLOCK, PHANDLE_CLOCK);
    bytes(t, "clock-names", uart_clocks, sizeof(uart_clocks));
    end(t);

    primecell(t, "pl031", rtc, sizeof(rtc), BOARD_RTC_BASE, BOARD_RTC_INTID);
    cell(t, "clocks", PHANDLE_CLOCK);
    text(t, "clock-names", "apb_pclk");
    end(t);

    primecell(t, "pl061", gpio, sizeof(gpio), BOARD_GPIO_BASE, BOARD_GPIO_INTID);
    cell(t, "#gpio-cells", 2);
    flag(t, "gpio-controller");
    cell(t, "clocks", PHANDLE_CLOCK);
    text(t, "clock-names", "apb_pclk");
    cell(t, "phandle", PHANDLE_GPIO);
    end(t);

    begin(t, "gpio-keys");
    text(t, "compatible", "gpio-keys");
    begin(t, "poweroff");
    CELLS(t, "gpios", PHANDLE_GPIO, BOARD_GPIO_POWER_KEY_LINE, 0);
    cell(t, "linux,code", KEY_POWER);
    text(t, "label", "GPIO Key Poweroff");
    end(t);
    end(t);
}

static void memory_mapped_nodes(struct tree *t)
{
    begin_at(t, "flash", 0);
    text(t, "compatible", "cfi-flash");
    CELLS(t, "reg", 0, 0, 0, LOW(BOARD_FLASH_BYTES), 0, LOW(BOARD_FLASH_BYTES), 0,
          LOW(BOARD_FLASH_BYTES));
    cell(t, "bank-width", 4);
    end(t);

    begin_at(t, "fw-cfg", BOARD_FW_CFG_BASE);
    text(t, "compatible", "qemu,fw-cfg-mmio");
    reg(t, BOARD_FW_CFG_BASE, 0x18);
    flag(t, "dma-coherent");
    end(t);

    for (unsigned i = 0; i < BOARD_VIRTIO_COUNT; i++) {
        uint64_t base = BOARD_VIRTIO_BASE + (uint64_t)i * BOARD_VIRTIO_STRIDE;

        begin_at(t, "virtio_mmio", base);
        text(t, "compatible", "virtio,mmio");
        reg(t, base, BOARD_VIRTIO_STRIDE);
        spi(t, BOARD_VIRTIO_INTID + i, IRQ_EDGE);
        flag(t, "dma-coherent");
        end(t);
    }
}

/*
 * Each device's INTA to INTD, four devices, then again: a row is the child's address and pin, and
 * the GIC with its address and three cells.
 */
static void pcie_interrupt_map(struct tree *t)
{
    uint32_t map[4 * 4 * 10], n = 0;

    for (uint32_t device = 0; device < 4; device++) {
        for (uint32_t pin = 1; pin <= 4; pin++) {
            const uint32_t wire = BOARD_PCIE_INTID - 32 + (device + pin - 1) % 4;
            const uint32_t row[] = {device << 11,  0, 0, pin, PHANDLE_GIC, 0, 0, IRQ_SPI, wire,
                                    IRQ_LEVEL_HIGH};

            memcpy(map + n, row, sizeof(row));
            n += sizeof(row) / sizeof(row[0]);
        }
    }
    cells(t, "interrupt-map", map, n);
    CELLS(t, "interrupt-map-mask", 3 << 11, 0, 0, 7);
}

/* Linux: bindings/pci/host-generic-pci; msi-map: requester IDs are the ITS's DeviceIDs. */
static void pcie_node(struct tree *t, const struct board_description *b)
{
    const uint64_t high = BOARD_PCIE_HIGH_BASE, high_bytes = BOARD_PCIE_HIGH_BYTES;

    begin_at(t, "pcie", BOARD_PCIE_MMIO_BASE);
    text(t, "compatible", "pci-host-ecam-generic");
    text(t, "device_type", "pci");
    cell(t, "#address-cells", 3);
    cell(t, "#size-cells", 2);
    cell(t, "linux,pci-domain", 0);
    CELLS(t, "bus-range", 0, 255);
    flag(t, "dma-coherent");
    if (b->has_its)
        CELLS(t, "msi-map", 0, PHANDLE_ITS, 0, 0x10000);
    reg(t, BOARD_PCIE_ECAM_BASE, BOARD_PCIE_ECAM_BYTES);
    CELLS(t, "ranges", 1 << 24, 0, 0, 0, LOW(BOARD_PCIE_PIO_BASE), 0, LOW(BOARD_PCIE_PIO_BYTES),
          2 << 24, 0, LOW(BOARD_PCIE_MMIO_BASE), 0, LOW(BOARD_PCIE_MMIO_BASE), 0,
          LOW(BOARD_PCIE_MMIO_BYTES), 3 << 24, HIGH(high), LOW(high), HIGH(high), LOW(high),
          HIGH(high_bytes), LOW(high_bytes));
    cell(t, "#interrupt-cells", 1);
    pcie_interrupt_map(t);
    end(t);
}

/* Once the tree is whole, nodes can go into any place. */
static int add_modules(void *blob, const struct fdt_boot *boot, struct error *err)
{
    int rc;

    if (!boot->n_modules)
        return 0;
    fdt_open_into(blob, blob, FDT_ROOM); /* it was made in as much room */
    rc = fdt_add_modules(NULL, blob, boot, err);
    fdt_pack(blob);
    return rc;
}

int fdt_build(const struct board_description *b, const struct fdt_boot *boot, void **blob,
              size_t *size, struct error *err)
{
    struct tree t = {.blob = calloc(1, FDT_ROOM)};

    if (!t.blob)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for the device tree");
    note(&t, fdt_create(t.blob, FDT_ROOM));
    note(&t, fdt_finish_reservemap(t.blob));
    begin(&t, "");
    text(&t, "compatible", "linux,dummy-virt");
    text(&t, "model", "linux,dummy-virt");
    cell(&t, "#address-cells", 2);
    cell(&t, "#size-cells", 2);
    cell(&t, "interrupt-parent", PHANDLE_GIC);
    chosen_node(&t, boot);
    memory_node(&t, b);
    cpu_nodes(&t, b);
    psci_node(&t, b);
    timer_node(&t, b);
    mmio_timer_node(&t, b);
    gic_node(&t, b);
    peripheral_nodes(&t);
    memory_mapped_nodes(&t);
    pcie_node(&t, b);
    end(&t);
    note(&t, fdt_finish(t.blob));
    if (t.status) {
        free(t.blob);
        return error_set(err, IRQLAB_EXIT_INTERNAL, -ENOSPC, "the device tree cannot be built: %s",
                         fdt_strerror(t.status));
    }
    if (add_modules(t.blob, boot, err)) {
        free(t.blob);
        return -EINVAL;
    }
    *blob = t.blob;
    *size = fdt_totalsize(t.blob);
    return 0;
}
