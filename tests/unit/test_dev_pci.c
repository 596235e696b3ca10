/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Config space, base addresses, wires and MSI-X of a function that only remembers accesses. */
#include <linux/pci.h>

#include "emu/dev/pci_host.h"
#include "tests/unit/suite.h"
#include "tests/unit/fake_host.h"

#define DEVICE     5u
#define OTHER      9u /* shares DEVICE's wire */
#define CONFIG(d)  ((uint64_t)(d) << 15)
#define MSIX_BAR   1u
#define BIG_BAR    4u
#define VECTORS    70u /* more than one word of pending bits */
#define BIG_BYTES  0x4000u
#define TABLE_AT   UINT64_C(0x10001000)
#define BIG_AT     UINT64_C(0x8000004000)
#define TRANSLATER UINT64_C(0x08090040)

struct memory_function {
    struct pci_function fn;
    unsigned reads, writes, bar, size_bytes;
    uint64_t offset, value;
};

static struct fake_host f;
static struct memory_function a, b;

static uint64_t bar_read(struct pci_function *fn, unsigned bar, uint64_t offset,
                         unsigned size_bytes)
{
    struct memory_function *m = (struct memory_function *)fn;
    m->reads++;
    m->bar = bar;
    m->offset = offset;
    m->size_bytes = size_bytes;
    return UINT64_C(0x1122334455667788);
}

static void bar_write(struct pci_function *fn, unsigned bar, uint64_t offset, unsigned size_bytes,
                      uint64_t value)
{
    struct memory_function *m = (struct memory_function *)fn;
    m->writes++;
    m->bar = bar;
    m->offset = offset;
    m->size_bytes = size_bytes;
    m->value = value;
}

static const struct pci_function_ops ops = {.bar_read = bar_read, .bar_write = bar_write};

static void make(struct memory_function *m, unsigned device)
{
    const struct pci_identity identity = {.vendor = 0x1234,
                                          .device = 0x5678,
                                          .subsystem_vendor = 0x9ABC,
                                          .subsystem = 0xDEF0,
                                          .class_code = 0x010203,
                                          .revision = 7,
                                          .interrupt_pin = true};
    memset(m, 0, sizeof(*m));
    pci_init(&m->fn, &ops, &f.host, &identity);
    pci_add_express(&m->fn);
    pci_add_bar(&m->fn, BIG_BAR, BIG_BYTES, true);
    pci_add_msix(&m->fn, MSIX_BAR, VECTORS);
    ck_assert_int_eq(pci_host_plug(f.dev, &m->fn, device), 0);
}

static void setup(void)
{
    fake_host_init(&f);
    f.dev = pci_host_create(&f.host);
    make(&a, DEVICE);
    make(&b, OTHER);
}

static void teardown(void)
{
    f.dev->ops->destroy(f.dev);
    fake_host_free(&f);
}

/* -- Help -------------------------------------------------------------------------------------- */

static uint64_t get(unsigned offset, unsigned size_bytes)
{
    return fake_read(&f, CONFIG(DEVICE) + offset, size_bytes);
}

static void set(unsigned offset, unsigned size_bytes, uint64_t value)
{
    f.dev->ops->write(f.dev, CONFIG(DEVICE) + offset, size_bytes, value);
}

static unsigned capability(uint8_t id)
{
    unsigned at = (unsigned)get(PCI_CAPABILITY_LIST, 1);
    for (unsigned i = 0; at && i < 48; i++, at = (unsigned)get(at + PCI_CAP_LIST_NEXT, 1)) {
        if (get(at, 1) == id)
            return at;
    }
    return 0;
}

static void place(uint16_t command)
{
    set(PCI_BASE_ADDRESS_1, 4, TABLE_AT);
    set(PCI_BASE_ADDRESS_4, 4, (uint32_t)BIG_AT);
    set(PCI_BASE_ADDRESS_5, 4, BIG_AT >> 32);
    set(PCI_COMMAND, 2, command);
}

static uint64_t load(uint64_t address, unsigned size_bytes)
{
    return pci_host_memory_read(f.dev, address, size_bytes);
}

static void store(uint64_t address, unsigned size_bytes, uint64_t value)
{
    pci_host_memory_write(f.dev, address, size_bytes, value);
}

static void set_flags(uint16_t flags)
{
    set(capability(PCI_CAP_ID_MSIX) + PCI_MSIX_FLAGS, 2, flags);
}

