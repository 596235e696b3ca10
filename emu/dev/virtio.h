/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A virtio 1.1 device without its transport: status, features, split virtqueues, interrupts. The
 * transport (virtio_mmio.h, virtio_pci.h) translates registers into the calls here, and a
 * back end (block, console, entropy) is a table of functions.
 *
 * Rings are guest memory and are not trusted: every index, length and address is checked, chains
 * are bounded, and a malformed ring or an address outside RAM is reported to the guest_error log,
 * sets DEVICE_NEEDS_RESET (section 2.1.2), and stops the device until the driver resets it.
 */
#ifndef IRQLAB_EMU_DEV_VIRTIO_H
#define IRQLAB_EMU_DEV_VIRTIO_H

#include "emu/dev/dev.h"

#define VIRTIO_MAX_QUEUES  64
#define VIRTQ_MAX_SIZE     256  /* entries of a queue; a power of two */
#define VIRTQ_MAX_SEGMENTS 1024 /* descriptors of one chain, also through an indirect table */

/* Bits of the interrupt status, section 4.2.2. */
#define VIRTIO_ISR_QUEUE  1u
#define VIRTIO_ISR_CONFIG 2u

/* In place of a queue: a change of configuration interrupts. */
#define VIRTIO_NO_QUEUE UINT32_MAX

struct virtio;
struct virtio_backend;

/* One part of a chain: guest-physical, not yet checked against RAM. */
struct virtq_segment {
    uint64_t address;
    uint64_t size_bytes;
};

/* A descriptor chain taken from the available ring: what the device reads, then what it writes. */
struct virtq_chain {
    uint32_t head;
    uint32_t readable_count, writable_count;
    uint64_t readable_bytes, writable_bytes;
    struct virtq_segment segment[VIRTQ_MAX_SEGMENTS]; /* the readable ones first */
};

/* Guest-visible state of one split virtqueue (section 2.6); no padding. */
struct virtq {
    uint64_t descriptors, available, used; /* guest-physical addresses of the three areas */
    uint32_t size, ready;
    uint32_t legacy_pfn, legacy_align;
    uint16_t next_available; /* index of the next chain to take */
    uint16_t next_used;
    uint16_t notified_used; /* next_used when the driver was last considered for an interrupt */
    uint16_t zero;
};

/* Guest-visible state of the device; no padding. */
struct virtio_state {
    uint64_t driver_features;
    uint32_t status, isr, queue_select;
    uint32_t device_features_select, driver_features_select;
    uint32_t config_generation, guest_page_bytes, broken;
};

struct virtio_backend_ops {
    const char *name;
    uint32_t device_id; /* section 5 */
    uint64_t features;  /* beyond those of the transport and the rings */
    /* Copies the device's configuration space (little-endian); returns its size, at most @room. */
    size_t (*config)(struct virtio_backend *backend, uint8_t *bytes, size_t room);
    /* Optional: the driver writes one byte of the configuration space. */
    void (*config_write)(struct virtio_backend *backend, uint32_t offset, uint8_t byte);
    /* The driver made buffers available in @queue, or the device just became ready. */
    void (*notify)(struct virtio_backend *backend, unsigned queue);
    void (*reset)(struct virtio_backend *backend);
    void (*visit)(struct virtio_backend *backend, struct visitor *v);
    void (*deadline)(struct virtio_backend *backend);
    size_t (*receive_room)(struct virtio_backend *backend);
    void (*receive)(struct virtio_backend *backend, const uint8_t *bytes, size_t size_bytes);
    void (*destroy)(struct virtio_backend *backend);
};

/* First member of each back end's own struct. */
struct virtio_backend {
    const struct virtio_backend_ops *ops;
    struct virtio *virtio; /* set when it is attached */
    unsigned queue_count;  /* 1 to VIRTIO_MAX_QUEUES */
};

/* First member of each transport's own struct. */
struct virtio {
    struct dev dev;
    struct virtio_backend *backend; /* owned; NULL: an empty slot */
    bool legacy;                    /* the interface before 1.0, section 1.3.1 */
    /* Optional, of the transport: its own line, else line 0 of the host; and a message besides. */
    void (*set_line)(struct virtio *virtio, bool level);
    void (*send_message)(struct virtio *virtio, unsigned queue); /* or VIRTIO_NO_QUEUE */
    struct virtio_state s;
    struct virtq queue[VIRTIO_MAX_QUEUES];
    struct virtq_chain chain; /* scratch of one request, dead between calls */
};

/* Calls of a transport. */

/** virtio_init - after the transport filled dev, backend and legacy of a zeroed struct. */
void virtio_init(struct virtio *virtio);
/** virtio_reset - everything the driver set up is forgotten. */
void virtio_reset(struct virtio *virtio);
/** virtio_offered - the feature bits that the device offers. */
uint64_t virtio_offered(const struct virtio *virtio);
/** virtio_set_status - the driver writes device status; 0 resets (section 2.1). */
void virtio_set_status(struct virtio *virtio, uint32_t status);
/** virtio_notify - the driver says that @queue has buffers; any value is allowed. */
void virtio_notify(struct virtio *virtio, uint32_t queue);
/** virtio_set_ready - the driver puts @queue to use, or takes it back; the size is checked. */
void virtio_set_ready(struct virtio *virtio, struct virtq *queue, bool ready);
/** virtio_acknowledge - the driver clears bits of the interrupt status. */
void virtio_acknowledge(struct virtio *virtio, uint32_t bits);
/** virtio_visit, virtio_destroy - for the transport's dev_ops. */
void virtio_visit(struct virtio *virtio, struct visitor *v);
void virtio_destroy(struct virtio *virtio);

/* Calls of a back end. */

/**
 * virtq_pop - takes the next chain that the driver made available.
 * Returns 1 with *chain filled, 0 when there is none (also when the queue is not set up or the
 * device is broken).
 */
int virtq_pop(struct virtio *virtio, unsigned queue, struct virtq_chain *chain);
/** virtq_push - returns a chain, of which @written_bytes were written from the start. */
void virtq_push(struct virtio *virtio, unsigned queue, uint32_t head, uint32_t written_bytes);
/**
 * virtq_flush - after a batch of pops and pushes: asks for the next notification, and interrupts
 * the driver if it wants to hear of what was pushed (sections 2.6.7, 2.6.10).
 */
void virtq_flush(struct virtio *virtio, unsigned queue);
/** virtq_available - how many chains wait in @queue (0 when it is not set up, or broken). */
unsigned virtq_available(struct virtio *virtio, unsigned queue);
/**
 * virtq_read, virtq_write - copy between a buffer and a chain's readable (writable) bytes at
 * @offset. Return 0, or -EFAULT when the range is outside the chain or outside RAM; the device
 * is then broken, and the back end returns without pushing.
 */
int virtq_read(struct virtio *virtio, const struct virtq_chain *chain, uint64_t offset,
               void *buffer, size_t size_bytes);
int virtq_write(struct virtio *virtio, const struct virtq_chain *chain, uint64_t offset,
                const void *buffer, size_t size_bytes);
/** virtio_negotiated - whether the driver accepted feature bit number @bit. */
bool virtio_negotiated(const struct virtio *virtio, unsigned bit);
/** virtio_config_changed - a new config generation and a configuration interrupt. */
void virtio_config_changed(struct virtio *virtio);
/** virtio_interrupt - of @queue, or VIRTIO_NO_QUEUE: sets its status bit and the line. */
void virtio_interrupt(struct virtio *virtio, unsigned queue);
/** virtio_break - the driver did something impossible: report it, and need a reset. */
void virtio_break(struct virtio *virtio, const char *what);

#endif
