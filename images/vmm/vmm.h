/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A small VMM for Linux's KVM on arm64: one VM, a GICv3 with an ITS, vCPUs that are threads, a
 * PL011 for the console, and a door through which the guest asks for interrupts. Addresses and
 * INTIDs are those of QEMU's virt board, so that images/lib runs on it.
 */
#ifndef IRQLAB_IMAGES_VMM_VMM_H
#define IRQLAB_IMAGES_VMM_VMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VM_GICD      0x08000000ull
#define VM_GITS      0x08080000ull
#define VM_GICR      0x080a0000ull
#define VM_PL011     0x09000000ull
#define VM_DOOR      0x0b000000ull /* images/vmm/door.h */
#define VM_RAM       0x40000000ull
#define VM_CPU_MAX   8
#define VM_SPI_PL011 1
#define VM_NR_IRQS   128 /* what the distributor has, SGIs and PPIs too */

struct lock {
    uint32_t held;
};

/* The console: what the guest prints, a line at a time with "| " before it. */
struct pl011 {
    struct lock lock;
    uint32_t regs[0x60 / 4];
    uint32_t raw; /* UARTRIS */
    bool line;
    unsigned length;
    char text[256];
};

struct vm {
    int kvm, fd, gic, its;
    uint8_t *ram;
    uint64_t ram_bytes;
    unsigned cpus;
    struct pl011 pl011;
};

struct vcpu {
    struct vm *vm;
    int fd;
    unsigned index;
    struct kvm_run *run;
    long mmio_exits;
};

/** die - says @what went wrong, and @error when it is a negative errno; ends all threads with 1. */
void die(const char *what, long error) __attribute__((noreturn));

/** finish - flushes the console, says how it ended, and ends all threads with @code. */
void finish(struct vm *vm, unsigned code) __attribute__((noreturn));

void lock(struct lock *l);
void unlock(struct lock *l);

/** vm_create - the VM with its RAM; vm_create_gic() needs all vCPUs, and seals the GIC. */
void vm_create(struct vm *vm);
void vm_create_gic(struct vm *vm);

/** vm_spi - the level of SPI @spi (0: INTID 32). From any thread. */
void vm_spi(struct vm *vm, unsigned spi, bool level);

/** vm_msi - DeviceID and EventID, at the ITS's GITS_TRANSLATER. From any thread. */
void vm_msi(struct vm *vm, uint32_t device, uint32_t event);

/** vcpu_create - vCPU @index: 0 waits at @entry with x0 = @argument, the others for PSCI's CPU_ON.
 */
void vcpu_create(struct vcpu *vcpu, struct vm *vm, unsigned index);
void vcpu_set_entry(struct vcpu *vcpu, uint64_t entry, uint64_t argument);

/** vcpu_run - runs the guest on the calling thread; ends only with the program. */
void vcpu_run(struct vcpu *vcpu) __attribute__((noreturn));

uint32_t pl011_read(struct vm *vm, uint64_t offset);
void pl011_write(struct vm *vm, uint64_t offset, uint32_t value);
/** pl011_flush - prints what is left of an unfinished line. */
void pl011_flush(struct pl011 *p);

/** tree_write - a device tree for @vm at @to, at most @size bytes; returns its size. */
size_t tree_write(const struct vm *vm, void *to, size_t size, const char *bootargs, uint64_t initrd,
                  uint64_t initrd_end);

#endif
