/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/chooser.h"

#include <stddef.h>
#include <string.h>

#include "emu/random.h"
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

/* Of few options each is as likely as another. Of many, as a turn's length has, each order of
 * magnitude: what goes wrong between two instructions needs short turns. */
static uint32_t random_policy(void *opaque, enum choice choice, unsigned vcpu, uint32_t n_options)
{
    struct chooser *c = opaque;
    uint64_t drawn = random_next(&c->random_state);
    uint32_t span = n_options;

    (void)choice, (void)vcpu;
    if (n_options > 64) {
        unsigned bits = 31 - (unsigned)__builtin_clz(n_options);
        span = 2u << (drawn >> 32) % bits;
    }
    return (uint32_t)drawn % span;
}

void chooser_init(struct chooser *c, const struct choices *choices)
{
    *c = (struct chooser){.random_state = choices->seed};
    memcpy(c->fixed, choices->fixed, sizeof(c->fixed));
    if (choices->random) {
        c->policy = random_policy;
        c->opaque = c;
    }
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

int choices_parse(struct choices *choices, const char *text, struct error *err)
{
    if (strncmp(text, "random:", 7))
        return value_pairs(text, pair, choices->fixed, err);
    choices->random = true;
    return value_u64("--choose random", text + 7, 0, UINT64_MAX, &choices->seed, err);
}
