/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/pci_options.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "emu/dev/virtio_net.h"
#include "emu/dev/virtio_pci.h"
#include "emu/values.h"

static const struct {
    const char *name;
    enum pci_option_kind kind;
} devices[] = {
    {"virtio-blk-pci", PCI_OPTION_BLK},
    {"virtio-rng-pci", PCI_OPTION_RNG},
    {"virtio-net-pci", PCI_OPTION_NET},
};

static const char *name_of(enum pci_option_kind kind)
{
    const char *name = "?";

    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
        if (devices[i].kind == kind)
            name = devices[i].name;
    }
    return name;
}

static int find(const char *name)
{
    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
        if (!strcmp(devices[i].name, name))
            return (int)i;
    }
    return -1;
}

bool pci_options_knows(const char *text)
{
    char name[32];
    size_t length = strcspn(text, ",");

    if (length >= sizeof(name))
        return false;
    memcpy(name, text, length);
    name[length] = '\0';
    return find(name) >= 0;
}

static int take_drive(struct pci_option *p, const char *value, struct error *err)
{
    int n = snprintf(p->drive_id, sizeof(p->drive_id), "%s", value);

    if (n <= 0 || (size_t)n >= sizeof(p->drive_id))
        return error_bad_input(err, "-device %s: drive=%s is not the id= of a -drive",
                               name_of(p->kind), value);
    return 0;
}

static int take_number(const char *what, const char *value, uint64_t min, uint64_t max,
                       unsigned *out, struct error *err)
{
    uint64_t n = 0;
    int rc = value_u64(what, value, min, max, &n, err);

    *out = (unsigned)n;
    return rc;
}

/* -- -netdev ----------------------------------------------------------------------------------- */

static int netdev_pair(void *to, const char *key, const char *value, struct error *err)
{
    struct netdev_option *n = to;

    if (!strcmp(key, "loopback") && !*value)
        return 0;
    if (!strcmp(key, "queues"))
        return take_number("-netdev queues", value, 1, VIRTIO_NET_MAX_PAIRS, &n->queues, err);
    if (!strcmp(key, "id") && *value && strlen(value) < sizeof(n->id)) {
        memcpy(n->id, value, strlen(value) + 1);
        return 0;
    }
    if (!*value)
        return error_bad_input(err,
                               "-netdev: '%s' is not there; the only one is loopback (what is "
                               "sent comes back)",
                               key);
    return error_bad_input(err,
                           "-netdev loopback: '%s=%s' is not known; write -netdev "
                           "loopback,id=ID[,queues=N]",
                           key, value);
}

int pci_options_add_netdev(struct pci_options *o, const char *text, struct error *err)
{
    struct netdev_option *n = &o->netdevs[o->n_netdevs];
    int rc;

    if (o->n_netdevs == NETDEVS_MAX)
        return error_bad_input(err, "-netdev: at most %d of them", NETDEVS_MAX);
    n->queues = 1;
    rc = value_pairs(text, netdev_pair, n, err);
    if (!rc && !n->id[0])
        return error_bad_input(err, "-netdev %s: no id=; a -device names it by that", text);
    o->n_netdevs++;
    return rc;
}

/* -- -device ----------------------------------------------------------------------------------- */

static int take_netdev(struct pci_options *o, struct pci_option *p, const char *id,
                       struct error *err)
{
    for (unsigned i = 0; i < o->n_netdevs; i++) {
        struct netdev_option *n = &o->netdevs[i];

        if (strcmp(n->id, id))
            continue;
        if (n->attached)
            return error_bad_input(err, "-device virtio-net-pci: netdev %s has a device", id);
        n->attached = true;
        p->netdev = i;
        p->has_netdev = true;
        return 0;
    }
    return error_bad_input(err, "-device virtio-net-pci: no -netdev with id=%s comes before it",
                           id);
}

/* What there is no choice in: QEMU's property and the one value that is true here. */
static int take_fixed(const char *name, const char *key, const char *value, struct error *err)
{
    static const struct {
        const char *key, *value;
    } fixed[] = {{"bus", "pcie.0"}, {"disable-legacy", "on"}, {"disable-modern", "off"}};

    for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++) {
        if (strcmp(key, fixed[i].key))
            continue;
        return strcmp(value, fixed[i].value)
                   ? error_bad_input(err, "-device %s: %s=%s is not there; it is %s", name, key,
                                     value, fixed[i].value)
                   : 0;
    }
    return error_bad_input(err, "-device %s: '%s' is not a property of it", name, key);
}

static int pair(void *to, const char *key, const char *value, struct error *err)
{
    struct pci_options *o = to;
    struct pci_option *p = &o->devices[o->n_devices - 1];
    bool blk = p->kind == PCI_OPTION_BLK, net = p->kind == PCI_OPTION_NET;

    if ((find(key) >= 0 && !*value) || !strcmp(key, "id"))
        return 0;
    if (blk && !strcmp(key, "drive"))
        return take_drive(p, value, err);
    if (blk && !strcmp(key, "num-queues"))
        return take_number("-device virtio-blk-pci,num-queues", value, 1, VIRTIO_MAX_QUEUES,
                           &p->queues, err);
    if (net && !strcmp(key, "netdev"))
        return take_netdev(o, p, value, err);
    if (net && !strcmp(key, "mq"))
        return value_on_off("-device virtio-net-pci,mq", *value ? value : "on", &p->multiqueue,
                            err);
    if (!strcmp(key, "vectors")) {
        p->vectors_given = true;
        return take_number("-device vectors", value, 0, VIRTIO_PCI_MAX_VECTORS, &p->vectors, err);
    }
    return take_fixed(name_of(p->kind), key, value, err);
}

int pci_options_add(struct pci_options *o, const char *text, struct pci_option **added,
                    struct error *err)
{
    struct pci_option *p = &o->devices[o->n_devices];
    char name[32] = {0};
    int rc;

    if (o->n_devices == PCI_OPTIONS_MAX)
        return error_bad_input(err, "-device: at most %d PCI devices", PCI_OPTIONS_MAX);
    memcpy(name, text, strcspn(text, ","));
    p->kind = devices[find(name)].kind;
    o->n_devices++;
    *added = p;
    rc = value_pairs(text, pair, o, err);
    if (!rc && p->kind == PCI_OPTION_NET && !p->has_netdev)
        rc = error_bad_input(err, "-device virtio-net-pci: no netdev=; name a -netdev by its id");
    return rc;
}
