/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The engine under cpu/cpu.h, instruction by instruction. Each of our patches to Unicorn has a test
 * here that fails without it; its name is in patches/README.md.
 */
#include "tests/unit/test_engine_rig.h"

START_TEST(a_run_executes_exactly_as_many_instructions_as_asked)
{
    struct rig r;
    uint64_t executed, total = 0;

    rig_open(&r, 1);
    PUT(&r, CODE, ADD_X0_1, ADD_X0_1, ADD_X0_1, BRANCH_BACK(3));
    for (uint64_t n = 1; n < 200000; n = n * 3 + 1) {
        ck_assert_int_eq(run(&r, 0, n, &executed), CPU_STOP_BUDGET);
        ck_assert_uint_eq(executed, n);
        total += n;
    }
    ck_assert_uint_eq(engine_instructions(r.engine), total);
    ck_assert_uint_eq(vcpu_get_x(r.engine, 0, 0), total - total / 4);
    rig_close(&r);
}
END_TEST

START_TEST(mmio_in_the_middle_of_a_block_sees_the_exact_count)
{
    struct rig r;
    uint64_t executed;

    rig_open(&r, 1);
    PUT(&r, CODE, ADD_X3_1, ADD_X3_1, LDR_X1_X2, ADD_X3_1, STR_X1_X2, ADD_X3_1, BRANCH_BACK(6));
    vcpu_set_x(r.engine, 0, 2, DEVICE_BASE);
    for (int round = 0; round < 3; round++) {
        ck_assert_int_eq(run(&r, 0, 7, &executed), CPU_STOP_BUDGET);
        ck_assert_uint_eq(r.read_at, round * 7 + 3);
        ck_assert_uint_eq(r.written_at, round * 7 + 5);
        ck_assert_uint_eq(r.last_value, 0x1234);
    }
    ck_assert_uint_eq(r.reads, 3);
    rig_close(&r);
}
END_TEST

START_TEST(mmio_sees_the_exact_count_however_runs_are_cut)
{
    struct rig r;
    uint64_t executed;

    rig_open(&r, 1);
    PUT(&r, CODE, ADD_X3_1, ADD_X3_1, LDR_X1_X2, ADD_X3_1, STR_X1_X2, ADD_X3_1, BRANCH_BACK(6));
    vcpu_set_x(r.engine, 0, 2, DEVICE_BASE);
    for (uint64_t budget = 1; budget < 40; budget++) {
        uint64_t before = engine_instructions(r.engine), after = before + budget;

        ck_assert_int_eq(run(&r, 0, budget, &executed), CPU_STOP_BUDGET);
        ck_assert_uint_eq(executed, budget);
        ck_assert_uint_eq(r.read_at, after < 3 ? 0 : (after - 3) / 7 * 7 + 3);
        ck_assert_uint_eq(r.written_at, after < 5 ? 0 : (after - 5) / 7 * 7 + 5);
        ck_assert_uint_eq(r.reads, (after + 4) / 7);
    }
    rig_close(&r);
}
END_TEST

START_TEST(a_system_register_access_sees_the_exact_count)
{
    struct rig r;
    uint64_t executed;

    rig_open(&r, 1);
    PUT(&r, CODE, ADD_X5_1, MRS_X4_CNTVCT, ADD_X5_1, MSR_TEST_X5, ADD_X5_1, BRANCH_BACK(5));
    ck_assert_int_eq(run(&r, 0, 6000, &executed), CPU_STOP_BUDGET);
    ck_assert_uint_eq(r.counter_at, 5996);
    ck_assert_uint_eq(r.written_at, 5998);
    ck_assert_uint_eq(vcpu_get_x(r.engine, 0, 4), 5996);
    rig_close(&r);
}
END_TEST

START_TEST(a_line_raised_by_an_access_is_taken_before_the_next_instruction)
{
    struct rig r;
    uint64_t executed;

    rig_open(&r, 1);
    set_vectors(&r, 0);
    PUT(&r, CODE, MSR_DAIFCLR_2, ADD_X3_1, STR_X1_X2, ADD_X3_1, ADD_X3_1, BRANCH_BACK(3));
    vcpu_set_x(r.engine, 0, 2, DEVICE_BASE);
    r.raise_on_write = true;
    run(&r, 0, 100, &executed);
    ck_assert_uint_eq(vcpu_get_x(r.engine, 0, 3), 1);
    ck_assert_uint_eq(vcpu_get_pc(r.engine, 0) & ~0x7full, RAM_BASE + VECTORS + 0x280);
    rig_close(&r);
}
END_TEST

