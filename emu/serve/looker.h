/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The machine's side of `irqlab serve`: a view_ui that answers what the hub is asked, and publishes
 * frames and events to it. While nobody listens it builds nothing; while the machine runs it spends
 * at most about a third of the time on what listeners see. All of it on the machine's thread.
 */
#ifndef IRQLAB_EMU_SERVE_LOOKER_H
#define IRQLAB_EMU_SERVE_LOOKER_H

#include "emu/serve/hub.h"
#include "emu/serve/writer.h"
#include "emu/view/view.h"

enum { LOOKER_FRAME_MS = 10 }; /* view_options.frame_ms: how often to be called is its own choice */

/* To be zeroed, but for `hub` and `writer`. */
struct looker {
    struct hub *hub;
    struct writer *writer;
    uint64_t n;        /* of the frame that was published last */
    uint64_t last_seq; /* of the events that were published */
    uint64_t next_ns;  /* of the host's clock: no frame before, while the machine runs */
    bool runs;         /* or did when it was looked at last */
    bool has_gaps;     /* some events were left out */
    size_t n_future;   /* what was published as known to come */
    uint64_t future[HUB_MAX_EVENTS];        /* ... their numbers */
    struct view_event room[HUB_MAX_EVENTS]; /* for events, to be written down */
};

/** looker_look - as view_ui.look, of a struct looker. */
void looker_look(void *opaque, struct view *v);

#endif
