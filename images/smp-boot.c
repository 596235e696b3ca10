/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * smp-boot: every vCPU is started by PSCI CPU_ON and says who it is.
 *
 * Shows CPU_ON by HVC or SMC, MPIDR_EL1 affinities (16 vCPUs to an Aff1), and that each vCPU finds
 * its own redistributor.
 * Run:      irqlab run -smp 4 -kernel smp-boot.elf -semihosting -nographic
 * Expected: vCPU 0 of 4: affinity 0.0.0.0, redistributor at 0x080a0000
 *           ... one line per vCPU, in order, then "4 vCPUs are up"
 */
#include "images/lib/atomic.h"
#include "images/lib/gic.h"
#include "images/lib/print.h"
#include "images/lib/psci.h"
#include "images/lib/smp.h"

static void introduce(void *arg)
{
    u64 aff = my_affinity();
    (void)arg;
    printf("vCPU %u of %u: affinity %lu.%lu.%lu.%lu, redistributor at 0x%08lx\n", this_cpu()->index,
           boot.cpus, aff >> 32, aff >> 16 & 0xff, aff >> 8 & 0xff, aff & 0xff,
           gic_find_redist(aff));
}

int main(void)
{
    s64 version = psci_call(PSCI_VERSION, 0, 0, 0);
    printf("PSCI %ld.%ld by %s\n", version >> 16, version & 0xffff, boot.psci_smc ? "SMC" : "HVC");
    introduce(NULL);
    smp_start(0);
    for (unsigned i = 1; i < smp_started(); i++) {
        smp_run(i, introduce, NULL);
        smp_wait(i);
    }
    printf("%u vCPUs are up\n", smp_started());
    return smp_started() == boot.cpus ? 0 : 1;
}
