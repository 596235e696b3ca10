/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One run of a guest from options to summary; `run` and `replay` are both one of these. */
#ifndef IRQLAB_EMU_SESSION_H
#define IRQLAB_EMU_SESSION_H

#include "emu/journal.h"
#include "emu/machine.h"
#include "emu/options.h"

/**
 * session_run - builds the machine, runs it, prints what the options ask for.
 * @argv: the options, for a recording
 * @replay: take outside input from there, and compare the end; NULL: live
 * Returns the exit code; on failure *err has the text (exit code in it).
 */
int session_run(const struct run_options *o, int argc, char **argv, struct journal_reader *replay,
                struct error *err);

struct session;

/**
 * session_begin - session_run() up to the first instruction: for who then drives the machine as
 * session_run() would, recordings and control sockets and all. session_end - what comes behind the
 * run: the exit code, of a replay's comparison too. Frees @s. Before the run's end only
 * session_close() will do.
 */
int session_begin(const struct run_options *o, int argc, char **argv, struct journal_reader *replay,
                  struct session **out, struct error *err);
int session_end(struct session *s, struct error *err);

/**
 * session_open - likewise, but runs nothing: for whoever drives the machine himself (explorer,
 * debugger, tests). The images are loaded, the devices are there, the power is on (or it is at the
 * snapshot of --from); the next step is machine_go(). Guests' consoles write nowhere when @quiet.
 * @o must outlive the session.
 */
int session_open(const struct run_options *o, bool quiet, struct session **out, struct error *err);
struct machine *session_machine(const struct session *s);
/** session_races - starts to look for races, if the options say so; see races_options.explored. */
int session_races(struct session *s, bool explored, struct error *err);
/** session_close - and the machine is gone. NULL is allowed. */
void session_close(struct session *s);

/*
 * A look at a recording: it is replayed silently up to a point, and no further.
 */
struct session_look {
    uint64_t max_instructions, max_ns; /* the point, 0: the recording's end */
    /* Or the first moment when a vCPU is about to enter this function, of the images' symbols; if
     * none ever does, the end. NULL: none. */
    const char *before;
    void *opaque;
    /* Before the first instruction; and at the point. 0, or a negative errno and @err. */
    int (*start)(void *opaque, struct machine *m, struct error *err);
    int (*look)(void *opaque, struct machine *m, struct error *err);
};

/**
 * session_look_at - opens the recording at @path, replays it to the point and calls @l->look there.
 * Complains about a point behind the end, and when the replay diverged. 0 or a negative errno.
 */
int session_look_at(const char *path, const struct session_look *l, struct error *err);

#endif
