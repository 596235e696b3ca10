/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/load/aml.h"

#include <stdlib.h>
#include <string.h>

/* Opcodes and prefixes, ACPI 6.3 section 20.3. */
enum {
    OP_ZERO = 0x00,
    OP_ONE = 0x01,
    OP_NAME = 0x08,
    OP_BYTE = 0x0A,
    OP_WORD = 0x0B,
    OP_DWORD = 0x0C,
    OP_STRING = 0x0D,
    OP_QWORD = 0x0E,
    OP_SCOPE = 0x10,
    OP_BUFFER = 0x11,
    OP_PACKAGE = 0x12,
    OP_METHOD = 0x14,
    OP_EXT = 0x5B,
    OP_ARG0 = 0x68,
    OP_EXT_DEVICE = 0x82,
    OP_NOTIFY = 0x86,
    OP_RETURN = 0xA4,
};

/* Resource data types, sections 6.4.2 and 6.4.3. */
enum {
    RES_END_TAG = 0x79,
    RES_MEMORY32_FIXED = 0x86,
    RES_ADDRESS32 = 0x87,
    RES_ADDRESS16 = 0x88,
    RES_INTERRUPT = 0x89,
    RES_ADDRESS64 = 0x8A,
    RES_GPIO = 0x8C,
};

static bool reserve(struct aml *a, size_t more)
{
    if (a->failed)
        return false;
    if (a->size_bytes + more <= a->capacity_bytes)
        return true;
    size_t capacity = (a->capacity_bytes + more) * 2;
    uint8_t *grown = realloc(a->data, capacity);
    if (!grown) {
        a->failed = true;
        return false;
    }
    a->data = grown;
    a->capacity_bytes = capacity;
    return true;
}

void aml_bytes(struct aml *a, const void *bytes, size_t size_bytes)
{
    if (!size_bytes || !reserve(a, size_bytes))
        return;
    memcpy(a->data + a->size_bytes, bytes, size_bytes);
    a->size_bytes += size_bytes;
}

static void little_endian(struct aml *a, uint64_t value, unsigned size_bytes)
{
    for (unsigned i = 0; i < size_bytes; i++) {
        uint8_t byte = (uint8_t)(value >> (8 * i));
        aml_bytes(a, &byte, 1);
    }
}

void aml_u8(struct aml *a, uint8_t value)
{
    little_endian(a, value, 1);
}

void aml_u16(struct aml *a, uint16_t value)
{
    little_endian(a, value, 2);
}

void aml_u32(struct aml *a, uint32_t value)
{
    little_endian(a, value, 4);
}

void aml_u64(struct aml *a, uint64_t value)
{
    little_endian(a, value, 8);
}

void aml_zeros(struct aml *a, size_t size_bytes)
{
    while (size_bytes--)
        aml_u8(a, 0);
}

void aml_free(struct aml *a)
{
    free(a->data);
    memset(a, 0, sizeof(*a));
}

static void open_package(struct aml *a)
{
    if (a->depth == AML_MAX_DEPTH) {
        a->failed = true;
        return;
    }
    a->open[a->depth++] = a->size_bytes;
}

/*
 * PkgLength (section 20.2.4) counts itself. One byte holds up to 63; else the low 4 bits are in the
 * first byte, whose top two bits say how many bytes follow.
 */
static unsigned encode_length(size_t contents_bytes, uint8_t out[4])
{
    if (contents_bytes + 1 <= 63) {
        out[0] = (uint8_t)(contents_bytes + 1);
        return 1;
    }
    unsigned count = contents_bytes + 2 < (1u << 12) ? 2 : contents_bytes + 3 < (1u << 20) ? 3 : 4;
    size_t total = contents_bytes + count;
    out[0] = (uint8_t)((count - 1) << 6 | (total & 0xF));
    for (unsigned i = 1; i < count; i++)
        out[i] = (uint8_t)(total >> (4 + 8 * (i - 1)));
    return count;
}

/* Puts the length in front of the contents, now that they are known. */
void aml_end(struct aml *a)
{
    uint8_t length[4];
    if (a->failed || a->depth == 0)
        return;
    size_t start = a->open[--a->depth];
    size_t contents_bytes = a->size_bytes - start;
    unsigned count = encode_length(contents_bytes, length);
    if (!reserve(a, count))
        return;
    memmove(a->data + start + count, a->data + start, contents_bytes);
    memcpy(a->data + start, length, count);
    a->size_bytes += count;
}

/* NameString: a root prefix is kept, the segment is padded with underscores to four. */
static void name_string(struct aml *a, const char *name)
{
    if (*name == '\\')
        aml_u8(a, (uint8_t)*name++);
    for (unsigned i = 0; i < 4; i++)
        aml_u8(a, *name ? (uint8_t)*name++ : '_');
}

void aml_begin_scope(struct aml *a, const char *name)
{
    aml_u8(a, OP_SCOPE);
    open_package(a);
    name_string(a, name);
}

void aml_begin_device(struct aml *a, const char *name)
{
    aml_u8(a, OP_EXT);
    aml_u8(a, OP_EXT_DEVICE);
    open_package(a);
    name_string(a, name);
}

void aml_begin_method(struct aml *a, const char *name, unsigned n_arguments)
{
    aml_u8(a, OP_METHOD);
    open_package(a);
    name_string(a, name);
    aml_u8(a, (uint8_t)(n_arguments & 7)); /* not serialised */
}

