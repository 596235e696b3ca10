/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Does what firmware does with the three blobs, then looks at the result as an OS would. */
#include <linux/qemu_fw_cfg.h>
#include <stdlib.h>
#include <string.h>

#include "emu/dev/fw_cfg.h"
#include "emu/load/acpi.h"
#include "tests/unit/suite.h"
#include "tests/unit/fake_host.h"

#define TABLES_AT UINT64_C(0x80000000)
#define VCPUS     20

static uint64_t mpidr[VCPUS];
static struct acpi_tables t;

static const struct acpi_board *board(void)
{
    static struct acpi_board b;
    for (unsigned i = 0; i < VCPUS; i++)
        mpidr[i] = i % 16 | (uint64_t)(i / 16) << 8;
    b = (struct acpi_board){
        .n_vcpus = VCPUS,
        .mpidr = mpidr,
        .psci_by_hvc = true,
        .gicd = {0x08000000, 0x10000},
        .gicr = {{0x080A0000, 0xF60000}, {0}},
        .maintenance_intid = 25,
        .timer_secure_intid = 29,
        .timer_phys_intid = 30,
        .timer_virt_intid = 27,
        .timer_hyp_intid = 26,
        .timer_hyp_virt_intid = 28,
        .uart = {0x09000000, 0x1000},
        .uart_intid = 33,
        .gpio = {0x09030000, 0x1000},
        .gpio_intid = 39,
        .power_key_pin = 3,
        .fw_cfg = {0x09020000, 0x18},
        .flash = {{0, 0x04000000}, {0x04000000, 0x04000000}},
        .virtio = {0x0A000000, 0x200},
        .n_virtio = 32,
        .virtio_intid = 48,
        .its = {0x08080000, 0x20000},
        .pcie = {.ecam = {0x4010000000, 0x10000000},
                 .memory = {0x10000000, 0x2EFF0000},
                 .ports = {0x3EFF0000, 0x10000},
                 .high = {0x8000000000, 0x8000000000},
                 .intid = 35},
    };
    return &b;
}

static uint64_t get(const uint8_t *p, unsigned size_bytes)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < size_bytes; i++)
        value |= (uint64_t)p[i] << (8 * i);
    return value;
}

static struct acpi_blob *blob(const uint8_t *name)
{
    if (!strcmp((const char *)name, "etc/acpi/tables"))
        return &t.tables;
    ck_assert_str_eq((const char *)name, "etc/acpi/rsdp");
    return &t.rsdp;
}

/* Runs one linker command; all its ranges must lie in its blob. */
static void run_command(const uint8_t *c, int counts[4])
{
    uint32_t command = (uint32_t)get(c, 4);
    struct acpi_blob *dest = blob(c + 4);
    ck_assert_uint_ge(command, 1);
    ck_assert_uint_le(command, 3);
    counts[command]++;
    if (command == 2) {
        size_t at = (size_t)get(c + 116, 4);
        ck_assert_ptr_eq(blob(c + 60), &t.tables);
        ck_assert_uint_eq(c[120], 8);
        ck_assert_uint_le(at + 8, dest->size_bytes);
        uint64_t address = get(dest->data + at, 8);
        ck_assert_uint_lt(address, t.tables.size_bytes);
        address += TABLES_AT;
        memcpy(dest->data + at, &address, 8);
    } else if (command == 3) {
        size_t at = (size_t)get(c + 60, 4), start = (size_t)get(c + 64, 4);
        size_t size_bytes = (size_t)get(c + 68, 4);
        ck_assert_uint_le(start + size_bytes, dest->size_bytes);
        uint8_t sum = 0;
        for (size_t i = 0; i < size_bytes; i++)
            sum += dest->data[start + i];
        dest->data[at] = (uint8_t)(dest->data[at] - sum);
    }
}

static void setup(void)
{
    int counts[4] = {0};
    ck_assert_int_eq(acpi_build(board(), &t, NULL), 0);
    ck_assert_uint_eq(t.loader.size_bytes % 128, 0);
    for (size_t at = 0; at < t.loader.size_bytes; at += 128)
        run_command(t.loader.data + at, counts);
    ck_assert_int_eq(counts[1], 2);
    ck_assert_int_eq(counts[2], 8);
    ck_assert_int_eq(counts[3], 10);
}

static void teardown(void)
{
    acpi_free(&t);
}

