/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 50: a message for a guest that does not run, and no doorbell.
 *
 * With GICv4 a device's message goes to the guest without the hypervisor, while the guest's vPE is
 * resident. While it is not, the message waits in memory; the hypervisor learns of it by a
 * doorbell, an LPI of its own, if VMAPTI has named one. 1023 is none (IHI 0069, VMAPTI).
 */
#include "images/lessons/lesson.h"
#include "images/lib/vlpi.h"

#define DEVICE   7
#define EVENT    0
#define VPE      0
#define VINTID   8200
#define DOORBELL (INTID_LPI + 1)

#ifdef MENDED
#define BELL DOORBELL
#else
#define BELL VLPI_NO_BELL
#endif

BOOT_EL(2);

static void map_device(void)
{
    vpe_map(VPE, 0);
    vlpi_configure(VPE, VINTID, PRIO_DEFAULT, true);
    its_mapd(DEVICE, 2);
    its_vmapti(DEVICE, EVENT, VPE, VINTID, BELL);
    its_vsync(VPE);
}

int main(void)
{
    its_init();
    lpi_cpu_init();
    gic_on(DOORBELL, count_interrupt);
    lpi_configure(DOORBELL, PRIO_DEFAULT, true);
    map_device();
    irq_unmask();
    its_int(DEVICE, EVENT); /* the command INT: stands for the device */
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken, "the doorbell rang: the guest is to run",
                      "the hypervisor knows of no message");
}
