/* SPDX-License-Identifier: GPL-2.0-or-later */
/* -device virtio-...-pci and -netdev: QEMU's names and properties. */
#ifndef IRQLAB_EMU_PCI_OPTIONS_H
#define IRQLAB_EMU_PCI_OPTIONS_H

#include <stdbool.h>

#include "emu/error.h"

enum { PCI_OPTIONS_MAX = 31 }; /* devices of a bus beside the host bridge */
enum { NETDEVS_MAX = 8 };

enum pci_option_kind { PCI_OPTION_BLK, PCI_OPTION_RNG, PCI_OPTION_NET };

struct pci_option {
    enum pci_option_kind kind;
    char drive_id[64];
    unsigned drive;  /* index among the -drive options, once pci_options_attach() found it */
    unsigned queues; /* num-queues; 0: one for each vCPU */
    unsigned netdev; /* index among the -netdev options */
    bool has_netdev, multiqueue;
    unsigned vectors; /* of MSI-X, when vectors_given */
    bool vectors_given;
};

struct pci_options {
    struct pci_option devices[PCI_OPTIONS_MAX];
    unsigned n_devices;
    /* What is sent comes back. */
    struct netdev_option {
        char id[64];
        unsigned queues; /* pairs */
        bool attached;
    } netdevs[NETDEVS_MAX];
    unsigned n_netdevs;
};

/** pci_options_knows - whether @text, what follows -device, names a PCI device. */
bool pci_options_knows(const char *text);
/** pci_options_add - takes it; *@added, for what its drive is. */
int pci_options_add(struct pci_options *o, const char *text, struct pci_option **added,
                    struct error *err);

/** pci_options_add_netdev - takes what follows -netdev. */
int pci_options_add_netdev(struct pci_options *o, const char *text, struct error *err);

#endif
