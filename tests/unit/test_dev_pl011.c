/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/dev/pl011.h"
#include "tests/unit/suite.h"
#include "tests/unit/fake_host.h"

enum { DR = 0x00, RSR = 0x04, FR = 0x18, IBRD = 0x24, FBRD = 0x28, LCRH = 0x2C, CR = 0x30 };
enum { IFLS = 0x34, IMSC = 0x38, RIS = 0x3C, MIS = 0x40, ICR = 0x44, DMACR = 0x48 };
enum { RXI = 0x10, TXI = 0x20, RTI = 0x40, RXFE = 0x10, RXFF = 0x40 };

static struct fake_host *f;

static void setup(void)
{
    f = malloc(sizeof(*f));
    fake_host_init(f);
    f->dev = pl011_create(&f->host);
    ck_assert_ptr_nonnull(f->dev);
}

static void teardown(void)
{
    f->dev->ops->destroy(f->dev);
    fake_host_free(f);
    free(f);
}

static void type(const char *text)
{
    size_t size_bytes = strlen(text);
    ck_assert_uint_ge(f->dev->ops->receive_room(f->dev), size_bytes);
    f->dev->ops->receive(f->dev, (const uint8_t *)text, size_bytes);
}

START_TEST(reset_values_are_the_manuals)
{
    ck_assert_uint_eq(fake_rd(f, FR), 0x90);
    ck_assert_uint_eq(fake_rd(f, CR), 0x300);
    ck_assert_uint_eq(fake_rd(f, IFLS), 0x12);
    ck_assert_uint_eq(fake_rd(f, RIS), 0);
    ck_assert_uint_eq(fake_rd(f, IMSC), 0);
}
END_TEST

START_TEST(primecell_ids_read_byte_by_byte)
{
    static const uint8_t want[] = {0x11, 0x10, 0x14, 0x00, 0x0D, 0xF0, 0x05, 0xB1};
    for (unsigned i = 0; i < 8; i++)
        ck_assert_uint_eq(fake_rd(f, 0xFE0 + 4 * i), want[i]);
    ck_assert_uint_eq(fake_read(f, 0xFE0, 8), UINT64_C(0x1000000011));
}
END_TEST

START_TEST(a_disabled_uart_still_prints_and_is_reported_once)
{
    fake_wr(f, DR, 'h');
    f->dev->ops->write(f->dev, DR, 1, 'i');
    ck_assert_uint_eq(f->out_bytes, 2);
    ck_assert_mem_eq(f->out, "hi", 2);
    ck_assert_int_eq(f->guest_errors, 1);
}
END_TEST

START_TEST(every_store_to_dr_raises_the_transmit_interrupt_again)
{
    fake_wr(f, IMSC, TXI);
    ck_assert(!f->irq[0]);
    fake_wr(f, DR, 'x');
    ck_assert(f->irq[0]);
    fake_wr(f, ICR, TXI);
    ck_assert(!f->irq[0]);
    fake_wr(f, DR, 'y');
    ck_assert(f->irq[0]);
    ck_assert_uint_eq(fake_rd(f, MIS), TXI);
}
END_TEST

START_TEST(without_fifos_one_byte_fills_the_holding_register)
{
    fake_wr(f, IMSC, RXI);
    type("a");
    ck_assert(f->irq[0]);
    ck_assert_uint_eq(f->dev->ops->receive_room(f->dev), 0);
    ck_assert_uint_eq(fake_rd(f, FR) & (RXFE | RXFF), RXFF);
    ck_assert_uint_eq(fake_rd(f, DR), 'a');
    ck_assert(!f->irq[0]);
    ck_assert_uint_eq(fake_rd(f, FR) & (RXFE | RXFF), RXFE);
}
END_TEST

START_TEST(receive_interrupt_comes_at_the_trigger_level_and_goes_below_it)
{
    static const unsigned level[] = {2, 4, 8, 12, 14};
    for (unsigned sel = 0; sel < 5; sel++) {
        fake_wr(f, LCRH, 0);
        fake_wr(f, LCRH, 0x70);
        fake_wr(f, IFLS, sel << 3);
        for (unsigned i = 1; i <= level[sel]; i++) {
            ck_assert_uint_eq(fake_rd(f, RIS) & RXI, 0);
            type("z");
        }
        ck_assert_uint_eq(fake_rd(f, RIS) & RXI, RXI);
        fake_rd(f, DR);
        ck_assert_uint_eq(fake_rd(f, RIS) & RXI, 0);
    }
}
END_TEST

