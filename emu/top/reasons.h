/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What `irqlab top` asks the machine about one interrupt: the gate that it stands at, with who
 * closed it; and all of them as text. Asking changes nothing. */
#ifndef IRQLAB_EMU_TOP_REASONS_H
#define IRQLAB_EMU_TOP_REASONS_H

#include "emu/top/top.h"
#include "emu/why.h"

struct reasons {
    struct why_again again;
    char *text; /* about `subject`, at frame `frame` */
    struct top_subject subject;
    uint64_t frame;
};

/**
 * reasons_gate - of a blocked one the closed gate; of an active one what its end still lacks; else,
 * and when there is none, NULL. Valid until the next call. @irq: may be NULL.
 */
const struct why_gate *reasons_gate(struct reasons *r, struct view *v, const struct view_irq *irq);

/**
 * reasons_text - what `irqlab why` says or, while it is active, `irqlab why-not-again`; asked once
 * for each frame. NULL: out of memory. Valid until the next call.
 */
const char *reasons_text(struct reasons *r, struct view *v, const struct top_subject *subject,
                         uint64_t frame);
void reasons_clear(struct reasons *r);

#endif
