/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A setup, open and sealed (systems.md, S3 and S4): what may be set when, and that threads which
 * set, seal and read at the same time cannot lose a change, nor slip one in behind the seal. TSan
 * runs this too (tests/tsan).
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>

#include "emu/vmm_setup.h"
#include "tests/unit/suite.h"

static struct vmm_setup *s;
static struct error err;

static void setup(void)
{
    ck_assert_int_eq(vmm_setup_create(&s), 0);
}

static void teardown(void)
{
    vmm_setup_destroy(s);
}

static void set(enum vmm_key key, uint64_t value)
{
    ck_assert_msg(!vmm_setup_set(s, key, value, &err), "%s", err.text);
}

/* -- Alone ------------------------------------------------------------------------------------- */

START_TEST(values_are_set_in_any_order_until_it_is_sealed)
{
    set(VMM_KEY_GICD_REVISION, 2);
    set(VMM_KEY_ID_AA64MMFR0, 0x1122);
    set(VMM_KEY_GIC_spis, 512);
    set(VMM_KEY_GICD_REVISION, 3);
    ck_assert(!vmm_setup_is_sealed(s));
    ck_assert_int_eq(vmm_setup_seal(s, &err), 0);
    ck_assert(vmm_setup_is_sealed(s));
    ck_assert_uint_eq(vmm_setup_get(s, VMM_KEY_GICD_REVISION), 3);
    ck_assert_uint_eq(vmm_setup_get(s, VMM_KEY_GIC_spis), 512);
    ck_assert_uint_eq(vmm_setup_get(s, VMM_KEY_ID_AA64MMFR0), 0x1122);
    ck_assert_int_eq(vmm_setup_seal(s, &err), 0);
}
END_TEST

START_TEST(sealed_an_equal_value_is_taken_and_another_refused)
{
    ck_assert_int_eq(vmm_setup_seal(s, &err), 0);
    set(VMM_KEY_GIC_spis, 256);
    set(VMM_KEY_GICD_REVISION, 1);
    ck_assert_int_eq(vmm_setup_set(s, VMM_KEY_GICD_REVISION, 2, &err), -EPERM);
    ck_assert_ptr_nonnull(strstr(err.text, "sealed"));
    ck_assert_uint_eq(vmm_setup_get(s, VMM_KEY_GICD_REVISION), 1);
}
END_TEST

START_TEST(what_cannot_be_is_refused)
{
    static const struct {
        enum vmm_key key;
        uint64_t value;
    } bad[] = {{VMM_KEY_GIC_spis, 5000},       {VMM_KEY_GIC_VERSION, 3},
               {VMM_KEY_GICD_REVISION, 16},    {VMM_KEY_GICD_BASE, 0x8000004},
               {VMM_KEY_GICR_BASE, 0x9000000}, {VMM_KEY_GIC_its, 2}};

    for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_int_eq(vmm_setup_set(s, bad[i].key, bad[i].value, &err), -EINVAL);
    ck_assert_int_eq(vmm_setup_set(s, VMM_N_KEYS, 0, &err), -ENOENT);
    set(VMM_KEY_GIC_VERSION, 1);
    set(VMM_KEY_GIC_its, 0);
    ck_assert_int_eq(vmm_setup_seal(s, &err), -EINVAL);
    set(VMM_KEY_GIC_its, 1);
    set(VMM_KEY_GICD_BASE, 0x8080000);
    ck_assert_int_eq(vmm_setup_seal(s, &err), -EINVAL); /* that is the ITS's place */
    ck_assert(!vmm_setup_is_sealed(s));
    set(VMM_KEY_ITS_BASE, 0x8020000);
    ck_assert_msg(!vmm_setup_seal(s, &err), "%s", err.text);
}
END_TEST

START_TEST(attributes_set_what_keys_do)
{
    uint64_t value;

    ck_assert_int_eq(vmm_setup_set_attr(s, 3, 0, 1024, &err), 0);
    ck_assert_uint_eq(vmm_setup_get(s, VMM_KEY_GIC_spis), 988);
    ck_assert_int_eq(vmm_setup_get_attr(s, 3, 0, &value), 0);
    ck_assert_uint_eq(value, 1024);
    ck_assert_int_eq(vmm_setup_set_attr(s, 3, 0, 16, &err), -EINVAL);
    ck_assert_int_eq(vmm_setup_set_attr(s, 1, 7ull << 32 | 8, 0x4c00943b, &err), 0);
    ck_assert_uint_eq(vmm_setup_get(s, VMM_KEY_GICD_REVISION), 9);
    ck_assert_int_eq(vmm_setup_set_attr(s, 1, 8, 0x4c00943c, &err), -EINVAL);
    ck_assert_int_eq(vmm_setup_get_attr(s, 1, 8, &value), 0);
    ck_assert_uint_eq(value, 0x4c00943b);
    ck_assert_int_eq(vmm_setup_set_attr(s, 0, 3, 0x8400000, &err), 0);
    ck_assert_uint_eq(vmm_setup_get(s, VMM_KEY_GICR_BASE), 0x8400000);
    ck_assert_int_eq(vmm_setup_set_attr(s, 1, 0, 0, &err), -ENXIO);
}
END_TEST

