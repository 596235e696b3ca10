/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A device tree that was given: checked against the machine, and completed. */
#include "emu/fdt.h"

#include <errno.h>
#include <inttypes.h>
#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

enum { FDT_GIVEN_MAX = 2 << 20, ROOM_TO_ADD = 1 << 20 };

/* -- Does the tree fit the machine? ------------------------------------------------------------ */

/* Reads @cells cells from the @first on; false where the property ends before. */
static bool read_number(const fdt32_t *value, int bytes, int first, int cells, uint64_t *number)
{
    if (bytes < (first + cells) * (int)sizeof(*value))
        return false;
    *number = 0;
    for (int i = first; i < first + cells; i++)
        *number = *number << 32 | fdt32_to_cpu(value[i]);
    return true;
}

static int bad_cells(const char *name, const char *node, struct error *err)
{
    return error_bad_input(err, "-dtb %s: %s needs #address-cells and #size-cells of 1 or 2", name,
                           node);
}

/* A guest that believes in RAM that is not there dies early and without a word. */
static int check_memory(const char *name, const void *blob, int node,
                        const struct board_description *b, struct error *err)
{
    int address_cells = fdt_address_cells(blob, 0), size_cells = fdt_size_cells(blob, 0), bytes;
    const fdt32_t *reg = fdt_getprop(blob, node, "reg", &bytes);
    uint64_t start, size, end = BOARD_RAM_BASE + b->ram_bytes;

    if (address_cells < 1 || address_cells > 2 || size_cells < 1 || size_cells > 2)
        return bad_cells(name, "the root", err);
    for (int at = 0; reg && read_number(reg, bytes, at, address_cells, &start) &&
                     read_number(reg, bytes, at + address_cells, size_cells, &size);
         at += address_cells + size_cells) {
        if (size && (start < BOARD_RAM_BASE || start >= end || size > end - start))
            return error_bad_input(err,
                                   "-dtb %s: %s has 0x%" PRIx64 " bytes at 0x%" PRIx64
                                   ", but RAM is 0x%" PRIx64 "..0x%" PRIx64
                                   "; give more with -m, or leave the node out",
                                   name, fdt_get_name(blob, node, NULL), size, start,
                                   (uint64_t)BOARD_RAM_BASE, end - 1);
    }
    return 0;
}

static int check_affinity(const char *name, const void *blob, int node, int cells,
                          const struct board_description *b, struct error *err)
{
    int bytes;
    const fdt32_t *reg = fdt_getprop(blob, node, "reg", &bytes);
    uint64_t affinity;

    if (!reg || !read_number(reg, bytes, 0, cells, &affinity))
        return error_bad_input(err, "-dtb %s: %s has no sound reg; write its MPIDR affinity there",
                               name, fdt_get_name(blob, node, NULL));
    for (unsigned i = 0; i < b->n_vcpus; i++) {
        if (b->mpidr[i] == affinity)
            return 0;
    }
    return error_bad_input(err,
                           "-dtb %s: %s has affinity 0x%" PRIx64
                           ", which none of the %u vCPUs has; give more with -smp (they are 0..15, "
                           "0x100..0x10f, ...)",
                           name, fdt_get_name(blob, node, NULL), affinity, b->n_vcpus);
}

static bool is_type(const void *blob, int node, const char *type)
{
    int bytes;
    const char *value = fdt_getprop(blob, node, "device_type", &bytes);

    return value && bytes == (int)strlen(type) + 1 && !memcmp(value, type, (size_t)bytes);
}

static int check_given(const char *name, const void *blob, const struct board_description *b,
                       struct error *err)
{
    int cpus = fdt_path_offset(blob, "/cpus"), cells = cpus < 0 ? 1 : fdt_address_cells(blob, cpus);
    int node, rc = 0;