void aml_return_argument(struct aml *a, unsigned n)
{
    aml_u8(a, OP_RETURN);
    aml_u8(a, (uint8_t)(OP_ARG0 + n));
}

void aml_name_string(struct aml *a, const char *name, const char *value)
{
    aml_u8(a, OP_NAME);
    name_string(a, name);
    aml_u8(a, OP_STRING);
    aml_bytes(a, value, strlen(value) + 1);
}

void aml_integer(struct aml *a, uint64_t value)
{
    if (value <= 1) {
        aml_u8(a, value ? OP_ONE : OP_ZERO);
        return;
    }
    unsigned size_bytes = value <= UINT8_MAX    ? 1
                          : value <= UINT16_MAX ? 2
                          : value <= UINT32_MAX ? 4
                                                : 8;
    aml_u8(a, size_bytes == 1   ? OP_BYTE
              : size_bytes == 2 ? OP_WORD
              : size_bytes == 4 ? OP_DWORD
                                : OP_QWORD);
    little_endian(a, value, size_bytes);
}

void aml_begin_package(struct aml *a, uint8_t count)
{
    aml_u8(a, OP_PACKAGE);
    open_package(a);
    aml_u8(a, count);
}

void aml_name_package(struct aml *a, const char *name, uint8_t count)
{
    aml_u8(a, OP_NAME);
    name_string(a, name);
    aml_begin_package(a, count);
}

void aml_name_integer(struct aml *a, const char *name, uint64_t value)
{
    aml_u8(a, OP_NAME);
    name_string(a, name);
    aml_integer(a, value);
}

void aml_notify(struct aml *a, const char *name, uint8_t value)
{
    aml_u8(a, OP_NOTIFY);
    name_string(a, name);
    aml_integer(a, value);
}

/* A buffer's size comes first in it, as a word here; aml_end_resources() fills it in. */
void aml_begin_resources(struct aml *a, const char *name)
{
    aml_u8(a, OP_NAME);
    name_string(a, name);
    aml_u8(a, OP_BUFFER);
    open_package(a);
    aml_u8(a, OP_WORD);
    aml_u16(a, 0);
}

void aml_end_resources(struct aml *a)
{
    aml_u8(a, RES_END_TAG);
    aml_u8(a, 0); /* checksum not used */
    if (a->failed)
        return;
    size_t size_at = a->open[a->depth - 1] + 1;
    size_t contents_bytes = a->size_bytes - (size_at + 2);
    a->data[size_at] = (uint8_t)contents_bytes;
    a->data[size_at + 1] = (uint8_t)(contents_bytes >> 8);
    aml_end(a);
}

void aml_memory32(struct aml *a, uint32_t base, uint32_t size_bytes)
{
    aml_u8(a, RES_MEMORY32_FIXED);
    aml_u16(a, 9);
    aml_u8(a, 1); /* read-write */
    aml_u32(a, base);
    aml_u32(a, size_bytes);
}

/* Sections 6.4.3.5.1 to 6.4.3.5.3: one form in three widths; of fixed bounds, passed on. */
void aml_address_space(struct aml *a, enum aml_space space, unsigned width_bits, uint64_t first,
                       uint64_t last, uint64_t offset)
{
    static const uint8_t type_flags[] = {
        [AML_SPACE_MEMORY] = 1, /* read-write, not cached */
        [AML_SPACE_IO] = 3,     /* the entire range */
        [AML_SPACE_BUS] = 0,
    };
    const uint64_t fields[] = {0 /* granularity */, first, last, offset, last - first + 1};
    unsigned bytes = width_bits / 8;
    aml_u8(a, bytes == 2 ? RES_ADDRESS16 : bytes == 4 ? RES_ADDRESS32 : RES_ADDRESS64);
    aml_u16(a, (uint16_t)(3 + 5 * bytes));
    aml_u8(a, (uint8_t)space);
    aml_u8(a, 0xC); /* least and greatest address are fixed */
    aml_u8(a, type_flags[space]);
    for (unsigned i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        little_endian(a, fields[i], bytes);
}

void aml_interrupt(struct aml *a, uint32_t gsiv)
{
    aml_u8(a, RES_INTERRUPT);
    aml_u16(a, 6);
    aml_u8(a, 1); /* consumer; level, active high, exclusive are zeros */
    aml_u8(a, 1);
    aml_u32(a, gsiv);
}

/* Section 6.4.3.8.1. */
void aml_gpio_interrupt(struct aml *a, uint16_t pin, const char *source)
{
    const uint16_t pin_at = 23, source_at = 25;
    uint16_t end = (uint16_t)(source_at + strlen(source) + 1);
    aml_u8(a, RES_GPIO);
    aml_u16(a, end - 3);
    aml_u8(a, 1);           /* revision */
    aml_u8(a, 0);           /* an interrupt connection */
    aml_u16(a, 1);          /* consumer */
    aml_u16(a, 1 | 1 << 4); /* edge, active high, exclusive, wake */
    aml_u8(a, 1);           /* pull-up */
    aml_u16(a, 0);          /* drive strength */
    aml_u16(a, 0);          /* debounce time */
    aml_u16(a, pin_at);
    aml_u8(a, 0); /* source index */
    aml_u16(a, source_at);
    aml_u16(a, end); /* no vendor data */
    aml_u16(a, 0);
    aml_u16(a, pin);
    aml_bytes(a, source, strlen(source) + 1);
}
