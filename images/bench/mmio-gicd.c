/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bench mmio-gicd: ITERATIONS times a 32-bit read of GICD_TYPER. */
#include "images/lib/gic.h"
#include "images/lib/print.h"

int main(void)
{
    for (u64 n = ITERATIONS; n; n--)
        (void)mmio_read32(BOARD_GICD + GICD_TYPER);
    printf("iterations %lu\n", (u64)ITERATIONS);
    return 0;
}
