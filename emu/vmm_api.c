/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vmm_call() with types (emu/vmm.h). */
#include <string.h>

#include "emu/vmm.h"

#define ARGS(...)                                                                                  \
    (const uint64_t[VMM_MAX_ARGS])                                                                 \
    {                                                                                              \
        __VA_ARGS__                                                                                \
    }

int vmm_reset_vcpu(struct machine *m, unsigned vcpu, struct error *err)
{
    return vmm_call(m, VMM_RESET_VCPU, ARGS(vcpu), NULL, err);
}

int vmm_start_vcpu(struct machine *m, unsigned vcpu, uint64_t entry, uint64_t context,
                   struct error *err)
{
    return vmm_call(m, VMM_START_VCPU, ARGS(vcpu, entry, context), NULL, err);
}

int vmm_stop_vcpu(struct machine *m, unsigned vcpu, struct error *err)
{
    return vmm_call(m, VMM_STOP_VCPU, ARGS(vcpu), NULL, err);
}

int vmm_pause_vcpu(struct machine *m, unsigned vcpu, struct error *err)
{
    return vmm_call(m, VMM_PAUSE_VCPU, ARGS(vcpu), NULL, err);
}

int vmm_resume_vcpu(struct machine *m, unsigned vcpu, struct error *err)
{
    return vmm_call(m, VMM_RESUME_VCPU, ARGS(vcpu), NULL, err);
}

int vmm_vcpu_state(struct machine *m, unsigned vcpu, struct vmm_vcpu_state *state,
                   struct error *err)
{
    uint64_t out[VMM_MAX_RESULTS];
    int rc = vmm_call(m, VMM_VCPU_STATE, ARGS(vcpu), out, err);

    if (!rc)
        *state = (struct vmm_vcpu_state){(enum vmm_power)out[0], out[1] != 0, out[2] != 0, out[3]};
    return rc;
}

int vmm_set_smccc_filter(struct machine *m, uint32_t base, uint32_t n, enum vmm_smccc_action action,
                         struct error *err)
{
    return vmm_call(m, VMM_SET_SMCCC_FILTER, ARGS(base, n, action), NULL, err);
}

int vmm_get_call(struct machine *m, unsigned vcpu, struct vmm_smccc_call *call, struct error *err)
{
    uint64_t out[VMM_MAX_RESULTS];
    int rc = vmm_call(m, VMM_GET_CALL, ARGS(vcpu), out, err);

    if (!rc) {
        call->smc = out[0] != 0;
        memcpy(call->x, out + 1, sizeof(call->x));
    }
    return rc;
}

int vmm_answer_call(struct machine *m, unsigned vcpu, const uint64_t x[4], struct error *err)
{
    return vmm_call(m, VMM_ANSWER_CALL, ARGS(vcpu, x[0], x[1], x[2], x[3]), NULL, err);
}

int vmm_handle_call(struct machine *m, unsigned vcpu, struct error *err)
{
    return vmm_call(m, VMM_HANDLE_CALL, ARGS(vcpu), NULL, err);
}

int vmm_set_setup(struct machine *m, enum vmm_key key, uint64_t value, struct error *err)
{
    return vmm_call(m, VMM_SET_SETUP, ARGS(key, value), NULL, err);
}

int vmm_seal(struct machine *m, struct error *err)
{
    return vmm_call(m, VMM_SEAL, ARGS(0), NULL, err);
}

/* *value is also an argument: KVM's REDIST_REGION says by it which one is wanted. */
int vmm_get_gic_attr(struct machine *m, uint32_t group, uint64_t attr, uint64_t *value,
                     struct error *err)
{
    return vmm_call(m, VMM_GET_GIC_ATTR, ARGS(group, attr, *value), value, err);
}

int vmm_set_gic_attr(struct machine *m, uint32_t group, uint64_t attr, uint64_t value,
                     struct error *err)
{
    return vmm_call(m, VMM_SET_GIC_ATTR, ARGS(group, attr, value), NULL, err);
}

int vmm_has_gic_attr(struct machine *m, uint32_t group, uint64_t attr, struct error *err)
{
    return vmm_call(m, VMM_HAS_GIC_ATTR, ARGS(group, attr), NULL, err);
}

int vmm_get_its_attr(struct machine *m, unsigned its, uint32_t group, uint64_t attr,
                     uint64_t *value, struct error *err)
{
    return vmm_call(m, VMM_GET_ITS_ATTR, ARGS(its, group, attr), value, err);
}

int vmm_set_its_attr(struct machine *m, unsigned its, uint32_t group, uint64_t attr, uint64_t value,
                     struct error *err)
{
    return vmm_call(m, VMM_SET_ITS_ATTR, ARGS(its, group, attr, value), NULL, err);
}

int vmm_has_its_attr(struct machine *m, unsigned its, uint32_t group, uint64_t attr,
                     struct error *err)
{
    return vmm_call(m, VMM_HAS_ITS_ATTR, ARGS(its, group, attr), NULL, err);
}

int vmm_get_vcpu_attr(struct machine *m, unsigned vcpu, uint32_t group, uint64_t attr,
                      uint64_t *value, struct error *err)
{
    return vmm_call(m, VMM_GET_VCPU_ATTR, ARGS(vcpu, group, attr), value, err);
}

int vmm_set_vcpu_attr(struct machine *m, unsigned vcpu, uint32_t group, uint64_t attr,
                      uint64_t value, struct error *err)
{
    return vmm_call(m, VMM_SET_VCPU_ATTR, ARGS(vcpu, group, attr, value), NULL, err);
}

int vmm_has_vcpu_attr(struct machine *m, unsigned vcpu, uint32_t group, uint64_t attr,
                      struct error *err)
{
    return vmm_call(m, VMM_HAS_VCPU_ATTR, ARGS(vcpu, group, attr), NULL, err);
}

int vmm_get_one_reg(struct machine *m, unsigned vcpu, uint64_t id, uint64_t *value,
                    struct error *err)
{
    return vmm_call(m, VMM_GET_ONE_REG, ARGS(vcpu, id), value, err);
}

int vmm_set_one_reg(struct machine *m, unsigned vcpu, uint64_t id, uint64_t value,
                    struct error *err)
{
    return vmm_call(m, VMM_SET_ONE_REG, ARGS(vcpu, id, value), NULL, err);
}

int vmm_set_counter_offset(struct machine *m, uint64_t ticks, struct error *err)
{
    return vmm_call(m, VMM_SET_COUNTER_OFFSET, ARGS(ticks), NULL, err);
}

int vmm_set_line(struct machine *m, unsigned vcpu, uint32_t intid, bool level, struct error *err)
{
    return vmm_call(m, VMM_SET_LINE, ARGS(vcpu, intid, level), NULL, err);
}

int vmm_send_msi(struct machine *m, uint32_t device, uint32_t event, struct error *err)
{
    return vmm_call(m, VMM_SEND_MSI, ARGS(device, event), NULL, err);
}

int vmm_send_lpi(struct machine *m, unsigned vcpu, uint32_t intid, struct error *err)
{
    return vmm_call(m, VMM_SEND_LPI, ARGS(vcpu, intid), NULL, err);
}

int vmm_send_sgi(struct machine *m, unsigned vcpu, uint32_t intid, struct error *err)
{
    return vmm_call(m, VMM_SEND_SGI, ARGS(vcpu, intid), NULL, err);
}
