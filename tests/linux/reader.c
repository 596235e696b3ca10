/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reader BYTES READERS DEVICE...: reads the first BYTES of each block device past the page cache,
 * with READERS processes that each sit on a CPU of their own and take every READERS-th chunk, and
 * looks at every word: page p of the pattern is p, then 1, 2, ... 511 times FACTOR. Says what was
 * read and exits with 0 when all was right. For Linux without a C library.
 */
#define FACTOR      0x9e3779b97f4a7c15ull
#define CHUNK_BYTES (256ull << 10)
#define PAGE_BYTES  4096ull

enum {
    SYS_OPENAT = 56,
    SYS_WRITE = 64,
    SYS_PREAD64 = 67,
    SYS_EXIT = 93,
    SYS_SCHED_SETAFFINITY = 122,
    SYS_CLONE = 220,
    SYS_MMAP = 222,
    SYS_WAIT4 = 260,
};
enum {
    AT_FDCWD = -100,
    O_DIRECT = 0200000,
    SIGCHLD = 17,
    PROT_READ_WRITE = 3,
    MAP_PRIVATE_ANON = 34
};

static long call(long number, long a, long b, long c, long d, long e, long f)
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

static void say(const char *text)
{
    long n = 0;

    while (text[n])
        n++;
    call(SYS_WRITE, 1, (long)text, n, 0, 0, 0);
}

static void say_number(unsigned long long value)
{
    char text[24], *at = text + sizeof(text) - 1;

    *at = 0;
    do {
        *--at = (char)('0' + value % 10);
        value /= 10;
    } while (value);
    say(at);
}

static unsigned long long number(const char *text)
{
    unsigned long long value = 0;

    while (*text >= '0' && *text <= '9')
        value = value * 10 + (unsigned long long)(*text++ - '0');
    return value;
}

static int complain(const char *device, const char *what, unsigned long long at)
{
    say("IRQLAB-READER: ");
    say(device);
    say(what);
    say_number(at);
    say("\n");
    return 1;
}

static int page_is_right(const unsigned long long *page, unsigned long long index)
{
    unsigned long long want = 0;

    if (page[0] != index)
        return 0;
    for (unsigned i = 1; i < PAGE_BYTES / 8; i++) {
        want += FACTOR;
        if (page[i] != want)
            return 0;
    }
    return 1;
}

static int check_chunk(const char *device, const char *buffer, unsigned long long at)
{
    for (unsigned long long done = 0; done < CHUNK_BYTES; done += PAGE_BYTES) {
        if (!page_is_right((const void *)(buffer + done), (at + done) / PAGE_BYTES))
            return complain(device, ": wrong data in the page at ", at + done);
    }
    return 0;
}

static int read_device(const char *device, unsigned long long bytes, unsigned reader, unsigned n)
{
    long fd = call(SYS_OPENAT, AT_FDCWD, (long)device, O_DIRECT, 0, 0, 0);
    long buffer = call(SYS_MMAP, 0, CHUNK_BYTES, PROT_READ_WRITE, MAP_PRIVATE_ANON, -1, 0);

    if (fd < 0 || buffer < 0)
        return complain(device, ": cannot be opened, error ", (unsigned long long)-fd);
    for (unsigned long long at = reader * CHUNK_BYTES; at < bytes; at += n * CHUNK_BYTES) {
        long got = call(SYS_PREAD64, fd, buffer, CHUNK_BYTES, (long)at, 0, 0);

        if (got != (long)CHUNK_BYTES)
            return complain(device, ": cannot be read at ", at);
        if (check_chunk(device, (const char *)buffer, at))
            return 1;
    }
    return 0;
}

static int read_all(char **devices, unsigned long long bytes, unsigned reader, unsigned n)
{
    unsigned long mask = 1ul << reader;

    call(SYS_SCHED_SETAFFINITY, 0, sizeof(mask), (long)&mask, 0, 0, 0);
    for (; *devices; devices++) {
        if (read_device(*devices, bytes, reader, n))
            return 1;
    }
    return 0;
}

int start(long argc, char **argv)
{
    unsigned long long bytes = argc > 3 ? number(argv[1]) : 0;
    unsigned n = argc > 3 ? (unsigned)number(argv[2]) : 0, failed = 0;

    if (!n || n > 64 || bytes % (n * CHUNK_BYTES))
        return complain("usage", ": reader BYTES READERS DEVICE...; arguments were ", argc - 1);
    for (unsigned i = 0; i < n; i++) {
        if (call(SYS_CLONE, SIGCHLD, 0, 0, 0, 0, 0) == 0)
            return read_all(argv + 3, bytes, i, n);
    }
    for (unsigned i = 0; i < n; i++) {
        int status = -1;

        call(SYS_WAIT4, -1, (long)&status, 0, 0, 0, 0);
        failed += status != 0;
    }
    say("IRQLAB-READER: ");
    say_number(bytes * (unsigned long long)(argc - 3));
    say(failed ? " bytes were asked for, readers failed: " : " bytes are right, readers failed: ");
    say_number(failed);
    say("\n");
    return failed != 0;
}

__asm__(".globl _start\n"
        "_start:\n"
        "    ldr x0, [sp]\n"
        "    add x1, sp, #8\n"
        "    bl start\n"
        "    mov x8, #93\n"
        "    svc #0\n");
