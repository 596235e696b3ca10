/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The guest's device tree (Devicetree Specification 0.4, chapter 5), written front to back. */
#include "images/vmm/vmm.h"

enum { BEGIN_NODE = 1, END_NODE = 2, PROP = 3, END = 9 };
enum { HEADER_BYTES = 40, RESERVATIONS_BYTES = 16, STRINGS_BYTES = 1024 };
enum { PHANDLE_GIC = 1, PHANDLE_CLOCK = 2 };

struct tree {
    uint8_t *base;
    size_t at, size; /* of the structure block */
    char strings[STRINGS_BYTES];
    size_t strings_at;
};

static void put32_at(uint8_t *to, uint32_t value)
{
    for (unsigned i = 0; i < 4; i++)
        to[i] = (uint8_t)(value >> 8 * (3 - i));
}

static void put_bytes(struct tree *t, const void *bytes, size_t n)
{
    const uint8_t *from = bytes;

    if (n > t->size - STRINGS_BYTES - 4 - t->at)
        die("the device tree is too large", 0);
    for (size_t i = 0; i < n; i++)
        t->base[t->at++] = from[i];
    while (t->at % 4)
        t->base[t->at++] = 0;
}

static void put32(struct tree *t, uint32_t value)
{
    uint8_t bytes[4];

    put32_at(bytes, value);
    put_bytes(t, bytes, 4);
}

static size_t length(const char *text)
{
    size_t n = 0;

    while (text[n])
        n++;
    return n;
}

static void begin(struct tree *t, const char *name)
{
    put32(t, BEGIN_NODE);
    put_bytes(t, name, length(name) + 1);
}

static void end(struct tree *t)
{
    put32(t, END_NODE);
}

static void prop(struct tree *t, const char *name, const void *value, size_t n)
{
    size_t name_length = length(name) + 1;

    if (name_length > STRINGS_BYTES - t->strings_at)
        die("the device tree has too many names", 0);
    put32(t, PROP);
    put32(t, (uint32_t)n);
    put32(t, (uint32_t)t->strings_at);
    put_bytes(t, value, n);
    for (size_t i = 0; i < name_length; i++)
        t->strings[t->strings_at++] = name[i];
}

static void prop_text(struct tree *t, const char *name, const char *text)
{
    prop(t, name, text, length(text) + 1);
}

static void prop_cells(struct tree *t, const char *name, const uint32_t *cells, unsigned n)
{
    uint8_t bytes[64];

    for (unsigned i = 0; i < n; i++)
        put32_at(bytes + 4 * i, cells[i]);
    prop(t, name, bytes, 4 * (size_t)n);
}

#define CELLS(...) (const uint32_t[]){__VA_ARGS__}, sizeof((uint32_t[]){__VA_ARGS__}) / 4
#define HI_LO(v)   (uint32_t)((uint64_t)(v) >> 32), (uint32_t)(v)

static void put_cpus(struct tree *t, unsigned n)
{
    char name[] = "cpu@0";

    begin(t, "cpus");
    prop_cells(t, "#address-cells", CELLS(1));
    prop_cells(t, "#size-cells", CELLS(0));
    for (unsigned i = 0; i < n; i++) {
        name[4] = (char)('0' + i);
        begin(t, name);
        prop_text(t, "device_type", "cpu");
        prop_text(t, "compatible", "arm,armv8");
        prop_cells(t, "reg", CELLS(i));
        prop_text(t, "enable-method", "psci");
        end(t);
    }
    end(t);
    begin(t, "psci");
    prop(t, "compatible", "arm,psci-1.0\0arm,psci-0.2", 26);
    prop_text(t, "method", "hvc");
    end(t);
}

