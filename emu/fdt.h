/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The device tree: built in the shape of QEMU's virt, or a given one completed.
 *
 * No kaslr-seed and no rng-seed: a seed from the host would make every boot different, and a fixed
 * one would only pretend. `nokaslr` is thus what a guest gets. No PCIe and no PMU node, because the
 * board has neither.
 */
#ifndef IRQLAB_EMU_FDT_H
#define IRQLAB_EMU_FDT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/board.h"
#include "emu/error.h"

/*
 * What a hypervisor boots: a node below /chosen with the "multiboot,module" binding (Xen:
 * docs/misc/arm/device-tree/booting.txt).
 */
struct fdt_module {
    bool is_kernel; /* else an initial RAM disk */
    uint64_t address, bytes;
    const char *bootargs; /* of a kernel; may be NULL */
};

struct fdt_boot {
    const char *bootargs;              /* may be NULL */
    uint64_t initrd_start, initrd_end; /* equal: none */
    const struct fdt_module *modules;
    size_t n_modules;
};

/** fdt_build - @blob is malloc()ed; the caller frees it. */
int fdt_build(const struct board_description *b, const struct fdt_boot *boot, void **blob,
              size_t *bytes, struct error *err);

/**
 * fdt_complete - checks a tree that came from a file (its RAM and its vCPUs must be there), and
 * adds what @boot says and, where it has no memory node, the board's RAM. @name is the file, for
 * messages.
 */
int fdt_complete(const char *name, const void *given, size_t given_bytes,
                 const struct board_description *b, const struct fdt_boot *boot, void **blob,
                 size_t *bytes, struct error *err);

/**
 * fdt_add_modules - for the two above: adds the modules of @boot to @blob, which has room.
 * @given: the file it came from, for messages; NULL: none
 */
int fdt_add_modules(const char *given, void *blob, const struct fdt_boot *boot, struct error *err);

#endif
