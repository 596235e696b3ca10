/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The machine has gone back: what it did later has not happened. */
#include <stdlib.h>
#include <string.h>

#include "emu/history_internal.h"

static void forget_writers(struct writer *w, size_t n, uint64_t after)
{
    for (size_t i = 0; i < n; i++) {
        if (w[i].known && w[i].instructions > after)
            w[i] = (struct writer){0};
    }
}

static void forget_delivery(struct delivery *d, uint64_t after)
{
    const struct writer *const parts[] = {&d->acknowledged, &d->dropped, &d->deactivated,
                                          &d->first_pended};

    for (unsigned i = 0; i < 4; i++) {
        if (parts[i]->known && parts[i]->instructions > after) {
            *d = (struct delivery){0};
            return;
        }
    }
}

static void forget_irqs(struct irq_history *irqs, size_t n, uint64_t after)
{
    for (size_t i = 0; irqs && i < n; i++) {
        forget_writers(irqs[i].aspects, N_ASPECTS, after);
        forget_delivery(&irqs[i].delivery, after);
    }
}

static void forget_vcpu(struct history *h, struct vcpu_history *v, uint64_t after)
{
    struct writer *const singles[] = {&v->running, &v->spurious, &v->exception, &v->hcr, &v->scr};

    forget_irqs(v->irqs, HISTORY_PRIVATE, after);
    for (size_t i = 0; v->virtuals && i < HISTORY_VIRTUAL; i++)
        forget_delivery(&v->virtuals[i], after);
    forget_writers(v->low, HISTORY_LOW_WORDS, after);
    forget_writers(v->timers[0], (size_t)TIMER_COUNT * 2, after);
    for (unsigned i = 0; i < sizeof(singles) / sizeof(singles[0]); i++)
        forget_writers(singles[i], 1, after);
    forget_writers(v->sysregs, (size_t)h->n_sysregs * N_BANKS, after);
}

void history_forget(struct machine *m, uint64_t instructions)
{
    struct history *h = m->history;

    if (!h)
        return;
    for (unsigned i = 0; i < m->config.n_vcpus; i++)
        forget_vcpu(h, &h->vcpus[i], instructions);
    for (unsigned i = 0; i < HISTORY_SHARED_CHUNKS; i++)
        forget_irqs(h->shared[i], HISTORY_CHUNK, instructions);
    forget_writers(h->dist, HISTORY_LOW_WORDS, instructions);
    forget_writers(h->its, HISTORY_LOW_WORDS, instructions);
    forget_writers(&h->dist_ctlr_ns, 1, instructions);
    forget_writers(h->sgis, 16, instructions);
}
