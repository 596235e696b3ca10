/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by emu/vmm*.c. */
#ifndef IRQLAB_EMU_VMM_INTERNAL_H
#define IRQLAB_EMU_VMM_INTERNAL_H

#include "emu/vmm.h"

struct vmm_filter {
    uint32_t base, last;
    uint32_t action; /* enum vmm_smccc_action */
};

struct vmm {
    struct vmm_setup *setup;
    bool owns_setup;
    const struct vmm_hooks *hooks;
    struct vmm_engine_ids engine_has; /* as it was made */
    uint64_t engine_is[VMM_N_ID_KEYS];
    struct vmm_filter filters[VMM_MAX_FILTERS]; /* ascending */
    uint32_t n_filters;
    unsigned n_calls; /* vCPUs that wait for an answer */
    bool *fresh;      /* [n_vcpus]: reset since it went off */
};

/* What an operation does; arguments are in range. NULL @err is allowed. */
typedef int vmm_run_fn(struct machine *m, const uint64_t *args, uint64_t *out, struct error *err);

/* -- vmm_vcpu.c -- */
vmm_run_fn vmm_run_reset_vcpu, vmm_run_start_vcpu, vmm_run_stop_vcpu, vmm_run_pause_vcpu,
    vmm_run_resume_vcpu, vmm_run_vcpu_state;
/* -- vmm_smccc.c -- */
vmm_run_fn vmm_run_set_smccc_filter, vmm_run_get_call, vmm_run_answer_call, vmm_run_handle_call;
/** vmm_forget_call - @vcpu waits for no answer any more. */
void vmm_forget_call(struct machine *m, unsigned vcpu);
/* -- vmm.c -- */
vmm_run_fn vmm_run_set_setup, vmm_run_get_setup, vmm_run_seal;
/* -- vmm_attr.c -- */
vmm_run_fn vmm_run_read_cpuif, vmm_run_cpuif_reset_value;
vmm_run_fn vmm_run_get_gic_attr, vmm_run_set_gic_attr, vmm_run_has_gic_attr, vmm_run_get_its_attr,
    vmm_run_set_its_attr, vmm_run_has_its_attr, vmm_run_get_vcpu_attr, vmm_run_set_vcpu_attr,
    vmm_run_has_vcpu_attr;
vmm_run_fn vmm_run_set_line, vmm_run_send_msi, vmm_run_send_lpi, vmm_run_send_sgi;
/* -- vmm_regs.c -- */
vmm_run_fn vmm_run_get_one_reg, vmm_run_set_one_reg, vmm_run_set_counter_offset;

#endif
