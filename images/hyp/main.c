/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Two machines on all CPUs there are, up to one for each vCPU. */
#include "images/hyp/hyp.h"
#include "images/lib/timer.h"

BOOT_EL(2);

struct vcpu vcpus[VCPU_COUNT];
struct vm vms[VM_COUNT];

static struct hcpu hcpus[VCPU_COUNT];
static struct barrier ready, go;

/* vPEs can be mapped when every redistributor has its tables, and may be resident after that. */
static void run_cpu(void *arg)
{
    unsigned n = *(unsigned *)arg;
    vpe_cpu_init();
    barrier_wait(&ready, n);
    if (this_cpu()->index == 0)
        vpe_map_all();
    barrier_wait(&go, n);
    stage2_cpu_init();
    vgic_cpu_init();
    sched_cpu_init(&hcpus[this_cpu()->index]);
    sched_idle();
}

int main(void)
{
    unsigned n = boot.cpus < VCPU_COUNT ? boot.cpus : VCPU_COUNT;
    smp_start(n);
    exc_set_handler(EXC_IRQ, host_irq);
    for (unsigned i = 0; i < VM_COUNT; i++) {
        vms[i].index = i;
        vms[i].voff = counter_physical() - GUEST_TIME(i);
        stage2_init(&vms[i]);
    }
    for (unsigned i = 0; i < VCPU_COUNT; i++)
        vcpu_init(&vcpus[i], i, n);
    printf("hyp: %u machines of %u vCPUs on %u CPUs, %lu list registers\n", VM_COUNT, GUEST_CPUS, n,
           (read_sysreg(ICH_VTR_EL2) & 31) + 1);
    vpe_probe();
    for (unsigned i = 1; i < n; i++)
        smp_run(i, run_cpu, &n);
    run_cpu(&n);
    return 1; /* not reached */
}
