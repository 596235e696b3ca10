/* SPDX-License-Identifier: MIT */
/*
 * An ITS: its register frame, its command queue (IHI
 * 0069 5.2, 12.18, 12.19).
 *
 * A command may take time: before each one GIC_CHOICE_ITS_COMMAND_DURATION says how many steps it
 * waits. One write of GITS_CWRITER can start at most a queue full of commands, 32768.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gic/itscmd.h"
#include "gic/lpi.h"
#include "gic/rwp.h"

#define CTLR_ITS_NUMBER (0xfu << 4) /* GICv4 */
#define CTLR_QUIESCENT  (1u << 31)
#define STALLED         (1ull << 0) /* GITS_CREADR */
#define RETRY           (1ull << 0) /* GITS_CWRITER */
#define OFFSET_MASK     0xfffe0ull
#define COMMAND_BYTES   32u
#define LONGEST_STEPS   8u /* of a command: the choice is below */
#define COMMANDS_A_STEP 256u
#define CBASER_VALID    (1ull << 63)

_Static_assert(sizeof(struct gic_its_state) == 32 + 32 + 8 * ITS_N_BASERS + 8 * 256,
               "no padding in ITS state");

/* -- The queue -- */

static uint64_t queue_bytes(const struct gic_its *its)
{
    return ((its->s.cbaser & 0xff) + 1) * 0x1000;
}

bool gic_its_busy(const struct gic_its *its)
{
    const struct gic_its_state *s = &its->s;

    return (s->ctlr & CTLR_ENABLED) && (s->cbaser & CBASER_VALID) && !(s->creadr & STALLED) &&
           (s->creadr & OFFSET_MASK) != (s->cwriter & OFFSET_MASK);
}

static int fetch(struct gic_its *its, uint64_t command[4])
{
    const struct gic_config *c = &its->gic->config;
    uint64_t address = (its->s.cbaser & 0xffffffffff000ull) + (its->s.creadr & OFFSET_MASK);
    uint8_t bytes[COMMAND_BYTES];

    if (c->memory_read(c->opaque, address, bytes, sizeof(bytes)) != 0)
        return -EFAULT;
    memset(command, 0, COMMAND_BYTES);
    for (unsigned i = 0; i < COMMAND_BYTES; i++)
        command[i / 8] |= (uint64_t)bytes[i] << (i % 8 * 8);
    return 0;
}

/* True if the command at GITS_CREADR has to wait longer. */
static bool must_wait(struct gic_its *its)
{
    struct gic_its_state *s = &its->s;

    if (!s->delay_chosen) {
        s->delay = gic_choose(its->gic, GIC_CHOICE_ITS_COMMAND_DURATION, 0, LONGEST_STEPS);
        s->delay_chosen = 1;
    }
    return s->delay != 0;
}

/* One command: executed, skipped, or the queue stalls at it. False: it waits for other ITSs. */
static bool run_one(struct gic_its *its)
{
    struct gic_its_state *s = &its->s;
    uint64_t command[4];
    bool unreadable = fetch(its, command) != 0;
    uint32_t error = unreadable ? 0x010000u | ITS_MEMORY : its_execute(its, command);

    if (error == ITS_WAIT)
        return false;
    s->vmovp = 0;
    if (error != 0)
        gic_event(its->gic, GIC_EVENT_GUEST_ERROR, NULL, GIC_INTID_SPURIOUS, error);
    if (unreadable || (error != 0 && its->config.stall_on_error)) {
        s->creadr |= STALLED;
        return true;
    }
    s->delay_chosen = 0;
    s->creadr = ((s->creadr & OFFSET_MASK) + COMMAND_BYTES) % queue_bytes(its);
    return true;
}

/*
 * True if it came to the end of any command. A queue may hold 32768 of them, and some visit every
 * pending LPI: the rest is for the next step, so that a guest cannot hold up its host.
 */
static bool run_alone(struct gic_its *its)
{
    unsigned n = 0;

    while (n < COMMANDS_A_STEP && gic_its_busy(its) && !must_wait(its) && run_one(its))
        n++;
    return n != 0;
}

/* Others may have waited at a VMOVP for this one. Each round ends a command at least. */
static void run(struct gic_its *its)
{
    bool any = run_alone(its);

    while (any) {
        any = false;
        for (struct gic_its *i = its->gic->itss; i != NULL; i = i->next)
            if (i->s.vmovp & ITS_VMOVP_DONE)
                any |= run_alone(i);
    }
}

