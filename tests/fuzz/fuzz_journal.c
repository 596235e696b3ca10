/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A recording is read whole or refused. */
#include <stddef.h>
#include <stdint.h>

#include "emu/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct journal_reader *reader;
    struct error err;

    if (journal_parse("input", (const char *)data, size, &reader, &err))
        return 0;
    while (journal_peek(reader))
        journal_next(reader);
    journal_close(reader);
    return 0;
}
