/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/device_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/values.h"

struct device_text {
    struct run_options *options;
    char name[32], drive[64];
    bool has_address;
    struct blob_option blob; /* of loader and guest-loader; its strings are owned */
};

static int not_a_property(const struct device_text *d, const char *key, struct error *err)
{
    return error_bad_input(err, "-device %s: '%s' is not a property of it", d->name, key);
}

static int guest_file(struct device_text *d, enum load_blob_kind kind, const char *path,
                      struct error *err)
{
    if (d->blob.file)
        return error_bad_input(err, "-device guest-loader: kernel= or initrd=, each in a -device "
                                    "guest-loader of its own");
    d->blob.kind = kind;
    return value_string(&d->blob.file, path, err);
}

static int guest_pair(struct device_text *d, const char *key, const char *value, struct error *err)
{
    if (!strcmp(key, "kernel"))
        return guest_file(d, LOAD_BLOB_KERNEL_MODULE, value, err);
    if (!strcmp(key, "initrd"))
        return guest_file(d, LOAD_BLOB_INITRD_MODULE, value, err);
    if (!strcmp(key, "bootargs"))
        return value_string(&d->blob.bootargs, value, err);
    if (!strcmp(key, "addr")) {
        d->has_address = true;
        return value_u64("-device guest-loader,addr", value, 0, UINT64_MAX, &d->blob.address, err);
    }
    return strcmp(key, "id") ? not_a_property(d, key, err) : 0;
}

static int device_pair(void *to, const char *key, const char *value, struct error *err)
{
    struct device_text *d = to;
    uint64_t n;

    if (!d->name[0]) {
        snprintf(d->name, sizeof(d->name), "%s", key);
        return 0;
    }
    if (!strcmp(key, "drive")) {
        snprintf(d->drive, sizeof(d->drive), "%s", value);
        return 0;
    }
    if (!strcmp(d->name, "guest-loader"))
        return guest_pair(d, key, value, err);
    if (!strcmp(key, "file"))
        return value_string(&d->blob.file, value, err);
    if (!strcmp(key, "addr"))
        return value_u64("-device loader,addr", value, 0, UINT64_MAX, &d->blob.address, err);
    if (!strcmp(key, "data"))
        return value_u64("-device loader,data", value, 0, UINT64_MAX, &d->blob.data, err);
    if (!strcmp(key, "data-len")) {
        int rc = value_u64("-device loader,data-len", value, 1, 8, &n, err);

        d->blob.data_bytes = (unsigned)n;
        return rc;
    }
    if (!strcmp(key, "id") || !strcmp(key, "force-raw") || !strcmp(key, "chardev"))
        return 0;
    return not_a_property(d, key, err);
}

static int find_drive(const struct run_options *o, const char *device, const char *id,
                      unsigned *index, struct error *err)
{
    for (unsigned i = 0; i < o->n_drives; i++) {
        const struct drive_option *d = &o->drives[i];

        if (!d->id || strcmp(d->id, id))
            continue;
        if (d->attached || d->on_pci || d->interface != DRIVE_NONE)
            return error_bad_input(err,
                                   "-device %s: drive %s has a device; write its -drive with "
                                   "if=none, and one -device for it",
                                   device, id);
        *index = i;
        return 0;
    }
    return error_bad_input(err, "-device %s: no -drive with id=%s comes before it", device,
                           id[0] ? id : "?");
}

static int attach_drive(struct run_options *o, const char *id, struct error *err)
{
    unsigned index = 0;
    int rc = find_drive(o, "virtio-blk-device", id, &index, err);

    if (!rc)
        o->drives[index].attached = true;
    return rc;
}

static int add_pci_device(struct run_options *o, const char *text, struct error *err)
{
    struct pci_option *p = NULL;
    int rc = pci_options_add(&o->pci, text, &p, err);

    if (rc || p->kind != PCI_OPTION_BLK)
        return rc;
    rc = find_drive(o, "virtio-blk-pci", p->drive_id, &p->drive, err);
    if (!rc)
        o->drives[p->drive].on_pci = true;
    return rc;
}

static int add_loader(struct device_text *d, struct error *err)
{
    struct run_options *o = d->options;

    if (o->n_blobs == OPTIONS_MAX_BLOBS)
        return error_bad_input(err, "-device %s: at most %d of loader and guest-loader", d->name,
                               OPTIONS_MAX_BLOBS);
    if (!d->blob.file && !d->blob.data_bytes)
        return error_bad_input(err, "-device loader: give file=, or data= with data-len=");
    o->blobs[o->n_blobs++] = d->blob;
    d->blob = (struct blob_option){0};
    return 0;
}

static int add_guest_loader(struct device_text *d, struct error *err)
{
    if (!d->blob.file || !d->has_address)
        return error_bad_input(err, "-device guest-loader: give addr=, and kernel= or initrd=");
    if (d->blob.bootargs && d->blob.kind != LOAD_BLOB_KERNEL_MODULE)
        return error_bad_input(
            err, "-device guest-loader,initrd=%s: bootargs= belong to kernel=", d->blob.file);
    return add_loader(d, err);
}

static int add_named(struct device_text *d, struct error *err)
{
    struct run_options *o = d->options;

    if (!strcmp(d->name, "virtio-blk-device"))
        return attach_drive(o, d->drive, err);
    if (!strcmp(d->name, "virtio-rng-device")) {
        o->rng = true;
        return 0;
    }
    if (!strcmp(d->name, "virtio-serial-device"))
        return 0;
    if (!strcmp(d->name, "virtconsole") || !strcmp(d->name, "virtio-console-device")) {
        o->want_console = true;
        return 0;
    }
    if (!strcmp(d->name, "loader"))
        return add_loader(d, err);
    if (!strcmp(d->name, "guest-loader"))
        return add_guest_loader(d, err);
    return error_bad_input(err,
                           "-device: '%s' is not there; use virtio-blk-pci, "
                           "virtio-rng-pci, virtio-net-pci, virtio-blk-device, virtio-rng-device, "
                           "virtconsole, loader or guest-loader",
                           d->name);
}

int device_option_add(struct run_options *o, const char *text, struct error *err)
{
    struct device_text d = {.options = o};
    int rc;

    if (pci_options_knows(text))
        return add_pci_device(o, text, err);
    rc = value_pairs(text, device_pair, &d, err);
    rc = rc ? rc : add_named(&d, err);
    free(d.blob.file);
    free(d.blob.bootargs);
    return rc;
}

int device_option_chardev(struct run_options *o, const char *text, struct error *err)
{
    if (strncmp(text, "testdev", 7))
        return error_bad_input(err, "-chardev: only 'testdev,id=ID' is there; use -serial for "
                                    "consoles");
    o->testdev = true;
    return 0;
}