void gic_its_step(struct gic_its *its)
{
    if (its->s.delay_chosen && its->s.delay != 0)
        its->s.delay--;
    run(its);
}

/* -- Registers -- */

static uint64_t ctlr_peek(struct gic_its *its, unsigned n)
{
    uint32_t quiescent = gic_its_busy(its) || its->s.quiesce_reads != 0 ? 0 : CTLR_QUIESCENT;

    (void)n;
    return its->s.ctlr | quiescent;
}

static uint64_t ctlr_read(struct gic_its *its, unsigned n)
{
    uint64_t value = ctlr_peek(its, n);

    if (its->s.quiesce_reads != 0)
        its->s.quiesce_reads--;
    gic_its_step(its);
    return value;
}

/* ITS_Number is software's to give while GITS_TYPER.VMOVP is 0; it names the ITS in ITSList. */
static uint32_t ctlr_writable(const struct gic_its *its)
{
    bool numbered = gic_is_v4(its->gic) && !its->config.vmovp_once;

    return CTLR_ENABLED | (numbered ? CTLR_ITS_NUMBER : 0);
}

static void ctlr_write(struct gic_its *its, unsigned n, uint64_t value, uint64_t mask)
{
    uint32_t old = its->s.ctlr;

    (void)n;
    its->s.ctlr = (old & ~(uint32_t)mask) | ((uint32_t)value & (uint32_t)mask);
    its->s.ctlr &= ctlr_writable(its);
    if ((old ^ its->s.ctlr) & CTLR_ENABLED)
        its->s.quiesce_reads =
            gic_choose(its->gic, GIC_CHOICE_ITS_QUIESCE_DURATION, 0, GIC_LONGEST_READS);
    run(its);
}

static int ctlr_poke(struct gic_its *its, unsigned n, uint64_t value)
{
    (void)n;
    its->s.ctlr = (uint32_t)value & ctlr_writable(its);
    run(its);
    return 0;
}

/* Revision [15:12] is the ABI of the tables in memory, as KVM has it. */
static uint64_t iidr_read(struct gic_its *its, unsigned n)
{
    (void)n;
    return 0x43bu | its_abi(its) << 12 | 0x4cu << 24;
}

/* A list of attributes says with it which tables it belongs to; other fields name their maker. */
static int iidr_poke(struct gic_its *its, unsigned n, uint64_t value)
{
    (void)n;
    return (value >> 12 & 0xf) == its_abi(its) ? 0 : -EINVAL;
}

/* Virtual, VMOVP; GICv4.1: VSGI, VMAPP, SVPET, nID. */
static uint64_t typer_v4(const struct gic_its *its)
{
    const struct gic_its_config *c = &its->config;
    uint64_t value = 0;

    if (gic_is_v4(its->gic))
        value = 1u << 1 | (uint64_t)c->vmovp_once << 37;
    if (gic_is_v41(its->gic))
        value |= 1ull << 39 | 1ull << 40 | (uint64_t)c->shares_vpe_table << 41 |
                 (uint64_t)c->no_individual_doorbells << 43;
    return value;
}

/* Physical, ITT_entry_size, ID_bits, Devbits, HCC, UMSI; collections have 16 bits (CIL 0). */
static uint64_t typer_read(struct gic_its *its, unsigned n)
{
    (void)n;
    return 1u | (uint64_t)(its_interrupt_bytes(its) - 1) << 4 |
           (uint64_t)(its->config.event_id_bits - 1) << 8 |
           (uint64_t)(its->config.device_id_bits - 1) << 13 |
           (uint64_t)its->config.hardware_collections << 24 |
           (uint64_t)its->config.report_unmapped << 44 | typer_v4(its);
}

/* GICv4.1, with SVPET: the vPE table is shared with redistributors of this Aff3: all of them, as
 * GICR_TYPER.CommonLPIAff is 0. */
static uint64_t mpidr_read(struct gic_its *its, unsigned n)
{
    (void)n;
    return its->config.shares_vpe_table ? its->gic->vcpus[0].affinity & 0xff000000u : 0;
}

/* vPEID [47:32], vINTID [3:0]; half of it is no message. */
static void sgir_write(struct gic_its *its, unsigned n, uint64_t value, uint64_t mask)
{
    (void)n;
    if (gic_is_v41(its->gic) && (its->s.ctlr & CTLR_ENABLED) && mask == ~0ull)
        its_send_vsgi(its, value >> 32 & 0xffff, value & 0xf);
}

static uint64_t statusr_read(struct gic_its *its, unsigned n)
{
    (void)n;
    return its->s.statusr;
}

