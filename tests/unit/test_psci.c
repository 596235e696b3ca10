/* SPDX-License-Identifier: GPL-2.0-or-later */
/* PSCI 1.1 (DEN0022) on a machine of 20 vCPUs that only remembers what it was asked. */
#include <stdlib.h>
#include <string.h>

#include "cpu/psci.h"
#include "tests/unit/suite.h"

enum { N = 20 };
enum {
    VERSION = 0x84000000u,
    SUSPEND32,
    CPU_OFF,
    CPU_ON32,
    AFFINITY_INFO32,
    MIGRATE32,
    MIGRATE_TYPE,
    SYSTEM_OFF = 0x84000008u,
    SYSTEM_RESET,
    FEATURES,
    RESET2_32 = 0x84000012u,
    SUSPEND64 = 0xc4000001u,
    CPU_ON64 = 0xc4000003u,
    AFFINITY_INFO64,
    RESET2_64 = 0xc4000012u,
    SMCCC_VERSION = 0x80000000u,
    ARCH_FEATURES,
};

#define RAM      0x40000000ull
#define RAM_END  0x80000000ull
#define HIGH_RAM 0x900000000ull

struct fake {
    enum psci_power power[N];
    unsigned on_calls, off_calls, suspend_calls, off_system, reset_system;
    unsigned vcpu, caller;
    bool power_down;
    uint64_t entry, context;
};

static struct fake fake;

static uint64_t affinity(void *opaque, unsigned vcpu)
{
    (void)opaque;
    return (uint64_t)(vcpu / 16) << 8 | vcpu % 16;
}

static enum psci_power power(void *opaque, unsigned vcpu)
{
    return ((struct fake *)opaque)->power[vcpu];
}

static void cpu_on(void *opaque, unsigned vcpu, unsigned caller, uint64_t entry, uint64_t context)
{
    struct fake *f = opaque;

    f->on_calls++;
    f->vcpu = vcpu;
    f->caller = caller;
    f->entry = entry;
    f->context = context;
    f->power[vcpu] = PSCI_POWER_ON_PENDING;
}

static void cpu_off(void *opaque, unsigned caller)
{
    struct fake *f = opaque;

    f->off_calls++;
    f->caller = caller;
}

static void cpu_suspend(void *opaque, unsigned caller, bool power_down, uint64_t entry,
                        uint64_t context)
{
    struct fake *f = opaque;

    f->suspend_calls++;
    f->caller = caller;
    f->power_down = power_down;
    f->entry = entry;
    f->context = context;
}

static void system_off(void *opaque)
{
    ((struct fake *)opaque)->off_system++;
}

static void system_reset(void *opaque)
{
    ((struct fake *)opaque)->reset_system++;
}

static bool valid_entry(void *opaque, uint64_t entry)
{
    (void)opaque;
    return (entry & 3) == 0 && ((entry >= RAM && entry < RAM_END) || entry == HIGH_RAM);
}

static const struct psci_ops ops = {
    .n_vcpus = N,
    .affinity = affinity,
    .power = power,
    .cpu_on = cpu_on,
    .cpu_off = cpu_off,
    .cpu_suspend = cpu_suspend,
    .system_off = system_off,
    .system_reset = system_reset,
    .valid_entry = valid_entry,
};

static bool goes_on;

static int64_t call(uint64_t id, uint64_t x1, uint64_t x2, uint64_t x3)
{
    uint64_t args[4] = {id, x1, x2, x3};

    goes_on = psci_call(&ops, &fake, 5, args);
    return (int64_t)args[0];
}

static void setup(void)
{
    memset(&fake, 0, sizeof(fake));
    for (unsigned i = 0; i < N; i++)
        fake.power[i] = i == 5 ? PSCI_POWER_ON : PSCI_POWER_OFF;
}

START_TEST(it_is_psci_1_1_on_smccc_1_1)
{
    ck_assert_int_eq(call(VERSION, 0, 0, 0), 0x10001);
    ck_assert(goes_on);
    ck_assert_int_eq(call(SMCCC_VERSION, 0, 0, 0), 0x10001);
    ck_assert_int_eq(call(MIGRATE_TYPE, 0, 0, 0), 2);
}
END_TEST

START_TEST(what_is_unknown_is_not_supported)
{
    static const uint32_t ids[] = {MIGRATE32,   0x84000007u, 0x8400000bu, 0x8400000eu,
                                   0xc4000000u, 0xc4000008u, 0,           1,
                                   0x04000003u, 0xffffffffu, 0x8600ff01u};

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++) {
        ck_assert_int_eq(call(ids[i], 0, RAM, 0), PSCI_NOT_SUPPORTED);
        ck_assert(goes_on);
        ck_assert_ptr_null(psci_function_name(ids[i]));
    }
}
END_TEST