START_TEST(a_swap_needs_the_value_that_is_there)
{
    uint64_t expected = 2;

    ck_assert_int_eq(vmm_setup_swap(s, VMM_KEY_GICD_REVISION, &expected, 3, &err), -EAGAIN);
    ck_assert_uint_eq(expected, 1);
    ck_assert_int_eq(vmm_setup_swap(s, VMM_KEY_GICD_REVISION, &expected, 3, &err), 0);
    ck_assert_uint_eq(vmm_setup_get(s, VMM_KEY_GICD_REVISION), 3);
    vmm_setup_seal(s, &err);
    expected = 3;
    ck_assert_int_eq(vmm_setup_swap(s, VMM_KEY_GICD_REVISION, &expected, 2, &err), -EPERM);
}
END_TEST

START_TEST(every_key_has_a_name_of_its_own)
{
    for (unsigned key = 0; key < VMM_N_KEYS; key++)
        ck_assert_int_eq(vmm_setup_key(vmm_setup_name((enum vmm_key)key)), (int)key);
    ck_assert_int_eq(vmm_setup_key("colour"), -ENOENT);
    ck_assert_ptr_null(vmm_setup_name(VMM_N_KEYS));
}
END_TEST

START_TEST(made_into_a_machine_revision_and_id_registers_stay_open)
{
    struct vmm_engine_ids ids = {.value = {0}};
    unsigned isar0 = VMM_KEY_ID_AA64ISAR0 - VMM_FIRST_ID_KEY;

    ids.value[isar0] = 0x10000; /* CRC32 */
    ck_assert_int_eq(vmm_setup_fix(s, &err), 0);
    ck_assert_int_eq(vmm_setup_take_ids(s, &ids, &err), 0);
    ck_assert_uint_eq(vmm_setup_get(s, VMM_KEY_ID_AA64ISAR0), 0x10000);
    set(VMM_KEY_GICD_REVISION, 3);
    set(VMM_KEY_ID_AA64ISAR0, 0);
    ck_assert_int_eq(vmm_setup_set(s, VMM_KEY_ID_AA64ISAR0, 1 << 20, &err), -EINVAL);
    ck_assert_int_eq(vmm_setup_set(s, VMM_KEY_ID_AA64MMFR0, 1, &err), -EINVAL);
    set(VMM_KEY_GIC_spis, 256);
    ck_assert_int_eq(vmm_setup_set(s, VMM_KEY_GIC_spis, 512, &err), -EPERM);
    ck_assert_ptr_nonnull(strstr(err.text, "since the machine was made"));
}
END_TEST

START_TEST(an_id_register_that_no_engine_here_can_have_is_no_machine)
{
    struct vmm_engine_ids ids = {.value = {0}};

    set(VMM_KEY_ID_AA64ISAR0, 1 << 16);
    ck_assert_int_eq(vmm_setup_fix(s, &err), 0);
    ck_assert_int_eq(vmm_setup_take_ids(s, &ids, &err), -EINVAL);
    ck_assert_ptr_nonnull(strstr(err.text, "ID_AA64ISAR0_EL1"));
}
END_TEST

START_TEST(who_sets_values_in_a_loop_is_stopped)
{
    int rc = 0;

    for (unsigned i = 0; i < VMM_SETUP_MAX_CHANGES + 1 && !rc; i++)
        rc = vmm_setup_set(s, VMM_KEY_GICD_REVISION, i & 1 ? 5 : 6, &err);
    ck_assert_int_eq(rc, -ENOSPC);
    ck_assert_int_eq(vmm_setup_seal(s, &err), 0);
}
END_TEST

