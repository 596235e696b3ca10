/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "emu/explore/sweep.h"

static void report_shrinking(struct explorer *x, const struct shrinking *s)
{
    char first[192], second[192];

    if (!s->runs)
        return;
    printf("shrunk from %zu deviations to %zu in %" PRIu64 " runs\n", s->from, s->to, s->runs);
    if (!s->decider.known)
        return;
    event_describe(explorer_machine(x), &s->decider.first, first, sizeof(first));
    event_describe(explorer_machine(x), &s->decider.second, second, sizeof(second));
    printf("it fails because vCPU %u (%s) comes before vCPU %u (%s)\n", s->decider.first.vcpu,
           first, s->decider.second.vcpu, second);
}

void sweep_report(struct explorer *x, const struct explore_options *o, const struct tally *t)
{
    char bound[160];

    printf("%s: %" PRIu64 " runs, %" PRIu64
           " failed, %.0f runs a second; %zu shared words, %" PRIu64
           " events on %u vCPUs in a plain run\n",
           o->strategy->name, t->runs, t->failures, (double)t->runs / t->seconds,
           explorer_shared_words(x), o->parameters.n_events, o->parameters.n_vcpus);
    if (t->failures) {
        printf("run %" PRIu64 " failed with exit code %d: %s\nschedule: %s\n", t->first_failure,
               t->first.exit_code, t->first.text, o->output);
        report_shrinking(x, &t->shrinking);
        return;
    }
    strategy_bound(o->strategy, &o->parameters, t->runs, bound, sizeof(bound));
    if (t->exhausted && o->strategy == &strategy_dpor)
        printf("exhausted: no order of events fails; %" PRIu64 " classes, %" PRIu64
               " runs that showed nothing new\n",
               t->classes, t->runs - t->classes);
    else if (t->exhausted && o->strategy == &strategy_exhaust)
        printf("exhausted: no schedule with at most %u preemptions fails\n", o->parameters.depth);
    else if (*bound)
        printf("%s\n", bound);
}