/* Vector @v sends 0x100 + v to the ITS. */
static void program(unsigned v, bool masked)
{
    uint64_t entry = TABLE_AT + 16 * v;
    store(entry, 8, TRANSLATER);
    store(entry + 8, 4, 0x100 + v);
    store(entry + 12, 4, masked);
}

static bool pending(unsigned v)
{
    return load(TABLE_AT + PCI_MSIX_PBA_AT + v / 64 * 8, 8) >> (v % 64) & 1;
}

static void start_msix(void)
{
    place(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    set_flags(PCI_MSIX_FLAGS_ENABLE);
    for (unsigned v = 0; v < VECTORS; v++)
        program(v, false);
}

/* -- Config space ------------------------------------------------------------------------------ */

START_TEST(a_function_says_what_it_is)
{
    ck_assert_uint_eq(get(PCI_VENDOR_ID, 4), 0x56781234);
    ck_assert_uint_eq(get(PCI_CLASS_REVISION, 4), 0x01020307);
    ck_assert_uint_eq(get(PCI_SUBSYSTEM_VENDOR_ID, 4), 0xDEF09ABC);
    ck_assert_uint_eq(get(PCI_HEADER_TYPE, 1), 0);
    ck_assert_uint_eq(get(PCI_INTERRUPT_PIN, 1), 1);
    ck_assert_uint_eq(get(PCI_STATUS, 2), PCI_STATUS_CAP_LIST);
    ck_assert_uint_eq(fake_read(&f, CONFIG(0), 4), 0x00081B36); /* the host bridge */
    ck_assert_uint_eq(fake_read(&f, CONFIG(0) + PCI_CLASS_DEVICE, 2), 0x0600);
}
END_TEST

START_TEST(what_is_not_there_reads_as_all_ones)
{
    ck_assert_uint_eq(fake_read(&f, CONFIG(DEVICE + 1), 4), 0xFFFFFFFF);
    ck_assert_uint_eq(fake_read(&f, CONFIG(DEVICE) + 0x1000, 2), 0xFFFF); /* function 1 */
    ck_assert_uint_eq(fake_read(&f, (1u << 20) + CONFIG(DEVICE), 1), 0xFF);
    ck_assert_uint_eq(fake_read(&f, f.dev->region_bytes - 8, 8), UINT64_MAX);
    f.dev->ops->write(f.dev, CONFIG(DEVICE + 1), 4, 0); /* swallowed */
    ck_assert_uint_eq(load(0x20000000, 4), 0xFFFFFFFF);
    store(0x20000000, 4, 1);
}
END_TEST

START_TEST(identity_is_read_only)
{
    for (unsigned at = 0; at < PCI_CONFIG_BYTES; at += 4) {
        if (at != PCI_COMMAND && (at < PCI_BASE_ADDRESS_0 || at > PCI_BASE_ADDRESS_5))
            set(at, 4, UINT32_MAX);
    }
    ck_assert_uint_eq(get(PCI_VENDOR_ID, 4), 0x56781234);
    ck_assert_uint_eq(get(PCI_CLASS_REVISION, 4), 0x01020307);
    ck_assert_uint_eq(get(capability(PCI_CAP_ID_MSIX) + PCI_MSIX_FLAGS, 2),
                      PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL | (VECTORS - 1));
    ck_assert_uint_eq(get(PCI_INTERRUPT_LINE, 1), 0xFF);
    ck_assert_uint_eq(get(PCI_ROM_ADDRESS, 4), 0);
    set(PCI_COMMAND, 2, 0xFFFF);
    ck_assert_uint_eq(get(PCI_COMMAND, 2) & PCI_COMMAND_IO, 0);
    ck_assert_uint_eq(get(PCI_COMMAND, 2) & PCI_COMMAND_MASTER, PCI_COMMAND_MASTER);
}
END_TEST

START_TEST(extended_config_space_is_empty)
{
    ck_assert_uint_eq(get(0x100, 4), 0);
    ck_assert_uint_eq(get(0xFFC, 4), 0);
    set(0x100, 4, UINT32_MAX);
    ck_assert_uint_eq(get(0x100, 4), 0);
    ck_assert_uint_eq(get(0xFE, 4), 0);           /* across both parts */
    ck_assert_uint_eq(get(0xFFE, 4), 0xFFFFFFFF); /* beyond the function */
}
END_TEST

START_TEST(it_is_an_endpoint_of_the_root_complex)
{
    unsigned at = capability(PCI_CAP_ID_EXP);
    ck_assert_uint_ne(at, 0);
    ck_assert_uint_eq(get(at + PCI_EXP_FLAGS, 2), 2 | PCI_EXP_TYPE_RC_END << 4);
    ck_assert_uint_eq(get(at + PCI_EXP_LNKCAP, 4), 0);
}
END_TEST

/* -- Base addresses ---------------------------------------------------------------------------- */

START_TEST(a_base_address_register_tells_its_size)
{
    set(PCI_BASE_ADDRESS_1, 4, UINT32_MAX);
    ck_assert_uint_eq(get(PCI_BASE_ADDRESS_1, 4), 0xFFFFF000);
    set(PCI_BASE_ADDRESS_4, 4, UINT32_MAX);
    set(PCI_BASE_ADDRESS_5, 4, UINT32_MAX);
    ck_assert_uint_eq(get(PCI_BASE_ADDRESS_4, 4), 0xFFFFC00C); /* 64 bits, prefetchable */
    ck_assert_uint_eq(get(PCI_BASE_ADDRESS_5, 4), 0xFFFFFFFF);
    set(PCI_BASE_ADDRESS_0, 4, UINT32_MAX);
    ck_assert_uint_eq(get(PCI_BASE_ADDRESS_0, 4), 0);
}
END_TEST

START_TEST(a_bar_is_decoded_only_with_memory_enabled)
{
    place(0);
    ck_assert_uint_eq(load(BIG_AT, 4), 0xFFFFFFFF);
    set(PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    ck_assert_uint_eq(load(BIG_AT + 8, 4), 0x55667788);
    ck_assert_uint_eq(a.bar, BIG_BAR);
    ck_assert_uint_eq(a.offset, 8);
    set(PCI_COMMAND, 2, 0);
    ck_assert_uint_eq(load(BIG_AT, 4), 0xFFFFFFFF);
    ck_assert_uint_eq(a.reads, 1);
}
END_TEST

START_TEST(a_bar_moves_with_its_address)
{
    place(PCI_COMMAND_MEMORY);
    set(PCI_BASE_ADDRESS_5, 4, 0);
    set(PCI_BASE_ADDRESS_4, 4, 0x20000000);
    ck_assert_uint_eq(load(BIG_AT, 1), 0xFF);
    store(0x20000000 + BIG_BYTES - 2, 2, 0x12345);
    ck_assert_uint_eq(a.writes, 1);
    ck_assert_uint_eq(a.offset, BIG_BYTES - 2);
    ck_assert_uint_eq(a.value, 0x2345);
    store(0x20000000 + BIG_BYTES - 2, 4, 1); /* half of it lies outside */
    ck_assert_uint_eq(a.writes, 1);
}
END_TEST

START_TEST(of_two_bars_at_one_address_the_lower_device_answers)
{
    place(PCI_COMMAND_MEMORY);
    f.dev->ops->write(f.dev, CONFIG(OTHER) + PCI_BASE_ADDRESS_4, 4, (uint32_t)BIG_AT);
    f.dev->ops->write(f.dev, CONFIG(OTHER) + PCI_BASE_ADDRESS_5, 4, BIG_AT >> 32);
    f.dev->ops->write(f.dev, CONFIG(OTHER) + PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    load(BIG_AT, 4);
    ck_assert_uint_eq(a.reads, 1);
    ck_assert_uint_eq(b.reads, 0);
}
END_TEST

START_TEST(a_place_on_the_bus_is_taken_once)
{
    ck_assert_int_eq(pci_host_plug(f.dev, &b.fn, DEVICE), -EBUSY);
    ck_assert_int_eq(pci_host_plug(f.dev, &b.fn, 0), -EBUSY);
    ck_assert_int_eq(pci_host_plug(f.dev, &b.fn, 32), -EBUSY);
}
END_TEST

/* -- Wires ------------------------------------------------------------------------------------- */

START_TEST(functions_share_a_wire)
{
    unsigned wire = DEVICE % 4;
    pci_set_intx(&a.fn, true);
    pci_set_intx(&b.fn, true);
    ck_assert(f.irq[wire]);
    pci_set_intx(&a.fn, false);
    ck_assert(f.irq[wire]);
    pci_set_intx(&b.fn, false);
    ck_assert(!f.irq[wire]);
    for (unsigned i = 0; i < 4; i++)
        ck_assert(!f.irq[i]);
}
END_TEST

START_TEST(interrupt_disable_holds_the_wire_and_status_shows_it)
{
    unsigned wire = DEVICE % 4;
    pci_set_intx(&a.fn, true);
    set(PCI_COMMAND, 2, PCI_COMMAND_INTX_DISABLE);
    ck_assert(!f.irq[wire]);
    ck_assert(get(PCI_STATUS, 2) & PCI_STATUS_INTERRUPT);
    set(PCI_COMMAND, 2, 0);
    ck_assert(f.irq[wire]);
    set_flags(PCI_MSIX_FLAGS_ENABLE); /* instead of INTx */
    ck_assert(!f.irq[wire]);
    ck_assert(!(get(PCI_STATUS, 2) & PCI_STATUS_INTERRUPT));
}
END_TEST

/* -- MSI-X ------------------------------------------------------------------------------------- */

START_TEST(vectors_are_masked_after_reset)
{
    place(PCI_COMMAND_MEMORY);
    for (unsigned v = 0; v < VECTORS; v++)
        ck_assert_uint_eq(load(TABLE_AT + 16 * v + 12, 4), 1);
    ck_assert_uint_eq(load(TABLE_AT + 16 * VECTORS, 8), 0); /* beyond the table */
}
END_TEST

START_TEST(a_message_is_the_entrys_write_by_the_function)
{
    start_msix();
    pci_msix_send(&a.fn, 69);
    ck_assert_uint_eq(f.messages, 1);
    ck_assert_uint_eq(f.message_from, PCI_DEVFN(DEVICE, 0));
    ck_assert_uint_eq(f.message_to, TRANSLATER);
    ck_assert_uint_eq(f.message_data, 0x100 + 69);
    pci_msix_send(&a.fn, VECTORS); /* no such vector */
    pci_msix_send(&a.fn, 0xFFFF);
    ck_assert_uint_eq(f.messages, 1);
}
END_TEST

START_TEST(a_masked_vector_waits_and_goes_once)
{
    start_msix();
    program(65, true);
    pci_msix_send(&a.fn, 65);
    pci_msix_send(&a.fn, 65);
    ck_assert(pending(65));
    ck_assert_uint_eq(f.messages, 0);
    store(TABLE_AT + 16 * 65 + 8, 4, 0x777); /* changed while it waits */
    store(TABLE_AT + 16 * 65 + 12, 4, 0);
    ck_assert_uint_eq(f.messages, 1);
    ck_assert_uint_eq(f.message_data, 0x777);
    ck_assert(!pending(65));
}
END_TEST

START_TEST(the_function_mask_holds_all_vectors)
{
    start_msix();
    program(3, true);
    set_flags(PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
    for (unsigned v = 0; v < 5; v++)
        pci_msix_send(&a.fn, v);
    ck_assert_uint_eq(f.messages, 0);
    ck_assert(pending(0));
    set_flags(PCI_MSIX_FLAGS_ENABLE);
    ck_assert_uint_eq(f.messages, 4);
    ck_assert(!pending(0));
    ck_assert(pending(3)); /* still masked by itself */
}
END_TEST

START_TEST(no_message_leaves_without_bus_mastering)
{
    start_msix();
    set(PCI_COMMAND, 2, PCI_COMMAND_MEMORY);
    pci_msix_send(&a.fn, 1);
    ck_assert_uint_eq(f.messages, 0);
    set(PCI_COMMAND, 2, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    ck_assert_uint_eq(f.messages, 1);
}
END_TEST

START_TEST(without_msix_enabled_nothing_waits)
{
    place(PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
    program(0, false);
    pci_msix_send(&a.fn, 0);
    ck_assert(!pending(0));
    set_flags(PCI_MSIX_FLAGS_ENABLE);
    ck_assert_uint_eq(f.messages, 0);
}
END_TEST

START_TEST(the_table_takes_words_of_4_and_8_bytes)
{
    start_msix();
    int errors = f.guest_errors;
    store(TABLE_AT + 8, 2, 0xFFFF);
    store(TABLE_AT + 9, 1, 0xFF);
    store(TABLE_AT + 10, 4, 0xFF);
    ck_assert_int_eq(f.guest_errors, errors + 3);
    ck_assert_uint_eq(load(TABLE_AT + 8, 4), 0x100);
    ck_assert_uint_eq(load(TABLE_AT + 9, 1), 1); /* reads may be of any part */
    store(TABLE_AT, 4, 0xFFFFFFFF);
    ck_assert_uint_eq(load(TABLE_AT, 4), 0xFFFFFFFC);
    store(TABLE_AT + 12, 4, 0xFFFFFFFF);
    ck_assert_uint_eq(load(TABLE_AT + 12, 4), 1);
    store(TABLE_AT + PCI_MSIX_PBA_AT, 8, UINT64_MAX);
    ck_assert(!pending(1));
}
END_TEST

/* -- Reset and state --------------------------------------------------------------------------- */

START_TEST(reset_forgets_addresses_and_messages)
{
    start_msix();
    program(2, true);
    pci_msix_send(&a.fn, 2);
    pci_set_intx(&a.fn, true);
    pci_reset(&a.fn);
    ck_assert_uint_eq(get(PCI_COMMAND, 2), 0);
    ck_assert_uint_eq(get(PCI_BASE_ADDRESS_1, 4), 0);
    ck_assert_uint_eq(load(TABLE_AT, 4), 0xFFFFFFFF);
    place(PCI_COMMAND_MEMORY);
    ck_assert(!pending(2));
    ck_assert(!f.irq[DEVICE % 4]);
}
END_TEST

static void visit_bytes(struct visitor *v, const char *name, void *data, size_t size_bytes)
{
    fake_visit_bytes(v, name, data, size_bytes);
}

START_TEST(a_restored_function_decodes_masks_and_drives_as_before)
{
    struct fake_state s = {.v.bytes = visit_bytes};
    start_msix();
    program(2, true);
    pci_msix_send(&a.fn, 2);
    pci_visit(&a.fn, &s.v);
    pci_reset(&a.fn);
    s.v.restoring = true;
    pci_visit(&a.fn, &s.v);
    ck_assert_uint_eq(load(BIG_AT, 4), 0x55667788);
    ck_assert(pending(2));
    store(TABLE_AT + 16 * 2 + 12, 4, 0);
    ck_assert_uint_eq(f.messages, 1);
    free(s.data);
}
END_TEST

START_TEST(a_damaged_snapshot_leaves_read_only_bits_alone)
{
    struct fake_state s = {.v.bytes = visit_bytes};
    pci_visit(&a.fn, &s.v);
    memset(s.data, 0xFF, s.size_bytes);
    s.v.restoring = true;
    pci_visit(&a.fn, &s.v);
    ck_assert_uint_eq(get(PCI_VENDOR_ID, 4), 0x56781234);
    ck_assert_uint_eq(get(PCI_BASE_ADDRESS_1, 4), 0xFFFFF000);
    ck_assert_uint_eq(a.fn.s.pending[VECTORS / 64] >> (VECTORS % 64), 0);
    free(s.data);
}
END_TEST

int main(void)
{
    static const TTest *const *const tests[] = {
        &a_function_says_what_it_is,
        &what_is_not_there_reads_as_all_ones,
        &identity_is_read_only,
        &extended_config_space_is_empty,
        &it_is_an_endpoint_of_the_root_complex,
        &a_base_address_register_tells_its_size,
        &a_bar_is_decoded_only_with_memory_enabled,
        &a_bar_moves_with_its_address,
        &of_two_bars_at_one_address_the_lower_device_answers,
        &a_place_on_the_bus_is_taken_once,
        &functions_share_a_wire,
        &interrupt_disable_holds_the_wire_and_status_shows_it,
        &vectors_are_masked_after_reset,
        &a_message_is_the_entrys_write_by_the_function,
        &a_masked_vector_waits_and_goes_once,
        &the_function_mask_holds_all_vectors,
        &no_message_leaves_without_bus_mastering,
        &without_msix_enabled_nothing_waits,
        &the_table_takes_words_of_4_and_8_bytes,
        &reset_forgets_addresses_and_messages,
        &a_restored_function_decodes_masks_and_drives_as_before,
        &a_damaged_snapshot_leaves_read_only_bits_alone,
    };
    return SUITE_RUN("pci", setup, teardown, tests);
}
