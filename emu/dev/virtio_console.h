/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * virtio console device with one port, virtio 1.1 section 5.3: queue 0 receives, queue 1 transmits,
 * and the emergency write register prints without queues. Transmission takes no time. Input waits
 * in a small buffer until the guest offers receive buffers.
 *
 * What the guest transmits goes to the host's console, or to the test device that QEMU has as
 * `-chardev testdev`: decimal digits followed by 'q' end the machine with code (n << 1) | 1;
 * kvm-unit-tests report their result so. Other bytes are dropped there.
 */
#ifndef IRQLAB_EMU_DEV_VIRTIO_CONSOLE_H
#define IRQLAB_EMU_DEV_VIRTIO_CONSOLE_H

#include "emu/dev/virtio.h"

enum virtio_console_sink { VIRTIO_CONSOLE_TERMINAL, VIRTIO_CONSOLE_TESTDEV };

/** virtio_console_create - a back end for virtio_mmio_create(); NULL when memory is out. */
struct virtio_backend *virtio_console_create(enum virtio_console_sink sink);

#endif