START_TEST(only_the_low_word_of_x0_names_the_function)
{
    ck_assert_int_eq(call(0xdead000000000000ull | VERSION, 0, 0, 0), 0x10001);
}
END_TEST

START_TEST(features_knows_what_is_there_and_what_is_not)
{
    static const uint32_t there[] = {VERSION,      SUSPEND32,  SUSPEND64,       CPU_OFF,
                                     CPU_ON32,     CPU_ON64,   AFFINITY_INFO32, AFFINITY_INFO64,
                                     MIGRATE_TYPE, SYSTEM_OFF, SYSTEM_RESET,    FEATURES,
                                     RESET2_32,    RESET2_64,  SMCCC_VERSION};

    for (size_t i = 0; i < sizeof(there) / sizeof(there[0]); i++) {
        ck_assert_int_eq(call(FEATURES, there[i], 0, 0), 0);
        ck_assert_ptr_nonnull(psci_function_name(there[i]));
    }
    ck_assert_int_eq(call(FEATURES, MIGRATE32, 0, 0), PSCI_NOT_SUPPORTED);
    ck_assert_int_eq(call(FEATURES, 0x8400000e, 0, 0), PSCI_NOT_SUPPORTED);
    ck_assert_int_eq(call(ARCH_FEATURES, ARCH_FEATURES, 0, 0), 0);
    ck_assert_int_eq(call(ARCH_FEATURES, 0x80008000u, 0, 0), PSCI_NOT_SUPPORTED);
}
END_TEST

START_TEST(cpu_on_starts_the_vcpu_of_that_affinity)
{
    ck_assert_int_eq(call(CPU_ON64, 0x102, HIGH_RAM, 0x123456789abcdefull), PSCI_SUCCESS);
    ck_assert(goes_on);
    ck_assert_uint_eq(fake.on_calls, 1);
    ck_assert_uint_eq(fake.vcpu, 18);
    ck_assert_uint_eq(fake.caller, 5);
    ck_assert_uint_eq(fake.entry, HIGH_RAM);
    ck_assert_uint_eq(fake.context, 0x123456789abcdefull);
}
END_TEST

START_TEST(the_32_bit_call_drops_the_upper_halves)
{
    ck_assert_int_eq(
        call(CPU_ON32, 0xffffffff00000001ull, 0xffffffff00000000ull | RAM, 0xffffffff00000007ull),
        PSCI_SUCCESS);
    ck_assert_uint_eq(fake.vcpu, 1);
    ck_assert_uint_eq(fake.entry, RAM);
    ck_assert_uint_eq(fake.context, 7);
    /* The 64-bit call does not: no vCPU has that affinity. */
    ck_assert_int_eq(call(CPU_ON64, 0xffffffff00000002ull, RAM, 0), PSCI_INVALID_PARAMETERS);
}
END_TEST

START_TEST(cpu_on_of_a_vcpu_that_is_on_or_coming)
{
    ck_assert_int_eq(call(CPU_ON64, 5, RAM, 0), PSCI_ALREADY_ON);
    ck_assert_int_eq(call(CPU_ON64, 6, RAM, 0), PSCI_SUCCESS);
    ck_assert_int_eq(call(CPU_ON64, 6, RAM, 0), PSCI_ON_PENDING);
    ck_assert_uint_eq(fake.on_calls, 1);
}
END_TEST

START_TEST(cpu_on_of_an_affinity_that_is_not_there)
{
    static const uint64_t bad[] = {16, 0x104, 0x10000, 0x80000000, 1ull << 32, UINT64_MAX};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_int_eq(call(CPU_ON64, bad[i], RAM, 0), PSCI_INVALID_PARAMETERS);
    ck_assert_uint_eq(fake.on_calls, 0);
}
END_TEST

START_TEST(cpu_on_at_an_address_where_nothing_can_run)
{
    static const uint64_t bad[] = {0, RAM + 2, RAM_END, UINT64_MAX};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_int_eq(call(CPU_ON64, 1, bad[i], 0), PSCI_INVALID_ADDRESS);
    ck_assert_uint_eq(fake.on_calls, 0);
}
END_TEST

START_TEST(cpu_off_does_not_return)
{
    call(CPU_OFF, 0, 0, 0);
    ck_assert(!goes_on);
    ck_assert_uint_eq(fake.off_calls, 1);
    ck_assert_uint_eq(fake.caller, 5);
}
END_TEST

