/* SPDX-License-Identifier: MIT */
#ifndef TIMER_INTERNAL_H
#define TIMER_INTERNAL_H

#include "timer/timer.h"

#define CTL_ENABLE  (1u << 0)
#define CTL_IMASK   (1u << 1)
#define CTL_ISTATUS (1u << 2)

#define HCR_TGE   (1ull << 27)
#define HCR_E2H   (1ull << 34)
#define SCR_ST    (1ull << 11)
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
#define HCTL_WRITABLE     0x0ffull /* the rest is RES0 without the feature that it belongs to */
#define HCTL_WRITABLE_VHE 0xfffull
#define HCTL_WRITABLE_ECV (HCTL_ECV | HCTL_EL1TVT | HCTL_EL1TVCT | KCTL_EVNTIS)

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
    uint64_t cntvoff, cntpoff, cntkctl, cnthctl;
    uint64_t hcr_el2, scr_el3; /* as last told */
    uint64_t el2_enabled;
};

struct timers {
    struct timers_config config;
    struct timer_vcpu *vcpus;
    uint32_t *heap; /* (vcpu * TIMER_COUNT + timer), ordered by deadline */
    uint32_t heap_size;
    uint64_t system_offset; /* system counter = ticks(now) - system_offset */
    uint64_t virtual_offset, physical_offset;
    uint64_t cntfrq;
    uint64_t ticks_num, ticks_den; /* ticks = ns * num / den, in lowest terms */
};

/* What @timer's counter is behind the system counter by. */
uint64_t timer_offset(const struct timers *t, const struct timer_vcpu *v, enum timer_id timer);
/* The condition of D12.2.4 at the present time, whatever IMASK says. */
bool timer_condition(const struct timers *t, const struct timer_vcpu *v, enum timer_id timer);
/* Recomputes one timer's output and deadline after a change of anything that it depends on. */
void timer_evaluate(struct timers *t, unsigned vcpu, enum timer_id timer);
void timer_evaluate_vcpu(struct timers *t, unsigned vcpu);
void timer_evaluate_all(struct timers *t);

#endif