static void put_gic(struct tree *t, unsigned cpus)
{
    begin(t, "intc@8000000");
    prop_text(t, "compatible", "arm,gic-v3");
    prop_cells(t, "#interrupt-cells", CELLS(3));
    prop(t, "interrupt-controller", "", 0);
    prop_cells(t, "reg", CELLS(HI_LO(VM_GICD), 0, 0x10000, HI_LO(VM_GICR), 0, cpus * 0x20000));
    prop_cells(t, "phandle", CELLS(PHANDLE_GIC));
    prop_cells(t, "#address-cells", CELLS(2));
    prop_cells(t, "#size-cells", CELLS(2));
    prop(t, "ranges", "", 0);
    begin(t, "its@8080000");
    prop_text(t, "compatible", "arm,gic-v3-its");
    prop(t, "msi-controller", "", 0);
    prop_cells(t, "#msi-cells", CELLS(1));
    prop_cells(t, "reg", CELLS(HI_LO(VM_GITS), 0, 0x20000));
    end(t);
    end(t);
    begin(t, "timer"); /* PPIs 13, 14, 11 and 10, level */
    prop_text(t, "compatible", "arm,armv8-timer");
    prop(t, "always-on", "", 0);
    prop_cells(t, "interrupts", CELLS(1, 13, 4, 1, 14, 4, 1, 11, 4, 1, 10, 4));
    end(t);
}

static void put_console(struct tree *t)
{
    begin(t, "apb-pclk");
    prop_text(t, "compatible", "fixed-clock");
    prop_cells(t, "#clock-cells", CELLS(0));
    prop_cells(t, "clock-frequency", CELLS(24000000));
    prop_cells(t, "phandle", CELLS(PHANDLE_CLOCK));
    end(t);
    begin(t, "pl011@9000000");
    prop(t, "compatible", "arm,pl011\0arm,primecell", 24);
    prop_cells(t, "reg", CELLS(HI_LO(VM_PL011), 0, 0x1000));
    prop_cells(t, "interrupts", CELLS(0, VM_SPI_PL011, 4));
    prop_cells(t, "clocks", CELLS(PHANDLE_CLOCK, PHANDLE_CLOCK));
    prop(t, "clock-names", "uartclk\0apb_pclk", 17);
    end(t);
}

static void put_nodes(struct tree *t, const struct vm *vm, const char *bootargs, uint64_t initrd,
                      uint64_t initrd_end)
{
    begin(t, "");
    prop_text(t, "compatible", "linux,dummy-virt");
    prop_cells(t, "#address-cells", CELLS(2));
    prop_cells(t, "#size-cells", CELLS(2));
    prop_cells(t, "interrupt-parent", CELLS(PHANDLE_GIC));
    begin(t, "chosen");
    prop_text(t, "bootargs", bootargs);
    prop_text(t, "stdout-path", "/pl011@9000000");
    if (initrd_end > initrd) {
        prop_cells(t, "linux,initrd-start", CELLS(HI_LO(initrd)));
        prop_cells(t, "linux,initrd-end", CELLS(HI_LO(initrd_end)));
    }
    end(t);
    begin(t, "memory@40000000");
    prop_text(t, "device_type", "memory");
    prop_cells(t, "reg", CELLS(HI_LO(VM_RAM), HI_LO(vm->ram_bytes)));
    end(t);
    put_cpus(t, vm->cpus);
    put_gic(t, vm->cpus);
    put_console(t);
    end(t);
    put32(t, END);
}

size_t tree_write(const struct vm *vm, void *to, size_t size, const char *bootargs, uint64_t initrd,
                  uint64_t initrd_end)
{
    const uint32_t structure = HEADER_BYTES + RESERVATIONS_BYTES;
    struct tree t = {.base = to, .at = structure, .size = size};
    uint32_t strings, total;

    put_nodes(&t, vm, bootargs, initrd, initrd_end);
    strings = (uint32_t)t.at;
    total = strings + (uint32_t)t.strings_at;
    for (size_t i = 0; i < t.strings_at; i++)
        t.base[strings + i] = (uint8_t)t.strings[i];
    for (size_t i = HEADER_BYTES; i < structure; i++)
        t.base[i] = 0;
    const uint32_t header[] = {0xd00dfeed,
                               total,
                               structure,
                               strings,
                               HEADER_BYTES,
                               17,
                               16,
                               0,
                               (uint32_t)t.strings_at,
                               strings - structure};
    for (unsigned i = 0; i < 10; i++)
        put32_at(t.base + 4 * i, header[i]);
    return total;
}
