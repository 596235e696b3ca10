/* SPDX-License-Identifier: MIT */
/* The counter, the comparators, and a heap of deadlines. */
#include "timer/internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_S 1000000000ull

__extension__ typedef unsigned __int128 u128;

/* -- Conversions ------------------------------------------------------------------------------- */

uint64_t timers_ns_to_ticks(const struct timers *t, uint64_t ns)
{
    /* The ratio is kept in lowest terms: 62.5 MHz is one division by 16. */
    if (t->ticks_num == 1)
        return ns / t->ticks_den;
    return (uint64_t)((u128)ns * t->ticks_num / t->ticks_den);
}

uint64_t timers_ticks_to_ns(const struct timers *t, uint64_t ticks)
{
    u128 ns = ((u128)ticks * t->ticks_den + t->ticks_num - 1) / t->ticks_num;

    return ns > UINT64_MAX ? UINT64_MAX : (uint64_t)ns;
}

uint64_t timers_system_counter(const struct timers *t)
{
    return timers_ns_to_ticks(t, t->config.now_ns(t->config.opaque)) - t->system_offset;
}

/* -- Offsets (D12.2.1 and the register descriptions of CNTVOFF_EL2, CNTPOFF_EL2) ----------------
 */

static bool host_mode(const struct timers *t, const struct timer_vcpu *v)
{
    return t->config.has_vhe && v->el2_enabled &&
           (v->hcr_el2 & (HCR_E2H | HCR_TGE)) == (HCR_E2H | HCR_TGE);
}

/*
 * CNTPOFF_EL2 applies to the EL1 physical timer when
 *  - FEAT_ECV is implemented and CNTHCTL_EL2.ECV is 1,
 *  - SCR_EL3.ECVEn is 1, or there is no EL3,
 *  - EL2 is enabled, and HCR_EL2.{E2H,TGE} are not both 1.
 */
static bool cntpoff_applies(const struct timers *t, const struct timer_vcpu *v)
{
    return t->config.has_ecv && (v->cnthctl & HCTL_ECV) && v->el2_enabled && !host_mode(t, v) &&
           (!t->config.has_el3 || (v->scr_el3 & SCR_ECVEN));
}

uint64_t timer_offset(const struct timers *t, const struct timer_vcpu *v, enum timer_id timer)
{
    if (timer == TIMER_EL1_VIRT)
        return t->virtual_offset + (t->config.has_el2 ? v->cntvoff : 0);
    if (timer == TIMER_EL1_PHYS)
        return t->physical_offset + (cntpoff_applies(t, v) ? v->cntpoff : 0);
    return t->physical_offset;
}

bool timer_condition(const struct timers *t, const struct timer_vcpu *v, enum timer_id timer)
{
    const struct one_timer *one = &v->timers[timer];

    return timers_system_counter(t) - timer_offset(t, v, timer) >= one->cval;
}

/* -- The heap of deadlines --------------------------------------------------------------------- */

static struct one_timer *timer_of(const struct timers *t, uint32_t id)
{
    return &t->vcpus[id / TIMER_COUNT].timers[id % TIMER_COUNT];
}

static bool earlier(const struct timers *t, uint32_t a, uint32_t b)
{
    uint64_t x = timer_of(t, a)->deadline_ns, y = timer_of(t, b)->deadline_ns;

    return x != y ? x < y : a < b;
}

static void heap_set(struct timers *t, uint32_t index, uint32_t id)
{
    t->heap[index] = id;
    timer_of(t, id)->heap_index = index;
}

static void heap_move(struct timers *t, uint32_t index)
{
    uint32_t id = t->heap[index];

    while (index > 0 && earlier(t, id, t->heap[(index - 1) / 2])) {
        heap_set(t, index, t->heap[(index - 1) / 2]);
        index = (index - 1) / 2;
    }
    for (uint32_t child; (child = 2 * index + 1) < t->heap_size; index = child) {
        if (child + 1 < t->heap_size && earlier(t, t->heap[child + 1], t->heap[child]))
            child++;
        if (!earlier(t, t->heap[child], id))
            break;
        heap_set(t, index, t->heap[child]);
    }
    heap_set(t, index, id);
}

uint64_t timers_next_deadline_ns(const struct timers *t)
{
    return timer_of(t, t->heap[0])->deadline_ns;
}

static void set_deadline(struct timers *t, uint32_t id, uint64_t deadline_ns)
{
    uint64_t before = timers_next_deadline_ns(t);
    struct one_timer *one = timer_of(t, id);

    if (one->deadline_ns == deadline_ns)
        return;
    one->deadline_ns = deadline_ns;
    heap_move(t, one->heap_index);
    if (timers_next_deadline_ns(t) < before)
        t->config.deadline_changed(t->config.opaque);
}