START_TEST(receive_timeout_is_32_bit_periods_of_the_programmed_rate)
{
    fake_wr(f, IBRD, 13); /* 24 MHz / 16 / 13.0208: 115200 baud */
    fake_wr(f, FBRD, 1);
    fake_wr(f, LCRH, 0x70);
    fake_wr(f, IMSC, RXI | RTI);
    type("a");
    uint64_t want = (uint64_t)16 * (13 * 64 + 1) * 32 * 1000 / (64 * 24);
    ck_assert_uint_eq(f->deadline_ns, want);
    fake_advance(f, want - 1);
    ck_assert(!f->irq[0]);
    fake_advance(f, 1);
    ck_assert(f->irq[0]);
    ck_assert_uint_eq(fake_rd(f, MIS), RTI);
    fake_rd(f, DR);
    ck_assert(!f->irq[0]);
    ck_assert_uint_eq(f->deadline_ns, UINT64_MAX);
}
END_TEST

START_TEST(clearing_the_timeout_with_bytes_left_starts_it_again)
{
    fake_wr(f, LCRH, 0x10);
    fake_wr(f, IMSC, RTI);
    type("abc");
    fake_advance(f, 1000000);
    ck_assert(f->irq[0]);
    fake_wr(f, ICR, RTI);
    ck_assert(!f->irq[0]);
    fake_advance(f, 1000000);
    ck_assert(f->irq[0]);
}
END_TEST

START_TEST(the_timeout_runs_only_while_it_is_unmasked)
{
    fake_wr(f, LCRH, 0x10);
    type("a");
    ck_assert_uint_eq(f->deadline_ns, UINT64_MAX);
    fake_advance(f, 1000000);
    ck_assert_uint_eq(fake_rd(f, RIS) & RTI, 0);
    fake_wr(f, IMSC, RTI);
    fake_advance(f, 1000000);
    ck_assert_uint_eq(fake_rd(f, RIS) & RTI, RTI);
    ck_assert(f->irq[0]);
    fake_wr(f, IMSC, 0);
    ck_assert_uint_eq(fake_rd(f, RIS) & RTI, 0);
    ck_assert_uint_eq(f->deadline_ns, UINT64_MAX);
}
END_TEST

START_TEST(a_new_divisor_waits_for_the_line_control_register)
{
    fake_wr(f, LCRH, 0x10);
    fake_wr(f, IMSC, RTI);
    fake_wr(f, IBRD, 1);
    type("a");
    ck_assert_uint_eq(f->deadline_ns, UINT64_C(32000000000) / 115200);
    fake_rd(f, DR);
    fake_wr(f, LCRH, 0x10);
    type("a");
    ck_assert_uint_eq(f->deadline_ns, 16 * 32 * 1000 / 24);
}
END_TEST

START_TEST(a_read_that_leaves_bytes_postpones_the_timeout)
{
    fake_wr(f, LCRH, 0x10);
    fake_wr(f, IMSC, RTI);
    type("ab");
    uint64_t first = f->deadline_ns;
    f->now_ns += 1000;
    ck_assert_uint_eq(fake_rd(f, DR), 'a');
    ck_assert_uint_eq(f->deadline_ns, first + 1000);
}
END_TEST

START_TEST(loopback_feeds_bytes_and_modem_lines_back)
{
    fake_wr(f, LCRH, 0x10);
    fake_wr(f, CR, 0x381);
    ck_assert_uint_eq(f->dev->ops->receive_room(f->dev), 0);
    fake_wr(f, DR, 'L');
    ck_assert_uint_eq(fake_rd(f, DR), 'L');
    fake_wr(f, CR, 0x381 | 0x0800);
    ck_assert_uint_eq(fake_rd(f, FR) & 0x107, 1);
    ck_assert_uint_eq(fake_rd(f, RIS) & 0xF, 2);
    fake_wr(f, CR, 0x301);
    ck_assert_uint_eq(fake_rd(f, FR) & 0x107, 0);
}
END_TEST

