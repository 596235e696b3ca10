/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The ELF loader: every input gets the magic, so that all time goes behind it. */
#include <stdint.h>
#include <string.h>

#include "tests/fuzz/load_rig.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* A 64-bit, little-endian, executable ELF for AArch64; the fuzzer overwrites from byte 24 on.
     */
    static const uint8_t head[24] = {0x7f, 'E', 'L', 'F', 2, 1, 1,   0, 0, 0, 0, 0,
                                     0,    0,   0,   0,   2, 0, 183, 0, 1, 0, 0, 0};
    uint8_t file[16384];

    if (size < 1 || size > sizeof(file) - sizeof(head))
        return 0;
    memcpy(file, head, sizeof(head));
    memcpy(file + sizeof(head), data + 1, size - 1);
    if (data[0] & 1) /* sometimes the header itself is the fuzzer's */
        memcpy(file + 4, data + 1, size - 1 < 20 ? size - 1 : 20);
    load_bytes(file, sizeof(head) + size - 1, false);
    return 0;
}
