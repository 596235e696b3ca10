/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Lesson 33: enabled first, routed afterwards.
 *
 * The first core prepares a device for the second: it enables the interrupt, then routes it. The
 * device has been waiting to say something. Between the two writes its interrupt is enabled and
 * still routed to the first core, which takes it and has no idea what to do (IHI 0069,
 * GICD_IROUTER<n>).
 */
#include "images/lessons/lesson.h"

#define DEVICE INTID_DEVICE
#define TARGET 1

static void on_device(u32 intid, struct exc_frame *frame)
{
    if (this_cpu()->index != TARGET)
        guest_exit(lesson_end(false, "", "the device's interrupt came to vCPU 0"));
    count_interrupt(intid, frame);
}

static void prepare(void)
{
#ifdef MENDED
    gic_route(DEVICE, cpus[TARGET].affinity);
    gic_enable(DEVICE);
#else
    gic_enable(DEVICE);
    gic_route(DEVICE, cpus[TARGET].affinity);
#endif
}

int main(void)
{
    gic_on(DEVICE, on_device);
    smp_start(2);
    smp_run(TARGET, listen, NULL);
    gic_set_edge(DEVICE, true);
    gic_set_pending(DEVICE); /* stands for the device */
    irq_unmask();
    prepare();
    smp_wait(TARGET);
    return lesson_end(taken, "vCPU 1 has its interrupt",
                      "the device's interrupt did not come to vCPU 1");
}
