/* SPDX-License-Identifier: GPL-2.0-or-later */
/* --setup KEY=VALUE and --configure: what the machine will be, from options and from clients. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emu/control.h"
#include "emu/options.h"
#include "emu/strict.h"
#include "emu/values.h"
#include "emu/vmm_setup.h"

int options_setup(void *to, const char *key, const char *value, struct error *err)
{
    struct run_options *o = to;
    struct setup_option *s = &o->setup[o->n_setup];

    if (o->n_setup == OPTIONS_MAX_SETUP)
        return error_bad_input(err, "--setup: at most %d of them", OPTIONS_MAX_SETUP);
    s->key = vmm_setup_key(key);
    if (s->key < 0)
        return error_bad_input(err,
                               "--setup: '%s' is not known; irqlab run --help lists -gic's keys, "
                               "the manual the others",
                               key);
    o->n_setup++;
    return value_u64("--setup", value, 0, UINT64_MAX, &s->value, err);
}

/* Open, with what the options say. */
static int start_setup(const struct run_options *o, struct vmm_setup **out, struct error *err)
{
    struct vmm_setup *s;
    int rc = vmm_setup_create(&s);

    if (rc)
        return error_set(err, IRQLAB_EXIT_HOST, rc, "out of memory");
    vmm_setup_take_options(s, &o->gic);
    for (unsigned i = 0; i < o->n_setup && !rc; i++)
        rc = vmm_setup_set(s, (enum vmm_key)o->setup[i].key, o->setup[i].value, err);
    if (rc)
        vmm_setup_destroy(s);
    else
        *out = s;
    return rc;
}

int options_make_setup(const struct run_options *o, struct vmm_setup **out, struct error *err)
{
    *out = NULL;
    return o->n_setup ? start_setup(o, out, err) : 0;
}

/* -- Clients ----------------------------------------------------------------------------------- */

/* As if `--setup KEY=VALUE` had been given. */
static int add_word(struct run_options *o, enum vmm_key key, uint64_t value, struct error *err)
{
    char text[80];
    char *words[] = {"--setup", text};

    snprintf(text, sizeof(text), "%s=0x%" PRIx64, vmm_setup_name(key), value);
    if (o->n_setup == OPTIONS_MAX_SETUP)
        return error_bad_input(err, "--configure: more than %d values", OPTIONS_MAX_SETUP);
    o->setup[o->n_setup++] = (struct setup_option){(int)key, value};
    return options_keep_words(o, words, 0, 2, err);
}

static int add_changes(struct run_options *o, const struct vmm_setup *s, const uint64_t *before,
                       struct error *err)
{
    int rc = 0;

    for (unsigned key = 0; key < VMM_N_KEYS && !rc; key++) {
        uint64_t value = vmm_setup_get(s, (enum vmm_key)key);
        bool is_id = key >= VMM_FIRST_ID_KEY;

        if (is_id ? vmm_setup_is_given(s, (enum vmm_key)key) : value != before[key])
            rc = add_word(o, (enum vmm_key)key, value, err);
    }
    return rc;
}

static bool is_configure(const char *word)
{
    return word[0] == '-' && !strcmp(word + 1 + (word[1] == '-'), "configure");
}

/* A recording's options: those given, but --configure, and what the clients have set. */
static int extend_argv(const struct run_options *o, int first_new, int *argc, char ***argv,
                       struct error *err)
{
    size_t room = (size_t)*argc + (size_t)(o->n_words - first_new) + 1;
    char **more = calloc(room, sizeof(*more));
    int n = 0;

    if (!more)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    for (int i = 0; i < *argc; i++) {
        if (!is_configure((*argv)[i]))
            more[n++] = (*argv)[i];
    }
    for (int i = first_new; i < o->n_words; i++)
        more[n++] = o->words[i];
    *argc = n;
    *argv = more;
    return 0;
}

int options_configure(struct run_options *o, int *argc, char ***argv, struct error *err)
{
    uint64_t before[VMM_N_KEYS];
    int first_new = o->n_words;
    struct vmm_setup *s;
    int rc = start_setup(o, &s, err);

    if (rc)
        return rc;
    vmm_setup_get_all(s, before);
    rc = control_open(o->control, &o->clients, err);
    if (!rc && !control_configure(o->clients, s))
        rc = 1;
    rc = rc ? rc : add_changes(o, s, before, err);
    rc = rc ? rc : extend_argv(o, first_new, argc, argv, err);
    vmm_setup_destroy(s);
    if (rc) {
        control_close(o->clients);
        o->clients = NULL;
    }
    return rc;
}

/* Checked at once; what it means is read again when the run begins. */
int options_strict(struct run_options *o, const char *arg, struct error *err)
{
    struct strict_options ignored;
    int rc = strict_parse(arg, &ignored, err);

    return rc ? rc : value_string(&o->strict, arg ? arg : "", err);
}

/* What it means is read when the machine is there: it names vCPUs. */
int options_trace(struct run_options *o, const char *arg, struct error *err)
{
    for (unsigned i = 0; i < OPTIONS_MAX_TRACES; i++) {
        if (!o->traces[i])
            return value_string(&o->traces[i], arg, err);
    }
    return error_bad_input(err, "--trace: there are more than %d", (int)OPTIONS_MAX_TRACES);
}

void options_take_traces(struct run_options *o, struct run_options *from)
{
    for (unsigned i = 0; i < OPTIONS_MAX_TRACES; i++) {
        free(o->traces[i]);
        o->traces[i] = from->traces[i];
        from->traces[i] = NULL;
    }
}
