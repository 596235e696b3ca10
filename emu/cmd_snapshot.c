/* SPDX-License-Identifier: GPL-2.0-or-later */
/* `irqlab snapshot info FILE`: what a snapshot is of, after all of it was checked. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "emu/commands.h"
#include "emu/snapshot.h"

static const char *const help =
    "Usage: irqlab snapshot info FILE [--json]\n"
    "Checks every byte of a snapshot, and prints what it is of. Exit code 120: it cannot be used.\n"
    "irqlab run --snapshot-at, --snapshot-on and irqlab control PATH snapshot file=FILE write\n"
    "them; irqlab run --from FILE goes on from one.\n";

static void print_text(const struct snapshot_file *f)
{
    const json_t *meta = snapshot_meta(f), *files = json_object_get(meta, "files");
    char **argv;
    int argc;

    printf("irqlab        %s\n", json_string_value(json_object_get(meta, "irqlab")));
    printf("instructions  %" JSON_INTEGER_FORMAT "\n",
           json_integer_value(json_object_get(meta, "instructions")));
    printf("virtual time  %" JSON_INTEGER_FORMAT " ns\n",
           json_integer_value(json_object_get(meta, "virtual_time_ns")));
    printf("state hash    %s\n", json_string_value(json_object_get(meta, "state_hash")));
    argv = snapshot_argv(f, &argc);
    printf("options      ");
    for (int i = 1; i < argc; i++)
        printf(" %s", argv[i]);
    putchar('\n');
    for (size_t i = 0; i < json_array_size(files); i++) {
        const json_t *file = json_array_get(files, i);

        printf("image         %s, %" JSON_INTEGER_FORMAT " bytes, xxh3 %s\n",
               json_string_value(json_object_get(file, "path")),
               json_integer_value(json_object_get(file, "bytes")),
               json_string_value(json_object_get(file, "xxh3")));
    }
}

static int info(const char *path, bool json, struct error *err)
{
    struct snapshot_file *f;
    int rc = snapshot_open(path, &f, err);

    if (rc)
        return rc;
    rc = snapshot_check(f, err);
    if (!rc && json) {
        json_dumpf(snapshot_meta(f), stdout, JSON_INDENT(2));
        putchar('\n');
    } else if (!rc) {
        print_text(f);
    }
    snapshot_close(f);
    return rc;
}

int cmd_snapshot(int argc, char **argv)
{
    struct error err = {0};
    bool json = argc == 4 && !strcmp(argv[3], "--json");

    if (argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))) {
        fputs(help, stdout);
        return IRQLAB_EXIT_OK;
    }
    if (argc < 3 || strcmp(argv[1], "info") || (argc > 3 && !json)) {
        fputs(help, stderr);
        return IRQLAB_EXIT_BAD_INPUT;
    }
    if (!info(argv[2], json, &err))
        return IRQLAB_EXIT_OK;
    fprintf(stderr, "irqlab snapshot: %s\n", err.text);
    return (int)err.exit_code;
}
