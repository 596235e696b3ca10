/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A few pages for a GIC under test: what gic_config.memory_read and memory_write answer with. */
#ifndef IRQLAB_TESTS_GUEST_MEMORY_H
#define IRQLAB_TESTS_GUEST_MEMORY_H

#include <errno.h>
#include <stdint.h>
#include <string.h>

/** guest_memory_read, _write - @size bytes at @address of @total; -EFAULT: not all are there. */
static inline int guest_memory_read(const uint8_t *memory, size_t total, uint64_t address,
                                    void *buffer, size_t size)
{
    if (address > total || size > total - address)
        return -EFAULT;
    memcpy(buffer, memory + address, size);
    return 0;
}

static inline int guest_memory_write(uint8_t *memory, size_t total, uint64_t address,
                                     const void *buffer, size_t size)
{
    if (address > total || size > total - address)
        return -EFAULT;
    memcpy(memory + address, buffer, size);
    return 0;
}

#endif
