/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/load/acpi.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emu/dev/fw_cfg.h"
#include "emu/load/acpi_dsdt.h"

#define TABLES_FILE "etc/acpi/tables"
#define RSDP_FILE   "etc/acpi/rsdp"
#define LOADER_FILE "etc/table-loader"

#define HEADER_BYTES    36
#define CHECKSUM_OFFSET 9
#define LENGTH_OFFSET   4

/* FADT, ACPI 6.3 section 5.2.9. */
#define FADT_BYTES           276
#define FADT_FLAGS           112
#define FADT_ARM_BOOT        129
#define FADT_MINOR           131
#define FADT_X_DSDT          140
#define FADT_HYPERVISOR      268
#define FADT_HW_REDUCED      (1u << 20)
#define ARM_BOOT_PSCI        1u
#define ARM_BOOT_PSCI_BY_HVC 2u

/* GTDT timer flags, section 5.2.24: level and active high are zeros. */
#define GTDT_ALWAYS_ON 4u

/* IORT: where the first node is; a root complex node without its mappings. */
#define IORT_FIRST_OFFSET 48
#define IORT_RC_BYTES     36

/* Linker commands, 128 bytes each. */
enum { COMMAND_ALLOCATE = 1, COMMAND_ADD_POINTER = 2, COMMAND_ADD_CHECKSUM = 3 };
enum { ZONE_HIGH = 1, ZONE_FSEG = 2 };
#define COMMAND_BYTES   128
#define FILE_NAME_BYTES 56

struct build {
    const struct acpi_board *board;
    struct aml tables, rsdp, loader;
};

/* -- Linker commands -- */

static void command_begin(struct aml *loader, uint32_t command, const char *file)
{
    char name[FILE_NAME_BYTES] = {0};
    memcpy(name, file, strlen(file));
    aml_u32(loader, command);
    aml_bytes(loader, name, sizeof(name));
}

static void command_end(struct aml *loader)
{
    size_t past = loader->size_bytes % COMMAND_BYTES;
    aml_zeros(loader, past ? COMMAND_BYTES - past : 0);
}

static void link_allocate(struct aml *loader, const char *file, uint32_t align_bytes, uint8_t zone)
{
    command_begin(loader, COMMAND_ALLOCATE, file);
    aml_u32(loader, align_bytes);
    aml_u8(loader, zone);
    command_end(loader);
}

/* Firmware adds the address of the tables blob to the 8 bytes at @offset of @file. */
static void link_pointer(struct aml *loader, const char *file, size_t offset)
{
    char source[FILE_NAME_BYTES] = TABLES_FILE;
    command_begin(loader, COMMAND_ADD_POINTER, file);
    aml_bytes(loader, source, sizeof(source));
    aml_u32(loader, (uint32_t)offset);
    aml_u8(loader, 8);
    command_end(loader);
}

static void link_checksum(struct aml *loader, const char *file, size_t offset, size_t start,
                          size_t size_bytes)
{
    command_begin(loader, COMMAND_ADD_CHECKSUM, file);
    aml_u32(loader, (uint32_t)offset);
    aml_u32(loader, (uint32_t)start);
    aml_u32(loader, (uint32_t)size_bytes);
    command_end(loader);
}

/* -- Tables -- */

/* The header of section 5.2.6, with length and checksum still zero. Returns where it begins. */
static size_t table_begin(struct build *b, const char *signature, uint8_t revision)
{
    size_t start = b->tables.size_bytes;
    aml_bytes(&b->tables, signature, 4);
    aml_u32(&b->tables, 0);
    aml_u8(&b->tables, revision);
    aml_u8(&b->tables, 0);
    aml_bytes(&b->tables, "IRQLAB", 6);
    aml_bytes(&b->tables, "IRQLABVM", 8);
    aml_u32(&b->tables, 1);
    aml_bytes(&b->tables, "IRQL", 4);
    aml_u32(&b->tables, 1);
    return start;
}

