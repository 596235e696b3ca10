/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Exceptions: a vector table per exception level, one C handler per vector, probes for faults that
 * are expected, and code run at a lower exception level.
 */
#ifndef IMAGES_LIB_EXC_H
#define IMAGES_LIB_EXC_H

#include "images/lib/cpu.h"

/* Vector number: offset from VBAR / 0x80 (DDI 0487 D1, "Exception vectors"). */
enum exc_vector {
    EXC_SP0_SYNC,
    EXC_SP0_IRQ,
    EXC_SP0_FIQ,
    EXC_SP0_SERROR,
    EXC_SYNC,
    EXC_IRQ,
    EXC_FIQ,
    EXC_SERROR,
    EXC_LOWER_SYNC,
    EXC_LOWER_IRQ,
    EXC_LOWER_FIQ,
    EXC_LOWER_SERROR,
    EXC_LOWER32_SYNC,
    EXC_LOWER32_IRQ,
    EXC_LOWER32_FIQ,
    EXC_LOWER32_SERROR,
    EXC_VECTORS,
};

/* ESR_ELx.EC (DDI 0487, ESR_EL1). */
enum esr_ec {
    EC_UNKNOWN = 0x00,
    EC_WFX = 0x01,
    EC_FP = 0x07,
    EC_SVC = 0x15,
    EC_HVC = 0x16,
    EC_SMC = 0x17,
    EC_SYSREG = 0x18,
    EC_IABT_LOWER = 0x20,
    EC_IABT = 0x21,
    EC_PC_ALIGN = 0x22,
    EC_DABT_LOWER = 0x24,
    EC_DABT = 0x25,
    EC_SP_ALIGN = 0x26,
    EC_STEP_LOWER = 0x32,
    EC_BRK = 0x3c,
};

#define ESR_EC(esr)  ((unsigned)((esr) >> 26) & 0x3f)
#define ESR_IL       BIT(25)
#define ESR_ISS(esr) ((unsigned)(esr)&0x1ffffff)
#define ESR_FSC(esr) ((unsigned)(esr)&0x3f)
#define ESR_WNR      BIT(6)
#define ESR_S1PTW    BIT(7)
#define ESR_ISV      BIT(24)

/* Fault status codes, DFSC/IFSC; the level is added to the first five (DDI 0487, ESR_EL1). */
enum esr_fsc {
    FSC_ADDRESS_SIZE = 0x00,
    FSC_TRANSLATION = 0x04,
    FSC_ACCESS_FLAG = 0x08,
    FSC_PERMISSION = 0x0c,
    FSC_EXTERNAL = 0x10,
    FSC_EXTERNAL_WALK = 0x14,
    FSC_ALIGNMENT = 0x21,
};

/* What a vector saves; vectors.S knows the layout. */
struct exc_frame {
    u64 x[31];
    u64 sp_el0;
    u64 elr;
    u64 spsr;
    u64 esr;
    u64 far;
};
_Static_assert(sizeof(struct exc_frame) == 288, "vectors.S: FRAME_SIZE");

typedef void exc_handler_fn(struct exc_frame *frame, enum exc_vector vector);

/**
 * exc_set_handler - @fn runs for @vector on every vCPU, on the interrupted stack, with interrupts
 * masked. It may change the frame: x0..x30, ELR and SPSR are put back. NULL restores the library's
 * own: IRQ and FIQ go to gic_handle(), an expected synchronous exception to the probe, one from a
 * lower level ends guest_run(), anything else panics.
 */
void exc_set_handler(enum exc_vector vector, exc_handler_fn *fn);

/** exc_init - point VBAR of the current exception level at the library's table. */
void exc_init(void);

struct exc_info {
    bool taken;
    u64 esr;
    u64 far;
    u64 elr;
    u64 spsr;
    unsigned count;
};

/*
 * A probe: synchronous exceptions of this vCPU between begin and end are recorded (the first) and
 * counted, and the faulting instruction is skipped. An instruction abort returns to x30.
 * Exceptions whose preferred return is the next instruction (SVC, HVC, SMC) are not skipped again.
 */
void probe_begin(void);
struct exc_info probe_end(void);

#define PROBE(statement)                                                                           \
    ({                                                                                             \
        probe_begin();                                                                             \
        statement;                                                                                 \
        isb();                                                                                     \
        probe_end();                                                                               \
    })

/** call_at - branch with link to @addr as a function without arguments; returns its x0. */
u64 call_at(u64 addr);

/* Code run at a lower exception level. x[0..30], pc and spsr are taken and given back. */
struct guest {
    u64 x[31];
    u64 pc;
    u64 spsr;
    u64 sp_el0;
    /* Filled by the exit: */
    u64 esr;
    u64 far;
    /* vectors.S: x19..x30 and sp of the caller. */
    u64 host[13];
};

#define SPSR_EL0T 0x000
#define SPSR_EL1H 0x005
#define SPSR_EL2H 0x009
#define SPSR_DAIF 0x3c0

/**
 * guest_run - ERET into @guest with its registers; returns the vector of the first exception that
 * reaches this level from a lower one. @guest holds the registers at that point.
 */
enum exc_vector guest_run(struct guest *guest);

/*
 * guest_run() in two parts, for a hypervisor that has more to switch. guest_enter():
 * this_cpu()->guest, ELR and SPSR are set, exceptions masked. guest_return(): in the handler of a
 * lower level's vector, this_cpu() being right again, ends that guest_enter(), which returns
 * @vector.
 */
u64 guest_enter(struct guest *guest);
void guest_return(const struct exc_frame *frame, enum exc_vector vector) __attribute__((noreturn));

#endif
