/* SPDX-License-Identifier: MIT */
/* Memory-mapped timers: one table, its gates, reads and writes. */
#include "timer/frames.h"

#include <errno.h>

#include "timer/internal.h"

enum what {
    CNTCR,
    CNTSR,
    CNTCV,
    CNTID,
    CNTFID0,
    CNTFRQ,
    CNTNSAR,
    CNTTIDR,
    CNTACR,
    CNTVOFF,
    CNTPCT,
    CNTVCT,
    CNTEL0ACR,
    P_CVAL,
    P_TVAL,
    P_CTL,
    V_CVAL,
    V_TVAL,
    V_CTL,
};

#define CNTCR_EN       (1u << 0)
#define CNTCR_WRITABLE 0x3ff03u /* EN, HDBG, FCREQ; SCEN needs FEAT_CNTSC */
#define CNTSR_FCACK0   (1u << 8)

#define CNTTIDR_FI    1u
#define CNTTIDR_FVI   2u
#define CNTTIDR_FEL0I 4u

#define ACR_RPCT     (1u << 0)
#define ACR_RVCT     (1u << 1)
#define ACR_RFRQ     (1u << 2)
#define ACR_RVOFF    (1u << 3)
#define ACR_RWVT     (1u << 4)
#define ACR_RWPT     (1u << 5)
#define ACR_WRITABLE 0x3fu

#define EL0ACR_WRITABLE (KCTL_EL0PCTEN | KCTL_EL0VCTEN | KCTL_EL0VTEN | KCTL_EL0PTEN)

#define ROW(n, k, o, s, b, w, x)                                                                   \
    {                                                                                              \
        .name = n, .kind = TIMERS_##k, .offset = o, .stride = s, .bytes = b, .writable = w,        \
        .what = x                                                                                  \
    }
#define TIMER_ROWS(k)                                                                              \
    ROW("CNTPCT", k, 0x00, 0, 8, false, CNTPCT), ROW("CNTVCT", k, 0x08, 0, 8, false, CNTVCT),      \
        ROW("CNTFRQ", k, 0x10, 0, 4, false, CNTFRQ),                                               \
        ROW("CNTP_CVAL", k, 0x20, 0, 8, true, P_CVAL),                                             \
        ROW("CNTP_TVAL", k, 0x28, 0, 4, true, P_TVAL),                                             \
        ROW("CNTP_CTL", k, 0x2c, 0, 4, true, P_CTL),                                               \
        ROW("CNTV_CVAL", k, 0x30, 0, 8, true, V_CVAL),                                             \
        ROW("CNTV_TVAL", k, 0x38, 0, 4, true, V_TVAL), ROW("CNTV_CTL", k, 0x3c, 0, 4, true, V_CTL)

static const struct timers_frame_reg rows[] = {
    ROW("CNTCR", CNTCONTROLBASE, 0x00, 0, 4, true, CNTCR),
    ROW("CNTSR", CNTCONTROLBASE, 0x04, 0, 4, false, CNTSR),
    ROW("CNTCV", CNTCONTROLBASE, 0x08, 0, 8, true, CNTCV),
    ROW("CNTID", CNTCONTROLBASE, 0x1c, 0, 4, false, CNTID),
    ROW("CNTFID0", CNTCONTROLBASE, 0x20, 0, 4, false, CNTFID0),
    ROW("CNTCV", CNTREADBASE, 0x00, 0, 8, false, CNTCV),
    ROW("CNTFRQ", CNTCTLBASE, 0x00, 0, 4, true, CNTFRQ),
    ROW("CNTNSAR", CNTCTLBASE, 0x04, 0, 4, true, CNTNSAR),
    ROW("CNTTIDR", CNTCTLBASE, 0x08, 0, 4, false, CNTTIDR),
    ROW("CNTACR<n>", CNTCTLBASE, 0x40, 4, 4, true, CNTACR),
    ROW("CNTVOFF<n>", CNTCTLBASE, 0x80, 8, 8, true, CNTVOFF),
    TIMER_ROWS(CNTBASE),
    ROW("CNTEL0ACR", CNTBASE, 0x14, 0, 4, true, CNTEL0ACR),
    ROW("CNTVOFF", CNTBASE, 0x18, 0, 8, false, CNTVOFF),
    TIMER_ROWS(CNTEL0BASE),
};

const struct timers_frame_reg *timers_frame_regs(size_t *count)
{
    *count = sizeof(rows) / sizeof(rows[0]);
    return rows;
}

