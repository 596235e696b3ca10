/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "images/lib/test.h"
#include "images/lib/atomic.h"

static struct {
    struct spinlock lock;
    unsigned passed;
    unsigned failed;
} tally;

static void report(bool ok, const char *sentence, va_list args)
{
    printf("%s: ", ok ? "PASS" : "FAIL");
    vprintf(sentence, args);
    if (ok)
        tally.passed++;
    else
        tally.failed++;
}

bool check(bool ok, const char *sentence, ...)
{
    va_list args;
    u64 daif = irq_mask();
    spin_lock(&tally.lock);
    va_start(args, sentence);
    report(ok, sentence, args);
    va_end(args);
    printf("\n");
    spin_unlock(&tally.lock);
    irq_restore(daif);
    return ok;
}

bool check_equal(u64 got, u64 want, const char *sentence, ...)
{
    va_list args;
    u64 daif = irq_mask();
    spin_lock(&tally.lock);
    va_start(args, sentence);
    report(got == want, sentence, args);
    va_end(args);
    if (got == want)
        printf("\n");
    else
        printf(" (got 0x%lx, want 0x%lx)\n", got, want);
    spin_unlock(&tally.lock);
    irq_restore(daif);
    return got == want;
}

int test_result(void)
{
    printf("%u passed, %u failed\n", tally.passed, tally.failed);
    return tally.failed || !tally.passed;
}
