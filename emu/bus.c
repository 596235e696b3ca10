/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The bus: which device answers at which address, the services each device gets, deadlines.
 * The engine sees windows of whole pages; what a window's devices leave free aborts.
 */
#include "emu/machine.h"

#include <endian.h>
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include "emu/dev/chardev.h"
#include "emu/trace.h"

enum { PAGE = 4096 };

/* -- MMIO -------------------------------------------------------------------------------------- */

static struct slot *slot_at(struct window *w, uint64_t offset, unsigned size_bytes,
                            uint64_t *in_device)
{
    uint64_t index = offset / w->stride;
    struct slot *slot = index < 32 ? w->slots[index] : NULL;

    *in_device = offset % w->stride;
    if (!slot || *in_device + size_bytes > slot->dev->region_bytes)
        return NULL;
    return slot;
}

static int window_read(void *opaque, unsigned vcpu, bool secure, uint64_t offset,
                       unsigned size_bytes, uint64_t *value)
{
    struct window *w = opaque;
    struct slot *slot = slot_at(w, offset, size_bytes, &offset);

    (void)vcpu, (void)secure;
    w->machine->statistics.mmio_reads++;
    return slot ? slot->dev->ops->read(slot->dev, offset, size_bytes, value) : -EFAULT;
}

static int window_write(void *opaque, unsigned vcpu, bool secure, uint64_t offset,
                        unsigned size_bytes, uint64_t value)
{
    struct window *w = opaque;
    struct slot *slot = slot_at(w, offset, size_bytes, &offset);

    (void)vcpu, (void)secure;
    w->machine->statistics.mmio_writes++;
    return slot ? slot->dev->ops->write(slot->dev, offset, size_bytes, value) : -EFAULT;
}

static int window_read_settled(void *opaque, unsigned vcpu, bool secure, uint64_t offset,
                               unsigned size_bytes, uint64_t *value)
{
    int rc = window_read(opaque, vcpu, secure, offset, size_bytes, value);

    trace_settle(((struct window *)opaque)->machine, vcpu);
    return rc;
}

static int window_write_settled(void *opaque, unsigned vcpu, bool secure, uint64_t offset,
                                unsigned size_bytes, uint64_t value)
{
    int rc = window_write(opaque, vcpu, secure, offset, size_bytes, value);

    trace_settle(((struct window *)opaque)->machine, vcpu);
    return rc;
}

static struct window *window_for(struct machine *m, uint64_t base, uint64_t bytes)
{
    struct window *w;
    uint64_t first = base & ~(uint64_t)(PAGE - 1);
    bool virtio = base - m->board.virtio_base < m->board.virtio_stride * BOARD_VIRTIO_COUNT;

    if (virtio) /* one window for all, whichever is placed first */
        first = m->board.virtio_base;
    for (unsigned i = 0; i < m->n_windows; i++) {
        w = &m->windows[i];
        if (base - w->base < w->stride * 32 && w->stride < PAGE)
            return w;
    }
    if (m->n_windows == MACHINE_MAX_DEVICES)
        return NULL;
    w = &m->windows[m->n_windows];
    *w = (struct window){.machine = m, .base = first, .stride = bytes < PAGE ? PAGE : bytes};
    if (virtio)
        w->stride = m->board.virtio_stride;
    w->mmio = (struct cpu_mmio){.opaque = w,
                                .read = m->trace ? window_read_settled : window_read,
                                .write = m->trace ? window_write_settled : window_write};
    bytes = w->stride < PAGE ? w->stride * 32 : w->stride;
    bytes = (bytes + PAGE - 1) & ~(uint64_t)(PAGE - 1);
    if (engine_map_mmio(m->engine, first, bytes, &w->mmio))
        return NULL;
    m->n_windows++;
    return w;
}

struct slot *machine_slot(struct machine *m)
{
    struct slot *slot;

    if (m->n_slots == MACHINE_MAX_DEVICES)
        return NULL;
    slot = &m->slots[m->n_slots++];
    *slot = (struct slot){.machine = m, .deadline_ns = UINT64_MAX};
    return slot;
}

int machine_place(struct machine *m, struct slot *slot, struct dev *dev, uint64_t base,
                  uint32_t first_intid, struct error *err)
{
    struct window *w = window_for(m, base, dev->region_bytes);

    slot->dev = dev;
    slot->base = base;
    slot->first_intid = first_intid;
    if (!w)
        return error_set(err, IRQLAB_EXIT_INTERNAL, -ENOSPC, "no room on the bus for %s at 0x%llx",
                         dev->ops->name, (unsigned long long)base);
    w->slots[(base - w->base) / w->stride] = slot;
    return 0;
}

void bus_watch(struct machine *m)
{
    bus_watch_gic(m);
    for (unsigned i = 0; i < m->n_windows && m->trace; i++) {
        m->windows[i].mmio.read = window_read_settled;
        m->windows[i].mmio.write = window_write_settled;
    }
}

/* -- Services of a device (dev.h) -------------------------------------------------------------- */

static void host_set_irq(void *opaque, unsigned line, bool level)
{
    struct slot *slot = opaque;

    gic_set_spi(slot->machine->gic, slot->first_intid + line, level);
}

