/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Writes down what is to be published, on a thread of its own: for a thousand interrupts that takes
 * as long as all that the machine's thread has to do for it. One piece of news at a time.
 *
 * Threads: all of this is for the machine's. Ownership of what is handed over goes with it.
 */
#ifndef IRQLAB_EMU_SERVE_WRITER_H
#define IRQLAB_EMU_SERVE_WRITER_H

#include <jansson.h>

#include "emu/serve/hub.h"

struct writer;

/* As struct hub_news; NULL: out of memory, and not published. */
struct writer_news {
    json_t *frame;
    json_t *events; /* each with its "seq" */
    json_t *future; /* NULL: as before */
    uint64_t last_seq;
    bool anew;
};

/** writer_open - @hub must outlive it. */
int writer_open(struct hub *hub, struct writer **out, struct error *err);
/** writer_close - what is being written still is. NULL is allowed. */
void writer_close(struct writer *w);

/** writer_is_free - if not, hub_fd() can be read when it is. writer_write - it must be free. */
bool writer_is_free(struct writer *w);
void writer_write(struct writer *w, const struct writer_news *news);

#endif
