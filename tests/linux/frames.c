/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * frames INTERFACE SENDERS COUNT: on an interface whose wire is looped back, SENDERS processes that
 * each sit on a CPU of their own send COUNT frames of an EtherType of their own, and look at each
 * as it comes back, in order. Says how many came back and exits with 0 when none was missing or
 * changed. For Linux without a C library.
 */
#include "images/vmm/nolibc.h"

enum {
    AF_PACKET = 17,
    SOCK_RAW = 3,
    POLLIN = 1,
    SIOCGIFFLAGS = 0x8913,
    SIOCSIFFLAGS = 0x8914,
    SIOCGIFINDEX = 0x8933,
    IFF_UP = 1,
};

#define ETHERTYPE   0x9000u
#define WINDOW      8u /* frames on their way */
#define LEAST_BYTES 60u
#define MOST_BYTES  600u

struct interface_request {
    char name[16];
    union {
        short flags;
        int index;
        char room[24];
    };
};

struct link_address {
    unsigned short family, protocol;
    int index;
    unsigned short hardware;
    unsigned char kind, length, address[8];
};

struct task {
    const char *interface;
    int index;
    unsigned count;
};

static int complain(const char *what, unsigned long long value)
{
    say("IRQLAB-FRAMES: ");
    say(what);
    say_number(value);
    say("\n");
    return 1;
}

static unsigned frame_bytes(unsigned sequence)
{
    return LEAST_BYTES + sequence * 37 % (MOST_BYTES - LEAST_BYTES + 1);
}

static unsigned char frame_byte(unsigned sender, unsigned sequence, unsigned i)
{
    unsigned type = ETHERTYPE + sender;

    if (i < 6)
        return 0xff; /* to all */
    if (i < 12)
        return i == 6 ? 2 : (unsigned char)sender;
    if (i < 14)
        return (unsigned char)(i == 12 ? type >> 8 : type);
    if (i < 18)
        return (unsigned char)(sequence >> (8 * (i - 14)));
    return (unsigned char)(sequence * 3 + i * 7 + sender);
}

static int send_frame(long fd, unsigned sender, unsigned sequence)
{
    unsigned char frame[MOST_BYTES];
    unsigned n = frame_bytes(sequence);

    for (unsigned i = 0; i < n; i++)
        frame[i] = frame_byte(sender, sequence, i);
    return call(SYS_SENDTO, fd, (long)frame, n, 0, 0, 0) == (long)n
               ? 0
               : complain("cannot send frame ", sequence);
}

static int take_frame(long fd, unsigned sender, unsigned sequence)
{
    static const long timeout[2] = {10, 0}; /* seconds of the guest's time */
    unsigned char frame[MOST_BYTES + 1];
    struct {
        int fd;
        short events, got;
    } poll = {(int)fd, POLLIN, 0};
    unsigned n = frame_bytes(sequence);

    if (call(SYS_PPOLL, (long)&poll, 1, (long)timeout, 0, 0, 0) != 1)
        return complain("did not come back: frame ", sequence);
    if (call(SYS_RECVFROM, fd, (long)frame, sizeof(frame), 0, 0, 0) != (long)n)
        return complain("has another length: frame ", sequence);
    for (unsigned i = 0; i < n; i++) {
        if (frame[i] != frame_byte(sender, sequence, i))
            return complain("came back changed, or out of order: frame ", sequence);
    }
    return 0;
}

static int exchange(void *opaque, unsigned sender)
{
    const struct task *t = opaque;
    unsigned short type = __builtin_bswap16((unsigned short)(ETHERTYPE + sender));
    struct link_address address = {.family = AF_PACKET, .protocol = type, .index = t->index};
    long fd = call(SYS_SOCKET, AF_PACKET, SOCK_RAW, type, 0, 0, 0);
    unsigned sent = 0;

    if (fd < 0 || call(SYS_BIND, fd, (long)&address, sizeof(address), 0, 0, 0))
        return complain("no socket for sender ", sender);
    for (unsigned taken = 0; taken < t->count; taken++) {
        for (; sent < t->count && sent < taken + WINDOW; sent++) {
            if (send_frame(fd, sender, sent))
                return 1;
        }
        if (take_frame(fd, sender, taken))
            return 1;
    }
    return 0;
}

/* Brings the interface up; its index, or -1. */
static int bring_up(const char *name)
{
    struct interface_request r = {0};
    long fd = call(SYS_SOCKET, AF_PACKET, SOCK_RAW, 0, 0, 0, 0);

    for (unsigned i = 0; i < sizeof(r.name) - 1 && name[i]; i++)
        r.name[i] = name[i];
    if (fd < 0 || call(SYS_IOCTL, fd, SIOCGIFFLAGS, (long)&r, 0, 0, 0))
        return -1;
    r.flags |= IFF_UP;
    if (call(SYS_IOCTL, fd, SIOCSIFFLAGS, (long)&r, 0, 0, 0) ||
        call(SYS_IOCTL, fd, SIOCGIFINDEX, (long)&r, 0, 0, 0))
        return -1;
    return r.index;
}

int start(long argc, char **argv)
{
    struct task t = {0};
    unsigned n = argc == 4 ? (unsigned)number(argv[2]) : 0, failed;

    if (!n || n > 64)
        return complain("usage: frames INTERFACE SENDERS COUNT; arguments were ", argc - 1);
    t = (struct task){argv[1], bring_up(argv[1]), (unsigned)number(argv[3])};
    if (t.index < 0)
        return complain("the interface cannot be brought up, arguments were ", argc - 1);
    for (unsigned i = 0; i < n; i++)
        spawn_on_cpu(i, exchange, &t);
    failed = wait_for(n);
    say("IRQLAB-FRAMES: ");
    say_number((unsigned long long)t.count * n);
    say(failed ? " frames were to come back, senders failed: "
               : " frames came back, senders failed: ");
    say_number(failed);
    say("\n");
    return failed != 0;
}
