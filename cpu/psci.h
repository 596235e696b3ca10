/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PSCI 1.1 (Arm DEN0022) and what SMCCC 1.1 (DEN0028) needs around it, as pure logic over
 * callbacks. The machine stops a vCPU at an HVC or SMC on its conduit, calls psci_call(), and goes
 * on with the result in x0. One host thread.
 */
#ifndef IRQLAB_CPU_PSCI_H
#define IRQLAB_CPU_PSCI_H

#include <stdbool.h>
#include <stdint.h>

enum psci_result {
    PSCI_SUCCESS = 0,
    PSCI_NOT_SUPPORTED = -1,
    PSCI_INVALID_PARAMETERS = -2,
    PSCI_DENIED = -3,
    PSCI_ALREADY_ON = -4,
    PSCI_ON_PENDING = -5,
    PSCI_INTERNAL_FAILURE = -6,
    PSCI_NOT_PRESENT = -7,
    PSCI_DISABLED = -8,
    PSCI_INVALID_ADDRESS = -9,
};

enum psci_power { PSCI_POWER_ON, PSCI_POWER_OFF, PSCI_POWER_ON_PENDING };

struct psci_ops {
    unsigned n_vcpus;
    /* Affinity fields of MPIDR_EL1 of a vCPU. */
    uint64_t (*affinity)(void *opaque, unsigned vcpu);
    enum psci_power (*power)(void *opaque, unsigned vcpu);
    /* Starts a vCPU that is off, at @entry with @context in x0. */
    void (*cpu_on)(void *opaque, unsigned vcpu, unsigned caller, uint64_t entry, uint64_t context);
    void (*cpu_off)(void *opaque, unsigned caller);
    /*
     * The caller waits for an interrupt. Power-down: it resumes by a reset at @entry with @context
     * in x0; standby (@power_down false): it goes on behind the call.
     */
    void (*cpu_suspend)(void *opaque, unsigned caller, bool power_down, uint64_t entry,
                        uint64_t context);
    void (*system_off)(void *opaque);
    void (*system_reset)(void *opaque);
    /* Whether an entry address is one that a vCPU can fetch from. */
    bool (*valid_entry)(void *opaque, uint64_t entry);
};

/**
 * psci_call - answers the call that vCPU @caller made.
 * @args: x0..x3 (x0: function identifier); @args[0] is replaced by the result.
 * Returns whether the caller goes on now: false after CPU_OFF, CPU_SUSPEND and SYSTEM_*.
 */
bool psci_call(const struct psci_ops *ops, void *opaque, unsigned caller, uint64_t args[4]);

/** psci_function_name - "CPU_ON" and so on; NULL for what is unknown. */
const char *psci_function_name(uint32_t function);

#endif