static int host_dma_read(void *opaque, uint64_t address, void *buffer, size_t size_bytes)
{
    struct slot *slot = opaque;

    return machine_guest_read(slot->machine, address, buffer, size_bytes);
}

static int host_dma_write(void *opaque, uint64_t address, const void *buffer, size_t size_bytes)
{
    struct slot *slot = opaque;

    return machine_guest_write(slot->machine, address, buffer, size_bytes);
}

/* Message-based SPIs: GICD_SETSPI_NSR and GICD_CLRSPI_NSR are there for devices (IHI 0069 12.9). */
static bool is_spi_message(const struct machine *m, uint64_t address)
{
    return (address & ~UINT64_C(8)) == m->board.gicd_base + 0x40;
}

/*
 * GITS_TRANSLATER takes messages with the requester as DeviceID (IHI 0069, GITS_TRANSLATER); what
 * goes elsewhere is a write like any other, and is lost where there is neither RAM nor a register
 * for messages.
 */
static void host_send_msi(void *opaque, uint32_t requester_id, uint64_t address, uint32_t data)
{
    struct slot *slot = opaque;
    struct machine *m = slot->machine;
    const uint32_t little_endian = htole32(data);

    if (m->its && address == m->board.its_base + GIC_ITS_TRANSLATER_OFFSET)
        gic_its_msi(m->its, requester_id, data);
    else if (is_spi_message(m, address))
        gic_dist_write(m->gic, 0, false, address - m->board.gicd_base, sizeof(data), data);
    else
        machine_guest_write(m, address, &little_endian, sizeof(little_endian));
}

static uint64_t host_now_ns(void *opaque)
{
    struct slot *slot = opaque;

    return clock_now_ns(slot->machine);
}

static uint64_t host_rtc_base_seconds(void *opaque)
{
    struct slot *slot = opaque;

    return slot->machine->config.rtc_base_seconds;
}

void bus_update_deadline(struct machine *m)
{
    uint64_t earliest = UINT64_MAX;

    for (unsigned i = 0; i < m->n_slots; i++) {
        if (m->slots[i].deadline_ns < earliest)
            earliest = m->slots[i].deadline_ns;
    }
    m->devices_deadline_ns = earliest;
}

static void host_set_deadline(void *opaque, uint64_t when_ns)
{
    struct slot *slot = opaque;

    slot->deadline_ns = when_ns;
    bus_update_deadline(slot->machine);
    engine_request_exit(slot->machine->engine);
}

static void host_transmit(void *opaque, const uint8_t *bytes, size_t size_bytes)
{
    struct slot *slot = opaque;

    if (slot->console && !slot->machine->deaf)
        chardev_write(slot->console, bytes, size_bytes);
    if (slot->console && slot->machine->viewer && !slot->machine->deaf)
        slot->machine->viewer->output(slot->machine->viewer->opaque, bytes, size_bytes);
    points_output(slot->machine, bytes, size_bytes);
}

static void host_request_shutdown(void *opaque, int code)
{
    struct slot *slot = opaque;

    machine_shut_down(slot->machine, code, "%s ended the run", slot->dev->ops->name);
}

static void host_request_reset(void *opaque)
{
    struct slot *slot = opaque;

    if (slot->machine->stop == MACHINE_RUNNING)
        slot->machine->stop = MACHINE_RESET;
    engine_request_exit(slot->machine->engine);
}

static void host_guest_error(void *opaque, const char *format, ...)
{
    struct slot *slot = opaque;
    va_list args;

    if (!slot->machine->trace)
        return;
    va_start(args, format);
    trace_guest_error(slot->machine, slot->dev ? slot->dev->ops->name : "device", format, args);
    va_end(args);
}

struct dev_host machine_dev_host(struct slot *slot)
{
    return (struct dev_host){
        .opaque = slot,
        .set_irq = host_set_irq,
        .send_msi = host_send_msi,
        .dma_read = host_dma_read,
        .dma_write = host_dma_write,
        .now_ns = host_now_ns,
        .rtc_base_seconds = host_rtc_base_seconds,
        .set_deadline = host_set_deadline,
        .transmit = host_transmit,
        .request_shutdown = host_request_shutdown,
        .request_reset = host_request_reset,
        .guest_error = host_guest_error,
    };
}

/* -- Deadlines and reset ----------------------------------------------------------------------- */

void bus_fire_deadlines(struct machine *m, uint64_t now_ns)
{
    for (unsigned i = 0; i < m->n_slots; i++) {
        struct slot *slot = &m->slots[i];

        if (slot->deadline_ns > now_ns)
            continue;
        slot->deadline_ns = UINT64_MAX;
        if (slot->dev->ops->deadline)
            slot->dev->ops->deadline(slot->dev);
    }
    bus_update_deadline(m);
}

void bus_reset(struct machine *m)
{
    for (unsigned i = 0; i < m->n_slots; i++) {
        m->slots[i].deadline_ns = UINT64_MAX;
        m->slots[i].dev->ops->reset(m->slots[i].dev);
    }
    bus_update_deadline(m);
}
