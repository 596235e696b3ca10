/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Instructions as GNU as encodes them, and what each says about order. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "cpu/ordering.h"

struct access_case {
    const char *text;
    uint32_t insn;
    const char
        *says; /* L loads, S stores, a acquire, p AcquirePC, r release, x exclusive, t atomic */
};

static const struct access_case accesses[] = {
    {"ldr x0,[x1]", 0xf9400020, ""},
    {"str x0,[x1]", 0xf9000020, ""},
    {"ldp x0,x1,[x2]", 0xa9400440, ""},
    {"stp x0,x1,[x2]", 0xa9000440, ""},
    {"ldxr w0,[x1]", 0x885f7c20, "Lx"},
    {"ldaxr x0,[x1]", 0xc85ffc20, "Lxa"},
    {"ldaxrb w0,[x1]", 0x085ffc20, "Lxa"},
    {"stxr w2,w0,[x1]", 0x88027c20, "Sx"},
    {"stlxr w2,x0,[x1]", 0xc802fc20, "Sxr"},
    {"ldxp x0,x2,[x1]", 0xc87f0820, "Lx"},
    {"ldaxp w0,w2,[x1]", 0x887f8820, "Lxa"},
    {"stxp w3,x0,x2,[x1]", 0xc8230820, "Sx"},
    {"stlxp w3,x0,x2,[x1]", 0xc8238820, "Sxr"},
    {"ldar w0,[x1]", 0x88dffc20, "La"},
    {"ldarb w0,[x1]", 0x08dffc20, "La"},
    {"ldlar x0,[x1]", 0xc8df7c20, "La"},
    {"stlr x0,[x1]", 0xc89ffc20, "Sr"},
    {"stlrh w0,[x1]", 0x489ffc20, "Sr"},
    {"stllr w0,[x1]", 0x889f7c20, "Sr"},
    {"cas w0,w2,[x1]", 0x88a07c22, "LSt"},
    {"casa x0,x2,[x1]", 0xc8e07c22, "LSta"},
    {"casl w0,w2,[x1]", 0x88a0fc22, "LStr"},
    {"casal x0,x2,[x1]", 0xc8e0fc22, "LStar"},
    {"casb w0,w2,[x1]", 0x08a07c22, "LSt"},
    {"casp x0,x1,x2,x3,[x4]", 0x48207c82, "LSt"},
    {"caspa w0,w1,w2,w3,[x4]", 0x08607c82, "LSta"},
    {"caspl x0,x1,x2,x3,[x4]", 0x4820fc82, "LStr"},
    {"caspal x0,x1,x2,x3,[x4]", 0x4860fc82, "LStar"},
    {"casa xzr,x2,[x1]", 0xc8ff7c22, "LSta"},
    {"ldadd w0,w2,[x1]", 0xb8200022, "LSt"},
    {"ldadda w0,w2,[x1]", 0xb8a00022, "LSta"},
    {"ldaddl w0,w2,[x1]", 0xb8600022, "LStr"},
    {"ldaddal x0,x2,[x1]", 0xf8e00022, "LStar"},
    {"stadd w0,[x1]", 0xb820003f, "LSt"},
    {"staddl w0,[x1]", 0xb860003f, "LStr"},
    {"ldadda w0,wzr,[x1]", 0xb8a0003f, "LSt"},
    {"ldclrb w0,w2,[x1]", 0x38201022, "LSt"},
    {"ldeoral x0,x2,[x1]", 0xf8e02022, "LStar"},
    {"ldseth w0,w2,[x1]", 0x78203022, "LSt"},
    {"ldsmaxa x0,x2,[x1]", 0xf8a04022, "LSta"},
    {"ldumin x0,x2,[x1]", 0xf8207022, "LSt"},
    {"swp w0,w2,[x1]", 0xb8208022, "LSt"},
    {"swpal x0,x2,[x1]", 0xf8e08022, "LStar"},
    {"ldapr w0,[x1]", 0xb8bfc020, "Lp"},
    {"ldaprb w0,[x1]", 0x38bfc020, "Lp"},
    {"ldapur x0,[x1,#8]", 0xd9408020, "Lp"},
    {"ldapursw x0,[x1,#4]", 0x99804020, "Lp"},
    {"ldapursb w0,[x1]", 0x19c00020, "Lp"},
    {"stlur x0,[x1,#8]", 0xd9008020, "Sr"},
    {"ldr x0,[x1,x2]", 0xf8626820, ""},
    {"ldur x0,[x1,#1]", 0xf8401020, ""},
    {"str q0,[x1]", 0x3d800020, ""},
    {"ldr x0,[x1],#8", 0xf8408420, ""},
    {"prfm pldl1keep,[x1]", 0xf9800020, ""},
    {"sb", 0xd50330ff, ""},
    {"clrex", 0xd5033f5f, ""},
    {"nop", 0xd503201f, ""},
};

