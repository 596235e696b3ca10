/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * An ELF image on a machine with EL3 (secure=on) is where firmware would be: all vCPUs come out of
 * reset there, at EL3 and Secure, whether there is an EL2 or not; boot.S lets one go on.
 */
#include "images/lib/atomic.h"
#include "images/lib/smp.h"
#include "images/lib/test.h"

BOOT_EL(3);

static u64 at_el3, secure;

static void look(void *arg)
{
    (void)arg;
    atomic_add(&at_el3, current_el() == 3);
    atomic_add(&secure, !(read_sysreg(scr_el3) & 1));
}

int main(void)
{
    check_equal(boot.entry_el, 3, "an ELF image is entered at EL3");
    smp_start(0);
    smp_run_all(look, NULL);
    check_equal(at_el3, boot.cpus, "all vCPUs come from reset at EL3");
    check_equal(secure, boot.cpus, "... in Secure state");
    return test_result();
}
