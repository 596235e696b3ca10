/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 58: a guest that was moved, and is nowhere.
 *
 * To give a guest's vPE other tables, a hypervisor takes its mapping away (VMAPP with V = 0), and
 * has to map it again. The device's event still names the vPE, and leads to nobody (IHI 0069,
 * VMAPP).
 */
#include "images/lessons/lesson.h"
#include "images/lib/vlpi.h"

#define DEVICE   7
#define EVENT    0
#define VPE      0
#define VINTID   8200
#define DOORBELL (INTID_LPI + 1)

BOOT_EL(2);

static void map_device(void)
{
    vpe_map(VPE, 0);
    vlpi_configure(VPE, VINTID, PRIO_DEFAULT, true);
    its_mapd(DEVICE, 2);
    its_vmapti(DEVICE, EVENT, VPE, VINTID, DOORBELL);
    its_vsync(VPE);
}

static void change_tables(void)
{
    vpe_unmap(VPE);
#ifdef MENDED
    vpe_map(VPE, 0);
    vlpi_configure(VPE, VINTID, PRIO_DEFAULT, true);
    its_vsync(VPE);
#endif
}

int main(void)
{
    its_init();
    lpi_cpu_init();
    gic_on(DOORBELL, count_interrupt);
    lpi_configure(DOORBELL, PRIO_DEFAULT, true);
    map_device();
    change_tables();
    irq_unmask();
    its_int(DEVICE, EVENT); /* the command INT: stands for the device */
    wait_until(taken, PATIENCE_MS);
    return lesson_end(taken, "the doorbell rang: the guest is to run",
                      "the hypervisor knows of no message");
}