static void say(const struct access_ordering *o, char *text)
{
    const struct {
        bool said;
        char letter;
    } letters[] = {{o->loads, 'L'},   {o->stores, 'S'},     {o->exclusive, 'x'}, {o->atomic, 't'},
                   {o->acquire, 'a'}, {o->acquire_pc, 'p'}, {o->release, 'r'}};

    for (size_t i = 0; i < sizeof(letters) / sizeof(*letters); i++) {
        if (letters[i].said)
            *text++ = letters[i].letter;
    }
    *text = 0;
}

START_TEST(an_access_is_ordered_as_its_instruction_says)
{
    const struct access_case *c = &accesses[_i];
    struct access_ordering o = ordering_of_access(c->insn);
    char said[8];

    say(&o, said);
    ck_assert_msg(!strcmp(said, c->says), "%s: %s instead of %s", c->text, said, c->says);
    ck_assert_int_eq(ordering_is_plain(&o), !*c->says);
}
END_TEST

struct barrier_case {
    const char *text;
    uint32_t insn;
    const char *says; /* M DMB, S DSB, I ISB; what is before - what is after */
    enum barrier_domain domain;
};

static const struct barrier_case barriers[] = {
    {"dmb sy", 0xd5033fbf, "MLS-LS", DOMAIN_SY},
    {"dmb ish", 0xd5033bbf, "MLS-LS", DOMAIN_ISH},
    {"dmb ishld", 0xd50339bf, "ML-LS", DOMAIN_ISH},
    {"dmb ishst", 0xd5033abf, "MS-S", DOMAIN_ISH},
    {"dmb oshld", 0xd50331bf, "ML-LS", DOMAIN_OSH},
    {"dmb nshst", 0xd50336bf, "MS-S", DOMAIN_NSH},
    {"dmb #0", 0xd50330bf, "MLS-LS", DOMAIN_SY},
    {"dsb sy", 0xd5033f9f, "SLS-LS", DOMAIN_SY},
    {"dsb ish", 0xd5033b9f, "SLS-LS", DOMAIN_ISH},
    {"dsb ishst", 0xd5033a9f, "SS-S", DOMAIN_ISH},
    {"dsb ld", 0xd5033d9f, "SL-LS", DOMAIN_SY},
    {"dsb #0", 0xd503309f, "", DOMAIN_OSH},
    {"dsb #4", 0xd503349f, "", DOMAIN_OSH},
    {"dsb #8", 0xd503389f, "SLS-LS", DOMAIN_SY},
    {"isb", 0xd5033fdf, "I", DOMAIN_OSH},
    {"nop", 0xd503201f, "", DOMAIN_OSH},
    {"sb", 0xd50330ff, "", DOMAIN_OSH},
    {"clrex", 0xd5033f5f, "", DOMAIN_OSH},
    {"ldr x0,[x1]", 0xf9400020, "", DOMAIN_OSH},
};

static void say_barrier(const struct barrier *b, char *text)
{
    if (b->kind != BARRIER_NONE)
        *text++ = "?MSI"[b->kind];
    if (b->loads_before)
        *text++ = 'L';
    if (b->stores_before)
        *text++ = 'S';
    if (b->stores_after)
        *text++ = '-';
    if (b->loads_after)
        *text++ = 'L';
    if (b->stores_after)
        *text++ = 'S';
    *text = 0;
}

START_TEST(a_barrier_orders_what_its_kind_says)
{
    const struct barrier_case *c = &barriers[_i];
    struct barrier b = barrier_of(c->insn);
    char said[8];

    say_barrier(&b, said);
    ck_assert_msg(!strcmp(said, c->says), "%s: %s instead of %s", c->text, said, c->says);
    ck_assert_int_eq(b.domain, c->domain);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("ordering");
    TCase *tc = tcase_create("ordering");
    SRunner *runner;
    int failed;

    tcase_add_loop_test(tc, an_access_is_ordered_as_its_instruction_says, 0,
                        sizeof(accesses) / sizeof(*accesses));
    tcase_add_loop_test(tc, a_barrier_orders_what_its_kind_says, 0,
                        sizeof(barriers) / sizeof(*barriers));
    suite_add_tcase(suite, tc);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
