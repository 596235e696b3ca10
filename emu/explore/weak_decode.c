/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/explore/weak_decode.h"

#include "cpu/ordering.h"

enum { NONE = 31, LINK = 30 };

static unsigned field(uint32_t insn, unsigned high, unsigned low)
{
    return insn >> low & ((1u << (high - low + 1)) - 1);
}

/* Number 31 is XZR here, SP there. */
static uint64_t x(uint32_t insn, unsigned low)
{
    unsigned n = field(insn, low + 4, low);

    return n == NONE ? 0 : 1ull << n;
}

static uint64_t x_or_sp(uint32_t insn, unsigned low)
{
    return 1ull << field(insn, low + 4, low);
}

enum { RD = 0, RN = 5, RA = 10, RM = 16 };

static struct weak_insn everything(void)
{
    return (struct weak_insn){.kind = WEAK_OTHER, .reads = WEAK_ALL, .writes = WEAK_ALL};
}

/* -- Data processing: immediate, then register ------------------------------------------------- */

static struct weak_insn immediate(uint32_t insn)
{
    unsigned op = field(insn, 25, 23), opc = field(insn, 30, 29);
    bool sets = field(insn, 29, 29);

    switch (op) {
    case 0: /* ADR, ADRP */
    case 1:
        return (struct weak_insn){.writes = x(insn, RD)};
    case 2: /* ADD, SUB; with tags */
        return (struct weak_insn){.reads = x_or_sp(insn, RN),
                                  .writes = sets ? x(insn, RD) | WEAK_FLAGS : x_or_sp(insn, RD)};
    case 3:
        return (struct weak_insn){.reads = x_or_sp(insn, RN), .writes = x_or_sp(insn, RD)};
    case 4: /* AND, ORR, EOR, ANDS */
        return (struct weak_insn){.reads = x(insn, RN),
                                  .writes =
                                      opc == 3 ? x(insn, RD) | WEAK_FLAGS : x_or_sp(insn, RD)};
    case 5: /* MOVN, MOVZ, MOVK */
        return (struct weak_insn){.reads = opc == 3 ? x(insn, RD) : 0, .writes = x(insn, RD)};
    case 6: /* SBFM, BFM, UBFM */
        return (struct weak_insn){.reads = x(insn, RN) | (opc == 1 ? x(insn, RD) : 0),
                                  .writes = x(insn, RD)};
    default: /* EXTR */
        return (struct weak_insn){.reads = x(insn, RN) | x(insn, RM), .writes = x(insn, RD)};
    }
}

static struct weak_insn add_or_logical(uint32_t insn)
{
    bool add = field(insn, 24, 24), extended = add && field(insn, 21, 21);
    bool sets = add ? field(insn, 29, 29) : field(insn, 30, 29) == 3;

    return (struct weak_insn){.reads = (extended ? x_or_sp(insn, RN) : x(insn, RN)) | x(insn, RM),
                              .writes = (extended && !sets ? x_or_sp(insn, RD) : x(insn, RD)) |
                                        (sets ? WEAK_FLAGS : 0)};
}

static struct weak_insn by_register(uint32_t insn)
{
    uint64_t two = x(insn, RN) | x(insn, RM);

    if (!field(insn, 28, 28))
        return add_or_logical(insn);
    if (field(insn, 24, 24)) /* MADD and its kin */
        return (struct weak_insn){.reads = two | x(insn, RA), .writes = x(insn, RD)};
    switch (field(insn, 23, 21)) {
    case 0: /* ADC, SBC, RMIF, SETF */
        return (struct weak_insn){.reads = two | WEAK_FLAGS, .writes = x(insn, RD) | WEAK_FLAGS};
    case 2: /* CCMP, CCMN: Rm's place may hold a number */
        return (struct weak_insn){.reads = x(insn, RN) | WEAK_FLAGS |
                                           (field(insn, 11, 11) ? 0 : x(insn, RM)),
                                  .writes = WEAK_FLAGS};
    case 4: /* CSEL and its kin */
        return (struct weak_insn){.reads = two | WEAK_FLAGS, .writes = x(insn, RD)};
    case 6: /* of two sources, or (bit 30) of one; PAC's read Rd and SP, too */
        return (struct weak_insn){.reads = field(insn, 30, 30) ? x(insn, RN) | x(insn, RD) | WEAK_SP
                                                               : two,
                                  .writes = x(insn, RD)};
    default:
        return everything();
    }
}

