/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What runs before main(), on the boot vCPU and on the others. */
#include "images/lib/smp.h"
#include "images/lib/atomic.h"
#include "images/lib/board.h"
#include "images/lib/fdt.h"
#include "images/lib/gic.h"
#include "images/lib/mmu.h"
#include "images/lib/print.h"
#include "images/lib/psci.h"
#include "images/lib/timer.h"

_Static_assert(offsetof(struct cpu, affinity) == 8, "boot.S: CPU_AFFINITY");
_Static_assert(offsetof(struct cpu, stack_top) == 24, "boot.S: CPU_STACK_TOP");
_Static_assert(CPU_STACK_SIZE == 8192, "boot.S: CPU_STACK_SIZE");

struct cpu cpus[CPU_MAX];
struct boot_info boot;
char cpu_stacks[CPU_MAX][CPU_STACK_SIZE] __attribute__((aligned(16), section(".noinit")));

extern struct cpu *el3_released; /* boot.S */

static unsigned started = 1;

void primary_main(const void *fdt, u64 entry_el) __attribute__((noreturn));
void secondary_main(struct cpu *cpu) __attribute__((noreturn));

/* An ITS of GICv4.1 has more frames; the redistributors come after them. */
static u64 first_gicr(void)
{
    bool here = (mmio_read32(BOARD_GICR + GICR_PIDR2) >> 4 & 15) != 0;
    return here ? BOARD_GICR : BOARD_GICR_V41;
}

static u64 gicr_bytes(void)
{
    return mmio_read64(first_gicr() + GICR_TYPER) & GICR_TYPER_VLPIS ? 0x40000 : 0x20000;
}

/* The redistributors are the list of vCPUs; each region ends with GICR_TYPER.Last. From GICv4 on
 * each has four frames of 64 KiB. */
static unsigned find_cpus(u64 gicr, unsigned limit, unsigned n)
{
    u64 bytes = gicr_bytes();
    for (unsigned i = 0; i < limit && n < CPU_MAX; i++, gicr += bytes) {
        u64 typer = mmio_read64(gicr + GICR_TYPER);
        u64 aff = typer >> 32;
        cpus[n].index = n;
        cpus[n].gicr = gicr;
        cpus[n].affinity = (aff & 0xffffff) | (aff & 0xff000000) << 8;
        cpus[n].stack_top = (u64)cpu_stacks[n] + CPU_STACK_SIZE;
        n++;
        if (typer & GICR_TYPER_LAST)
            break;
    }
    return n;
}

static void find_machine(const void *fdt, unsigned entry_el)
{
    boot.entry_el = entry_el;
    boot.lse = id_field(read_sysreg(id_aa64isar0_el1), 20) >= 2;
    /* A bare ELF image gets no x0 from qemu; the tree is at the start of RAM then. */
    boot.fdt = fdt_is_valid(fdt) ? fdt : (const void *)BOARD_RAM;
    if (!fdt_is_valid(boot.fdt))
        boot.fdt = NULL;
    const char *method = fdt_string(boot.fdt, "psci", "method");
    boot.psci_smc = method ? method[0] == 's' : entry_el >= 2;
    unsigned room = (BOARD_GICR_END - first_gicr()) / gicr_bytes();
    boot.cpus = find_cpus(first_gicr(), room, 0);
    if (boot.cpus == room)
        boot.cpus = find_cpus(BOARD_GICR_HIGH, CPU_MAX, boot.cpus);
}

static void cpu_init(struct cpu *cpu)
{
    write_sysreg((u64)cpu, tpidr_el1);
    exc_init();
    write_sysreg(3ull << 20, cpacr_el1); /* FPEN: no trap of FP and SIMD */
    isb();
    mmu_enable();
    if (boot_gic)
        gic_cpu_init();
}

void primary_main(const void *fdt, u64 entry_el)
{
    write_sysreg((u64)&cpus[0], tpidr_el1);
    exc_init();
    uart_init();
    find_machine(fdt, entry_el);
    mmu_init();
    if (boot_gic)
        gic_init();
    cpu_init(&cpus[0]);
    cpus[0].online = 1;
    if (current_el() != boot_el)
        panic("this image needs EL%u, the machine offers EL%u", boot_el, current_el());
    guest_exit(main());
}

/* Idle: sleep until somebody leaves work and sends an event. */
void secondary_main(struct cpu *cpu)
{
    cpu_init(cpu);
    store_release32(&cpu->busy, 0);
    store_release32(&cpu->online, 1);
    sev();
    for (;;) {
        while (!load_acquire32(&cpu->busy))
            wfe();
        cpu->fn(cpu->arg);
        store_release32(&cpu->busy, 0);
        sev();
    }
}

s64 smp_boot_cpu(unsigned cpu)
{
    if (current_el() == 3) {
        *(struct cpu *volatile *)&el3_released = &cpus[cpu];
        sev();
        return PSCI_SUCCESS;
    }
    return psci_call(PSCI_CPU_ON, cpus[cpu].affinity, (u64)secondary_entry, (u64)&cpus[cpu]);
}

void smp_start(unsigned count)
{
    if (!count)
        count = boot.cpus;
    if (count > boot.cpus)
        panic("this image needs %u vCPUs, the machine has %u: use -smp %u", count, boot.cpus,
              count);
    for (; started < count; started++) {
        s64 status = smp_boot_cpu(started);
        if (status != PSCI_SUCCESS)
            panic("CPU_ON of vCPU %u: %ld", started, status);
        if (!wait_until(load_acquire32(&cpus[started].online), 5000))
            panic("vCPU %u did not come up in 5 s", started);
    }
}

unsigned smp_started(void)
{
    return started;
}

void smp_run(unsigned cpu, smp_fn *fn, void *arg)
{
    cpus[cpu].fn = fn;
    cpus[cpu].arg = arg;
    store_release32(&cpus[cpu].busy, 1);
    sev();
}

void smp_wait(unsigned cpu)
{
    while (load_acquire32(&cpus[cpu].busy))
        wfe();
}

void smp_run_all(smp_fn *fn, void *arg)
{
    for (unsigned i = 0; i < started; i++)
        if (i != this_cpu()->index)
            smp_run(i, fn, arg);
    fn(arg);
    for (unsigned i = 0; i < started; i++)
        if (i != this_cpu()->index)
            smp_wait(i);
}
