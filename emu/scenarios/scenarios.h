/* SPDX-License-Identifier: GPL-2.0-or-later */
/* All scenarios, one file for each story; images/races/vmm-NAME tells it, and has the guest. */
#ifndef IRQLAB_EMU_SCENARIOS_H
#define IRQLAB_EMU_SCENARIOS_H

#include "emu/actor.h"

#define SCENARIOS(X)                                                                               \
    X(cpuif_trylock)                                                                               \
    X(cpuif_target)                                                                                \
    X(cpuif_free)                                                                                  \
    X(shadow_stale)                                                                                \
    X(shadow_published)                                                                            \
    X(iidr_unlocked)                                                                               \
    X(iidr_inverted)                                                                               \
    X(iidr_sealed)                                                                                 \
    X(idregs_copies)                                                                               \
    X(idregs_adjusted)                                                                             \
    X(idregs_store)                                                                                \
    X(restore_last)                                                                                \
    X(restore_fixed)                                                                               \
    X(hotplug_resync)                                                                              \
    X(hotplug_inherit)                                                                             \
    X(deadline_once)                                                                               \
    X(deadline_again)                                                                              \
    X(tge_once)                                                                                    \
    X(tge_again)

#define X(id) extern const struct scenario id;
SCENARIOS(X)
#undef X

#define ACTOR_PROGRAM(title, table)                                                                \
    {                                                                                              \
        .name = (title), .steps = (table), .n_steps = sizeof(table) / sizeof((table)[0]),          \
    }

/** scenario_cpuif_attr - ICC_CTLR_EL1 of @vcpu, for vmm_cpuif_read(). */
uint64_t scenario_cpuif_attr(const struct machine *m, unsigned vcpu);
/**
 * scenario_open - the setup of @m (emu/vmm_setup.h) is open again, as that of a machine on which no
 * vCPU has run. scenario_seal - the first run of a vCPU: vmm_seal(), and the setup becomes so.
 */
void scenario_open(struct machine *m);
void scenario_seal(struct machine *m);

#endif
