/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hello: the smallest image on the library.
 *
 * Shows that the loader, the PL011 and semihosting work, and where the image was entered.
 * Run:      irqlab run -kernel hello.elf -semihosting -nographic
 * Expected: Hello from EL1 (entered at EL1), 1 vCPU, counter at 62500000 Hz
 */
#include "images/lib/print.h"
#include "images/lib/smp.h"
#include "images/lib/timer.h"

int main(void)
{
    printf("Hello from EL%u (entered at EL%u), %u vCPU%s, counter at %lu Hz\n", current_el(),
           boot.entry_el, boot.cpus, boot.cpus == 1 ? "" : "s", counter_hz());
    return 0;
}