START_TEST(a_full_fifo_overruns_in_loopback)
{
    fake_wr(f, LCRH, 0x10);
    fake_wr(f, CR, 0x381);
    for (int i = 0; i < 17; i++)
        fake_wr(f, DR, 'a' + i);
    ck_assert_uint_eq(fake_rd(f, RIS) & 0x400, 0x400);
    ck_assert_uint_eq(fake_rd(f, DR), 'a' | 0x800);
    ck_assert_uint_eq(fake_rd(f, RSR), 8);
    ck_assert_uint_eq(fake_rd(f, DR), 'b');
    ck_assert_uint_eq(fake_rd(f, RSR), 8);
    fake_wr(f, RSR, 0);
    ck_assert_uint_eq(fake_rd(f, RSR), 0);
    for (int i = 2; i < 16; i++)
        ck_assert_uint_eq(fake_rd(f, DR), 'a' + i);
    ck_assert_uint_eq(fake_rd(f, FR) & RXFE, RXFE);
}
END_TEST

START_TEST(a_break_in_loopback_is_a_zero_byte_with_errors)
{
    fake_wr(f, LCRH, 0x10);
    fake_wr(f, CR, 0x381);
    fake_wr(f, LCRH, 0x11);
    ck_assert_uint_eq(fake_rd(f, RIS) & 0x780, 0x280);
    ck_assert_uint_eq(fake_rd(f, DR), 0x500);
}
END_TEST

START_TEST(unknown_and_unaligned_accesses_are_reported_not_fatal)
{
    ck_assert_uint_eq(fake_rd(f, 0x08), 0);
    fake_wr(f, FR, 1);
    f->dev->ops->write(f->dev, 0x31, 1, 0xFF);
    ck_assert_int_eq(f->guest_errors, 3);
    ck_assert_uint_eq(fake_rd(f, CR), 0x300);
    ck_assert_uint_eq(fake_read(f, CR + 1, 1), 3);
    fake_wr(f, DMACR, 0xFF);
    ck_assert_uint_eq(fake_rd(f, DMACR), 7);
}
END_TEST

START_TEST(state_survives_save_and_restore)
{
    struct fake_state saved;
    fake_wr(f, LCRH, 0x10);
    fake_wr(f, IMSC, RTI);
    type("hello");
    fake_save(f->dev, &saved);
    uint64_t deadline = f->deadline_ns;
    f->dev->ops->reset(f->dev);
    ck_assert(!fake_same_state(f->dev, &saved));
    fake_restore(f->dev, &saved);
    ck_assert(fake_same_state(f->dev, &saved));
    ck_assert_uint_eq(f->deadline_ns, deadline);
    ck_assert_uint_eq(fake_rd(f, DR), 'h');
    free(saved.data);
}
END_TEST

static const TTest *const *const tests[] = {
    &reset_values_are_the_manuals,
    &primecell_ids_read_byte_by_byte,
    &a_disabled_uart_still_prints_and_is_reported_once,
    &every_store_to_dr_raises_the_transmit_interrupt_again,
    &without_fifos_one_byte_fills_the_holding_register,
    &receive_interrupt_comes_at_the_trigger_level_and_goes_below_it,
    &receive_timeout_is_32_bit_periods_of_the_programmed_rate,
    &clearing_the_timeout_with_bytes_left_starts_it_again,
    &the_timeout_runs_only_while_it_is_unmasked,
    &a_new_divisor_waits_for_the_line_control_register,
    &a_read_that_leaves_bytes_postpones_the_timeout,
    &loopback_feeds_bytes_and_modem_lines_back,
    &a_full_fifo_overruns_in_loopback,
    &a_break_in_loopback_is_a_zero_byte_with_errors,
    &unknown_and_unaligned_accesses_are_reported_not_fatal,
    &state_survives_save_and_restore,
};

int main(void)
{
    return SUITE_RUN("pl011", setup, teardown, tests);
}
