/* SPDX-License-Identifier: GPL-2.0-or-later */
/* As cases.c, of what a hypervisor does with list registers, and its guest with them. */
#include "images/lessons/lesson.h"

#define CHOICE     0x4f000000ul /* strict.py has the same */
#define HCR_RW     BIT(31)
#define HCR_IMO    BIT(4)
#define VINTID     40
#define ICH_EN     BIT(0)
#define VMCR_OPEN  (0xffull << 24 | BIT(1))
#define LR_ACTIVE  BIT(63)
#define LR_PENDING BIT(62)
#define LR_HW      BIT(61)
#define LR(vintid) (LR_PENDING | BIT(60) | 0xa0ull << 48 | (vintid))
#define PINTID(n)  ((u64)(n) << 32)

BOOT_EL(2);

static void lr_twice(bool sound)
{
    write_sysreg(LR(VINTID), ICH_LR0_EL2);
    write_sysreg(LR(sound ? VINTID + 1 : VINTID), ICH_LR1_EL2);
}

/* Not a kind of its own: both are there before the interface is on. */
static void lr_twice_on(bool sound)
{
    write_sysreg(0, ICH_HCR_EL2);
    write_sysreg(LR(VINTID), ICH_LR0_EL2);
    write_sysreg(LR(VINTID), ICH_LR1_EL2);
    if (sound)
        write_sysreg(0, ICH_LR0_EL2);
    write_sysreg(ICH_EN, ICH_HCR_EL2);
}

static void lr_hw(bool sound)
{
    write_sysreg(LR(VINTID) | LR_HW | PINTID(sound ? INTID_CNTV : 3), ICH_LR0_EL2);
}

static void lr_hw_both(bool sound)
{
    write_sysreg(LR(VINTID) | LR_HW | PINTID(INTID_CNTV) | (sound ? 0 : LR_ACTIVE), ICH_LR0_EL2);
}

static void eoi_virtual(bool sound)
{
    write_sysreg(LR(VINTID), ICH_LR0_EL2);
    isb();
    drop_to_el1();
    u32 intid = sound ? gic_ack() : VINTID;
    gic_eoi(intid);
}

static void special_virtual(bool sound)
{
    drop_to_el1();
    u32 intid = gic_ack();
    if (!sound)
        gic_eoi(intid);
}

static const struct {
    const char *name;
    void (*run)(bool sound);
} cases[] = {
    {"lr-twice", lr_twice},     {"lr-twice-on", lr_twice_on}, {"lr-hw", lr_hw},
    {"lr-hw-both", lr_hw_both}, {"eoi-virtual", eoi_virtual}, {"special-virtual", special_virtual},
};

int main(void)
{
    u64 choice = *(volatile u32 *)CHOICE;

    if (choice / 2 >= ARRAY_SIZE(cases))
        return 2;
    write_sysreg(HCR_RW | HCR_IMO, hcr_el2);
    write_sysreg(VMCR_OPEN, ICH_VMCR_EL2);
    write_sysreg(ICH_EN, ICH_HCR_EL2);
    isb();
    cases[choice / 2].run(choice % 2);
    return 0;
}
