/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The nodes from which a hypervisor learns what to boot (Xen: arm/device-tree/booting.txt). */
#include "emu/fdt.h"

#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>

static int chosen_of(void *blob)
{
    int node = fdt_path_offset(blob, "/chosen");

    return node == -FDT_ERR_NOTFOUND ? fdt_add_subnode(blob, 0, "chosen") : node;
}

/* Cells are not inherited (Devicetree Specification 0.4, 2.3.5); those that a tree has stay. */
static int set_cells(void *blob, int chosen)
{
    static const char *const names[] = {"#address-cells", "#size-cells"};
    int rc = 0;

    for (int i = 0; !rc && i < 2; i++) {
        if (!fdt_getprop(blob, chosen, names[i], NULL))
            rc = fdt_setprop_u32(blob, chosen, names[i], 2);
    }
    return rc;
}

static int add_module(void *blob, const char *name, const struct fdt_module *module)
{
    static const char kernel[] = "multiboot,kernel\0multiboot,module";
    static const char ramdisk[] = "multiboot,ramdisk\0multiboot,module";
    int chosen = fdt_path_offset(blob, "/chosen"), node = fdt_add_subnode(blob, chosen, name), rc;

    if (node < 0)
        return node;
    rc = fdt_setprop(blob, node, "compatible", module->is_kernel ? kernel : ramdisk,
                     module->is_kernel ? sizeof(kernel) : sizeof(ramdisk));
    rc = rc ? rc
            : fdt_appendprop_addrrange(blob, chosen, node, "reg", module->address, module->bytes);
    return rc || !module->bootargs ? rc
                                   : fdt_setprop_string(blob, node, "bootargs", module->bootargs);
}

static int refused(const char *given, const char *name, int status, struct error *err)
{
    if (!given)
        return error_bad_input(err,
                               "-device guest-loader: no place for %s in the device tree (%s); "
                               "shorten the bootargs",
                               name, fdt_strerror(status));
    if (status == -FDT_ERR_EXISTS)
        return error_bad_input(err,
                               "-dtb %s: has /chosen/%s already; leave it out there, or use "
                               "-device loader instead of guest-loader",
                               given, name);
    if (status == -FDT_ERR_BADVALUE)
        return error_bad_input(err,
                               "-dtb %s: the cells of /chosen have no room for %s; set its "
                               "#address-cells and #size-cells to 2",
                               given, name);
    return error_bad_input(err, "-dtb %s: %s cannot be added (%s)", given, name,
                           fdt_strerror(status));
}

int fdt_add_modules(const char *given, void *blob, const struct fdt_boot *boot, struct error *err)
{
    int chosen = chosen_of(blob), status = chosen < 0 ? chosen : set_cells(blob, chosen);
    char name[32] = "/chosen";

    /* A new node goes in front of the others: in this order they are as on the command line. */
    for (size_t i = boot->n_modules; !status && i > 0; i--) {
        snprintf(name, sizeof(name), "module@%" PRIx64, boot->modules[i - 1].address);
        status = add_module(blob, name, &boot->modules[i - 1]);
    }
    return status ? refused(given, name, status, err) : 0;
}
