/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/load/internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "emu/fdt.h"

#define PAGE              4096ull
#define INITRD_OFFSET_MAX (128ull << 20)
/* A kernel's early mapping of its device tree reaches 2 MiB. */
#define DTB_ALIGN_BYTES (2ull << 20)

/* -- Buffers and pieces ------------------------------------------------------------------------ */

int load_own(struct load_plan *plan, void *bytes, size_t size, struct error *err)
{
    if (plan->n_buffers == LOAD_MAX_BUFFERS) {
        free(bytes);
        return error_bad_input(err, "too many files to load (%d at most)", LOAD_MAX_BUFFERS);
    }
    plan->buffers[plan->n_buffers++] = (struct load_buffer){bytes, size};
    return 0;
}

int load_read_file(struct load_plan *plan, const char *option, const char *path,
                   struct load_buffer *out, struct error *err)
{
    FILE *file = fopen(path, "rb");
    struct stat info;
    uint8_t *bytes;

    if (!file || fstat(fileno(file), &info)) {
        if (file)
            fclose(file);
        return error_bad_input(err, "%s %s: cannot be opened: %s", option, path, strerror(errno));
    }
    if (!S_ISREG(info.st_mode) || info.st_size == 0 ||
        (uint64_t)info.st_size > LOAD_MAX_FILE_BYTES) {
        fclose(file);
        return error_bad_input(err, "%s %s: %s", option, path,
                               S_ISDIR(info.st_mode)    ? "is a directory; name a file"
                               : !S_ISREG(info.st_mode) ? "is not a regular file"
                               : info.st_size == 0      ? "is empty"
                                                        : "is larger than 4 GiB");
    }
    bytes = malloc((size_t)info.st_size);
    if (!bytes || fread(bytes, 1, (size_t)info.st_size, file) != (size_t)info.st_size) {
        free(bytes);
        fclose(file);
        return error_bad_input(err, "%s %s: cannot be read: %s", option, path, strerror(errno));
    }
    fclose(file);
    *out = (struct load_buffer){bytes, (size_t)info.st_size};
    return load_own(plan, bytes, out->size, err);
}

static bool overlaps(const struct load_piece *a, uint64_t address, uint64_t size_bytes)
{
    return a->address < address + size_bytes && address < a->address + a->size_bytes;
}

static int check_room(const struct load_plan *plan, const char *name, uint64_t address,
                      uint64_t size_bytes, struct error *err)
{
    const struct load_request *r = plan->request;
    uint64_t end = r->ram_base + r->ram_bytes;

    if (address < r->ram_base || address >= end || size_bytes > end - address)
        return error_bad_input(err,
                               "%s: 0x%" PRIx64 "..0x%" PRIx64
                               " is not inside RAM, which is 0x%" PRIx64 "..0x%" PRIx64
                               "; give more RAM with -m, or another address",
                               name, address, address + size_bytes - 1, r->ram_base, end - 1);
    for (size_t i = 0; i < plan->n_pieces; i++) {
        const struct load_piece *p = &plan->pieces[i];

        if (overlaps(p, address, size_bytes))
            return error_bad_input(err,
                                   "%s at 0x%" PRIx64 "..0x%" PRIx64 " overlaps %s at 0x%" PRIx64
                                   "..0x%" PRIx64 "; move one of them",
                                   name, address, address + size_bytes - 1, p->name, p->address,
                                   p->address + p->size_bytes - 1);
    }
    return 0;
}

int load_add_piece(struct load_plan *plan, const char *name, uint64_t address, const void *data,
                   size_t file_bytes, uint64_t size_bytes, struct error *err)
{
    struct load_piece *p = &plan->pieces[plan->n_pieces];
    int rc;

    if (plan->n_pieces == LOAD_MAX_PIECES)
        return error_bad_input(err, "%s: more than %d pieces to load", name, LOAD_MAX_PIECES);
    rc = check_room(plan, name, address, size_bytes, err);
    if (rc)
        return rc;
    snprintf(p->name, sizeof(p->name), "%s", name);
    p->address = address;
    p->size_bytes = size_bytes;
    p->data = data;
    p->file_bytes = file_bytes;
    plan->n_pieces++;
    return 0;
}

/* -- What the options name --------------------------------------------------------------------- */

