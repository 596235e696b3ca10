/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A few instruction words, for tests that write code (encodings: DDI 0487 C6).
 */
#ifndef TESTS_GUEST_CODE_INSN_H
#define TESTS_GUEST_CODE_INSN_H

#include "images/lib/cpu.h"

#define INSN_RET 0xd65f03c0u
#define INSN_NOP 0xd503201fu

/* MOVZ w0, #imm16 */
static inline u32 insn_mov_w0(u16 value)
{
    return 0x52800000u | (u32)value << 5;
}

/* B to @words instructions further on. */
static inline u32 insn_b(int words)
{
    return 0x14000000u | ((u32)words & 0x3ffffff);
}

/* A function that returns @value, made visible to instruction fetch. */
static inline void write_function(volatile u32 *at, u16 value)
{
    at[0] = insn_mov_w0(value);
    at[1] = INSN_RET;
    sync_code((const void *)at, 8);
}

#endif