START_TEST(an_access_to_nothing_is_an_external_abort)
{
    struct rig r;
    uint64_t executed, esr, far;

    rig_open(&r, 1);
    set_vectors(&r, 0);
    PUT(&r, CODE, LDR_X0_X1, BRANCH_BACK(1));
    vcpu_set_x(r.engine, 0, 1, 0x30000000);
    ck_assert_int_eq(run(&r, 0, 100, &executed), CPU_STOP_WFI);
    ck_assert_int_eq(vcpu_sysreg_raw(r.engine, 0, 3, 0, 5, 2, 0, &esr), 0);
    ck_assert_int_eq(vcpu_sysreg_raw(r.engine, 0, 3, 0, 6, 0, 0, &far), 0);
    ck_assert_uint_eq(esr >> 26, 0x25); /* data abort, same level */
    ck_assert_uint_eq(esr & 0x3f, 0x10);
    ck_assert_uint_eq(far, 0x30000000);
    rig_close(&r);
}
END_TEST

START_TEST(a_jump_to_nothing_is_an_external_abort)
{
    struct rig r;
    uint64_t executed, esr;

    rig_open(&r, 1);
    set_vectors(&r, 0);
    PUT(&r, CODE, BR_X2);
    vcpu_set_x(r.engine, 0, 2, DEVICE_BASE);
    ck_assert_int_eq(run(&r, 0, 100, &executed), CPU_STOP_WFI);
    ck_assert_int_eq(vcpu_sysreg_raw(r.engine, 0, 3, 0, 5, 2, 0, &esr), 0);
    ck_assert_uint_eq(esr >> 26, 0x21);
    ck_assert_uint_eq(esr & 0x3f, 0x10);
    rig_close(&r);
}
END_TEST

START_TEST(a_run_ends_when_no_vector_can_be_fetched)
{
    struct rig r;
    uint64_t executed;

    rig_open(&r, 1);
    PUT(&r, CODE, 0xd518c008 /* msr vbar_el1, x8 */, SVC);
    vcpu_set_x(r.engine, 0, 8, 0x30000000);
    ck_assert_int_eq(run(&r, 0, 1000, &executed), CPU_STOP_BUDGET);
    ck_assert_uint_eq(executed, 1000);
    rig_close(&r);
}
END_TEST

START_TEST(an_address_beyond_the_physical_space_aborts_and_harms_nobody)
{
    struct rig r;
    uint64_t executed;

    rig_open(&r, 1);
    set_vectors(&r, 0);
    PUT(&r, CODE, BR_X2);
    vcpu_set_x(r.engine, 0, 2, 0x00f0000000000000ull);
    ck_assert_int_eq(run(&r, 0, 100, &executed), CPU_STOP_WFI);
    vcpu_set_pc(r.engine, 0, RAM_BASE + CODE + 0x100);
    PUT(&r, CODE + 0x100, LDR_X0_X1);
    vcpu_set_x(r.engine, 0, 1, 0x00f0000000000000ull);
    ck_assert_int_eq(run(&r, 0, 100, &executed), CPU_STOP_WFI);
    rig_close(&r);
}
END_TEST

START_TEST(a_misaligned_pc_is_an_alignment_fault)
{
    struct rig r;
    uint64_t executed, esr, far;

    rig_open(&r, 1);
    set_vectors(&r, 0);
    PUT(&r, CODE, BR_X2, NOP, NOP);
    vcpu_set_x(r.engine, 0, 2, RAM_BASE + CODE + 6);
    ck_assert_int_eq(run(&r, 0, 100, &executed), CPU_STOP_WFI);
    vcpu_sysreg_raw(r.engine, 0, 3, 0, 5, 2, 0, &esr);
    vcpu_sysreg_raw(r.engine, 0, 3, 0, 6, 0, 0, &far);
    ck_assert_uint_eq(esr >> 26, 0x22);
    ck_assert_uint_eq(far, RAM_BASE + CODE + 6);
    rig_close(&r);
}
END_TEST