/* One access, decoded. */
struct access {
    const struct timers_frame_reg *reg;
    enum timers_frame_kind kind;
    unsigned n;     /* the frame that it is about */
    unsigned shift; /* 32: the upper half of a 64-bit register */
    bool secure;
};

/* -- Gates ------------------------------------------------------------------------------------- */

static bool has_virtual(const struct timers *t, unsigned n)
{
    return t->config.frames_virtual >> n & 1;
}

static bool has_el0(const struct timers *t, unsigned n)
{
    return t->config.frames_el0 >> n & 1;
}

/* CNTNSAR: a frame that is Secure alone is RES0 to others, and so are its registers here. */
static bool is_reachable(const struct timers *t, const struct access *a)
{
    return a->secure || (t->cntnsar >> a->n & 1);
}

/* The bits of CNTACR<n> and CNTEL0ACR that a register of CNTBaseN needs. */
static uint32_t needed(enum what what, uint32_t *el0)
{
    switch (what) {
    case CNTPCT:
        *el0 = KCTL_EL0PCTEN;
        return ACR_RPCT;
    case CNTVCT:
        *el0 = KCTL_EL0VCTEN;
        return ACR_RVCT;
    case CNTFRQ:
        *el0 = KCTL_EL0PCTEN | KCTL_EL0VCTEN; /* either */
        return ACR_RFRQ;
    case CNTVOFF:
        return ACR_RVOFF;
    case P_CVAL:
    case P_TVAL:
    case P_CTL:
        *el0 = KCTL_EL0PTEN;
        return ACR_RWPT;
    case V_CVAL:
    case V_TVAL:
    case V_CTL:
        *el0 = KCTL_EL0VTEN;
        return ACR_RWVT;
    default:
        return 0;
    }
}

/* A frame without virtual capability has no CNTVOFF and no CNTV; its CNTVCT is CNTPCT. */
static bool is_there(const struct timers *t, const struct access *a)
{
    enum what what = (enum what)a->reg->what;

    if (what == CNTVOFF || what == V_CVAL || what == V_TVAL || what == V_CTL)
        return has_virtual(t, a->n);
    return what != CNTEL0ACR || has_el0(t, a->n);
}

static bool timer_frame_allows(const struct timers *t, const struct access *a)
{
    const struct timer_frame *f = &t->frames[a->n];
    uint32_t el0 = 0, acr = needed((enum what)a->reg->what, &el0);

    if (!is_reachable(t, a) || !is_there(t, a) || (f->cntacr & acr) != acr)
        return false;
    return a->kind != TIMERS_CNTEL0BASE || (f->cntel0acr & el0);
}

/* Whether the access reaches the register; else it is RAZ/WI. */
static bool allows(const struct timers *t, const struct access *a, bool is_write)
{
    enum what what = (enum what)a->reg->what;

    if (is_write && !a->reg->writable)
        return false;
    switch (a->kind) {
    case TIMERS_CNTCONTROLBASE:
        return a->secure;
    case TIMERS_CNTREADBASE:
        return true;
    case TIMERS_CNTCTLBASE:
        if (what == CNTFRQ || what == CNTNSAR)
            return a->secure || (what == CNTFRQ && !is_write);
        return what == CNTTIDR ||
               (a->n < t->config.n_frames && is_reachable(t, a) && is_there(t, a));
    default:
        return timer_frame_allows(t, a);
    }
}

/* -- Reads and writes -------------------------------------------------------------------------- */

uint64_t frame_offset(const struct timers *t, const struct timer_frame *f, bool is_virtual)
{
    return t->physical_offset + (is_virtual ? f->cntvoff : 0);
}

static uint32_t cnttidr(const struct timers *t)
{
    uint32_t value = 0;

    for (unsigned n = 0; n < t->config.n_frames; n++) {
        uint32_t bits = CNTTIDR_FI | (has_virtual(t, n) ? CNTTIDR_FVI : 0) |
                        (has_el0(t, n) ? CNTTIDR_FEL0I : 0);

        value |= bits << (4 * n);
    }
    return value;
}

static uint64_t read_timer(const struct timers *t, const struct timer_frame *f, enum what what)
{
    bool is_virtual = what >= V_CVAL;
    const struct one_timer *one = &f->timers[is_virtual];
    uint64_t offset = frame_offset(t, f, is_virtual);

    if (what == P_CVAL || what == V_CVAL)
        return one->cval;
    if (what == P_TVAL || what == V_TVAL)
        return timer_read_tval(t, one, offset);
    return timer_read_ctl(t, one, offset);
}

