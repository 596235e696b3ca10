/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The table of operations: what the socket needs to know of each. */
#ifndef IRQLAB_EMU_VMM_OPS_H
#define IRQLAB_EMU_VMM_OPS_H

#include "emu/vmm.h"
#include "emu/vmm_internal.h"

enum vmm_kind {
    VMM_NO_ARG,
    VMM_ARG_VCPU,
    VMM_ARG_BOOL,
    VMM_ARG_U32,
    VMM_ARG_U64,
    VMM_ARG_OPTIONAL, /* 64 bits; 0 if it is not given */
    VMM_ARG_PRIVATE,  /* INTID 0..31 */
    VMM_ARG_ACTION,   /* "handle", "deny", "forward" */
    VMM_ARG_KEY,      /* of the setup, by its name */
};

struct vmm_arg {
    const char *name;
    enum vmm_kind kind;
};

struct vmm_row {
    const char *name, *help;
    struct vmm_arg args[VMM_MAX_ARGS];
    const char *results[VMM_MAX_RESULTS];
    bool changes; /* the guest may notice: it goes through the door */
    vmm_run_fn *run;
};

/** vmm_row - of an operation; NULL beyond the last. */
const struct vmm_row *vmm_row(unsigned op);

#endif
