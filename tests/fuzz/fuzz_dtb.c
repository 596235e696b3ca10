/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A given device tree: checked and completed, or refused. */
#include <stdint.h>
#include <string.h>

#include <libfdt.h>

#include "tests/fuzz/load_rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t file[16384];

    if (size < sizeof(struct fdt_header) || size > sizeof(file))
        return 0;
    memcpy(file, data, size);
    /* A header that passes, so that the structure is what is tried. */
    if (data[0] & 1) {
        struct fdt_header *h = (struct fdt_header *)file;

        fdt_set_magic(h, FDT_MAGIC);
        fdt_set_totalsize(h, (uint32_t)size);
        fdt_set_version(h, 17);
        fdt_set_last_comp_version(h, 16);
    }
    load_bytes(file, size, true);
    return 0;
}