static void patch(struct aml *a, size_t at, uint64_t value, unsigned size_bytes)
{
    for (unsigned i = 0; i < size_bytes && at + i < a->size_bytes; i++)
        a->data[at + i] = (uint8_t)(value >> (8 * i));
}

static void table_end(struct build *b, size_t start)
{
    size_t size_bytes = b->tables.size_bytes - start;
    patch(&b->tables, start + LENGTH_OFFSET, size_bytes, 4);
    link_checksum(&b->loader, TABLES_FILE, start + CHECKSUM_OFFSET, start, size_bytes);
}

static size_t add_dsdt(struct build *b)
{
    size_t start = table_begin(b, "DSDT", 2);
    acpi_dsdt_body(&b->tables, b->board);
    table_end(b, start);
    return start;
}

static size_t add_fadt(struct build *b, size_t dsdt)
{
    size_t start = table_begin(b, "FACP", 6);
    uint16_t arm = ARM_BOOT_PSCI | (b->board->psci_by_hvc ? ARM_BOOT_PSCI_BY_HVC : 0);
    aml_zeros(&b->tables, FADT_BYTES - HEADER_BYTES);
    patch(&b->tables, start + FADT_FLAGS, FADT_HW_REDUCED, 4);
    patch(&b->tables, start + FADT_ARM_BOOT, arm, 2);
    patch(&b->tables, start + FADT_MINOR, 3, 1);
    patch(&b->tables, start + FADT_X_DSDT, dsdt, 8);
    patch(&b->tables, start + FADT_HYPERVISOR, 0x554D4551, 8); /* "QEMU": the board is its */
    link_pointer(&b->loader, TABLES_FILE, start + FADT_X_DSDT);
    table_end(b, start);
    return start;
}

/* GICC structure, section 5.2.12.14. */
static void add_gicc(struct aml *t, const struct acpi_board *board, unsigned vcpu)
{
    aml_u8(t, 0x0B);
    aml_u8(t, 80);
    aml_u16(t, 0);
    aml_u32(t, vcpu); /* CPU interface number */
    aml_u32(t, vcpu); /* processor UID, as in the DSDT */
    aml_u32(t, 1);    /* enabled */
    aml_u32(t, 0);    /* no parking protocol: PSCI */
    aml_u32(t, board->pmu_intid);
    aml_zeros(t, 4 * 8); /* parked address, GICC, GICV, GICH: none with GICv3 */
    aml_u32(t, board->maintenance_intid);
    aml_u64(t, 0); /* GICR: by the GICR structures */
    aml_u64(t, board->mpidr[vcpu]);
    aml_u32(t, 0); /* efficiency class, SPE interrupt */
}

/* GICD, GICR and ITS structures, sections 5.2.12.15, 5.2.12.17 and 5.2.12.18. */
static void add_gic_frames(struct aml *t, const struct acpi_board *board)
{
    aml_u8(t, 0x0C);
    aml_u8(t, 24);
    aml_zeros(t, 2 + 4);
    aml_u64(t, board->gicd.base);
    aml_u32(t, 0);
    aml_u32(t, board->gic_v4 ? 4 : 3); /* GIC version */
    for (unsigned i = 0; i < 2; i++) {
        if (!board->gicr[i].size_bytes)
            continue;
        aml_u8(t, 0x0E);
        aml_u8(t, 16);
        aml_u16(t, 0);
        aml_u64(t, board->gicr[i].base);
        aml_u32(t, (uint32_t)board->gicr[i].size_bytes);
    }
    if (!board->its.size_bytes)
        return;
    aml_u8(t, 0x0F);
    aml_u8(t, 20);
    aml_zeros(t, 2 + 4);
    aml_u64(t, board->its.base);
    aml_u32(t, 0);
}

static size_t add_madt(struct build *b)
{
    size_t start = table_begin(b, "APIC", 5);
    aml_u32(&b->tables, 0); /* no local interrupt controller address */
    aml_u32(&b->tables, 0);
    for (unsigned i = 0; i < b->board->n_vcpus; i++)
        add_gicc(&b->tables, b->board, i);
    add_gic_frames(&b->tables, b->board);
    table_end(b, start);
    return start;
}

