/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a person hears of a sweep: while it runs, and at its end. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "emu/explore/sweep_internal.h"

enum { SILENT_S = 2, A_SECOND = 4 };

double sweep_seconds(const struct sweep *s)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - s->start.tv_sec) + (double)(now.tv_nsec - s->start.tv_nsec) / 1e9;
}

/* -- Progress ---------------------------------------------------------------------------------- */

void sweep_progress(struct sweep *s)
{
    const struct tally *t = s->t;
    double seconds = sweep_seconds(s);
    char bound[160] = "";

    if (seconds < SILENT_S || seconds < s->show_at || !isatty(STDERR_FILENO))
        return;
    s->show_at = seconds + 1.0 / A_SECOND;
    if (s->o->strategy->subtrees)
        snprintf(bound, sizeof(bound), "; subtree %" PRIu64 " of %" PRIu64, s->next,
                 s->batches.count);
    else
        strategy_bound_so_far(s->o->strategy, &s->o->parameters, t->runs, bound, sizeof(bound));
    fprintf(stderr, "\r\033[K%" PRIu64 " runs, %" PRIu64 " failed, %.0f a second%s", t->runs,
            t->failures, (double)t->made / seconds, bound);
    s->shown = true;
}

void sweep_progress_end(struct sweep *s)
{
    if (s->shown)
        fputs("\r\033[K", stderr);
    s->shown = false;
}

/* -- The end ----------------------------------------------------------------------------------- */

static void report_failure(FILE *out, const struct explore_options *o, const struct tally *t)
{
    if (t->in_subtree)
        fprintf(out, "run %" PRIu64 " of subtree %" PRIu64, t->first_run, t->first_batch);
    else
        fprintf(out, "run %" PRIu64, t->first_run);
    fprintf(out, " failed with exit code %d: %s\nschedule: %s\n", t->first.exit_code, t->first.text,
            explore_options_output(o));
    if (!o->no_shrink)
        fprintf(out, "shrunk from %zu deviations to %zu\n", t->found, t->shrunk);
    if (t->decider[0])
        fprintf(out, "it fails because %s\n", t->decider);
}

void sweep_report(struct explorer *x, const struct explore_options *o, const struct tally *t)
{
    FILE *out = o->json && !strcmp(o->json, "-") ? stderr : stdout;
    char bound[160];

    fprintf(
        out,
        "%s: %" PRIu64 " runs, %" PRIu64 " failed, %.0f runs a second; %zu shared words, %" PRIu64
        " events on %u vCPUs in a plain run\n",
        o->strategy->name, t->runs, t->failures, t->seconds > 0 ? (double)t->made / t->seconds : 0,
        explorer_shared_words(x), o->parameters.n_events, o->parameters.n_vcpus);
    observed_print(t->outcomes, out);
    if (t->failures) {
        report_failure(out, o, t);
        return;
    }
    strategy_bound(o->strategy, &o->parameters, t->runs, bound, sizeof(bound));
    if (o->n_shards > 1)
        fprintf(out, "shard %" PRIu64 " of %" PRIu64 "; join all by irqlab merge\n", o->shard,
                o->n_shards);
    else if (t->exhausted && o->strategy == &strategy_dpor)
        fprintf(out,
                "exhausted: no order of events fails; %" PRIu64 " classes, %" PRIu64
                " runs that showed nothing new\n",
                t->classes, t->runs - t->classes);
    else if (t->exhausted && o->strategy == &strategy_exhaust)
        fprintf(out, "exhausted: no schedule with at most %u preemptions fails\n",
                o->parameters.depth);
    else if (*bound)
        fprintf(out, "%s\n", bound);
}
