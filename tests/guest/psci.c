/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * PSCI 1.1 (DEN 0022): what the calls return, and what state a vCPU starts in.
 */
#include "images/lib/psci.h"
#include "images/lib/atomic.h"
#include "images/lib/test.h"
#include "images/lib/timer.h"
#include "tests/guest/gic_poll.h"

static void test_version(void)
{
    check_equal(psci_call(PSCI_VERSION, 0, 0, 0), 0x10001, "PSCI_VERSION is 1.1");
    check_equal(psci_call(PSCI_MIGRATE_INFO_TYPE, 0, 0, 0), 2,
                "MIGRATE_INFO_TYPE says that there is no Trusted OS to migrate");
}

static void test_features(void)
{
    static const u32 present[] = {PSCI_CPU_OFF,     PSCI_CPU_ON,          PSCI_CPU_ON32,
                                  PSCI_CPU_SUSPEND, PSCI_CPU_SUSPEND32,   PSCI_AFFINITY_INFO,
                                  PSCI_SYSTEM_OFF,  PSCI_AFFINITY_INFO32, PSCI_SYSTEM_RESET,
                                  PSCI_FEATURES};
    bool ok = true;
    for (unsigned i = 0; i < ARRAY_SIZE(present); i++)
        ok &= psci_call(PSCI_FEATURES, present[i], 0, 0) >= 0;
    check(ok, "PSCI_FEATURES knows every mandatory function of 1.1");
    check_equal(psci_call(PSCI_FEATURES, 0x8400ff00, 0, 0), (u64)PSCI_NOT_SUPPORTED,
                "PSCI_FEATURES of an unknown function is NOT_SUPPORTED");
    check_equal(psci_call(0x840000ff, 0, 0, 0), (u64)PSCI_NOT_SUPPORTED,
                "an unknown function is NOT_SUPPORTED");
}

static void test_before_start(void)
{
    check_equal(psci_call(PSCI_AFFINITY_INFO, my_affinity(), 0, 0), PSCI_AFF_ON,
                "AFFINITY_INFO of the caller is ON");
    bool off = true;
    for (unsigned i = 1; i < boot.cpus; i++)
        off &= psci_call(PSCI_AFFINITY_INFO, cpus[i].affinity, 0, 0) == PSCI_AFF_OFF;
    check(off, "AFFINITY_INFO of the others is OFF");
    check_equal(psci_call(PSCI_AFFINITY_INFO, 0xff00, 0, 0), (u64)PSCI_INVALID_PARAMETERS,
                "AFFINITY_INFO of a vCPU that does not exist is INVALID_PARAMETERS");
    check_equal(psci_call(PSCI_CPU_ON, my_affinity(), BOARD_IMAGE, 0), (u64)PSCI_ALREADY_ON,
                "CPU_ON of the caller is ALREADY_ON");
    check_equal(psci_call(PSCI_CPU_ON, 0xff00, BOARD_IMAGE, 0), (u64)PSCI_INVALID_PARAMETERS,
                "CPU_ON of a vCPU that does not exist is INVALID_PARAMETERS");
}

/* Entry of a started vCPU: records its state before the library touches it. */
struct entry_state {
    u64 el;
    u64 daif;
    u64 sctlr;
    u64 spsel;
};
struct entry_state entry_state;

__asm__(".text\n"
        "recording_entry:\n"
        "    adrp x1, entry_state\n"
        "    add  x1, x1, :lo12:entry_state\n"
        "    mrs  x2, CurrentEL\n"
        "    lsr  x2, x2, #2\n"
        "    mrs  x3, daif\n"
        "    stp  x2, x3, [x1]\n"
        "    cmp  x2, #2\n"
        "    b.eq 1f\n"
        "    mrs  x3, sctlr_el1\n"
        "    b    2f\n"
        "1:  mrs  x3, sctlr_el2\n"
        "2:  mrs  x4, spsel\n"
        "    stp  x3, x4, [x1, #16]\n"
        "    b    secondary_entry\n");
extern char recording_entry[];