START_TEST(each_wait_and_call_stops_with_its_reason)
{
    static const struct {
        uint32_t instruction;
        enum cpu_stop stop;
    } cases[] = {{WFI, CPU_STOP_WFI},
                 {WFE, CPU_STOP_WFE},
                 {YIELD, CPU_STOP_HINT},
                 {HVC, CPU_STOP_CALL},
                 {HLT_F000, CPU_STOP_SEMIHOSTING}};
    struct rig r;
    uint64_t executed;

    rig_open(&r, 1);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        PUT(&r, CODE, NOP, cases[i].instruction, NOP);
        vcpu_set_pc(r.engine, 0, RAM_BASE + CODE);
        ck_assert_int_eq(run(&r, 0, 100, &executed), cases[i].stop);
        ck_assert_uint_eq(vcpu_get_pc(r.engine, 0), RAM_BASE + CODE + 8);
    }
    rig_close(&r);
}
END_TEST

START_TEST(undefined_and_svc_go_through_the_vectors)
{
    struct rig r;
    uint64_t executed, esr;

    rig_open(&r, 1);
    set_vectors(&r, 0);
    PUT(&r, CODE, SVC);
    ck_assert_int_eq(run(&r, 0, 100, &executed), CPU_STOP_WFI);
    vcpu_sysreg_raw(r.engine, 0, 3, 0, 5, 2, 0, &esr);
    ck_assert_uint_eq(esr >> 26, 0x15);
    ck_assert_uint_eq(executed, 2);
    PUT(&r, CODE, UNDEFINED);
    vcpu_set_pc(r.engine, 0, RAM_BASE + CODE);
    ck_assert_int_eq(run(&r, 0, 100, &executed), CPU_STOP_WFI);
    vcpu_sysreg_raw(r.engine, 0, 3, 0, 5, 2, 0, &esr);
    ck_assert_uint_eq(esr >> 26, 0);
    rig_close(&r);
}
END_TEST

START_TEST(code_that_another_vcpu_wrote_is_seen)
{
    struct rig r;
    uint64_t executed;

    rig_open(&r, 2);
    PUT(&r, CODE, MOV_X3_7, WFI);
    ck_assert_int_eq(run(&r, 0, 100, &executed), CPU_STOP_WFI);
    ck_assert_uint_eq(vcpu_get_x(r.engine, 0, 3), 7);
    /* vCPU 1 first fills its TLB with a plain store to the page, then patches the code. */
    PUT(&r, 0x20000, STR_X1_X2, WFI);
    vcpu_set_pc(r.engine, 1, RAM_BASE + 0x20000);
    vcpu_set_x(r.engine, 1, 1, MOV_X3_9 | ((uint64_t)WFI << 32));
    vcpu_set_x(r.engine, 1, 2, RAM_BASE + CODE);
    ck_assert_int_eq(run(&r, 1, 100, &executed), CPU_STOP_WFI);
    vcpu_set_pc(r.engine, 0, RAM_BASE + CODE);
    ck_assert_int_eq(run(&r, 0, 100, &executed), CPU_STOP_WFI);
    ck_assert_uint_eq(vcpu_get_x(r.engine, 0, 3), 9);
    rig_close(&r);
}
END_TEST

START_TEST(a_page_that_was_data_in_a_tlb_becomes_code_and_is_patched)
{
    struct rig r;
    uint64_t executed;

    rig_open(&r, 2);
    PUT(&r, 0x20000, STR_X1_X2, WFI);
    for (int round = 0; round < 3; round++) {
        uint32_t instruction = round & 1 ? MOV_X3_9 : MOV_X3_7;

        vcpu_set_pc(r.engine, 1, RAM_BASE + 0x20000);
        vcpu_set_x(r.engine, 1, 1, instruction | ((uint64_t)WFI << 32));
        vcpu_set_x(r.engine, 1, 2, RAM_BASE + 0x30000);
        run(&r, 1, 100, &executed);
        vcpu_set_pc(r.engine, 0, RAM_BASE + 0x30000);
        run(&r, 0, 100, &executed);
        ck_assert_uint_eq(vcpu_get_x(r.engine, 0, 3), round & 1 ? 9 : 7);
    }
    rig_close(&r);
}
END_TEST

