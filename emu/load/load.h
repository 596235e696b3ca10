/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What is put where in a guest's RAM before it starts.
 *
 * Kinds of kernel, told by their content:
 *   ELF        ELF64 for AArch64, little-endian. ET_EXEC: segments at p_paddr. ET_DYN: at RAM +
 *              0x80000, not relocated. Symbols are kept.
 *   Image      Linux's arm64 Image (Documentation/arch/arm64/booting): at a 2 MiB boundary plus
 *              text_offset; also gzip-compressed
 *   flat       anything else, at RAM + 0x80000
 * All are entered with the device tree's address in x0. With firmware in flash, entry is 0 and the
 * device tree is at the start of RAM, where U-Boot and EDK2 look for it.
 */
#ifndef IRQLAB_EMU_LOAD_LOAD_H
#define IRQLAB_EMU_LOAD_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/board.h"
#include "emu/error.h"

struct symbols;
struct load_plan;

/* A module is also told of in the device tree, for a hypervisor that starts it (emu/fdt.h). */
enum load_blob_kind { LOAD_BLOB_DATA, LOAD_BLOB_KERNEL_MODULE, LOAD_BLOB_INITRD_MODULE };

struct load_blob {
    enum load_blob_kind kind;
    const char *file;     /* NULL: the low @data_bytes bytes of @data */
    const char *bootargs; /* of a kernel module; may be NULL */
    uint64_t address, data;
    unsigned data_bytes;
};

struct load_request {
    const char *kernel, *initrd, *append, *dtb; /* NULL: none */
    bool firmware;                              /* something in flash is entered, not the kernel */
    uint64_t ram_base, ram_bytes;
    const struct board_description *board;
    const struct load_blob *blobs;
    size_t n_blobs;
};

/* A piece of memory: @file_bytes of data, then zeros up to @size_bytes. */
struct load_piece {
    char name[192];
    uint64_t address, size_bytes;
    const uint8_t *data;
    size_t file_bytes;
};

/**
 * load_plan_create - reads everything into host memory and places it. Pieces outside RAM or on top
 * of each other are refused; the message names both, with their ranges.
 */
int load_plan_create(const struct load_request *request, struct load_plan **out, struct error *err);
void load_plan_free(struct load_plan *plan);

/** load_plan_write - gives all pieces to @write; stops at the first that it refuses. Repeatable. */
int load_plan_write(const struct load_plan *plan,
                    int (*write)(void *opaque, uint64_t address, const void *data,
                                 size_t size_bytes),
                    void *opaque);

uint64_t load_plan_entry(const struct load_plan *plan);
/** load_plan_is_elf - whether the kernel is an ELF file. */
bool load_plan_is_elf(const struct load_plan *plan);
uint64_t load_plan_x0(const struct load_plan *plan);
size_t load_plan_pieces(const struct load_plan *plan);
const struct load_piece *load_plan_piece(const struct load_plan *plan, size_t index);
struct symbols *load_plan_symbols(struct load_plan *plan);
const void *load_plan_dtb(const struct load_plan *plan, size_t *bytes);

#endif