static void add_timer(struct aml *t, uint32_t intid)
{
    aml_u32(t, intid);
    aml_u32(t, intid ? GTDT_ALWAYS_ON : 0);
}

/* Section 5.2.24; the counter has no memory-mapped frames. */
static size_t add_gtdt(struct build *b)
{
    struct aml *t = &b->tables;
    size_t start = table_begin(b, "GTDT", 3);
    aml_u64(t, UINT64_MAX);
    aml_u32(t, 0);
    add_timer(t, b->board->timer_secure_intid);
    add_timer(t, b->board->timer_phys_intid);
    add_timer(t, b->board->timer_virt_intid);
    add_timer(t, b->board->timer_hyp_intid);
    aml_u64(t, UINT64_MAX);
    aml_u32(t, 0); /* no platform timers */
    aml_u32(t, 0);
    add_timer(t, b->board->timer_hyp_virt_intid);
    table_end(b, start);
    return start;
}

/* Serial Port Console Redirection, revision 2. */
static size_t add_spcr(struct build *b)
{
    struct aml *t = &b->tables;
    size_t start = table_begin(b, "SPCR", 2);
    aml_u8(t, 3); /* Arm PL011 */
    aml_zeros(t, 3);
    aml_u8(t, 0);  /* memory */
    aml_u8(t, 32); /* register width */
    aml_u8(t, 0);
    aml_u8(t, 3); /* 32-bit accesses */
    aml_u64(t, b->board->uart.base);
    aml_u8(t, 8); /* GIC interrupt */
    aml_u8(t, 0);
    aml_u32(t, b->board->uart_intid);
    aml_u8(t, 7); /* 115200 baud */
    aml_u8(t, 0); /* no parity */
    aml_u8(t, 1); /* one stop bit */
    aml_u8(t, 0); /* no flow control */
    aml_u8(t, 3); /* ANSI terminal */
    aml_u8(t, 0);
    aml_u16(t, 0xFFFF); /* not a PCI device */
    aml_u16(t, 0xFFFF);
    aml_zeros(t, 3 + 4 + 1 + 4);
    table_end(b, start);
    return start;
}

/* PCI Firmware Specification 3.2, table 4-2. */
static size_t add_mcfg(struct build *b)
{
    struct aml *t = &b->tables;
    size_t start = table_begin(b, "MCFG", 1);
    aml_zeros(t, 8);
    aml_u64(t, b->board->pcie.ecam.base);
    aml_u16(t, 0); /* segment */
    aml_u8(t, 0);
    aml_u8(t, (uint8_t)((b->board->pcie.ecam.size_bytes >> 20) - 1)); /* the last bus */
    aml_u32(t, 0);
    table_end(b, start);
    return start;
}

/* What the two kinds of IORT node begin with (Arm DEN 0049, table 4). */
static void begin_iort_node(struct aml *t, uint8_t type, uint16_t size_bytes, uint8_t revision,
                            uint32_t identifier, uint32_t n_mappings)
{
    aml_u8(t, type);
    aml_u16(t, size_bytes);
    aml_u8(t, revision);
    aml_u32(t, identifier);
    aml_u32(t, n_mappings);
    aml_u32(t, n_mappings ? IORT_RC_BYTES : 0); /* where they are in the node */
}

/* Arm DEN 0049: requester IDs of the root complex are DeviceIDs of the ITS. */
static size_t add_iort(struct build *b)
{
    struct aml *t = &b->tables;
    size_t start = table_begin(b, "IORT", 3);
    aml_u32(t, 2); /* nodes */
    aml_u32(t, IORT_FIRST_OFFSET);
    aml_u32(t, 0);
    begin_iort_node(t, 0, 24, 1, 0, 0); /* ITS group */
    aml_u32(t, 1);
    aml_u32(t, 0); /* the ITS, as in the MADT */
    begin_iort_node(t, 2, IORT_RC_BYTES + 20, 3, 1, 1);
    aml_u32(t, 1); /* coherent */
    aml_zeros(t, 3);
    aml_u8(t, 3);    /* coherent path to memory, cacheable attributes */
    aml_zeros(t, 8); /* no ATS; segment 0 */
    aml_u8(t, 64);   /* address bits */
    aml_zeros(t, 3);
    aml_u32(t, 0);      /* its one mapping: from 0 */
    aml_u32(t, 0xFFFF); /* as many, less one */
    aml_u32(t, 0);      /* to 0 */
    aml_u32(t, IORT_FIRST_OFFSET);
    aml_u32(t, 0);
    table_end(b, start);
    return start;
}

