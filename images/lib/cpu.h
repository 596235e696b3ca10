/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The PE itself: system registers, barriers, exception levels, MMIO.
 *
 * Everything here is inline and usable at any exception level, on any vCPU, before the MMU is on.
 */
#ifndef IMAGES_LIB_CPU_H
#define IMAGES_LIB_CPU_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef uint64_t u64;
typedef int32_t s32;
typedef int64_t s64;

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define BIT(n)        (1ull << (n))
#define PAGE_SIZE     4096ull

/* The register's name after macro expansion. */
#define SYSREG_NAME_(reg) #reg
#define SYSREG_NAME(reg)  SYSREG_NAME_(reg)

#define read_sysreg(reg)                                                                           \
    ({                                                                                             \
        u64 value_;                                                                                \
        __asm__ volatile("mrs %0, " SYSREG_NAME(reg) : "=r"(value_) : : "memory");                 \
        value_;                                                                                    \
    })
#define write_sysreg(value, reg)                                                                   \
    __asm__ volatile("msr " SYSREG_NAME(reg) ", %x0" : : "rZ"((u64)(value)) : "memory")

/* The same register of the current exception level: read_elx(elr) is ELR_EL1, _EL2 or _EL3. */
#define read_elx(reg)                                                                              \
    (current_el() == 1   ? read_sysreg(reg##_el1)                                                  \
     : current_el() == 2 ? read_sysreg(reg##_el2)                                                  \
                         : read_sysreg(reg##_el3))
#define write_elx(value, reg)                                                                      \
    do {                                                                                           \
        if (current_el() == 1)                                                                     \
            write_sysreg(value, reg##_el1);                                                        \
        else if (current_el() == 2)                                                                \
            write_sysreg(value, reg##_el2);                                                        \
        else                                                                                       \
            write_sysreg(value, reg##_el3);                                                        \
    } while (0)

#define isb()   __asm__ volatile("isb" ::: "memory")
#define dsb(op) __asm__ volatile("dsb " #op ::: "memory")
#define dmb(op) __asm__ volatile("dmb " #op ::: "memory")
#define wfi()   __asm__ volatile("wfi" ::: "memory")
#define wfe()   __asm__ volatile("wfe" ::: "memory")
#define sev()   __asm__ volatile("dsb ish\n\tsev" ::: "memory")
#define sevl()  __asm__ volatile("sevl" ::: "memory")

static inline unsigned current_el(void)
{
    u64 el;
    __asm__("mrs %0, CurrentEL" : "=r"(el));
    return (el >> 2) & 3;
}

/* PSTATE.I of this PE: irq_mask() returns the DAIF value for irq_restore(). */
static inline u64 irq_mask(void)
{
    u64 daif = read_sysreg(daif);
    __asm__ volatile("msr daifset, #2" ::: "memory");
    return daif;
}

static inline void irq_unmask(void)
{
    __asm__ volatile("msr daifclr, #2\n\tisb" ::: "memory");
}

static inline void irq_restore(u64 daif)
{
    write_sysreg(daif, daif);
    isb();
}

/* ISR_EL1.I: a physical (at EL1 with HCR.IMO, a virtual) IRQ is signalled to this PE. */
static inline bool irq_is_signalled(void)
{
    isb();
    return read_sysreg(isr_el1) & BIT(7);
}

static inline bool fiq_is_signalled(void)
{
    isb();
    return read_sysreg(isr_el1) & BIT(6);
}

static inline u8 mmio_read8(u64 addr)
{
    u32 value;
    __asm__ volatile("ldrb %w0, [%1]" : "=r"(value) : "r"(addr) : "memory");
    return value;
}

static inline u16 mmio_read16(u64 addr)
{
    u32 value;
    __asm__ volatile("ldrh %w0, [%1]" : "=r"(value) : "r"(addr) : "memory");
    return value;
}

static inline u32 mmio_read32(u64 addr)
{
    u32 value;
    __asm__ volatile("ldr %w0, [%1]" : "=r"(value) : "r"(addr) : "memory");
    return value;
}

static inline u64 mmio_read64(u64 addr)
{
    u64 value;
    __asm__ volatile("ldr %0, [%1]" : "=r"(value) : "r"(addr) : "memory");
    return value;
}

static inline void mmio_write8(u64 addr, u8 value)
{
    __asm__ volatile("strb %w0, [%1]" : : "r"(value), "r"(addr) : "memory");
}

static inline void mmio_write16(u64 addr, u16 value)
{
    __asm__ volatile("strh %w0, [%1]" : : "r"(value), "r"(addr) : "memory");
}

static inline void mmio_write32(u64 addr, u32 value)
{
    __asm__ volatile("str %w0, [%1]" : : "r"(value), "r"(addr) : "memory");
}

static inline void mmio_write64(u64 addr, u64 value)
{
    __asm__ volatile("str %0, [%1]" : : "r"(value), "r"(addr) : "memory");
}

/* MPIDR_EL1's affinity fields: Aff3 at 39:32, Aff2..Aff0 at 23:0 (DDI 0487, MPIDR_EL1). */
#define MPIDR_AFFINITY 0xff00ffffffull

static inline u64 my_affinity(void)
{
    return read_sysreg(mpidr_el1) & MPIDR_AFFINITY;
}

/* One 4-bit field of an ID register. */
static inline unsigned id_field(u64 reg, unsigned lsb)
{
    return (reg >> lsb) & 0xf;
}

/* Freshly written code at [addr, addr + size) becomes what is fetched (DDI 0487 B2, "Ordering of
 * instruction fetches"). CTR_EL0: DminLine and IminLine are log2 of words. */
static inline void sync_code(const void *addr, size_t size)
{
    u64 ctr = read_sysreg(ctr_el0), end = (u64)addr + size;
    u64 dline = 4ull << (ctr >> 16 & 15), iline = 4ull << (ctr & 15);
    for (u64 p = (u64)addr & ~(dline - 1); p < end; p += dline)
        __asm__ volatile("dc cvau, %0" : : "r"(p) : "memory");
    dsb(ish);
    for (u64 p = (u64)addr & ~(iline - 1); p < end; p += iline)
        __asm__ volatile("ic ivau, %0" : : "r"(p) : "memory");
    dsb(ish);
    isb();
}

#endif
