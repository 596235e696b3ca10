/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/lesson/crash.h"

#include <stdio.h>
#include <string.h>

#include "emu/lesson/child.h"
#include "emu/lesson/fold.h"

/* ESR_ELx.EC (DDI 0487, ESR_EL1). */
enum {
    EC_UNKNOWN = 0x00,
    EC_IABT_LOWER = 0x20,
    EC_IABT = 0x21,
    EC_PC = 0x22,
    EC_DABT_LOWER = 0x24,
    EC_DABT = 0x25,
    EC_SP = 0x26
};

static void what(unsigned long esr, unsigned long far, char *text, size_t room)
{
    bool is_write = esr >> 6 & 1; /* WnR */

    switch (esr >> 26 & 0x3f) {
    case EC_UNKNOWN:
        snprintf(text, room, "an instruction that this core has not, or not here");
        break;
    case EC_IABT_LOWER:
    case EC_IABT:
    case EC_PC:
        snprintf(text, room, "a jump to address 0x%lx, where no code is", far);
        break;
    case EC_DABT_LOWER:
    case EC_DABT:
        snprintf(text, room, "a %s address 0x%lx", is_write ? "write to" : "read of", far);
        break;
    case EC_SP:
        snprintf(text, room, "a stack pointer that is not aligned");
        break;
    default:
        snprintf(text, room, "an exception with ESR 0x%lx", esr);
    }
}

/* A jump into nowhere: what is known of the place is who called last. */
static bool is_jump(unsigned long esr)
{
    unsigned long ec = esr >> 26 & 0x3f;

    return ec == EC_IABT_LOWER || ec == EC_IABT || ec == EC_PC;
}

/* "function\nfile.c:12\n" */
static void where(const char *image, unsigned long pc, char *text, size_t room)
{
    char address[24];
    char *argv[] = {"aarch64-linux-gnu-addr2line", "-sfe", (char *)image, address, NULL};
    struct child c = {0};
    char *line;

    snprintf(address, sizeof(address), "0x%lx", pc);
    snprintf(text, room, "at address %s", address);
    if (!child_run(&c, argv, NULL) && !c.exit_code && c.output[0] != '?' &&
        (line = strchr(c.output, '\n'))) {
        *line++ = '\0';
        line[strcspn(line, "\n (")] = '\0';
        if (*line == '?')
            snprintf(text, room, "in %s()", c.output);
        else
            snprintf(text, room, "in %s(), %s", c.output, line);
    }
    child_clear(&c);
}

bool crash_tell(const char *output, const char *image)
{
    const char *said = strstr(output, "unexpected exception, vector");
    char did[96], place[256];
    unsigned long esr, pc, far, spsr, x30;
    unsigned vector, vcpu, el;

    if (!said || sscanf(said,
                        "unexpected exception, vector %u on vCPU %u at EL%u: ESR 0x%lx ELR "
                        "0x%lx FAR 0x%lx SPSR 0x%lx x30 0x%lx",
                        &vector, &vcpu, &el, &esr, &pc, &far, &spsr, &x30) != 8)
        return false;
    what(esr, far, did, sizeof(did));
    where(image, is_jump(esr) ? x30 - 4 : pc, place, sizeof(place));
    fold_format(stdout, 0, 0, "NOT YET: the program crashed %s: %s (core %u).", place, did, vcpu);
    return true;
}
