/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/dev/virtio_console.h"

#include <endian.h>
#include <linux/virtio_config.h>
#include <linux/virtio_console.h>
#include <linux/virtio_ids.h>
#include <stdlib.h>
#include <string.h>

enum { QUEUE_RECEIVE, QUEUE_TRANSMIT, QUEUE_COUNT };

#define INPUT_BYTES    256
#define TRANSMIT_LIMIT (UINT64_C(1) << 20) /* bytes taken of one chain */
#define TESTDEV_DIGITS 5                   /* more are no exit code */

/* Guest-visible state; no padding. */
struct console_state {
    uint32_t input_bytes;
    uint32_t test_value, test_digits;
    uint32_t zero;
    uint8_t input[INPUT_BYTES];
};
_Static_assert(sizeof(struct console_state) == 16 + INPUT_BYTES, "visited bytes: no padding");

struct virtio_console {
    struct virtio_backend backend;
    enum virtio_console_sink sink;
    struct console_state s;
};

static struct virtio_console *to_console(struct virtio_backend *backend)
{
    return (struct virtio_console *)backend;
}

/* One byte of the test device's protocol. */
static void testdev_byte(struct virtio_console *c, uint8_t byte)
{
    const struct dev_host *host = &c->backend.virtio->dev.host;
    if (byte >= '0' && byte <= '9' && c->s.test_digits < TESTDEV_DIGITS) {
        c->s.test_value = c->s.test_value * 10 + (byte - '0');
        c->s.test_digits++;
        return;
    }
    if (byte == 'q' && c->s.test_digits)
        host->request_shutdown(host->opaque, (int)(c->s.test_value << 1 | 1));
    c->s.test_value = 0;
    c->s.test_digits = 0;
}

static void output(struct virtio_console *c, const uint8_t *bytes, size_t size_bytes)
{
    const struct dev_host *host = &c->backend.virtio->dev.host;
    if (c->sink == VIRTIO_CONSOLE_TERMINAL) {
        host->transmit(host->opaque, bytes, size_bytes);
        return;
    }
    for (size_t i = 0; i < size_bytes; i++)
        testdev_byte(c, bytes[i]);
}

static int transmit_chain(struct virtio_console *c, const struct virtq_chain *chain)
{
    uint8_t bytes[512];
    uint64_t total =
        chain->readable_bytes < TRANSMIT_LIMIT ? chain->readable_bytes : TRANSMIT_LIMIT;
    for (uint64_t done = 0; done < total;) {
        uint64_t left = total - done;
        size_t piece = left < sizeof(bytes) ? (size_t)left : sizeof(bytes);
        int rc = virtq_read(c->backend.virtio, chain, done, bytes, piece);
        if (rc)
            return rc;
        output(c, bytes, piece);
        done += piece;
    }
    return 0;
}

static void transmit(struct virtio_console *c)
{
    struct virtio *virtio = c->backend.virtio;
    for (unsigned i = 0; i < VIRTQ_MAX_SIZE; i++) {
        if (!virtq_pop(virtio, QUEUE_TRANSMIT, &virtio->chain))
            break;
        if (transmit_chain(c, &virtio->chain))
            return;
        virtq_push(virtio, QUEUE_TRANSMIT, virtio->chain.head, 0);
    }
    virtq_flush(virtio, QUEUE_TRANSMIT);
}

/* Moves what fits of the waiting input into one chain; false when that ends the work. */
static bool deliver_chain(struct virtio_console *c)
{
    struct virtio *virtio = c->backend.virtio;
    if (!virtq_pop(virtio, QUEUE_RECEIVE, &virtio->chain))
        return false;
    uint64_t room = virtio->chain.writable_bytes;
    uint32_t piece = room < c->s.input_bytes ? (uint32_t)room : c->s.input_bytes;
    if (virtq_write(virtio, &virtio->chain, 0, c->s.input, piece))
        return false;
    virtq_push(virtio, QUEUE_RECEIVE, virtio->chain.head, piece);
    c->s.input_bytes -= piece;
    memmove(c->s.input, c->s.input + piece, c->s.input_bytes);
    memset(c->s.input + c->s.input_bytes, 0, piece);
    return true;
}

static void deliver(struct virtio_console *c)
{
    for (unsigned i = 0; i < VIRTQ_MAX_SIZE && c->s.input_bytes; i++)
        if (!deliver_chain(c))
            break;
    virtq_flush(c->backend.virtio, QUEUE_RECEIVE);
}

static void console_notify(struct virtio_backend *backend, unsigned queue)
{
    if (queue == QUEUE_TRANSMIT)
        transmit(to_console(backend));
    else
        deliver(to_console(backend));
}

static size_t console_config(struct virtio_backend *backend, uint8_t *bytes, size_t room)
{
    struct virtio_console_config config = {
        .cols = htole16(80), .rows = htole16(25), .max_nr_ports = htole32(1)};
    size_t size_bytes = sizeof(config) < room ? sizeof(config) : room;
    (void)backend;
    memcpy(bytes, &config, size_bytes);
    return size_bytes;
}

/* Section 5.3.4: the low byte of emerg_wr is printed at once. */
static void console_config_write(struct virtio_backend *backend, uint32_t offset, uint8_t byte)
{
    if (offset == offsetof(struct virtio_console_config, emerg_wr))
        output(to_console(backend), &byte, 1);
}

static void console_reset(struct virtio_backend *backend)
{
    memset(&to_console(backend)->s, 0, sizeof(struct console_state));
}

static void console_visit(struct virtio_backend *backend, struct visitor *v)
{
    struct virtio_console *c = to_console(backend);
    v->bytes(v, "virtio-console", &c->s, sizeof(c->s));
    if (v->restoring && c->s.input_bytes > INPUT_BYTES)
        c->s.input_bytes = INPUT_BYTES;
}

static size_t console_receive_room(struct virtio_backend *backend)
{
    const struct virtio_console *c = to_console(backend);
    return c->sink == VIRTIO_CONSOLE_TERMINAL ? INPUT_BYTES - c->s.input_bytes : 0;
}

static void console_receive(struct virtio_backend *backend, const uint8_t *bytes, size_t size_bytes)
{
    struct virtio_console *c = to_console(backend);
    const struct virtio *virtio = backend->virtio;
    size_t room = INPUT_BYTES - c->s.input_bytes;
    size_t taken = size_bytes < room ? size_bytes : room;
    memcpy(c->s.input + c->s.input_bytes, bytes, taken);
    c->s.input_bytes += (uint32_t)taken;
    if (virtio->legacy || (virtio->s.status & VIRTIO_CONFIG_S_DRIVER_OK))
        deliver(c);
}

static void console_destroy(struct virtio_backend *backend)
{
    free(backend);
}

static const struct virtio_backend_ops console_ops = {
    .name = "console",
    .device_id = VIRTIO_ID_CONSOLE,
    .features = UINT64_C(1) << VIRTIO_CONSOLE_F_EMERG_WRITE,
    .config = console_config,
    .config_write = console_config_write,
    .notify = console_notify,
    .reset = console_reset,
    .visit = console_visit,
    .receive_room = console_receive_room,
    .receive = console_receive,
    .destroy = console_destroy,
};

struct virtio_backend *virtio_console_create(enum virtio_console_sink sink)
{
    struct virtio_console *c = calloc(1, sizeof(*c));
    if (!c)
        return NULL;
    c->backend.ops = &console_ops;
    c->backend.queue_count = QUEUE_COUNT;
    c->sink = sink;
    return &c->backend;
}
