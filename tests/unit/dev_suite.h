/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The main() of a device test: one suite, one fixture, a list of tests. */
#ifndef IRQLAB_TESTS_DEV_SUITE_H
#define IRQLAB_TESTS_DEV_SUITE_H

#include <check.h>

static inline int dev_suite_run(const char *name, void (*setup)(void), void (*teardown)(void),
                                const TTest *const *const *tests, size_t count)
{
    TCase *tc = tcase_create(name);
    if (setup || teardown)
        tcase_add_checked_fixture(tc, setup, teardown);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(tc, *tests[i]);
    Suite *suite = suite_create(name);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? 1 : 0;
}

#define DEV_SUITE_RUN(name, setup, teardown, tests)                                                \
    dev_suite_run(name, setup, teardown, tests, sizeof(tests) / sizeof((tests)[0]))

#endif
