/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Which values an ID register may be given: those of an engine that has fewer features. A field
 * has a row if leaving its feature out leaves out nothing but instructions, or nothing at all;
 * every other field is what the engine and the machine's configuration make of it (GIC and EL2 in
 * ID_AA64PFR0_EL1, ECV in ID_AA64MMFR0_EL1).
 */
#include "emu/vmm_setup.h"

struct field {
    enum vmm_key key;
    uint8_t shift;
    uint16_t values; /* a bit for each that DDI 0487 D19 defines, and the engine honours */
    bool up;         /* more than the engine says is true, too */
};

#define BIT(n)     (1u << (n))
#define ZERO_TO(n) (BIT((n) + 1) - 1)

static const struct field fields[] = {
    {VMM_KEY_ID_AA64PFR0, 56, ZERO_TO(1), true}, /* CSV2, CSV3: nothing here speculates */
    {VMM_KEY_ID_AA64PFR0, 60, ZERO_TO(1), true},
    {VMM_KEY_ID_AA64ISAR0, 4, ZERO_TO(2), false},       /* AES */
    {VMM_KEY_ID_AA64ISAR0, 8, ZERO_TO(1), false},       /* SHA1 */
    {VMM_KEY_ID_AA64ISAR0, 12, ZERO_TO(2), false},      /* SHA2 */
    {VMM_KEY_ID_AA64ISAR0, 16, ZERO_TO(1), false},      /* CRC32 */
    {VMM_KEY_ID_AA64ISAR0, 20, BIT(0) | BIT(2), false}, /* Atomic */
    {VMM_KEY_ID_AA64ISAR0, 28, ZERO_TO(1), false},      /* RDM */
    {VMM_KEY_ID_AA64ISAR0, 32, ZERO_TO(1), false},      /* SHA3 */
    {VMM_KEY_ID_AA64ISAR0, 36, ZERO_TO(1), false},      /* SM3 */
    {VMM_KEY_ID_AA64ISAR0, 40, ZERO_TO(1), false},      /* SM4 */
    {VMM_KEY_ID_AA64ISAR0, 44, ZERO_TO(1), false},      /* DP */
    {VMM_KEY_ID_AA64ISAR0, 48, ZERO_TO(1), false},      /* FHM */
    {VMM_KEY_ID_AA64ISAR0, 52, ZERO_TO(2), false},      /* TS */
    {VMM_KEY_ID_AA64ISAR1, 12, ZERO_TO(1), false},      /* JSCVT */
    {VMM_KEY_ID_AA64ISAR1, 16, ZERO_TO(1), false},      /* FCMA */
    {VMM_KEY_ID_AA64ISAR1, 20, ZERO_TO(2), false},      /* LRCPC */
    {VMM_KEY_ID_AA64ISAR1, 32, ZERO_TO(1), false},      /* FRINTTS */
    {VMM_KEY_ID_AA64ISAR1, 36, ZERO_TO(1), false},      /* SB */
};

static const struct field *field_at(enum vmm_key key, unsigned shift)
{
    for (unsigned i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (fields[i].key == key && fields[i].shift == shift)
            return &fields[i];
    }
    return NULL;
}

bool vmm_id_supported(enum vmm_key key, uint64_t has, uint64_t value)
{
    for (unsigned shift = 0; shift < 64; shift += 4) {
        const struct field *f = field_at(key, shift);
        unsigned is = has >> shift & 0xf, wanted = value >> shift & 0xf;

        if (is == wanted)
            continue;
        if (!f || !(f->values >> wanted & 1) || (wanted > is && !f->up))
            return false;
    }
    return true;
}
