/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * One PCI function: a type 0 header, its base address registers, and MSI-X (PCI Local Bus 3.0
 * chapters 6.1, 6.2, 6.8.2; the same registers are in PCI Express Base 5.0 chapter 7.5 and 7.7.2).
 *
 * A device embeds a pci_function in its own struct, fills in what it is (pci_init, pci_add_bar,
 * pci_add_capability, pci_add_msix) and plugs it into a host (pci_host.h). Config space is an array
 * of bytes with a mask of those that software may write; everything else follows from the bytes, so
 * that they, the MSI-X table and the pending bits are all the state there is.
 */
#ifndef IRQLAB_EMU_DEV_PCI_H
#define IRQLAB_EMU_DEV_PCI_H

#include <linux/pci_regs.h>

#include "emu/dev/dev.h"

#define PCI_CONFIG_BYTES    256u  /* what can be other than zero */
#define PCI_CONFIG_SPACE    4096u /* with the extended part: no extended capabilities, all zeros */
#define PCI_MAX_BARS        6u
#define PCI_MSIX_MAX        128u /* vectors of a function */
#define PCI_MSIX_BAR_BYTES  4096u
#define PCI_MSIX_PBA_AT     2048u
#define PCI_CAPABILITY_BASE 0x40u

struct pci_function;
struct pci_host;

struct pci_function_ops {
    /* The registers behind a BAR: @offset and @size_bytes are within it. */
    uint64_t (*bar_read)(struct pci_function *fn, unsigned bar, uint64_t offset,
                         unsigned size_bytes);
    void (*bar_write)(struct pci_function *fn, unsigned bar, uint64_t offset, unsigned size_bytes,
                      uint64_t value);
    /* Optional: config space was written; the bytes are already there. */
    void (*config_written)(struct pci_function *fn, unsigned offset, unsigned size_bytes);
    /* Optional: config space is about to be read. */
    void (*config_read)(struct pci_function *fn, unsigned offset, unsigned size_bytes);
};

struct pci_bar {
    uint64_t size_bytes; /* a power of two from 16; 0: not there */
    bool is_64;          /* it takes the next register as well */
};

/* One entry of the MSI-X table, 6.8.2.6 to 6.8.2.9. */
struct pci_msix_entry {
    uint32_t address_low, address_high, data, control;
};

/* Guest-visible; no padding. */
struct pci_state {
    uint8_t config[PCI_CONFIG_BYTES];
    struct pci_msix_entry msix[PCI_MSIX_MAX];
    uint64_t pending[PCI_MSIX_MAX / 64]; /* a message waits */
    uint32_t intx;                       /* INTA# is wanted, masked or not */
    uint32_t zero;
};

struct pci_function {
    const struct pci_function_ops *ops;
    const struct dev_host *services; /* of the device it is part of */
    struct pci_host *host;           /* set when it is plugged in */
    uint16_t requester_id;           /* bus, device, function; likewise */
    struct pci_bar bars[PCI_MAX_BARS];
    unsigned msix_vectors; /* 0: no MSI-X */
    unsigned msix_bar, msix_at;
    unsigned capabilities_end, last_capability;
    uint8_t at_reset[PCI_CONFIG_BYTES], writable[PCI_CONFIG_BYTES];
    struct pci_state s;
};

/* What a function says it is. */
struct pci_identity {
    uint16_t vendor, device, subsystem_vendor, subsystem;
    uint32_t class_code; /* class, subclass, interface: 24 bits */
    uint8_t revision;
    bool interrupt_pin; /* it has INTA# */
};

/** pci_init - @fn of a zeroed struct; before everything else. */
void pci_init(struct pci_function *fn, const struct pci_function_ops *ops,
              const struct dev_host *services, const struct pci_identity *identity);
/** pci_add_bar - memory, @size_bytes a power of two from 16; 64 bits and prefetchable or 32 bits.
 */
void pci_add_bar(struct pci_function *fn, unsigned bar, uint64_t size_bytes, bool is_64);
/**
 * pci_add_capability - @id with @size_bytes in all, zeros after its header of two bytes. Returns
 * its offset in config space; the caller fills in at_reset and writable there.
 */
unsigned pci_add_capability(struct pci_function *fn, uint8_t id, unsigned size_bytes);
/** pci_add_msix - a table of @vectors (1 to PCI_MSIX_MAX) and its pending bits in a @bar of its
 * own.
 */
void pci_add_msix(struct pci_function *fn, unsigned bar, unsigned vectors);
/** pci_add_express - the PCI Express capability of an endpoint within the root complex. */
void pci_add_express(struct pci_function *fn);

/** pci_put - the little-endian @size_bytes at @offset of an array like config. */
void pci_put(uint8_t *bytes, unsigned offset, unsigned size_bytes, uint64_t value);
uint64_t pci_get(const uint8_t *bytes, unsigned offset, unsigned size_bytes);

/** pci_reset - as after power-on: no address, nothing enabled. */
void pci_reset(struct pci_function *fn);
void pci_visit(struct pci_function *fn, struct visitor *v);

/** pci_config_read, pci_config_write - any @offset and @size_bytes within PCI_CONFIG_SPACE. */
uint64_t pci_config_read(struct pci_function *fn, unsigned offset, unsigned size_bytes);
void pci_config_write(struct pci_function *fn, unsigned offset, unsigned size_bytes,
                      uint64_t value);

/** pci_bar_address - where @bar is decoded now; UINT64_MAX: nowhere. */
uint64_t pci_bar_address(const struct pci_function *fn, unsigned bar);
/** pci_memory_read, pci_memory_write - within @bar, which may be the MSI-X table's. */
uint64_t pci_memory_read(struct pci_function *fn, unsigned bar, uint64_t offset,
                         unsigned size_bytes);
void pci_memory_write(struct pci_function *fn, unsigned bar, uint64_t offset, unsigned size_bytes,
                      uint64_t value);

/** pci_is_master - whether the function may write to memory: DMA, and messages. */
bool pci_is_master(const struct pci_function *fn);
bool pci_msix_enabled(const struct pci_function *fn);
/**
 * pci_msix_send - the message of @vector. While it, or all, are masked, or the function may not
 * write to memory, it waits as a pending bit. @vector beyond the table: nothing.
 */
void pci_msix_send(struct pci_function *fn, unsigned vector);
/** pci_set_intx - INTA# as the device wants it; MSI-X and Interrupt Disable keep it low. */
void pci_set_intx(struct pci_function *fn, bool level);

#endif