START_TEST(host_writes_are_seen_by_translated_code)
{
    struct rig r;
    uint64_t executed;

    rig_open(&r, 1);
    PUT(&r, CODE, MOV_X3_7, WFI);
    run(&r, 0, 100, &executed);
    PUT(&r, CODE, MOV_X3_9);
    vcpu_set_pc(r.engine, 0, RAM_BASE + CODE);
    run(&r, 0, 100, &executed);
    ck_assert_uint_eq(vcpu_get_x(r.engine, 0, 3), 9);
    rig_close(&r);
}
END_TEST

static void count_page(void *opaque, uint64_t address)
{
    uint64_t *pages = opaque;

    pages[0]++;
    pages[1] = address;
}

START_TEST(the_dirty_log_names_each_written_page_once)
{
    struct rig r;
    uint64_t executed, pages[2] = {0};

    rig_open(&r, 1);
    PUT(&r, CODE, STR_X1_X2, STR_X1_X2, WFI);
    vcpu_set_x(r.engine, 0, 2, RAM_BASE + 0x55008);
    ck_assert_int_eq(engine_dirty_log_start(r.engine), 0);
    for (int round = 0; round < 2; round++) {
        pages[0] = 0;
        vcpu_set_pc(r.engine, 0, RAM_BASE + CODE);
        run(&r, 0, 100, &executed);
        engine_dirty_log_collect(r.engine, count_page, pages);
        ck_assert_uint_eq(pages[0], 1);
        ck_assert_uint_eq(pages[1], RAM_BASE + 0x55000);
    }
    pages[0] = 0;
    engine_dirty_log_collect(r.engine, count_page, pages);
    ck_assert_uint_eq(pages[0], 0);
    engine_dirty_log_stop(r.engine);
    rig_close(&r);
}
END_TEST

/* -- Watched accesses -- */

struct watched {
    struct rig r;
    struct cpu_watched_access seen[8];
    uint64_t memory_then[8]; /* what was there when it was reported */
    unsigned n;
    bool stop;
};

#define DATA 0x55000

static bool note_access(void *opaque, const struct cpu_watched_access *access)
{
    struct watched *w = opaque;

    if (w->n < 8) {
        if (access->pa >= RAM_BASE)
            memcpy(&w->memory_then[w->n], w->r.ram + (access->pa - RAM_BASE), 8);
        w->seen[w->n] = *access;
    }
    w->n++;
    return !w->stop;
}

static void watched_open(struct watched *w, uint64_t x2)
{
    *w = (struct watched){0};
    rig_open(&w->r, 2);
    for (unsigned i = 0; i < 2; i++) {
        vcpu_set_x(w->r.engine, i, 1, 0x1111);
        vcpu_set_x(w->r.engine, i, 2, RAM_BASE + x2);
        vcpu_set_x(w->r.engine, i, 3, 0x3333);
    }
    ck_assert_int_eq(engine_watch_start(w->r.engine, note_access, w), 0);
    ck_assert_int_eq(engine_watch_page(w->r.engine, RAM_BASE + DATA, true), 0);
}

static void watched_close(struct watched *w)
{
    engine_watch_stop(w->r.engine);
    rig_close(&w->r);
}

START_TEST(a_watched_access_is_reported_before_it_is_made)
{
    struct watched w;
    uint64_t executed;

    watched_open(&w, DATA + 8);
    PUT(&w.r, CODE, ADD_X0_1, STR_X1_X2, ADD_X0_1, LDR_X1_X2, WFI);
    ck_assert_int_eq(run(&w.r, 0, 100, &executed), CPU_STOP_WFI);
    ck_assert_uint_eq(executed, 5);
    ck_assert_uint_eq(w.n, 2);
    ck_assert(w.seen[0].is_write && w.seen[0].is_first && !w.seen[1].is_write);
    ck_assert_uint_eq(w.seen[0].pc, RAM_BASE + CODE + 4);
    ck_assert_uint_eq(w.seen[0].va, RAM_BASE + DATA + 8);
    ck_assert_uint_eq(w.seen[0].pa, RAM_BASE + DATA + 8);
    ck_assert_uint_eq(w.seen[0].size_bytes, 8);
    ck_assert_uint_eq(w.seen[0].value, 0x1111);
    ck_assert_uint_eq(w.seen[0].vcpu_instructions, 1);
    ck_assert_uint_eq(w.seen[1].vcpu_instructions, 3);
    ck_assert_uint_eq(w.memory_then[0], 0);
    ck_assert_uint_eq(w.memory_then[1], 0x1111);
    watched_close(&w);
}
END_TEST

