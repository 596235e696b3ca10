/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An ITS gets on with its queue whether or not software asks how far it is: nothing in IHI 0069 5.3
 * makes a command wait for a read of GITS_CREADR. Runs with --choose its-command=5 too, where each
 * command takes its time.
 */
#include "images/lib/timer.h"
#include "tests/guest/lpi_poll.h"

/* A message that nobody waits for at the ITS. */
static void send_and_leave(u32 event)
{
    its_queue_put((struct its_command){{ITS_INT | (u64)DEVICE << 32, event, 0, 0}});
    its_queue_announce();
}

int main(void)
{
    if (!lpi_start(2))
        return test_result();
    send_and_leave(0);
    while (!irq_is_signalled())
        wfi();
    check_equal(gic_ack(), LPI, "INT is done while the only vCPU waits in WFI");
    gic_eoi(LPI);
    send_and_leave(0);
    send_and_leave(1);
    check(wait_until(irq_is_signalled(), 50), "INT is done while software looks elsewhere");
    u32 first = gic_ack(), second = INTID_SPURIOUS;
    gic_eoi(first);
    if (wait_until(irq_is_signalled(), 50)) {
        second = gic_ack();
        gic_eoi(second);
    }
    check(first == LPI && second == LPI + 1, "... and the one after it");
    check(nothing_pends(), "nothing is left");
    return test_result();
}