START_TEST(a_snapshot_brings_back_what_was_also_if_it_was_open)
{
    uint64_t before[VMM_N_KEYS];

    set(VMM_KEY_GICD_REVISION, 2);
    ck_assert(!vmm_setup_get_all(s, before));
    set(VMM_KEY_GICD_REVISION, 3);
    vmm_setup_seal(s, &err);
    vmm_setup_put(s, before, false);
    ck_assert(!vmm_setup_is_sealed(s));
    ck_assert_uint_eq(vmm_setup_get(s, VMM_KEY_GICD_REVISION), 2);
    set(VMM_KEY_GICD_REVISION, 4);
}
END_TEST

/* -- Threads ----------------------------------------------------------------------------------- */

enum { SETTERS = 4, VALUES = 2000, ROUNDS = 300 };

static void *set_own_key(void *arg)
{
    enum vmm_key key = (enum vmm_key)(VMM_FIRST_ID_KEY + (unsigned)(uintptr_t)arg);

    for (uint64_t value = 1; value <= VALUES; value++)
        if (vmm_setup_set(s, key, value, NULL))
            return (void *)1;
    return NULL;
}

START_TEST(no_change_is_lost_when_several_threads_make_them)
{
    pthread_t threads[SETTERS];
    void *failed;

    for (uintptr_t i = 0; i < SETTERS; i++)
        pthread_create(&threads[i], NULL, set_own_key, (void *)i);
    for (unsigned i = 0; i < SETTERS; i++) {
        pthread_join(threads[i], &failed);
        ck_assert_ptr_null(failed);
    }
    for (unsigned i = 0; i < SETTERS; i++)
        ck_assert_uint_eq(vmm_setup_get(s, (enum vmm_key)(VMM_FIRST_ID_KEY + i)), VALUES);
}
END_TEST

struct race {
    _Atomic bool go;
    _Atomic unsigned after_refusal; /* changes that were taken after one was refused */
    uint64_t seen[VMM_N_KEYS];      /* by the thread that sealed */
};

/* T1 of S3: looks, and writes; and writes something else. */
static void *set_until_refused(void *arg)
{
    struct race *r = arg;
    bool refused = false;

    while (!r->go)
        ;
    for (unsigned i = 0; i < 200; i++) {
        int rc =
            vmm_setup_set(s, i & 1 ? VMM_KEY_GICD_REVISION : VMM_KEY_ID_AA64PFR0, 2 + i % 13, NULL);

        r->after_refusal += refused && rc == 0 && !vmm_setup_is_sealed(s);
        refused |= rc != 0;
    }
    return NULL;
}

/* T2: initialises, and a vCPU runs on what it has read. */
static void *seal_and_look(void *arg)
{
    struct race *r = arg;

    while (!r->go)
        ;
    for (volatile unsigned i = 0; i < 500; i++)
        ;
    vmm_setup_seal(s, NULL);
    vmm_setup_get_all(s, r->seen);
    return NULL;
}

START_TEST(nothing_slips_in_behind_the_seal)
{
    unsigned late = 0;

    for (unsigned round = 0; round < ROUNDS; round++) {
        struct race r = {.go = false};
        pthread_t setter, sealer;
        uint64_t now[VMM_N_KEYS];

        vmm_setup_destroy(s);
        setup();
        pthread_create(&setter, NULL, set_until_refused, &r);
        pthread_create(&sealer, NULL, seal_and_look, &r);
        r.go = true;
        pthread_join(setter, NULL);
        pthread_join(sealer, NULL);
        ck_assert(vmm_setup_get_all(s, now));
        ck_assert_mem_eq(now, r.seen, sizeof(now));
        ck_assert_uint_eq(r.after_refusal, 0);
        late += now[VMM_KEY_GICD_REVISION] != 1;
    }
    ck_assert_uint_gt(late, 0); /* or the threads never met */
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &values_are_set_in_any_order_until_it_is_sealed,
        &sealed_an_equal_value_is_taken_and_another_refused,
        &what_cannot_be_is_refused,
        &attributes_set_what_keys_do,
        &a_swap_needs_the_value_that_is_there,
        &every_key_has_a_name_of_its_own,
        &made_into_a_machine_revision_and_id_registers_stay_open,
        &an_id_register_that_no_engine_here_can_have_is_no_machine,
        &who_sets_values_in_a_loop_is_stopped,
        &a_snapshot_brings_back_what_was_also_if_it_was_open,
        &no_change_is_lost_when_several_threads_make_them,
        &nothing_slips_in_behind_the_seal,
    };
    return SUITE_RUN("vmm setup", setup, teardown, tests);
}
