/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * RAM and flash, as the selected vCPU's translation shows it now. Devices are not touched: reading
 * one may change it (a UART's FIFO, ICC_IAR's kin in GICC).
 */
#include <errno.h>
#include <string.h>

#include "emu/gdb/internal.h"

enum { PAGE = 4096 };

int gdb_translate(struct gdb_stub *g, uint64_t va, uint64_t *pa)
{
    *pa = va;
    return g->physical ? 0 : vcpu_translate(g->m->engine, g->selected, va, pa);
}

static size_t piece(uint64_t va, size_t left)
{
    size_t in_page = PAGE - va % PAGE;

    return in_page < left ? in_page : left;
}

size_t gdb_memory_read(struct gdb_stub *g, uint64_t va, void *to, size_t n)
{
    size_t done = 0;

    while (done < n) {
        size_t now = piece(va + done, n - done);
        uint64_t pa;

        if (gdb_translate(g, va + done, &pa) ||
            engine_peek(g->m->engine, pa, (uint8_t *)to + done, now))
            break;
        done += now;
    }
    return done;
}

/* Nothing is written unless all can be. */
static int write_pass(struct gdb_stub *g, uint64_t va, const uint8_t *from, size_t n, bool commit)
{
    uint8_t probe[1];

    for (size_t done = 0; done < n;) {
        size_t now = piece(va + done, n - done);
        uint64_t pa;
        int rc = gdb_translate(g, va + done, &pa);

        if (!rc)
            rc = commit ? machine_guest_write(g->m, pa, from + done, now)
                        : machine_guest_read(g->m, pa + now - 1, probe, 1) |
                              machine_guest_read(g->m, pa, probe, 1);
        if (rc)
            return -EFAULT;
        done += now;
    }
    return 0;
}

int gdb_memory_write(struct gdb_stub *g, uint64_t va, const void *from, size_t n)
{
    int rc = write_pass(g, va, from, n, false);

    return rc ? rc : write_pass(g, va, from, n, true);
}
