/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The main() of a unit test: one suite, one fixture, a list of tests; the exit code. */
#ifndef IRQLAB_TESTS_SUITE_H
#define IRQLAB_TESTS_SUITE_H

#include <check.h>
#include <stdlib.h>

/** suite_run_case - runs one test case. */
static inline int suite_run_case(const char *name, TCase *tc)
{
    Suite *suite = suite_create(name);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

static inline int suite_run(const char *name, void (*setup)(void), void (*teardown)(void),
                            const TTest *const *const *tests, size_t count)
{
    setenv("CK_DEFAULT_TIMEOUT", "60", 0); /* sanitizers, on a busy machine */
    TCase *tc = tcase_create(name);
    if (setup || teardown)
        tcase_add_checked_fixture(tc, setup, teardown);
    for (size_t i = 0; i < count; i++)
        tcase_add_test(tc, *tests[i]);
    return suite_run_case(name, tc);
}

#define SUITE_RUN(name, setup, teardown, tests)                                                    \
    suite_run(name, setup, teardown, tests, sizeof(tests) / sizeof((tests)[0]))

#endif
