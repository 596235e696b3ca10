/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a machine will be, before it is: the revision of its GIC, its INTID ranges, priority bits,
 * features, where frames are, and the ID registers. Values are set in any order, from any thread,
 * with no vCPU in the world; then the setup is sealed, once and for ever.
 *
 *     open ----- vmm_setup_set(), any number of times ----->  sealed
 *
 * One atomic word says all: which values are current, and whether they are sealed. A change is
 * made by compare-and-swap of that word: it is seen whole or not at all, it cannot be lost, and it
 * cannot slip in behind a seal that came between the look and the write (systems.md, S3). There is
 * no lock, so none is ever held by somebody who is in the way: nothing here answers -EBUSY.
 *
 * Once sealed, a value that is equal to what is there may be set again, another is refused:
 * whoever restores what was saved need not know whether somebody else was first.
 *
 * A machine (emu/machine.h) takes its values at machine_create(): what its board depends on is
 * fixed then. The GIC's revision and the ID registers stay open until the first vCPU runs its
 * first instruction (S4).
 *
 * Threads: any, at any time; create and destroy excepted.
 * Errors: 0, or
 *   -EPERM   sealed, or fixed because the machine is made, and the value is another one
 *   -EINVAL  no value for that key; values that contradict each other (vmm_setup_seal())
 *   -ENOENT  no such key
 *   -ENOSPC  more than VMM_SETUP_MAX_CHANGES were made: somebody sets values in a loop
 *   -ENOMEM
 */
#ifndef IRQLAB_EMU_VMM_SETUP_H
#define IRQLAB_EMU_VMM_SETUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "emu/error.h"
#include "emu/gic_options.h"

enum { VMM_SETUP_MAX_CHANGES = 65536 };

/* Key, name, (op1, CRm, op2) with op0 3 and CRn 0: the ID registers that a machine has one of. */
#define VMM_ID_REGISTERS(X)                                                                        \
    X(ID_AA64PFR0, "ID_AA64PFR0_EL1", 4, 0)                                                        \
    X(ID_AA64PFR1, "ID_AA64PFR1_EL1", 4, 1)                                                        \
    X(ID_AA64ZFR0, "ID_AA64ZFR0_EL1", 4, 4)                                                        \
    X(ID_AA64SMFR0, "ID_AA64SMFR0_EL1", 4, 5)                                                      \
    X(ID_AA64DFR0, "ID_AA64DFR0_EL1", 5, 0)                                                        \
    X(ID_AA64DFR1, "ID_AA64DFR1_EL1", 5, 1)                                                        \
    X(ID_AA64AFR0, "ID_AA64AFR0_EL1", 5, 4)                                                        \
    X(ID_AA64AFR1, "ID_AA64AFR1_EL1", 5, 5)                                                        \
    X(ID_AA64ISAR0, "ID_AA64ISAR0_EL1", 6, 0)                                                      \
    X(ID_AA64ISAR1, "ID_AA64ISAR1_EL1", 6, 1)                                                      \
    X(ID_AA64ISAR2, "ID_AA64ISAR2_EL1", 6, 2)                                                      \
    X(ID_AA64ISAR3, "ID_AA64ISAR3_EL1", 6, 3)                                                      \
    X(ID_AA64MMFR0, "ID_AA64MMFR0_EL1", 7, 0)                                                      \
    X(ID_AA64MMFR1, "ID_AA64MMFR1_EL1", 7, 1)                                                      \
    X(ID_AA64MMFR2, "ID_AA64MMFR2_EL1", 7, 2)                                                      \
    X(ID_AA64MMFR3, "ID_AA64MMFR3_EL1", 7, 3)                                                      \
    X(ID_AA64MMFR4, "ID_AA64MMFR4_EL1", 7, 4)

/* Keys: those of -gic (VMM_KEY_GIC_spis, ...), then these, then the ID registers. */
enum vmm_key {
#define X(name, field, min, max, help) VMM_KEY_GIC_##field,
    GIC_OPTIONS_NUMBERS(X)
#undef X
#define X(name, field, help) VMM_KEY_GIC_##field,
        GIC_OPTIONS_SWITCHES(X)
#undef X
            VMM_KEY_GIC_VERSION, /* enum gic_version: 0 GICv3, 1 GICv4.0, 2 GICv4.1 */
    VMM_KEY_GICD_REVISION,       /* GICD_IIDR.Revision, 0..15 */
    VMM_KEY_GICD_BASE, /* where frames are: board_takes_frame(); 0: the board's own place */
    VMM_KEY_GICR_BASE,
    VMM_KEY_ITS_BASE,
#define X(key, name, crm, op2) VMM_KEY_##key,
    VMM_ID_REGISTERS(X)
#undef X
        VMM_N_KEYS
};