START_TEST(pages_that_are_not_watched_are_not_reported)
{
    struct watched w;
    uint64_t executed;

    watched_open(&w, DATA + 0x1000);
    PUT(&w.r, CODE, STR_X1_X2, LDR_X1_X2, WFI);
    run(&w.r, 0, 100, &executed);
    ck_assert_uint_eq(w.n, 0);
    engine_watch_all(w.r.engine, true);
    vcpu_set_pc(w.r.engine, 0, RAM_BASE + CODE);
    run(&w.r, 0, 100, &executed);
    ck_assert_uint_eq(w.n, 2);
    ck_assert_int_eq(engine_watch_page(w.r.engine, DEVICE_BASE, true), -EINVAL);
    watched_close(&w);
}
END_TEST

START_TEST(an_access_that_is_stopped_has_not_happened_and_happens_later)
{
    struct watched w;
    uint64_t executed, value;

    watched_open(&w, DATA);
    w.stop = true;
    PUT(&w.r, CODE, ADD_X0_1, STR_X1_X2, ADD_X0_1, WFI);
    ck_assert_int_eq(run(&w.r, 0, 100, &executed), CPU_STOP_ACCESS);
    ck_assert_uint_eq(executed, 1);
    ck_assert_uint_eq(vcpu_get_pc(w.r.engine, 0), RAM_BASE + CODE + 4);
    memcpy(&value, w.r.ram + DATA, 8);
    ck_assert_uint_eq(value, 0);

    /* The other goes first, is asked too; then this one goes on and is reported, not asked. */
    ck_assert_int_eq(run(&w.r, 1, 100, &executed), CPU_STOP_ACCESS);
    ck_assert_int_eq(run(&w.r, 0, 100, &executed), CPU_STOP_WFI);
    ck_assert_uint_eq(executed, 3);
    memcpy(&value, w.r.ram + DATA, 8);
    ck_assert_uint_eq(value, 0x1111);
    ck_assert_uint_eq(w.n, 3);
    ck_assert(w.seen[1].is_first && w.seen[1].vcpu == 1 && !w.seen[2].is_first);
    watched_close(&w);
}
END_TEST

START_TEST(accesses_of_one_instruction_are_stopped_at_the_first_only)
{
    struct watched w;
    uint64_t executed;

    watched_open(&w, DATA);
    w.stop = true;
    PUT(&w.r, CODE, STP_X1_X3_X2, LDP_X1_X3_X2, WFI);
    ck_assert_int_eq(run(&w.r, 0, 100, &executed), CPU_STOP_ACCESS);
    ck_assert_int_eq(run(&w.r, 0, 100, &executed), CPU_STOP_ACCESS);
    ck_assert_uint_eq(executed, 1);
    ck_assert_uint_eq(w.n, 4); /* asked, x1, x3, asked */
    ck_assert(w.seen[0].is_first && !w.seen[1].is_first && !w.seen[2].is_first);
    ck_assert_uint_eq(w.seen[2].pa, RAM_BASE + DATA + 8);
    ck_assert_uint_eq(w.seen[2].value, 0x3333);
    ck_assert(w.seen[3].is_first && !w.seen[3].is_write);
    ck_assert_int_eq(run(&w.r, 0, 100, &executed), CPU_STOP_WFI);
    ck_assert_uint_eq(w.n, 6);
    watched_close(&w);
}
END_TEST

START_TEST(an_unaligned_access_is_one_report_for_the_first_watched_page)
{
    struct watched w;
    uint64_t executed, value;

    for (uint64_t at = DATA - 3; at <= DATA + 0xffd; at += 0x800) {
        watched_open(&w, at);
        PUT(&w.r, CODE, STR_X1_X2, LDR_X1_X2, WFI);
        ck_assert_int_eq(run(&w.r, 0, 100, &executed), CPU_STOP_WFI);
        memcpy(&value, w.r.ram + at, 8);
        ck_assert_uint_eq(value, 0x1111);
        ck_assert_uint_eq(vcpu_get_x(w.r.engine, 0, 1), 0x1111);
        ck_assert_uint_eq(w.n, 2);
        ck_assert_uint_eq(w.seen[0].pa, at < DATA ? RAM_BASE + DATA : RAM_BASE + at);
        watched_close(&w);
    }
}
END_TEST