static int add_kernel(struct load_plan *plan, struct error *err)
{
    const char *path = plan->request->kernel;
    struct load_buffer file;
    int rc = load_read_file(plan, "-kernel", path, &file, err);

    if (!rc && load_is_gzip(&file))
        rc = load_gunzip(plan, path, &file, err);
    if (rc)
        return rc;
    plan->is_elf = load_is_elf(&file);
    if (plan->is_elf) {
        rc = load_elf(plan, path, &file, err);
    } else if (load_is_image(&file)) {
        rc = load_image(plan, path, &file, err);
    } else {
        plan->entry = plan->request->ram_base + LOAD_FLAT_OFFSET;
        rc = load_check_flat(path, &file, err);
        rc = rc ? rc
                : load_add_piece(plan, path, plan->entry, file.bytes, file.size, file.size, err);
    }
    for (size_t i = 0; i < plan->n_pieces; i++) {
        uint64_t end = plan->pieces[i].address + plan->pieces[i].size_bytes;

        plan->kernel_end = end > plan->kernel_end ? end : plan->kernel_end;
    }
    return rc;
}

static int add_data(struct load_plan *plan, const struct load_blob *b, struct error *err)
{
    uint8_t *bytes = malloc(8);
    int rc;

    if (!bytes)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    for (unsigned k = 0; k < 8; k++)
        bytes[k] = (uint8_t)(b->data >> (8 * k));
    rc = load_own(plan, bytes, 8, err);
    return rc ? rc
              : load_add_piece(plan, "-device loader,data", b->address, bytes, b->data_bytes,
                               b->data_bytes, err);
}

static int add_file(struct load_plan *plan, const struct load_blob *b, struct error *err)
{
    static const char *const options[] = {
        [LOAD_BLOB_DATA] = "-device loader,file",
        [LOAD_BLOB_KERNEL_MODULE] = "-device guest-loader,kernel",
        [LOAD_BLOB_INITRD_MODULE] = "-device guest-loader,initrd",
    };
    struct load_buffer file;
    int rc = load_read_file(plan, options[b->kind], b->file, &file, err);

    rc = rc ? rc : load_add_piece(plan, b->file, b->address, file.bytes, file.size, file.size, err);
    if (!rc && b->kind != LOAD_BLOB_DATA)
        plan->modules[plan->n_modules++] = (struct fdt_module){
            .is_kernel = b->kind == LOAD_BLOB_KERNEL_MODULE,
            .address = b->address,
            .bytes = file.size,
            .bootargs = b->bootargs,
        };
    return rc;
}

static int add_blobs(struct load_plan *plan, struct error *err)
{
    int rc = 0;

    for (size_t i = 0; !rc && i < plan->request->n_blobs; i++) {
        const struct load_blob *b = &plan->request->blobs[i];

        rc = b->file ? add_file(plan, b, err) : add_data(plan, b, err);
    }
    return rc;
}

static uint64_t align_up(uint64_t value, uint64_t to)
{
    return (value + to - 1) / to * to;
}

/* As QEMU: half of RAM up, at most 128 MiB, and behind the kernel. */
static int add_initrd(struct load_plan *plan, struct fdt_boot *boot, struct error *err)
{
    const struct load_request *r = plan->request;
    uint64_t offset = r->ram_bytes / 2 < INITRD_OFFSET_MAX ? r->ram_bytes / 2 : INITRD_OFFSET_MAX;
    uint64_t address = align_up(r->ram_base + offset, PAGE);
    struct load_buffer file;
    int rc = load_read_file(plan, "-initrd", r->initrd, &file, err);

    if (rc)
        return rc;
    if (address < plan->kernel_end)
        address = align_up(plan->kernel_end, PAGE);
    boot->initrd_start = address;
    boot->initrd_end = address + file.size;
    return load_add_piece(plan, r->initrd, address, file.bytes, file.size, file.size, err);
}

static int make_dtb(struct load_plan *plan, const struct fdt_boot *boot, void **blob, size_t *size,
                    struct error *err)
{
    const struct load_request *r = plan->request;
    struct load_buffer file;
    int rc;

    if (!r->dtb)
        return fdt_build(r->board, boot, blob, size, err);
    rc = load_read_file(plan, "-dtb", r->dtb, &file, err);
    return rc ? rc : fdt_complete(r->dtb, file.bytes, file.size, r->board, boot, blob, size, err);
}

/* Behind all else, at a 2 MiB boundary; at the start of RAM for firmware and ELF images above it.
 */
