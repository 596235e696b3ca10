/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The console (PL011, DDI 0183): what is sent is gone at once, and nothing is ever received. */
#define NOLIBC_WITHOUT_ENTRY
#include "images/vmm/nolibc.h"
#include "images/vmm/vmm.h"

enum { DR = 0x00, FR = 0x18, IMSC = 0x38, RIS = 0x3c, MIS = 0x40, ICR = 0x44, ID = 0xfe0 };
#define FR_TXFE_RXFE 0x90u
#define INT_TX       0x20u

/* PeriphID 0 to 3, PCellID 0 to 3. */
static const uint8_t ids[] = {0x11, 0x10, 0x14, 0x00, 0x0d, 0xf0, 0x05, 0xb1};

void pl011_flush(struct pl011 *p)
{
    if (!p->length)
        return;
    p->text[p->length++] = '\n';
    call(SYS_WRITE, 1, (long)p->text, p->length, 0, 0, 0);
    p->length = 0;
}

static void put(struct pl011 *p, char c)
{
    if (c == '\r')
        return;
    if (c == '\n' || p->length == sizeof(p->text) - 1) {
        pl011_flush(p);
        if (c == '\n')
            return;
    }
    if (!p->length) {
        p->text[p->length++] = '|';
        p->text[p->length++] = ' ';
    }
    p->text[p->length++] = c;
}

uint32_t pl011_read(struct vm *vm, uint64_t offset)
{
    struct pl011 *p = &vm->pl011;

    if (offset >= ID)
        return ids[(offset - ID) / 4 % sizeof(ids)];
    if (offset == FR)
        return FR_TXFE_RXFE;
    if (offset == RIS)
        return p->raw;
    if (offset == MIS)
        return p->raw & p->regs[IMSC / 4];
    return offset < sizeof(p->regs) ? p->regs[offset / 4] : 0;
}

static void update_line(struct vm *vm)
{
    struct pl011 *p = &vm->pl011;
    bool line = p->raw & p->regs[IMSC / 4];

    if (line != p->line)
        vm_spi(vm, VM_SPI_PL011, line);
    p->line = line;
}

void pl011_write(struct vm *vm, uint64_t offset, uint32_t value)
{
    struct pl011 *p = &vm->pl011;

    lock(&p->lock);
    if (offset == DR) {
        put(p, (char)value);
        p->raw |= INT_TX;
    } else if (offset == ICR) {
        p->raw &= ~value;
    } else if (offset < sizeof(p->regs)) {
        p->regs[offset / 4] = value;
    }
    update_line(vm);
    unlock(&p->lock);
}
