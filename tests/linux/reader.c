/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * reader BYTES READERS DEVICE...: reads the first BYTES of each block device past the page cache,
 * with READERS processes that each sit on a CPU of their own and take every READERS-th chunk, and
 * looks at every word: page p of the pattern is p, then 1, 2, ... 511 times FACTOR. Says what was
 * read and exits with 0 when all was right. For Linux without a C library.
 */
#include "images/vmm/nolibc.h"

#define FACTOR      0x9e3779b97f4a7c15ull
#define CHUNK_BYTES (256ull << 10)
#define PAGE_BYTES  4096ull

enum { O_DIRECT = 0200000, PROT_READ_WRITE = 3, MAP_PRIVATE_ANON = 34 };

struct task {
    unsigned long long bytes;
    unsigned readers;
    char **devices;
};

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

static int read_all(void *opaque, unsigned reader)
{
    const struct task *t = opaque;

    for (char **device = t->devices; *device; device++) {
        if (read_device(*device, t->bytes, reader, t->readers))
            return 1;
    }
    return 0;
}

int start(long argc, char **argv)
{
    struct task t = {0};
    unsigned failed;

    if (argc > 3)
        t = (struct task){number(argv[1]), (unsigned)number(argv[2]), argv + 3};
    if (!t.readers || t.readers > 64 || t.bytes % (t.readers * CHUNK_BYTES))
        return complain("usage", ": reader BYTES READERS DEVICE...; arguments were ", argc - 1);
    for (unsigned i = 0; i < t.readers; i++)
        spawn_on_cpu(i, read_all, &t);
    failed = wait_for(t.readers);
    say("IRQLAB-READER: ");
    say_number(t.bytes * (unsigned long long)(argc - 3));
    say(failed ? " bytes were asked for, readers failed: " : " bytes are right, readers failed: ");
    say_number(failed);
    say("\n");
    return failed != 0;
}
