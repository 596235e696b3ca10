/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What instructions read and write; encodings as an assembler gives them. */
#include <check.h>
#include <stdlib.h>

#include "emu/explore/weak_decode.h"

#define X(n) (1ull << (n))

struct sample {
    const char *text;
    uint32_t insn;
    enum weak_insn_kind kind;
    uint64_t reads, writes, address;
};

static const struct sample samples[] = {
    {"movz w9, #1", 0x52800029, WEAK_PLAIN, 0, X(9), 0},
    {"movk x9, #1", 0xf2800029, WEAK_PLAIN, X(9), X(9), 0},
    {"adr x3, .", 0x10000003, WEAK_PLAIN, 0, X(3), 0},
    {"add x1, x2, #1", 0x91000441, WEAK_PLAIN, X(2), X(1), 0},
    {"add sp, sp, #16", 0x910043ff, WEAK_PLAIN, WEAK_SP, WEAK_SP, 0},
    {"cmp x1, #0", 0xf100003f, WEAK_PLAIN, X(1), WEAK_FLAGS, 0},
    {"eor w10, w5, w5", 0x4a0500aa, WEAK_PLAIN, X(5), X(10), 0},
    {"mov x1, x2", 0xaa0203e1, WEAK_PLAIN, X(2), X(1), 0},
    {"madd x0, x1, x2, x3", 0x9b020c20, WEAK_PLAIN, X(1) | X(2) | X(3), X(0), 0},
    {"csel x0, x1, x2, eq", 0x9a820020, WEAK_PLAIN, X(1) | X(2) | WEAK_FLAGS, X(0), 0},
    {"bfi w0, w1, #8, #8", 0x33181c20, WEAK_PLAIN, X(0) | X(1), X(0), 0},
    {"ubfx w0, w1, #8, #8", 0x53083c20, WEAK_PLAIN, X(1), X(0), 0},
    {"b .", 0x14000000, WEAK_PLAIN, 0, 0, 0},
    {"bl .", 0x94000000, WEAK_PLAIN, 0, X(30), 0},
    {"b.eq .", 0x54000000, WEAK_BRANCH, WEAK_FLAGS, 0, 0},
    {"cbnz w5, .", 0x35000005, WEAK_BRANCH, X(5), 0, 0},
    {"tbz x5, #33, .", 0xb6080005, WEAK_BRANCH, X(5), 0, 0},
    {"ret", 0xd65f03c0, WEAK_BRANCH, X(30), 0, 0},
    {"blr x3", 0xd63f0060, WEAK_BRANCH, X(3), X(30), 0},
    {"isb", 0xd5033fdf, WEAK_SYNC, 0, 0, 0},
    {"dmb ish", 0xd5033bbf, WEAK_BARRIER, 0, 0, 0},
    {"dsb sy", 0xd5033f9f, WEAK_BARRIER, 0, 0, 0},
    {"nop", 0xd503201f, WEAK_PLAIN, 0, 0, 0},
    {"wfe", 0xd503205f, WEAK_WAIT, 0, 0, 0},
    {"sev", 0xd503209f, WEAK_PLAIN, 0, 0, 0},
    {"hlt #0xf000", 0xd45e0000, WEAK_WAIT, WEAK_ALL, WEAK_ALL, 0},
    {"svc #0", 0xd4000001, WEAK_OTHER, WEAK_ALL, WEAK_ALL, 0},
    {"mrs x4, tpidr_el1", 0xd538d084, WEAK_OTHER, WEAK_SYSTEM, X(4), 0},
    {"msr tpidr_el1, x4", 0xd518d084, WEAK_OTHER, X(4), WEAK_SYSTEM, 0},
    {"ldr w5, [x0]", 0xb9400005, WEAK_LOAD, X(0), X(5), X(0)},
    {"ldr w6, [x1, w10, uxtw]", 0xb86a4826, WEAK_LOAD, X(1) | X(10), X(6), X(1) | X(10)},
    {"ldr x6, [x1], #8", 0xf8408426, WEAK_LOAD, X(1), X(1) | X(6), X(1)},
    {"str w9, [sp]", 0xb90003e9, WEAK_STORE, X(9) | WEAK_SP, 0, WEAK_SP},
    {"str xzr, [x2]", 0xf900005f, WEAK_STORE, X(2), 0, X(2)},
    {"ldar w5, [x0]", 0x88dffc05, WEAK_LOAD, X(0), X(5), X(0)},
    {"ldapr w5, [x0]", 0xb8bfc005, WEAK_LOAD, X(0), X(5), X(0)},
    {"stlr w9, [x0]", 0x889ffc09, WEAK_STORE, X(0) | X(9), 0, X(0)},
    {"ldxr x1, [x2]", 0xc85f7c41, WEAK_ATOMIC, X(2), X(1), X(2)},
    {"stxr w3, x1, [x2]", 0xc8037c41, WEAK_ATOMIC, X(1) | X(2), X(3), X(2)},
    {"ldadd x1, x2, [x3]", 0xf8210062, WEAK_ATOMIC, X(1) | X(3), X(2), X(3)},
    {"cas x1, x2, [x3]", 0xc8a17c62, WEAK_ATOMIC, X(1) | X(2) | X(3), X(1), X(3)},
    {"stp x29, x30, [sp, #-16]!", 0xa9bf7bfd, WEAK_PAIR, X(29) | X(30) | WEAK_SP, WEAK_SP, WEAK_SP},
    {"ldp x1, x2, [x3]", 0xa9400861, WEAK_PAIR, X(3), X(1) | X(2), X(3)},
    {"ldr q0, [x1]", 0x3dc00020, WEAK_PAIR, X(1) | WEAK_FP, WEAK_FP, X(1)},
    {"udf #0", 0x00000000, WEAK_OTHER, WEAK_ALL, WEAK_ALL, 0},
};

START_TEST(an_instruction_reads_and_writes_what_the_manual_says)
{
    const struct sample *s = &samples[_i];
    struct weak_insn i = weak_decode(s->insn);

    ck_assert_msg(i.kind == s->kind, "%s: kind %d", s->text, i.kind);
    ck_assert_msg(i.reads == s->reads, "%s reads %#lx", s->text, (unsigned long)i.reads);
    ck_assert_msg(i.writes == s->writes, "%s writes %#lx", s->text, (unsigned long)i.writes);
    ck_assert_msg(i.address == s->address, "%s: address %#lx", s->text, (unsigned long)i.address);
}
END_TEST

START_TEST(any_word_is_decoded_within_its_registers)
{
    for (uint64_t insn = 0; insn <= UINT32_MAX; insn += 9973) {
        struct weak_insn i = weak_decode((uint32_t)insn);

        ck_assert(!((i.reads | i.writes) & ~WEAK_ALL) && !(i.address & ~i.reads));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("weak_decode");
    TCase *tc = tcase_create("decode");
    SRunner *runner = srunner_create(suite);
    int failed;

    tcase_add_loop_test(tc, an_instruction_reads_and_writes_what_the_manual_says, 0,
                        sizeof(samples) / sizeof(samples[0]));
    tcase_add_test(tc, any_word_is_decoded_within_its_registers);
    suite_add_tcase(suite, tc);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