#define VMM_FIRST_ID_KEY VMM_KEY_ID_AA64PFR0
#define VMM_N_ID_KEYS    (VMM_N_KEYS - VMM_FIRST_ID_KEY)

struct vmm_setup;

/** vmm_setup_create - open, with the defaults of `irqlab run`; ID registers not given. */
int vmm_setup_create(struct vmm_setup **out);
void vmm_setup_destroy(struct vmm_setup *s);

/** vmm_setup_take_options - of a new one, that no other thread has yet: -gic's values. */
void vmm_setup_take_options(struct vmm_setup *s, const struct gic_options *gic);

/** vmm_setup_name - "spis", "gicd-revision", "ID_AA64PFR0_EL1"; vmm_setup_key - -ENOENT: none. */
const char *vmm_setup_name(enum vmm_key key);
int vmm_setup_key(const char *name);

/**
 * vmm_setup_set - 0 if @key has @value now, because of this call or before it. Lock-free: it is
 * retried only when another change was made meanwhile.
 */
int vmm_setup_set(struct vmm_setup *s, enum vmm_key key, uint64_t value, struct error *err);
/**
 * vmm_setup_swap - likewise, but only if it has @expected; else -EAGAIN, and *expected gets what it
 * has.
 */
int vmm_setup_swap(struct vmm_setup *s, enum vmm_key key, uint64_t *expected, uint64_t value,
                   struct error *err);

/** vmm_setup_get - wait-free. Of an ID register that was not given: 0 until a machine is made. */
uint64_t vmm_setup_get(const struct vmm_setup *s, enum vmm_key key);
/** vmm_setup_is_given - whether somebody has set it. */
bool vmm_setup_is_given(const struct vmm_setup *s, enum vmm_key key);
/** vmm_setup_get_all - all values of one instant; returns whether they are sealed. */
bool vmm_setup_get_all(const struct vmm_setup *s, uint64_t values[VMM_N_KEYS]);
bool vmm_setup_is_sealed(const struct vmm_setup *s);

/**
 * vmm_setup_set_attr - vmm_setup_set() by the numbers of device attributes (gic/attr.h): ADDR (of
 * an ITS too), NR_IRQS, and GICD_IIDR, of which the revision alone can differ. -ENXIO: another.
 * vmm_setup_get_attr - likewise.
 */
int vmm_setup_set_attr(struct vmm_setup *s, uint32_t group, uint64_t attr, uint64_t value,
                       struct error *err);
int vmm_setup_get_attr(const struct vmm_setup *s, uint32_t group, uint64_t attr, uint64_t *value);

/** vmm_setup_check - whether the values that it has now can be sealed; nothing changes. */
int vmm_setup_check(const struct vmm_setup *s, struct error *err);
/** vmm_setup_seal - what was checked is what is sealed. 0 also if it was sealed before. */
int vmm_setup_seal(struct vmm_setup *s, struct error *err);

/* -- For machines ------------------------------------------------------------------------------ */

/* What an engine has, for the ID registers (emu/vmm_idregs.c). */
struct vmm_engine_ids {
    uint64_t value[VMM_N_ID_KEYS];
};

/**
 * vmm_setup_fix - a machine is made of @s: from now on every key but GICD_REVISION and the ID
 * registers is as if sealed, and frames that have no place have got the usual one.
 * vmm_setup_take_ids - and its engine has @ids: ID registers that were
 * not given get these, and those that were must be what such an engine can be; else -EINVAL, and
 * nothing changes.
 */
int vmm_setup_fix(struct vmm_setup *s, struct error *err);
int vmm_setup_take_ids(struct vmm_setup *s, const struct vmm_engine_ids *ids, struct error *err);

/** vmm_id_supported - whether an engine whose register @key is @has can be one with @value. */
bool vmm_id_supported(enum vmm_key key, uint64_t has, uint64_t value);

/**
 * vmm_setup_put - for a machine that becomes what it was (snapshots): all values, and whether
 * they are sealed, with no regard to what is. No other thread may use @s meanwhile.
 */
void vmm_setup_put(struct vmm_setup *s, const uint64_t values[VMM_N_KEYS], bool sealed);

#endif
