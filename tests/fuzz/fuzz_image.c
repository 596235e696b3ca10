/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The Image loader, plain and by gzip, and the flat one. */
#include <stdint.h>
#include <string.h>

#include "tests/fuzz/load_rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t file[8192];

    if (size < 2 || size > sizeof(file))
        return 0;
    memcpy(file, data, size);
    if ((data[0] & 3) == 1 && size >= 64)
        memcpy(file + 56, "ARM\x64", 4);
    else if ((data[0] & 3) == 2 && size >= 18)
        memcpy(file, "\x1f\x8b\x08\x00", 4);
    load_bytes(file, size, false);
    return 0;
}
