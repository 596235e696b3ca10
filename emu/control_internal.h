/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Shared by emu/control*.c. */
#ifndef IRQLAB_EMU_CONTROL_INTERNAL_H
#define IRQLAB_EMU_CONTROL_INTERNAL_H

#include "emu/control.h"
#include "emu/vmm.h"

/**
 * control_vmm - if @name is an operation of the control plane: carries it out, with *rc and *result
 * or @err. control_vmm_list - names and helps of all.
 */
bool control_vmm(const struct control_context *context, const char *name, json_t *arguments,
                 json_t **result, struct error *err, int *rc);
void control_vmm_list(json_t *list);
int control_query_setup(const struct control_context *context, json_t *arguments, json_t **result,
                        struct error *err);
/** control_call_event - what a client is told of a call that is forwarded. */
json_t *control_call_event(const struct machine *m, unsigned vcpu,
                           const struct vmm_smccc_call *call);

#endif
