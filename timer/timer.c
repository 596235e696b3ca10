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
    if (t->stopped)
        return t->stopped_at;
    return timers_ns_to_ticks(t, t->config.now_ns(t->config.opaque)) - t->system_offset;
}

/* -- Offsets (D12.2.1 and the register descriptions of CNTVOFF_EL2, CNTPOFF_EL2) ----------------
 */

bool timer_host_mode(const struct timers *t, const struct timer_vcpu *v)
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
const char *timer_cntpoff_idle(const struct timers *t, const struct timer_vcpu *v)
{
    if (!t->config.has_el2 || !t->config.has_ecv)
        return "there is no FEAT_ECV";
    if (!(v->cnthctl & HCTL_ECV))
        return "CNTHCTL_EL2.ECV is 0";
    if (t->config.has_el3 && !(v->scr_el3 & SCR_ECVEN))
        return "SCR_EL3.ECVEn is 0";
    if (!v->el2_enabled)
        return "EL2 is not enabled in this security state";
    return timer_host_mode(t, v) ? "HCR_EL2.{E2H,TGE} are 1" : NULL;
}

uint64_t timer_offset(const struct timers *t, const struct timer_vcpu *v, enum timer_id timer)
{
    uint64_t own = v->offsets[timer];

    if (timer == TIMER_EL1_VIRT)
        return own + t->virtual_offset + (t->config.has_el2 ? v->cntvoff : 0);
    if (timer == TIMER_EL1_PHYS && v->cntpoff && !timer_cntpoff_idle(t, v))
        own += v->cntpoff;
    return own + t->physical_offset;
}

/* FEAT_RME, CNTHCTL_EL2.CNT{V,P}MASK: IMASK counts as 1 in Realm and Root state. */
bool timer_masked_by_el2(const struct timers *t, const struct timer_vcpu *v, enum timer_id timer)
{
    uint64_t bit = timer == TIMER_EL1_VIRT   ? HCTL_CNTVMASK
                   : timer == TIMER_EL1_PHYS ? HCTL_CNTPMASK
                                             : 0;

    return t->config.has_rme && v->realm_or_root && (v->cnthctl & bit);
}

/* -- The heap of deadlines --------------------------------------------------------------------- */

static struct timer_frame *frame_of(const struct timers *t, uint32_t id)
{
    return (struct timer_frame *)&t->frames[(id - t->first_of_frames) / 2];
}