static void statusr_write(struct gic_its *its, unsigned n, uint64_t value, uint64_t mask)
{
    (void)n;
    its->s.statusr &= ~(uint32_t)(value & mask);
}

static int statusr_poke(struct gic_its *its, unsigned n, uint64_t value)
{
    (void)n;
    its->s.statusr = (uint32_t)value & its_statusr_bits(its);
    return 0;
}

/* GITS_TYPER.UMSI; RES0 without. */
static uint64_t umsir_read(struct gic_its *its, unsigned n)
{
    (void)n;
    return its->s.umsir;
}

static int umsir_poke(struct gic_its *its, unsigned n, uint64_t value)
{
    (void)n;
    its->s.umsir = its->config.report_unmapped ? value : 0;
    return 0;
}

/* Cacheability and shareability read back as written; accesses are always coherent. */
#define CBASER_WRITABLE                                                                            \
    (CBASER_VALID | 7ull << 59 | 7ull << 53 | 0xffffffffff000ull | 3ull << 10 | 0xff)

static uint64_t cbaser_read(struct gic_its *its, unsigned n)
{
    (void)n;
    return its->s.cbaser;
}

/* Frozen while enabled. A write starts the queue anew. */
static void cbaser_write(struct gic_its *its, unsigned n, uint64_t value, uint64_t mask)
{
    (void)n;
    if (its->s.ctlr & CTLR_ENABLED)
        return;
    its->s.cbaser = ((its->s.cbaser & ~mask) | (value & mask)) & CBASER_WRITABLE;
    its->s.creadr = 0;
    its->s.cwriter = 0;
    its->s.delay_chosen = 0;
    its->s.vmovp = 0;
}

static uint64_t cwriter_read(struct gic_its *its, unsigned n)
{
    (void)n;
    return its->s.cwriter;
}

/* An offset beyond the queue is ignored (IHI 0069 12.19 GITS_CWRITER: unpredictable). */
static void cwriter_write(struct gic_its *its, unsigned n, uint64_t value, uint64_t mask)
{
    uint64_t offset = ((its->s.cwriter & ~mask) | (value & mask)) & OFFSET_MASK;

    (void)n;
    if (offset >= queue_bytes(its))
        return;
    its->s.cwriter = offset;
    if (value & mask & RETRY)
        its->s.creadr &= ~STALLED;
    run(its);
}

/* The offset alone: a queue that stalled stays so until software says Retry. */
static int cwriter_poke(struct gic_its *its, unsigned n, uint64_t value)
{
    (void)n;
    if ((value & OFFSET_MASK) >= queue_bytes(its))
        return -EINVAL;
    its->s.cwriter = value & OFFSET_MASK;
    run(its);
    return 0;
}

static uint64_t creadr_peek(struct gic_its *its, unsigned n)
{
    (void)n;
    return its->s.creadr;
}

static uint64_t creadr_read(struct gic_its *its, unsigned n)
{
    gic_its_step(its);
    return creadr_peek(its, n);
}

static int creadr_poke(struct gic_its *its, unsigned n, uint64_t value)
{
    (void)n;
    if ((value & OFFSET_MASK) >= queue_bytes(its))
        return -EINVAL;
    its->s.creadr = value & (OFFSET_MASK | STALLED);
    its->s.delay_chosen = 0;
    run(its);
    return 0;
}

/* Valid, Indirect, attributes, address, page size, size; Type and Entry_Size are fixed. */
#define BASER_INDIRECT (1ull << 62)
#define BASER_WRITABLE (3ull << 62 | 7ull << 59 | 7ull << 53 | 0xfffffffff000ull | 0xfffull)

static uint64_t baser_fixed(const struct gic_its *its, unsigned n)
{
    static const uint8_t types[ITS_N_BASERS] = {
        [ITS_BASER_DEVICES] = 1,
        [ITS_BASER_COLLECTIONS] = 4,
        [ITS_BASER_VPES] = 2,
    };

    if (types[n] == 0 || (n == ITS_BASER_VPES && !gic_is_v4(its->gic)))
        return 0;
    return (uint64_t)types[n] << 56 | (uint64_t)(its_entry_bytes(its, n) - 1) << 48;
}

/* Numbers of collections have 16 bits: their table is flat, and Indirect RAZ/WI. */
static uint64_t baser_writable(const struct gic_its *its, unsigned n)
{
    if (baser_fixed(its, n) == 0)
        return 0;
    return n == ITS_BASER_COLLECTIONS ? BASER_WRITABLE & ~BASER_INDIRECT : BASER_WRITABLE;
}

