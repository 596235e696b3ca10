/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef IRQLAB_EMU_LOAD_INTERNAL_H
#define IRQLAB_EMU_LOAD_INTERNAL_H

#include "emu/fdt.h"
#include "emu/load/load.h"
#include "emu/load/symbols.h"

enum { LOAD_MAX_PIECES = 64, LOAD_MAX_BUFFERS = 32 };

#define LOAD_MAX_FILE_BYTES (4ull << 30)
#define LOAD_FLAT_OFFSET    0x80000ull

struct load_buffer {
    uint8_t *bytes;
    size_t size;
};

struct load_plan {
    const struct load_request *request; /* valid while the plan is made */
    struct load_piece pieces[LOAD_MAX_PIECES];
    size_t n_pieces;
    struct load_buffer buffers[LOAD_MAX_BUFFERS]; /* owned */
    size_t n_buffers;
    struct symbols symbols;
    struct fdt_module modules[LOAD_MAX_BUFFERS];
    size_t n_modules;
    uint64_t entry, x0;
    bool is_elf;
    uint64_t kernel_end; /* first address behind the kernel */
    const void *dtb;
    size_t dtb_bytes;
};

/* Reads a whole file into a buffer of the plan. @option for messages: "-kernel". */
int load_read_file(struct load_plan *plan, const char *option, const char *path,
                   struct load_buffer *out, struct error *err);
/* The plan takes @bytes over. */
int load_own(struct load_plan *plan, void *bytes, size_t size, struct error *err);
int load_add_piece(struct load_plan *plan, const char *name, uint64_t address, const void *data,
                   size_t file_bytes, uint64_t size_bytes, struct error *err);

bool load_is_elf(const struct load_buffer *file);
int load_elf(struct load_plan *plan, const char *path, const struct load_buffer *file,
             struct error *err);

bool load_is_gzip(const struct load_buffer *file);
/* Replaces *@file by what it unpacks to. */
int load_gunzip(struct load_plan *plan, const char *path, struct load_buffer *file,
                struct error *err);
bool load_is_image(const struct load_buffer *file);
/* Refuses files that are known to be something else than code. */
int load_check_flat(const char *path, const struct load_buffer *file, struct error *err);
int load_image(struct load_plan *plan, const char *path, const struct load_buffer *file,
               struct error *err);

#endif
