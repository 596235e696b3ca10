/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PSCI 1.1 (DEN 0022). A PE that is off waits in images/lib's idle loop at EL3: its struct cpu is
 * busy exactly while it is on.
 */
#include "images/lib/atomic.h"
#include "images/lib/board.h"
#include "images/lib/print.h"
#include "images/lib/psci.h"
#include "images/monitor/monitor.h"

static struct spinlock power_lock;

static int find_pe(u64 affinity)
{
    for (unsigned i = 0; i < boot.cpus; i++)
        if (cpus[i].affinity == (affinity & MPIDR_AFFINITY))
            return (int)i;
    return -1;
}

static bool is_on(int index)
{
    return load_acquire32(&cpus[index].busy);
}

static bool can_be_entered(u64 address)
{
    return address >= BOARD_RAM && address < MONITOR_BASE && !(address & 3);
}

static s64 cpu_on(u64 affinity, u64 entry, u64 context)
{
    s64 status = PSCI_ALREADY_ON;
    int index = find_pe(affinity);
    if (index < 0)
        return PSCI_INVALID_PARAMETERS;
    if (!can_be_entered(entry))
        return PSCI_INVALID_ADDRESS;
    spin_lock(&power_lock); /* two may want the same one */
    if (!is_on(index)) {
        pes[index].entry = entry;
        pes[index].x0 = context;
        smp_run(index, pe_start, &pes[index]);
        status = PSCI_SUCCESS;
    }
    spin_unlock(&power_lock);
    return status;
}

/* Back to where pe_start() came from; EL3's stack is empty then. */
static void __attribute__((noreturn)) cpu_off(struct pe *pe)
{
    tick_set(pe, 0, TICK_GROUP0);
    monitor_gic_cpu_off(pe);
    register u64 x0 __asm__("x0") = (u64)&cpus[pe->index];
    __asm__ volatile("b secondary_entry" : : "r"(x0) : "memory");
    __builtin_unreachable();
}

static s64 affinity_info(u64 affinity, u64 level)
{
    int index = find_pe(affinity);
    if (index < 0 || level)
        return PSCI_INVALID_PARAMETERS;
    return is_on(index) ? PSCI_AFF_ON : PSCI_AFF_OFF;
}

/* Standby, also for power-down, as a state not deeper than asked for. WFI ends with an interrupt
 * for either world, masked or not. */
static s64 cpu_suspend(u32 state)
{
    if (state & ~0x0301ffffu) /* PowerLevel, StateType, StateID */
        return PSCI_INVALID_PARAMETERS;
    dsb(sy);
    wfi();
    return PSCI_SUCCESS;
}

static const u32 functions[] = {
    PSCI_VERSION,     PSCI_CPU_SUSPEND32,   PSCI_CPU_OFF,           PSCI_CPU_ON32,
    PSCI_CPU_ON,      PSCI_AFFINITY_INFO32, PSCI_MIGRATE_INFO_TYPE, PSCI_SYSTEM_OFF,
    PSCI_CPU_SUSPEND, PSCI_AFFINITY_INFO,   PSCI_SYSTEM_RESET,      PSCI_FEATURES,
};

bool psci_is_call(u32 function)
{
    for (unsigned i = 0; i < ARRAY_SIZE(functions); i++)
        if (functions[i] == function)
            return true;
    return false;
}

static s64 features(u32 function)
{
    return psci_is_call(function) ? 0 : PSCI_NOT_SUPPORTED;
}

s64 psci_answer(struct pe *pe, const u64 *x)
{
    switch ((u32)x[0]) {
    case PSCI_VERSION:
        return 0x10001;
    case PSCI_CPU_ON32:
        return cpu_on((u32)x[1], (u32)x[2], (u32)x[3]);
    case PSCI_CPU_ON:
        return cpu_on(x[1], x[2], x[3]);
    case PSCI_CPU_OFF:
        cpu_off(pe);
    case PSCI_CPU_SUSPEND32:
    case PSCI_CPU_SUSPEND:
        return cpu_suspend(x[1]);
    case PSCI_AFFINITY_INFO32:
    case PSCI_AFFINITY_INFO:
        return affinity_info(x[1], x[2]);
    case PSCI_MIGRATE_INFO_TYPE:
        return 2; /* the secure world is everywhere: nothing to migrate */
    case PSCI_FEATURES:
        return features(x[1]);
    default: /* SYSTEM_OFF; and SYSTEM_RESET, for which the board has no switch */
        monitor_end();
    }
}
