/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Snapshots from strangers. A file with changed bytes is refused, or is another sound file; with
 * `mended` its sums are made right again first, so that what is behind them is reached. Changed
 * state makes a machine that runs, and whose own state is then taken and restored without change.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "emu/machine.h"
#include "emu/options.h"
#include "emu/session.h"
#include "emu/snapshot.h"
#include "emu/snapshot_format.h"
#include "emu/snapshot_state.h"

enum { MAX_EDITS = 64, INSTRUCTIONS = 3000 };

#define CODE (BOARD_RAM_BASE + 0x1000)

static struct error err;

static struct world {
    struct run_options options;
    struct machine *m;
    struct snapshot *start;
    struct state_bytes state;
    uint8_t *file;
    size_t file_bytes;
} * world;

static void must(int rc)
{
    if (rc)
        abort();
}

/* Interrupts are taken and ended, timers read, and both vCPUs wait now and then. */
static void put_code(struct machine *m)
{
    static const uint32_t code[] = {
        0xd538cc00, /* mrs x0, icc_iar1_el1 */
        0xd518cc20, /* msr icc_eoir1_el1, x0 */
        0xd53be041, /* mrs x1, cntvct_el0 */
        0xd51be301, /* msr cntv_tval_el0, x1 */
        0xf9000041, /* str x1, [x2] */
        0xf9400043, /* ldr x3, [x2] */
        0xd503205f, /* wfe */
        0x17fffff9, /* b back */
    };

    must(machine_guest_write(m, CODE, code, sizeof(code)));
    for (unsigned i = 0; i < m->config.n_vcpus; i++) {
        vcpu_start_at(m->engine, i, 1, CODE, 0);
        vcpu_set_x(m->engine, i, 2, BOARD_GICD_BASE + 0x400);
        m->vcpus[i].state = VCPU_READY;
    }
}

static void read_file(struct world *w)
{
    char path[] = "/tmp/fuzz-snapshot-XXXXXX";
    int fd = mkstemp(path);
    FILE *file;

    must(fd < 0 || close(fd));
    must(snapshot_write(w->m, path, &err));
    file = fopen(path, "rb");
    w->file = malloc(1 << 20);
    w->file_bytes = fread(w->file, 1, 1 << 20, file);
    fclose(file);
    unlink(path);
}

static void make_world(void)
{
    static char *argv[] = {"run",
                           "-machine",
                           "virt,gic-version=4.1,virtualization=on,memory-mapped-timer=on",
                           "-cpu",
                           "max",
                           "-smp",
                           "2",
                           "-m",
                           "2M",
                           "-gic",
                           "eppis=64,espis=64,sre,waker,one-of-n,nmi,mbis,direct-lpi",
                           "-device",
                           "loader,data=0x17ffffff,data-len=4,addr=0x40000000",
                           "-device",
                           "virtio-rng-pci",
                           "-netdev",
                           "loopback,id=n",
                           "-device",
                           "virtio-net-pci,netdev=n",
                           "-device",
                           "virtio-rng-device",
                           NULL};
    struct session *s;
    bool help;

    world = calloc(1, sizeof(*world));
    must(options_parse(sizeof(argv) / sizeof(argv[0]) - 1, argv, &world->options, &help, &err));
    must(session_open(&world->options, true, &s, &err));
    world->m = session_machine(s);
    put_code(world->m);
    machine_go(world->m, INSTRUCTIONS);
    must(snapshot_take(world->m, &world->start, &err));
    must(state_save(world->m, &world->state));
    read_file(world);
}

struct edit {
    uint32_t at;
    uint8_t value, how;
};

/* Single bytes, bits, and words of ones. */
static void apply(uint8_t *bytes, size_t size, const uint8_t *data, size_t n)
{
    for (unsigned i = 0; i < MAX_EDITS && n >= sizeof(struct edit); i++) {
        struct edit e;

        memcpy(&e, data, sizeof(e));
        data += sizeof(e);
        n -= sizeof(e);
        e.at %= size;
        if (e.how % 3 == 0)
            bytes[e.at] = e.value;
        else if (e.how % 3 == 1)
            bytes[e.at] ^= (uint8_t)(1u << e.value % 8);
        else
            memset(bytes + e.at, e.value, size - e.at < 8 ? size - e.at : 8);
    }
}

/* -- Files ------------------------------------------------------------------------------------- */

