/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emu/machine.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "emu/actor.h"
#include "emu/dev/chardev.h"
#include "emu/history.h"
#include "emu/races/races.h"
#include "emu/strict.h"
#include "emu/journal.h"
#include "emu/snapshot.h"
#include "emu/vmm.h"

static int allocate_ram(struct machine *m, struct error *err)
{
    /* NORESERVE: pages that the guest never touches cost nothing (-m 64G on a small host). */
    void *ram = mmap(NULL, m->config.ram_bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (ram == MAP_FAILED)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM,
                         "-m: the host has no address space for %llu MiB of RAM; give less",
                         (unsigned long long)(m->config.ram_bytes >> 20));
    m->ram = ram;
    madvise(ram, m->config.ram_bytes, MADV_HUGEPAGE);
    return 0;
}

static int allocate_tables(struct machine *m, struct error *err)
{
    unsigned n = m->config.n_vcpus;

    m->mpidr = calloc(n, sizeof(*m->mpidr));
    m->vcpus = calloc(n, sizeof(*m->vcpus));
    m->statistics.acknowledged = calloc(n, sizeof(*m->statistics.acknowledged));
    if (!m->mpidr || !m->vcpus || !m->statistics.acknowledged)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory for %u vCPUs", n);
    for (unsigned i = 0; i < n; i++)
        m->mpidr[i] = board_mpidr(i);
    return 0;
}

int machine_create(const struct machine_config *config, struct machine **out, struct error *err)
{
    struct machine *m = calloc(1, sizeof(*m));
    int rc;

    if (!m)
        return error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "out of memory");
    m->config = *config;
    m->clock.shift = config->icount_shift;
    m->clock.host = config->host_clock;
    chooser_init(&m->chooser, &config->choices);
    rc = vmm_create(m, err);
    rc = rc ? rc : allocate_tables(m, err);
    if (!rc) {
        board_describe(&m->board, config->n_vcpus, m->mpidr, config->ram_bytes, config->has_el2,
                       config->has_el3, config->cpu_model);
        m->board.n_spis = m->config.gic.spis;
        m->board.has_its = m->config.gic.its;
        m->board.has_gicc = m->config.gic.legacy;
        m->board.has_mmio_timers = config->mmio_timers;
        board_place_gic(&m->board, m->config.gic.version);
        vmm_place_frames(m);
    }
    rc = rc ? rc : allocate_ram(m, err);
    rc = rc ? rc : wires_create(m, err);
    rc = rc ? rc : vmm_take_engine(m, err);
    rc = rc ? rc : bus_create(m, err);
    rc = rc ? rc : actors_create(m, err);
    rc = rc ? rc : timer_frames_create(m, err);
    if (!rc && engine_map_ram(m->engine, BOARD_RAM_BASE, config->ram_bytes, m->ram, false))
        rc = error_set(err, IRQLAB_EXIT_HOST, -ENOMEM, "the engine cannot map the guest's RAM");
    if (rc) {
        machine_destroy(m);
        return rc;
    }
    *out = m;
    return 0;
}

void machine_destroy(struct machine *m)
{
    if (!m)
        return;
    history_stop(m);
    snapshots_stop(m);
    journal_close(m->inputs);
    for (unsigned i = 0; i < m->n_slots; i++) {
        if (m->slots[i].dev)
            m->slots[i].dev->ops->destroy(m->slots[i].dev);
    }
    engine_destroy(m->engine);
    gic_destroy(m->gic);
    timers_destroy(m->timers);
    if (m->ram)
        munmap(m->ram, m->config.ram_bytes);
    vmm_destroy(m);
    free(m->points);
    free(m->actors);
    free(m->statistics.acknowledged);
    free(m->sysregs);
    free(m->vcpus);
    free(m->mpidr);
    free(m);
}

static uint8_t *ram_at(const struct machine *m, uint64_t address, size_t size_bytes)
{
    uint64_t offset = address - BOARD_RAM_BASE;

    if (address < BOARD_RAM_BASE || offset > m->config.ram_bytes ||
        size_bytes > m->config.ram_bytes - offset)
        return NULL;
    return m->ram + offset;
}

int machine_guest_write(struct machine *m, uint64_t address, const void *data, size_t size_bytes)
{
    uint8_t *ram = ram_at(m, address, size_bytes);

    if (!ram)
        return -EFAULT;
    memcpy(ram, data, size_bytes);
    engine_ram_written(m->engine, address, size_bytes);
    return 0;
}

int machine_guest_read(struct machine *m, uint64_t address, void *data, size_t size_bytes)
{
    const uint8_t *ram = ram_at(m, address, size_bytes);

    if (!ram)
        return -EFAULT;
    memcpy(data, ram, size_bytes);
    return 0;
}

unsigned machine_vcpu_of(const struct machine *m, uint64_t affinity)
{
    unsigned vcpu = board_vcpu_of(affinity);

    return vcpu < m->config.n_vcpus && m->mpidr[vcpu] == affinity ? vcpu : m->config.n_vcpus;
}

void machine_start_at(struct machine *m, unsigned el, uint64_t pc, uint64_t x0)
{
    m->boot = (struct boot){.el = el, .pc = pc, .x0 = x0};
}

void machine_shut_down(struct machine *m, int exit_code, const char *format, ...)
{
    va_list args;

    if (m->stop != MACHINE_RUNNING)
        return;
    m->stop = MACHINE_SHUTDOWN;
    m->exit_code = exit_code;
    va_start(args, format);
    vsnprintf(m->stop_reason.text, sizeof(m->stop_reason.text), format, args);
    va_end(args);
    engine_request_exit(m->engine);
}

void machine_console_write(struct machine *m, const uint8_t *bytes, size_t size_bytes)
{
    for (unsigned i = 0; i < m->n_slots; i++) {
        if (m->slots[i].console && !m->deaf) {
            chardev_write(m->slots[i].console, bytes, size_bytes);
            return;
        }
    }
}

void machine_power_on(struct machine *m)
{
    sched_reset(m);
    vmm_power_on(m);
    actors_reset(m);
    history_reset(m);
    races_reset(m);
    strict_reset(m);
    timers_reset(m->timers);
    bus_reset(m);
    gic_reset(m->gic);
    for (unsigned i = 0; i < m->config.n_vcpus; i++)
        vcpu_reset(m->engine, i);
    for (unsigned i = 0; i < (m->boot.el == 3 ? m->config.n_vcpus : 1); i++) {
        vcpu_start_at(m->engine, i, m->boot.el, m->boot.pc, m->boot.x0);
        m->vcpus[i].state = VCPU_READY;
    }
    m->stop = MACHINE_RUNNING;
}

static void reset(struct machine *m)
{
    machine_power_on(m);
    m->statistics.resets++;
    if (m->reload)
        m->reload(m->reload_opaque, m);
}

void machine_go(struct machine *m, uint64_t until_instructions)
{
    m->until_instructions = until_instructions;
    sched_run(m);
    while (m->stop == MACHINE_RESET) {
        reset(m);
        sched_run(m);
    }
}

void machine_go_over(struct machine *m, uint64_t until_instructions, uint64_t until_ns)
{
    m->deaf = true;
    m->until_ns = until_ns;
    machine_go(m, until_instructions);
    m->until_ns = 0;
    m->deaf = false;
}

int machine_run(struct machine *m)
{
    machine_power_on(m);
    machine_go(m, UINT64_MAX);
    return m->exit_code;
}