START_TEST(a_device_access_that_is_stopped_has_not_reached_the_device)
{
    struct watched w;
    uint64_t executed;

    watched_open(&w, DATA);
    vcpu_set_x(w.r.engine, 0, 2, DEVICE_BASE);
    engine_watch_devices(w.r.engine, true);
    w.stop = true;
    PUT(&w.r, CODE, ADD_X0_1, LDR_X1_X2, ADD_X0_1, LDR_X1_X2, WFI);
    for (unsigned reads = 0; reads < 2; reads++) {
        ck_assert_int_eq(run(&w.r, 0, 100, &executed), CPU_STOP_ACCESS);
        ck_assert_uint_eq(vcpu_instructions(w.r.engine, 0), 1 + 2 * reads);
        ck_assert_uint_eq(w.r.reads, reads);
    }
    ck_assert_int_eq(run(&w.r, 0, 100, &executed), CPU_STOP_WFI);
    ck_assert_uint_eq(w.r.reads, 2);
    ck_assert_uint_eq(vcpu_instructions(w.r.engine, 0), 5);
    watched_close(&w);
}
END_TEST

START_TEST(a_system_register_access_that_is_stopped_has_not_happened)
{
    struct watched w;
    uint64_t executed;

    watched_open(&w, DATA);
    PUT(&w.r, CODE, ADD_X5_1, MSR_TEST_X5, ADD_X5_1, MRS_X4_CNTVCT, WFI);
    engine_watch_sysregs(w.r.engine, true);
    w.stop = true;
    ck_assert_int_eq(run(&w.r, 0, 100, &executed), CPU_STOP_ACCESS);
    ck_assert_uint_eq(executed, 1);
    ck_assert_uint_eq(vcpu_get_pc(w.r.engine, 0), RAM_BASE + CODE + 4);
    ck_assert_uint_eq(w.r.last_value, 0);
    ck_assert_str_eq(w.seen[0].reg->name, "TEST");
    ck_assert(w.seen[0].is_write && w.seen[0].vcpu_instructions == 1);
    ck_assert_int_eq(run(&w.r, 0, 100, &executed), CPU_STOP_ACCESS);
    ck_assert_uint_eq(w.r.last_value, 1);
    ck_assert_str_eq(w.seen[w.n - 1].reg->name, "CNTVCT_EL0");
    ck_assert_int_eq(run(&w.r, 0, 100, &executed), CPU_STOP_WFI);
    ck_assert_uint_eq(vcpu_instructions(w.r.engine, 0), 5);
    watched_close(&w);
}
END_TEST

START_TEST(dc_zva_is_reported_as_writes)
{
    struct watched w;
    uint64_t executed;

    watched_open(&w, DATA + 0x40);
    w.r.ram[DATA + 0x44] = 1;
    PUT(&w.r, CODE, DC_ZVA_X2, WFI);
    ck_assert_int_eq(run(&w.r, 0, 100, &executed), CPU_STOP_WFI);
    ck_assert_uint_ge(w.n, 1);
    ck_assert(w.seen[0].is_write && w.seen[0].pa == RAM_BASE + DATA + 0x40);
    ck_assert_uint_eq(w.r.ram[DATA + 0x44], 0);
    watched_close(&w);
}
END_TEST

