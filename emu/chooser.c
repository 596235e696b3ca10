/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/chooser.h"

#include <stddef.h>

uint32_t choose(struct chooser *c, enum choice choice, unsigned vcpu, uint32_t n_options)
{
    c->asked[choice]++;
    if (!c->policy || n_options < 2)
        return 0;
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
