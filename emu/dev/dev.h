/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a device is, and what the machine gives it.
 *
 * A device is created by its own `NAME_create(const struct dev_host *, ...)`, which returns a
 * `struct dev *`; the board places it on the bus. Creation asks its dev_host for the time at most:
 * lines are low and no deadline is set. All calls come from the one emulation thread.
 * A device reaches the world only through its dev_host: interrupt line, guest memory, virtual
 * time, the door for outside input. It never reads a host clock, and never blocks.
 *
 * Outside input (console bytes typed by a person, ...) does not enter by a device's own read of a
 * file descriptor: the machine's one door calls `receive`, stamped with virtual time and written to
 * the journal (design.md, contract 4). Disk images are inputs fixed at start: they are read
 * directly.
 */
#ifndef IRQLAB_EMU_DEV_DEV_H
#define IRQLAB_EMU_DEV_DEV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dev;
struct page_map;

/*
 * One pass over guest-visible state, for hash, save and restore. A device calls `bytes` for each
 * piece, always in the same order and with the same sizes for the same configuration. When
 * restoring, the visitor overwrites the bytes. Padding must be zero (plain structs, memset at
 * creation). For state of variable size, visit its size first, clamp it after a restore, then visit
 * the bytes.
 */
struct visitor {
    void (*bytes)(struct visitor *v, const char *name, void *data, size_t size_bytes);
    /* Optional: takes a share of large state, or gives one back, in place of all its bytes. */
    void (*pages)(struct visitor *v, struct page_map *map);
    bool restoring;
};

/* Services of the machine. `opaque` is passed back as first argument. All fields are set. */
struct dev_host {
    void *opaque;
    /* Drives the device's line number `line` (0 unless a device has several). Level-sensitive. */
    void (*set_irq)(void *opaque, unsigned line, bool level);
    /*
     * A message-signalled interrupt: the function @requester_id (bus, device, function) writes
     * @data to @address, which may be any that the guest has set up.
     */
    void (*send_msi)(void *opaque, uint32_t requester_id, uint64_t address, uint32_t data);
    /* Guest-physical DMA. 0, or -EFAULT when any byte is not RAM (nothing is then copied). */
    int (*dma_read)(void *opaque, uint64_t address, void *buffer, size_t size_bytes);
    int (*dma_write)(void *opaque, uint64_t address, const void *buffer, size_t size_bytes);
    /* Virtual time in ns since power-on. */
    uint64_t (*now_ns)(void *opaque);
    /* Seconds since the epoch at virtual time 0 (`-rtc base=`; a constant by default). */
    uint64_t (*rtc_base_seconds)(void *opaque);
    /* Calls dev->ops->deadline at or after virtual time `when_ns`; UINT64_MAX cancels. One each. */
    void (*set_deadline)(void *opaque, uint64_t when_ns);
    /* Bytes that the guest wrote to a console. */
    void (*transmit)(void *opaque, const uint8_t *bytes, size_t size_bytes);
    /* The guest asks for power-off (`code` becomes the exit code) or reset. */
    void (*request_shutdown)(void *opaque, int code);
    void (*request_reset)(void *opaque);
    /*
     * A line for the log: what the guest did wrong with this device (`--trace=guest_error`). The
     * machine puts the device's name in front.
     */
    void (*guest_error)(void *opaque, const char *format, ...)
        __attribute__((format(printf, 2, 3)));
};

struct dev_ops {
    const char *name;
    /*
     * MMIO. `offset` is within the device's region; size_bytes is 1, 2, 4 or 8; accesses never
     * cross the region's end but may be unaligned. Return 0, or -EFAULT for an external abort (DDI
     * 0487 D8.16: the vCPU takes a synchronous external data abort).
     */
    int (*read)(struct dev *dev, uint64_t offset, unsigned size_bytes, uint64_t *value);
    int (*write)(struct dev *dev, uint64_t offset, unsigned size_bytes, uint64_t value);
    void (*reset)(struct dev *dev);
    void (*visit)(struct dev *dev, struct visitor *v);
    /* Optional. */
    void (*deadline)(struct dev *dev);
    /* Optional: room for how many input bytes now; and the bytes (never more than the room). */
    size_t (*receive_room)(struct dev *dev);
    void (*receive)(struct dev *dev, const uint8_t *bytes, size_t size_bytes);
    /* Optional: a person asks for an orderly power-off (GPIO power key). */
    void (*power_key)(struct dev *dev);
    void (*destroy)(struct dev *dev);
};

/* First member of each device's own struct. */
struct dev {
    const struct dev_ops *ops;
    struct dev_host host;
    uint64_t region_bytes; /* size of the MMIO region */
};

#endif
