/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Linux's arm64 Image, plain or compressed by gzip. */
#include "emu/load/internal.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* Header fields (Documentation/arch/arm64/booting.rst), all little-endian. */
enum { TEXT_OFFSET_AT = 8, IMAGE_SIZE_AT = 16, FLAGS_AT = 24, MAGIC_AT = 56, HEADER_BYTES = 64 };

#define FLAG_BIG_ENDIAN      1u
#define IMAGE_ALIGN_BYTES    (2ull << 20)
#define OLD_TEXT_OFFSET      0x80000ull
#define MAX_UNPACKED_BYTES   (256ull << 20)
#define FIRST_UNPACKED_BYTES (1u << 20)

enum { TOO_LARGE = 100 }; /* beside zlib's own results */

static uint64_t u64_at(const uint8_t *bytes)
{
    uint64_t value = 0;

    for (int i = 7; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

bool load_is_image(const struct load_buffer *file)
{
    return file->size >= HEADER_BYTES && !memcmp(file->bytes + MAGIC_AT, "ARM\x64", 4);
}

int load_image(struct load_plan *plan, const char *path, const struct load_buffer *file,
               struct error *err)
{
    uint64_t text_offset = u64_at(file->bytes + TEXT_OFFSET_AT);
    uint64_t image_size = u64_at(file->bytes + IMAGE_SIZE_AT);
    uint64_t base = plan->request->ram_base;

    if (u64_at(file->bytes + FLAGS_AT) & FLAG_BIG_ENDIAN)
        return error_bad_input(err, "-kernel %s: a big-endian Image; vCPUs start little-endian",
                               path);
    if (!image_size) /* before Linux 3.17: the size is not told, and the offset is always this */
        text_offset = OLD_TEXT_OFFSET;
    else if (image_size > LOAD_MAX_FILE_BYTES)
        return error_bad_input(err,
                               "-kernel %s: a damaged Image header (image_size 0x%" PRIx64
                               "); copy or build it again",
                               path, image_size);
    if (text_offset >= IMAGE_ALIGN_BYTES)
        return error_bad_input(err,
                               "-kernel %s: a damaged Image header (text_offset 0x%" PRIx64
                               "); copy or build it again",
                               path, text_offset);
    /* Below the second 2 MiB nothing is left for a boot loader's own use; QEMU goes there too. */
    if (text_offset < 4096)
        base += IMAGE_ALIGN_BYTES;
    base = (base + IMAGE_ALIGN_BYTES - 1) / IMAGE_ALIGN_BYTES * IMAGE_ALIGN_BYTES + text_offset;
    plan->entry = base;
    return load_add_piece(plan, path, base, file->bytes, file->size,
                          image_size > file->size ? image_size : file->size, err);
}

/* Kernels that have no header of ours and would otherwise be run as flat code, to no good. */
int load_check_flat(const char *path, const struct load_buffer *file, struct error *err)
{
    static const struct {
        size_t at;
        const char *magic, *what;
    } others[] = {
        {4, "zimg", "an EFI zboot image; give the Image that is packed inside it"},
        {0x202, "HdrS", "an x86 kernel; give one for arm64"},
        {0x24, "\x18\x28\x6f\x01", "a zImage for 32-bit Arm; give one for arm64"},
        {0, "\x27\x05\x19\x56", "a U-Boot uImage; give the Image that is inside it"},
        {0, "\xd0\x0d\xfe\xed", "a device tree; give it with -dtb"},
    };

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        if (file->size >= others[i].at + 4 &&
            !memcmp(file->bytes + others[i].at, others[i].magic, 4))
            return error_bad_input(err, "-kernel %s: %s", path, others[i].what);
    }
    return 0;
}

bool load_is_gzip(const struct load_buffer *file)
{
    return file->size >= 18 && file->bytes[0] == 0x1f && file->bytes[1] == 0x8b &&
           file->bytes[2] == 8;
}

/* Unpacks into a buffer that doubles; Z_STREAM_END is success. */
static int inflate_all(z_stream *z, uint8_t **out, size_t *size)
{
    size_t capacity = FIRST_UNPACKED_BYTES;
    int status = Z_OK;

    *out = malloc(capacity);
    *size = 0;
    while (*out && status == Z_OK) {
        z->next_out = *out + *size;
        z->avail_out = (uInt)(capacity - *size);
        status = inflate(z, Z_NO_FLUSH);
        *size = capacity - z->avail_out;
        if (status == Z_OK && !z->avail_out) {
            uint8_t *more = capacity < MAX_UNPACKED_BYTES ? realloc(*out, 2 * capacity) : NULL;

            if (!more)
                return capacity < MAX_UNPACKED_BYTES ? Z_MEM_ERROR : TOO_LARGE;
            *out = more;
            capacity *= 2;
        } else if (status == Z_OK && !z->avail_in) {
            return Z_BUF_ERROR;
        }
    }
    return *out ? status : Z_MEM_ERROR;
}

int load_gunzip(struct load_plan *plan, const char *path, struct load_buffer *file,
                struct error *err)
{
    z_stream z = {.next_in = file->bytes, .avail_in = (uInt)file->size};
    uint8_t *bytes = NULL;
    size_t size = 0;
    int status = file->size > UINT32_MAX ? TOO_LARGE : inflateInit2(&z, 15 + 16);

    if (status == Z_OK) {
        status = inflate_all(&z, &bytes, &size);
        inflateEnd(&z);
    }
    if (status != Z_STREAM_END) {
        free(bytes);
        if (status == Z_MEM_ERROR)
            return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "-kernel %s: no memory to unpack it",
                             path);
        return error_bad_input(err, "-kernel %s: %s", path,
                               status == TOO_LARGE
                                   ? "unpacks to more than 256 MiB, which is no kernel"
                                   : "the gzip data are truncated or damaged; try gzip -t on it");
    }
    *file = (struct load_buffer){bytes, size};
    return load_own(plan, bytes, size, err);
}