/* The table at a guest address, after checking its header and checksum. */
static const uint8_t *table_at(uint64_t address)
{
    const uint8_t *p = t.tables.data + (address - TABLES_AT);
    uint32_t size_bytes = (uint32_t)get(p + 4, 4);
    uint8_t sum = 0;
    ck_assert_uint_le((size_t)(p - t.tables.data) + size_bytes, t.tables.size_bytes);
    for (uint32_t i = 0; i < size_bytes; i++)
        sum += p[i];
    ck_assert_uint_eq(sum, 0);
    return p;
}

static const uint8_t *find(const char *signature)
{
    const uint8_t *xsdt = table_at(get(t.rsdp.data + 24, 8));
    ck_assert_mem_eq(xsdt, "XSDT", 4);
    for (uint32_t at = 36; at < get(xsdt + 4, 4); at += 8) {
        const uint8_t *table = table_at(get(xsdt + at, 8));
        if (!memcmp(table, signature, 4))
            return table;
    }
    ck_abort_msg("no %s", signature);
    return NULL;
}

START_TEST(the_rsdp_has_both_checksums)
{
    uint8_t sum20 = 0, sum36 = 0;
    ck_assert_uint_eq(t.rsdp.size_bytes, 36);
    ck_assert_mem_eq(t.rsdp.data, "RSD PTR ", 8);
    for (int i = 0; i < 36; i++) {
        sum20 = (uint8_t)(sum20 + (i < 20 ? t.rsdp.data[i] : 0));
        sum36 += t.rsdp.data[i];
    }
    ck_assert_uint_eq(sum20, 0);
    ck_assert_uint_eq(sum36, 0);
}
END_TEST

START_TEST(the_fadt_is_hardware_reduced_with_psci_and_finds_the_dsdt)
{
    const uint8_t *fadt = find("FACP");
    ck_assert_uint_eq(get(fadt + 4, 4), 276);
    ck_assert_uint_eq(get(fadt + 112, 4), 1u << 20);
    ck_assert_uint_eq(get(fadt + 129, 2), 3);
    ck_assert_mem_eq(table_at(get(fadt + 140, 8)), "DSDT", 4);
}
END_TEST

START_TEST(the_madt_lists_every_vcpu_and_frame)
{
    const uint8_t *madt = find("APIC");
    unsigned vcpus = 0, others = 0;
    for (uint32_t at = 44; at < get(madt + 4, 4); at += madt[at + 1]) {
        if (madt[at] == 0x0B) {
            ck_assert_uint_eq(get(madt + at + 8, 4), vcpus);
            ck_assert_uint_eq(get(madt + at + 68, 8), mpidr[vcpus]);
            ck_assert_uint_eq(get(madt + at + 56, 4), 25);
            vcpus++;
        } else if (madt[at] == 0x0C) {
            ck_assert_uint_eq(get(madt + at + 8, 8), 0x08000000);
            ck_assert_uint_eq(madt[at + 20], 3);
            others++;
        } else if (madt[at] == 0x0F) {
            ck_assert_uint_eq(get(madt + at + 8, 8), 0x08080000);
            others++;
        } else {
            ck_assert_uint_eq(madt[at], 0x0E);
            ck_assert_uint_eq(get(madt + at + 4, 8), 0x080A0000);
            ck_assert_uint_eq(get(madt + at + 12, 4), 0xF60000);
            others++;
        }
        ck_assert_uint_gt(madt[at + 1], 0);
    }
    ck_assert_uint_eq(vcpus, VCPUS);
    ck_assert_uint_eq(others, 3);
}
END_TEST

START_TEST(timers_and_console_have_their_interrupts)
{
    const uint8_t *gtdt = find("GTDT");
    const uint8_t *spcr = find("SPCR");
    static const unsigned want[] = {29, 30, 27, 26};
    ck_assert_uint_eq(get(gtdt + 4, 4), 104);
    for (unsigned i = 0; i < 4; i++)
        ck_assert_uint_eq(get(gtdt + 48 + 8 * i, 4), want[i]);
    ck_assert_uint_eq(get(gtdt + 96, 4), 28);
    ck_assert_uint_eq(get(spcr + 4, 4), 80);
    ck_assert_uint_eq(get(spcr + 44, 8), 0x09000000);
    ck_assert_uint_eq(get(spcr + 54, 4), 33);
}
END_TEST