static uint64_t read_reg(const struct timers *t, const struct access *a)
{
    const struct timer_frame *f = &t->frames[a->n];

    switch ((enum what)a->reg->what) {
    case CNTCR:
        return t->cntcr;
    case CNTSR:
        return CNTSR_FCACK0;
    case CNTCV:
        return timers_system_counter(t);
    case CNTID:
        return 0; /* no FEAT_CNTSC */
    case CNTFID0:
        return t->config.frequency_hz;
    case CNTFRQ:
        return t->ctl_cntfrq;
    case CNTNSAR:
        return t->cntnsar;
    case CNTTIDR:
        return cnttidr(t);
    case CNTACR:
        return f->cntacr;
    case CNTVOFF:
        return f->cntvoff;
    case CNTPCT:
    case CNTVCT:
        return timers_system_counter(t) - frame_offset(t, f, a->reg->what == CNTVCT);
    case CNTEL0ACR:
        return f->cntel0acr;
    default:
        return read_timer(t, f, (enum what)a->reg->what);
    }
}

static void write_timer(struct timers *t, const struct access *a, uint64_t value)
{
    enum what what = (enum what)a->reg->what;
    bool is_virtual = what >= V_CVAL;
    struct timer_frame *f = &t->frames[a->n];
    struct one_timer *one = &f->timers[is_virtual];

    if (what == P_CVAL || what == V_CVAL)
        one->cval = value;
    else if (what == P_TVAL || what == V_TVAL)
        timer_write_tval(t, one, frame_offset(t, f, is_virtual), (uint32_t)value);
    else
        one->ctl = value & (CTL_ENABLE | CTL_IMASK);
    timer_evaluate_frame(t, a->n, is_virtual);
}

static void write_cntcr(struct timers *t, uint32_t value)
{
    t->cntcr = value & CNTCR_WRITABLE;
    timer_stop_counter(t, !(value & CNTCR_EN));
}

static void write_reg(struct timers *t, const struct access *a, uint64_t value)
{
    struct timer_frame *f = &t->frames[a->n];

    switch ((enum what)a->reg->what) {
    case CNTCR:
        write_cntcr(t, (uint32_t)value);
        break;
    case CNTCV:
        timer_move_counter(t, value);
        break;
    case CNTFRQ:
        t->ctl_cntfrq = (uint32_t)value;
        break;
    case CNTNSAR:
        t->cntnsar = value & ((1u << t->config.n_frames) - 1);
        break;
    case CNTACR:
        f->cntacr = value & ACR_WRITABLE;
        break;
    case CNTVOFF:
        f->cntvoff = value;
        timer_evaluate_frame(t, a->n, true);
        break;
    case CNTEL0ACR:
        f->cntel0acr = value & EL0ACR_WRITABLE;
        break;
    default:
        write_timer(t, a, value);
        break;
    }
}

/* -- Accesses ---------------------------------------------------------------------------------- */

static bool covers(const struct timers_frame_reg *reg, struct access *a, uint64_t offset,
                   unsigned size_bytes)
{
    unsigned copies = reg->stride ? TIMERS_MAX_FRAMES : 1, stride = reg->stride ? reg->stride : 8;
    uint64_t in = offset - reg->offset, at;

    if (reg->kind != a->kind || offset < reg->offset || in / stride >= copies)
        return false;
    at = in % stride;
    if (at + size_bytes > reg->bytes)
        return false;
    if (reg->stride)
        a->n = (unsigned)(in / stride);
    a->shift = at ? 32 : 0;
    a->reg = reg;
    return true;
}

/* -EFAULT: not possible; 1: RAZ/WI. */
static int decode(const struct timers *t, struct access *a, uint64_t offset, unsigned size_bytes)
{
    bool numbered = a->kind == TIMERS_CNTBASE || a->kind == TIMERS_CNTEL0BASE;

    if ((size_bytes != 4 && size_bytes != 8) || offset % size_bytes || offset >= TIMERS_FRAME_BYTES)
        return -EFAULT;
    if (!numbered)
        a->n = 0;
    if (a->n >= t->config.n_frames && numbered)
        return -EFAULT;
    if (a->kind == TIMERS_CNTEL0BASE && !has_el0(t, a->n))
        return -EFAULT;
    a->secure |= !t->config.has_el3;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (covers(&rows[i], a, offset, size_bytes))
            return 0;
    }
    return 1;
}