static struct one_timer *timer_of(const struct timers *t, uint32_t id)
{
    if (id >= t->first_of_frames)
        return &frame_of(t, id)->timers[(id - t->first_of_frames) % 2];
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

/* The condition of D12.2.4 at the present time, whatever IMASK says: the comparison is unsigned. */
static bool has_reached(const struct timers *t, const struct one_timer *one, uint64_t offset)
{
    return timers_system_counter(t) - offset >= one->cval;
}

/*
 * When the output changes by itself: the condition becomes true at CVAL, and false again when the
 * counter wraps to 0 (the comparison is unsigned).
 */
static uint64_t next_change_ns(const struct timers *t, const struct one_timer *one, uint64_t offset)
{
    uint64_t system = timers_system_counter(t), count = system - offset;
    bool condition = count >= one->cval;
    uint64_t left = condition ? 0 - count : one->cval - count;
    uint64_t ticks = system + t->system_offset;

    if (t->stopped || (condition && count == 0)) /* never, or a whole turn of 2^64 away */
        return UINT64_MAX;
    return ticks > UINT64_MAX - left ? UINT64_MAX : timers_ticks_to_ns(t, ticks + left);
}

/* Returns whether the output changed. @masked: held back by something besides its CTL. */
static bool evaluate(struct timers *t, uint32_t id, uint64_t offset, bool masked)
{
    struct one_timer *one = timer_of(t, id);
    bool armed = (one->ctl & (CTL_ENABLE | CTL_IMASK)) == CTL_ENABLE && !masked;
    bool level = armed && has_reached(t, one, offset), changed = level != one->level;

    set_deadline(t, id, armed ? next_change_ns(t, one, offset) : UINT64_MAX);
    one->level = level;
    return changed;
}

void timer_evaluate(struct timers *t, unsigned vcpu, enum timer_id timer)
{
    struct timer_vcpu *v = &t->vcpus[vcpu];

    if (evaluate(t, vcpu * TIMER_COUNT + timer, timer_offset(t, v, timer),
                 timer_masked_by_el2(t, v, timer)))
        t->config.set_line(t->config.opaque, vcpu, timer, v->timers[timer].level);
}

void timer_evaluate_frame(struct timers *t, unsigned frame, bool is_virtual)
{
    struct timer_frame *f = &t->frames[frame];

    if (evaluate(t, t->first_of_frames + 2 * frame + is_virtual, frame_offset(t, f, is_virtual),
                 false))
        t->config.set_frame_line(t->config.opaque, frame, is_virtual, f->timers[is_virtual].level);
}

static void evaluate_id(struct timers *t, uint32_t id)
{
    uint32_t in_frames = id - t->first_of_frames;

    if (id >= t->first_of_frames)
        timer_evaluate_frame(t, in_frames / 2, in_frames % 2);
    else
        timer_evaluate(t, id / TIMER_COUNT, (enum timer_id)(id % TIMER_COUNT));
}

void timer_evaluate_vcpu(struct timers *t, unsigned vcpu)
{
    for (unsigned timer = 0; timer < TIMER_COUNT; timer++)
        timer_evaluate(t, vcpu, (enum timer_id)timer);
}

void timer_evaluate_all(struct timers *t)
{
    for (uint32_t id = 0; id < t->heap_size; id++)
        evaluate_id(t, id);
}

void timers_advance(struct timers *t, uint64_t now_ns)
{
    uint64_t clock_ns = t->config.now_ns(t->config.opaque);

    /* Evaluation goes by the clock: a deadline that it has not reached would stay due for ever. */
    if (now_ns > clock_ns)
        now_ns = clock_ns;
    while (timers_next_deadline_ns(t) <= now_ns && timers_next_deadline_ns(t) != UINT64_MAX)
        evaluate_id(t, t->heap[0]);
}

/* -- Registers of one timer --------------------------------------------------------------------
 */

/* ISTATUS ignores IMASK; while disabled it is UNKNOWN: here 0. */
uint32_t timer_read_ctl(const struct timers *t, const struct one_timer *one, uint64_t offset)
{
    bool status = (one->ctl & CTL_ENABLE) && has_reached(t, one, offset);

    return one->ctl | (status ? CTL_ISTATUS : 0);
}

/* Goes on counting down below zero (D12.2.4). */
uint32_t timer_read_tval(const struct timers *t, const struct one_timer *one, uint64_t offset)
{
    return (uint32_t)(one->cval - (timers_system_counter(t) - offset));
}

/* A signed 32-bit distance from now. */
void timer_write_tval(const struct timers *t, struct one_timer *one, uint64_t offset,
                      uint32_t value)
{
    one->cval = timers_system_counter(t) - offset + (uint64_t)(int64_t)(int32_t)value;
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

static void clear_vcpu(const struct timers *t, struct timer_vcpu *v)
{
    v->cntfrq = t->config.frequency_hz;
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
    if (config->n_frames > TIMERS_MAX_FRAMES || (config->n_frames && !config->set_frame_line)) {
        *why = "up to 8 memory-mapped frames are possible, with a set_frame_line callback";
        return -EINVAL;
    }
    n = config->n_vcpus * TIMER_COUNT + 2 * config->n_frames;
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
    t->first_of_frames = config->n_vcpus * TIMER_COUNT;
    t->ticks_num = config->frequency_hz / gcd(config->frequency_hz, NS_PER_S);
    t->ticks_den = NS_PER_S / gcd(config->frequency_hz, NS_PER_S);
    for (uint32_t i = 0; i < n; i++) {
        heap_set(t, i, i);
        timer_of(t, i)->deadline_ns = UINT64_MAX;
    }
    for (unsigned i = 0; i < config->n_vcpus; i++)
        clear_vcpu(t, &t->vcpus[i]);
    frames_reset(t);
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
    clear_vcpu(t, &t->vcpus[vcpu]);
    timer_evaluate_vcpu(t, vcpu);
}

void timers_reset(struct timers *t)
{
    frames_reset(t);
    for (unsigned i = 0; i < t->config.n_vcpus; i++)
        timers_reset_vcpu(t, i);
}

static void visit_vcpu(struct timer_vcpu *v, timer_visit_fn *fn, void *opaque)
{
    for (unsigned k = 0; k < TIMER_COUNT; k++) {
        fn(opaque, "cval", &v->timers[k].cval, sizeof(v->timers[k].cval));
        fn(opaque, "ctl", &v->timers[k].ctl, sizeof(v->timers[k].ctl));
        fn(opaque, "level", &v->timers[k].level, sizeof(v->timers[k].level));
    }
    fn(opaque, "offsets", v->offsets, sizeof(v->offsets));
    fn(opaque, "cntfrq", &v->cntfrq, sizeof(v->cntfrq));
    fn(opaque, "cntvoff", &v->cntvoff, sizeof(v->cntvoff));
    fn(opaque, "cntpoff", &v->cntpoff, sizeof(v->cntpoff));
    fn(opaque, "cntkctl", &v->cntkctl, sizeof(v->cntkctl));
    fn(opaque, "cnthctl", &v->cnthctl, sizeof(v->cnthctl));
}

void timers_visit(struct timers *t, timer_visit_fn *fn, void *opaque)
{
    fn(opaque, "system_offset", &t->system_offset, sizeof(t->system_offset));
    fn(opaque, "virtual_offset", &t->virtual_offset, sizeof(t->virtual_offset));
    fn(opaque, "physical_offset", &t->physical_offset, sizeof(t->physical_offset));
    fn(opaque, "offsets_fixed", &t->offsets_fixed, sizeof(t->offsets_fixed));
    fn(opaque, "counters_written", &t->counters_written, sizeof(t->counters_written));
    frames_visit(t, fn, opaque);
    for (unsigned i = 0; i < t->config.n_vcpus; i++)
        visit_vcpu(&t->vcpus[i], fn, opaque);
}

void timers_after_restore(struct timers *t)
{
    for (unsigned i = 0; i < t->config.n_vcpus; i++) {
        struct timer_vcpu *v = &t->vcpus[i];

        for (unsigned k = 0; k < TIMER_COUNT; k++) {
            v->timers[k].ctl &= CTL_ENABLE | CTL_IMASK;
            v->timers[k].level &= 1;
        }
        v->cntfrq &= UINT32_MAX;
        v->cntkctl &= timer_control_bits(t, false);
        v->cnthctl &= timer_control_bits(t, true);
    }
    t->offsets_fixed &= 1;
    t->counters_written &= t->offsets_fixed ? 0 : 3;
    frames_mend(t);
    timer_evaluate_all(t);
}
