/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The board's memory-mapped timers: -machine memory-mapped-timer=on. */
#include "emu/machine.h"

static int frame_read(void *opaque, unsigned vcpu, bool secure, uint64_t offset,
                      unsigned size_bytes, uint64_t *value)
{
    struct timer_window *w = opaque;

    w->machine->statistics.mmio_reads++;
    sched_note_counter_read(w->machine, vcpu); /* reading here in a loop is a way to wait */
    return timers_frame_read(w->machine->timers, w->kind, w->n, secure, offset, size_bytes, value);
}

static int frame_write(void *opaque, unsigned vcpu, bool secure, uint64_t offset,
                       unsigned size_bytes, uint64_t value)
{
    struct timer_window *w = opaque;
    int rc;

    (void)vcpu;
    w->machine->statistics.mmio_writes++;
    rc = timers_frame_write(w->machine->timers, w->kind, w->n, secure, offset, size_bytes, value);
    if (w->kind == TIMERS_CNTCONTROLBASE) /* the counter was set, stopped or started */
        waits_time_changed(w->machine);
    return rc;
}

void timer_frames_line(void *opaque, unsigned frame, bool is_virtual, bool level)
{
    struct machine *m = opaque;

    gic_set_spi(m->gic, BOARD_TIMER_INTID + 2 * frame + is_virtual, level);
}

/* Every frame has its place, whether a view is there or not (board.h). */
int timer_frames_create(struct machine *m, struct error *err)
{
    static const enum timers_frame_kind kinds[] = {TIMERS_CNTCTLBASE, TIMERS_CNTCONTROLBASE,
                                                   TIMERS_CNTREADBASE};
    unsigned n = m->config.mmio_timers ? 3 + 2 * BOARD_TIMER_FRAMES : 0;
    int rc = 0;

    for (unsigned i = 0; i < n && !rc; i++) {
        struct timer_window *w = &m->timer_windows[i];

        *w = (struct timer_window){
            .machine = m,
            .mmio = {.opaque = w, .read = frame_read, .write = frame_write},
            .kind = i < 3         ? kinds[i]
                    : (i - 3) % 2 ? TIMERS_CNTEL0BASE
                                  : TIMERS_CNTBASE,
            .n = i < 3 ? 0 : (i - 3) / 2,
        };
        rc = engine_map_mmio(m->engine, BOARD_TIMER_BASE + i * BOARD_TIMER_STRIDE,
                             TIMERS_FRAME_BYTES, &w->mmio);
    }
    return rc ? error_set(err, IRQLAB_EXIT_INTERNAL, rc, "the timers' frames cannot be mapped") : 0;
}
