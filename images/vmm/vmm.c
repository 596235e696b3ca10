/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vmm CPUS MIB KERNEL [INITRD [BOOTARGS]]: runs an arm64 Image, or flat code, under KVM, for Linux
 * without a C library. The guest's console comes out with "| " before each line. Exit code: what
 * the guest writes to the door, 0 for PSCI SYSTEM_OFF, 1 when the VMM itself fails.
 */
#include "images/vmm/vmm.h"
#include "images/vmm/nolibc.h"

enum { IMAGE_MAGIC = 0x644d5241, RAW_OFFSET = 0x80000 };
enum { STACK_BYTES = 16384, TREE_BYTES = 65536, MIB = 1 << 20 };
enum { PROT_READ_WRITE = 3, MAP_PRIVATE_ANON = 34 };
/* CLONE_VM, FS, FILES, SIGHAND, THREAD, SYSVSEM: a thread as pthreads have them. */
enum { CLONE_THREAD_FLAGS = 0x100 | 0x200 | 0x400 | 0x800 | 0x10000 | 0x40000 };

void *memcpy(void *to, const void *from, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ((char *)to)[i] = ((const char *)from)[i];
    return to;
}

void *memset(void *to, int value, size_t n)
{
    for (size_t i = 0; i < n; i++)
        ((char *)to)[i] = (char)value;
    return to;
}

static void leave(unsigned code) __attribute__((noreturn));
static void leave(unsigned code)
{
    for (;;)
        call(SYS_EXIT_GROUP, code, 0, 0, 0, 0, 0);
}

void die(const char *what, long error)
{
    say("IRQLAB-VMM: ");
    say(what);
    if (error) {
        say(error < 0 ? ": error " : ": ");
        say_number((unsigned long long)(error < 0 ? -error : error));
    }
    say("\n");
    leave(1);
}

void finish(struct vm *vm, unsigned code)
{
    lock(&vm->pl011.lock);
    pl011_flush(&vm->pl011);
    say("IRQLAB-VMM: the guest ended with ");
    say_number(code);
    say("\n");
    leave(code);
}

void lock(struct lock *l)
{
    while (__atomic_exchange_n(&l->held, 1, __ATOMIC_ACQUIRE))
        call(SYS_SCHED_YIELD, 0, 0, 0, 0, 0, 0);
}

void unlock(struct lock *l)
{
    __atomic_store_n(&l->held, 0, __ATOMIC_RELEASE);
}

/* Reads a file into the guest's RAM at @offset; returns its size. */
static uint64_t load(struct vm *vm, const char *path, uint64_t offset)
{
    long fd = call(SYS_OPENAT, AT_FDCWD, (long)path, 0, 0, 0, 0);
    uint64_t at = 0;
    long got;

    if (fd < 0)
        die(path, fd);
    do {
        if (offset + at >= vm->ram_bytes)
            die("the guest's RAM is too small for its files", 0);
        got = call(SYS_PREAD64, fd, (long)(vm->ram + offset + at),
                   (long)(vm->ram_bytes - offset - at), (long)at, 0, 0);
        if (got < 0)
            die(path, got);
        at += (uint64_t)got;
    } while (got);
    return at;
}

/* Where the header's text_offset wants an Image; 0 means any 2 MiB boundary (arm64/booting.rst).
 * A file without the header's magic goes where QEMU puts it. */
static uint64_t image_offset(const char *path)
{
    uint64_t header[8] = {0};
    long fd = call(SYS_OPENAT, AT_FDCWD, (long)path, 0, 0, 0, 0);

    if (fd < 0)
        die(path, fd);
    call(SYS_PREAD64, fd, (long)header, sizeof(header), 0, 0, 0);
    if ((uint32_t)header[7] != IMAGE_MAGIC)
        return RAW_OFFSET;
    return header[1] ? header[1] : 2 * MIB;
}

static void thread_main(struct vcpu *vcpu) __attribute__((noreturn));
static void thread_main(struct vcpu *vcpu)
{
    unsigned long mask = 1ul << vcpu->index;

    call(SYS_SCHED_SETAFFINITY, 0, sizeof(mask), (long)&mask, 0, 0, 0);
    vcpu_run(vcpu);
}

static void start_thread(struct vcpu *vcpu)
{
    long stack = call(SYS_MMAP, 0, STACK_BYTES, PROT_READ_WRITE, MAP_PRIVATE_ANON, -1, 0);

    if (stack < 0)
        die("no memory for a thread", stack);
    register long x0 __asm__("x0") = CLONE_THREAD_FLAGS;
    register long x1 __asm__("x1") = stack + STACK_BYTES;
    register long x2 __asm__("x2") = 0;
    register long x3 __asm__("x3") = 0;
    register long x4 __asm__("x4") = 0;
    register long x8 __asm__("x8") = SYS_CLONE;
    register long x9 __asm__("x9") = (long)vcpu;
    register long x10 __asm__("x10") = (long)thread_main;
    __asm__ volatile("svc #0\n"
                     "cbnz x0, 1f\n"
                     "mov x0, x9\n"
                     "mov x29, xzr\n"
                     "blr x10\n"
                     "1:\n"
                     : "+r"(x0)
                     : "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x8), "r"(x9), "r"(x10)
                     : "memory");
    if (x0 < 0)
        die("no thread", x0);
}

/* The image, then the device tree at the end of RAM and the initramfs before it. */
static void load_all(struct vm *vm, struct vcpu *boot_cpu, long argc, char **argv)
{
    uint64_t image = image_offset(argv[3]), tree = vm->ram_bytes - TREE_BYTES;
    uint64_t initrd = vm->ram_bytes / 2, initrd_bytes = 0;

    if (load(vm, argv[3], image) + image > initrd)
        die("the guest's RAM is too small for its kernel", 0);
    if (argc > 4)
        initrd_bytes = load(vm, argv[4], initrd);
    if (initrd + initrd_bytes > tree)
        die("the guest's RAM is too small for its initramfs", 0);
    tree_write(vm, vm->ram + tree, TREE_BYTES, argc > 5 ? argv[5] : "", VM_RAM + initrd,
               VM_RAM + initrd + initrd_bytes);
    vcpu_set_entry(boot_cpu, VM_RAM + image, VM_RAM + tree);
}

int start(long argc, char **argv)
{
    static struct vm vm;
    static struct vcpu vcpus[VM_CPU_MAX];

    if (argc < 4 || argc > 6)
        die("usage: vmm CPUS MIB KERNEL [INITRD [BOOTARGS]]", 0);
    vm.cpus = (unsigned)number(argv[1]);
    vm.ram_bytes = number(argv[2]) * MIB;
    if (!vm.cpus || vm.cpus > VM_CPU_MAX || !vm.ram_bytes)
        die("1 to 8 vCPUs and some MiB of RAM are needed", 0);
    vm_create(&vm);
    for (unsigned i = 0; i < vm.cpus; i++)
        vcpu_create(&vcpus[i], &vm, i);
    vm_create_gic(&vm);
    load_all(&vm, &vcpus[0], argc, argv);
    for (unsigned i = 1; i < vm.cpus; i++)
        start_thread(&vcpus[i]);
    thread_main(&vcpus[0]);
}
