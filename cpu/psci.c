/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cpu/psci.h"

#include <stddef.h>

/* DEN0022 5.1: bit 30 says that the arguments are 64-bit. */
#define FN_64BIT      (1u << 30)
#define AFFINITY_MASK 0xff00ffffffull

struct call {
    const struct psci_ops *ops;
    void *opaque;
    unsigned caller;
    uint64_t arg[4]; /* 1..3 used */
    bool goes_on;
};

typedef int64_t handler(struct call *c);

struct function {
    uint32_t id; /* of the 32-bit form */
    bool has_64bit;
    const char *name;
    handler *handle;
};

static const struct function *find_function(uint32_t id);

/* -- Functions, in the order of DEN0022 chapter 5 ------------------------------------------------
 */

static int64_t version(struct call *c)
{
    (void)c;
    return 0x10001;
}

/* 5.4: StateID and type; bit 16 is the type (original format): 1 means power-down. */
static int64_t cpu_suspend(struct call *c)
{
    uint64_t state = c->arg[1];
    bool power_down = (state >> 16) & 1;

    /* Bits 25:24 are the power level; the reserved ones must be zero. */
    if (state & ~0x0301ffffull)
        return PSCI_INVALID_PARAMETERS;
    if (power_down && !c->ops->valid_entry(c->opaque, c->arg[2]))
        return PSCI_INVALID_ADDRESS;
    c->goes_on = false;
    c->ops->cpu_suspend(c->opaque, c->caller, power_down, c->arg[2], c->arg[3]);
    return PSCI_SUCCESS;
}

static int64_t cpu_off(struct call *c)
{
    c->goes_on = false;
    c->ops->cpu_off(c->opaque, c->caller);
    return PSCI_SUCCESS;
}

static int find_vcpu(const struct call *c, uint64_t affinity)
{
    for (unsigned i = 0; i < c->ops->n_vcpus; i++) {
        if ((c->ops->affinity(c->opaque, i) & AFFINITY_MASK) == affinity)
            return (int)i;
    }
    return -1;
}

static int64_t cpu_on(struct call *c)
{
    int target = find_vcpu(c, c->arg[1]);

    if (target < 0)
        return PSCI_INVALID_PARAMETERS;
    if (!c->ops->valid_entry(c->opaque, c->arg[2]))
        return PSCI_INVALID_ADDRESS;
    switch (c->ops->power(c->opaque, (unsigned)target)) {
    case PSCI_POWER_ON:
        return PSCI_ALREADY_ON;
    case PSCI_POWER_ON_PENDING:
        return PSCI_ON_PENDING;
    case PSCI_POWER_OFF:
        break;
    }
    c->ops->cpu_on(c->opaque, (unsigned)target, c->caller, c->arg[2], c->arg[3]);
    return PSCI_SUCCESS;
}

/* 5.7: at levels above 0 the answer is about all vCPUs that share the affinity above the level. */
static int64_t affinity_info(struct call *c)
{
    static const uint64_t masks[] = {AFFINITY_MASK, AFFINITY_MASK & ~0xffull,
                                     AFFINITY_MASK & ~0xffffull, AFFINITY_MASK & ~0xffffffull};
    int64_t answer = PSCI_INVALID_PARAMETERS;

    if (c->arg[2] > 3 || (c->arg[1] & ~AFFINITY_MASK))
        return PSCI_INVALID_PARAMETERS;
    for (unsigned i = 0; i < c->ops->n_vcpus; i++) {
        uint64_t mask = masks[c->arg[2]];
        enum psci_power power;

        if ((c->ops->affinity(c->opaque, i) & mask) != (c->arg[1] & mask))
            continue;
        power = c->ops->power(c->opaque, i);
        if (power == PSCI_POWER_ON)
            return PSCI_POWER_ON;
        if (answer != PSCI_POWER_ON_PENDING)
            answer = power;
    }
    return answer;
}

/* 5.9: 2 means that there is no Trusted OS to migrate. */
static int64_t migrate_info_type(struct call *c)
{
    (void)c;
    return 2;
}

static int64_t system_off(struct call *c)
{
    c->goes_on = false;
    c->ops->system_off(c->opaque);
    return PSCI_SUCCESS;
}

static int64_t system_reset(struct call *c)
{
    c->goes_on = false;
    c->ops->system_reset(c->opaque);
    return PSCI_SUCCESS;
}

/* 5.12: type 0 is the warm reset of the architecture; vendors' types have bit 31 set. */
static int64_t system_reset2(struct call *c)
{
    uint32_t type = (uint32_t)c->arg[1];

    if (type)
        return type & 0x80000000u ? PSCI_NOT_SUPPORTED : PSCI_INVALID_PARAMETERS;
    return system_reset(c);
}

static int64_t features(struct call *c)
{
    uint32_t id = (uint32_t)c->arg[1];

    /* CPU_SUSPEND: original StateID format, no OS-initiated mode: flags 0. */
    return find_function(id) ? PSCI_SUCCESS : PSCI_NOT_SUPPORTED;
}

static int64_t smccc_version(struct call *c)
{
    (void)c;
    return 0x10001;
}

/* DEN0028 7.3: which SMCCC 1.1 function is there. The workarounds are not: nothing here speculates.
 */
static int64_t smccc_arch_features(struct call *c)
{
    uint32_t id = (uint32_t)c->arg[1];

    return id == 0x80000000u || id == 0x80000001u ? PSCI_SUCCESS : PSCI_NOT_SUPPORTED;
}

static const struct function functions[] = {
    {0x84000000, false, "PSCI_VERSION", version},
    {0x84000001, true, "CPU_SUSPEND", cpu_suspend},
    {0x84000002, false, "CPU_OFF", cpu_off},
    {0x84000003, true, "CPU_ON", cpu_on},
    {0x84000004, true, "AFFINITY_INFO", affinity_info},
    {0x84000006, false, "MIGRATE_INFO_TYPE", migrate_info_type},
    {0x84000008, false, "SYSTEM_OFF", system_off},
    {0x84000009, false, "SYSTEM_RESET", system_reset},
    {0x8400000a, false, "PSCI_FEATURES", features},
    {0x84000012, true, "SYSTEM_RESET2", system_reset2},
    {0x80000000, false, "SMCCC_VERSION", smccc_version},
    {0x80000001, false, "SMCCC_ARCH_FEATURES", smccc_arch_features},
};

static const struct function *find_function(uint32_t id)
{
    for (size_t i = 0; i < sizeof(functions) / sizeof(functions[0]); i++) {
        const struct function *f = &functions[i];

        if (id == f->id || (f->has_64bit && id == (f->id | FN_64BIT)))
            return f;
    }
    return NULL;
}

const char *psci_function_name(uint32_t function)
{
    const struct function *f = find_function(function);

    return f ? f->name : NULL;
}

bool psci_call(const struct psci_ops *ops, void *opaque, unsigned caller, uint64_t args[4])
{
    uint32_t id = (uint32_t)args[0];
    const struct function *f = find_function(id);
    struct call c = {.ops = ops, .opaque = opaque, .caller = caller, .goes_on = true};

    for (unsigned i = 1; i < 4; i++)
        c.arg[i] = id & FN_64BIT ? args[i] : (uint32_t)args[i];
    args[0] = (uint64_t)(f ? f->handle(&c) : PSCI_NOT_SUPPORTED);
    return c.goes_on;
}
