/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/dev/pci.h"

#include <string.h>

#include "emu/dev/pci_host.h"

#define COMMAND_WRITABLE                                                                           \
    (PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER | PCI_COMMAND_PARITY | PCI_COMMAND_SERR |             \
     PCI_COMMAND_INTX_DISABLE)
#define EXPRESS_BYTES    60u /* version 2: link, slot and root registers are there, as zeros */
#define MSIX_ENTRY_BYTES ((unsigned)sizeof(struct pci_msix_entry))

_Static_assert(sizeof(struct pci_state) ==
                   PCI_CONFIG_BYTES + PCI_MSIX_MAX * 16 + PCI_MSIX_MAX / 8 + 8,
               "visited bytes: no padding");
_Static_assert(PCI_MSIX_MAX * 16 <= PCI_MSIX_PBA_AT, "the table ends before the pending bits");

/* -- Bytes ------------------------------------------------------------------------------------- */

void pci_put(uint8_t *bytes, unsigned offset, unsigned size_bytes, uint64_t value)
{
    for (unsigned i = 0; i < size_bytes; i++)
        bytes[offset + i] = (uint8_t)(value >> (8 * i));
}

uint64_t pci_get(const uint8_t *bytes, unsigned offset, unsigned size_bytes)
{
    uint64_t value = 0;

    for (unsigned i = 0; i < size_bytes; i++)
        value |= (uint64_t)bytes[offset + i] << (8 * i);
    return value;
}

static uint16_t command_of(const struct pci_function *fn)
{
    return (uint16_t)pci_get(fn->s.config, PCI_COMMAND, 2);
}

/* -- What it is -------------------------------------------------------------------------------- */

void pci_init(struct pci_function *fn, const struct pci_function_ops *ops,
              const struct dev_host *services, const struct pci_identity *identity)
{
    uint8_t *c = fn->at_reset;

    fn->ops = ops;
    fn->services = services;
    fn->capabilities_end = PCI_CAPABILITY_BASE;
    fn->last_capability = PCI_CAPABILITY_LIST;
    pci_put(c, PCI_VENDOR_ID, 2, identity->vendor);
    pci_put(c, PCI_DEVICE_ID, 2, identity->device);
    c[PCI_REVISION_ID] = identity->revision;
    pci_put(c, PCI_CLASS_PROG, 3, identity->class_code);
    pci_put(c, PCI_SUBSYSTEM_VENDOR_ID, 2, identity->subsystem_vendor);
    pci_put(c, PCI_SUBSYSTEM_ID, 2, identity->subsystem);
    c[PCI_INTERRUPT_PIN] = identity->interrupt_pin;
    pci_put(fn->writable, PCI_COMMAND, 2, COMMAND_WRITABLE);
    fn->writable[PCI_CACHE_LINE_SIZE] = 0xFF;
    fn->writable[PCI_INTERRUPT_LINE] = 0xFF;
}

void pci_add_bar(struct pci_function *fn, unsigned bar, uint64_t size_bytes, bool is_64)
{
    unsigned at = PCI_BASE_ADDRESS_0 + 4 * bar;

    fn->bars[bar] = (struct pci_bar){.size_bytes = size_bytes, .is_64 = is_64};
    pci_put(fn->writable, at, is_64 ? 8 : 4, ~(size_bytes - 1));
    if (is_64)
        fn->at_reset[at] = PCI_BASE_ADDRESS_MEM_TYPE_64 | PCI_BASE_ADDRESS_MEM_PREFETCH;
}

unsigned pci_add_capability(struct pci_function *fn, uint8_t id, unsigned size_bytes)
{
    unsigned at = fn->capabilities_end;

    fn->at_reset[PCI_STATUS] |= PCI_STATUS_CAP_LIST;
    fn->at_reset[fn->last_capability] = (uint8_t)at;
    fn->at_reset[at] = id;
    fn->last_capability = at + PCI_CAP_LIST_NEXT;
    fn->capabilities_end = (at + size_bytes + 3) & ~3u;
    return at;
}

