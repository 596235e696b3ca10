/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The vCPUs of the machine, and work for them.
 */
#ifndef IMAGES_LIB_SMP_H
#define IMAGES_LIB_SMP_H

#include "images/lib/cpu.h"
#include "images/lib/exc.h"

#define CPU_MAX        512
#define CPU_STACK_SIZE 8192

typedef void smp_fn(void *arg);

struct cpu {
    unsigned index; /* 0 is the boot vCPU; the order of the redistributors */
    u64 affinity;
    u64 gicr; /* RD_base of this vCPU's redistributor */
    u64 stack_top;
    u32 online;
    u32 busy;
    smp_fn *fn;
    void *arg;
    /* exc.c */
    u32 probe_armed;
    struct exc_info probe;
    struct guest *guest;
    /* gic.c: one EOImode per vCPU */
    bool eoi_split;
} __attribute__((aligned(64)));

/* Machine facts found at start. */
struct boot_info {
    const void *fdt; /* NULL: none found */
    unsigned entry_el;
    unsigned cpus;
    bool psci_smc;
    bool lse;
};

extern struct cpu cpus[CPU_MAX];
extern struct boot_info boot;

static inline struct cpu *this_cpu(void)
{
    return (struct cpu *)read_sysreg(tpidr_el1);
}

/** smp_start - bring @count vCPUs (0: all) to their idle loop, MMU on, GIC CPU interface on. */
void smp_start(unsigned count);

/** smp_run - @fn(@arg) on an idle, started vCPU; returns at once. */
void smp_run(unsigned cpu, smp_fn *fn, void *arg);

/** smp_wait - until vCPU @cpu has returned from what smp_run() gave it. */
void smp_wait(unsigned cpu);

/** smp_run_all - @fn(@arg) on every started vCPU, this one included; waits for all. */
void smp_run_all(smp_fn *fn, void *arg);

/** smp_started - how many vCPUs smp_start() started, this one included. */
unsigned smp_started(void);

/** smp_boot_cpu - PSCI CPU_ON of one vCPU into the idle loop; returns PSCI's status. At EL3, where
 * there is nobody to call, it lets go a vCPU that waits in boot.S. */
s64 smp_boot_cpu(unsigned cpu);

/**
 * BOOT_EL - at file scope: the exception level at which main() runs; 1 without it.
 * The machine must have it: virtualization=on for 2, secure=on for 3.
 */
#define BOOT_EL(n) const u32 boot_el = (n)
extern const u32 boot_el;

/**
 * BOOT_WITHOUT_GIC - at file scope: main() and the other vCPUs find the GIC as reset (or firmware)
 * left it. gic_init() and gic_cpu_init() may be called later, or parts of them written by hand.
 */
#define BOOT_WITHOUT_GIC() const u32 boot_gic = 0
extern const u32 boot_gic;

/* Entry points in boot.S. */
extern char secondary_entry[];

int main(void);

#endif