int timers_frame_read(struct timers *t, enum timers_frame_kind kind, unsigned n, bool secure,
                      uint64_t offset, unsigned size_bytes, uint64_t *value)
{
    struct access a = {.kind = kind, .n = n, .secure = secure};
    int rc = decode(t, &a, offset, size_bytes);

    *value = 0;
    if (rc < 0)
        return rc;
    if (!rc && allows(t, &a, false))
        *value = read_reg(t, &a) >> a.shift;
    if (size_bytes == 4)
        *value &= UINT32_MAX;
    return 0;
}

int timers_frame_write(struct timers *t, enum timers_frame_kind kind, unsigned n, bool secure,
                       uint64_t offset, unsigned size_bytes, uint64_t value)
{
    struct access a = {.kind = kind, .n = n, .secure = secure};
    int rc = decode(t, &a, offset, size_bytes);

    if (rc < 0)
        return rc;
    if (rc || !allows(t, &a, true))
        return 0;
    if (a.reg->bytes == 8 && size_bytes == 4) { /* the other half stays */
        uint64_t mask = (uint64_t)UINT32_MAX << a.shift;

        value = (read_reg(t, &a) & ~mask) | (value << a.shift & mask);
    }
    write_reg(t, &a, value);
    return 0;
}

void timers_get_frame(const struct timers *t, unsigned n, bool is_virtual,
                      struct timers_tree_timer *out)
{
    const struct timer_frame *f = &t->frames[n];
    const struct one_timer *one = &f->timers[is_virtual];
    uint64_t offset = frame_offset(t, f, is_virtual);

    *out = (struct timers_tree_timer){
        .present = n < t->config.n_frames && (!is_virtual || has_virtual(t, n)),
        .level = one->level,
        .ctl = timer_read_ctl(t, one, offset),
        .offset = offset,
        .cval = one->cval,
        .count = timers_system_counter(t) - offset,
        .deadline_ns = one->deadline_ns,
    };
}

/* -- Life -------------------------------------------------------------------------------------- */

void frames_reset(struct timers *t)
{
    t->ctl_cntfrq = (uint32_t)t->config.frequency_hz;
    t->cntnsar = 0;
    t->cntcr = CNTCR_EN;
    timer_stop_counter(t, false);
    for (unsigned n = 0; n < t->config.n_frames; n++) {
        struct timer_frame *f = &t->frames[n];

        f->cntvoff = 0;
        f->cntacr = f->cntel0acr = 0;
        for (unsigned k = 0; k < 2; k++) {
            f->timers[k].cval = 0;
            f->timers[k].ctl = 0;
            timer_evaluate_frame(t, n, k);
        }
    }
}

void frames_mend(struct timers *t)
{
    t->cntnsar &= (1u << t->config.n_frames) - 1;
    t->cntcr &= CNTCR_WRITABLE;
    t->stopped = !(t->cntcr & CNTCR_EN);
    for (unsigned n = 0; n < t->config.n_frames; n++) {
        struct timer_frame *f = &t->frames[n];

        f->cntacr &= ACR_WRITABLE;
        f->cntel0acr &= EL0ACR_WRITABLE;
        for (unsigned k = 0; k < 2; k++) {
            f->timers[k].ctl &= CTL_ENABLE | CTL_IMASK;
            f->timers[k].level &= 1;
        }
    }
}

void frames_visit(struct timers *t, timer_visit_fn *fn, void *opaque)
{
    fn(opaque, "ctl_cntfrq", &t->ctl_cntfrq, sizeof(t->ctl_cntfrq));
    fn(opaque, "cntnsar", &t->cntnsar, sizeof(t->cntnsar));
    fn(opaque, "cntcr", &t->cntcr, sizeof(t->cntcr));
    fn(opaque, "stopped_at", &t->stopped_at, sizeof(t->stopped_at));
    for (unsigned n = 0; n < t->config.n_frames; n++) {
        struct timer_frame *f = &t->frames[n];

        fn(opaque, "frame.cntvoff", &f->cntvoff, sizeof(f->cntvoff));
        fn(opaque, "frame.cntacr", &f->cntacr, sizeof(f->cntacr));
        fn(opaque, "frame.cntel0acr", &f->cntel0acr, sizeof(f->cntel0acr));
        for (unsigned k = 0; k < 2; k++) {
            fn(opaque, "frame.cval", &f->timers[k].cval, sizeof(f->timers[k].cval));
            fn(opaque, "frame.ctl", &f->timers[k].ctl, sizeof(f->timers[k].ctl));
            fn(opaque, "frame.level", &f->timers[k].level, sizeof(f->timers[k].level));
        }
    }
}