    if (cells < 1 || cells > 2)
        return bad_cells(name, "/cpus", err);
    fdt_for_each_subnode(node, blob, 0)
    {
        if (!rc && is_type(blob, node, "memory"))
            rc = check_memory(name, blob, node, b, err);
    }
    for (node = cpus < 0 ? -1 : fdt_first_subnode(blob, cpus); !rc && node >= 0;
         node = fdt_next_subnode(blob, node)) {
        if (is_type(blob, node, "cpu"))
            rc = check_affinity(name, blob, node, cells, b, err);
    }
    return rc;
}

/* -- What irqlab adds -------------------------------------------------------------------------- */

static int set_u64(void *blob, int node, const char *name, uint64_t value)
{
    return fdt_setprop_u64(blob, node, name, value);
}

static int complete_chosen(void *blob, const struct fdt_boot *boot)
{
    int node = fdt_path_offset(blob, "/chosen"), rc = 0;

    if (node < 0)
        node = fdt_add_subnode(blob, 0, "chosen");
    if (node < 0)
        return node;
    if (boot->bootargs)
        rc = fdt_setprop_string(blob, node, "bootargs", boot->bootargs);
    if (!rc && boot->initrd_end > boot->initrd_start) {
        rc = set_u64(blob, node, "linux,initrd-start", boot->initrd_start);
        rc = rc ? rc : set_u64(blob, node, "linux,initrd-end", boot->initrd_end);
    }
    /* Seeds that another machine left in the tree stay: they are constant now. */
    return rc;
}

static bool has_memory(const void *blob)
{
    int node;

    fdt_for_each_subnode(node, blob, 0)
    {
        const char *name = fdt_get_name(blob, node, NULL);

        if (name && !strncmp(name, "memory", 6))
            return true;
    }
    return false;
}

static int add_memory(void *blob, const struct board_description *b)
{
    const fdt64_t where[] = {cpu_to_fdt64(BOARD_RAM_BASE), cpu_to_fdt64(b->ram_bytes)};
    int node = fdt_add_subnode(blob, 0, "memory@40000000"), rc;

    if (node < 0)
        return node;
    rc = fdt_setprop_string(blob, node, "device_type", "memory");
    return rc ? rc : fdt_setprop(blob, node, "reg", where, sizeof(where));
}

/*
 * Versions before 16 (2005, full paths as names) stop here: libfdt 1.6.1 reads through a NULL
 * pointer when such a tree's root has no slash in its name.
 */
static int check_structure(const void *given, size_t given_bytes)
{
    int status;

    if (given_bytes < sizeof(struct fdt_header))
        return -FDT_ERR_TRUNCATED;
    status = fdt_check_header(given);
    if (!status && fdt_version(given) < 16)
        status = -FDT_ERR_BADVERSION;
    return status ? status : fdt_check_full(given, given_bytes);
}

int fdt_complete(const char *name, const void *given, size_t given_bytes,
                 const struct board_description *b, const struct fdt_boot *boot, void **blob,
                 size_t *size, struct error *err)
{
    int status, room;
    void *copy;

    if (given_bytes > FDT_GIVEN_MAX)
        return error_bad_input(err,
                               "-dtb %s: %zu bytes is more than a device tree may have (2 MiB)",
                               name, given_bytes);
    status = check_structure(given, given_bytes);
    if (status)
        return error_bad_input(err,
                               "-dtb %s: not a sound device tree blob (%s); compile it with dtc",
                               name, fdt_strerror(status));
    status = check_given(name, given, b, err);
    if (status)
        return status;
    room = (int)fdt_totalsize(given) + ROOM_TO_ADD;
    copy = calloc(1, (size_t)room);
    if (!copy)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for the device tree");
    status = fdt_open_into(given, copy, room);
    status = status ? status : complete_chosen(copy, boot);
    if (!status && !has_memory(copy))
        status = add_memory(copy, b);
    if (status)
        error_bad_input(err, "-dtb %s: cannot be completed (%s)", name, fdt_strerror(status));
    else if (boot->n_modules)
        status = fdt_add_modules(name, copy, boot, err);
    if (status) {
        free(copy);
        return -EINVAL;
    }
    fdt_pack(copy);
    *blob = copy;
    *size = fdt_totalsize(copy);
    return 0;
}
