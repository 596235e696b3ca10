/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench mmio-pl011: ITERATIONS times a 32-bit read of the PL011's flag register. */
#include "images/lib/board.h"
#include "images/lib/print.h"

int main(void)
{
    for (u64 n = ITERATIONS; n; n--)
        (void)mmio_read32(BOARD_PL011 + 0x18);
    printf("iterations %lu\n", (u64)ITERATIONS);
    return 0;
}
