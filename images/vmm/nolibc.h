/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The little of Linux that the guests' own programs need, without a C library: system calls,
 * output, and an entry that calls start(argc, argv) and exits with what it returns. A program of
 * several files defines NOLIBC_WITHOUT_ENTRY in all but one.
 */
#ifndef IRQLAB_IMAGES_VMM_NOLIBC_H
#define IRQLAB_IMAGES_VMM_NOLIBC_H

enum {
    SYS_IOCTL = 29,
    SYS_OPENAT = 56,
    SYS_WRITE = 64,
    SYS_PREAD64 = 67,
    SYS_PPOLL = 73,
    SYS_EXIT = 93,
    SYS_EXIT_GROUP = 94,
    SYS_SCHED_SETAFFINITY = 122,
    SYS_SCHED_YIELD = 124,
    SYS_SOCKET = 198,
    SYS_BIND = 200,
    SYS_SENDTO = 206,
    SYS_RECVFROM = 207,
    SYS_CLONE = 220,
    SYS_MMAP = 222,
    SYS_WAIT4 = 260,
};
enum { SIGCHLD = 17, AT_FDCWD = -100 };

int start(long argc, char **argv);

static inline long call(long number, long a, long b, long c, long d, long e, long f)
{
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;

    __asm__ volatile("svc #0"
                     : "+r"(x0)
                     : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5)
                     : "memory");
    return x0;
}

static inline void say(const char *text)
{
    long n = 0;

    while (text[n])
        n++;
    call(SYS_WRITE, 1, (long)text, n, 0, 0, 0);
}

static inline void say_number(unsigned long long value)
{
    char text[24], *at = text + sizeof(text) - 1;

    *at = 0;
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    say(at);
}

static inline unsigned long long number(const char *text)
{
    unsigned long long value = 0;

    while (*text >= '0' && *text <= '9')
        value = value * 10 + (unsigned long long)(*text++ - '0');
    return value;
}

/* Runs @work as process @index of several, alone on its CPU; in the child this does not return. */
static inline void spawn_on_cpu(unsigned index, int (*work)(void *opaque, unsigned index),
                                void *opaque)
{
    unsigned long mask = 1ul << index;

    if (call(SYS_CLONE, SIGCHLD, 0, 0, 0, 0, 0))
        return;
    call(SYS_SCHED_SETAFFINITY, 0, sizeof(mask), (long)&mask, 0, 0, 0);
    call(SYS_EXIT, work(opaque, index), 0, 0, 0, 0, 0);
}

/* Waits for @n processes; how many of them failed. */
static inline unsigned wait_for(unsigned n)
{
    unsigned failed = 0;

    for (unsigned i = 0; i < n; i++) {
        int status = -1;

        call(SYS_WAIT4, -1, (long)&status, 0, 0, 0, 0);
        failed += status != 0;
    }
    return failed;
}

#ifndef NOLIBC_WITHOUT_ENTRY
__asm__(".globl _start\n"
        "_start:\n"
        "    ldr x0, [sp]\n"
        "    add x1, sp, #8\n"
        "    bl start\n"
        "    mov x8, #93\n"
        "    svc #0\n");
#endif

#endif