static uint64_t baser_read(struct gic_its *its, unsigned n)
{
    return its->s.baser[n] | baser_fixed(its, n);
}

static void baser_write(struct gic_its *its, unsigned n, uint64_t value, uint64_t mask)
{
    uint64_t *baser = &its->s.baser[n];

    if ((its->s.ctlr & CTLR_ENABLED) || baser_fixed(its, n) == 0)
        return;
    its_end_list_form(its);
    *baser = ((*baser & ~mask) | (value & mask)) & baser_writable(its, n);
}

static uint64_t id_read(struct gic_its *its, unsigned n)
{
    static const uint8_t ids[12] = {[0] = 0x04, [4] = 0x94, [5] = 0xb4,  [6] = 0x3b,
                                    [8] = 0x0d, [9] = 0xf0, [10] = 0x05, [11] = 0xb1};

    return n == 6 && gic_is_v4(its->gic) ? 0x4b : ids[n]; /* PIDR2.ArchRev */
}

static const struct its_reg rows[] = {
    {"GITS_CTLR", GITS_CTLR, 1, 4, ctlr_read, ctlr_write, ctlr_peek, ctlr_poke},
    {"GITS_IIDR", GITS_IIDR, 1, 4, iidr_read, NULL, NULL, iidr_poke},
    {"GITS_TYPER", GITS_TYPER, 1, 8, typer_read, NULL, NULL, NULL},
    {"GITS_MPIDR", 0x18, 1, 4, mpidr_read, NULL, NULL, NULL},
    {"GITS_STATUSR", 0x40, 1, 4, statusr_read, statusr_write, NULL, statusr_poke},
    {"GITS_UMSIR", 0x48, 1, 8, umsir_read, NULL, NULL, umsir_poke},
    {"GITS_CBASER", GITS_CBASER, 1, 8, cbaser_read, cbaser_write, NULL, NULL},
    {"GITS_CREADR", 0x90, 1, 8, creadr_read, NULL, creadr_peek, creadr_poke},
    {"GITS_CWRITER", 0x88, 1, 8, cwriter_read, cwriter_write, NULL, cwriter_poke},
    {"GITS_BASER<n>", 0x100, ITS_N_BASERS, 8, baser_read, baser_write, NULL, NULL},
    {"GITS_PIDR, GITS_CIDR", GITS_PIDR4, 12, 4, id_read, NULL, NULL, NULL},
    {"GITS_SGIR", 0x20020, 1, 8, NULL, sgir_write, NULL, NULL},
};

const struct its_reg_table gic_its_table = {rows, sizeof(rows) / sizeof(rows[0])};

/* 32-bit registers by words, 64-bit ones by words or doublewords. */
static const struct its_reg *lookup(uint64_t offset, unsigned size_bytes)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct its_reg *r = &rows[i];
        if (offset < r->offset || offset >= r->offset + (uint32_t)r->count * r->width)
            continue;
        bool fits = size_bytes == 4 || size_bytes == r->width;
        return fits && offset % size_bytes == 0 ? r : NULL;
    }
    return NULL;
}

static uint64_t size_mask(unsigned size_bytes)
{
    return size_bytes == 8 ? ~0ull : 0xffffffffull;
}

/* What is not there reads as zero and ignores writes; GITS_STATUSR notes it. */
static void complain(struct gic_its *its, uint32_t bit, uint64_t offset)
{
    its->s.statusr |= bit;
    gic_event(its->gic, GIC_EVENT_GUEST_ERROR, NULL, GIC_INTID_SPURIOUS, offset);
}

int gic_its_read(struct gic_its *its, unsigned vcpu, uint64_t offset, unsigned size_bytes,
                 uint64_t *value)
{
    const struct its_reg *r = lookup(offset, size_bytes);

    (void)vcpu;
    *value = 0;
    if (r == NULL || r->read == NULL) {
        complain(its, r == NULL ? STATUSR_RRD : STATUSR_RWOD, offset);
        return 0;
    }
    uint32_t within = (uint32_t)offset - r->offset;
    *value = r->read(its, within / r->width) >> (within % r->width * 8) & size_mask(size_bytes);
    return 0;
}

