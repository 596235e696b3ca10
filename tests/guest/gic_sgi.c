/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * SGIs between vCPUs: ICC_SGI1R_EL1's target list, affinities, IRM (IHI 0069). Runs with
 * one cluster or more (-smp 17 and up has Aff1 = 1).
 */
#include "images/lib/atomic.h"
#include "images/lib/print.h"
#include "images/lib/test.h"
#include "images/lib/timer.h"
#include "tests/guest/gic_poll.h"

static u64 got[CPU_MAX];
static struct barrier meet;

static void on_sgi(u32 intid, struct exc_frame *frame)
{
    (void)frame;
    atomic_add(&got[this_cpu()->index], BIT(intid));
}

static u64 all_got(void)
{
    u64 sum = 0;
    for (unsigned i = 0; i < smp_started(); i++)
        sum += load_acquire64(&got[i]);
    return sum;
}

static void forget_all(void)
{
    for (unsigned i = 0; i < CPU_MAX; i++)
        got[i] = 0;
}

static void enable_sgi(void *arg)
{
    (void)arg;
    for (u32 i = 0; i < 16; i++)
        gic_setup(i, PRIO_DEFAULT, true);
}

/* Interrupts open until told otherwise. */
static u32 stop;

static void listen(void *arg)
{
    (void)arg;
    irq_unmask();
    while (!load_acquire32(&stop))
        wfi();
    irq_mask();
}

static void test_self(void)
{
    gic_send_sgi(SGI, my_affinity());
    check(gic_is_pending(SGI) && hppir1() == SGI, "an SGI to oneself is pending here");
    gic_send_sgi(SGI, my_affinity());
    check_equal(gic_ack(), SGI, "... acknowledged");
    gic_eoi(SGI);
    check_equal(gic_ack(), INTID_SPURIOUS, "sent twice before that, it came once");
}

static void test_each(void)
{
    bool ok = true;
    for (unsigned i = 1; i < smp_started(); i++) {
        u64 before = all_got();
        gic_send_sgi(i & 7, cpus[i].affinity);
        ok &= wait_until(load_acquire64(&got[i]) >= BIT(i & 7), 1000);
        ok &= all_got() == before + BIT(i & 7);
    }
    check(ok, "an SGI to one of %u vCPUs reaches that one and no other", smp_started());
    forget_all();
}

static void test_others(void)
{
    unsigned n = smp_started();
    gic_send_sgi_others(9);
    check(wait_until(all_got() == (n - 1) * BIT(9), 1000), "IRM reaches all %u others", n - 1);
    check(!gic_is_pending(9) && !got[0], "IRM leaves out the sender");
    forget_all();
}

static void test_list(void)
{
    unsigned n = smp_started() < 16 ? smp_started() : 16;
    u64 list = (BIT(n) - 1) & ~1ull;
    write_sysreg(list | 4ull << 24, ICC_SGI1R_EL1);
    isb();
    check(wait_until(all_got() == (n - 1) * BIT(4), 1000), "a target list reaches all in it");
    delay_ms(1);
    check_equal(all_got(), (n - 1) * BIT(4), "... and none in other clusters");
    forget_all();
}

static bool has_range_selector(void)
{
    return read_sysreg(ICC_CTLR_EL1) & BIT(18) && mmio_read32(BOARD_GICD + GICD_TYPER) & BIT(26);
}

static void test_absent(void)
{
    /* Aff2, Aff1 and Aff3 of nobody; then Aff0 above 15, for which the list's RS field selects
     * another 16: with no RSS support what it does is CONSTRAINED UNPREDICTABLE. */
    static const u64 absent[] = {0x00f0000, 0x0000f00, 0x300000000, 0x00000f0, 0x0000011};
    unsigned n = has_range_selector() ? 5 : 3;
    printf("INFO: %s\n", n == 5 ? "range selector: Aff0 16 and 240 tried" : "no range selector");
    for (unsigned i = 0; i < n; i++) {
        gic_send_sgi(2, absent[i]);
        gic_send_sgi(2, absent[i] | 1);
    }
    write_sysreg(2ull << 24, ICC_SGI1R_EL1); /* an empty list */
    isb();
    delay_ms(1);
    check(!all_got() && !gic_is_pending(2), "SGIs to vCPUs that do not exist reach nobody");
}

static void test_groups(void)
{
    gic_set_group(SGI, 0);
    write_sysreg(gic_sgi1r(SGI, my_affinity()), ICC_SGI0R_EL1);
    isb();
    check(gic_is_pending(SGI), "ICC_SGI0R_EL1 pends an SGI of Group 0");
    gic_clear_pending(SGI);
    gic_set_group(SGI, 1);
    write_sysreg(gic_sgi1r(SGI, my_affinity()), ICC_SGI0R_EL1);
    isb();
    check(!gic_is_pending(SGI), "ICC_SGI0R_EL1 does not pend an SGI of Group 1");
}

/* Everybody to everybody, at once. */
static void shout(void *arg)
{
    (void)arg;
    barrier_wait(&meet, smp_started());
    irq_unmask();
    gic_send_sgi_others(this_cpu()->index & 15);
    u64 want = smp_started() > 16 ? smp_started() / 16 : 1;
    while (load_acquire64(&got[this_cpu()->index]) < want)
        wfe();
    barrier_wait(&meet, smp_started());
    irq_mask();
}

static void test_all_at_once(void)
{
    if (smp_started() > 16)
        return; /* there SGIs of two senders with one INTID may merge */
    smp_run_all(shout, NULL);
    bool ok = true;
    u64 all = BIT(smp_started()) - 1;
    for (unsigned i = 0; i < smp_started(); i++)
        ok &= got[i] == (all & ~BIT(i));
    check(ok, "all vCPUs sending at once, each gets every other's SGI once");
}

int main(void)
{
    for (u32 i = 0; i < 16; i++)
        gic_on(i, on_sgi);
    smp_start(0);
    printf("INFO: %u vCPUs, last affinity 0x%lx\n", smp_started(),
           cpus[smp_started() - 1].affinity);
    smp_run_all(enable_sgi, NULL);
    test_self();
    test_groups();
    for (unsigned i = 1; i < smp_started(); i++)
        smp_run(i, listen, NULL);
    test_each();
    test_others();
    test_list();
    test_absent();
    store_release32(&stop, 1);
    gic_send_sgi_others(15);
    for (unsigned i = 1; i < smp_started(); i++)
        smp_wait(i);
    forget_all();
    test_all_at_once();
    return test_result();
}
