/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Gives a fuzzer's bytes to the loaders as a file. */
#ifndef IRQLAB_TESTS_FUZZ_LOAD_RIG_H
#define IRQLAB_TESTS_FUZZ_LOAD_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "emu/load/load.h"
#include "emu/load/symbols.h"

static int check_inside(void *opaque, uint64_t address, const void *data, size_t size_bytes)
{
    const struct load_request *r = opaque;

    (void)data;
    if (address < r->ram_base || address - r->ram_base > r->ram_bytes ||
        size_bytes > r->ram_bytes - (address - r->ram_base))
        abort(); /* the plan promised that every piece is inside RAM */
    return 0;
}

/* @as_dtb: the bytes are the device tree of a one-word kernel; else they are the kernel. */
static void load_bytes(const uint8_t *bytes, size_t size, bool as_dtb)
{
    static const uint8_t word[4] = {0, 0, 0, 0x14};
    uint64_t mpidr = 0, offset;
    struct board_description board;
    struct load_plan *plan;
    struct error err;
    char path[64], kernel[64];
    int fd = memfd_create("input", 0), fd2 = memfd_create("kernel", 0);

    if (fd < 0 || fd2 < 0 || write(fd, bytes, size) != (ssize_t)size ||
        write(fd2, word, sizeof(word)) != sizeof(word))
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    snprintf(kernel, sizeof(kernel), "/proc/self/fd/%d", fd2);
    board_describe(&board, 1, &mpidr, 64 << 20, false, false, "cortex-a72");
    /* With a given tree, a module whose node goes into it. */
    const struct load_blob module = {.kind = LOAD_BLOB_KERNEL_MODULE,
                                     .file = kernel,
                                     .bootargs = "quiet",
                                     .address = BOARD_RAM_BASE + (32 << 20)};
    struct load_request request = {
        .blobs = &module,
        .n_blobs = as_dtb ? 1 : 0,
        .kernel = as_dtb ? kernel : path,
        .dtb = as_dtb ? path : NULL,
        .append = "console=ttyAMA0",
        .ram_base = BOARD_RAM_BASE,
        .ram_bytes = 64 << 20,
        .board = &board,
    };
    if (!load_plan_create(&request, &plan, &err)) {
        load_plan_write(plan, check_inside, &request);
        symbols_at(load_plan_symbols(plan), load_plan_entry(plan), &offset);
        load_plan_free(plan);
    } else if (err.exit_code != IRQLAB_EXIT_BAD_INPUT && err.exit_code != IRQLAB_EXIT_HOST) {
        abort();
    }
    close(fd);
    close(fd2);
}

#endif
