/* SPDX-License-Identifier: MIT */
/*
 * The generic timer's memory-mapped frames (DDI 0487 I2, "System Level Implementation of the
 * Generic Timer"): the system counter's control frame and its read-only view, the timers' control
 * frame, and up to eight timer frames, each with an optional second view for EL0.
 *
 * A frame's timers compare the machine's physical counter, the virtual one less the frame's own
 * CNTVOFF<n>; no register of a PE has to do with them. Outputs go to config.set_frame_line().
 *
 * Accesses: 4 bytes, and 8 at a 64-bit register; 1 and 2 are refused. What is not listed, and what
 * CNTACR<n>, CNTEL0ACR, CNTNSAR or the security state keep away, is RAZ/WI. CounterID<n> are
 * IMPLEMENTATION DEFINED: here 0. With one security state (has_el3 false) all accesses count as
 * Secure.
 *
 * Choices: after reset CNTCR.EN is 1, as firmware leaves it. The table of frequencies has one
 * entry, the frequency; CNTSR acknowledges no other. CNTCV can be written while the counter runs
 * (UNKNOWN by the architecture): it goes on from there.
 *
 * Threads as timer/timer.h.
 */
#ifndef TIMER_FRAMES_H
#define TIMER_FRAMES_H

#include "timer/timer.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { TIMERS_FRAME_BYTES = 4096 };

enum timers_frame_kind {
    TIMERS_CNTCONTROLBASE, /* Secure only */
    TIMERS_CNTREADBASE,
    TIMERS_CNTCTLBASE,
    TIMERS_CNTBASE,
    TIMERS_CNTEL0BASE,
};

/**
 * timers_frame_read, timers_frame_write - one access at @offset (below TIMERS_FRAME_BYTES) of a
 * frame. @n: which CNTBaseN or CNTEL0BaseN; other kinds: ignored. 0, or -EFAULT: no such frame, or
 * the size or alignment is not possible.
 */
int timers_frame_read(struct timers *t, enum timers_frame_kind kind, unsigned n, bool secure,
                      uint64_t offset, unsigned size_bytes, uint64_t *value);
int timers_frame_write(struct timers *t, enum timers_frame_kind kind, unsigned n, bool secure,
                       uint64_t offset, unsigned size_bytes, uint64_t value);

/** timers_get_frame - one timer of a frame, without effects; absent ones have `present` false. */
void timers_get_frame(const struct timers *t, unsigned n, bool is_virtual,
                      struct timers_tree_timer *out);

/* Where registers are, for whoever lists or tests them. */
struct timers_frame_reg {
    const char *name;
    enum timers_frame_kind kind;
    uint16_t offset, stride; /* stride > 0: one for each of 8 frames */
    uint8_t bytes;           /* 4 or 8 */
    bool writable;
    uint8_t what; /* the library's own */
};

/** timers_frame_regs - the one table; every other offset is RAZ/WI. */
const struct timers_frame_reg *timers_frame_regs(size_t *count);

#ifdef __cplusplus
}
#endif

#endif
