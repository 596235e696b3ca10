/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The VM, its GIC and its vCPUs by KVM's interface (Linux, Documentation/virt/kvm/api.rst, and
 * devices/arm-vgic-v3.rst, devices/arm-vgic-its.rst beside it). */
#define NOLIBC_WITHOUT_ENTRY
#include "images/vmm/vmm.h"
#include "images/vmm/door.h"
#include "images/vmm/nolibc.h"
#include <linux/kvm.h>

enum { O_RDWR = 2, PROT_READ_WRITE = 3, MAP_SHARED = 1, MAP_PRIVATE_ANON = 34, EINTR = 4 };

static long ask(int fd, unsigned long request, unsigned long argument, const char *what)
{
    long result = call(SYS_IOCTL, fd, (long)request, (long)argument, 0, 0, 0);

    if (result < 0)
        die(what, result);
    return result;
}

void vm_create(struct vm *vm)
{
    struct kvm_userspace_memory_region region = {0};
    long ram;

    vm->kvm = (int)call(SYS_OPENAT, AT_FDCWD, (long)"/dev/kvm", O_RDWR, 0, 0, 0);
    if (vm->kvm < 0)
        die("/dev/kvm cannot be opened", vm->kvm);
    if (ask(vm->kvm, KVM_GET_API_VERSION, 0, "KVM_GET_API_VERSION") != KVM_API_VERSION)
        die("KVM has another API version", 0);
    vm->fd = (int)ask(vm->kvm, KVM_CREATE_VM, 0, "KVM_CREATE_VM");
    ram = call(SYS_MMAP, 0, (long)vm->ram_bytes, PROT_READ_WRITE, MAP_PRIVATE_ANON, -1, 0);
    if (ram < 0)
        die("no memory for the guest's RAM", ram);
    vm->ram = (uint8_t *)ram;
    region.guest_phys_addr = VM_RAM;
    region.memory_size = vm->ram_bytes;
    region.userspace_addr = (uint64_t)ram;
    ask(vm->fd, KVM_SET_USER_MEMORY_REGION, (unsigned long)&region, "KVM_SET_USER_MEMORY_REGION");
}

static int create_device(struct vm *vm, uint32_t type, const char *what)
{
    struct kvm_create_device device = {.type = type};

    ask(vm->fd, KVM_CREATE_DEVICE, (unsigned long)&device, what);
    return (int)device.fd;
}

static void set_attr(int device, uint32_t group, uint64_t attr, const void *value, const char *what)
{
    struct kvm_device_attr a = {.group = group, .attr = attr, .addr = (uint64_t)value};

    ask(device, KVM_SET_DEVICE_ATTR, (unsigned long)&a, what);
}

void vm_create_gic(struct vm *vm)
{
    const uint64_t gicd = VM_GICD, gits = VM_GITS, gicr = VM_GICR;
    const uint32_t irqs = VM_NR_IRQS;

    vm->gic = create_device(vm, KVM_DEV_TYPE_ARM_VGIC_V3, "arm-vgic-v3");
    set_attr(vm->gic, KVM_DEV_ARM_VGIC_GRP_NR_IRQS, 0, &irqs, "number of INTIDs");
    set_attr(vm->gic, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_DIST, &gicd, "GICD");
    set_attr(vm->gic, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_V3_ADDR_TYPE_REDIST, &gicr, "GICR");
    set_attr(vm->gic, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL, "GIC init");
    vm->its = create_device(vm, KVM_DEV_TYPE_ARM_VGIC_ITS, "arm-vgic-its");
    set_attr(vm->its, KVM_DEV_ARM_VGIC_GRP_ADDR, KVM_VGIC_ITS_ADDR_TYPE, &gits, "GITS");
    set_attr(vm->its, KVM_DEV_ARM_VGIC_GRP_CTRL, KVM_DEV_ARM_VGIC_CTRL_INIT, NULL, "ITS init");
}

void vm_spi(struct vm *vm, unsigned spi, bool level)
{
    struct kvm_irq_level irq = {.level = level};

    if (spi + 32 >= VM_NR_IRQS)
        die("the guest named an SPI that it does not have", 0);
    irq.irq = (uint32_t)KVM_ARM_IRQ_TYPE_SPI << KVM_ARM_IRQ_TYPE_SHIFT | (spi + 32);
    ask(vm->fd, KVM_IRQ_LINE, (unsigned long)&irq, "KVM_IRQ_LINE");
}

