/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Guest tests: one line "PASS: sentence" or "FAIL: sentence" per check.
 */
#ifndef IMAGES_LIB_TEST_H
#define IMAGES_LIB_TEST_H

#include "images/lib/cpu.h"
#include "images/lib/print.h"

/** check - report @ok under a sentence that says what must hold. Returns @ok. Any vCPU. */
bool check(bool ok, const char *sentence, ...) __attribute__((format(printf, 2, 3)));

/** check_equal - like check(); a mismatch also prints both numbers. */
bool check_equal(u64 got, u64 want, const char *sentence, ...)
    __attribute__((format(printf, 3, 4)));

/** test_result - main()'s return value: 0 when something was checked and nothing failed. */
int test_result(void);

#endif