static void test_entry_state(void)
{
    s64 status = psci_call(PSCI_CPU_ON, cpus[1].affinity, (u64)recording_entry, (u64)&cpus[1]);
    check_equal(status, PSCI_SUCCESS, "CPU_ON of a vCPU that is off succeeds");
    status = psci_call(PSCI_CPU_ON, cpus[1].affinity, (u64)recording_entry, (u64)&cpus[1]);
    check(status == PSCI_ON_PENDING || status == PSCI_ALREADY_ON,
          "a second CPU_ON at once is ON_PENDING or ALREADY_ON");
    check(wait_until(load_acquire32(&cpus[1].online), 1000),
          "it starts at the entry point, with context_id in x0");
    check_equal(entry_state.el, boot.entry_el, "it starts at EL%u, where the boot vCPU did",
                boot.entry_el);
    check_equal(entry_state.daif, 0x3c0, "it starts with DAIF masked");
    check_equal(entry_state.sctlr & 0x1005, 0, "it starts with MMU and caches off");
    check_equal(entry_state.spsel, 1, "it starts on its own SP_ELx");
    check_equal(psci_call(PSCI_CPU_ON, cpus[1].affinity, (u64)recording_entry, 0),
                (u64)PSCI_ALREADY_ON, "CPU_ON of a vCPU that runs is ALREADY_ON");
    check_equal(psci_call(PSCI_AFFINITY_INFO, cpus[1].affinity, 0, 0), PSCI_AFF_ON,
                "AFFINITY_INFO says ON");
}

static void turn_off(void *arg)
{
    (void)arg;
    store_release32(&this_cpu()->online, 0);
    psci_call(PSCI_CPU_OFF, 0, 0, 0);
    check(false, "CPU_OFF does not return");
}

static bool is_off(unsigned cpu)
{
    return psci_call(PSCI_AFFINITY_INFO, cpus[cpu].affinity, 0, 0) == PSCI_AFF_OFF;
}

static u64 visits;

static void visit(void *arg)
{
    (void)arg;
    atomic_add(&visits, 1);
}

static void test_off_and_on(void)
{
    bool ok = true;
    for (unsigned i = 0; i < 20; i++) {
        smp_run(1, turn_off, NULL);
        ok &= wait_until(is_off(1), 1000);
        ok &= smp_boot_cpu(1) == PSCI_SUCCESS;
        ok &= wait_until(load_acquire32(&cpus[1].online), 1000);
        smp_run(1, visit, NULL);
        smp_wait(1);
    }
    check(ok && visits == 20, "CPU_OFF, AFFINITY_INFO = OFF and CPU_ON again, 20 times");
}

/* vCPUs 1 and 2 (and 0) all start vCPU 3 at once. */
static struct barrier meet;
static u64 successes, refusals;

static void race_to_start(void *arg)
{
    (void)arg;
    barrier_wait(&meet, 3);
    s64 status = smp_boot_cpu(3);
    if (status == PSCI_SUCCESS)
        atomic_add(&successes, 1);
    if (status == PSCI_ALREADY_ON || status == PSCI_ON_PENDING)
        atomic_add(&refusals, 1);
}

static void test_race(void)
{
    bool ok = true;
    smp_boot_cpu(2);
    wait_until(load_acquire32(&cpus[2].online), 1000);
    for (unsigned i = 0; i < 20; i++) {
        successes = refusals = 0;
        smp_run(1, race_to_start, NULL);
        smp_run(2, race_to_start, NULL);
        race_to_start(NULL);
        smp_wait(1);
        smp_wait(2);
        ok &= successes == 1 && refusals == 2;
        ok &= wait_until(load_acquire32(&cpus[3].online), 1000);
        smp_run(3, turn_off, NULL);
        ok &= wait_until(is_off(3), 1000);
    }
    check(ok, "of three CPU_ON at once for one vCPU exactly one succeeds, 20 times");
}

/* A vCPU that was off starts with its own interrupt state reset or kept, but not asleep. */
static void test_suspend_parameters(void)
{
    gic_setup(SGI, PRIO_DEFAULT, true);
    gic_set_pending(SGI);
    check_equal(psci_call(PSCI_CPU_SUSPEND, 0, 0, 0), PSCI_SUCCESS,
                "CPU_SUSPEND to standby returns at once with an interrupt pending");
    check_equal(psci_call(PSCI_CPU_SUSPEND, 0xff000000, 0, 0), (u64)PSCI_INVALID_PARAMETERS,
                "CPU_SUSPEND with reserved bits set is INVALID_PARAMETERS");
    gic_forget(SGI);
}

int main(void)
{
    printf("INFO: PSCI by %s, entered at EL%u\n", boot.psci_smc ? "SMC" : "HVC", boot.entry_el);
    check(boot.cpus >= 4, "the machine has four vCPUs");
    test_version();
    test_features();
    test_before_start();
    test_entry_state();
    test_off_and_on();
    test_race();
    test_suspend_parameters();
    return test_result();
}
