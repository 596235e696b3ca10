/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/machine.h"
#include "emu/scenarios/scenarios.h"
#include "emu/vmm.h"

/* mpidr << 32 | Op0:Op1:CRn:CRm:Op2 of ICC_CTLR_EL1 (3, 0, 12, 12, 4); emu/vmm.h. */
uint64_t scenario_cpuif_attr(const struct machine *m, unsigned vcpu)
{
    return (m->mpidr[vcpu] & 0xffffff) << 32 | 3u << 14 | 12u << 7 | 12u << 3 | 4u;
}

void scenario_open(struct machine *m)
{
    uint64_t values[VMM_N_KEYS];

    vmm_setup_get_all(vmm_setup_of(m), values);
    vmm_setup_put(vmm_setup_of(m), values, false);
}

void scenario_seal(struct machine *m)
{
    struct error err;

    m->sealed = vmm_setup_is_sealed(vmm_setup_of(m));
    if (!m->sealed && vmm_seal(m, &err))
        machine_shut_down(m, (int)err.exit_code, "%s", err.text);
}
