/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * GICD_STATUSR, GICR_STATUSR, GITS_STATUSR: accesses that cannot be served are reported, and ones
 * written clear the report (IHI 0069 12.9, 12.11, 12.19). Optional: qemu's are RAZ/WI.
 */
#include "images/lib/its.h"
#include "images/lib/smp.h"
#include "images/lib/test.h"

#define RRD  BIT(0) /* read of what is reserved */
#define WRD  BIT(1) /* write of what is reserved */
#define RWOD BIT(2) /* read of what is write-only */
#define WROD BIT(3) /* write of what is read-only */
#define NONE 0xfff0u

struct frame {
    const char *name;
    u64 base;
    u32 status, reserved, read_only, write_only;
};

static u32 status(const struct frame *f)
{
    return mmio_read32(f->base + f->status) & 15;
}

static void clear(const struct frame *f)
{
    mmio_write32(f->base + f->status, 15);
}

static void test_frame(const struct frame *f)
{
    clear(f);
    check_equal(status(f), 0, "%s: ones written clear it", f->name);
    mmio_read32(f->base + f->read_only);
    check_equal(status(f), 0, "%s: a good access is not reported", f->name);
    mmio_read32(f->base + f->reserved);
    check_equal(status(f), RRD, "%s: a read of a reserved offset sets RRD", f->name);
    mmio_write32(f->base + f->reserved, 0);
    check_equal(status(f), RRD | WRD, "%s: a write of one sets WRD", f->name);
    clear(f);
    mmio_write32(f->base + f->read_only, 0);
    check_equal(status(f), WROD, "%s: a write of a read-only register sets WROD", f->name);
    mmio_write32(f->base + f->status, RRD);
    check_equal(status(f), WROD, "%s: a one clears its own bit alone", f->name);
    clear(f);
    if (f->write_only != NONE) {
        mmio_read32(f->base + f->write_only);
        check_equal(status(f), RWOD, "%s: a read of a write-only register sets RWOD", f->name);
    }
    clear(f);
}

int main(void)
{
    const struct frame frames[] = {
        {"GICD_STATUSR", BOARD_GICD, GICD_STATUSR, 0x0f40, GICD_TYPER, GICD_SETSPI_NSR},
        {"GICR_STATUSR", this_cpu()->gicr, 0x0010, 0x0200, GICR_TYPER, GICR_INVLPIR},
        {"GITS_STATUSR", BOARD_GITS, GITS_STATUSR, 0x0800, GITS_IIDR, NONE},
    };
    for (unsigned i = 0; i < ARRAY_SIZE(frames); i++)
        test_frame(&frames[i]);
    return test_result();
}