START_TEST(a_rom_device_is_read_as_memory_and_written_as_a_device)
{
    struct rig r;
    uint64_t executed;
    uint8_t *rom;

    rig_open(&r, 1);
    rom = mmap(NULL, 0x10000, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memcpy(rom, (uint32_t[]){LDR_X1_X2, STR_X1_X2, WFI}, 12);
    ck_assert_int_eq(engine_map_rom_device(r.engine, 0, 0x10000, rom, &r.window), 0);
    vcpu_set_pc(r.engine, 0, 0);
    vcpu_set_x(r.engine, 0, 2, 0);
    ck_assert_int_eq(run(&r, 0, 100, &executed), CPU_STOP_WFI);
    ck_assert_uint_eq(vcpu_get_x(r.engine, 0, 1), LDR_X1_X2 | ((uint64_t)STR_X1_X2 << 32));
    ck_assert_uint_eq(r.last_value, LDR_X1_X2 | ((uint64_t)STR_X1_X2 << 32));
    ck_assert_uint_eq(r.written_at, 2);
    PUT(&r, CODE, LDR_X1_X2, WFI);
    for (int as_memory = 0; as_memory < 2; as_memory++) {
        engine_rom_device_mode(r.engine, 0, as_memory);
        vcpu_set_pc(r.engine, 0, RAM_BASE + CODE);
        ck_assert_int_eq(run(&r, 0, 100, &executed), CPU_STOP_WFI);
        ck_assert_uint_eq(vcpu_get_x(r.engine, 0, 1) & 0xffffffff, as_memory ? LDR_X1_X2 : 0x1234);
    }
    rig_close(&r);
    munmap(rom, 0x10000);
}
END_TEST

struct digest {
    uint64_t sum;
};

static void digest_bytes(void *opaque, const char *name, void *data, size_t size)
{
    struct digest *d = opaque;
    const uint8_t *bytes = data;

    (void)name;
    for (size_t i = 0; i < size; i++)
        d->sum = (d->sum ^ bytes[i]) * 0x100000001b3ull;
}

START_TEST(how_a_run_is_cut_does_not_change_the_state)
{
    static const uint64_t cuts[] = {1000, 1, 7, 333, 65536};
    uint64_t sums[5];

    for (unsigned i = 0; i < 5; i++) {
        struct rig r;
        struct digest d = {0};
        uint64_t executed, left = 100000;

        rig_open(&r, 1);
        set_vectors(&r, 0);
        PUT(&r, CODE, ADD_X5_1, MRS_X4_CNTVCT, LDR_X1_X2, MSR_TEST_X5, ADD_X5_1, BRANCH_BACK(5));
        vcpu_set_x(r.engine, 0, 2, DEVICE_BASE);
        while (left) {
            run(&r, 0, left < cuts[i] ? left : cuts[i], &executed);
            left -= executed;
        }
        vcpu_visit(r.engine, 0, digest_bytes, &d);
        sums[i] = d.sum;
        ck_assert_uint_eq(sums[i], sums[0]);
        rig_close(&r);
    }
}
END_TEST

static const TTest *const *const tests[] = {
    &a_run_executes_exactly_as_many_instructions_as_asked,
    &mmio_in_the_middle_of_a_block_sees_the_exact_count,
    &mmio_sees_the_exact_count_however_runs_are_cut,
    &a_system_register_access_sees_the_exact_count,
    &a_line_raised_by_an_access_is_taken_before_the_next_instruction,
    &an_access_to_nothing_is_an_external_abort,
    &a_jump_to_nothing_is_an_external_abort,
    &a_run_ends_when_no_vector_can_be_fetched,
    &an_address_beyond_the_physical_space_aborts_and_harms_nobody,
    &a_misaligned_pc_is_an_alignment_fault,
    &each_wait_and_call_stops_with_its_reason,
    &undefined_and_svc_go_through_the_vectors,
    &code_that_another_vcpu_wrote_is_seen,
    &a_page_that_was_data_in_a_tlb_becomes_code_and_is_patched,
    &host_writes_are_seen_by_translated_code,
    &the_dirty_log_names_each_written_page_once,
    &a_watched_access_is_reported_before_it_is_made,
    &pages_that_are_not_watched_are_not_reported,
    &an_access_that_is_stopped_has_not_happened_and_happens_later,
    &accesses_of_one_instruction_are_stopped_at_the_first_only,
    &an_unaligned_access_is_one_report_for_the_first_watched_page,
    &a_device_access_that_is_stopped_has_not_reached_the_device,
    &a_system_register_access_that_is_stopped_has_not_happened,
    &dc_zva_is_reported_as_writes,
    &a_rom_device_is_read_as_memory_and_written_as_a_device,
    &how_a_run_is_cut_does_not_change_the_state,
};

int main(void)
{
    return SUITE_RUN("engine", NULL, NULL, tests);
}
