/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Inside a session: session.c builds and runs it, session_resume.c goes on from a snapshot,
 * session_look.c is for those who drive the machine themselves. */
#ifndef IRQLAB_EMU_SESSION_INTERNAL_H
#define IRQLAB_EMU_SESSION_INTERNAL_H

#include "emu/load/load.h"
#include "emu/load/symbols.h"
#include "emu/session.h"
#include "emu/snapshot.h"

struct session {
    const struct run_options *options;
    struct machine *machine;
    struct chardev *console;
    struct load_plan *plan;
    struct journal_reader *replay;
    const struct session_look *look; /* instead of consoles, a summary and a comparison */
    bool quiet;
    struct snapshot_recipe recipe;
    struct snapshot_file *from; /* what it goes on from */
    struct vmm_setup *setup;    /* NULL: the machine has its own */
    struct control *clients;    /* of --configure, until the machine has them */
    struct symbols names;       /* where no image has some */
};

/**
 * session_build - the machine with its images and devices, and at the snapshot of --from. Then
 * session_start(), and it can go.
 */
int session_build(struct session *s, struct error *err);
void session_start(struct session *s);
/** session_go - starts, and runs to the end: live, or by the recording of @s->replay. */
void session_go(struct session *s);
/** session_clear - all that the session has; not @s itself. */
void session_clear(struct session *s);

/** session_load - the images into RAM. session_plan - only reads them, and their symbols. */
int session_load(struct session *s, struct error *err);
int session_plan(struct session *s, struct error *err);
/** session_compare_end - a replay's end with the recorded one. */
int session_compare_end(struct session *s, const struct journal_end *now, struct error *err);

/** session_make_recipe - what a snapshot of the machine is made of. */
void session_make_recipe(struct session *s);
/** session_resume - the machine, with its devices, becomes what the snapshot says. */
int session_resume(struct session *s, struct error *err);

#endif