/* The guest may send to an event that it has not mapped: that is no error of the VMM's. */
void vm_msi(struct vm *vm, uint32_t device, uint32_t event)
{
    struct kvm_msi msi = {0};

    msi.address_lo = (uint32_t)(VM_GITS + 0x10040);
    msi.data = event;
    msi.flags = KVM_MSI_VALID_DEVID;
    msi.devid = device;
    call(SYS_IOCTL, vm->fd, (long)KVM_SIGNAL_MSI, (long)&msi, 0, 0, 0);
}

void vcpu_create(struct vcpu *vcpu, struct vm *vm, unsigned index)
{
    struct kvm_vcpu_init init = {0};
    long bytes, run;

    vcpu->vm = vm;
    vcpu->index = index;
    vcpu->fd = (int)ask(vm->fd, KVM_CREATE_VCPU, index, "KVM_CREATE_VCPU");
    ask(vm->fd, KVM_ARM_PREFERRED_TARGET, (unsigned long)&init, "KVM_ARM_PREFERRED_TARGET");
    init.features[0] = 1u << KVM_ARM_VCPU_PSCI_0_2;
    if (index)
        init.features[0] |= 1u << KVM_ARM_VCPU_POWER_OFF;
    ask(vcpu->fd, KVM_ARM_VCPU_INIT, (unsigned long)&init, "KVM_ARM_VCPU_INIT");
    bytes = ask(vm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0, "KVM_GET_VCPU_MMAP_SIZE");
    run = call(SYS_MMAP, 0, bytes, PROT_READ_WRITE, MAP_SHARED, vcpu->fd, 0);
    if (run < 0)
        die("a vCPU's page cannot be mapped", run);
    vcpu->run = (struct kvm_run *)run;
}

static void set_register(struct vcpu *vcpu, uint64_t id, uint64_t value)
{
    struct kvm_one_reg reg = {id, (uint64_t)&value};

    ask(vcpu->fd, KVM_SET_ONE_REG, (unsigned long)&reg, "KVM_SET_ONE_REG");
}

void vcpu_set_entry(struct vcpu *vcpu, uint64_t entry, uint64_t argument)
{
    const uint64_t core = KVM_REG_ARM64 | KVM_REG_SIZE_U64 | KVM_REG_ARM_CORE;

    set_register(vcpu, core | KVM_REG_ARM_CORE_REG(regs.pc), entry);
    set_register(vcpu, core | KVM_REG_ARM_CORE_REG(regs.regs[0]), argument);
}

static void door_write(struct vm *vm, uint64_t offset, uint32_t value)
{
    switch (offset) {
    case DOOR_RAISE:
    case DOOR_LOWER:
        vm_spi(vm, value, offset == DOOR_RAISE);
        break;
    case DOOR_MSI:
        vm_msi(vm, value >> 16, value & 0xffff);
        break;
    case DOOR_EXIT:
        finish(vm, value & 0xff);
    }
}

static void mmio_write(struct vm *vm, uint64_t address, uint32_t value)
{
    if (address >> 12 == VM_PL011 >> 12)
        pl011_write(vm, address & 0xfff, value);
    else if (address >> 12 == VM_DOOR >> 12)
        door_write(vm, address & 0xfff, value);
}

static void mmio(struct vcpu *vcpu)
{
    struct kvm_run *run = vcpu->run;
    uint64_t address = run->mmio.phys_addr;
    uint32_t value = 0;

    vcpu->mmio_exits++;
    for (unsigned i = 0; run->mmio.is_write && i < run->mmio.len && i < 4; i++)
        value |= (uint32_t)run->mmio.data[i] << 8 * i;
    if (run->mmio.is_write) {
        mmio_write(vcpu->vm, address, value);
        return;
    }
    if (address >> 12 == VM_PL011 >> 12)
        value = pl011_read(vcpu->vm, address & 0xfff);
    for (unsigned i = 0; i < 8; i++)
        run->mmio.data[i] = i < 4 ? (uint8_t)(value >> 8 * i) : 0;
}

static void system_event(struct vcpu *vcpu)
{
    unsigned type = vcpu->run->system_event.type;

    finish(vcpu->vm, type == KVM_SYSTEM_EVENT_SHUTDOWN ? 0 : 64 + type);
}

void vcpu_run(struct vcpu *vcpu)
{
    for (;;) {
        long result = call(SYS_IOCTL, vcpu->fd, (long)KVM_RUN, 0, 0, 0, 0);

        if (result == -EINTR)
            continue;
        if (result < 0)
            die("KVM_RUN", result);
        if (vcpu->run->exit_reason == KVM_EXIT_MMIO)
            mmio(vcpu);
        else if (vcpu->run->exit_reason == KVM_EXIT_SYSTEM_EVENT)
            system_event(vcpu);
        else
            die("KVM_RUN came back for another reason", vcpu->run->exit_reason);
    }
}