/* -- Evaluation -------------------------------------------------------------------------------- */

/*
 * When the output changes by itself: the condition becomes true at CVAL, and false again when the
 * counter wraps to 0 (the comparison is unsigned). A masked or disabled timer's output stays down.
 */
static uint64_t next_change_ns(const struct timers *t, const struct timer_vcpu *v,
                               enum timer_id timer, bool condition)
{
    const struct one_timer *one = &v->timers[timer];
    uint64_t system = timers_system_counter(t), count = system - timer_offset(t, v, timer);
    uint64_t left = condition ? 0 - count : one->cval - count;
    uint64_t ticks = system + t->system_offset;

    if ((one->ctl & (CTL_ENABLE | CTL_IMASK)) != CTL_ENABLE)
        return UINT64_MAX;
    if (condition && count == 0)
        return UINT64_MAX; /* a whole turn of 2^64 away */
    return ticks > UINT64_MAX - left ? UINT64_MAX : timers_ticks_to_ns(t, ticks + left);
}

void timer_evaluate(struct timers *t, unsigned vcpu, enum timer_id timer)
{
    struct timer_vcpu *v = &t->vcpus[vcpu];
    struct one_timer *one = &v->timers[timer];
    bool condition = timer_condition(t, v, timer);
    bool level = condition && (one->ctl & (CTL_ENABLE | CTL_IMASK)) == CTL_ENABLE;

    set_deadline(t, vcpu * TIMER_COUNT + timer, next_change_ns(t, v, timer, condition));
    if (level != one->level) {
        one->level = level;
        t->config.set_line(t->config.opaque, vcpu, timer, level);
    }
}

void timer_evaluate_vcpu(struct timers *t, unsigned vcpu)
{
    for (unsigned timer = 0; timer < TIMER_COUNT; timer++)
        timer_evaluate(t, vcpu, (enum timer_id)timer);
}

void timer_evaluate_all(struct timers *t)
{
    for (unsigned i = 0; i < t->config.n_vcpus; i++)
        timer_evaluate_vcpu(t, i);
}

void timers_advance(struct timers *t, uint64_t now_ns)
{
    uint64_t clock_ns = t->config.now_ns(t->config.opaque);

    /* Evaluation goes by the clock: a deadline that it has not reached would stay due for ever. */
    if (now_ns > clock_ns)
        now_ns = clock_ns;
    while (timers_next_deadline_ns(t) <= now_ns && timers_next_deadline_ns(t) != UINT64_MAX)
        timer_evaluate(t, t->heap[0] / TIMER_COUNT, (enum timer_id)(t->heap[0] % TIMER_COUNT));
}

/* -- Changes from outside ---------------------------------------------------------------------- */

void timers_set_system_counter(struct timers *t, uint64_t ticks)
{
    t->system_offset = timers_ns_to_ticks(t, t->config.now_ns(t->config.opaque)) - ticks;
    timer_evaluate_all(t);
}

void timers_set_offsets(struct timers *t, uint64_t virtual_ticks, uint64_t physical_ticks)
{
    t->virtual_offset = virtual_ticks;
    t->physical_offset = physical_ticks;
    timer_evaluate_all(t);
}

void timers_pe_changed(struct timers *t, unsigned vcpu, const struct timer_pe_state *pe)
{
    struct timer_vcpu *v = &t->vcpus[vcpu];
    uint64_t before = timer_offset(t, v, TIMER_EL1_PHYS);

    v->hcr_el2 = pe->hcr_el2;
    v->scr_el3 = pe->scr_el3;
    v->el2_enabled = pe->el2_enabled;
    if (timer_offset(t, v, TIMER_EL1_PHYS) != before)
        timer_evaluate(t, vcpu, TIMER_EL1_PHYS);
}

/* -- The event stream (D12.2.6) -----------------------------------------------------------------
 */

uint64_t timers_next_event_ns(const struct timers *t, unsigned vcpu)
{
    const struct timer_vcpu *v = &t->vcpus[vcpu];
    uint64_t best = UINT64_MAX, system = timers_system_counter(t);
    /* CNTKCTL_EL1 has no effect while HCR_EL2.{E2H,TGE} are both 1 (its description, D19.12). */
    const uint64_t controls[] = {host_mode(t, v) ? 0 : v->cntkctl,
                                 t->config.has_el2 ? v->cnthctl : 0};
    const uint64_t offsets[] = {timer_offset(t, v, TIMER_EL1_VIRT), t->physical_offset};

    for (unsigned i = 0; i < 2; i++) {
        unsigned bit = (controls[i] >> 4) & 0xf;
        uint64_t count = system - offsets[i], period, phase, left;

        if (!(controls[i] & KCTL_EVNTEN))
            continue;
        if (controls[i] & KCTL_EVNTIS) /* FEAT_ECV: bits 8 to 23 instead of 0 to 15 */
            bit += 8;
        /* The bit goes 0 -> 1 (EVNTDIR 0) in the middle of its period, 1 -> 0 (EVNTDIR 1) at its
         * end. */
        period = 2ull << bit;
        phase = controls[i] & KCTL_EVNTDIR ? 0 : period / 2;
        left = (phase - count - 1) % period + 1;
        left = timers_ticks_to_ns(t, system + t->system_offset + left);
        best = left < best ? left : best;
    }
    return best;
}