int gic_its_write(struct gic_its *its, unsigned vcpu, uint64_t offset, unsigned size_bytes,
                  uint64_t value)
{
    const struct its_reg *r = lookup(offset, size_bytes);

    (void)vcpu;
    if (r == NULL || r->write == NULL) {
        complain(its, r == NULL ? STATUSR_WRD : STATUSR_WROD, offset);
        return 0;
    }
    uint32_t within = (uint32_t)offset - r->offset;
    unsigned shift = within % r->width * 8;
    uint64_t mask = size_mask(size_bytes);
    r->write(its, within / r->width, (value & mask) << shift, mask << shift);
    return 0;
}

/* -- Life -- */

/* Tables start out with pages of 64 KiB, which every size of guest page can use. */
void its_reset(struct gic_its *its)
{
    memset(&its->s, 0, sizeof(its->s));
    for (unsigned n = 0; n < ITS_N_BASERS; n++)
        its->s.baser[n] = baser_fixed(its, n) != 0 ? 2u << 8 : 0;
    if (gic_is_v4(its->gic) && !its->config.vmovp_once)
        its->s.ctlr = its->number << 4;
}

static unsigned n_itss(const struct gic *g)
{
    unsigned n = 0;

    for (const struct gic_its *its = g->itss; its != NULL; its = its->next)
        n++;
    return n;
}

static const char *config_error(const struct gic *g, const struct gic_its_config *c)
{
    if (g->config.lpi_id_bits == 0)
        return "an ITS needs a GIC with lpi_id_bits";
    if (c->device_id_bits > 32)
        return "device_id_bits must be 1..32";
    if (c->event_id_bits > 32)
        return "event_id_bits must be 1..32";
    if (c->hardware_collections > 255)
        return "hardware_collections must be 0..255";
    if (gic_is_v4(g) && n_itss(g) == 16)
        return "with GICv4 there can be 16 ITSs: a vPE's table and VMOVP have 16 bits for them";
    return NULL;
}

int gic_its_create(struct gic *g, const struct gic_its_config *config, struct gic_its **out,
                   const char **why)
{
    const char *error = config_error(g, config);
    struct gic_its **end = &g->itss;

    *out = NULL;
    if (why != NULL)
        *why = error != NULL ? error : "not enough memory";
    if (error != NULL)
        return -EINVAL;
    struct gic_its *its = calloc(1, sizeof(*its));
    if (its == NULL)
        return -ENOMEM;
    its->gic = g;
    its->number = n_itss(g);
    its->config = *config;
    if (its->config.device_id_bits == 0)
        its->config.device_id_bits = 16;
    if (its->config.event_id_bits == 0)
        its->config.event_id_bits = 16;
    its->address = GIC_ADDRESS_UNSET;
    its_reset(its);
    while (*end != NULL)
        end = &(*end)->next;
    *end = its;
    *out = its;
    return 0;
}

void gic_its_destroy_all(struct gic *g)
{
    while (g->itss != NULL) {
        struct gic_its *its = g->itss;
        g->itss = its->next;
        free(its);
    }
}

void gic_its_reset_all(struct gic *g)
{
    for (struct gic_its *its = g->itss; its != NULL; its = its->next)
        its_reset(its);
}

void gic_its_visit_all(struct gic *g,
                       void (*fn)(void *opaque, const char *name, void *data, size_t size_bytes),
                       void *opaque)
{
    for (struct gic_its *its = g->itss; its != NULL; its = its->next)
        fn(opaque, "gic.its", &its->s, sizeof(its->s));
}

static void mend(struct gic_its *its)
{
    struct gic_its_state *s = &its->s;

    s->ctlr &= ctlr_writable(its);
    s->delay_chosen = s->delay_chosen != 0;
    s->delay = s->delay < LONGEST_STEPS ? s->delay : LONGEST_STEPS - 1;
    s->quiesce_reads = gic_mend_reads(s->quiesce_reads);
    s->list_form &= 1;
    s->vmovp &= ITS_VMOVP_BITS;
    s->reserved = 0;
    s->statusr &= its_statusr_bits(its);
    s->umsir = its->config.report_unmapped ? s->umsir : 0;
    s->cbaser &= CBASER_WRITABLE;
    s->cwriter &= OFFSET_MASK;
    s->creadr &= OFFSET_MASK | STALLED;
    if (s->cwriter >= queue_bytes(its))
        s->cwriter = 0;
    if ((s->creadr & OFFSET_MASK) >= queue_bytes(its))
        s->creadr = 0;
    for (unsigned n = 0; n < ITS_N_BASERS; n++)
        s->baser[n] &= baser_writable(its, n);
}

void gic_its_mend_all(struct gic *g)
{
    for (struct gic_its *its = g->itss; its != NULL; its = its->next)
        mend(its);
}
