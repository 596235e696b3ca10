/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A session that goes on from a snapshot file, and what a snapshot of it is made of. */
#include "emu/session_internal.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { MAX_ELF_BYTES = 64 << 20 };

/* -- Recipe ------------------------------------------------------------------------------------ */

static void add_file(struct snapshot_recipe *r, const char *path)
{
    if (path && r->n_files < SNAPSHOT_MAX_FILES)
        r->files[r->n_files++] = path;
}

_Static_assert(4 + OPTIONS_MAX_DRIVES + OPTIONS_MAX_BLOBS <= SNAPSHOT_MAX_FILES,
               "room for every image");

void session_make_recipe(struct session *s)
{
    const struct run_options *o = s->options;
    struct snapshot_recipe *r = &s->recipe;

    *r = (struct snapshot_recipe){.argc = o->n_words, .argv = (const char *const *)o->words};
    add_file(r, o->kernel);
    add_file(r, o->initrd);
    add_file(r, o->dtb);
    add_file(r, o->bios);
    for (unsigned i = 0; i < o->n_blobs; i++)
        add_file(r, o->blobs[i].file);
    for (unsigned i = 0; i < o->n_drives; i++) {
        add_file(r, o->drives[i].file);
        if (!o->drives[i].read_only && !o->drives[i].snapshot)
            r->unsaved = o->drives[i].file;
    }
    s->machine->recipe = r;
}

/* -- Going on ---------------------------------------------------------------------------------- */

/* Those that the guest still reads from. With firmware, fw_cfg has the kernel. */
static int check_images(const struct session *s, struct error *err)
{
    const struct run_options *o = s->options;
    bool firmware = options_have_firmware(o);
    const char *const files[] = {o->bios, firmware ? o->kernel : NULL, firmware ? o->initrd : NULL};
    int rc = 0;

    for (size_t i = 0; !rc && i < sizeof(files) / sizeof(files[0]); i++)
        rc = files[i] ? snapshot_check_file(s->from, files[i], err) : 0;
    for (unsigned i = 0; !rc && i < o->n_drives; i++)
        rc = snapshot_check_file(s->from, o->drives[i].file, err);
    return rc;
}

/* Those that were loaded into RAM, for a guest's reset. */
static int check_loaded(const struct session *s, struct error *err)
{
    const struct run_options *o = s->options;
    const char *const files[] = {o->kernel, o->initrd, o->dtb};
    int rc = 0;

    for (size_t i = 0; !rc && i < sizeof(files) / sizeof(files[0]); i++)
        rc = files[i] ? snapshot_check_file(s->from, files[i], err) : 0;
    for (unsigned i = 0; !rc && i < o->n_blobs; i++)
        rc = o->blobs[i].file ? snapshot_check_file(s->from, o->blobs[i].file, err) : 0;
    return rc;
}

static void reload(void *opaque, struct machine *m)
{
    struct session *s = opaque;
    struct error err;
    int rc = check_loaded(s, &err);

    load_plan_free(s->plan);
    s->plan = NULL;
    m->symbols = NULL;
    rc = rc ? rc : session_load(s, &err);
    if (rc)
        machine_shut_down(m, (int)err.exit_code, "the guest resets, but %s", err.text);
    m->reload = reload;
}

static bool is_small_elf(const char *path)
{
    FILE *file = fopen(path, "rb");
    char magic[4] = {0};
    bool is = file && fread(magic, 1, 4, file) == 4 && !memcmp(magic, "\177ELF", 4) &&
              !fseek(file, 0, SEEK_END) && ftell(file) <= MAX_ELF_BYTES;

    if (file)
        fclose(file);
    return is;
}

/* Names for addresses, if the image is still there; nothing that a guest sees depends on them. */
static void find_symbols(struct session *s)
{
    const char *kernel = s->options->kernel;

    if (kernel && is_small_elf(kernel) && !check_loaded(s, NULL))
        session_plan(s, NULL);
}

int session_resume(struct session *s, struct error *err)
{
    struct machine *m = s->machine;
    int rc = snapshot_open(s->options->from, &s->from, err);

    rc = rc ? rc : check_images(s, err);
    rc = rc ? rc : snapshot_load(s->from, m, err);
    if (rc)
        return rc;
    find_symbols(s);
    m->reload = reload;
    m->reload_opaque = s;
    return 0;
}