/* -- Life -------------------------------------------------------------------------------------- */

static uint64_t gcd(uint64_t a, uint64_t b)
{
    while (b) {
        uint64_t rest = a % b;

        a = b;
        b = rest;
    }
    return a;
}

static void clear_vcpu(struct timer_vcpu *v)
{
    for (unsigned i = 0; i < TIMER_COUNT; i++) {
        v->timers[i].cval = 0;
        v->timers[i].ctl = 0;
    }
    v->cntvoff = v->cntpoff = v->cntkctl = 0;
    /* EL1 may use the physical counter and timer without EL2's leave: reset value of EL1PC(T)EN. */
    v->cnthctl = HCTL_EL1PCTEN | HCTL_EL1PCEN;
}

int timers_create(const struct timers_config *config, struct timers **out, const char **why)
{
    struct timers *t;
    uint32_t n;

    if (config->n_vcpus < 1 || config->n_vcpus > 512 || config->frequency_hz < 1000000 ||
        config->frequency_hz > NS_PER_S) {
        *why = "1 to 512 vCPUs and 1 MHz to 1 GHz are possible";
        return -EINVAL;
    }
    n = config->n_vcpus * TIMER_COUNT;
    t = calloc(1, sizeof(*t));
    if (t) {
        t->config = *config;
        t->vcpus = calloc(config->n_vcpus, sizeof(*t->vcpus));
        t->heap = calloc(n, sizeof(*t->heap));
    }
    if (!t || !t->vcpus || !t->heap) {
        timers_destroy(t);
        *why = "out of memory";
        return -ENOMEM;
    }
    t->heap_size = n;
    t->ticks_num = config->frequency_hz / gcd(config->frequency_hz, NS_PER_S);
    t->ticks_den = NS_PER_S / gcd(config->frequency_hz, NS_PER_S);
    t->cntfrq = config->frequency_hz;
    for (uint32_t i = 0; i < n; i++) {
        heap_set(t, i, i);
        timer_of(t, i)->deadline_ns = UINT64_MAX;
    }
    for (unsigned i = 0; i < config->n_vcpus; i++)
        clear_vcpu(&t->vcpus[i]);
    *out = t;
    return 0;
}

void timers_destroy(struct timers *t)
{
    if (!t)
        return;
    free(t->heap);
    free(t->vcpus);
    free(t);
}

void timers_reset_vcpu(struct timers *t, unsigned vcpu)
{
    clear_vcpu(&t->vcpus[vcpu]);
    timer_evaluate_vcpu(t, vcpu);
}

void timers_reset(struct timers *t)
{
    t->cntfrq = t->config.frequency_hz;
    for (unsigned i = 0; i < t->config.n_vcpus; i++)
        timers_reset_vcpu(t, i);
}

void timers_visit(struct timers *t,
                  void (*fn)(void *opaque, const char *name, void *data, size_t size_bytes),
                  void *opaque)
{
    fn(opaque, "cntfrq", &t->cntfrq, sizeof(t->cntfrq));
    fn(opaque, "system_offset", &t->system_offset, sizeof(t->system_offset));
    fn(opaque, "virtual_offset", &t->virtual_offset, sizeof(t->virtual_offset));
    fn(opaque, "physical_offset", &t->physical_offset, sizeof(t->physical_offset));
    for (unsigned i = 0; i < t->config.n_vcpus; i++) {
        struct timer_vcpu *v = &t->vcpus[i];

        for (unsigned k = 0; k < TIMER_COUNT; k++) {
            fn(opaque, "cval", &v->timers[k].cval, sizeof(v->timers[k].cval));
            fn(opaque, "ctl", &v->timers[k].ctl, sizeof(v->timers[k].ctl));
            fn(opaque, "level", &v->timers[k].level, sizeof(v->timers[k].level));
        }
        fn(opaque, "cntvoff", &v->cntvoff, sizeof(v->cntvoff));
        fn(opaque, "cntpoff", &v->cntpoff, sizeof(v->cntpoff));
        fn(opaque, "cntkctl", &v->cntkctl, sizeof(v->cntkctl));
        fn(opaque, "cnthctl", &v->cnthctl, sizeof(v->cnthctl));
    }
}

void timers_after_restore(struct timers *t)
{
    timer_evaluate_all(t);
}
