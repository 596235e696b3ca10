/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A growing byte buffer, and the few ACPI Machine Language terms that the board's DSDT needs
 * (ACPI 6.3 chapter 20). Terms are appended in order; aml_begin_*() opens a package that aml_end()
 * closes. When memory runs out the buffer remembers it and ignores what follows: check `failed`
 * once at the end.
 */
#ifndef IRQLAB_EMU_LOAD_AML_H
#define IRQLAB_EMU_LOAD_AML_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { AML_MAX_DEPTH = 8 };

/* Resource types of section 6.4.3.5. */
enum aml_space { AML_SPACE_MEMORY, AML_SPACE_IO, AML_SPACE_BUS };

struct aml {
    uint8_t *data;
    size_t size_bytes, capacity_bytes;
    size_t open[AML_MAX_DEPTH]; /* where each open package's contents begin */
    unsigned depth;
    bool failed;
};

/** aml_bytes, aml_u8 ... - raw data; numbers little-endian. */
void aml_bytes(struct aml *a, const void *bytes, size_t size_bytes);
void aml_u8(struct aml *a, uint8_t value);
void aml_u16(struct aml *a, uint16_t value);
void aml_u32(struct aml *a, uint32_t value);
void aml_u64(struct aml *a, uint64_t value);
void aml_zeros(struct aml *a, size_t size_bytes);
void aml_free(struct aml *a);

/** aml_begin_scope, aml_begin_device, aml_begin_method - @name: four characters, or "\\_SB". */
void aml_begin_scope(struct aml *a, const char *name);
void aml_begin_device(struct aml *a, const char *name);
void aml_begin_method(struct aml *a, const char *name, unsigned n_arguments);
/** aml_return_argument - Return (Arg@n). */
void aml_return_argument(struct aml *a, unsigned n);
/** aml_name_package - Name (@name, Package (@count) {; aml_begin_package - one that is an element.
 */
void aml_name_package(struct aml *a, const char *name, uint8_t count);
void aml_begin_package(struct aml *a, uint8_t count);
void aml_integer(struct aml *a, uint64_t value);
/** aml_begin_resources - Name (@name, ResourceTemplate () {; closed by aml_end_resources(). */
void aml_begin_resources(struct aml *a, const char *name);
void aml_end_resources(struct aml *a);
void aml_end(struct aml *a);

void aml_name_string(struct aml *a, const char *name, const char *value);
void aml_name_integer(struct aml *a, const char *name, uint64_t value);
void aml_notify(struct aml *a, const char *name, uint8_t value);

/* Resource descriptors, section 6.4. */
void aml_memory32(struct aml *a, uint32_t base, uint32_t size_bytes);
/** aml_address_space - what a bridge passes on: @first to @last on its bus, + @offset for the CPU.
 */
void aml_address_space(struct aml *a, enum aml_space space, unsigned width_bits, uint64_t first,
                       uint64_t last, uint64_t offset);
/** aml_interrupt - level, active high, exclusive; @gsiv is the INTID. */
void aml_interrupt(struct aml *a, uint32_t gsiv);
/** aml_gpio_interrupt - edge, active high, exclusive and wake, pulled up; pin @pin of @source. */
void aml_gpio_interrupt(struct aml *a, uint16_t pin, const char *source);

#endif
