/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PSCI 1.1 (DEN 0022) by HVC or SMC, whichever the device tree names.
 */
#ifndef IMAGES_LIB_PSCI_H
#define IMAGES_LIB_PSCI_H

#include "images/lib/cpu.h"

enum psci_function {
    PSCI_VERSION = 0x84000000,
    PSCI_CPU_SUSPEND32 = 0x84000001,
    PSCI_CPU_OFF = 0x84000002,
    PSCI_CPU_ON32 = 0x84000003,
    PSCI_AFFINITY_INFO32 = 0x84000004,
    PSCI_MIGRATE_INFO_TYPE = 0x84000006,
    PSCI_SYSTEM_OFF = 0x84000008,
    PSCI_SYSTEM_RESET = 0x84000009,
    PSCI_FEATURES = 0x8400000a,
    PSCI_CPU_SUSPEND = 0xc4000001,
    PSCI_CPU_ON = 0xc4000003,
    PSCI_AFFINITY_INFO = 0xc4000004,
};

/* Return values (DEN 0022, "Return error codes"). */
enum psci_status {
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

enum psci_affinity_info { PSCI_AFF_ON, PSCI_AFF_OFF, PSCI_AFF_ON_PENDING };

/** psci_call - x0 of the call, sign-extended from 32 bits (every status is an int32). */
s64 psci_call(u32 function, u64 a1, u64 a2, u64 a3);

#endif