/* FP and SIMD are one register; FMOV and its kin read or write a general register or the flags. */
static struct weak_insn fp(uint32_t insn)
{
    return (struct weak_insn){.reads = WEAK_FP | WEAK_FLAGS | x(insn, RN) | x(insn, RD),
                              .writes = WEAK_FP | WEAK_FLAGS | x(insn, RD)};
}

/* -- Branches and the system ------------------------------------------------------------------- */

static struct weak_insn hint(uint32_t insn)
{
    unsigned n = field(insn, 11, 5);

    if (n >= 1 && n <= 3) /* YIELD, WFE, WFI */
        return (struct weak_insn){.kind = WEAK_WAIT};
    if (n <= 5) /* NOP, SEV, SEVL */
        return (struct weak_insn){0};
    return n == 34 || n == 36 || n == 38 ? (struct weak_insn){0} /* BTI */ : everything();
}

static struct weak_insn system(uint32_t insn)
{
    enum barrier_kind barrier = barrier_of(insn).kind;

    if (barrier == BARRIER_ISB)
        return (struct weak_insn){.kind = WEAK_SYNC};
    if (barrier != BARRIER_NONE)
        return (struct weak_insn){.kind = WEAK_BARRIER};
    if ((insn & 0xfffff01f) == 0xd503201f)
        return hint(insn);
    if ((insn & 0xffffffc0) == 0xd5031000)
        return (struct weak_insn){.kind = WEAK_WAIT, .reads = x(insn, RD)}; /* WFET, WFIT */
    if (field(insn, 21, 21))                                                /* MRS, SYSL */
        return (struct weak_insn){.kind = WEAK_OTHER, .reads = WEAK_SYSTEM, .writes = x(insn, RD)};
    return (struct weak_insn){/* MSR, SYS */
                              .kind = WEAK_OTHER,
                              .reads = x(insn, RD),
                              .writes = WEAK_SYSTEM};
}

static struct weak_insn indirect(uint32_t insn)
{
    unsigned opc = field(insn, 24, 21);

    if (opc == 4 || opc == 5) /* ERET, DRPS */
        return (struct weak_insn){.kind = WEAK_SYNC, .reads = WEAK_ALL, .writes = WEAK_ALL};
    return (struct weak_insn){.kind = WEAK_BRANCH,
                              .reads = x(insn, RN) | (opc & 8 ? WEAK_SP | x(insn, RD) : 0),
                              .writes = opc & 1 ? 1ull << LINK : 0};
}

static struct weak_insn branch_or_system(uint32_t insn)
{
    if ((insn & 0x7c000000) == 0x14000000) /* B, BL */
        return (struct weak_insn){.writes = field(insn, 31, 31) ? 1ull << LINK : 0};
    if ((insn & 0x7c000000) == 0x34000000) /* CBZ, CBNZ, TBZ, TBNZ */
        return (struct weak_insn){.kind = WEAK_BRANCH, .reads = x(insn, RD)};
    if ((insn & 0xff000000) == 0x54000000) /* B.cond */
        return (struct weak_insn){.kind = WEAK_BRANCH, .reads = WEAK_FLAGS};
    if ((insn & 0xfe000000) == 0xd6000000)
        return indirect(insn);
    if ((insn & 0xffc00000) == 0xd5000000)
        return system(insn);
    if ((insn & 0xff000000) != 0xd4000000)
        return everything();
    /* HVC, SMC, HLT may stop the vCPU; SVC and BRK are exceptions. */
    if ((insn & 0xe0001f) == 0x2 || (insn & 0xe0001f) == 0x3 || (insn & 0xe0001f) == 0x400000)
        return (struct weak_insn){.kind = WEAK_WAIT, .reads = WEAK_ALL, .writes = WEAK_ALL};
    return everything();
}

/* -- Loads and stores -------------------------------------------------------------------------- */

static struct weak_insn load(uint32_t insn, uint64_t address)
{
    return (struct weak_insn){.kind = WEAK_LOAD,
                              .loads = true,
                              .reads = address,
                              .address = address,
                              .writes = x(insn, RD)};
}

static struct weak_insn store(uint32_t insn, uint64_t address)
{
    return (struct weak_insn){
        .kind = WEAK_STORE, .reads = address | x(insn, RD), .address = address};
}