START_TEST(the_mcfg_has_the_config_space_of_all_buses)
{
    const uint8_t *mcfg = find("MCFG");
    ck_assert_uint_eq(get(mcfg + 4, 4), 60);
    ck_assert_uint_eq(get(mcfg + 44, 8), 0x4010000000);
    ck_assert_uint_eq(get(mcfg + 52, 2), 0);
    ck_assert_uint_eq(mcfg[54], 0);
    ck_assert_uint_eq(mcfg[55], 255);
}
END_TEST

START_TEST(the_iort_sends_requester_ids_to_the_its)
{
    const uint8_t *iort = find("IORT");
    const uint8_t *group = iort + get(iort + 40, 4);
    const uint8_t *root = group + get(group + 1, 2);
    const uint8_t *mapping = root + get(root + 12, 4);
    ck_assert_uint_eq(get(iort + 36, 4), 2);
    ck_assert_uint_eq(group[0], 0);
    ck_assert_uint_eq(get(group + 16, 4), 1);
    ck_assert_uint_eq(root[0], 2);
    ck_assert_uint_eq(get(root + 8, 4), 1);
    ck_assert_uint_eq(get(root + 16, 4), 1); /* coherent */
    ck_assert_ptr_eq(root + get(root + 1, 2), mapping + 20);
    ck_assert_uint_eq(get(mapping + 4, 4), 0xFFFF);
    ck_assert_uint_eq(get(mapping + 12, 4), (uint64_t)(group - iort));
    ck_assert_ptr_eq(mapping + 20, iort + get(iort + 4, 4));
}
END_TEST

/* The DSDT's bytes, up to its length; NULL if @bytes are nowhere in it. */
static const uint8_t *in_dsdt(const void *bytes, size_t size_bytes)
{
    const uint8_t *dsdt = table_at(get(find("FACP") + 140, 8));
    return memmem(dsdt, (size_t)get(dsdt + 4, 4), bytes, size_bytes);
}

START_TEST(the_dsdt_has_the_host_bridge_and_its_wires)
{
    /* Package (4) {0x0002FFFF, One, Zero, 38}: device 2, INTB; and the ports' translation. */
    static const uint8_t route[] = {0x12, 0x0B, 4, 0x0C, 0xFF, 0xFF, 2, 0, 1, 0, 0x0A, 38};
    static const uint8_t ports[] = {0x87, 23,   0,    1, 0xC, 3, 0, 0,    0,    0, 0, 0, 0,
                                    0,    0xFF, 0xFF, 0, 0,   0, 0, 0xFF, 0x3E, 0, 0, 1, 0};
    ck_assert_ptr_nonnull(in_dsdt("PNP0A08", 8));
    ck_assert_ptr_nonnull(in_dsdt("PNP0A03", 8));
    ck_assert_ptr_nonnull(in_dsdt("PNP0C02", 8));
    ck_assert_ptr_nonnull(in_dsdt(route, sizeof(route)));
    ck_assert_ptr_nonnull(in_dsdt(ports, sizeof(ports)));
}
END_TEST

START_TEST(fw_cfg_gets_the_three_files_firmware_asks_for)
{
    struct fake_host *f = malloc(sizeof(*f));
    fake_host_init(f);
    f->dev = fw_cfg_create(&f->host);
    ck_assert_int_eq(acpi_add_to_fw_cfg(board(), f->dev, NULL), 0);
    f->dev->ops->write(f->dev, 8, 2, __builtin_bswap16(FW_CFG_FILE_DIR));
    ck_assert_uint_eq(__builtin_bswap32((uint32_t)fake_read(f, 0, 4)), 3);
    f->dev->ops->destroy(f->dev);
    fake_host_free(f);
    free(f);
}
END_TEST

static const TTest *const *const tests[] = {
    &the_rsdp_has_both_checksums,
    &the_fadt_is_hardware_reduced_with_psci_and_finds_the_dsdt,
    &the_madt_lists_every_vcpu_and_frame,
    &timers_and_console_have_their_interrupts,
    &the_mcfg_has_the_config_space_of_all_buses,
    &the_iort_sends_requester_ids_to_the_its,
    &the_dsdt_has_the_host_bridge_and_its_wires,
    &fw_cfg_gets_the_three_files_firmware_asks_for,
};

int main(void)
{
    return SUITE_RUN("acpi", setup, teardown, tests);
}
