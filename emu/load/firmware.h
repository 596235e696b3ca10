/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What firmware in flash is told by fw_cfg: the kernel, initial RAM disk and command line that the
 * user named (firmware boots them as QEMU's does), the size of the machine, and ACPI tables.
 */
#ifndef IRQLAB_EMU_LOAD_FIRMWARE_H
#define IRQLAB_EMU_LOAD_FIRMWARE_H

#include <stdbool.h>

#include "emu/board.h"
#include "emu/error.h"

struct dev;

struct firmware_request {
    const char *kernel, *initrd, *append; /* paths and text; NULL: none */
    bool acpi;                            /* describe the board by ACPI tables too */
    const struct board_description *board;
};

/**
 * firmware_configure - fills @fw_cfg, before the guest runs. A kernel that is compressed with gzip
 * is unpacked. Returns 0 or a negative errno with *err naming the option and the file.
 */
int firmware_configure(const struct firmware_request *request, struct dev *fw_cfg,
                       struct error *err);

#endif