void pci_add_msix(struct pci_function *fn, unsigned bar, unsigned vectors)
{
    unsigned at = pci_add_capability(fn, PCI_CAP_ID_MSIX, PCI_CAP_MSIX_SIZEOF);

    fn->msix_vectors = vectors;
    fn->msix_bar = bar;
    fn->msix_at = at;
    pci_add_bar(fn, bar, PCI_MSIX_BAR_BYTES, false);
    pci_put(fn->at_reset, at + PCI_MSIX_FLAGS, 2, vectors - 1);
    pci_put(fn->writable, at + PCI_MSIX_FLAGS, 2, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
    pci_put(fn->at_reset, at + PCI_MSIX_TABLE, 4, bar);
    pci_put(fn->at_reset, at + PCI_MSIX_PBA, 4, PCI_MSIX_PBA_AT | bar);
}

/* PCI Express Base 5.0 section 7.5.3. No error is ever detected: Device Status stays zero. */
void pci_add_express(struct pci_function *fn)
{
    unsigned at = pci_add_capability(fn, PCI_CAP_ID_EXP, EXPRESS_BYTES);

    pci_put(fn->at_reset, at + PCI_EXP_FLAGS, 2, 2 | PCI_EXP_TYPE_RC_END << 4);
    pci_put(fn->at_reset, at + PCI_EXP_DEVCAP, 4, PCI_EXP_DEVCAP_RBER);
    pci_put(fn->at_reset, at + PCI_EXP_DEVCTL, 2,
            PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_NOSNOOP_EN | PCI_EXP_DEVCTL_READRQ_512B);
    pci_put(fn->writable, at + PCI_EXP_DEVCTL, 2,
            PCI_EXP_DEVCTL_CERE | PCI_EXP_DEVCTL_NFERE | PCI_EXP_DEVCTL_FERE | PCI_EXP_DEVCTL_URRE |
                PCI_EXP_DEVCTL_RELAX_EN | PCI_EXP_DEVCTL_PAYLOAD | PCI_EXP_DEVCTL_NOSNOOP_EN |
                PCI_EXP_DEVCTL_READRQ);
}

/* -- Interrupts -------------------------------------------------------------------------------- */

bool pci_is_master(const struct pci_function *fn)
{
    return command_of(fn) & PCI_COMMAND_MASTER;
}

static uint16_t msix_flags(const struct pci_function *fn)
{
    return fn->msix_vectors ? (uint16_t)pci_get(fn->s.config, fn->msix_at + PCI_MSIX_FLAGS, 2) : 0;
}

bool pci_msix_enabled(const struct pci_function *fn)
{
    return msix_flags(fn) & PCI_MSIX_FLAGS_ENABLE;
}

/* A message is a memory write: without bus mastering there is none (6.2.2, Command bit 2). */
static bool can_send(const struct pci_function *fn)
{
    const uint16_t both = PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL;

    return (msix_flags(fn) & both) == PCI_MSIX_FLAGS_ENABLE && pci_is_master(fn);
}

void pci_msix_send(struct pci_function *fn, unsigned vector)
{
    const struct pci_msix_entry *e;
    uint64_t bit = UINT64_C(1) << (vector % 64);

    if (vector >= fn->msix_vectors || !pci_msix_enabled(fn))
        return;
    e = &fn->s.msix[vector];
    if (!can_send(fn) || (e->control & PCI_MSIX_ENTRY_CTRL_MASKBIT)) {
        fn->s.pending[vector / 64] |= bit;
        return;
    }
    fn->s.pending[vector / 64] &= ~bit;
    fn->services->send_msi(fn->services->opaque, fn->requester_id,
                           (uint64_t)e->address_high << 32 | e->address_low, e->data);
}

/* What waited and may go now, goes (6.8.2.10); bounded by the table's size. */
static void send_pending(struct pci_function *fn)
{
    if (!can_send(fn))
        return;
    for (unsigned word = 0; word < PCI_MSIX_MAX / 64; word++) {
        for (uint64_t left = fn->s.pending[word]; left; left &= left - 1) {
            unsigned vector = word * 64 + (unsigned)__builtin_ctzll(left);

            if (!(fn->s.msix[vector].control & PCI_MSIX_ENTRY_CTRL_MASKBIT))
                pci_msix_send(fn, vector);
        }
    }
}

/* Section 6.8.3.3: a function that uses MSI-X does not drive INTx#. */
static void update_intx(struct pci_function *fn)
{
    bool shown = fn->s.intx && !pci_msix_enabled(fn);
    uint8_t *status = &fn->s.config[PCI_STATUS];

    *status = (uint8_t)((*status & ~PCI_STATUS_INTERRUPT) | (shown ? PCI_STATUS_INTERRUPT : 0));
    if (fn->host)
        pci_host_wire(fn->host, fn, shown && !(command_of(fn) & PCI_COMMAND_INTX_DISABLE));
}

void pci_set_intx(struct pci_function *fn, bool level)
{
    fn->s.intx = level;
    update_intx(fn);
}

/* -- The table's BAR --------------------------------------------------------------------------- */

static uint32_t *msix_word(struct pci_function *fn, uint64_t offset)
{
    struct pci_msix_entry *e = &fn->s.msix[offset / MSIX_ENTRY_BYTES];
    uint32_t *const words[] = {&e->address_low, &e->address_high, &e->data, &e->control};

    return words[offset % MSIX_ENTRY_BYTES / 4];
}

static uint32_t msix_read32(struct pci_function *fn, uint64_t offset)
{
    uint64_t in_pba = offset - PCI_MSIX_PBA_AT;

    if (offset / MSIX_ENTRY_BYTES < fn->msix_vectors)
        return *msix_word(fn, offset);
    if (offset >= PCI_MSIX_PBA_AT && in_pba < sizeof(fn->s.pending))
        return (uint32_t)(fn->s.pending[in_pba / 8] >> (in_pba & 4 ? 32 : 0));
    return 0;
}

static void msix_write32(struct pci_function *fn, uint64_t offset, uint32_t value)
{
    unsigned vector = (unsigned)(offset / MSIX_ENTRY_BYTES);
    uint32_t *word;

    if (vector >= fn->msix_vectors)
        return; /* the pending bits are read-only */
    word = msix_word(fn, offset);
    *word = word == &fn->s.msix[vector].address_low ? value & ~3u
            : word == &fn->s.msix[vector].control   ? value & PCI_MSIX_ENTRY_CTRL_MASKBIT
                                                    : value;
    if (fn->s.pending[vector / 64] >> (vector % 64) & 1)
        send_pending(fn);
}

/* Section 6.8.2: software uses aligned DWORDs or QWORDs; what else does is undefined. */
static bool msix_access_is_defined(uint64_t offset, unsigned size_bytes)
{
    return (size_bytes == 4 || size_bytes == 8) && offset % size_bytes == 0;
}

static uint64_t msix_read(struct pci_function *fn, uint64_t offset, unsigned size_bytes)
{
    uint64_t aligned = offset & ~UINT64_C(7);
    uint64_t value = msix_read32(fn, aligned) | (uint64_t)msix_read32(fn, aligned + 4) << 32;
    unsigned left = 8 - (unsigned)(offset - aligned); /* bytes of it; the rest reads as zero */

    value >>= 8 * (offset - aligned);
    if (size_bytes < left)
        left = size_bytes;
    return left < 8 ? value & ((UINT64_C(1) << (8 * left)) - 1) : value;
}

static void msix_write(struct pci_function *fn, uint64_t offset, unsigned size_bytes,
                       uint64_t value)
{
    if (!msix_access_is_defined(offset, size_bytes)) {
        fn->services->guest_error(fn->services->opaque,
                                  "a write of %u bytes at 0x%x of the MSI-X table is ignored; it "
                                  "takes aligned words of 4 or 8 bytes",
                                  size_bytes, (unsigned)offset);
        return;
    }
    for (unsigned i = 0; i < size_bytes; i += 4)
        msix_write32(fn, offset + i, (uint32_t)(value >> (8 * i)));
}

uint64_t pci_memory_read(struct pci_function *fn, unsigned bar, uint64_t offset,
                         unsigned size_bytes)
{
    if (fn->msix_vectors && bar == fn->msix_bar)
        return msix_read(fn, offset, size_bytes);
    return fn->ops->bar_read(fn, bar, offset, size_bytes);
}

void pci_memory_write(struct pci_function *fn, unsigned bar, uint64_t offset, unsigned size_bytes,
                      uint64_t value)
{
    if (fn->msix_vectors && bar == fn->msix_bar)
        msix_write(fn, offset, size_bytes, value);
    else
        fn->ops->bar_write(fn, bar, offset, size_bytes, value);
}

/* -- Config space ------------------------------------------------------------------------------ */

uint64_t pci_bar_address(const struct pci_function *fn, unsigned bar)
{
    const struct pci_bar *b = &fn->bars[bar];
    uint64_t address = pci_get(fn->s.config, PCI_BASE_ADDRESS_0 + 4 * bar, b->is_64 ? 8 : 4);

    if (!b->size_bytes || !(command_of(fn) & PCI_COMMAND_MEMORY))
        return UINT64_MAX;
    return address & ~(b->size_bytes - 1);
}

/* What follows from the bytes, after any of them changed. */
static void config_changed(struct pci_function *fn)
{
    update_intx(fn);
    if (fn->host)
        pci_host_decode(fn->host, fn);
    send_pending(fn);
}

uint64_t pci_config_read(struct pci_function *fn, unsigned offset, unsigned size_bytes)
{
    if (offset + size_bytes > PCI_CONFIG_BYTES)
        return 0; /* an access across the two parts is no driver's */
    if (fn->ops && fn->ops->config_read)
        fn->ops->config_read(fn, offset, size_bytes);
    return pci_get(fn->s.config, offset, size_bytes);
}

void pci_config_write(struct pci_function *fn, unsigned offset, unsigned size_bytes, uint64_t value)
{
    if (offset + size_bytes > PCI_CONFIG_BYTES)
        return;
    for (unsigned i = offset; i < offset + size_bytes; i++, value >>= 8)
        fn->s.config[i] =
            (uint8_t)((fn->s.config[i] & ~fn->writable[i]) | (value & fn->writable[i]));
    config_changed(fn);
    if (fn->ops && fn->ops->config_written)
        fn->ops->config_written(fn, offset, size_bytes);
}

/* -- Life -------------------------------------------------------------------------------------- */

/* Section 6.8.2.9: after reset each vector is masked. */
void pci_reset(struct pci_function *fn)
{
    memset(&fn->s, 0, sizeof(fn->s));
    memcpy(fn->s.config, fn->at_reset, sizeof(fn->s.config));
    for (unsigned i = 0; i < fn->msix_vectors; i++)
        fn->s.msix[i].control = PCI_MSIX_ENTRY_CTRL_MASKBIT;
    config_changed(fn);
}

/* A snapshot is as untrusted as a guest: read-only bits stay what they are, bounds hold. */
static void mend_restored(struct pci_function *fn)
{
    for (unsigned i = 0; i < PCI_CONFIG_BYTES; i++)
        fn->s.config[i] =
            (uint8_t)((fn->s.config[i] & fn->writable[i]) | (fn->at_reset[i] & ~fn->writable[i]));
    for (unsigned i = 0; i < PCI_MSIX_MAX; i++) {
        if (i >= fn->msix_vectors)
            fn->s.pending[i / 64] &= ~(UINT64_C(1) << (i % 64));
    }
    fn->s.intx = fn->s.intx != 0;
    update_intx(fn);
    if (fn->host)
        pci_host_decode(fn->host, fn);
}

void pci_visit(struct pci_function *fn, struct visitor *v)
{
    v->bytes(v, "pci", &fn->s, sizeof(fn->s));
    if (v->restoring)
        mend_restored(fn);
}
