/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Options about snapshots; and `--from FILE`: those that a snapshot was made of, with those that
 * are given now.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "emu/options.h"
#include "emu/snapshot.h"
#include "emu/values.h"

static int add_snapshot(struct run_options *o, uint64_t at, const char *text, const char *file,
                        struct error *err)
{
    struct snapshot_option *s = &o->snapshots[o->n_snapshots];
    int rc;

    if (o->n_snapshots == OPTIONS_MAX_SNAPSHOTS)
        return error_bad_input(err, "--snapshot-at, --snapshot-on: at most %d of them",
                               OPTIONS_MAX_SNAPSHOTS);
    o->n_snapshots++;
    s->instructions = at;
    rc = text ? value_string(&s->text, text, err) : 0;
    return rc ? rc : value_string(&s->file, file, err);
}

int options_snapshot_at(void *to, const char *key, const char *value, struct error *err)
{
    uint64_t at;

    if (!*value)
        return error_bad_input(err, "--snapshot-at: '%s': write INSTRUCTIONS=FILE", key);
    if (value_u64("--snapshot-at", key, 0, UINT64_MAX / 2, &at, err))
        return -EINVAL;
    return add_snapshot(to, at, NULL, value, err);
}

/* The text may hold what it likes; the file's name holds no '='. */
int options_snapshot_on(struct run_options *o, const char *arg, struct error *err)
{
    const char *equals = strrchr(arg, '=');
    char *text;
    int rc;

    if (!equals || equals == arg || !equals[1])
        return error_bad_input(err, "--snapshot-on: '%s': write TEXT=FILE", arg);
    text = strndup(arg, (size_t)(equals - arg));
    if (!text)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    rc = add_snapshot(o, 0, text, equals + 1, err);
    free(text);
    return rc;
}

/* The words of one option, as they were given. */
int options_keep_words(struct run_options *o, char **argv, int first, int end, struct error *err)
{
    char **words = realloc(o->words, ((size_t)o->n_words + (size_t)(end - first)) * sizeof(*words));

    if (!words)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    o->words = words;
    for (int i = first; i < end; i++) {
        words[o->n_words] = strdup(argv[i]);
        if (!words[o->n_words++])
            return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    }
    return 0;
}

/* -- --from ------------------------------------------------------------------------------------ */

static int merge(struct run_options *o, const struct snapshot_file *f, int argc, char **argv,
                 struct error *err)
{
    struct run_options made_of;
    struct error inner = {0};
    char **words;
    bool help;
    int n, rc;

    words = snapshot_argv(f, &n);
    rc = options_parse_machine(n, words, &made_of, &help, &inner);
    if (rc || help || made_of.from) {
        options_free(&made_of);
        return error_bad_input(err, "%s: its options are damaged: %s", o->from, inner.text);
    }
    rc = options_parse_more(&made_of, argc, argv, &help, err);
    options_free(o);
    *o = made_of;
    return rc;
}

int options_from(struct run_options *o, int argc, char **argv, struct error *err)
{
    struct snapshot_file *f;
    int rc = options_may_resume(o, err);

    rc = rc ? rc : snapshot_open(o->from, &f, err);
    if (rc)
        return rc;
    rc = merge(o, f, argc, argv, err);
    snapshot_close(f);
    return rc;
}
