/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Any bytes as a recording: refused with a reason, or read to the end in order. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "emu/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct journal_reader *r = NULL;
    struct error err = {0};
    uint64_t last = 0;

    if (journal_parse("fuzz", (const char *)data, size, &r, &err)) {
        if (!err.text[0])
            abort();
        return 0;
    }
    for (const struct journal_event *e; (e = journal_peek(r)); journal_next(r)) {
        if (e->instructions < last || e->data_bytes > sizeof(e->data))
            abort();
        last = e->instructions;
    }
    journal_close(r);
    return 0;
}
