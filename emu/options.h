/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of `irqlab run`, with QEMU's names where they mean the same. The options are
 * also the head of a recording, so that `irqlab replay FILE` needs nothing else.
 */
#ifndef IRQLAB_EMU_OPTIONS_H
#define IRQLAB_EMU_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "emu/chooser.h"
#include "emu/error.h"
#include "emu/gic_options.h"
#include "emu/load/load.h"
#include "emu/pci_options.h"

enum {
    OPTIONS_MAX_RENEWALS = 64,
    OPTIONS_MAX_DRIVES = 32,
    OPTIONS_MAX_BLOBS = 16,
    OPTIONS_MAX_SERIALS = 1,
    OPTIONS_MAX_SNAPSHOTS = 16,
    OPTIONS_MAX_SETUP = 128,
    OPTIONS_MAX_TRACES = 8,
};

struct control;
struct vmm_setup;

enum drive_interface { DRIVE_PFLASH, DRIVE_VIRTIO, DRIVE_NONE };

struct drive_option {
    enum drive_interface interface;
    char *file, *id;
    bool read_only, snapshot;
    bool attached; /* named by a -device virtio-blk-device */
    bool on_pci;   /* or by a -device virtio-blk-pci */
};

struct blob_option {
    enum load_blob_kind kind;
    char *file; /* NULL: `data` of `data_bytes` bytes */
    char *bootargs;
    uint64_t address, data;
    unsigned data_bytes;
};

/* When a snapshot is written: at an instruction count, or when a console has shown `text`. */
struct snapshot_option {
    char *file, *text; /* text NULL: at `instructions` */
    uint64_t instructions;
};

/* A value of the setup (emu/vmm_setup.h), by its name. */
struct setup_option {
    int key; /* enum vmm_key */
    uint64_t value;
};

/* All strings are owned by the structure. */
struct run_options {
    char *cpu, *kernel, *initrd, *append, *dtb, *bios, *serial, *record, *json, *dumpdtb, *control,
        *from, *symbols, *races_ignore, *gdb, *actor, *strict;
    unsigned smp;
    uint64_t ram_bytes, quantum, max_insns, counter_hz, rtc_base;
    unsigned icount_shift;
    bool virtualization, secure, host_clock, semihosting, json_wanted, no_reboot, testdev, rng;
    bool want_console; /* a virtio console on the terminal instead of the UART */
    bool acpi, mmio_timers;
    bool configure;          /* clients set the rest of the setup before there is a machine */
    struct control *clients; /* then those; session_run() takes them over */
    struct setup_option setup[OPTIONS_MAX_SETUP];
    unsigned n_setup;
    bool races, races_begin;
    bool frozen; /* until a debugger lets it go */
    struct gic_options gic;
    uint64_t renew_gic_at[OPTIONS_MAX_RENEWALS];
    unsigned n_renew_gic;
    struct choices choices;
    char *traces[OPTIONS_MAX_TRACES + 1]; /* NULL after the last */
    struct drive_option drives[OPTIONS_MAX_DRIVES];
    unsigned n_drives;
    struct pci_options pci;
    struct blob_option blobs[OPTIONS_MAX_BLOBS];
    unsigned n_blobs;
    struct snapshot_option snapshots[OPTIONS_MAX_SNAPSHOTS];
    unsigned n_snapshots;
    char **words; /* what was given and makes the machine: the recipe of a snapshot */
    int n_words;
    uint64_t given; /* a bit for each kind of option */
};

/**
 * options_parse - @argv[0] is skipped. On failure @err says which option is wrong, and why.
 * @help: set when --help was given; the rest is then not checked.
 */
int options_parse(int argc, char **argv, struct run_options *out, bool *help, struct error *err);
/** options_parse_more - on top of what @o has: what is given again replaces it. */
int options_parse_more(struct run_options *o, int argc, char **argv, bool *help, struct error *err);
/** options_take_traces - @o has those of @from, which had others or none, and @from has none. */
void options_take_traces(struct run_options *o, struct run_options *from);
/* Options of one file for the other: as value_pair_fn; as they are given; the words of a recipe. */
int options_trace(struct run_options *o, const char *arg, struct error *err);
int options_snapshot_at(void *to, const char *key, const char *value, struct error *err);
int options_snapshot_on(struct run_options *o, const char *arg, struct error *err);
int options_setup(void *to, const char *key, const char *value, struct error *err);
int options_strict(struct run_options *o, const char *arg, struct error *err);
int options_keep_words(struct run_options *o, char **argv, int first, int end, struct error *err);
/**
 * options_from - with --from: @o becomes what the snapshot was made of, with the few options that
 * may differ from @argv (emu/options_snapshot.c).
 */
int options_from(struct run_options *o, int argc, char **argv, struct error *err);
/** options_may_resume - whether all that was given may be given with --from; else which may not. */
int options_may_resume(const struct run_options *o, struct error *err);
/** options_parse_machine - likewise, for commands that run nothing: no -kernel is needed. */
int options_parse_machine(int argc, char **argv, struct run_options *out, bool *help,
                          struct error *err);
void options_free(struct run_options *options);
/**
 * options_make_setup - what @o says of the GIC and by --setup; *out NULL: nothing by --setup.
 * options_configure - with --configure: makes one, and lets clients complete it; what they set is
 * in @o and in *argv from then on, as if it had been given. *argv is malloc()ed anew, its words are
 * @o's. 1: a client wants no run.
 */
int options_make_setup(const struct run_options *o, struct vmm_setup **out, struct error *err);
int options_configure(struct run_options *o, int *argc, char ***argv, struct error *err);
/** options_have_firmware - whether something in flash is entered. */
bool options_have_firmware(const struct run_options *o);

/** options_help - the text of `irqlab run --help`. */
const char *options_help(void);

#endif