/* Exclusives, ordered accesses, CAS, atomic operations; all have the base register alone. */
static struct weak_insn special(uint32_t insn, bool in_exclusive_group)
{
    struct access_ordering o = ordering_of_access(insn);
    uint64_t base = x_or_sp(insn, RN), other = x(insn, RM), second = 0;
    struct weak_insn i;

    if (!o.atomic && !o.exclusive)
        return o.loads ? load(insn, base) : o.stores ? store(insn, base) : everything();
    if (in_exclusive_group && field(insn, 21, 21) && !field(insn, 23, 23)) /* a pair */
        second = o.atomic ? (x(insn, RD) | x(insn, RM)) << 1 & (WEAK_SP - 1) : x(insn, RA);
    i = (struct weak_insn){.kind = WEAK_ATOMIC, .reads = base, .address = base, .status = NONE};
    if (o.atomic) {
        i.reads |= other | second | (in_exclusive_group ? x(insn, RD) : 0);
        i.writes = in_exclusive_group ? other | second : x(insn, RD);
    } else if (o.loads) {
        i.writes = x(insn, RD) | second;
    } else {
        i.reads |= x(insn, RD) | second;
        i.writes = other;
        i.status = field(insn, 20, 16);
    }
    return i;
}

/* Of two registers, or of FP and SIMD registers: never put off, nor out of date. */
static struct weak_insn pair(uint32_t insn, bool is_fp, bool is_load, bool writes_back)
{
    uint64_t base = x_or_sp(insn, RN);
    uint64_t data = is_fp ? WEAK_FP : x(insn, RD) | x(insn, RA);

    return (struct weak_insn){.kind = WEAK_PAIR,
                              .loads = is_load,
                              .address = base,
                              .reads = base | (is_load && !is_fp ? 0 : data),
                              .writes = (is_load ? data : 0) | (writes_back ? base : 0),
                              .writes_back = writes_back};
}

static struct weak_insn fp_single(uint32_t insn)
{
    struct weak_insn i = pair(insn, true, field(insn, 22, 22), !field(insn, 24, 24));

    i.address |= field(insn, 24, 24) ? 0 : x(insn, RM);
    i.reads |= i.address;
    return i;
}

static struct weak_insn single(uint32_t insn)
{
    bool offset_register = (insn & 0x3b200c00) == 0x38200800;
    bool unsigned_offset = (insn & 0x3b000000) == 0x39000000;
    unsigned size = field(insn, 31, 30), opc = field(insn, 23, 22);
    uint64_t address = x_or_sp(insn, RN) | (offset_register ? x(insn, RM) : 0);
    struct weak_insn i;

    if (size == 3 && opc == 2)
        return (struct weak_insn){0}; /* PRFM */
    i = opc ? load(insn, address) : store(insn, address);
    i.writes_back = !offset_register && !unsigned_offset && field(insn, 10, 10);
    if (i.writes_back)
        i.writes |= x_or_sp(insn, RN);
    return i;
}

static struct weak_insn load_or_store(uint32_t insn)
{
    bool is_fp = field(insn, 26, 26), pairs = (insn & 0x3a000000) == 0x28000000;

    if ((insn & 0x3f000000) == 0x08000000)
        return special(insn, true);
    if ((insn & 0x3b000000) == 0x18000000) /* LDR (literal) */
        return (struct weak_insn){.reads = is_fp ? WEAK_FP : 0,
                                  .writes = is_fp ? WEAK_FP : x(insn, RD)};
    if (pairs)
        return pair(insn, is_fp, field(insn, 22, 22), field(insn, 23, 23));
    if (is_fp && (insn & 0x3a000000) == 0x38000000) /* a form with an offset may have Rm, too */
        return fp_single(insn);
    if ((insn & 0x3f200c00) == 0x38200000 || (insn & 0x3f200c00) == 0x19000000)
        return special(insn, false);
    if ((insn & 0x3f200c00) == 0x38200800 || (insn & 0x3f200000) == 0x38000000 ||
        (insn & 0x3f000000) == 0x39000000)
        return single(insn);
    return everything();
}

struct weak_insn weak_decode(uint32_t insn)
{
    unsigned group = field(insn, 28, 25);

    if ((group & 0xe) == 8)
        return immediate(insn);
    if ((group & 0xe) == 10)
        return branch_or_system(insn);
    if ((group & 5) == 4)
        return load_or_store(insn);
    if ((group & 7) == 5)
        return by_register(insn);
    if ((group & 7) == 7)
        return fp(insn);
    return everything();
}