static size_t add_xsdt(struct build *b, const size_t *tables, unsigned count)
{
    size_t start = table_begin(b, "XSDT", 1);
    for (unsigned i = 0; i < count; i++) {
        link_pointer(&b->loader, TABLES_FILE, b->tables.size_bytes);
        aml_u64(&b->tables, tables[i]);
    }
    table_end(b, start);
    return start;
}

/* Section 5.2.5.3, revision 2. */
static void add_rsdp(struct build *b, size_t xsdt)
{
    struct aml *r = &b->rsdp;
    aml_bytes(r, "RSD PTR ", 8);
    aml_u8(r, 0);
    aml_bytes(r, "IRQLAB", 6);
    aml_u8(r, 2);
    aml_u32(r, 0); /* no RSDT */
    aml_u32(r, 36);
    aml_u64(r, xsdt);
    aml_zeros(r, 4);
    link_pointer(&b->loader, RSDP_FILE, 24);
    link_checksum(&b->loader, RSDP_FILE, 8, 0, 20);
    link_checksum(&b->loader, RSDP_FILE, 32, 0, 36);
}

static void add_all(struct build *b)
{
    size_t tables[6];
    unsigned n = 4;
    link_allocate(&b->loader, RSDP_FILE, 16, ZONE_FSEG);
    link_allocate(&b->loader, TABLES_FILE, 64, ZONE_HIGH);
    size_t dsdt = add_dsdt(b);
    tables[0] = add_fadt(b, dsdt);
    tables[1] = add_madt(b);
    tables[2] = add_gtdt(b);
    tables[3] = add_spcr(b);
    if (b->board->pcie.ecam.size_bytes)
        tables[n++] = add_mcfg(b);
    if (b->board->pcie.ecam.size_bytes && b->board->its.size_bytes)
        tables[n++] = add_iort(b);
    add_rsdp(b, add_xsdt(b, tables, n));
}

static struct acpi_blob take(struct aml *a)
{
    return (struct acpi_blob){.data = a->data, .size_bytes = a->size_bytes};
}

int acpi_build(const struct acpi_board *board, struct acpi_tables *out, struct error *err)
{
    struct build b = {.board = board};
    add_all(&b);
    *out = (struct acpi_tables){take(&b.tables), take(&b.rsdp), take(&b.loader)};
    if (!b.tables.failed && !b.rsdp.failed && !b.loader.failed)
        return 0;
    acpi_free(out);
    return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for the ACPI tables");
}

void acpi_free(struct acpi_tables *tables)
{
    free(tables->tables.data);
    free(tables->rsdp.data);
    free(tables->loader.data);
    memset(tables, 0, sizeof(*tables));
}

int acpi_add_to_fw_cfg(const struct acpi_board *board, struct dev *fw_cfg, struct error *err)
{
    struct acpi_tables t;
    int rc = acpi_build(board, &t, err);
    if (rc)
        return rc;
    rc = fw_cfg_add_file(fw_cfg, TABLES_FILE, t.tables.data, t.tables.size_bytes, err);
    if (!rc)
        rc = fw_cfg_add_file(fw_cfg, RSDP_FILE, t.rsdp.data, t.rsdp.size_bytes, err);
    if (!rc)
        rc = fw_cfg_add_file(fw_cfg, LOADER_FILE, t.loader.data, t.loader.size_bytes, err);
    acpi_free(&t);
    return rc;
}
