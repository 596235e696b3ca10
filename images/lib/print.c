/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "images/lib/print.h"
#include "images/lib/atomic.h"
#include "images/lib/board.h"
#include "images/lib/exc.h"
#include "images/lib/psci.h"

/* PL011, DDI 0183, "Summary of registers". */
#define UART_DR   (BOARD_PL011 + 0x00)
#define UART_FR   (BOARD_PL011 + 0x18)
#define UART_LCRH (BOARD_PL011 + 0x2c)
#define UART_CR   (BOARD_PL011 + 0x30)
#define FR_TXFF   BIT(5)

static struct spinlock print_lock;

void uart_init(void)
{
    mmio_write32(UART_LCRH, BIT(4) | 3 << 5);        /* FIFOs on, 8 bits */
    mmio_write32(UART_CR, BIT(0) | BIT(8) | BIT(9)); /* UARTEN, TXE, RXE */
}

void uart_putc(char c)
{
    while (mmio_read32(UART_FR) & FR_TXFF)
        ;
    mmio_write32(UART_DR, (u8)c);
}

static void put_string(const char *s)
{
    for (; *s; s++) {
        if (*s == '\n')
            uart_putc('\r');
        uart_putc(*s);
    }
}

static void put_number(u64 value, unsigned base, unsigned width, char pad)
{
    char digits[24];
    unsigned n = 0;
    do
        digits[n++] = "0123456789abcdef"[value % base];
    while (value /= base);
    for (; width > n; width--)
        uart_putc(pad);
    while (n)
        uart_putc(digits[--n]);
}

static void put_signed(s64 value, unsigned width, char pad)
{
    if (value < 0)
        uart_putc('-');
    put_number(value < 0 ? -(u64)value : (u64)value, 10, width, pad);
}

struct spec {
    char pad;
    bool is_long;
    unsigned width;
};

static const char *parse_spec(const char *p, struct spec *spec)
{
    spec->pad = ' ';
    spec->is_long = false;
    spec->width = 0;
    if (*p == '0')
        spec->pad = *p++;
    while (*p >= '0' && *p <= '9')
        spec->width = spec->width * 10 + (*p++ - '0');
    for (; *p == 'l' || *p == 'z'; p++)
        spec->is_long = true;
    return p;
}

struct args {
    va_list list;
};

static u64 next_unsigned(struct args *args, const struct spec *spec)
{
    return spec->is_long ? va_arg(args->list, u64) : va_arg(args->list, u32);
}

static s64 next_signed(struct args *args, const struct spec *spec)
{
    return spec->is_long ? va_arg(args->list, s64) : va_arg(args->list, s32);
}

static void put_conversion(char conversion, const struct spec *spec, struct args *args)
{
    switch (conversion) {
    case 's':
        put_string(va_arg(args->list, const char *));
        break;
    case 'c':
        uart_putc(va_arg(args->list, int));
        break;
    case 'd':
        put_signed(next_signed(args, spec), spec->width, spec->pad);
        break;
    case 'u':
        put_number(next_unsigned(args, spec), 10, spec->width, spec->pad);
        break;
    case 'x':
        put_number(next_unsigned(args, spec), 16, spec->width, spec->pad);
        break;
    case 'p':
        put_string("0x");
        put_number((u64)va_arg(args->list, void *), 16, 0, ' ');
        break;
    default:
        uart_putc(conversion);
    }
}

static void format_out(const char *format, va_list list)
{
    struct args args;
    struct spec spec;
    va_copy(args.list, list);
    for (const char *p = format; *p; p++) {
        if (*p != '%') {
            if (*p == '\n')
                uart_putc('\r');
            uart_putc(*p);
            continue;
        }
        p = parse_spec(p + 1, &spec);
        put_conversion(*p, &spec, &args);
    }
    va_end(args.list);
}

void vprintf(const char *format, va_list args)
{
    u64 daif = irq_mask();
    spin_lock(&print_lock);
    format_out(format, args);
    spin_unlock(&print_lock);
    irq_restore(daif);
}

void printf(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
}

void panic(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    put_string("FAIL: ");
    format_out(format, args);
    put_string("\n");
    va_end(args);
    guest_exit(1);
}

/* Semihosting (Arm "Semihosting for AArch32 and AArch64"): SYS_EXIT_EXTENDED with
 * ADP_Stopped_ApplicationExit. Without semihosting HLT is UNDEFINED: the probe skips it. */
static void semihosting_exit(int code)
{
    u64 block[2] = {0x20026, code};
    register u64 x0 __asm__("x0") = 0x20;
    register u64 x1 __asm__("x1") = (u64)block;
    __asm__ volatile("hlt #0xf000" : "+r"(x0) : "r"(x1) : "memory");
}

void guest_exit(int code)
{
    irq_mask();
    exc_set_handler(EXC_SYNC, NULL);
    probe_begin();
    semihosting_exit(code);
    psci_call(PSCI_SYSTEM_OFF, 0, 0, 0);
    for (;;)
        wfi();
}