static int add_dtb(struct load_plan *plan, const struct fdt_boot *boot, struct error *err)
{
    const struct load_request *r = plan->request;
    uint64_t address = r->ram_base, end = r->ram_base;
    void *blob;
    size_t size;
    int rc = make_dtb(plan, boot, &blob, &size, err);

    rc = rc ? rc : load_own(plan, blob, size, err);
    if (rc)
        return rc;
    for (size_t i = 0; i < plan->n_pieces; i++) {
        uint64_t piece_end = plan->pieces[i].address + plan->pieces[i].size_bytes;

        end = piece_end > end ? piece_end : end;
    }
    if (!r->firmware)
        address = align_up(end, DTB_ALIGN_BYTES);
    if (!r->firmware && address + size > r->ram_base + r->ram_bytes)
        address = align_up(end, PAGE);
    if (address + size > r->ram_base + r->ram_bytes &&
        !check_room(plan, "", r->ram_base, size, NULL))
        address = r->ram_base;
    plan->x0 = address;
    plan->dtb = blob;
    plan->dtb_bytes = size;
    return load_add_piece(plan, r->dtb ? r->dtb : "the device tree", address, blob, size, size,
                          err);
}

int load_plan_create(const struct load_request *request, struct load_plan **out, struct error *err)
{
    struct load_plan *plan = calloc(1, sizeof(*plan));
    struct fdt_boot boot = {.bootargs = request->append};
    int rc = 0;

    if (!plan)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    plan->request = request;
    if (request->kernel && !request->firmware)
        rc = add_kernel(plan, err);
    rc = rc ? rc : add_blobs(plan, err);
    if (!rc && request->initrd && !request->firmware)
        rc = add_initrd(plan, &boot, err);
    boot.modules = plan->modules;
    boot.n_modules = plan->n_modules;
    rc = rc ? rc : add_dtb(plan, &boot, err);
    plan->request = NULL;
    if (rc) {
        load_plan_free(plan);
        return rc;
    }
    if (request->firmware) {
        plan->entry = 0;
        plan->x0 = 0;
    }
    *out = plan;
    return 0;
}

void load_plan_free(struct load_plan *plan)
{
    if (!plan)
        return;
    for (size_t i = 0; i < plan->n_buffers; i++)
        free(plan->buffers[i].bytes);
    symbols_clear(&plan->symbols);
    free(plan);
}

/* -- Using a plan ------------------------------------------------------------------------------ */

static int write_zeros(uint64_t address, uint64_t size_bytes,
                       int (*write)(void *opaque, uint64_t address, const void *data,
                                    size_t size_bytes),
                       void *opaque)
{
    static const uint8_t zeros[65536];
    int rc = 0;

    while (!rc && size_bytes) {
        size_t n = size_bytes < sizeof(zeros) ? (size_t)size_bytes : sizeof(zeros);

        rc = write(opaque, address, zeros, n);
        address += n;
        size_bytes -= n;
    }
    return rc;
}

int load_plan_write(const struct load_plan *plan,
                    int (*write)(void *opaque, uint64_t address, const void *data,
                                 size_t size_bytes),
                    void *opaque)
{
    int rc = 0;

    for (size_t i = 0; !rc && i < plan->n_pieces; i++) {
        const struct load_piece *p = &plan->pieces[i];

        rc = write(opaque, p->address, p->data, p->file_bytes);
        rc = rc ? rc
                : write_zeros(p->address + p->file_bytes, p->size_bytes - p->file_bytes, write,
                              opaque);
    }
    return rc;
}

uint64_t load_plan_entry(const struct load_plan *plan)
{
    return plan->entry;
}

bool load_plan_is_elf(const struct load_plan *plan)
{
    return plan->is_elf;
}

uint64_t load_plan_x0(const struct load_plan *plan)
{
    return plan->x0;
}

size_t load_plan_pieces(const struct load_plan *plan)
{
    return plan->n_pieces;
}

const struct load_piece *load_plan_piece(const struct load_plan *plan, size_t index)
{
    return &plan->pieces[index];
}

struct symbols *load_plan_symbols(struct load_plan *plan)
{
    return &plan->symbols;
}

const void *load_plan_dtb(const struct load_plan *plan, size_t *bytes)
{
    *bytes = plan->dtb_bytes;
    return plan->dtb;
}
