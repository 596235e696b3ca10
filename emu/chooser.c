/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/chooser.h"

#include <stddef.h>
#include <string.h>

#include "emu/values.h"

uint32_t choose(struct chooser *c, enum choice choice, unsigned vcpu, uint32_t n_options)
{
    c->asked[choice]++;
    if (n_options < 2)
        return 0;
    if (!c->policy)
        return c->fixed[choice] % n_options;
    return c->policy(c->opaque, choice, vcpu, n_options) % n_options;
}

const char *choice_name(enum choice choice)
{
    static const char *const names[] = {
#define X(id, name, help) name,
        CHOICES(X)
#undef X
    };

    return choice < N_CHOICES ? names[choice] : NULL;
}

const char *choices_help(void)
{
    return ""
#define X(id, name, help) "  " name ": " help "\n"
        CHOICES(X)
#undef X
            ;
}

static int pair(void *to, const char *key, const char *value, struct error *err)
{
    uint32_t *fixed = to;
    uint64_t n;

    for (unsigned i = 0; i < N_CHOICES; i++) {
        if (strcmp(key, choice_name(i)))
            continue;
        int rc = value_u64("--choose", value, 0, UINT32_MAX, &n, err);
        fixed[i] = (uint32_t)n;
        return rc;
    }
    return error_bad_input(err, "--choose: '%s' is not a choice; irqlab run --help lists them",
                           key);
}

int choices_parse(uint32_t fixed[N_CHOICES], const char *text, struct error *err)
{
    return value_pairs(text, pair, fixed, err);
}