/* As far as the head is right. */
static void mend_sums(uint8_t *file, size_t size)
{
    struct file_head h;
    uint64_t at, rest = size - sizeof(h);

    memcpy(&h, file, sizeof(h));
    h.file_bytes = size;
    if (h.meta_bytes > rest || h.state_bytes > rest - h.meta_bytes ||
        h.n_chunks > (rest - h.meta_bytes - h.state_bytes) / sizeof(struct file_chunk))
        return;
    at = sizeof(h) + h.meta_bytes + h.state_bytes + h.n_chunks * sizeof(struct file_chunk);
    for (uint64_t i = h.n_chunks; i-- > 0;) {
        uint8_t *place =
            file + sizeof(h) + h.meta_bytes + h.state_bytes + i * sizeof(struct file_chunk);
        struct file_chunk c;

        memcpy(&c, place, sizeof(c));
        if (i == 0 && c.bytes <= size - at) {
            c.sum = XXH3_64bits(file + at, c.bytes);
            memcpy(place, &c, sizeof(c));
        }
    }
    h.sum = snapshot_sum(&h, file + sizeof(h), file + sizeof(h) + h.meta_bytes,
                         file + sizeof(h) + h.meta_bytes + h.state_bytes);
    memcpy(file, &h, sizeof(h));
}

static void try_file(const uint8_t *data, size_t n, bool mended)
{
    size_t size = world->file_bytes;
    uint8_t *copy = malloc(size);
    struct snapshot_file *f;

    memcpy(copy, world->file, size);
    if (n > 2 && data[0] % 4 == 0)
        size = 1 + (data[1] | (size_t)data[2] << 8) % size;
    apply(copy, size, data, n);
    if (mended && size > sizeof(struct file_head))
        mend_sums(copy, size);
    if (!mended && size == world->file_bytes && !memcmp(copy, world->file, size))
        size--; /* nothing was changed: then something is missing */
    if (!snapshot_parse("fuzz", copy, size, &f, &err)) {
        if (!mended && !snapshot_check(f, &err))
            abort(); /* altered, and all sums are right */
        snapshot_check(f, &err);
        snapshot_close(f);
    } else if (err.exit_code != IRQLAB_EXIT_BAD_INPUT && err.exit_code != IRQLAB_EXIT_HOST) {
        abort();
    }
    free(copy);
}

/* -- State ------------------------------------------------------------------------------------- */

/* Names the piece of state that a byte belongs to. */
struct finder {
    struct visitor visitor; /* first */
    size_t at, wanted;
};

static void find_piece(struct visitor *v, const char *name, void *data, size_t size)
{
    struct finder *f = (struct finder *)v;

    (void)data;
    if (f->wanted >= f->at && f->wanted < f->at + 8 + size)
        fprintf(stderr, "%s, byte %zd of %zu, is another\n", name, (ssize_t)(f->wanted - f->at) - 8,
                size);
    f->at += 8 + size;
}

static void complain(struct machine *m, const struct state_bytes *a, const struct state_bytes *b)
{
    struct finder f = {.visitor = {.bytes = find_piece}};

    while (f.wanted < a->size && f.wanted < b->size && a->data[f.wanted] == b->data[f.wanted])
        f.wanted++;
    machine_visit(m, &f.visitor);
    abort();
}

static void same_again(struct machine *m)
{
    struct state_bytes now = {0}, again = {0};

    must(state_save(m, &now));
    must(state_load(m, &now));
    must(state_save(m, &again));
    if (now.size != again.size || memcmp(now.data, again.data, now.size))
        complain(m, &now, &again);
    state_free(&now);
    state_free(&again);
}

static void try_state(const uint8_t *data, size_t n)
{
    struct machine *m = world->m;
    struct state_bytes changed = {.size = world->state.size, .data = malloc(world->state.size)};

    must(snapshot_restore(m, world->start, &err));
    memcpy(changed.data, world->state.data, changed.size);
    apply(changed.data, changed.size, data, n);
    state_load(m, &changed);
    state_free(&changed);
    same_again(m);
    machine_go(m, machine_instructions(m) + INSTRUCTIONS);
    same_again(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!world)
        make_world();
    if (!size)
        return 0;
    if (data[0] % 4 == 0)
        try_file(data + 1, size - 1, false);
    else if (data[0] % 4 == 1)
        try_file(data + 1, size - 1, true);
    else
        try_state(data + 1, size - 1);
    return 0;
}
