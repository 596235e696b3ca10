/* SPDX-License-Identifier: MIT */
#ifndef TIMER_INTERNAL_H
#define TIMER_INTERNAL_H

#include "timer/frames.h"
#include "timer/timer.h"

#define CTL_ENABLE  (1u << 0)
#define CTL_IMASK   (1u << 1)
#define CTL_ISTATUS (1u << 2)

#define HCR_TGE   (1ull << 27)
#define HCR_E2H   (1ull << 34)
#define SCR_ST    (1ull << 11)
#define SCR_EEL2  (1ull << 18)
#define SCR_ECVEN (1ull << 28)

#define KCTL_EL0PCTEN (1u << 0)
#define KCTL_EL0VCTEN (1u << 1)
#define KCTL_EVNTEN   (1u << 2)
#define KCTL_EVNTDIR  (1u << 3)
#define KCTL_EL0VTEN  (1u << 8)
#define KCTL_EL0PTEN  (1u << 9)
#define KCTL_EVNTIS   (1u << 17)
#define KCTL_WRITABLE 0x3ffull

/* CNTHCTL_EL2: two bits move with E2H (D19.12.2). */
#define HCTL_EL1PCTEN     (1u << 0)  /* E2H = 0 */
#define HCTL_EL1PCEN      (1u << 1)  /* E2H = 0 */
#define HCTL_E2H_PCTEN    (1u << 10) /* E2H = 1 */
#define HCTL_E2H_PTEN     (1u << 11) /* E2H = 1 */
#define HCTL_ECV          (1u << 12)
#define HCTL_EL1TVT       (1u << 13)
#define HCTL_EL1TVCT      (1u << 14)
#define HCTL_EL1NVPCT     (1u << 15) /* with FEAT_NV2 they would trap; without it they are kept */
#define HCTL_EL1NVVCT     (1u << 16)
#define HCTL_CNTVMASK     (1u << 18) /* FEAT_RME */
#define HCTL_CNTPMASK     (1u << 19)
#define HCTL_WRITABLE     0x0ffull /* the rest is RES0 without the feature that it belongs to */
#define HCTL_WRITABLE_VHE 0xfffull
#define HCTL_WRITABLE_ECV                                                                          \
    (HCTL_ECV | HCTL_EL1TVT | HCTL_EL1TVCT | HCTL_EL1NVPCT | HCTL_EL1NVVCT | KCTL_EVNTIS)
#define HCTL_WRITABLE_RME (HCTL_CNTVMASK | HCTL_CNTPMASK)

typedef void timer_visit_fn(void *opaque, const char *name, void *data, size_t size_bytes);

struct one_timer {
    uint64_t cval;
    uint32_t ctl;         /* ENABLE and IMASK */
    uint32_t level;       /* what set_line was last told */
    uint64_t deadline_ns; /* UINT64_MAX: its output will not rise by itself */
    uint32_t heap_index;
    uint32_t unused;
};

struct timer_vcpu {
    struct one_timer timers[TIMER_COUNT];
    uint64_t offsets[TIMER_COUNT]; /* from outside, for this vCPU's timer alone */
    uint64_t cntfrq, cntvoff, cntpoff, cntkctl, cnthctl;
    uint64_t hcr_el2, scr_el3; /* as last told */
    bool el2_enabled, realm_or_root;
};

/* CNTBaseN (timer/frames.h): a physical and a virtual timer. */
struct timer_frame {
    struct one_timer timers[2];
    uint64_t cntvoff;
    uint32_t cntacr, cntel0acr;
};

struct timers {
    struct timers_config config;
    struct timer_vcpu *vcpus;
    /*
     * Ordered by deadline; a timer's number is vcpu * TIMER_COUNT + timer, and behind those of the
     * vCPUs two for each frame.
     */
    uint32_t *heap;
    uint32_t heap_size, first_of_frames;
    uint64_t system_offset; /* system counter = ticks(now) - system_offset */
    uint64_t virtual_offset, physical_offset;
    uint32_t offsets_fixed;    /* timers_set_offsets() was used */
    uint32_t counters_written; /* by timers_write_counter(), since then: bits by enum */
    uint32_t stopped;          /* CNTCR.EN is 0: the system counter stays at stopped_at */
    uint64_t stopped_at;
    uint64_t ticks_num, ticks_den; /* ticks = ns * num / den, in lowest terms */
    struct timer_frame frames[TIMERS_MAX_FRAMES];
    uint32_t ctl_cntfrq, cntnsar, cntcr; /* of CNTCTLBase and CNTControlBase */
};

/* What @timer's counter is behind the system counter by. */
uint64_t timer_offset(const struct timers *t, const struct timer_vcpu *v, enum timer_id timer);
/* What keeps CNTPOFF_EL2 from applying; NULL: it applies. */
const char *timer_cntpoff_idle(const struct timers *t, const struct timer_vcpu *v);
/* Whether HCR_EL2.{E2H,TGE} are both 1 and count. */
bool timer_host_mode(const struct timers *t, const struct timer_vcpu *v);
/* Whether a CNTxMASK of FEAT_RME holds @timer's interrupt back. */
bool timer_masked_by_el2(const struct timers *t, const struct timer_vcpu *v, enum timer_id timer);
/* Recomputes one timer's output and deadline after a change of anything that it depends on. */
void timer_evaluate(struct timers *t, unsigned vcpu, enum timer_id timer);
void timer_evaluate_frame(struct timers *t, unsigned frame, bool is_virtual);
void timer_evaluate_vcpu(struct timers *t, unsigned vcpu);
void timer_evaluate_all(struct timers *t);

/* A timer of a vCPU or of a frame: what its registers do. @offset: timer_offset() or a frame's. */
uint32_t timer_read_ctl(const struct timers *t, const struct one_timer *one, uint64_t offset);
uint32_t timer_read_tval(const struct timers *t, const struct one_timer *one, uint64_t offset);
void timer_write_tval(const struct timers *t, struct one_timer *one, uint64_t offset,
                      uint32_t value);

/* The bits of CNTKCTL_EL1, or of CNTHCTL_EL2, that are not RES0. */
uint64_t timer_control_bits(const struct timers *t, bool cnthctl);

/* The offset of a frame's timer. */
uint64_t frame_offset(const struct timers *t, const struct timer_frame *f, bool is_virtual);
void frames_reset(struct timers *t);
/* Any bytes may have come in. */
void frames_mend(struct timers *t);
void frames_visit(struct timers *t, timer_visit_fn *fn, void *opaque);
/* The system counter reads @ticks now, and all that is derived from it moves along. */
void timer_move_counter(struct timers *t, uint64_t ticks);
/* CNTCR.EN. */
void timer_stop_counter(struct timers *t, bool stop);

#endif