START_TEST(affinity_info_of_one_vcpu)
{
    ck_assert_int_eq(call(AFFINITY_INFO64, 5, 0, 0), 0);
    ck_assert_int_eq(call(AFFINITY_INFO64, 6, 0, 0), 1);
    call(CPU_ON64, 6, RAM, 0);
    ck_assert_int_eq(call(AFFINITY_INFO32, 6, 0, 0), 2);
    ck_assert_int_eq(call(AFFINITY_INFO64, 16, 0, 0), PSCI_INVALID_PARAMETERS);
    ck_assert_int_eq(call(AFFINITY_INFO64, 0x80000005, 0, 0), PSCI_INVALID_PARAMETERS);
}
END_TEST

START_TEST(affinity_info_of_a_cluster_is_on_if_any_is_on)
{
    ck_assert_int_eq(call(AFFINITY_INFO64, 0, 1, 0), 0);
    ck_assert_int_eq(call(AFFINITY_INFO64, 0x100, 1, 0), 1);
    call(CPU_ON64, 0x100, RAM, 0);
    ck_assert_int_eq(call(AFFINITY_INFO64, 0x100, 1, 0), 2);
    ck_assert_int_eq(call(AFFINITY_INFO64, 0, 2, 0), 0);
    ck_assert_int_eq(call(AFFINITY_INFO64, 0x200, 1, 0), PSCI_INVALID_PARAMETERS);
    ck_assert_int_eq(call(AFFINITY_INFO64, 0, 4, 0), PSCI_INVALID_PARAMETERS);
}
END_TEST

START_TEST(a_standby_suspend_needs_no_entry_address)
{
    call(SUSPEND64, 0, 0, 0);
    ck_assert(!goes_on);
    ck_assert_uint_eq(fake.suspend_calls, 1);
    ck_assert(!fake.power_down);
}
END_TEST

START_TEST(a_power_down_suspend_resumes_at_its_entry)
{
    ck_assert_int_eq(call(SUSPEND64, 1 << 16, 0, 0), PSCI_INVALID_ADDRESS);
    ck_assert(goes_on);
    ck_assert_uint_eq(fake.suspend_calls, 0);
    call(SUSPEND64, 1 << 16 | 1 << 24, RAM, 99);
    ck_assert(!goes_on);
    ck_assert(fake.power_down);
    ck_assert_uint_eq(fake.entry, RAM);
    ck_assert_uint_eq(fake.context, 99);
}
END_TEST

START_TEST(a_power_state_with_reserved_bits_is_invalid)
{
    static const uint64_t bad[] = {1 << 17, 1 << 26, 1u << 31, 1ull << 32};

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_int_eq(call(SUSPEND64, bad[i], RAM, 0), PSCI_INVALID_PARAMETERS);
    ck_assert_uint_eq(fake.suspend_calls, 0);
}
END_TEST

START_TEST(the_system_goes_off_and_resets)
{
    call(SYSTEM_OFF, 0, 0, 0);
    ck_assert(!goes_on);
    ck_assert_uint_eq(fake.off_system, 1);
    call(SYSTEM_RESET, 0, 0, 0);
    ck_assert(!goes_on);
    ck_assert_uint_eq(fake.reset_system, 1);
    call(RESET2_64, 0, 0, 0);
    ck_assert(!goes_on);
    ck_assert_uint_eq(fake.reset_system, 2);
}
END_TEST

START_TEST(reset2_knows_the_warm_reset_only)
{
    ck_assert_int_eq(call(RESET2_32, 1, 0, 0), PSCI_INVALID_PARAMETERS);
    ck_assert_int_eq(call(RESET2_64, 0x80000000u, 0, 0), PSCI_NOT_SUPPORTED);
    ck_assert(goes_on);
    ck_assert_uint_eq(fake.reset_system, 0);
}
END_TEST

static const TTest *const *const tests[] = {
    &it_is_psci_1_1_on_smccc_1_1,
    &what_is_unknown_is_not_supported,
    &only_the_low_word_of_x0_names_the_function,
    &features_knows_what_is_there_and_what_is_not,
    &cpu_on_starts_the_vcpu_of_that_affinity,
    &the_32_bit_call_drops_the_upper_halves,
    &cpu_on_of_a_vcpu_that_is_on_or_coming,
    &cpu_on_of_an_affinity_that_is_not_there,
    &cpu_on_at_an_address_where_nothing_can_run,
    &cpu_off_does_not_return,
    &affinity_info_of_one_vcpu,
    &affinity_info_of_a_cluster_is_on_if_any_is_on,
    &a_standby_suspend_needs_no_entry_address,
    &a_power_down_suspend_resumes_at_its_entry,
    &a_power_state_with_reserved_bits_is_invalid,
    &the_system_goes_off_and_resets,
    &reset2_knows_the_warm_reset_only,
};

int main(void)
{
    return SUITE_RUN("psci", setup, NULL, tests);
}
